//! Pictures to covers, on a few blocking threads: decoding must not hold up requests.

use std::sync::Arc;

use cli::{Failure, Result};
use cover::{Limits, Rule};
use store::Store;
use store::cover::Picture;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::fault::{Fault, panic_words};
use crate::import::new_cover;

/// The threads that make covers, shared by all crawls of a program.
///
/// What waits for one is bounded by the pages under way, so its permits are the bounded
/// channel in front of the pool.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Semaphore>);

impl Default for Pool {
    /// One for each core: more would only share the caches.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Semaphore::new(cores)))
    }
}

/// Makes covers by a rule.
#[derive(Debug, Clone)]
pub struct Maker {
    store: Store,
    rule: Arc<Rule>,
    keep_originals: bool,
    pool: Pool,
}

impl Maker {
    /// On the threads of `pool`.
    pub fn new(store: Store, rule: Rule, keep_originals: bool, pool: Pool) -> Self {
        Self {
            store,
            rule: Arc::new(rule),
            keep_originals,
            pool,
        }
    }

    /// The picture, decoded only if its bytes are new.
    ///
    /// # Errors
    /// The outer one is what the database says; the inner one speaks of the picture.
    pub async fn make(&self, bytes: Vec<u8>) -> Result<Result<Picture, Fault>> {
        let permit = self.pool.0.clone().acquire_owned().await;
        let _permit = permit.map_err(Failure::failed)?;
        let maker = self.clone();
        let here = Handle::current();
        let made = tokio::task::spawn_blocking(move || maker.make_here(&bytes, &here));
        // A decoder that panics costs this picture.
        made.await
            .unwrap_or_else(|error| Ok(Err(Fault::Panicked(panic_words(error)))))
    }

    fn make_here(&self, bytes: &[u8], runtime: &Handle) -> Result<Result<Picture, Fault>> {
        let sha256 = cover::sha256(bytes);
        if let Some(known) = runtime.block_on(self.store.cover_of_hash(&sha256))? {
            return Ok(Ok(Picture::Known(known)));
        }
        let made = cover::make(bytes, &self.rule, &Limits::default());
        Ok(made
            .map(|cover| new_cover(cover, &self.rule, bytes, self.keep_originals))
            .map(|new| Picture::New(Box::new(new)))
            .map_err(Fault::Picture))
    }
}
