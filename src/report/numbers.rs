//! Numbers and lists as a reader sees them.

/// A number at four significant digits, in the shortest common notation (`0.01234`, `1234`, `1.2e-5`).
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        let text = format!("{value:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trim_zeros(mantissa));
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    trim_zeros(&format!("{value:.decimals$}")).to_owned()
}

/// A number with its sign (`+0.12`, `-3`); zero has none.
pub fn signed(value: f64) -> String {
    let text = number(value);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// A number with a fixed number of decimals and no negative zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// A share as a percentage with its sign (`-12.3 %`).
pub fn signed_percent(share: f64) -> String {
    let text = fixed(share * 100.0, 1);
    if share > 0.0 && !text.starts_with("0.0") { format!("+{text} %") } else { format!("{text} %") }
}

/// A share as a percentage (`12.3 %`).
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(share * 100.0, 1))
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The same text with typographic minus signs, for the page.
pub fn typographic(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// The text as a sentence: a capital letter, and a full stop.
pub fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// `1 thing`, `2 things`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits_and_never_say_minus_zero() {
        assert_eq!(number(1234.56), "1235");
        assert_eq!(number(0.0123449), "0.01234");
        assert_eq!(number(-0.0000123449), "-1.234e-5");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(-0.0), "0");
        assert_eq!(signed(0.5), "+0.5");
        assert_eq!(fixed(-0.001, 1), "0.0");
        assert_eq!(signed_percent(-0.1234), "-12.3 %");
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(count(2, "row"), "2 rows");
    }
}
