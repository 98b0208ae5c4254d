//! One file per figure. Each gives a `<figure>` with alternative text, a caption that tells the eye where to look, and
//! the numbers behind it.

pub mod bland_altman;
pub mod family_bars;
pub mod forest;
pub mod heat_map;
pub mod threshold;
pub mod wcv_ladder;

use maud::{Markup, PreEscaped, html};

use super::canvas::{Anchor, Canvas, Mark, width_of};
use super::look;
use crate::record::Stability;

/// With more rows than this, paper gets the file's name instead of the numbers behind a figure.
const MOST_PRINTED: usize = 60;

/// A figure and all that belongs to it.
struct Figure {
    title: String,
    /// What the drawing shows, for those who do not see it.
    alt: String,
    /// The drawing, in parts between which a page may break.
    drawings: Vec<String>,
    caption: Markup,
    /// Head and rows of the numbers behind it.
    data: Data,
}

/// A table of text; the first column heads its row, the others are numbers.
struct Data {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// The file that holds these numbers too.
    file: &'static str,
    /// How they are shown at first.
    shown: Shown,
}

/// Whether numbers are shown at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Once somebody asks for them.
    Folded,
    /// At once, as a table of its own.
    Open,
}

impl Figure {
    fn render(&self) -> Markup {
        html! {
            figure {
                p.title { (self.title) }
                div.plot.sheet role="img" aria-label=(self.alt) {
                    @for drawing in &self.drawings {
                        div.part aria-hidden="true" { (PreEscaped(drawing)) }
                    }
                }
                figcaption { (self.caption) }
                (self.data.details(&self.title))
            }
        }
    }
}

impl Data {
    fn details(&self, of: &str) -> Markup {
        let is_long = self.rows.len() > MOST_PRINTED;
        let class = if is_long { "numbers screen-only" } else { "numbers" };
        html! {
            details.(class) open[self.shown == Shown::Open] {
                summary { "The numbers behind it" }
                div.scroll.tall tabindex="0" role="region" aria-label=(format!("Numbers: {of}")) {
                    (self.table())
                }
            }
            @if is_long {
                p.print-only.note { "The numbers behind this figure are too many for paper: see " (self.file) "." }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table.plain {
                thead { tr {
                    @for (at, word) in self.head.iter().enumerate() {
                        @if at == 0 { th scope="col" { (word) } } @else { th.n scope="col" { (word) } }
                    }
                } }
                tbody { @for row in &self.rows { tr {
                    @for (at, word) in row.iter().enumerate() {
                        @if at == 0 { td { (word) } } @else { td.n { (word) } }
                    }
                } } }
            }
        }
    }
}

/// Words as owned strings.
fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// A legend of verdicts from `x` on; gives where it ends.
fn verdict_legend(canvas: &Canvas, verdicts: &[Stability], mut x: i32, y: i32) -> i32 {
    for verdict in verdicts {
        canvas.mark(look::mark(*verdict), (x + 6, y), 5, look::colour(*verdict));
        canvas.words(verdict.word(), (x + 18, y), 13, look::INK, Anchor::Start);
        x += 18 + width_of(verdict.word(), 13) + 22;
    }
    x
}

/// A verdict's mark, where a plot has room for one.
fn verdict_mark(verdict: Stability) -> (Mark, plotters::prelude::RGBColor) {
    (look::mark(verdict), look::colour(verdict))
}
