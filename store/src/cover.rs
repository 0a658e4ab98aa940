//! Videos, their covers, where each was seen, and the pools they are candidates of.

use std::path::Path;

use sqlx::{FromRow, Sqlite, Transaction};

use crate::near::Hashes;
use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    /// A later sighting may know more of the video, never less.
    PUT_VIDEO = "
        insert into video (site, key, url, title, owner, owner_name, published_at, duration_ms, tags, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (site, key) do update set
            url = excluded.url,
            title = case when excluded.title = '' then video.title else excluded.title end,
            owner = coalesce(excluded.owner, video.owner),
            owner_name = coalesce(excluded.owner_name, video.owner_name),
            published_at = coalesce(excluded.published_at, video.published_at),
            duration_ms = coalesce(excluded.duration_ms, video.duration_ms),
            tags = case when excluded.tags = '[]' then video.tags else excluded.tags end
        returning id";
    ADD_COVER = "
        insert into cover (sha256, image_sha256, phash, width, height, bytes, format, animated,
                           mean_rgb, resize_rule, representative, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (sha256) do nothing
        returning id";
    ADD_IMAGE = "insert into cover_image (cover_id, image, preview, original) values ($1, $2, $3, $4)";
    COVER_OF_HASH = "select id from cover where sha256 = $1";
    ADD_PAIR = "
        insert into near_duplicate (a, b, distance) values ($1, $2, $3) on conflict (a, b) do nothing";
    /// An unchanged answer need not repeat the version.
    PUT_SIGHTING = "
        insert into sighting (video_id, cover_id, image_url, seen_at, etag, modified, same_until)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (video_id, cover_id) do update set
            image_url = excluded.image_url,
            etag = coalesce(excluded.etag, sighting.etag),
            modified = coalesce(excluded.modified, sighting.modified),
            same_until = excluded.same_until";
    LAST_SEEN = "
        select s.cover_id as cover, s.image_url, s.etag, s.modified, s.same_until
        from video v join sighting s on s.video_id = v.id
        where v.site = $1 and v.key = $2 order by s.seen_at desc, s.cover_id desc limit 1";
    /// The first pool wins, but a search hit moves a negative that nobody has decided.
    JOIN_POOL = "
        insert into pool (topic_id, cover_id, pool, since) values ($1, $2, $3, $4)
        on conflict (topic_id, cover_id) do update set pool = excluded.pool, since = excluded.since
        where pool.pool = 'negative' and excluded.pool = 'positive'
          and not exists (select 1 from decision d
                          where d.topic_id = excluded.topic_id and d.cover_id = excluded.cover_id)
        returning 1";
    IMAGE = "select image from cover_image where cover_id = $1";
    PREVIEW = "select preview from cover_image where cover_id = $1";
    STORED_AFTER = "
        select c.id, c.sha256, c.image_sha256, i.image, i.preview, i.original
        from cover c left join cover_image i on i.cover_id = c.id
        where c.id > $1 order by c.id limit $2";
    NEAR_PAIRS = "select a, b from near_duplicate order by a, b";
    VIDEO = "
        select site, key, url, title, owner, owner_name, published_at, duration_ms, tags
        from video where site = $1 and key = $2";
    OVERVIEW = "
        select (select count(*) from cover),
               (select count(*) from video),
               (select count(*) from pool where topic_id = $1 and pool = 'negative'),
               (select count(*) from pool where topic_id = $1 and pool = 'positive'),
               (select count(*) from cover where representative is not null),
               (select coalesce(sum(length(image) + length(preview) + coalesce(length(original), 0)), 0)
                from cover_image)";
}

/// A video as a site describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewVideo {
    /// `bilibili`, `peertube:HOST`, `folder`.
    pub site: String,
    /// The site's own id.
    pub key: String,
    /// The page that a person opens.
    pub url: String,
    /// Untrusted text.
    pub title: String,
    /// The site's id of the uploader.
    pub owner: Option<String>,
    /// Untrusted text.
    pub owner_name: Option<String>,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// Milliseconds.
    pub duration_ms: Option<i64>,
    /// Untrusted texts.
    pub tags: Vec<String>,
}

/// The key of a file on disk as a video of the site `folder`: its absolute path. Names of
/// files are bytes; those that are not UTF-8 are written as percent-escapes behind `file://`,
/// which begins no path, so that two files never share a key.
pub fn file_key(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut key = String::from("file://");
    for chunk in bytes.utf8_chunks() {
        key.push_str(&chunk.valid().replace('%', "%25"));
        key.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    key
}

/// A cover that was just made from fetched bytes.
#[derive(Debug, Clone)]
pub struct NewCover {
    /// Of the bytes as fetched.
    pub sha256: [u8; 32],
    /// Of `image`.
    pub image_sha256: [u8; 32],
    /// 64-bit perceptual hash.
    pub phash: u64,
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// Of the original.
    pub bytes: u64,
    /// Of the original, e.g. `jpeg`.
    pub format: String,
    /// Whether only the first frame was kept.
    pub animated: bool,
    /// Mean colour.
    pub mean_rgb: [u8; 3],
    /// How `image` was made.
    pub resize_rule: String,
    /// The 240×240 JPEG.
    pub image: Vec<u8>,
    /// JPEG in true proportions, at most 480 px.
    pub preview: Vec<u8>,
    /// The bytes as fetched, when they are to be kept.
    pub original: Option<Vec<u8>>,
}

/// The picture that a video arrived with.
#[derive(Debug, Clone)]
pub enum Picture {
    /// Not seen before, as far as the program knows.
    New(Box<NewCover>),
    /// Already in the database, by id.
    Known(i64),
}

/// What a server calls the version of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct Version {
    /// `ETag`, as it was sent.
    pub etag: Option<String>,
    /// `Last-Modified`, as it was sent.
    pub modified: Option<String>,
    /// Until when its server declared it the only one, Unix milliseconds.
    pub same_until: Option<i64>,
}

/// A video that was met with a cover.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The video.
    pub video: NewVideo,
    /// Where its picture was fetched.
    pub image_url: String,
    /// The picture.
    pub picture: Picture,
    /// Of the picture at that address.
    pub version: Version,
}

/// The cover that a video was last seen with.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Seen {
    /// The cover.
    pub cover: i64,
    /// Where it was fetched.
    pub image_url: String,
    /// Its version there.
    #[sqlx(flatten)]
    pub version: Version,
}

impl Seen {
    /// Whether this address's server declared that its picture stays for longer than `now`.
    pub fn stays(&self, image_url: &str, now: i64) -> bool {
        self.image_url == image_url && self.version.same_until > Some(now)
    }
}

/// What became of an [`Arrival`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The cover's id.
    pub cover: i64,
    /// Its content was not in the database.
    pub new_cover: bool,
    /// It was not in this pool of the topic.
    pub new_in_pool: bool,
}

/// A stored cover as [`Store::stored_after`] gives it.
#[derive(Debug, Clone, FromRow)]
pub struct Stored {
    /// The cover's id.
    pub id: i64,
    /// Of the bytes as fetched.
    pub sha256: Vec<u8>,
    /// Of `image`.
    pub image_sha256: Vec<u8>,
    /// The 240×240 JPEG; `None` would be a broken promise of the store.
    pub image: Option<Vec<u8>>,
    /// The preview.
    pub preview: Option<Vec<u8>>,
    /// The bytes as fetched, when kept.
    pub original: Option<Vec<u8>>,
}

/// Counts for `status` and `stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Overview {
    /// Distinct covers in the database.
    pub covers: i64,
    /// Videos in the database.
    pub videos: i64,
    /// Members of the topic's negative pool.
    pub negatives: i64,
    /// Members of the topic's positive pool.
    pub positives: i64,
    /// Covers that another one stands for.
    pub near_duplicates: i64,
    /// Bytes of stored pictures.
    pub image_bytes: i64,
}

#[derive(FromRow)]
struct VideoRow {
    site: String,
    key: String,
    url: String,
    title: String,
    owner: Option<String>,
    owner_name: Option<String>,
    published_at: Option<i64>,
    duration_ms: Option<i64>,
    tags: String,
}

impl From<VideoRow> for NewVideo {
    fn from(row: VideoRow) -> Self {
        Self {
            site: row.site,
            key: row.key,
            url: row.url,
            title: row.title,
            owner: row.owner,
            owner_name: row.owner_name,
            published_at: row.published_at,
            duration_ms: row.duration_ms,
            // The schema holds that it is JSON; anything but an array of texts is no tags.
            tags: serde_json::from_str(&row.tags).unwrap_or_default(),
        }
    }
}

impl Store {
    /// Adds a batch in one transaction: each cover whole with its image, its group, the pairs
    /// that folds must not split, its video, the sighting and the pool. `near` is the greatest
    /// Hamming distance of near-duplicates. One result per arrival, in order.
    ///
    /// # Errors
    /// What the database says; nothing of the batch is then kept.
    pub async fn add(
        &self,
        topic: TopicId,
        pool: Pool,
        near: u32,
        arrivals: &[Arrival],
        now: i64,
    ) -> Result<Vec<Settled>> {
        let mut hashes = self.hashes.lock().await;
        let mut tx = self.begin().await?;
        hashes.refresh(&mut tx).await?;
        let committed = hashes.len();
        let added = add_all(&mut tx, &mut hashes, topic, pool, near, arrivals, now).await;
        let committing = match added {
            Ok(settled) => tx.commit().await.map(|()| settled).map_err(Into::into),
            Err(error) => Err(error),
        };
        if committing.is_err() {
            hashes.truncate(committed);
        }
        committing
    }

    /// The cover that a video was last seen with.
    ///
    /// # Errors
    /// What the database says.
    pub async fn last_seen(&self, site: &str, key: &str) -> Result<Option<Seen>> {
        Ok(sqlx::query_as(LAST_SEEN)
            .bind(site)
            .bind(key)
            .fetch_optional(self.read())
            .await?)
    }

    /// The id of the cover with this SHA-256.
    ///
    /// # Errors
    /// What the database says.
    pub async fn cover_of_hash(&self, sha256: &[u8; 32]) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(COVER_OF_HASH)
            .bind(&sha256[..])
            .fetch_optional(self.read())
            .await?)
    }

    /// The stored 240×240 JPEG.
    ///
    /// # Errors
    /// What the database says.
    pub async fn image(&self, cover: i64) -> Result<Option<Vec<u8>>> {
        Ok(sqlx::query_scalar(IMAGE)
            .bind(cover)
            .fetch_optional(self.read())
            .await?)
    }

    /// The preview in true proportions.
    ///
    /// # Errors
    /// What the database says.
    pub async fn preview(&self, cover: i64) -> Result<Option<Vec<u8>>> {
        Ok(sqlx::query_scalar(PREVIEW)
            .bind(cover)
            .fetch_optional(self.read())
            .await?)
    }

    /// At most `limit` covers with their pictures, of ids above `after`: for going through
    /// all of them without a long read.
    ///
    /// # Errors
    /// What the database says.
    pub async fn stored_after(&self, after: i64, limit: u32) -> Result<Vec<Stored>> {
        Ok(sqlx::query_as(STORED_AFTER)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?)
    }

    /// All pairs that folds must not split, the older cover first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn near_pairs(&self) -> Result<Vec<(i64, i64)>> {
        Ok(sqlx::query_as(NEAR_PAIRS).fetch_all(self.read()).await?)
    }

    /// A video by its site's own id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn video(&self, site: &str, key: &str) -> Result<Option<NewVideo>> {
        let row: Option<VideoRow> = sqlx::query_as(VIDEO)
            .bind(site)
            .bind(key)
            .fetch_optional(self.read())
            .await?;
        Ok(row.map(NewVideo::from))
    }

    /// Counts over the database and one topic.
    ///
    /// # Errors
    /// What the database says.
    pub async fn overview(&self, topic: TopicId) -> Result<Overview> {
        let row: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(OVERVIEW)
            .bind(topic.0)
            .fetch_one(self.read())
            .await?;
        Ok(Overview {
            covers: row.0,
            videos: row.1,
            negatives: row.2,
            positives: row.3,
            near_duplicates: row.4,
            image_bytes: row.5,
        })
    }
}

/// One result per arrival, in order.
pub(crate) async fn add_all(
    tx: &mut Transaction<'static, Sqlite>,
    hashes: &mut Hashes,
    topic: TopicId,
    pool: Pool,
    near: u32,
    arrivals: &[Arrival],
    now: i64,
) -> Result<Vec<Settled>> {
    let mut settled = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let (cover, new_cover) = match &arrival.picture {
            Picture::Known(id) => (*id, false),
            Picture::New(new) => put_cover(tx, hashes, near, new, now).await?,
        };
        let video = put_video(tx, &arrival.video, now).await?;
        sqlx::query(PUT_SIGHTING)
            .bind(video)
            .bind(cover)
            .bind(&arrival.image_url)
            .bind(now)
            .bind(&arrival.version.etag)
            .bind(&arrival.version.modified)
            .bind(arrival.version.same_until)
            .execute(&mut **tx)
            .await?;
        let new_in_pool = join_pool(tx, topic, cover, pool, now).await?;
        settled.push(Settled {
            cover,
            new_cover,
            new_in_pool,
        });
    }
    Ok(settled)
}

/// The cover's id, and whether it is new: another program may have been first.
async fn put_cover(
    tx: &mut Transaction<'static, Sqlite>,
    hashes: &mut Hashes,
    near: u32,
    new: &NewCover,
    now: i64,
) -> Result<(i64, bool)> {
    let neighbours = hashes.neighbours(new.phash, near);
    let representative = hashes.representative(&neighbours, new.phash, near);
    let [r, g, b] = new.mean_rgb;
    let inserted: Option<i64> = sqlx::query_scalar(ADD_COVER)
        .bind(&new.sha256[..])
        .bind(&new.image_sha256[..])
        .bind(new.phash.cast_signed())
        .bind(new.width)
        .bind(new.height)
        .bind(new.bytes.cast_signed())
        .bind(&new.format)
        .bind(new.animated)
        .bind(u32::from_be_bytes([0, r, g, b]))
        .bind(&new.resize_rule)
        .bind(representative)
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(id) = inserted else {
        let id = sqlx::query_scalar(COVER_OF_HASH)
            .bind(&new.sha256[..])
            .fetch_one(&mut **tx)
            .await?;
        return Ok((id, false));
    };
    sqlx::query(ADD_IMAGE)
        .bind(id)
        .bind(&new.image)
        .bind(&new.preview)
        .bind(&new.original)
        .execute(&mut **tx)
        .await?;
    for neighbour in &neighbours {
        sqlx::query(ADD_PAIR)
            .bind(neighbour.cover)
            .bind(id)
            .bind(neighbour.distance)
            .execute(&mut **tx)
            .await?;
    }
    // A member's tie to its own representative: without it, a block could fall apart.
    if let Some(group) = representative.filter(|g| neighbours.iter().all(|n| n.cover != *g)) {
        let distance = hashes.distance(group, new.phash).unwrap_or(near);
        sqlx::query(ADD_PAIR)
            .bind(group)
            .bind(id)
            .bind(distance)
            .execute(&mut **tx)
            .await?;
    }
    hashes.push(new.phash, id, representative.unwrap_or(id));
    Ok((id, true))
}

pub(crate) async fn put_video(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewVideo,
    now: i64,
) -> Result<i64> {
    let tags = serde_json::Value::from(new.tags.clone()).to_string();
    Ok(sqlx::query_scalar(PUT_VIDEO)
        .bind(&new.site)
        .bind(&new.key)
        .bind(&new.url)
        .bind(&new.title)
        .bind(&new.owner)
        .bind(&new.owner_name)
        .bind(new.published_at)
        .bind(new.duration_ms)
        .bind(tags)
        .bind(now)
        .fetch_one(&mut **tx)
        .await?)
}

/// Whether the cover is new in this pool.
pub(crate) async fn join_pool(
    tx: &mut Transaction<'static, Sqlite>,
    topic: TopicId,
    cover: i64,
    pool: Pool,
    now: i64,
) -> Result<bool> {
    let joined: Option<i64> = sqlx::query_scalar(JOIN_POOL)
        .bind(topic.0)
        .bind(cover)
        .bind(pool.as_str())
        .bind(now)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(joined.is_some())
}
