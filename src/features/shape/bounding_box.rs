//! Boxes around a convex hull: along the axes of the scan, and as small as turning makes it.
//!
//! The smallest box is searched, as in most programs: each box has one side flush with a facet of the hull, and among
//! these the smallest rectangle around the hull's shadow, which has a side flush with an edge of the shadow (Freeman
//! and Shapira 1975). The smallest box of all need not be flush with a facet (O'Rourke 1985, Finding minimal enclosing
//! boxes: two neighbouring sides contain an edge each), so the best found is turned about each of its own axes in
//! turn until that helps no more.

use super::hull::Hull;

type Vector = [f64; 3];

/// A box by the lengths of its edges in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Lengths of its edges.
    pub edges_mm: [f64; 3],
}

impl BoundingBox {
    /// Along the axes of the scan.
    pub fn aligned(hull: &Hull, spacing_mm: [f64; 3]) -> Self {
        let extent = |a: usize| {
            let range = |(low, high): (i64, i64), p: &[i64; 3]| (low.min(p[a]), high.max(p[a]));
            let (low, high) = hull.points.iter().fold((i64::MAX, i64::MIN), range);
            (high - low) as f64 / 2.0 * spacing_mm[a]
        };
        Self { edges_mm: [extent(0), extent(1), extent(2)] }
    }

    /// As small as turning makes it; of boxes of one volume that with the least area.
    ///
    /// ```
    /// use delta_radiomics::features::shape::{bounding_box::BoundingBox, hull::Hull};
    /// // The octahedron of one voxel of 1 mm lies on a face: that is a third of the box along the axes.
    /// let tips = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
    /// let hull = Hull::of(&tips).unwrap();
    /// assert_eq!(BoundingBox::aligned(&hull, [1.0; 3]).volume_mm3(), 1.0);
    /// assert!((BoundingBox::oriented(&hull, [1.0; 3]).volume_mm3() - 1.0 / 3.0).abs() < 1e-15);
    /// ```
    pub fn oriented(hull: &Hull, spacing_mm: [f64; 3]) -> Self {
        let mut search = Search::new(hull, spacing_mm);
        let mut best = search.upright();
        for direction in search.directions.clone() {
            best = smaller(best, search.along(direction));
        }
        loop {
            let before = best;
            for axis in before.axes {
                best = smaller(best, search.along(axis));
            }
            if best.size.volume_mm3() > before.size.volume_mm3() * (1.0 - SAME) {
                return best.size;
            }
        }
    }

    /// Its volume.
    pub fn volume_mm3(&self) -> f64 {
        self.edges_mm.iter().product()
    }
    /// Its area.
    pub fn area_mm2(&self) -> f64 {
        let [a, b, c] = self.edges_mm;
        2.0 * (a * b + a * c + b * c)
    }
}

/// Volumes that differ by less, relatively, are the same but for rounding.
const SAME: f64 = 1e-9;
/// A facet whose normal has a smaller share of a direction stands upright on the plane across that direction.
const UPRIGHT: f64 = 1e-12;

/// A box and where its edges point.
#[derive(Clone, Copy)]
struct Placed {
    size: BoundingBox,
    axes: [Vector; 3],
}

fn smaller(a: Placed, b: Placed) -> Placed {
    let [va, vb] = [a, b].map(|p| p.size.volume_mm3());
    let same = (va - vb).abs() <= SAME * va;
    let less = if same { b.size.area_mm2() < a.size.area_mm2() } else { vb < va };
    if less { b } else { a }
}

/// The hull in mm, and room for its shadows.
struct Search<'a> {
    hull: &'a Hull,
    points: Vec<Vector>,
    normals: Vec<Vector>,
    /// Normals of facets; of parallel facets of one size one.
    directions: Vec<Vector>,
    lit: Vec<bool>,
    /// For each point on the outline of the shadow the next.
    next: Vec<u32>,
    outline: Vec<[f64; 2]>,
}

impl<'a> Search<'a> {
    fn new(hull: &'a Hull, spacing_mm: [f64; 3]) -> Self {
        let normals = hull.normals(spacing_mm);
        let mut facing: Vec<([i64; 3], usize)> =
            (0..normals.len()).map(|n| (hull.facets[n].max(hull.facets[n].map(|c| -c)), n)).collect();
        facing.sort_unstable();
        facing.dedup_by_key(|f| f.0);
        Self {
            hull,
            points: hull.points_mm(spacing_mm),
            directions: facing.iter().map(|f| normals[f.1]).collect(),
            lit: vec![false; normals.len()],
            next: vec![0; hull.points.len()],
            outline: Vec::new(),
            normals,
        }
    }

    /// The box along the axes of the scan.
    fn upright(&self) -> Placed {
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let edges_mm = axes.map(|axis| self.extent(axis));
        Placed { size: BoundingBox { edges_mm }, axes }
    }

    fn extent(&self, direction: Vector) -> f64 {
        let range = |(low, high): (f64, f64), p: &Vector| {
            let d = dot(*p, direction);
            (if d < low { d } else { low }, if d > high { d } else { high })
        };
        let (low, high) = self.points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), range);
        high - low
    }

    /// The smallest box with an edge along `n`.
    fn along(&mut self, n: Vector) -> Placed {
        let u = across(n);
        let v = cross(n, u);
        self.cast(n, u, v);
        let (sides, turn) = smallest_rectangle(&self.outline);
        let [c, s] = turn;
        let along = std::array::from_fn(|a| c * u[a] + s * v[a]);
        let edges_mm = [self.extent(n), sides[0], sides[1]];
        Placed { size: BoundingBox { edges_mm }, axes: [n, along, cross(n, along)] }
    }

    /// The outline of the hull's shadow along `n` on the plane of `u` and `v`, counterclockwise: the edges between
    /// facets that look towards `n` and those that do not.
    fn cast(&mut self, n: Vector, u: Vector, v: Vector) {
        for (lit, normal) in self.lit.iter_mut().zip(&self.normals) {
            *lit = dot(*normal, n) > UPRIGHT;
        }
        let mut start = None;
        for edge in &self.hull.edges {
            let [left, right] = edge.facets.map(|f| self.lit[f as usize]);
            if left == right {
                continue; // Nearly always: asked first, the processor foresees it.
            }
            let [a, b] = edge.ends;
            let (from, to) = if left { (a, b) } else { (b, a) };
            self.next[from as usize] = to;
            start = Some(from);
        }
        self.outline.clear();
        let Some(start) = start else { return };
        let mut at = start;
        // The outline is one loop; the count keeps the walk finite whatever rounding does.
        for _ in 0..self.points.len() {
            let p = self.points[at as usize];
            self.outline.push([dot(p, u), dot(p, v)]);
            at = self.next[at as usize];
            if at == start {
                break;
            }
        }
        let once = self.outline.len();
        self.outline.extend_from_within(..once);
        self.outline.extend_from_within(..once);
    }
}

/// The sides of the smallest rectangle around a convex outline (counterclockwise), and the direction of the first.
/// The outline is given three times over, so that no place on it is counted beyond its end.
fn smallest_rectangle(outline: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let n = outline.len() / 3;
    let mut best = ([f64::INFINITY; 2], [1.0, 0.0]);
    let mut least = f64::INFINITY;
    // Furthest along the edge, across it, and against it: all three go round with the edge.
    let (mut ahead, mut far, mut back) = (1, 1, 1);
    for from in 0..n {
        let edge = minus(outline[from + 1], outline[from]);
        let length2 = dot2(edge, edge);
        let across = [-edge[1], edge[0]];
        let climb = |mut at: usize, direction: [f64; 2]| {
            while at + 1 < outline.len() && dot2(minus(outline[at + 1], outline[at]), direction) > 0.0 {
                at += 1;
            }
            at
        };
        ahead = climb(ahead.max(from + 1), edge);
        far = climb(far.max(ahead), across);
        back = climb(back.max(far), edge.map(|c| -c));
        let length = dot2(minus(outline[ahead], outline[back]), edge);
        let breadth = dot2(minus(outline[far], outline[from]), across);
        // Each is too long by the length of the edge.
        if length * breadth < least * length2 {
            least = length * breadth / length2;
            let scale = 1.0 / length2.sqrt();
            best = ([length * scale, breadth * scale], edge.map(|c| c * scale));
        }
    }
    best
}

/// Some unit vector across a unit vector.
fn across(n: Vector) -> Vector {
    let small = (0..3).min_by(|a, b| n[*a].abs().total_cmp(&n[*b].abs())).unwrap_or(0);
    let mut other = [0.0; 3];
    other[small] = 1.0;
    let long = cross(n, other);
    let length = dot(long, long).sqrt();
    long.map(|c| c / length)
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn dot2(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    /// Edges of a box, ascending.
    fn edges(b: BoundingBox) -> [f64; 3] {
        let mut edges = b.edges_mm;
        edges.sort_by(f64::total_cmp);
        edges
    }

    #[test]
    fn a_turned_box_is_its_own_smallest() {
        // Three directions across each other, each of length 3, and points inside.
        let directions = [[2, 2, 1], [-2, 1, 2], [1, -2, 2]];
        let mut random = Random::seeded(6);
        for lengths in [[1, 1, 1], [4, 7, 20], [30, 2, 2]] {
            let mut points: Vec<[i64; 3]> = Vec::new();
            for corner in 0..8 {
                let steps = [0, 1, 2].map(|a| lengths[a] * (corner >> a & 1));
                points.push(std::array::from_fn(|a| (0..3).map(|n| steps[n] * directions[n][a]).sum()));
            }
            for _ in 0..20 {
                let steps = lengths.map(|l| (random.uniform() * (l + 1) as f64) as i64);
                points.push(std::array::from_fn(|a| (0..3).map(|n| steps[n] * directions[n][a]).sum()));
            }
            let mut expected = lengths.map(|l| 1.5 * l as f64);
            expected.sort_by(f64::total_cmp);
            let found = edges(BoundingBox::oriented(&Hull::of(&points).unwrap(), [1.0; 3]));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found / expected - 1.0).abs() < 1e-12, "{lengths:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn the_smallest_rectangle_is_that_of_a_look_at_all_edges() {
        let mut random = Random::seeded(7);
        for n in [3, 4, 9, 40] {
            // Points of an ellipse in order are convex.
            let mut angles: Vec<f64> = (0..n).map(|_| random.uniform() * std::f64::consts::TAU).collect();
            angles.sort_by(f64::total_cmp);
            let once: Vec<[f64; 2]> = angles.iter().map(|a| [3.0 * a.cos() + a.sin(), a.sin()]).collect();
            let mut least = f64::INFINITY;
            for (p, q) in (0..n).map(|i| (once[i], once[(i + 1) % n])) {
                let edge = minus(q, p);
                let range = |d: [f64; 2]| {
                    let places = once.iter().map(|c| dot2(*c, d));
                    let (low, high) =
                        places.fold((f64::INFINITY, f64::NEG_INFINITY), |r, c| (r.0.min(c), r.1.max(c)));
                    high - low
                };
                least = least.min(range(edge) * range([-edge[1], edge[0]]) / dot2(edge, edge));
            }
            let (sides, _) = smallest_rectangle(&once.repeat(3));
            assert!((sides[0] * sides[1] / least - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_order_of_axes_changes_nothing() {
        let mut random = Random::seeded(12);
        for n in [4, 8, 40, 200] {
            let points: Vec<[i64; 3]> =
                (0..n).map(|_| [9.0, 14.0, 6.0].map(|r| (random.uniform() * r) as i64)).collect();
            let Some(hull) = Hull::of(&points) else { continue };
            let turned: Vec<[i64; 3]> = points.iter().map(|p| [p[2], -p[0], p[1]]).collect();
            let found = BoundingBox::oriented(&hull, [0.7, 1.0, 2.0]);
            let other = BoundingBox::oriented(&Hull::of(&turned).unwrap(), [2.0, 0.7, 1.0]);
            assert!((found.volume_mm3() / other.volume_mm3() - 1.0).abs() < 1e-9);
            assert!((found.area_mm2() / other.area_mm2() - 1.0).abs() < 1e-9);
            assert!(found.volume_mm3() <= BoundingBox::aligned(&hull, [0.7, 1.0, 2.0]).volume_mm3());
            assert!(found.volume_mm3() >= hull.volume_mm3([0.7, 1.0, 2.0]));
        }
    }
}
