//! Command lines that must be refused, beside the bad visits: protocols, gates, landmarks, names, words.

use std::path::Path;

use crate::bad_inputs::{Folder, Raw, good_visit};

/// A command that must be refused.
pub struct Row {
    /// What is wrong.
    pub name: String,
    /// Arguments of the program, in the working folder that holds `good`, `later` and the bad files.
    pub arguments: Vec<String>,
    /// Exit code.
    pub exit: i32,
    /// Code word on standard error; for what the command line's parser refuses, what it says.
    pub code: &'static str,
    /// What the message must name: the file, or the misspelt word and what was meant.
    pub named: Vec<String>,
}

/// A run of two good visits that is refused for what `more` says.
pub fn row(name: &str, more: &[&str], (exit, code): (i32, &'static str), named: &[&str]) -> Row {
    let start = ["run", "--baseline", "good", "--followup", "later", "--no-register"];
    Row {
        name: name.into(),
        arguments: start.iter().chain(more).map(ToString::to_string).collect(),
        exit,
        code,
        named: named.iter().map(ToString::to_string).collect(),
    }
}

/// What `visit.toml` of the good visits says after their names.
pub const REGION: &str =
    "modality = \"CT\"\nunits = \"HU\"\nsubject = \"P1\"\n[[roi]]\nlabel = 1\nname = \"lesion\"";

/// The visits that all rows share.
pub fn put_good_visits(here: &Path) {
    good_visit(here, "good", &format!("visit = \"t0\"\n{REGION}"));
    good_visit(here, "later", &format!("visit = \"t1\"\n{REGION}"));
    good_visit(here, "stranger", &format!("visit = \"t1\"\n{}", REGION.replace("P1", "P2")));
    Folder::new(here, "bare").put("image.nii.gz", Raw::scan().gzip());
    Folder::new(here, "occupied").put("diary.txt", "mine");
}

/// Protocol files with one fault each.
pub fn protocols(here: &Path) -> Vec<Row> {
    let ct = include_str!("../../protocols/ct.toml");
    let swap = |from: &str, to: &str| {
        assert!(ct.contains(from), "{from}");
        ct.replacen(from, to, 1)
    };
    [
        ("key", swap("spacing_mm =", "spacing ="), "E-PROTOCOL-KEY", "spacing_mm"),
        ("section", swap("[discretise]", "[discretize]"), "E-PROTOCOL-KEY", "discretise"),
        (
            "tolerance",
            swap("slice_thickness_mm =", "slice_thicknes_mm ="),
            "E-PROTOCOL-KEY",
            "slice_thickness_mm",
        ),
        ("word", swap("\"linear\"", "\"linaer\""), "E-PROTOCOL-VALUE", "linear"),
        ("preset", swap("\"thorax_abdomen\"", "\"thorax\""), "E-PROTOCOL-VALUE", "thorax_abdomen"),
        ("method", swap("\"fixed_bin_size\"", "\"fixed_bin_sise\""), "E-PROTOCOL-VALUE", "fixed_bin_size"),
        ("aggregation", swap("\"3D_avg\"", "\"3D_average\""), "E-PROTOCOL-VALUE", "3D_avg"),
        ("units", swap("\"HU\"", "\"Hu\""), "E-PROTOCOL-VALUE", "HU"),
        ("range", swap("[-1000, 3000]", "[3000, -1000]"), "E-PROTOCOL-VALUE", "range"),
        ("bin", swap("size = 25", "size = 0"), "E-PROTOCOL-VALUE", "size"),
        ("spacing", swap("spacing_mm = 1", "spacing_mm = -1"), "E-PROTOCOL-VALUE", "spacing_mm"),
        ("infinite", swap("spacing_mm = 1", "spacing_mm = inf"), "E-PROTOCOL-VALUE", "spacing_mm"),
        ("schema", swap("schema = 1", "schema = 2"), "E-PROTOCOL-SCHEMA", "schema"),
        ("syntax", swap("[sampling]", "[sampling"), "E-PROTOCOL-SYNTAX", "line"),
    ]
    .into_iter()
    .map(|(fault, text, code, near)| {
        let file = format!("protocol_{fault}.toml");
        std::fs::write(here.join(&file), text).unwrap();
        row(&format!("protocol_{fault}"), &["--protocol", &file], (3, code), &[&file, near])
    })
    .chain([
        row("protocol_name", &["--protocol", "cd"], (3, "E-PROTOCOL-NAME"), &["`ct`"]),
        row("protocol_missing", &["--protocol", "my.toml"], (3, "E-PROTOCOL-FILE"), &["my.toml"]),
    ])
    .collect()
}

/// Gates with one fault each; `good` is the text of one that serves.
pub fn gates(here: &Path, good: &str) -> Vec<Row> {
    let gate: serde_json::Value = serde_json::from_str(good).unwrap();
    let with = |key: &str, value: serde_json::Value| {
        let mut gate = gate.clone();
        gate[key] = value;
        gate.to_string()
    };
    let entry = |key: &str, value: serde_json::Value| {
        let mut gate = gate.clone();
        gate["features"].as_object_mut().unwrap().values_mut().next().unwrap()[key] = value;
        gate.to_string()
    };
    [
        ("hash", with("measurement_hash", "ab".repeat(32).into()), "E-GATE-HASH", "abab"),
        ("modality", with("modality", "MR".into()), "E-GATE-MODALITY", "MR"),
        ("newer", with("schema", 2.into()), "E-GATE-SCHEMA", "schema 2"),
        ("key", good.replacen("icc_threshold", "icc_treshold", 1), "E-GATE-FORM", "icc_threshold"),
        ("word", with("icc_bound", "lowr".into()), "E-GATE-FORM", "lower"),
        ("threshold", with("icc_threshold", 7.into()), "E-GATE-VALUE", "icc_threshold"),
        ("negative", entry("wsd", (-1).into()), "E-GATE-VALUE", "lesion/"),
        ("rc", entry("rc", 1e9.into()), "E-GATE-VALUE", "lesion/"),
        ("cut", good[..good.len() / 2].to_owned(), "E-GATE-FORM", "line"),
        ("empty", String::new(), "E-GATE-FORM", "line"),
    ]
    .into_iter()
    .map(|(fault, text, code, near)| {
        let file = format!("gate_{fault}.json");
        std::fs::write(here.join(&file), text).unwrap();
        row(&format!("gate_{fault}"), &["--gate", &file], (3, code), &[&file, near])
    })
    .chain([row("gate_missing", &["--gate", "no.json"], (3, "E-GATE-FILE"), &["no.json"])])
    .collect()
}

/// Tables of landmarks with one fault each.
pub fn landmarks(here: &Path) -> Vec<Row> {
    let head = "id,fixed_x,fixed_y,fixed_z,moving_x,moving_y,moving_z";
    [
        ("columns", "id,x,y,z\na,1,2,3\n".to_owned(), "E-LANDMARKS-TABLE"),
        ("gap", format!("{head}\na,1,2,3,4,5,\n"), "E-LANDMARKS-NUMBER"),
        ("infinite", format!("{head}\na,1,2,3,4,5,inf\n"), "E-LANDMARKS-NUMBER"),
        ("word", format!("{head}\na,1,2,3,4,5,six\n"), "E-LANDMARKS-TABLE"),
        ("frame", format!("{head},frame\na,1,2,3,4,5,6,scanner\n"), "E-LANDMARKS-FRAME"),
        ("none", format!("{head}\n"), "E-LANDMARKS-EMPTY"),
    ]
    .into_iter()
    .map(|(fault, text, code)| {
        let file = format!("landmarks_{fault}.csv");
        std::fs::write(here.join(&file), text).unwrap();
        row(&format!("landmarks_{fault}"), &["--landmarks", &file], (3, code), &[&file])
    })
    .chain([row("landmarks_missing", &["--landmarks", "no.csv"], (3, "E-FILE-MISSING"), &["no.csv"])])
    .collect()
}

/// Words of the command line, and folders that do not go together.
pub fn commands() -> Vec<Row> {
    let run = |name: &str, arguments: &[&str], end, named: &[&str]| Row {
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..row(name, &[], end, named)
    };
    let other = |name: &str, (baseline, followup): (&str, &str), more: &[&str], end, named: &[&str]| {
        run(name, &[&["run", "--baseline", baseline, "--followup", followup], more].concat(), end, named)
    };
    vec![
        row("preset", &["--preset", "thorax_abdomn"], (2, "E-RUN-WORD"), &["thorax_abdomen?"]),
        row("modality", &["--modality", "CTT"], (2, "E-RUN-WORD"), &["CT?"]),
        row("units", &["--units", "SUVs"], (2, "E-RUN-WORD"), &["SUV?"]),
        row("lesion", &["--lesion", "tumour"], (2, "E-RUN-LESION"), &["tumour", "lesion"]),
        row(
            "too_many_masks",
            &["--followup-mask", "good/mask.nii.gz", "--followup-mask", "later/mask.nii.gz"],
            (2, "E-RUN-MASKS"),
            &["2 follow-up masks", "1 follow-up"],
        ),
        row("mask_missing", &["--followup-mask", "no.nii.gz"], (3, "E-FILE-MISSING"), &["no.nii.gz"]),
        row("occupied", &["--out", "occupied"], (3, "E-OUT-OCCUPIED"), &["occupied", "--force"]),
        row("out_is_a_file", &["--out", "occupied/diary.txt"], (3, "E-OUT-OCCUPIED"), &["diary.txt"]),
        row("from_and_no_register", &["--from", "done"], (2, "cannot be used with"), &["--no-register"]),
        row("option", &["--folowup", "later"], (2, "unexpected argument"), &["--followup"]),
        row("no_threads", &["-j", "0"], (2, "invalid value"), &["0"]),
        run("verb", &["rum"], (2, "unrecognized subcommand"), &["run"]),
        run("no_followup", &["run", "--baseline", "good"], (2, "required"), &["--followup"]),
        run("feature", &["features", "show", "cm_contrst"], (2, "E-FEATURE-NAME"), &["cm_contrast?"]),
        run(
            "ibsi_folder",
            &["selftest", "--ibsi", "occupied"],
            (3, "E-SELFTEST-FOLDER"),
            &["occupied", "reference_values.csv", "ct_phantom_mask.nii.gz"],
        ),
        run(
            "report_occupied",
            &["selftest", "--report", "occupied/diary.txt"],
            (3, "E-OUT-OCCUPIED"),
            &["diary.txt", "--force"],
        ),
        run("result_missing", &["verify", "good"], (3, "E-VERIFY-RUN"), &["good"]),
        other(
            "stranger",
            ("good", "stranger"),
            &["--no-register"],
            (3, "E-RUN-SUBJECT"),
            &["stranger", "P2"],
        ),
        other("no_mask", ("good", "bare"), &["--no-register"], (3, "E-RUN-NO-MASK"), &["bare"]),
        other("no_region", ("bare", "bare"), &[], (3, "E-RUN-NO-REGION"), &["bare"]),
    ]
}

/// Earlier results that cannot be taken up again. `done` was made without registration; a copy claims one.
pub fn earlier_results(here: &Path) -> Vec<Row> {
    let done = std::fs::read_to_string(here.join("done/run.json")).unwrap();
    let claims = done.replacen("\"alignment\": {}", "\"alignment\": { \"t1 -> t0\": \"PASS\" }", 1);
    assert_ne!(done, claims);
    Folder::new(here, "hollow").put("run.json", &claims);
    Folder::new(here, "cut").put("run.json", &claims[..claims.len() / 2]);
    let other = Raw::scan().with(|r| r.voxels[0] ^= 1).gzip();
    good_visit(here, "rescan", &format!("visit = \"t1\"\n{REGION}")).put("image.nii.gz", other);
    [
        ("of_nothing", "occupied", "later", "generic", "no result"),
        ("of_a_cut_record", "cut", "later", "generic", "no result"),
        ("unregistered", "done", "later", "thorax_abdomen", "without registration"),
        ("with_other_settings", "hollow", "later", "brain", "other settings"),
        ("of_another_image", "hollow", "rescan", "thorax_abdomen", "image of t1"),
        ("without_its_files", "hollow", "later", "thorax_abdomen", "qa.json"),
    ]
    .map(|(fault, earlier, followup, preset, fact)| Row {
        arguments: [
            "run",
            "--baseline",
            "good",
            "--followup",
            followup,
            "--from",
            earlier,
            "--preset",
            preset,
        ]
        .map(String::from)
        .into(),
        ..row(&format!("from_{fault}"), &[], (3, "E-RUN-FROM"), &[earlier, fact])
    })
    .into()
}

/// Names that would do harm in a path, a table, a terminal or a page, wherever a name can stand.
pub fn names(here: &Path) -> Vec<Row> {
    let long = "x".repeat(65);
    let hostile = [
        ("path", "../evil"),
        ("backslash", "a\\b"),
        ("line", "a\nb"),
        ("escape", "a\u{1b}[2J"),
        ("markup", "<script>alert(1)</script>"),
        ("formula", "=1+1"),
        ("option", "-rf"),
        ("turned", "a\u{202e}b"),
        ("blank", " "),
        ("long", long.as_str()),
    ];
    let mut rows = Vec::new();
    for (fault, name) in hostile {
        let subject = format!("--subject={name}");
        rows.push(row(&format!("subject_{fault}"), &[&subject], (2, "E-NAME"), &["subject"]));
        for key in ["subject", "visit"] {
            let folder = format!("{key}_{fault}_in_toml");
            let rest = REGION.replace("subject = \"P1\"\n", "");
            good_visit(here, &folder, &format!("{key} = {}\n{rest}", toml::Value::from(name)));
            let more = ["--followup", &folder];
            rows.push(row(&folder, &more, (3, "E-NAME"), &[&format!("{folder}/visit.toml")]));
        }
        if !name.contains('\n') && !name.trim().is_empty() {
            let folder = format!("dseg_{fault}");
            good_visit(here, &folder, "").put("dseg.tsv", format!("index\tname\n1\t{name}\n"));
            let more = ["--followup", &folder];
            rows.push(row(&folder, &more, (3, "E-NAME"), &[&format!("{folder}/dseg.tsv")]));
        }
        if !name.contains('/') {
            let folder = format!("mask_name_{fault}");
            Folder::new(here, &folder)
                .put("image.nii.gz", Raw::scan().gzip())
                .put(&format!("masks/{name}.nii.gz"), Raw::mask().gzip());
            rows.push(row(&folder, &["--followup", &folder], (3, "E-NAME"), &[&format!("{folder}/masks/")]));
        }
    }
    rows
}
