//! The table of verdicts.

use delta_radiomics::record::Qa;

use super::cases::{Case, Group};
use super::judged::Outcome;

/// One line of the table.
pub struct Row {
    group: &'static str,
    verdict: String,
    cells: Vec<String>,
}

const COLUMNS: &str = "group,pair,preset,verdict,reasons,first_reason,error_mm,overlap,ncc_before,ncc_rigid,ncc_result,\
                       ncc_chance_max,jacobian_p01,jacobian_p99,folded,displacement_p95_mm,inverse_mm,\
                       misplaced,one_body,scale_least,scale_most";

fn number(value: f64) -> String {
    format!("{value:.4}")
}

/// The findings: code, what was measured, what was asked, and what it leads to.
fn reasons(qa: &Qa) -> String {
    let of = qa
        .reasons
        .iter()
        .map(|r| format!("{} {:.3} ({:.3}) {}", r.code, r.value, r.threshold, r.verdict.word()));
    of.collect::<Vec<_>>().join("; ")
}

/// The row of a pair.
pub fn row(case: &Case, outcome: &Outcome) -> Row {
    let mut cells = vec![case.group.word().to_owned(), case.name.to_owned(), case.preset.word().to_owned()];
    let verdict = match outcome {
        Outcome::Refused(code, text) => {
            cells.extend(["refused".to_owned(), (*code).to_owned(), text.clone()]);
            cells.extend(std::iter::repeat_n(String::new(), 15));
            "refused".to_owned()
        }
        Outcome::Judged { qa, error_mm, .. } => {
            let word = qa.verdict.word().to_owned();
            let first = qa.reasons.first().map_or_else(String::new, |r| r.text.clone());
            cells.extend([word.clone(), reasons(qa), first]);
            cells.push(error_mm.map_or_else(String::new, |e| format!("{e:.2}")));
            let (s, j) = (&qa.similarity, &qa.jacobian);
            let figures = [qa.overlap_fraction, s.before, s.rigid, s.spline, s.chance_max, j.p01, j.p99];
            cells.extend(figures.map(number));
            cells.push(format!("{:.6}", j.folded_fraction));
            cells.extend([qa.displacement_mm.p95, qa.inverse_residual_mm.mean].map(number));
            cells.extend(match &qa.places {
                Some(p) => {
                    [p.misplaced_fraction, p.one_body_fraction, p.scale[0], p.scale[1]].map(number).to_vec()
                }
                None => vec![String::new(); 4],
            });
            word
        }
    };
    Row { group: case.group.word(), verdict, cells }
}

/// What is said on the way.
pub fn line(case: &Case, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(code, text) => {
            format!("{} | {} | refused {code}: {text}", case.group.word(), case.name)
        }
        Outcome::Judged { qa, error_mm, seconds } => {
            let s = &qa.similarity;
            let places = qa.places.as_ref().map_or_else(String::new, |p| {
                let [low, high] = p.scale;
                let (wrong, one) = (p.misplaced_fraction, p.one_body_fraction);
                format!(" | misplaced {wrong:.3} one body {one:.2} scale {low:.3} {high:.3}")
            });
            let error = error_mm.map_or_else(String::new, |e| format!(" error {e:.1} mm"));
            format!(
                "{} | {} | {} | {}{error} | ncc {:.3} {:.3} {:.3} chance {:.3} | overlap {:.2} | J {:.2} {:.2} | p95 {:.1} mm{places} | {seconds:.2} s",
                case.group.word(),
                case.name,
                qa.verdict.word(),
                reasons(qa),
                s.before,
                s.rigid,
                s.spline,
                s.chance_max,
                qa.overlap_fraction,
                qa.jacobian.p01,
                qa.jacobian.p99,
                qa.displacement_mm.p95,
            )
        }
    }
}

fn joined<'a>(cells: impl Iterator<Item = &'a String>) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    cells.map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// Every figure of every pair.
pub fn figures(rows: &[Row]) -> String {
    rows.iter().fold(format!("{COLUMNS}\n"), |text, row| text + &joined(row.cells.iter()))
}

/// What a reader asks of some groups: verdict, reasons, and the error where it is known.
pub fn brief(rows: &[Row], groups: &[Group]) -> String {
    let words: Vec<&str> = groups.iter().map(|g| g.word()).collect();
    rows.iter()
        .filter(|r| words.contains(&r.group))
        .fold(String::from("pair,kind,preset,verdict,findings (value; asked for),error_mm\n"), |text, row| {
            text + &joined([1, 0, 2, 3, 4, 6].iter().map(|c| &row.cells[*c]))
        })
}

/// How many of each group got which verdict.
pub fn counts(rows: &[Row]) -> String {
    let mut groups: Vec<&str> = rows.iter().map(|r| r.group).collect();
    groups.dedup();
    let of =
        |group: &str, verdict: &str| rows.iter().filter(|r| r.group == group && r.verdict == verdict).count();
    let lines = groups.iter().map(|g| {
        let each = ["PASS", "REVIEW", "FAIL", "refused"].map(|v| format!("{} {v}", of(g, v)));
        format!("{g}: {}", each.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
