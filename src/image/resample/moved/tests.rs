use super::*;
use crate::geometry::Own;

fn grid(dims: [usize; 3], spacing: [f64; 3]) -> Grid {
    Grid::<Own>::axis_aligned(dims, spacing, [3.0, -20.0, 7.5]).unwrap()
}

fn whole(r: &Resampling<Own>) -> Window {
    Window { low: [0; 3], size: r.target().dims() }
}

fn turn(source: &Grid, degrees: f64, axis: usize) -> GridMove<Own> {
    let turn = Turn { radians: degrees.to_radians(), axis, centre: source.middle() };
    GridMove { shift_mm: [0.0; 3], turn: Some(turn) }
}

#[test]
fn a_shift_by_whole_voxels_is_no_shift() {
    let source = grid([9, 8, 7], [1.0, 1.5, 2.0]);
    for spacing in [[None; 3], [Some(0.7); 3], [Some(2.0), None, Some(1.3)]] {
        let plain = Resampling::anatomical(&source, spacing).unwrap();
        let voxel: [f64; 3] = std::array::from_fn(|a| spacing[a].unwrap_or(source.spacing()[a]));
        let movement = GridMove { shift_mm: [voxel[0], -2.0 * voxel[1], 5.0 * voxel[2]], turn: None };
        let moved = Resampling::moved(&source, spacing, &movement).unwrap();
        assert_eq!(moved.axes, plain.axes);
        assert_eq!(moved.is_identity(), plain.is_identity());
    }
}

#[test]
fn a_moved_grid_reads_the_image_where_its_voxels_lie() {
    let source = grid([14, 15, 9], [1.0, 1.5, 2.0]);
    let plane = |p: [f64; 3]| 2.0 + 0.5 * p[0] - 0.25 * p[1] + p[2];
    let values = (0..source.len()).map(|o| plane(source.voxel(o).map(|n| n as f64)) as f32).collect();
    let image = Volume::new(source.clone(), values);
    for axis in 0..3 {
        let mut movement = turn(&source, 13.0, axis);
        movement.shift_mm = [0.25, 0.35, 0.175];
        let r = Resampling::moved(&source, [Some(0.7), Some(1.0), None], &movement).unwrap();
        for interpolation in [Interpolation::Linear, Interpolation::Cubic] {
            let read = r.image(&image, whole(&r), interpolation);
            let mut compared = 0;
            for (o, value) in read.iter().enumerate() {
                let place = r.place(r.target().voxel(o));
                let margin = if interpolation == Interpolation::Linear { 0.0 } else { 3.0 };
                let deep =
                    (0..3).all(|a| place[a] >= margin && place[a] <= source.dims()[a] as f64 - 1.0 - margin);
                if deep {
                    compared += 1;
                    let slack = if interpolation == Interpolation::Linear { 1e-5 } else { 0.05 };
                    assert!((f64::from(*value) - plane(place)).abs() < slack, "{interpolation:?} {place:?}");
                }
            }
            assert!(compared > 100, "{compared}");
        }
    }
}

#[test]
fn a_turn_keeps_distances_in_millimetres_and_its_centre() {
    let source = grid([14, 15, 9], [1.0, 1.5, 2.0]);
    for axis in 0..3 {
        let r = Resampling::moved(&source, [None; 3], &turn(&source, 30.0, axis)).unwrap();
        let spacing = source.spacing();
        let mm = |voxel| {
            let place: [f64; 3] = r.place(voxel);
            [0, 1, 2].map(|a| place[a] * spacing[a])
        };
        for along in 0..3 {
            let mut next = [4; 3];
            next[along] += 2;
            let (a, b) = (mm([4; 3]), mm(next));
            let gap: f64 = (0..3).map(|d| (a[d] - b[d]).powi(2)).sum::<f64>().sqrt();
            assert!((gap - 2.0 * spacing[along]).abs() < 1e-9, "{axis} {along}: {gap}");
            let cosine = (b[along] - a[along]) / gap;
            let expected = if along == axis { 1.0 } else { 30.0_f64.to_radians().cos() };
            assert!((cosine - expected).abs() < 1e-9, "{axis} {along}: {cosine}");
        }
    }
}

#[test]
fn nothing_of_a_region_is_lost_at_the_edge_of_a_turned_grid_and_nothing_found_beyond_the_image() {
    let source = grid([20, 16, 5], [1.0, 1.0, 3.0]);
    let all = Mask::from_fn(source.clone(), |_| true);
    for degrees in [-13.0, 13.0, 45.0] {
        let r = Resampling::moved(&source, [Some(0.5), Some(0.5), None], &turn(&source, degrees, 2)).unwrap();
        let window = r.window_of(&all);
        let count = r.mask(&all, window, 0.5).iter().filter(|b| **b).count() as f64;
        let expected = 20.0 * 16.0 * 5.0 * 4.0;
        assert!((count / expected - 1.0).abs() < 0.01, "{degrees}: {count} of {expected}");
        let image = Volume::filled(source.clone(), 4.0);
        let data = r.has_data(&image, whole(&r)).unwrap().iter().filter(|b| **b).count() as f64;
        assert_eq!(data, count);
    }
}

#[test]
fn a_quarter_turn_of_a_symmetric_cube_is_the_cube() {
    let source = grid([15, 15, 9], [1.0; 3]);
    let cube = Mask::from_fn(source.clone(), |o| {
        let v = source.voxel(o);
        v[0].abs_diff(7) < 4 && v[1].abs_diff(7) < 4 && v[2].abs_diff(4) < 3
    });
    let r = Resampling::moved(&source, [None; 3], &turn(&source, 90.0, 2)).unwrap();
    let window = r.window_of(&cube);
    let turned = r.mask(&cube, window, 0.5);
    assert_eq!(turned.iter().filter(|b| **b).count(), cube.count());
}

#[test]
fn the_way_a_scan_is_stored_moves_nothing_elsewhere() {
    // The same scan, stored from left to right and from right to left.
    let source = grid([9, 8, 4], [1.0, 1.5, 2.0]);
    let mut affine = *source.affine();
    affine[(0, 3)] += 8.0 * affine[(0, 0)];
    affine[(0, 0)] *= -1.0;
    let flipped = Grid::<Own>::new([9, 8, 4], affine).unwrap();
    let value = |v: [usize; 3]| ((v[0] * 31 + v[1] * 17 + v[2] * 5) % 23) as f32;
    let one = Volume::new(source.clone(), (0..source.len()).map(|o| value(source.voxel(o))).collect());
    let backward = |o: usize| {
        let v = flipped.voxel(o);
        value([8 - v[0], v[1], v[2]])
    };
    let other = Volume::new(flipped.clone(), (0..flipped.len()).map(backward).collect());
    let mut movement = turn(&source, 9.0, 2);
    movement.shift_mm = [0.25, 0.5, 0.75];
    let read = |image: &Volume<f32>| {
        let r = Resampling::moved(image.grid(), [Some(1.0); 3], &movement).unwrap();
        let mut values = r.image(image, whole(&r), Interpolation::Linear);
        // What lies on the image, as a set.
        let inside = r.on_image(whole(&r));
        let mut kept = Vec::new();
        for (value, on) in values.iter_mut().zip(inside) {
            if on {
                kept.push(*value);
            }
        }
        kept.sort_by(f32::total_cmp);
        kept
    };
    let (a, b) = (read(&one), read(&other));
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
}
