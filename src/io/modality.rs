//! What a bare scan is (docs/files.md, A visit folder): only CT is recognised, and all visits must agree.

use crate::record::{Flag, Modality, Units};
use crate::visit::{Declared, Visit};
use crate::volume::Volume;

/// No CT number lies below this; some scanners fill outside their circle with -3024.
const LOWEST_HU: f32 = -3100.0;
/// Air, with some noise.
const AIR_HU: f32 = -900.0;
/// A CT shows at least this share of air.
const AIR_SHARE: f64 = 0.01;

/// Whether voxels look like Hounsfield units: whole numbers, none below -3100, at least 1 % at or below -900.
/// NaN is no data.
pub fn looks_like_ct(volume: &Volume<f32>) -> bool {
    let (mut voxels, mut air) = (0_usize, 0_usize);
    for &value in volume.values().iter().filter(|v| !v.is_nan()) {
        if value.fract() != 0.0 || value < LOWEST_HU {
            return false;
        }
        voxels += 1;
        air += usize::from(value <= AIR_HU);
    }
    voxels > 0 && air as f64 >= AIR_SHARE * voxels as f64
}

/// Decides modality and units of the visits that nobody described: by `declared` and `units` of the command line,
/// else CT where every visit of the run looks like it, else arbitrary. Says so in notes, and raises
/// [`Flag::AssumedHu`] where Hounsfield units were recognised.
pub fn settle_modality(visits: &mut [Visit], declared: Option<Modality>, units: Option<Units>) {
    let is_ct = |v: &Visit| match v.declared {
        Declared::ByFile | Declared::ByScan => v.modality == Modality::Ct && v.units == Units::Hu,
        Declared::Not => looks_like_ct(&v.image),
    };
    let all_ct = visits.iter().all(is_ct);
    for visit in visits.iter_mut() {
        if visit.declared != Declared::Not {
            if visit.modality == Modality::Ct && visit.units == Units::Arbitrary {
                visit.notes.push(
                    "Modality CT without units: intensities are taken as arbitrary; if they are Hounsfield units, \
                     say units = \"HU\" in visit.toml."
                        .into(),
                );
            }
            continue;
        }
        let meaning = meaning_of(declared, units, all_ct);
        if meaning.assumed_hu {
            visit.flags.raise(Flag::AssumedHu);
        }
        visit.notes.extend(meaning.note.map(Into::into));
        (visit.modality, visit.units) = (meaning.modality, meaning.units);
    }
}

/// What a manifest says of one scan's intensities, which goes before everything else.
pub fn describe_intensities(visit: &mut Visit, modality: Option<Modality>, units: Option<Units>) {
    if modality.is_none() && units.is_none() {
        return;
    }
    if visit.declared != Declared::Not {
        if let (Some(said), Declared::ByScan) =
            (modality.filter(|said| *said != visit.modality), visit.declared)
        {
            visit
                .notes
                .push(format!("The series says {}; the manifest's word {said} counts.", visit.modality));
        }
        visit.modality = modality.unwrap_or(visit.modality);
        let counts = match visit.declared {
            Declared::ByScan => units_of_series(visit.units, units),
            _ => units.unwrap_or(visit.units),
        };
        if let Some(said) = units.filter(|said| *said != counts) {
            visit.notes.push(format!("The manifest says {said}; the series is in {counts}, which counts."));
        }
        visit.units = counts;
        return;
    }
    let meaning = meaning_of(modality, units, looks_like_ct(&visit.image));
    if meaning.assumed_hu {
        visit.flags.raise(Flag::AssumedHu);
    }
    visit.notes.extend(meaning.note.map(Into::into));
    (visit.modality, visit.units) = (meaning.modality, meaning.units);
    visit.declared = Declared::ByFile;
}

/// The units of a DICOM series of which somebody says something.
pub fn units_of_series(of_series: Units, said: Option<Units>) -> Units {
    said.filter(|said| may_be(of_series, *said)).unwrap_or(of_series)
}

/// Whether somebody's word on the units of a DICOM series can stand: the series does not say them itself, or says the
/// same.
pub fn may_be(of_series: Units, said: Units) -> bool {
    of_series == Units::Arbitrary || of_series == said
}

/// What the intensities of scans without a description mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// How they were made.
    pub modality: Modality,
    /// What an intensity means.
    pub units: Units,
    /// Whether Hounsfield units were recognised, not declared.
    pub assumed_hu: bool,
    /// What was assumed, in a sentence.
    pub note: Option<&'static str>,
}

/// Decides by what is declared, else by whether all scans look like CT.
pub fn meaning_of(declared: Option<Modality>, units: Option<Units>, all_ct: bool) -> Meaning {
    let may_be_hu = units.is_none() && declared.is_none_or(|m| m == Modality::Ct);
    if may_be_hu && all_ct {
        return Meaning {
            modality: Modality::Ct,
            units: Units::Hu,
            assumed_hu: true,
            note: Some(
                "Taken as CT in Hounsfield units: whole numbers, none below -3100, at least 1 % of them air.",
            ),
        };
    }
    let nobody_said = declared.is_none() && units.is_none();
    Meaning {
        modality: declared.unwrap_or_else(|| modality_of_units(units)),
        units: units.unwrap_or(Units::Arbitrary),
        assumed_hu: false,
        note: nobody_said.then_some(
            "Nobody said what the intensities mean: they are taken as arbitrary. Say --modality and --units, or, \
             in a visit folder, write a visit.toml.",
        ),
    }
}

/// The modality that goes with units, where only these are declared.
fn modality_of_units(units: Option<Units>) -> Modality {
    match units {
        Some(Units::Hu) => Modality::Ct,
        Some(Units::Suv) => Modality::Pt,
        Some(Units::Mm2S) => Modality::Mr,
        Some(Units::BqMl | Units::KbqMl | Units::Arbitrary) | None => Modality::Ot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    fn volume(value: impl Fn(usize) -> f32) -> Volume<f32> {
        let grid = Grid::axis_aligned([10, 10, 10], [1.0; 3], [0.0; 3]).unwrap();
        Volume::new(grid, (0..1000).map(value).collect())
    }

    #[test]
    fn ct_is_told_by_air_and_whole_numbers() {
        let ct = |n: usize| if n < 10 { -1000.0 } else { 40.0 };
        assert!(looks_like_ct(&volume(ct)));
        assert!(!looks_like_ct(&volume(|n| if n < 9 { -1000.0 } else { 40.0 })), "too little air");
        assert!(!looks_like_ct(&volume(|n| ct(n) + 0.5)), "not whole");
        assert!(!looks_like_ct(&volume(|n| if n == 0 { -3200.0 } else { ct(n) })), "too low");
        assert!(looks_like_ct(&volume(|n| if n > 500 { f32::NAN } else { ct(n) })), "no data is no value");
        assert!(!looks_like_ct(&volume(|n| n as f32)), "MR");
    }
}
