//! Survival of groups over time, with the numbers at risk.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, line_legend, look};
use crate::record::analysis::{Curve, KaplanMeier};
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, decimals, maybe, p_told, ratio, short};
use crate::report::canvas::{Anchor, Place, shorten, svg};
use crate::report::numbers::{capital, count, sentence};

const WIDTH: i32 = 900;
const FRAME: [i32; 4] = [150, 56, 880, 370];
/// Height of a line of numbers at risk.
const ROW: i32 = 20;

/// The figure; nothing without curves.
pub fn kaplan_meier(view: &View, survival: &KaplanMeier) -> Markup {
    if survival.curves.is_empty() {
        return html! {};
    }
    let told: Vec<String> = survival
        .curves
        .iter()
        .map(|c| {
            format!(
                "{}: {}, median {}",
                c.name,
                view.n_of(c.n, c.events),
                c.median.map_or_else(|| "not reached".into(), |m| format!("{} days", short(m)))
            )
        })
        .collect();
    Figure {
        title: format!("Survival by {} ({})", survival.split, view.n()),
        alt: format!("Kaplan-Meier curves. {}. Numbers at risk stand under the axis.", told.join(". ")),
        drawings: vec![draw(survival)],
        caption: html! {
            (sentence(&told.join("; "))) " "
            @if let Some(of) = survival.hazard_ratio {
                "Hazard ratio of the " (of_which(survival)) ": " (ratio(of))
                @if let Some(p) = survival.p {
                    "; log-rank " (p_told(p))
                    @if let Some(chi) = survival.log_rank { " (\u{3c7}\u{b2} " (decimals(chi, 2)) ", 1 test)" }
                }
                ". "
                // Simon et al. 2011, Brief Bioinform 12:203.
                @if survival.p.is_some() {
                    "This p says how far the groups part and is no test of the model, whose predictions share their \
                     training units: that is the permutation above. "
                }
            } @else if survival.p.is_some() { "No hazard ratio could be estimated, and so no p-value is given. " }
            "Each group was formed by predictions that had not seen its units. Shaded: 95 % intervals (" (survival.interval)
            "); ticks: losses. Look whether the bands part, and how few are at risk at the right."
        },
        data: data(survival),
    }
    .render()
}

/// The groups of the hazard ratio: the higher, which is the last, against the lower.
fn of_which(survival: &KaplanMeier) -> String {
    match &survival.curves[..] {
        [first, .., last] => format!("{} against the {}", last.name, first.name),
        _ => "higher group".into(),
    }
}

fn data(survival: &KaplanMeier) -> Data {
    let mut rows = Vec::new();
    for curve in &survival.curves {
        rows.push(vec![curve.name.clone(), short(0.0), decimals(1.0, 3), NONE.to_owned(), NONE.to_owned()]);
        for step in &curve.steps {
            rows.push(vec![
                curve.name.clone(),
                short(step.days),
                decimals(step.survival, 3),
                maybe(step.interval.map(|i| i.0), 3),
                maybe(step.interval.map(|i| i.1), 3),
            ]);
        }
    }
    Data {
        head: heads(["Group", "Days", "Survival", "Lower", "Upper"]),
        rows,
        file: "metrics.json",
        shown: Shown::OnScreen,
    }
}

fn draw(survival: &KaplanMeier) -> String {
    let times = |c: &Curve| {
        let steps = c.steps.iter().map(|s| s.days);
        steps.chain(c.censored.iter().copied()).chain(c.at_risk.iter().map(|a| a.0)).fold(0.0_f64, f64::max)
    };
    let last = survival.curves.iter().map(times).fold(1.0_f64, f64::max);
    let chart = Chart::new((0.0, last), (0.0, 1.0), FRAME);
    let [left, _, _, bottom] = FRAME;
    let given: Vec<f64> = survival.curves[0].at_risk.iter().map(|a| a.0).collect();
    let ticks = if given.is_empty() { chart.x.ticks(7) } else { given };
    let below = bottom + 60;
    let height = below + ROW * survival.curves.len() as i32 + 4;
    svg(WIDTH, height, |canvas| {
        let across = "Days from the landmark";
        chart.axes_at(canvas, (across, "Share without the event"), &ticks, &[0.0, 0.25, 0.5, 0.75, 1.0]);
        canvas.words("At risk", (4, below - 10), 13, look::GREY, Anchor::Start);
        let mut legend = Vec::new();
        for (at, curve) in survival.curves.iter().enumerate() {
            let (stroke, colour) = look::group(at);
            canvas.area(&band(&chart, curve), colour, 14);
            canvas.stroke(&staircase(&chart, curve), colour, 2, stroke);
            for day in &curve.censored {
                let (x, y) = chart.at((*day, survival_at(curve, *day)));
                canvas.line(&[(x, y - 5), (x, y + 5)], colour, 1);
            }
            legend.push((
                stroke,
                colour,
                format!("{} ({}, {})", capital(&curve.name), curve.n, count(curve.events, "event")),
            ));
            let y = below + ROW * at as i32 + 8;
            canvas.words(&shorten(&capital(&curve.name), 18), (4, y), 13, colour, Anchor::Start);
            for (day, n) in &curve.at_risk {
                canvas.words(&n.to_string(), (chart.x.at(*day), y), 13, look::INK, Anchor::Middle);
            }
        }
        line_legend(canvas, &legend, (left, 14));
    })
}

/// Survival at a day: that of the last step up to it.
fn survival_at(curve: &Curve, day: f64) -> f64 {
    curve.steps.iter().take_while(|s| s.days <= day).last().map_or(1.0, |s| s.survival)
}

/// The last day that is known of a group.
fn end(curve: &Curve) -> f64 {
    let steps = curve.steps.iter().map(|s| s.days);
    steps.chain(curve.censored.iter().copied()).fold(0.0_f64, f64::max)
}

fn staircase(chart: &Chart, curve: &Curve) -> Vec<Place> {
    stairs(curve.steps.iter().map(|s| (s.days, s.survival)), end(curve), chart)
}

/// A path that keeps its height until the next step.
fn stairs(steps: impl Iterator<Item = (f64, f64)>, end: f64, chart: &Chart) -> Vec<Place> {
    let mut at = 1.0;
    let mut path = vec![(0.0, 1.0)];
    for (day, value) in steps.filter(|(d, v)| d.is_finite() && v.is_finite()) {
        path.push((day, at));
        path.push((day, value));
        at = value;
    }
    path.push((end, at));
    chart.places(path)
}

fn band(chart: &Chart, curve: &Curve) -> Vec<Place> {
    let limit = |pick: fn(&(f64, f64)) -> f64| {
        stairs(
            curve.steps.iter().filter_map(|s| s.interval.as_ref().map(|i| (s.days, pick(i)))),
            end(curve),
            chart,
        )
    };
    let mut path = limit(|i| i.1);
    path.extend(limit(|i| i.0).into_iter().rev());
    path
}
