//! Whose an object is: the modules that an archive files it by.

use std::fmt;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{code, put, put_items, uid};
use crate::file::Item;
use crate::{Fault, FaultKind};

/// Attributes of the patient (PS3.3 C.7.1.1), of the study (C.7.2.1) and of the patient at the time (C.7.2.2) that are
/// copied. Those marked stand in every object, even empty; the others only where the source has them.
const COPIED: &[(Tag, VR, Presence)] = &[
    (tags::PATIENT_NAME, VR::PN, Presence::Always),
    (tags::PATIENT_ID, VR::LO, Presence::Always),
    (tags::ISSUER_OF_PATIENT_ID, VR::LO, Presence::IfKnown),
    (tags::PATIENT_BIRTH_DATE, VR::DA, Presence::Always),
    (tags::PATIENT_BIRTH_TIME, VR::TM, Presence::IfKnown),
    (tags::PATIENT_SEX, VR::CS, Presence::Always),
    (tags::PATIENT_IDENTITY_REMOVED, VR::CS, Presence::IfKnown),
    (tags::DEIDENTIFICATION_METHOD, VR::LO, Presence::IfKnown),
    (tags::STUDY_DATE, VR::DA, Presence::Always),
    (tags::STUDY_TIME, VR::TM, Presence::Always),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN, Presence::Always),
    (tags::STUDY_ID, VR::SH, Presence::Always),
    (tags::ACCESSION_NUMBER, VR::SH, Presence::Always),
    (tags::STUDY_DESCRIPTION, VR::LO, Presence::IfKnown),
    (tags::PATIENT_AGE, VR::AS, Presence::IfKnown),
    (tags::PATIENT_SIZE, VR::DS, Presence::IfKnown),
    (tags::PATIENT_WEIGHT, VR::DS, Presence::IfKnown),
];

/// Whether an attribute is written without a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    IfKnown,
}

/// Characters of a patient's identifier, at most (PS3.5 6.2, LO).
const LONGEST_NAME: usize = 64;

/// What a region that was read is tracked as over time.
#[derive(Clone, PartialEq, Eq)]
pub struct Tracking {
    /// Tracking UID (0062,0021).
    pub uid: String,
    /// The patient's identifier in the object that gave it: a pseudonym, where UIDs are renamed already.
    pub owner: Option<String>,
}

/// Without what identifies it.
impl fmt::Debug for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracking")
    }
}

/// Whose an object is, and in which frame of reference it lies.
#[derive(Clone, Debug)]
pub struct Patient {
    attributes: Vec<(Tag, VR, String)>,
    /// By which rules the source's identifiers were removed: codes.
    deidentified: Vec<[String; 3]>,
    pseudonym: Option<String>,
    study: String,
    frame: String,
    moment: Moment,
}

impl Patient {
    /// As a file of the source's series has it.
    ///
    /// # Errors
    /// `Unwritable`: the source is of no study or of no frame of reference.
    pub fn copied(source: Item<'_>) -> Result<Self, Fault> {
        let codes = source.items(tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE);
        let deidentified: Vec<[String; 3]> = codes.into_iter().filter_map(read_code).collect();
        let removed = source.text(tags::PATIENT_IDENTITY_REMOVED).as_deref() == Some("YES");
        let copied = COPIED.iter().filter_map(|&(tag, vr, presence)| {
            let mut value = source.texts(tag).join("\\");
            // Whoever says that identifiers were removed has to say how (PS3.3 C.7.1.1); not all do.
            if tag == tags::DEIDENTIFICATION_METHOD && removed && value.is_empty() && deidentified.is_empty()
            {
                "Not stated by the source".clone_into(&mut value);
            }
            (!value.is_empty() || presence == Presence::Always).then_some((tag, vr, value))
        });
        let moment = Moment::of(source).unwrap_or_else(Moment::unknown);
        let copied = copied.collect();
        Self::new(source, copied, deidentified, None, moment)
    }

    /// Under another name, without any identifier, date or UID of the source. Its UIDs are made of the source's UIDs
    /// and of the pseudonym, so that all objects of a study still belong together, and [`same_frame`] still knows to
    /// which images they belong.
    ///
    /// # Errors
    /// `Unwritable`: as [`Patient::copied`], and a pseudonym that is empty, longer than 64 characters or holds a
    /// backslash or a control character.
    pub fn under(source: Item<'_>, pseudonym: &str) -> Result<Self, Fault> {
        let plain = pseudonym.chars().all(|c| c != '\\' && !c.is_control());
        if pseudonym.trim().is_empty() || pseudonym.chars().count() > LONGEST_NAME || !plain {
            let fact = "a pseudonym has 1 to 64 characters, none of them a backslash or a control character";
            return Err(Fault::of(FaultKind::Unwritable, fact));
        }
        let pseudonym = pseudonym.trim();
        let replaced = COPIED.iter().filter_map(|&(tag, vr, presence)| match tag {
            tags::PATIENT_NAME | tags::PATIENT_ID => Some((tag, vr, pseudonym.to_owned())),
            tags::PATIENT_IDENTITY_REMOVED => Some((tag, vr, "YES".to_owned())),
            tags::DEIDENTIFICATION_METHOD => Some((tag, vr, "Replaced by a pseudonym".to_owned())),
            _ => (presence == Presence::Always).then_some((tag, vr, String::new())),
        });
        Self::new(source, replaced.collect(), Vec::new(), Some(pseudonym.to_owned()), Moment::unknown())
    }

    fn new(
        source: Item<'_>,
        attributes: Vec<(Tag, VR, String)>,
        deidentified: Vec<[String; 3]>,
        pseudonym: Option<String>,
        moment: Moment,
    ) -> Result<Self, Fault> {
        let needed = |tag, of| {
            source
                .text(tag)
                .ok_or_else(|| Fault::of(FaultKind::Unwritable, format!("the series is of no {of}")))
        };
        let mut made = Self {
            attributes,
            deidentified,
            pseudonym,
            study: needed(tags::STUDY_INSTANCE_UID, "study")?,
            frame: needed(tags::FRAME_OF_REFERENCE_UID, "frame of reference")?,
            moment,
        };
        made.study = made.uid(&made.study);
        made.frame = made.uid(&made.frame);
        Ok(made)
    }

    /// A UID of the source as it may be written: itself, or under a pseudonym one that is made of it.
    pub fn uid(&self, source: &str) -> String {
        match &self.pseudonym {
            Some(pseudonym) => hidden(pseudonym, source),
            None => source.to_owned(),
        }
    }

    /// UID of a lesion of the patient, of its name: the same at all dates, another for another patient. Where the
    /// patient has no identifier, name and date of birth stand for it, and where there is none of these, the study.
    pub fn lesion(&self, name: &str) -> String {
        let of = |wanted| {
            let found = self.attributes.iter().find(|(tag, ..)| *tag == wanted);
            found.map_or("", |(.., value)| value.as_str())
        };
        let by = |first, second| [of(first), of(second)];
        let known = [
            by(tags::ISSUER_OF_PATIENT_ID, tags::PATIENT_ID),
            by(tags::PATIENT_BIRTH_DATE, tags::PATIENT_NAME),
        ];
        let known = known.into_iter().find(|[_, who]| !who.is_empty());
        let [scope, who] = known.unwrap_or([self.study.as_str(), ""]);
        uid(&[b"lesion", scope.as_bytes(), who.as_bytes(), name.as_bytes()])
    }

    /// Tracking UID of a lesion: the one that it was read with, renamed under a pseudonym unless it is of that pseudonym
    /// already; else that of its name.
    pub fn tracked(&self, name: &str, known: Option<&Tracking>) -> String {
        match (known, &self.pseudonym) {
            (None, _) => self.lesion(name),
            (Some(Tracking { uid, owner }), Some(pseudonym)) if owner.as_ref() != Some(pseudonym) => {
                hidden(pseudonym, uid)
            }
            (Some(Tracking { uid, .. }), _) => uid.clone(),
        }
    }

    /// UID of the study.
    pub fn study(&self) -> &str {
        &self.study
    }

    /// UID of the frame of reference.
    pub fn frame(&self) -> &str {
        &self.frame
    }

    /// When the source was made; under a pseudonym a moment that says nothing. A writer that gives it as the moment
    /// of its object writes the same bytes in every run.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// Puts the modules of patient, study and frame of reference (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2, C.7.4.1).
    pub fn put(&self, object: &mut InMemDicomObject) {
        for (tag, vr, value) in &self.attributes {
            put(object, *tag, *vr, value);
        }
        if !self.deidentified.is_empty() {
            let codes =
                self.deidentified.iter().map(|[value, scheme, meaning]| code([value, scheme, meaning]));
            put_items(object, tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE, codes.collect());
        }
        put(object, tags::STUDY_INSTANCE_UID, VR::UI, &self.study);
        put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, &self.frame);
        put(object, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    }
}

/// Whether an object of contours or segments lies in the images' frame of reference: its own says so, or it was written
/// here under a pseudonym, which stands in it as the patient's identifier.
pub fn same_frame(object: Item<'_>, frame: &str, images: &str) -> bool {
    frame == images
        || object.text(tags::PATIENT_ID).is_some_and(|pseudonym: String| hidden(&pseudonym, images) == frame)
}

/// A code of an item; none where it is not whole.
fn read_code(item: Item<'_>) -> Option<[String; 3]> {
    let text = |tag| item.text(tag);
    Some([text(tags::CODE_VALUE)?, text(tags::CODING_SCHEME_DESIGNATOR)?, text(tags::CODE_MEANING)?])
}

/// What a UID becomes under a pseudonym.
pub(crate) fn hidden(pseudonym: &str, source: &str) -> String {
    uid(&[b"pseudonym", pseudonym.as_bytes(), source.as_bytes()])
}

/// A date and a time of day, as DICOM writes them (DA and TM).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Year, month and day: 8 digits.
    pub date: String,
    /// Hour, minute and second: 6 digits.
    pub time: String,
}

impl Moment {
    /// Seconds since 1970-01-01, UTC.
    pub fn utc(seconds: u64) -> Self {
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        // Days are counted in eras of 400 years that begin on 1 March, so that a leap day ends its year; the year ends
        // at 9999, as its digits do.
        let day = days.min(2_932_896) + 719_468;
        let (era, of_era) = (day / 146_097, day % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Self {
            date: format!("{year:04}{month:02}{of_month:02}"),
            time: format!("{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60),
        }
    }

    /// A moment that says nothing: 1970-01-01, midnight.
    fn unknown() -> Self {
        Self::utc(0)
    }

    /// When the content of a file was made, as far as it says so in full.
    fn of(source: Item<'_>) -> Option<Self> {
        let digits = |text: String, count: usize| -> Option<String> {
            let kept: String = text.chars().take(count).collect();
            (kept.len() == count && kept.bytes().all(|b| b.is_ascii_digit())).then_some(kept)
        };
        let date = [tags::STUDY_DATE, tags::SERIES_DATE].into_iter().find_map(|tag| source.text(tag));
        let time = source.text(tags::STUDY_TIME).and_then(|text| digits(text, 6));
        Some(Self { date: digits(date?, 8)?, time: time.unwrap_or_else(|| "000000".to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::File;
    use crate::write::{item, part10, put_common};
    use dicom_dictionary_std::uids;

    fn source() -> File {
        let object = item(|object| {
            put_common(object, uids::CT_IMAGE_STORAGE);
            put(object, tags::SOP_INSTANCE_UID, VR::UI, "1.2.3");
            put(object, tags::PATIENT_NAME, VR::PN, "CANARY^Änne");
            put(object, tags::PATIENT_ID, VR::LO, "CANARY");
            put(object, tags::PATIENT_BIRTH_DATE, VR::DA, "19010203");
            put(object, tags::PATIENT_WEIGHT, VR::DS, "70");
            put(object, tags::STUDY_DATE, VR::DA, "19990807");
            put(object, tags::STUDY_TIME, VR::TM, "101112.5");
            put(object, tags::STUDY_DESCRIPTION, VR::LO, "CANARY");
            put(object, tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3.4");
            put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3.5");
        });
        read(object)
    }

    fn read(object: InMemDicomObject) -> File {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.dcm");
        std::fs::write(&path, part10(object, uids::EXPLICIT_VR_LITTLE_ENDIAN).unwrap()).unwrap();
        File::open(&path).unwrap()
    }

    fn written(patient: &Patient) -> File {
        read(item(|object| {
            put_common(object, uids::SEGMENTATION_STORAGE);
            put(object, tags::SOP_INSTANCE_UID, VR::UI, "1.2.9");
            patient.put(object);
        }))
    }

    #[test]
    fn copied_modules_are_the_sources() {
        let source = source();
        let patient = Patient::copied(source.root()).unwrap();
        let file = written(&patient);
        for &(tag, _, presence) in COPIED {
            assert_eq!(file.root().texts(tag), source.root().texts(tag));
            assert_eq!(file.root().has(tag), presence == Presence::Always || source.root().has(tag));
        }
        assert_eq!(patient.lesion("a"), patient.lesion("a"));
        assert_ne!(patient.lesion("a"), patient.lesion("b"));
        let known = Tracking { uid: "1.9".into(), owner: Some("P 01".into()) };
        assert_eq!(patient.tracked("a", None), patient.lesion("a"));
        assert_eq!(patient.tracked("a", Some(&known)), "1.9");
        assert_eq!(patient.study(), "1.2.3.4");
        assert_eq!(patient.moment(), &Moment { date: "19990807".into(), time: "101112".into() });
        assert!(same_frame(file.root(), patient.frame(), "1.2.3.5"));
        assert!(!same_frame(file.root(), patient.frame(), "1.2.3.6"));
    }

    #[test]
    fn under_a_pseudonym_nothing_of_the_source_is_left_and_the_frame_is_still_known() {
        let source = source();
        let patient = Patient::under(source.root(), "P 01").unwrap();
        let mut object = item(|object| {
            put_common(object, uids::SEGMENTATION_STORAGE);
            put(object, tags::SOP_INSTANCE_UID, VR::UI, &patient.uid("1.2.3"));
            patient.put(object);
        });
        put(&mut object, tags::CONTENT_DATE, VR::DA, &patient.moment().date);
        let bytes = part10(object, uids::EXPLICIT_VR_LITTLE_ENDIAN).unwrap();
        for word in ["CANARY", "19010203", "19990807", "101112", "1.2.3"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
        }
        let file = written(&patient);
        assert_eq!(file.root().text(tags::PATIENT_ID).as_deref(), Some("P 01"));
        assert!(same_frame(file.root(), patient.frame(), "1.2.3.5"));
        assert!(!same_frame(file.root(), patient.frame(), "1.2.3.6"));
        let tracked = |owner: &str| {
            patient.tracked("a", Some(&Tracking { uid: "1.9".into(), owner: Some(owner.into()) }))
        };
        assert_eq!((tracked("CANARY"), tracked("P 01")), (patient.uid("1.9"), "1.9".into()));
        for name in ["", " ", "a\\b", "a\nb", &"x".repeat(65)] {
            assert!(Patient::under(source.root(), name).is_err());
        }
    }

    #[test]
    fn seconds_become_dates() {
        let shown = |seconds| {
            let Moment { date, time } = Moment::utc(seconds);
            format!("{date} {time}")
        };
        assert_eq!(shown(0), "19700101 000000");
        assert_eq!(shown(951_827_696), "20000229 123456");
        assert_eq!(shown(4_107_542_399), "21000228 235959");
        assert_eq!(shown(4_107_542_400), "21000301 000000");
        assert_eq!(&shown(u64::MAX)[..8], "99991231");
    }
}
