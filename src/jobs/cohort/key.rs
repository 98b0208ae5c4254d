//! A patient's key: a hash of all that its result depends on, and of nothing else.
//!
//! Equal keys give equal bytes. Where the scans lie, in which row of the manifest they are, and who else is in the
//! study are no part of it; a changed voxel of a mask is.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::features::settings::DEFINITIONS;
use crate::io::MaskPath;
use crate::jobs::Failure;
use crate::jobs::run::{KnownHashes, RunRequest, VisitRequest, file_name, hash_of, is_mask_of_a_result};
use crate::protocol::Protocol;
use crate::visit::When;

/// Digits of the hash in a folder's name.
const SHOWN: usize = 12;

/// What measures.
#[derive(Clone, Copy)]
struct Program {
    version: &'static str,
    definitions: u32,
}

/// What a patient's result stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientKey {
    subject: String,
    sha256: String,
}

/// All that a patient's result depends on, beside the program.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The subject.
    pub subject: &'a str,
    /// What is asked of it.
    pub request: &'a RunRequest,
    /// What `request.protocol` names.
    pub protocol: &'a Protocol,
    /// Of `request.gate`.
    pub gate_sha256: Option<&'a str>,
    /// Those of each visit.
    pub files: &'a [Vec<PathBuf>],
    /// The hashes of all of them.
    pub known: &'a KnownHashes,
}

impl PatientKey {
    /// The key of a patient.
    pub fn of(basis: Basis) -> Result<Self, Failure> {
        Self::by(Program { version: env!("CARGO_PKG_VERSION"), definitions: DEFINITIONS }, basis)
    }

    /// The key that a version of the program gives.
    fn by(program: Program, basis: Basis) -> Result<Self, Failure> {
        let Basis { subject, request, protocol, gate_sha256, files, known } = basis;
        let visits = request.visits.iter().zip(files).map(|(visit, files)| of_visit(visit, files, known));
        let visits: Vec<Value> = visits.collect::<Result<_, _>>()?;
        let sha256 = hash_of(&json!({
            "version": program.version,
            "definitions": program.definitions,
            "subject": subject,
            "protocol": protocol,
            "protocol_name": file_name(&protocol.name),
            "sampling": &request.sampling,
            "gate": gate_sha256,
            "asked": crate::jobs::run::described(request),
            "visits": visits,
        }));
        Ok(Self { subject: subject.to_owned(), sha256 })
    }
}

/// The name of the patient's folder: `P001-0123456789ab`.
impl fmt::Display for PatientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.subject, &self.sha256[..SHOWN])
    }
}

/// Whether a folder of this name is one of the subject's, under whatever key.
pub fn is_folder_of(name: &str, subject: &str) -> bool {
    let hash = name.strip_prefix(subject).and_then(|rest| rest.strip_prefix('-'));
    hash.is_some_and(|hash| hash.len() == SHOWN && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn of_visit(visit: &VisitRequest, files: &[PathBuf], known: &KnownHashes) -> Result<Value, Failure> {
    let when = match visit.when {
        None => Value::Null,
        Some(When::Unknown) => json!("unknown"),
        Some(When::Date(days)) => json!({ "date": days }),
        Some(When::Day(day)) => json!({ "day": day }),
        Some(When::Scanned { study, acquisition }) => json!({ "scanned": [study, acquisition] }),
    };
    // The names of the files tell which of them is the image, and stand in the record of the run.
    let mut contents = Vec::new();
    for file in files {
        contents.push(json!([name(file), known.of(file)?]));
    }
    let rois: Vec<String> = visit.source.rois.iter().map(|roi| format!("{roi:?}")).collect();
    Ok(json!({
        "name": visit.name,
        "when": when,
        "modality": visit.modality,
        "units": visit.units,
        "rois": rois,
        "series": visit.source.series,
        "region": visit.source.mask.as_deref().and_then(|mask| MaskPath::of(mask).roi),
        "is_folder": visit.source.path.is_dir(),
        "mask_given": visit.source.mask.is_some(),
        "mask_of_a_result": visit.source.mask.as_deref().is_some_and(is_mask_of_a_result),
        "files": contents,
    }))
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::VisitSource;
    use crate::record::Modality;

    struct Scene {
        request: RunRequest,
        protocol: Protocol,
        files: Vec<Vec<PathBuf>>,
        known: KnownHashes,
    }

    /// Two visits below a folder, all files with the content `of`.
    fn scene(folder: &str, of: &str) -> Scene {
        let place = |visit: &str, file: &str| PathBuf::from(folder).join(visit).join(file);
        let visit = |name: &str| VisitRequest {
            name: Some(name.into()),
            ..VisitRequest::new(VisitSource::with_mask(place(name, "image.nii"), place(name, "mask.nii")))
        };
        let files: Vec<Vec<PathBuf>> =
            ["t0", "t1"].map(|v| vec![place(v, "image.nii"), place(v, "mask.nii")]).into();
        let known = files.iter().flatten().map(|file| (file.clone(), of.to_owned())).collect();
        let request = RunRequest::new(vec![visit("t0"), visit("t1")]);
        Scene { request, protocol: Protocol::load("ct").unwrap(), files, known }
    }

    impl Scene {
        fn basis(&self) -> Basis<'_> {
            let Self { request, protocol, files, known } = self;
            Basis { subject: "P1", request, protocol, gate_sha256: None, files, known }
        }
    }

    fn key(scene: &Scene) -> String {
        PatientKey::of(scene.basis()).unwrap().to_string()
    }

    #[test]
    fn a_key_is_of_content_and_not_of_place() {
        assert_eq!(key(&scene("/here", "aa")), key(&scene("/there", "aa")));
        assert!(is_folder_of(&key(&scene("/here", "aa")), "P1"));
        assert_ne!(key(&scene("/here", "aa")), key(&scene("/here", "ab")));
    }

    #[test]
    fn whatever_touches_the_result_touches_the_key() {
        let plain = key(&scene("/here", "aa"));
        let changes: [fn(&mut Scene); 7] = [
            |s| s.request.visits.swap(0, 1),
            |s| s.request.visits[1].modality = Some(Modality::Mr),
            |s| s.request.visits[1].when = Some(When::Day(42.0)),
            |s| s.request.visits[1].name = Some("t2".into()),
            |s| s.protocol.sampling.mask_threshold += 0.01,
            |s| s.request.perturb.copies = Some(0),
            |s| s.known.insert("/here/t1/mask.nii".into(), "ab".into()),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut scene = scene("/here", "aa");
            change(&mut scene);
            assert_ne!(key(&scene), plain, "change {n}");
        }
    }

    #[test]
    fn another_version_and_other_definitions_are_another_key() {
        let of = |version, definitions| {
            let program = Program { version, definitions };
            PatientKey::by(program, scene("/here", "aa").basis()).unwrap().to_string()
        };
        let ours = of(env!("CARGO_PKG_VERSION"), DEFINITIONS);
        assert_eq!(ours, key(&scene("/here", "aa")));
        assert_ne!(of("0.0.0", DEFINITIONS), ours);
        assert_ne!(of(env!("CARGO_PKG_VERSION"), DEFINITIONS + 1), ours);
    }

    #[test]
    fn a_gate_touches_the_key_by_its_content() {
        let of = |gate| {
            let scene = scene("/here", "aa");
            PatientKey::of(Basis { gate_sha256: gate, ..scene.basis() }).unwrap().to_string()
        };
        assert_ne!(of(None), of(Some("ab")));
        assert_ne!(of(Some("ab")), of(Some("cd")));
    }

    #[test]
    fn folders_of_other_subjects_are_not_ours() {
        assert!(!is_folder_of("P1-2-0123456789ab", "P1"));
        assert!(is_folder_of("P1-2-0123456789ab", "P1-2"));
        assert!(!is_folder_of("P1-0123456789ab.partial-7", "P1"));
    }
}
