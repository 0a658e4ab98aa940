-- A picture whose server declared it unchanged for long (`Cache-Control: immutable`, or a `max-age`
-- of a month and more) is not asked for again before then, not even by --recheck.

alter table sighting add column same_until integer; -- Unix milliseconds; null: nothing was declared
