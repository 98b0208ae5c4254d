//! Alignments that were found, kept in files: thresholds can be tried again without registering again.

use std::path::Path;

use delta_radiomics::register::qa::{RivalStart, TurnedStart};
use delta_radiomics::transform::{Lattice, Rigid, Spline, Transform};
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

/// What a registration tells those who judge it.
#[derive(Clone, Debug)]
pub struct Aligned {
    /// The rigid part.
    pub rigid: Transform,
    /// The whole.
    pub transform: Transform,
    /// The best start that ended elsewhere.
    pub rival: Option<RivalStart>,
    /// The best turned start.
    pub turned: Option<TurnedStart>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    rotation: Vec<f64>,
    shift: [f64; 3],
    dims: [usize; 3],
    spacing_mm: [f64; 3],
    origin: [f64; 3],
    directions: Vec<f64>,
    coefficients: [Vec<f64>; 3],
    rival: Option<[f64; 3]>,
    turned: Option<[f64; 2]>,
}

/// Writes an alignment that has a spline.
pub fn write(path: &Path, aligned: &Aligned) -> std::io::Result<()> {
    let Some(spline) = &aligned.transform.spline else { return Ok(()) };
    let (rigid, lattice) = (&aligned.transform.rigid, spline.lattice());
    let kept = Kept {
        rotation: rigid.rotation().as_slice().to_vec(),
        shift: (*rigid.shift()).into(),
        dims: lattice.dims(),
        spacing_mm: lattice.spacing_mm(),
        origin: lattice.origin().into(),
        directions: lattice.directions().as_slice().to_vec(),
        coefficients: spline.coefficients().clone(),
        rival: aligned.rival.map(|r| [r.distance_mm, r.angle_degrees, r.gap]),
        turned: aligned.turned.map(|t| [t.likeness, t.ordinary]),
    };
    std::fs::write(path, serde_json::to_string(&kept)?)
}

/// Reads one back; `None` where there is none.
pub fn read(path: &Path) -> Option<Aligned> {
    let kept: Kept = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let matrix = |v: &[f64]| Matrix3::from_column_slice(v);
    let rigid = Rigid::from_parts(matrix(&kept.rotation), Vector3::from(kept.shift));
    let origin = Vector3::from(kept.origin);
    let lattice = Lattice::from_parts(kept.dims, kept.spacing_mm, origin, matrix(&kept.directions));
    Some(Aligned {
        rigid: Transform::from_rigid(rigid.clone()),
        transform: Transform { rigid, spline: Some(Spline::new(lattice, kept.coefficients)) },
        rival: kept.rival.map(|[distance_mm, angle_degrees, gap]| RivalStart {
            distance_mm,
            angle_degrees,
            gap,
        }),
        turned: kept.turned.map(|[likeness, ordinary]| TurnedStart { likeness, ordinary }),
    })
}
