//! Numbers of an analysis in words: intervals, p-values, what is missing.

use maud::{Markup, html};

use crate::record::analysis::Interval;
use crate::report::numbers::{fixed, number, typographic};

/// What stands where a number is missing.
pub const NONE: &str = "\u{2013}";

/// A number with so many decimals; a dash where it is none.
pub fn decimals(value: f64, decimals: usize) -> String {
    if value.is_finite() { typographic(&fixed(value, decimals)) } else { NONE.to_owned() }
}

/// A number at four significant digits; a dash where it is none.
pub fn short(value: f64) -> String {
    if value.is_finite() { typographic(&number(value)) } else { NONE.to_owned() }
}

/// A number that may be missing.
pub fn maybe(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |v| decimals(v, places))
}

/// `0.71 (0.62 to 0.80)`.
pub fn interval(of: Interval, places: usize) -> String {
    format!(
        "{} ({} to {})",
        decimals(of.estimate, places),
        decimals(of.lower, places),
        decimals(of.upper, places)
    )
}

/// An interval that may be missing.
pub fn maybe_interval(of: Option<Interval>, places: usize) -> String {
    of.map_or_else(|| NONE.to_owned(), |i| interval(i, places))
}

/// A hazard ratio with its interval: three significant digits where it is large.
pub fn ratio(of: Interval) -> String {
    let places = if of.upper.abs() >= 100.0 { 0 } else { 2 };
    interval(of, places)
}

/// `0.004`, `0.23`, `< 0.001`: a p-value as journals print it.
pub fn p_value(p: f64) -> String {
    if !p.is_finite() {
        return NONE.to_owned();
    }
    if p < 0.001 {
        return "< 0.001".to_owned();
    }
    fixed(p, if p < 0.095 { 3 } else { 2 })
}

/// A p-value that may be missing.
pub fn maybe_p(p: Option<f64>) -> String {
    p.map_or_else(|| NONE.to_owned(), p_value)
}

/// `p = 0.004`, `p < 0.001`.
pub fn p_told(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with('<') {
        format!("p\u{a0}{}", text.replace(' ', "\u{a0}"))
    } else {
        format!("p\u{a0}=\u{a0}{text}")
    }
}

/// Sentences of others with true minus signs before their numbers; hyphens between letters stay.
pub fn minus(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_sign = |at: usize| {
        let begins = at == 0 || letters.get(at - 1).is_some_and(|c| c.is_whitespace() || *c == '(');
        begins && letters.get(at + 1).is_some_and(char::is_ascii_digit)
    };
    let sign = |(at, c): (usize, &char)| if *c == '-' && is_sign(at) { '\u{2212}' } else { *c };
    letters.iter().enumerate().map(sign).collect()
}

/// Sentences of others with what stands between backticks as code.
pub fn coded(text: &str) -> Markup {
    let parts = text.split('`').enumerate();
    html! { @for (at, part) in parts { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// A share as whole per cent.
pub fn percent(share: f64) -> String {
    format!("{}\u{a0}%", decimals(100.0 * share, 0))
}

/// Text broken into lines of at most so many letters, between words.
pub fn lines(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_never_say_zero() {
        assert_eq!(p_value(0.0), "< 0.001");
        assert_eq!(p_value(0.0049), "0.005");
        assert_eq!(p_value(0.096), "0.10");
        assert_eq!(p_value(0.5), "0.50");
        assert_eq!(p_value(f64::NAN), NONE);
        assert_eq!(p_told(0.00001), "p\u{a0}<\u{a0}0.001");
    }

    #[test]
    fn intervals_have_a_true_minus() {
        let of = Interval { estimate: -0.04, lower: -0.123, upper: 0.001 };
        assert_eq!(interval(of, 2), "\u{2212}0.04 (\u{2212}0.12 to 0.00)");
    }

    #[test]
    fn only_signs_of_numbers_become_minus_signs() {
        assert_eq!(minus("log-rank, from -0.12 to 3-4"), "log-rank, from \u{2212}0.12 to 3-4");
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(coded("of `delta run`, <b>").into_string(), "of <code>delta run</code>, &lt;b&gt;");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("unbreakable", 3), ["unbreakable"]);
    }
}
