//! Outlines. An outline without area is legal and draws nothing.

use tiny_skia::{Path, PathBuilder, Rect};

/// A point; x to the right, y downwards.
pub type Point = (f32, f32);

/// A closed or open outline.
#[derive(Clone)]
pub struct Shape(pub(super) Option<Path>);

/// An upright ellipse.
pub fn ellipse(cx: f32, cy: f32, rx: f32, ry: f32) -> Shape {
    let bounds = Rect::from_xywh(cx - rx, cy - ry, 2.0 * rx, 2.0 * ry);
    Shape(bounds.and_then(PathBuilder::from_oval))
}

/// A circle.
pub fn circle(cx: f32, cy: f32, r: f32) -> Shape {
    ellipse(cx, cy, r, r)
}

/// An ellipse turned by `angle` radians, clockwise on the screen.
pub fn tilted(cx: f32, cy: f32, rx: f32, ry: f32, angle: f32) -> Shape {
    let (sin, cos) = angle.sin_cos();
    let around = |i: u16| {
        let (y, x) = (f32::from(i) * std::f32::consts::TAU / 12.0).sin_cos();
        (
            cx + x * rx * cos - y * ry * sin,
            cy + x * rx * sin + y * ry * cos,
        )
    };
    blob(&(0..12).map(around).collect::<Vec<_>>())
}

/// An upright rectangle.
pub fn rect(x: f32, y: f32, w: f32, h: f32) -> Shape {
    Shape(Rect::from_xywh(x, y, w, h).map(PathBuilder::from_rect))
}

/// A rectangle with round corners.
pub fn rounded(x: f32, y: f32, w: f32, h: f32, r: f32) -> Shape {
    let r = r.min(w / 2.0).min(h / 2.0);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(x + w - r, y);
    path.quad_to(x + w, y, x + w, y + r);
    path.line_to(x + w, y + h - r);
    path.quad_to(x + w, y + h, x + w - r, y + h);
    path.line_to(x + r, y + h);
    path.quad_to(x, y + h, x, y + h - r);
    path.line_to(x, y + r);
    path.quad_to(x, y, x + r, y);
    path.close();
    Shape(path.finish())
}

/// Straight edges through `points`, closed.
pub fn polygon(points: &[Point]) -> Shape {
    let mut path = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 {
            path.move_to(x, y)
        } else {
            path.line_to(x, y)
        }
    }
    path.close();
    Shape(path.finish())
}

/// A smooth closed outline through `points` (uniform Catmull–Rom as cubic Béziers).
pub fn blob(points: &[Point]) -> Shape {
    let n = points.len();
    spline(n, n, |i| points[i % n])
}

/// A smooth open line through `points`.
pub fn curve(points: &[Point]) -> Shape {
    let n = points.len();
    spline(n, n.saturating_sub(1), |i| {
        points[i.saturating_sub(1).min(n - 1)]
    })
}

/// The right half of an outline, from top to bottom, and its mirror image.
pub fn mirrored(half: &[Point]) -> Vec<Point> {
    let left = half
        .iter()
        .rev()
        .filter(|p| p.0 != 0.0)
        .map(|&(x, y)| (-x, y));
    half.iter().copied().chain(left).collect()
}

/// A tube along `spine`, as wide at each point as `widths` says.
pub fn limb(spine: &[Point], widths: &[f32]) -> Shape {
    let side = |sign: f32| {
        spine
            .iter()
            .zip(widths)
            .enumerate()
            .map(move |(i, (&(x, y), w))| {
                let (ax, ay) = spine[i.saturating_sub(1)];
                let (bx, by) = spine[(i + 1).min(spine.len() - 1)];
                let length = (bx - ax).hypot(by - ay).max(1e-6);
                (
                    x - sign * (by - ay) / length * w / 2.0,
                    y + sign * (bx - ax) / length * w / 2.0,
                )
            })
    };
    let back: Vec<_> = side(-1.0).collect();
    blob(&side(1.0).chain(back.into_iter().rev()).collect::<Vec<_>>())
}

/// `segments` Bézier pieces; `at(i)` is the point before piece `i`'s start, so a piece
/// uses `at(i)..=at(i + 3)`. Closed when there are as many pieces as points.
fn spline(points: usize, segments: usize, at: impl Fn(usize) -> Point) -> Shape {
    if points < 2 {
        return Shape(None);
    }
    let mut path = PathBuilder::new();
    let (x, y) = at(1);
    path.move_to(x, y);
    for i in 0..segments {
        let (p0, p1, p2, p3) = (at(i), at(i + 1), at(i + 2), at(i + 3));
        let (ax, ay) = (p1.0 + (p2.0 - p0.0) / 6.0, p1.1 + (p2.1 - p0.1) / 6.0);
        let (bx, by) = (p2.0 - (p3.0 - p1.0) / 6.0, p2.1 - (p3.1 - p1.1) / 6.0);
        path.cubic_to(ax, ay, bx, by, p2.0, p2.1);
    }
    if points == segments {
        path.close();
    }
    Shape(path.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_stays_near_its_points() {
        let shape = blob(&[(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0)]);
        let bounds = shape.0.expect("a square has area").bounds();
        assert!(bounds.width() < 5.5 && bounds.height() < 3.0, "{bounds:?}");
        assert!(
            bounds.width() >= 4.0 && bounds.height() >= 2.0,
            "{bounds:?}"
        );
    }

    #[test]
    fn a_mirrored_half_does_not_repeat_its_middle() {
        let whole = mirrored(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0)]);
        assert_eq!(whole, [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]);
    }

    #[test]
    fn shapes_without_area_draw_nothing_and_do_not_panic() {
        assert!(ellipse(0.0, 0.0, -1.0, 1.0).0.is_none());
        assert!(blob(&[(0.0, 0.0)]).0.is_none());
        assert!(curve(&[(0.0, 0.0)]).0.is_none());
    }
}
