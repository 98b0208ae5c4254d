//! Do those at higher risk have their event earlier? Harrell's C (Harrell 1982) and Uno's (Uno et al. 2011, Stat Med
//! 30:1105).
//!
//! A pair is usable where the unit with the shorter time had an event then; a unit lost on the day of another's event
//! outlived it, and two events of one day are no pair. A pair is won where the earlier event has the higher risk, and
//! half won where both risks are equal. Uno's C weighs each pair by 1 / G(t)^2, G the Kaplan-Meier estimate of not
//! being lost by then, and takes events before `tau` alone, so that it does not depend on how units are lost.

/// Pairs that were won (ties count half), and pairs that are usable: sums to pool over folds. Units without a finite
/// risk and time make no pair.
///
/// ```
/// use delta_radiomics::stats::concordance::pairs;
/// // Usable: day 1 with both others, day 2 with day 3. Won: the first two; the third is a tie.
/// assert_eq!(pairs(&[2.0, 1.0, 1.0], &[1.0, 2.0, 3.0], &[true, true, false]), (2.5, 3.0));
/// ```
pub fn pairs(risk: &[f64], days: &[f64], events: &[bool]) -> (f64, f64) {
    weighted(&units(risk, days, events), |_| 1.0)
}

/// Harrell's C; `None` where no pair is usable.
pub fn harrell(risk: &[f64], days: &[f64], events: &[bool]) -> Option<f64> {
    share(pairs(risk, days, events))
}

/// Uno's C with events before `tau` days (infinite: all); `None` where no pair is usable.
///
/// ```
/// use delta_radiomics::stats::concordance::uno;
/// // One of three is lost on day 2: G is 1 on day 1 and 2/3 on day 3. The three pairs of day 1 weigh 1 each and are
/// // won, that of days 3 and 4 weighs (3/2)^2 and is not.
/// let (days, events) = ([1.0, 2.0, 3.0, 4.0], [true, false, true, true]);
/// let c = uno(&[4.0, 3.0, 1.0, 2.0], &days, &events, f64::INFINITY).unwrap();
/// assert!((c - 3.0 / (3.0 + 2.25)).abs() < 1e-15);
/// assert_eq!(uno(&[4.0, 3.0, 1.0, 2.0], &days, &events, 3.0), Some(1.0));
/// ```
pub fn uno(risk: &[f64], days: &[f64], events: &[bool], tau: f64) -> Option<f64> {
    let units = units(risk, days, events);
    let kept = Kept::of(&units);
    share(weighted(&units, |days| {
        let g = if days < tau { kept.on(days) } else { 0.0 };
        if g > 0.0 { 1.0 / (g * g) } else { 0.0 }
    }))
}

fn share((won, usable): (f64, f64)) -> Option<f64> {
    (usable > 0.0).then(|| won / usable)
}

/// A unit, with the place of its risk among the different risks.
#[derive(Clone, Copy)]
struct Unit {
    days: f64,
    event: bool,
    place: usize,
}

/// Units in the order of their days, the latest first.
fn units(risk: &[f64], days: &[f64], events: &[bool]) -> Vec<Unit> {
    let all = risk.iter().zip(days).zip(events);
    // Zero and minus zero are one risk.
    let mut found: Vec<(f64, f64, bool)> = all
        .filter(|((risk, days), _)| risk.is_finite() && days.is_finite())
        .map(|((risk, days), event)| (*risk + 0.0, *days, *event))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut units: Vec<Unit> = found
        .chunk_by(|a, b| a.0 == b.0)
        .enumerate()
        .flat_map(|(place, same)| same.iter().map(move |unit| Unit { days: unit.1, event: unit.2, place }))
        .collect();
    units.sort_by(|a, b| b.days.total_cmp(&a.days));
    units
}

/// Won and usable pairs, each weighed by the day of its earlier event.
fn weighted(units: &[Unit], weight: impl Fn(f64) -> f64) -> (f64, f64) {
    let mut later = Counts::new(units.iter().map(|unit| unit.place + 1).max().unwrap_or(0));
    let (mut won, mut usable) = (0.0, 0.0);
    for day in units.chunk_by(|a, b| a.days == b.days) {
        for unit in day.iter().filter(|unit| !unit.event) {
            later.add(unit.place);
        }
        let weight = weight(day[0].days);
        for unit in day.iter().filter(|unit| unit.event) {
            let (below, up_to) = (later.below(unit.place), later.below(unit.place + 1));
            won += weight * (below as f64 + (up_to - below) as f64 / 2.0);
            usable += weight * later.all as f64;
        }
        for unit in day.iter().filter(|unit| unit.event) {
            later.add(unit.place);
        }
    }
    (won, usable)
}

/// How many units have a place below another: partial sums in a tree (Fenwick 1994).
struct Counts {
    tree: Vec<u32>,
    all: usize,
}

impl Counts {
    fn new(places: usize) -> Self {
        Self { tree: vec![0; places + 1], all: 0 }
    }

    fn add(&mut self, place: usize) {
        self.all += 1;
        let mut at = place + 1;
        while at < self.tree.len() {
            self.tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn below(&self, place: usize) -> usize {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            sum += self.tree[at] as usize;
            at &= at - 1;
        }
        sum
    }
}

/// Share that is not yet lost, by day; those with an event are out of sight from then on, and come before those lost on
/// the same day.
struct Kept {
    /// Days of loss and the share from then on.
    steps: Vec<(f64, f64)>,
}

impl Kept {
    fn of(units: &[Unit]) -> Self {
        let (mut at_risk, mut share) = (units.len(), 1.0);
        let (mut steps, mut earliest_first) = (Vec::new(), units.to_vec());
        earliest_first.reverse();
        for day in earliest_first.chunk_by(|a, b| a.days == b.days) {
            let events = day.iter().filter(|unit| unit.event).count();
            let (n, lost) = (at_risk - events, day.len() - events);
            if lost > 0 {
                share *= (n - lost) as f64 / n as f64;
                steps.push((day[0].days, share));
            }
            at_risk -= day.len();
        }
        Self { steps }
    }

    fn on(&self, days: f64) -> f64 {
        let before = self.steps.partition_point(|step| step.0 <= days);
        if before == 0 { 1.0 } else { self.steps[before - 1].1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{harrell, pairs, uno};
    use crate::numeric::random::Random;

    /// All pairs, one by one, as the definition says.
    fn slow(risk: &[f64], days: &[f64], events: &[bool]) -> (f64, f64) {
        let (mut won, mut usable) = (0.0, 0.0);
        for i in 0..risk.len() {
            for j in 0..risk.len() {
                if events[i] && (days[j] > days[i] || (days[j] == days[i] && !events[j])) {
                    usable += 1.0;
                    won += if risk[i] > risk[j] { 1.0 } else { 0.0 };
                    won += if risk[i] == risk[j] { 0.5 } else { 0.0 };
                }
            }
        }
        (won, usable)
    }

    #[test]
    fn counting_in_a_tree_is_counting_all_pairs() {
        let mut random = Random::seeded(7);
        for n in [0, 1, 2, 5, 40, 173] {
            let mut draw =
                |levels: usize| -> Vec<f64> { (0..n).map(|_| random.below(levels) as f64).collect() };
            let (risk, days) = (draw(12), draw(25));
            let events: Vec<bool> = draw(3).iter().map(|v| *v > 0.0).collect();
            assert_eq!(pairs(&risk, &days, &events), slow(&risk, &days, &events), "{n}");
        }
    }

    #[test]
    fn turning_the_risk_around_turns_the_share_around() {
        let (days, events) = ([4.0, 2.0, 2.0, 9.0, 7.0, 4.0], [true, true, false, false, true, true]);
        let risk = [0.3, 0.3, -1.0, -2.0, 0.5, 0.0];
        let turned: Vec<f64> = risk.iter().map(|r| -r).collect();
        let both = harrell(&risk, &days, &events).unwrap() + harrell(&turned, &days, &events).unwrap();
        assert!((both - 1.0).abs() < 1e-15);
        assert_eq!(harrell(&[1.0; 6], &days, &events), Some(0.5));
    }

    #[test]
    fn without_a_usable_pair_there_is_no_share() {
        assert_eq!(harrell(&[], &[], &[]), None);
        assert_eq!(harrell(&[1.0, 2.0], &[1.0, 2.0], &[false, true]), None);
        assert_eq!(harrell(&[1.0, 2.0], &[3.0, 3.0], &[true, true]), None);
        assert_eq!(harrell(&[f64::NAN, 2.0], &[3.0, 4.0], &[true, true]), None);
        assert_eq!(uno(&[1.0, 2.0], &[3.0, 4.0], &[true, true], 3.0), None);
    }

    #[test]
    fn without_losses_both_shares_are_the_same() {
        let (days, events, risk) = ([1.0, 2.0, 3.0, 4.0, 5.0], [true; 5], [2.0, 5.0, 5.0, 1.0, 0.0]);
        assert_eq!(uno(&risk, &days, &events, f64::INFINITY), harrell(&risk, &days, &events));
    }
}
