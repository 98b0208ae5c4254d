//! The cohort by outcome (Table 1): numbers and shares, no tests.

use super::covariates::Covariate;
use crate::jobs::sheet::Content;
use crate::numeric::quantile::{ascending, percentile};
use crate::record::analysis::{TableOne, TableOneCell, TableOneRow, TargetKind};

/// The cohort: all units, then those with and without the outcome.
pub fn table_one(covariates: &[Covariate], happened: &[bool], target: TargetKind) -> TableOne {
    let names = match target {
        TargetKind::Response => ["response", "no response"],
        TargetKind::Survival => ["event", "no event"],
    };
    let all: Vec<usize> = (0..happened.len()).collect();
    let of = |with: bool| all.iter().copied().filter(|row| happened[*row] == with).collect::<Vec<usize>>();
    let groups = [all.clone(), of(true), of(false)];
    let labels = ["all", names[0], names[1]];
    TableOne {
        groups: labels.iter().zip(&groups).map(|(name, rows)| ((*name).to_owned(), rows.len())).collect(),
        rows: covariates.iter().flat_map(|covariate| rows(covariate, &groups)).collect(),
    }
}

fn rows(covariate: &Covariate, groups: &[Vec<usize>; 3]) -> Vec<TableOneRow> {
    match &covariate.content {
        Content::Numbers(cells) => {
            let values =
                groups.clone().map(|rows| rows.iter().filter_map(|row| cells[*row]).collect::<Vec<f64>>());
            vec![TableOneRow {
                name: covariate.name.clone(),
                level: None,
                cells: values.iter().map(|values| number(values)).collect(),
                standardised_difference: standardised(moments(&values[1]), moments(&values[2])),
            }]
        }
        Content::Words(cells) => {
            let known = groups.clone().map(|rows| rows.iter().filter(|row| cells[**row].is_some()).count());
            let row = |level: String| {
                let at = |rows: &Vec<usize>| {
                    rows.iter().filter(|row| cells[**row].as_deref() == Some(level.as_str())).count()
                };
                let counts = [at(&groups[0]), at(&groups[1]), at(&groups[2])];
                let share = |group: usize| {
                    let p = counts[group] as f64 / known[group] as f64;
                    (known[group] > 0).then_some((p, p * (1.0 - p)))
                };
                TableOneRow {
                    name: covariate.name.clone(),
                    level: Some(level.clone()),
                    cells: counts
                        .iter()
                        .zip(known)
                        .map(|(n, of)| TableOneCell::Level { n: *n, of })
                        .collect(),
                    standardised_difference: standardised(share(1), share(2)),
                }
            };
            covariate.levels().into_iter().map(|(level, _)| row(level)).collect()
        }
    }
}

fn number(values: &[f64]) -> TableOneCell {
    let ordered = ascending(values.to_vec());
    TableOneCell::Number {
        n: values.len(),
        median: percentile(&ordered, 50.0),
        quartiles: percentile(&ordered, 25.0).zip(percentile(&ordered, 75.0)),
    }
}

/// Mean and variance (divisor n - 1) of at least two values.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    (values.len() > 1).then(|| (mean, square / (n - 1.0)))
}

/// Difference of the means in units of the pooled standard deviation (Austin 2009, Stat Med 28:3083).
fn standardised(with: Option<(f64, f64)>, without: Option<(f64, f64)>) -> Option<f64> {
    let ((a, var_a), (b, var_b)) = with.zip(without)?;
    let sd = f64::midpoint(var_a, var_b).sqrt();
    Some((a - b) / sd).filter(|difference| difference.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_quartiles_and_words_shares() {
        let happened = [true, true, false, false];
        let age = Covariate {
            name: "age".into(),
            content: Content::Numbers(vec![Some(1.0), Some(3.0), Some(2.0), None]),
        };
        let sex = Covariate {
            name: "sex".into(),
            content: Content::Words(["m", "m", "f", "m"].map(|s| Some(s.to_owned())).to_vec()),
        };
        let table = table_one(&[age, sex], &happened, TargetKind::Response);
        assert_eq!(table.groups[1], ("response".to_owned(), 2));
        assert_eq!(
            table.rows[0].cells[1],
            TableOneCell::Number { n: 2, median: Some(2.0), quartiles: Some((1.5, 2.5)) }
        );
        assert_eq!(table.rows[0].standardised_difference, None, "one value has no spread");
        assert_eq!(
            table.rows[1].cells,
            [(3, 4), (2, 2), (1, 2)].map(|(n, of)| TableOneCell::Level { n, of })
        );
        // Shares 1 and 1/2, variances 0 and 1/4.
        let expected = 0.5 / 0.125_f64.sqrt();
        assert_eq!(table.rows[1].standardised_difference, Some(expected));
    }
}
