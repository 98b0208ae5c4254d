//! A quantity over time: two slopes and an area (Theil 1950; Sen 1968).
//!
//! Points are pairs of time t and value y; tm and ym are their means.
//!
//! | figure | formula |
//! |---|---|
//! | least squares | slope b = sum (t - tm)(y - ym) / sum (t - tm)^2, intercept ym - b tm |
//! | its standard error | sqrt(sum (y - intercept - b t)^2 / (k - 2) / sum (t - tm)^2) for k points |
//! | Theil-Sen | median of (y_j - y_i) / (t_j - t_i) over all pairs of unequal times, intercept median y - slope median t |
//! | area | sum of (t_j - t_i)(y_i + y_j) / 2 over neighbours in time |
//!
//! ```
//! use delta_radiomics::stats::trajectory::{area, area_above, ordinary_least_squares, theil_sen};
//! let points = [(0.0, 1.0), (1.0, 3.0), (4.0, 3.0)];
//! // tm = 5/3, ym = 7/3: sum (t - tm)(y - ym) = 10/3, sum (t - tm)^2 = 26/3.
//! let line = ordinary_least_squares(&points).unwrap();
//! assert!((line.slope - 5.0 / 13.0).abs() < 1e-15);
//! // Slopes of the pairs: 2, 1/2 and 0.
//! assert_eq!(theil_sen(&points).unwrap().slope, 0.5);
//! // 1 (1 + 3) / 2 + 3 (3 + 3) / 2, and the same less 4 days of 1.
//! assert_eq!((area(&points), area_above(&points, 1.0)), (11.0, 7.0));
//! ```

use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::{mean, ordered_sum};

/// A straight line through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Change of the value per unit of time.
    pub slope: f64,
    /// Value at time 0.
    pub intercept: f64,
    /// Standard error of the slope; `None` for a method or a number of points that gives none.
    pub slope_se: Option<f64>,
}

/// The line of least squares, with its standard error from three points on. `None` where all times are equal.
pub fn ordinary_least_squares(points: &[(f64, f64)]) -> Option<Line> {
    let (times, values) = (of(points, |p| p.0), of(points, |p| p.1));
    let (mean_time, mean_value) = (mean(&times)?, mean(&values)?);
    let spread = ordered_sum(&of(points, |(t, _)| (t - mean_time) * (t - mean_time)));
    if spread == 0.0 {
        return None;
    }
    let slope = ordered_sum(&of(points, |(t, y)| (t - mean_time) * (y - mean_value))) / spread;
    // Residuals about the means: the intercept would cancel far from time 0.
    let residuals = of(points, |(t, y)| (y - mean_value) - slope * (t - mean_time));
    let squares: Vec<f64> = residuals.iter().map(|r| r * r).collect();
    let freedom = points.len().checked_sub(2).filter(|df| *df > 0);
    Some(Line {
        slope,
        intercept: mean_value - slope * mean_time,
        slope_se: freedom.map(|df| (ordered_sum(&squares) / df as f64 / spread).sqrt()),
    })
}

/// The line of the median slope (Theil 1950; Sen 1968), which one odd point does not drag. `None` where all times are
/// equal.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let pairs = points.iter().enumerate().flat_map(|(n, a)| points[n + 1..].iter().map(move |b| (a, b)));
    let slopes = pairs.filter(|(a, b)| a.0 != b.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect();
    let slope = median(slopes)?;
    let (time, value) = (median(of(points, |p| p.0))?, median(of(points, |p| p.1))?);
    Some(Line { slope, intercept: value - slope * time, slope_se: None })
}

/// Area under points that are in order of time, by trapezoids; 0 for fewer than two.
pub fn area(points: &[(f64, f64)]) -> f64 {
    area_above(points, 0.0)
}

/// Area between points in order of time and a level, negative where they lie below it.
pub fn area_above(points: &[(f64, f64)], level: f64) -> f64 {
    let trapezoid = |w: &[(f64, f64)]| (w[1].0 - w[0].0) * ((w[0].1 - level) + (w[1].1 - level)) / 2.0;
    ordered_sum(&points.windows(2).map(trapezoid).collect::<Vec<f64>>())
}

fn of(points: &[(f64, f64)], figure: impl Fn((f64, f64)) -> f64) -> Vec<f64> {
    points.iter().map(|p| figure(*p)).collect()
}

fn median(values: Vec<f64>) -> Option<f64> {
    percentile(&ascending(values), 50.0)
}

#[cfg(test)]
mod tests {

    use delta_table::Sheet;

    use super::*;

    /// Points by hand: one slope is not defined, and the last value is odd.
    const POINTS: [(f64, f64); 4] = [(0.0, 2.0), (2.0, 4.0), (2.0, 6.0), (4.0, 20.0)];

    #[test]
    fn a_line_by_hand() {
        // tm = 2, ym = 8: sum (t - tm)(y - ym) = 12 + 24 = 36, sum (t - tm)^2 = 8.
        let line = ordinary_least_squares(&POINTS).unwrap();
        assert_eq!((line.slope, line.intercept), (4.5, -1.0));
        // Residuals 3, -4, -2, 3: 38 / 2 / 8.
        assert!((line.slope_se.unwrap() - 2.375_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn a_median_slope_by_hand() {
        // Slopes 1, 2, 4.5, 8, 7; the pair at time 2 has none. Medians: time 2, value 5.
        let line = theil_sen(&POINTS).unwrap();
        assert_eq!((line.slope, line.intercept, line.slope_se), (4.5, -4.0, None));
    }

    #[test]
    fn an_area_by_hand() {
        // 2 (2 + 4) / 2 + 0 + 2 (6 + 20) / 2.
        assert_eq!((area(&POINTS), area_above(&POINTS, 2.0)), (32.0, 24.0));
        assert_eq!(area(&POINTS[..1]), 0.0);
    }

    #[test]
    fn without_time_there_is_no_slope() {
        for points in [&[][..], &[(3.0, 1.0)], &[(3.0, 1.0), (3.0, 2.0)]] {
            assert_eq!((ordinary_least_squares(points), theil_sen(points)), (None, None));
        }
        let two = ordinary_least_squares(&POINTS[..2]).unwrap();
        assert_eq!((two.slope, two.slope_se), (1.0, None));
    }

    #[test]
    fn one_odd_point_does_not_drag_the_median_slope() {
        let mut points: Vec<(f64, f64)> = (0..9).map(|n| (f64::from(n), 3.0 * f64::from(n))).collect();
        points[8].1 = 1000.0;
        assert_eq!(theil_sen(&points).unwrap().slope, 3.0);
        assert!(ordinary_least_squares(&points).unwrap().slope > 60.0);
    }

    #[test]
    fn every_figure_is_that_of_the_reference() {
        let Some(folder) = crate::reference::folder() else { return };
        let folder = folder.join("reference/stats/deltas");
        let input = Sheet::read_csv(&folder.join("trajectories_input.csv")).unwrap();
        let column = |name: &str| -> Vec<f64> {
            input.numbers(name).unwrap().into_iter().map(|v| v.expect("the input is complete")).collect()
        };
        let (cases, days, values) = (column("case"), column("day"), column("value"));
        let text = std::fs::read_to_string(folder.join("trajectories_expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = expected.as_object().unwrap();
        assert!(expected.len() >= 10);
        for (case, wanted) in expected {
            let number: f64 = case.parse().unwrap();
            let points: Vec<(f64, f64)> =
                (0..cases.len()).filter(|&i| cases[i] == number).map(|i| (days[i], values[i])).collect();
            let (line, median) = (ordinary_least_squares(&points).unwrap(), theil_sen(&points).unwrap());
            let figures = [
                ("ols_slope", line.slope),
                ("ols_intercept", line.intercept),
                ("ols_slope_se", line.slope_se.unwrap()),
                ("theil_sen_slope", median.slope),
                ("theil_sen_intercept", median.intercept),
                ("auc_trapezoid", area(&points)),
                ("auc_above_baseline", area_above(&points, points[0].1)),
            ];
            assert_eq!(wanted.as_object().unwrap().len(), figures.len(), "no figure is left out");
            for (name, ours) in figures {
                let theirs = wanted[name].as_f64().unwrap();
                assert!(
                    (ours - theirs).abs() <= 1e-10 * theirs.abs(),
                    "{name}, case {case}: {ours} {theirs}"
                );
            }
        }
    }
}
