//! What is promised of a cohort.

use std::num::NonZeroUsize;

use super::roles::{Course, Response, Site};
use super::*;
use crate::geometry::Own;
use crate::jobs::Silent;
use crate::jobs::phantom::{Label, Scan};
use crate::store::hash_tree;

fn request(seed: u64, patients: usize) -> CohortRequest {
    CohortRequest { seed, patients: NonZeroUsize::new(patients).unwrap(), size: Size::Small }
}

/// The first two scans of a patient of an asked kind.
fn pair(seed: u64, response: Response, size: Size) -> [Scan<Own>; 2] {
    let role = Role { response, site: Site::A, course: Course::Usual };
    let patient = Patient::new(seed, 0, role);
    [0, 1].map(|n| patient.scan(n, size))
}

/// Standard deviation of the lesion's intensities before noise, away from its border.
fn spread(scan: &Scan<Own>) -> f64 {
    let grid = scan.labels.grid();
    let inside = |&offset: &usize| {
        let [i, j, k] = grid.voxel(offset);
        let around = [-1, 0, 1].map(|d: isize| [i, j, k].map(|v| v.wrapping_add_signed(d)));
        let is_lesion = |voxel: [usize; 3]| scan.labels.at(voxel[0], voxel[1], voxel[2]) == 1;
        (0..27).all(|n| is_lesion([around[n % 3][0], around[n / 3 % 3][1], around[n / 9][2]]))
    };
    let values = (0..grid.len()).filter(|&o| scan.labels.values()[o] == 1).filter(inside);
    let values: Vec<f64> = values.map(|o| f64::from(scan.noise_free.values()[o])).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

fn ratios([t0, t1]: &[Scan<Own>; 2]) -> (f64, f64) {
    (t1.labelled_ml(Label::Lesion) / t0.labelled_ml(Label::Lesion), spread(t1) / spread(t0))
}

#[test]
fn responses_are_thirds_and_sites_halves_within_each_of_them() {
    for n in 1..=50 {
        let roles = roles(3, n);
        for response in Response::ALL {
            let of = |site| roles.iter().filter(|r| r.response == response && r.site == site).count();
            let (a, b) = (of(Site::A), of(Site::B));
            assert!((a + b).abs_diff(n / 3) <= 1 && a + b >= n / 3, "{response:?} of {n}: {}", a + b);
            assert!(a.abs_diff(b) <= 1, "{response:?} of {n}: {a} at A, {b} at B");
        }
        let sites = Site::ALL.map(|site| roles.iter().filter(|r| r.site == site).count());
        assert!(sites[0].abs_diff(sites[1]) <= 1, "{n}: {sites:?}");
        for course in [Course::LesionAbsent, Course::BadFile, Course::LesionNew, Course::LateFollowup] {
            let count = roles.iter().filter(|r| r.course == course).count();
            assert_eq!(count, usize::from(n >= 6), "{course:?} of {n}");
        }
    }
    assert_ne!(roles(1, 24), roles(2, 24));
    let three = |r: Response| {
        let all = roles(1, 24);
        all.iter().filter(|x| x.course == Course::ThreeVisits && x.response == r).count()
    };
    assert!(Response::ALL.into_iter().all(|r| three(r) >= 1), "three visits of every kind of response");
}

#[test]
fn a_shrinking_lesion_shrinks_and_keeps_its_look() {
    let scans = pair(2, Response::Shrinking, Size::Standard);
    let (volume, spread) = ratios(&scans);
    assert!((0.36..0.54).contains(&volume), "{volume}");
    assert!((0.6..1.5).contains(&spread), "{spread}");
}

#[test]
fn a_texture_response_keeps_the_volume_and_is_patchier() {
    for (seed, size) in [(2, Size::Standard), (5, Size::Small)] {
        let scans = pair(seed, Response::Texture, size);
        let (volume, spread) = ratios(&scans);
        // The grid is chosen so that the mask is true to the volume; a layer of voxels would be a third and more.
        assert!((volume - 1.0).abs() < 0.02, "{volume}");
        assert!((2.3..3.5).contains(&spread), "{spread}");
    }
}

#[test]
fn without_response_only_motion_and_noise_differ() {
    let scans = pair(2, Response::None, Size::Standard);
    let (volume, spread) = ratios(&scans);
    assert!((volume - 1.0).abs() < 0.01 && (spread - 1.0).abs() < 0.05, "{volume} {spread}");
    assert_ne!(scans[0].image.values(), scans[1].image.values());
}

#[test]
fn a_lesion_that_is_gone_and_one_that_is_new_are_so_in_the_follow_up_only() {
    let scans = |course| {
        let patient = Patient::new(4, 1, Role { response: Response::None, site: Site::B, course });
        [0, 1].map(|n| patient.scan(n, Size::Small))
    };
    let [t0, t1] = scans(Course::LesionAbsent);
    assert!(t0.labelled_ml(Label::LesionStable) > 10.0);
    assert_eq!(t1.labelled_ml(Label::LesionStable), 0.0);
    let [t0, t1] = scans(Course::LesionNew);
    assert_eq!(t0.labelled_ml(Label::LesionNew), 0.0);
    assert!(t1.labelled_ml(Label::LesionNew) > 3.0);
}

#[test]
fn a_cohort_has_the_same_bytes_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let hashes = [1, 2, 3].map(|threads| {
        let out = dir.path().join(format!("{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| make(&request(7, 7), &out, Existing::Keep, &Silent)).unwrap();
        hash_tree(&out).unwrap()
    });
    assert!(hashes[0] == hashes[1] && hashes[0] == hashes[2]);
    // The truncated scan can be looked at, but not read.
    let bad = dir.path().join("1/truth.csv");
    assert!(std::fs::read_to_string(bad).unwrap().contains("bad_file"));
}

#[test]
fn a_patient_does_not_depend_on_how_many_others_there_are() {
    let usual = |n: usize| -> Vec<(usize, Role)> {
        roles(1, n).into_iter().enumerate().filter(|(_, r)| r.course == Course::Usual).collect()
    };
    let (few, many) = (usual(12), usual(60));
    let same = few.iter().find(|role| many.contains(role)).expect("someone has the same role in both");
    let records = [12, 60].map(|n| Patient::new(1, same.0, roles(1, n)[same.0]).into_record());
    assert_eq!(records[0], records[1]);
}

#[test]
fn those_who_respond_live_longer() {
    let mean = |response| {
        let lives = (0..400).map(|n| outcomes::Outcome::new(n, response).survival_days);
        lives.sum::<f64>() / 400.0
    };
    let [shrinking, texture, none] = Response::ALL.map(mean);
    assert!(shrinking > 1.5 * none && shrinking == texture, "{shrinking} {texture} {none}");
    let dead = (0..400).filter(|&n| outcomes::Outcome::new(n, Response::None).event == 1.0).count();
    assert!((240..=399).contains(&dead), "{dead} of 400 die within the study");
}
