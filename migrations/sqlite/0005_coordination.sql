-- Work claimed until a time, and what the user chose.

create table lease (
    kind   text    not null,     -- 'sheet', 'watch', ...
    item   text    not null,
    holder text    not null,
    until  integer not null,     -- past it anybody may claim the item
    primary key (kind, item)
) strict, without rowid;

create table setting (
    topic_id integer references topic (id), -- null: for all topics
    name     text not null,
    value    text not null,
    unique (topic_id, name)
) strict;
