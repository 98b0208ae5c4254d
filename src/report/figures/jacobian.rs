//! Where tissue shrank or grew: the Jacobian determinant of the transform.

use maud::{Markup, html};

use super::figure;
use super::overlay::Scene;
use super::tile::Tile;
use crate::geometry::Fixed;
use crate::labels::Mask;
use crate::record::JacobianQa;
use crate::report::contour::outline;
use crate::report::slices::{Pixels, Plane, View, extent_mm, shade};
use crate::report::wording::{number, percent};

/// A band of the determinant: upper bound, colour, and what it means.
struct Band {
    below: f64,
    colour: [u8; 3],
    means: &'static str,
}

/// Blue where tissue grew, orange where it shrank, darker further from 1, black where it folds. The
/// transform leads from follow-up to baseline, so a determinant above 1 is tissue that was larger at baseline.
const BANDS: [Band; 8] = [
    Band { below: 0.0, colour: [0, 0, 0], means: "folded: impossible" },
    Band { below: 0.5, colour: [8, 48, 107], means: "more than doubled" },
    Band { below: 0.8, colour: [33, 113, 181], means: "grew by 25 to 100 %" },
    Band { below: 0.95, colour: [146, 197, 222], means: "grew by 5 to 25 %" },
    Band { below: 1.0 / 0.95, colour: [242, 242, 242], means: "within 5 %" },
    Band { below: 1.25, colour: [253, 208, 140], means: "shrank by 5 to 20 %" },
    Band { below: 2.0, colour: [230, 131, 16], means: "shrank by 20 to 50 %" },
    Band { below: f64::INFINITY, colour: [140, 60, 0], means: "less than half is left" },
];

/// The figure, with the outline of a region where there is one.
pub fn jacobian(scene: &Scene, region: Option<(&str, &Mask<Fixed>)>, found: &JacobianQa) -> Markup {
    let body = html! {
           div.tiles { @for plane in Plane::ALL { (tile(scene, plane, region)) } }
           ul.bands {
               @for (n, band) in BANDS.iter().enumerate() {
                   li {
                       span.chip style=(colour(band.colour)) {}
                       span { (range(n)) " " span.means { (band.means) } }
                   }
               }
           }
           details {
               summary { "The numbers behind it" }
               div.scroll tabindex="0" role="region" aria-label="Jacobian determinant" {
                   table.plain {
                       thead { tr {
                           th.n { "smallest" } th.n { "1st percentile" } th.n { "median" } th.n { "99th percentile" }
    th.n { "largest" } th.n { "folded share" }
                       } }
                       tbody { tr {
                           @for v in [found.min, found.p01, found.median, found.p99, found.max] { td.n { (number(v)) } }
                           td.n { (percent(found.folded_fraction)) }
                       } }
                   }
               }
           }
       };
    let caption = html! {
        "Local volume at baseline over local volume at follow-up, around "
        @match region { Some((name, ..)) => (name), None => "the middle of the scan" }
        @if region.is_some() { " (white outline)" } ". Orange tissue shrank, blue tissue grew; change should be smooth and stand where anatomy explains it. Black \
         would be folded space, which no tissue can do."
    };
    figure("Local change of volume (Jacobian determinant)", &body, &caption)
}

fn colour(c: [u8; 3]) -> String {
    format!("background:rgb({},{},{})", c[0], c[1], c[2])
}

fn range(n: usize) -> String {
    let bound = |v: f64| number((v * 100.0).round() / 100.0);
    match n {
        0 => "\u{2264} 0".into(),
        _ if n + 1 == BANDS.len() => format!("> {}", bound(BANDS[n - 1].below)),
        _ => format!("{} to {}", bound(BANDS[n - 1].below), bound(BANDS[n].below)),
    }
}

fn band_of(determinant: f64) -> &'static Band {
    let found = BANDS.iter().position(|b| determinant <= b.below).unwrap_or(BANDS.len() - 1);
    &BANDS[found]
}

fn tile(scene: &Scene, plane: Plane, region: Option<(&str, &Mask<Fixed>)>) -> Markup {
    let grid = scene.images.jacobian.grid();
    let view = match region {
        Some((_, mask)) => {
            let side = (extent_mm(mask) * 2.5).max(90.0);
            View::around(grid, plane, scene.centre, side, 240)
        }
        None => scene.view(plane, 240),
    };
    let anatomy = view.sample(scene.images.fixed);
    let bytes = view
        .sample(scene.images.jacobian)
        .into_iter()
        .zip(anatomy)
        .flat_map(|(j, a)| {
            let light = scene.fixed.brightness(a).unwrap_or(0.0);
            if j.is_nan() {
                return [shade(0.5 * light); 3];
            }
            // A fold stays black; elsewhere anatomy shines through, so that change can be placed.
            let c = band_of(f64::from(j)).colour;
            c.map(|c| shade((f64::from(c) / 255.0) * (0.72 + 0.28 * light)))
        })
        .collect();
    let outlines = region.map(|(_, mask)| ("c-white", outline(mask, &view))).into_iter().collect();
    let about = region.map_or("the middle of the scan", |(name, ..)| name);
    Tile {
        view: &view,
        pixels: Pixels::Rgb,
        bytes,
        alt: format!("{} map of the Jacobian determinant around {about}", plane.word()),
        outlines,
        label: plane.word().to_owned(),
    }
    .markup()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_determinant_has_its_band() {
        assert_eq!(band_of(-0.1).means, "folded: impossible");
        assert_eq!(band_of(0.0).means, "folded: impossible");
        assert_eq!(band_of(1.0).means, "within 5 %");
        assert_eq!(band_of(1.5).means, "shrank by 20 to 50 %");
        assert_eq!(band_of(9.0).means, "less than half is left");
    }
}
