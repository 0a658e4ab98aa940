-- What a training watches of itself: covers held back, attempts that failed, range tests.

alter table epoch add column inner_loss real;      -- on training covers held back to choose the epoch; null without any
alter table epoch add column inner_accuracy real;

alter table fold add column best_epoch integer check (best_epoch >= 1); -- whose weights score; null: the last, not chosen
alter table fold add column learning_rate real;    -- peak of the attempt that succeeded: --lr auto and restarts change it
alter table fold add column micro_batch integer check (micro_batch >= 1); -- covers at once, where memory did not hold a batch

-- An attempt at a fold that was given up and started over with another seed and a lower rate.
create table attempt (
    run_id        integer not null,
    fold          integer not null,
    attempt       integer not null check (attempt >= 1),
    seed          integer not null,  -- of first weights and all draws
    learning_rate real    not null,  -- peak
    step          integer not null,  -- steps taken when it ended
    diagnosis     text    not null check (diagnosis in ('saturated', 'dead', 'not finite')),
    readings      text    not null check (json_valid(readings)), -- the last ones of the guard
    ended_at      integer not null,
    primary key (run_id, fold, attempt),
    foreign key (run_id, fold) references fold (run_id, fold)
) strict, without rowid;

-- Points of the range test by which a fold found its rate (--lr auto).
create table range_test (
    run_id        integer not null,
    fold          integer not null,
    step          integer not null check (step >= 1),
    learning_rate real    not null,
    loss          real    not null,
    primary key (run_id, fold, step),
    foreign key (run_id, fold) references fold (run_id, fold)
) strict, without rowid;
