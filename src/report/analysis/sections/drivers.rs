//! What drives the model, and the model itself.

use maud::{Markup, html};

use crate::report::analysis::figures::{importance::importance, nomogram::nomogram, shap::shap};
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::short;
use crate::report::numbers::count;

/// The section; nothing where the model does not exist.
pub fn drivers(view: &View) -> Markup {
    let Some(model) = view.claimed() else { return html! {} };
    if model.explained.is_none() && model.frozen.is_none() {
        return html! {};
    }
    html! {
        section id="drivers" {
            h2 { "What drives the model: " (look::model_in_sentence(model.model)) }
            @match &model.explained {
                Some(explained) if !explained.importance.is_empty() => {
                    (importance(view, model, explained))
                    (shap(view, model, explained))
                },
                _ => p.note { "The model on all units has no term: nothing drives it." },
            }
            @if let Some(frozen) = &model.frozen {
                h3 { "The frozen model" }
                p {
                    "On all units, " (count(frozen.coefficients.len(), "term")) " at a penalty of " (short(frozen.lambda))
                    ". It stands in " code { "model.json" } "; " code { "delta cohort apply" } " scores other cohorts by it \
                     and never fits it anew."
                }
                @if let Some(nomogram_of) = model.explained.as_ref().and_then(|e| e.nomogram.as_ref()) {
                    (nomogram(view, frozen, nomogram_of))
                }
            }
        }
    }
}
