//! Missingness: patients by visits, the least complete first.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::record::{VisitRecord, VisitState};
use crate::report::cohort::look;
use crate::report::cohort::study::Study;
use crate::report::figure::{Data, Figure, Shown};
use crate::report::wording::{count, fixed, sentence, typographic};

/// Patients in one band of the drawing, and all that are drawn.
const IN_BAND: usize = 50;
const MOST_DRAWN: usize = 400;
/// So many visits that take no part are told with their reason.
const MOST_TOLD: usize = 300;
const CELL: i32 = 16;
const LEFT: i32 = 100;

/// What a cell shows: a visit of a patient.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shows {
    Failed,
    Missing,
    OutsideWindows,
    NotNearest,
    Taken,
}

impl Shows {
    const ALL: [Self; 5] = [Self::Taken, Self::Missing, Self::OutsideWindows, Self::NotNearest, Self::Failed];

    fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Missing => "missing",
            Self::OutsideWindows => "outside windows",
            Self::NotNearest => "another is nearer",
            Self::Failed => "patient failed",
        }
    }

    fn of(visit: &VisitRecord, failed: bool) -> Self {
        match visit.state {
            VisitState::Taken if failed => Self::Failed,
            VisitState::Taken => Self::Taken,
            VisitState::Missing => Self::Missing,
            VisitState::OutsideWindows => Self::OutsideWindows,
            VisitState::NotNearest => Self::NotNearest,
        }
    }
}

/// Patients by visits.
struct Grid<'a> {
    /// Visits that were asked for, then `None` for those that no window took.
    columns: Vec<Option<&'a str>>,
    /// Patients with what each column shows.
    rows: Vec<(&'a str, Vec<Option<Shows>>)>,
    /// Visits by column and state.
    counts: Vec<[usize; 5]>,
}

/// The section.
pub fn visits(study: &Study) -> Markup {
    let visits = &study.page.visits;
    if visits.is_empty() {
        return html! {};
    }
    let grid = grid(study);
    let incomplete: Vec<&VisitRecord> = visits.iter().filter(|v| v.state != VisitState::Taken).collect();
    html! {
        section id="visits" {
            h2 { "Visits" }
            (figure(study, &grid))
            @if !incomplete.is_empty() { (told(study, &incomplete)) }
        }
    }
}

fn grid<'a>(study: &Study<'a>) -> Grid<'a> {
    let visits = &study.page.visits;
    let planned = |v: &VisitRecord| matches!(v.state, VisitState::Taken | VisitState::Missing);
    // In the order of the earliest day, then of the table.
    let mut names: Vec<(&str, f64)> = Vec::new();
    for visit in visits.iter().filter(|v| planned(v)) {
        let day = visit.day.unwrap_or(f64::INFINITY);
        match names.iter_mut().find(|(name, _)| *name == visit.visit) {
            Some((_, known)) => *known = known.min(day),
            None => names.push((&visit.visit, day)),
        }
    }
    names.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut columns: Vec<Option<&str>> = names.into_iter().map(|(name, _)| Some(name)).collect();
    if visits.iter().any(|v| !planned(v)) {
        columns.push(None);
    }
    let mut counts = vec![[0; 5]; columns.len()];
    let mut cells: BTreeMap<&str, Vec<Option<Shows>>> = BTreeMap::new();
    for visit in visits {
        let name = planned(visit).then_some(visit.visit.as_str());
        let Some(column) = columns.iter().position(|c| *c == name) else { continue };
        let shows = Shows::of(visit, study.failed.contains(visit.subject.as_str()));
        counts[column][Shows::ALL.iter().position(|s| *s == shows).unwrap_or(0)] += 1;
        let row = cells.entry(&visit.subject).or_insert_with(|| vec![None; columns.len()]);
        row[column] = Some(row[column].map_or(shows, |known| known.min(shows)));
    }
    let mut rows: Vec<_> = cells.into_iter().collect();
    let lacking = |row: &[Option<Shows>]| row.iter().filter(|c| c.is_some_and(|s| s != Shows::Taken)).count();
    rows.sort_by_key(|(subject, row)| (std::cmp::Reverse(lacking(row)), row.clone(), *subject));
    Grid { columns, rows, counts }
}

fn figure(study: &Study, grid: &Grid) -> Markup {
    let name = |column: Option<&str>| column.unwrap_or("left out").to_owned();
    let told: Vec<String> = grid
        .columns
        .iter()
        .zip(&grid.counts)
        .map(|(column, counts)| {
            let parts: Vec<String> = Shows::ALL
                .iter()
                .zip(counts)
                .filter(|(_, n)| **n > 0)
                .map(|(shows, n)| format!("{n} {}", shows.word()))
                .collect();
            format!("{}: {}", name(*column), parts.join(", "))
        })
        .collect();
    let drawn = &grid.rows[..grid.rows.len().min(MOST_DRAWN)];
    Figure {
        title: format!("Visits of {} (n = {})", count(grid.rows.len(), "patient"), count(study.page.visits.len(), "row")),
        alt: format!("Grid of patients by visits. {}.", told.join(". ")),
        drawings: drawn
            .chunks(IN_BAND)
            .enumerate()
            .map(|(at, rows)| {
                let legend = if at == 0 { legend() } else { String::new() };
                legend + &band(study, grid, rows)
            })
            .collect(),
        caption: html! {
            "A column is a patient, a row a visit; the least complete patients come first. Look for signs other than \
             filled squares at the left. Another is nearer: two visits lie in one window, and the one nearer to its day \
             takes part"
            @if drawn.len() < grid.rows.len() { "; " (grid.rows.len() - drawn.len()) " more patients are in visits.csv" }
            "."
        },
        data: Data {
            head: std::iter::once("Visit".to_owned())
                .chain(Shows::ALL.iter().map(|s| s.word().to_owned()))
                .collect(),
            rows: grid
                .columns
                .iter()
                .zip(&grid.counts)
                .map(|(column, counts)| {
                    std::iter::once(name(*column)).chain(counts.iter().map(ToString::to_string)).collect()
                })
                .collect(),
            file: "visits.csv",
            shown: Shown::Open,
        },
    }
    .render_linked()
}

fn legend() -> String {
    let width = |shows: &Shows| CELL + 6 + 8 * shows.word().len() as i32 + 22;
    let drawing = html! {
        svg.grid xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 22" aria-hidden="true" {
            @for (at, shows) in Shows::ALL.into_iter().enumerate() {
                @let x = LEFT + Shows::ALL[..at].iter().map(width).sum::<i32>();
                (sign(Some(shows), (x, 3)))
                text x=(x + CELL + 6) y="16" { (shows.word()) }
            }
        }
    };
    drawing.into_string()
}

fn band(study: &Study, grid: &Grid, rows: &[(&str, Vec<Option<Shows>>)]) -> String {
    let longest = rows.iter().map(|(subject, _)| short(subject).chars().count()).max().unwrap_or(0);
    let top = 8 + 7 * longest as i32;
    let height = top + CELL * grid.columns.len() as i32 + 4;
    let x = |at: usize| LEFT + CELL * at as i32;
    let drawing = html! {
        svg.grid xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 900 {height}")) {
            @for (at, column) in grid.columns.iter().enumerate() {
                text x=(LEFT - 8) y=(top + CELL * at as i32 + 12) text-anchor="end" {
                    (short(column.unwrap_or("left out")))
                }
            }
            @for (at, (subject, cells)) in rows.iter().enumerate() {
                @let name = html! {
                    text.subject transform=(format!("translate({} {}) rotate(-90)", x(at) + 12, top - 5)) {
                        (short(subject))
                    }
                };
                @match study.key_of(subject) {
                    Some(key) => a href=(look::page_of(key)) { title { (subject) } (name) },
                    None => (name),
                }
                @for (row, shows) in cells.iter().enumerate() {
                    (sign(*shows, (x(at), top + CELL * row as i32)))
                }
            }
        }
    };
    drawing.into_string()
}

/// Signs differ in shape, for print in grey.
fn sign(shows: Option<Shows>, (x, y): (i32, i32)) -> Markup {
    let middle = (x + CELL / 2, y + CELL / 2);
    let path = |text: String| text.replace("{x}", &middle.0.to_string());
    html! {
        @match shows {
            Some(Shows::Taken) => rect.taken x=(x + 2) y=(y + 2) width="12" height="12" rx="1.5" {},
            Some(Shows::Missing) => rect.open x=(x + 3) y=(y + 3) width="10" height="10" {},
            Some(Shows::OutsideWindows) => path.open d=(path(format!("M{{x}} {}l6 11h-12z", y + 3))) {},
            Some(Shows::NotNearest) => path.open d=(path(format!("M{{x}} {}l6 6l-6 6l-6 -6z", y + 2))) {},
            Some(Shows::Failed) => path.failed d=(format!("M{} {}l10 10m0 -10l-10 10", x + 3, y + 3)) {},
            None => circle.nothing cx=(middle.0) cy=(middle.1) r="1" {},
        }
    }
}

fn short(name: &str) -> String {
    const MOST: usize = 12;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    // The end tells patients of one study apart.
    let letters: Vec<char> = name.chars().collect();
    std::iter::once('\u{2026}').chain(letters[letters.len() - MOST + 1..].iter().copied()).collect()
}

fn told(study: &Study, incomplete: &[&VisitRecord]) -> Markup {
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Patient" } th scope="col" { "Visit" } th scope="col" { "In the manifest" }
                th.n scope="col" { "Day" } th scope="col" { "State" } th scope="col" { "Why" }
            } }
            tbody { @for visit in incomplete.iter().take(MOST_TOLD) {
                tr {
                    th scope="row" {
                        @match study.key_of(&visit.subject) {
                            Some(key) => a href=(look::page_of(key)) { (visit.subject) },
                            None => (visit.subject),
                        }
                    }
                    td { (visit.visit) }
                    td { (visit.as_given.as_deref().unwrap_or_default()) }
                    td.n { (visit.day.map_or_else(String::new, |d| typographic(&day(d)))) }
                    td { (visit.state.word().replace('_', " ")) }
                    td { @if !visit.reason.is_empty() { (sentence(&visit.reason)) } }
                }
            } }
        }
    };
    let class = if incomplete.len() > 60 { "numbers screen-only" } else { "numbers" };
    html! {
        details.(class) {
            summary { (count(incomplete.len(), "visit")) " that take no part, and why" }
            @if incomplete.len() > MOST_TOLD {
                p.note { "The first " (MOST_TOLD) "; all stand in " code { "visits.csv" } "." }
            }
            div.scroll.tall tabindex="0" role="region" aria-label="Visits that take no part" { (table) }
        }
    }
}

fn day(day: f64) -> String {
    if day.fract() == 0.0 { fixed(day, 0) } else { fixed(day, 1) }
}
