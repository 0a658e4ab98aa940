-- Requests of a day, counted from the first of them: however long a crawl runs, a host is not
-- asked more often. A day of its own for each host, so that not all begin at midnight.

alter table host add column day_from  integer not null default 0; -- when the day in force began
alter table host add column day_asked integer not null default 0; -- requests since then
