//! Sites in the plane of the first two principal components, before and after harmonisation.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look, mark_legend};
use crate::record::analysis::{Batches, Component};
use crate::report::analysis::chart::{Chart, range};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{percent, short};
use crate::report::canvas::{shorten, svg};
use crate::report::numbers::sentence;

const SIZE: (i32, i32) = (540, 420);
const FRAME: [i32; 4] = [56, 62, 526, 372];
/// So many sites fit into a legend.
const MOST_NAMED: usize = 6;

/// One panel.
pub fn components(view: &View, batches: &Batches, of: &Component, when: &str) -> Markup {
    let (first, second) = of.explained;
    let pairs = || of.scores.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
    let x = range(pairs().map(|p| p.0)).unwrap_or((-1.0, 1.0));
    let y = range(pairs().map(|p| p.1)).unwrap_or((-1.0, 1.0));
    let chart = Chart::new(x, y, FRAME);
    let across = format!("First component ({} of the variance)", percent(first));
    let up = format!("Second component ({} of the variance)", percent(second));
    let drawing = svg(SIZE.0, SIZE.1, |canvas| {
        chart.axes(canvas, (&across, &up), (6, 6));
        for (at, score) in of.scores.iter().enumerate() {
            if let Some(site) = batches.of.get(at).filter(|_| score.0.is_finite() && score.1.is_finite()) {
                let (mark, colour) = look::site(*site);
                canvas.mark(mark, chart.at(*score), 4, colour);
            }
        }
        let legend: Vec<_> = batches
            .sites
            .iter()
            .zip(&batches.counts)
            .enumerate()
            .take(MOST_NAMED)
            .map(|(at, (site, n))| {
                let (mark, colour) = look::site(at);
                (mark, colour, format!("{} ({n})", shorten(site, 12)))
            })
            .collect();
        mark_legend(canvas, &legend, (4, 14));
    });
    Figure {
        title: format!("Sites {when} ({})", view.n()),
        alt: format!(
            "First two principal components of the features {when}, {} sites; {} of the variance of the first ten \
             components lies between sites.",
            batches.sites.len(),
            percent(of.between_sites)
        ),
        drawings: vec![drawing],
        caption: html! {
            (sentence(&format!("{} of the variance of the first ten components lies between sites", percent(of.between_sites))))
            " Look whether marks of one site keep together."
        },
        data: Data {
            head: heads(["Site", "First component", "Second component"]),
            rows: of
                .scores
                .iter()
                .zip(&batches.of)
                .map(|((x, y), site)| {
                    let name = batches.sites.get(*site).cloned().unwrap_or_default();
                    vec![name, short(*x), short(*y)]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}
