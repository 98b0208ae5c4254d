//! Visit windows: which visit of a subject serves `t1: 42 +/- 14 d`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::{NameFault, check_name};

/// Days of a week.
const WEEK: f64 = 7.0;

/// A time at which a study wants a visit.
///
/// ```
/// use delta_radiomics::jobs::cohort::windows::Window;
/// let window: Window = "t1: 6 +/- 2 weeks".parse()?;
/// assert_eq!((window.day, window.tolerance_days), (42.0, 14.0));
/// assert_eq!(window.to_string(), "t1: 42 +/- 14 d");
/// # Ok::<(), delta_radiomics::jobs::cohort::windows::WindowFault>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Name that the tables use for the visit that serves it.
    pub name: String,
    /// Days after the baseline.
    pub day: f64,
    /// How many days a visit may be away from it.
    pub tolerance_days: f64,
}

/// Why windows are refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WindowFault {
    /// The text cannot be understood.
    #[error("--window {text:?}: {problem}")]
    Form {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Its name is not harmless.
    #[error("--window {text:?}: its name cannot be used: {fault}")]
    Name {
        /// What was given.
        text: String,
        /// Why not.
        fault: NameFault,
    },
    /// Two windows of one name.
    #[error("--window: two windows are called {0}")]
    Twice(String),
    /// Two windows around the same day.
    #[error("--window: {first} and {second} are around the same day")]
    SameDay {
        /// Name.
        first: String,
        /// Name.
        second: String,
    },
}

impl Diagnose for WindowFault {
    fn code(&self) -> &'static str {
        "E-WINDOW"
    }
    fn hint(&self) -> String {
        match self {
            Self::Form { .. } => {
                "Write a name, the day after the baseline and the tolerance: \"t1: 42 +/- 14 d\"; w is for weeks."
            }
            Self::Name { .. } => "Choose a name of letters, digits, blanks, - and _ (up to 64).",
            Self::Twice(_) => "Give each window a name of its own; case does not tell names apart.",
            Self::SameDay { .. } => "A visit serves one window, the one whose day is nearest: leave one out.",
        }
        .into()
    }
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl FromStr for Window {
    type Err = WindowFault;

    fn from_str(text: &str) -> Result<Self, WindowFault> {
        let refuse = |problem| WindowFault::Form { text: text.to_owned(), problem };
        let (name, times) = text.split_once(':').ok_or_else(|| refuse("there is no \":\" after the name"))?;
        let name = name.trim();
        check_name(name).map_err(|fault| WindowFault::Name { text: text.to_owned(), fault })?;
        let (day, tolerance) = ["+/-", "+-", "±"]
            .iter()
            .find_map(|sign| times.split_once(sign))
            .ok_or_else(|| refuse("there is no tolerance, as in +/- 14 d"))?;
        let (tolerance, unit) = number(tolerance).map_err(refuse)?;
        let (day, own_unit) = number(day).map_err(refuse)?;
        let unit = unit.or(own_unit).unwrap_or(1.0);
        let (day, tolerance_days) = (day * own_unit.unwrap_or(unit), tolerance * unit);
        if day <= 0.0 {
            return Err(refuse("its day is not after the baseline, which is day 0"));
        }
        if tolerance_days < 0.0 {
            return Err(refuse("its tolerance is negative"));
        }
        Ok(Self { name: name.to_owned(), day, tolerance_days })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} +/- {} d", self.name, self.day, self.tolerance_days)
    }
}

/// A number and the days of its unit, where it has one.
fn number(text: &str) -> Result<(f64, Option<f64>), &'static str> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: f64 = number.trim().parse().map_err(|_| "day and tolerance are numbers")?;
    if !number.is_finite() {
        return Err("day and tolerance are numbers");
    }
    match unit.trim() {
        "" => Ok((number, None)),
        "d" | "day" | "days" => Ok((number, Some(1.0))),
        "w" | "week" | "weeks" => Ok((number, Some(WEEK))),
        _ => Err("the unit is neither d (days) nor w (weeks)"),
    }
}

/// Refuses windows that cannot be told apart.
pub fn check_windows(windows: &[Window]) -> Result<(), WindowFault> {
    for (n, window) in windows.iter().enumerate() {
        for earlier in &windows[..n] {
            if earlier.name.to_lowercase() == window.name.to_lowercase() {
                return Err(WindowFault::Twice(window.name.clone()));
            }
            if earlier.day.total_cmp(&window.day).is_eq() {
                return Err(WindowFault::SameDay {
                    first: earlier.name.clone(),
                    second: window.name.clone(),
                });
            }
        }
    }
    Ok(())
}

impl Window {
    fn holds(&self, day: f64) -> bool {
        (day - self.day).abs() <= self.tolerance_days
    }
    fn distance(&self, day: f64) -> f64 {
        (day - self.day).abs()
    }
}

/// What became of the visits of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Of each visit: the window that it serves, or why it serves none.
    pub visits: Vec<Served>,
    /// Of each window, in the order given: the visit that serves it, or why there is none.
    pub windows: Vec<Result<usize, String>>,
}

/// What a visit serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// This window.
    Window(usize),
    /// No window holds its day.
    Outside(String),
    /// Another visit serves the window that it could serve.
    NotNearest(String),
}

/// Gives each window the nearest of the visits on these days after the baseline. A visit may serve the window that
/// holds its day and whose own day is nearest, and no other; of two that are equally near, the earlier counts, window
/// as visit. `visits` are names and days, in the order of the days.
pub fn assign(windows: &[Window], visits: &[(&str, f64)]) -> Assignment {
    let nearest_window = |day: f64| {
        let holding = (0..windows.len()).filter(|&w| windows[w].holds(day));
        holding.min_by(|&a, &b| {
            let by_day = windows[a].day.total_cmp(&windows[b].day);
            windows[a].distance(day).total_cmp(&windows[b].distance(day)).then(by_day)
        })
    };
    let own: Vec<Option<usize>> = visits.iter().map(|&(_, day)| nearest_window(day)).collect();
    let taken: Vec<Option<usize>> = (0..windows.len())
        .map(|w| {
            let candidates = (0..visits.len()).filter(|&v| own[v] == Some(w));
            candidates.min_by(|&a, &b| {
                let (day_a, day_b) = (visits[a].1, visits[b].1);
                let by_day = day_a.total_cmp(&day_b).then(visits[a].0.cmp(visits[b].0));
                windows[w].distance(day_a).total_cmp(&windows[w].distance(day_b)).then(by_day)
            })
        })
        .collect();
    let served = |v: usize| match own[v] {
        None => Served::Outside(format!("day {} lies in no window", visits[v].1)),
        Some(w) => match taken[w] {
            Some(other) if other != v => Served::NotNearest(format!(
                "visit {} on day {} is {} day {} of {}",
                visits[other].0,
                visits[other].1,
                if windows[w].distance(visits[other].1) < windows[w].distance(visits[v].1) {
                    "nearer to"
                } else {
                    "earlier and as near to"
                },
                windows[w].day,
                windows[w].name
            )),
            _ => Served::Window(w),
        },
    };
    Assignment {
        visits: (0..visits.len()).map(served).collect(),
        windows: taken
            .iter()
            .enumerate()
            .map(|(w, taken)| taken.ok_or_else(|| why_empty(&windows[w], visits)))
            .collect(),
    }
}

/// Why no visit serves a window.
fn why_empty(window: &Window, visits: &[(&str, f64)]) -> String {
    let (from, to) = (window.day - window.tolerance_days, window.day + window.tolerance_days);
    if visits.iter().any(|&(_, day)| window.holds(day)) {
        return format!("the visits between day {from} and {to} are nearer to the day of another window");
    }
    let nearest = visits
        .iter()
        .map(|&(_, day)| day)
        .min_by(|a, b| window.distance(*a).total_cmp(&window.distance(*b)).then(a.total_cmp(b)));
    match nearest {
        Some(day) => format!("no visit between day {from} and {to}; the nearest is on day {day}"),
        None => format!("no visit between day {from} and {to}; there is no follow-up"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn windows(texts: &[&str]) -> Vec<Window> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn windows_are_read_in_days_and_weeks() {
        for text in
            ["t1: 42 +/- 14 d", "t1:42+/-14", " t1 : 42 ± 14 days", "t1: 6 w +- 14 d", "t1: 6 +/- 2 weeks"]
        {
            let window = Window { name: "t1".into(), day: 42.0, tolerance_days: 14.0 };
            assert_eq!(text.parse(), Ok(window), "{text}");
        }
        for (text, said) in [
            ("t1 42 +/- 14", "no \":\""),
            ("t1: 42", "tolerance"),
            ("t1: 42 +/- x d", "numbers"),
            ("t1: 42 +/- 2 m", "unit"),
            ("t1: 42 +/- -2 d", "negative"),
            ("t1: -3 +/- 2 d", "after the baseline"),
            ("a/b: 42 +/- 2 d", "'/'"),
            ("t1: inf +/- 2", "numbers"),
        ] {
            let fault = text.parse::<Window>().unwrap_err();
            assert!(fault.to_string().contains(said), "{fault}");
        }
        let fault = check_windows(&windows(&["t1: 42 +/- 1", "T1: 50 +/- 1"])).unwrap_err();
        assert_eq!(fault, WindowFault::Twice("T1".into()));
        assert!(check_windows(&windows(&["t1: 42 +/- 1", "t2: 42 +/- 9"])).is_err());
        assert!(check_windows(&windows(&["t1: 42 +/- 30", "t2: 60 +/- 30"])).is_ok(), "windows may overlap");
    }

    #[test]
    fn the_nearest_visit_serves_and_ties_go_to_the_earlier() {
        let asked = windows(&["t1: 42 +/- 14 d", "t2: 90 +/- 10 d"]);
        let found = assign(&asked, &[("a", 30.0), ("b", 40.0), ("c", 44.0), ("d", 70.0)]);
        assert_eq!(found.windows[0], Ok(1));
        assert_eq!(found.windows[1], Err("no visit between day 80 and 100; the nearest is on day 70".into()));
        assert_eq!(found.visits[0], Served::NotNearest("visit b on day 40 is nearer to day 42 of t1".into()));
        assert_eq!(
            found.visits[2],
            Served::NotNearest("visit b on day 40 is earlier and as near to day 42 of t1".into())
        );
        assert_eq!(found.visits[3], Served::Outside("day 70 lies in no window".into()));
        let none = assign(&asked, &[]);
        assert_eq!(none.windows[0], Err("no visit between day 28 and 56; there is no follow-up".into()));
    }

    #[test]
    fn the_edges_belong_to_a_window_and_overlap_is_decided_by_the_nearest_day() {
        let asked = windows(&["late: 60 +/- 30 d", "early: 40 +/- 20 d"]);
        let found = assign(&asked, &[("a", 20.0), ("b", 50.0), ("c", 90.0)]);
        assert!(matches!(found.visits[0], Served::NotNearest(_)), "on the edge");
        assert_eq!(found.visits[1], Served::Window(1), "as near to both: the earlier window");
        assert_eq!(found.visits[2], Served::Window(0));
        let found = assign(&asked, &[("a", 41.0), ("b", 42.0)]);
        assert!(found.windows[0].as_ref().unwrap_err().contains("another window"));
    }

    proptest! {
        #[test]
        fn each_visit_serves_at_most_one_window_and_each_window_has_at_most_one_visit(
            days in proptest::collection::vec(0.0_f64..200.0, 0..8),
            asked in proptest::collection::vec((1.0_f64..200.0, 0.0_f64..60.0), 0..5),
        ) {
            let mut days = days;
            days.sort_by(f64::total_cmp);
            let names: Vec<String> = (0..days.len()).map(|n| format!("v{n}")).collect();
            let visits: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(days).collect();
            let asked: Vec<Window> = asked
                .into_iter()
                .enumerate()
                .map(|(n, (day, tolerance_days))| Window { name: format!("w{n}"), day, tolerance_days })
                .collect();
            let found = assign(&asked, &visits);
            for (w, taken) in found.windows.iter().enumerate() {
                let serving: Vec<usize> =
                    (0..visits.len()).filter(|&v| found.visits[v] == Served::Window(w)).collect();
                match taken {
                    Ok(v) => {
                        prop_assert_eq!(&serving, &vec![*v]);
                        prop_assert!(asked[w].holds(visits[*v].1));
                    }
                    Err(_) => prop_assert!(serving.is_empty()),
                }
            }
            for (v, served) in found.visits.iter().enumerate() {
                let is_outside = asked.iter().all(|w| !w.holds(visits[v].1));
                prop_assert_eq!(matches!(served, Served::Outside(_)), is_outside);
            }
        }
    }
}
