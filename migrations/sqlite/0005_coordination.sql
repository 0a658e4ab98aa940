-- Work claimed until a time, and what the user chose.

create table lease (
    kind   text    not null,     -- 'sheet', 'watch', ...
    item   text    not null,     -- of a sheet: TOPIC/COVER, the ids
    holder text    not null,
    until  integer not null,     -- past it anybody may claim the item
    primary key (kind, item)
) strict, without rowid;

create index lease_of_holder on lease (kind, holder);

create table setting (
    topic text not null,         -- a topic's name, or '' for all of them
    name  text not null,
    value text not null,
    primary key (topic, name)
) strict, without rowid;
