//! `delta features`: what can be measured.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output::Output;
use crate::diagnose::Exit;
use crate::features::registry::{self, Extent, FeatureInfo, OffsetResponse, RatioScale};
use crate::jobs::Failure;

/// List the features, or show one
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta features show cm_contrast")]
pub struct FeaturesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One line per feature: tag, IBSI code, unit, name
    List,
    /// Definition, unit and scale of one feature
    Show {
        /// IBSI tag (cm_contrast)
        tag: String,
    },
}

/// Prints what is asked.
pub fn features(args: FeaturesArgs, output: &Output) -> Result<ExitCode, Failure> {
    match args.what {
        What::List => {
            let rows: Vec<_> = registry::all()
                .map(|i| format!("{:<24} {:<5} {:<16} {}", i.tag, i.ibsi, i.unit.text("intensity"), i.name))
                .collect();
            let tags: Vec<&str> = registry::all().map(|i| i.tag).collect();
            output.result(&rows.join("\n"), &tags.join("\n"), &serde_json::json!({ "features": tags }));
        }
        What::Show { tag } => {
            let Some(info) = registry::find(&tag) else { return Err(unknown(&tag)) };
            let text = described(info);
            output.result(&text, &tag, &serde_json::json!({ "tag": tag, "text": text }));
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

fn described(info: &FeatureInfo) -> String {
    let ratio = match info.ratio {
        RatioScale::Always => "relative change and log ratio are given",
        RatioScale::WithTrueZero => "relative change and log ratio are given in units with a true zero",
        RatioScale::Never => "not on a ratio scale: only the absolute change is given",
    };
    let offset = match info.offset {
        OffsetResponse::Invariant => "unchanged when a constant is added to every intensity",
        OffsetResponse::Shifts => "changes when a constant is added to every intensity",
    };
    let extent = match info.extent {
        Extent::Independent => "does not depend on the region's size",
        Extent::OfRegion => "depends on the region's size or outline: refused in a carried contour",
    };
    let unit = info.unit.text("the image's unit");
    let unit = if unit.is_empty() { "none".to_owned() } else { unit };
    format!(
        "{} ({})\n{}, IBSI code {}\nUnit: {unit}\n\n{}\n\n- {ratio}\n- {offset}\n- {extent}",
        info.name, info.tag, info.family, info.ibsi, info.definition
    )
}
