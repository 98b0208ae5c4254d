//! Which series is meant, and what to say where it is not clear.

use super::{Found, Series};
use crate::{Fault, FaultKind};

/// Names of series by their numbers, which several may share: `4`, or `4a`, `4b`. A series without a number is `0`.
pub(super) fn labels(numbers: &[Option<i64>]) -> Vec<String> {
    let label = |(at, number): (usize, &Option<i64>)| {
        let base = number.unwrap_or(0);
        let same = |other: &Option<i64>| other.unwrap_or(0) == base;
        let before = numbers[..at].iter().filter(|other| same(other)).count();
        if numbers.iter().filter(|other| same(other)).count() == 1 {
            base.to_string()
        } else {
            format!("{base}{}", letters(before))
        }
    };
    numbers.iter().enumerate().map(label).collect()
}

/// `a` to `z`, then `aa` and so on.
fn letters(mut at: usize) -> String {
    let mut reversed = Vec::new();
    loop {
        reversed.push((b'a' + (at % 26) as u8) as char);
        match at / 26 {
            0 => break,
            rest => at = rest - 1,
        }
    }
    reversed.iter().rev().collect()
}

impl Found {
    /// The series that is meant: the one of a label, the only one of a modality (`PT`), or the only one there is. A survey (localizer) is taken only if it
    /// is named or nothing else is there.
    ///
    /// # Errors
    /// `Broken`: the first file that is damaged, for it may be a missing slice. `NoVolume`: there is no image.
    /// `Choice`: several, which are listed.
    pub fn choose(&self, label: Option<&str>) -> Result<&Series, Fault> {
        if let Some(fault) = self.broken.first() {
            return Err(fault.clone());
        }
        if self.series.is_empty() {
            return Err(Fault::of(FaultKind::NoVolume, "no image series is there"));
        }
        let scans: Vec<&Series> = self.series.iter().filter(|series| !series.is_localizer()).collect();
        if let Some(label) = label {
            let named = self.series.iter().find(|series| series.label == label);
            let mut of_modality =
                scans.iter().copied().filter(|series| series.modality.word().eq_ignore_ascii_case(label));
            let only = of_modality.next().filter(|_| of_modality.next().is_none());
            return named.or(only).ok_or_else(|| {
                Fault::of(FaultKind::Choice, format!("no series, or several, are meant: {}", self.list()))
            });
        }
        match (scans.as_slice(), self.series.as_slice()) {
            ([only], _) => Ok(*only),
            ([], [only]) => Ok(only),
            _ => Err(Fault::of(FaultKind::Choice, format!("several series or volumes: {}", self.list()))),
        }
    }

    /// All series, each with its label, in one line.
    pub fn list(&self) -> String {
        let entry = |series: &Series| format!("{} ({series})", series.label);
        self.series.iter().map(entry).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_shared_get_letters() {
        assert_eq!(labels(&[None, Some(2), Some(4), Some(4)]), ["0", "2", "4a", "4b"]);
        assert_eq!([0, 25, 26, 27, 701, 702].map(letters), ["a", "z", "aa", "ab", "zz", "aaa"]);
    }
}
