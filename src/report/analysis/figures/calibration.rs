//! Predicted against observed, with each unit's prediction as a rug.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look, mark_legend};
use crate::record::analysis::{Bin, Calibration, ModelResult};
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, interval, maybe};
use crate::report::canvas::{Canvas, Mark, svg};

const SIZE: (i32, i32) = (350, 380);
const FRAME: [i32; 4] = [46, 62, 336, 330];
/// Length of a stroke of the rug.
const RUG: i32 = 9;

/// The figure; a sentence where there is nothing to draw.
pub fn calibration(view: &View, model: &ModelResult, volume: Option<&ModelResult>) -> Markup {
    let Some(of) = &model.calibration else {
        return html! {};
    };
    if of.bins.is_empty() && of.rug.is_empty() {
        return html! {
            p.note { "No calibration: " (of.status.as_deref().unwrap_or("there are no predictions")) "." }
        };
    }
    let beside = volume
        .filter(|v| v.model != model.model)
        .and_then(|v| v.calibration.as_ref())
        .filter(|c| !c.bins.is_empty());
    let name = look::model(model.model);
    Figure {
        title: format!("Calibration ({})", view.n()),
        alt: format!(
            "Calibration of the model {name}: {} groups of predictions against the share observed. {}",
            of.bins.len(),
            told(of)
        ),
        drawings: vec![draw(of, beside, name, view)],
        caption: html! {
            (told(of))
            @if let Some(volume) = beside {
                " Volume alone: slope " (maybe(volume.slope, 2))
                @if volume.brier.is_some() { ", Brier score " (maybe(volume.brier, 3)) }
                "."
            }
            @if view.is_response() {
                " Bars: 95 % intervals (Wilson). Strokes: the probability of response of each " (view.unit()) ", at the top \
                 of those with the outcome, below of those without."
            } @else {
                " Observed: one minus Kaplan and Meier's survival of the group at the horizon. Bars: 95 % intervals \
                 (log-log). Strokes: the probability of the event by the horizon of each " (view.unit()) ", at the top of \
                 those with the event by then, below of those followed without; who was lost before has none."
            }
            " Look whether groups lie on the diagonal; a slope below 1 means predictions too extreme."
        },
        data: data(of),
    }
    .render()
}

fn told(of: &Calibration) -> String {
    let mut told = format!("Slope {}", maybe(of.slope, 2));
    if of.intercept.is_some() {
        told = format!("{told}, intercept {}", maybe(of.intercept, 2));
    }
    if of.brier.is_some() {
        told = format!(
            "{told}, Brier score {} (prevalence alone {})",
            maybe(of.brier, 3),
            maybe(of.brier_of_prevalence, 3)
        );
    }
    match &of.status {
        Some(status) => format!("{told}; {status}."),
        None => format!("{told}."),
    }
}

fn data(of: &Calibration) -> Data {
    let mut rows: Vec<Vec<String>> = of
        .bins
        .iter()
        .enumerate()
        .map(|(at, bin)| {
            vec![
                format!("Group {}", at + 1),
                bin.n.to_string(),
                decimals(bin.predicted, 3),
                interval(bin.observed, 3),
            ]
        })
        .collect();
    rows.extend(of.rug.iter().map(|(p, outcome)| {
        let word = if *outcome { "with the outcome" } else { "without" };
        vec![format!("One unit, {word}"), "1".into(), decimals(*p, 3), String::new()]
    }));
    Data {
        head: heads(["Group", "n", "Predicted", "Observed (95 % interval)"]),
        rows,
        file: "predictions.csv",
        shown: Shown::OnScreen,
    }
}

fn draw(of: &Calibration, beside: Option<&Calibration>, name: &str, view: &View) -> String {
    let chart = Chart::new((0.0, 1.0), (0.0, 1.0), FRAME);
    let [_, top, _, bottom] = FRAME;
    svg(SIZE.0, SIZE.1, |canvas| {
        let ticks = [0.0, 0.25, 0.5, 0.75, 1.0];
        let titles = if view.is_response() {
            ("Predicted probability", "Observed share of responders")
        } else {
            ("Predicted probability by the horizon", "Observed share with the event by then")
        };
        chart.axes_at(canvas, titles, &ticks, &ticks);
        canvas.broken(chart.at((0.0, 0.0)), chart.at((1.0, 1.0)), look::GREY, 1);
        for (p, outcome) in of.rug.iter().filter(|(p, _)| p.is_finite()) {
            let x = chart.x.at(*p);
            let (from, to) = if *outcome { (top, top + RUG) } else { (bottom - RUG, bottom) };
            canvas.line(&[(x, from), (x, to)], look::INK, 1);
        }
        let mut legend = vec![(Mark::Circle, look::BLUE, name.to_owned())];
        if let Some(beside) = beside {
            for bin in &beside.bins {
                canvas.mark(
                    Mark::Triangle,
                    chart.at((bin.predicted, bin.observed.estimate)),
                    4,
                    look::VERMILION,
                );
            }
            legend.push((Mark::Triangle, look::VERMILION, "volume alone".into()));
        }
        for bin in &of.bins {
            group(canvas, &chart, bin);
        }
        mark_legend(canvas, &legend, (4, 14));
    })
}

fn group(canvas: &Canvas, chart: &Chart, bin: &Bin) {
    let x = chart.x.at(bin.predicted);
    canvas.line(&[(x, chart.y.at(bin.observed.lower)), (x, chart.y.at(bin.observed.upper))], look::BLUE, 2);
    canvas.mark(Mark::Circle, (x, chart.y.at(bin.observed.estimate)), 5, look::BLUE);
}
