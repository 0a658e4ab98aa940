-- What was met on the sites: videos, their covers, and where each was seen.
-- Times are Unix milliseconds everywhere. Hashes are raw bytes.

-- What is looked for. Covers are shared; pools, decisions, runs, models belong to a topic.
create table topic (
    id         integer primary key,
    name       text    not null unique check (length(name) between 1 and 64),
    created_at integer not null
) strict;

create table video (
    id           integer primary key,
    site         text    not null, -- 'bilibili', 'peertube:HOST', 'folder', ...
    key          text    not null, -- the site's own id; for a folder the absolute path
    url          text    not null, -- the page a person opens
    title        text    not null default '',
    owner        text,             -- the site's id of the uploader; null when unknown
    owner_name   text,
    published_at integer,
    duration_ms  integer,
    tags         text    not null default '[]' check (json_valid(tags)),
    seen_at      integer not null, -- first met
    unique (site, key)
) strict;

-- A video without a known uploader must not pull its neighbours into one block.
create index video_owner on video (site, owner) where owner is not null;

create table cover (
    id             integer primary key,
    sha256         blob    not null unique check (length(sha256) = 32),  -- of the bytes as fetched: the identity
    image_sha256   blob    not null check (length(image_sha256) = 32),   -- of the stored 240x240 JPEG
    phash          integer not null,             -- 64-bit perceptual hash, as a signed integer
    width          integer not null check (width > 0),  -- of the original, after EXIF orientation
    height         integer not null check (height > 0),
    bytes          integer not null check (bytes > 0),  -- of the original
    format         text    not null,
    animated       integer not null default 0 check (animated in (0, 1)), -- only its first frame was kept
    mean_rgb       integer not null check (mean_rgb between 0 and 16777215), -- 0xRRGGBB, a tile's colour before its picture
    resize_rule    text    not null,             -- how the stored image was made, decoder included
    -- The cover that stands for this one on a sheet; null when it stands for itself.
    -- Groups are stars (each member near its representative), because chains mix unlike pictures.
    representative integer references cover (id) check (representative <> id),
    created_at     integer not null
) strict;

create index cover_representative on cover (representative) where representative is not null;

-- A table of its own: wide rows would slow every scan of cover.
create table cover_image (
    cover_id integer primary key references cover (id),
    image    blob not null,  -- 240x240 JPEG, what nets see
    preview  blob not null,  -- true proportions, at most 480 px, what people see
    original blob            -- the bytes as fetched, when the user asked to keep them
) strict;

-- Where a cover was seen. A video that changes its cover is seen with both.
create table sighting (
    video_id  integer not null references video (id),
    cover_id  integer not null references cover (id),
    image_url text    not null,
    seen_at   integer not null,
    primary key (video_id, cover_id)
) strict, without rowid;

create index sighting_cover on sighting (cover_id);

-- Pairs that folds never split. One pair for each neighbouring group, to its nearest
-- member: enough to connect a block, and a thousand black covers stay a thousand rows.
create table near_duplicate (
    a        integer not null references cover (id),
    b        integer not null references cover (id),
    distance integer not null check (distance between 0 and 64),
    primary key (a, b),
    check (a < b)
) strict, without rowid;
