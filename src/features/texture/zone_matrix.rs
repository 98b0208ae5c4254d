//! How many zones have a grey level and an extent: a size (IBSI 3.8) or a distance (IBSI 3.9). Both families measure the
//! same zones alike.

use super::cross_table::CrossTable;
use super::zones::{Zone, Zones};
use crate::features::roi::Roi;
use crate::record::{Aggregation, Reason};

/// Zones by grey level and extent.
#[derive(Clone, Debug)]
pub struct ZoneMatrix {
    /// Their counts.
    pub table: CrossTable,
    /// N_v, the number of voxels.
    pub voxels: f64,
}

impl ZoneMatrix {
    /// Counts zones, of which there must be at least one.
    pub fn new(zones: &Zones, extent: fn(&Zone) -> u32) -> Self {
        let counts = zones.zones().iter().map(|z| (z.level, extent(z), z.count));
        Self { table: CrossTable::new(counts), voxels: zones.voxels() as f64 }
    }
    /// The matrices over which features are averaged, for each aggregation that is wanted.
    pub fn sources(
        roi: &Roi,
        wanted: &[Aggregation],
        extent: fn(&Zone) -> u32,
    ) -> Vec<Result<Vec<Self>, Reason>> {
        if roi.levels.slices.is_empty() {
            return wanted.iter().map(|_| Err(Reason::EmptyRoi)).collect();
        }
        let matrix = |zones: &Zones| Self::new(zones, extent);
        wanted.iter().map(|aggregation| Ok(roi.zones(*aggregation).iter().map(matrix).collect())).collect()
    }
}
