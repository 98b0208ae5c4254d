//! Within-subject coefficients of variation: a rung per feature where they are few, else a rung per family.

use maud::{Markup, html};

use super::{Data, Figure, Shown, verdict_legend, verdict_mark, words};
use crate::record::Stability;
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, shorten, svg, width_of};
use crate::report::stability::look;
use crate::report::stability::view::{GroupView, agreement, chosen};
use crate::report::wording::{count, number, percent, typographic};
use crate::stability::assess::Assessed;

const WIDTH: i32 = 900;
const ROW: i32 = 24;
/// Up to so many features have a rung of their own.
const MOST_RUNGS: usize = 36;
/// Marks nearer than this to one another are moved apart.
const NEAR: i32 = 11;

/// One rung: its name and the variation of each feature on it.
struct Rung {
    name: String,
    marks: Vec<(f64, Stability)>,
}

/// The figure; a sentence where no feature has a coefficient.
pub fn wcv_ladder(view: &GroupView) -> Markup {
    let mut all: Vec<(&Assessed, f64)> =
        view.found.iter().filter_map(|found| Some((*found, wcv(found)?))).collect();
    if all.is_empty() {
        return html! { p.note { "No feature has a within-subject coefficient of variation." } };
    }
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.key.cmp(&b.0.key)));
    let each = all.len() <= MOST_RUNGS;
    let rungs = if each { by_feature(&all) } else { by_family(&all) };
    let median = all[(all.len() - 1) / 2].1;
    let without = view.found.len() - all.len();
    Figure {
        title: "Within-subject coefficient of variation".into(),
        alt: format!(
            "Ladder of {}: from {} of {} to {} of {}, median {}. The numbers are in the table below it.",
            count(all.len(), "coefficient"),
            percent(all[0].1),
            look::feature(&all[0].0.key),
            percent(all[all.len() - 1].1),
            look::feature(&all[all.len() - 1].0.key),
            percent(median),
        ),
        drawings: vec![draw(&rungs)],
        caption: html! {
            "How far repeats of one subject differ, relative to their value, on a logarithmic axis: unlike an ICC it does \
             not depend on how far subjects differ. "
            @if each { "The quietest feature stands first." }
            @else { "Each mark is a feature, the tick below the family's median; the quietest family stands first." }
            @if without > 0 {
                " " (count(without, "feature")) " without one (no agreement, or a mean that is not positive) "
                @if without == 1 { "is" } @else { "are" } " not drawn."
            }
        },
        data: data(view),
    }
    .render()
}

fn wcv(found: &Assessed) -> Option<f64> {
    chosen(found)?.wcv.filter(|wcv| wcv.is_finite() && *wcv >= 0.0)
}

fn by_feature(all: &[(&Assessed, f64)]) -> Vec<Rung> {
    all.iter()
        .map(|(found, wcv)| Rung { name: look::feature(&found.key), marks: vec![(*wcv, found.verdict)] })
        .collect()
}

/// Families by their median; marks stay sorted.
fn by_family(all: &[(&Assessed, f64)]) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for (found, wcv) in all {
        let name = look::family(found.key.family);
        match rungs.iter_mut().find(|rung| rung.name == name) {
            Some(rung) => rung.marks.push((*wcv, found.verdict)),
            None => rungs.push(Rung { name, marks: vec![(*wcv, found.verdict)] }),
        }
    }
    rungs.sort_by(|a, b| median(a).total_cmp(&median(b)).then_with(|| a.name.cmp(&b.name)));
    rungs
}

fn median(rung: &Rung) -> f64 {
    rung.marks.get(rung.marks.len().saturating_sub(1) / 2).map_or(0.0, |(wcv, _)| *wcv)
}

fn draw(rungs: &[Rung]) -> String {
    let shares = || rungs.iter().flat_map(|rung| &rung.marks).map(|(wcv, _)| *wcv);
    // An exact repeat has no logarithm: it stands at the left end.
    let least = shares().filter(|v| *v > 0.0).fold(1.0, f64::min).max(1e-4);
    let most = shares().fold(0.1, f64::max).min(1e2);
    let names = rungs.iter().map(|rung| width_of(&shorten(&rung.name, 46), 13));
    let left = (names.max().unwrap_or(0) + 14).clamp(90, 340);
    let right = WIDTH - 70;
    let axis = Axis::new((least.log10() - 0.1, most.log10() + 0.1), (left, right));
    let place = |wcv: f64| axis.at(wcv.max(least).log10());
    let layers: Vec<Vec<i32>> = rungs.iter().map(|rung| layers(rung, &place)).collect();
    let heights: Vec<i32> = layers.iter().map(|of| ROW + NEAR * of.iter().max().unwrap_or(&0)).collect();
    let (top, total) = (30, heights.iter().sum::<i32>());
    let bottom = top + total + 4;
    svg(WIDTH, bottom + 44, |canvas| {
        let is_shown = |v: &Stability| rungs.iter().flat_map(|r| &r.marks).any(|(_, verdict)| verdict == v);
        let shown: Vec<Stability> = Stability::ALL.iter().copied().filter(is_shown).collect();
        verdict_legend(canvas, &shown, left, 12);
        for tick in [0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0] {
            if (least.log10() - 0.1..=most.log10() + 0.1).contains(&f64::log10(tick)) {
                let x = place(tick);
                canvas.line(&[(x, top), (x, bottom)], look::LINE, 1);
                canvas.words(
                    &format!("{} %", number(tick * 100.0)),
                    (x, bottom + 13),
                    13,
                    look::GREY,
                    Anchor::Middle,
                );
            }
        }
        canvas.words("wCV", (i32::midpoint(left, right), bottom + 34), 13, look::INK, Anchor::Middle);
        if rungs.iter().any(|rung| rung.marks.len() > 1) {
            canvas.words("median", (WIDTH - 4, 14), 12, look::GREY, Anchor::End);
        }
        let mut y = top;
        for ((rung, layers), height) in rungs.iter().zip(&layers).zip(&heights) {
            let base = y + height - ROW / 2;
            canvas.line(&[(left, base), (right, base)], look::SHADE, 1);
            canvas.words(&shorten(&rung.name, 46), (left - 8, base), 13, look::INK, Anchor::End);
            for ((wcv, verdict), layer) in rung.marks.iter().zip(layers) {
                let (mark, colour) = verdict_mark(*verdict);
                canvas.mark(mark, (place(*wcv), base - NEAR * layer), 4, colour);
            }
            if rung.marks.len() > 1 {
                let x = place(median(rung));
                canvas.line(&[(x, base + 6), (x, base + 12)], look::INK, 3);
            }
            canvas.words(&percent(median(rung)), (WIDTH - 4, base), 12, look::GREY, Anchor::End);
            y += height;
        }
    })
}

/// How far up each mark goes so that it covers no other.
fn layers(rung: &Rung, place: &dyn Fn(f64) -> i32) -> Vec<i32> {
    // The last mark of each layer, from the left.
    let mut ends: Vec<i32> = Vec::new();
    rung.marks
        .iter()
        .map(|(wcv, _)| {
            let x = place(*wcv);
            let layer = ends.iter().position(|end| x - end >= NEAR).unwrap_or(ends.len());
            if layer == ends.len() {
                ends.push(x);
            } else {
                ends[layer] = x;
            }
            layer as i32
        })
        .collect()
}

fn data(view: &GroupView) -> Data {
    let say = |value: f64| typographic(&number(value));
    let optional = |value: Option<f64>| value.map_or_else(String::new, say);
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for found in &view.found {
        let (Some(agreement), Some(on)) = (agreement(found), chosen(found)) else { continue };
        let noise = &on.repeatability;
        let (from, to) = noise.rc_interval;
        rows.push((
            wcv(found).unwrap_or(f64::INFINITY),
            vec![
                look::feature(&found.key),
                found.key.feature.clone(),
                agreement.scale.to_string(),
                wcv(found).map_or_else(String::new, percent),
                say(noise.wsd),
                say(noise.rc),
                format!("{} to {}", say(from), say(to)),
                optional(agreement.raw.rc_percent),
                optional(on.ccc),
            ],
        ));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let head =
        ["Feature", "Tag", "Scale", "wCV", "wSD", "RC", "95 % interval of RC", "RC in % of mean", "CCC"];
    Data {
        head: words(head),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        file: "stability.csv",
        shown: Shown::Folded,
    }
}
