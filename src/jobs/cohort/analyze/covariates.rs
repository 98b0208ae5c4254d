//! Covariates of the table of outcomes: which columns they are, and words as columns of 0 and 1.

use std::collections::{BTreeMap, BTreeSet};

use super::error::AnalyzeFault;
use super::model_file;
use super::outcomes::{OWN_COLUMNS, Outcomes};
use super::request::CovariatesAsked;
use crate::analyze::Column;
use crate::jobs::sheet::Content;
use crate::numeric::quantile::{ascending, percentile};
use crate::record::analysis::{FrozenModel, Warning};

/// So many levels may a covariate in words have, or a third of its rows where that is more.
const MOST_LEVELS: usize = 10;

/// Levels by covariate.
pub type Levels = BTreeMap<String, Vec<String>>;

/// A covariate as the table has it, one cell per unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariate {
    /// Column.
    pub name: String,
    /// Its cells.
    pub content: Content,
}

impl Covariate {
    /// The covariate of some of its cells, in this order.
    pub fn of(&self, rows: &[usize]) -> Self {
        let content = match &self.content {
            Content::Numbers(cells) => Content::Numbers(rows.iter().map(|row| cells[*row]).collect()),
            Content::Words(cells) => Content::Words(rows.iter().map(|row| cells[*row].clone()).collect()),
        };
        Self { name: self.name.clone(), content }
    }

    /// Levels with their number of cells, the most frequent first; of equals by their letters. None for numbers.
    pub fn levels(&self) -> Vec<(String, usize)> {
        let Content::Words(cells) = &self.content else { return Vec::new() };
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in cells.iter().flatten() {
            *counted.entry(cell).or_default() += 1;
        }
        let mut levels: Vec<(String, usize)> = counted.into_iter().map(|(l, n)| (l.to_owned(), n)).collect();
        levels.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        levels
    }

    /// The level of each cell as a subgroup: a word, a number of few that occur, or the half that a number lies in.
    pub fn as_levels(&self) -> Vec<Option<String>> {
        let cells = match &self.content {
            Content::Words(cells) => return cells.clone(),
            Content::Numbers(cells) => cells,
        };
        let ordered = ascending(cells.iter().flatten().copied().collect());
        let mut different = ordered.clone();
        different.dedup();
        let level = |value: f64| match percentile(&ordered, 50.0) {
            Some(median) if different.len() > MOST_LEVELS => {
                format!("{} {median}", if value <= median { "up to" } else { "above" })
            }
            _ => value.to_string(),
        };
        cells.iter().map(|cell| cell.map(level)).collect()
    }

    /// The levels, by their letters, of those that are in words.
    pub fn all_levels(covariates: &[Self]) -> Levels {
        let in_words = covariates.iter().filter(|of| matches!(of.content, Content::Words(_)));
        in_words
            .map(|of| {
                let mut levels: Vec<String> = of.levels().into_iter().map(|(level, _)| level).collect();
                levels.sort();
                (of.name.clone(), levels)
            })
            .collect()
    }

    /// Whether all cells that are filled say the same.
    pub fn is_constant(&self) -> bool {
        match &self.content {
            Content::Numbers(cells) => {
                let mut filled = cells.iter().flatten();
                let first = filled.next();
                filled.all(|value| Some(value) == first)
            }
            Content::Words(_) => self.levels().len() < 2,
        }
    }

    /// The columns of models: a number as it is, words as 0 and 1 against the most frequent level (`sex=f`).
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: String, values| Column { name, values, gate: None };
        match &self.content {
            Content::Numbers(cells) => {
                let values = cells.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect();
                vec![column(self.name.clone(), values)]
            }
            Content::Words(_) => {
                let levels = self.levels().into_iter().skip(1);
                levels
                    .map(|(level, _)| column(level_name(&self.name, &level), self.is_level(&level)))
                    .collect()
            }
        }
    }

    /// One where a cell is the level, zero where it is another, NaN where it is empty. Empty for numbers.
    pub fn is_level(&self, level: &str) -> Vec<f64> {
        let Content::Words(cells) = &self.content else { return Vec::new() };
        let is =
            |cell: &Option<String>| cell.as_ref().map_or(f64::NAN, |cell| f64::from(u8::from(cell == level)));
        cells.iter().map(is).collect()
    }

    /// Whether the outcome is known from the covariate alone: all values of those with it lie on one side of all
    /// others' (a level in words: no level has both).
    pub fn tells_all(&self, happened: &[bool]) -> bool {
        match &self.content {
            Content::Numbers(cells) => {
                let of = |with: bool| {
                    let here = cells.iter().zip(happened).filter(move |(_, happened)| **happened == with);
                    here.filter_map(|(cell, _)| *cell).collect::<Vec<f64>>()
                };
                let (with, without) = (of(true), of(false));
                let range = |values: &[f64]| {
                    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                        (low.min(*value), high.max(*value))
                    })
                };
                let (a, b) = (range(&with), range(&without));
                with.len() >= ENOUGH && without.len() >= ENOUGH && (a.0 > b.1 || b.0 > a.1)
            }
            Content::Words(cells) => {
                let mut seen: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
                for (cell, happened) in cells.iter().zip(happened) {
                    if let Some(cell) = cell {
                        seen.entry(cell).or_default()[usize::from(*happened)] += 1;
                    }
                }
                let total = |place: usize| seen.values().map(|both| both[place]).sum::<usize>();
                let pure = seen.values().all(|both| both.contains(&0));
                pure && seen.len() <= FEW_LEVELS && total(0) >= ENOUGH && total(1) >= ENOUGH
            }
        }
    }
}

/// With more levels than this, each may be of one kind by chance.
const FEW_LEVELS: usize = 4;
/// Fewer units than this on one side may be told apart by chance.
const ENOUGH: usize = 5;

/// The column of a level.
pub fn level_name(column: &str, level: &str) -> String {
    format!("{column}={level}")
}

/// The covariates that are asked for, over all rows of the table. `features` are columns that serve as such, where
/// features and outcomes stand in one table.
pub fn covariates(
    outcomes: &Outcomes,
    asked: &CovariatesAsked,
    features: &BTreeSet<String>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Covariate>, AnalyzeFault> {
    let table = &outcomes.table;
    let is_own = |name: &str| OWN_COLUMNS.contains(&name) || outcomes.names.iter().any(|own| own == name);
    let read = |name: &str| -> Result<Covariate, AnalyzeFault> {
        Ok(Covariate { name: name.to_owned(), content: table.content(name)? })
    };
    match asked {
        CovariatesAsked::Named(names) => {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                let is_outcome = ["response", "time_days", "event", "known_day"].contains(&name.as_str());
                if is_outcome || outcomes.names.contains(name) {
                    let (path, column) = (table.path.clone(), name.clone());
                    let why = "it names patients or says what happened to them";
                    return Err(AnalyzeFault::Unfit { path, column, role: "covariate", why });
                }
                let covariate = read(name)?;
                if let Some(levels) = too_many(&covariate, table.rows()) {
                    let (path, column) = (table.path.clone(), name.clone());
                    return Err(AnalyzeFault::Levels { path, column, levels, rows: table.rows() });
                }
                found.push(covariate);
            }
            Ok(found)
        }
        CovariatesAsked::All => {
            let names: Vec<&str> =
                table.names().filter(|name| !is_own(name) && !features.contains(*name)).collect();
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                let covariate = read(name)?;
                match too_many(&covariate, table.rows()) {
                    Some(levels) => warnings.push(Warning {
                        code: "covariate_levels".into(),
                        text: format!(
                            "Column {name} of the outcomes has {levels} different words in {} rows and is no covariate.",
                            table.rows()
                        ),
                    }),
                    None => found.push(covariate),
                }
            }
            Ok(found)
        }
    }
}

/// The clinical columns of a frozen model, one value per place (a row of the outcomes, or none). Columns that are not
/// there are left out. A level that the model was not fitted to has no value there: it is not the reference.
pub fn wanted_columns(
    outcomes: &Outcomes,
    model: &FrozenModel,
    places: &[Option<usize>],
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Column>, AnalyzeFault> {
    let table = &outcomes.table;
    let names = model_file::covariates(model);
    let mut columns = Vec::with_capacity(names.len());
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in &names {
        let values: Vec<f64> = if table.has(name) {
            let numbers = table.numbers(name)?;
            numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect()
        } else {
            let splits = name.match_indices('=').map(|(at, _)| (&name[..at], &name[at + 1..]));
            let Some((column, level)) = splits.into_iter().find(|(column, _)| table.has(column)) else {
                continue;
            };
            let mut cells = table.needed(column)?;
            if let Some(levels) = model.levels.get(column) {
                let foreign =
                    |cell: &&mut Option<String>| cell.as_ref().is_some_and(|cell| !levels.contains(cell));
                let of_column = unknown.entry(column.to_owned()).or_default();
                of_column.extend(cells.iter_mut().filter(foreign).filter_map(Option::take));
            }
            Covariate { name: column.to_owned(), content: Content::Words(cells) }.is_level(level)
        };
        let values = places.iter().map(|place| place.map_or(f64::NAN, |row| values[row])).collect();
        columns.push(Column { name: name.clone(), values, gate: None });
    }
    for (column, words) in unknown.iter().filter(|(_, words)| !words.is_empty()) {
        let words = words.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        warnings.push(Warning {
            code: "unknown_level".into(),
            text: format!(
                "Covariate {column} has levels that the model was not fitted to ({words}): they count as missing."
            ),
        });
    }
    Ok(columns)
}

fn too_many(covariate: &Covariate, rows: usize) -> Option<usize> {
    Some(covariate.levels().len()).filter(|levels| *levels > MOST_LEVELS.max(rows / 3))
}

/// Covariates that can serve: those that say something, and do not simply repeat the outcome. One that was named stays,
/// and is warned of.
pub fn usable(
    covariates: Vec<Covariate>,
    happened: &[bool],
    asked: &CovariatesAsked,
    warnings: &mut Vec<Warning>,
) -> Vec<Covariate> {
    let mut warn = |code: &str, text: String| warnings.push(Warning { code: code.to_owned(), text });
    let mut kept = Vec::with_capacity(covariates.len());
    for covariate in covariates {
        let name = &covariate.name;
        if covariate.is_constant() {
            warn("constant_covariate", format!("Covariate {name} is the same in all units and is left out."));
            continue;
        }
        if covariate.tells_all(happened) {
            let told = format!(
                "Covariate {name} alone tells the outcome of every unit, as only a part of its definition, or something \
                 learnt with it, does."
            );
            if *asked == CovariatesAsked::All {
                warn("outcome_in_covariate", format!("{told} It is left out; --covariates {name} keeps it."));
                continue;
            }
            warn("outcome_in_covariate", format!("{told} It was asked for by name and stays."));
        }
        kept.push(covariate);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(cells: &[&str]) -> Covariate {
        let cells = cells.iter().map(|cell| Some((*cell).to_owned()).filter(|c| !c.is_empty())).collect();
        Covariate { name: "stage".into(), content: Content::Words(cells) }
    }

    #[test]
    fn words_become_columns_against_the_most_frequent_level() {
        let columns = words(&["b", "a", "b", "", "c"]).columns();
        assert_eq!(columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["stage=a", "stage=c"]);
        assert_eq!(columns[0].values[..3], [0.0, 1.0, 0.0]);
        assert!(columns[0].values[3].is_nan());
    }

    #[test]
    fn levels_are_of_words_alone() {
        let age = Covariate { name: "age".into(), content: Content::Numbers(vec![Some(4.0)]) };
        let levels = Covariate::all_levels(&[words(&["b", "a", "b", ""]), age]);
        assert_eq!(levels, Levels::from([("stage".to_owned(), vec!["a".to_owned(), "b".to_owned()])]));
    }

    #[test]
    fn a_number_is_a_subgroup_by_halves_unless_it_has_few_values() {
        let number = |values: Vec<f64>| Covariate {
            name: "age".into(),
            content: Content::Numbers(values.into_iter().map(Some).collect()),
        };
        let halves = number((0..21).map(f64::from).collect()).as_levels();
        assert_eq!((halves[10].as_deref(), halves[11].as_deref()), (Some("up to 10"), Some("above 10")));
        assert_eq!(number(vec![0.0, 1.0]).as_levels()[1].as_deref(), Some("1"));
    }

    #[test]
    fn a_covariate_that_repeats_the_outcome_is_found() {
        let happened: Vec<bool> = (0..12).map(|n| n >= 6).collect();
        let number = |shift: f64| {
            let cells = (0..12).map(|n| Some(n as f64 + if n == 2 { shift } else { 0.0 })).collect();
            Covariate { name: "x".into(), content: Content::Numbers(cells) }
        };
        assert!(number(0.0).tells_all(&happened));
        assert!(!number(5.0).tells_all(&happened));
        let by_level: Vec<&str> = happened.iter().map(|h| if *h { "yes" } else { "no" }).collect();
        assert!(words(&by_level).tells_all(&happened));
        let mut warnings = Vec::new();
        let kept = usable(vec![number(0.0)], &happened, &CovariatesAsked::All, &mut warnings);
        assert!(kept.is_empty() && warnings[0].code == "outcome_in_covariate");
        let named = CovariatesAsked::Named(vec!["x".into()]);
        assert_eq!(usable(vec![number(0.0)], &happened, &named, &mut warnings).len(), 1);
    }
}
