//! Test only: the smallest box and the smallest ellipsoid around a region, by slow search. The standard has no values
//! for them.

use crate::features::conformance::random::region;
use crate::features::registry::morphology::Shape;
use crate::features::registry::{Definition, Morph};
use crate::features::roi::Block;
use crate::numeric::random::Random;
use crate::record::{Outcome, Reason};

use nalgebra::{DVector, Matrix4, Rotation3, UnitQuaternion, Vector3, Vector4};

/// What is held against a slow search below, for want of published values.
pub const SEARCHED: [&str; 4] =
    ["morph_vol_dens_ombb", "morph_area_dens_ombb", "morph_vol_dens_mvee", "morph_area_dens_mvee"];

/// Regions of several forms on several grids.
pub fn regions() -> Vec<Block> {
    let mut blocks = vec![
        region(1, [5, 4, 3], 3),
        region(2, [9, 1, 7], 3),
        region(3, [1, 1, 6], 3),
        region(4, [12, 9, 8], 3),
    ];
    for (slant, spacing_mm) in [(0.3, [1.0, 1.0, 1.0]), (1.0, [0.8, 0.8, 2.5]), (-0.7, [3.0, 1.0, 1.0])] {
        let mut block = region(5, [16, 14, 12], 3);
        let inside = |v: [usize; 3]| {
            let [x, y, z] = [v[0] as f64 - 8.0, v[1] as f64 - 6.5, v[2] as f64 - 5.0];
            let (x, y) = (x - slant * y, y + slant * z);
            x * x / 40.0 + y * y / 12.0 + z * z / 9.0 + 0.2 * (x + y).sin() < 1.0
        };
        block.region = (0..block.region.len()).map(|o| inside(block.voxel(o))).collect();
        block.spacing_mm = spacing_mm;
        blocks.push(block);
    }
    blocks
}

/// All vertices of the surface in mm, each halfway between a voxel of the region and one outside.
pub fn vertices(block: &Block) -> Vec<Vector3<f64>> {
    let inside = |v: [i64; 3]| {
        let [nx, ny, nz] = block.dims.map(|n| n as i64);
        v[0] >= 0
            && v[1] >= 0
            && v[2] >= 0
            && v[0] < nx
            && v[1] < ny
            && v[2] < nz
            && block.region[(v[0] + nx * (v[1] + ny * v[2])) as usize]
    };
    let mut vertices = Vec::new();
    for voxel in block.region_voxels() {
        for (axis, step) in [(0, -1), (0, 1), (1, -1), (1, 1), (2, -1), (2, 1)] {
            let here = voxel.map(|c| c as i64);
            let mut there = here;
            there[axis] += step;
            if !inside(there) {
                vertices
                    .push(Vector3::from_fn(|a, _| (here[a] + there[a]) as f64 / 2.0 * block.spacing_mm[a]));
            }
        }
    }
    vertices
}

fn fast(shape: &Shape, tag: &str) -> f64 {
    let feature = Morph::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
    (feature.value)(shape).value().unwrap()
}

/// Volume over density: what the mesh was compared with.
fn compared(shape: &Shape, tag: &str) -> f64 {
    fast(shape, "morph_volume") / fast(shape, tag)
}

/// The least box that a search over turns finds: from random turns downhill, by smaller and smaller steps.
fn smallest_box(points: &[Vector3<f64>]) -> f64 {
    let volume = |turn: &Rotation3<f64>| {
        let mut low = Vector3::repeat(f64::INFINITY);
        let mut high = -low;
        for p in points {
            let q = turn * p;
            low = low.inf(&q);
            high = high.sup(&q);
        }
        (high - low).product()
    };
    let mut random = Random::seeded(1);
    let mut least = f64::INFINITY;
    for _ in 0..150 {
        let q = Vector4::from_fn(|_, _| random.normal());
        let mut turn = UnitQuaternion::from_quaternion(q.into()).to_rotation_matrix();
        let mut here = volume(&turn);
        let mut step = 0.2;
        while step > 1e-6 {
            let mut moved = false;
            for axis in [Vector3::x_axis(), Vector3::y_axis(), Vector3::z_axis()] {
                for angle in [-step, step] {
                    let other = Rotation3::from_axis_angle(&axis, angle) * turn;
                    let there = volume(&other);
                    if there < here {
                        (turn, here, moved) = (other, there, true);
                    }
                }
            }
            if !moved {
                step /= 2.0;
            }
        }
        least = least.min(here);
    }
    least
}

#[test]
fn no_search_over_turns_finds_a_box_that_is_much_smaller() {
    for (n, block) in regions().iter().enumerate() {
        let shape = Shape::of(block, 2).unwrap();
        let (ours, plain) = (compared(&shape, "morph_vol_dens_ombb"), smallest_box(&vertices(block)));
        println!("region {n}: box {ours:.4}, by search {plain:.4}: {:+.5} %", 100.0 * (ours / plain - 1.0));
        assert!(ours <= plain * 1.002, "region {n}: {ours} {plain}");
    }
}

/// Bounds of the volume of the smallest ellipsoid: Khachiyan's steps on all vertices.
fn smallest_ellipsoid(points: &[Vector3<f64>]) -> [f64; 2] {
    let lifted: Vec<Vector4<f64>> = points.iter().map(|p| p.push(1.0)).collect();
    let mut weights = DVector::repeat(points.len(), 1.0 / points.len() as f64);
    let mut bounds = [0.0; 2];
    for _ in 0..5000 {
        let moments =
            lifted.iter().zip(&weights).fold(Matrix4::zeros(), |sum, (q, w)| sum + q * q.transpose() * *w);
        let inverse = moments.try_inverse().unwrap();
        let squares: Vec<f64> = lifted.iter().map(|q| q.dot(&(inverse * q))).collect();
        let most = (0..squares.len()).max_by(|a, b| squares[*a].total_cmp(&squares[*b])).unwrap();
        // det of the moments is det of the covariance; the ellipsoid's matrix is 3 times the covariance.
        let ball = 4.0 / 3.0 * std::f64::consts::PI;
        let dual = ball * (27.0 * moments.determinant()).sqrt();
        bounds = [dual, dual * ((squares[most] - 1.0) / 3.0).powf(1.5)];
        let step = (squares[most] - 4.0) / (4.0 * (squares[most] - 1.0));
        weights *= 1.0 - step;
        weights[most] += step;
    }
    bounds
}

#[test]
fn the_smallest_ellipsoid_lies_between_the_bounds_of_plain_steps() {
    for (n, block) in regions().iter().enumerate() {
        let shape = Shape::of(block, 2).unwrap();
        let ours = compared(&shape, "morph_vol_dens_mvee");
        let [least, most] = smallest_ellipsoid(&vertices(block));
        println!("region {n}: ellipsoid {ours:.6}, between {least:.6} and {most:.6}");
        assert!(
            ours >= least * (1.0 - 1e-9) && ours <= most * (1.0 + 1e-9),
            "region {n}: {ours} {least} {most}"
        );
        assert!(most / least < 1.003);
    }
}

#[test]
fn regions_without_thickness_have_a_hull_and_boxes_but_no_ellipsoid_of_their_axes() {
    let outcome = |dims: [usize; 3], tag: &str| {
        let mut block = region(1, dims, 3);
        block.region.fill(true);
        let shape = Shape::of(&block, 2).unwrap();
        (Morph::FEATURES.iter().find(|f| f.info.tag == tag).unwrap().value)(&shape)
    };
    for dims in [[1, 1, 1], [4, 1, 1], [1, 1, 5], [4, 3, 1], [1, 5, 2]] {
        let of_axes = ["morph_vol_dens_aee", "morph_area_dens_aee"].map(|tag| outcome(dims, tag));
        let extents = dims.iter().filter(|n| **n > 1).count();
        let undefined = Outcome::Undefined;
        match extents {
            0 => assert_eq!(of_axes, [undefined(Reason::RoiTooSmall); 2]),
            1 => assert_eq!(of_axes, [undefined(Reason::OneDimensional); 2]),
            // A flat ellipsoid has two sides.
            _ => assert!(of_axes[0] == undefined(Reason::FlatRoi) && of_axes[1].value().is_some()),
        }
        for body in ["aabb", "ombb", "mvee", "conv_hull"] {
            let density = outcome(dims, &format!("morph_vol_dens_{body}")).value().unwrap();
            assert!(density > 0.0 && density < 1.0 + 1e-12, "{dims:?} {body}: {density}");
        }
    }
}
