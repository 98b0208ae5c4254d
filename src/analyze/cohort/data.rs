//! A cohort's columns as matrices, by block.

use nalgebra::DMatrix;

use crate::analyze::cohort::patients::patients_of;
use crate::analyze::learn::plan::NEAR;
use crate::analyze::learn::ranks::{Column, longest_run, order};
use crate::analyze::{Block, BlockKind, Cohort, GateWord};
use crate::record::analysis::ModelKind;

/// Columns of one kind: units by columns, NaN where a value is missing.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct BlockData {
    pub kind: BlockKind,
    pub names: Vec<String>,
    pub values: DMatrix<f64>,
    /// By column: its units in ascending order.
    pub orders: Vec<Vec<u32>>,
    /// By column: the most units that share a value.
    pub runs: Vec<u32>,
    pub gates: Vec<Option<GateWord>>,
}

/// All columns of a cohort.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Data {
    pub blocks: Vec<BlockData>,
    /// The patient of each unit.
    pub patient: Vec<usize>,
    /// The site of each unit, as a place in the sorted names.
    pub site: Option<Vec<usize>>,
    /// Names of the sites.
    pub sites: Vec<String>,
}

impl Data {
    pub(in crate::analyze) fn of(cohort: &Cohort) -> Self {
        let units = cohort.units.len();
        let blocks = cohort
            .blocks
            .iter()
            .filter(|block| !block.columns.is_empty())
            .map(|block| {
                let values = matrix(block, units);
                let orders: Vec<Vec<u32>> =
                    values.column_iter().map(|column| order(column.as_slice())).collect();
                let columns = values.column_iter().zip(&orders);
                BlockData {
                    kind: block.kind,
                    names: block.columns.iter().map(|c| c.name.clone()).collect(),
                    runs: columns
                        .map(|(column, order)| longest_run(Column { values: column.as_slice(), order }, NEAR))
                        .collect(),
                    orders,
                    values,
                    gates: block.columns.iter().map(|c| c.gate).collect(),
                }
            })
            .collect();
        let mut sites: Vec<String> = cohort.sites.clone().unwrap_or_default();
        sites.sort();
        sites.dedup();
        let site = cohort
            .sites
            .as_ref()
            .map(|of| of.iter().map(|name| sites.binary_search(name).unwrap_or(0)).collect());
        Self { blocks, patient: patients_of(&cohort.units), site, sites }
    }

    /// The block of a kind, as a place in `blocks`.
    pub(in crate::analyze) fn place(&self, kind: BlockKind) -> Option<usize> {
        self.blocks.iter().position(|block| block.kind == kind)
    }

    /// The block of a kind.
    pub(in crate::analyze) fn block(&self, kind: BlockKind) -> Option<&BlockData> {
        self.blocks.iter().find(|block| block.kind == kind)
    }

    /// The blocks that a model may use, as places; empty where there are none.
    pub(in crate::analyze) fn places(&self, model: ModelKind) -> Vec<usize> {
        kinds(model).iter().filter_map(|kind| self.place(*kind)).collect()
    }

    /// The change of volume.
    pub(in crate::analyze) fn volume(&self) -> Option<Column<'_>> {
        self.block(BlockKind::Volume).map(|block| block.column(0))
    }
}

impl BlockData {
    /// Whether a column has a value for each unit.
    pub(in crate::analyze) fn is_complete(&self, place: usize) -> bool {
        let Column { values, order } = self.column(place);
        order.last().is_none_or(|last| !values[*last as usize].is_nan())
    }

    /// A column and the order of its units.
    pub(in crate::analyze) fn column(&self, place: usize) -> Column<'_> {
        let units = self.values.nrows();
        Column { values: &self.values.as_slice()[place * units..][..units], order: &self.orders[place] }
    }
}

/// The blocks that a model is made of.
pub(in crate::analyze) fn kinds(model: ModelKind) -> &'static [BlockKind] {
    match model {
        ModelKind::Volume => &[BlockKind::Volume],
        ModelKind::Recist => &[BlockKind::Recist],
        ModelKind::Volumetric => &[BlockKind::Volumetric],
        ModelKind::Clinical => &[BlockKind::Clinical],
        ModelKind::Baseline => &[BlockKind::Baseline],
        ModelKind::Deltas => &[BlockKind::Delta],
        ModelKind::All => &[BlockKind::Clinical, BlockKind::Volume, BlockKind::Baseline, BlockKind::Delta],
    }
}

/// Whether columns of a kind are features: filtered, harmonised, screened.
pub(in crate::analyze) fn is_features(kind: BlockKind) -> bool {
    matches!(kind, BlockKind::Baseline | BlockKind::Delta)
}

fn matrix(block: &Block, units: usize) -> DMatrix<f64> {
    // An infinite value says no more than a missing one, and a column that is too short has its end missing.
    DMatrix::from_fn(units, block.columns.len(), |unit, column| {
        block.columns[column].values.get(unit).copied().filter(|v| v.is_finite()).unwrap_or(f64::NAN)
    })
}
