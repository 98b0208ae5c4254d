//! What the page promises, whatever is put into it.

use super::testing::{drawn, features, found, group, key, prostate, repeated, study};
use super::{GroupDesign, PerturbationDesign, ReportError, StabilityInput, render};
use crate::record::{Family, MaskSource, RepeatKind, RoiGroup, RoiRole, Stability};
use crate::reference;

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn page_of(features_n: usize, n: usize) -> String {
    render(&study(&drawn(), features(&drawn(), features_n, n))).unwrap()
}

/// The page without styles, scripts and tags: what a reader reads, words in figures included.
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

/// What no page may break.
fn is_sound(page: &str) {
    let text = text_of(page);
    for word in ["NaN", "inf ", "inf<", " -0 "] {
        assert!(!text.contains(word) && !page.contains(&format!("\"{word}\"")), "{word}");
    }
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    for figure in figures {
        let figure = figure.split("</figure>").next().unwrap();
        let alt = figure.split("aria-label=\"").nth(1).and_then(|a| a.split('"').next()).unwrap();
        assert!(alt.len() > 20, "{alt}");
        for part in ["role=\"img\"", "<svg", "<p class=\"title\">", "<figcaption>", "<details", "<td"] {
            assert!(figure.contains(part), "{part} of {alt}");
        }
    }
    for tag in [
        "section",
        "figure",
        "figcaption",
        "details",
        "summary",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "p",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "svg",
        "blockquote",
        "span",
        "main",
    ] {
        let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag} is opened and closed");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id names one thing: {ids:?}");
    let levels: Vec<u32> =
        page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    for scheme in ["http:", "https:", "//cdn", "url(", "@import", "<link", "<iframe"] {
        assert!(!elsewhere.contains(scheme), "{scheme}");
    }
    let sentence = "Research use only. Not a medical device.";
    assert!(page.find(sentence).unwrap() < page.find("<h1>").unwrap());
    assert!(page.rfind(sentence).unwrap() > page.find("<footer>").unwrap());
}

#[test]
fn a_page_of_any_number_of_features_is_sound_and_the_same_twice() {
    for (count, n) in [(1, 2), (3, 5), (30, 11), (150, 25)] {
        let page = page_of(count, n);
        is_sound(&page);
        assert_eq!(page, page_of(count, n));
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
    }
}

#[test]
fn the_headline_counts_verdicts_with_their_n() {
    let found = features(&drawn(), 40, 12);
    let stable = found.iter().filter(|f| f.verdict == Stability::Stable).count();
    let text = text_of(&render(&study(&drawn(), found)).unwrap());
    assert!(text.contains(&format!("{stable} of 40 features are stable")), "{text:.600}");
    assert!(text.contains("n = 12 regions of 12 subjects, 2 scans each"));
    assert!(text.contains("Small study: with n = 12"));
    assert!(text.contains("7.2 %") && text.contains("9.1 %"), "the expected shares");
}

#[test]
fn nothing_stable_is_no_error() {
    let noisy: Vec<_> =
        features(&drawn(), 60, 8).into_iter().filter(|f| f.verdict == Stability::Unstable).collect();
    let page = render(&study(&drawn(), noisy)).unwrap();
    is_sound(&page);
    assert!(text_of(&page).contains("0 of "));
}

#[test]
fn a_study_of_undefined_features_says_why() {
    let volume = found(&drawn(), &key(Family::new("morph"), "morph_volume"), &[vec![1.0, 1.1]]);
    assert_eq!(volume.verdict, Stability::Undefined);
    let page = render(&study(&drawn(), vec![volume])).unwrap();
    is_sound(&page);
    let text = text_of(&page);
    assert!(text.contains("0 of 1 feature is stable") && text.contains("No feature has an ICC"));
}

#[test]
fn equal_repeats_and_values_around_zero_can_be_drawn() {
    let toy = Family::new("toy");
    let equal = found(&drawn(), &key(toy, "toy_equal"), &[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]].map(Vec::from));
    let signed =
        found(&drawn(), &key(toy, "toy_signed"), &[[-1.0, 1.5], [0.0, 0.5], [2.0, -2.0]].map(Vec::from));
    let huge =
        found(&drawn(), &key(toy, "toy_huge"), &[[1e12, 2e12], [5e9, 1e12], [7e11, 3e12]].map(Vec::from));
    is_sound(&render(&study(&drawn(), vec![equal, signed, huge])).unwrap());
}

#[test]
fn one_perturbed_patient_has_noise_and_no_icc() {
    let alone = group(RoiGroup::whole(RoiRole::Lesion), MaskSource::Drawn, RepeatKind::Perturbation);
    let band = repeated(&alone, 12, 1, 20);
    let mut input = study(&alone, band);
    input.perturbation = Some(PerturbationDesign { chain: "NTRV".into(), count: 20, seed: 1 });
    let page = render(&input).unwrap();
    is_sound(&page);
    let text = text_of(&page);
    for said in [
        "not test-retest",
        "an ICC needs several patients",
        "contour randomisation resembled test-retest best",
        "Zwanenburg A",
        "ICC(1,1)",
        "noise, translation, rotation, growth and shrinkage",
    ] {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn more_than_two_repeats_have_no_bland_altman_plot_and_say_so() {
    let page = render(&study(&drawn(), repeated(&drawn(), 10, 12, 3))).unwrap();
    is_sound(&page);
    assert!(text_of(&page).contains("Bland-Altman plots belong to two repeats; here are 3"));
}

#[test]
fn groups_are_sections_of_their_own() {
    let liver = group(RoiGroup::of(RoiRole::Organ, "liver"), MaskSource::Carried, RepeatKind::Scan);
    let mut input = study(&drawn(), features(&drawn(), 20, 10));
    let other = study(&liver, features(&liver, 20, 25));
    input.groups.extend(other.groups);
    input.assessed.extend(other.assessed);
    let page = render(&input).unwrap();
    is_sound(&page);
    let text = text_of(&page);
    assert!(page.contains("id=\"group-1\"") && page.contains("id=\"group-2\""));
    assert!(text.contains("Lesions, drawn masks") && text.contains("Organ: liver, carried masks"));
    assert!(text.contains("2 groups, never pooled") && text.contains("not of delineation"));
}

#[test]
fn a_feature_that_was_asked_for_is_plotted_or_refused() {
    let mut input = study(&drawn(), features(&drawn(), 30, 10));
    input.asked = vec!["morph_volume".into()];
    assert!(render(&input).unwrap().contains("sked for"));
    input.asked = vec!["morph_volum".into()];
    let error = render(&input).unwrap_err();
    assert_eq!(
        error,
        ReportError::UnknownFeature { asked: "morph_volum".into(), nearest: Some("morph_volume".into()) }
    );
}

#[test]
fn findings_without_a_design_are_refused() {
    let mut input = study(&drawn(), features(&drawn(), 3, 10));
    input.groups.clear();
    assert!(matches!(render(&input), Err(ReportError::UnknownGroup { .. })));
    input.assessed.clear();
    assert_eq!(render(&input), Err(ReportError::Empty));
}

#[test]
fn hostile_names_stay_text() {
    let rois = RoiGroup { role: RoiRole::Organ, roi: Some(HOSTILE.into()) };
    let hostile = group(rois, MaskSource::Drawn, RepeatKind::Scan);
    let mut found = features(&hostile, 3, 6);
    found[0].key.feature = HOSTILE.into();
    let mut input = study(&hostile, found);
    input.title = Some(HOSTILE.into());
    let page = render(&input).unwrap();
    assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
    is_sound(&page);
}

#[test]
fn the_methods_cite_what_they_use() {
    let text = text_of(&page_of(20, 15));
    for cited in
        ["McGraw KO", "Bland JM", "Lin LI", "Koo TK", "Carkeet A", "ICC(A,1)", "delta-radiomics 0.1.0"]
    {
        assert!(text.contains(cited), "{cited}");
    }
}

/// Writes pages of the real test-retest into the target folder, to be looked at.
#[test]
#[ignore = "writes pages to look at"]
fn pages_to_look_at() {
    let Some(folder) = reference::folder() else { return };
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&out).unwrap();
    let write = |name: &str, input: &StabilityInput| {
        let page = render(input).unwrap();
        is_sound(&page);
        std::fs::write(out.join(name), page).unwrap();
    };
    let prostate_of = |source| {
        let of = group(RoiGroup::whole(RoiRole::Lesion), source, RepeatKind::Scan);
        let file = folder.join(format!("stats/qin_prostate/{source}.csv"));
        let file = if file.exists() {
            file
        } else {
            folder.join(format!("reference/stats/qin_prostate/{source}.csv"))
        };
        let mut input = study(&of, prostate(&file, &of));
        input.asked = vec!["original_shape_Volume".into()];
        input
    };
    let mut both = prostate_of(MaskSource::Drawn);
    write("drawn.html", &both);
    let carried = prostate_of(MaskSource::Carried);
    write("carried.html", &carried);
    both.groups.extend::<Vec<GroupDesign>>(carried.groups);
    both.assessed.extend(carried.assessed);
    write("both.html", &both);
    write("many.html", &study(&drawn(), features(&drawn(), 200, 25)));
    write("few.html", &study(&drawn(), features(&drawn(), 5, 12)));
    let alone = group(RoiGroup::whole(RoiRole::Lesion), MaskSource::Drawn, RepeatKind::Perturbation);
    write("band.html", &study(&alone, repeated(&alone, 30, 1, 20)));
}
