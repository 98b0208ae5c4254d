//! Minimisation: L-BFGS by `argmin`, with what registration needs around it.
//!
//! Value and gradient come from one pass over the voxels, while `argmin` asks for them apart: the last
//! evaluation is kept. The cost is scaled so that the first step, along the plain gradient, moves the largest
//! parameter by a set distance; no step moves one by more than a cap, and a step into infinity (a fold) is halved.
//! The rest of the room sees [`Objective`] and [`minimise`] alone, so that the optimiser can be exchanged.

use std::cell::RefCell;

use argmin::core::{
    CostFunction, Error, Executor, Gradient, IterState, KV, LineSearch, Problem, Solver, State,
    TerminationReason, TerminationStatus,
};
use argmin::solver::quasinewton::LBFGS;

/// A cost with its gradient.
pub trait Objective {
    /// The cost at `parameters`, which may be infinite where they are not allowed; writes the gradient.
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
    /// cost's size.
    pub tolerance: f64,
    /// Stop where no parameter has changed by more than this over the same window.
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
    const RESTARTS: usize = 3;
}

/// Where a descent ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Descended {
    /// The best parameters found.
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

/// One point with its scaled cost and gradient.
#[derive(Clone)]
struct Point {
    parameters: Vec<f64>,
    cost: f64,
    gradient: Vec<f64>,
}

/// Keeps the last and the best evaluation of an objective.
struct Memory<'a> {
    objective: &'a mut dyn Objective,
    scale: f64,
    last: Option<Point>,
    best: Option<Point>,
    evaluations: usize,
}

impl Memory<'_> {
    fn visit(&mut self, parameters: &[f64]) -> &Point {
        let known = self.last.as_ref().is_some_and(|p| p.parameters == parameters);
        if !known {
            let mut gradient = vec![0.0; parameters.len()];
            let cost = self.objective.evaluate(parameters, &mut gradient) * self.scale;
            self.evaluations += 1;
            for g in &mut gradient {
                *g *= self.scale;
            }
            let point = Point { parameters: parameters.to_vec(), cost, gradient };
            if self.best.as_ref().is_none_or(|b| cost < b.cost) {
                self.best = Some(point.clone());
            }
            self.last = Some(point);
        }
        // Set above or known.
        self.last.as_ref().expect("a point was just visited")
    }
}

/// The objective as `argmin` sees it.
struct Memoised<'a, 'b>(&'a RefCell<Memory<'b>>);

impl CostFunction for Memoised<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.borrow_mut().visit(p).cost)
    }
}

impl Gradient for Memoised<'_, '_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.borrow_mut().visit(p).gradient.clone())
    }
}

type Iterate = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// A line search for the weak Wolfe conditions by bisection (Lewis and Overton 2013), under a cap.
#[derive(Clone, Debug)]
struct CappedSearch {
    direction: Vec<f64>,
    step: f64,
    cap: f64,
    least: f64,
}

impl CappedSearch {
    /// Share of the promised decrease that a step must reach.
    const DECREASE: f64 = 1e-4;
    /// Share of the slope that may be left.
    const CURVATURE: f64 = 0.9;
    const TRIALS: usize = 12;
}

impl LineSearch<Vec<f64>, f64> for CappedSearch {
    fn search_direction(&mut self, direction: Vec<f64>) {
        self.direction = direction;
    }
    fn initial_step_length(&mut self, step: f64) -> Result<(), Error> {
        self.step = step;
        Ok(())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| v.abs().max(m))
}

impl<O> Solver<O, Iterate> for CappedSearch
where
    O: CostFunction<Param = Vec<f64>, Output = f64> + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>,
{
    fn name(&self) -> &'static str {
        "capped weak Wolfe search"
    }

    /// The whole search: `argmin` then finds it terminated.
    fn init(&mut self, problem: &mut Problem<O>, mut state: Iterate) -> Result<(Iterate, Option<KV>), Error> {
        let start = state.take_param().ok_or_else(|| Error::msg("no start"))?;
        let gradient = state.take_gradient().ok_or_else(|| Error::msg("no gradient"))?;
        let cost = state.get_cost();
        let slope = dot(&gradient, &self.direction);
        let reach = largest(&self.direction);
        if slope.is_nan() || slope >= 0.0 || reach == 0.0 {
            return Err(Error::msg("no descent along this direction"));
        }
        let longest = self.cap / reach;
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut step = self.step.min(longest);
        let mut found: Option<(Vec<f64>, f64, Vec<f64>)> = None;
        for _ in 0..Self::TRIALS {
            let there: Vec<f64> = start.iter().zip(&self.direction).map(|(x, d)| x + step * d).collect();
            let value = problem.cost(&there)?;
            if !value.is_finite() || value > cost + Self::DECREASE * step * slope {
                high = step;
            } else {
                let now = problem.gradient(&there)?;
                let steep = dot(&now, &self.direction) < Self::CURVATURE * slope;
                found = Some((there, value, now));
                if !steep || step >= longest {
                    break;
                }
                low = step;
            }
            step = if high.is_finite() { 0.5 * (low + high) } else { (2.0 * low).min(longest) };
            if step * reach < self.least {
                break;
            }
        }
        let (param, cost, gradient) = found.ok_or_else(|| Error::msg("no decrease along this direction"))?;
        Ok((state.param(param).cost(cost).gradient(gradient), None))
    }

    fn next_iter(&mut self, _: &mut Problem<O>, state: Iterate) -> Result<(Iterate, Option<KV>), Error> {
        Ok((state, None))
    }

    fn terminate(&mut self, _: &Iterate) -> TerminationStatus {
        TerminationStatus::Terminated(TerminationReason::SolverConverged)
    }
}

/// Ends a solver where progress has become small over a window of iterations.
struct Patience<S> {
    solver: S,
    tolerance: f64,
    still: f64,
    history: Vec<(f64, Vec<f64>)>,
}

impl<S, O> Solver<O, Iterate> for Patience<S>
where
    S: Solver<O, Iterate>,
{
    fn name(&self) -> &str {
        self.solver.name()
    }
    fn init(&mut self, problem: &mut Problem<O>, state: Iterate) -> Result<(Iterate, Option<KV>), Error> {
        self.solver.init(problem, state)
    }
    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        state: Iterate,
    ) -> Result<(Iterate, Option<KV>), Error> {
        self.solver.next_iter(problem, state)
    }
    fn terminate(&mut self, state: &Iterate) -> TerminationStatus {
        let Some(parameters) = state.get_param() else { return TerminationStatus::NotTerminated };
        self.history.push((state.get_cost(), parameters.clone()));
        if self.history.len() > Descent::WINDOW + 1 {
            self.history.remove(0);
        }
        if self.history.len() == Descent::WINDOW + 1 {
            let (cost, past) = &self.history[0];
            let decrease = (cost - state.get_cost()) / Descent::WINDOW as f64;
            let moved = past.iter().zip(parameters).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
            if decrease < self.tolerance || moved < self.still {
                return TerminationStatus::Terminated(TerminationReason::SolverConverged);
            }
        }
        self.solver.terminate(state)
    }
}

/// Descends from `start`; gives the best point visited, which is `start` itself where nothing is better.
pub fn minimise(objective: &mut dyn Objective, start: &[f64], descent: &Descent) -> Descended {
    let memory = RefCell::new(Memory { objective, scale: 1.0, last: None, best: None, evaluations: 0 });
    let (before, steepest) = {
        let mut memory = memory.borrow_mut();
        let first = memory.visit(start);
        (first.cost, largest(&first.gradient))
    };
    let mut iterations = 0;
    if steepest > 0.0 && before.is_finite() {
        for _ in 0..Descent::RESTARTS {
            let left = descent.iterations.saturating_sub(iterations);
            if left == 0 {
                break;
            }
            let Some((from, scale)) = rescale(&memory, descent.first_step) else { break };
            let search = CappedSearch {
                direction: Vec::new(),
                step: 1.0,
                cap: descent.step_cap,
                least: descent.least_step,
            };
            let solver = Patience {
                solver: LBFGS::new(search, Descent::MEMORY),
                tolerance: descent.tolerance * before.abs().max(f64::MIN_POSITIVE) * scale,
                still: descent.still,
                history: Vec::new(),
            };
            let run = Executor::new(Memoised(&memory), solver)
                .configure(|state| state.param(from).max_iters(left as u64))
                .ctrlc(false)
                .run();
            // The objective itself never fails; an error of the machinery leaves the best point visited.
            let Ok(result) = run else { break };
            let spent = result.state().get_iter() as usize;
            iterations += spent;
            let failed = matches!(
                result.state().get_termination_status(),
                TerminationStatus::Terminated(TerminationReason::SolverExit(_))
            );
            if !failed || spent <= 1 {
                break;
            }
        }
    }
    let memory = memory.into_inner();
    let scale = memory.scale;
    // The start was visited, so there is a best point.
    let best = memory.best.expect("the start was visited");
    let after = if best.parameters == start { before } else { best.cost / scale };
    Descended { parameters: best.parameters, before, after, evaluations: memory.evaluations, iterations }
}

/// Goes back to the best point and scales the cost so that its gradient's largest part is `first_step`; `None` at
/// a stationary point (within rounding).
fn rescale(memory: &RefCell<Memory<'_>>, first_step: f64) -> Option<(Vec<f64>, f64)> {
    let mut memory = memory.borrow_mut();
    let mut best = memory.best.clone()?;
    let steepest = largest(&best.gradient);
    if steepest.is_nan() || steepest <= 0.0 {
        return None;
    }
    let factor = first_step / steepest;
    if dot(&best.gradient, &best.gradient) * factor < Descent::ROUNDING * best.cost.abs() {
        return None;
    }
    best.cost *= factor;
    for g in &mut best.gradient {
        *g *= factor;
    }
    memory.scale *= factor;
    memory.last = Some(best.clone());
    let from = best.parameters.clone();
    memory.best = Some(best);
    Some((from, memory.scale))
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
