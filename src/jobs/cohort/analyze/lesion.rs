//! The lesions of one patient at one follow-up, and their sizes over all visits.

use std::collections::BTreeMap;

use delta_table::Sheet;

use super::change::Scale;
use super::measured::VolumeChange;
use super::table::category_number;
use crate::analyze::GateWord;
use crate::jobs::cohort::collect::CollectError;
use crate::jobs::cohort::collect::decide::{Deciding, LesionPair, deciding};
use crate::jobs::cohort::collect::source::{Source, texts};
use crate::jobs::cohort::collect::wide::columns::Keys;
use crate::record::analysis::CourseVisit;
use crate::record::table::response_form;
use crate::record::{Family, FeatureKey, Reason, ResponseCategory, Verdict};

/// Deltas of a lesion.
#[derive(Clone, Debug, Default)]
pub struct Lesion {
    /// Its name.
    pub name: String,
    /// Days from the baseline.
    pub interval_days: Option<f64>,
    /// Volumes of both visits.
    pub volume: VolumeChange,
    /// Why it has no deltas.
    pub lost: Option<String>,
    cells: Vec<(FeatureKey, Cell)>,
    placed: Vec<Option<Cell>>,
}

/// What `deltas.csv` says of one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cell {
    baseline: Option<f64>,
    absolute: Option<f64>,
    relative: Option<f64>,
    log_ratio: Option<f64>,
}

impl Lesion {
    /// Puts values in the places of their features.
    pub fn place(&mut self, keys: &BTreeMap<FeatureKey, usize>) {
        self.placed = vec![None; keys.len()];
        for (key, cell) in std::mem::take(&mut self.cells) {
            if let Some(place) = keys.get(&key) {
                self.placed[*place] = Some(cell);
            }
        }
    }

    /// Gives each place another: `order[old]` is the new one.
    pub fn reorder(&mut self, order: &[usize]) {
        let mut placed = vec![None; order.len()];
        for (old, cell) in std::mem::take(&mut self.placed).into_iter().enumerate() {
            placed[order[old]] = cell;
        }
        self.placed = placed;
    }

    fn cell(&self, place: usize) -> Cell {
        self.placed.get(place).copied().flatten().unwrap_or_default()
    }

    /// The value at baseline.
    pub fn baseline(&self, place: usize) -> Option<f64> {
        self.cell(place).baseline
    }

    /// The delta on a scale.
    pub fn delta(&self, place: usize, scale: Scale) -> Option<f64> {
        let cell = self.cell(place);
        match scale {
            Scale::Absolute => cell.absolute,
            Scale::Relative => cell.relative,
            Scale::LogRatio => cell.log_ratio,
        }
    }
}

impl VolumeChange {
    /// Two lesions together.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Volumes { baseline: a0, followup: a1 }, Self::Volumes { baseline: b0, followup: b1 }) => {
                Self::Volumes { baseline: a0 + b0, followup: a1.zip(b1).map(|(a1, b1)| a1 + b1) }
            }
            _ => Self::Unknown,
        }
    }
}

/// What a gate said of a feature in all rows that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GateSeen {
    stable: Option<bool>,
    icc_lower: Option<f64>,
    judged: bool,
}

impl GateSeen {
    fn of(verdict: Option<Verdict>, icc_lower: Option<f64>) -> Self {
        let stable = match verdict {
            Some(Verdict::Changed | Verdict::WithinNoise) => Some(true),
            Some(Verdict::Unstable) => Some(false),
            _ => None,
        };
        Self { stable, icc_lower, judged: stable.is_some() || icc_lower.is_some() }
    }

    /// A feature is stable where every contour's gate says so; of bounds the lowest counts.
    pub fn join(&mut self, other: Self) {
        self.stable = match (self.stable, other.stable) {
            (Some(a), Some(b)) => Some(a && b),
            (a, b) => a.or(b),
        };
        self.icc_lower = match (self.icc_lower, other.icc_lower) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.judged |= other.judged;
    }

    /// The gate's word; none where no gate judged.
    pub fn word(&self) -> Option<GateWord> {
        self.judged.then_some(GateWord { stable: self.stable, icc_lower: self.icc_lower })
    }
}

/// What a patient's deltas say.
#[derive(Default)]
pub struct LesionsRead {
    /// Lesions of the baseline, by name.
    pub lesions: Vec<Lesion>,
    /// Per feature: whether ratios mean nothing, and whether a lesion has one.
    pub ratios: BTreeMap<FeatureKey, (bool, bool)>,
    /// Words of the gate.
    pub gates: BTreeMap<FeatureKey, GateSeen>,
    /// Measurement hashes.
    pub hashes: Vec<String>,
}

/// The lesions of the baseline with their deltas at a follow-up.
pub fn lesions_of(source: &Source, deltas: &Sheet, followup: &str) -> Result<LesionsRead, CollectError> {
    let decided = deciding(source, deltas, source.lesion_contour()?)?;
    let columns = DeltaColumns::of(source, deltas)?;
    let mut read = LesionsRead::default();
    let here = decided.iter().filter(|(pair, _)| pair.followup == followup);
    for (pair, of) in here {
        // A lesion that is new has no baseline to change from.
        let Some(mut lesion) = columns.lesion(pair, of, &mut read) else { continue };
        // A lesion that is known to be gone has a volume of zero, and nothing else that could be compared.
        if of.missing.is_some() || lesion.cells.iter().all(|(_, cell)| cell.absolute.is_none()) {
            lesion.lost = Some(of.missing.map_or("no delta can be used", lost_word).to_owned());
        }
        read.lesions.push(lesion);
    }
    Ok(read)
}

fn lost_word(missing: Reason) -> &'static str {
    match missing {
        Reason::Absent => "gone at the follow-up",
        Reason::RoiOnlyAtBaseline => "drawn at the baseline alone",
        _ => "not followed",
    }
}

struct DeltaColumns<'a> {
    keys: Keys<'a>,
    hash: Vec<Option<&'a str>>,
    verdict: Vec<Option<&'a str>>,
    reason: Vec<Option<&'a str>>,
    log_status: Vec<Option<&'a str>>,
    interval: Vec<Option<f64>>,
    baseline: Vec<Option<f64>>,
    followup: Vec<Option<f64>>,
    scales: [Vec<Option<f64>>; 3],
    icc_lower: Vec<Option<f64>>,
}

impl<'a> DeltaColumns<'a> {
    fn of(source: &Source, deltas: &'a Sheet) -> Result<Self, CollectError> {
        let text = |name: &str| texts(source, "deltas.csv", deltas, name);
        let number = |name: &str| deltas.numbers(name).map_err(|e| source.fault("deltas.csv", &e));
        Ok(Self {
            keys: Keys::of(source, "deltas.csv", deltas)?,
            hash: text("measurement_hash")?,
            verdict: text("verdict")?,
            reason: text("reason")?,
            log_status: text("log_ratio_status")?,
            interval: number("interval_days")?,
            baseline: number("baseline")?,
            followup: number("followup")?,
            scales: [number("absolute")?, number("relative")?, number("log_ratio")?],
            icc_lower: number("icc_lower")?,
        })
    }

    fn lesion(&self, pair: &LesionPair, of: &Deciding, read: &mut LesionsRead) -> Option<Lesion> {
        let mut lesion = Lesion { name: pair.lesion.to_owned(), ..Lesion::default() };
        let mut is_at_baseline = false;
        for row in of.rows.iter().copied() {
            lesion.interval_days = lesion.interval_days.or(self.interval[row]);
            let hash = self.hash[row].unwrap_or_default();
            if !hash.is_empty() && !read.hashes.iter().any(|known| known == hash) {
                read.hashes.push(hash.to_owned());
            }
            is_at_baseline |= self.baseline[row].is_some();
            let Some(key) = self.keys.key(row).filter(|key| key.family != Family::DIAG) else { continue };
            if is_volume(&key) {
                lesion.volume = self.volume(row, of.missing);
            }
            let log_ratio = self.scales[2][row];
            let signed = self.log_status[row] == Some(Reason::SignedFeature.word());
            let ratio = read.ratios.entry(key.clone()).or_default();
            *ratio = (ratio.0 || signed, ratio.1 || log_ratio.is_some());
            let verdict = self.verdict[row].and_then(Verdict::from_word);
            read.gates.entry(key.clone()).or_default().join(GateSeen::of(verdict, self.icc_lower[row]));
            let cell = Cell {
                baseline: self.baseline[row],
                absolute: self.scales[0][row],
                relative: self.scales[1][row],
                log_ratio,
            };
            lesion.cells.push((key, cell));
        }
        let new = of.rows.iter().any(|row| self.reason[*row] == Some(Reason::RoiOnlyAtFollowup.word()));
        (is_at_baseline && !new).then_some(lesion)
    }

    /// The volumes that the deltas rest on; zero for a lesion that is known to be gone.
    fn volume(&self, row: usize, missing: Option<Reason>) -> VolumeChange {
        let Some(baseline) = self.baseline[row] else { return VolumeChange::Unknown };
        let usable = self.followup[row].filter(|_| self.scales[0][row].is_some());
        let gone = missing == Some(Reason::Absent);
        VolumeChange::Volumes { baseline, followup: if gone { Some(0.0) } else { usable } }
    }
}

fn is_volume(key: &FeatureKey) -> bool {
    key.feature == "morph_volume" && key.image == "original"
}

/// Sizes of a patient over all its visits.
#[derive(Default)]
pub struct Courses {
    baseline: String,
    days: BTreeMap<String, f64>,
    /// Follow-ups in their order.
    followups: Vec<String>,
    /// Per lesion and follow-up: changes of diameter and volume, in per cent.
    lesions: BTreeMap<String, BTreeMap<String, [Option<f64>; 2]>>,
    /// Per criterion and follow-up: change in per cent and category.
    responses: BTreeMap<(String, String), (Option<f64>, Option<ResponseCategory>)>,
}

/// The sizes of a patient's lesions over its visits.
pub fn courses(source: &Source, deltas: &Sheet) -> Result<Courses, CollectError> {
    let visits = source.visits();
    let days = source.subject.records.iter().filter_map(|record| Some((record.visit.clone(), record.day?)));
    let mut courses = Courses {
        baseline: visits.first().map(|visit| (*visit).to_owned()).unwrap_or_default(),
        days: days.collect(),
        followups: visits.iter().skip(1).map(|visit| (*visit).to_owned()).collect(),
        ..Courses::default()
    };
    let decided = deciding(source, deltas, source.lesion_contour()?)?;
    let columns = DeltaColumns::of(source, deltas)?;
    for (pair, of) in &decided {
        for row in of.rows.iter().copied() {
            let Some(key) = columns.keys.key(row) else { continue };
            let place = match key.feature.as_str() {
                "morph_diam_axial" if key.image == "original" => 0,
                "morph_volume" if key.image == "original" => 1,
                _ => continue,
            };
            let gone = of.missing == Some(Reason::Absent) && columns.baseline[row].is_some();
            let percent = columns.scales[1][row].map(|relative| 100.0 * relative);
            let lesion = courses.lesions.entry(pair.lesion.to_owned()).or_default();
            let at = lesion.entry(pair.followup.to_owned()).or_default();
            at[place] = if gone { Some(-100.0) } else { percent };
        }
    }
    courses.add_responses(source)?;
    Ok(courses)
}

impl Courses {
    fn add_responses(&mut self, source: &Source) -> Result<(), CollectError> {
        let name = "response.csv";
        let Some(part) = source.part(name, &response_form())? else { return Ok(()) };
        let text = |column: &str| texts(source, name, &part.sheet, column);
        let (criterion, followup, category) =
            (text("criterion")?, text("followup_visit")?, text("category")?);
        let percent = part.sheet.numbers("percent_from_baseline").map_err(|e| source.fault(name, &e))?;
        for row in 0..part.sheet.rows() {
            let (Some(criterion), Some(followup)) = (criterion[row], followup[row]) else { continue };
            let category = category[row].and_then(ResponseCategory::from_word);
            self.responses.insert((criterion.to_owned(), followup.to_owned()), (percent[row], category));
        }
        Ok(())
    }

    /// The day of a visit after the baseline, where both are known.
    pub fn day(&self, visit: &str) -> Option<f64> {
        let start = self.days.get(&self.baseline)?;
        self.days.get(visit).map(|day| day - start)
    }

    /// The category of the patient, as a number.
    pub fn category(&self, followup: &str, criterion: &str) -> Option<f64> {
        self.response(followup, criterion)?.1.map(category_number)
    }

    fn response(&self, followup: &str, criterion: &str) -> Option<(Option<f64>, Option<ResponseCategory>)> {
        self.responses.get(&(criterion.to_owned(), followup.to_owned())).copied()
    }

    fn all(&self, sizes: impl Fn(&str) -> [Option<f64>; 2]) -> Vec<CourseVisit> {
        let start = CourseVisit {
            visit: self.baseline.clone(),
            day: Some(0.0),
            diameter_percent: Some(0.0),
            volume_percent: Some(0.0),
            recist: None,
        };
        let followup = |visit: &String| {
            let [diameter_percent, volume_percent] = sizes(visit);
            let category = self.response(visit, "recist_1_1").and_then(|(_, category)| category);
            CourseVisit {
                visit: visit.clone(),
                day: self.day(visit),
                diameter_percent,
                volume_percent,
                recist: category.map(|category| category.word().to_owned()),
            }
        };
        std::iter::once(start).chain(self.followups.iter().map(followup)).collect()
    }

    /// One lesion over the visits.
    pub fn of_lesion(&self, lesion: &str) -> Vec<CourseVisit> {
        let visits = self.lesions.get(lesion);
        self.all(|visit| visits.and_then(|visits| visits.get(visit)).copied().unwrap_or_default())
    }

    /// All lesions of the baseline together.
    pub fn of_patient(&self) -> Vec<CourseVisit> {
        let percent =
            |visit: &str, criterion| self.response(visit, criterion).and_then(|(percent, _)| percent);
        self.all(|visit| [percent(visit, "recist_1_1"), percent(visit, "volumetric")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_stable_where_every_contours_gate_says_so() {
        let mut seen = GateSeen::default();
        assert_eq!(seen.word(), None);
        seen.join(GateSeen::of(Some(Verdict::NoGate), None));
        assert_eq!(seen.word(), None, "a row without a gate says nothing");
        seen.join(GateSeen::of(Some(Verdict::Changed), Some(0.9)));
        assert_eq!(seen.word(), Some(GateWord { stable: Some(true), icc_lower: Some(0.9) }));
        seen.join(GateSeen::of(Some(Verdict::Unstable), Some(0.4)));
        assert_eq!(seen.word(), Some(GateWord { stable: Some(false), icc_lower: Some(0.4) }));
    }

    #[test]
    fn lesions_together_have_no_volume_where_one_is_unknown() {
        let volume = |baseline, followup| VolumeChange::Volumes { baseline, followup };
        assert_eq!(volume(2.0, Some(1.0)).plus(volume(3.0, Some(0.0))).value(), Some(libm::log(0.2)));
        assert_eq!(volume(2.0, Some(1.0)).plus(volume(3.0, None)).value(), None);
        assert_eq!(volume(2.0, Some(1.0)).plus(VolumeChange::Unknown), VolumeChange::Unknown);
    }
}
