//! Covers that look alike, by the cosine of what a backbone says of them, and one word on many.
//!
//! Whole covers are compared: the nearest by their best pair of views were of the same label less
//! often (92.7 % of twelve neighbours of 200 photos, by whole covers 96.1 %).
//!
//! Every vector is read: a pass over 5,000 is some 20 ms. An index comes when a million covers do.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use sqlx::FromRow;

use crate::confirm::{Counts, Said, decide_candidate, propagate};
use crate::label::hash;
use crate::statement::statements;
use crate::stroke;
use crate::views::whole_cover;
use crate::{Choice, Pool, Result, Store, TopicId};

statements! {
    /// By one backbone, the same for all covers that the same ones have seen.
    VECTOR = "
        select f.backbone, f.cover_id, f.vectors
        from cover c join feature f on f.cover_id = c.id
        where c.sha256 = $1 order by f.backbone desc limit 1";
    VECTORS = "
        select f.cover_id, f.vectors, s.decision is not null as decided
        from pool p
        join feature f on f.backbone = $2 and f.cover_id = p.cover_id
        left join standing s on s.topic_id = p.topic_id and s.cover_id = p.cover_id
        where p.topic_id = $1 and p.cover_id <> $3
          and (s.decision is null or s.decision in ('keep', 'reject'))
          and p.cover_id > $4
        order by p.cover_id limit $5";
    LOOK = "
        select c.sha256, c.width, c.height, c.mean_rgb, p.pool, s.decision,
               (select v.title from sighting g join video v on v.id = g.video_id
                where g.cover_id = c.id order by v.id limit 1) as title
        from cover c
        join pool p on p.topic_id = $1 and p.cover_id = c.id
        left join standing s on s.topic_id = p.topic_id and s.cover_id = c.id
        where c.id = $2";
}

/// Vectors read at once: a long read would keep the write-ahead log from being folded in.
const AT_ONCE: u32 = 1000;

/// A cover and how near it is to the one that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The cover's identity.
    pub sha256: [u8; 32],
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// 0xRRGGBB.
    pub mean_rgb: u32,
    /// Untrusted text.
    pub title: String,
    /// The pool it is in.
    pub pool: Pool,
    /// What counts for it, if anybody has decided it.
    pub decision: Option<Choice>,
    /// Cosine of the two vectors, at most one.
    pub likeness: f64,
}

impl Neighbour {
    /// Whether it was said to show the topic; `None`: nobody has said.
    pub fn shows(&self) -> Option<bool> {
        match (self.pool, self.decision?) {
            (Pool::Negative, Choice::Reject) | (Pool::Positive, Choice::Keep) => Some(true),
            (Pool::Negative, Choice::Keep) | (Pool::Positive, Choice::Reject) => Some(false),
            _ => None,
        }
    }
}

/// What is near a cover, nearest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbourhood {
    /// Covers that were said to show the topic, or not to.
    pub decided: Vec<Neighbour>,
    /// Covers that wait.
    pub undecided: Vec<Neighbour>,
}

/// A candidate of the neighbourhood; the least like is the greatest, to leave the heap first.
#[derive(Debug, PartialEq)]
struct Near {
    likeness: f64,
    cover: i64,
}

impl Eq for Near {}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_likeness = other.likeness.total_cmp(&self.likeness);
        by_likeness.then(self.cover.cmp(&other.cover))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(FromRow)]
struct LookRow {
    sha256: Vec<u8>,
    width: u32,
    height: u32,
    mean_rgb: u32,
    pool: String,
    decision: Option<String>,
    title: Option<String>,
}

impl LookRow {
    fn neighbour(self, likeness: f64) -> Result<Neighbour> {
        Ok(Neighbour {
            sha256: hash(&self.sha256)?,
            width: self.width,
            height: self.height,
            mean_rgb: self.mean_rgb,
            title: self.title.unwrap_or_default(),
            pool: self.pool.parse()?,
            decision: self.decision.map(|word| word.parse()).transpose()?,
            likeness,
        })
    }
}

impl Store {
    /// What is near a cover: at most so many decided and so many undecided ones. `None` for a
    /// cover that no backbone has seen.
    ///
    /// # Errors
    /// What the database says.
    pub async fn neighbourhood(
        &self,
        topic: TopicId,
        sha256: &[u8; 32],
        (decided, undecided): (usize, usize),
    ) -> Result<Option<Neighbourhood>> {
        let known: Option<(String, i64, Vec<u8>)> = sqlx::query_as(VECTOR)
            .bind(&sha256[..])
            .fetch_optional(self.read())
            .await?;
        let Some((backbone, cover, vector)) = known else {
            return Ok(None);
        };
        let Some(asked) = whole_cover(&vector) else {
            return Ok(None);
        };
        let mut heaps = [(BinaryHeap::new(), decided), (BinaryHeap::new(), undecided)];
        let mut after = i64::MIN;
        loop {
            let rows: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as(VECTORS)
                .bind(topic.0)
                .bind(&backbone)
                .bind(cover)
                .bind(after)
                .bind(AT_ONCE)
                .fetch_all(self.read())
                .await?;
            let Some((last, ..)) = rows.last() else { break };
            after = *last;
            for (cover, vector, is_decided) in rows {
                let Some(of_other) = whole_cover(&vector) else {
                    continue;
                };
                let likeness = cosine(asked, of_other);
                let (heap, most) = &mut heaps[usize::from(!is_decided)];
                heap.push(Near { likeness, cover });
                if heap.len() > *most {
                    heap.pop();
                }
            }
        }
        let [(decided, _), (undecided, _)] = heaps;
        Ok(Some(Neighbourhood {
            decided: self.look(topic, decided).await?,
            undecided: self.look(topic, undecided).await?,
        }))
    }

    /// Their rows, nearest first.
    async fn look(&self, topic: TopicId, near: BinaryHeap<Near>) -> Result<Vec<Neighbour>> {
        let mut all = Vec::with_capacity(near.len());
        for Near { likeness, cover } in near.into_sorted_vec() {
            let row: Option<LookRow> = sqlx::query_as(LOOK)
                .bind(topic.0)
                .bind(cover)
                .fetch_optional(self.read())
                .await?;
            all.extend(row.map(|row| row.neighbour(likeness)).transpose()?);
        }
        Ok(all)
    }

    /// One person's word on many covers, as one stroke: whether they show the topic. Each is
    /// decided in its own pool, with the undecided of its group. The same stroke again changes
    /// nothing.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] for a cover that is no candidate of the topic, and what the database
    /// says; nothing is then decided.
    pub async fn judge(
        &self,
        topic: TopicId,
        annotator: &str,
        stroke: &str,
        covers: &[[u8; 32]],
        shows: bool,
        now: i64,
    ) -> Result<Counts> {
        let mut tx = self.begin().await?;
        for (place, sha256) in covers.iter().enumerate() {
            let said = Said {
                event: &format!("{stroke}/{place}"),
                stroke,
                annotator,
                now,
            };
            decide_candidate(&mut tx, topic, &said, *sha256, |pool| decision(pool, shows)).await?;
        }
        propagate(&mut tx, topic, annotator, stroke).await?;
        let marks = stroke::marks(&mut tx, topic, annotator, stroke).await?;
        tx.commit().await?;
        Ok(Counts::of(&marks))
    }
}

/// What "it shows the topic" is in the words of a pool.
fn decision(pool: Pool, shows: bool) -> Choice {
    match (pool, shows) {
        (Pool::Negative, true) | (Pool::Positive, false) => Choice::Reject,
        (Pool::Negative, false) | (Pool::Positive, true) => Choice::Keep,
    }
}

/// Of numbers of eight bits with a sign; zero for a vector of another length, or of no length.
fn cosine(left: &[u8], right: &[u8]) -> f64 {
    if left.len() != right.len() {
        return 0.0;
    }
    let (mut dot, mut of_left, mut of_right) = (0i32, 0i32, 0i32);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left.cast_signed(), right.cast_signed());
        dot += i32::from(left) * i32::from(right);
        of_left += i32::from(left) * i32::from(left);
        of_right += i32::from(right) * i32::from(right);
    }
    let length = (f64::from(of_left) * f64::from(of_right)).sqrt();
    if length > 0.0 {
        f64::from(dot) / length
    } else {
        0.0
    }
}
