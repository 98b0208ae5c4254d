//! Options of all verbs that read scans.

use clap::{Args, ValueEnum};

use crate::io::{NiftiForm, PetValues, ReadOptions};

/// How files are read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Which of a NIfTI header's two positions counts where they differ
    #[arg(long, value_enum)]
    nifti_form: Option<FormChoice>,
    /// What values a DICOM PET series is read as: SUV by body weight, or activity as it is stored
    #[arg(long, value_enum, default_value = "suv")]
    pet: PetChoice,
}

/// Which of a NIfTI header's two positions counts.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormChoice {
    /// The sform
    Sform,
    /// The qform
    Qform,
}

/// What values a PET series is read as.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum PetChoice {
    /// SUV by body weight
    Suv,
    /// Activity as it is stored, usually in Bq/mL
    Raw,
}

impl ReadingArgs {
    /// The same with the DICOM series that is meant.
    pub fn options(&self, series: Option<String>) -> ReadOptions {
        ReadOptions {
            nifti_form: self.nifti_form.map(|form| match form {
                FormChoice::Sform => NiftiForm::Sform,
                FormChoice::Qform => NiftiForm::Qform,
            }),
            pet: match self.pet {
                PetChoice::Suv => PetValues::Suv,
                PetChoice::Raw => PetValues::Raw,
            },
            series,
        }
    }
}
