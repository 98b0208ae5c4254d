//! `delta transform compose`: one transform after another, and so from one format to another.

use std::path::PathBuf;

use super::write::write_chain;
use super::{Done, Given};
use crate::io::{TransformForm, read_map};
use crate::jobs::Failure;
use crate::transform::{Chain, Part};

/// Writes `given.transform` after those of `before`, the last of which acts first. Rigid motions and splines stay what
/// they are; a displacement field is the whole, evaluated at each voxel of the fixed grid.
pub fn compose(given: &Given, before: &[PathBuf]) -> Result<Done, Failure> {
    let mut first = given.read()?;
    let mut after = vec![first.chain.clone()];
    for path in before {
        first = read_map(path, &given.reading)?;
        after.push(first.chain.clone());
    }
    let chain = after.into_iter().rev().fold(Chain::default(), Chain::then);
    let files = write_chain(&given.out, given.existing, &chain, || {
        // What acts first starts from the fixed scan.
        given.fixed(&first, "write a displacement field or an elastix file on it")
    })?;
    let count = |is: fn(&Part<'_>) -> bool| chain.parts().iter().filter(|part| is(part)).count();
    let parts = [
        ("rigid", count(|p| matches!(p, Part::Rigid(_)))),
        ("spline", count(|p| matches!(p, Part::Spline(_)))),
        ("field", count(|p| matches!(p, Part::Field(_)))),
    ];
    let words: Vec<String> =
        parts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    let kept = match TransformForm::of_name(&given.out) {
        Some(TransformForm::Field) => "as one displacement field",
        _ => "each kept as it is",
    };
    let mut lines = vec![format!("Composed:   {} ({}), {kept}", before.len() + 1, words.join(", "))];
    if let [others @ .., _] = files.as_slice()
        && !others.is_empty()
    {
        let names: Vec<String> = others.iter().map(|path| path.display().to_string()).collect();
        lines.push(format!("Named by it: {}", names.join(", ")));
    }
    lines.push(format!("Result:     {}", given.out.display()));
    let json = serde_json::json!({
        "out": given.out, "files": files, "rigid": parts[0].1, "splines": parts[1].1, "fields": parts[2].1,
    });
    Ok(Done { summary: lines.join("\n"), json, out: given.out.clone(), is_partial: false })
}
