//! Tests only: against neuroCombat, and against neuroHarmonize where fit and application are apart.

use nalgebra::DMatrix;

use super::{Adjust, ComBat, Prior, Settings};
use crate::stats::cohort_reference::{Cohort, column, table};

fn expected(name: &str) -> DMatrix<f64> {
    let table = table(name).unwrap();
    let values: Vec<f64> = (0..40).flat_map(|f| column(&table, &format!("f{f:02}"))).collect();
    DMatrix::from_vec(table.1.len(), 40, values)
}

/// Largest absolute difference.
fn apart(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    (a - b).amax()
}

#[test]
fn each_form_is_that_of_neuro_combat() {
    let Some(cohort) = Cohort::read() else { return };
    let (x, age) = (cohort.columns(), DMatrix::from_column_slice(120, 1, &cohort.age));
    let both = Adjust::MeanAndScale;
    for (name, tolerance, prior, adjust, reference) in [
        ("parametric", 1e-4, Prior::Parametric, both, None),
        ("nonparametric", 1e-6, Prior::NonParametric, both, None),
        ("mean_only", 1e-6, Prior::Parametric, Adjust::MeanOnly, None),
        ("reference_batch_0", 1e-4, Prior::Parametric, both, Some(0)),
    ] {
        let combat = ComBat::fit(&x, &cohort.site, &age, Settings { prior, adjust, reference }).unwrap();
        let found = combat.apply(&x, &cohort.site, &age).unwrap();
        let apart = apart(&found, &expected(&format!("combat_{name}_expected.csv")));
        assert!(apart < tolerance, "{name}: {apart:e}");
        eprintln!("{name}: {apart:e}");
    }
}

#[test]
fn applied_to_rows_that_had_no_part_in_the_fit_it_is_neuro_harmonize() {
    let Some(cohort) = Cohort::read() else { return };
    let expected = expected("combat_fit_apply_expected.csv");
    let part = |held_out: bool| {
        let rows: Vec<usize> = (0..120).filter(|r| (cohort.fold[*r] == 0) == held_out).collect();
        let site: Vec<usize> = rows.iter().map(|r| cohort.site[*r]).collect();
        let age = DMatrix::from_fn(rows.len(), 1, |r, _| cohort.age[rows[r]]);
        (cohort.columns().select_rows(&rows), site, age, expected.select_rows(&rows))
    };
    let (x, site, age, of_fit) = part(false);
    let settings = Settings { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None };
    let combat = ComBat::fit(&x, &site, &age, settings).unwrap();
    let fitted = apart(&combat.apply(&x, &site, &age).unwrap(), &of_fit);
    let (x, site, age, of_others) = part(true);
    let applied = apart(&combat.apply(&x, &site, &age).unwrap(), &of_others);
    eprintln!("fitted {fitted:e}, applied {applied:e}");
    assert!(fitted < 1e-4 && applied < 1e-4, "{fitted:e} {applied:e}");
}
