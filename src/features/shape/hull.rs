//! The convex hull of points with whole coordinates, exactly.
//!
//! Quickhull (Barber, Dobkin, Huhdanpaa 1996, The quickhull algorithm for convex hulls, ACM TOMS 22): a tetrahedron
//! grows by one point at a time, the furthest outside one of its faces; the faces that see the point give way to a
//! cone, and the points outside of them are handed on. Whether a face sees a point is decided in whole numbers, so
//! points in one plane or on one line cannot mislead it. Triangles in one plane are one facet in the end.
//!
//! An affine map keeps a hull: coordinates are half voxels, the spacing comes afterwards.
//!
//! ```
//! use delta_radiomics::features::shape::hull::Hull;
//! // A cube of edge 2, the middle of a face, and its centre.
//! let mut points: Vec<[i64; 3]> = (0..8).map(|c| [c & 1, c >> 1 & 1, c >> 2].map(|b| 2 * b)).collect();
//! points.extend([[1, 1, 0], [1, 1, 1]]);
//! let hull = Hull::of(&points).unwrap();
//! assert_eq!((hull.corners().len(), hull.edges.len(), hull.facets.len()), (8, 12, 6));
//! // Half voxels of 3 x 1 x 1 mm.
//! assert_eq!((hull.volume_mm3([3.0, 1.0, 1.0]), hull.area_mm2([3.0, 1.0, 1.0])), (3.0, 14.0));
//! ```

use super::tips::Place;

/// A convex hull.
#[derive(Clone, Debug)]
pub struct Hull {
    /// The points on its edges: all its corners, and now and then a point between two of them.
    pub points: Vec<Place>,
    /// The outward normal of each facet, twice as long as the facet's area (in half voxels).
    pub facets: Vec<[i64; 3]>,
    /// Where two facets meet.
    pub edges: Vec<Edge>,
    /// Six times its volume (in half voxels).
    volume: i128,
}

/// A piece of an edge of a hull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Two of the hull's points.
    pub ends: [u32; 2],
    /// The facet that has the edge from the first end to the second, counterclockwise from outside, and the one that
    /// has it the other way round.
    pub facets: [u32; 2],
}

impl Hull {
    /// The hull of `points`; `None` where they lie in one plane.
    pub fn of(points: &[Place]) -> Option<Self> {
        let mut builder = Builder::start(points)?;
        builder.grow();
        Some(builder.finish())
    }
    /// Its volume, for voxels of this spacing.
    pub fn volume_mm3(&self, spacing_mm: [f64; 3]) -> f64 {
        self.volume as f64 / 48.0 * spacing_mm[0] * spacing_mm[1] * spacing_mm[2]
    }
    /// Its area, for voxels of this spacing.
    pub fn area_mm2(&self, spacing_mm: [f64; 3]) -> f64 {
        let face = |n| norm(scaled_normal(n, spacing_mm)) / 8.0;
        self.facets.iter().map(|n| face(*n)).sum()
    }
    /// Its points in mm from the centre of the first voxel.
    pub fn points_mm(&self, spacing_mm: [f64; 3]) -> Vec<[f64; 3]> {
        let millimetres = |p: &Place| std::array::from_fn(|a| p[a] as f64 / 2.0 * spacing_mm[a]);
        self.points.iter().map(millimetres).collect()
    }
    /// Outward unit normals of its facets in space.
    pub fn normals(&self, spacing_mm: [f64; 3]) -> Vec<[f64; 3]> {
        let unit = |n: &[i64; 3]| {
            let long = scaled_normal(*n, spacing_mm);
            let length = norm(long);
            long.map(|c| c / length)
        };
        self.facets.iter().map(unit).collect()
    }
    /// Its corners alone, ascending.
    pub fn corners(&self) -> Vec<Place> {
        let mut meeting = vec![0; self.points.len()];
        for end in self.edges.iter().flat_map(|e| e.ends) {
            meeting[end as usize] += 1;
        }
        let mut corners: Vec<Place> =
            self.points.iter().zip(meeting).filter(|p| p.1 > 2).map(|p| *p.0).collect();
        corners.sort_unstable();
        corners
    }
}

/// How a vector of area changes when the axes are scaled.
fn scaled_normal(n: [i64; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    [n[0] as f64 * (y * z), n[1] as f64 * (x * z), n[2] as f64 * (x * y)]
}

fn norm(v: [f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

fn minus(a: Place, b: Place) -> Place {
    std::array::from_fn(|n| a[n] - b[n])
}

fn cross(a: Place, b: Place) -> Place {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Exact for coordinates of up to 29 bits, which no box of voxels exceeds.
fn dot(a: Place, b: Place) -> i128 {
    let product = |n: usize| i128::from(a[n]) * i128::from(b[n]);
    product(0) + product(1) + product(2)
}

/// No point or face.
const NONE: u32 = u32::MAX;

/// A triangle of the growing hull, counterclockwise from outside.
struct Face {
    corners: [u32; 3],
    /// The face beyond the edge from each corner to the next.
    beyond: [u32; 3],
    normal: [i64; 3],
    /// The first of its outside points; the others follow in the builder's list.
    outside: u32,
    /// The furthest of them, and how far.
    furthest: (i128, u32),
    gone: bool,
}

struct Builder<'a> {
    points: &'a [Place],
    faces: Vec<Face>,
    /// For each point the next outside the same face.
    following: Vec<u32>,
    /// For each point on the horizon the new face whose edge starts there.
    starting: Vec<u32>,
    /// Faces that had outside points when they were made.
    waiting: Vec<u32>,
}

impl<'a> Builder<'a> {
    /// A tetrahedron of far points, and the others outside of it.
    fn start(points: &'a [Place]) -> Option<Self> {
        let far = |key: &dyn Fn(Place) -> i128| {
            (0..points.len()).max_by_key(|n| (key(points[*n]), points[*n])).map(|n| n as u32)
        };
        let at = |n: u32| points[n as usize];
        let a = far(&|p| -i128::from(p[0]))?;
        let b = far(&|p| i128::from(p[0]))?;
        // Which points are chosen matters for speed only, so here a square may be rounded.
        let aside = |p: Place| cross(minus(at(b), at(a)), minus(p, at(a)));
        let c = far(&|p| {
            let n = aside(p).map(|c| c as f64);
            norm(n) as i128
        })?;
        let normal = aside(at(c));
        let d = far(&|p| dot(normal, minus(p, at(a))).abs())?;
        let height = dot(normal, minus(at(d), at(a)));
        if height == 0 {
            return None;
        }
        let (b, c) = if height > 0 { (c, b) } else { (b, c) };
        let mut builder = Self {
            points,
            faces: Vec::with_capacity(points.len().min(1 << 16)),
            following: vec![NONE; points.len()],
            starting: vec![NONE; points.len()],
            waiting: Vec::new(),
        };
        builder.push([a, b, c], [1, 2, 3]);
        builder.push([b, a, d], [0, 3, 2]);
        builder.push([c, b, d], [0, 1, 3]);
        builder.push([a, c, d], [0, 2, 1]);
        for point in 0..points.len() as u32 {
            builder.hand_on(point, 0);
        }
        builder.waiting = (0..4).collect();
        Some(builder)
    }

    fn push(&mut self, corners: [u32; 3], beyond: [u32; 3]) {
        let [a, b, c] = corners.map(|n| self.points[n as usize]);
        let normal = cross(minus(b, a), minus(c, a));
        self.faces.push(Face { corners, beyond, normal, outside: NONE, furthest: (0, NONE), gone: false });
    }

    /// How far a point is outside a face, in multiples of the normal's length.
    fn height(&self, face: &Face, point: u32) -> i128 {
        let base = self.points[face.corners[0] as usize];
        dot(face.normal, minus(self.points[point as usize], base))
    }

    /// Gives a point to the first face from `from` on that sees it; if none does, the point is inside.
    fn hand_on(&mut self, point: u32, from: usize) {
        for n in from..self.faces.len() {
            let height = self.height(&self.faces[n], point);
            if height > 0 {
                let face = &mut self.faces[n];
                self.following[point as usize] = face.outside;
                face.outside = point;
                let place = |n: u32| self.points[n as usize];
                let (most, furthest) = face.furthest;
                // Of points at the same height the last in order is a corner of their hull.
                if height > most || (height == most && place(point) > place(furthest)) {
                    face.furthest = (height, point);
                }
                return;
            }
        }
    }

    /// Takes in outside points until there are none.
    fn grow(&mut self) {
        let (mut seeing, mut horizon) = (Vec::new(), Vec::new());
        while let Some(start) = self.waiting.pop() {
            let face = &mut self.faces[start as usize];
            if face.gone || face.outside == NONE {
                continue;
            }
            let point = face.furthest.1;
            face.gone = true;
            seeing.clear();
            horizon.clear();
            seeing.push(start);
            let mut at = 0;
            while at < seeing.len() {
                let face = seeing[at] as usize;
                at += 1;
                for side in 0..3 {
                    let beyond = self.faces[face].beyond[side];
                    let other = &self.faces[beyond as usize];
                    if other.gone {
                        continue;
                    }
                    if self.height(other, point) > 0 {
                        self.faces[beyond as usize].gone = true;
                        seeing.push(beyond);
                    } else {
                        let corners = self.faces[face].corners;
                        horizon.push((corners[side], corners[(side + 1) % 3], beyond));
                    }
                }
            }
            self.replace(point, &seeing, &horizon);
        }
    }

    /// Puts a cone from `point` to the horizon in the place of the faces that see it.
    fn replace(&mut self, point: u32, seeing: &[u32], horizon: &[(u32, u32, u32)]) {
        let first = self.faces.len();
        for (n, &(from, to, beyond)) in horizon.iter().enumerate() {
            let new = (first + n) as u32;
            self.push([from, to, point], [beyond, NONE, NONE]);
            self.starting[from as usize] = new;
            let other = &mut self.faces[beyond as usize];
            for side in 0..3 {
                if other.corners[side] == to && other.corners[(side + 1) % 3] == from {
                    other.beyond[side] = new;
                }
            }
        }
        for (n, &(_, to, _)) in horizon.iter().enumerate() {
            let after = self.starting[to as usize];
            self.faces[first + n].beyond[1] = after;
            self.faces[after as usize].beyond[2] = (first + n) as u32;
        }
        // What lies outside a face that is gone is outside a face of the cone or inside the hull.
        for face in seeing {
            let mut outside = self.faces[*face as usize].outside;
            while outside != NONE {
                let following = self.following[outside as usize];
                if outside != point {
                    self.hand_on(outside, first);
                }
                outside = following;
            }
        }
        self.waiting
            .extend((first..self.faces.len()).filter(|n| self.faces[*n].outside != NONE).map(|n| n as u32));
    }

    /// Puts triangles of one plane together.
    fn finish(self) -> Hull {
        let kept: Vec<u32> = (0..self.faces.len() as u32).filter(|n| !self.faces[*n as usize].gone).collect();
        let mut facet_of = vec![NONE; self.faces.len()];
        let (mut facets, mut volume) = (Vec::new(), 0);
        let mut same = Vec::new();
        let middle = self.faces[kept[0] as usize].corners[0];
        for &start in &kept {
            if facet_of[start as usize] != NONE {
                continue;
            }
            let facet = facets.len() as u32;
            let mut normal = [0; 3];
            facet_of[start as usize] = facet;
            same.push(start);
            while let Some(n) = same.pop() {
                let face = &self.faces[n as usize];
                volume -= self.height(face, middle);
                normal = std::array::from_fn(|a| normal[a] + face.normal[a]);
                for beyond in face.beyond {
                    let other = &self.faces[beyond as usize];
                    let flat = other.corners.iter().all(|c| self.height(face, *c) == 0);
                    if flat && facet_of[beyond as usize] == NONE {
                        facet_of[beyond as usize] = facet;
                        same.push(beyond);
                    }
                }
            }
            facets.push(normal);
        }
        let mut hull = Hull { points: Vec::new(), facets, edges: Vec::new(), volume };
        let mut numbered = vec![NONE; self.points.len()];
        for &n in &kept {
            let face = &self.faces[n as usize];
            for side in 0..3 {
                let beyond = face.beyond[side];
                let meeting = [n, beyond].map(|f| facet_of[f as usize]);
                if n > beyond || meeting[0] == meeting[1] {
                    continue;
                }
                let ends = [face.corners[side], face.corners[(side + 1) % 3]].map(|end| {
                    let number = &mut numbered[end as usize];
                    if *number == NONE {
                        *number = hull.points.len() as u32;
                        hull.points.push(self.points[end as usize]);
                    }
                    *number
                });
                hull.edges.push(Edge { ends, facets: meeting });
            }
        }
        hull
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    /// Clouds with many points in one plane or on one line.
    fn clouds() -> Vec<Vec<Place>> {
        let mut random = Random::seeded(2);
        let mut clouds = Vec::new();
        for reach in [2.0, 3.0, 6.0, 40.0, 1000.0, 2e8] {
            for n in [4, 5, 8, 30, 300] {
                for _ in 0..10 {
                    let mut coordinate = || (random.uniform() * reach) as i64 - (reach / 2.0) as i64;
                    clouds.push((0..n).map(|_| [coordinate(), coordinate(), coordinate()]).collect());
                }
            }
        }
        let ball = |r: i64| {
            let side = 2 * r + 1;
            (0..side * side * side)
                .map(|o| [o % side - r, o / side % side - r, o / (side * side) - r])
                .filter(|p| p.iter().map(|c| c * c).sum::<i64>() <= r * r)
                .collect()
        };
        clouds.extend([ball(1), ball(3), ball(6)]);
        clouds
    }

    #[test]
    fn no_point_is_outside_a_facet_and_every_facet_has_points() {
        for points in clouds() {
            let Some(hull) = Hull::of(&points) else { continue };
            let corners = hull.corners();
            for normal in &hull.facets {
                let most = points.iter().map(|p| dot(*normal, *p)).max().unwrap();
                let on = corners.iter().filter(|p| dot(*normal, **p) == most).count();
                assert!(on >= 3);
            }
            // The facets close: their area vectors cancel, and Euler's formula holds for corners and whole edges.
            let sum = |a: usize| hull.facets.iter().map(|n| i128::from(n[a])).sum::<i128>();
            assert_eq!([0, 1, 2].map(sum), [0; 3]);
            let (v, e, f) = (hull.points.len(), hull.edges.len(), hull.facets.len());
            assert_eq!(v + f, e + 2);
        }
    }

    #[test]
    fn corners_are_the_points_that_no_others_enclose() {
        // Without a corner the hull is smaller; without any other point it is the same.
        for points in clouds().into_iter().filter(|p| p.len() <= 30) {
            let Some(hull) = Hull::of(&points) else { continue };
            let corners = hull.corners();
            for point in &points {
                let others: Vec<Place> = points.iter().copied().filter(|p| p != point).collect();
                let without = Hull::of(&others).map_or(0, |h| h.volume);
                assert_eq!(without < hull.volume, corners.contains(point));
            }
        }
    }

    #[test]
    fn the_volume_is_that_of_slabs_between_sections() {
        // Between neighbouring corners' heights the section's area is a square of the height: Simpson's rule is exact.
        let section = |hull: &Hull, z: f64| {
            let at = |n: u32| hull.points[n as usize].map(|c| c as f64);
            let mut cut: Vec<[f64; 2]> = Vec::new();
            for edge in &hull.edges {
                let [p, q] = edge.ends.map(at);
                if (p[2] - z) * (q[2] - z) < 0.0 {
                    let t = (z - p[2]) / (q[2] - p[2]);
                    cut.push([0, 1].map(|a| p[a] + t * (q[a] - p[a])));
                }
            }
            let n = cut.len() as f64;
            let middle = [0, 1].map(|a| cut.iter().map(|c| c[a]).sum::<f64>() / n);
            cut.sort_by(|p, q| {
                let angle = |c: &[f64; 2]| libm::atan2(c[1] - middle[1], c[0] - middle[0]);
                angle(p).total_cmp(&angle(q))
            });
            let around = (0..cut.len()).map(|n| (cut[n], cut[(n + 1) % cut.len()]));
            around.map(|(p, q)| p[0] * q[1] - p[1] * q[0]).sum::<f64>() / 2.0
        };
        for points in clouds().iter().filter(|p| p.len() == 30 && p.iter().all(|c| c[0].abs() < 600)) {
            let Some(hull) = Hull::of(points) else { continue };
            let mut levels: Vec<i64> = hull.points.iter().map(|p| p[2]).collect();
            levels.sort_unstable();
            levels.dedup();
            let mut volume = 0.0;
            for pair in levels.windows(2) {
                let [low, high] = [pair[0] as f64, pair[1] as f64];
                let h = high - low;
                // Three places inside the slab, so that no corner is met.
                let f = [0.25, 0.5, 0.75].map(|t| section(&hull, low + t * h));
                volume += h * (2.0 * f[0] - f[1] + 2.0 * f[2]) / 3.0;
            }
            let expected = hull.volume as f64 / 6.0;
            assert!((volume - expected).abs() < 1e-9 * expected, "{volume} {expected}");
        }
    }

    #[test]
    fn points_in_a_plane_have_no_hull() {
        assert!(Hull::of(&[]).is_none());
        assert!(Hull::of(&[[1, 2, 3]; 5]).is_none());
        assert!(Hull::of(&[[0, 0, 0], [1, 1, 1], [2, 2, 2], [5, 5, 5]]).is_none());
        assert!(Hull::of(&[[0, 0, 0], [1, 0, 1], [0, 1, 1], [1, 1, 2], [3, 4, 7]]).is_none());
    }

    #[test]
    fn the_order_of_axes_and_points_changes_nothing() {
        for points in clouds().into_iter().filter(|p| p.len() == 300) {
            let Some(hull) = Hull::of(&points) else { continue };
            let turned: Vec<Place> = points.iter().rev().map(|p| [p[2], -p[0], p[1]]).collect();
            let other = Hull::of(&turned).unwrap();
            assert_eq!(hull.volume, other.volume);
            let mut corners: Vec<Place> = other.corners().iter().map(|p| [-p[1], p[2], p[0]]).collect();
            corners.sort_unstable();
            assert_eq!(corners, hull.corners());
        }
    }
}
