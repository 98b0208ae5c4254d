//! Features one by one: effect, interval, p, and q over all features of the block.

use rayon::prelude::*;

use crate::analyze::cohort::data::{BlockData, Data};
use crate::analyze::learn::prepare::moments;
use crate::analyze::{GateWord, Target};
use crate::record::analysis::{Interval, UnivariateRow};
use crate::stats::fit::FitFault;
use crate::stats::repeatability::Z;
use crate::stats::{auc, benjamini_hochberg, concordance, cox, mann_whitney, mutual_information, spearman};

/// One row per column, by block.
pub(in crate::analyze) fn rows(data: &Data, target: &Target) -> Vec<UnivariateRow> {
    let volume = data.volume().map(|column| column.values);
    // Times are put in order once for all columns without missing values.
    let order = match target {
        Target::Survival { days, events } => Some(cox::Order::of(days, events)),
        Target::Response(_) => None,
    };
    data.blocks
        .iter()
        .flat_map(|block| {
            let mut rows: Vec<UnivariateRow> = (0..block.names.len())
                .into_par_iter()
                .map(|column| row(block, column, target, order.as_ref(), volume))
                .collect();
            adjust(&mut rows);
            rows
        })
        .collect()
}

/// q over the rows of a block that have a p.
fn adjust(rows: &mut [UnivariateRow]) {
    let p: Vec<f64> = rows.iter().filter_map(|row| row.p).collect();
    let q = benjamini_hochberg::adjust(&p);
    for (row, q) in rows.iter_mut().filter(|row| row.p.is_some()).zip(q) {
        row.q = Some(q);
    }
}

fn row(
    block: &BlockData,
    column: usize,
    target: &Target,
    order: Option<&cox::Order>,
    volume: Option<&[f64]>,
) -> UnivariateRow {
    let all: Vec<f64> = block.values.column(column).iter().copied().collect();
    let there: Vec<usize> = (0..all.len()).filter(|unit| !all[*unit].is_nan()).collect();
    let values: Vec<f64> = there.iter().map(|unit| all[*unit]).collect();
    let outcome = target.of(&there);
    let mut row = UnivariateRow {
        block: block.kind.word().into(),
        feature: block.names[column].clone(),
        n: values.len(),
        events: outcome.events(),
        discrimination: None,
        u: None,
        log_hazard_ratio: None,
        p: None,
        q: None,
        volume_correlation: volume.and_then(|volume| with_volume(&all, volume)),
        mutual_information: None,
        gate: block.gates[column].map(gate),
        status: None,
    };
    let (_, sd) = moments(&values);
    row.status = if values.len() < 3 {
        Some("too_few")
    } else if sd == 0.0 {
        Some("constant")
    } else {
        match &outcome {
            Target::Response(labels) => response(&mut row, &values, labels),
            Target::Survival { days, events } => {
                let own = match order {
                    Some(order) if values.len() == all.len() => order,
                    _ => &cox::Order::of(days, events),
                };
                survival(&mut row, &values, days, events, own)
            }
        }
    }
    .map(String::from);
    row
}

fn response(row: &mut UnivariateRow, values: &[f64], labels: &[bool]) -> Option<&'static str> {
    let of = |wanted: bool| -> Vec<f64> {
        values.iter().zip(labels).filter(|(_, label)| **label == wanted).map(|(v, _)| *v).collect()
    };
    let Some(test) = mann_whitney::test(&of(true), &of(false)) else { return Some("one_class") };
    row.u = Some(test.u);
    row.p = Some(test.p);
    row.mutual_information = mutual_information::quartiles(values, labels);
    match auc::delong(values, labels) {
        Some(found) => {
            row.discrimination =
                Some(Interval { estimate: found.auc, lower: found.lower, upper: found.upper });
            None
        }
        None => separated(row, values, labels),
    }
}

/// A feature that tells all pairs has an area without a variance; else one unit of a kind is too few for one.
fn separated(row: &mut UnivariateRow, values: &[f64], labels: &[bool]) -> Option<&'static str> {
    let positives = labels.iter().filter(|label| **label).count();
    let limit = auc::limit_where_all_are_won(positives.min(labels.len() - positives));
    row.discrimination = match auc::auc(values, labels)? {
        1.0 => Some(Interval { estimate: 1.0, lower: limit, upper: 1.0 }),
        0.0 => Some(Interval { estimate: 0.0, lower: 0.0, upper: 1.0 - limit }),
        _ => return Some("too_few"),
    };
    Some(FitFault::Separated.word())
}

fn survival(
    row: &mut UnivariateRow,
    values: &[f64],
    days: &[f64],
    events: &[bool],
    order: &cox::Order,
) -> Option<&'static str> {
    row.discrimination = harrell(values, days, events);
    // Per standard deviation of the sample (divisor n - 1), as hazard ratios are usually given.
    let n = values.len() as f64;
    let (mean, sd) = moments(values);
    let sd = sd * (n / (n - 1.0)).sqrt();
    let scaled: Vec<f64> = values.iter().map(|v| (v - mean) / sd).collect();
    match cox::one(&scaled, order) {
        Ok((log_ratio, se)) => {
            row.log_hazard_ratio =
                Some(Interval { estimate: log_ratio, lower: log_ratio - Z * se, upper: log_ratio + Z * se });
            row.p = (se > 0.0).then(|| libm::erfc((log_ratio / se).abs() / std::f64::consts::SQRT_2));
            None
        }
        Err(fault) => Some(match fault {
            FitFault::OneClass => FitFault::NoEvents.word(),
            other => other.word(),
        }),
    }
}

/// Harrell's C with the interval of the infinitesimal jackknife: each unit's pairs against what they would be at C.
fn harrell(values: &[f64], days: &[f64], events: &[bool]) -> Option<Interval> {
    let c = concordance::harrell(values, days, events)?;
    let n = values.len();
    let (mut excess, mut usable) = (vec![0.0; n], 0.0);
    for early in (0..n).filter(|unit| events[*unit]) {
        for late in 0..n {
            let after = days[late] > days[early] || (days[late] == days[early] && !events[late]);
            if late == early || !after {
                continue;
            }
            let won = match values[early].total_cmp(&values[late]) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            usable += 1.0;
            excess[early] += won - c;
            excess[late] += won - c;
        }
    }
    if usable == 0.0 {
        return None;
    }
    let se = excess.iter().map(|e| e * e).sum::<f64>().sqrt() / usable;
    Some(Interval { estimate: c, lower: (c - Z * se).max(0.0), upper: (c + Z * se).min(1.0) })
}

fn with_volume(values: &[f64], volume: &[f64]) -> Option<f64> {
    let (a, b): (Vec<f64>, Vec<f64>) =
        values.iter().zip(volume).filter(|(a, b)| !a.is_nan() && !b.is_nan()).map(|(a, b)| (*a, *b)).unzip();
    spearman::correlation(&a, &b)
}

/// The word of the tables: a gate's word travels here as whether the feature is stable.
fn gate(word: GateWord) -> String {
    match word.stable {
        Some(true) => "stable".into(),
        Some(false) => "unstable".into(),
        None => "undefined".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::analysis::UnivariateRow;

    fn empty() -> UnivariateRow {
        UnivariateRow {
            block: "delta".into(),
            feature: "a".into(),
            n: 4,
            events: 2,
            discrimination: None,
            u: None,
            log_hazard_ratio: None,
            p: None,
            q: None,
            volume_correlation: None,
            mutual_information: None,
            gate: None,
            status: None,
        }
    }

    #[test]
    fn a_feature_that_tells_all_pairs_has_an_area_and_a_limit_by_the_smaller_class() {
        let mut row = empty();
        let labels = [false, false, false, true, true];
        assert_eq!(response(&mut row, &[1.0, 2.0, 3.0, 4.0, 5.0], &labels), Some("separated"));
        let found = row.discrimination.unwrap();
        assert_eq!((found.estimate, found.upper), (1.0, 1.0));
        assert!((found.lower - 0.025_f64.sqrt()).abs() < 1e-12);
        assert_eq!(response(&mut row, &[5.0, 4.0, 3.0, 2.0, 1.0], &labels), Some("separated"));
        assert_eq!(row.discrimination.map(|found| (found.estimate, found.lower)), Some((0.0, 0.0)));
    }

    #[test]
    fn one_unit_of_a_kind_between_the_others_has_no_interval() {
        let mut row = empty();
        assert_eq!(response(&mut row, &[1.0, 2.0, 3.0], &[false, true, false]), Some("too_few"));
        assert_eq!(row.discrimination, None);
    }
}
