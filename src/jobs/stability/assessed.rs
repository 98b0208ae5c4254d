//! A study and what was found of it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::repeated::{self, Repeated};
use crate::delta::gate::ExpectedShare;
use crate::record::{IccForm, RepeatKind, Stability};
use crate::stability::StabilityError;
use crate::stability::assess::{Assessed, assess};
use crate::stability::chance::{ExpectedShares, expected_share};
use crate::stability::rules::Rules;
use crate::stability::study::{Group, Series, Study};

/// What was found of a study.
#[derive(Debug)]
pub struct Findings {
    /// The repeats.
    pub study: Study,
    /// One per series, in their order.
    pub assessed: Vec<Assessed>,
    /// The groups, in order.
    pub groups: Vec<GroupFindings>,
}

/// What was found of one group.
#[derive(Clone, Debug)]
pub struct GroupFindings {
    /// The group.
    pub group: Group,
    /// Subjects that have any measurement.
    pub subjects: Vec<String>,
    /// Number of regions that have any.
    pub regions: usize,
    /// Number of regions and repeats that most features are assessed on.
    pub usual: Option<(usize, usize)>,
    /// What chance alone puts beyond the limits of such a study.
    pub expected: Option<ExpectedShare>,
    /// Number of features.
    pub features: usize,
    /// Number of features per verdict, in the order of [`Stability::ALL`].
    pub verdicts: Vec<(Stability, usize)>,
}

impl Findings {
    /// Puts the rows into series and assesses each.
    pub fn of(rows: &[Repeated], rules: &Rules) -> Result<Self, StabilityError> {
        let study = Study::of(repeated::measurements(rows))?;
        let assessed: Vec<Assessed> = study.series.par_iter().map(|series| assess(series, rules)).collect();
        let mut simulated = Simulated { rules, shares: BTreeMap::new() };
        let groups: Vec<Group> = study.repeats.keys().cloned().collect();
        let groups = groups
            .into_iter()
            .map(|group| GroupFindings::of(group, &study.series, &assessed, &mut simulated))
            .collect();
        Ok(Self { study, assessed, groups })
    }
}

impl GroupFindings {
    fn of(group: Group, series: &[Series], assessed: &[Assessed], simulated: &mut Simulated) -> Self {
        let rows = series.iter().filter(|s| s.group == group).flat_map(|s| &s.rows);
        let measured = rows.filter(|row| row.values.iter().any(Option::is_some));
        let mut regions: Vec<(&str, &str)> =
            measured.map(|row| (row.subject.as_str(), row.roi.as_str())).collect();
        regions.sort_unstable();
        regions.dedup();
        let mut subjects: Vec<String> = regions.iter().map(|(subject, _)| (*subject).to_owned()).collect();
        subjects.dedup();
        let of_group: Vec<&Assessed> = assessed.iter().filter(|a| a.group == group).collect();
        let count = |verdict: Stability| of_group.iter().filter(|a| a.verdict == verdict).count();
        let usual = usual(&of_group);
        Self {
            expected: usual.map(|(n, k)| simulated.share(n, k, group.kind)),
            regions: regions.len(),
            features: of_group.len(),
            verdicts: Stability::ALL.iter().map(|v| (*v, count(*v))).collect(),
            subjects,
            usual,
            group,
        }
    }
    /// Number of features with a verdict.
    pub fn with(&self, verdict: Stability) -> usize {
        self.verdicts.iter().find(|(v, _)| *v == verdict).map_or(0, |(_, n)| *n)
    }
}

/// Numbers of regions and repeats that most features have; of equally many the smaller study.
fn usual(assessed: &[&Assessed]) -> Option<(usize, usize)> {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for one in assessed.iter().filter(|a| a.agreement.is_ok()) {
        *counts.entry((one.n, one.k)).or_insert(0) += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(design, _)| design)
}

/// Shares that were simulated already.
struct Simulated<'a> {
    rules: &'a Rules,
    shares: BTreeMap<(usize, usize, IccForm), ExpectedShares>,
}

impl Simulated<'_> {
    fn share(&mut self, n: usize, k: usize, kind: RepeatKind) -> ExpectedShare {
        let rules = self.rules;
        let form = rules.form(kind);
        let simulate = || {
            let (bound, threshold) = (rules.icc_bound, rules.icc_threshold);
            expected_share(n, k, form, bound, threshold, rules.rc_bound, rules.seed)
        };
        let share = *self.shares.entry((n, k, form)).or_insert_with(simulate);
        ExpectedShare { all: share.all, stable: share.stable }
    }
}
