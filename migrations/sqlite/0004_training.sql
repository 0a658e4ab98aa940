-- Runs, what they saw, what they predicted, and the models that came of them.

create table run (
    id          integer primary key,
    topic_id    integer not null references topic (id),
    net         text    not null,
    recipe      text    not null,
    config      text    not null check (json_valid(config)), -- every choice, defaults resolved
    seed        integer not null,
    folds       integer not null check (folds >= 2),
    dataset     blob    not null check (length(dataset) = 32), -- fingerprint of covers, images, labels and folds
    last_event  integer not null,  -- newest decision.id that was read: says which labels are newer
    code        text    not null,  -- revision of the program
    device      text    not null,
    threads     integer not null,
    state       text    not null check (state in ('unfinished', 'finished', 'failed')),
    reason      text,              -- of a failure
    created_at  integer not null,
    finished_at integer
) strict;

-- The data set as it was: a later decision does not rewrite an old run.
create table run_cover (
    run_id   integer not null references run (id),
    cover_id integer not null references cover (id),
    label    integer not null check (label in (0, 1)),
    fold     integer not null check (fold >= 0),
    primary key (run_id, cover_id)
) strict, without rowid;

create table fold (
    run_id      integer not null references run (id),
    fold        integer not null check (fold >= 0),
    state       text    not null check (state in ('pending', 'leased', 'done', 'failed')),
    holder      text,
    lease_until integer,
    train       integer not null,  -- covers
    test        integer not null,
    epochs      integer,           -- trained
    seconds     real,
    weights     text,              -- file below the models folder, null once superseded
    reason      text,
    primary key (run_id, fold)
) strict, without rowid;

create table epoch (
    run_id         integer not null,
    fold           integer not null,
    epoch          integer not null check (epoch >= 1),
    train_loss     real not null,
    train_accuracy real not null,
    test_loss      real not null,
    test_accuracy  real not null,
    learning_rate  real not null,
    seconds        real not null,
    primary key (run_id, fold, epoch),
    foreign key (run_id, fold) references fold (run_id, fold)
) strict, without rowid;

-- Out of fold: by the one model of the run that did not train on the cover.
create table prediction (
    run_id   integer not null references run (id),
    cover_id integer not null references cover (id),
    logit    real    not null,  -- of the topic: log-odds, uncalibrated
    primary key (run_id, cover_id)
) strict, without rowid;

create table model (
    id         integer primary key,
    topic_id   integer not null references topic (id),
    name       text    not null unique,   -- data/models/NAME.safetensors
    run_id     integer references run (id),
    net        text    not null,
    sha256     blob    not null check (length(sha256) = 32), -- of the file
    config     text    not null check (json_valid(config)),
    last_event integer not null,
    created_at integer not null
) strict;

-- The current model of a topic is its newest promotion; rolling back is promoting the old one again.
create table promotion (
    id          integer primary key,
    topic_id    integer not null references topic (id),
    model_id    integer not null references model (id),
    reason      text    not null,
    promoted_at integer not null
) strict;

create index promotion_of_topic on promotion (topic_id, id);

create table score (
    model_id    integer not null references model (id),
    cover_id    integer not null references cover (id),
    probability real    not null check (probability between 0 and 1),
    scored_at   integer not null,
    primary key (model_id, cover_id)
) strict, without rowid;

create index score_best on score (model_id, probability desc);

-- What a fixed backbone says of a cover: computed once, good for every probe.
create table feature (
    cover_id integer not null references cover (id),
    backbone text    not null,     -- name and hash of its weights
    vector   blob    not null,     -- little-endian f32
    primary key (backbone, cover_id)
) strict, without rowid;
