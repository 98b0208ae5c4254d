//! Test only: estimators of agreement against expected values made with other programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::bland_altman::{BlandAltman, Interval, concordance};
use super::icc::icc;
use super::mean_squares::MeanSquares;
use super::repeatability::{repeatability_coefficient, wsd_upper};
use crate::record::IccForm;
use crate::reference;

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Values by case, subjects in their order, repeats side by side.
fn cases(path: &Path) -> BTreeMap<String, BTreeMap<u32, Vec<f64>>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases: BTreeMap<String, BTreeMap<u32, Vec<f64>>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let subject = cells[1].parse().unwrap();
        let of_case = cases.entry(cells[0].to_owned()).or_default();
        of_case.entry(subject).or_default().push(cells[3].parse().unwrap());
    }
    cases
}

/// Collects what disagrees, so that all of it is seen at once.
struct Compared<'a> {
    case: &'a str,
    tolerance: f64,
    count: usize,
    wrong: Vec<String>,
}

impl Compared<'_> {
    fn value(&mut self, name: &str, found: f64, expected: &Value) {
        let expected = expected.as_f64().unwrap();
        self.count += 1;
        if (found - expected).abs() > self.tolerance * expected.abs().max(1e-300) {
            self.wrong.push(format!("{} {name}: {found}, expected {expected}", self.case));
        }
    }
    fn interval(&mut self, name: &str, found: Interval, expected: &Value) {
        self.value(name, found.lower, &expected[0]);
        self.value(name, found.upper, &expected[1]);
    }
}

#[test]
fn correlations_and_limits_are_those_of_other_programs() {
    let Some(folder) = reference::folder() else { return };
    let folder = folder.join("reference/stats/agreement");
    let expected = json(&folder.join("agreement_expected.json"));
    let cases = cases(&folder.join("agreement_input.csv"));
    assert_eq!(cases.len(), 22);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (case, subjects) in &cases {
        let k = subjects[&0].len();
        let values: Vec<f64> = subjects.values().flatten().copied().collect();
        // Near 1e6 the expected values themselves hold ten digits.
        let tolerance = if case.ends_with("_offset") { 1e-6 } else { 1e-8 };
        let mut compared = Compared { case, tolerance, count: 0, wrong: Vec::new() };
        let squares = MeanSquares::of(&values, k).unwrap();
        if let Some(published) = expected[case]["icc"].as_object() {
            for form in IccForm::ALL {
                let (found, row) = (icc(&squares, *form).unwrap(), &published[form.word()]);
                let (lower, upper) = found.interval.unwrap();
                for (name, value) in [
                    ("icc", found.estimate),
                    ("lower", lower),
                    ("upper", upper),
                    ("f", found.f),
                    ("df1", found.df1),
                    ("df2", found.df2),
                    ("p", found.p),
                ] {
                    compared.value(&format!("{form} {name}"), value, &row[name]);
                }
            }
        }
        if let Some(row) = expected[case].get("agreement") {
            agreement(&mut compared, &squares, &values, row);
        }
        count += compared.count;
        wrong.append(&mut compared.wrong);
    }
    assert!(count > 1000, "{count}");
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}

fn agreement(compared: &mut Compared, squares: &MeanSquares, values: &[f64], row: &Value) {
    let pairs: Vec<(f64, f64)> = values.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let found = BlandAltman::of(&pairs).unwrap();
    let wsd = squares.within.sqrt();
    let rc = repeatability_coefficient(wsd);
    for (name, value) in [
        ("bias", found.bias),
        ("bias_lower", found.bias_interval.lower),
        ("bias_upper", found.bias_interval.upper),
        ("sd_diff", found.sd),
        ("loa_lower", found.limits.lower),
        ("loa_upper", found.limits.upper),
        ("loa_se_approx", found.limit_se),
        ("ccc", concordance(&pairs).unwrap()),
        ("wsd", wsd),
        ("wsd_upper", wsd_upper(wsd, pairs.len() as f64)),
        ("rc", rc),
        ("rc_upper", wsd_upper(rc, pairs.len() as f64)),
        ("rc_percent", 100.0 * rc / squares.mean),
    ] {
        compared.value(name, value, &row[name]);
    }
    compared.interval("loa_upper_ci_approx", found.upper_limit_approximate, &row["loa_upper_ci_approx"]);
    compared.interval("loa_upper_ci_exact", found.upper_limit_exact, &row["loa_upper_ci_exact"]);
}
