//! What the page promises, whatever is put into it.

use super::testing::{empty, response, survival};
use super::{ReportError, render, summary};

/// Writes pages into the target folder, to be looked at.
#[test]
#[ignore = "writes pages to look at"]
fn pages_to_look_at() {
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&out).unwrap();
    for (name, analysis) in [("response", response()), ("survival", survival()), ("empty", empty())] {
        std::fs::write(out.join(format!("{name}.html")), render(&analysis).unwrap()).unwrap();
        println!("{}", summary(&analysis));
    }
}
