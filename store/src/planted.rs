//! Known cats among covers where hardly any are to be expected: people who see nothing for long
//! stop looking, and how many of the planted ones they see tells how many others they miss.
//! Nothing is ever logged for a planted tile.

use crate::decision::Tx;
use crate::dice::Dice;
use crate::queue::ids;
use crate::sheet::NewSheet;
use crate::statement::statements;
use crate::{Pool, Result, TopicId};

statements! {
    /// How common what does not belong has been in the pool.
    RATE = "
        select count(*) filter (where decision = 'reject'), count(*) from standing
        where topic_id = $1 and pool = 'negative'";
    /// A cover that a person has said shows the topic, seldom planted before, and no
    /// near-duplicate of what is on the sheet: those of the pool itself before those searched for.
    KNOWN = "
        select d.cover_id
        from standing d
        join decision e on e.id = d.decision_id and e.source in ('explicit', 'sheet')
        join cover c on c.id = d.cover_id
        where d.topic_id = $1
          and ((d.pool = 'negative' and d.decision = 'reject')
               or (d.pool = 'positive' and d.decision = 'keep'))
          and coalesce(c.representative, c.id) not in (
              select coalesce(m.representative, m.id)
              from json_each($2) j join cover m on m.id = j.value)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || d.cover_id and l.until > $3)
        order by (select count(*) from tile t where t.cover_id = d.cover_id and t.planted = 1),
                 d.pool, (d.cover_id * 40503 + $4) % 65521
        limit 1";
}

/// One sheet in so many has a planted cat, where fewer than one is to be expected.
const ONE_IN: usize = 3;
/// Decisions before which nothing is known of how common cats are.
const ENOUGH: u32 = 60;

/// The cover to plant on a new sheet of these covers, and its position; mostly none.
pub(crate) async fn draw(
    tx: &mut Tx,
    topic: TopicId,
    new: &NewSheet<'_>,
    covers: &[i64],
    beliefs: &[Option<f64>],
    now: i64,
) -> Result<Option<(usize, i64)>> {
    let mut dice = Dice::new(new.seed);
    let candidate = new.pool == Pool::Negative && !new.queue.once_more() && !covers.is_empty();
    if !candidate || dice.below(ONE_IN) > 0 {
        return Ok(None);
    }
    if expected(tx, topic, beliefs)
        .await?
        .is_none_or(|cats| cats >= 1.0)
    {
        return Ok(None);
    }
    let position = dice.below(covers.len());
    let known: Option<i64> = sqlx::query_scalar(KNOWN)
        .bind(topic.0)
        .bind(ids(covers))
        .bind(now)
        // Half the range: the sum below must not overflow.
        .bind(i64::try_from(dice.roll() >> 2).expect("62 bits"))
        .fetch_optional(&mut **tx)
        .await?;
    Ok(known.map(|cover| (position, cover)))
}

/// Cats to be expected: by the model where it has spoken, else as common as they have been.
async fn expected(tx: &mut Tx, topic: TopicId, beliefs: &[Option<f64>]) -> Result<Option<f64>> {
    let scored: f64 = beliefs.iter().flatten().sum();
    let unscored = beliefs.iter().filter(|belief| belief.is_none()).count();
    if unscored == 0 {
        return Ok(Some(scored));
    }
    let (rejected, decided): (u32, u32) = sqlx::query_as(RATE)
        .bind(topic.0)
        .fetch_one(&mut **tx)
        .await?;
    let rate = f64::from(rejected) / f64::from(decided.max(1));
    Ok((decided >= ENOUGH).then_some(scored + rate * unscored as f64))
}
