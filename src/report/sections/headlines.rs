//! What changed: sizes first, then what exceeds its noise limit.

use maud::{Markup, html};

use crate::delta::summary::{Summary, in_noise_limits, summarise};
use crate::record::{DeltaRow, NoiseSource, Verdict};
use crate::report::figures::delta_dots::delta_dots;
use crate::report::headline::{
    Deciding, border_range, headline_rows, is_size, is_unconfirmed, verdict_once_accepted,
};
use crate::report::input::{PairReport, RunReport};
use crate::report::wording::{
    self, count, feature_name, fixed, number, percent, region, row_reason, sentence, signed_percent,
    typographic,
};

/// Fewest and most rows among the headlines.
const LEAST: usize = 8;
const MOST: usize = 18;

/// What changed, per follow-up.
pub fn headlines(report: &RunReport, deciding: &Deciding) -> Markup {
    html! {
        section id="changes" {
            h2 { "What changed" }
            @if !report.is_followed() { p.lead { "There is no follow-up, so there is no delta." } }
            @for pair in &report.pairs { (of_pair(report, deciding, pair)) }
        }
    }
}

fn of_pair(report: &RunReport, deciding: &Deciding, pair: &PairReport) -> Markup {
    let rows = deciding.rows_of(report, pair.followup);
    let chosen = headline_rows(&rows, LEAST, MOST);
    let with_limit: Vec<&DeltaRow> =
        chosen.iter().copied().filter(|r| in_noise_limits(r).is_some()).collect();
    let sizes: Vec<&DeltaRow> = chosen.iter().copied().filter(|r| is_size(r)).collect();
    html! {
        @if report.pairs.len() > 1 { h3 { (pair.baseline) " \u{2192} " (pair.followup) } }
        (sentences(report, &rows, &summarise(&rows)))
        @if !sizes.is_empty() { (size_cards(&sizes)) }
        @if with_limit.is_empty() {
            @if !rows.is_empty() {
                p.note { "Nothing is ranked without a noise limit. All deltas stand in the " a href="#deltas" { "table" } "." }
            }
        } @else {
            (delta_dots(&with_limit, report.intensity_unit()))
        }
    }
}

/// How many deltas exceed their limit, and how many would by chance.
fn sentences(report: &RunReport, rows: &[&DeltaRow], summary: &Summary) -> Markup {
    let (now, then) = (&summary.verdicts, &summary.if_accepted);
    let given = rows.iter().filter(|r| r.absolute.value().is_some()).count();
    let in_silico = report.gate.source == Some(NoiseSource::InSilico);
    let limit = if in_silico { "noise band, made in silico" } else { "noise limit" };
    html! {
        p.lead {
            @if then.judged() == 0 {
                strong { (count(given, "delta")) } " are given, and none is judged: "
                @if then.no_gate > 0 { "no noise limit is known for them." } @else { "the reasons are below." }
            } @else {
                @if now.judged() > 0 {
                    strong { (now.beyond()) " of " (now.judged()) } " deltas that can be judged exceed their " (limit) "."
                }
                @if then.judged() > now.judged() {
                    @let more = then.beyond() - now.beyond();
                    " " strong {
                        @if more == 0 { "None" } @else { (more) }
                        " of " (then.judged() - now.judged())
                    }
                    @if now.judged() > 0 { " more" }
                    " would, once their contour is confirmed."
                }
                @if let Some(share) = report.gate.expected_share_beyond {
                    " By chance alone, " (percent(share)) " of unchanged features would: about "
                    (number((share * then.judged() as f64).round())) " of " (then.judged()) "."
                    @if in_silico { " That number holds for these perturbations only, not for a second examination." }
                } @else {
                    " How many would by chance alone is not known."
                }
            }
            @if then.unstable > 0 { " " (count(then.unstable, "delta")) " belong to features that are too noisy to be judged." }
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
            p.title { (region(&row.roi)) " \u{b7} " (feature_name(&row.key)) }
            p.change {
                @match (row.relative.value(), row.absolute.value()) {
                    (Some(share), _) => (typographic(&signed_percent(share))),
                    (None, Some(delta)) => { (typographic(&shown_signed(row, delta))) " " (unit) },
                    _ => "no delta",
                }
            }
            p {
                (show(row.baseline)) " \u{2192} " (show(row.followup)) " " (unit)
                @if let (Some(_), Some(delta)) = (row.relative.value(), row.absolute.value()) {
                    " (" (typographic(&shown_signed(row, delta))) ")"
                }
                @if let (Some(a), Some(b)) = (row.mask_source_baseline, row.mask_source_followup) {
                    span.sources { (a) " \u{2192} " (b) }
                }
            }
            @if let Some([low, high]) = border_range(row) {
                p.why {
                    "Border uncertain: " (typographic(&shown_signed(row, low))) " to "
                    (typographic(&shown_signed(row, high))) " " (unit)
                }
            }
            p.tag.(look.class) {
                span.symbol aria-hidden="true" { (look.symbol) }
                (look.word) @if verdict != row.verdict && verdict != Verdict::NoGate { ", if confirmed" }
            }
            @if is_unconfirmed(row) {
                p.why { "Nobody has looked at the contour." }
            } @else if !row_reason(row).is_empty() { p.why { (sentence(&row_reason(row))) } }
        }
    }
}

/// Volumes are told in millilitres, as physicians do; the table keeps the feature's own unit.
fn size_unit(row: &DeltaRow) -> &'static str {
    if row.key.feature == "morph_volume" { "mL" } else { "mm" }
}

/// A size or its change, all of one card with the same decimals.
fn shown(row: &DeltaRow, value: f64) -> String {
    let volume = row.key.feature == "morph_volume";
    let scale = if volume { 1e-3 } else { 1.0 };
    let largest = row.baseline.into_iter().chain(row.followup).fold(0.0, f64::max) * scale;
    let decimals = match largest {
        _ if !volume => 1,
        x if x < 1.0 => 3,
        x if x < 100.0 => 2,
        _ => 1,
    };
    fixed(value * scale, decimals)
}

fn shown_signed(row: &DeltaRow, value: f64) -> String {
    let text = shown(row, value);
    if value > 0.0 { format!("+{text}") } else { text }
}
