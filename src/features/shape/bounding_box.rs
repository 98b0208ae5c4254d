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
        let mut facing: Vec<([i64; 3], usize)> = (0..normals.len())
            .map(|n| (hull.facets[n].max(hull.facets[n].map(|c| -c)), n))
            .collect();
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
            (low.min(d), high.max(d))
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
            let [a, b] = edge.ends;
            let (from, to) = match edge.facets.map(|f| self.lit[f as usize]) {
                [true, false] => (a, b),
                [false, true] => (b, a),
                _ => continue,
            };
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
    }
}

/// The sides of the smallest rectangle around a convex outline (counterclockwise), and the direction of the first.
fn smallest_rectangle(outline: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let n = outline.len();
    let along = |d: [f64; 2], p: usize| d[0] * outline[p % n][0] + d[1] * outline[p % n][1];
    let mut best = ([f64::INFINITY; 2], [1.0, 0.0]);
    // Furthest along the edge, across it, and against it: all three go round with the edge.
    let (mut ahead, mut far, mut back) = (1, 1, 1);
    for from in 0..n {
        let (p, q) = (outline[from], outline[(from + 1) % n]);
        let edge = [q[0] - p[0], q[1] - p[1]];
        let length = (edge[0] * edge[0] + edge[1] * edge[1]).sqrt();
        if length == 0.0 {
            continue;
        }
        let d = edge.map(|c| c / length);
        let across = [-d[1], d[0]];
        let climb = |mut at: usize, direction: [f64; 2]| {
            while at < from + 2 * n && along(direction, at + 1) > along(direction, at) {
                at += 1;
            }
            at
        };
        ahead = climb(ahead.max(from + 1), d);
        far = climb(far.max(ahead), across);
        back = climb(back.max(far), d.map(|c| -c));
        let sides = [along(d, ahead) - along(d, back), along(across, far) - along(across, from)];
        if sides[0] * sides[1] < best.0[0] * best.0[1] {
            best = (sides, d);
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

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
