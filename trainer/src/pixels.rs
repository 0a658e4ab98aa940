//! Stored covers as tensors: read from the database, decoded once on all cores.

use cli::{Bar, Failure, Result};
use cover::Raster;
use rayon::prelude::*;
use store::Store;
use tch::Device;

use crate::tensors::Covers;
use crate::views;

/// Covers decoded at once: enough for every core, 11 MB of pixels.
const CHUNK: usize = 64;

/// Decoded covers `[n, 3, side, side]` of these ids in their order, with their labels.
///
/// # Errors
/// What the database says, and a cover whose image is damaged.
pub async fn load(
    store: &Store,
    ids: &[i64],
    labels: &[bool],
    (side, device): (i64, Device),
    bar: &Bar,
) -> Result<Covers> {
    let mut parts = Vec::with_capacity(ids.len().div_ceil(CHUNK));
    for (ids, labels) in ids.chunks(CHUNK).zip(labels.chunks(CHUNK)) {
        let mut images = Vec::with_capacity(ids.len());
        for id in ids {
            let image = store.image(*id).await?;
            images.push((*id, image.unwrap_or_default()));
        }
        let labels: Vec<i64> = labels.iter().map(|label| i64::from(*label)).collect();
        parts.push(tokio::task::block_in_place(|| {
            Ok::<_, Failure>(covers(&images, &labels, Device::Cpu)?.resized(side))
        })?);
        bar.inc(ids.len() as u64);
    }
    Ok(Covers::cat(&parts).to_device(device))
}

/// Decodes stored JPEGs, each with its cover's id.
///
/// # Errors
/// A cover whose image is damaged.
pub fn covers(images: &[(i64, Vec<u8>)], labels: &[i64], device: Device) -> Result<Covers> {
    let pictures = images
        .par_iter()
        .map(|(id, image)| {
            cover::decode_image(image).map_err(|refusal| damaged("image", *id, &refusal))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Covers::from_rgb(
        i64::from(cover::SIDE),
        &pictures,
        labels,
        device,
    ))
}

/// Decodes stored previews, each with its cover's id, at the size that they are looked at in.
///
/// # Errors
/// A preview that is damaged.
pub fn previews(jpegs: &[(i64, Vec<u8>)]) -> Result<Vec<Raster>> {
    jpegs
        .par_iter()
        .map(|(id, jpeg)| {
            let scaled = cover::scaled_preview(jpeg, views::shown_size);
            scaled.map_err(|refusal| damaged("preview", *id, &refusal))
        })
        .collect()
}

fn damaged(what: &str, id: i64, refusal: &cover::Refusal) -> Failure {
    Failure::failed(format!(
        "the stored {what} of cover {id} cannot be read: {refusal}\n\
         crawler verify lists every damaged cover; import it again."
    ))
}
