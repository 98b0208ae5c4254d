//! Families by classes of their ICCs (Koo & Li 2016), of the estimate and of the lower bound.

use maud::{Markup, html};

use super::{Data, Figure, Shown};
use crate::record::IccClass;
use crate::report::canvas::{Anchor, shorten, svg, width_of};
use crate::report::stability::look;
use crate::report::stability::view::GroupView;

const WIDTH: i32 = 900;
const ROW: i32 = 28;
const TOP: i32 = 48;

/// Counts of a family: four classes, and those without one; of the estimate and of the lower bound.
struct Line {
    family: String,
    cells: [[usize; 5]; 2],
}

/// The figure.
pub fn heat_map(view: &GroupView) -> Markup {
    let lines: Vec<Line> = view
        .families()
        .into_iter()
        .map(|(family, found)| {
            let mut cells = [[0; 5]; 2];
            for found in found {
                let (of_point, of_bound) = view.classes(found);
                for (half, class) in [of_point, of_bound].into_iter().enumerate() {
                    cells[half][column(class)] += 1;
                }
            }
            Line { family: look::family(family), cells }
        })
        .collect();
    let sum = |half: usize, column: usize| lines.iter().map(|line| line.cells[half][column]).sum::<usize>();
    Figure {
        title: "Families by class of reliability".into(),
        alt: format!(
            "Heat map of families by class of the ICC. Of the estimate: {}. Of the lower bound: {}. The counts are in \
             the table below it.",
            told(|column| sum(0, column)),
            told(|column| sum(1, column)),
        ),
        drawings: vec![draw(&lines)],
        caption: html! {
            "Numbers of features in each class, by the estimate (left) and by the lower bound of its interval (right); \
             darker is more of the family. The distance between both halves is what the number of subjects leaves open."
        },
        data: data(&lines),
    }
    .render()
}

fn column(class: Option<IccClass>) -> usize {
    class.and_then(|class| IccClass::ALL.iter().position(|c| *c == class)).unwrap_or(4)
}

/// Columns in words.
fn names() -> Vec<&'static str> {
    IccClass::ALL.iter().map(|c| c.word()).chain(["none"]).collect()
}

fn told(n: impl Fn(usize) -> usize) -> String {
    let all: Vec<String> = names().iter().enumerate().map(|(at, name)| format!("{} {name}", n(at))).collect();
    all.join(", ")
}

fn draw(lines: &[Line]) -> String {
    let names_width = lines.iter().map(|line| width_of(&shorten(&line.family, 44), 14)).max().unwrap_or(0);
    let left = (names_width + 14).clamp(80, 330);
    // Two halves of five columns with a gap between them.
    let gap = 24;
    let cell = (WIDTH - left - gap - 4) / 10;
    let x = |half: usize, column: usize| left + (half * 5 + column) as i32 * cell + half as i32 * gap;
    svg(WIDTH, TOP + ROW * lines.len() as i32 + 6, |canvas| {
        for (half, title) in ["class of the estimate", "class of the lower bound"].iter().enumerate() {
            canvas.words(title, (x(half, 0), 12), 14, look::INK, Anchor::Start);
            for (column, name) in names().iter().enumerate() {
                canvas.words(name, (x(half, column) + cell / 2, TOP - 14), 12, look::GREY, Anchor::Middle);
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let top = TOP + ROW * at as i32;
            let middle = top + ROW / 2;
            canvas.words(&shorten(&line.family, 44), (left - 10, middle), 14, look::INK, Anchor::End);
            for (half, cells) in line.cells.iter().enumerate() {
                let total = cells.iter().sum::<usize>().max(1);
                for (column, n) in cells.iter().enumerate() {
                    let share = *n as f64 / total as f64;
                    let from = (x(half, column) + 1, top + 1);
                    canvas.rectangle(from, (x(half, column) + cell - 2, top + ROW - 2), look::shade(share));
                    let ink = if share > 0.5 { look::PAPER } else { look::INK };
                    let word = if *n == 0 { "\u{b7}".to_owned() } else { n.to_string() };
                    canvas.words(&word, (x(half, column) + cell / 2, middle), 13, ink, Anchor::Middle);
                }
            }
        }
    })
}

fn data(lines: &[Line]) -> Data {
    let head = |half: &'static str| names().into_iter().map(move |name| format!("{half}: {name}"));
    Data {
        head: std::iter::once("Family".to_owned())
            .chain(head("Estimate"))
            .chain(head("Lower bound"))
            .collect(),
        rows: lines
            .iter()
            .map(|line| {
                let cells = line.cells.iter().flatten().map(ToString::to_string);
                std::iter::once(line.family.clone()).chain(cells).collect()
            })
            .collect(),
        file: "stability.csv",
        shown: Shown::Folded,
    }
}
