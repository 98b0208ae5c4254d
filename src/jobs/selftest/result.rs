//! How a self-test ended: totals, faults, and both in words and as a record.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::features::ibsi::{CONFIGURATIONS, Comparison, Configuration, Verdict};
use crate::record::Family;

/// How our values stand to the published ones.
#[derive(Debug)]
pub struct Selftest {
    /// What was measured.
    pub(super) configurations: Vec<&'static Configuration>,
    /// Each value, in the order of the table.
    pub(super) compared: Vec<Comparison>,
    /// Features that the standard defines without an accepted value: measured, and not compared.
    pub(super) without_reference: Vec<String>,
}

/// Totals of some rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally<'a> {
    pub(super) rows: usize,
    pub(super) pass: usize,
    /// Furthest from the published value, in parts of it.
    pub(super) worst: Option<(f64, &'a Comparison)>,
}

impl<'a> Tally<'a> {
    pub(super) fn of(rows: impl IntoIterator<Item = &'a Comparison>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            tally.rows += 1;
            tally.pass += usize::from(row.verdict.holds());
            if let Some(relative) = row.relative()
                && tally.worst.is_none_or(|(worst, _)| relative > worst)
            {
                tally.worst = Some((relative, row));
            }
        }
        tally
    }
}

impl Selftest {
    /// Whether every value is as it was published, and none is missing on either side.
    pub fn holds(&self) -> bool {
        self.compared.iter().all(|row| row.verdict.holds())
    }

    pub(super) fn failing(&self) -> impl Iterator<Item = &Comparison> {
        self.compared.iter().filter(|row| !row.verdict.holds())
    }

    pub(super) fn families(&self) -> BTreeMap<Family, Vec<&Comparison>> {
        let mut families: BTreeMap<Family, Vec<&Comparison>> = BTreeMap::new();
        for row in &self.compared {
            // A tag of the registry or of the table begins with its family: both are checked.
            if let Some(family) = row.family() {
                families.entry(family).or_default().push(row);
            }
        }
        families
    }

    /// The scans and configurations in words.
    pub(super) fn what(&self) -> &'static str {
        if self.configurations.len() == CONFIGURATIONS.len() {
            "the digital phantom, and the CT phantom in configurations A to E"
        } else {
            "the digital phantom"
        }
    }
}

/// What a row that fails is, in words.
pub(super) fn fault(row: &Comparison) -> String {
    let ours = match row.ours {
        None => "not measured".to_owned(),
        Some(outcome) => match (outcome.value(), outcome.reason()) {
            (Some(value), _) => value.to_string(),
            (None, reason) => format!("undefined ({})", reason.map_or("", |r| r.word())),
        },
    };
    match (row.published, row.verdict) {
        (Some(published), _) => format!("{ours}, published {} +/- {}", published.value, published.tolerance),
        (None, Verdict::NoRow) => format!("{ours}, and the table has no row for it"),
        (None, _) => format!("{ours}, and the standard defines it"),
    }
}

impl fmt::Display for Selftest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "IBSI 1: {}\n", self.what())?;
        writeln!(f, "family   rows   pass   furthest from the published value")?;
        for (family, rows) in self.families() {
            let tally = Tally::of(rows);
            let worst = tally.worst.map_or(String::new(), |(relative, row)| {
                format!("{:.2} % ({} {})", 100.0 * relative, row.config, row.tag())
            });
            writeln!(f, "{family:<6} {:>6} {:>6}   {worst}", tally.rows, tally.pass)?;
        }
        for (n, row) in self.failing().enumerate() {
            if n == 0 {
                writeln!(f, "\nNot as published:")?;
            }
            writeln!(f, "{:<8} {}: {}", row.config, row.tag(), fault(row))?;
        }
        let Tally { rows, pass, .. } = Tally::of(&self.compared);
        writeln!(f, "\n{pass} of {rows} values are as published, rounded to three significant digits.")
    }
}

impl Serialize for Selftest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let total = Tally::of(&self.compared);
        let families = self.families().into_iter().map(|(family, rows)| {
            let tally = Tally::of(rows);
            let worst_relative = tally.worst.map(|w| w.0);
            (family, FamilyRecord { rows: tally.rows, pass: tally.pass, worst_relative })
        });
        Record {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            totals: TotalsRecord { rows: total.rows, pass: total.pass, fail: total.rows - total.pass },
            families: families.collect(),
            rows: self.compared.iter().map(RowRecord::of).collect(),
        }
        .serialize(serializer)
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Record {
    schema: u32,
    version: &'static str,
    totals: TotalsRecord,
    families: BTreeMap<Family, FamilyRecord>,
    rows: Vec<RowRecord>,
}

#[derive(Serialize)]
struct TotalsRecord {
    rows: usize,
    pass: usize,
    fail: usize,
}

#[derive(Serialize)]
struct FamilyRecord {
    rows: usize,
    pass: usize,
    worst_relative: Option<f64>,
}

#[derive(Serialize)]
struct RowRecord {
    config: &'static str,
    tag: String,
    reference: Option<f64>,
    tolerance: Option<f64>,
    value: Option<f64>,
    verdict: &'static str,
}

impl RowRecord {
    fn of(row: &Comparison) -> Self {
        Self {
            config: row.config,
            tag: row.tag(),
            reference: row.published.map(|p| p.value),
            tolerance: row.published.map(|p| p.tolerance),
            value: row.value(),
            verdict: if row.verdict.holds() { "pass" } else { "fail" },
        }
    }
}
