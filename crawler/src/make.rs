//! Pictures to covers, on a few blocking threads: decoding must not hold up requests.

use std::sync::Arc;

use cli::{Failure, Result};
use cover::{Limits, Rule};
use store::Store;
use store::cover::Picture;
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::import::new_cover;

/// Makes covers. Clones share the threads.
#[derive(Debug, Clone)]
pub struct Maker {
    store: Store,
    rule: Arc<Rule>,
    keep_originals: bool,
    /// One for each core: more would only share the caches.
    room: Arc<Semaphore>,
}

impl Maker {
    /// As many at a time as there are cores.
    pub fn new(store: Store, rule: Rule, keep_originals: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            store,
            rule: Arc::new(rule),
            keep_originals,
            room: Arc::new(Semaphore::new(cores)),
        }
    }

    /// The picture, decoded only if its bytes are new.
    ///
    /// # Errors
    /// The outer one is what the database says; the inner one speaks of the picture.
    pub async fn make(&self, bytes: Vec<u8>) -> Result<Result<Picture, Fault>> {
        if let Some(known) = self.store.cover_of_hash(&cover::sha256(&bytes)).await? {
            return Ok(Ok(Picture::Known(known)));
        }
        let permit = self.room.clone().acquire_owned().await;
        let _permit = permit.map_err(Failure::failed)?;
        let (rule, keep) = (self.rule.clone(), self.keep_originals);
        let made = tokio::task::spawn_blocking(move || {
            cover::make(&bytes, &rule, &Limits::default())
                .map(|cover| Picture::New(Box::new(new_cover(cover, &rule, &bytes, keep))))
                .map_err(Fault::Picture)
        });
        made.await.map_err(Failure::failed)
    }
}
