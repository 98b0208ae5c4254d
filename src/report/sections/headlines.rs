//! What changed: sizes first, then what exceeds its noise limit.

use maud::{Markup, html};

use crate::record::DeltaRow;
use crate::report::figures::delta_dots::delta_dots;
use crate::report::headline::{
    Deciding, Tally, deciding_rows, headline_rows, is_size, is_unconfirmed, on_noise_scale, tally,
    verdict_once_accepted,
};
use crate::report::input::{PairReport, RunReport};
use crate::report::wording::{
    self, count, feature_name, number, percent, row_reason, signed_percent, typographic,
};

/// Fewest and most rows among the headlines.
const LEAST: usize = 8;
const MOST: usize = 18;

/// What changed, per follow-up.
pub fn headlines(report: &RunReport, deciding: &Deciding) -> Markup {
    html! {
        section id="changes" {
            h2 { "What changed" }
            @if report.pairs.is_empty() { p.note { "There is no follow-up, so there is no delta." } }
            @for pair in &report.pairs { (of_pair(report, deciding, pair)) }
        }
    }
}

fn of_pair(report: &RunReport, deciding: &Deciding, pair: &PairReport) -> Markup {
    let rows = deciding_rows(report, deciding, pair.followup);
    let chosen = headline_rows(&rows, LEAST, MOST);
    let with_limit: Vec<&DeltaRow> = chosen.iter().copied().filter(|r| on_noise_scale(r).is_some()).collect();
    let sizes: Vec<&DeltaRow> = chosen.iter().copied().filter(|r| is_size(r)).collect();
    html! {
        @if report.pairs.len() > 1 { h3 { (pair.baseline) " \u{2192} " (pair.followup) } }
        (sentences(report, &tally(&rows)))
        @if !sizes.is_empty() { (size_cards(&sizes)) }
        @if with_limit.is_empty() {
            @if !rows.is_empty() {
                p.note {
                    "No noise limit is known, so nothing is ranked. All deltas stand in the "
                    a href="#deltas" { "table" } "."
                }
            }
        } @else {
            (delta_dots(&with_limit))
        }
    }
}

/// How many deltas exceed their limit, and how many would by chance.
fn sentences(report: &RunReport, t: &Tally) -> Markup {
    html! {
        p.lead {
            @if t.judged == 0 {
                strong { (count(t.given, "delta")) } " given, none judged: "
                @if t.no_gate > 0 { "there is no noise limit for them." } @else { "the reasons are below." }
            } @else {
                strong { (t.beyond) " of " (t.judged) } " deltas that could be judged "
                @if t.waiting > 0 { "would exceed their noise limit once the contour is accepted." }
                @else { "exceed their noise limit." }
                @if let Some(share) = report.gate.expected_share_beyond {
                    " By chance alone, " (percent(share)) " of unchanged features would: about "
                    (number((share * t.judged as f64).round())) " of these."
                } @else {
                    " How many would by chance alone is not known."
                }
            }
            @if t.unstable > 0 { " " (count(t.unstable, "delta")) " of features that are too noisy to be judged." }
        }
    }
}

/// One card per size: before, after, change.
fn size_cards(rows: &[&DeltaRow]) -> Markup {
    html! {
        div.sizes { @for row in rows { (size_card(row)) } }
    }
}

fn size_card(row: &DeltaRow) -> Markup {
    let verdict = verdict_once_accepted(row);
    let look = wording::verdict(verdict);
    let unit = size_unit(row);
    let show = |v: Option<f64>| v.map_or_else(|| "\u{2013}".to_owned(), |v| shown(row, v));
    html! {
        div.size {
            p.title { (row.roi) " \u{b7} " (feature_name(&row.key)) }
            p.change {
                @match (row.relative.value(), row.absolute.value()) {
                    (Some(share), _) => (typographic(&signed_percent(share))),
                    (None, Some(delta)) => { (typographic(&shown(row, delta))) " " (unit) },
                    _ => "no delta",
                }
            }
            p {
                (show(row.baseline)) " \u{2192} " (show(row.followup)) " " (unit)
                @if let (Some(a), Some(b)) = (row.mask_source_baseline, row.mask_source_followup) {
                    span.sources { (a) " \u{2192} " (b) }
                }
            }
            p.tag.(look.class) {
                span.symbol aria-hidden="true" { (look.symbol) }
                (look.word) @if verdict != row.verdict { ", if accepted" }
            }
            @if !row_reason(row).is_empty() && !is_unconfirmed(row) { p.why { (row_reason(row)) } }
        }
    }
}

/// Volumes are told in millilitres, as physicians do; the table keeps the feature's own unit.
fn size_unit(row: &DeltaRow) -> &'static str {
    if row.key.feature == "morph_volume" { "mL" } else { "mm" }
}

fn shown(row: &DeltaRow, value: f64) -> String {
    number(if row.key.feature == "morph_volume" { value / 1000.0 } else { value })
}
