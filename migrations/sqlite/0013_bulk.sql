-- Keeping the unlikely at once, after an audit.

-- The stroke that kept the rest of a slice: the newest, if it was taken back and done again.
alter table audit add column kept_by text check (length(kept_by) between 1 and 64);

create index audit_kept_by on audit (kept_by) where kept_by is not null;

-- Undecided covers with what a model says of them. A group stands or falls together, so what
-- counts is `highest`: of the undecided near-duplicates the highest probability, and 1 where
-- one is not scored, or somebody has said of one that it does not belong in the pool.
create view unlikely as
select s.model_id, p.topic_id, p.pool, p.cover_id, s.probability,
       case when c.representative is null
                 and not exists (select 1 from cover m where m.representative = c.id)
            then s.probability
            else (
                select max(case when d.decision is null then coalesce(o.probability, 1.0)
                                when d.decision = 'keep' and d.pool = p.pool then 0.0
                                else 1.0 end)
                from cover m
                cross join pool q
                left join standing d on d.topic_id = q.topic_id and d.cover_id = m.id
                left join score o on o.model_id = s.model_id and o.cover_id = m.id
                where (m.id = coalesce(c.representative, c.id)
                       or m.representative = coalesce(c.representative, c.id))
                  and q.topic_id = p.topic_id and q.cover_id = m.id)
       end as highest
from score s
cross join pool p
cross join cover c
where p.cover_id = s.cover_id and c.id = s.cover_id
  and not exists (
      select 1 from standing d where d.topic_id = p.topic_id and d.cover_id = p.cover_id
  );
