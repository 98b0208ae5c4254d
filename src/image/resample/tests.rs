use super::*;
use crate::geometry::Own;

fn grid(dims: [usize; 3], spacing: [f64; 3]) -> Grid {
    Grid::<Own>::axis_aligned(dims, spacing, [3.0, -20.0, 7.5]).unwrap()
}

fn whole(r: &Resampling<Own>) -> Window {
    Window { low: [0; 3], size: r.target().dims() }
}

#[test]
fn voxel_centres_follow_the_formula_of_the_standard() {
    for (n, old, new) in [(10, 1.2, 3.0), (204, 0.977, 2.0), (7, 3.27, 1.0), (60, 3.0, 2.0), (5, 1.2, 1.2)] {
        let r = Resampling::new(&grid([n; 3], [old; 3]), [Some(new); 3]).unwrap();
        let count = (n as f64 * old / new - 1e-3).ceil();
        assert_eq!(r.target().dims(), [count as usize; 3]);
        for m in 0..count as usize {
            let expected = 3.0 + (n as f64 - 1.0) * old / 2.0 - (count - 1.0) * new / 2.0 + m as f64 * new;
            let centre = r.target().centre_of([m, 0, 0]).point();
            assert!((centre[0] - expected).abs() < 1e-9, "{n} {old} {new}: {} {expected}", centre[0]);
        }
    }
}

#[test]
fn linear_interpolation_reproduces_a_plane_inside_and_repeats_its_edge() {
    let source = grid([6, 5, 4], [1.0, 1.5, 2.0]);
    let plane = |p: [f64; 3]| 2.0 + 0.5 * p[0] - 0.25 * p[1] + p[2];
    let values = (0..source.len()).map(|o| plane(source.voxel(o).map(|n| n as f64)) as f32).collect();
    let image = Volume::new(source.clone(), values);
    let r = Resampling::new(&source, [Some(0.7); 3]).unwrap();
    for interpolation in [Interpolation::Linear, Interpolation::Cubic] {
        let resampled = r.image(&image, whole(&r), interpolation);
        for (o, value) in resampled.iter().enumerate() {
            let at = r.target().voxel(o);
            let p: [f64; 3] =
                std::array::from_fn(|a| r.axes[a].position(at[a]).clamp(0.0, source.dims()[a] as f64 - 1.0));
            let inside = (0..3).all(|a| p[a] > 1.0 && p[a] < source.dims()[a] as f64 - 2.0);
            if interpolation == Interpolation::Linear || inside {
                let slack = if interpolation == Interpolation::Linear { 1e-5 } else { 0.2 };
                assert!((f64::from(*value) - plane(p)).abs() < slack, "{interpolation:?} {at:?}");
            }
        }
    }
}

#[test]
fn a_cubic_spline_passes_through_its_samples() {
    let source = grid([9, 8, 7], [1.0; 3]);
    let values: Vec<f32> = (0..source.len()).map(|o| ((o * 7919) % 101) as f32).collect();
    let image = Volume::new(source.clone(), values.clone());
    // The same spacing shifts nothing, but goes through the filter where an axis only nearly keeps it.
    let r = Resampling::new(&source, [Some(1.0 + 1e-12); 3]).unwrap();
    assert!(!r.is_identity());
    let resampled = r.image(&image, whole(&r), Interpolation::Cubic);
    assert!(resampled.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn a_window_gives_what_the_whole_image_gives() {
    let source = grid([60, 50, 40], [1.0, 1.1, 1.9]);
    let values = (0..source.len()).map(|o| ((o * 7919) % 1009) as f32).collect();
    let image = Volume::new(source.clone(), values);
    let r = Resampling::new(&source, [Some(0.8), Some(1.3), Some(1.7)]).unwrap();
    let window = Window { low: [40, 18, 3], size: [5, 6, 7] };
    for interpolation in [Interpolation::Linear, Interpolation::Cubic] {
        let all = Volume::new(r.target().clone(), r.image(&image, whole(&r), interpolation));
        let part = r.image(&image, window, interpolation);
        let mut n = 0;
        for_each_voxel(window, |[i, j, k]| {
            assert!((part[n] - all.at(i, j, k)).abs() < 1e-3, "{interpolation:?}");
            n += 1;
        });
    }
}

#[test]
fn a_voxel_that_is_half_inside_belongs_to_the_region() {
    let source = grid([4, 4, 4], [1.0; 3]);
    let mask = Mask::from_fn(source.clone(), |o| source.voxel(o)[0] >= 2);
    // In the plane nothing changes; four slices of 1 mm become two of 3 mm.
    let r = Resampling::new(&source, [Some(1.0), Some(1.0), Some(3.0)]).unwrap();
    let window = r.window_of(&mask);
    assert_eq!(r.mask(&mask, window, 0.5).iter().filter(|b| **b).count(), 2 * 4 * 2);
    let shifted = Resampling::new(&grid([5, 1, 1], [1.0; 3]), [Some(1.25), None, None]).unwrap();
    let half = Mask::from_offsets(grid([5, 1, 1], [1.0; 3]), &[0, 1]);
    // Centres of the new voxels: 0.125, 1.375, 2.625, 3.875; shares 1, 0.625, 0, 0.
    let window = shifted.window_of(&half);
    assert_eq!(shifted.mask(&half, window, 0.625), vec![true, true]);
    assert_eq!(shifted.mask(&half, window, 0.626), vec![true, false]);
}

#[test]
fn voxels_without_data_take_their_neighbours_value() {
    let source = grid([4, 1, 1], [1.0; 3]);
    let image = Volume::new(source.clone(), vec![1.0, f32::NAN, 5.0, 5.0]);
    let r = Resampling::new(&source, [Some(0.5), None, None]).unwrap();
    assert!(r.image(&image, whole(&r), Interpolation::Linear).iter().all(|v| v.is_finite()));
}

#[test]
fn spacing_is_given_by_anatomy_not_by_storage() {
    let mut affine = nalgebra::Matrix4::zeros();
    for (row, column, value) in [(2, 0, -2.0), (0, 1, 1.0), (1, 2, 1.0), (3, 3, 1.0)] {
        affine[(row, column)] = value;
    }
    let source = Grid::<Own>::new([10, 11, 12], affine).unwrap();
    let r = Resampling::anatomical(&source, [Some(0.5), None, Some(4.0)]).unwrap();
    assert_eq!(r.target().dims(), [5, 22, 12]);
}

#[test]
fn a_spacing_that_is_no_length_is_refused() {
    for bad in [0.0, -1.0, f64::NAN] {
        assert!(Resampling::new(&grid([2; 3], [1.0; 3]), [Some(bad); 3]).is_err());
    }
}
