//! A small made-up patient: a textured body of a few thousand voxels with round regions, for runs of a second.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};

use delta_radiomics::geometry::Grid;
use delta_radiomics::io::nifti::Voxel;
use delta_radiomics::io::{write_labels, write_volume};
use delta_radiomics::labels::Mask;
use delta_radiomics::volume::Volume;
use nalgebra::Matrix4;

/// Centre of the lesion in millimetres.
pub const LESION: [f64; 3] = [9.0, -6.0, 4.0];
/// Centre of the organ beside it.
pub const ORGAN: [f64; 3] = [-15.0, 6.0, -5.0];
/// What most visits say of themselves, after schema, subject and name.
pub const CT: &str = "modality = \"CT\"\nunits = \"HU\"\n";
/// The description of both regions, labelled 1 and 2.
pub const REGIONS: &str = "[[roi]]\nlabel = 1\nname = \"lesion\"\nrole = \"lesion\"\n\
    [[roi]]\nlabel = 2\nname = \"organ\"\nrole = \"organ\"\n";

/// 30 x 26 x 24 voxels of 3 mm around the origin.
pub fn grid() -> Grid {
    Grid::axis_aligned([30, 26, 24], [3.0; 3], [-43.5, -37.5, -34.5]).unwrap()
}

/// The body in whole Hounsfield units; its tissue is `shift` millimetres away from where it was, its texture that of
/// `seed`.
pub fn body(grid: &Grid, shift: [f64; 3], seed: u32) -> Volume<f32> {
    let phase = f64::from(seed);
    let value = |offset: usize| {
        let p = grid.centre_of(grid.voxel(offset)).point();
        let (x, y, z) = (p.x - shift[0], p.y - shift[1], p.z - shift[2]);
        let inside = (x / 38.0).powi(2) + (y / 31.0).powi(2) + (z / 40.0).powi(2) < 1.0;
        let slow =
            (x / 6.0 + phase).sin() * (y / 5.0 - phase).cos() + (z / 7.0 + x / 9.0 + 2.0 * phase).sin();
        let fast = (x / 2.3 + y / 3.1 + phase).sin() * (z / 2.7).cos();
        if inside { (40.0 + 60.0 * slow + 25.0 * fast).round() as f32 } else { -1000.0 }
    };
    Volume::new(grid.clone(), (0..grid.len()).map(value).collect())
}

/// A ball.
pub fn ball(grid: &Grid, centre: [f64; 3], radius_mm: f64) -> Mask {
    Mask::from_fn(grid.clone(), |offset| {
        let p = grid.centre_of(grid.voxel(offset)).point();
        (p - nalgebra::Point3::from(centre)).norm() < radius_mm
    })
}

/// A label map; where masks overlap the later one counts.
pub fn labels(grid: &Grid, masks: &[(u32, Mask)]) -> Volume<u32> {
    let mut map = Volume::filled(grid.clone(), 0);
    for (label, mask) in masks {
        for offset in mask.offsets() {
            map.values_mut()[offset] = *label;
        }
    }
    map
}

/// Writes a visit folder; without masks it has no label map.
pub fn put(folder: &Path, image: &Volume<f32>, masks: &[(u32, Mask)], toml: &str) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    write_volume(&folder.join("image.nii.gz"), image).unwrap();
    if !masks.is_empty() {
        write_labels(&folder.join("mask.nii.gz"), &labels(image.grid(), masks)).unwrap();
    }
    std::fs::write(folder.join("visit.toml"), format!("schema = 1\n{toml}")).unwrap();
    folder.to_owned()
}

/// A visit with a lesion of this radius and the organ, of tissue that moved by `shift`.
pub fn put_drawn(folder: &Path, radius_mm: f64, shift: [f64; 3]) -> PathBuf {
    let grid = grid();
    let moved = |centre: [f64; 3]| std::array::from_fn(|axis| centre[axis] + shift[axis]);
    let masks = [(1, ball(&grid, moved(LESION), radius_mm)), (2, ball(&grid, moved(ORGAN), 9.0))];
    put(folder, &body(&grid, shift, 1), &masks, &format!("{CT}{REGIONS}"))
}

/// A baseline `t0` with both regions and a follow-up `t1` whose tissue moved by 3 mm, without masks.
pub fn put_pair(here: &Path) {
    put_drawn(&here.join("t0"), 12.0, [0.0; 3]);
    put(&here.join("t1"), &body(&grid(), [3.0, 0.0, -2.0], 1), &[], CT);
}

/// The same voxels at the same places, stored along other axes and backwards.
pub fn stored_otherwise<T: Voxel>(volume: &Volume<T>) -> Volume<T> {
    let grid = volume.grid();
    let [ni, nj, nk] = grid.dims();
    // (a, b, c) = (nk - 1 - k, i, nj - 1 - j)
    let mut old_of_new = Matrix4::zeros();
    old_of_new[(0, 1)] = 1.0;
    (old_of_new[(1, 2)], old_of_new[(1, 3)]) = (-1.0, nj as f64 - 1.0);
    (old_of_new[(2, 0)], old_of_new[(2, 3)]) = (-1.0, nk as f64 - 1.0);
    old_of_new[(3, 3)] = 1.0;
    let new = Grid::new([nk, ni, nj], grid.affine() * old_of_new).unwrap();
    let value = |offset: usize| {
        let [a, b, c] = new.voxel(offset);
        volume.at(b, nj - 1 - c, nk - 1 - a)
    };
    let values = (0..new.len()).map(value).collect();
    Volume::new(new, values)
}

/// The same voxels in a body that lies obliquely in the scanner.
pub fn turned<T: Voxel>(volume: &Volume<T>, angles: [f64; 3]) -> Volume<T> {
    let turn = nalgebra::Rotation3::from_euler_angles(angles[0], angles[1], angles[2]).to_homogeneous();
    let grid = Grid::new(volume.grid().dims(), turn * volume.grid().affine()).unwrap();
    volume.on(grid)
}
