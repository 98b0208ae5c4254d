//! What chance brings: discrimination under exchanged labels, and what was observed.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::ModelResult;
use crate::report::analysis::chart::{Chart, range};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, interval, p_told};
use crate::report::canvas::{Anchor, svg};

const SIZE: (i32, i32) = (560, 300);
const FRAME: [i32; 4] = [48, 40, 544, 250];
const BINS: usize = 24;

/// The figure; nothing where labels were not exchanged or the model has no figure.
pub fn permutation(view: &View, model: &ModelResult) -> Markup {
    let (Some(of), Some(observed)) = (&model.permutation, model.discrimination) else {
        return html! {};
    };
    let all: Vec<f64> = of.discrimination.iter().copied().filter(|v| v.is_finite()).collect();
    let Some((low, high)) = range(all.iter().copied().chain([observed.estimate])) else { return html! {} };
    let name = look::model_in_sentence(model.model);
    let (counts, width) = bins(&all, low, high);
    Figure {
        title: format!("Labels exchanged: {name} ({})", view.n()),
        alt: format!(
            "Histogram of the {} of {} analyses with exchanged labels; the observed {} is marked.",
            view.measure(),
            all.len(),
            decimals(observed.estimate, 2)
        ),
        drawings: vec![svg(SIZE.0, SIZE.1, |canvas| {
            let most = counts.iter().max().copied().unwrap_or(1).max(1) as f64;
            let chart = Chart::new((low, high), (0.0, 1.08 * most), FRAME);
            let across = format!("{} under exchanged labels", view.measure());
            chart.axes(canvas, (&across, "Permutations"), (7, 5));
            for (at, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                let from = chart.x.at(low + width * at as f64);
                let to = chart.x.at(low + width * (at + 1) as f64);
                canvas.rectangle((from, chart.y.at(0.0)), (to - 1, chart.y.at(*n as f64)), look::SKY);
            }
            let x = chart.x.at(observed.estimate);
            canvas.line(&[(x, FRAME[1]), (x, FRAME[3])], look::INK, 2);
            let words = format!("observed {}", decimals(observed.estimate, 2));
            let (anchor, away) = if x > i32::midpoint(FRAME[0], FRAME[2]) { (Anchor::End, -6) } else { (Anchor::Start, 6) };
            canvas.words(&words, (x + away, FRAME[1] + 8), 13, look::INK, anchor);
        })],
        caption: html! {
            "The whole pipeline, run anew on " (of.permutations) " exchanges of labels among patients. Observed "
            (interval(observed, 2)) ", " (p_told(of.p)) " (" (tests(view)) "). Look how much of the heap lies to the right of \
             the line."
        },
        data: Data {
            head: heads(["From", "To", "Permutations"]),
            rows: counts
                .iter()
                .enumerate()
                .map(|(at, n)| {
                    let edge = |k: usize| decimals(low + width * k as f64, 3);
                    vec![edge(at), edge(at + 1), n.to_string()]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

/// How many models were tested this way.
fn tests(view: &View) -> String {
    match view.permuted() {
        1 => "1 test".into(),
        n => format!("one of {n} tests, one per model"),
    }
}

fn bins(all: &[f64], low: f64, high: f64) -> (Vec<usize>, f64) {
    let width = ((high - low) / BINS as f64).max(1e-9);
    let mut counts = vec![0; BINS];
    for value in all {
        let at = (((value - low) / width) as usize).min(BINS - 1);
        counts[at] += 1;
    }
    (counts, width)
}
