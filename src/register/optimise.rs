//! Minimisation: L-BFGS, driven by `argmin`, with what registration needs around it.
//!
//! Value and gradient come from one pass over the voxels, and the memory of past steps is as large as many images:
//! so both are asked for at once, and every vector is made once and written over. (`argmin`'s own L-BFGS asks for them
//! apart and makes some forty vectors per iteration, an eighth of the time of a fine lattice.) The first step, along
//! the plain gradient, moves the largest parameter by a set distance; no step moves one by more than a cap, and a
//! step into infinity (a fold) is halved. The rest of the room sees [`Objective`] and [`minimise`] alone, so that the
//! optimiser can be exchanged.

use std::cell::RefCell;
use std::collections::VecDeque;

use argmin::core::{
    Error, Executor, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus,
};

use crate::numeric::lanes::{add, dot};

/// A cost with its gradient.
pub trait Objective {
    /// The cost at `parameters`; writes the gradient. Where they are not allowed the cost is infinite, and the gradient of no
    /// meaning.
    fn evaluate(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64;
}

/// How to descend and when to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// Largest change of a parameter by the first step.
    pub first_step: f64,
    /// Largest change of a parameter by any step.
    pub step_cap: f64,
    /// Stop where the mean decrease per iteration over [`Descent::WINDOW`] iterations is below this share of the
    /// cost's size at the start.
    pub tolerance: f64,
    /// Stop where no parameter can have changed by more than this over the same window.
    pub still: f64,
    /// A search along a line ends where its steps would change no parameter by this much: below it rounding decides.
    pub least_step: f64,
    /// Most iterations.
    pub iterations: usize,
}

impl Descent {
    /// Iterations over which progress is judged.
    pub const WINDOW: usize = 5;
    /// Past steps that L-BFGS remembers.
    const MEMORY: usize = 8;
    /// A first step that promises less than this share of the cost is not taken: single-precision images know no
    /// smaller differences, and a perfect start would wander.
    const ROUNDING: f64 = 1e-7;
    /// A search that fails in a bad metric starts again from the plain gradient this often.
    const RESTARTS: usize = 2;
    /// A step must reach this share of the decrease that the slope promises (weak Wolfe conditions).
    const DECREASE: f64 = 1e-4;
    /// And leave no more than this share of the slope.
    const CURVATURE: f64 = 0.9;
    /// Steps that are tried along one direction.
    const TRIALS: usize = 12;
}

/// Where a descent ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Descended {
    /// The parameters found.
    pub parameters: Vec<f64>,
    /// Cost at the start.
    pub before: f64,
    /// Cost at the end; never above `before`.
    pub after: f64,
    /// Number of evaluations.
    pub evaluations: usize,
    /// Number of iterations.
    pub iterations: usize,
}

/// The objective as `argmin` hands it to the solver.
struct Shared<'a>(RefCell<&'a mut dyn Objective>);

/// The name under which `argmin` counts evaluations.
const EVALUATIONS: &str = "evaluations";

fn evaluate(problem: &mut Problem<Shared>, at: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
    problem.problem(EVALUATIONS, |shared| Ok(shared.0.borrow_mut().evaluate(at, gradient)))
}

type Iterate = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// A step that was taken, and what it did to the gradient.
struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    /// Product of the two: positive, or the step is not remembered.
    curvature: f64,
}

/// What one iteration did.
struct Progress {
    cost_before: f64,
    largest_move: f64,
}

/// L-BFGS (Nocedal 1980) with a search by bisection (Lewis and Overton 2013) under a cap.
struct Lbfgs<'d> {
    descent: &'d Descent,
    /// Steps, oldest first.
    memory: VecDeque<Step>,
    recent: VecDeque<Progress>,
    /// Parameter change per gradient along the plain gradient.
    plain: f64,
    restarts: usize,
    before: f64,
    direction: Vec<f64>,
    /// Where the search tries, and the gradient there.
    there: Vec<f64>,
    gradient_there: Vec<f64>,
    finished: bool,
}

impl<'d> Lbfgs<'d> {
    fn new(descent: &'d Descent, parameters: usize) -> Self {
        Self {
            descent,
            memory: VecDeque::new(),
            recent: VecDeque::new(),
            plain: 0.0,
            restarts: 0,
            before: 0.0,
            direction: vec![0.0; parameters],
            there: vec![0.0; parameters],
            gradient_there: vec![0.0; parameters],
            finished: false,
        }
    }

    /// Begins along the plain gradient; false where it is flat, within rounding.
    fn begin(&mut self, cost: f64, gradient: &[f64]) -> bool {
        self.memory.clear();
        let steepest = largest(gradient);
        self.plain = self.descent.first_step / steepest;
        let promise = dot(gradient, gradient) * self.plain;
        steepest > 0.0 && cost.is_finite() && promise >= Descent::ROUNDING * cost.abs()
    }

    /// The direction of descent from the remembered steps, by the two loops.
    fn aim(&mut self, gradient: &[f64]) {
        let direction = &mut self.direction;
        direction.iter_mut().zip(gradient).for_each(|(d, g)| *d = -g);
        let mut shares = [0.0; Descent::MEMORY];
        for (share, step) in shares.iter_mut().zip(&self.memory).rev() {
            *share = dot(&step.moved, direction) / step.curvature;
            add(direction, -*share, &step.turned);
        }
        let scale = self.memory.back().map_or(self.plain, |s| s.curvature / dot(&s.turned, &s.turned));
        for d in direction.iter_mut() {
            *d *= scale;
        }
        for (share, step) in shares.iter().zip(&self.memory) {
            let other = dot(&step.turned, direction) / step.curvature;
            add(direction, share - other, &step.moved);
        }
    }

    /// Looks along the direction; the last step that decreased the cost enough stands in `there`. Gives its length and
    /// cost.
    fn search(
        &mut self,
        problem: &mut Problem<Shared>,
        from: &[f64],
        cost: f64,
        gradient: &[f64],
    ) -> Result<Option<(f64, f64)>, Error> {
        let slope = dot(gradient, &self.direction);
        let reach = largest(&self.direction);
        if slope.is_nan() || slope >= 0.0 || reach == 0.0 {
            return Ok(None);
        }
        let longest = self.descent.step_cap / reach;
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut step = longest.min(1.0);
        let mut found = None;
        for _ in 0..Descent::TRIALS {
            for ((t, x), d) in self.there.iter_mut().zip(from).zip(&self.direction) {
                *t = x + step * d;
            }
            let value = evaluate(problem, &self.there, &mut self.gradient_there)?;
            if value.is_finite() && value <= cost + Descent::DECREASE * step * slope {
                found = Some((step, value));
                let steep = dot(&self.gradient_there, &self.direction) < Descent::CURVATURE * slope;
                if !steep || step >= longest {
                    return Ok(found);
                }
                low = step;
            } else {
                high = step;
            }
            step = if high.is_finite() { 0.5 * (low + high) } else { (2.0 * low).min(longest) };
            if step * reach < self.descent.least_step {
                break;
            }
        }
        // No trial ended the search: back to the last that was good.
        if let Some((step, _)) = found {
            for ((t, x), d) in self.there.iter_mut().zip(from).zip(&self.direction) {
                *t = x + step * d;
            }
            evaluate(problem, &self.there, &mut self.gradient_there)?;
        }
        Ok(found)
    }

    /// Remembers the step from `from` to `there`.
    fn remember(&mut self, from: &[f64], gradient: &[f64]) {
        let mut step = if self.memory.len() == Descent::MEMORY { self.memory.pop_front() } else { None }
            .unwrap_or_else(|| Step { moved: from.to_vec(), turned: from.to_vec(), curvature: 0.0 });
        difference(&self.there, from, &mut step.moved);
        difference(&self.gradient_there, gradient, &mut step.turned);
        step.curvature = dot(&step.moved, &step.turned);
        if step.curvature > 0.0 {
            self.memory.push_back(step);
        }
    }
}

fn difference(a: &[f64], b: &[f64], out: &mut [f64]) {
    out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = a - b);
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| v.abs().max(m))
}

impl<'a> Solver<Shared<'a>, Iterate> for Lbfgs<'_> {
    fn name(&self) -> &'static str {
        "L-BFGS in place"
    }

    fn init(
        &mut self,
        problem: &mut Problem<Shared<'a>>,
        mut state: Iterate,
    ) -> Result<(Iterate, Option<KV>), Error> {
        let start = state.take_param().ok_or_else(|| Error::msg("no start"))?;
        let mut gradient = vec![0.0; start.len()];
        self.before = evaluate(problem, &start, &mut gradient)?;
        self.finished = !self.begin(self.before, &gradient);
        Ok((state.param(start).cost(self.before).gradient(gradient), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<Shared<'a>>,
        mut state: Iterate,
    ) -> Result<(Iterate, Option<KV>), Error> {
        let mut here = state.take_param().ok_or_else(|| Error::msg("no parameters"))?;
        let mut gradient = state.take_gradient().ok_or_else(|| Error::msg("no gradient"))?;
        let cost = state.get_cost();
        let found = loop {
            self.aim(&gradient);
            let found = self.search(problem, &here, cost, &gradient)?;
            let again = found.is_none() && !self.memory.is_empty() && self.restarts < Descent::RESTARTS;
            if !again || !self.begin(cost, &gradient) {
                break found;
            }
            self.restarts += 1;
        };
        let Some((step, after)) = found else {
            self.finished = true;
            return Ok((state.param(here).cost(cost).gradient(gradient), None));
        };
        self.recent.push_back(Progress { cost_before: cost, largest_move: step * largest(&self.direction) });
        if self.recent.len() > Descent::WINDOW {
            self.recent.pop_front();
        }
        self.remember(&here, &gradient);
        std::mem::swap(&mut here, &mut self.there);
        std::mem::swap(&mut gradient, &mut self.gradient_there);
        Ok((state.param(here).cost(after).gradient(gradient), None))
    }

    fn terminate(&mut self, state: &Iterate) -> TerminationStatus {
        let slow = self.recent.len() == Descent::WINDOW && {
            let decrease = (self.recent[0].cost_before - state.get_cost()) / Descent::WINDOW as f64;
            let moved: f64 = self.recent.iter().map(|p| p.largest_move).sum();
            decrease < self.descent.tolerance * self.before.abs() || moved < self.descent.still
        };
        if self.finished || slow {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

/// Descends from `start`; stays there where nothing is better.
pub fn minimise(objective: &mut dyn Objective, start: &[f64], descent: &Descent) -> Descended {
    let solver = Lbfgs::new(descent, start.len());
    let ended = Executor::new(Shared(RefCell::new(objective)), solver)
        .configure(|state| state.param(start.to_vec()).max_iters(descent.iterations as u64))
        .ctrlc(false)
        .timer(false)
        .run()
        // It fails where the solver loses its state, which is a defect of this file.
        .expect("the descent keeps its state");
    let (state, problem) = (&ended.state, &ended.problem);
    Descended {
        parameters: state.get_param().cloned().unwrap_or_else(|| start.to_vec()),
        before: ended.solver.before,
        after: state.get_cost(),
        evaluations: problem.counts.get(EVALUATIONS).map_or(0, |&n| n as usize),
        iterations: state.get_iter() as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rosenbrock {
        wall: f64,
    }
    impl Objective for Rosenbrock {
        fn evaluate(&mut self, p: &[f64], g: &mut [f64]) -> f64 {
            let (a, b) = (1.0 - p[0], p[1] - p[0] * p[0]);
            g[0] = -2.0 * a - 400.0 * p[0] * b;
            g[1] = 200.0 * b;
            if p[0] > self.wall { f64::INFINITY } else { a * a + 100.0 * b * b }
        }
    }

    const DESCENT: Descent = Descent {
        first_step: 0.1,
        step_cap: 0.5,
        tolerance: 1e-14,
        still: 1e-12,
        least_step: 0.0,
        iterations: 300,
    };

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let end = minimise(&mut Rosenbrock { wall: 9.0 }, &[-1.2, 1.0], &DESCENT);
        assert!((end.parameters[0] - 1.0).abs() < 1e-5 && (end.parameters[1] - 1.0).abs() < 1e-5, "{end:?}");
        assert!(end.after < end.before && end.evaluations < 200);
    }

    #[test]
    fn no_step_crosses_a_wall_of_infinity() {
        let end = minimise(&mut Rosenbrock { wall: 0.5 }, &[-1.2, 1.0], &DESCENT);
        assert!(end.parameters[0] <= 0.5 && end.after.is_finite() && end.after < 0.3, "{end:?}");
    }

    #[test]
    fn a_stationary_start_stays() {
        let end = minimise(&mut Rosenbrock { wall: 9.0 }, &[1.0, 1.0], &DESCENT);
        assert_eq!((end.parameters, end.iterations, end.evaluations), (vec![1.0, 1.0], 0, 1));
    }
}
