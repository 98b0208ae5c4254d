//! Net benefit of deciding by the model, by volume, for all or for none.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, line_legend, look};
use crate::record::analysis::ModelResult;
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::decimals;
use crate::report::canvas::{Stroke, svg};

const SIZE: (i32, i32) = (350, 380);
const FRAME: [i32; 4] = [50, 62, 336, 330];
/// Below this the curve of treating all leaves the picture.
const LOWEST: f64 = -0.1;

/// The figure; nothing where there is no curve.
pub fn decision(view: &View, model: &ModelResult, volume: Option<&ModelResult>) -> Markup {
    if model.decision.is_empty() {
        return html! {};
    }
    let name = look::model(model.model);
    let beside = volume.filter(|v| v.model != model.model && !v.decision.is_empty());
    let best = model
        .decision
        .iter()
        .chain(beside.into_iter().flat_map(|v| &v.decision))
        .flat_map(|p| [p.model, p.all])
        .filter(|v| v.is_finite())
        .fold(0.05_f64, f64::max);
    let last = model.decision.iter().map(|p| p.threshold).fold(0.0_f64, f64::max);
    let chart = Chart::new((0.0, last.clamp(0.1, 1.0)), (LOWEST, 1.08 * best), FRAME);
    let drawing = svg(SIZE.0, SIZE.1, |canvas| {
        chart.axes(canvas, ("Threshold probability", "Net benefit (per patient)"), (5, 6));
        canvas.line(&[chart.at((0.0, 0.0)), chart.at((1.0, 0.0))], look::INK, 1);
        let kept = |points: Vec<(f64, f64)>| chart.places(points.into_iter().filter(|(_, y)| *y >= LOWEST));
        let all = kept(model.decision.iter().map(|p| (p.threshold, p.all)).collect());
        canvas.stroke(&all, look::INK, 2, Stroke::Dotted);
        let mut legend = vec![(Stroke::Solid, look::BLUE, name.to_owned())];
        if let Some(volume) = beside {
            let curve = kept(volume.decision.iter().map(|p| (p.threshold, p.model)).collect());
            canvas.stroke(&curve, look::VERMILION, 2, Stroke::Broken);
            legend.push((Stroke::Broken, look::VERMILION, "volume alone".into()));
        }
        canvas.line(&kept(model.decision.iter().map(|p| (p.threshold, p.model)).collect()), look::BLUE, 2);
        line_legend(canvas, &legend, (4, 14));
        line_legend(
            canvas,
            &[(Stroke::Dotted, look::INK, "all".into()), (Stroke::Solid, look::INK, "none".into())],
            (4, 31),
        );
    });
    let volume_at = |threshold: f64| {
        beside
            .and_then(|v| v.decision.iter().find(|p| p.threshold == threshold))
            .map_or_else(String::new, |p| decimals(p.model, 3))
    };
    Figure {
        title: format!("Decision curve ({})", view.n()),
        alt: format!(
            "Net benefit of the model {name} over threshold probabilities, beside {}treating all and treating none.",
            if beside.is_some() { "volume alone, " } else { "" }
        ),
        drawings: vec![drawing],
        caption: html! {
            "Net benefit: true positives minus false positives weighted by the odds of the threshold, per patient. Look at \
             thresholds at which one would act: the model helps only where its line is above all others."
        },
        data: Data {
            head: heads(["Threshold", name, "Volume alone", "All", "None"]),
            rows: model
                .decision
                .iter()
                .map(|p| {
                    vec![
                        decimals(p.threshold, 2),
                        decimals(p.model, 3),
                        volume_at(p.threshold),
                        decimals(p.all, 3),
                        "0.000".into(),
                    ]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}
