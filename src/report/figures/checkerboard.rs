//! Squares of follow-up and aligned baseline in turn: edges must run on across them.

use maud::{Markup, html};

use super::figure;
use super::overlay::{PLANES, Scene};
use super::tile::Tile;
use crate::report::slices::{Pixels, Plane, shade};

/// How bright the baseline's squares are: a little darker, so that a good alignment still shows its squares.
const DIM: f64 = 0.72;

/// Squares along the longer side.
const SQUARES: usize = 8;

/// The figure.
pub fn checkerboard(scene: &Scene) -> Markup {
    let [baseline, followup] = scene.names;
    let body = html! {
        div.pair { @for plane in PLANES { (tile(scene, plane)) } }
    };
    let caption = html! {
        "Bright squares show " (followup) ", dimmed ones the aligned " (baseline) ". Follow an edge (skin, bone, diaphragm, a vessel) across the squares: it should not step."
    };
    figure("Checkerboard after alignment", &body, &caption)
}

fn tile(scene: &Scene, plane: Plane) -> Markup {
    let view = scene.view(plane, 300);
    let side = view.width.max(view.height).div_ceil(SQUARES);
    let fixed = view.sample(scene.images.fixed);
    let moving = view.sample(scene.images.after);
    let bytes = (0..fixed.len())
        .map(|n| {
            let (x, y) = (n % view.width / side, n / view.width / side);
            let brightness = if (x + y) % 2 == 0 {
                scene.fixed.brightness(fixed[n])
            } else {
                scene.moving.brightness(moving[n]).map(|b| b * DIM)
            };
            brightness.map_or(0, shade)
        })
        .collect();
    let [baseline, followup] = scene.names;
    Tile {
        view: &view,
        pixels: Pixels::Grey,
        bytes,
        alt: format!("{} slice, squares of {followup} and aligned {baseline} in turn", plane.word()),
        outlines: vec![],
        label: plane.word().to_owned(),
    }
    .markup()
}
