//! Columns whose name is nearly one that is read.

/// Words that are near to a known column and mean something of their own in tables of patients.
const OWN_WORDS: [&str; 5] = ["side", "mass", "task", "rate", "gate"];

/// Columns that stand for each other: where one is there, another is not missed.
const INSTEAD: [&[&str]; 2] = [&["day", "date"], &["visit_folder", "image", "mask"]];

/// The first column that looks like a known one which is not there, and that one.
///
/// One letter may differ in short names (`unit` for `units`), two in names of eight letters or more (`modalities`);
/// case, blanks and `-` for `_` do not count.
pub fn find<'a>(columns: &[&'a str], known: &[&'static str]) -> Option<(&'a str, &'static str)> {
    let is_there = |k: &&str| {
        columns.contains(k) || INSTEAD.iter().any(|g| g.contains(k) && g.iter().any(|o| columns.contains(o)))
    };
    let missing: Vec<&'static str> = known.iter().copied().filter(|k| !is_there(k)).collect();
    columns.iter().filter(|c| !known.contains(c)).find_map(|column| {
        let plain = column.to_lowercase().replace([' ', '-'], "_");
        let near = |k: &str| {
            let letters = strsim::damerau_levenshtein(&plain, k);
            letters <= if k.len() >= 8 { 2 } else { 1 }
        };
        let meant = missing.iter().copied().filter(|k| near(k));
        let nearest = meant.min_by_key(|k| strsim::damerau_levenshtein(&plain, k));
        nearest.filter(|k| *k == plain || !OWN_WORDS.contains(&plain.as_str())).map(|k| (*column, k))
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    const KNOWN: [&str; 9] =
        ["subject", "visit", "day", "date", "visit_folder", "modality", "units", "site", "baseline"];

    #[test]
    fn a_misspelt_column_is_found_and_others_are_left_alone() {
        for (column, meant) in
            [("unit", "units"), ("Site", "site"), ("modalty", "modality"), ("base line", "baseline")]
        {
            let columns = ["subject", "visit", "day", "visit_folder", column];
            assert_eq!(find(&columns, &KNOWN), Some((column, meant)));
        }
        for column in ["age", "side", "dose", "stage", "rate", "dates", "sex", "image_1", "bmi"] {
            let columns = ["subject", "visit", "day", "visit_folder", column];
            assert_eq!(find(&columns, &KNOWN), None, "{column}");
        }
    }

    #[test]
    fn a_column_that_is_there_is_not_missed() {
        assert_eq!(find(&["subject", "subjects", "visit_folder"], &KNOWN), None);
        assert_eq!(find(&["subject", "datee", "visit_folder"], &KNOWN), Some(("datee", "date")));
    }
}
