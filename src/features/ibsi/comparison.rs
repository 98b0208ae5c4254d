//! Our values held against the published ones.

use super::configurations::Configuration;
use super::table::{Published, Table, family_of, full_tag};
use crate::features::Measured;
use crate::features::registry::{self, Standing};
use crate::record::{Aggregation, Family, Outcome};

/// How a value stands to the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Rounded to three significant digits it lies within the tolerance.
    Within,
    /// It does not.
    Beyond,
    /// The standard defines it, and we have no value.
    NoValue,
    /// We have a value that the table knows nothing of.
    NoRow,
}

impl Verdict {
    /// Whether all is well.
    pub fn holds(self) -> bool {
        self == Self::Within
    }
}

/// A value beside the published one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Name of the configuration.
    pub config: &'static str,
    /// IBSI's tag without aggregation.
    pub feature: String,
    /// Aggregation.
    pub aggregation: Option<Aggregation>,
    /// What was published; `None` where nothing was.
    pub published: Option<Published>,
    /// What we measured; `None` where the feature is not measured at all.
    pub ours: Option<Outcome>,
    /// How they agree.
    pub verdict: Verdict,
}

impl Comparison {
    /// The standard's tag with the aggregation.
    pub fn tag(&self) -> String {
        full_tag(&self.feature, self.aggregation)
    }
    /// The feature's family.
    pub fn family(&self) -> Option<Family> {
        family_of(&self.feature)
    }
    /// Our value, where there is one.
    pub fn value(&self) -> Option<f64> {
        self.ours.and_then(Outcome::value)
    }
    /// The distance of our unrounded value from the published one, in parts of it. Up to 0.005 is the published value's
    /// own rounding.
    pub fn relative(&self) -> Option<f64> {
        let (ours, published) = (self.value()?, self.published?.value);
        (published != 0.0).then(|| (ours - published).abs() / published.abs())
    }
}

/// Every value of a configuration for which one was published, and every fault of completeness: a row of the table
/// without a value of ours, a value of ours without a row (features of our own stand in no table). Features that the standard defines without an accepted value
/// are among them only where we have none.
pub fn compare(configuration: &Configuration, measured: &Measured, table: &Table) -> Vec<Comparison> {
    let config = configuration.name;
    let mut all = Vec::new();
    for row in table.of(config) {
        let ours = measured.outcome(&row.feature, row.aggregation);
        let verdict = match (row.published, ours.and_then(Outcome::value)) {
            (_, None) => Verdict::NoValue,
            (None, Some(_)) => continue,
            (Some(published), Some(value)) if lies_within(value, published) => Verdict::Within,
            _ => Verdict::Beyond,
        };
        let (feature, aggregation) = (row.feature.clone(), row.aggregation);
        all.push(Comparison { config, feature, aggregation, published: row.published, ours, verdict });
    }
    let own = |tag: &str| registry::find(tag).is_some_and(|info| info.standing == Standing::Own);
    for ours in measured.values.iter().filter(|v| !own(&v.key.feature)) {
        let key = &ours.key;
        if !table.of(config).any(|row| row.feature == key.feature && row.aggregation == key.aggregation) {
            all.push(Comparison {
                config,
                feature: key.feature.clone(),
                aggregation: key.aggregation,
                published: None,
                ours: Some(ours.outcome),
                verdict: Verdict::NoRow,
            });
        }
    }
    all
}

fn lies_within(value: f64, published: Published) -> bool {
    // The published numbers are decimals: allow the last bit of their difference.
    let slack = 1e-9 * published.value.abs();
    (three_digits(value) - published.value).abs() <= published.tolerance + slack
}

/// Three significant digits, as values were published.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::super::{configuration, digital_phantom};
    use super::*;

    #[test]
    fn three_digits_are_compared_and_the_last_bit_forgiven() {
        let published = |value, tolerance| Published { value, tolerance };
        assert_eq!((three_digits(0.06984), three_digits(-1236.0)), (0.0698, -1240.0));
        assert!(lies_within(0.3, published(0.1, 0.2)));
        assert!(lies_within(5.2849, published(5.28, 0.0)) && !lies_within(5.2851, published(5.28, 0.0)));
        assert!(lies_within(0.0, published(0.0, 0.0)) && !lies_within(f64::NAN, published(1.0, 1.0)));
    }

    #[test]
    fn what_either_side_lacks_is_a_fault() {
        let phantom = configuration("phantom").unwrap();
        let (image, region) = digital_phantom();
        let mut measured = phantom.measure(&image, &region).unwrap();
        measured.values.retain(|v| v.key.feature == "stat_mean" || v.key.feature == "stat_var");
        let table = |rows: &str| {
            Table::parse(&format!("config,kind,feature,aggregation,value,tolerance,status\n{rows}")).unwrap()
        };
        let rows = "phantom,feature,stat_mean,,2.15,0,reference\nphantom,feature,toy_new,,,,no_reference\nA,feature,stat_min,,1,0,reference";
        let compared = compare(phantom, &measured, &table(rows));
        let verdicts: Vec<_> = compared.iter().map(|c| (c.tag(), c.verdict)).collect();
        let expected =
            [("stat_mean", Verdict::Within), ("toy_new", Verdict::NoValue), ("stat_var", Verdict::NoRow)];
        assert_eq!(verdicts, expected.map(|(tag, verdict)| (tag.to_owned(), verdict)));
        // Computed and marked: nothing to compare.
        let marked = "phantom,feature,stat_mean,,,,no_reference\nphantom,feature,stat_var,,3.05,0,reference";
        assert_eq!(compare(phantom, &measured, &table(marked)).len(), 1);
    }
}
