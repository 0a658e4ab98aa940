//! Where shapes become pixels.

use super::colour::Colour;
use super::shape::{Point, Shape};
use tiny_skia::{
    BlendMode, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Pixmap,
    PixmapPaint, RadialGradient, Shader, SpreadMode, Stroke, Transform,
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
}

impl Canvas {
    /// A clear canvas; `scale` pixels to a unit.
    pub fn new(width: u32, height: u32, scale: f32) -> Self {
        Self {
            pixels: Pixmap::new(width, height).expect("a drawing has at least one pixel"),
            transform: Transform::from_scale(scale, scale),
            blend: BlendMode::SourceOver,
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
            self.pixels
                .fill_path(path, &paint, FillRule::Winding, self.transform, None);
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
        draw(self);
        let above = std::mem::replace(&mut self.pixels, beneath);
        let plain = PixmapPaint::default();
        self.pixels
            .draw_pixmap(0, 0, above.as_ref(), &plain, Transform::identity(), None);
    }

    /// Draws only where the current layer is painted already, as a pattern on a coat.
    pub fn atop(&mut self, draw: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.blend, BlendMode::SourceAtop);
        draw(self);
        self.blend = outer;
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
