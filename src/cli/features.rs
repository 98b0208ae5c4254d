//! `delta features`: what can be measured.

use std::fmt;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::Output;
use crate::diagnose::Exit;
use crate::features::registry::{
    self, Extent, FamilyInfo, FeatureInfo, IntensityMeaning, OffsetResponse, RatioScale, Standing,
};
use crate::jobs::Failure;
use crate::record::{Aggregation, Family};

/// Where the features are defined.
const SOURCE: &str = "IBSI reference manual (arXiv 1612.07003)";
/// Where features of our own are defined.
const OWN: &str = "delta (docs/method.md, Response)";

/// List the features, or show one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta features list\n  delta features show cm_contrast")]
pub struct FeaturesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// By family, one line per feature: tag, IBSI code, unit, what an offset of all intensities does, name
    List,
    /// Definition, source, aggregations, unit and scale of one feature
    Show {
        /// IBSI tag (cm_contrast)
        tag: String,
    },
}

/// Prints what is asked.
pub fn features(args: FeaturesArgs, output: &Output) -> Result<ExitCode, Failure> {
    match args.what {
        What::List => {
            let families: Vec<String> = registry::descriptions().iter().map(family_in_lines).collect();
            let tags: Vec<&str> = registry::all().map(|i| i.tag).collect();
            let entries: Vec<Entry> = registry::all().map(Entry::of).collect();
            let json = serde_json::json!({ "features": entries });
            output.result(&families.join("\n\n"), &tags.join("\n"), &json);
        }
        What::Show { tag } => {
            let Some(info) = registry::find(&tag) else { return Err(unknown(&tag)) };
            let entry = Entry::of(info);
            output.result(&entry.to_string(), &tag, &serde_json::json!(entry));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(tag: &str) -> Failure {
    let hint = match crate::diagnose::nearest(tag, registry::all().map(|i| i.tag)) {
        Some(nearest) => format!("Did you mean {nearest}?"),
        None => "`delta features list` names them all.".into(),
    };
    Failure { code: "E-FEATURE-NAME".into(), fact: format!("{tag:?} is no feature"), hint, exit: Exit::Usage }
}

/// A family's name, section and aggregations, and a line for each of its features.
fn family_in_lines(family: &FamilyInfo) -> String {
    let heading = format!("{}: {}, section {}", family.family, family.name, family.section);
    let heading = match family.aggregations {
        [] => heading,
        several => format!("{heading}; {}", words(several)),
    };
    let line = |info: &FeatureInfo| {
        let offset = match info.offset {
            OffsetResponse::Invariant => "invariant",
            OffsetResponse::Shifts => "shifts",
        };
        let unit = info.unit.text("intensity");
        format!("  {:<24} {:<5} {unit:<14} {offset:<10} {}", info.tag, info.ibsi, info.name)
    };
    let of_family = registry::all().filter(|info| info.family == family.family);
    std::iter::once(heading).chain(of_family.map(line)).collect::<Vec<_>>().join("\n")
}

fn words(aggregations: &[Aggregation]) -> String {
    aggregations.iter().map(|a| a.word()).collect::<Vec<_>>().join(", ")
}

/// All that is known about a feature, for `show` and `--json`.
#[derive(Serialize)]
struct Entry {
    tag: &'static str,
    name: &'static str,
    ibsi: &'static str,
    family: Family,
    family_name: &'static str,
    definition: &'static str,
    source: &'static str,
    section: String,
    aggregations: &'static [Aggregation],
    unit: String,
    ratio: RatioScale,
    offset: OffsetResponse,
    extent: Extent,
    intensities: IntensityMeaning,
    standing: Standing,
}

impl Entry {
    fn of(info: &FeatureInfo) -> Self {
        Self {
            tag: info.tag,
            name: info.name,
            ibsi: info.ibsi,
            family: info.family,
            family_name: registry::describe(info.family).map_or("", |family| family.name),
            definition: info.definition,
            source: if info.standing == Standing::Own { OWN } else { SOURCE },
            section: registry::section(info),
            aggregations: registry::aggregations(info.family),
            unit: info.unit.text("intensity"),
            ratio: info.ratio,
            offset: info.offset,
            extent: info.extent,
            intensities: info.intensities,
            standing: info.standing,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aggregations = match self.aggregations {
            [] => "one value per region".to_owned(),
            several => words(several),
        };
        let unit = if self.unit.is_empty() { "none" } else { &self.unit };
        let code = if self.ibsi.is_empty() { "none" } else { self.ibsi };
        let source = match self.section.as_str() {
            "" => self.source.to_owned(),
            section => format!("{}, section {section}", self.source),
        };
        let ratio = match self.ratio {
            RatioScale::Always => "yes: relative change and log ratio are given",
            RatioScale::WithTrueZero => "where intensities have a true zero (SUV, not HU)",
            RatioScale::Never => "no: only the absolute change is given",
        };
        let offset = match self.offset {
            OffsetResponse::Invariant => "unchanged when a constant is added to every intensity",
            OffsetResponse::Shifts => "changes when a constant is added to every intensity",
        };
        let extent = match self.extent {
            Extent::Independent => "does not depend on the region's size",
            Extent::OfRegion => "depends on the region's size or outline: refused in a carried contour",
        };
        let intensities = match self.intensities {
            IntensityMeaning::Irrelevant => "need no meaning",
            IntensityMeaning::Needed => "must mean the same at both visits",
            IntensityMeaning::Binned => {
                "must be the same grey level at both visits, which bins of a fixed number give"
            }
        };
        let standing = match self.standing {
            Standing::Referenced => "the standard has reference values",
            Standing::WithoutReference => {
                "the standard defines it without an accepted value: not_standardised"
            }
            Standing::Own => "the standard does not define it: not_standardised",
        };
        writeln!(f, "{} ({})\n", self.name, self.tag)?;
        writeln!(f, "{}\n", self.definition)?;
        for (what, words) in [
            ("Family", format!("{} ({})", self.family_name, self.family).as_str()),
            ("IBSI code", code),
            ("Source", &source),
            ("Aggregations", &aggregations),
            ("Unit", unit),
            ("Ratio scale", ratio),
            ("Offset", offset),
            ("Extent", extent),
            ("Intensities", intensities),
            ("Reference", standing),
        ] {
            writeln!(f, "{what:<14}{words}")?;
        }
        Ok(())
    }
}
