//! Which features say the same: rank correlations in the order of their tree.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::Redundancy;
use crate::report::analysis::view::View;
use crate::report::analysis::words::decimals;
use crate::report::canvas::fitted;
use crate::report::numbers::count;

const WIDTH: i32 = 900;
/// Left of the cells: the names.
const LEFT: i32 = 300;
const TOP: i32 = 40;
/// Steps of the shade.
const STEPS: usize = 8;
/// More features than this would be too fine to see.
const MOST: usize = 60;
/// Rows of the table of clusters.
const MOST_CLUSTERS: usize = 40;

/// The figure; nothing without features.
pub fn heat_map(view: &View, redundancy: &Redundancy) -> Markup {
    let n = redundancy.shown.len().min(MOST);
    if n < 2 {
        return html! {};
    }
    let all: usize = redundancy.clusters.iter().map(|c| c.features.len()).sum();
    let largest = redundancy.clusters.first();
    Figure {
        title: format!("Rank correlations among {n} of {} ({})", count(all.max(n), "feature"), view.n()),
        alt: format!(
            "Heat map of absolute Spearman correlations among {n} features in the order of their tree. {} features fall \
             into {} clusters.",
            all,
            redundancy.clusters.len()
        ),
        drawings: vec![draw(redundancy, n)],
        caption: html! {
            "Columns stand in the order of the rows. Darker is more alike, of either sign; a white stroke marks a negative correlation below \u{2212}0.5. Dark blocks \
             on the diagonal are features that say the same: cut at an absolute correlation of "
            (decimals(1.0 - redundancy.height, 2)) ", " (count(all, "feature")) " become "
            (count(redundancy.clusters.len(), "cluster"))
            @if let Some(cluster) = largest.filter(|c| c.features.len() > 1) {
                ", the largest with " (cluster.features.len()) " behind " (cluster.representative)
            }
            ". Only the representative of each goes on."
        },
        data: Data {
            head: heads(["Representative", "Features", "Among them"]),
            rows: redundancy
                .clusters
                .iter()
                .take(MOST_CLUSTERS)
                .map(|cluster| {
                    let others: Vec<&str> = cluster
                        .features
                        .iter()
                        .filter(|f| **f != cluster.representative)
                        .take(3)
                        .map(String::as_str)
                        .collect();
                    let more = cluster.features.len().saturating_sub(1 + others.len());
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    vec![
                        cluster.representative.clone(),
                        cluster.features.len().to_string(),
                        format!("{}{more}", others.join(", ")),
                    ]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

/// One path per shade keeps thousands of cells small.
fn draw(redundancy: &Redundancy, n: usize) -> String {
    let cell = ((WIDTH - LEFT - 70) / n as i32).clamp(6, 22);
    let mut paths = vec![String::new(); STEPS];
    let mut strokes = String::new();
    for (row, values) in redundancy.correlations.iter().take(n).enumerate() {
        for (column, value) in values.iter().take(n).enumerate() {
            let (x, y) = (LEFT + cell * column as i32, TOP + cell * row as i32);
            let share = if value.is_finite() { value.abs().min(1.0) } else { 0.0 };
            let step = ((share * STEPS as f64) as usize).min(STEPS - 1);
            let side = cell - 1;
            let _ = write!(paths[step], "M{x} {y}h{side}v{side}h-{side}z"); // a string takes all
            if *value < -0.5 {
                let _ = write!(strokes, "M{} {}l{} {}", x + 1, y + side - 1, side - 2, 2 - side);
            }
        }
    }
    let size = cell * n as i32;
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(TOP + size + 6)
            viewBox=(format!("0 0 {WIDTH} {}", TOP + size + 6)) {
            text x="4" y="16" font-size="13" fill="#1f2933" { "|Spearman's \u{3c1}| (no unit)" }
            @for step in 0..STEPS {
                rect x=(LEFT + 26 * step as i32) y="4" width="26" height="14" fill=(hex(step)) {}
            }
            text x=(LEFT - 6) y="16" font-size="12" text-anchor="end" fill="#6e7680" { "0" }
            text x=(LEFT + 26 * STEPS as i32 + 6) y="16" font-size="12" fill="#6e7680" { "1" }
            @for (step, path) in paths.iter().enumerate() {
                @if !path.is_empty() { path d=(path) fill=(hex(step)) {} }
            }
            @if !strokes.is_empty() { path d=(strokes) fill="none" stroke="#fff" stroke-width="1" {} }
            @for (row, name) in redundancy.shown.iter().take(n).enumerate() {
                text x=(LEFT - 7) y=(TOP + cell * row as i32 + cell / 2 + font(cell) / 3) text-anchor="end"
                    font-size=(font(cell)) fill="#1f2933" { (fitted(look::feature(name), LEFT - 10, font(cell))) }
            }
        }
    };
    drawing.into_string()
}

fn font(cell: i32) -> i32 {
    (cell - 3).clamp(7, 13)
}

fn hex(step: usize) -> String {
    let plotters::prelude::RGBColor(red, green, blue) = look::shade(step as f64 / (STEPS - 1) as f64);
    format!("#{red:02x}{green:02x}{blue:02x}")
}
