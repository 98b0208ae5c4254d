//! What the page promises, whatever is put into it.

use super::testing::{FAILED, SINGLE, WORST, picture, study};
use super::{CohortPage, DifferentHash, MOST_TILES, Tile, render, worst_first};
use crate::record::{CohortQaRow, FailureRow, Followed, Modality, QaVerdict, VisitState};
use crate::report::slices::{Pixels, png};

const HOSTILE: &str = "<script>alert(1)</script>\"'&/..";

/// The part of the page with this id.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("section {id}"));
    page[start..].split("</section>").next().unwrap()
}

/// Who stands on the cards, in their order.
fn on_cards(part: &str) -> Vec<&str> {
    part.split("<p class=\"who\">")
        .skip(1)
        .map(|card| card.split("report.html\">").nth(1).unwrap().split('<').next().unwrap())
        .collect()
}

/// What no page may break.
fn is_sound(page: &str) {
    let (said, _) = page.split_once("<script>").unwrap();
    // Pictures may hold any letters.
    let said: String =
        said.split("base64,").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
    for word in ["NaN", ">inf", " inf ", ">-0<"] {
        assert!(!said.contains(word), "{word}");
    }
    for tag in [
        "section", "figure", "div", "table", "tr", "td", "th", "p", "ul", "ol", "li", "dl", "svg", "a",
        "span", "g",
    ] {
        let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag} is opened and closed");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id names one thing: {ids:?}");
    let levels: Vec<u32> =
        page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    for scheme in ["http:", "https:", "url(", "@import", "<link", "<iframe"] {
        assert!(!elsewhere.contains(scheme), "{scheme}");
    }
    for figure in page.split("<figure>").skip(1).map(|rest| rest.split("</figure>").next().unwrap()) {
        assert!(
            !figure.contains("<svg") || figure.contains("aria-label=") && figure.contains("<figcaption>")
        );
    }
    let sentence = "Research use only. Not a medical device.";
    assert!(page.find(sentence).unwrap() < page.find("<h1>").unwrap());
    assert!(page.rfind(sentence).unwrap() > page.find("<footer>").unwrap());
}

#[test]
fn the_five_worst_of_a_hundred_head_the_page_and_the_sheet() {
    let page = render(&study(100));
    is_sound(&page);
    let first = section(&page, "worst");
    assert_eq!(on_cards(first), WORST);
    assert!(first.contains("The five worst alignments of 117"), "{first:.300}");
    assert_eq!(on_cards(section(&page, "alignments"))[..5], WORST);
    assert_eq!(first.matches("data:image/png;base64,").count(), 5, "each with its picture");
    assert_eq!(first.matches("FAIL</span>").count(), 3, "the verdict is a word");
}

#[test]
fn every_patient_with_a_result_is_linked_and_every_other_is_named() {
    let input = study(100);
    let page = render(&input);
    for pair in &input.pairs {
        assert!(
            page.contains(&format!("href=\"patients/{}/report.html\"", pair.row.key)),
            "{}",
            pair.row.key
        );
    }
    let failures = section(&page, "failures");
    for (subject, word) in FAILED.iter().zip(["E-NIFTI-TRUNCATED", "E-MASK-LABEL"]) {
        assert!(failures.contains(subject) && failures.contains(word), "{subject}");
    }
    for subject in SINGLE {
        assert!(section(&page, "features-only").contains(subject), "{subject}");
    }
    assert!(page.contains("100 patients in the manifest, 98 measured, 2 failed."));
}

#[test]
fn marks_of_the_plots_are_links_with_a_name() {
    let input = study(24);
    let page = render(&input);
    let aligned = input.pairs.iter().filter(|p| p.row.alignment.is_some()).count();
    let strips = section(&page, "strips");
    assert_eq!(strips.matches("<a href=\"patients/").count(), 8 * aligned);
    assert_eq!(strips.matches("</title>").count(), 8 * aligned);
    for site in ["Aarhus", "Bergen", "Coimbra"] {
        assert!(strips.contains(&format!(">{site}</text>")), "{site}");
    }
}

#[test]
fn the_same_study_gives_the_same_bytes_in_any_order() {
    let input = study(30);
    let mut turned = input.clone();
    turned.pairs.reverse();
    let page = render(&input);
    assert_eq!(page, render(&input));
    assert_eq!(section(&page, "alignments"), section(&render(&turned), "alignments"));
}

#[test]
fn a_page_of_24_patients_is_small_and_one_of_thousands_still_opens() {
    let page = render(&study(24));
    is_sound(&page);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    let mut many = study(999);
    // The job reads no more pictures than the page shows.
    for pair in &mut many.pairs {
        pair.tile = None;
    }
    let page = render(&many);
    is_sound(&page);
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
    assert_eq!(on_cards(section(&page, "alignments")).len(), MOST_TILES);
    assert!(section(&page, "alignments").contains("further alignments"));
    assert!(section(&page, "matrix").contains("the worst 60 are shown"));
}

#[test]
fn names_are_never_markup_and_never_leave_the_folder() {
    let mut input = study(3);
    let row = &mut input.pairs[0].row;
    row.subject = HOSTILE.into();
    row.key = HOSTILE.into();
    row.site = Some(HOSTILE.into());
    row.baseline_visit = HOSTILE.into();
    row.followup_visit = Some(HOSTILE.into());
    if let Some(qa) = &mut row.alignment {
        qa.verdict = QaVerdict::Fail;
        qa.reasons = vec![crate::record::QaReason {
            code: HOSTILE.into(),
            text: HOSTILE.into(),
            value: f64::NAN,
            threshold: 0.0,
            verdict: QaVerdict::Fail,
        }];
    }
    input.study = Some(HOSTILE.into());
    input.subjects.push(HOSTILE.into());
    input.settings.command = HOSTILE.into();
    input.visits[0].subject = HOSTILE.into();
    input.visits[0].visit = HOSTILE.into();
    input.visits[1].reason = HOSTILE.into();
    input.visits[1].state = VisitState::OutsideWindows;
    input.failures = vec![FailureRow {
        subject: HOSTILE.into(),
        key: HOSTILE.into(),
        code: HOSTILE.into(),
        fact: HOSTILE.into(),
        hint: HOSTILE.into(),
    }];
    let page = render(&input);
    is_sound(&page);
    assert!(!page.contains("<script>alert"));
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(page.contains("href=\"patients/%3Cscript%3E"));
    assert!(!page.contains("/../report.html"));
}

#[test]
fn a_study_without_any_alignment_says_so() {
    let mut input = study(4);
    for pair in &mut input.pairs {
        pair.row.alignment = None;
        pair.row.followed = Followed::NotRegistered;
        pair.tile = None;
    }
    let page = render(&input);
    is_sound(&page);
    assert!(page.contains("No visit pair was aligned.") && page.contains("by drawn masks alone"));
    let empty = CohortPage { pairs: vec![], visits: vec![], subjects: vec![], failures: vec![], ..input };
    is_sound(&render(&empty));
}

#[test]
fn what_is_not_known_is_left_empty_and_never_a_number() {
    let mut input = study(8);
    for (at, pair) in input.pairs.iter_mut().enumerate() {
        let Some(qa) = &mut pair.row.alignment else { continue };
        qa.rois.clear();
        qa.similarity.spline = if at == 0 { f64::NAN } else { qa.similarity.spline };
        qa.jacobian.p01 = -0.2;
        qa.inverse_residual_mm.mean = f64::INFINITY;
    }
    let page = render(&input);
    is_sound(&page);
    assert!(page.contains("Not known of any alignment of this study."));
}

#[test]
fn the_order_is_by_verdict_then_by_similarity_above_chance() {
    let input = study(100);
    let rows: Vec<&CohortQaRow> = input.pairs.iter().map(|p| &p.row).collect();
    let order = worst_first(&rows);
    assert_eq!(order.len(), rows.iter().filter(|r| r.alignment.is_some()).count());
    let margin = |at: &usize| {
        let qa = rows[*at].alignment.as_ref().unwrap();
        let s = &qa.similarity;
        let margin = (s.spline - s.chance_mean) / (1.0 - s.chance_mean);
        (std::cmp::Reverse(qa.verdict), if margin.is_finite() { margin } else { f64::NEG_INFINITY })
    };
    assert!(order.windows(2).all(|w| margin(&w[0]) <= margin(&w[1])));
}

#[test]
fn a_patient_measured_otherwise_is_a_warning() {
    let mut input = study(3);
    input.settings.differing.push(DifferentHash {
        subject: "P002".into(),
        modality: Modality::Ct,
        measurement_hash: "beef".into(),
    });
    let page = render(&input);
    assert!(section(&page, "settings").contains("must not be compared"));
    assert!(page.contains("1 patient was measured otherwise"));
}

#[test]
fn a_large_picture_is_made_smaller_and_a_broken_one_is_none() {
    let mut random = crate::numeric::random::Random::seeded(1);
    let noise: Vec<u8> = (0..640 * 320 * 3).map(|_| random.next_u32() as u8).collect();
    let file = png(640, 320, Pixels::Rgb, &noise);
    let tile = Tile::from_png(&file).unwrap();
    assert!(tile.address().len() < 34_000, "{}", tile.address().len());
    assert_eq!(tile.size().0, 2 * tile.size().1);
    assert!(Tile::from_png(&file[..100]).is_err() && Tile::from_png(b"").is_err());
    assert_eq!(picture(3).size(), (240, 120), "a small one stays");
}

/// Writes the page of the made study where `DELTA_QA_PAGE` says, to look at it.
#[test]
fn the_page_can_be_looked_at() {
    if let Some(folder) = std::env::var_os("DELTA_QA_PAGE") {
        let folder = std::path::PathBuf::from(folder);
        for n in [24, 100] {
            std::fs::write(folder.join(format!("qa_{n}.html")), render(&study(n))).unwrap();
        }
    }
}
