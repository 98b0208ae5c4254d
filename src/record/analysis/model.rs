//! A model, how it does on units it has not seen, and what it is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Calibration, DecisionPoint, Interval, Optimism, Permutation, RocPoint, TargetKind};

/// Which columns a model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The change of volume, alone.
    Volume,
    /// The category of RECIST 1.1, alone.
    Recist,
    /// The category by volume, alone.
    Volumetric,
    /// Clinical covariates.
    Clinical,
    /// Features at baseline.
    Baseline,
    /// Changes of features.
    Deltas,
    /// Clinical covariates, volume, baseline and deltas.
    All,
}

impl ModelKind {
    /// All, in the order of tables and figures.
    pub const ALL: [Self; 7] = [
        Self::Volume,
        Self::Recist,
        Self::Volumetric,
        Self::Clinical,
        Self::Baseline,
        Self::Deltas,
        Self::All,
    ];

    /// The word of the tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Recist => "recist",
            Self::Volumetric => "volumetric",
            Self::Clinical => "clinical",
            Self::Baseline => "baseline",
            Self::Deltas => "deltas",
            Self::All => "all",
        }
    }
}

/// Whether a model could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelStatus {
    /// In every fold.
    Fitted,
    /// Some folds have a constant prediction (nothing was selected, or nothing passed the filters).
    ConstantInFolds,
    /// There are no columns for it.
    NoCandidates,
    /// There are too few units, patients or events.
    TooFew,
}

/// A model and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelResult {
    /// Which.
    pub model: ModelKind,
    /// Whether it could be made.
    pub status: ModelStatus,
    /// Why not, or in how many folds it is constant.
    pub note: Option<String>,
    /// Area under the ROC curve, or Harrell's C, from pairs within folds, over all repeats.
    pub discrimination: Option<Interval>,
    /// Uno's C, with its horizon in days; survival only.
    pub uno: Option<(f64, f64)>,
    /// The same figure by repeat.
    pub by_repeat: Vec<f64>,
    /// Exchanged labels.
    pub permutation: Option<Permutation>,
    /// ROC curve of mean predictions over repeats; response only.
    pub roc: Vec<RocPoint>,
    /// Predicted against observed; for survival, at the horizon.
    pub calibration: Option<Calibration>,
    /// Net benefit; response only.
    pub decision: Vec<DecisionPoint>,
    /// How much the model flatters itself.
    pub optimism: Option<Optimism>,
    /// How often a feature was chosen over folds and repeats, the most frequent first.
    pub chosen: Vec<(String, f64)>,
    /// The model on all units.
    pub frozen: Option<FrozenModel>,
    /// What drives it.
    pub explained: Option<Explained>,
}

/// A model fitted on all units (`model.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrozenModel {
    /// Version of this file's form.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Which model.
    pub model: ModelKind,
    /// What it predicts.
    pub target: TargetKind,
    /// Measurement hashes that its features were measured under; empty where the table does not say.
    pub measurement_hashes: Vec<String>,
    /// The scale of its deltas.
    pub delta_scale: String,
    /// The levels of each covariate in words that it was fitted to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, Vec<String>>,
    /// Constant of the linear predictor; zero for survival.
    pub intercept: f64,
    /// Its terms.
    pub coefficients: Vec<Coefficient>,
    /// Survival where the linear predictor is zero, by days from the landmark; survival only.
    pub baseline_survival: Vec<(f64, f64)>,
    /// Penalty.
    pub lambda: f64,
    /// Mixing of the elastic net.
    pub alpha: f64,
    /// Range of the linear predictor on the units it was fitted to.
    pub range: (f64, f64),
    /// Units, patients and events it was fitted to.
    pub fitted_to: (usize, usize, usize),
}

/// A term of a model: `coefficient * (value - mean) / sd`; where the value is missing, `(imputed - mean) / sd`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Block: `volume`, `clinical`, `baseline` or `delta`.
    pub block: String,
    /// Column of that block.
    pub feature: String,
    /// Weight per standard deviation.
    pub coefficient: f64,
    /// Mean of the column.
    pub mean: f64,
    /// Its standard deviation (divisor n).
    pub sd: f64,
    /// What stands for a missing value: the median.
    pub imputed: f64,
    /// Smallest and largest value it was fitted to, as measured.
    pub range: (f64, f64),
    /// What sites added to the column, where sites were harmonised: it is taken off before all else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<SiteEffects>,
}

/// What sites add to a feature, by ComBat: with `expected = level + sum of slope * covariate`, the value becomes
/// `(value - expected - shift) / scale + expected`. A value of another site stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteEffects {
    /// The expected value where all covariates are zero.
    pub level: f64,
    /// Covariates whose effect is no site's.
    pub covariates: Vec<CovariateEffect>,
    /// The sites that the model was fitted to.
    pub sites: Vec<SiteEffect>,
}

/// What a covariate adds to a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CovariateEffect {
    /// Column of the block `clinical`.
    pub feature: String,
    /// Change of the feature per unit of the covariate.
    pub slope: f64,
    /// What stands for a missing value: the median.
    pub imputed: f64,
}

/// What a site adds to a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteEffect {
    /// Site.
    pub site: String,
    /// Added, in units of the feature.
    pub shift: f64,
    /// By how much its spread differs.
    pub scale: f64,
}

/// What drives a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// Importance by feature, the largest first.
    pub importance: Vec<ImportanceRow>,
    /// Exact SHAP values of the linear predictor: one row per unit, one column per row of `importance`.
    pub shap: Vec<Vec<f64>>,
    /// The model as lines to read off.
    pub nomogram: Option<Nomogram>,
}

/// Importance of a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportanceRow {
    /// Feature.
    pub feature: String,
    /// Mean absolute SHAP value.
    pub mean_shap: f64,
    /// Loss of discrimination where the column is shuffled among the units of a test fold.
    pub permutation: Option<f64>,
}

/// A model as lines to read off: points per value, and what their sum predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nomogram {
    /// One line per term.
    pub axes: Vec<NomogramAxis>,
    /// Sum of points against what is predicted (probability, or survival at the horizon).
    pub total: Vec<(f64, f64)>,
    /// What is predicted, in words.
    pub predicts: String,
}

/// A line of a nomogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NomogramAxis {
    /// Feature.
    pub feature: String,
    /// Values and their points.
    pub ticks: Vec<(f64, f64)>,
}
