-- What judging a run needs beside its predictions.

-- The block of the run's own numbering that the cover was in: resampling whole blocks says how
-- sure the accuracy is. Null in runs of before this migration.
alter table run_cover add column block integer check (block >= 0);

-- Log-odds of the topic at the base rate of the labels. `probability` is the same at the base
-- rate of the pool, which later labels change. Null in scores of before this migration.
alter table score add column logit real;

-- Labels that a finished run believes least, by confident learning; the labeler asks again.
create table suspect (
    run_id      integer not null references run (id),
    place       integer not null check (place >= 1),      -- 1: the least believed
    cover_id    integer not null references cover (id),
    label       integer not null check (label in (0, 1)), -- as it was when the run began
    probability real    not null check (probability between 0 and 1), -- of the topic, out of fold
    primary key (run_id, place),
    unique (run_id, cover_id)
) strict, without rowid;
