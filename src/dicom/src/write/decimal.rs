//! Numbers as text.

use crate::{Fault, FaultKind};

/// Bytes of a decimal string, at most (PS3.5 6.2, DS).
const LONGEST: usize = 16;

/// A number as a decimal string (DS) of at most 16 bytes, as near to it as 16 bytes allow.
///
/// # Errors
/// `Unwritable`: it is not finite.
pub fn decimal(value: f64) -> Result<String, Fault> {
    if !value.is_finite() {
        return Err(Fault::of(FaultKind::Unwritable, "a number is not finite"));
    }
    // Zero has a sign in memory, which nobody wants to read.
    let value = if value == 0.0 { 0.0 } else { value };
    let shortest = value.to_string();
    if shortest.len() <= LONGEST {
        return Ok(shortest);
    }
    let fitting = |text: &String| text.len() <= LONGEST;
    let fixed = (0..LONGEST).rev().map(|digits| format!("{value:.digits$}")).find(fitting);
    let scientific = (0..LONGEST).rev().map(|digits| format!("{value:.digits$e}")).find(fitting);
    let error = |text: &String| text.parse().map_or(f64::INFINITY, |back: f64| (back - value).abs());
    let near = fixed.into_iter().chain(scientific).filter(|text| error(text).is_finite());
    let nearest = near.min_by(|a, b| error(a).total_cmp(&error(b)));
    nearest.ok_or_else(|| Fault::of(FaultKind::Unwritable, "a number has no decimal string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_short_and_near() {
        for (value, text) in [(0.0, "0"), (-0.0, "0"), (2.5, "2.5"), (-1024.0, "-1024")] {
            assert_eq!(decimal(value).unwrap(), text);
        }
        let hard = [-123.456_789_012_345_67, 1.0 / 3.0, -1.0 / 3.0, 1e300, -1.2345678901234567e-17];
        for value in hard {
            let text = decimal(value).unwrap();
            assert!(text.len() <= LONGEST, "{text}");
            let back: f64 = text.parse().unwrap();
            assert!((back - value).abs() <= value.abs() * 1e-8 || (back - value).abs() < 1e-12, "{text}");
        }
        assert_eq!(decimal(-200.123_456_789_012_3).unwrap(), "-200.12345678901");
        assert!(decimal(f64::MIN).is_err(), "its digits round to infinity");
        assert!(decimal(f64::NAN).is_err() && decimal(f64::INFINITY).is_err());
    }
}
