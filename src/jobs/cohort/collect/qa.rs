//! What a study's `qa.csv` says of a patient, from the files of its result.

use delta_table::Sheet;

use super::decide::{Deciding, LesionPair, deciding};
use super::error::CollectError;
use super::source::{Source, texts};
use crate::delta::contour::LesionContour;
use crate::delta::summary::Tally;
use crate::jobs::run::AlignmentFiles;
use crate::record::{CohortQaRow, Followed, MaskSource, Modality, Reason, RoiRole, Verdict};

/// Why a lesion has no values at the follow-up though it may be there.
const LOST: [Reason; 3] = [Reason::RoiVanished, Reason::OutsideFieldOfView, Reason::RoiOnlyAtBaseline];

/// One row per follow-up of a patient; a single visit has one row too. `deltas` and `features` are the patient's own
/// tables.
pub fn qa_rows(
    source: &Source,
    features: &Sheet,
    deltas: &Sheet,
    contour: LesionContour,
) -> Result<Vec<CohortQaRow>, CollectError> {
    let table = Table::new(source, deltas)?;
    let lesions = deciding(source, deltas, contour)?;
    let visits = source.visits();
    let Some((baseline, followups)) = visits.split_first() else { return Ok(Vec::new()) };
    let mut row = CohortQaRow {
        subject: source.subject.name.clone(),
        key: source.key.to_owned(),
        site: source.subject.site.clone(),
        batch: source.subject.batch.clone(),
        group: source.subject.group.clone(),
        modality: modality(source, features)?,
        baseline_visit: (*baseline).to_owned(),
        followup_visit: None,
        interval_days: None,
        followed: Followed::NoFollowUp,
        alignment: None,
        lesions_baseline: 0,
        lesions_followup: 0,
        lesions_new: 0,
        lesions_absent: 0,
        lesions_lost: 0,
        deltas: 0,
        deltas_judged: 0,
        deltas_changed: 0,
    };
    if followups.is_empty() {
        row.lesions_baseline = lesions.len();
        return Ok(vec![row]);
    }
    let mut rows = Vec::new();
    for followup in followups {
        let file = AlignmentFiles::new(baseline, followup, followups.len()).qa;
        let alignment = source.alignment(&file)?;
        let of_pair = |pair: &LesionPair| (pair.baseline, pair.followup) == (*baseline, *followup);
        let mut row = CohortQaRow {
            followup_visit: Some((*followup).to_owned()),
            interval_days: table.interval(baseline, followup),
            followed: if alignment.is_some() { Followed::Aligned } else { Followed::NotRegistered },
            alignment,
            ..row.clone()
        };
        for (_, found) in lesions.iter().filter(|(pair, _)| of_pair(pair)) {
            table.count(&mut row, found);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The columns of `deltas.csv` that are counted.
struct Table<'a> {
    baseline: Vec<Option<&'a str>>,
    followup: Vec<Option<&'a str>>,
    interval: Vec<Option<f64>>,
    absolute: Vec<Option<f64>>,
    verdict: Vec<Option<&'a str>>,
    reason: Vec<Option<&'a str>>,
}

impl<'a> Table<'a> {
    fn new(source: &Source, deltas: &'a Sheet) -> Result<Self, CollectError> {
        let column = |name: &str| texts(source, "deltas.csv", deltas, name);
        let numbers = |name: &str| deltas.numbers(name).map_err(|e| source.fault("deltas.csv", &e));
        Ok(Self {
            baseline: column("baseline_visit")?,
            followup: column("followup_visit")?,
            interval: numbers("interval_days")?,
            absolute: numbers("absolute")?,
            verdict: column("verdict")?,
            reason: column("reason")?,
        })
    }

    fn interval(&self, baseline: &str, followup: &str) -> Option<f64> {
        let mut pairs = self.baseline.iter().zip(&self.followup);
        let row = pairs.position(|pair| pair == (&Some(baseline), &Some(followup)))?;
        self.interval[row]
    }

    /// Adds a lesion to the counts of its pair.
    fn count(&self, row: &mut CohortQaRow, lesion: &Deciding) {
        let says = |reasons: &[Reason]| {
            let mut words = lesion.rows.iter().filter_map(|n| self.reason[*n]);
            words.any(|word| reasons.iter().any(|reason| reason.word() == word))
        };
        let lost = says(&LOST);
        row.lesions_baseline += usize::from(lesion.baseline.is_some());
        row.lesions_followup += usize::from(lesion.followup.is_some() && !lost);
        row.lesions_new += usize::from(is_new(lesion.baseline, lesion.followup));
        row.lesions_absent += usize::from(lesion.followup.is_none() && says(&[Reason::Absent]));
        row.lesions_lost += usize::from(lost);
        row.deltas += lesion.rows.iter().filter(|n| self.absolute[**n].is_some()).count();
        let verdicts = lesion.rows.iter().filter_map(|n| Verdict::from_word(self.verdict[*n]?));
        let tally = Tally::of(verdicts);
        row.deltas_judged += tally.judged();
        row.deltas_changed += tally.beyond();
    }
}

/// At the follow-up only, whether or not the baseline is said to be without it.
fn is_new(baseline: Option<MaskSource>, followup: Option<MaskSource>) -> bool {
    baseline.is_none() && followup.is_some()
}

/// The modality of a patient: that of its lesions' rows where it has lesions.
fn modality(source: &Source, features: &Sheet) -> Result<Modality, CollectError> {
    let words = texts(source, "features.csv", features, "modality")?;
    let roles = texts(source, "features.csv", features, "roi_role")?;
    let of_lesion = roles.iter().position(|role| *role == Some(RoiRole::Lesion.word()));
    let word = words.get(of_lesion.unwrap_or(0)).copied().flatten();
    word.and_then(Modality::from_word).ok_or_else(|| source.fault("features.csv", &"it has no row"))
}
