//! The report of the simulation.

use std::fmt::Write as _;

use super::results::{Outcome, Outcomes};
use super::scenario::{SCENARIOS, Scenario};
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
         width / 3.92 true SD | claims | permutation p < 0.05 | volume alone | leaked AUC |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for scenario in &SCENARIOS {
        let of: Vec<&Outcome> = outcomes
            .iter()
            .filter(|((name, _), _)| name == scenario.name)
            .map(|(_, outcome)| outcome)
            .collect();
        if of.len() > 1 {
            row(&mut text, scenario, &of);
        }
    }
    text.push_str(
        "\nThe mean is one half by definition where nothing is planted, and elsewhere that of the simulated cohorts: \
         what the procedure reaches on average with so many patients. The leak: the ten features that go best with \
         the outcome on all units are chosen before the folds, all else is the same.\n",
    );
    let seconds = mean(&outcomes.values().map(|o| o.seconds).collect::<Vec<_>>());
    let _ = writeln!(text, "\n{} cohorts; {seconds:.1} s each on the machine that ran them.", outcomes.len());
    text
}

fn row(text: &mut String, scenario: &Scenario, of: &[&Outcome]) {
    let n = of.len() as f64;
    let aucs: Vec<f64> = of.iter().map(|o| o.deltas[0]).collect();
    let centre = mean(&aucs);
    let sd = (aucs.iter().map(|auc| (auc - centre) * (auc - centre)).sum::<f64>() / (n - 1.0)).sqrt();
    let truth = if scenario.signal == 0.0 { 0.5 } else { centre };
    let share = |test: &dyn Fn(&Outcome) -> bool| {
        format!("{:.1} %", 100.0 * of.iter().filter(|o| test(o)).count() as f64 / n)
    };
    let width = mean(&of.iter().map(|o| o.deltas[2] - o.deltas[1]).collect::<Vec<_>>());
    let _ = writeln!(
        text,
        "| {} | {}{} x {} | {} | {centre:.3} ({:.3}) | {sd:.3} | {} | {:.2} | {} | {} | {:.3} | {:.3} |",
        scenario.text,
        scenario.patients,
        if scenario.lesions > scenario.patients {
            format!(" ({} lesions)", scenario.lesions)
        } else {
            String::new()
        },
        scenario.features,
        of.len(),
        sd / n.sqrt(),
        share(&|o| o.deltas[1] <= truth && truth <= o.deltas[2]),
        width / (3.92 * sd),
        share(&|o| o.claimed),
        share(&|o| o.p < 0.05),
        mean(&of.iter().map(|o| o.volume[0]).collect::<Vec<_>>()),
        mean(&of.iter().map(|o| o.leaked).collect::<Vec<_>>()),
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
