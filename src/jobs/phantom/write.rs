//! The files of a pair: `t0/`, `t1/`, `truth/`.

use std::path::Path;

use delta_table::{Table, TableError};
use serde::Serialize;

use super::scan::{Label, NOISE_HU};
use super::truth::{Landmark, LesionTruth};
use super::visit::{VisitSheet, acquisition, write_visit};
use super::{Drawn, Pair, Phantom, PhantomRequest};
use crate::io::{write_displacement, write_labels, write_volume};
use crate::jobs::Failure;
use crate::store::{OutputFolder, StoreError, write_json};

/// Writes a pair into a folder under construction.
pub fn write(pair: &Phantom, out: &OutputFolder) -> Result<(), Failure> {
    let PhantomRequest { seed, pair: kind, drawn, size } = pair.request;
    let sheet = |visit, day, labels| VisitSheet {
        subject: format!("phantom-{seed}"),
        visit,
        day,
        labels,
        absent: Vec::new(),
        acquisition: acquisition(size),
    };
    write_visit(out, "t0", &sheet("t0", 0.0, &Label::AT_BASELINE), &pair.t0.image, Some(&pair.t0.labels))?;
    let mask = pair.drawn_at_followup();
    write_visit(out, "t1", &sheet("t1", kind.days(), drawn.labels()), &pair.t1.image, mask.as_ref())?;
    write_truth(pair, out)
}

/// What `truth.json` says.
#[derive(Serialize)]
struct TruthFile<'a> {
    schema: u32,
    seed: u64,
    pair: Pair,
    drawn: Drawn,
    spacing_mm: [f64; 3],
    noise_sd_hu: f64,
    lesion_volume_log_ratio: f64,
    lesion_volume: &'a LesionTruth,
    jacobian_min: f64,
    jacobian_max: f64,
    labels: Vec<LabelTruth>,
}

/// A label of the masks.
#[derive(Serialize)]
struct LabelTruth {
    label: u32,
    name: &'static str,
    volume_ml_t0: f64,
    volume_ml_t1: f64,
}

fn write_truth(pair: &Phantom, out: &OutputFolder) -> Result<(), Failure> {
    let file = |file: &str| out.file(&format!("truth/{file}"));
    let truth = &pair.truth;
    write_displacement(&file("displacement.nii.gz")?, &truth.displacement)?;
    write_labels(&file("t1_mask.nii.gz")?, &pair.t1.labels)?;
    write_volume(&file("t0_noise_free.nii.gz")?, &pair.t0.noise_free)?;
    write_volume(&file("t1_noise_free.nii.gz")?, &pair.t1.noise_free)?;
    let path = file("landmarks.csv")?;
    write_landmarks(&path, &truth.landmarks).map_err(|e| StoreError::at(&path)(std::io::Error::other(e)))?;
    let label_truth = |&label: &Label| LabelTruth {
        label: label.number(),
        name: label.name(),
        volume_ml_t0: pair.t0.labelled_ml(label),
        volume_ml_t1: pair.t1.labelled_ml(label),
    };
    let record = TruthFile {
        schema: 1,
        seed: pair.request.seed,
        pair: pair.request.pair,
        drawn: pair.request.drawn,
        spacing_mm: pair.request.size.spacing_mm(),
        noise_sd_hu: NOISE_HU,
        lesion_volume_log_ratio: truth.lesion.log_ratio,
        lesion_volume: &truth.lesion,
        jacobian_min: truth.jacobian[0],
        jacobian_max: truth.jacobian[1],
        labels: Label::AT_BASELINE.iter().map(label_truth).collect(),
    };
    write_json(&file("truth.json")?, &record)?;
    Ok(())
}

/// `id, fixed_x, ..., moving_z, region` in RAS millimetres, rounded to a micrometre.
fn write_landmarks(path: &Path, landmarks: &[Landmark]) -> Result<(), TableError> {
    let mut table = Table::new();
    let ids: Vec<String> = (0..landmarks.len()).map(|n| n.to_string()).collect();
    table.text("id", ids.iter().map(|id| Some(id.as_str())));
    for (n, column) in
        ["fixed_x", "fixed_y", "fixed_z", "moving_x", "moving_y", "moving_z"].into_iter().enumerate()
    {
        let place = |l: &Landmark| if n < 3 { l.fixed.point()[n] } else { l.moving.point()[n - 3] };
        table.numbers(column, landmarks.iter().map(|l| Some((place(l) * 1e3).round() / 1e3)))?;
    }
    table.text("region", landmarks.iter().map(|l| Some(l.region)));
    table.write_csv(path)
}

#[cfg(test)]
mod tests {
    use super::super::{Size, make};
    use super::*;
    use crate::io::landmarks::read_landmarks;
    use crate::io::{ReadOptions, VisitSource, read_displacement, read_visit};
    use crate::store::{Existing, hash_tree};

    #[test]
    fn a_written_pair_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let request =
            PhantomRequest { seed: 4, pair: Pair::Serial, drawn: Drawn::Lesion, size: Size::Standard };
        make(&request, &at("pair"), Existing::Keep).unwrap();
        let pair = super::super::phantom(request);
        let options = ReadOptions::default();

        let t0 = read_visit(&VisitSource::new(at("pair/t0")), &options).unwrap();
        assert_eq!(t0.image.values(), pair.t0.image.values());
        assert_eq!(t0.image.grid(), &pair.t0.image.grid().in_frame());
        let names: Vec<&str> = t0.structures.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, Label::AT_BASELINE.map(Label::name));
        for (structure, label) in t0.structures.iter().zip(Label::AT_BASELINE) {
            assert!((structure.mask.volume_ml() - pair.t0.labelled_ml(label)).abs() < 1e-9);
            assert_eq!(structure.role, Some(label.role()));
        }
        let t1 = read_visit(&VisitSource::new(at("pair/t1")), &options).unwrap();
        assert_eq!(t1.image.values(), pair.t1.image.values());
        assert_eq!(t1.structures.len(), 1);
        assert_eq!(t0.when.days_until(t1.when), Some(56.0));

        let field = read_displacement(&at("pair/truth/displacement.nii.gz"), &options).unwrap();
        assert_eq!(field.values(), pair.truth.displacement.values());
        let landmarks = read_landmarks(&at("pair/truth/landmarks.csv")).unwrap();
        for (read, made) in landmarks.iter().zip(&pair.truth.landmarks) {
            assert!(read.fixed.distance(made.fixed) < 1e-3 && read.moving.distance(made.moving) < 1e-3);
        }
        assert_eq!(landmarks.len(), pair.truth.landmarks.len());

        // The same bytes again, and without contours no mask.
        let begin = |name: &str| OutputFolder::begin(&at(name), Existing::Keep).unwrap();
        let again = begin("again");
        write(&pair, &again).unwrap();
        again.publish().unwrap();
        assert_eq!(hash_tree(&at("pair")).unwrap(), hash_tree(&at("again")).unwrap());

        let bare = begin("bare");
        let request = PhantomRequest { drawn: Drawn::None, ..request };
        write(&Phantom { request, ..pair }, &bare).unwrap();
        bare.publish().unwrap();
        assert!(!at("bare/t1/mask.nii.gz").exists());
        let t1 = read_visit(&VisitSource::new(at("bare/t1")), &options).unwrap();
        assert!(t1.structures.is_empty());
    }
}
