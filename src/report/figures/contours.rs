//! A region's contours on a scan, in the three planes through the region.

use maud::{Markup, html};

use super::figure;
use super::tile::{Tile, stroke, stroke_sample};
use crate::geometry::{Frame, World};
use crate::labels::Mask;
use crate::record::{MaskSource, Modality};
use crate::report::contour::outline;
use crate::report::slices::{Pixels, Plane, View, extent_mm, grey, heart};
use crate::report::window::{Extent, Window};
use crate::report::wording::{millilitres, region};
use crate::volume::Volume;

/// A region on a scan: where it is cut, and whose contours are drawn.
pub struct Region<'a, F: Frame> {
    /// The region's name.
    pub name: &'a str,
    /// The visit's name.
    pub visit: &'a str,
    /// Modality of the scan.
    pub modality: Modality,
    /// The scan.
    pub image: &'a Volume<f32, F>,
    /// Contours, the deciding one first.
    pub contours: Vec<(MaskSource, &'a Mask<F>)>,
}

/// Side in mm of a square that shows a region with its surroundings.
pub fn side_mm<F: Frame>(contours: &[(MaskSource, &Mask<F>)]) -> f64 {
    let largest = contours.iter().map(|(_, mask)| extent_mm(mask)).fold(0.0, f64::max);
    (largest * 1.6).max(largest + 24.0).max(40.0)
}

impl<F: Frame> Region<'_, F> {
    /// Where the planes meet: the heart of the first contour that has voxels.
    fn centre(&self) -> Option<World<F>> {
        self.contours.iter().find_map(|(_, mask)| heart(mask))
    }

    /// Three tiles at `most` pixels; `None` where no contour has a voxel.
    pub fn tiles(&self, side_mm: f64, most: usize) -> Option<(Markup, Window)> {
        let centre = self.centre()?;
        let views = Plane::ALL.map(|plane| View::around(self.image.grid(), plane, centre, side_mm, most));
        let values = views.each_ref().map(|view| view.sample(self.image));
        // One window for the three planes, so that they can be compared.
        let window = Window::choose(self.modality, Extent::Close, &values.concat());
        let markup = html! {
            div.tiles {
                @for (view, values) in views.iter().zip(&values) { (self.tile(view, grey(values, &window))) }
            }
        };
        Some((markup, window))
    }

    fn tile(&self, view: &View, bytes: Vec<u8>) -> Markup {
        // The deciding contour is drawn last, over the others.
        let outlines =
            self.contours.iter().rev().map(|(source, mask)| (stroke(*source).class, outline(mask, view)));
        let sources: Vec<&str> = self.contours.iter().map(|(source, _)| source.word()).collect();
        let plane = view.plane.word();
        let tile = Tile {
            view,
            pixels: Pixels::Grey,
            bytes,
            alt: format!(
                "{plane} slice of {} through {} with its {} contour",
                self.visit,
                self.name,
                sources.join(" and ")
            ),
            outlines: outlines.collect(),
            label: format!("{} \u{b7} {plane}", self.visit),
        };
        tile.markup()
    }
}

/// The question to the reader: does our contour fit?
pub fn fit<F: Frame>(region: &Region<F>) -> Markup {
    let Some((tiles, window)) = region.tiles(side_mm(&region.contours), 320) else {
        return html! { p.note { "No voxel of " (region.name) " is left on " (region.visit) "." } };
    };
    let has = |source| region.contours.iter().any(|(s, _)| *s == source);
    let caption = html! {
        "Look at the border all around: does the "
        @if has(MaskSource::Followed) {
            (stroke_sample(MaskSource::Followed))
            " line run where you would draw it today? "
            @if has(MaskSource::Carried) {
                "The " (stroke_sample(MaskSource::Carried)) " line is another thing: the tissue that was inside at \
                 baseline. Where the two part, the region shrank or grew. "
            }
        } @else {
            (stroke_sample(MaskSource::Carried))
            " line, the tissue that was inside at baseline, still enclose the region? "
        }
        "Display: " (window.name) "."
    };
    let title = format!("{} on {}", region.name, region.visit);
    let body = html! {
        (tiles)
        (volumes(&region.contours))
    };
    figure(&title, &body, &caption)
}

/// Volumes of contours, as the data behind a figure.
fn volumes<F: Frame>(contours: &[(MaskSource, &Mask<F>)]) -> Markup {
    html! {
        p.legend {
            @for (source, mask) in contours {
                span { (stroke_sample(*source)) " " (millilitres(mask.volume_ml())) }
            }
        }
    }
}

/// A region at each visit that has a contour of it, at one scale.
pub fn by_visit<F: Frame>(regions: &[Region<F>], most: usize) -> Markup {
    let Some(first) = regions.first() else { return html! {} };
    let side = regions.iter().map(|r| side_mm(&r.contours)).fold(0.0, f64::max);
    let mut windows: Vec<&str> = Vec::new();
    let mut rows: Vec<Markup> = Vec::new();
    for region in regions {
        if let Some((tiles, window)) = region.tiles(side, most) {
            windows.push(window.name);
            rows.push(html! { (tiles) (volumes(&region.contours)) });
        } else {
            rows.push(html! { p.note { "No voxel of " (region.name) " at " (region.visit) "." } });
        }
    }
    windows.dedup();
    let caption = html! {
        "One row per visit, all at one scale, each through the heart of the region. Compare size, border and \
         surroundings from row to row. Display: " (windows.join("; ")) "."
    };
    figure(&region(first.name), &html! { @for row in &rows { (row) } }, &caption)
}
