//! Estimators on plain slices. They know no patients.

pub mod auc;
pub mod benjamini_hochberg;
pub mod bland_altman;
pub mod bootstrap;
pub mod calibration;
pub mod combat;
pub mod concordance;
pub mod cox;
pub mod elastic_net;
pub mod fisher;
pub mod fit;
pub mod icc;
pub mod kaplan_meier;
pub mod kendall;
mod lanczos;
pub mod linkage;
pub mod log_rank;
pub mod logistic;
pub mod mann_whitney;
pub mod mean_squares;
pub mod mutual_information;
pub mod net_benefit;
pub mod noncentral_t;
pub mod pair_error;
pub mod precision;
pub mod principal;
pub mod rank;
pub mod reml;
pub mod repeatability;
pub mod required;
pub mod sample_size;
pub mod shap;
pub mod sign_flip;
pub mod spearman;
pub mod student;
pub mod trajectory;
pub mod wilson;

#[cfg(test)]
mod cohort_reference;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod survival_reference;
