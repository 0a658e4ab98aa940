-- What a person did with found videos. Neither is a decision: a cat that bores is a cat.

-- "Not interested": its group is not found again. Of a group, because a re-upload bores as much.
create table dismissal (
    topic_id     integer not null references topic (id),
    cover_id     integer not null references cover (id), -- the group's representative
    annotator    text    not null check (length(annotator) between 1 and 64),
    dismissed_at integer not null,
    primary key (topic_id, cover_id)
) strict, without rowid;

-- A found video was opened.
create table visit (
    topic_id   integer not null references topic (id),
    video_id   integer not null references video (id),
    visited_at integer not null, -- the latest
    primary key (topic_id, video_id)
) strict, without rowid;
