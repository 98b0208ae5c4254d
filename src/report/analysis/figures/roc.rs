//! Share of responders found against share of false alarms.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, line_legend, look};
use crate::record::analysis::ModelResult;
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, maybe_interval};
use crate::report::canvas::{Stroke, svg};

const SIZE: (i32, i32) = (350, 380);
const FRAME: [i32; 4] = [46, 62, 336, 330];

/// The figure; nothing where there is no curve.
pub fn roc(view: &View, model: &ModelResult, volume: Option<&ModelResult>) -> Markup {
    if model.roc.is_empty() {
        return html! {};
    }
    let name = look::model(model.model);
    let area = maybe_interval(model.discrimination, 2);
    let beside = volume.filter(|v| !v.roc.is_empty() && v.model != model.model);
    let chart = Chart::new((0.0, 1.0), (0.0, 1.0), FRAME);
    let drawing = svg(SIZE.0, SIZE.1, |canvas| {
        let ticks = [0.0, 0.25, 0.5, 0.75, 1.0];
        chart.axes_at(canvas, ("1 \u{2212} specificity (share)", "Sensitivity (share)"), &ticks, &ticks);
        canvas.broken(chart.at((0.0, 0.0)), chart.at((1.0, 1.0)), look::GREY, 1);
        let mut legend = vec![(Stroke::Solid, look::BLUE, name.to_owned())];
        if let Some(volume) = beside {
            canvas.stroke(&curve(&chart, volume), look::VERMILION, 2, Stroke::Broken);
            legend.push((Stroke::Broken, look::VERMILION, "volume alone".into()));
        }
        canvas.line(&curve(&chart, model), look::BLUE, 2);
        line_legend(canvas, &legend, (4, 14));
    });
    let mut rows: Vec<Vec<String>> = Vec::new();
    for of in std::iter::once(model).chain(beside) {
        for point in &of.roc {
            rows.push(vec![
                look::model(of.model).to_owned(),
                decimals(point.false_positive, 3),
                decimals(point.true_positive, 3),
            ]);
        }
    }
    Figure {
        title: format!("ROC curve ({})", view.n()),
        alt: format!(
            "ROC curve of the model {name}, AUC {area}{}.",
            beside.map_or_else(String::new, |v| format!(
                ", beside the change of volume alone, AUC {}",
                maybe_interval(v.discrimination, 2)
            ))
        ),
        drawings: vec![drawing],
        caption: html! {
            "AUC " (area)
            @if let Some(volume) = beside { "; volume alone " (maybe_interval(volume.discrimination, 2)) }
            ". The curve is of mean predictions over the repeats; the AUC is of pairs within folds, and so the area under \
             the curve can differ a little. Look whether the solid line stays above the broken one."
        },
        data: Data {
            head: heads(["Model", "1 \u{2212} specificity", "Sensitivity"]),
            rows,
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

fn curve(chart: &Chart, model: &ModelResult) -> Vec<(i32, i32)> {
    chart.places(model.roc.iter().map(|p| (p.false_positive, p.true_positive)))
}
