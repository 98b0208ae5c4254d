//! Transforms travel between programs: ours, ITK's and elastix's take the same points to the same places.
//!
//! Where `DELTA_TRANSFORM_PYTHON` names a Python with SimpleITK and itk-elastix, 1,000 points go through both readers
//! anew (`tests/readers/transforms.py`); numbers that these programs gave once are held always.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

use std::path::{Path, PathBuf};
use std::process::Command;

use delta_radiomics::geometry::{Fixed, Grid, Moving, World};
use delta_radiomics::io::points::{MappedPoint, Side, read_points, write_points};
use delta_radiomics::io::{ReadOptions, itk, nifti, read_displacement, read_label_map, read_map, read_scan};
use delta_radiomics::jobs::transform::{self as job, Between, Done, Given};
use delta_radiomics::labels::Mask;
use delta_radiomics::propagate;
use delta_radiomics::store::Existing;
use delta_radiomics::transform::{Chain, Lattice, PointMap as _, Rigid, Spline, Transform};
use delta_radiomics::volume::Volume;
use nalgebra::{Matrix3, Matrix4, Point3, Rotation3, Vector3};

const TOLERANCE_MM: f64 = 1e-3;

fn theirs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transforms")
}

/// A grid of 21 x 25 x 14 voxels, its axes turned and some of them running backwards.
fn grid(angles: [f64; 3], steps: [f64; 3]) -> Grid<Fixed> {
    let turn = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
    let mut affine = Matrix4::identity();
    let linear = turn.matrix() * Matrix3::from_diagonal(&Vector3::from(steps));
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::new(30.0, -80.0, 12.0));
    Grid::new([21, 25, 14], affine).unwrap()
}

fn grids() -> [(&'static str, Grid<Fixed>); 4] {
    [
        ("plain", grid([0.0; 3], [2.0, 2.0, 3.0])),
        ("flipped", grid([0.0; 3], [-2.0, 2.0, -3.0])),
        ("oblique", grid([0.3, -0.2, 1.1], [2.0, 2.0, 3.0])),
        ("thick_oblique_flipped", grid([-0.4, 0.1, 2.0], [-1.0, 1.0, 6.5])),
    ]
}

fn bend(onto: &Grid<Fixed>) -> Transform {
    let lattice = Lattice::covering(onto, [12.0, 13.0, 14.0]);
    let n = lattice.len();
    let wave = |s: f64| (0..n).map(|i| 1.5 * (i as f64 * s).sin()).collect::<Vec<_>>();
    let rigid = Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
    Transform { rigid, spline: Some(Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])) }
}

/// Points spread over a grid, in voxel indices from `-margin` to as much beyond the last.
fn points_on(grid: &Grid<Fixed>, n: usize, margin: f64) -> Vec<World<Fixed>> {
    let steps = [0.618_034, 0.754_878, 0.569_840];
    let at = |i: usize, a: usize| {
        let u = (i as f64 * steps[a]).fract();
        u * (grid.dims()[a] as f64 - 1.0 + 2.0 * margin) - margin
    };
    (0..n)
        .map(|i| grid.world_of(delta_radiomics::geometry::Index::new(at(i, 0), at(i, 1), at(i, 2))))
        .collect()
}

fn given(transform: &Path, out: &Path) -> Given {
    Given {
        transform: transform.to_owned(),
        fixed: None,
        moving: None,
        out: out.to_owned(),
        reading: ReadOptions::default(),
        existing: Existing::Keep,
    }
}

/// A folder with a fixed scan and our transform of it, in each format.
struct Case {
    folder: tempfile::TempDir,
    grid: Grid<Fixed>,
    transform: Transform,
}

impl Case {
    fn new(grid: Grid<Fixed>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let transform = bend(&grid);
        itk::write_transform(&folder.path().join("t.tfm"), &transform).unwrap();
        let values = (0..grid.len()).map(|o| (o % 97) as f32).collect();
        nifti::write_volume(&folder.path().join("fixed.nii.gz"), &Volume::new(grid.clone(), values)).unwrap();
        Self { folder, grid, transform }
    }
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn given(&self, out: &str) -> Given {
        Given { fixed: Some(self.at("fixed.nii.gz")), ..given(&self.at("t.tfm"), &self.at(out)) }
    }
}

/// What `delta transform points` makes of points, as `FILE.csv` beside the transform.
fn run_points(transform: &Path, points: &[World<Fixed>]) -> Vec<World<Moving>> {
    let name = format!("{}.csv", transform.display());
    let asked: Vec<MappedPoint> = points
        .iter()
        .enumerate()
        .map(|(n, p)| MappedPoint {
            id: n.to_string(),
            fixed: *p,
            moving: World::new(0.0, 0.0, 0.0),
            residual_mm: None,
            distance_mm: None,
        })
        .collect();
    let table = PathBuf::from(format!("{name}.asked"));
    write_points(&table, &asked).unwrap();
    job::points(&given(transform, Path::new(&name)), &table, Side::Fixed).unwrap();
    std::fs::remove_file(table).unwrap();
    read_points(Path::new(&name), Side::Fixed).unwrap().into_iter().map(|row| row.moving.unwrap()).collect()
}

/// The largest distance in mm between where we take a table's points and where it says that they go.
fn off(transform: &Path) -> f64 {
    let table = PathBuf::from(format!("{}.csv", transform.display()));
    let folder = tempfile::tempdir().unwrap();
    let done = job::points(&given(transform, &folder.path().join("out.csv")), &table, Side::Fixed).unwrap();
    assert!(done.json["warning"].is_null(), "{}", done.summary);
    done.json["distance_mm"]["max"].as_f64().unwrap()
}

#[test]
fn points_go_where_simpleitk_and_transformix_took_them() {
    for name in ["plain", "flipped", "oblique"] {
        for ending in ["tfm", "txt", "nii.gz"] {
            let off = off(&theirs().join(format!("{name}.{ending}")));
            assert!(off < TOLERANCE_MM, "{name}.{ending}: {off} mm");
        }
    }
}

#[test]
fn our_formats_hold_the_same_map() {
    for (name, grid) in grids() {
        let case = Case::new(grid);
        for out in ["t.txt", "t.nii.gz"] {
            job::compose(&case.given(out), &[]).unwrap();
        }
        let points = points_on(&case.grid, 1000, 0.0);
        let direct: Vec<_> = points.iter().map(|p| case.transform.apply(*p)).collect();
        for file in ["t.tfm", "t.txt"] {
            for (q, expected) in run_points(&case.at(file), &points).into_iter().zip(&direct) {
                assert!(q.distance(*expected) < 1e-9, "{name} {file}");
            }
        }
        // A field is the map at the voxel centres, in single precision.
        let centres: Vec<_> = (0..1000).map(|o| case.grid.centre_of(case.grid.voxel(o))).collect();
        for (p, q) in centres.iter().zip(run_points(&case.at("t.nii.gz"), &centres)) {
            assert!(q.distance(case.transform.apply(*p)) < 1e-4, "{name}");
        }
    }
}

#[test]
fn a_composition_is_one_map_after_the_other_in_every_format() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [-2.0, 2.0, 3.0]));
    let twice = |p: World<Fixed>| case.transform.apply(World::from_point(case.transform.apply(p).point()));
    for (out, tolerance) in [("tt.tfm", 1e-9), ("tt.txt", 1e-9), ("tt.nii.gz", 1e-4)] {
        let done = job::compose(&case.given(out), &[case.at("t.tfm")]).unwrap();
        assert_eq!(done.json["splines"], 2);
        let centres: Vec<_> = (0..500).map(|o| case.grid.centre_of(case.grid.voxel(7 * o))).collect();
        for (p, q) in centres.iter().zip(run_points(&case.at(out), &centres)) {
            assert!(q.distance(twice(*p)) < tolerance, "{out}");
        }
    }
    // Rigid, spline, rigid, spline: four files, of which the last is the one that was named.
    assert!(["tt.1.txt", "tt.2.txt", "tt.3.txt"].iter().all(|name| case.at(name).exists()));
    // A field in a chain goes into a field only.
    let mixed = Given { transform: case.at("tt.nii.gz"), ..case.given("mixed.tfm") };
    assert_eq!(job::compose(&mixed, &[case.at("t.tfm")]).unwrap_err().code, "E-TRANSFORM-FORM");
    let mixed = Given { out: case.at("mixed.nii.gz"), ..mixed };
    assert_eq!(job::compose(&mixed, &[case.at("t.tfm")]).unwrap().json["fields"], 1);
}

#[test]
fn points_come_back_through_the_inverse_with_their_residual() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [2.0, 2.0, 3.0]));
    let points = points_on(&case.grid, 200, -2.0);
    run_points(&case.at("t.tfm"), &points);
    let back = Given { out: case.at("back.csv"), ..case.given("") };
    let done = job::points(&back, &case.at("t.tfm.csv"), Side::Moving).unwrap();
    assert!(done.json["residual_mm"]["max"].as_f64().unwrap() < 1e-5, "{}", done.summary);
    assert!(done.json["distance_mm"]["max"].as_f64().unwrap() < 1e-4, "{}", done.summary);
    assert_eq!(done.json["above_residual"], 0);
}

#[test]
fn the_inverse_of_a_bent_transform_is_a_field_on_the_moving_grid() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [-2.0, 2.0, 3.0]));
    // The moving scan: a smaller grid about where the middle of the fixed one goes.
    let middle = case.transform.apply(case.grid.middle()).point();
    let corner = middle - Vector3::new(8.0, 8.0, 8.0);
    let moving = Grid::<Moving>::axis_aligned([9; 3], [2.0; 3], corner.coords.into()).unwrap();
    nifti::write_volume(&case.at("moving.nii.gz"), &Volume::filled(moving.clone(), 1.0_f32)).unwrap();
    let asked = Given { moving: Some(case.at("moving.nii.gz")), ..case.given("back.nii.gz") };
    let done = job::invert(&asked).unwrap();
    assert!(done.json["residual_mm"]["max"].as_f64().unwrap() < 1e-5, "{}", done.summary);
    assert_eq!(done.json["above_tenth_of_voxel"], 0);
    let field = read_displacement(&case.at("back.nii.gz"), &ReadOptions::default()).unwrap();
    for offset in 0..moving.len() {
        let q = moving.centre_of(moving.voxel(offset));
        let u = Vector3::from(field.values()[offset].map(f64::from));
        assert!(case.transform.apply(World::from_point(q.point() + u)).distance(q) < 1e-4);
    }
    // It has no formula, and needs to know where it goes.
    let tfm = Given { out: case.at("back.tfm"), ..asked.clone() };
    assert_eq!(job::invert(&tfm).unwrap_err().code, "E-TRANSFORM-FORM");
    let nowhere = Given { moving: None, out: case.at("nowhere.nii.gz"), ..asked.clone() };
    assert_eq!(job::invert(&nowhere).unwrap_err().code, "E-TRANSFORM-GRID");
    // The same bytes with one thread and with three.
    let bytes = std::fs::read(case.at("back.nii.gz")).unwrap();
    for threads in [1, 3] {
        let again = Given { existing: Existing::Replace, ..asked.clone() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| job::invert(&again)).unwrap();
        assert_eq!(std::fs::read(case.at("back.nii.gz")).unwrap(), bytes);
    }
}

#[test]
fn the_inverse_of_a_rigid_motion_is_one() {
    let case = Case::new(grid([0.0; 3], [2.0, 2.0, 3.0]));
    let rigid = case.transform.rigid.clone();
    itk::write_rigid(&case.at("r.tfm"), &rigid).unwrap();
    job::invert(&Given { transform: case.at("r.tfm"), ..case.given("back.tfm") }).unwrap();
    let back = read_map(&case.at("back.tfm"), &ReadOptions::default()).unwrap().chain.as_rigid().unwrap();
    let p = World::new(12.0, -3.0, 40.0);
    let again = back.apply(World::from_point(rigid.apply(p).point()));
    assert!((again.point() - p.point()).norm() < 1e-9);
}

/// Label 200: a ball.
fn labelled(moving: &Grid<Moving>) -> Volume<u32, Moving> {
    let mut map = Volume::filled(moving.clone(), 0_u32);
    let middle = moving.middle();
    for offset in 0..moving.len() {
        if moving.centre_of(moving.voxel(offset)).distance(middle) < 7.0 {
            map.values_mut()[offset] = 200;
        }
    }
    map
}

#[test]
fn labels_stay_what_they_are_and_a_loss_is_told() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [-2.0, 2.0, 3.0]));
    let corner = case.transform.apply(case.grid.middle()).point() - Vector3::new(10.0, 10.0, 10.0);
    let moving = Grid::<Moving>::axis_aligned([21; 3], [1.0; 3], corner.coords.into()).unwrap();
    let mut map = labelled(&moving);
    // Label 3: a voxel that no voxel centre of the coarser fixed grid comes near to.
    let single = |o: usize| Mask::from_offsets(moving.clone(), &[o]);
    let is_lost = |o: &usize| propagate::carry(&single(*o), &case.transform, &case.grid).vanished();
    let lost = (0..moving.len()).filter(|o| map.values()[*o] == 0).find(is_lost).unwrap();
    map.values_mut()[lost] = 3;
    nifti::write_labels(&case.at("mask.nii.gz"), &map).unwrap();
    let done: Done = job::mask(&case.given("carried.nii.gz"), &case.at("mask.nii.gz")).unwrap();
    let carried = read_label_map(&case.at("carried.nii.gz"), &ReadOptions::default()).unwrap().volume;
    // As the job of `delta run` carries it.
    let ball = Mask::from_fn(moving.clone(), |o| map.values()[o] == 200);
    let expected = propagate::carry(&ball, &case.transform, &case.grid).mask.to_dense();
    let found: Vec<bool> = carried.values().iter().map(|l| *l == 200).collect();
    assert_eq!(found, expected);
    assert!(carried.values().iter().all(|l| [0, 3, 200].contains(l)));
    let small = &done.json["regions"][0];
    assert_eq!((small["label"].as_u64(), small["vanished"].as_bool()), (Some(3), Some(true)));
    assert!(done.is_partial && done.summary.contains("vanished"), "{}", done.summary);
    // A folder gets one file per region.
    job::mask(&case.given("carried"), &case.at("mask.nii.gz")).unwrap();
    assert!(case.at("carried/200.nii.gz").exists() && case.at("carried/3.nii.gz").exists());
}

#[test]
fn a_field_carries_labels_as_the_transform_that_it_was_made_from() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [-2.0, 2.0, 3.0]));
    job::compose(&case.given("t.nii.gz"), &[]).unwrap();
    let corner = case.transform.apply(case.grid.middle()).point() - Vector3::new(10.0, 10.0, 10.0);
    let moving = Grid::<Moving>::axis_aligned([21; 3], [1.0; 3], corner.coords.into()).unwrap();
    let map = labelled(&moving);
    let ball = Mask::from_fn(moving.clone(), |o| map.values()[o] == 200);
    let field = read_map(&case.at("t.nii.gz"), &ReadOptions::default()).unwrap().chain;
    let by_field = propagate::carry(&ball, &field, &case.grid);
    let by_transform = propagate::carry(&ball, &case.transform, &case.grid);
    assert!(by_transform.mask.count() > 50);
    assert_eq!(by_field.mask, by_transform.mask);
}

#[test]
fn an_image_is_pulled_with_no_data_where_it_has_none() {
    let case = Case::new(grid([0.0; 3], [2.0, 2.0, 3.0]));
    let shift = Rigid::from_parts(Matrix3::identity(), Vector3::new(2.0, 0.0, 0.0));
    itk::write_rigid(&case.at("shift.tfm"), &shift).unwrap();
    let base = Given {
        transform: case.at("shift.tfm"),
        moving: Some(case.at("fixed.nii.gz")),
        ..case.given("pulled.nii.gz")
    };
    let original = read_scan(&case.at("fixed.nii.gz"), &ReadOptions::default()).unwrap().volume;
    for (between, fill, tolerance) in
        [(Between::Linear, None, 1e-4), (Between::Cubic, None, 1e-2), (Between::Linear, Some(-7.0), 1e-4)]
    {
        let asked = Given { existing: Existing::Replace, ..base.clone() };
        let done = job::image(&asked, between, fill).unwrap();
        let pulled = read_scan(&case.at("pulled.nii.gz"), &ReadOptions::default()).unwrap().volume;
        assert!((pulled.at(3, 4, 5) - original.at(4, 4, 5)).abs() < tolerance, "{between:?}");
        let outside = pulled.at(20, 4, 5);
        assert!(fill.map_or(outside.is_nan(), |fill| outside == fill));
        assert!((done.json["without_data"].as_f64().unwrap() - 1.0 / 21.0).abs() < 1e-9);
    }
}

#[test]
fn the_jacobian_is_told_with_its_folds() {
    let case = Case::new(grid([0.3, -0.2, 1.1], [-2.0, 2.0, 3.0]));
    let done = job::jacobian(&case.given("j.nii.gz")).unwrap();
    let map = read_scan(&case.at("j.nii.gz"), &ReadOptions::default()).unwrap().volume;
    let p = case.grid.centre_of([4, 9, 6]);
    let exact = case.transform.jacobian(p).determinant();
    assert!((f64::from(map.at(4, 9, 6)) - exact).abs() < 1e-5);
    let folded = map.values().iter().filter(|v| **v <= 0.0).count();
    assert_eq!(done.json["folded_voxels"], folded);
    // Of a field it is the central difference, near the spline's own.
    job::compose(&case.given("t.nii.gz"), &[]).unwrap();
    let field = given(&case.at("t.nii.gz"), &case.at("jf.nii.gz"));
    job::jacobian(&field).unwrap();
    let by_field = read_scan(&case.at("jf.nii.gz"), &ReadOptions::default()).unwrap().volume;
    assert!((f64::from(by_field.at(4, 9, 6)) - exact).abs() < 0.05);
}

#[test]
fn exchanged_frames_are_told_with_the_figure() {
    let case = Case::new(grid([0.0; 3], [2.0, 2.0, 3.0]));
    let rows = |sign: f64| {
        let row = |(n, p): (usize, World<Fixed>)| {
            let p = p.point();
            format!("{n},{},{},{}\n", sign * p.x, sign * p.y, p.z)
        };
        points_on(&case.grid, 50, 0.0).into_iter().enumerate().map(row).collect::<String>()
    };
    for (sign, said) in [(1.0, None), (-1.0, Some("other_axes"))] {
        std::fs::write(case.at("p.csv"), format!("id,x,y,z\n{}", rows(sign))).unwrap();
        let asked = Given { existing: Existing::Replace, fixed: None, ..case.given("out.csv") };
        let done = job::points(&asked, &case.at("p.csv"), Side::Fixed).unwrap();
        assert_eq!(done.json["warning"]["reading"].as_str(), said, "{}", done.summary);
        assert_eq!(done.summary.contains("frames look exchanged"), said.is_some());
    }
    // Where the table says its frame, nothing is left to tell.
    let text = rows(-1.0).replace('\n', ",lps\n");
    std::fs::write(case.at("p.csv"), format!("id,x,y,z,frame\n{text}")).unwrap();
    let done = job::points(&case.given("lps.csv"), &case.at("p.csv"), Side::Fixed).unwrap();
    assert!(done.json["warning"].is_null());
}

#[test]
fn what_cannot_be_written_is_refused_with_the_way_on() {
    let case = Case::new(grid([0.0; 3], [2.0, 2.0, 3.0]));
    let code = |out: &str, fixed: bool| {
        let asked = case.given(out);
        let asked = if fixed { asked } else { Given { fixed: None, ..asked } };
        job::compose(&asked, &[]).unwrap_err().code
    };
    assert_eq!(code("t.mat", true), "E-TRANSFORM-ENDING");
    assert_eq!(code("t.txt", false), "E-TRANSFORM-GRID");
    assert_eq!(code("new.nii.gz", false), "E-TRANSFORM-GRID");
    assert_eq!(code("t.tfm", true), "E-OUT-OCCUPIED");
    let refused = job::jacobian(&case.given("j.tfm")).unwrap_err();
    assert_eq!(refused.code, "E-TRANSFORM-ENDING");
    // Nothing half-written is left.
    let left = std::fs::read_dir(case.folder.path()).unwrap();
    assert_eq!(left.count(), 2);
}

#[test]
fn a_chain_without_parts_is_the_identity_in_every_format() {
    let case = Case::new(grid([0.0; 3], [2.0, 2.0, 3.0]));
    std::fs::write(case.at("i.tfm"), itk::chain_text(&Chain::default()).unwrap()).unwrap();
    for out in ["j.tfm", "j.txt", "j.nii.gz"] {
        job::compose(&Given { transform: case.at("i.tfm"), ..case.given(out) }, &[]).unwrap();
        let read = read_map(&case.at(out), &ReadOptions::default()).unwrap().chain;
        let p = case.grid.centre_of([3, 4, 5]);
        assert!((read.apply(p).point() - p.point()).norm() < 1e-12, "{out}");
    }
}

#[test]
fn other_programs_take_a_thousand_points_where_we_do() {
    let Some(python) = std::env::var_os("DELTA_TRANSFORM_PYTHON") else {
        eprintln!("skipped: DELTA_TRANSFORM_PYTHON names no Python with SimpleITK and itk-elastix");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/transforms.py");
    let run = |arguments: &[&Path]| {
        let done = Command::new(&python).arg(&script).args(arguments).output().unwrap();
        let (said, cried) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        print!("{said}");
        assert!(done.status.success(), "{said}{cried}");
    };
    // Ours through their readers, in the lattice and up to two voxels outside of it.
    let folder = tempfile::tempdir().unwrap();
    for (name, grid) in grids() {
        let case = Case::new(grid);
        for (ending, before) in [("tfm", 0), ("txt", 0), ("nii.gz", 0), ("twice.tfm", 1), ("twice.txt", 1)] {
            let out = folder.path().join(format!("{name}.{ending}"));
            let asked = Given { out: out.clone(), ..case.given("") };
            job::compose(&asked, &vec![case.at("t.tfm"); before]).unwrap();
            let margin = if ending == "nii.gz" { 0.0 } else { 2.0 };
            run_points(&out, &points_on(&case.grid, 1000, margin));
        }
    }
    run(&[Path::new("check"), folder.path()]);
    // Theirs through ours.
    let folder = tempfile::tempdir().unwrap();
    run(&[Path::new("make"), folder.path(), Path::new("1000")]);
    for name in ["plain", "flipped", "oblique"] {
        for ending in ["tfm", "txt", "nii.gz"] {
            let file = folder.path().join(format!("{name}.{ending}"));
            let off = off(&file);
            println!("{name}.{ending}: 1000 points, ours at most {off:.2e} mm off");
            assert!(off < TOLERANCE_MM, "{name}.{ending}: {off} mm");
        }
    }
}
