//! A pair of scans with a lesion in both, and how a map between them treats it.

use std::path::{Path, PathBuf};

use delta_radiomics::geometry::{Fixed, Frame, Grid, Moving};
use delta_radiomics::io::landmarks::{Landmark, read_landmarks};
use delta_radiomics::io::{ReadOptions, nifti, read_label_map};
use delta_radiomics::labels::Mask;
use delta_radiomics::propagate::{agreement, carry};
use delta_radiomics::register::lesion::rigid::residual_mm;
use delta_radiomics::transform::{Chain, Field, Planes, Transform};
use delta_radiomics::volume::Volume;

/// A pair of the reference data.
pub struct LesionPair {
    pub fixed: PathBuf,
    pub moving: PathBuf,
    /// The baseline's lesion.
    pub lesion: Mask<Moving>,
    /// The follow-up's.
    pub drawn: Mask<Fixed>,
    /// The baseline's through the true map, where that is known.
    pub truly_carried: Option<Mask<Fixed>>,
    /// Points seen in both scans, where there are any.
    pub landmarks: Vec<Landmark>,
}

/// What a map does with the lesion.
pub struct Score {
    /// Mean distance at the landmarks in mm.
    pub tre_mm: Option<f64>,
    /// Dice with the baseline's lesion through the true map, and volume over that one's.
    pub truth: Option<(f64, f64)>,
    /// Dice with the lesion drawn at follow-up, volume over that one's, and the 95 % surface distance in mm.
    pub drawn: (f64, f64, f64),
    /// How far the map is from moving the lesion rigidly, in mm.
    pub rigid_residual_mm: f64,
    /// Samples at twice the lattice's density where the map folds.
    pub folds: usize,
    /// Least Jacobian there.
    pub least_jacobian: f64,
}

fn lesion<F: Frame>(file: &Path, labels: &[u32]) -> Mask<F> {
    let map: Volume<u32, F> = read_label_map(file, &ReadOptions::default()).unwrap().volume.in_frame();
    Mask::from_fn(map.grid().clone(), |o| labels.contains(&map.values()[o]))
}

impl LesionPair {
    /// The pair in a folder; `labels` are the lesion's.
    pub fn read(folder: &Path, labels: &[u32]) -> Self {
        let moving: Mask<Moving> = lesion(&folder.join("moving_labels.nii.gz"), labels);
        let drawn: Mask<Fixed> = lesion(&folder.join("fixed_labels.nii.gz"), labels);
        let there = |name: &str| Some(folder.join(name)).filter(|file| file.exists());
        let truly_carried = there("truth_displacement.nii.gz").map(|file| {
            let field = nifti::read_displacement(&file, &ReadOptions::default()).unwrap();
            carry(&moving, &Chain::default().then_field(Field::new(field)), drawn.grid()).mask
        });
        Self {
            fixed: folder.join("fixed.nii.gz"),
            moving: folder.join("moving.nii.gz"),
            lesion: moving,
            truly_carried,
            landmarks: there("landmarks.csv").map_or_else(Vec::new, |file| read_landmarks(&file).unwrap()),
            drawn,
        }
    }

    /// The follow-up's grid.
    pub fn grid(&self) -> &Grid<Fixed> {
        self.drawn.grid()
    }

    /// Writes both lesions into a folder: `moving_lesion.nii.gz`, `fixed_lesion.nii.gz`.
    pub fn write_lesions(&self, folder: &Path) {
        nifti::write_mask(&folder.join("moving_lesion.nii.gz"), &self.lesion).unwrap();
        nifti::write_mask(&folder.join("fixed_lesion.nii.gz"), &self.drawn).unwrap();
    }

    /// What a map does.
    pub fn score(&self, map: &Transform) -> Score {
        let carried = carry(&self.lesion, map, self.grid()).mask;
        let volume = |of: &Mask<Fixed>| carried.count() as f64 / of.count() as f64;
        let with = |of: &Mask<Fixed>| agreement(&carried, of).unwrap();
        let samples = map.spline.as_ref().unwrap().lattice().samples(2);
        let planes = Planes::new(map, &samples);
        let jacobians: Vec<f64> = (0..samples.dims()[2]).flat_map(|k| planes.determinants(k)).collect();
        let misses = self.landmarks.iter().map(|l| map.apply(l.fixed).distance(l.moving));
        let n = self.landmarks.len();
        Score {
            tre_mm: (n > 0).then(|| misses.sum::<f64>() / n as f64),
            truth: self.truly_carried.as_ref().map(|truth| (with(truth).dice, volume(truth))),
            drawn: (with(&self.drawn).dice, volume(&self.drawn), with(&self.drawn).hd95_mm),
            rigid_residual_mm: residual_mm(map, &self.lesion).unwrap(),
            folds: jacobians.iter().filter(|j| **j <= 0.0).count(),
            least_jacobian: jacobians.into_iter().fold(f64::INFINITY, f64::min),
        }
    }
}
