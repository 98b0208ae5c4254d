//! The report of a self-test in Markdown: the same bytes for the same program and data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::peer::{AGREEMENT, NAME, Pair, Peer};
use super::result::{Selftest, Tally, fault};
use crate::features::ibsi::{Comparison, Configuration};
use crate::features::registry;
use crate::features::settings::{
    BinCount, Discretise, Interpolation, Method, Resegment, ResolvedSampling, VolumeBins,
};
use crate::record::Family;

/// What a report begins with.
pub const HEADING: &str = "# IBSI 1, value by value";

/// So many rows that fail are written out.
const MOST_FAULTS: usize = 40;

/// The report.
pub fn report(result: &Selftest, peer: Option<&Peer>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = opening(&mut text, result);
    let _ = configurations(&mut text, result);
    let _ = families(&mut text, result);
    let _ = faults(&mut text, result);
    if let Some(peer) = peer {
        let _ = beside_another(&mut text, peer);
    }
    text
}

fn opening(text: &mut String, result: &Selftest) -> std::fmt::Result {
    let total = Tally::of(&result.compared);
    let folder = if result.configurations.len() > 1 { " --ibsi DIR" } else { "" };
    let (rows, pass) = (grouped(total.rows), grouped(total.pass));
    writeln!(text, "{HEADING}\n")?;
    writeln!(
        text,
        "`delta` {} measured {}: every feature of its registry, in every aggregation for which the standard published \
         values (reference manual, arXiv 1612.07003, chapter 5). Each value, rounded to three significant digits, must lie \
         within the published tolerance; a published value that is not measured fails, and so does a measured value that the \
         standard does not list. Made by `delta selftest{folder} --report FILE.md`.\n",
        env!("CARGO_PKG_VERSION"),
        result.what(),
    )?;
    writeln!(text, "**{pass} of {rows} values are as published.**\n")?;
    if !result.without_reference.is_empty() {
        let tags: Vec<String> = result.without_reference.iter().map(|tag| format!("`{tag}`")).collect();
        writeln!(
            text,
            "Beside them the standard defines {} without an accepted value: measured, marked `not_standardised`, not \
             counted here.",
            tags.join(", ")
        )?;
    }
    Ok(())
}

fn configurations(text: &mut String, result: &Selftest) -> std::fmt::Result {
    writeln!(text, "\n## What was measured\n")?;
    writeln!(
        text,
        "| | scan | grid | intensities that count | grey levels | bins of the IVH | aggregations | values | as published |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---:|---:|")?;
    for configuration in &result.configurations {
        let settings = &configuration.settings;
        let tally = Tally::of(of_config(&result.compared, configuration));
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            configuration.name,
            configuration.phantom.name(),
            grid(&settings.sampling),
            range(&settings.resegment),
            grey_levels(&settings.discretise),
            volume_bins(settings.discretise.ivh),
            dimensions(configuration),
            tally.rows,
            tally.pass,
        )?;
    }
    Ok(())
}

fn families(text: &mut String, result: &Selftest) -> std::fmt::Result {
    writeln!(text, "\n## By family\n")?;
    let names: Vec<&str> = result.configurations.iter().map(|c| c.name).collect();
    writeln!(
        text,
        "| family | {} | values | as published | furthest from the published value |",
        names.join(" | ")
    )?;
    writeln!(text, "|---|{}---:|---:|---|", "---:|".repeat(names.len()))?;
    for (family, rows) in result.families() {
        write!(text, "| {} |", in_words(family))?;
        for configuration in &result.configurations {
            let tally = Tally::of(of_config(rows.iter().copied(), configuration));
            match tally.rows - tally.pass {
                0 => write!(text, " {} |", tally.rows)?,
                _ => write!(text, " {} of {} |", tally.pass, tally.rows)?,
            }
        }
        let tally = Tally::of(rows);
        let worst = tally.worst.map_or(String::new(), |(relative, row)| {
            let tolerance = row.published.map_or(0.0, |p| p.tolerance / p.value.abs());
            let place = format!("`{}` in {}", row.tag(), row.config);
            format!("{} ({place}; tolerance {})", percent(relative), percent(tolerance))
        });
        writeln!(text, " {} | {} | {worst} |", tally.rows, tally.pass)?;
    }
    writeln!(
        text,
        "\nThe difference is that of our unrounded value, in parts of the published one, which has three digits: up to 0.5 % is \
         its rounding."
    )
}

fn faults(text: &mut String, result: &Selftest) -> std::fmt::Result {
    let failing: Vec<&Comparison> = result.failing().collect();
    if failing.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Not as published\n")?;
    for row in failing.iter().take(MOST_FAULTS) {
        writeln!(text, "- {}: `{}` is {}", row.config, row.tag(), fault(row))?;
    }
    if let Some(more) = failing.len().checked_sub(MOST_FAULTS).filter(|more| *more > 0) {
        writeln!(text, "- and {more} more, which `delta selftest` names")?;
    }
    Ok(())
}

fn beside_another(text: &mut String, peer: &Peer) -> std::fmt::Result {
    writeln!(text, "\n## Beside another implementation\n")?;
    writeln!(
        text,
        "Three digits cannot tell a small error from rounding. {NAME}, of other authors, on the same files, unrounded; \
         differences in parts of its value:\n"
    )?;
    writeln!(text, "| family | values | within {AGREEMENT:.0e} | largest difference |")?;
    writeln!(text, "|---|---:|---:|---|")?;
    let all = || peer.families.values().flatten();
    for (family, pairs) in &peer.families {
        let within = pairs.iter().filter(|p| p.relative <= AGREEMENT).count();
        let worst = pairs
            .iter()
            .max_by(|a, b| a.relative.total_cmp(&b.relative))
            .map(|pair| format!("{:.1e} (`{}` in {})", pair.relative, pair.row.tag(), pair.row.config));
        let name = in_words(*family);
        writeln!(text, "| {name} | {} | {within} | {} |", pairs.len(), worst.unwrap_or_default())?;
    }
    let (count, within) = (all().count(), all().filter(|p| p.relative <= AGREEMENT).count());
    write!(text, "\n{} of {} values agree within {AGREEMENT:.0e}.", grouped(within), grouped(count))?;
    match peer.given - count {
        0 => writeln!(text)?,
        more => writeln!(text, " It gives {} more, which have no counterpart here.", grouped(more))?,
    }
    let mut apart: BTreeMap<(&str, &str), Vec<&Pair>> = BTreeMap::new();
    for pair in all().filter(|p| p.relative > AGREEMENT) {
        let cause = pair.cause().unwrap_or("**unexplained**");
        apart.entry((&pair.row.feature, cause)).or_default().push(pair);
    }
    if apart.is_empty() {
        return Ok(());
    }
    writeln!(text, "The others:\n\n| feature | where | largest difference | cause |\n|---|---|---:|---|")?;
    for ((feature, cause), pairs) in apart {
        let place = |pair: &&Pair| match pair.row.aggregation {
            Some(aggregation) => format!("{} {aggregation}", pair.row.config),
            None => pair.row.config.to_owned(),
        };
        let places: Vec<String> = pairs.iter().map(place).collect();
        let worst = pairs.iter().map(|p| p.relative).fold(0.0, f64::max);
        writeln!(text, "| `{feature}` | {} | {worst:.1e} | {cause} |", places.join(", "))?;
    }
    Ok(())
}

fn of_config<'a>(
    rows: impl IntoIterator<Item = &'a Comparison>,
    configuration: &Configuration,
) -> impl Iterator<Item = &'a Comparison> {
    let name = configuration.name;
    rows.into_iter().filter(move |row| row.config == name)
}

/// Its name and abbreviation.
fn in_words(family: Family) -> String {
    match registry::describe(family) {
        Some(known) => format!("{} (`{family}`)", known.name),
        None => format!("`{family}`, not measured"),
    }
}

fn grid(sampling: &ResolvedSampling) -> String {
    let how = match sampling.interpolation {
        Interpolation::Nearest => "nearest",
        Interpolation::Linear => "linear",
        Interpolation::Cubic => "cubic",
    };
    match sampling.spacing_mm {
        [None, None, None] => "the scan's own".into(),
        [Some(x), Some(y), None] => format!("{x} x {y} mm within slices, {how}"),
        [Some(x), Some(y), Some(z)] if x == y && y == z => format!("{x} mm, {how}"),
        [x, y, z] => {
            let lengths: Vec<String> =
                [x, y, z].iter().map(|mm| mm.map_or_else(|| "own".into(), |mm| mm.to_string())).collect();
            format!("{} mm, {how}", lengths.join(" x "))
        }
    }
}

fn range(resegment: &Resegment) -> String {
    let range = resegment.range.map(|[low, high]| format!("{low} to {high}"));
    let sigma = resegment.sigma.map(|sigma| format!("mean +/- {sigma} SD"));
    match (range, sigma) {
        (None, None) => "all".into(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(range), Some(sigma)) => format!("{range}, and {sigma}"),
    }
}

fn grey_levels(discretise: &Discretise) -> String {
    match (discretise.method, discretise.size, discretise.lower_bound, discretise.number) {
        (Method::FixedBinSize, Some(size), Some(bound), _) => format!("bins of {size} from {bound}"),
        (Method::FixedBinSize, Some(size), None, _) => format!("bins of {size}"),
        (Method::FixedBinNumber, _, _, Some(number)) => format!("{number} bins"),
        // A measurement without them was refused.
        _ => String::new(),
    }
}

fn volume_bins(bins: Option<VolumeBins>) -> String {
    match bins {
        None => "none".into(),
        Some(VolumeBins::Width(width)) => format!("bins of {width}"),
        Some(VolumeBins::Count(BinCount { number })) => format!("{number} bins"),
    }
}

/// `2D, 2.5D`: what aggregations are called before their first detail.
fn dimensions(configuration: &Configuration) -> String {
    let mut words: Vec<String> = Vec::new();
    for aggregation in configuration.aggregations {
        let dimension =
            aggregation.word().trim_end_matches("_avg").trim_end_matches("_comb").replace('_', ".");
        if !words.contains(&dimension) {
            words.push(dimension);
        }
    }
    words.join(", ")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// `1,804`.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}
