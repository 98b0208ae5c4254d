//! What an RT Structure Set holds.

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::file::{File, Item};
use crate::write::{Made, Tracking};
use crate::{Fault, FaultKind};

/// The regions of an RT Structure Set, in the order in which the file lists them.
#[derive(Clone, Debug, PartialEq)]
pub struct Structures {
    regions: Vec<Region>,
}

/// A region: an ROI of a structure set.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// ROI Number (3006,0022).
    pub number: i64,
    /// ROI Name (3006,0026), where there is one. It is free text: it answers who asks for it, and nothing else.
    pub name: Option<String>,
    /// Tracking UID (0062,0021), where there is one.
    pub tracking: Option<String>,
    /// UID of the frame of reference of the points, where it is known.
    pub frame: Option<String>,
    /// UIDs of the series that the structure set lists in this frame of reference.
    pub series: Vec<String>,
    /// What the region is, as far as its observation says it.
    pub interpreted: Interpreted,
    /// Whether it says that it was carried here from another visit.
    pub made: Made,
    /// Contours, in the order of the file.
    pub contours: Vec<Contour>,
    /// The patient's identifier: under a pseudonym, frames of reference are renamed by it.
    pub(super) owner: Option<String>,
}

/// RT ROI Interpreted Type (3006,00A4; PS3.3 C.8.8.8.1), as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpreted {
    /// Gross tumour volume.
    Tumour,
    /// The outline of the patient, a table, a fixation, a dose region, a marker and the like: no tissue of its own.
    Aid,
    /// Organs and other volumes, or nothing is said.
    Other,
}

impl Interpreted {
    fn of(word: &str) -> Self {
        match word {
            "GTV" => Self::Tumour,
            "EXTERNAL" | "SUPPORT" | "FIXATION" | "BOLUS" | "DOSE_REGION" | "TREATED_VOLUME"
            | "IRRAD_VOLUME" | "MARKER" | "REGISTRATION" | "ISOCENTER" | "CONTRAST_AGENT" | "CONTROL"
            | "DOSE_MEASUREMENT" | "BRACHY_CHANNEL" | "BRACHY_ACCESSORY" | "BRACHY_SRC_APP"
            | "BRACHY_CHNL_SHLD" => Self::Aid,
            _ => Self::Other,
        }
    }
}

/// A contour.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// What the points are.
    pub kind: Kind,
    /// Points in the patient: LPS, in millimetres.
    pub points: Vec<[f64; 3]>,
    /// Points that the file says there are, where it says so.
    pub announced: Option<i64>,
}

/// Contour Geometric Type (3006,0042).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `CLOSED_PLANAR`: the last point is joined to the first.
    Closed,
    /// `CLOSEDPLANAR_XOR`: the same, and meant to be combined with others by exclusive or.
    Exclusive,
    /// Points, open lines, and what later editions may add: they enclose nothing.
    Other,
}

impl Region {
    /// What it is tracked as over time.
    pub fn tracked(&self) -> Option<Tracking> {
        Some(Tracking { uid: self.tracking.clone()?, owner: self.owner.clone() })
    }
}

impl Structures {
    /// Reads the regions of a structure set (PS3.3 C.8.8.5, C.8.8.6 and C.8.8.8).
    ///
    /// # Errors
    /// `Broken`: it is no structure set, an ROI lacks its number or shares it, or a contour's coordinates are no numbers
    /// or no triples.
    pub fn read(file: &File) -> Result<Self, Fault> {
        let root = file.root();
        if !root.has(tags::STRUCTURE_SET_ROI_SEQUENCE) {
            return Err(Fault::of(
                FaultKind::Broken,
                "it is no structure set: its list of regions is absent",
            ));
        }
        let common = frame_of_all(root);
        let owner = root.text(tags::PATIENT_ID);
        let tracking = observed(root, tags::TRACKING_UID);
        let interpreted = observed(root, tags::RTROI_INTERPRETED_TYPE);
        let mut regions = Vec::new();
        let mut places = BTreeMap::new();
        for item in root.items(tags::STRUCTURE_SET_ROI_SEQUENCE) {
            let number = item
                .integer(tags::ROI_NUMBER)
                .ok_or_else(|| Fault::of(FaultKind::Broken, "a region has no number"))?;
            if places.insert(number, regions.len()).is_some() {
                let fact =
                    format!("two regions have the number {number}: whose contours are whose is not known");
                return Err(Fault::of(FaultKind::Broken, fact));
            }
            let frame = item.text(tags::REFERENCED_FRAME_OF_REFERENCE_UID).or_else(|| common.clone());
            regions.push(Region {
                number,
                name: item.text(tags::ROI_NAME),
                tracking: item.text(tags::TRACKING_UID).or_else(|| tracking.get(&number).cloned()),
                interpreted: interpreted
                    .get(&number)
                    .map_or(Interpreted::Other, |word| Interpreted::of(word)),
                made: Made::of(item.text(tags::ROI_GENERATION_DESCRIPTION).as_deref()),
                series: frame.as_deref().map(|frame| series_in(root, frame)).unwrap_or_default(),
                frame,
                contours: Vec::new(),
                owner: owner.clone(),
            });
        }
        for item in root.items(tags::ROI_CONTOUR_SEQUENCE) {
            let number = item
                .integer(tags::REFERENCED_ROI_NUMBER)
                .ok_or_else(|| Fault::of(FaultKind::Broken, "contours name no region"))?;
            let place = places.get(&number).copied().ok_or_else(|| {
                Fault::of(FaultKind::Broken, format!("contours are of a region {number} that is not listed"))
            })?;
            for contour in item.items(tags::CONTOUR_SEQUENCE) {
                regions[place].contours.push(Contour::read(contour, number)?);
            }
        }
        Ok(Self { regions })
    }

    /// The regions, in the order of the file.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The region of a name, else of a number, else of a Tracking UID.
    ///
    /// # Errors
    /// `Region`: there is none, or several have the name. The fact gives numbers, never a name of the file.
    pub fn pick(&self, asked: &str) -> Result<&Region, Fault> {
        let asked = asked.trim();
        let named: Vec<&Region> =
            self.regions.iter().filter(|region| region.name.as_deref() == Some(asked)).collect();
        match named[..] {
            [region] => return Ok(region),
            [] => {}
            _ => {
                let fact = format!("{} regions have this name: numbers {}", named.len(), numbers(&named));
                return Err(Fault::of(FaultKind::Region, fact));
            }
        }
        let number = asked.parse::<i64>().ok();
        let listed = |region: &&Region| Some(region.number) == number;
        let tracked = |region: &&Region| region.tracking.as_deref() == Some(asked);
        self.regions.iter().find(listed).or_else(|| self.regions.iter().find(tracked)).ok_or_else(|| {
            let all: Vec<&Region> = self.regions.iter().collect();
            let fact = match all.len() {
                0 => "it lists no region".to_owned(),
                1 => format!("no region has this name or number; there is one, number {}", numbers(&all)),
                n => format!("no region has this name or number; there are {n}, numbers {}", numbers(&all)),
            };
            Fault::of(FaultKind::Region, fact)
        })
    }
}

/// Numbers for a message, the first twenty.
fn numbers(regions: &[&Region]) -> String {
    const SHOWN: usize = 20;
    let first: Vec<String> = regions.iter().take(SHOWN).map(|region| region.number.to_string()).collect();
    let rest = if regions.len() > SHOWN { ", ..." } else { "" };
    format!("{}{rest}", first.join(", "))
}

/// The frame of reference of all regions: the only one that is listed, else the file's own.
fn frame_of_all(root: Item<'_>) -> Option<String> {
    let mut listed: Vec<String> = root
        .items(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
        .into_iter()
        .filter_map(|item| item.text(tags::FRAME_OF_REFERENCE_UID))
        .collect();
    listed.sort();
    listed.dedup();
    match listed.len() {
        0 => root.text(tags::FRAME_OF_REFERENCE_UID),
        1 => listed.pop(),
        _ => None,
    }
}

/// Series that are listed in a frame of reference.
fn series_in(root: Item<'_>, frame: &str) -> Vec<String> {
    root.items(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
        .into_iter()
        .filter(|item| item.text(tags::FRAME_OF_REFERENCE_UID).as_deref() == Some(frame))
        .flat_map(|item| item.items(tags::RT_REFERENCED_STUDY_SEQUENCE))
        .flat_map(|study| study.items(tags::RT_REFERENCED_SERIES_SEQUENCE))
        .filter_map(|series| series.text(tags::SERIES_INSTANCE_UID))
        .collect()
}

/// A text of the observations of regions, by the regions' numbers.
fn observed(root: Item<'_>, tag: Tag) -> BTreeMap<i64, String> {
    let items = root.items(tags::RTROI_OBSERVATIONS_SEQUENCE);
    let pair = |item: Item<'_>| Some((item.integer(tags::REFERENCED_ROI_NUMBER)?, item.text(tag)?));
    items.into_iter().filter_map(pair).collect()
}

impl Contour {
    fn read(item: Item<'_>, number: i64) -> Result<Self, Fault> {
        let kind = match item.text(tags::CONTOUR_GEOMETRIC_TYPE).as_deref() {
            Some("CLOSED_PLANAR") => Kind::Closed,
            Some("CLOSEDPLANAR_XOR") => Kind::Exclusive,
            _ => Kind::Other,
        };
        let broken = |what: &str| {
            Fault::of(
                FaultKind::Broken,
                format!("a contour of region {number}: its coordinates are no {what}"),
            )
        };
        // An empty value is a contour without points, which is harmless; an unreadable one is not.
        let values = match item.numbers(tags::CONTOUR_DATA) {
            Some(values) => values,
            None if item.texts(tags::CONTOUR_DATA).is_empty() => Vec::new(),
            None => return Err(broken("numbers")),
        };
        let (triples, rest) = values.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(broken("triples"));
        }
        Ok(Self { kind, points: triples.to_vec(), announced: item.integer(tags::NUMBER_OF_CONTOUR_POINTS) })
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::VR;
    use dicom_dictionary_std::uids;
    use dicom_object::InMemDicomObject;

    use super::*;
    use crate::write::{item, part10, put, put_common, put_items};

    /// A structure set of numbers, names and coordinates.
    fn file(regions: &[(&str, &str, &str)]) -> File {
        let listed = |&(number, name, _): &(&str, &str, &str)| {
            item(|object| {
                put(object, tags::ROI_NUMBER, VR::IS, number);
                put(object, tags::ROI_NAME, VR::LO, name);
            })
        };
        let drawn = |&(number, _, data): &(&str, &str, &str)| {
            let contour = item(|object| {
                put(object, tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "CLOSED_PLANAR");
                put(object, tags::CONTOUR_DATA, VR::DS, data);
            });
            item(|object| {
                put(object, tags::REFERENCED_ROI_NUMBER, VR::IS, number);
                put_items(object, tags::CONTOUR_SEQUENCE, vec![contour]);
            })
        };
        parsed(item(|object| {
            put_items(object, tags::STRUCTURE_SET_ROI_SEQUENCE, regions.iter().map(listed).collect());
            put_items(object, tags::ROI_CONTOUR_SEQUENCE, regions.iter().map(drawn).collect());
        }))
    }

    fn parsed(mut object: InMemDicomObject) -> File {
        put_common(&mut object, uids::RT_STRUCTURE_SET_STORAGE);
        put(&mut object, tags::SOP_INSTANCE_UID, VR::UI, "1.2.3");
        put(&mut object, tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.4");
        File::parse(part10(object, uids::IMPLICIT_VR_LITTLE_ENDIAN).unwrap()).unwrap()
    }

    #[test]
    fn regions_are_picked_by_name_then_by_number() {
        let file =
            file(&[("1", "Läsion", "1\\2\\3\\4\\5\\6"), ("2", "3", ""), ("3", "x", ""), ("4", "x", "")]);
        let structures = Structures::read(&file).unwrap();
        let number = |asked| structures.pick(asked).map(|region| region.number);
        assert_eq!(number("Läsion"), Ok(1));
        assert_eq!(number("3"), Ok(2), "a name goes before a number");
        assert_eq!(number(" 4 "), Ok(4));
        for (asked, fact) in [
            ("x", "2 regions have this name: numbers 3, 4"),
            ("Tumour", "no region has this name or number; there are 4, numbers 1, 2, 3, 4"),
        ] {
            let fault = structures.pick(asked).unwrap_err();
            assert_eq!((fault.kind, fault.fact.as_str()), (FaultKind::Region, fact));
        }
        let first = &structures.regions()[0];
        assert_eq!(first.contours[0].points, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(first.frame.as_deref(), Some("1.2.4"));
        assert!(structures.regions()[1].contours[0].points.is_empty());
    }

    #[test]
    fn what_is_no_structure_set_or_a_damaged_one_is_broken() {
        let bad = [
            file(&[("1", "a", "1\\2\\3\\4")]),
            file(&[("1", "a", "1\\2\\x")]),
            file(&[("1", "a", "1\\2\\inf")]),
            file(&[("1", "a", ""), ("1", "b", "")]),
            file(&[("", "a", "")]),
            parsed(InMemDicomObject::new_empty()),
        ];
        for file in bad {
            assert_eq!(Structures::read(&file).unwrap_err().kind, FaultKind::Broken);
        }
    }
}
