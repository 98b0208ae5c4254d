//! How many features of each family are stable: one stacked bar per family.

use maud::{Markup, html};

use super::{Data, Figure, Shown};
use crate::record::Stability;
use crate::report::canvas::{Anchor, Canvas, shorten, svg, width_of};
use crate::report::stability::look;
use crate::report::stability::view::{Counts, GroupView, counts};
use crate::report::wording::count;

const WIDTH: i32 = 900;
const ROW: i32 = 26;
const TOP: i32 = 30;

/// The figure.
pub fn family_bars(view: &GroupView) -> Markup {
    let rows: Vec<(String, Counts)> = view
        .families()
        .into_iter()
        .map(|(family, found)| (look::family(family), counts(found.into_iter())))
        .collect();
    let [stable, marginal, unstable, undefined] = view.counts();
    Figure {
        title: "Verdicts by family of features".into(),
        alt: format!(
            "Stacked bars of {} in {}: {stable} stable, {marginal} marginal, {unstable} unstable, {undefined} \
             undefined. The counts are in the table below it.",
            count(view.found.len(), "feature"),
            families(rows.len()),
        ),
        drawings: vec![draw(&rows)],
        caption: html! {
            "The length of a bar is the number of features. Look for families in which blue is missing: their deltas \
             cannot be told from noise in patients like these."
        },
        data: Data {
            head: std::iter::once("Family".to_owned())
                .chain(Stability::ALL.iter().map(ToString::to_string))
                .chain(["all".to_owned()])
                .collect(),
            rows: rows.iter().map(|(name, counts)| line(name, counts)).chain([line("All", &view.counts())]).collect(),
            file: "stability.csv", shown: Shown::Open,
        },
    }
    .render()
}

fn families(n: usize) -> String {
    if n == 1 { "1 family".into() } else { format!("{n} families") }
}

fn line(name: &str, counts: &Counts) -> Vec<String> {
    let total: usize = counts.iter().sum();
    std::iter::once(name.to_owned()).chain(counts.iter().chain([&total]).map(ToString::to_string)).collect()
}

fn draw(rows: &[(String, Counts)]) -> String {
    let most = rows.iter().map(|(_, c)| c.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let labels = rows.iter().map(|(name, _)| width_of(&shorten(name, 44), 14)).max().unwrap_or(0) + 12;
    let left = labels.clamp(80, 330);
    svg(WIDTH, TOP + ROW * rows.len() as i32 + 6, |canvas| {
        legend(canvas, left);
        for (at, (name, counts)) in rows.iter().enumerate() {
            let top = TOP + ROW * at as i32;
            let middle = top + ROW / 2;
            canvas.words(&shorten(name, 44), (left - 10, middle), 14, look::INK, Anchor::End);
            let total: usize = counts.iter().sum();
            let x = |n: usize| left + (f64::from(WIDTH - left - 50) * n as f64 / most as f64).round() as i32;
            let mut before = 0;
            for (verdict, n) in Stability::ALL.iter().zip(counts).filter(|(_, n)| **n > 0) {
                let (from, to) = (x(before), x(before + n));
                canvas.rectangle((from, top + 3), (to - 1, top + ROW - 3), look::colour(*verdict));
                let word = n.to_string();
                if to - from > width_of(&word, 13) + 6 {
                    let at = (i32::midpoint(from, to), middle);
                    canvas.words(&word, at, 13, look::on_colour(*verdict), Anchor::Middle);
                }
                before += n;
            }
            canvas.words(&total.to_string(), (x(total) + 8, middle), 13, look::GREY, Anchor::Start);
        }
    })
}

fn legend(canvas: &Canvas, mut x: i32) {
    for verdict in Stability::ALL {
        canvas.rectangle((x, 6), (x + 14, 20), look::colour(*verdict));
        canvas.words(verdict.word(), (x + 20, 13), 13, look::INK, Anchor::Start);
        x += 20 + width_of(verdict.word(), 13) + 22;
    }
}
