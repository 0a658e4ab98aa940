//! Features of covers by the pretrained backbone: computed once, kept in the database.

use std::collections::HashSet;

use cli::Result;
use store::Store;
use tch::{Device, Kind, Tensor};

use crate::backbone;
use crate::bank::Bank;
use crate::nets::efficientnet::{CLASSES, FEATURES};
use crate::nets::{Model, Net};
use crate::pixels;
use crate::preprocessing::Preprocessing;
use crate::session::Session;
use crate::tensors::Covers;

/// Covers a transaction; killed between two, the next call computes what is left.
const BATCH: usize = 64;
/// Covers computed at once.
const AT_ONCE: usize = 16;

/// A backbone at work.
#[derive(Debug)]
pub struct Extractor<'a> {
    /// The backbone; its probe is not looked at.
    pub model: &'a Model,
    /// What its features are kept under.
    pub key: &'a str,
    /// How covers are shown to it.
    pub preprocessing: Preprocessing,
    /// Where to compute.
    pub device: Device,
}

/// The pretrained backbone, its probe all zero, and the name that its features are kept under.
///
/// # Errors
/// Bad input when the weights are not there.
pub fn pretrained(session: &Session, device: Device) -> Result<(Model, String)> {
    let (folded, source) = backbone::load(&session.models())?;
    let model = Model::blank(Net::EfficientNetLite0, device);
    model.params.put(&folded);
    Ok((model, key(&source)))
}

/// The pretrained backbone with its own classes, of which these are the topic, and the name
/// that its features are kept under: the same as the probe's, because it sees the same.
///
/// # Errors
/// As [`pretrained`].
pub fn with_classes(session: &Session, chosen: &[i64], device: Device) -> Result<(Model, String)> {
    let (folded, source) = backbone::load(&session.models())?;
    let [weight, bias] = backbone::classifier(&session.models())?;
    let mask = Tensor::zeros([CLASSES], (Kind::Float, Device::Cpu));
    let _ = mask
        .shallow_clone()
        .index_fill_(0, &Tensor::from_slice(chosen), 1.0);
    let model = Model::blank(Net::ImageNetClasses, device);
    model.params.put(&folded);
    model.params.put(&[
        ("classes.weight".into(), weight),
        ("classes.bias".into(), bias),
        ("classes.chosen".into(), mask),
    ]);
    Ok((model, key(&source)))
}

/// Images as they were at some moment: what is computed of them is kept for covers that still
/// look like that.
struct Seen {
    as_of: i64,
    images: Vec<(i64, Vec<u8>)>,
}

impl Seen {
    async fn read(store: &Store, covers: &[i64]) -> Result<Self> {
        let as_of = store.newest_remake().await?;
        let mut images = Vec::with_capacity(covers.len());
        for cover in covers {
            images.push((*cover, store.image(*cover).await?.unwrap_or_default()));
        }
        Ok(Self { as_of, images })
    }

    /// Stores the features of these images, in their order; those that were stored.
    async fn keep(
        &self,
        store: &Store,
        key: &str,
        values: Vec<Vec<f32>>,
    ) -> Result<Vec<(i64, Vec<f32>)>> {
        let covers = self.images.iter().map(|(cover, _)| *cover);
        let mut rows: Vec<(i64, Vec<f32>)> = covers.zip(values).collect();
        let stored = store.put_features(key, &rows, self.as_of).await?;
        let stored: HashSet<i64> = stored.into_iter().collect();
        rows.retain(|(cover, _)| stored.contains(cover));
        Ok(rows)
    }
}

impl Extractor<'_> {
    /// Features `[n, 1280]` of these covers, in their order; what is missing is computed
    /// and stored first. `None` when the user stops.
    ///
    /// # Errors
    /// What the database says, a damaged cover.
    pub async fn of(&self, session: &Session, covers: &[i64]) -> Result<Option<Tensor>> {
        // Again where images are made again meanwhile.
        loop {
            if !self.complete(session, covers).await? {
                return Ok(None);
            }
            let mut bank = Bank::default();
            bank.fetch(&session.store, self.key, covers).await?;
            if covers.iter().all(|cover| bank.has(*cover)) {
                return bank.of(covers).map(|all| Some(all.to_device(self.device)));
            }
        }
    }

    /// Computes and stores what is missing; `false` when the user stops.
    async fn complete(&self, session: &Session, covers: &[i64]) -> Result<bool> {
        let store = &session.store;
        let known: HashSet<i64> = store.featured(self.key).await?.into_iter().collect();
        let missing: Vec<i64> = covers
            .iter()
            .copied()
            .filter(|cover| !known.contains(cover))
            .collect();
        let total = missing.len() as u64;
        let bar = (total > 0).then(|| session.printer.bar("features", Some(total)));
        for batch in missing.chunks(BATCH) {
            if session.stop.asked() {
                return Ok(false);
            }
            self.compute(store, batch).await?;
            if let Some(bar) = &bar {
                bar.inc(batch.len() as u64);
            }
        }
        if let Some(bar) = bar {
            bar.finish();
        }
        Ok(true)
    }

    /// Computes and stores, in one transaction; what was stored. A cover whose image is made
    /// again meanwhile is not among it.
    ///
    /// # Errors
    /// What the database says, a damaged cover.
    pub async fn compute(&self, store: &Store, covers: &[i64]) -> Result<Vec<(i64, Vec<f32>)>> {
        let seen = Seen::read(store, covers).await?;
        let labels = vec![0; covers.len()];
        let values = tokio::task::block_in_place(|| {
            let pixels = pixels::covers(&seen.images, &labels, self.device)?;
            Ok::<_, cli::Failure>(self.look(&pixels.resized(self.preprocessing.side)))
        })?;
        seen.keep(store, self.key, values).await
    }

    /// Of each cover as it is: those of its mirror image, averaged in, cost as much again
    /// and changed nothing that could be measured (99.08 % against 99.10 % out of fold on
    /// 2,400 photos, means of three seeds that spread over 0.1).
    pub fn look(&self, covers: &Covers) -> Vec<Vec<f32>> {
        let _guard = tch::no_grad_guard();
        let rows: Vec<i64> = (0..covers.len() as i64).collect();
        let mut all = Vec::with_capacity(rows.len());
        for batch in crate::tensors::batches(&rows, AT_ONCE) {
            let input = self.preprocessing.normalise(&covers.pixels(batch));
            let features = self.model.features(&input).expect("this net has features");
            let flat: Vec<f32> = Vec::try_from(features.flatten(0, -1)).expect("floats");
            all.extend(flat.chunks(FEATURES as usize).map(<[f32]>::to_vec));
        }
        all
    }
}

/// What features are kept under; another way of computing them needs another name.
pub fn key(source: &str) -> String {
    format!("efficientnet-lite0 {}", source.get(..16).unwrap_or(source))
}

#[cfg(test)]
mod tests {
    use store::cover::{Arrival, NewCover, NewVideo, Picture, Version};
    use store::remake::Remade;
    use store::{Durability, Pool};

    use super::*;

    fn arrival() -> Arrival {
        Arrival {
            video: NewVideo {
                site: "folder".into(),
                key: "/a.jpg".into(),
                ..NewVideo::default()
            },
            image_url: "file:///a.jpg".into(),
            picture: Picture::New(Box::new(NewCover {
                sha256: [1; 32],
                image_sha256: [1; 32],
                phash: 1,
                width: 240,
                height: 240,
                bytes: 1,
                format: "jpeg".into(),
                animated: false,
                mean_rgb: [0; 3],
                resize_rule: "old".into(),
                image: b"old pixels".to_vec(),
                preview: b"preview".to_vec(),
                original: Some(vec![1]),
            })),
            version: Version::default(),
        }
    }

    #[tokio::test]
    async fn features_of_pixels_that_are_made_again_while_they_are_computed_are_void() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("w.db").display());
        let store = Store::open(&url, Durability::Normal).await.unwrap();
        let topic = store.topic("cat", 0).await.unwrap();
        let added = store.add(topic, Pool::Negative, 0, &[arrival()], 0).await;
        let cover = added.unwrap()[0].cover;
        // Two trainers read the old pixels, and the crawler makes the image again.
        let first = Seen::read(&store, &[cover]).await.unwrap();
        let second = Seen::read(&store, &[cover]).await.unwrap();
        assert_eq!(first.images, [(cover, b"old pixels".to_vec())]);
        let stored = first.keep(&store, "key", vec![vec![1.0]]).await.unwrap();
        assert_eq!(stored, [(cover, vec![1.0])]);
        let remade = Remade {
            cover,
            image: b"new pixels".to_vec(),
            image_sha256: [2; 32],
        };
        store.remake("new", &[remade]).await.unwrap();
        assert_eq!(store.feature("key", cover).await.unwrap(), None);
        let stored = second.keep(&store, "key", vec![vec![1.0]]).await.unwrap();
        assert_eq!(stored, []);
        assert_eq!(store.feature("key", cover).await.unwrap(), None);
        // Of the new ones they are kept.
        let third = Seen::read(&store, &[cover]).await.unwrap();
        assert_eq!(third.images, [(cover, b"new pixels".to_vec())]);
        third.keep(&store, "key", vec![vec![2.0]]).await.unwrap();
        assert_eq!(store.feature("key", cover).await.unwrap(), Some(vec![2.0]));
    }
}
