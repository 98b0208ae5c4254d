//! `stability.csv`: one row per group and feature, with its verdict and why.

use delta_table::{Table, TableError};

use super::Column::{Number, Text};
use super::{some, table};
use crate::record::{Reason, Stability};
use crate::stability::assess::{Agreement, Assessed, IntervalMethod, OnScale};
use crate::stability::rules::Rules;
use crate::stats::icc::Icc;
use crate::stats::precision::PrecisionProfile;

/// One row.
struct Line<'a> {
    assessed: &'a Assessed,
    rules: &'a Rules,
}

impl<'a> Line<'a> {
    fn agreement(&self) -> Option<&'a Agreement> {
        self.assessed.agreement.as_ref().ok()
    }
    fn chosen(&self) -> Option<&'a OnScale> {
        self.agreement().map(Agreement::chosen)
    }
    fn icc(&self) -> Option<&'a Icc> {
        self.chosen()?.icc(self.assessed.form)
    }
    fn profile(&self) -> Option<PrecisionProfile> {
        self.agreement()?.profile
    }
}

/// The table, in the order of the findings.
pub fn verdicts(assessed: &[Assessed], rules: &Rules) -> Result<Table, TableError> {
    let lines: Vec<Line> = assessed.iter().map(|assessed| Line { assessed, rules }).collect();
    table(&columns(), &lines)
}

fn columns<'a>() -> Vec<super::Column<Line<'a>>> {
    vec![
        Text("roi_role", |l| some(l.assessed.group.rois.role)),
        Text("roi", |l| l.assessed.group.rois.roi.clone()),
        Text("mask_source", |l| some(l.assessed.group.source)),
        Text("repeat_kind", |l| some(l.assessed.group.kind)),
        Text("image", |l| some(&l.assessed.key.image)),
        Text("family", |l| some(l.assessed.key.family)),
        Text("feature", |l| some(&l.assessed.key.feature)),
        Text("aggregation", |l| some(l.assessed.key.aggregation_word())),
        Text("unit", |l| some(&l.assessed.unit)),
        Text("n", |l| some(l.assessed.n)),
        Text("n_subjects", |l| some(l.assessed.n_subjects)),
        Text("k", |l| some(l.assessed.k)),
        Text("dropped", |l| some(l.assessed.dropped)),
        Text("scale", |l| l.agreement().and_then(|a| some(a.scale))),
        Text("form", |l| some(l.assessed.form)),
        Number("icc", |l| l.icc().map(|i| i.estimate)),
        Number("lower", |l| l.icc()?.interval.map(|i| i.0)),
        Number("upper", |l| l.icc()?.interval.map(|i| i.1)),
        Text("interval_by", |l| l.chosen().map(|s| method(s.interval_by).to_owned())),
        Number("wsd", |l| l.assessed.repeatability().map(|r| r.wsd)),
        Number("df", |l| l.assessed.repeatability().map(|r| r.df)),
        Number("wcv", |l| l.chosen()?.wcv),
        Number("rc", |l| l.assessed.repeatability().map(|r| r.rc)),
        Number("rc_upper", |l| l.assessed.repeatability().map(|r| r.rc_interval.1)),
        Number("variance_subject", |l| l.chosen()?.components.map(|c| c.subject)),
        Number("variance_repeat", |l| l.chosen()?.components.and_then(|c| c.repeat)),
        Number("variance_residual", |l| l.chosen()?.components.map(|c| c.residual)),
        Text("verdict", |l| some(l.assessed.verdict)),
        Text("why", |l| Some(why(l.assessed, l.rules))),
        Text("reason", |l| l.assessed.agreement.as_ref().err().map(|r| r.word().to_owned())),
        Number("tau_raw", |l| l.profile()?.tau_raw),
        Number("p_raw", |l| l.profile()?.p_raw),
        Number("tau_log", |l| l.profile()?.tau_log),
        Number("p_log", |l| l.profile()?.p_log),
    ]
}

fn method(method: IntervalMethod) -> &'static str {
    match method {
        IntervalMethod::Exact => "exact",
        IntervalMethod::BootstrapOfSubjects => "bootstrap_of_subjects",
    }
}

/// What a verdict rests on, in a sentence.
fn why(assessed: &Assessed, rules: &Rules) -> String {
    let agreement = match &assessed.agreement {
        Ok(agreement) => agreement,
        Err(Reason::Insufficient) => {
            return format!("too few subjects with all repeats: {}", assessed.n_subjects);
        }
        Err(reason) => return reason.sentence().to_owned(),
    };
    let (form, threshold) = (assessed.form, rules.icc_threshold);
    let Some(icc) = agreement.chosen().icc(form) else {
        return format!("{form} is not defined");
    };
    let (point, lower) = (icc.estimate, icc.interval.map(|i| i.0));
    let lower_word = lower.map_or_else(|| "has no lower bound".into(), |l| format!("lower bound {l:.3}"));
    match assessed.verdict {
        Stability::Stable => format!("{form} {point:.3}, {lower_word}: reaches {threshold}"),
        Stability::Marginal => {
            format!("{form} {point:.3} reaches {threshold}, its {lower_word} does not")
        }
        Stability::Unstable => format!("{form} {point:.3} is below {threshold}"),
        Stability::Undefined => format!("{form} is not defined"),
    }
}
