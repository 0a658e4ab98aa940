-- Images are made again while trainers are at work. Whoever computes something of pixels notes
-- the number of the newest remake before reading them, and nothing that was computed is stored
-- for a cover that a later remake has changed.

alter table cover add column remade integer not null default 0; -- number of the remake that made its image; 0: none

-- The newest number, and what is newer than a given one; remade covers are few.
create index cover_remade on cover (remade) where remade > 0;
