-- A backbone looks at a cover in several views: features of each, and where a score comes from.

-- Features of before are of another look and are computed anew. As a table with rowids: in one
-- without, a row of more than a quarter of a page keeps a page of its own besides.
drop table feature;
create table feature (
    cover_id integer not null references cover (id),
    backbone text    not null,     -- name and hash of its weights, and how it looks
    pixels   blob    not null check (length(pixels) = 32), -- SHA-256 of the JPEG that was looked at
    vectors  blob    not null,     -- a vector for each view; see store::views
    primary key (backbone, cover_id)
) strict;

-- What is said of the old pixels goes with them.
create index feature_of_cover on feature (cover_id);

-- The view that decided, in thousandths of the cover's width and height; null: the whole cover.
alter table score add column region_left   integer check (region_left between 0 and 1000);
alter table score add column region_top    integer check (region_top between 0 and 1000);
alter table score add column region_width  integer check (region_width between 1 and 1000);
alter table score add column region_height integer check (region_height between 1 and 1000);
