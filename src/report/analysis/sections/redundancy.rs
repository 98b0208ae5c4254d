//! Features that say the same.

use maud::{Markup, html};

use crate::report::analysis::figures::heat_map::heat_map;
use crate::report::analysis::view::View;

/// The section; nothing without clusters.
pub fn redundancy(view: &View) -> Markup {
    let Some(redundancy) = &view.analysis.redundancy else { return html! {} };
    html! {
        section id="redundancy" {
            h2 { "Features that say the same" }
            @if redundancy.shown.len() < 2 {
                p.note { "Fewer than two features reached this filter." }
            } @else { (heat_map(view, redundancy)) }
        }
    }
}
