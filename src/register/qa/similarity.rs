//! How alike the two scans are, and how alike chance would make them.

use nalgebra::{Point3, Rotation3, Unit, Vector3};

use super::QaInput;
use super::sample::Sample;
use crate::geometry::{Moving, World};
use crate::numeric::random::Random;
use crate::numeric::sum::blocks;
use crate::record::SimilarityQa;
use crate::transform::Transform;

/// Points of the body at which chance alignments are compared, at most; evenly chosen. Of these many a correlation has
/// a standard error of 0.01 at most, far below the spread of chance.
const POINTS: usize = 12_000;
/// Chance alignments that are drawn.
const CHANCES: usize = 50;
/// Draws that are made at most: those that leave too little overlap do not count.
const DRAWS: usize = 200;
/// Fewer chance alignments than this say nothing.
pub const LEAST_CHANCES: usize = 20;
/// Length in mm of a chance offset.
pub const OFFSET_MM: [f64; 2] = [20.0, 60.0];
/// Largest angle in degrees of a chance offset.
const ANGLE_DEGREES: f64 = 15.0;
/// Least share of the result's own overlap that a chance alignment keeps.
const LEAST_SHARE: f64 = 0.5;
/// Correlations are kept this far from one on Fisher's scale, which has no end there.
const NEAR_ONE: f64 = 1.0 - 1e-6;

/// Similarity, and chance on Fisher's z scale, where correlations near one have a spread too.
pub struct Similarity {
    /// For the record.
    pub record: SimilarityQa,
    /// Chance alignments that counted.
    pub chances: usize,
    /// The result above the best chance, in standard deviations of chance; `None` where too few counted or chance
    /// has no spread.
    pub above_chance_sd: Option<f64>,
}

/// Measures both. A correlation that does not exist (no overlap, no contrast) is zero.
pub fn measure(sample: &Sample, input: &QaInput) -> Similarity {
    let of = |transform: &Transform| {
        correlation(sample, &sample.fixed, &sample.places(transform)).map_or(0.0, |c| c.value)
    };
    let result = correlation(sample, &sample.fixed, &sample.moved);
    let spline = result.map_or(0.0, |c| c.value);
    let chance = result.map(|_| chances(sample)).unwrap_or_default();
    let z: Vec<f64> = chance.iter().map(|c| fisher(*c)).collect();
    let (mean_z, sd_z) = mean_and_sd(&z);
    let max_z = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let above_chance_sd = (z.len() >= LEAST_CHANCES && sd_z > 0.0).then(|| (fisher(spline) - max_z) / sd_z);
    let record = SimilarityQa {
        measure: "ncc".to_owned(),
        before: of(&Transform::identity()),
        rigid: of(input.rigid),
        spline,
        chance_mean: libm::tanh(mean_z),
        chance_max: if z.is_empty() { 0.0 } else { libm::tanh(max_z) },
    };
    Similarity { record, chances: z.len(), above_chance_sd }
}

/// Fisher's z of a correlation.
fn fisher(correlation: f64) -> f64 {
    libm::atanh(correlation.clamp(-NEAR_ONE, NEAR_ONE))
}

/// Mean and standard deviation (n - 1); zeros for fewer than two values.
fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if values.len() < 2 {
        return (0.0, 0.0);
    }
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// A correlation, and over how many points.
#[derive(Clone, Copy)]
struct Correlation {
    value: f64,
    seen: usize,
}

/// Normalised cross-correlation of `values` of the follow-up with the baseline's at `places`, over the points that the
/// baseline sees. `None` where they are fewer than ten, or one side has no spread.
fn correlation(sample: &Sample, values: &[f64], places: &[World<Moving>]) -> Option<Correlation> {
    const BLOCK: usize = 8192;
    // Sums of 1, f, m, ff, mm, fm; in blocks of fixed size, so that their order is always the same.
    let parts = blocks(places.len().div_ceil(BLOCK), |b| {
        let mut s = [0.0; 6];
        let range = b * BLOCK..((b + 1) * BLOCK).min(places.len());
        for (q, &f) in places[range.clone()].iter().zip(&values[range]) {
            if let Some(m) = sample.moving.linear(sample.moving.grid().index_of(*q)) {
                for (s, v) in s.iter_mut().zip([1.0, f, m, f * f, m * m, f * m]) {
                    *s += v;
                }
            }
        }
        s
    });
    let mut s = [0.0; 6];
    for part in parts {
        (0..6).for_each(|n| s[n] += part[n]);
    }
    let [n, f, m, ff, mm, fm] = s;
    if n < 10.0 {
        return None;
    }
    let (vf, vm, c) = (ff - f * f / n, mm - m * m / n, fm - f * m / n);
    // Rounding leaves about 1e-12 of the raw squares.
    if vf <= 1e-9 * ff || vm <= 1e-9 * mm {
        return None;
    }
    Some(Correlation { value: (c / (vf * vm).sqrt()).clamp(-1.0, 1.0), seen: n as usize })
}

/// Correlations of chance alignments: the result, moved as a whole by a random rigid offset about its middle.
fn chances(sample: &Sample) -> Vec<f64> {
    let stride = sample.moved.len().div_ceil(POINTS).max(1);
    let values: Vec<f64> = sample.fixed.iter().copied().step_by(stride).collect();
    let ends: Vec<World<Moving>> = sample.moved.iter().copied().step_by(stride).collect();
    let Some(Correlation { seen, .. }) = correlation(sample, &values, &ends) else { return Vec::new() };
    // The seed is a constant: the same pair is always compared with the same chances.
    let mut random = Random::seeded(0x51A_17E);
    let middle = centre(&ends);
    let least = (LEAST_SHARE * seen as f64) as usize;
    let mut found = Vec::with_capacity(CHANCES);
    for _ in 0..DRAWS {
        let moved = offset(&mut random, middle);
        let places: Vec<World<Moving>> = ends.iter().map(|q| World::from_point(moved(q.point()))).collect();
        if let Some(c) = correlation(sample, &values, &places).filter(|c| c.seen >= least) {
            found.push(c.value);
        }
        if found.len() == CHANCES {
            break;
        }
    }
    found
}

/// The mean of points; the origin for none.
fn centre(points: &[World<Moving>]) -> Point3<f64> {
    let sum = points.iter().map(|q| q.point().coords).sum::<Vector3<f64>>();
    (sum / points.len().max(1) as f64).into()
}

/// A random rotation about `middle` and a random shift.
fn offset(random: &mut Random, middle: Point3<f64>) -> impl Fn(Point3<f64>) -> Point3<f64> + use<> {
    let between = |random: &mut Random, [low, high]: [f64; 2]| low + (high - low) * random.uniform();
    let shift = direction(random).into_inner() * between(random, OFFSET_MM);
    let angle = between(random, [-ANGLE_DEGREES, ANGLE_DEGREES]).to_radians();
    let rotation = Rotation3::from_axis_angle(&direction(random), angle);
    move |p| middle + rotation * (p - middle) + shift
}

/// A direction, uniform on the sphere.
fn direction(random: &mut Random) -> Unit<Vector3<f64>> {
    loop {
        let v = Vector3::new(random.normal(), random.normal(), random.normal());
        if let Some(unit) = Unit::try_new(v, 1e-9) {
            return unit;
        }
    }
}
