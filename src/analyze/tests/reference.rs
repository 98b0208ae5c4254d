//! Nested cross-validation, permutation and optimism against glmnet and R's glm, through the code of the analysis.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::analyze::cohort::data::Data;
use crate::analyze::learn::learner::learn;
use crate::analyze::learn::plan::{Filters, Lambdas, Learner, ModelPlan, Plan, Screening};
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::screen::Associations;
use crate::analyze::validate::cross_validate::{Scheme, cross_validate};
use crate::analyze::validate::pairs::Tally;
use crate::analyze::validate::resamples::{Apparent, optimism, probability, slope};
use crate::analyze::{Block, BlockKind, Cohort, Column, Target, Unit};
use crate::record::analysis::ModelKind;
use crate::reference;

fn folder() -> Option<PathBuf> {
    reference::folder().map(|folder| folder.join("reference/stats/cohort"))
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Columns of a table by name; empty cells are none.
fn table(folder: &Path, name: &str) -> Vec<(String, Vec<Option<f64>>)> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let mut lines = text.lines();
    let names: Vec<String> =
        lines.next().unwrap().split(',').map(|n| n.trim_matches('"').to_owned()).collect();
    let mut columns: Vec<(String, Vec<Option<f64>>)> = names.into_iter().map(|n| (n, Vec::new())).collect();
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.1.push(cell.parse().ok());
        }
    }
    columns
}

fn column(table: &[(String, Vec<Option<f64>>)], name: &str) -> Vec<Option<f64>> {
    table.iter().find(|(n, _)| n == name).unwrap().1.clone()
}

/// The reference cohort with its first so many features.
fn cohort(folder: &Path, features: usize) -> (Cohort, Vec<usize>) {
    let table = table(folder, "cohort.csv");
    let whole = |name: &str| -> Vec<f64> { column(&table, name).into_iter().map(Option::unwrap).collect() };
    let columns = (0..features)
        .map(|i| format!("f{i:02}"))
        .map(|name| Column { values: whole(&name), name, gate: None })
        .collect();
    let response: Vec<bool> = whole("response").iter().map(|v| *v == 1.0).collect();
    let units = (0..response.len()).map(|i| Unit { subject: format!("P{i:03}"), lesion: None }).collect();
    let cohort = Cohort {
        units,
        target: Target::Response(response),
        blocks: vec![Block { kind: BlockKind::Delta, columns }],
        sites: None,
        subgroups: Vec::new(),
        courses: Vec::new(),
    };
    (cohort, whole("fold").iter().map(|v| *v as usize).collect())
}

fn plan(learner: Learner, lambdas: Vec<f64>) -> Plan {
    Plan {
        models: vec![ModelPlan { kind: ModelKind::Deltas, blocks: vec![0], learner }],
        filters: Filters::None,
        screening: Screening::None,
        lambdas: Lambdas::Given(lambdas),
        alpha: 0.5,
        combat: None,
        seed: 1,
    }
}

#[test]
fn nested_cross_validation_and_permutations_are_those_of_glmnet() {
    let Some(folder) = folder() else { return };
    let (cohort, outer) = cohort(&folder, 40);
    let expected = json(&folder, "nested_cv_expected.json");
    let permuted = json(&folder, "resampling_expected.json")["permutation"].clone();
    let folds = table(&folder, "nested_cv_folds.csv");
    let inner: Vec<Vec<usize>> = (0..5)
        .map(|f| column(&folds, &format!("inner_{f}")).into_iter().flatten().map(|v| v as usize).collect())
        .collect();
    let labels = table(&folder, "permutation_labels.csv");
    let others: Vec<Target> = (1..=19)
        .map(|b| {
            Target::Response(column(&labels, &format!("perm_{b}")).iter().map(|v| *v == Some(1.0)).collect())
        })
        .collect();
    let scheme = Scheme { outer, inner };
    let data = Data::of(&cohort);
    let plan = plan(Learner::ElasticNet, numbers(&expected["lambdas"]));
    let found = cross_validate(&data, &plan, &[scheme], &cohort.target, &others, &|_, _, _, _, _| (), &|| ());
    let predictions = numbers(&expected["predictions"]);
    let mut wrong = Vec::new();
    for (f, fold) in found.folds.iter().enumerate() {
        let held = &fold.models[0].0;
        assert_eq!(Some(held.learnt.lambda), expected["chosen_lambda"][f].as_f64());
        for (own, other) in held.learnt.losses.iter().zip(numbers(&expected["inner_mean_log_loss"][f])) {
            if (own - other).abs() > 1e-6 {
                wrong.push(format!("fold {f} loss {own} {other}"));
            }
        }
        for (unit, eta) in fold.units.iter().zip(&held.linear) {
            if (probability(*eta) - predictions[*unit]).abs() > 1e-6 {
                wrong.push(format!("unit {unit} {} {}", probability(*eta), predictions[*unit]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let observed = Tally::total(found.by_repeat(0)).share().unwrap();
    assert!((observed - expected["auc_within_fold_pairs"].as_f64().unwrap()).abs() < 1e-10);
    let aucs: Vec<f64> =
        found.others.iter().map(|models| Tally::total(models[0].iter().copied()).share().unwrap()).collect();
    for (own, other) in aucs.iter().zip(numbers(&permuted["auc_permuted"])) {
        assert!((own - other).abs() < 2e-3, "{own} {other}");
    }
    let p = (1 + aucs.iter().filter(|a| **a >= observed).count()) as f64 / 20.0;
    assert_eq!(Some(p), permuted["p"].as_f64());
}

#[test]
fn optimism_is_that_of_r() {
    let Some(folder) = folder() else { return };
    let (cohort, _) = cohort(&folder, 4);
    let expected = json(&folder, "resampling_expected.json")["optimism"].clone();
    let rows = table(&folder, "bootstrap_rows.csv");
    let data = Data::of(&cohort);
    let plan = plan(Learner::Unpenalised, Vec::new());
    let all: Vec<usize> = (0..cohort.units.len()).collect();
    let fit = |rows: Vec<usize>| -> (Option<f64>, Apparent) {
        let own = cohort.target.of(&rows);
        let inner = vec![0; rows.len()];
        let part = Part::build(&data, &plan, rows, all.clone(), &inner, 0);
        let associations = Associations::of(&data, &plan, &part, &own);
        let learnt = learn(&plan, &plan.models[0], &part, &associations, &own);
        let on_all = learnt.predict(&part.outer);
        let apparent = Apparent {
            own: Tally::within(&learnt.fitted(&part.outer), &own).share(),
            original: Tally::within(&on_all, &cohort.target).share(),
            slope: slope(&on_all, &cohort.target),
        };
        (apparent.original, apparent)
    };
    let (apparent, _) = fit(all.clone());
    let resampled: Vec<Apparent> = (1..=20)
        .map(|b| {
            fit(column(&rows, &format!("boot_{b}")).into_iter().map(|v| v.unwrap() as usize).collect()).1
        })
        .collect();
    let near = |own: f64, expected: &Value| {
        let expected = expected.as_f64().unwrap();
        assert!((own - expected).abs() < 1e-8, "{own} {expected}");
    };
    for (b, found) in resampled.iter().enumerate() {
        near(found.own.unwrap(), &expected["auc_boot"][b]);
        near(found.original.unwrap(), &expected["auc_boot_on_original"][b]);
        near(found.slope.unwrap(), &expected["slope_boot_on_original"][b]);
    }
    let found = optimism(apparent, &resampled).unwrap();
    near(found.apparent, &expected["auc_apparent"]);
    near(found.optimism, &expected["optimism"]);
    near(found.corrected, &expected["auc_corrected"]);
    near(found.slope.unwrap(), &expected["slope_corrected"]);
}
