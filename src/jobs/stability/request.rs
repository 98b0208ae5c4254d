//! What a user asks of `delta stability`.

use std::path::PathBuf;

use crate::io::ReadOptions;
use crate::record::{IccBound, IccForm, MaskSource, Modality, NoiseScale, RcBound, RepeatKind, RoiRole};
use crate::stability::rules::{Rules, ScaleRule};
use crate::store::Existing;

/// What is asked.
#[derive(Clone, Debug)]
pub struct StabilityRequest {
    /// Repeated scans, or features of them.
    pub repeats: Repeats,
    /// Folder of the result.
    pub out: PathBuf,
    /// The condition whose repeats count, where there are several.
    pub condition: Option<String>,
    /// How features are assessed; what is left out is the protocol's, else the default.
    pub rules: AskedRules,
    /// Features whose Bland-Altman plot the page shows besides.
    pub features: Vec<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// What happens to an existing result.
    pub existing: Existing,
}

/// Where the repeats are.
#[derive(Clone, Debug)]
pub enum Repeats {
    /// A manifest of scans.
    Scans(ScansRequest),
    /// A table of features, and what it does not say itself.
    Table(TableRequest),
}

/// Repeated scans.
#[derive(Clone, Debug)]
pub struct ScansRequest {
    /// The manifest.
    pub manifest: PathBuf,
    /// Name or file of the protocol.
    pub protocol: Option<String>,
    /// Modality of scans that nobody describes.
    pub modality: Option<String>,
    /// Units of scans that nobody describes.
    pub units: Option<String>,
    /// How files are read.
    pub reading: ReadOptions,
    /// Each scan is perturbed instead of compared with its repeat.
    pub perturb: Option<PerturbRequest>,
}

/// In-silico repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerturbRequest {
    /// Perturbations of each scan.
    pub count: u32,
    /// What is done, by letters.
    pub chain: String,
}

/// A table of features.
#[derive(Clone, Debug)]
pub struct TableRequest {
    /// The table.
    pub table: PathBuf,
    /// Role of regions where the table does not say it.
    pub role: RoiRole,
    /// Source of contours where the table does not say it.
    pub source: MaskSource,
    /// What was repeated where the table does not say it.
    pub kind: RepeatKind,
    /// Modality where the table does not say it.
    pub modality: Option<Modality>,
}

/// The rules as far as they were asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskedRules {
    /// Form of the ICC.
    pub icc_form: Option<IccForm>,
    /// Which figure has to reach the threshold.
    pub icc_bound: Option<IccBound>,
    /// The threshold.
    pub icc_threshold: Option<f64>,
    /// Which figure of RC limits noise.
    pub rc_bound: Option<RcBound>,
    /// One scale for all features.
    pub scale: Option<NoiseScale>,
}

impl AskedRules {
    /// The whole rules: what was asked for, else what the protocol says, else the default.
    pub fn complete(self, protocol: AskedRules, seed: u64) -> Rules {
        let usual = Rules::default();
        Rules {
            icc_form: self.icc_form.or(protocol.icc_form),
            icc_bound: self.icc_bound.or(protocol.icc_bound).unwrap_or(usual.icc_bound),
            icc_threshold: self.icc_threshold.or(protocol.icc_threshold).unwrap_or(usual.icc_threshold),
            rc_bound: self.rc_bound.or(protocol.rc_bound).unwrap_or(usual.rc_bound),
            scale: self.scale.map_or(ScaleRule::Auto, ScaleRule::Always),
            seed,
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_goes_before_the_protocol_and_that_before_the_default() {
        let asked = AskedRules { icc_threshold: Some(0.9), ..AskedRules::default() };
        let protocol = AskedRules {
            icc_threshold: Some(0.8),
            icc_bound: Some(IccBound::Point),
            ..AskedRules::default()
        };
        let rules = asked.complete(protocol, 7);
        assert_eq!((rules.icc_threshold, rules.icc_bound, rules.seed), (0.9, IccBound::Point, 7));
        assert_eq!((rules.rc_bound, rules.scale), (RcBound::Auto, ScaleRule::Auto));
    }
}
