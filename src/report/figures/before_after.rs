//! An alignment at a glance: the overlay before and after, small enough for a sheet of a hundred patients.

use std::sync::LazyLock;

use super::overlay::{Mixture, Scene, mixed};
use crate::report::slices::{Pixels, Plane, png};

/// Largest size of a picture: a hundred of them make a page of a few megabytes.
const MOST_BYTES: usize = 25_000;
/// Pixels across one half, from the finest that is tried down: noisy scans compress badly.
const SIZES: [usize; 7] = [160, 144, 128, 112, 96, 80, 64];
/// Pixels between the two halves.
const GAP: usize = 4;
/// Brightness levels of each scan: together they make a palette of one byte.
const LEVELS: u8 = 16;

/// The colour of every pair of brightness levels, the follow-up's counting sixteen times.
static PALETTE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let brightness = |level: u8| f64::from(level) / f64::from(LEVELS - 1);
    let colour = |n: u8| {
        let (followup, baseline) = (brightness(n / LEVELS), brightness(n % LEVELS));
        Mixture::Both { followup, baseline }.rgb()
    };
    (0..=u8::MAX).flat_map(colour).collect()
});

/// The axial slice through the scene's centre before the alignment and, right of it, after, as a PNG.
pub fn before_after(scene: &Scene) -> Vec<u8> {
    let mut file = Vec::new();
    for most in SIZES {
        file = picture(scene, most);
        if file.len() <= MOST_BYTES {
            break;
        }
    }
    file
}

fn picture(scene: &Scene, most: usize) -> Vec<u8> {
    let view = scene.view(Plane::Axial, most);
    let halves = [scene.images.before, scene.images.after].map(|moving| mixed(scene, &view, moving));
    let width = 2 * view.width + GAP;
    let mut bytes = vec![0; width * view.height];
    for (half, left) in halves.iter().zip([0, view.width + GAP]) {
        for (n, mixture) in half.iter().enumerate() {
            bytes[n / view.width * width + left + n % view.width] = place(mixture);
        }
    }
    png(width, view.height, Pixels::Indexed(&PALETTE), &bytes)
}

/// Where a colour stands in the palette. Equal brightness of both scans is grey, so that the grey of one scan alone
/// has a place too.
fn place(mixture: &Mixture) -> u8 {
    let level = |brightness: f64| (brightness * f64::from(LEVELS - 1)).round() as u8;
    match *mixture {
        Mixture::Both { followup, baseline } => level(followup) * LEVELS + level(baseline),
        Mixture::OneOnly { light } => level(light) * (LEVELS + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_grey_and_what_is_not_has_its_scan_s_colour() {
        let colour = |mixture: &Mixture| {
            let n = usize::from(place(mixture)) * 3;
            [PALETTE[n], PALETTE[n + 1], PALETTE[n + 2]]
        };
        for brightness in [0.0, 0.4, 1.0] {
            let alike = Mixture::Both { followup: brightness, baseline: brightness };
            let [r, g, b] = colour(&alike);
            assert!(r == g && g == b, "{r} {g} {b}");
            assert_eq!(colour(&alike), colour(&Mixture::OneOnly { light: brightness }));
        }
        let [r, _, b] = colour(&Mixture::Both { followup: 1.0, baseline: 0.0 });
        assert!(r > b);
        let [r, _, b] = colour(&Mixture::Both { followup: 0.0, baseline: 1.0 });
        assert!(b > r);
    }
}
