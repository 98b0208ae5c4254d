//! The QA matrix: alignments by figures, shaded by rank, with a sign where a figure is beyond its limit.

use maud::{Markup, html};

use crate::record::QaVerdict;
use crate::report::cohort::look;
use crate::report::cohort::measures::{Measure, other_findings};
use crate::report::cohort::study::{Ranked, Study};
use crate::report::wording::typographic;

/// So many alignments stand in the matrix.
const MOST_ROWS: usize = 60;
/// So many values of a column carry their rank.
const NUMBERED: usize = 5;
/// Shades begin at these shares of alignments that are better; the darkest is that of the worst.
const SHADES: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 0.95];

/// A column: how bad each alignment is, among those whose figure is known.
struct Column {
    measure: Measure,
    sorted: Vec<f64>,
}

/// Where a value stands in its column.
struct Standing {
    /// From 0 (few are better) to the number of [`SHADES`].
    shade: usize,
    /// Its rank from the worst, where it is among the worst.
    rank: Option<usize>,
}

impl Column {
    fn new(measure: Measure, ranked: &[Ranked]) -> Self {
        let mut sorted: Vec<f64> = ranked.iter().filter_map(|r| measure.badness(r.qa)).collect();
        sorted.sort_by(f64::total_cmp);
        Self { measure, sorted }
    }

    /// Equal values stand equal, and a column of one value is not shaded at all.
    fn standing(&self, badness: f64) -> Standing {
        let better = self.sorted.partition_point(|other| *other < badness);
        let as_bad = self.sorted.len() - better;
        let worse = self.sorted.len() - self.sorted.partition_point(|other| *other <= badness);
        let share = better as f64 / (self.sorted.len() - 1).max(1) as f64;
        let is_among_worst = as_bad <= NUMBERED && share >= 0.5;
        Standing {
            shade: SHADES.iter().filter(|from| share >= **from).count(),
            rank: is_among_worst.then_some(worse + 1),
        }
    }
}

/// The section.
pub fn matrix(study: &Study) -> Markup {
    if study.ranked.is_empty() {
        return html! {};
    }
    let columns = Measure::ALL.map(|measure| Column::new(measure, &study.ranked));
    let has_others = study.ranked.iter().take(MOST_ROWS).any(|r| other_findings(r.qa).is_some());
    let shown = study.ranked.len().min(MOST_ROWS);
    html! {
        section id="matrix" {
            h2 { "Figures side by side" }
            p {
                "One line per alignment, the worst first (n = " (study.ranked.len())
                @if shown < study.ranked.len() { "; the worst " (shown) " are shown, all are in the table of alignments" }
                "). The darker, the worse among the alignments of this study; #1 to #" (NUMBERED) " are the worst of a \
                 column. Look for lines with several signs:"
            }
            p.legend {
                span { (sign(QaVerdict::Fail)) " beyond the limit: FAIL" }
                span { (sign(QaVerdict::Review)) " beyond the limit: REVIEW" }
                span.ramp {
                    "best " @for shade in 0..=SHADES.len() { span.chip.{"h" (shade)} {} } " worst of the study"
                }
            }
            div.scroll tabindex="0" role="region" aria-label="QA figures of the worst alignments" {
                table.matrix {
                    thead { tr {
                        th.n scope="col" { "#" }
                        th scope="col" { "Patient" }
                        th scope="col" { "Visits" }
                        th scope="col" { "Verdict" }
                        @for measure in Measure::ALL { th.n scope="col" { (measure.short()) } }
                        @if has_others { th scope="col" { "Other findings" } }
                    } }
                    tbody { @for ranked in study.ranked.iter().take(MOST_ROWS) { (line(ranked, &columns, has_others)) } }
                }
            }
        }
    }
}

fn line(ranked: &Ranked, columns: &[Column], has_others: bool) -> Markup {
    let row = &ranked.pair.row;
    html! {
        tr {
            td.n { (ranked.rank) }
            th scope="row" { (look::subject(row)) }
            td.visits { (look::visits(row)) }
            td { (look::badge(ranked.qa.verdict)) }
            @for column in columns { (cell(ranked, column)) }
            @if has_others {
                td { @if let Some((verdict, codes)) = other_findings(ranked.qa) { (sign(verdict)) " " (codes) } }
            }
        }
    }
}

fn cell(ranked: &Ranked, column: &Column) -> Markup {
    let Some(badness) = column.measure.badness(ranked.qa) else {
        return html! { td.n.unknown { span title="not known" { "\u{b7}" } } };
    };
    let standing = column.standing(badness);
    html! {
        td.n.{"h" (standing.shade)} {
            @if let Some(verdict) = column.measure.finding(ranked.qa) { (sign(verdict)) " " }
            (typographic(&column.measure.words(ranked.qa)))
            @if let Some(rank) = standing.rank { span.place { "#" (rank) } }
        }
    }
}

/// A sign of a figure beyond its limit, on paper of its own so that it is seen on every shade.
fn sign(verdict: QaVerdict) -> Markup {
    let (symbol, class) = look::verdict(verdict);
    html! { span.sign.(class) title={(verdict.word()) ": beyond the limit"} { (symbol) } }
}
