//! The largest distance between any two of many points, exactly and without looking at all pairs.
//!
//! Points that are too near the middle to take part in a longer distance than one already found are dropped;
//! the rest is put into boxes, and pairs of boxes are looked into from the most promising down, until no pair
//! of boxes can hold a longer distance.

type Point = [f64; 3];

/// Boxes along the longest distance found at first.
const BOXES: f64 = 12.0;

/// The largest distance between two of `points`; zero for fewer than two.
///
/// ```
/// use delta_radiomics::features::shape::diameter::largest_distance;
/// assert_eq!(largest_distance(&[[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [3.0, 4.0, 0.0]]), 5.0);
/// assert_eq!(largest_distance(&[[1.0, 2.0, 3.0]]), 0.0);
/// ```
pub fn largest_distance(points: &[Point]) -> f64 {
    let Some(bounds) = Bounds::of(points) else { return 0.0 };
    let middle: Point = std::array::from_fn(|a| f64::midpoint(bounds.low[a], bounds.high[a]));
    let furthest = |from: Point| {
        points.iter().copied().fold((0.0, from), |best, p| {
            let d = squared(from, p);
            if d > best.0 { (d, p) } else { best }
        })
    };
    // From end to end a few times: often the answer, always a lower bound.
    let (radius, mut end) = furthest(middle);
    let mut best = 0.0_f64;
    for _ in 0..4 {
        let (d, other) = furthest(end);
        best = best.max(d);
        end = other;
    }
    let (radius, reach) = (radius.sqrt(), best.sqrt());
    if reach == 0.0 {
        return 0.0;
    }
    // The slack keeps ties and rounding on the safe side.
    let rim = points.iter().copied().filter(|p| squared(*p, middle).sqrt() + radius >= reach * (1.0 - 1e-12));
    let boxes = into_boxes(rim.collect(), bounds.low, reach / BOXES);
    let mut pairs = Vec::new();
    for (n, a) in boxes.iter().enumerate() {
        for (m, b) in boxes.iter().enumerate().skip(n) {
            let bound = a.bounds.furthest(&b.bounds);
            if bound > best {
                pairs.push((bound, n, m));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (bound, n, m) in pairs {
        if bound <= best {
            break;
        }
        for &p in &boxes[n].points {
            for &q in &boxes[m].points {
                best = best.max(squared(p, q));
            }
        }
    }
    best.sqrt()
}

fn squared(a: Point, b: Point) -> f64 {
    (0..3).map(|n| (a[n] - b[n]) * (a[n] - b[n])).sum()
}

struct Bounds {
    low: Point,
    high: Point,
}

impl Bounds {
    fn of(points: &[Point]) -> Option<Self> {
        let first = *points.first()?;
        let mut bounds = Self { low: first, high: first };
        for p in points {
            for a in 0..3 {
                bounds.low[a] = bounds.low[a].min(p[a]);
                bounds.high[a] = bounds.high[a].max(p[a]);
            }
        }
        Some(bounds)
    }
    /// The squared largest distance that a point in each can have.
    fn furthest(&self, other: &Self) -> f64 {
        (0..3).map(|a| (self.high[a] - other.low[a]).max(other.high[a] - self.low[a])).map(|d| d * d).sum()
    }
}

struct Bin {
    bounds: Bounds,
    points: Vec<Point>,
}

fn into_boxes(points: Vec<Point>, origin: Point, edge: f64) -> Vec<Bin> {
    let mut keyed: Vec<([u32; 3], Point)> = points
        .into_iter()
        .map(|p| (std::array::from_fn(|a| ((p[a] - origin[a]) / edge) as u32), p))
        .collect();
    keyed.sort_by_key(|k| k.0);
    let bin = |run: &[([u32; 3], Point)]| {
        let points: Vec<Point> = run.iter().map(|k| k.1).collect();
        Bounds::of(&points).map(|bounds| Bin { bounds, points })
    };
    keyed.chunk_by(|a, b| a.0 == b.0).filter_map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_what_a_look_at_all_pairs_finds() {
        let mut state = 17u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        // A cloud, a thin plate, a shell (many near ties), a tetrahedron's edges (nearly no pruning).
        let shapes: [fn([f64; 3]) -> Point; 4] = [
            |p| p,
            |p| [p[0] * 9.0, p[1] * 8.0, p[2] * 0.1],
            |p| {
                let r = (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt();
                p.map(|c| (c / r * 40.0).round())
            },
            |p| {
                let corners = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
                let (n, m) = ((p[0] + 0.5) * 4.0, (p[1] + 0.5) * 4.0);
                let t = p[2] + 0.5;
                std::array::from_fn(|a| {
                    corners[n as usize % 4][a] * t + corners[m as usize % 4][a] * (1.0 - t)
                })
            },
        ];
        for shape in shapes {
            for n in [2, 3, 50, 700] {
                let points: Vec<Point> = (0..n).map(|_| shape([next(), next(), next()])).collect();
                let plain =
                    points.iter().flat_map(|p| points.iter().map(|q| squared(*p, *q))).fold(0.0, f64::max);
                assert_eq!(largest_distance(&points), plain.sqrt());
            }
        }
    }
}
