//! The tables that a study has and a patient has not: `qa.csv`, `visits.csv` and `failures.csv`.

use delta_table::{Form, Table, TableError};

use super::cohort::{CohortQaRow, FailureRow, VisitRecord};
use super::qa::{JacobianQa, Qa, SimilarityQa, TreQa};
use super::table::Column::{self, Count, Number, Text};
use super::table::{form, some, table};
use super::words::MaskSource;

/// A figure of the alignment, where there is one.
fn of(row: &CohortQaRow, figure: impl Fn(&Qa) -> f64) -> Option<f64> {
    row.alignment.as_ref().map(figure)
}

fn similarity(row: &CohortQaRow, figure: impl Fn(&SimilarityQa) -> f64) -> Option<f64> {
    of(row, |qa| figure(&qa.similarity))
}

fn jacobian(row: &CohortQaRow, figure: impl Fn(&JacobianQa) -> f64) -> Option<f64> {
    of(row, |qa| figure(&qa.jacobian))
}

fn tre(row: &CohortQaRow) -> Option<&TreQa> {
    row.alignment.as_ref()?.tre_mm.as_ref()
}

/// The codes of the findings, gravest first.
fn reasons(row: &CohortQaRow) -> Option<String> {
    let codes: Vec<&str> = row.alignment.as_ref()?.reasons.iter().map(|r| r.code.as_str()).collect();
    some(&codes.join(";"))
}

/// The lowest Dice coefficient of a contour of ours with the drawn one.
fn lowest_dice(row: &CohortQaRow) -> Option<f64> {
    let agreements = row.alignment.as_ref()?.rois.iter().flat_map(|roi| &roi.agreement);
    let with_drawn = agreements.filter(|a| [a.of, a.with].contains(&MaskSource::Drawn));
    with_drawn.map(|a| a.dice).min_by(f64::total_cmp)
}

fn largest_border_uncertainty(row: &CohortQaRow) -> Option<f64> {
    let rois = row.alignment.as_ref()?.rois.iter();
    rois.filter_map(|roi| roi.border_uncertainty_mm).max_by(f64::total_cmp)
}

/// Columns of `qa.csv`.
const QA: [Column<CohortQaRow>; 44] = [
    Text("subject", |r| some(&r.subject)),
    Text("key", |r| some(&r.key)),
    Text("site", |r| r.site.clone()),
    Text("batch", |r| r.batch.clone()),
    Text("group", |r| r.group.clone()),
    Text("modality", |r| some(r.modality.word())),
    Text("baseline_visit", |r| some(&r.baseline_visit)),
    Text("followup_visit", |r| r.followup_visit.clone()),
    Number("interval_days", |r| r.interval_days),
    Text("followed", |r| some(r.followed.word())),
    Text("verdict", |r| r.alignment.as_ref().and_then(|qa| some(qa.verdict.word()))),
    Text("reasons", reasons),
    Text("similarity_measure", |r| r.alignment.as_ref().and_then(|qa| some(&qa.similarity.measure))),
    Number("similarity_before", |r| similarity(r, |s| s.before)),
    Number("similarity_rigid", |r| similarity(r, |s| s.rigid)),
    Number("similarity_spline", |r| similarity(r, |s| s.spline)),
    Number("similarity_chance_mean", |r| similarity(r, |s| s.chance_mean)),
    Number("similarity_chance_max", |r| similarity(r, |s| s.chance_max)),
    Number("overlap_fraction", |r| of(r, |qa| qa.overlap_fraction)),
    Number("jacobian_min", |r| jacobian(r, |j| j.min)),
    Number("jacobian_p01", |r| jacobian(r, |j| j.p01)),
    Number("jacobian_median", |r| jacobian(r, |j| j.median)),
    Number("jacobian_p99", |r| jacobian(r, |j| j.p99)),
    Number("jacobian_max", |r| jacobian(r, |j| j.max)),
    Number("folded_fraction", |r| jacobian(r, |j| j.folded_fraction)),
    Number("inverse_residual_mean_mm", |r| of(r, |qa| qa.inverse_residual_mm.mean)),
    Number("inverse_residual_max_mm", |r| of(r, |qa| qa.inverse_residual_mm.max)),
    Number("displacement_mean_mm", |r| of(r, |qa| qa.displacement_mm.mean)),
    Number("displacement_p95_mm", |r| of(r, |qa| qa.displacement_mm.p95)),
    Number("displacement_max_mm", |r| of(r, |qa| qa.displacement_mm.max)),
    Count("tre_n", |r| tre(r).map(|t| t.n)),
    Number("tre_mean_mm", |r| tre(r).map(|t| t.mean)),
    Number("tre_p95_mm", |r| tre(r).map(|t| t.p95)),
    Number("tre_max_mm", |r| tre(r).map(|t| t.max)),
    Number("lowest_dice", lowest_dice),
    Number("largest_border_uncertainty_mm", largest_border_uncertainty),
    Count("lesions_baseline", |r| Some(r.lesions_baseline)),
    Count("lesions_followup", |r| r.followup_visit.as_ref().map(|_| r.lesions_followup)),
    Count("lesions_new", |r| r.followup_visit.as_ref().map(|_| r.lesions_new)),
    Count("lesions_absent", |r| r.followup_visit.as_ref().map(|_| r.lesions_absent)),
    Count("lesions_lost", |r| r.followup_visit.as_ref().map(|_| r.lesions_lost)),
    Count("deltas", |r| Some(r.deltas)),
    Count("deltas_judged", |r| Some(r.deltas_judged)),
    Count("deltas_changed", |r| Some(r.deltas_changed)),
];

/// Columns of `visits.csv`.
const VISITS: [Column<VisitRecord>; 6] = [
    Text("subject", |r| some(&r.subject)),
    Text("visit", |r| some(&r.visit)),
    Text("as_given", |r| r.as_given.clone()),
    Number("day", |r| r.day),
    Text("state", |r| some(r.state.word())),
    Text("reason", |r| some(&r.reason)),
];

/// Columns of `failures.csv`.
const FAILURES: [Column<FailureRow>; 5] = [
    Text("subject", |r| some(&r.subject)),
    Text("key", |r| some(&r.key)),
    Text("code", |r| some(&r.code)),
    Text("fact", |r| some(&r.fact)),
    Text("hint", |r| some(&r.hint)),
];

/// The columns of `qa.csv`.
pub fn qa_form() -> Form {
    form(&QA)
}

/// The columns of `visits.csv`.
pub fn visit_form() -> Form {
    form(&VISITS)
}

/// The columns of `failures.csv`.
pub fn failure_form() -> Form {
    form(&FAILURES)
}

/// The table of visit pairs, sorted by subject; a subject's visits keep their order.
pub fn qa_table(rows: &[CohortQaRow]) -> Result<Table, TableError> {
    table(&QA, rows, |a, b| a.subject.cmp(&b.subject))
}

/// The table of visits, sorted by subject; a subject's visits keep their order.
pub fn visit_table(rows: &[VisitRecord]) -> Result<Table, TableError> {
    table(&VISITS, rows, |a, b| a.subject.cmp(&b.subject))
}

/// The table of failed patients, sorted by subject.
pub fn failure_table(rows: &[FailureRow]) -> Result<Table, TableError> {
    table(&FAILURES, rows, |a, b| a.subject.cmp(&b.subject))
}
