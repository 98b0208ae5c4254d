//! From the tables to the analysis: boxes with their numbers.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::{Counted, FlowStep};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, lines};
use crate::report::canvas::{Anchor, Canvas, svg};
use crate::report::numbers::{capital, count};

const WIDTH: i32 = 900;
/// Left and width of the boxes at the left, and of those beside them.
const MAIN: (i32, i32) = (1, 410);
const SIDE: (i32, i32) = (482, 416);
const LINE: i32 = 20;
const PAD: i32 = 11;
const GAP: i32 = 24;
/// Letters that fit into a line of a box.
const LETTERS: usize = 50;

/// A box: its lines, the first in bold.
struct Block {
    lines: Vec<String>,
}

impl Block {
    fn height(&self) -> i32 {
        2 * PAD + LINE * self.lines.len() as i32
    }
}

/// The figure.
pub fn flow(view: &View) -> Markup {
    let steps = &view.analysis.flow;
    let blocks: Vec<(Block, Option<Block>)> =
        steps.iter().map(|step| (main(view, step), side(step))).collect();
    Figure {
        title: format!("From the tables to the analysis ({})", view.n()),
        alt: format!(
            "Flow of numbers. {}.",
            steps.iter().map(|s| format!("{}: {}", s.step, s.units)).collect::<Vec<_>>().join(". ")
        ),
        drawings: vec![draw(&blocks)],
        caption: html! {
            "Boxes at the left go on, those at the right were left out at that step, with the reason. Look at the right: \
             who is missing there is missing in every figure below."
        },
        data: Data {
            head: heads(["Step", "Patients", "Units", "Events", "Left out"]),
            rows: steps.iter().map(row).collect(),
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}

fn row(step: &FlowStep) -> Vec<String> {
    let out: Vec<String> = step.left_out.iter().map(|(why, n)| format!("{why}: {n}")).collect();
    vec![
        step.step.clone(),
        step.patients.to_string(),
        step.units.to_string(),
        step.events.map_or_else(|| NONE.to_owned(), |n| n.to_string()),
        out.join("; "),
    ]
}

fn main(view: &View, step: &FlowStep) -> Block {
    let mut told = lines(&capital(&step.step), LETTERS - 4);
    let patients = count(step.patients, "patient");
    let mut n = match step.counted {
        Counted::Patients => format!("n = {patients}"),
        Counted::Lesions => format!("n = {} of {patients}", count(step.units, "lesion")),
    };
    if let Some(events) = step.events {
        n = format!("{n}, {}", count(events, view.event()));
    }
    told.push(n);
    Block { lines: told }
}

fn side(step: &FlowStep) -> Option<Block> {
    let n: usize = step.left_out.iter().map(|(_, n)| n).sum();
    if step.left_out.is_empty() {
        return None;
    }
    let head = format!("Left out: n = {n}");
    let reasons = step.left_out.iter().flat_map(|(why, n)| lines(&format!("{why}: {n}"), LETTERS));
    Some(Block { lines: std::iter::once(head).chain(reasons).collect() })
}

fn draw(blocks: &[(Block, Option<Block>)]) -> String {
    let height =
        |(main, side): &(Block, Option<Block>)| main.height().max(side.as_ref().map_or(0, Block::height));
    let total: i32 = blocks.iter().map(|b| height(b) + GAP).sum::<i32>() - GAP + 2;
    svg(WIDTH, total, |canvas| {
        let mut top = 1;
        for (at, pair) in blocks.iter().enumerate() {
            let (main, side) = pair;
            block(canvas, main, top, MAIN);
            if let Some(side) = side {
                let y = top + main.height() / 2;
                arrow(canvas, &[(MAIN.0 + MAIN.1, y), (SIDE.0, y)]);
                block(canvas, side, top, SIDE);
            }
            if at + 1 < blocks.len() {
                let x = MAIN.0 + 40;
                arrow(canvas, &[(x, top + main.height()), (x, top + height(pair) + GAP)]);
            }
            top += height(pair) + GAP;
        }
    })
}

fn block(canvas: &Canvas, block: &Block, top: i32, (left, width): (i32, i32)) {
    let (from, to) = ((left, top), (left + width, top + block.height()));
    if left == MAIN.0 {
        canvas.rectangle(from, to, look::SHADE);
    }
    canvas.border(from, to, look::GREY);
    let last = block.lines.len().saturating_sub(1);
    for (at, line) in block.lines.iter().enumerate() {
        let place = (left + PAD, top + PAD + LINE / 2 + LINE * at as i32);
        // The number is what is looked for: last at the left, first at the right.
        let is_number = if left == MAIN.0 { at == last } else { at == 0 };
        if is_number {
            canvas.bold(line, place, 14, look::INK, Anchor::Start);
        } else {
            canvas.words(line, place, 14, look::INK, Anchor::Start);
        }
    }
}

fn arrow(canvas: &Canvas, places: &[(i32, i32); 2]) {
    let [_, (x, y)] = *places;
    canvas.line(places, look::GREY, 1);
    let is_down = places[0].0 == x;
    let head = if is_down {
        [(x, y), (x - 4, y - 8), (x + 4, y - 8)]
    } else {
        [(x, y), (x - 8, y - 4), (x - 8, y + 4)]
    };
    canvas.area(&head, look::GREY, 100);
}
