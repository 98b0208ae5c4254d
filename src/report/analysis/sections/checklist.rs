//! Reporting items: what this analysis evidences, what was not done, what only the author can say. No total score.

use maud::{Markup, html};

use crate::record::analysis::{ChecklistItem, Evidence};
use crate::report::analysis::view::View;
use crate::report::analysis::words::coded;

/// The section; nothing without items.
pub fn checklist(view: &View) -> Markup {
    let all = &view.analysis.checklist;
    if all.is_empty() {
        return html! {};
    }
    let mut lists: Vec<&str> = Vec::new();
    for item in all {
        if !lists.contains(&item.list.as_str()) {
            lists.push(&item.list);
        }
    }
    html! {
        section id="checklist" {
            h2 { "Reporting items" }
            p {
                "What the record of this analysis evidences, what was not done, and what is left to the author. There is no \
                 total score: items are not worth the same, and most of their worth lies with the author."
            }
            @for list in lists {
                h3 { (list) ": " (tally(all, list)) }
                div.scroll tabindex="0" role="region" aria-label=(format!("Items of {list}")) {
                    table.plain.checklist {
                        thead { tr {
                            th scope="col" { "Item" } th scope="col" { "Asks" } th scope="col" { "Standing" }
                            th scope="col" { "Evidence" }
                        } }
                        tbody { @for item in all.iter().filter(|i| i.list == list) { (line(item)) } }
                    }
                }
            }
        }
    }
}

fn tally(all: &[ChecklistItem], list: &str) -> String {
    let n = |of: Evidence| all.iter().filter(|i| i.list == list && i.evidence == of).count();
    format!(
        "{} evidenced, {} not done, {} for the author",
        n(Evidence::Evidenced),
        n(Evidence::NotDone),
        n(Evidence::Author)
    )
}

fn line(item: &ChecklistItem) -> Markup {
    let (class, symbol, word) = match item.evidence {
        Evidence::Evidenced => ("e-evidenced", "\u{2713}", "evidenced"),
        Evidence::NotDone => ("e-not", "\u{2715}", "not done"),
        Evidence::Author => ("e-author", "\u{270e}", "author"),
    };
    html! {
        tr {
            th scope="row" { (item.number) }
            td.item { (item.item) }
            td { span.evidence.(class) { span.symbol aria-hidden="true" { (symbol) } (word) } }
            td { (coded(&item.text)) }
        }
    }
}
