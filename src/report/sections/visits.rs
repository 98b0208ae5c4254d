//! The visits, and how their scans were made differently.

use maud::{Markup, html};

use crate::record::AcquisitionFinding;
use crate::report::input::{PairReport, RunReport, VisitView};
use crate::report::wording::{self, fixed, millilitres, number};
use crate::visit::When;

/// Tables of visits, regions and acquisition.
pub fn visits(report: &RunReport) -> Markup {
    html! {
        section id="visits" {
            h2 { "Visits" }
            div.scroll tabindex="0" role="region" aria-label="Visits" {
                table.plain {
                    thead { tr { th { "Visit" } th { "When" } th { "Voxels" } th { "Spacing (mm)" } th { "Units" } } }
                    tbody { @for visit in &report.visits { (row(visit)) } }
                }
            }
            @for visit in &report.visits {
                @for note in visit.notes { p.note { strong { (visit.name) ": " } (note) } }
            }
            h3 { "Regions" }
            (regions(report))
            @for pair in &report.pairs { (acquisition(report, pair)) }
        }
    }
}

fn row(visit: &VisitView) -> Markup {
    let grid = visit.image.grid();
    html! {
        tr {
            th scope="row" { (visit.name) }
            td { time { (when(visit.when)) } }
            td { (grid.dims().map(|n| n.to_string()).join(" \u{d7} ")) }
            td { (grid.spacing().map(|s| number((s * 1000.0).round() / 1000.0)).join(" \u{d7} ")) }
            td { (wording::units(visit.units)) }
        }
    }
}

fn when(when: When) -> String {
    match when {
        When::Unknown => "not known".into(),
        When::Day(day) => format!("day {}", number(day)),
        When::Date(days) => civil(days),
    }
}

/// Days since 1970-01-01 as a date of the Gregorian calendar, counted in eras of 400 years that start in March.
fn civil(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn regions(report: &RunReport) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Regions" {
            table.plain {
                thead { tr {
                    th { "Region" } th { "Role" } th { "Visit" } th { "Contour" } th.n { "Volume" } th.n { "Voxels" }
                } }
                tbody {
                    @for (name, role) in super::regions(report) {
                        @for visit in &report.visits {
                            @for structure in visit.structures.iter().filter(|s| s.name == name) {
                                tr {
                                    th scope="row" { (name) }
                                    td { (role.map_or("", wording::role)) }
                                    td { (visit.name) }
                                    td { (structure.source) span.means { " " (wording::source_sentence(structure.source)) } }
                                    td.n { (millilitres(structure.mask.volume_ml())) }
                                    td.n { (structure.mask.count()) }
                                }
                            }
                        }
                    }
                    @for visit in &report.visits {
                        @for name in visit.absent {
                            tr {
                                th scope="row" { (name) } td {} td { (visit.name) }
                                td { "known to be gone" } td.n { (fixed(0.0, 1)) " mL" } td.n { "0" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn acquisition(report: &RunReport, pair: &PairReport) -> Markup {
    html! {
        h3 { "Acquisition" @if report.pairs.len() > 1 { ", " (pair.baseline) " and " (pair.followup) } }
        @if pair.acquisition.iter().all(|i| i.baseline.is_none() && i.followup.is_none()) {
            p.note {
                "Nothing is stated about how the scans were made, so differences that imitate a change cannot be seen. "
                code { "[acquisition]" } " in " code { "visit.toml" } " takes kernel, slice thickness, phase and so on."
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Acquisition" {
                table.plain {
                    thead { tr {
                        th { "Item" } th { "Finding" } th { (pair.baseline) } th { (pair.followup) } th.n { "Tolerance" }
                    } }
                    tbody {
                        @for item in &pair.acquisition {
                            @let (symbol, class, word) = finding(item.finding);
                            tr {
                                th scope="row" { (item.name) }
                                td { span.tag.(class) { span.symbol aria-hidden="true" { (symbol) } (word) } }
                                td { (item.baseline.as_deref().unwrap_or("not known")) }
                                td { (item.followup.as_deref().unwrap_or("not known")) }
                                td.n { (item.tolerance.map_or_else(String::new, number)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn finding(finding: AcquisitionFinding) -> (&'static str, &'static str, &'static str) {
    match finding {
        AcquisitionFinding::Differs => ("!", "v-changed", "differs"),
        AcquisitionFinding::Unknown => ("?", "v-grey", "not known"),
        AcquisitionFinding::Same => ("\u{2713}", "v-noise", "alike"),
    }
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (19_783, "2024-03-01"), (19_782, "2024-02-29"), (-1, "1969-12-31")]
        {
            assert_eq!(civil(days), date);
        }
    }
}
