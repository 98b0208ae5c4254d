//! `delta stability plan`: how many subjects a test-retest study needs, and what a given number can show.

use std::fmt;

use serde::Serialize;

use super::Failure;
use crate::diagnose::Exit;
use crate::record::{IccBound, IccForm, RcBound};
use crate::stability::chance::expected_share;
use crate::stats::repeatability::Repeatability;
use crate::stats::required::{icc_needed, n_needed};

/// Numbers of subjects that the table shows.
const SHOWN: [usize; 10] = [10, 15, 20, 25, 30, 40, 50, 60, 80, 100];

/// Seed of the simulated shares.
const SEED: u64 = 1;

/// What a study is meant to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanRequest {
    /// The ICC that features of interest are expected to have.
    pub icc: f64,
    /// The threshold that its lower bound has to reach.
    pub threshold: f64,
    /// Number of subjects of a study that is planned or done already.
    pub n: Option<usize>,
    /// Scans of each subject.
    pub k: usize,
    /// Form of the ICC.
    pub form: IccForm,
    /// Which figure of RC will limit noise.
    pub rc_bound: RcBound,
}

/// What a number of subjects can show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtSize {
    /// Number of subjects.
    pub n: usize,
    /// The smallest estimate of the ICC whose lower bound reaches the threshold.
    pub icc_needed: Option<f64>,
    /// Share of deltas of unchanged patients beyond the noise limit, of all features.
    pub expected_share_all: f64,
    /// The same of features that passed; none where hardly any would.
    pub expected_share_stable: Option<f64>,
    /// Upper bound of RC's 95 % interval, divided by RC.
    pub rc_upper_over_rc: f64,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Form of the ICC.
    pub icc_form: IccForm,
    /// The expected ICC.
    pub icc: f64,
    /// The threshold.
    pub threshold: f64,
    /// Scans of each subject.
    pub k: usize,
    /// Which figure of RC limits noise.
    pub rc_bound: RcBound,
    /// Subjects at which an estimate of the expected ICC has a lower bound at the threshold; none where no number
    /// below 100,000 does.
    pub n_needed: Option<usize>,
    /// At the number of subjects that was asked for, else at the one needed.
    pub at: Option<AtSize>,
    /// At usual numbers.
    pub table: Vec<AtSize>,
}

/// Plans a study.
pub fn plan(request: &PlanRequest) -> Result<Plan, Failure> {
    let PlanRequest { icc, threshold, n, k, form, rc_bound } = *request;
    let is_share = |value: f64| value > 0.0 && value < 1.0;
    if !is_share(icc) || !is_share(threshold) {
        return Err(refused(format!("ICC {icc} and threshold {threshold} must lie between 0 and 1")));
    }
    if icc <= threshold {
        return Err(refused(format!("an ICC of {icc} is not above the threshold of {threshold}")));
    }
    if k < 2 || n.is_some_and(|n| n < 2) {
        return Err(refused("a study needs at least two subjects and two scans of each".to_owned()));
    }
    let at = |n| AtSize::of(request, n);
    let n_needed = n_needed(form, icc, k, threshold);
    Ok(Plan {
        icc_form: form,
        icc,
        threshold,
        k,
        rc_bound,
        n_needed,
        at: n.or(n_needed).map(at),
        table: SHOWN.into_iter().map(at).collect(),
    })
}

fn refused(fact: String) -> Failure {
    Failure {
        code: "E-STABILITY-PLAN".into(),
        fact,
        hint: "For example: delta stability plan --icc 0.9 --threshold 0.75".into(),
        exit: Exit::Usage,
    }
}

impl AtSize {
    fn of(request: &PlanRequest, n: usize) -> Self {
        let PlanRequest { threshold, k, form, rc_bound, .. } = *request;
        let chance = expected_share(n, k, form, IccBound::Lower, threshold, rc_bound, SEED);
        let of_one = Repeatability::of(1.0, n as f64 * (k as f64 - 1.0));
        Self {
            n,
            icc_needed: icc_needed(form, n, k, threshold),
            expected_share_all: chance.all,
            expected_share_stable: chance.stable,
            rc_upper_over_rc: of_one.rc_interval.1 / of_one.rc,
        }
    }

    /// Cells of its row.
    fn cells(&self) -> [String; 5] {
        let share = |share: f64| format!("{:.1} %", 100.0 * share);
        [
            self.n.to_string(),
            // Rounded up: an estimate below it does not pass.
            self.icc_needed
                .map_or_else(|| "-".into(), |icc| format!("{:.3}", (icc * 1000.0).ceil() / 1000.0)),
            share(self.expected_share_all),
            self.expected_share_stable.map_or_else(|| "-".into(), share),
            format!("{:.2}", self.rc_upper_over_rc),
        ]
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { icc_form, icc, threshold, k, .. } = self;
        match self.n_needed {
            Some(n) => writeln!(
                f,
                "{n} subjects with {k} scans each: an estimated {icc_form} of {icc} then has a 95 % interval that \
                 lies above {threshold}."
            )?,
            None => writeln!(
                f,
                "No study below 100,000 subjects shows {icc_form} {icc} to be above {threshold}."
            )?,
        }
        let row = |cells: [String; 5]| {
            format!("{:>8}  {:>10}  {:>9}  {:>9}  {:>11}", cells[0], cells[1], cells[2], cells[3], cells[4])
        };
        writeln!(f, "\n                        beyond the limit by chance")?;
        writeln!(
            f,
            "{}",
            row(["subjects", "ICC needed", "all", "stable", "upper RC/RC"].map(str::to_owned))
        )?;
        let asked = self.at.filter(|at| self.table.iter().all(|row| row.n != at.n));
        let mut rows: Vec<&AtSize> = self.table.iter().chain(asked.as_ref()).collect();
        rows.sort_by_key(|row| row.n);
        for at in rows {
            let mark = if self.at.is_some_and(|chosen| chosen.n == at.n) { "  <" } else { "" };
            writeln!(f, "{}{mark}", row(at.cells()))?;
        }
        let limit = match self.rc_bound {
            RcBound::Auto => "The limit is RC's upper bound below 20 subjects, else RC.",
            RcBound::Point => "The limit is RC.",
            RcBound::Upper => "The limit is RC's upper bound.",
        };
        write!(
            f,
            "\n{limit} Shares are of deltas of unchanged patients, simulated for true ICCs from 0.6 to 0.95; features \
             that passed are stable. One region per subject; several of one subject count for less."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PlanRequest {
        PlanRequest {
            icc: 0.9,
            threshold: 0.75,
            n: None,
            k: 2,
            form: IccForm::AgreementSingle,
            rc_bound: RcBound::Auto,
        }
    }

    #[test]
    fn the_number_needed_is_the_smallest_whose_needed_icc_is_not_above_the_expected() {
        let plan = plan(&request()).unwrap();
        let (n, at) = (plan.n_needed.unwrap(), plan.at.unwrap());
        assert_eq!(at.n, n);
        assert!(at.icc_needed.unwrap() <= 0.9);
        assert!(icc_needed(IccForm::AgreementSingle, n - 1, 2, 0.75).unwrap() > 0.9);
        assert!(plan.to_string().starts_with(&format!("{n} subjects with 2 scans each")));
    }

    #[test]
    fn more_subjects_need_a_lower_estimate_and_know_rc_better() {
        let table = plan(&request()).unwrap().table;
        for pair in table.windows(2) {
            assert!(pair[1].icc_needed < pair[0].icc_needed);
            assert!(pair[1].rc_upper_over_rc < pair[0].rc_upper_over_rc);
        }
    }

    #[test]
    fn a_number_that_was_asked_for_has_a_row() {
        let plan = plan(&PlanRequest { n: Some(17), ..request() }).unwrap();
        assert_eq!(plan.at.unwrap().n, 17);
        assert!(plan.to_string().lines().any(|line| line.trim().starts_with("17 ") && line.ends_with('<')));
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        for request in [
            PlanRequest { icc: 0.7, ..request() },
            PlanRequest { icc: 1.2, ..request() },
            PlanRequest { icc: f64::NAN, ..request() },
            PlanRequest { n: Some(1), ..request() },
            PlanRequest { k: 1, ..request() },
        ] {
            assert_eq!(plan(&request).unwrap_err().code, "E-STABILITY-PLAN", "{request:?}");
        }
    }
}
