-- Why a cover is a candidate, and what people said of it.

create table pool (
    topic_id integer not null references topic (id),
    cover_id integer not null references cover (id),
    pool     text    not null check (pool in ('negative', 'positive')),
    since    integer not null,
    primary key (topic_id, cover_id)
) strict, without rowid;

create index pool_members on pool (topic_id, pool, cover_id);

-- A confirmed sheet. Its id is made by the page, so that a confirm sent twice is one.
create table sheet (
    id           text    primary key,
    topic_id     integer not null references topic (id),
    annotator    text    not null,
    pool         text    not null check (pool in ('negative', 'positive')),
    confirmed_at integer not null
) strict;

-- The log. Rows are never changed or deleted: the triggers below refuse it.
create table decision (
    id         integer primary key,
    event      text    not null unique,  -- names the event for ever, also in exports and other databases
    topic_id   integer not null references topic (id),
    cover_id   integer not null references cover (id),
    pool       text    not null check (pool in ('negative', 'positive')), -- the pool it was made in
    -- Null only in an undo that leaves this person with no decision on the cover.
    decision   text    check (decision in ('keep', 'reject', 'unsure', 'broken')),
    annotator  text    not null check (length(annotator) between 1 and 64),
    role       text    not null check (role in ('annotator', 'reviewer')),
    source     text    not null check (source in ('explicit', 'sheet', 'propagated', 'bulk', 'import')),
    sheet      text    references sheet (id),
    undoes     text    references decision (event), -- a redo undoes an undo
    decided_at integer not null,
    visible_ms integer check (visible_ms >= 0),     -- how long the person saw it
    check (decision is not null or undoes is not null)
) strict;

create index decision_of_cover on decision (topic_id, cover_id, annotator, id);
create index decision_of_sheet on decision (sheet) where sheet is not null;
create index decision_undone on decision (undoes) where undoes is not null;

create trigger decision_is_never_changed before update on decision
begin select raise(abort, 'a decision is an event and is never changed'); end;

create trigger decision_is_never_deleted before delete on decision
begin select raise(abort, 'a decision is an event and is never deleted'); end;

-- The decision that counts for a cover: each person's latest, a reviewer's before an
-- annotator's, then the newest. Kept by the trigger, because every queue asks for it.
create table standing (
    topic_id    integer not null references topic (id),
    cover_id    integer not null references cover (id),
    decision_id integer not null references decision (id),
    pool        text    not null,
    decision    text    not null,
    primary key (topic_id, cover_id)
) strict, without rowid;

create trigger decision_stands after insert on decision
begin
    delete from standing where topic_id = new.topic_id and cover_id = new.cover_id;
    insert into standing (topic_id, cover_id, decision_id, pool, decision)
    select d.topic_id, d.cover_id, d.id, d.pool, d.decision
    from decision d
    where d.topic_id = new.topic_id
      and d.cover_id = new.cover_id
      and d.decision is not null
      and not exists (
          select 1 from decision later
          where later.topic_id = d.topic_id and later.cover_id = d.cover_id
            and later.annotator = d.annotator and later.id > d.id
      )
    order by d.role = 'reviewer' desc, d.id desc
    limit 1;
end;
