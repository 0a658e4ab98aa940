-- A picture may be asked for again, and its image made again by another rule.

-- What the server called the picture's version, to ask later whether it has changed.
alter table sighting add column etag     text; -- ETag, as it was sent
alter table sighting add column modified text; -- Last-Modified, as it was sent

-- What was said of the old pixels goes with them.
create index feature_of_cover on feature (cover_id);
create index score_of_cover on score (cover_id);
