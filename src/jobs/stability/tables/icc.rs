//! `icc.csv`: six ICCs and the agreement of every feature, on every scale that is possible.

use delta_table::{Table, TableError};

use super::Column::{Number, Text};
use super::{some, table};
use crate::record::{IccClass, IccForm, NoiseScale, Reason, Status};
use crate::stability::assess::{Assessed, OnScale};
use crate::stats::icc::Icc;
use crate::stats::repeatability::Repeatability;

/// One ICC of one feature on one scale.
struct Line<'a> {
    assessed: &'a Assessed,
    scale: NoiseScale,
    form: IccForm,
    on_scale: Option<&'a OnScale>,
}

impl<'a> Line<'a> {
    fn icc(&self) -> Option<&'a Icc> {
        self.on_scale?.icc(self.form)
    }
    fn repeatability(&self) -> Option<Repeatability> {
        self.on_scale.map_or(self.assessed.within, |s| Some(s.repeatability))
    }
    fn lower(&self) -> Option<f64> {
        self.icc()?.interval.map(|i| i.0)
    }
    /// Whether there is this ICC, and why not.
    fn status(&self) -> (Status, Option<Reason>) {
        let two_way = !matches!(self.form, IccForm::OneWaySingle | IccForm::OneWayMean);
        match (&self.assessed.agreement, self.icc(), self.on_scale) {
            (Err(reason), ..) => (Status::Undefined, Some(*reason)),
            (Ok(_), Some(_), _) => (Status::Ok, None),
            // Repeats that are missing leave no two-way table.
            (Ok(_), None, Some(on_scale)) if two_way && on_scale.icc(IccForm::OneWaySingle).is_some() => {
                (Status::Refused, Some(Reason::Insufficient))
            }
            (Ok(_), None, _) => (Status::Undefined, Some(Reason::ZeroDenominator)),
        }
    }
}

/// The table, in the order of the findings.
pub fn icc(assessed: &[Assessed]) -> Result<Table, TableError> {
    let mut lines = Vec::new();
    for assessed in assessed {
        let scales: Vec<(NoiseScale, Option<&OnScale>)> = match &assessed.agreement {
            Ok(agreement) => std::iter::once(&agreement.raw)
                .chain(&agreement.log)
                .map(|on_scale| (on_scale.scale, Some(on_scale)))
                .collect(),
            Err(_) => vec![(NoiseScale::Raw, None)],
        };
        for (scale, on_scale) in scales {
            lines.extend(IccForm::ALL.iter().map(|form| Line { assessed, scale, form: *form, on_scale }));
        }
    }
    table(&columns(), &lines)
}

fn columns<'a>() -> Vec<super::Column<Line<'a>>> {
    vec![
        Text("roi_role", |l| some(l.assessed.group.rois.role)),
        Text("roi", |l| l.assessed.group.rois.roi.clone()),
        Text("image", |l| some(&l.assessed.key.image)),
        Text("family", |l| some(l.assessed.key.family)),
        Text("feature", |l| some(&l.assessed.key.feature)),
        Text("aggregation", |l| some(l.assessed.key.aggregation_word())),
        Text("mask_source", |l| some(l.assessed.group.source)),
        Text("repeat_kind", |l| some(l.assessed.group.kind)),
        Text("scale", |l| some(l.scale)),
        Text("n", |l| some(l.assessed.n)),
        Text("k", |l| some(l.assessed.k)),
        Text("form", |l| some(l.form)),
        Number("icc", |l| l.icc().map(|i| i.estimate)),
        Number("lower", Line::lower),
        Number("upper", |l| l.icc()?.interval.map(|i| i.1)),
        Number("f", |l| l.icc().map(|i| i.f)),
        Number("df1", |l| l.icc().map(|i| i.df1)),
        Number("df2", |l| l.icc().map(|i| i.df2)),
        Number("p", |l| l.icc().map(|i| i.p)),
        Number("ccc", |l| l.on_scale?.ccc),
        Number("bias", |l| l.on_scale?.bland_altman.map(|b| b.bias)),
        Number("bias_lower", |l| l.on_scale?.bland_altman.map(|b| b.bias_interval.lower)),
        Number("bias_upper", |l| l.on_scale?.bland_altman.map(|b| b.bias_interval.upper)),
        Number("loa_lower", |l| l.on_scale?.bland_altman.map(|b| b.limits.lower)),
        Number("loa_upper", |l| l.on_scale?.bland_altman.map(|b| b.limits.upper)),
        Number("wsd", |l| l.repeatability().map(|r| r.wsd)),
        Number("wcv", |l| l.on_scale?.wcv),
        Number("sem", |l| l.repeatability().map(|r| r.wsd)),
        Number("rc", |l| l.repeatability().map(|r| r.rc)),
        Number("rc_lower", |l| l.repeatability().map(|r| r.rc_interval.0)),
        Number("rc_upper", |l| l.repeatability().map(|r| r.rc_interval.1)),
        Number("rc_percent", |l| l.on_scale?.rc_percent),
        Number("mdc", |l| l.repeatability().map(|r| r.rc)),
        Text("class_point", |l| l.icc().and_then(|i| some(IccClass::of(i.estimate)))),
        Text("class_lower", |l| l.lower().and_then(|lower| some(IccClass::of(lower)))),
        Text("status", |l| some(l.status().0)),
        Text("reason", |l| l.status().1.and_then(some)),
    ]
}
