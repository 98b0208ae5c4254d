//! What the test-retest report is made from. Plain records: whatever is said on the page stands in here.

use crate::stability::assess::Assessed;
use crate::stability::rules::Rules;
use crate::stability::study::Group;

/// Everything that the page of a study of stability says.
#[derive(Clone, Debug)]
pub struct StabilityInput {
    /// Version of the program (`0.1.0`).
    pub version: String,
    /// Name of the study; a general heading where `None`.
    pub title: Option<String>,
    /// What features were assessed by.
    pub rules: Rules,
    /// One per group that was assessed, in the order in which they stand on the page.
    pub groups: Vec<GroupDesign>,
    /// What was found, of all features in all groups. Findings of a group without a design are an error.
    pub assessed: Vec<Assessed>,
    /// How scans were perturbed; `None` for repeated scans and raters.
    pub perturbation: Option<PerturbationDesign>,
    /// How the values were measured as (label, value): protocol, modality, sampling, bins; empty for a ready table.
    pub protocol: Vec<(String, String)>,
    /// What was assumed or left out for the whole study, in sentences.
    pub notes: Vec<String>,
    /// Features whose Bland-Altman plot was asked for, by tag (`cm_contrast`) or by tag and aggregation.
    pub asked: Vec<String>,
    /// Origin of everything as (label, value): inputs, hashes, seed, command.
    pub provenance: Vec<(String, String)>,
}

/// The design of one group: what was repeated, on whom.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDesign {
    /// Its regions, the source of their masks, and what was repeated.
    pub group: Group,
    /// Number of subjects that have any measurement.
    pub subjects: usize,
    /// Number of regions that have any measurement; at least the subjects.
    pub regions: usize,
    /// Names of the repeats, in order (`test`, `retest`).
    pub repeats: Vec<String>,
    /// Who was left out and why, in sentences (`P07: no second scan.`).
    pub dropped: Vec<String>,
    /// What chance alone puts beyond the noise limit; `None` where it was not simulated.
    pub expected: Option<ExpectedBeyond>,
}

/// Expected share of deltas of unchanged patients beyond their noise limit, each between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedBeyond {
    /// Of all features.
    pub all: f64,
    /// Of those that the gate calls stable; selection favours features whose noise was underestimated. `None` where no
    /// feature passes.
    pub stable: Option<f64>,
}

/// How scans and masks were perturbed.
#[derive(Clone, Debug, PartialEq)]
pub struct PerturbationDesign {
    /// The chain's letters: noise, translation, rotation, volume (`NTRV`).
    pub chain: String,
    /// Number of perturbations of each scan.
    pub count: u32,
    /// Their seed.
    pub seed: u64,
}
