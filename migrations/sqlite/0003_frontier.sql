-- The crawl: what was asked for, the pages still to visit, and each host's mood.

create table crawl (
    id          integer primary key,
    topic_id    integer not null references topic (id),
    site        text    not null,
    pool        text    not null check (pool in ('negative', 'positive')),
    -- Everything that was asked, as JSON with sorted keys: the same request finds its crawl again.
    request     text    not null check (json_valid(request)),
    -- How it is asked (pace and the like): may differ each time the crawl is continued.
    options     text    not null default '{}' check (json_valid(options)),
    target      integer not null check (target > 0),          -- new covers wanted in the pool
    new_covers  integer not null default 0,
    seed        integer not null,
    planned     integer not null default 0,                   -- list or seed pages planned so far: the sampler's place
    total       integer check (total >= 0),                   -- videos that the site says it has; null until it was asked
    -- A finished crawl reopened for the pages that were put back: it plans nothing new.
    retrying    integer not null default 0 check (retrying in (0, 1)),
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
    location    text,                          -- where redirects have led so far; null: the url itself
    hops        integer not null default 0,
    host        text    not null,              -- the throttle group that must grant the request
    rank        integer not null default 0,    -- smaller is sooner
    owner       text,                          -- the uploader, where their number of covers is capped
    context     text    not null default '{}' check (json_valid(context)), -- what the page is for, e.g. the video of a cover
    state       text    not null check (state in ('pending', 'leased', 'done', 'failed')),
    attempts    integer not null default 0,    -- failed ones that count
    not_before  integer not null default 0,
    lease_until integer,                       -- set while leased; past it the page can be claimed again
    class       text,                          -- of the last failure, or 'missing' for a page that is done without a video
    reason      text,
    created_at  integer not null,
    settled_at  integer,
    unique (crawl_id, url)
) strict;

-- Taking a page, and knowing when the next can be taken, stay constant at a million pages.
create index page_to_claim on page (crawl_id, host, kind, rank, id) where state = 'pending';
create index page_soonest on page (crawl_id, host, kind, not_before) where state = 'pending';
create index page_queued on page (crawl_id, kind) where state in ('pending', 'leased');
create index page_leased on page (lease_until) where state = 'leased';
create index page_failed on page (class, settled_at) where state = 'failed';
create index page_owner on page (crawl_id, owner) where owner is not null;

-- Politeness outlives the program: a host that said "in ten minutes" is not asked by a restart.
create table host (
    name           text    primary key,        -- scheme://host:port, or the name of a throttle group
    floor_ms       integer not null default 0, -- the site's smallest gap, or the --pace in force
    crawl_delay_ms integer not null default 0, -- what its robots.txt asks for
    interval_ms    integer not null default 0, -- the gap after slowing down; counts while above the other two
    next_at        integer not null default 0, -- earliest time of the next request
    busy_until     integer not null default 0, -- a request is under way; past it the program that sent it is dead
    cooldown_until integer not null default 0, -- a deadline, its own or ours
    cooldowns      integer not null default 0, -- in a row: each doubles the next
    forbidden      integer not null default 0, -- answers 403 in a row: many are a ban
    refused        integer not null default 0 check (refused in (0, 1)), -- the cool-down is a refusal: not waited for
    risks          integer not null default 0, -- refusals of late: each doubles the next
    risk_at        integer not null default 0,
    reason         text,                       -- of the cool-down
    robots         text,                       -- the rules as read; '' when there are none
    robots_status  text check (robots_status in ('rules', 'none', 'unreachable')),
    robots_at      integer                     -- null: not asked yet
) strict;

create index host_next on host (next_at);
