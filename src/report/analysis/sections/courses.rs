//! Size over time, unit by unit.

use maud::{Markup, html};

use crate::report::analysis::figures::{spider::spider, swimmer::swimmer, waterfall::waterfall};
use crate::report::analysis::view::View;

/// The section.
pub fn courses(view: &View) -> Markup {
    html! {
        section id="courses" {
            h2 { "Size over time" }
            @if view.analysis.courses.is_empty() {
                p.note { "Visits with sizes are not known here: no waterfall, spider or swimmer plot." }
            } @else {
                (waterfall(view))
                (spider(view))
                (swimmer(view))
            }
        }
    }
}
