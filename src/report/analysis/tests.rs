//! What the page promises, whatever is put into it.

use super::testing::{empty, lesions, response, survival};
use super::{ReportError, render, summary};
use crate::record::analysis::{Analysis, ClaimVerdict, Interval, ModelKind};

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn page(analysis: &Analysis) -> String {
    render(analysis).unwrap()
}

/// The page without styles, scripts and tags: what a reader reads, words in figures included.
fn text_of(page: &str) -> String {
    let without = |text: &str, from: &str, to: &str| {
        let mut parts = text.split(from);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            kept.push_str(part.split_once(to).map_or("", |(_, rest)| rest));
        }
        kept
    };
    let plain = without(&without(page, "<style>", "</style>"), "<script>", "</script>");
    without(&plain, "<", ">").replace('\u{a0}', " ")
}

/// What no page may break.
fn is_sound(page: &str) {
    let text = text_of(page);
    for word in ["NaN", "inf ", "infinity", " -0 ", "\u{2212}0.00 ", "e-1", "0.30000000"] {
        assert!(!text.contains(word), "{word}");
    }
    for outside in ["http://", "https://", "src=\"/", "url(", "@import", "<link", "<iframe"] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
    for figure in page.split("<figure>").skip(1) {
        let figure = figure.split("</figure>").next().unwrap();
        let alt = figure.split("aria-label=\"").nth(1).and_then(|a| a.split('"').next()).unwrap();
        assert!(alt.len() > 20, "{alt}");
        let title = figure.split("<p class=\"title\">").nth(1).and_then(|t| t.split("</p>").next()).unwrap();
        let n = title.replace('\u{a0}', " ");
        assert!(n.contains("n = ") && (n.contains("responder") || n.contains("event")), "{title}");
        for part in ["role=\"img\"", "<svg", "<figcaption>", "<details", "<td"] {
            assert!(figure.contains(part), "{part} of {alt}");
        }
    }
    // On a narrow screen, what is wide scrolls in a frame of its own, and the page does not.
    assert_eq!(
        page.matches("<table").count(),
        page.matches("<div class=\"scroll").count(),
        "frames of tables"
    );
    for figure in page.split("<figure>").skip(1) {
        let before = figure.split("<svg ").next().unwrap();
        assert!(before.contains("<div class=\"plot sheet\""), "{before}");
    }
    for tag in [
        "section", "figure", "details", "div", "table", "tbody", "tr", "td", "th", "p", "ul", "li", "dl",
        "dd", "svg",
    ] {
        let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

fn says(text: &str, all: &[&str]) {
    for said in all {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn the_pages_are_whole_and_fetch_nothing() {
    for analysis in [response(), survival(), empty()] {
        is_sound(&page(&analysis));
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(page(&response()), page(&response()));
    assert_eq!(page(&survival()), page(&survival()));
}

#[test]
fn a_response_has_its_figures_in_their_order() {
    let page = page(&response());
    let sections = [
        "flow",
        "design",
        "models",
        "performance",
        "features",
        "redundancy",
        "patients",
        "courses",
        "sites",
        "subgroups",
        "drivers",
        "size",
        "checklist",
        "methods",
        "provenance",
    ];
    let places: Vec<Option<usize>> = sections.map(|id| page.find(&format!("<section id=\"{id}\""))).to_vec();
    assert!(places.iter().all(Option::is_some), "{places:?}");
    assert!(places.is_sorted(), "{places:?}");
    assert!(!page.contains("<section id=\"survival\""));
    says(
        &text_of(&page),
        &[
            "claim: beyond volume",
            "The model of deltas says more about response than the change of volume does.",
            "n = 60 patients, 24 responders",
            "ROC curve (n = 60 patients, 24 responders)",
            "Calibration (n = 60 patients, 24 responders)",
            "Decision curve (n = 60 patients, 24 responders)",
            "0.84 (0.73 to 0.95)",
            "7 permutation tests, none of them adjusted for the others.",
            "181 tests, 3 beyond a false discovery rate of 5 %",
            "q = 0.05 of 181 tests",
            "Rank correlations among 36 of 36 features",
            "+20 %",
            "\u{2212}30 %",
            "after ComBat",
            "not shown: fewer than 10 patients",
            "Nomogram of the frozen model (n = 60, 24 responders)",
            "METRICS: 2 evidenced, 1 not done, 1 for the author",
            "There is no total score",
            "The response of 1 patient was known on or before it.",
            "patients through the pipeline; simulated coverage",
            "DeLong ER",
            "simulated coverage 93 % to 97 %",
        ],
    );
}

#[test]
fn a_survival_page_has_curves_with_numbers_at_risk_and_says_claim_none() {
    let page = page(&survival());
    let text = text_of(&page);
    says(
        &text,
        &[
            "claim: none",
            "Here the model of deltas does not beat the change of volume alone: nothing shows that it says more about survival.",
            "from \u{2212}0.12 to 0.14 and includes zero.",
            "At risk",
            "Hazard ratio of the higher score against the lower score: 1.92 (1.03 to 3.58); log-rank p = 0.038 (\u{3c7}\u{b2} 4.31, 1 test)",
            "is no test of the model",
            "calibration is at the horizon, day 540.",
            "Slope 0.86; at 540 days",
            "95 % intervals (log-log)",
            "Do hazards stay proportional? (n = 60 patients, 41 events)",
            "sex: male",
            "separated",
            "All terms together",
            "Overridden: No landmark was wanted",
            "Uno's C (to day 540)",
            "no visit has a category of RECIST 1.1",
            "An ROC curve and a decision curve belong to a response",
            "Grambsch PM",
        ],
    );
    for of_a_response in [
        "ROC curve (n =",
        "AUC",
        "Wilson",
        "intercept \u{2013}",
        "Brier score \u{2013}",
        "sex=male",
        "minus observed",
    ] {
        assert!(!text.contains(of_a_response), "{of_a_response}");
    }
}

/// All ticks of a line in one cell ran beyond the edge of paper.
#[test]
fn a_nomogram_has_one_number_in_a_cell() {
    for analysis in [response(), survival()] {
        let page = page(&analysis);
        let figure = page.split("<figure>").find(|figure| figure.contains("Nomogram of the frozen")).unwrap();
        let table = figure.split("<tbody>").nth(1).unwrap();
        let cells: Vec<&str> = table.split("<td class=\"n\">").skip(1).collect();
        assert!(cells.len() > 4 * 6, "{} cells for six terms and the total", cells.len());
        for cell in cells {
            let told = cell.split("</td>").next().unwrap();
            assert!(told.chars().count() <= 10, "{told}");
        }
    }
}

#[test]
fn parts_without_data_say_so_in_a_line() {
    let text = text_of(&page(&empty()));
    says(
        &text,
        &[
            "claim: none",
            "No model could be made",
            "There are no predictions to draw: 3 of 7 patients have the outcome.",
            "no waterfall, spider or swimmer plot",
            "No subgroup column was declared.",
            "coverage not simulated",
        ],
    );
    for left_out in ["Volcano", "Nomogram", "METRICS:", "Optimism and number"] {
        assert!(!text.contains(left_out), "{left_out}");
    }
}

#[test]
fn a_p_value_does_not_stand_without_its_effect() {
    let mut analysis = survival();
    analysis.univariate.clear();
    let curves = analysis.survival.as_mut().unwrap();
    curves.hazard_ratio = None;
    curves.hazards[0].hazard_ratio = None;
    curves.hazards[0].p = Some(0.0777);
    analysis.models[3].discrimination = None;
    let permutation = analysis.models[3].permutation.as_mut().unwrap();
    permutation.p = 0.0333;
    let claimed = analysis.models.iter_mut().find(|m| m.model == analysis.claim.model).unwrap();
    claimed.discrimination = None;
    claimed.permutation.as_mut().unwrap().p = 0.0466;
    let text = text_of(&page(&analysis));
    assert!(text.contains("No hazard ratio could be estimated, and so no p-value is given."));
    for p in ["0.038", "0.078", "0.033", "0.047"] {
        assert!(!text.contains(p), "{p}");
    }
}

#[test]
fn lesions_are_told_beside_their_patients_and_many_features_stay_readable() {
    let page = page(&lesions());
    is_sound(&page);
    let text = text_of(&page);
    says(
        &text,
        &[
            "n = 69 lesions of 39 patients, 21 responders",
            "claim: none",
            "1561 tests, 0 beyond a false discovery rate of 5 %",
            "Rank correlations among 60 of 1200 features",
            "400 clusters",
            "The 20 with the most are drawn.",
            "the tables do not say how features were measured",
            "all 1562 stand in",
        ],
    );
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(summary(&lesions()).contains("n = 69 lesions of 39 patients"));
}

#[test]
fn a_model_of_volume_alone_can_be_what_the_claim_is_about() {
    let mut analysis = response();
    analysis.claim.model = ModelKind::Volume;
    is_sound(&page(&analysis));
    analysis.models.retain(|m| m.model != ModelKind::Volume);
    is_sound(&page(&analysis));
}

#[test]
fn curves_without_steps_and_units_without_days_can_be_drawn() {
    let mut analysis = survival();
    for curve in &mut analysis.survival.as_mut().unwrap().curves {
        curve.steps.clear();
        curve.at_risk.clear();
        curve.median = None;
    }
    for course in &mut analysis.courses {
        course.days = None;
        for visit in &mut course.visits {
            visit.day = None;
            visit.diameter_percent = None;
        }
    }
    let page = page(&analysis);
    is_sound(&page);
    says(&text_of(&page), &["No waterfall plot", "No spider plot", "No swimmer plot", "median not reached"]);
}

#[test]
fn a_record_that_contradicts_itself_is_refused() {
    let mut nothing = empty();
    nothing.models.clear();
    assert_eq!(render(&nothing), Err(ReportError::Empty));

    let mut ragged = response();
    ragged.table_one.rows[0].cells.pop();
    assert!(matches!(render(&ragged), Err(ReportError::Ragged { .. })));
    let mut ragged = response();
    ragged.redundancy.as_mut().unwrap().correlations[3].pop();
    assert!(matches!(render(&ragged), Err(ReportError::Ragged { .. })));
    let mut ragged = response();
    ragged.batches.as_mut().unwrap().of[0] = 9;
    assert!(matches!(render(&ragged), Err(ReportError::Ragged { .. })));

    let mut not_finite = response();
    not_finite.models[0].discrimination = Some(Interval { estimate: f64::NAN, lower: 0.0, upper: 1.0 });
    let error = render(&not_finite).unwrap_err();
    assert_eq!(error.to_string(), "the discrimination of the model volume is not a finite number");
}

#[test]
fn numbers_that_are_none_become_dashes() {
    let mut analysis = response();
    for model in &mut analysis.models {
        model.by_repeat = vec![f64::NAN];
        model.roc[1].true_positive = f64::NAN;
        model.decision[3].model = f64::INFINITY;
        let calibration = model.calibration.as_mut().unwrap();
        calibration.slope = None;
        calibration.rug[0].0 = f64::NAN;
    }
    analysis.courses[0].visits[1].diameter_percent = Some(f64::NAN);
    is_sound(&page(&analysis));
}

#[test]
fn hostile_names_stay_text() {
    let mut analysis = response();
    analysis.design.source = HOSTILE.into();
    analysis.univariate[9].feature = HOSTILE.into();
    analysis.courses[0].subject = HOSTILE.into();
    analysis.redundancy.as_mut().unwrap().shown[0] = HOSTILE.into();
    analysis.subgroups[0].level = HOSTILE.into();
    analysis.batches.as_mut().unwrap().sites[0] = HOSTILE.into();
    analysis.claim.reasons.push(HOSTILE.into());
    is_sound(&page(&analysis));
}

#[test]
fn the_lines_for_a_terminal_say_the_claim_first_and_are_plain() {
    let told = summary(&response());
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "Cohort:     n = 60 patients, 24 responders");
    assert!(lines[1].starts_with("Claim:      claim: beyond volume. The model of deltas"), "{}", lines[1]);
    says(
        &told,
        &[
            "deltas:     AUC 0.84 (0.73 to 0.95), p = 0.005",
            "difference: 0.22 (0.09 to 0.35) to volume alone",
        ],
    );
    says(
        &told,
        &["200 permutations per model, 7 tests", "simulated coverage 93 % to 97 %", "(W-FEW-EVENTS)"],
    );
    let mut none = survival();
    none.claim.claim = ClaimVerdict::None;
    let told = summary(&none);
    says(&told, &["claim: none", "deltas:     Harrell's C 0.63", "-0.12 to 0.14"]);
    assert!(told.is_ascii(), "{told}");
}

/// Writes pages into the target folder, to be looked at.
#[test]
#[ignore = "writes pages to look at"]
fn pages_to_look_at() {
    let out = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&out).unwrap();
    for (name, analysis) in
        [("response", response()), ("survival", survival()), ("lesions", lesions()), ("empty", empty())]
    {
        std::fs::write(out.join(format!("{name}.html")), render(&analysis).unwrap()).unwrap();
    }
}
