//! A sheet to draw on: lines, words and marks at pixels, as one SVG.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, RGBColor};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, TextStyle};

use super::look::PAPER;

/// A place in pixels from the upper left.
pub type Place = (i32, i32);

/// A mark's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A filled circle.
    Circle,
    /// A filled diamond.
    Diamond,
    /// A diagonal cross.
    Cross,
    /// An empty circle.
    Ring,
}

/// Where words stand relative to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// They begin there.
    Start,
    /// They are centred there.
    Middle,
    /// They end there.
    End,
}

/// The sheet. Drawing into a string cannot fail, and so nothing here gives an error.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a sheet of this width and height.
pub fn svg(width: i32, height: i32, paint: impl FnOnce(&Canvas)) -> String {
    let mut text = String::new();
    {
        let size = (width.max(1) as u32, height.max(1) as u32);
        let canvas = Canvas { area: SVGBackend::with_string(&mut text, size).into_drawing_area() };
        paint(&canvas);
        let _ = canvas.area.present();
    }
    text
}

impl<'a> Canvas<'a> {
    fn put<E>(&self, element: &E)
    where
        for<'b> &'b E: PointCollection<'b, Place>,
        E: Drawable<SVGBackend<'a>>,
    {
        let _ = self.area.draw(element);
    }

    /// A line through these places.
    pub fn line(&self, places: &[Place], colour: RGBColor, width: u32) {
        self.put(&PathElement::new(places.to_vec(), colour.stroke_width(width)));
    }

    /// A broken line between two places on one vertical or horizontal.
    pub fn broken(&self, from: Place, to: Place, colour: RGBColor, width: u32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.abs().max(dy.abs());
        for start in (0..length).step_by(9) {
            let end = (start + 5).min(length);
            let at = |along: i32| (from.0 + dx * along / length, from.1 + dy * along / length);
            self.line(&[at(start), at(end)], colour, width);
        }
    }

    /// A filled rectangle between two corners.
    pub fn rectangle(&self, from: Place, to: Place, colour: RGBColor) {
        self.put(&Rectangle::new([from, to], colour.filled()));
    }

    /// Words.
    pub fn words(&self, words: &str, at: Place, size: i32, colour: RGBColor, anchor: Anchor) {
        let h = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = TextStyle {
            font: ("sans-serif", size).into_font(),
            color: colour.to_backend_color(),
            pos: Pos::new(h, VPos::Center),
        };
        self.put(&Text::new(words.to_owned(), at, style));
    }

    /// A mark.
    pub fn mark(&self, mark: Mark, (x, y): Place, radius: i32, colour: RGBColor) {
        match mark {
            Mark::Circle => self.put(&Circle::new((x, y), radius, colour.filled())),
            Mark::Diamond => {
                let r = radius + 1;
                self.put(&Polygon::new(
                    vec![(x - r, y), (x, y - r), (x + r, y), (x, y + r)],
                    colour.filled(),
                ));
            }
            Mark::Cross => {
                for arm in [
                    [(x - radius, y - radius), (x + radius, y + radius)],
                    [(x - radius, y + radius), (x + radius, y - radius)],
                ] {
                    self.line(&arm, colour, 2);
                }
            }
            Mark::Ring => {
                self.put(&Circle::new((x, y), radius, PAPER.filled()));
                self.put(&Circle::new((x, y), radius, colour.stroke_width(2)));
            }
        }
    }
}

/// About how wide words are: letters of a sans-serif face are a little over half as wide as high.
pub fn width_of(words: &str, size: i32) -> i32 {
    (words.chars().count() as f64 * 0.56 * f64::from(size)).ceil() as i32
}

/// The words, cut to `most` letters.
pub fn shorten(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let kept: String = words.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}
