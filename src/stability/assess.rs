//! How far the repeats of one feature differ, and whether it is stable.

use super::study::Group;
use crate::record::{FeatureKey, IccClass, IccForm, NoiseScale, Reason, Stability};
use crate::stats::bland_altman::BlandAltman;
use crate::stats::icc::Icc;
use crate::stats::precision::PrecisionProfile;
use crate::stats::reml::VarianceComponents;
use crate::stats::repeatability::Repeatability;

/// What was found of one feature in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// What was pooled.
    pub group: Group,
    /// What was measured.
    pub key: FeatureKey,
    /// Its unit.
    pub unit: String,
    /// Number of regions with enough repeats.
    pub n: usize,
    /// Number of subjects that they belong to.
    pub n_subjects: usize,
    /// Number of repeats.
    pub k: usize,
    /// Regions left out because repeats were missing.
    pub dropped: usize,
    /// Whether it is stable.
    pub verdict: Stability,
    /// Form of the ICC that the verdict rests on.
    pub form: IccForm,
    /// The agreement, or why there is none.
    pub agreement: Result<Agreement, Reason>,
}

/// Agreement on the scales that are possible.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// The scale that decides.
    pub scale: NoiseScale,
    /// What chose it; `None` where it was given, or repeats are more than two.
    pub profile: Option<PrecisionProfile>,
    /// On the values.
    pub raw: OnScale,
    /// On their logarithms, where all are positive.
    pub log: Option<OnScale>,
}

/// Agreement on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct OnScale {
    /// The scale.
    pub scale: NoiseScale,
    /// Mean of all values on this scale.
    pub mean: f64,
    /// The six ICCs in the order of [`IccForm::ALL`]; `None` where one is not defined on this table.
    pub iccs: [Option<Icc>; 6],
    /// How the intervals were made.
    pub interval_by: IntervalMethod,
    /// Lin's concordance; of two repeats only.
    pub ccc: Option<f64>,
    /// Bias and limits; of two repeats only.
    pub bland_altman: Option<BlandAltman>,
    /// wSD and RC.
    pub repeatability: Repeatability,
    /// RC in percent of the mean; on the raw scale, where the mean is positive.
    pub rc_percent: Option<f64>,
    /// Within-subject coefficient of variation: sqrt(exp(wSD^2) - 1) on logarithms, wSD / mean on values.
    pub wcv: Option<f64>,
    /// Variance components, where repeats are more than two or cells are missing.
    pub components: Option<VarianceComponents>,
    /// Subject, mean and difference (second minus first) of each pair; empty for more than two repeats.
    pub pairs: Vec<Pair>,
}

/// One pair of a Bland-Altman plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The subject.
    pub subject: String,
    /// Mean of both repeats.
    pub mean: f64,
    /// Second minus first.
    pub difference: f64,
}

/// How the 95 % intervals of ICCs, wSD and RC were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalMethod {
    /// F and chi-square distributions, of one region per subject.
    Exact,
    /// Bootstrap of subjects, of several regions per subject or a table with holes.
    BootstrapOfSubjects,
}

impl Agreement {
    /// The agreement on the scale that decides.
    pub fn chosen(&self) -> &OnScale {
        match (self.scale, &self.log) {
            (NoiseScale::Log, Some(log)) => log,
            _ => &self.raw,
        }
    }
}

impl OnScale {
    /// The ICC of a form.
    pub fn icc(&self, form: IccForm) -> Option<&Icc> {
        IccForm::ALL.iter().zip(&self.iccs).find(|(of, _)| **of == form).and_then(|(_, icc)| icc.as_ref())
    }
    /// Classes of an ICC's estimate and of its lower bound.
    pub fn classes(&self, form: IccForm) -> Option<(IccClass, Option<IccClass>)> {
        let icc = self.icc(form)?;
        Some((IccClass::of(icc.estimate), icc.interval.map(|(lower, _)| IccClass::of(lower))))
    }
}
