//! One group as the page shows it: its findings in order, and how many are what.

use std::collections::BTreeMap;

use super::error::ReportError;
use super::input::{GroupDesign, StabilityInput};
use super::look;
use crate::diagnose::nearest;
use crate::record::{Family, IccClass, IccForm, RepeatKind, Stability};
use crate::stability::assess::{Agreement, Assessed, IntervalMethod, OnScale};

/// A group with what was found in it.
pub struct GroupView<'a> {
    /// Its design.
    pub design: &'a GroupDesign,
    /// Its features, by family and name.
    pub found: Vec<&'a Assessed>,
    /// Form of the ICC that decides.
    pub form: IccForm,
}

/// How many features have which verdict, in the order of [`Stability::ALL`].
pub type Counts = [usize; 4];

/// One feature's ICC: estimate, and bounds where there are any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IccShown {
    /// The estimate.
    pub estimate: f64,
    /// Lower and upper bound.
    pub interval: Option<(f64, f64)>,
}

/// The groups in the order of the design, and an error for findings that belong to none.
pub fn groups(input: &StabilityInput) -> Result<Vec<GroupView<'_>>, ReportError> {
    if input.assessed.is_empty() {
        return Err(ReportError::Empty);
    }
    let named = |found: &Assessed| input.groups.iter().any(|design| design.group == found.group);
    if let Some(stray) = input.assessed.iter().find(|found| !named(found)) {
        return Err(ReportError::UnknownGroup { group: look::group(&stray.group) });
    }
    let of = |design: &'_ GroupDesign| -> Vec<&Assessed> {
        let mut found: Vec<_> = input.assessed.iter().filter(|found| found.group == design.group).collect();
        found.sort_by(|a, b| a.key.family.cmp(&b.key.family).then_with(|| a.key.cmp(&b.key)));
        found
    };
    let views = input.groups.iter().map(|design| GroupView {
        design,
        found: of(design),
        form: input.rules.form(design.group.kind),
    });
    Ok(views.filter(|view| !view.found.is_empty()).collect())
}

/// Whether a feature is what was asked for: `cm_contrast`, or `cm_contrast 3D_comb`.
pub fn is_asked(found: &Assessed, asked: &str) -> bool {
    asked == found.key.feature
        || asked.split_once([' ', ':', '/']).is_some_and(|(feature, aggregation)| {
            feature == found.key.feature && aggregation == found.key.aggregation_word()
        })
}

/// An error for the first feature that was asked for and is nowhere.
pub fn check_asked(input: &StabilityInput) -> Result<(), ReportError> {
    let is_known = |asked: &str| input.assessed.iter().any(|found| is_asked(found, asked));
    input.asked.iter().find(|asked| !is_known(asked)).map_or(Ok(()), |asked| {
        let known = input.assessed.iter().map(|found| found.key.feature.as_str());
        Err(ReportError::UnknownFeature {
            asked: asked.clone(),
            nearest: nearest(asked, known).map(str::to_owned),
        })
    })
}

impl<'a> GroupView<'a> {
    /// How many features have which verdict.
    pub fn counts(&self) -> Counts {
        counts(self.found.iter().copied())
    }

    /// The families, each with its features.
    pub fn families(&self) -> Vec<(Family, Vec<&'a Assessed>)> {
        let mut families: BTreeMap<Family, Vec<&Assessed>> = BTreeMap::new();
        for found in &self.found {
            families.entry(found.key.family).or_default().push(found);
        }
        families.into_iter().collect()
    }

    /// The ICC that decides on a feature; none that is no number.
    pub fn icc(&self, found: &Assessed) -> Option<IccShown> {
        let icc = chosen(found)?.icc(self.form)?;
        let is_finite = |(lower, upper): &(f64, f64)| lower.is_finite() && upper.is_finite();
        let interval = icc.interval.filter(is_finite);
        icc.estimate.is_finite().then_some(IccShown { estimate: icc.estimate, interval })
    }

    /// Features with an ICC, the highest first; equal ones by name.
    pub fn by_icc(&self) -> Vec<(&'a Assessed, IccShown)> {
        let mut all: Vec<_> =
            self.found.iter().filter_map(|found| Some((*found, self.icc(found)?))).collect();
        all.sort_by(|a, b| b.1.estimate.total_cmp(&a.1.estimate).then_with(|| a.0.key.cmp(&b.0.key)));
        all
    }

    /// Class of the estimate and of the lower bound.
    pub fn classes(&self, found: &Assessed) -> (Option<IccClass>, Option<IccClass>) {
        let icc = self.icc(found);
        let class = |icc: IccShown| IccClass::of(icc.estimate);
        (icc.map(class), icc.and_then(|icc| icc.interval).map(|(lower, _)| IccClass::of(lower)))
    }

    /// Least and greatest number of regions that a feature with an agreement rests on.
    pub fn n_range(&self) -> (usize, usize) {
        let n = || self.found.iter().filter(|found| found.agreement.is_ok()).map(|found| found.n);
        let all = || self.found.iter().map(|found| found.n);
        let greatest = n().max().or_else(|| all().max()).unwrap_or(0);
        (n().min().unwrap_or(greatest), greatest)
    }

    /// Number of repeats of the group.
    pub fn k(&self) -> usize {
        self.found.iter().map(|found| found.k).max().unwrap_or(0)
    }

    /// Whether values are perturbed copies and not repeated scans.
    pub fn in_silico(&self) -> bool {
        self.design.group.kind == RepeatKind::Perturbation
    }

    /// Whether intervals come from a bootstrap of subjects.
    pub fn bootstrapped(&self) -> bool {
        let by = |found: &&Assessed| {
            chosen(found).is_some_and(|c| c.interval_by == IntervalMethod::BootstrapOfSubjects)
        };
        self.found.iter().any(by)
    }
}

/// How many of these have which verdict.
pub fn counts<'a>(found: impl Iterator<Item = &'a Assessed>) -> Counts {
    let mut counts = [0; 4];
    for found in found {
        let place = Stability::ALL.iter().position(|verdict| *verdict == found.verdict).unwrap_or(3);
        counts[place] += 1;
    }
    counts
}

/// The agreement of a feature, where there is one.
pub fn agreement(found: &Assessed) -> Option<&Agreement> {
    found.agreement.as_ref().ok()
}

/// A feature's agreement on the scale that decides.
pub fn chosen(found: &Assessed) -> Option<&OnScale> {
    agreement(found).map(Agreement::chosen)
}
