//! Tests only: two analyses made by hand, with the numbers of cohorts of 60 patients.

use std::collections::BTreeMap;

use crate::numeric::random::Random;
use crate::record::analysis::*;

/// Candidate features, as other programs name them.
const FEATURES: [&str; 12] = [
    "original_glcm_JointEntropy",
    "original_glcm_Contrast",
    "original_glrlm_RunPercentage",
    "original_firstorder_Entropy",
    "original_firstorder_90Percentile",
    "wavelet-HLH_glszm_SizeZoneNonUniformityNormalized",
    "log-sigma-3-0-mm-3D_glcm_Correlation",
    "original_ngtdm_Busyness",
    "original_shape_Sphericity",
    "original_gldm_DependenceVariance",
    "original_glcm_Idm",
    "original_firstorder_Skewness",
];

fn interval(estimate: f64, half: f64) -> Interval {
    Interval { estimate, lower: estimate - half, upper: estimate + half }
}

fn within(estimate: f64, half: f64) -> Interval {
    let of = interval(estimate, half);
    Interval { lower: of.lower.max(0.0), upper: of.upper.min(1.0), ..of }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// A response of 24 of 60 patients in three sites: deltas beat volume.
pub fn response() -> Analysis {
    let mut random = Random::seeded(18);
    let outcomes: Vec<bool> = (0..60).map(|at| at % 5 < 2).collect();
    let models = ModelKind::ALL.map(|kind| model(kind, Some(&outcomes), &mut random)).to_vec();
    Analysis {
        schema: 1,
        design: design(TargetKind::Response, 24),
        flow: flow(24),
        table_one: table_one(["responder", "no responder"], [24, 36]),
        missing: missing(),
        filters: filters(),
        redundancy: Some(redundancy(&mut random)),
        univariate: univariate(true, &mut random),
        differences: differences(&models),
        claim: claim(ClaimVerdict::BeyondVolume),
        models,
        sample_size: sample_size(),
        survival: None,
        subgroups: subgroups(true),
        batches: Some(batches(&mut random)),
        courses: courses(&outcomes, false, &mut random),
        checklist: checklist(),
        warnings: vec![Warning {
            code: "W-FEW-EVENTS".into(),
            text: "1.3 responders per candidate column: the model is for hypotheses only".into(),
        }],
    }
}

/// 41 events among 60 patients: deltas do not beat volume, and time starts at the scan in spite of a warning.
pub fn survival() -> Analysis {
    let mut random = Random::seeded(19);
    let outcomes: Vec<bool> = (0..60).map(|at| at % 3 > 0 || at == 0).collect();
    let mut models = ModelKind::ALL.map(|kind| model(kind, None, &mut random)).to_vec();
    models[1].status = ModelStatus::NoCandidates;
    models[1].note = Some("no visit has a category of RECIST 1.1".into());
    models[1].discrimination = None;
    models[1].permutation = None;
    let mut design = design(TargetKind::Survival, 41);
    design.overridden = vec![
        "no landmark was wanted: time starts at baseline, and survivors' time is given to the delta".into(),
    ];
    Analysis {
        schema: 1,
        design,
        flow: flow(41),
        table_one: table_one(["event", "no event"], [41, 19]),
        missing: vec![Missing { column: "age".into(), block: "clinical".into(), missing: 0, of: 60 }],
        filters: filters(),
        redundancy: Some(redundancy(&mut random)),
        univariate: univariate(false, &mut random),
        differences: differences(&models),
        claim: claim(ClaimVerdict::None),
        models,
        sample_size: sample_size(),
        survival: Some(kaplan_meier(&mut random)),
        subgroups: subgroups(false),
        batches: None,
        courses: courses(&outcomes, true, &mut random),
        checklist: checklist(),
        warnings: vec![],
    }
}

/// 69 lesions of 39 patients with 1,561 deltas of a table: nothing is known of visits, sites and covariates.
pub fn lesions() -> Analysis {
    let mut random = Random::seeded(20);
    let mut analysis = response();
    analysis.design.source = "baseline.csv and followup.csv".into();
    analysis.design.visits = None;
    analysis.design.measurement_hashes.clear();
    (analysis.design.units, analysis.design.patients, analysis.design.events) = (69, 39, 21);
    for step in &mut analysis.flow {
        step.patients = step.units * 39 / 72;
    }
    analysis.claim = claim(ClaimVerdict::None);
    let names = |n: usize| -> Vec<String> {
        let filters =
            ["original", "wavelet-LLH", "wavelet-HHL", "log-sigma-2-0-mm-3D", "log-sigma-5-0-mm-3D"];
        (0..n)
            .map(|at| format!("{}_glszm_LargeAreaHighGrayLevelEmphasis{}", filters[at % 5], at / 5))
            .collect()
    };
    let delta: Vec<UnivariateRow> =
        analysis.univariate.iter().filter(|row| row.block == "delta").cloned().collect();
    analysis.univariate.retain(|row| row.block == "volume");
    let mut rows: Vec<UnivariateRow> = names(1561)
        .into_iter()
        .enumerate()
        .map(|(at, feature)| {
            let p = random.uniform().max(1e-4);
            UnivariateRow { feature, p: Some(p), ..delta[3 + at % 170].clone() }
        })
        .collect();
    adjust(&mut rows);
    analysis.univariate.extend(rows);
    let redundancy = analysis.redundancy.as_mut().unwrap();
    redundancy.shown = names(200);
    redundancy.correlations = (0..200)
        .map(|row: usize| {
            (0..200).map(|column: usize| if row.abs_diff(column) < 4 { 0.95 } else { 0.2 }).collect()
        })
        .collect();
    redundancy.clusters = names(1200)
        .chunks(3)
        .map(|f| Cluster { representative: f[0].clone(), features: f.to_vec() })
        .collect();
    analysis.courses.clear();
    analysis.batches = None;
    analysis.table_one.rows.clear();
    analysis.missing = names(300)
        .into_iter()
        .map(|column| Missing { column, block: "delta".into(), missing: 3, of: 69 })
        .collect();
    analysis
}

/// As little as there can be: one model that could not be made.
pub fn empty() -> Analysis {
    let mut analysis = response();
    let volume = ModelResult {
        model: ModelKind::Deltas,
        status: ModelStatus::TooFew,
        note: Some("3 of 7 patients have the outcome".into()),
        discrimination: None,
        uno: None,
        by_repeat: vec![],
        permutation: None,
        roc: vec![],
        calibration: None,
        decision: vec![],
        optimism: None,
        chosen: vec![],
        frozen: None,
        explained: None,
    };
    analysis.models = vec![volume];
    analysis.claim = claim(ClaimVerdict::None);
    analysis.claim.interval.simulated_coverage = None;
    analysis.flow.clear();
    analysis.table_one = TableOne { groups: vec![], rows: vec![] };
    analysis.missing.clear();
    analysis.filters.clear();
    analysis.redundancy = None;
    analysis.univariate.clear();
    analysis.differences.clear();
    analysis.sample_size.clear();
    analysis.subgroups.clear();
    analysis.batches = None;
    analysis.courses.clear();
    analysis.checklist.clear();
    analysis.warnings.clear();
    analysis
}

fn design(target: TargetKind, events: usize) -> Design {
    let outcome = match target {
        TargetKind::Response => "response",
        TargetKind::Survival => "time_days and event",
    };
    Design {
        version: "0.1.0".into(),
        target,
        outcome: outcome.into(),
        source: "the study trial-7".into(),
        inputs: vec![
            (
                "outcomes.csv".into(),
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            ),
            (
                "features.parquet".into(),
                "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into(),
            ),
        ],
        measurement_hashes: vec!["m1:4be30d9814c6d4e9".into()],
        visits: Some(("t0".into(), "t1".into())),
        delta_scale: "log_ratio".into(),
        units: 60,
        patients: 60,
        events,
        landmark: Landmark {
            rule: "the day of the follow-up scan".into(),
            events_before: 3,
            lost_before: 1,
            incorporated: usize::from(target == TargetKind::Response),
            unknown_day: 2,
        },
        candidates: vec![
            Candidates { model: ModelKind::Volume, columns: 1 },
            Candidates { model: ModelKind::Clinical, columns: 4 },
            Candidates { model: ModelKind::Baseline, columns: 187 },
            Candidates { model: ModelKind::Deltas, columns: 187 },
            Candidates { model: ModelKind::All, columns: 379 },
        ],
        folds: 5,
        inner_folds: 5,
        repeats: 5,
        alpha: 0.5,
        permutations: 200,
        resamples: 200,
        seed: 1,
        harmonised: (target == TargetKind::Response).then(|| "ComBat, parametric, mean and scale".into()),
        overridden: vec![],
    }
}

fn flow(events: usize) -> Vec<FlowStep> {
    let step = |step: &str, units: usize, events: Option<usize>, out: &[(&str, usize)]| FlowStep {
        step: step.into(),
        patients: units,
        units,
        counted: Counted::Patients,
        events,
        left_out: out.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect(),
    };
    vec![
        step("in the outcome table", 72, None, &[]),
        step(
            "measured at both visits",
            67,
            None,
            &[("no follow-up scan", 4), ("alignment FAIL at the follow-up, so that deltas are refused", 1)],
        ),
        step("outcome known", 65, Some(events + 4), &[("no outcome in the table", 2)]),
        step(
            "alive and followed at the landmark",
            60,
            Some(events),
            &[("event on or before the follow-up scan", 3), ("lost on or before it", 2)],
        ),
    ]
}

fn table_one(words: [&str; 2], n: [usize; 2]) -> TableOne {
    let number = |median: f64, spread: f64, n: usize| TableOneCell::Number {
        n,
        median: Some(median),
        quartiles: Some((median - spread, median + spread)),
    };
    let row = |name: &str, median: f64, spread: f64, shift: f64| TableOneRow {
        name: name.into(),
        level: None,
        cells: vec![
            number(median, spread, 60),
            number(median - shift, spread, n[0]),
            number(median + shift, spread, n[1]),
        ],
        standardised_difference: Some(-2.0 * shift / spread),
    };
    let level = |name: &str, level: &str, counts: [usize; 2], difference: Option<f64>| TableOneRow {
        name: name.into(),
        level: Some(level.into()),
        cells: vec![
            TableOneCell::Level { n: counts[0] + counts[1], of: 60 },
            TableOneCell::Level { n: counts[0], of: n[0] },
            TableOneCell::Level { n: counts[1], of: n[1] },
        ],
        standardised_difference: difference,
    };
    TableOne {
        groups: vec![("all".into(), 60), (words[0].into(), n[0]), (words[1].into(), n[1])],
        rows: vec![
            row("age (years)", 63.0, 8.0, 1.2),
            row("volume at baseline (mL)", 14.2, 9.0, -0.8),
            level("sex", "female", [11, 12], Some(0.11)),
            level("sex", "male", [n[0] - 11, n[1] - 12], Some(-0.11)),
            level("performance status", "0", [13, 9], Some(0.24)),
            level("performance status", "1 or more", [n[0] - 13, n[1] - 9], Some(-0.24)),
        ],
    }
}

fn missing() -> Vec<Missing> {
    let of = |column: &str, block: &str, missing: usize| Missing {
        column: column.into(),
        block: block.into(),
        missing,
        of: 60,
    };
    vec![
        of("ldh", "clinical", 9),
        of("age", "clinical", 0),
        of(FEATURES[5], "delta", 4),
        of(FEATURES[6], "delta", 2),
        of(FEATURES[0], "delta", 0),
    ]
}

fn filters() -> Vec<FilterStep> {
    let mut all = Vec::new();
    for block in ["baseline", "delta"] {
        let mut before = 187;
        for (filter, after, rule) in [
            ("finite", 181, "a value in at least 80 % of units"),
            ("gate", 122, "stable in test-retest"),
            ("variance", 121, "not constant"),
            ("volume", 96, "absolute rank correlation with the change of volume at most 0.9"),
            ("redundancy", 31, "one of each cluster at absolute rank correlation 0.9"),
            ("screening", 14, "n / ln n by marginal association"),
        ] {
            all.push(FilterStep {
                block: block.into(),
                filter: filter.into(),
                before,
                after,
                rule: rule.into(),
            });
            before = after;
        }
    }
    all
}

fn redundancy(random: &mut Random) -> Redundancy {
    let shown: Vec<String> = (0..36).map(|at| format!("{}_{}", FEATURES[at % 12], at / 12)).collect();
    let cluster = |at: usize| at / 7;
    let mut correlations = vec![vec![1.0; 36]; 36];
    for row in 0..36 {
        for column in 0..row {
            let near = cluster(row) == cluster(column);
            let value: f64 = if near { 0.93 - 0.04 * random.uniform() } else { 0.45 * random.normal() };
            let value = if near && (row + column) % 5 == 0 { -value } else { value.clamp(-0.85, 0.85) };
            correlations[row][column] = value;
            correlations[column][row] = value;
        }
    }
    let clusters = (0..6)
        .map(|at| {
            let features: Vec<String> = shown.iter().skip(7 * at).take(7).cloned().collect();
            Cluster { representative: features[0].clone(), features }
        })
        .collect();
    Redundancy { height: 0.1, clusters, shown, correlations }
}

fn univariate(response: bool, random: &mut Random) -> Vec<UnivariateRow> {
    let mut rows = vec![];
    for (block, n) in [("volume", 1), ("clinical", 4), ("baseline", 180), ("delta", 181)] {
        let mut of_block: Vec<UnivariateRow> = (0..n)
            .map(|at| {
                let planted = response && block == "delta" && at < 3;
                let z = if planted { 4.4 - 0.3 * at as f64 } else { random.normal() };
                let p = libm::erfc(z.abs() / std::f64::consts::SQRT_2);
                let auc = (0.5 + 0.08 * z).clamp(0.02, 0.98);
                UnivariateRow {
                    block: block.into(),
                    feature: if at < 12 {
                        FEATURES[at].into()
                    } else {
                        format!("{}_{at}", FEATURES[at % 12])
                    },
                    n: 60,
                    events: if response { 24 } else { 41 },
                    discrimination: Some(within(auc, 0.14)),
                    u: response.then_some(auc * 864.0),
                    log_hazard_ratio: (!response).then(|| interval(0.16 * z, 0.31)),
                    p: Some(p),
                    q: None,
                    volume_correlation: Some((0.5 * random.normal()).clamp(-0.89, 0.89)),
                    mutual_information: response.then_some(0.02),
                    gate: (block == "delta").then(|| "stable".into()),
                    status: None,
                }
            })
            .collect();
        adjust(&mut of_block);
        rows.extend(of_block);
    }
    let mut constant = rows[rows.len() - 1].clone();
    constant.feature = "original_shape_Flat".into();
    constant.status = Some("constant".into());
    (constant.p, constant.q, constant.discrimination, constant.log_hazard_ratio) = (None, None, None, None);
    rows.push(constant);
    rows
}

/// Benjamini and Hochberg.
fn adjust(rows: &mut [UnivariateRow]) {
    let m = rows.len() as f64;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*b].p.unwrap().total_cmp(&rows[*a].p.unwrap()));
    let mut least: f64 = 1.0;
    for (down, at) in order.into_iter().enumerate() {
        least = least.min(rows[at].p.unwrap() * m / (m - down as f64));
        rows[at].q = Some(least);
    }
}

fn strength(kind: ModelKind, response: bool) -> f64 {
    let of = match kind {
        ModelKind::Volume => 0.62,
        ModelKind::Recist => 0.58,
        ModelKind::Volumetric => 0.60,
        ModelKind::Clinical => 0.55,
        ModelKind::Baseline => 0.53,
        ModelKind::Deltas => 0.84,
        ModelKind::All => 0.82,
    };
    if response || of < 0.8 { of } else { 0.63 }
}

fn model(kind: ModelKind, outcomes: Option<&[bool]>, random: &mut Random) -> ModelResult {
    let response = outcomes.is_some();
    let at = strength(kind, response);
    let predictions: Vec<(f64, bool)> = match outcomes {
        Some(outcomes) => outcomes
            .iter()
            .map(|yes| {
                (logistic(-0.4 + 6.0 * (at - 0.5) * (f64::from(*yes) - 0.4) + 0.9 * random.normal()), *yes)
            })
            .collect(),
        None => (0..60).map(|at| (logistic(0.4 + 0.8 * random.normal()), at % 3 > 0)).collect(),
    };
    let null: Vec<f64> = (0..200).map(|_| 0.5 + 0.07 * random.normal()).collect();
    let beyond = null.iter().filter(|v| **v >= at).count();
    ModelResult {
        model: kind,
        status: if kind == ModelKind::Baseline { ModelStatus::ConstantInFolds } else { ModelStatus::Fitted },
        note: (kind == ModelKind::Baseline).then(|| "constant in 9 of 25 folds".into()),
        discrimination: Some(within(at, 0.11)),
        uno: (!response).then_some((at - 0.01, 540.0)),
        by_repeat: (0..5).map(|_| at + 0.02 * random.normal()).collect(),
        permutation: Some(Permutation {
            permutations: 200,
            p: (1 + beyond) as f64 / 201.0,
            discrimination: null,
        }),
        roc: if response { roc(&predictions) } else { vec![] },
        calibration: Some(calibration(&predictions)),
        decision: if response { decision(&predictions) } else { vec![] },
        optimism: Some(Optimism {
            apparent: at + 0.09,
            optimism: 0.06,
            corrected: at + 0.03,
            slope: Some(0.81),
            resamples: 198,
        }),
        chosen: FEATURES
            .iter()
            .enumerate()
            .map(|(at, f)| ((*f).to_owned(), 1.0 / (1.0 + at as f64 * 0.4)))
            .collect(),
        frozen: Some(frozen(kind, response)),
        explained: Some(explained(response, random)),
    }
}

fn roc(predictions: &[(f64, bool)]) -> Vec<RocPoint> {
    let mut sorted = predictions.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|p| p.1).count() as f64;
    let negatives = sorted.len() as f64 - positives;
    let (mut hits, mut misses) = (0.0, 0.0);
    let mut points = vec![RocPoint { false_positive: 0.0, true_positive: 0.0 }];
    for (_, yes) in sorted {
        if yes {
            hits += 1.0;
        } else {
            misses += 1.0;
        }
        points.push(RocPoint { false_positive: misses / negatives, true_positive: hits / positives });
    }
    points
}

fn calibration(predictions: &[(f64, bool)]) -> Calibration {
    let mut sorted = predictions.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bins = sorted
        .chunks(12)
        .map(|group| {
            let n = group.len() as f64;
            let observed = group.iter().filter(|g| g.1).count() as f64 / n;
            Bin {
                n: group.len(),
                predicted: group.iter().map(|g| g.0).sum::<f64>() / n,
                observed: within(observed, 0.22),
            }
        })
        .collect();
    Calibration {
        brier: Some(0.171),
        brier_of_prevalence: Some(0.24),
        slope: Some(0.86),
        intercept: Some(-0.05),
        status: None,
        bins,
        rug: predictions.to_vec(),
    }
}

fn decision(predictions: &[(f64, bool)]) -> Vec<DecisionPoint> {
    let n = predictions.len() as f64;
    let prevalence = predictions.iter().filter(|p| p.1).count() as f64 / n;
    (1..80)
        .map(|at| {
            let threshold = at as f64 / 100.0;
            let odds = threshold / (1.0 - threshold);
            let count =
                |yes: bool| predictions.iter().filter(|p| p.0 >= threshold && p.1 == yes).count() as f64;
            DecisionPoint {
                threshold,
                model: (count(true) - count(false) * odds) / n,
                all: prevalence - (1.0 - prevalence) * odds,
            }
        })
        .collect()
}

fn frozen(kind: ModelKind, response: bool) -> FrozenModel {
    FrozenModel {
        schema: 1,
        version: "0.1.0".into(),
        model: kind,
        target: if response { TargetKind::Response } else { TargetKind::Survival },
        measurement_hashes: vec!["m1:4be30d9814c6d4e9".into()],
        delta_scale: "log_ratio".into(),
        levels: BTreeMap::new(),
        intercept: -0.41,
        coefficients: FEATURES
            .iter()
            .take(6)
            .enumerate()
            .map(|(at, feature)| Coefficient {
                block: "delta".into(),
                feature: (*feature).into(),
                coefficient: weight(at),
                mean: 0.02,
                sd: 0.2,
                imputed: 0.01,
                range: (-0.5, 0.6),
                sites: None,
            })
            .collect(),
        baseline_survival: if response { vec![] } else { vec![(100.0, 0.9), (400.0, 0.5)] },
        lambda: 0.0412,
        alpha: 0.5,
        range: (-2.4, 2.2),
        fitted_to: (60, 60, if response { 24 } else { 41 }),
    }
}

fn weight(at: usize) -> f64 {
    [0.9, -0.62, 0.4, -0.21, 0.15, 0.07][at]
}

fn explained(response: bool, random: &mut Random) -> Explained {
    let importance: Vec<ImportanceRow> = (0..6)
        .map(|at| ImportanceRow {
            feature: FEATURES[at].into(),
            mean_shap: 0.8 * weight(at).abs(),
            permutation: Some(0.09 * weight(at).abs() - 0.012),
        })
        .collect();
    let shap = (0..60).map(|_| (0..6).map(|at| weight(at) * random.normal()).collect()).collect();
    let axes = (0..6)
        .map(|at| {
            let rises = weight(at) > 0.0;
            NomogramAxis {
                feature: FEATURES[at].into(),
                ticks: (0..=6)
                    .map(|k| {
                        let share = k as f64 / 6.0;
                        let share = if rises { share } else { 1.0 - share };
                        (-0.6 + 0.2 * k as f64, 100.0 * share * weight(at).abs() / 0.9)
                    })
                    .collect(),
            }
        })
        .collect();
    let total = (0..=10)
        .map(|k| (26.0 * k as f64, (1000.0 * logistic(-3.0 + 0.6 * k as f64)).round() / 1000.0))
        .collect();
    let predicts = if response { "probability of response" } else { "risk of the event by day 540" };
    Explained { importance, shap, nomogram: Some(Nomogram { axes, total, predicts: predicts.into() }) }
}

fn differences(models: &[ModelResult]) -> Vec<Difference> {
    models
        .iter()
        .filter(|m| m.model != ModelKind::Volume)
        .map(|m| Difference {
            model: m.model,
            difference: m.discrimination.map(|d| interval(d.estimate - 0.62, 0.13)),
            status: m.discrimination.is_none().then(|| "the model could not be made".into()),
        })
        .collect()
}

fn claim(claim: ClaimVerdict) -> Claim {
    let reasons = match claim {
        ClaimVerdict::BeyondVolume => vec![
            "permutation p is 0.005, below 0.05".to_owned(),
            "the lower bound of the difference to the change of volume alone is 0.09, above zero".to_owned(),
        ],
        ClaimVerdict::None => vec![
            "permutation p is below 0.05, but the interval of the difference to the change of volume alone reaches from \
             -0.12 to 0.14 and includes zero"
                .to_owned(),
        ],
    };
    Claim {
        claim,
        model: ModelKind::Deltas,
        reasons,
        interval: IntervalMethod {
            name: "patients_through_the_pipeline".into(),
            text: "95 % interval: estimate plus and minus 1.96 standard deviations over resamples of patients, the whole pipeline run on each"
                .into(),
            simulated_coverage: Some((0.93, 0.97)),
        },
    }
}

fn sample_size() -> Vec<SampleSize> {
    [(ModelKind::Volume, 1, 24.0, 38), (ModelKind::Deltas, 31, 0.77, 623)]
        .map(|(model, parameters, events, needed)| SampleSize {
            model,
            parameters,
            events_per_parameter: Some(events),
            r2: 0.288,
            criteria: vec![needed, 2 * needed / 3, 221.min(needed)],
            needed: Some(needed),
            patients: 60,
        })
        .to_vec()
}

fn subgroups(response: bool) -> Vec<SubgroupRow> {
    let row = |column: &str, level: &str, n: usize, at: f64| SubgroupRow {
        column: column.into(),
        level: level.into(),
        n,
        patients: n,
        events: n * 2 / 5,
        discrimination: Some(within(at, 0.2)),
        calibration_in_the_large: response.then_some(0.03),
        suppressed: None,
    };
    let mut all = vec![
        row("sex", "female", 23, 0.81),
        row("sex", "male", 37, 0.86),
        row("site", "north", 25, 0.79),
        row("site", "south", 28, 0.88),
        row("site", "west", 7, 0.5),
    ];
    all[4].suppressed = Some("fewer than 10 patients".into());
    all[4].discrimination = None;
    all[4].calibration_in_the_large = None;
    all
}

fn batches(random: &mut Random) -> Batches {
    let of: Vec<usize> = (0..60).map(|at| [0, 1, 1, 0, 1, 2, 0, 1][at % 8]).collect();
    let counts = (0..3).map(|site| of.iter().filter(|s| **s == site).count()).collect();
    let mut component = |shift: f64, between: f64| Component {
        scores: of
            .iter()
            .map(|site| (shift * (*site as f64 - 1.0) + 3.0 * random.normal(), 2.0 * random.normal()))
            .collect(),
        explained: (0.31, 0.14),
        between_sites: between,
    };
    Batches {
        sites: vec!["north".into(), "south".into(), "west".into()],
        before: component(6.0, 0.42),
        after: Some(component(0.0, 0.03)),
        counts,
        of,
        harmonised: Harmonised {
            in_models: true,
            text: "ComBat, parametric, mean and scale, on the delta features".into(),
        },
    }
}

fn courses(outcomes: &[bool], survival: bool, random: &mut Random) -> Vec<Course> {
    outcomes
        .iter()
        .enumerate()
        .map(|(at, yes)| {
            let good = *yes != survival;
            let mut change: f64 = 0.0;
            let visits = (0..4)
                .map(|visit| {
                    if visit > 0 {
                        change += if good { -14.0 } else { 9.0 } + 13.0 * random.normal();
                        change = change.max(-100.0);
                    }
                    let recist = if change <= -30.0 {
                        "PR"
                    } else if change >= 20.0 {
                        "PD"
                    } else {
                        "SD"
                    };
                    CourseVisit {
                        visit: format!("t{visit}"),
                        day: Some(if visit == 0 {
                            0.0
                        } else {
                            visit as f64 * 42.0 + (5.0 * random.normal()).round()
                        }),
                        diameter_percent: Some(change),
                        volume_percent: Some(2.2 * change),
                        recist: (visit > 0).then(|| recist.into()),
                    }
                })
                .collect();
            Course {
                subject: format!("P{:02}", at + 1),
                lesion: None,
                outcome: (at != 7).then_some(*yes),
                days: survival.then(|| 140.0 + (600.0 * random.uniform()).round()),
                visits,
            }
        })
        .collect()
}

fn kaplan_meier(random: &mut Random) -> KaplanMeier {
    let curves = [("lower score", 17, 30, 520.0), ("higher score", 24, 30, 290.0)]
        .map(|(name, events, n, scale)| {
            let mut days: Vec<(f64, bool)> = (0..n)
                .map(|at| ((-libm::log(1.0 - 0.95 * random.uniform()) * scale).round() + 5.0, at < events))
                .collect();
            days.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut survival = 1.0;
            let mut steps = vec![];
            for (at, (day, event)) in days.iter().enumerate() {
                if *event {
                    survival *= 1.0 - 1.0 / (n - at) as f64;
                    let half = 0.18 * (1.0 - survival).min(0.8);
                    steps.push(CurveStep {
                        days: *day,
                        survival,
                        interval: Some(((survival - half).max(0.0), (survival + half).min(1.0))),
                    });
                }
            }
            Curve {
                name: name.into(),
                n,
                events,
                median: steps.iter().find(|s| s.survival <= 0.5).map(|s| s.days),
                at_risk: (0..=7)
                    .map(|k| {
                        (200.0 * f64::from(k), days.iter().filter(|d| d.0 >= 200.0 * f64::from(k)).count())
                    })
                    .collect(),
                censored: days.iter().filter(|d| !d.1).map(|d| d.0).collect(),
                steps,
            }
        })
        .to_vec();
    let row = |name: &str, at: f64, p: f64| HazardRow {
        name: name.into(),
        hazard_ratio: Some(Interval { estimate: at, lower: at / 1.6, upper: at * 1.6 }),
        p: Some(p),
        status: None,
    };
    let ph = |name: &str, chi: f64, df: usize, p: f64| ProportionalHazards {
        name: name.into(),
        chi_squared: chi,
        df,
        p,
    };
    KaplanMeier {
        split: "the median score (deltas)".into(),
        curves,
        interval: "log-log".into(),
        log_rank: Some(4.31),
        p: Some(0.038),
        hazard_ratio: Some(Interval { estimate: 1.92, lower: 1.03, upper: 3.58 }),
        hazards: vec![
            row("age", 1.08, 0.61),
            row("sex: male", 0.91, 0.7),
            HazardRow {
                name: "stage: IV".into(),
                hazard_ratio: None,
                p: None,
                status: Some("separated".into()),
            },
            row("score of deltas", 1.51, 0.03),
        ],
        proportional: vec![
            ph("age", 0.4, 1, 0.53),
            ph("score of deltas", 3.9, 1, 0.048),
            ph("GLOBAL", 4.6, 3, 0.2),
        ],
    }
}

fn checklist() -> Vec<ChecklistItem> {
    let item = |list: &str, number: &str, item: &str, evidence: Evidence, text: &str| ChecklistItem {
        list: list.into(),
        number: number.into(),
        item: item.into(),
        evidence,
        text: text.into(),
    };
    vec![
        item(
            "METRICS",
            "2",
            "Eligibility criteria that describe a representative population",
            Evidence::Author,
            "only the author can say it",
        ),
        item(
            "METRICS",
            "11",
            "Features that repeat poorly are left out",
            Evidence::Evidenced,
            "122 of 181 features are stable in the gate of 20 patients",
        ),
        item(
            "METRICS",
            "14",
            "Data are split before anything is learnt",
            Evidence::Evidenced,
            "5 repeats of 5 folds by patient, in folds.csv",
        ),
        item(
            "METRICS",
            "28",
            "External testing",
            Evidence::NotDone,
            "no external cohort was scored: see delta cohort apply",
        ),
        item("CLEAR", "8", "Study design", Evidence::Author, "only the author can say it"),
        item(
            "CLEAR",
            "46",
            "Calibration",
            Evidence::Evidenced,
            "slope, intercept and Brier score of each model",
        ),
    ]
}
