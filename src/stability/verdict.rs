//! Whether a feature is stable.

use super::rules::Rules;
use crate::record::{IccBound, Stability};
use crate::stats::icc::Icc;

/// By the figure that has to reach the threshold. With the lower bound, an estimate that reaches it alone is marginal,
/// as is one without an interval.
pub(super) fn verdict(icc: Option<&Icc>, rules: &Rules) -> Stability {
    let Some(icc) = icc else { return Stability::Undefined };
    let reaches = |figure: f64| figure >= rules.icc_threshold;
    match rules.icc_bound {
        IccBound::Lower if icc.interval.is_some_and(|(lower, _)| reaches(lower)) => Stability::Stable,
        IccBound::Lower if reaches(icc.estimate) => Stability::Marginal,
        IccBound::Point if reaches(icc.estimate) => Stability::Stable,
        IccBound::Lower | IccBound::Point => Stability::Unstable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_that_is_asked_for_decides() {
        let icc = |estimate, lower: Option<f64>| Icc {
            estimate,
            interval: lower.map(|lower| (lower, 0.99)),
            f: 9.0,
            df1: 9.0,
            df2: 9.0,
            p: 0.0,
        };
        let (lower, point) = (Rules::default(), Rules { icc_bound: IccBound::Point, ..Rules::default() });
        for (icc, by_lower, by_point) in [
            (icc(0.9, Some(0.75)), Stability::Stable, Stability::Stable),
            (icc(0.75, Some(0.7)), Stability::Marginal, Stability::Stable),
            (icc(0.9, None), Stability::Marginal, Stability::Stable),
            (icc(0.7, Some(0.1)), Stability::Unstable, Stability::Unstable),
            (icc(-0.2, Some(-0.9)), Stability::Unstable, Stability::Unstable),
        ] {
            assert_eq!((verdict(Some(&icc), &lower), verdict(Some(&icc), &point)), (by_lower, by_point));
        }
        assert_eq!(verdict(None, &lower), Stability::Undefined);
    }
}
