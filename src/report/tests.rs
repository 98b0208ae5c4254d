//! What the page and the summary promise, whatever is put into them.

use super::input::AlignmentView;
use super::testing::Patient;
use super::{Confirm, RunReport, ToConfirm, alignment_pictures, render, summary};
use crate::record::{
    ContourAgreement, DeltaRow, LoopQa, MaskSource, MissQa, NoiseSource, Outcome, QaVerdict, Reason, Verdict,
};

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn page_of(change: impl FnOnce(&mut Patient)) -> String {
    let mut patient = Patient::new("nodule", 48);
    change(&mut patient);
    render(&patient.report())
}

/// Everything between `<tag` and `>` for each such tag.
fn tags<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    let open = format!("<{tag} ");
    page.split(open.as_str()).skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

/// The page without its pictures, scripts and styles: what a reader reads.
fn text_of(page: &str) -> String {
    let without = |text: String, from: &str, to: &str| {
        let mut parts = text.split(from);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            kept.push_str(part.split_once(to).map_or("", |(_, rest)| rest));
        }
        kept
    };
    let plain = without(without(page.to_owned(), "<style>", "</style>"), "<script>", "</script>");
    without(plain, "<", ">")
}

#[test]
fn a_hostile_region_name_stays_text() {
    let patient = Patient::new(HOSTILE, 48);
    let page = render(&patient.report());
    assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for image in tags(&page, "img") {
        assert_eq!(image.matches('"').count() % 2, 0, "{image:.80}");
    }
}

#[test]
fn nothing_is_fetched() {
    let page = page_of(|_| ());
    let namespace = "http://www.w3.org/2000/svg";
    let elsewhere = page.replace(namespace, "");
    for scheme in ["http:", "https:", "//cdn", "url(", "@import", "<link", "<iframe"] {
        assert!(!elsewhere.contains(scheme), "{scheme}");
    }
    assert!(tags(&page, "img").iter().all(|t| t.contains("src=\"data:image/png;base64,iVBOR")));
}

#[test]
fn every_picture_has_words() {
    let page = page_of(|_| ());
    let images = tags(&page, "img");
    assert!(images.len() > 20);
    for image in images {
        let alt = image.split("alt=\"").nth(1).and_then(|a| a.split('"').next()).unwrap_or_default();
        assert!(alt.len() > 10, "{alt:?}");
    }
    assert_eq!(page.matches("<figure>").count(), page.matches("<figcaption>").count());
}

#[test]
fn no_nan_or_infinity_is_shown() {
    let page = page_of(|p| {
        p.qa.similarity.chance_max = f64::NAN;
        p.qa.reasons[0].value = f64::INFINITY;
        p.deltas[0].absolute = Outcome::Undefined(Reason::ZeroDenominator);
        p.deltas[0].noise_limit = Some(0.0);
    });
    let text = text_of(&page);
    assert!(!text.contains("NaN") && !text.contains("inf "), "a number that is none");
    assert!(!page.contains("NaN\""), "not in attributes either");
}

#[test]
fn the_first_question_is_whether_the_contour_fits() {
    let page = page_of(|_| ());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("Look first") < place("Do these contours fit?"));
    assert!(place("Do these contours fit?") < place("What changed"));
    assert!(page.contains("--accept-contours") && page.contains("masks/t1_followed.nii.gz"));
    assert!(page.contains("if confirmed"));
}

#[test]
fn a_confirmed_contour_is_not_asked_about() {
    let page = page_of(|p| {
        for row in &mut p.deltas {
            if row.mask_source_followup == Some(MaskSource::Followed) {
                row.mask_source_followup = Some(MaskSource::Accepted);
                row.verdict = row.verdict_if_accepted.take().unwrap_or(Verdict::NoGate);
                row.reason = None;
            }
        }
    });
    assert!(!page.contains("nodule on t1") && page.contains("Accepted at follow-up: nodule."));
}

#[test]
fn what_was_not_checked_is_not_green() {
    let patient = Patient::new("nodule", 48);
    let mut report = patient.report();
    report.gate.source = None;
    report.pairs[0].alignment = AlignmentView::Skipped;
    report.pairs[0].acquisition.clear();
    let page = render(&report);
    let banner = page.split("class=\"checks\"").nth(1).and_then(|b| b.split("</section>").next()).unwrap();
    assert_eq!(banner.matches("check good").count(), 0, "{banner}");
    assert_eq!(banner.matches("not checked").count(), 2);
    assert!(page.contains("were not registered"));
}

#[test]
fn a_band_without_real_repeats_is_not_green_either() {
    let patient = Patient::new("nodule", 48);
    let mut report = patient.report();
    report.gate.source = Some(NoiseSource::InSilico);
    assert!(
        render(&report).contains("check unknown") && summary(&report, "r.html").contains("in silico only")
    );
}

#[test]
fn the_methods_paragraph_names_what_a_reviewer_asks_for() {
    let text = text_of(&page_of(|_| ()));
    for asked in [
        "trilinear interpolation",
        "1 mm isotropic",
        "bins of size 25 from -1000",
        "re-segmented to -1000 to 3000",
        "preset: thorax_abdomen",
        "refined to the visible border",
        "delta-radiomics 0.1.0",
        "Measurement hash 5f0c5f0c5f0c",
    ] {
        assert!(text.contains(asked), "{asked}");
    }
}

#[test]
fn a_failed_alignment_heads_the_page() {
    let page = page_of(|p| p.qa.verdict = QaVerdict::Fail);
    assert!(page.contains("banner stop") && page.contains("Do not use") && page.contains("FAIL"));
}

#[test]
fn other_ways_are_told_where_they_were_asked_for() {
    let miss = |median| MissQa { n: 900, median, p95: 3.25 };
    let page = text_of(&page_of(|p| {
        p.qa.both_ways_mm = Some(miss(0.75));
        p.qa.loop_mm = Some(LoopQa { by_way_of: "t0b".into(), miss: miss(1.25) });
        p.qa.rois[0].mask_source = MaskSource::Carried;
        p.qa.rois[0].both_ways_mm = Some(miss(0.5));
    }));
    let way_back = "registration, and for carried contours by the way back. Dice";
    for said in [
        "ends within 0.75 mm, and 95 % within 3.25 mm",
        "By way of t0b",
        "within 1.25 mm",
        "no proof",
        way_back,
    ] {
        assert!(page.contains(said), "{said}");
    }
    let page = text_of(&page_of(|_| ()));
    assert!(!page.contains("Other ways") && page.contains("two levels of the registration. Dice"));
}

#[test]
fn the_page_is_small_and_the_same_twice() {
    let patient = Patient::new("nodule", 96);
    let page = render(&patient.report());
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert_eq!(page, render(&patient.report()));
}

#[test]
fn research_use_only_stands_above_and_below() {
    let page = page_of(|_| ());
    let sentence = "Research use only. Not a medical device.";
    assert!(page.find(sentence).unwrap() < page.find("<h1>").unwrap());
    assert!(page.rfind(sentence).unwrap() > page.find("<footer>").unwrap());
}

#[test]
fn headings_descend_one_step_at_a_time() {
    let page = page_of(|_| ());
    let levels: Vec<u32> =
        page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
}

#[test]
fn the_summary_has_ten_lines_at_most_and_ends_with_what_to_do() {
    let patient = Patient::new("nodule", 48);
    let report = patient.report();
    let text = summary(&report, "out/report.html");
    assert!(text.lines().count() <= 10, "{text}");
    assert!(
        text.contains("REVIEW")
            && text.contains("out/report.html")
            && text.contains("mL (followed; carried ")
    );
    assert!(text.contains("carried") && text.trim_end().ends_with("--accept-contours"), "{text}");
    assert!(text.contains("Research use only"));
    let confirmed = RunReport { confirm: None, ..patient.report() };
    assert!(summary(&confirmed, "out/report.html").trim_end().ends_with("--gate gate.json"));
}

#[test]
fn the_summary_speaks_of_deciding_contours_only() {
    let mut patient = Patient::new("nodule", 48);
    let drawn: Vec<_> = patient
        .deltas
        .iter()
        .filter(|r| r.mask_source_followup == Some(MaskSource::Followed) || r.roi == "left lung")
        .filter(|r| r.reason == Some(Reason::UnconfirmedContour))
        .cloned()
        .map(|row| DeltaRow {
            mask_source_followup: Some(MaskSource::Drawn),
            verdict: row.verdict_if_accepted.unwrap_or(row.verdict),
            verdict_if_accepted: None,
            reason: None,
            ..row
        })
        .collect();
    patient.deltas.extend(drawn);
    let report = RunReport { confirm: None, ..patient.report() };
    let text = summary(&report, "out/report.html");
    assert!(!text.contains("No verdict") && !text.contains("if the contours fit"), "{text}");
    let page = render(&report);
    assert!(!page.contains("id=\"fit\""));
    assert!(page.contains("carried, to compare"), "the others stay in the table");
}

#[test]
fn a_summary_without_a_gate_says_so_and_names_the_sizes() {
    let patient = Patient::new("1", 48);
    let mut report = patient.report();
    report.gate.source = None;
    let text = summary(&report, "out/report.html");
    assert!(text.contains("no noise limit was given"), "{text}");
    assert!(text.contains("region 1 volume (mesh) -76.8 %"), "{text}");
}

#[test]
fn a_region_without_a_name_is_called_region_in_headings_and_by_its_number_in_tables() {
    let page = render(&Patient::new("1", 48).report());
    assert!(page.contains("region 1 on t1") && page.contains("region 1 \u{b7} Volume (mesh)"));
    assert!(page.contains("<td>1<small>followed</small></td>"));
}

#[test]
fn deltas_have_units_and_the_range_of_an_uncertain_border() {
    let page = page_of(|p| {
        (p.deltas[0].border_low, p.deltas[0].border_high) = (Some(-19_000.0), Some(-17_000.0));
    });
    assert!(page.contains("border: \u{2212}19000 to \u{2212}17000"));
    assert!(page.contains("Border uncertain: \u{2212}19.00 to \u{2212}17.00 mL"));
    assert!(page.contains("<span class=\"unit\">mm\u{b3}</span>"));
}

#[test]
fn regions_tell_how_sure_their_border_is_and_how_contours_agree() {
    let text = text_of(&page_of(|p| {
        p.qa.rois[0].agreement.push(ContourAgreement {
            of: MaskSource::Followed,
            with: MaskSource::Carried,
            dice: 0.55,
            hd95_mm: 6.5,
            mean_surface_distance_mm: 4.97,
        });
    }));
    assert!(text.contains("\u{b1} 0.6 mm"));
    assert!(text.contains("carried: Dice 0.55, HD95 6.5 mm, mean distance 5.0 mm"));
    assert!(text.contains("0.81 times its volume at baseline"));
}

#[test]
fn a_visit_without_a_follow_up_is_told_as_one() {
    let mut patient = Patient::new("nodule", 48);
    patient.deltas.retain(|row| row.mask_source_followup != Some(MaskSource::Followed));
    for row in &mut patient.deltas {
        let none = Outcome::Undefined(Reason::NoFollowUp);
        (row.absolute, row.relative, row.log_ratio) = (none, none, none);
        (row.followup, row.mask_source_followup, row.interval_days) = (None, None, None);
        (row.verdict, row.verdict_if_accepted) = (Verdict::Undefined, None);
        (row.reason, row.noise_limit, row.noise_source) = (Some(Reason::NoFollowUp), None, None);
        row.followup_visit.clear();
    }
    let plain = patient.report();
    let baseline = plain.visits.into_iter().take(1).collect();
    let report =
        RunReport { visits: baseline, pairs: vec![], responses: &[], confirm: None, ..patient.report() };
    let page = render(&report);
    let text = text_of(&page);
    for said in [
        "Features only",
        "P001: t0, no follow-up",
        "There is no follow-up, so there is no delta.",
        "there was no follow-up to compare it with",
        "Contours were drawn by a reader.",
        "Drawn: nodule and left lung.",
    ] {
        assert!(text.contains(said), "{said}");
    }
    // The record of what was read is the fixture's, which has both visits.
    let told = text.split("Provenance").next().unwrap_or_default();
    let of_a_pair = ["t0 -> t1", "registered", "Follow-up contours", "--gate", "Change between"];
    let said: Vec<&str> = of_a_pair.into_iter().filter(|words| told.contains(words)).collect();
    assert_eq!(said, Vec::<&str>::new());
    assert!(!page.contains("id=\"alignment\""));
    let text = summary(&report, "out/report.html");
    assert!(text.contains("t0, no follow-up.") && text.contains("nodule "), "{text}");
    assert!(text.lines().count() <= 10 && !text.contains("--gate g.json"), "{text}");
}

#[test]
fn a_page_without_any_delta_is_a_page() {
    let patient = Patient::new("nodule", 48);
    let report = RunReport { pairs: vec![], deltas: &[], responses: &[], confirm: None, ..patient.report() };
    let page = render(&report);
    assert!(page.contains("There is no follow-up") && summary(&report, "r.html").lines().count() >= 3);
}

#[test]
fn a_patient_of_a_study_is_confirmed_in_its_visits_and_run_by_the_manifest() {
    let patient = Patient::new("nodule", 48);
    let waiting = ToConfirm {
        visit: "t1".into(),
        accept_line: "accept_contours = [\"nodule\"]".into(),
        mask_path: "masks/t1_followed.nii.gz".into(),
    };
    let report = RunReport { confirm: Some(Confirm::InStudy(vec![waiting])), ..patient.report() };
    let text = text_of(&render(&report));
    for said in ["visit.toml in the folder of t1", "accept_contours = [", "the same delta cohort run again"] {
        assert!(text.contains(said), "{said}");
    }
    assert!(!text.contains("delta run"), "no command that does not know the manifest");
    let text = summary(&report, "patients/P001/report.html");
    assert!(text.trim_end().ends_with("t1: accept_contours = [\"nodule\"]"), "{text}");
    assert!(text.lines().count() <= 10);
}

#[test]
fn an_alignment_is_pictured_in_few_bytes_and_the_same_twice() {
    let patient = Patient::new("nodule", 192);
    let pictures = alignment_pictures(&patient.report());
    assert_eq!(pictures.len(), 1);
    assert_eq!(pictures[0].followup, "t1");
    assert!(pictures[0].png.starts_with(b"\x89PNG"));
    assert!((1_000..=25_000).contains(&pictures[0].png.len()), "{} bytes", pictures[0].png.len());
    assert_eq!(pictures, alignment_pictures(&patient.report()));
    let mut report = patient.report();
    report.pairs[0].alignment = AlignmentView::Skipped;
    assert!(alignment_pictures(&report).is_empty());
}
