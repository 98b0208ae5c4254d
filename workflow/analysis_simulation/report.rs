//! The report of the simulation.

use std::fmt::Write as _;

use super::results::{Outcome, Outcomes};
use super::scenario::{SCENARIOS, Scenario, TRAPS};
use super::{PERMUTATIONS, RESAMPLES};

/// Tables of all scenarios that have cohorts.
pub fn text(outcomes: &Outcomes) -> String {
    let mut text = format!(
        "# Simulated cohorts\n\n\
         `cargo run --release --locked --example analysis_simulation -- reports/analysis_simulation.csv \
         reports/analysis_simulation.md`\n\n\
         Each cohort is analysed as `delta cohort analyze` does it: 5 repeats of 5 folds, 5 inner folds, {PERMUTATIONS} \
         permutations and {RESAMPLES} resamples of patients through the whole pipeline. Features come in groups of 20 \
         that share half of their variance; a signal is planted in 5 features of different groups; half of the \
         patients respond.\n\n\
         | cohorts | patients x features | n | mean AUC (standard error) | true SD | interval holds the mean | mean \
         width / 3.92 true SD | claims | permutation p < 0.05 | volume alone: mean AUC | its interval holds the mean | \
         its mean width / 3.92 true SD | leaked AUC |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
    );
    let several = |scenario: &'static Scenario| {
        let of: Vec<&Outcome> = outcomes
            .iter()
            .filter(|((name, _), _)| name == scenario.name)
            .map(|(_, outcome)| outcome)
            .collect();
        (of.len() > 1).then_some((scenario, of))
    };
    for (scenario, of) in SCENARIOS.iter().filter_map(several) {
        row(&mut text, scenario, &of);
    }
    text.push_str(
        "\nThe mean is one half by definition where nothing is planted, and elsewhere that of the simulated cohorts: \
         what the procedure reaches on average with so many patients. The leak: the ten features that go best with \
         the outcome on all units are chosen before the folds, all else is the same.\n\n\
         ## Traps\n\n\
         120 patients. Sites: three, whose scanners shift each feature by one standard deviation and scale it; 200 features. Where nothing is planted, 29, 50 and \
         71 % of their patients respond. Time: nobody's hazard depends on anything, but five of \
         100 features grow with the day of the follow-up scan, and who is scanned late has lived until then.\n\n\
         | cohorts | n | mean AUC or C (standard error) | permutation p < 0.05 | claims |\n\
         |---|---|---|---|---|\n",
    );
    for (scenario, of) in TRAPS.iter().filter_map(several) {
        trap(&mut text, scenario, &of);
    }
    let seconds = mean(&outcomes.values().map(|o| o.seconds).collect::<Vec<_>>());
    let _ = writeln!(
        text,
        "\n{} cohorts; {seconds:.1} s each by the clock of the machine that ran them beside other work.",
        outcomes.len()
    );
    text
}

/// Mean and standard deviation of a figure.
fn moments(values: &[f64]) -> (f64, f64) {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre) * (value - centre)).sum();
    (centre, (squares / (values.len() as f64 - 1.0)).sqrt())
}

fn share(of: &[&Outcome], test: impl Fn(&Outcome) -> bool) -> String {
    format!("{:.1} %", 100.0 * of.iter().filter(|o| test(o)).count() as f64 / of.len() as f64)
}

fn row(text: &mut String, scenario: &Scenario, of: &[&Outcome]) {
    let of_all = |figure: fn(&Outcome) -> f64| of.iter().map(|o| figure(o)).collect::<Vec<f64>>();
    let (centre, sd) = moments(&of_all(|o| o.deltas[0]));
    let (volume, volume_sd) = moments(&of_all(|o| o.volume[0]));
    let truth = |planted: f64, mean: f64| if planted == 0.0 { 0.5 } else { mean };
    let held = |interval: [f64; 3], truth: f64| interval[1] <= truth && truth <= interval[2];
    let (of_deltas, of_volume) = (truth(scenario.signal, centre), truth(scenario.volume, volume));
    let width = mean(&of_all(|o| o.deltas[2] - o.deltas[1]));
    let volume_width = mean(&of_all(|o| o.volume[2] - o.volume[1]));
    let _ = writeln!(
        text,
        "| {} | {}{} x {} | {} | {centre:.3} ({:.3}) | {sd:.3} | {} | {:.2} | {} | {} | {volume:.3} | {} | {:.2} | {:.3} |",
        scenario.text,
        scenario.patients,
        if scenario.lesions > scenario.patients {
            format!(" ({} lesions)", scenario.lesions)
        } else {
            String::new()
        },
        scenario.features,
        of.len(),
        sd / (of.len() as f64).sqrt(),
        share(of, |o| held(o.deltas, of_deltas)),
        width / (3.92 * sd),
        share(of, |o| o.claimed),
        share(of, |o| o.p < 0.05),
        share(of, |o| held(o.volume, of_volume)),
        volume_width / (3.92 * volume_sd),
        mean(&of.iter().filter_map(|o| o.leaked).collect::<Vec<_>>()),
    );
}

fn trap(text: &mut String, scenario: &Scenario, of: &[&Outcome]) {
    let (centre, sd) = moments(&of.iter().map(|o| o.deltas[0]).collect::<Vec<_>>());
    let _ = writeln!(
        text,
        "| {} | {} | {centre:.3} ({:.3}) | {} | {} |",
        scenario.text,
        of.len(),
        sd / (of.len() as f64).sqrt(),
        share(of, |o| o.p < 0.05),
        share(of, |o| o.claimed),
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
