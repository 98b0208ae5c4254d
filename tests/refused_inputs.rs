//! Bad scans, masks and visits are refused under their code, with a fact and a hint.

mod bad_inputs;

use delta_radiomics::diagnose::Diagnose;
use delta_radiomics::io::inspect::inspect;
use delta_radiomics::io::{NiftiForm, ReadOptions, VisitSource, read_scan, read_visit};

use bad_inputs::{Folder, Raw, bad_inputs, good_visit};

#[test]
fn every_bad_input_is_refused_under_its_code() {
    let root = tempfile::tempdir().unwrap();
    let inputs = bad_inputs(root.path());
    assert!(inputs.len() >= 100, "{} rows", inputs.len());
    let mut wrong = Vec::new();
    for input in inputs {
        match read_visit(&VisitSource::new(&input.visit), &ReadOptions::default()) {
            Ok(_) => wrong.push(format!("{}: accepted, not {}", input.name, input.code)),
            Err(error) => {
                let text = error.to_string();
                let rooted = text.starts_with(&*input.visit.to_string_lossy());
                if error.code() != input.code || error.hint().is_empty() || !rooted || text.contains('\n') {
                    wrong.push(format!("{}: {} {text}, not {}", input.name, error.code(), input.code));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn inspect_tells_every_bad_input_without_failing() {
    let root = tempfile::tempdir().unwrap();
    for input in bad_inputs(root.path()) {
        let found = inspect(&VisitSource::new(&input.visit), &ReadOptions::default());
        assert!(found.problems.iter().any(|p| p.code == input.code), "{}: {:?}", input.name, found.problems);
    }
}

#[test]
fn the_good_visit_beside_them_is_accepted() {
    let root = tempfile::tempdir().unwrap();
    let folder = good_visit(root.path(), "good", "visit = \"t0\"").0;
    let visit = read_visit(&VisitSource::new(folder), &ReadOptions::default()).unwrap();
    assert_eq!((visit.name.as_str(), visit.structures[0].mask.count()), ("t0", 30));
}

#[test]
fn every_bit_flip_of_a_compressed_scan_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let packed = Raw::scan().gzip();
    let good =
        read_scan(&Folder::new(root.path(), "a").put("x", &packed).0.join("x"), &ReadOptions::default())
            .unwrap()
            .volume;
    // Bytes 4 to 9 of a gzip header are time, effort and system: no content. A few other bits mean nothing either
    // (the flag that says "text", the padding of the last block): then nothing may have changed.
    let mut accepted = 0;
    for at in (0..packed.len()).filter(|at| !(4..10).contains(at)) {
        for bit in 0..8 {
            let mut bytes = packed.clone();
            bytes[at] ^= 1 << bit;
            let path = Folder::new(root.path(), "a").put("x", bytes).0.join("x");
            if let Ok(scan) = read_scan(&path, &ReadOptions::default()) {
                assert_eq!(scan.volume, good, "bit {bit} of byte {at}");
                accepted += 1;
            }
        }
    }
    assert!(accepted <= 12, "{accepted}");
}

#[test]
fn every_truncation_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    for bytes in [Raw::scan().gzip(), Raw::scan().plain()] {
        for length in 0..bytes.len() {
            let path = Folder::new(root.path(), "a").put("x", &bytes[..length]).0.join("x");
            assert!(read_scan(&path, &ReadOptions::default()).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn the_form_that_the_user_names_decides() {
    let root = tempfile::tempdir().unwrap();
    let bytes = Raw::scan().with(|r| _ = r.f32(268, -2.0)).gzip();
    let path = Folder::new(root.path(), "a").put("x.nii", bytes).0.join("x.nii");
    let first = |form| {
        let scan =
            read_scan(&path, &ReadOptions { nifti_form: Some(form), ..ReadOptions::default() }).unwrap();
        scan.volume.grid().centre_of([0; 3]).point().x
    };
    assert_eq!((first(NiftiForm::Sform), first(NiftiForm::Qform)), (-3.0, -2.0));
}
