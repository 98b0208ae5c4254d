//! Tables for models: one row per lesion, one column per feature.
//!
//! Which columns there are is known only when all patients were seen, so the wide tables are made in a second pass.

pub(in crate::jobs::cohort) mod columns;
mod deltas;
mod features;
mod row;

use super::error::CollectError;
use super::request::DeltaScale;
use super::source::{Part, Source};
use super::stream::ShortTable;
use crate::delta::contour::LesionContour;
use crate::store::Staging;

pub use columns::{Columns, Headings};
use row::WideRow;

/// The wide tables under construction.
pub struct WideTables {
    headings: Headings,
    scale: DeltaScale,
    features: ShortTable<WideRow>,
    deltas: ShortTable<WideRow>,
}

impl WideTables {
    /// Starts the tables in the study's staging.
    pub fn create(staging: &Staging, columns: Columns, scale: DeltaScale) -> Result<Self, CollectError> {
        let headings = columns.headings();
        let start = |name, about| {
            let names = headings.names().to_vec();
            let form = row::form(about, &names);
            ShortTable::create(staging, name, &form, move |rows| row::table(about, &names, rows))
        };
        let features = start("features_wide", features::ABOUT)?;
        let deltas = start("deltas_wide", deltas::ABOUT)?;
        Ok(Self { headings, scale, features, deltas })
    }

    /// Adds a patient.
    pub fn append(
        &mut self,
        source: &Source,
        features: &Part,
        deltas: &Part,
        contour: LesionContour,
    ) -> Result<(), CollectError> {
        let decided = super::decide::deciding(source, &deltas.sheet, contour)?;
        let rows = features::rows(source, &features.sheet, &decided, contour, &self.headings)?;
        self.features.append(rows)?;
        self.deltas.append(deltas::rows(source, &deltas.sheet, &decided, self.scale, &self.headings)?)
    }

    /// Writes what is left.
    pub fn finish(self) -> Result<(), CollectError> {
        self.features.finish()?;
        self.deltas.finish()
    }
}
