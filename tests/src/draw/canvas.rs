//! Where shapes become pixels.

use super::colour::Colour;
use super::shape::{Point, Shape};
use tiny_skia::{
    BlendMode, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Paint,
    Pattern, Pixmap, RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

/// What a shape is filled with; coordinates are the shape's own.
#[derive(Clone, Copy)]
pub enum Fill {
    /// One colour.
    Flat(Colour),
    /// From the first point's colour to the second's.
    Linear((Point, Colour), (Point, Colour)),
    /// Around a centre to a radius, from the inner to the outer colour.
    Radial(Point, f32, Colour, Colour),
}

impl From<Colour> for Fill {
    fn from(colour: Colour) -> Self {
        Self::Flat(colour)
    }
}

/// Pixels, and how coordinates map to them.
pub struct Canvas {
    pixels: Pixmap,
    transform: Transform,
    blend: BlendMode,
    /// What this layer has painted so far: layers are large and figures small.
    painted: Option<Rect>,
}

impl Canvas {
    /// A clear canvas; `scale` pixels to a unit.
    pub fn new(width: u32, height: u32, scale: f32) -> Self {
        Self {
            pixels: Pixmap::new(width, height).expect("a drawing has at least one pixel"),
            transform: Transform::from_scale(scale, scale),
            blend: BlendMode::SourceOver,
            painted: None,
        }
    }

    /// RGBA rows from the top; opaque once a background is drawn.
    pub fn into_pixels(self) -> (u32, u32, Vec<u8>) {
        (
            self.pixels.width(),
            self.pixels.height(),
            self.pixels.take(),
        )
    }

    /// Fills `shape`.
    pub fn fill(&mut self, shape: &Shape, fill: impl Into<Fill>) {
        if let (Some(path), Some(paint)) = (&shape.0, self.paint(fill.into())) {
            self.touch(path.bounds(), 0.0);
            let rule = FillRule::Winding;
            self.pixels
                .fill_path(path, &paint, rule, self.transform, None);
        }
    }

    /// Draws along `shape` with round ends, `width` units wide.
    pub fn stroke(&mut self, shape: &Shape, colour: Colour, width: f32) {
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        if let (Some(path), Some(paint)) = (&shape.0, self.paint(colour.into())) {
            self.touch(path.bounds(), width);
            self.pixels
                .stroke_path(path, &paint, &stroke, self.transform, None);
        }
    }

    /// Draws with coordinates moved to `at`, turned by `degrees` and scaled.
    pub fn placed(&mut self, at: Point, degrees: f32, scale: Point, draw: impl FnOnce(&mut Self)) {
        let outer = self.transform;
        self.transform = outer
            .pre_concat(Transform::from_translate(at.0, at.1))
            .pre_concat(Transform::from_rotate(degrees))
            .pre_concat(Transform::from_scale(scale.0, scale.1));
        draw(self);
        self.transform = outer;
    }

    /// Draws on a sheet of its own, which is then laid over this canvas: what
    /// [`Canvas::atop`] paints inside does not spill onto what lies beneath.
    pub fn layer(&mut self, draw: impl FnOnce(&mut Self)) {
        let clear = Pixmap::new(self.pixels.width(), self.pixels.height());
        let clear = clear.expect("the canvas has this size already");
        let beneath = std::mem::replace(&mut self.pixels, clear);
        let before = self.painted.take();
        draw(self);
        let above = std::mem::replace(&mut self.pixels, beneath);
        let touched = std::mem::replace(&mut self.painted, before);
        let Some(touched) = touched else { return };
        let paint = Paint {
            shader: Pattern::new(
                above.as_ref(),
                SpreadMode::Pad,
                FilterQuality::Nearest,
                1.0,
                Transform::identity(),
            ),
            ..Paint::default()
        };
        self.pixels
            .fill_rect(touched, &paint, Transform::identity(), None);
        self.painted = union(self.painted, touched);
    }

    /// Draws only where the current layer is painted already, as a pattern on a coat.
    pub fn atop(&mut self, draw: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.blend, BlendMode::SourceAtop);
        draw(self);
        self.blend = outer;
    }

    /// Remembers that `bounds`, grown by `margin`, is about to be painted.
    fn touch(&mut self, bounds: Rect, margin: f32) {
        let outset = bounds.outset(margin, margin).unwrap_or(bounds);
        let Some(rect) = outset.transform(self.transform) else {
            return;
        };
        let (width, height) = (self.pixels.width() as f32, self.pixels.height() as f32);
        let clip = |v: f32, most: f32| v.clamp(0.0, most);
        let pixels = Rect::from_ltrb(
            clip(rect.left().floor() - 1.0, width),
            clip(rect.top().floor() - 1.0, height),
            clip(rect.right().ceil() + 1.0, width),
            clip(rect.bottom().ceil() + 1.0, height),
        );
        if let Some(pixels) = pixels {
            self.painted = union(self.painted, pixels);
        }
    }

    fn paint(&self, fill: Fill) -> Option<Paint<'static>> {
        let at = |p: Point| tiny_skia::Point::from_xy(p.0, p.1);
        let stops = |a: Colour, b: Colour| {
            vec![
                GradientStop::new(0.0, a.skia()),
                GradientStop::new(1.0, b.skia()),
            ]
        };
        let (pad, same) = (SpreadMode::Pad, Transform::identity());
        let shader = match fill {
            Fill::Flat(colour) => Shader::SolidColor(colour.skia()),
            Fill::Linear((a, from), (b, to)) => {
                LinearGradient::new(at(a), at(b), stops(from, to), pad, same)?
            }
            Fill::Radial(c, r, inner, outer) => {
                RadialGradient::new(at(c), 0.0, at(c), r, stops(inner, outer), pad, same)?
            }
        };
        Some(Paint {
            shader,
            blend_mode: self.blend,
            anti_alias: true,
            ..Paint::default()
        })
    }
}

fn union(a: Option<Rect>, b: Rect) -> Option<Rect> {
    let Some(a) = a else { return Some(b) };
    Rect::from_ltrb(
        a.left().min(b.left()),
        a.top().min(b.top()),
        a.right().max(b.right()),
        a.bottom().max(b.bottom()),
    )
}
