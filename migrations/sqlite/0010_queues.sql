-- Sheets of more queues than what waits, and what is known of how well people see.

-- A question that a sample answers: of the covers that it is drawn from, how many are not what
-- they are taken for? The answer is in the decisions; this is only what was asked.
create table audit (
    id        text    primary key check (length(id) between 1 and 64), -- made by the page, like a sheet's
    topic_id  integer not null references topic (id),
    pool      text    not null check (pool in ('negative', 'positive')),
    -- Of the covers that stood as kept; or of the undecided ones that a model scored below this.
    below     real    check (below between 0 and 1),
    model_id  integer references model (id),
    frame     integer not null check (frame >= 0),                     -- covers that it is drawn from
    sample    integer not null check (sample between 0 and frame),     -- the first places: what is looked at
    opened_at integer not null,
    check ((below is null) = (model_id is null))
) strict;

create index audit_of_topic on audit (topic_id, opened_at);

-- The covers of an audit in the random order in which they are looked at. Of a slice below a
-- score all of them, because one stroke over the slice must reach what was sampled, no more.
create table audit_cover (
    audit_id text    not null references audit (id),
    place    integer not null check (place >= 1),
    cover_id integer not null references cover (id),
    primary key (audit_id, place)
) strict, without rowid;

-- Null in sheets of before this migration.
alter table sheet add column queue text check (queue in
    ('newest', 'random', 'likely', 'uncertain', 'suspects', 'audit', 'second', 'below'));
-- What a tile gets that nobody touches: the other answer when most of the sheet is likely so.
alter table sheet add column untouched text not null default 'keep' check (untouched in ('keep', 'reject'));
alter table sheet add column audit_id text references audit (id);

-- The decision that stood when the cover was put on the sheet to be looked at once more.
alter table tile add column stood integer references decision (id);
-- A known cat, to measure whether it is seen: nothing of it enters the log.
alter table tile add column planted integer not null default 0 check (planted in (0, 1));
-- What the confirm said of a tile that was planted or looked at once more.
alter table tile add column said text check (said in ('keep', 'reject', 'unsure', 'broken'));

create index tile_once_more on tile (cover_id) where stood is not null;
create index tile_planted on tile (cover_id) where planted = 1;
create index sheet_of_queue on sheet (topic_id, queue);
create index sheet_of_audit on sheet (audit_id) where audit_id is not null;

-- Covers that were looked at once more, on confirmed sheets that were not taken back.
create view second_look as
select s.topic_id, s.id as sheet, s.queue, s.pool, s.annotator, s.audit_id, s.confirmed_at,
       t.cover_id, t.stood, t.said
from sheet s
cross join tile t on t.sheet = s.id
where s.confirmed_at is not null
  and t.said is not null and t.stood is not null
  and (select l.act from decision l
       where l.topic_id = s.topic_id and l.annotator = s.annotator and l.stroke = s.id
         and l.cover_id = t.cover_id
       order by l.id desc limit 1) <> 'undo';

-- Known cats, and how many decisions of each kind stand in a pool, without a walk over all.
create index standing_by_decision on standing (topic_id, pool, decision, cover_id);
