//! The view of a cover that decided its score: a thin frame over the picture.
//!
//! A sheet says nothing of it, so that nobody sees where a model looked before they decide; the
//! loupe asks for it, cover by cover.

use axum::Json;
use axum::extract::{Path, State};
use maud::{Markup, html};
use serde_json::{Value, json};
use store::training::Region;

use super::api::Failure;
use super::routes::Site;
use crate::format::unhex;

/// `GET /api/region/{sha256}`: null where the whole cover decided, and where no model has.
pub async fn get(
    State(site): State<Site>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Failure> {
    let sha256 = unhex(&name).map_err(Failure::bad)?;
    let region = site.store.region(site.topic, &sha256).await?;
    Ok(Json(json!({ "region": region })))
}

/// The frame, to be laid over the picture's box. Where the box may have bars beside the picture,
/// `size` is the picture's width and height: the frame is then fitted into the box as it is.
pub fn frame(region: &Region, size: Option<(u32, u32)>) -> Markup {
    html! {
        svg.region aria-hidden="true" viewBox=[size.map(|(width, height)| format!("0 0 {width} {height}"))] {
            // Dark beneath, light above: seen on any picture.
            @for _ in 0..2 {
                rect x=(percent(region.left)) y=(percent(region.top))
                    width=(percent(region.width)) height=(percent(region.height)) {}
            }
        }
    }
}

fn percent(thousandths: u16) -> String {
    format!("{}%", f64::from(thousandths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORNER: Region = Region {
        left: 667,
        top: 0,
        width: 333,
        height: 1000,
    };

    #[test]
    fn a_frame_is_drawn_in_parts_of_the_picture_and_has_its_shape() {
        let rect = r#"<rect x="66.7%" y="0%" width="33.3%" height="100%"></rect>"#;
        let drawn = frame(&CORNER, Some((480, 270))).into_string();
        let whole = format!(
            r#"<svg class="region" aria-hidden="true" viewBox="0 0 480 270">{rect}{rect}</svg>"#
        );
        assert_eq!(drawn, whole);
        let filling = whole.replace(r#" viewBox="0 0 480 270""#, "");
        assert_eq!(frame(&CORNER, None).into_string(), filling);
    }
}
