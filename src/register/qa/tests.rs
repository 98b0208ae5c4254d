use std::sync::OnceLock;

use nalgebra::{Matrix3, Vector3};

use super::*;
use crate::geometry::Grid;
use crate::numeric::random::Random;
use crate::record::QaVerdict;
use crate::transform::{Lattice, Rigid, Spline};

/// A textured ellipsoid in air as a function of the point: what it is made of depends on the seed.
struct Body {
    blobs: Vec<(Vector3<f64>, f64, f64)>,
}

impl Body {
    fn seeded(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let mut within = |low: f64, high: f64| low + (high - low) * random.uniform();
        let blobs = (0..150)
            .map(|_| {
                let at = Vector3::new(within(-70.0, 70.0), within(-60.0, 60.0), within(-70.0, 70.0));
                (at, within(6.0, 14.0), within(-300.0, 300.0))
            })
            .collect();
        Self { blobs }
    }

    fn value(&self, p: Vector3<f64>) -> f32 {
        let texture: f64 =
            self.blobs.iter().map(|(c, r, h)| h * (-(p - c).norm_squared() / (2.0 * r * r)).exp()).sum();
        // The border is as soft as a scanner makes it: voxels average over their size.
        let depth =
            65.0 * (1.0 - ((p.x / 72.0).powi(2) + (p.y / 60.0).powi(2) + (p.z / 75.0).powi(2)).sqrt());
        let tissue = 1.0 / (1.0 + (-depth / 2.0).exp());
        (tissue * (texture + 1000.0) - 1000.0) as f32
    }

    /// The body seen on a grid, each voxel showing what is at `place(x)`.
    fn seen<F: crate::geometry::Frame>(
        &self,
        place: impl Fn(Vector3<f64>) -> Vector3<f64>,
    ) -> Volume<f32, F> {
        let grid = Grid::axis_aligned([44, 40, 42], [4.0; 3], [-86.0, -78.0, -82.0]).unwrap();
        let values = (0..grid.len())
            .map(|o| self.value(place(grid.centre_of(grid.voxel(o)).point().coords)))
            .collect();
        Volume::new(grid, values)
    }
}

/// A point of the follow-up lies 6, -4 and 5 mm further at baseline.
const SHIFT: [f64; 3] = [6.0, -4.0, 5.0];

fn shifted(by: [f64; 3]) -> Transform {
    Transform::from_rigid(Rigid::from_parts(Matrix3::identity(), Vector3::from(by)))
}

/// The follow-up and the baseline of one patient.
fn pair() -> (Volume<f32, Fixed>, Volume<f32, Moving>) {
    static PAIR: OnceLock<(Volume<f32, Fixed>, Volume<f32, Moving>)> = OnceLock::new();
    let make = || {
        let body = Body::seeded(1);
        (body.seen(|p| p), body.seen(|q| q - Vector3::from(SHIFT)))
    };
    PAIR.get_or_init(make).clone()
}

fn judged(fixed: &Volume<f32, Fixed>, moving: &Volume<f32, Moving>, transform: &Transform) -> Qa {
    with_landmarks(fixed, moving, transform, &[])
}

fn with_landmarks(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    transform: &Transform,
    landmarks: &[(World<Fixed>, World<Moving>)],
) -> Qa {
    let rigid = Transform::from_rigid(transform.rigid.clone());
    let input = QaInput {
        pair: "t1 -> t0",
        fixed,
        moving,
        rigid: &rigid,
        transform,
        landmarks,
        rival: None,
        turned: None,
    };
    assess(&input, &QaThresholds::default())
}

fn codes(qa: &Qa) -> Vec<&str> {
    qa.reasons.iter().map(|r| r.code.as_str()).collect()
}

/// `u(x) = f(x)` at the controls of a lattice over the fixed grid.
fn bent(fixed: &Volume<f32, Fixed>, f: impl Fn(Vector3<f64>) -> Vector3<f64>) -> Spline {
    let lattice = Lattice::covering(fixed.grid(), [16.0; 3]);
    let [nx, ny, nz] = lattice.dims();
    let mut coefficients = [const { Vec::new() }; 3];
    for n in 0..nx * ny * nz {
        let u = f(lattice.control(n % nx, n / nx % ny, n / (nx * ny)).point().coords);
        (0..3).for_each(|a| coefficients[a].push(u[a]));
    }
    Spline::new(lattice, coefficients)
}

#[test]
fn the_true_map_passes() {
    let (fixed, moving) = pair();
    let qa = judged(&fixed, &moving, &shifted(SHIFT));
    assert_eq!(qa.verdict, QaVerdict::Pass, "{:?}", qa.reasons);
    assert!(qa.similarity.spline > 0.95 && qa.similarity.spline > qa.similarity.before);
    assert!(qa.similarity.chance_max < qa.similarity.spline);
    assert_eq!(qa.jacobian.folded_fraction, 0.0);
}

#[test]
fn a_gross_shift_fails() {
    let (fixed, moving) = pair();
    let qa = judged(&fixed, &moving, &shifted([36.0, 20.0, -20.0]));
    assert_eq!(qa.verdict, QaVerdict::Fail);
    assert!(codes(&qa).contains(&"chance") && codes(&qa).contains(&"similarity"), "{:?}", qa.reasons);
}

#[test]
fn a_shift_of_eight_millimetres_is_seen_though_it_beats_chance() {
    let (fixed, moving) = pair();
    let qa = judged(&fixed, &moving, &shifted([SHIFT[0], SHIFT[1], SHIFT[2] + 8.0]));
    assert!(codes(&qa).contains(&"misplaced"), "{:?}", qa.reasons);
    assert_ne!(qa.verdict, QaVerdict::Pass);
}

/// Where the outline is by far the strongest contrast, bodies of one shape cannot be told apart: here what is inside
/// differs by as much as tissue from air.
#[test]
fn another_patient_of_the_same_outline_does_not_pass() {
    let inside = |seed| {
        let mut body = Body::seeded(seed);
        body.blobs.iter_mut().for_each(|blob| blob.2 *= 2.5);
        body
    };
    let fixed: Volume<f32, Fixed> = inside(1).seen(|p| p);
    for seed in 2..6 {
        let other: Volume<f32, Moving> = inside(seed).seen(|q| q - Vector3::from(SHIFT));
        let qa = judged(&fixed, &other, &shifted(SHIFT));
        assert_ne!(qa.verdict, QaVerdict::Pass, "{seed}: {:?}", qa.similarity);
    }
    let again: Volume<f32, Moving> = inside(1).seen(|q| q - Vector3::from(SHIFT));
    assert_eq!(judged(&fixed, &again, &shifted(SHIFT)).verdict, QaVerdict::Pass);
}

#[test]
fn blank_scans_fail_without_a_number_that_is_none() {
    let (fixed, moving) = pair();
    for blank in [7.0, f32::NAN] {
        let empty = Volume::filled(moving.grid().clone(), blank);
        let qa = judged(&fixed, &empty, &shifted(SHIFT));
        assert_eq!((qa.verdict, codes(&qa)[0]), (QaVerdict::Fail, "constant"));
        let other = judged(&Volume::filled(fixed.grid().clone(), blank), &moving, &shifted(SHIFT));
        assert_eq!((other.verdict, codes(&other)[0]), (QaVerdict::Fail, "constant"));
        let text = serde_json::to_string(&[qa, other]).unwrap();
        assert!(!text.contains("null"), "{text}");
    }
}

#[test]
fn the_same_scan_twice_is_reviewed() {
    let (fixed, _) = pair();
    let copy = fixed.clone().in_frame::<Moving>();
    let qa = judged(&fixed, &copy, &Transform::identity());
    assert_eq!((qa.verdict, codes(&qa)), (QaVerdict::Review, vec!["identical"]));
}

#[test]
fn folds_never_pass_whatever_the_landmarks_say() {
    let (fixed, moving) = pair();
    let spline = bent(&fixed, |p| {
        let near = (-(p.norm_squared()) / (2.0 * 20.0 * 20.0)).exp();
        Vector3::new(-60.0 * near * p.x / 20.0, 0.0, 0.0)
    });
    let transform = Transform { spline: Some(spline), ..shifted(SHIFT) };
    let exact: Vec<_> = (0..12)
        .map(|n| {
            let p = World::new(f64::from(n) * 4.0 - 24.0, 10.0, -5.0);
            (p, transform.apply(p))
        })
        .collect();
    let qa = with_landmarks(&fixed, &moving, &transform, &exact);
    assert_eq!(qa.tre_mm.as_ref().unwrap().median, 0.0);
    assert!(qa.jacobian.folded_fraction > 0.001 && qa.jacobian.min < 0.0);
    assert_eq!(qa.verdict, QaVerdict::Fail);
    assert!(codes(&qa).contains(&"folds"));
}

#[test]
fn a_wrong_spacing_is_reviewed_though_the_scans_look_alike() {
    let body = Body::seeded(1);
    let fixed: Volume<f32, Fixed> = body.seen(|p| p);
    // The baseline was stored 20 % too long along z, and the spline took it up.
    let moving: Volume<f32, Moving> = body.seen(|q| Vector3::new(q.x, q.y, q.z / 1.2));
    let stretch = bent(&fixed, |p| Vector3::new(0.0, 0.0, 0.2 * p.z));
    let qa = judged(&fixed, &moving, &Transform { spline: Some(stretch), ..Transform::identity() });
    assert!(qa.similarity.spline > 0.9);
    assert_eq!(qa.verdict, QaVerdict::Review);
    let scale = qa.reasons.iter().find(|r| r.code == "scale").unwrap();
    assert!((scale.value - 1.2).abs() < 1e-6, "{}", scale.value);
}

/// A spline can bend a body into one that it is not, and the scans then look alike everywhere.
#[test]
fn a_body_that_does_not_move_as_one_is_reviewed() {
    let body = Body::seeded(1);
    let wave = |y: f64| Vector3::new(14.0 * libm::sin(y / 20.0), 0.0, 0.0);
    let fixed: Volume<f32, Fixed> = body.seen(|p| p);
    let moving: Volume<f32, Moving> = body.seen(|q| q - wave(q.y));
    let transform = Transform { spline: Some(bent(&fixed, |p| wave(p.y))), ..Transform::identity() };
    let qa = judged(&fixed, &moving, &transform);
    assert!(qa.similarity.spline > 0.95, "{:?}", qa.similarity);
    assert_eq!(qa.verdict, QaVerdict::Review);
    assert!(codes(&qa).contains(&"one_body") && !codes(&qa).contains(&"misplaced"), "{:?}", qa.places);
    let places = judged(&pair().0, &pair().1, &shifted(SHIFT)).places.unwrap();
    assert_eq!((places.misplaced_fraction, places.one_body_fraction), (0.0, 1.0));
}

#[test]
fn little_overlap_is_said_with_its_share() {
    let (fixed, moving) = pair();
    let qa = judged(&fixed, &moving, &shifted([130.0, 0.0, 0.0]));
    let overlap = qa.reasons.iter().find(|r| r.code == "overlap").unwrap();
    assert_eq!(overlap.verdict, QaVerdict::Fail);
    assert!(overlap.text.contains("at least 60 % is asked"), "{}", overlap.text);
    let far = judged(&fixed, &moving, &shifted([1000.0, 0.0, 0.0]));
    assert_eq!((far.overlap_fraction, far.similarity.spline, far.verdict), (0.0, 0.0, QaVerdict::Fail));
}

#[test]
fn landmarks_speak_last_on_distance() {
    let (fixed, moving) = pair();
    let marks = |n: usize, off: f64| -> Vec<(World<Fixed>, World<Moving>)> {
        (0..n)
            .map(|n| {
                let p = World::new(n as f64, 3.0, -2.0);
                (p, shifted(SHIFT).apply(p) + Vector3::new(off, 0.0, 0.0))
            })
            .collect()
    };
    let median_of_six = with_landmarks(&fixed, &moving, &shifted(SHIFT), &marks(12, 6.0));
    assert_eq!((median_of_six.verdict, codes(&median_of_six)), (QaVerdict::Review, vec!["landmarks"]));
    let too_few = with_landmarks(&fixed, &moving, &shifted(SHIFT), &marks(9, 6.0));
    assert_eq!(too_few.verdict, QaVerdict::Pass);

    // A result far away that the landmarks confirm: the likeness may mislead, twelve places do not.
    let far = shifted([36.0, 20.0, -20.0]);
    let confirmed: Vec<_> =
        marks(12, 2.0).into_iter().map(|(p, _)| (p, far.apply(p) + Vector3::new(2.0, 0.0, 0.0))).collect();
    assert_eq!(judged(&fixed, &moving, &far).verdict, QaVerdict::Fail);
    let lifted = with_landmarks(&fixed, &moving, &far, &confirmed);
    assert_eq!(lifted.verdict, QaVerdict::Review, "{:?}", lifted.reasons);
}

#[test]
fn an_ambiguous_and_a_turned_start_are_reviewed() {
    let (fixed, moving) = pair();
    let transform = shifted(SHIFT);
    let judge = |rival, turned| {
        let input = QaInput {
            pair: "t1 -> t0",
            fixed: &fixed,
            moving: &moving,
            rigid: &transform,
            transform: &transform,
            landmarks: &[],
            rival,
            turned,
        };
        assess(&input, &QaThresholds::default())
    };
    let rival = |distance_mm, gap| Some(RivalStart { distance_mm, angle_degrees: 1.0, gap });
    assert_eq!(codes(&judge(rival(22.0, 0.01), None)), ["ambiguous_start"]);
    assert_eq!(judge(rival(22.0, 0.2), None).verdict, QaVerdict::Pass);
    assert_eq!(judge(rival(4.0, 0.0), None).verdict, QaVerdict::Pass);
    let turned = |likeness| Some(TurnedStart { likeness, ordinary: 0.8 });
    assert_eq!(codes(&judge(None, turned(0.9))), ["turned"]);
    assert_eq!(judge(None, turned(0.3)).verdict, QaVerdict::Pass);
}

#[test]
fn the_same_bytes_come_from_any_number_of_threads() {
    let (fixed, moving) = pair();
    let spline = bent(&fixed, |p| Vector3::new(2.0 * (p.y / 30.0).sin(), 0.0, 1.0));
    let transform = Transform { spline: Some(spline), ..shifted(SHIFT) };
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| judged(&fixed, &moving, &transform))).unwrap()
    };
    assert_eq!(bytes(1), bytes(3));
}

#[test]
fn a_protocol_changes_single_thresholds_and_typos_are_refused() {
    let changed: QaThresholds = toml::from_str("overlap_pass = 0.7").unwrap();
    assert_eq!(changed, QaThresholds { overlap_pass: 0.7, ..QaThresholds::default() });
    assert!(toml::from_str::<QaThresholds>("overlap_pas = 0.7").is_err());
}
