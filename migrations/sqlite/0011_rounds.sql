-- What the watch does with labels: round by round, kept for good; the runs behind them are not.

create table round (
    id              integer primary key,
    topic_id        integer not null references topic (id),
    kind            text    not null check (kind in ('start', 'labels', 'rollback')), -- 'start': before any label
    began_at        integer not null,
    finished_at     integer,             -- null while under way; what a killed round left is removed by the next
    seconds         real    check (seconds >= 0),
    run             integer,             -- its number; no reference, because runs of rounds are removed by rule
    model_id        integer references model (id), -- null only in a round that made none
    labels          integer not null check (labels >= 0), -- learned from
    topics          integer not null check (topics between 0 and labels), -- of them labeled as the topic
    -- Both models on the covers that both predicted without having learned from them; null: nothing to compare.
    compared        integer not null default 0 check (compared >= 0),
    accuracy_before real    check (accuracy_before between 0 and 1),
    accuracy_after  real    check (accuracy_after between 0 and 1),
    loss_before     real    check (loss_before >= 0),  -- mean log-loss, nats, calibrated
    loss_after      real    check (loss_after >= 0),
    promoted        integer not null default 0 check (promoted in (0, 1)),
    reason          text    not null default '',       -- why it was promoted, or why not
    hidden          real    check (hidden >= 0),       -- expected of the topic among the undecided of the negative pool
    undecided       integer check (undecided >= 0),    -- how many those are
    gain            real,                -- expected fall of the log-loss if there were twice as many labels
    check ((finished_at is null) = (seconds is null))
) strict;

create index round_of_topic on round (topic_id, id);
create index round_under_way on round (topic_id) where finished_at is null;
