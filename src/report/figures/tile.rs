//! A slice with its orientation letters, scale bar and contours.

use maud::{Markup, html};

use crate::record::MaskSource;
use crate::report::slices::{Pixels, View, data_uri};
use crate::report::wording::number;

/// How a contour is drawn. Colours are Okabe and Ito's; sources differ in dashes too, for print in grey.
pub struct Stroke {
    /// Class in the style sheet.
    pub class: &'static str,
    /// What it is called in the legend.
    pub name: &'static str,
}

/// The stroke of a contour.
pub fn stroke(source: MaskSource) -> Stroke {
    let (class, name) = match source {
        MaskSource::Drawn => ("c-drawn", "drawn"),
        MaskSource::Edited => ("c-drawn", "edited"),
        MaskSource::Accepted => ("c-drawn", "accepted"),
        MaskSource::Followed => ("c-followed", "followed"),
        MaskSource::Carried => ("c-carried", "carried"),
    };
    Stroke { class, name }
}

/// A sample of a stroke, for legends.
pub fn stroke_sample(source: MaskSource) -> Markup {
    let stroke = stroke(source);
    html! {
        span.key {
            svg.swatch viewBox="0 0 34 12" aria-hidden="true" {
                rect width="34" height="12" rx="2" fill="#333" {}
                path.outline.(stroke.class) d="M2 6L32 6" {}
            }
            (stroke.name)
        }
    }
}

/// One slice.
pub struct Tile<'a> {
    /// What is cut.
    pub view: &'a View,
    /// Grey or colour.
    pub pixels: Pixels,
    /// Pixels row by row.
    pub bytes: Vec<u8>,
    /// What a reader who sees no picture should know.
    pub alt: String,
    /// Contours as class and SVG path, from the lowest up.
    pub outlines: Vec<(&'static str, String)>,
    /// A word under the slice.
    pub label: String,
}

impl Tile<'_> {
    /// The slice as HTML.
    pub fn markup(&self) -> Markup {
        html! {
            div.tile {
                div.slice style={"aspect-ratio:" (self.view.width) "/" (self.view.height)} {
                    img src=(data_uri(self.view.width, self.view.height, self.pixels, &self.bytes))
                        width=(self.view.width) height=(self.view.height) alt=(self.alt);
                    (marks(self.view, &self.outlines))
                }
                @if !self.label.is_empty() { p.tile-label { (self.label) } }
            }
        }
    }
}

/// Contours, letters and scale bar over a slice.
pub fn marks(view: &View, outlines: &[(&'static str, String)]) -> Markup {
    let (w, h) = (view.width as f64, view.height as f64);
    let [left, right, top, bottom] = view.plane.letters();
    let size = 0.05 * w.max(0.75 * h);
    let bar = view.scale_bar_mm();
    let bar_px = bar / view.pixel_mm;
    let (x, y) = (w - bar_px - 0.04 * w, h - 0.035 * h);
    let place = |v: f64| format!("{v:.1}");
    html! {
        svg.marks viewBox={"0 0 " (view.width) " " (view.height)} aria-hidden="true" {
            @for (class, path) in outlines.iter().filter(|(_, path)| !path.is_empty()) {
                path.halo d=(path) {}
                path.outline.(class) d=(path) {}
            }
            g.letters font-size=(place(size)) {
                text x=(place(0.02 * w)) y=(place(h / 2.0 + size / 3.0)) { (left) }
                text x=(place(0.98 * w)) y=(place(h / 2.0 + size / 3.0)) text-anchor="end" { (right) }
                text x=(place(w / 2.0)) y=(place(size * 1.05)) text-anchor="middle" { (top) }
                text x=(place(w / 2.0)) y=(place(h - 0.02 * h)) text-anchor="middle" { (bottom) }
                text x=(place(0.96 * w)) y=(place(y - 0.35 * size)) text-anchor="end" { (number(bar)) " mm" }
            }
            path.bar d={"M" (place(x)) " " (place(y)) "h" (place(bar_px))} {}
        }
    }
}
