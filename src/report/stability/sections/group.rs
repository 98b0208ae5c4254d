//! All that is shown of one group.

use maud::{Markup, html};

use crate::report::stability::StabilityInput;
use crate::report::stability::figures::bland_altman::bland_altman;
use crate::report::stability::figures::family_bars::family_bars;
use crate::report::stability::figures::forest::forest;
use crate::report::stability::figures::heat_map::heat_map;
use crate::report::stability::figures::threshold::threshold;
use crate::report::stability::figures::wcv_ladder::wcv_ladder;
use crate::report::stability::look;
use crate::report::stability::sections::planning::planning;
use crate::report::stability::view::GroupView;
use crate::report::wording::percent;

/// The section; `number` tells it from others.
pub fn group(view: &GroupView, number: usize, input: &StabilityInput) -> Markup {
    html! {
        section id=(format!("group-{number}")) {
            h2 { (look::group(&view.design.group)) }
            (family_bars(view))
            h3 { "Reliability" }
            @if view.in_silico() {
                p.note { "Robustness against perturbations, not test-retest." }
            }
            (forest(view, input.rules.icc_threshold, input.rules.icc_bound))
            (heat_map(view))
            (threshold(view, input.rules.icc_threshold))
            h3 { "Agreement" }
            (bland_altman(view, &input.asked))
            (wcv_ladder(view))
            (planning(view, &input.rules))
            (chance(view))
        }
    }
}

/// What chance alone puts beyond the noise limit.
fn chance(view: &GroupView) -> Markup {
    html! {
        h3 { "Expected by chance" }
        @match view.design.expected {
            Some(expected) => p {
                "Of deltas of unchanged patients, " strong { (percent(expected.all)) }
                " lie beyond their noise limit by chance, over all features"
                @match expected.stable {
                    Some(stable) => {
                        "; " strong { (percent(stable)) } " over those that pass as stable, because features whose noise was \
                         underestimated pass more easily"
                    },
                    None => "; no feature passes often enough for a share of stable ones",
                }
                ". A patient is changed where clearly more than this share lies beyond."
            },
            None => p {
                "Not simulated for this group. Where a noise limit is estimated from few patients, more than 5 % of unchanged \
                 deltas lie beyond it."
            },
        }
    }
}
