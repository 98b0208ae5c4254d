//! Features one by one.

use maud::{Markup, html};

use crate::record::analysis::UnivariateRow;
use crate::report::analysis::figures::volcano::{found, tests, volcano};
use crate::report::analysis::view::{View, block_name};
use crate::report::analysis::words::{maybe, maybe_interval, maybe_p};
use crate::report::numbers::count;

/// So many rows of a block stand in the table; all stand in the file.
const MOST: usize = 400;
/// So many are printed.
const PRINTED: usize = 15;

/// The section.
pub fn features(view: &View) -> Markup {
    if view.analysis.univariate.is_empty() {
        return html! {};
    }
    let blocks: Vec<&str> = ["delta", "baseline"].into_iter().filter(|b| tests(&view.block(b)) > 0).collect();
    html! {
        section id="features" {
            h2 { "Features one by one" }
            p { (told(view)) }
            div.panels { @for block in &blocks { (volcano(view, block)) } }
            (printed(view))
            (all(view))
        }
    }
}

/// How many tests and findings, block by block.
pub fn told(view: &View) -> String {
    let test = if view.is_response() { "Mann-Whitney tests" } else { "Wald tests in Cox's model" };
    let blocks: Vec<String> = view
        .blocks()
        .into_iter()
        .map(|block| {
            let rows = view.block(block);
            format!("{}: {} of {}", block_name(block), found(&rows), tests(&rows))
        })
        .collect();
    format!(
        "{test}, {} in all; beyond a false discovery rate of 5 % within their block are, of the {}. These describe features; \
         the claim above rests on none of them.",
        count(tests(&view.analysis.univariate.iter().collect::<Vec<_>>()), "test"),
        blocks.join("; of the "),
    )
}

fn heads(view: &View) -> Markup {
    html! {
        tr {
            th scope="col" { "Feature" }
            th scope="col" { "Block" }
            th.n scope="col" { "n" }
            th.n scope="col" { (if view.is_response() { "Responders" } else { "Events" }) }
            th.n scope="col" { (view.measure()) " (95 % interval)" }
            @if !view.is_response() { th.n scope="col" { "Log hazard ratio per SD (95 % interval)" } }
            th.n scope="col" { "p" }
            th.n scope="col" { "q" }
            th.n scope="col" { "\u{3c1} with volume" }
            @if view.is_response() { th.n scope="col" { "MI (nats)" } }
            th scope="col" { "Gate, status" }
        }
    }
}

fn line(view: &View, row: &UnivariateRow) -> Markup {
    let has_effect = row.discrimination.is_some() || row.log_hazard_ratio.is_some();
    let words: Vec<&str> = row.gate.iter().chain(&row.status).map(String::as_str).collect();
    html! {
        tr {
            th scope="row" { (row.feature) }
            td { (row.block) }
            td.n { (row.n) }
            td.n { (row.events) }
            td.n { (maybe_interval(row.discrimination, 2)) }
            @if !view.is_response() { td.n { (maybe_interval(row.log_hazard_ratio, 2)) } }
            td.n { (maybe_p(row.p.filter(|_| has_effect))) }
            td.n { (maybe_p(row.q.filter(|_| has_effect))) }
            td.n { (maybe(row.volume_correlation, 2)) }
            @if view.is_response() { td.n { (maybe(row.mutual_information, 3)) } }
            td { (words.join(", ").replace('_', " ")) }
        }
    }
}

/// The smallest p of the deltas, for paper.
fn printed(view: &View) -> Markup {
    let rows: Vec<&UnivariateRow> =
        view.block("delta").into_iter().filter(|row| row.p.is_some()).take(PRINTED).collect();
    if rows.is_empty() {
        return html! {};
    }
    let m = tests(&view.block("delta"));
    html! {
        h3 { "Smallest p among the changes of features" }
        div.scroll tabindex="0" role="region" aria-label="Smallest p among the changes" {
            table.plain.small {
                thead { (heads(view)) }
                tbody { @for row in rows { (line(view, row)) } }
            }
        }
        p.note { "The first of " (count(m, "test")) " of this block, sorted by p: their effects are too large by selection. q is adjusted for all " (m) "; \u{3c1}: rank correlation with the change of volume"
            @if view.is_response() { "; MI: mutual information with the response, in quartiles" }
            "." }
    }
}

/// All features, to be searched and sorted.
fn all(view: &View) -> Markup {
    let blocks = view.blocks();
    let total = view.analysis.univariate.len();
    let rows: Vec<&UnivariateRow> =
        blocks.iter().flat_map(|block| view.block(block).into_iter().take(MOST)).collect();
    html! {
        details.screen-only {
            summary { "All features, to be searched and sorted" }
            @if rows.len() < total {
                p.note { "The first " (MOST) " of a block by p; all " (total) " stand in " code { "univariate.csv" } "." }
            }
            div.search hidden {
                label for="find" { "Find" }
                input id="find" type="search" autocomplete="off";
                span id="found" role="status" {}
            }
            div.scroll.tall tabindex="0" role="region" aria-label="All features" {
                table.deltas id="delta-table" {
                    thead { (heads(view)) }
                    tbody { @for row in &rows { (line(view, row)) } }
                }
            }
        }
        p.print-only.note { "All " (count(total, "feature")) " stand in univariate.csv." }
    }
}
