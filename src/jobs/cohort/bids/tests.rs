//! Data sets of empty files: names alone decide.

use std::path::Path;

use super::*;

/// A data set of empty files and of tables.
fn dataset(files: &[&str], tables: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let tables = tables.iter().map(|(path, text)| (*path, *text));
    for (path, text) in files.iter().map(|path| (*path, "")).chain(tables) {
        let path = dir.path().join("data").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn import_in(dir: &Path, suffix: Option<&str>, mask: Option<&str>) -> Result<(Imported, String), Failure> {
    let request = BidsRequest {
        folder: dir.join("data"),
        out: dir.join("manifest.csv"),
        suffix: suffix.map(str::to_owned),
        mask: mask.map(str::to_owned),
        modality: None,
        existing: Existing::Replace,
    };
    let imported = import(&request)?;
    let text = std::fs::read_to_string(&request.out).unwrap();
    Ok((imported, text))
}

#[test]
fn sessions_become_visits_with_dates_and_the_first_is_the_baseline() {
    let dir = dataset(
        &[
            "sub-01/ses-b/anat/sub-01_ses-b_T1w.nii.gz",
            "sub-01/ses-b/anat/sub-01_ses-b_T1w_mask.nii.gz",
            "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz",
            "sub-01/ses-a/func/sub-01_ses-a_bold.nii.gz",
            "sub-02/ct/sub-02_ct.nii.gz",
            "derivatives/seg/sub-02/ct/sub-02_dseg.nii.gz",
            "sub-03/anat/sub-03_T1w.nii.gz",
        ],
        &[
            ("sub-01/sub-01_sessions.tsv", "session_id\tacq_time\nses-a\t2024-05-01T10:00:00\nses-b\tn/a\n"),
            (
                "sub-01/ses-b/sub-01_ses-b_scans.tsv",
                "filename\tacq_time\nanat/sub-01_ses-b_T1w.nii.gz\t2024-03-01T09:30:00\n",
            ),
            ("participants.tsv", "participant_id\tage\tgroup\nsub-01\t50\tcase, new\nsub-02\t40\tn/a\n"),
        ],
    );
    let (imported, text) = import_in(dir.path(), None, None).unwrap();
    assert_eq!(
        text,
        "subject,visit,date,image,mask,baseline,modality,group\n\
         sub-01,ses-b,2024-03-01,data/sub-01/ses-b/anat/sub-01_ses-b_T1w.nii.gz,\
         data/sub-01/ses-b/anat/sub-01_ses-b_T1w_mask.nii.gz,true,MR,\"case, new\"\n\
         sub-01,ses-a,2024-05-01,data/sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz,,false,MR,\"case, new\"\n\
         sub-02,t0,,data/sub-02/ct/sub-02_ct.nii.gz,data/derivatives/seg/sub-02/ct/sub-02_dseg.nii.gz,true,CT,\n"
    );
    assert_eq!((imported.subjects, imported.visits, imported.masks, imported.dates), (2, 3, 2, 2));
    assert_eq!(imported.left_out, ["sub-03: no session has a mask"]);
    assert_eq!(imported.notes, Vec::<String>::new());
}

#[test]
fn without_dates_the_first_by_name_is_the_baseline_and_that_is_said() {
    let dir = dataset(
        &[
            "sub-1/ses-10/pet/sub-1_ses-10_pet.nii.gz",
            "sub-1/ses-2/pet/sub-1_ses-2_pet.nii.gz",
            "sub-1/ses-2/pet/sub-1_ses-2_mask.nii.gz",
        ],
        &[("sub-1/sub-1_sessions.tsv", "session_id\tacq_time\nses-10\t2020-01-01\n")],
    );
    let (imported, text) = import_in(dir.path(), None, None).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert!(rows[0].starts_with("sub-1,ses-2,,") && rows[0].contains(",true,PT"), "{text}");
    assert!(rows[1].starts_with("sub-1,ses-10,,"), "one date alone orders nothing: {text}");
    assert!(imported.notes[0].contains("first by name") && imported.notes[0].contains("sub-1"));
}

#[test]
fn several_images_or_masks_are_an_error_that_lists_the_endings() {
    let dir = dataset(
        &[
            "sub-1/anat/sub-1_T1w.nii.gz",
            "sub-1/anat/sub-1_T2w.nii.gz",
            "derivatives/a/sub-1/anat/sub-1_space-T1w_desc-lesion_mask.nii.gz",
            "derivatives/a/sub-1/anat/sub-1_space-T1w_desc-brain_mask.nii.gz",
        ],
        &[],
    );
    let failure = import_in(dir.path(), None, None).unwrap_err();
    assert_eq!(failure.code, "E-BIDS-IMAGES");
    assert!(failure.fact.contains("T1w (1), T2w (1)") && failure.hint.contains("--suffix"), "{failure}");
    let failure = import_in(dir.path(), Some("T1w"), None).unwrap_err();
    assert_eq!(failure.code, "E-BIDS-MASKS");
    assert!(failure.fact.contains("space-T1w_desc-lesion_mask (1)"), "{failure}");
    let failure = import_in(dir.path(), Some("T3w"), None).unwrap_err();
    assert_eq!(failure.code, "E-BIDS-ENDING");
    let (_, text) = import_in(dir.path(), Some("T1w"), Some("desc-lesion_mask")).unwrap();
    assert!(
        text.contains(
            "sub-1_T1w.nii.gz,data/derivatives/a/sub-1/anat/sub-1_space-T1w_desc-lesion_mask.nii.gz"
        )
    );
}

#[test]
fn a_mask_beside_two_images_goes_with_the_one_that_it_names() {
    let dir = dataset(
        &[
            "sub-1/anat/sub-1_T1w.nii.gz",
            "sub-1/anat/sub-1_T1w_mask.nii.gz",
            "sub-1/anat/sub-1_T2w.nii.gz",
            "sub-1/anat/sub-1_T2w_mask.nii.gz",
        ],
        &[],
    );
    let (_, text) = import_in(dir.path(), Some("T2w"), None).unwrap();
    assert!(text.contains("sub-1_T2w_mask") && !text.contains("T1w"), "{text}");
    std::fs::remove_file(dir.path().join("data/sub-1/anat/sub-1_T2w_mask.nii.gz")).unwrap();
    let failure = import_in(dir.path(), Some("T2w"), None).unwrap_err();
    assert!(failure.code == "E-BIDS-EMPTY", "that of the other image is not taken: {failure}");
}

#[test]
fn what_is_no_data_set_and_an_existing_manifest_are_refused() {
    let dir = dataset(&["readme.txt"], &[]);
    assert_eq!(import_in(dir.path(), None, None).unwrap_err().code, "E-BIDS-FOLDER");
    let dir = dataset(&["sub-1/anat/sub-1_T1w.nii.gz"], &[]);
    assert_eq!(import_in(dir.path(), None, None).unwrap_err().code, "E-BIDS-EMPTY");
    std::fs::write(dir.path().join("manifest.csv"), "mine").unwrap();
    let request = BidsRequest {
        folder: dir.path().join("data"),
        out: dir.path().join("manifest.csv"),
        suffix: None,
        mask: None,
        modality: None,
        existing: Existing::Keep,
    };
    assert_eq!(import(&request).unwrap_err().code, "E-OUT-OCCUPIED");
}

#[test]
fn numbers_in_names_are_compared_as_numbers() {
    let mut names = ["ses-10", "ses-2", "ses-02", "ses-pre", "ses-1b", "ses-1"];
    names.sort_by(|a, b| natural(a, b));
    assert_eq!(names, ["ses-1", "ses-1b", "ses-02", "ses-2", "ses-10", "ses-pre"]);
}
