-- Why a cover is a candidate, and what people said of it.

create table pool (
    topic_id integer not null references topic (id),
    cover_id integer not null references cover (id),
    pool     text    not null check (pool in ('negative', 'positive')),
    since    integer not null,
    primary key (topic_id, cover_id)
) strict, without rowid;

create index pool_members on pool (topic_id, pool, cover_id);

-- A sheet: covers that a person decides at once. Its id is made by the page, so that
-- asking for it twice gives the same one and confirming it twice is once.
create table sheet (
    id           text    primary key check (length(id) between 1 and 64),
    topic_id     integer not null references topic (id),
    annotator    text    not null check (length(annotator) between 1 and 64),
    pool         text    not null check (pool in ('negative', 'positive')),
    opened_at    integer not null,
    confirmed_at integer,          -- null while it is open
    covers       integer,          -- decided by the confirm, group members included
    visible_ms   integer check (visible_ms >= 0), -- how long it was before the person's eyes
    check ((confirmed_at is null) = (covers is null))
) strict;

-- What a sheet shows, in its order. Kept after the confirm: an undo shows the same sheet again.
create table tile (
    sheet    text    not null references sheet (id),
    position integer not null check (position >= 0),
    cover_id integer not null references cover (id), -- stands for the undecided of its group
    primary key (sheet, position),
    unique (sheet, cover_id)
) strict, without rowid;

-- The log. Rows are never changed or deleted: the triggers below refuse it.
create table decision (
    id         integer primary key,
    event      text    not null unique,  -- names the event for ever, also in exports and other databases
    topic_id   integer not null references topic (id),
    cover_id   integer not null references cover (id),
    pool       text    not null check (pool in ('negative', 'positive')), -- the pool it was made in
    -- What the person says from now on. Null only in an undo that leaves nothing said.
    decision   text    check (decision in ('keep', 'reject', 'unsure', 'broken')),
    annotator  text    not null check (length(annotator) between 1 and 64),
    role       text    not null check (role in ('annotator', 'reviewer')),
    source     text    not null check (source in ('explicit', 'sheet', 'propagated', 'bulk', 'import')),
    act        text    not null check (act in ('decide', 'undo', 'redo')),
    -- What one undo takes back: a sheet, an import, or a decision alone. An undo or redo
    -- bears the stroke it acts on, so that a stroke's newest row says whether it is in effect.
    stroke     text    not null check (length(stroke) between 1 and 64),
    undoes     text    references decision (event), -- the event an undo or redo takes back
    decided_at integer not null,
    visible_ms integer check (visible_ms >= 0),     -- how long the person saw it
    check ((act = 'decide') = (undoes is null)),
    check (decision is not null or act = 'undo')
) strict;

create index decision_of_cover on decision (topic_id, cover_id, annotator, id);
create index decision_of_stroke on decision (topic_id, annotator, stroke, cover_id, id, act);
create index decision_of_person on decision (topic_id, annotator, act, id);
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

-- What waits for a decision: of every group the first undecided cover in each pool. A
-- representative is older than its members, so it comes first while it is undecided itself.
create view waiting as
select p.topic_id, p.pool, p.cover_id
from pool p
join cover c on c.id = p.cover_id
where not exists (
        select 1 from standing s where s.topic_id = p.topic_id and s.cover_id = p.cover_id
    )
  and (c.representative is null or not exists (
        select 1
        from cover m -- outermost, by its two indexes: a walk over the pool would be far longer
        cross join pool q
        where (m.id = c.representative or m.representative = c.representative)
          and m.id < c.id
          and q.topic_id = p.topic_id and q.cover_id = m.id and q.pool = p.pool
          and not exists (
              select 1 from standing s where s.topic_id = q.topic_id and s.cover_id = m.id
          )
    ));
