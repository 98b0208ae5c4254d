//! What is analysed: units (patients, or lesions of patients) by candidate columns.

use crate::analyze::Target;
use crate::record::analysis::Course;

/// Units, what is predicted of them, and the columns that may predict it.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// One per row.
    pub units: Vec<Unit>,
    /// What is predicted.
    pub target: Target,
    /// Candidate columns, one block of each kind at most.
    pub blocks: Vec<Block>,
    /// The site of each unit, where sites are known.
    pub sites: Option<Vec<String>>,
    /// Declared subgroups.
    pub subgroups: Vec<Subgroup>,
    /// Size over the visits, in the order of the units; empty where visits are not known.
    pub courses: Vec<Course>,
}

/// A row of the analysis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Patient: folds, permutations and resamples keep its units together.
    pub subject: String,
    /// Lesion, where units are lesions.
    pub lesion: Option<String>,
}

/// What columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockKind {
    /// One column: the change of volume.
    Volume,
    /// One column: best category of RECIST 1.1 as a number (CR 0, PR 1, SD 2, PD 3).
    Recist,
    /// One column: the category by volume, as a number.
    Volumetric,
    /// Clinical covariates, levels in words as columns of 0 and 1.
    Clinical,
    /// Features at baseline.
    Baseline,
    /// Changes of features.
    Delta,
}

impl BlockKind {
    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Recist => "recist",
            Self::Volumetric => "volumetric",
            Self::Clinical => "clinical",
            Self::Baseline => "baseline",
            Self::Delta => "delta",
        }
    }
}

/// Columns of one kind.
#[derive(Clone, Debug)]
pub struct Block {
    /// Kind.
    pub kind: BlockKind,
    /// Columns, in a fixed order.
    pub columns: Vec<Column>,
}

/// A candidate column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name, unique within its block.
    pub name: String,
    /// One value per unit; NaN where it is missing, so that columns stay plain slices. Never in an output.
    pub values: Vec<f64>,
    /// What a gate said of the feature; none without a gate.
    pub gate: Option<GateWord>,
}

/// What a gate said of a feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateWord {
    /// Whether it is stable; none where the gate cannot tell.
    pub stable: Option<bool>,
    /// Lower bound of its ICC: the representative of a cluster is the feature with the largest.
    pub icc_lower: Option<f64>,
}

/// A declared subgroup column.
#[derive(Clone, Debug)]
pub struct Subgroup {
    /// Column.
    pub name: String,
    /// Level of each unit, where known.
    pub levels: Vec<Option<String>>,
}
