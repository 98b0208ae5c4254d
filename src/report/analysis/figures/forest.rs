//! Figures with their intervals, one line each: models, differences, hazard ratios, subgroups.

use super::look;
use crate::record::analysis::Interval;
use crate::report::analysis::words::{decimals, interval, lines, ratio};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, Mark, shorten, svg, width_of};

const WIDTH: i32 = 900;
const ROW: i32 = 26;
const TOP: i32 = 30;
/// Longer names are cut.
const MOST_LETTERS: usize = 44;

/// One line.
pub struct Line {
    /// What it is of.
    pub name: String,
    /// The figure; none says why in `instead`.
    pub interval: Option<Interval>,
    /// Words in place of a figure.
    pub instead: String,
    /// Words behind the interval.
    pub beside: String,
    /// Whether the page is about this line.
    pub is_main: bool,
}

/// What is on the axis.
pub struct Scale<'a> {
    /// What is measured, with its unit.
    pub title: &'a str,
    /// Where nothing is said.
    pub neutral: f64,
    /// Words at that place.
    pub neutral_words: &'a str,
    /// Words above the column of figures with their intervals.
    pub told: &'a str,
    /// Words above the last column.
    pub beside: &'a str,
    /// How values lie on it.
    pub kind: Kind,
}

/// Where the columns at the right begin.
struct Columns {
    told: i32,
    beside: i32,
}

/// How values lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal ratios.
    Ratio,
}

/// The drawing.
pub fn draw(all: &[Line], scale: &Scale) -> String {
    let names = all.iter().map(|line| width_of(&shorten(&line.name, MOST_LETTERS), 14)).max().unwrap_or(0);
    let left = (names + 16).clamp(110, 330);
    let width = |words: fn(&Line, &Scale) -> String, head: &str| {
        let rows = all.iter().map(|line| width_of(&words(line, scale), 13)).max().unwrap_or(0);
        if rows == 0 { 0 } else { rows.max(width_of(head, 13)) + 18 }
    };
    let (first, second) = (width(told, scale.told), width(|line, _| line.beside.clone(), scale.beside));
    let columns = Columns { told: WIDTH - first.max(40) - second + 4, beside: WIDTH - second + 4 };
    let right = columns.told - 22;
    let bottom = TOP + ROW * all.len() as i32 + 2;
    let on = |value: f64| match scale.kind {
        Kind::Linear => value,
        Kind::Ratio => libm::log(value.clamp(1e-3, 1e3)),
    };
    let neutral = on(scale.neutral);
    let (low, high) = all
        .iter()
        .filter_map(|line| line.interval)
        .flat_map(|i| [i.lower, i.estimate, i.upper])
        .map(on)
        .filter(|v| v.is_finite())
        .fold((neutral, neutral), |(low, high), v| (low.min(v), high.max(v)));
    let room = 0.04 * (high - low);
    let axis = Axis::new((low - room, high + room), (left, right));
    svg(WIDTH, bottom + 42, |canvas| {
        if first > 0 {
            canvas.words(scale.told, (columns.told, TOP - 12), 13, look::GREY, Anchor::Start);
        }
        if second > 0 {
            canvas.words(scale.beside, (columns.beside, TOP - 12), 13, look::GREY, Anchor::Start);
        }
        for (at, _) in all.iter().enumerate().filter(|(_, line)| line.is_main) {
            let top = TOP + ROW * at as i32;
            canvas.rectangle((0, top + 1), (WIDTH, top + ROW - 1), look::SHADE);
        }
        ticks(canvas, &axis, scale, bottom);
        for (at, line) in all.iter().enumerate() {
            let y = TOP + ROW * at as i32 + ROW / 2;
            row(canvas, line, (&axis, &on), (left, right, y), (scale, &columns));
        }
    })
}

fn ticks(canvas: &Canvas, axis: &Axis, scale: &Scale, bottom: i32) {
    let ticks: Vec<(f64, String)> = match scale.kind {
        Kind::Linear => axis.ticks(6).into_iter().map(|t| (t, decimals(t, 2))).collect(),
        Kind::Ratio => {
            let all =
                [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];
            let inside = all.into_iter().filter(|t: &f64| axis.holds(libm::log(*t)));
            let mut last = i32::MIN;
            let mut apart = |t: &f64| {
                let at = axis.at(libm::log(*t));
                let is_apart = last == i32::MIN || at - last > 34 || *t == 1.0;
                last = if is_apart { at } else { last };
                is_apart
            };
            inside.filter(|t| apart(t)).map(|t| (libm::log(t), format!("{t}"))).collect()
        }
    };
    for (value, word) in ticks {
        let x = axis.at(value);
        canvas.line(&[(x, TOP), (x, bottom)], look::LINE, 1);
        canvas.words(&word, (x, bottom + 13), 12, look::GREY, Anchor::Middle);
    }
    let neutral = match scale.kind {
        Kind::Linear => scale.neutral,
        Kind::Ratio => libm::log(scale.neutral),
    };
    let x = axis.at(neutral);
    canvas.broken((x, TOP), (x, bottom), look::INK, 1);
    canvas.words(scale.neutral_words, (x, TOP - 12), 12, look::INK, Anchor::Middle);
    let (left, right) = axis.pixels();
    canvas.words(scale.title, (i32::midpoint(left, right), bottom + 31), 13, look::INK, Anchor::Middle);
}

fn row(
    canvas: &Canvas,
    line: &Line,
    (axis, on): (&Axis, &dyn Fn(f64) -> f64),
    (left, right, y): (i32, i32, i32),
    (scale, columns): (&Scale, &Columns),
) {
    let name = shorten(&line.name, MOST_LETTERS);
    if line.is_main {
        canvas.bold(&name, (left - 10, y), 14, look::INK, Anchor::End);
    } else {
        canvas.words(&name, (left - 10, y), 14, look::INK, Anchor::End);
    }
    let Some(of) = line.interval else {
        let fits = (f64::from(right - left) / 7.3) as usize;
        let told = lines(&line.instead, fits).into_iter().next().unwrap_or_default();
        let told = if told.chars().count() < line.instead.chars().count() {
            format!("{told} \u{2026}")
        } else {
            told
        };
        let end = left + 10 + width_of(&told, 13);
        canvas.rectangle(
            (left + 1, y - 9),
            (end, y + 9),
            if line.is_main { look::SHADE } else { look::PAPER },
        );
        canvas.words(&told, (left + 6, y), 13, look::GREY, Anchor::Start);
        return;
    };
    let (colour, mark) = if line.is_main { (look::BLUE, Mark::Diamond) } else { (look::INK, Mark::Circle) };
    canvas.line(&[(axis.at(on(of.lower)), y), (axis.at(on(of.upper)), y)], colour, 2);
    canvas.mark(mark, (axis.at(on(of.estimate)), y), 5, colour);
    canvas.words(&told(line, scale), (columns.told, y), 13, look::INK, Anchor::Start);
    canvas.words(&line.beside, (columns.beside, y), 13, look::INK, Anchor::Start);
}

/// The interval in words.
fn told(line: &Line, scale: &Scale) -> String {
    let Some(of) = line.interval else { return String::new() };
    match scale.kind {
        Kind::Linear => interval(of, 2),
        Kind::Ratio => ratio(of),
    }
}
