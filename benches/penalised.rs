//! What penalised models cost, in CPU seconds of this process.
//!
//! `cargo bench --bench penalised -- FOLDER`: makes a cohort of a seed (300 patients x 1,500 columns in groups that
//! correlate, a response, a follow-up, 5 outer and 5 inner folds) and times nested cross-validation of a logistic and
//! of a Cox model with an elastic net (alpha 0.5, 100 lambdas: 30 paths), one path of ten lambdas, and 1,500 Cox models
//! of one column. Writes cohort, lambdas and results as CSV for other programs to be held against
//! (`benches/peers/penalised.py` runs all of it). Reading and writing are not timed; scaling is. Prints medians of three
//! rounds.

mod clock;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clock::timed;
use delta_radiomics::numeric::random::Random;
use delta_radiomics::stats::cox::{Order, one, partial_log_likelihood};
use delta_radiomics::stats::elastic_net::{Penalised, cox, lambdas, logistic};
use delta_radiomics::stats::fit::FitFault;
use nalgebra::DMatrix;

/// Rounds of a time.
const ROUNDS: usize = 3;
const ROWS: usize = 300;
const COLUMNS: usize = 1500;
const FOLDS: usize = 5;
const ALPHA: f64 = 0.5;
const LAMBDAS: usize = 100;
const RATIO: f64 = 0.01;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().skip(1).find(|a| a != "--bench").map(PathBuf::from) else {
        eprintln!("usage: FOLDER");
        return ExitCode::from(2);
    };
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let cohort = Cohort::simulated(5);
    cohort.write(folder)?;
    for model in [Model::Logistic, Model::Cox] {
        let found = cohort.nested(model)?;
        let (mut grids, mut losses) = (String::new(), String::new());
        for outer in &found {
            writeln!(grids, "{}", words(&outer.lambdas))?;
            writeln!(losses, "{}", words(&outer.losses))?;
        }
        fs::write(folder.join(format!("{}_lambdas.csv", model.word())), grids)?;
        fs::write(folder.join(format!("{}_losses_delta.csv", model.word())), losses)?;
        println!("{} {}", model.word(), timed(ROUNDS, || cohort.nested(model)));
    }
    let whole = cohort.nested(Model::Logistic)?;
    let tenth: Vec<f64> = whole[0].lambdas.iter().copied().step_by(10).collect();
    let (training, _) = Cohort::parts(|i| cohort.outer[i] != 0);
    println!("ten {}", timed(ROUNDS, || cohort.path(Model::Logistic, &training, &tenth)));

    let order = Order::of(&cohort.days, &cohort.events);
    let single =
        || (0..COLUMNS).map(|j| one(cohort.x.column(j).as_slice(), &order)).collect::<Result<Vec<_>, _>>();
    let mut text = String::from("coefficient,se\n");
    for (coefficient, se) in single()? {
        writeln!(text, "{coefficient},{se}")?;
    }
    fs::write(folder.join("single_delta.csv"), text)?;
    println!("single {}", timed(ROUNDS, single));
    Ok(())
}

fn words(values: &[f64]) -> String {
    values.iter().map(f64::to_string).collect::<Vec<_>>().join(",")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Logistic,
    Cox,
}

impl Model {
    fn word(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::Cox => "cox",
        }
    }
}

/// Of one outer training part: its lambdas, and their mean losses over inner parts.
struct Outer {
    lambdas: Vec<f64>,
    losses: Vec<f64>,
    /// The models of the whole part; they are made, as predictions need one.
    _models: Vec<Penalised>,
}

struct Cohort {
    x: DMatrix<f64>,
    response: Vec<bool>,
    days: Vec<f64>,
    events: Vec<bool>,
    outer: Vec<usize>,
    inner: Vec<usize>,
}

impl Cohort {
    /// Thirty hidden variables, of which four tell the outcome; columns of a group correlate with about 0.6.
    fn simulated(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let hidden = DMatrix::from_fn(ROWS, 30, |_, _| random.normal());
        let x = DMatrix::from_fn(ROWS, COLUMNS, |i, j| 0.78 * hidden[(i, j % 30)] + 0.62 * random.normal());
        let eta: Vec<f64> = (0..ROWS)
            .map(|i| 0.7 * (hidden[(i, 0)] - hidden[(i, 1)]) + 0.4 * (hidden[(i, 2)] - hidden[(i, 3)]))
            .collect();
        let response = eta.iter().map(|eta| random.uniform() < 1.0 / (1.0 + (-eta).exp())).collect();
        let times: Vec<f64> =
            eta.iter().map(|eta| -300.0 * (1.0 - random.uniform()).ln() * (-eta).exp()).collect();
        let ends: Vec<f64> = (0..ROWS).map(|_| random.between(30.0, 900.0)).collect();
        let mut fold = || {
            let mut folds: Vec<usize> = (0..ROWS).map(|i| i % FOLDS).collect();
            random.shuffle(&mut folds);
            folds
        };
        let (outer, inner) = (fold(), fold());
        Self {
            x,
            response,
            days: times.iter().zip(&ends).map(|(t, end)| (t.min(*end) / 7.0).ceil() * 7.0).collect(),
            events: times.iter().zip(&ends).map(|(t, end)| t <= end).collect(),
            outer,
            inner,
        }
    }

    fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let mut text = String::new();
        for row in self.x.row_iter() {
            writeln!(text, "{}", words(&row.iter().copied().collect::<Vec<_>>()))?;
        }
        fs::write(folder.join("x.csv"), text)?;
        let mut text = String::from("response,days,event,outer,inner\n");
        for i in 0..ROWS {
            let (response, event) = (u8::from(self.response[i]), u8::from(self.events[i]));
            writeln!(text, "{response},{},{event},{},{}", self.days[i], self.outer[i], self.inner[i])?;
        }
        Ok(fs::write(folder.join("rows.csv"), text)?)
    }

    fn parts(training: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
        (0..ROWS).partition(|&i| training(i))
    }

    fn nested(&self, model: Model) -> Result<Vec<Outer>, FitFault> {
        let outer = |fold: usize| {
            let (training, _) = Self::parts(|i| self.outer[i] != fold);
            let lambdas = lambdas(self.largest(model, &training), LAMBDAS, RATIO);
            let mut losses = vec![0.0; LAMBDAS];
            for part in 0..FOLDS {
                let held: Vec<usize> = training.iter().copied().filter(|&i| self.inner[i] == part).collect();
                let fitted: Vec<usize> =
                    training.iter().copied().filter(|&i| self.inner[i] != part).collect();
                let models = self.path(model, &fitted, &lambdas)?;
                let (_, applied) = scaled(&self.x, &fitted, &held);
                for (loss, one) in losses.iter_mut().zip(&models) {
                    *loss += self.loss(model, &held, &one.linear(&applied)) / training.len() as f64;
                }
            }
            Ok(Outer { losses, _models: self.path(model, &training, &lambdas)?, lambdas })
        };
        (0..FOLDS).map(outer).collect()
    }

    fn largest(&self, model: Model, training: &[usize]) -> f64 {
        let (x, _) = scaled(&self.x, training, &[]);
        let (response, days, events) = self.outcomes(training);
        match model {
            Model::Logistic => logistic::largest_lambda(&x, &response, ALPHA),
            Model::Cox => cox::largest_lambda(&x, &days, &events, ALPHA),
        }
    }

    fn path(&self, model: Model, training: &[usize], lambdas: &[f64]) -> Result<Vec<Penalised>, FitFault> {
        let (x, _) = scaled(&self.x, training, &[]);
        let (response, days, events) = self.outcomes(training);
        match model {
            Model::Logistic => logistic::path(&x, &response, ALPHA, lambdas),
            Model::Cox => cox::path(&x, &days, &events, ALPHA, lambdas),
        }
    }

    fn outcomes(&self, rows: &[usize]) -> (Vec<bool>, Vec<f64>, Vec<bool>) {
        let days = rows.iter().map(|&i| self.days[i]).collect();
        (
            rows.iter().map(|&i| self.response[i]).collect(),
            days,
            rows.iter().map(|&i| self.events[i]).collect(),
        )
    }

    /// Sum over rows of the log-loss, or minus the partial log-likelihood.
    fn loss(&self, model: Model, rows: &[usize], linear: &[f64]) -> f64 {
        let (response, days, events) = self.outcomes(rows);
        let of = |(eta, y): (&f64, &bool)| (if *y { -eta } else { *eta }).exp().ln_1p();
        match model {
            Model::Logistic => linear.iter().zip(&response).map(of).sum(),
            Model::Cox => -partial_log_likelihood(linear, &days, &events),
        }
    }
}

/// Rows of `x` with mean and population SD of the training rows.
fn scaled(x: &DMatrix<f64>, training: &[usize], applied: &[usize]) -> (DMatrix<f64>, DMatrix<f64>) {
    let (mut learnt, mut applied) = (x.select_rows(training), x.select_rows(applied));
    for (mut learnt, mut applied) in learnt.column_iter_mut().zip(applied.column_iter_mut()) {
        let mean = learnt.mean();
        learnt.add_scalar_mut(-mean);
        let sd = learnt.norm() / (learnt.len() as f64).sqrt();
        learnt.unscale_mut(sd);
        applied.apply(|v| *v = (*v - mean) / sd);
    }
    (learnt, applied)
}
