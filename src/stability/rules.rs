//! What a study of stability is asked: the form of the ICC, the threshold, the scale.

use crate::record::{IccBound, IccForm, NoiseScale, RcBound, RepeatKind};

/// How series are assessed. The default is ICC(A,1), ICC(1,1) for perturbations, and its lower bound against 0.75.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Form of the ICC; by what was repeated where `None`.
    pub icc_form: Option<IccForm>,
    /// Which figure has to reach the threshold.
    pub icc_bound: IccBound,
    /// The threshold of a stable feature.
    pub icc_threshold: f64,
    /// Which figure of RC limits noise.
    pub rc_bound: RcBound,
    /// The scale of differences.
    pub scale: ScaleRule,
    /// Seed of the bootstrap of subjects.
    pub seed: u64,
    /// Number of its resamples.
    pub resamples: usize,
}

/// Which scale a feature's noise is measured on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleRule {
    /// By the precision profile, feature by feature.
    #[default]
    Auto,
    /// One scale for all.
    Always(NoiseScale),
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            icc_form: None,
            icc_bound: IccBound::Lower,
            icc_threshold: 0.75,
            rc_bound: RcBound::Auto,
            scale: ScaleRule::Auto,
            seed: 1,
            resamples: 2000,
        }
    }
}

impl Rules {
    /// The form for repeats of this kind: perturbations are exchangeable, scans and raters are not.
    pub fn form(&self, kind: RepeatKind) -> IccForm {
        self.icc_form.unwrap_or(match kind {
            RepeatKind::Perturbation => IccForm::OneWaySingle,
            RepeatKind::Scan | RepeatKind::Rater => IccForm::AgreementSingle,
        })
    }
}
