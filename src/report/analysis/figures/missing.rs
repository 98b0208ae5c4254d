//! Values that are missing, by column.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::Missing;
use crate::report::analysis::view::{View, block_name};
use crate::report::analysis::words::percent;
use crate::report::canvas::{Anchor, fitted, svg};
use crate::report::numbers::count;

const WIDTH: i32 = 900;
const LEFT: i32 = 330;
const ROW: i32 = 22;
/// So many columns are drawn.
const MOST: usize = 20;

/// The figure; a sentence where nothing is missing.
pub fn missing(view: &View) -> Markup {
    let mut lacking: Vec<&Missing> = view.analysis.missing.iter().filter(|m| m.missing > 0).collect();
    lacking.sort_by(|a, b| b.missing.cmp(&a.missing).then_with(|| a.column.cmp(&b.column)));
    if lacking.is_empty() {
        return html! { p { "No value is missing." } };
    }
    let drawn = &lacking[..lacking.len().min(MOST)];
    let share = |m: &Missing| m.missing as f64 / m.of.max(1) as f64;
    let drawing = svg(WIDTH, 26 + ROW * drawn.len() as i32, |canvas| {
        canvas.words("Missing (share of units)", (LEFT, 10), 13, look::GREY, Anchor::Start);
        let width = f64::from(WIDTH - LEFT - 130);
        for (at, of) in drawn.iter().enumerate() {
            let y = 24 + ROW * at as i32 + ROW / 2;
            canvas.words(
                &fitted(look::feature(&of.column), LEFT - 14, 13),
                (LEFT - 10, y),
                13,
                look::INK,
                Anchor::End,
            );
            canvas.rectangle((LEFT, y - 7), (LEFT + width as i32, y + 7), look::SHADE);
            let end = LEFT + (width * share(of)).round() as i32;
            canvas.rectangle((LEFT, y - 7), (end, y + 7), look::BLUE);
            let words = format!("{} of {} ({})", of.missing, of.of, percent(share(of)));
            canvas.words(&words, (WIDTH - 122, y), 12, look::INK, Anchor::Start);
        }
    });
    Figure {
        title: format!("Share of units without a value, by column ({})", view.n()),
        alt: format!(
            "Bars of the share of missing values in {}; the most in {}: {} of {}.",
            count(lacking.len(), "column"),
            drawn[0].column,
            drawn[0].missing,
            drawn[0].of
        ),
        drawings: vec![drawing],
        caption: html! {
            (count(lacking.len(), "column")) " without a value in some units; the median of the training part of a fold \
             stands for them. Look for long bars: such a column says more about who was measured than about what was."
            @if drawn.len() < lacking.len() { " The " (drawn.len()) " with the most are drawn." }
        },
        data: Data {
            head: heads(["Column", "Block", "Missing", "Of"]),
            rows: lacking
                .iter()
                .map(|m| {
                    let block = block_name(&m.block).to_owned();
                    vec![m.column.clone(), block, m.missing.to_string(), m.of.to_string()]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}
