//! Operations on whole images: pyramids, resampling and normalisation.

pub mod noise;
pub mod normalise;
pub mod pyramid;
pub mod resample;
