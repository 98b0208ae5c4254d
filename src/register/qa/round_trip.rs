//! What is found against an alignment by going another way: back again, or by a third visit.

use super::QaThresholds;
use crate::record::{MissQa, Qa, QaReason, QaVerdict};
use crate::register::RegisterError;
use crate::register::starts::LEAST_OVERLAP;

/// The other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherWay<'a> {
    /// To the baseline and back, each registered for itself.
    Back,
    /// To the baseline by way of another visit.
    By(&'a str),
}

/// Codes of findings by another way: what made them cannot be made again from an alignment alone.
pub const CODES: [&str; 2] = ["both_ways", "loop"];

/// The finding where two ways part by too much, over the body or, where one is named, at a region.
pub fn reason(way: OtherWay, region: Option<&str>, miss: &MissQa, t: &QaThresholds) -> Option<QaReason> {
    let [most_median, most_p95] = t.round_trip_pass_mm;
    let (share, value, threshold) = if miss.median > most_median {
        ("half", miss.median, most_median)
    } else if miss.p95 > most_p95 {
        ("one twentieth", miss.p95, most_p95)
    } else {
        return None;
    };
    let of = region.map_or_else(|| "the body".to_owned(), |name| format!("{name:?}"));
    let beyond = format!("by {value:.1} mm or more (up to {threshold} mm passes)");
    let (code, text) = match way {
        OtherWay::Back => (
            CODES[0],
            format!("Carried to the baseline and back, {share} of {of} misses where it began {beyond}."),
        ),
        OtherWay::By(visit) => (
            CODES[1],
            format!(
                "Carried to the baseline by way of {visit}, {share} of {of} misses the direct way {beyond}."
            ),
        ),
    };
    Some(QaReason { code: code.to_owned(), text, value, threshold, verdict: QaVerdict::Review })
}

/// The finding where the other way could not be registered: what was not checked is not green.
pub fn no_way(way: OtherWay, error: &RegisterError) -> QaReason {
    let (code, which) = match way {
        OtherWay::Back => (CODES[0], "from baseline to follow-up".to_owned()),
        OtherWay::By(visit) => (CODES[1], format!("by way of {visit}")),
    };
    let value = if let RegisterError::NoOverlap { best } = error { *best } else { 0.0 };
    let text =
        format!("The way {which} could not be registered, so that nothing was compared with it: {error}.");
    QaReason { code: code.to_owned(), text, value, threshold: LEAST_OVERLAP, verdict: QaVerdict::Review }
}

/// Adds a finding to those of an alignment; its verdict gets no better by it.
pub fn add(qa: &mut Qa, reason: QaReason) {
    qa.verdict = qa.verdict.max(reason.verdict);
    qa.reasons.push(reason);
    qa.reasons.sort_by_key(|r| std::cmp::Reverse(r.verdict));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_that_part_are_looked_at_and_the_words_say_where() {
        let t = QaThresholds::default();
        let [most_median, most_p95] = t.round_trip_pass_mm;
        let found = |median, p95| reason(OtherWay::By("t1"), Some("gtv"), &MissQa { n: 10, median, p95 }, &t);
        assert_eq!(found(most_median, most_p95), None);
        let by_median = found(4.0, 4.2).unwrap();
        assert_eq!((&*by_median.code, by_median.verdict, by_median.value), ("loop", QaVerdict::Review, 4.0));
        let said = "by way of t1, half of \"gtv\" misses the direct way by 4.0 mm";
        assert!(by_median.text.contains(said), "{}", by_median.text);
        assert_eq!(found(0.1, 9.0).map(|r| (r.value, r.threshold)), Some((9.0, most_p95)));
        let none = no_way(OtherWay::Back, &RegisterError::NoOverlap { best: 0.1 });
        assert_eq!((&*none.code, none.verdict, none.value), ("both_ways", QaVerdict::Review, 0.1));
    }
}
