//! Operations on whole images: resampling and normalisation.

pub mod normalise;
pub mod resample;
