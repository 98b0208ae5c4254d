//! Repeats of one condition: those of several are not pooled.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::StabilityFault;
use crate::diagnose::nearest;

/// Which rows count: those of the condition that is asked for, or all where there is only one.
pub fn chosen(
    path: &Path,
    conditions: &[Option<String>],
    asked: Option<&str>,
) -> Result<Vec<bool>, StabilityFault> {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for condition in conditions {
        *rows.entry(condition.as_deref().unwrap_or_default()).or_insert(0) += 1;
    }
    let shown = |(name, rows): (&&str, &usize)| {
        format!("{} ({rows} rows)", if name.is_empty() { "none" } else { name })
    };
    let present = rows.iter().map(shown).collect::<Vec<_>>().join(", ");
    match asked {
        None if rows.len() > 1 => Err(StabilityFault::Conditions { path: path.to_owned(), present }),
        None => Ok(vec![true; conditions.len()]),
        Some(asked) if !rows.contains_key(asked) => {
            let meant = nearest(asked, rows.keys().copied()).map(str::to_owned);
            Err(StabilityFault::NoCondition { asked: asked.to_owned(), present, meant })
        }
        Some(asked) => Ok(conditions.iter().map(|c| c.as_deref() == Some(asked)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_conditions_are_refused_until_one_is_chosen() {
        let rows = ["rest", "rest", "stress"].map(|c| Some(c.to_owned()));
        let path = Path::new("m.csv");
        let error = chosen(path, &rows, None).unwrap_err();
        assert!(error.to_string().contains("rest (2 rows), stress (1 rows)"), "{error}");
        assert_eq!(chosen(path, &rows, Some("stress")).unwrap(), [false, false, true]);
        assert!(matches!(chosen(path, &rows, Some("stres")), Err(StabilityFault::NoCondition { .. })));
        assert_eq!(chosen(path, &[None, None], None).unwrap(), [true, true]);
    }
}
