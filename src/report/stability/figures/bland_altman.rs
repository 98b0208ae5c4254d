//! Bland-Altman plots of the worst, the median and the best feature, and of those that were asked for.

use maud::{Markup, html};

use super::{Data, Figure, Shown, words};
use crate::record::NoiseScale;
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, Mark, svg};
use crate::report::stability::look;
use crate::report::stability::view::{GroupView, chosen, is_asked};
use crate::report::wording::{count, fixed, number, signed, signed_percent, typographic};
use crate::stability::assess::{Assessed, OnScale};
use crate::stats::bland_altman::{BlandAltman, Interval};

const WIDTH: i32 = 560;
const HEIGHT: i32 = 350;
/// Where the plot's frame stands: left, top, right, bottom.
const FRAME: [i32; 4] = [66, 12, WIDTH - 118, HEIGHT - 52];

/// The figures; a sentence where there are no pairs.
pub fn bland_altman(view: &GroupView, asked: &[String]) -> Markup {
    let (chosen, missing) = choose(view, asked);
    html! {
        @if chosen.is_empty() {
            p.note {
                @if view.k() > 2 {
                    "Bland-Altman plots belong to two repeats; here are " (view.k())
                    ". Within-subject variation stands in the next figure."
                } @else { "No feature has pairs to plot." }
            }
        }
        div.panels {
            @for (role, found, on_scale, agreement) in &chosen {
                (one(role, found, on_scale, agreement, view))
            }
        }
        @for found in missing {
            p.note {
                (look::feature(&found.key)) " was asked for, and has no pairs to plot"
                @if let Err(reason) = &found.agreement { ": " (reason.sentence()) }
                "."
            }
        }
    }
}

type Chosen<'a> = (String, &'a Assessed, &'a OnScale, &'a BlandAltman);

/// Worst, median and best by ICC, then what was asked for; each feature once. And what was asked for in vain.
fn choose<'a>(view: &GroupView<'a>, asked: &[String]) -> (Vec<Chosen<'a>>, Vec<&'a Assessed>) {
    let plottable = |found: &'a Assessed| {
        let on_scale = chosen(found).filter(|on_scale| !on_scale.pairs.is_empty())?;
        Some((found, on_scale, on_scale.bland_altman.as_ref()?))
    };
    let ranked: Vec<_> = view.by_icc().into_iter().filter_map(|(found, _)| plottable(found)).collect();
    let mut all: Vec<Chosen> = Vec::new();
    let last = ranked.len().saturating_sub(1);
    for (role, at) in [("Best", 0), ("Median", last / 2), ("Worst", last)] {
        if let Some((found, on_scale, agreement)) = ranked.get(at) {
            add(&mut all, role, found, on_scale, agreement);
        }
    }
    let mut missing = Vec::new();
    for found in view.found.iter().filter(|found| asked.iter().any(|asked| is_asked(found, asked))) {
        match plottable(found) {
            Some((found, on_scale, agreement)) => add(&mut all, "Asked for", found, on_scale, agreement),
            None => missing.push(*found),
        }
    }
    (all, missing)
}

fn add<'a>(
    all: &mut Vec<Chosen<'a>>,
    role: &str,
    found: &'a Assessed,
    on_scale: &'a OnScale,
    agreement: &'a BlandAltman,
) {
    match all.iter_mut().find(|(_, other, ..)| other.key == found.key) {
        Some((roles, ..)) => {
            roles.push_str(", ");
            roles.push_str(&role.to_lowercase());
        }
        None => all.push((role.to_owned(), found, on_scale, agreement)),
    }
}

fn one(
    role: &str,
    found: &Assessed,
    on_scale: &OnScale,
    agreement: &BlandAltman,
    view: &GroupView,
) -> Markup {
    let name = look::feature(&found.key);
    let icc = view
        .icc(found)
        .map_or_else(String::new, |icc| format!("{} {}. ", view.form, typographic(&fixed(icc.estimate, 2))));
    let is_log = on_scale.scale == NoiseScale::Log;
    let unit = if is_log || found.unit.is_empty() { String::new() } else { format!(" {}", found.unit) };
    let say = |value: f64| typographic(&signed(value));
    let limits = agreement.limits;
    Figure {
        title: format!("{role}: {name}"),
        alt: format!(
            "Bland-Altman plot of {name}, {}: bias {}, limits of agreement {} to {}{unit}.",
            count(on_scale.pairs.len(), "pair"),
            say(agreement.bias),
            say(limits.lower),
            say(limits.upper),
        ),
        drawings: vec![draw(on_scale, agreement, &unit)],
        caption: html! {
            (icc) "Bias " (say(agreement.bias)) ", limits of agreement " (say(limits.lower)) " to " (say(limits.upper)) (unit)
            @if is_log {
                " on logarithms: in 95 % of pairs the second value differs from the first by "
                (typographic(&signed_percent(limits.lower.exp() - 1.0))) " to "
                (typographic(&signed_percent(limits.upper.exp() - 1.0)))
            }
            ". Shaded: exact 95 % intervals. Look for a bias away from zero, and for points that fan out."
        },
        data: data(on_scale, agreement),
    }
    .render()
}

fn data(on_scale: &OnScale, agreement: &BlandAltman) -> Data {
    let say = |value: f64| typographic(&number(value));
    let line = |name: &str, value: f64, interval: Interval| {
        vec![name.to_owned(), say(value), say(interval.lower), say(interval.upper)]
    };
    let mut rows = vec![
        line("Bias, 95 % interval", agreement.bias, agreement.bias_interval),
        line("Lower limit, exact interval", agreement.limits.lower, agreement.lower_limit_exact),
        line("Upper limit, exact interval", agreement.limits.upper, agreement.upper_limit_exact),
        line("Lower limit, approximate interval", agreement.limits.lower, agreement.lower_limit_approximate),
        line("Upper limit, approximate interval", agreement.limits.upper, agreement.upper_limit_approximate),
    ];
    let pair = |p: &crate::stability::assess::Pair| {
        vec![
            format!("Pair of {}, mean {}", p.subject, say(p.mean)),
            say(p.difference),
            String::new(),
            String::new(),
        ]
    };
    rows.extend(on_scale.pairs.iter().map(pair));
    Data {
        head: words(["What", "Value or difference", "From", "To"]),
        rows,
        file: "stability.csv",
        shown: Shown::Folded,
    }
}

fn draw(on_scale: &OnScale, agreement: &BlandAltman, unit: &str) -> String {
    let [left, top, right, bottom] = FRAME;
    let extremes = [agreement.lower_limit_exact.lower, agreement.upper_limit_exact.upper, 0.0];
    let y = axis(on_scale.pairs.iter().map(|p| p.difference).chain(extremes), (bottom, top));
    let x = axis(on_scale.pairs.iter().map(|p| p.mean), (left + 14, right - 14));
    svg(WIDTH, HEIGHT, |canvas| {
        for interval in [agreement.lower_limit_exact, agreement.upper_limit_exact, agreement.bias_interval] {
            canvas.rectangle((left, y.at(interval.upper)), (right, y.at(interval.lower)), look::SHADE);
        }
        for tick in y.ticks(6) {
            canvas.line(&[(left - 5, y.at(tick)), (left, y.at(tick))], look::GREY, 1);
            canvas.words(
                &typographic(&number(tidy(tick))),
                (left - 9, y.at(tick)),
                14,
                look::GREY,
                Anchor::End,
            );
        }
        for tick in x.ticks(5) {
            canvas.line(&[(x.at(tick), bottom), (x.at(tick), bottom + 5)], look::GREY, 1);
            canvas.words(
                &typographic(&number(tidy(tick))),
                (x.at(tick), bottom + 16),
                14,
                look::GREY,
                Anchor::Middle,
            );
        }
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], look::GREY, 1);
        canvas.line(&[(left, y.at(0.0)), (right, y.at(0.0))], look::GREY, 1);
        levels(canvas, agreement, &y);
        for pair in &on_scale.pairs {
            canvas.mark(Mark::Circle, (x.at(pair.mean), y.at(pair.difference)), 4, look::BLUE);
        }
        let log = if on_scale.scale == NoiseScale::Log { " of logarithms" } else { unit };
        let words = format!("across: mean{log} \u{b7} up: second minus first{log}");
        canvas.words(&words, (i32::midpoint(left, right), bottom + 40), 14, look::INK, Anchor::Middle);
    })
}

/// Bias and limits with their words at the right, moved apart where they would touch.
fn levels(canvas: &Canvas, agreement: &BlandAltman, y: &Axis) {
    let [left, _, right, _] = FRAME;
    let say = |value: f64| typographic(&signed(value));
    let limits = agreement.limits;
    let middle = y.at(agreement.bias);
    canvas.line(&[(left, middle), (right, middle)], look::BLUE, 2);
    canvas.words(
        &format!("bias {}", say(agreement.bias)),
        (right + 6, middle),
        14,
        look::BLUE,
        Anchor::Start,
    );
    for (value, name, away) in [(limits.upper, "upper", -17), (limits.lower, "lower", 17)] {
        canvas.broken((left, y.at(value)), (right, y.at(value)), look::VERMILION, 2);
        let at = if away < 0 { y.at(value).min(middle + away) } else { y.at(value).max(middle + away) };
        canvas.words(&format!("{name} {}", say(value)), (right + 6, at), 14, look::VERMILION, Anchor::Start);
    }
}

/// An axis over all of these with a little room.
fn axis(values: impl Iterator<Item = f64>, pixels: (i32, i32)) -> Axis {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return Axis::new((-1.0, 1.0), pixels);
    }
    let room = 0.04 * (high - low);
    Axis::new((low - room, high + room), pixels)
}

/// A tick without the dust of its arithmetic.
fn tidy(tick: f64) -> f64 {
    if tick.abs() < 1e-12 { 0.0 } else { tick }
}
