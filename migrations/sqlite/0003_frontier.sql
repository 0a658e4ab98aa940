-- The crawl: what was asked for, the pages still to visit, and each host's mood.

create table crawl (
    id          integer primary key,
    topic_id    integer not null references topic (id),
    site        text    not null,
    pool        text    not null check (pool in ('negative', 'positive')),
    -- Everything that was asked, as JSON with sorted keys: the same request finds its crawl again.
    request     text    not null check (json_valid(request)),
    target      integer not null check (target > 0),          -- new covers wanted in the pool
    new_covers  integer not null default 0,
    seed        integer not null,
    state       text    not null check (state in ('unfinished', 'finished')),
    created_at  integer not null,
    finished_at integer
) strict;

create unique index crawl_unfinished on crawl (topic_id, site, pool, request) where state = 'unfinished';

create table page (
    id          integer primary key,
    crawl_id    integer not null references crawl (id),
    kind        text    not null check (kind in ('list', 'video', 'cover')),
    url         text    not null,
    host        text    not null,              -- the throttle group that must grant the request
    context     text    not null default '{}' check (json_valid(context)), -- what the page is for, e.g. the video of a cover
    state       text    not null check (state in ('pending', 'leased', 'done', 'failed')),
    attempts    integer not null default 0,
    not_before  integer not null default 0,
    lease_until integer,                       -- set while leased; past it the page can be claimed again
    class       text,                          -- of the last failure
    reason      text,
    created_at  integer not null,
    settled_at  integer,
    unique (crawl_id, url)
) strict;

create index page_to_claim on page (crawl_id, state, not_before, id);

-- Politeness outlives the program: a host that said "in ten minutes" is not asked by a restart.
create table host (
    name           text    primary key,        -- scheme://host:port, or the name of a throttle group
    next_at        integer not null default 0, -- earliest time of the next request
    interval_ms    integer not null default 0, -- the gap in force, never below the site's floor
    cooldown_until integer not null default 0,
    cooldowns      integer not null default 0, -- in a row: each doubles the next
    errors         integer not null default 0, -- in a row
    robots         text,                       -- null: not fetched yet
    robots_status  integer,
    robots_at      integer
) strict;
