//! Words of the command line that more than one command understands.

use crate::record::{IccForm, RcBound};

/// A word of a list, in whatever case.
pub fn word<T: Copy>(given: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().copied().find(|one| name(*one).eq_ignore_ascii_case(given));
    let known = || all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("known: {}", known()))
}

/// A form of the ICC, with or without its brackets.
pub fn icc_form(given: &str) -> Result<IccForm, String> {
    let whole = if given.starts_with("ICC") { given.to_owned() } else { format!("ICC({given})") };
    word(&whole, IccForm::ALL, IccForm::word)
}

/// The figure of a repeatability coefficient that limits noise.
pub fn rc_bound(given: &str) -> Result<RcBound, String> {
    word(given, RcBound::ALL, RcBound::word)
}
