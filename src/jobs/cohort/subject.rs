//! The rows of one subject: which is the baseline, in which order the others follow, and which serve a window.

use std::collections::BTreeMap;

use super::faults::RowFault;
use super::manifest::{PlannedVisit, Subject};
use super::rows::{Mark, Row};
use super::windows::{Served, Window, assign};
use crate::record::{VisitRecord, VisitState};
use crate::visit::When;

/// The name by which a study calls its baseline.
const BASELINE: &str = "t0";

/// A subject, and the rows of the visits that take part in their order.
pub struct Planned {
    /// The subject.
    pub subject: Subject,
    /// Places of its visits among the rows that it was planned from.
    pub places: Vec<usize>,
}

/// Faults by row.
type Faults = Vec<(usize, RowFault)>;

/// Plans a subject from its rows, which are at least one.
pub fn plan(rows: &[Row], windows: &[Window]) -> Result<Planned, Faults> {
    let mut faults = alike(rows);
    let baseline = match baseline(rows) {
        Ok(baseline) if faults.is_empty() => baseline,
        Ok(_) => return Err(faults),
        Err(fault) => {
            faults.push(fault);
            return Err(faults);
        }
    };
    let whens = whens(rows, baseline)?;
    let days = days(rows, &whens, baseline)?;
    let mut followups: Vec<usize> = (0..rows.len()).filter(|&n| n != baseline).collect();
    if let Some(unknown) = followups.iter().find(|&&n| days[n].is_none()) {
        let visit = rows[*unknown].visit.clone();
        if !windows.is_empty() {
            return Err(vec![(rows[*unknown].row, RowFault::NoDay(visit))]);
        }
        if followups.iter().any(|&n| days[n].is_some()) {
            return Err(vec![(rows[*unknown].row, RowFault::NoOrder(visit))]);
        }
    } else {
        let day = |n: usize| days[n].unwrap_or_default();
        followups.sort_by(|&a, &b| day(a).total_cmp(&day(b)).then_with(|| rows[a].visit.cmp(&rows[b].visit)));
    }
    let first = &rows[baseline];
    let mut taken = vec![(baseline, first.visit.clone())];
    let mut records = vec![taken_record(first, &first.visit, days[baseline])];
    if windows.is_empty() {
        for &n in &followups {
            records.push(taken_record(&rows[n], &rows[n].visit, days[n]));
            taken.push((n, rows[n].visit.clone()));
        }
    } else {
        if let Some(window) = windows.iter().find(|w| w.name.to_lowercase() == first.visit.to_lowercase()) {
            return Err(vec![(first.row, RowFault::WindowName(window.name.clone()))]);
        }
        serve(rows, &followups, &days, windows, &mut taken, &mut records);
    }
    let planned = |(n, name): &(usize, String)| PlannedVisit {
        row: rows[*n].row,
        name: name.clone(),
        when: Some(whens[*n]).filter(|when| *when != When::Unknown),
        source: rows[*n].source.clone(),
        modality: rows[*n].modality,
        units: rows[*n].units,
        site: rows[*n].site.clone(),
        batch: rows[*n].batch.clone(),
    };
    Ok(Planned {
        subject: Subject {
            name: first.subject.clone(),
            site: first.site.clone(),
            batch: first.batch.clone(),
            group: rows.iter().find_map(|row| row.group.clone()),
            visits: taken.iter().map(planned).collect(),
            records,
        },
        places: taken.into_iter().map(|(n, _)| n).collect(),
    })
}

/// What must not be twice, and what must be the same in all rows.
fn alike(rows: &[Row]) -> Faults {
    let mut faults = Faults::new();
    for (n, row) in rows.iter().enumerate() {
        let earlier = &rows[..n];
        if let Some(first) = earlier.iter().find(|e| e.visit == row.visit) {
            faults.push((row.row, RowFault::Duplicate { visit: row.visit.clone(), first: first.row }));
        } else if let Some(first) =
            earlier.iter().find(|e| e.visit.to_lowercase() == row.visit.to_lowercase())
        {
            let (visit, other) = (row.visit.clone(), first.visit.clone());
            faults.push((row.row, RowFault::VisitCase { visit, other, first: first.row }));
        } else if let Some(first) = earlier.iter().find(|e| e.source.path == row.source.path) {
            let file = row.source.path.clone();
            faults.push((row.row, RowFault::SameScan { file, first: first.row }));
        }
        if let Some((first, expected)) = earlier.iter().find_map(|e| Some((e.row, e.group.as_ref()?)))
            && let Some(found) = row.group.as_ref().filter(|found| *found != expected)
        {
            let (found, expected) = (found.clone(), expected.clone());
            faults.push((row.row, RowFault::Group { found, expected, first }));
        }
        let named = |r: &Row| r.said.as_ref().and_then(|said| said.subject.clone());
        if let Some((first, expected)) = earlier.iter().find_map(|e| Some((e.row, named(e)?)))
            && let Some(found) = named(row).filter(|found| *found != expected)
        {
            faults.push((row.row, RowFault::OtherSubject { found, expected, first }));
        }
    }
    faults
}

/// The row of the baseline: the marked one, else the one that is called t0, else the only one.
fn baseline(rows: &[Row]) -> Result<usize, (usize, RowFault)> {
    let marked: Vec<usize> = (0..rows.len()).filter(|&n| rows[n].mark == Mark::Baseline).collect();
    let names = |places: &mut dyn Iterator<Item = usize>| {
        places.map(|n| rows[n].visit.as_str()).collect::<Vec<_>>().join(", ")
    };
    match (marked.as_slice(), rows) {
        ([only], _) => Ok(*only),
        ([_, second, ..], _) => {
            Err((rows[*second].row, RowFault::ManyBaselines(names(&mut marked.iter().copied()))))
        }
        ([], [_]) => Ok(0),
        ([], _) => rows
            .iter()
            .position(|r| r.visit == BASELINE && r.mark == Mark::Unmarked)
            .ok_or_else(|| (rows[0].row, RowFault::NoBaseline(names(&mut (0..rows.len()))))),
    }
}

/// When each visit was. Days are counted from the baseline, so that its own is 0 where the others have days and it
/// has none. Days that somebody gave cannot be set against dates in files, which then are not used.
fn whens(rows: &[Row], baseline: usize) -> Result<Vec<When>, Faults> {
    let mut whens: Vec<When> = rows.iter().map(|r| r.when).collect();
    let first_of = |is: fn(&When) -> bool| rows.iter().position(|row| is(&row.when));
    let dated = first_of(|w| matches!(w, When::Date(_)));
    let numbered = first_of(|w| matches!(w, When::Day(_)));
    if numbered.is_some() {
        let of_files = whens.iter_mut().filter(|when| matches!(when, When::Scanned { .. }));
        of_files.for_each(|when| *when = When::Unknown);
    }
    if let (Some(dated), Some(numbered)) = (dated, numbered) {
        let (first, second) = (dated.min(numbered), dated.max(numbered));
        let words = format!("{} and {}", rows[first].visit, rows[second].visit);
        return Err(vec![(rows[second].row, RowFault::DatesAndDays(words))]);
    }
    if whens[baseline] == When::Unknown && numbered.is_some() {
        whens[baseline] = When::Day(0.0);
    }
    Ok(whens)
}

/// Days after the baseline, which must not be negative.
fn days(rows: &[Row], whens: &[When], baseline: usize) -> Result<Vec<Option<f64>>, Faults> {
    let days: Vec<Option<f64>> = whens.iter().map(|when| whens[baseline].days_until(*when)).collect();
    let early = |n: usize| {
        let days = -days[n].filter(|days| *days < 0.0)?;
        let (visit, baseline) = (rows[n].visit.clone(), rows[baseline].visit.clone());
        Some((rows[n].row, RowFault::BeforeBaseline { visit, days, baseline }))
    };
    let faults: Faults = (0..rows.len()).filter_map(early).collect();
    if faults.is_empty() { Ok(days) } else { Err(faults) }
}

/// Follow-ups that serve windows take part under the windows' names; what does not is recorded with its reason.
fn serve(
    rows: &[Row],
    followups: &[usize],
    days: &[Option<f64>],
    windows: &[Window],
    taken: &mut Vec<(usize, String)>,
    records: &mut Vec<VisitRecord>,
) {
    let visits: Vec<(&str, f64)> =
        followups.iter().map(|&n| (rows[n].visit.as_str(), days[n].unwrap_or_default())).collect();
    let found = assign(windows, &visits);
    let mut by_day: BTreeMap<usize, usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by(|&a, &b| windows[a].day.total_cmp(&windows[b].day));
    for w in order {
        let name = &windows[w].name;
        match &found.windows[w] {
            Ok(v) => {
                let n = followups[*v];
                records.push(taken_record(&rows[n], name, days[n]));
                by_day.insert(*v, w);
            }
            Err(reason) => records.push(VisitRecord {
                subject: rows[0].subject.clone(),
                visit: name.clone(),
                as_given: None,
                day: None,
                state: VisitState::Missing,
                reason: reason.clone(),
            }),
        }
    }
    taken.extend(by_day.into_iter().map(|(v, w)| (followups[v], windows[w].name.clone())));
    for (&n, served) in followups.iter().zip(found.visits) {
        let (state, reason) = match served {
            Served::Window(_) => continue,
            Served::Outside(reason) => (VisitState::OutsideWindows, reason),
            Served::NotNearest(reason) => (VisitState::NotNearest, reason),
        };
        let visit = rows[n].visit.clone();
        records.push(VisitRecord { state, reason, ..taken_record(&rows[n], &visit, days[n]) });
    }
}

fn taken_record(row: &Row, name: &str, day: Option<f64>) -> VisitRecord {
    VisitRecord {
        subject: row.subject.clone(),
        visit: name.to_owned(),
        as_given: Some(row.visit.clone()),
        day,
        state: VisitState::Taken,
        reason: String::new(),
    }
}
