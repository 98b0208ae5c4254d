//! The visits, and how their scans were made differently.

use maud::{Markup, html};

use crate::record::{AcquisitionFinding, QaRoi, RoiRole};
use crate::report::headline::Deciding;
use crate::report::input::{AlignmentView, PairReport, RunReport, VisitView};
use crate::report::wording::{self, fixed, millilitres, number};
use crate::visit::{Structure, When};

/// Tables of visits, regions and acquisition.
pub fn visits(report: &RunReport, deciding: &Deciding) -> Markup {
    html! {
        section id="visits" {
            h2 { "Visits" }
            div.scroll tabindex="0" role="region" aria-label="Visits" {
                table.plain {
                    thead { tr { th { "Visit" } th { "When" } th { "Voxels" } th { "Spacing (mm)" } th { "Units" } } }
                    tbody { @for visit in &report.visits { (row(visit, report.visits[0].when)) } }
                }
            }
            h3 { "Regions" }
            (regions(report, deciding))
            @for pair in &report.pairs { (acquisition(report, pair)) }
        }
    }
}

fn row(visit: &VisitView, first: When) -> Markup {
    let grid = visit.image.grid();
    html! {
        tr {
            th scope="row" { (visit.name) }
            td { time { (when(visit.when, first)) } }
            td { (grid.dims().map(|n| n.to_string()).join(" \u{d7} ")) }
            td { (grid.spacing().map(|s| number((s * 1000.0).round() / 1000.0)).join(" \u{d7} ")) }
            td { (wording::units(visit.units)) }
        }
    }
}

/// When a visit was, in words. Dates that a scanner wrote may identify a patient: only days since the first visit are
/// told.
fn when(when: When, first: When) -> String {
    match when {
        When::Unknown => "not known".into(),
        When::Day(day) => format!("day {}", number(day)),
        When::Date(days) => civil(days),
        When::Scanned { .. } => match first.days_until(when) {
            Some(days) => format!("day {}", number(days)),
            None => "dated, but not like the first visit".into(),
        },
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

/// Every contour of every region, with how sure its border is and how it agrees with the others.
fn regions(report: &RunReport, deciding: &Deciding) -> Markup {
    let mut alignments = report.pairs.iter().map(|p| &p.alignment);
    let found = alignments.clone().any(|a| matches!(a, AlignmentView::Made { .. }));
    let way_back =
        alignments.any(|a| matches!(a, AlignmentView::Made { qa, .. } if qa.both_ways_mm.is_some()));
    html! {
        div.scroll tabindex="0" role="region" aria-label="Regions" {
            table.regions {
                thead { tr {
                    th { "Region" } th { "Visit" } th { "Contour" } th.n { "Volume" } th.n { "Voxels" }
                    @if found { th.n { "Border uncertainty" } th { "Agreement with the other contours" } }
                } }
                @for (name, role) in super::regions(report) { (lines(report, deciding, name, role, found)) }
            }
        }
        p.note {
            "Volumes here count voxels; the feature Volume (mesh) is that of a smoothed surface and a little smaller."
            @if found {
                " Border: how far it moved between the last two levels of the registration"
                @if way_back { ", and for carried contours by the way back" }
                ". Dice is 1 where two contours are the same and 0 where they do not meet; HD95 is the distance that \
                 95 % of both surfaces keep within."
            }
        }
    }
}

fn lines(report: &RunReport, deciding: &Deciding, name: &str, role: Option<RoiRole>, found: bool) -> Markup {
    let contours: Vec<(&VisitView, &Structure)> = report
        .visits
        .iter()
        .flat_map(|visit| {
            let of = super::contours_of(visit, name, deciding.source(visit.name, name));
            of.into_iter().map(move |(_, structure)| (visit, structure))
        })
        .collect();
    let gone: Vec<&VisitView> =
        report.visits.iter().filter(|visit| visit.absent.iter().any(|n| n == name)).collect();
    html! {
        tbody {
            @for (n, (visit, structure)) in contours.iter().enumerate() {
                tr {
                    @if n == 0 {
                        th scope="rowgroup" rowspan=(contours.len() + gone.len()) {
                            (name) small { (role.map_or("", wording::role)) }
                        }
                    }
                    td { (visit.name) }
                    td { (structure.source) small { (wording::source_sentence(structure.source)) } }
                    td.n { (millilitres(structure.mask.volume_ml())) }
                    td.n { (structure.mask.count()) }
                    @if found { (certainty(report.found(visit.name, name, structure.source))) }
                }
            }
            @for visit in gone {
                tr {
                    @if contours.is_empty() { th scope="rowgroup" { (name) } }
                    td { (visit.name) } td { "known to be gone" } td.n { (fixed(0.0, 1)) " mL" } td.n { "0" }
                    @if found { td {} td {} }
                }
            }
        }
    }
}

/// How sure a contour of ours is, and how it agrees with others.
fn certainty(found: Option<&QaRoi>) -> Markup {
    let Some(roi) = found else { return html! { td {} td {} } };
    html! {
        td.n {
            @if let Some(mm) = roi.border_uncertainty_mm { "\u{b1} " (fixed(mm, 1)) " mm" }
        }
        td {
            @for a in &roi.agreement {
                div {
                    (a.with) ": Dice " (fixed(a.dice, 2)) ", HD95 " (fixed(a.hd95_mm, 1)) " mm, mean distance "
                    (fixed(a.mean_surface_distance_mm, 1)) " mm"
                }
            }
            @if let Some(ratio) = roi.volume_ratio_jacobian {
                small { (fixed(ratio, 2)) " times its volume at baseline, by the transform" }
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
    use super::{When, civil, when};

    #[test]
    fn dates_of_scanners_are_told_as_days() {
        let scanned = |day| When::Scanned { study: Some(day), acquisition: None };
        assert_eq!(when(scanned(19_783), scanned(19_783)), "day 0");
        assert_eq!(when(scanned(19_867), scanned(19_783)), "day 84");
        assert_eq!(when(scanned(19_867), When::Date(19_783)), "day 84");
        assert_eq!(when(scanned(19_867), When::Unknown), "dated, but not like the first visit");
    }

    #[test]
    fn days_become_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (19_783, "2024-03-01"), (19_782, "2024-02-29"), (-1, "1969-12-31")]
        {
            assert_eq!(civil(days), date);
        }
    }
}
