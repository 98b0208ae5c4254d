//! Follow-up and baseline over each other in two colours, before and after the alignment.

use maud::{Markup, html};

use super::figure;
use super::tile::Tile;
use crate::geometry::{Fixed, World};
use crate::report::input::AlignmentImages;
use crate::report::slices::{Pixels, Plane, View, shade};
use crate::report::window::Window;
use crate::volume::Volume;

/// Okabe and Ito's vermillion-orange and blue, chosen to add up to white.
const FOLLOWUP: [f64; 3] = [1.0, 0.60, 0.10];
const BASELINE: [f64; 3] = [0.0, 0.40, 0.90];

/// What the alignment's figures share: planes through one point, one window per scan.
pub struct Scene<'a> {
    /// The images.
    pub images: &'a AlignmentImages<'a>,
    /// Where the planes meet.
    pub centre: World<Fixed>,
    /// Window of the follow-up.
    pub fixed: Window,
    /// Window of the baseline.
    pub moving: Window,
    /// Names of baseline and follow-up.
    pub names: [&'a str; 2],
}

impl Scene<'_> {
    /// The whole slice of the follow-up in a plane.
    pub fn view(&self, plane: Plane, most: usize) -> View {
        View::whole(self.images.fixed.grid(), plane, self.centre, most)
    }
}

/// The planes in which whole slices are compared.
pub const PLANES: [Plane; 2] = [Plane::Axial, Plane::Coronal];

/// The figure.
pub fn overlay(scene: &Scene) -> Markup {
    let [baseline, followup] = scene.names;
    let stages = [("before", scene.images.before), ("after", scene.images.after)];
    let body = html! {
        @for plane in PLANES {
            div.pair {
                @for (stage, moving) in stages { (tile(scene, plane, stage, moving)) }
            }
        }
    };
    let caption = html! {
        "Follow-up in " span.chip style="background:#ff991a" {} "orange, baseline in "
        span.chip style="background:#0066e6" {} "blue; where both are equally bright the picture is grey. Look at \
         bones, vessels and the surface of the body: coloured fringes in the right column are what the alignment did \
         not bring together. A lesion that changed keeps its colour, and should. Striped: only one of the scans has data there."
    };
    figure(&format!("{baseline} over {followup}, before and after alignment"), &body, &caption)
}

/// What stands at a pixel of the overlay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mixture {
    /// Both scans, by their brightness.
    Both {
        /// Of the follow-up.
        followup: f64,
        /// Of the baseline.
        baseline: f64,
    },
    /// Only one of the scans has data there, or none: nothing can be compared, so it has no colour.
    OneOnly {
        /// How light its grey is.
        light: f64,
    },
}

impl Mixture {
    /// The colour: each scan's own, added.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Both { followup, baseline } => {
                std::array::from_fn(|c| shade((FOLLOWUP[c] * followup + BASELINE[c] * baseline).min(1.0)))
            }
            Self::OneOnly { light } => [shade(light); 3],
        }
    }
}

/// The overlay's pixels, row by row.
pub fn mixed(scene: &Scene, view: &View, moving: &Volume<f32, Fixed>) -> Vec<Mixture> {
    let (fixed, moved) = (view.sample(scene.images.fixed), view.sample(moving));
    let pixel = |n: usize| match (scene.fixed.brightness(fixed[n]), scene.moving.brightness(moved[n])) {
        (Some(followup), Some(baseline)) => Mixture::Both { followup, baseline },
        (one, other) => one_scan_only(one.or(other), n % view.width + n / view.width),
    };
    (0..fixed.len()).map(pixel).collect()
}

/// Where one scan has no data nothing can be compared: grey stripes over what the other shows, never a colour.
fn one_scan_only(brightness: Option<f64>, diagonal: usize) -> Mixture {
    let light = 0.45 * brightness.unwrap_or(0.0);
    Mixture::OneOnly { light: if (diagonal / 3).is_multiple_of(2) { light } else { 0.5 * light } }
}

fn tile(scene: &Scene, plane: Plane, stage: &str, moving: &Volume<f32, Fixed>) -> Markup {
    let view = scene.view(plane, 260);
    let bytes = mixed(scene, &view, moving).into_iter().flat_map(Mixture::rgb).collect();
    let [baseline, followup] = scene.names;
    Tile {
        view: &view,
        pixels: Pixels::Rgb,
        bytes,
        alt: format!(
            "{} slice, {followup} in orange and {baseline} in blue, {stage} alignment",
            plane.word()
        ),
        outlines: vec![],
        label: format!("{stage} \u{b7} {}", plane.word()),
    }
    .markup()
}
