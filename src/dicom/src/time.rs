//! Dates and times, which never leave this room: only differences do.

use std::fmt;

/// Microseconds in a second.
const MICRO: i64 = 1_000_000;
/// Microseconds in a day.
const DAY: i64 = 86_400 * MICRO;

/// A moment by the clock of the scanner. It is not shown, not even for debugging.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Moment")
    }
}

impl Moment {
    /// Of a date (DA) and a time (TM).
    pub(crate) fn of(date: &str, time: &str) -> Option<Self> {
        Some(Self(day(date)?.checked_mul(DAY)?.checked_add(clock(time)?)?))
    }

    /// Of a date and time in one (DT), with the zone that it may name, in seconds.
    pub(crate) fn with_zone(text: &str) -> Option<(Self, Option<i64>)> {
        let (local, zone) = match text.find(['+', '-']) {
            Some(at) => (text.get(..at)?, Some(zone(text.get(at..)?)?)),
            None => (text, None),
        };
        let (date, time) = (local.get(..8)?, local.get(8..)?);
        let moment = Self::of(date, if time.is_empty() { "00" } else { time })?;
        Some((moment, zone))
    }

    /// Seconds from another moment to this one.
    pub(crate) fn seconds_since(self, other: Self) -> f64 {
        (self.0 - other.0) as f64 / MICRO as f64
    }

    /// So many seconds later.
    pub(crate) fn later(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * MICRO as f64).round() as i64))
    }

    /// The last moment up to this one at which the clock shows a time, and whether that was the day before.
    pub(crate) fn last_at(self, time: &str) -> Option<(Self, bool)> {
        let same = self.0.div_euclid(DAY) * DAY + clock(time)?;
        Some(if same > self.0 { (Self(same - DAY), true) } else { (Self(same), false) })
    }
}

/// A zone such as `-0500`, in seconds east of Greenwich (PS3.3 C.12.1, Timezone Offset From UTC).
pub(crate) fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = (number(digits.get(..2)?)?, number(digits.get(2..)?)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The days since 1 January 1970 of a date, `YYYYMMDD` or the older `YYYY.MM.DD` (PS3.5 6.2).
pub(crate) fn day(text: &str) -> Option<i64> {
    let digits: String = text.trim().split('.').collect();
    if digits.len() != 8 {
        return None;
    }
    let (year, month, day) =
        (number(digits.get(..4)?)?, number(digits.get(4..6)?)?, number(digits.get(6..)?)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    // Years that begin with March put the leap day last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Microseconds since midnight of a time, `HH[MM[SS[.F]]]` or the older `HH:MM:SS` (PS3.5 6.2).
fn clock(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = whole.split(':').collect();
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), number);
    if ![2, 4, 6].contains(&digits.len()) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let micro: String = fraction.chars().chain("000000".chars()).take(6).collect();
    // A leap second is the end of the second before.
    Some((hours * 3600 + minutes * 60 + seconds.min(59)) * MICRO + number(&micro)?)
}

fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years_and_wrong_dates_are_none() {
        assert_eq!(day("19700101"), Some(0));
        assert_eq!(day("20000301").unwrap() - day("20000228").unwrap(), 2);
        assert_eq!(day("1900.03.01").unwrap() - day("19000228").unwrap(), 1);
        assert_eq!(day("20200101"), Some(18_262));
        for wrong in ["20230229", "20231301", "2023010", "2023010a", "", "20230100"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_know_fractions_zones_and_the_day_before() {
        let noon = Moment::of("20200101", "120000.25").unwrap();
        assert_eq!(noon.seconds_since(Moment::of("20200101", "1159").unwrap()), 60.25);
        assert_eq!(noon.seconds_since(Moment::of("20200101", "11:59:00").unwrap()), 60.25);
        let (moment, offset) = Moment::with_zone("20200101120000.250000-0530").unwrap();
        assert_eq!((moment, offset), (noon, Some(-19_800)));
        assert_eq!(Moment::with_zone("20200101").unwrap().1, None);
        let (before, other_day) = noon.last_at("2300").unwrap();
        assert!(other_day);
        assert_eq!(noon.seconds_since(before), 13.0 * 3600.0 + 0.25);
        assert!(!noon.last_at("110000").unwrap().1);
        for wrong in ["2400", "1", "12605", "1260", "12:00:0", "é2"] {
            assert!(Moment::of("20200101", wrong).is_none(), "{wrong}");
        }
    }
}
