//! Which alignment is the worst.

use std::cmp::{Ordering, Reverse};

use crate::record::{CohortQaRow, SimilarityQa};

/// So many pictures stand on the page; of the other alignments, a line in a table.
pub const MOST_TILES: usize = 100;

/// How far the similarity lies above chance, as a share of what is left between chance and identity:
/// `(spline - chance) / (1 - chance)`. Zero is no better than chance; `None` where chance or similarity is unknown.
pub fn margin(similarity: &SimilarityQa) -> Option<f64> {
    let (reached, chance) = (similarity.spline, similarity.chance_mean);
    let room = 1.0 - chance;
    let margin = (reached - chance) / room;
    (room > 0.0 && margin.is_finite()).then_some(margin)
}

/// Places of the aligned rows, the worst first: FAIL, REVIEW, PASS; of a verdict the least similar above chance
/// first, and before them those of which that is not known. Rows without an alignment are left out.
pub fn worst_first(rows: &[&CohortQaRow]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].alignment.is_some()).collect();
    places.sort_by(|a, b| compare(rows[*a], rows[*b]));
    places
}

fn compare(a: &CohortQaRow, b: &CohortQaRow) -> Ordering {
    let verdict = |row: &CohortQaRow| Reverse(row.alignment.as_ref().map(|qa| qa.verdict));
    let known = |row: &CohortQaRow| row.alignment.as_ref().and_then(|qa| margin(&qa.similarity));
    let name = |row: &CohortQaRow| (row.subject.clone(), row.followup_visit.clone(), row.key.clone());
    verdict(a)
        .cmp(&verdict(b))
        .then_with(|| match (known(a), known(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
        .then_with(|| name(a).cmp(&name(b)))
}
