//! The deltas' model with volume beside it: discrimination, calibration and decisions together.

use maud::{Markup, html};

use crate::record::analysis::ModelKind;
use crate::report::analysis::figures::{calibration::calibration, decision::decision, roc::roc};
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::decimals;
use crate::report::numbers::sentence;

/// The section.
pub fn performance(view: &View) -> Markup {
    let Some(model) = view.claimed() else { return html! {} };
    let volume = view.model(ModelKind::Volume);
    let nothing = model.roc.is_empty() && model.calibration.is_none() && model.decision.is_empty();
    let name = look::model_in_sentence(model.model);
    let horizon = view.horizon().map_or_else(String::new, |days| format!(", day {}", decimals(days, 0)));
    html! {
        section id="performance" {
            h2 { "How the model does: " (name) }
            @if nothing {
                p.note {
                    "There are no predictions to draw: "
                    (sentence(model.note.as_deref().unwrap_or(look::status(model.status))))
                }
            } @else {
                @if !view.is_response() {
                    p {
                        "An ROC curve and a decision curve belong to a response; for a time to event, discrimination is \
                         Harrell's C above, and calibration is at the horizon" (horizon) "."
                    }
                }
                div.(if view.is_response() { "trio" } else { "alone" }) {
                    (roc(view, model, volume))
                    (calibration(view, model, volume))
                    (decision(view, model, volume))
                }
            }
        }
    }
}
