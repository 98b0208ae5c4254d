//! Maps one after the other, as files of other programs and compositions have them.
//!
//! A chain is kept in its shortest form: rigid motions are multiplied, and a spline after a rigid motion becomes the
//! same spline before it, on a turned lattice. What one [`Transform`] can hold is one step, so that it is evaluated,
//! inverted and carried with exactly as the result of a registration is.

use nalgebra::{Matrix3, Point3, Vector3};

use super::map::{box_corners, hull};
use super::{Field, Inverted, Lattice, PlaneMap, Planes, PointMap, Rigid, Spline, Transform};
use crate::geometry::{Fixed, Grid, Moving, World};

/// One step of a chain.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A spline, then a rigid motion.
    Smooth(Transform),
    /// A displacement that is known at voxels.
    Sampled(Field),
}

/// What a file format may hold or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// A rigid motion.
    Rigid(&'a Rigid),
    /// A spline.
    Spline(&'a Spline),
    /// A displacement field.
    Field(&'a Field),
}

/// Maps of points, the first acts first; without steps, points stay where they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    steps: Vec<Step>,
}

impl From<Transform> for Chain {
    fn from(transform: Transform) -> Self {
        Self { steps: vec![Step::Smooth(transform)] }
    }
}

impl From<Field> for Chain {
    fn from(field: Field) -> Self {
        Self { steps: vec![Step::Sampled(field)] }
    }
}

impl Chain {
    /// Lets a rigid motion follow.
    #[must_use]
    pub fn then_rigid(mut self, after: Rigid) -> Self {
        match self.steps.last_mut() {
            Some(Step::Smooth(t)) => t.rigid = t.rigid.then(&after),
            _ => self.steps.push(Step::Smooth(Transform::from_rigid(after))),
        }
        self
    }

    /// Lets a spline follow.
    #[must_use]
    pub fn then_spline(mut self, spline: Spline) -> Self {
        match self.steps.last_mut() {
            Some(Step::Smooth(t)) if t.spline.is_none() => t.spline = Some(before_rigid(spline, &t.rigid)),
            _ => self.steps.push(Step::Smooth(Transform { rigid: Rigid::identity(), spline: Some(spline) })),
        }
        self
    }

    /// Lets a displacement field follow.
    #[must_use]
    pub fn then_field(mut self, field: Field) -> Self {
        self.steps.push(Step::Sampled(field));
        self
    }

    /// Lets another chain follow.
    #[must_use]
    pub fn then(self, after: Self) -> Self {
        after.steps.into_iter().fold(self, |chain, step| match step {
            Step::Sampled(field) => chain.then_field(field),
            Step::Smooth(Transform { rigid, spline: None }) => chain.then_rigid(rigid),
            Step::Smooth(Transform { rigid, spline: Some(spline) }) => {
                chain.then_spline(spline).then_rigid(rigid)
            }
        })
    }

    /// Its steps, the first acts first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Its parts, the first acts first. Rigid motions that do nothing are left out, but for one where there is
    /// nothing else.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for step in &self.steps {
            match step {
                Step::Sampled(field) => parts.push(Part::Field(field)),
                Step::Smooth(t) => {
                    parts.extend(t.spline.as_ref().map(Part::Spline));
                    if t.spline.is_none() || t.rigid != Rigid::identity() {
                        parts.push(Part::Rigid(&t.rigid));
                    }
                }
            }
        }
        parts
    }

    /// The one transform that it is; `None` where it needs more than one.
    pub fn as_transform(&self) -> Option<Transform> {
        match self.steps.as_slice() {
            [] => Some(Transform::identity()),
            [Step::Smooth(transform)] => Some(transform.clone()),
            _ => None,
        }
    }

    /// The rigid motion that it is; `None` where it bends.
    pub fn as_rigid(&self) -> Option<Rigid> {
        self.as_transform().filter(|t| t.spline.is_none()).map(|t| t.rigid)
    }

    /// The lattice of its first step, on which it is defined; `None` where the first step has none.
    pub fn lattice(&self) -> Option<&Lattice> {
        match self.steps.first() {
            Some(Step::Smooth(t)) => t.spline.as_ref().map(Spline::lattice),
            _ => None,
        }
    }
}

impl Step {
    fn apply(&self, p: World<Fixed>) -> World<Moving> {
        match self {
            Self::Smooth(t) => t.apply(p),
            Self::Sampled(field) => World::from_point(p.point() + field.displacement(p)),
        }
    }
    fn jacobian(&self, p: World<Fixed>) -> Matrix3<f64> {
        match self {
            Self::Smooth(t) => t.jacobian(p),
            Self::Sampled(field) => Matrix3::identity() + field.gradient(p),
        }
    }
    fn inverse(&self, q: World<Moving>) -> Inverted {
        match self {
            Self::Smooth(t) => t.inverse(q),
            Self::Sampled(field) => {
                let (point, residual_mm) = field.before(q.point());
                Inverted { point: World::from_point(point), residual_mm }
            }
        }
    }
    fn reach(&self, corners: [Point3<f64>; 8]) -> ([f64; 3], [f64; 3]) {
        match self {
            Self::Smooth(t) => t.reach(corners),
            Self::Sampled(field) => {
                let ((near, far), (least, most)) = (hull(&corners), field.bounds());
                (std::array::from_fn(|a| near[a] - most[a]), std::array::from_fn(|a| far[a] - least[a]))
            }
        }
    }
}

/// The next step starts where the last one ended.
fn between(q: World<Moving>) -> World<Fixed> {
    World::from_point(q.point())
}

impl PointMap for Chain {
    fn apply(&self, p: World<Fixed>) -> World<Moving> {
        let end = self.steps.iter().fold(p, |p, step| between(step.apply(p)));
        World::from_point(end.point())
    }

    fn jacobian(&self, p: World<Fixed>) -> Matrix3<f64> {
        let mut at = p;
        let mut product = Matrix3::identity();
        for step in &self.steps {
            product = step.jacobian(at) * product;
            at = between(step.apply(at));
        }
        product
    }

    fn inverse(&self, q: World<Moving>) -> Inverted {
        if let [step] = self.steps.as_slice() {
            return step.inverse(q);
        }
        let back = |p: World<Fixed>, step: &Step| step.inverse(World::from_point(p.point())).point;
        let point = self.steps.iter().rev().fold(between(q), back);
        Inverted { point, residual_mm: self.apply(point).distance(q) }
    }

    fn on_grid<'a>(&'a self, grid: &'a Grid<Fixed>) -> impl PlaneMap + 'a {
        ChainPlanes::new(self, grid)
    }

    fn reach(&self, corners: [Point3<f64>; 8]) -> ([f64; 3], [f64; 3]) {
        let mut corners = corners;
        for step in self.steps.iter().rev() {
            let (near, far) = step.reach(corners);
            corners = box_corners(near, far);
        }
        hull(&corners)
    }
}

/// A chain at the voxel centres of a grid: its first step as fast as it goes, the others point by point.
struct ChainPlanes<'a> {
    chain: &'a Chain,
    grid: &'a Grid<Fixed>,
    first: Option<Planes<'a>>,
}

impl<'a> ChainPlanes<'a> {
    fn new(chain: &'a Chain, grid: &'a Grid<Fixed>) -> Self {
        let first = match chain.steps.first() {
            Some(Step::Smooth(t)) => Some(Planes::new(t, grid)),
            _ => None,
        };
        Self { chain, grid, first }
    }
    fn centres(&self, k: usize) -> Vec<World<Fixed>> {
        let [nx, ny, _] = self.grid.dims();
        (0..nx * ny).map(|n| self.grid.centre_of([n % nx, n / nx, k])).collect()
    }
}

impl PlaneMap for ChainPlanes<'_> {
    fn points(&self, k: usize) -> Vec<World<Moving>> {
        match &self.first {
            Some(planes) => {
                let rest = &self.chain.steps[1..];
                let onward = |q: World<Moving>| rest.iter().fold(q, |q, step| step.apply(between(q)));
                planes.points(k).into_iter().map(onward).collect()
            }
            None => self.centres(k).into_iter().map(|p| self.chain.apply(p)).collect(),
        }
    }
    fn determinants(&self, k: usize) -> Vec<f64> {
        match &self.first {
            Some(planes) if self.chain.steps.len() == 1 => planes.determinants(k),
            _ => self.centres(k).into_iter().map(|p| self.chain.jacobian(p).determinant()).collect(),
        }
    }
}

/// The spline `v` with `R(x + v(x)) = R x + u(R x)`: lattice and coefficients turned back by the rotation.
fn before_rigid(spline: Spline, rigid: &Rigid) -> Spline {
    if *rigid == Rigid::identity() {
        return spline;
    }
    let lattice = spline.lattice();
    let back = rigid.rotation().transpose();
    let turned = Lattice::from_parts(
        lattice.dims(),
        lattice.spacing_mm(),
        back * (lattice.origin() - rigid.shift()),
        back * lattice.directions(),
    );
    let [x, y, z] = spline.coefficients();
    let vectors: Vec<Vector3<f64>> = (0..x.len()).map(|n| back * Vector3::new(x[n], y[n], z[n])).collect();
    Spline::new(turned, std::array::from_fn(|c| vectors.iter().map(|v| v[c]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Volume;

    fn grid() -> Grid<Fixed> {
        Grid::axis_aligned([20, 22, 18], [2.0, 2.0, 2.5], [-10.0, 4.0, 7.0]).unwrap()
    }
    fn rigid() -> Rigid {
        Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(1.0, -2.0, 1.0))
    }
    fn spline(scale: f64) -> Spline {
        let lattice = Lattice::covering(&grid(), [10.0; 3]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| scale * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])
    }
    fn field() -> Field {
        let grid = grid();
        let values = (0..grid.len()).map(|o| {
            let v = grid.voxel(o).map(|n| n as f64 / 3.0);
            [libm::sin(v[0]) as f32, libm::sin(v[1]) as f32, libm::sin(v[2] + v[0]) as f32]
        });
        let values = values.collect();
        Field::new(Volume::new(grid, values))
    }
    /// Each kind of step after each other.
    fn long() -> Chain {
        Chain::default()
            .then_rigid(rigid())
            .then_spline(spline(1.0))
            .then_rigid(rigid())
            .then_spline(spline(0.5))
            .then_field(field())
            .then_rigid(rigid())
    }

    #[test]
    fn the_steps_act_in_the_order_in_which_they_were_given() {
        let p = World::new(5.3, 21.2, 26.1);
        let rigid_step = |p: World<Fixed>| between(rigid().apply(p));
        let spline_step = |p: World<Fixed>, scale: f64| p + spline(scale).displacement(p);
        let q = spline_step(rigid_step(spline_step(rigid_step(p), 1.0)), 0.5);
        let q = rigid_step(q + field().displacement(q));
        assert!((long().apply(p).point() - q.point()).norm() < 1e-10);
        assert_eq!(long().steps().len(), 4);
    }

    #[test]
    fn what_one_transform_holds_stays_one() {
        let chain = Chain::default().then_rigid(rigid()).then_spline(spline(1.0)).then_rigid(rigid());
        assert!(chain.as_transform().is_some());
        assert_eq!(chain.parts().len(), 2);
        assert_eq!(Chain::default().then(chain.clone()), chain);
        assert_eq!(Chain::from(Transform::identity()).parts(), [Part::Rigid(&Rigid::identity())]);
    }

    #[test]
    fn a_chain_comes_back_through_its_inverse() {
        let (chain, p) = (long(), World::new(5.3, 21.2, 26.1));
        let back = chain.inverse(chain.apply(p));
        assert!(back.point.distance(p) < 1e-4 && back.residual_mm < 1e-4, "{back:?}");
    }

    #[test]
    fn planes_are_the_points_one_by_one() {
        let (chain, grid) = (long(), grid());
        let planes = chain.on_grid(&grid);
        let p = grid.centre_of([2, 3, 5]);
        assert!(planes.points(5)[2 + 20 * 3].distance(chain.apply(p)) < 1e-10);
        assert_eq!(planes.determinants(5)[2 + 20 * 3], chain.jacobian(p).determinant());
    }

    #[test]
    fn nothing_comes_to_a_box_from_outside_its_reach() {
        let (chain, grid) = (long(), grid());
        let (low, high) = ([0.0, 15.0, 15.0], [8.0, 22.0, 24.0]);
        let (near, far) = chain.reach(box_corners(low, high));
        let mut came = 0;
        for offset in 0..grid.len() {
            let p = grid.centre_of(grid.voxel(offset));
            let q = chain.apply(p).point();
            if (0..3).all(|a| q[a] >= low[a] && q[a] <= high[a]) {
                came += 1;
                assert!((0..3).all(|a| p.point()[a] >= near[a] && p.point()[a] <= far[a]));
            }
        }
        assert!(came > 10);
    }
}
