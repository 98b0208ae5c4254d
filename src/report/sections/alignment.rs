//! The alignment: pictures before and after, and what the checks found.

use maud::{Markup, html};

use super::{focus, other_ways};
use crate::geometry::Fixed;
use crate::labels::Mask;
use crate::record::Qa;
use crate::report::figures::checkerboard::checkerboard;
use crate::report::figures::flicker::flicker;
use crate::report::figures::jacobian::jacobian;
use crate::report::figures::overlay::{Scene, overlay};
use crate::report::headline::Deciding;
use crate::report::input::{AlignmentImages, AlignmentView, PairReport, RunReport};
use crate::report::slices::heart;
use crate::report::window::{Extent, Window};
use crate::report::wording::{self, number, percent};
use crate::visit::Structure;

/// The alignment of every follow-up.
pub fn alignment(report: &RunReport, deciding: &Deciding) -> Markup {
    html! {
        section id="alignment" {
            h2 { "Alignment" }
            @for (place, pair) in report.pairs.iter().enumerate() {
                @if report.pairs.len() > 1 { h3 { (pair.baseline) " and " (pair.followup) } }
                @match &pair.alignment {
                    AlignmentView::Skipped => {
                        p.note {
                            "Not made: the run was asked not to register. Each visit was measured in its own drawn \
                             contour, and nothing here speaks about how the scans lie to each other."
                        }
                    }
                    AlignmentView::Made { qa, images } => {
                        @match images {
                            Some(images) => (pictures(report, deciding, pair, images, qa, place)),
                            None => {
                                p.note { "The images of the earlier run's alignment are not at hand; its findings are." }
                            }
                        }
                        (findings(qa))
                    }
                }
            }
        }
    }
}

/// What the figures of an alignment share: planes through the heart of the lesion that they are centred on.
pub fn scene<'a>(
    report: &RunReport<'a>,
    deciding: &Deciding,
    pair: &PairReport<'a>,
    images: &'a AlignmentImages<'a>,
) -> Scene<'a> {
    let mask = focus_of(report, deciding, pair).map(|s| s.mask.in_frame::<Fixed>());
    let window = |values: &[f32]| Window::choose(report.modality, Extent::Whole, values);
    Scene {
        images,
        centre: mask.as_ref().and_then(heart).unwrap_or_else(|| images.fixed.grid().middle()),
        fixed: window(images.fixed.values()),
        moving: window(images.after.values()),
        names: [pair.baseline, pair.followup],
    }
}

fn focus_of<'a>(report: &RunReport<'a>, deciding: &Deciding, pair: &PairReport) -> Option<&'a Structure> {
    report.visit(pair.followup).and_then(|visit| focus(report, deciding, visit))
}

fn pictures<'a>(
    report: &RunReport<'a>,
    deciding: &Deciding,
    pair: &PairReport<'a>,
    images: &'a AlignmentImages<'a>,
    qa: &Qa,
    place: usize,
) -> Markup {
    let scene = scene(report, deciding, pair, images);
    let region = focus_of(report, deciding, pair);
    let mask: Option<Mask<Fixed>> = region.map(|s| s.mask.in_frame());
    let named = region.map(|s| wording::region(&s.name));
    let about = named.as_deref().zip(mask.as_ref());
    html! {
        (overlay(&scene))
        (flicker(&scene, place))
        (checkerboard(&scene))
        (jacobian(&scene, about, &qa.jacobian))
    }
}

fn findings(qa: &Qa) -> Markup {
    html! {
        h3 { "What the checks found: " (qa.verdict.word()) }
        @if qa.reasons.is_empty() {
            p {
                "Nothing wrong: the scans overlap, they are as alike as aligned scans should be, space is folded \
                 nowhere, and the transform can be inverted."
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Findings" {
                table.plain {
                    thead { tr { th { "Finding" } th.n { "Measured" } th.n { "Asked" } th { "Leads to" } } }
                    tbody {
                        @for reason in &qa.reasons {
                            tr {
                                td { (reason.text) }
                                td.n { (finite(reason.value)) }
                                td.n { (finite(reason.threshold)) }
                                td { (reason.verdict.word()) }
                            }
                        }
                    }
                }
            }
        }
        (other_ways::other_ways(qa))
        details {
            summary { "All figures" }
            (figures(qa))
        }
    }
}

/// A number, or a dash where it is none.
fn finite(value: f64) -> String {
    if value.is_finite() { number(value) } else { "\u{2013}".into() }
}

fn figures(qa: &Qa) -> Markup {
    let similarity = &qa.similarity;
    let mm = |v: f64| format!("{} mm", finite(v));
    let mut rows: Vec<(String, String)> = vec![
        (format!("Similarity ({}) as stored", similarity.measure), finite(similarity.before)),
        ("Similarity after rigid alignment".into(), finite(similarity.rigid)),
        ("Similarity after deformable alignment".into(), finite(similarity.spline)),
        ("Similarity of chance alignments, mean".into(), finite(similarity.chance_mean)),
        ("Similarity of chance alignments, highest".into(), finite(similarity.chance_max)),
        ("Body inside the baseline's field of view".into(), percent(qa.overlap_fraction)),
        ("Folded voxels".into(), percent(qa.jacobian.folded_fraction)),
        (
            "Jacobian determinant, smallest to largest".into(),
            format!("{} to {}", finite(qa.jacobian.min), finite(qa.jacobian.max)),
        ),
        (
            "Inverse residual, mean and largest".into(),
            format!("{} and {}", mm(qa.inverse_residual_mm.mean), mm(qa.inverse_residual_mm.max)),
        ),
        ("Displacement after the rigid part, mean".into(), mm(qa.displacement_mm.mean)),
        (
            "Displacement, 95th percentile and largest".into(),
            format!("{} and {}", mm(qa.displacement_mm.p95), mm(qa.displacement_mm.max)),
        ),
    ];
    if let Some(tre) = &qa.tre_mm {
        rows.push((
            format!("Distance at {} landmarks, median and largest", tre.n),
            format!("{} and {}", mm(tre.median), mm(tre.max)),
        ));
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Figures of the alignment" {
            table.plain { tbody { @for (label, value) in &rows { tr { th scope="row" { (label) } td.n { (value) } } } } }
        }
        (regions(qa))
    }
}

/// How far regions were moved; their volumes and borders stand with the regions of the visits.
fn regions(qa: &Qa) -> Markup {
    html! {
        @if !qa.rois.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Regions through the transform" {
                table.plain {
                    thead { tr {
                        th { "Region" } th { "Contour" } th.n { "Moved after the rigid part (mm)" }
                        th.n { "Outside the scan" }
                    } }
                    tbody {
                        @for roi in &qa.rois {
                            tr {
                                th scope="row" { (roi.name) }
                                td { (roi.mask_source) }
                                td.n { (roi.displacement_mm.map_or_else(|| "\u{2013}".to_owned(), finite)) }
                                td.n { (percent(roi.outside_fraction)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
