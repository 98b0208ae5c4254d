//! The models side by side, against chance and against volume.

use maud::{Markup, html};

use crate::record::analysis::{ModelKind, ModelResult};
use crate::report::analysis::figures::forest::{Kind, Line, Scale, draw};
use crate::report::analysis::figures::permutation::permutation;
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, maybe_interval, maybe_p, p_told};
use crate::report::figure::{Data, Figure, Shown, words as heads};
use crate::report::numbers::{count, sentence};

/// The section.
pub fn comparison(view: &View) -> Markup {
    if view.analysis.models.is_empty() {
        return html! { section id="models" { h2 { "Models" } p.note { "No model was made." } } };
    }
    let claimed = view.claimed();
    let volume = view.model(ModelKind::Volume).filter(|v| v.model != view.analysis.claim.model);
    html! {
        section id="models" {
            h2 { "Models side by side" }
            (forest(view))
            (table(view))
            (differences(view))
            @if claimed.into_iter().chain(volume).any(|m| m.permutation.is_some() && m.discrimination.is_some()) {
                h3 { "Against chance" }
                div.panels {
                    @if let Some(model) = claimed { (permutation(view, model)) }
                    @if let Some(model) = volume { (permutation(view, model)) }
                }
            }
        }
    }
}

fn why(model: &ModelResult) -> String {
    model.note.clone().unwrap_or_else(|| look::status(model.status).to_owned())
}

fn forest(view: &View) -> Markup {
    let models = &view.analysis.models;
    if models.iter().all(|model| model.discrimination.is_none()) {
        return html! { p.note { "No model could be made, and so there is nothing to compare; the table says why." } };
    }
    let lines: Vec<Line> = models
        .iter()
        .map(|model| Line {
            name: look::model(model.model).to_owned(),
            interval: model.discrimination,
            instead: why(model),
            beside: model.permutation.as_ref().map_or_else(String::new, |p| p_told(p.p)),
            is_main: model.model == view.analysis.claim.model,
        })
        .collect();
    let title = format!("{} with its 95 % interval", view.measure());
    let beside = format!("{} (95 % interval)", view.measure());
    let told: Vec<String> = models
        .iter()
        .map(|m| format!("{} {}", look::model(m.model), maybe_interval(m.discrimination, 2)))
        .collect();
    Figure {
        title: format!("{} of the models on units they have not seen ({})", view.measure(), view.n()),
        alt: format!("Forest plot. {}.", told.join("; ")),
        drawings: vec![draw(
            &lines,
            &Scale { title: &title, neutral: 0.5, neutral_words: "chance", told: &beside, beside: "permutation", kind: Kind::Linear },
        )],
        caption: html! {
            "Same folds and same resamples for all. Look whether the shaded line lies to the right of volume alone, and whether \
             its interval leaves 0.5 out. " (tests(view))
        },
        data: Data {
            head: heads(["Model", "Estimate", "Lower", "Upper", "Permutation p", "Status"]),
            rows: models.iter().map(row).collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

/// How many permutation tests there are.
fn tests(view: &View) -> String {
    match view.permuted() {
        0 => "Labels were not permuted.".into(),
        1 => "1 permutation test.".into(),
        n => format!("{n} permutation tests, none of them adjusted for the others."),
    }
}

fn row(model: &ModelResult) -> Vec<String> {
    let of = model.discrimination;
    let say = |v: Option<f64>| v.map_or_else(|| "\u{2013}".to_owned(), |v| decimals(v, 3));
    vec![
        look::model(model.model).to_owned(),
        say(of.map(|i| i.estimate)),
        say(of.map(|i| i.lower)),
        say(of.map(|i| i.upper)),
        maybe_p(model.permutation.as_ref().filter(|_| of.is_some()).map(|p| p.p)),
        look::status(model.status).to_owned(),
    ]
}

/// Discrimination, difference, calibration and what was chosen.
fn table(view: &View) -> Markup {
    let response = view.is_response();
    let tests = view.permuted();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Models side by side" {
            table.plain.models {
                thead { tr {
                    th scope="col" { "Model" }
                    th.n scope="col" { (view.measure()) " (95 % interval)" }
                    @if !response { th.n scope="col" { "Uno's C" (horizon(view)) } }
                    th.n scope="col" { "Difference to volume (95 % interval)" }
                    th.n scope="col" { "Permutation p (" (count(tests, "test")) ")" }
                    th.n scope="col" { "Range over repeats" }
                    th.n scope="col" { "Calibration slope" }
                    th scope="col" { "Note" }
                } }
                tbody { @for model in &view.analysis.models {
                    tr.(if model.model == view.analysis.claim.model { "main" } else { "other" }) {
                        th scope="row" { (look::model(model.model)) }
                        td.n { (maybe_interval(model.discrimination, 2)) }
                        @if !response { td.n { (uno(model)) } }
                        td.n { (difference(view, model.model)) }
                        td.n { (maybe_p(model.permutation.as_ref().filter(|_| model.discrimination.is_some()).map(|p| p.p))) }
                        td.n { (repeats(model)) }
                        td.n { (model.calibration.as_ref().and_then(|c| c.slope).map_or_else(|| "\u{2013}".into(), |s| decimals(s, 2))) }
                        td { (model.note.as_deref().map_or_else(|| look::status(model.status).to_owned(), sentence)) }
                    }
                } }
            }
        }
    }
}

fn uno(model: &ModelResult) -> String {
    model.uno.map_or_else(|| "\u{2013}".into(), |(c, _)| decimals(c, 2))
}

fn horizon(view: &View) -> String {
    view.horizon().map_or_else(String::new, |days| format!(" (to day {})", decimals(days, 0)))
}

fn difference(view: &View, kind: ModelKind) -> String {
    if kind == ModelKind::Volume {
        return "reference".into();
    }
    maybe_interval(view.difference(kind).and_then(|d| d.difference), 2)
}

fn repeats(model: &ModelResult) -> String {
    let finite = || model.by_repeat.iter().copied().filter(|v| v.is_finite());
    match (finite().min_by(f64::total_cmp), finite().max_by(f64::total_cmp)) {
        (Some(low), Some(high)) => format!("{} to {}", decimals(low, 2), decimals(high, 2)),
        _ => "\u{2013}".into(),
    }
}

fn differences(view: &View) -> Markup {
    let all = &view.analysis.differences;
    if all.is_empty() {
        return html! { p.note { "No model was compared with the change of volume." } };
    }
    let lines: Vec<Line> = all
        .iter()
        .map(|d| Line {
            name: look::model(d.model).to_owned(),
            interval: d.difference,
            instead: d.status.clone().unwrap_or_else(|| "not compared".into()),
            beside: String::new(),
            is_main: d.model == view.analysis.claim.model,
        })
        .collect();
    let title = format!("{} of the model minus {} of volume alone", view.measure(), view.measure());
    let rows = all
        .iter()
        .map(|d| {
            let say = |v: Option<f64>| v.map_or_else(|| "\u{2013}".to_owned(), |v| decimals(v, 3));
            vec![
                look::model(d.model).to_owned(),
                say(d.difference.map(|i| i.estimate)),
                say(d.difference.map(|i| i.lower)),
                say(d.difference.map(|i| i.upper)),
                d.status.clone().unwrap_or_default(),
            ]
        })
        .collect();
    Figure {
        title: format!("Each model against the change of volume alone ({})", view.n()),
        alt: format!(
            "Forest plot of differences in {}. {}.",
            view.measure(),
            all.iter()
                .map(|d| format!("{} {}", look::model(d.model), maybe_interval(d.difference, 2)))
                .collect::<Vec<_>>()
                .join("; ")
        ),
        drawings: vec![draw(
            &lines,
            &Scale {
                title: &title,
                neutral: 0.0,
                neutral_words: "as volume",
                told: "Difference (95 % interval)",
                beside: "",
                kind: Kind::Linear,
            },
        )],
        caption: html! {
            "The claim needs the whole bar of the shaded line to the right of 0. " (count(all.len(), "comparison"))
            ", none adjusted for the others."
        },
        data: Data {
            head: heads(["Model", "Difference", "Lower", "Upper", "Why none"]),
            rows,
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}
