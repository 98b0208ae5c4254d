//! SUV and acquisition against the reference (criterion 3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/slices.rs"]
mod slices;

use std::path::Path;

use delta_dicom::FaultKind;
use delta_dicom::acquisition::{Contrast, acquisition};
use delta_dicom::series::{Found, look};
use delta_dicom::suv::{self, Assumption, Reference, Suv, suv};
use slices::{Elements, Plain};

fn found(reference: &Path, name: &str) -> Found {
    look(&[reference.join("data").join(name)]).unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} where {expected} is expected");
}

#[test]
fn factors_uptake_assumptions_and_refusals_are_those_of_the_reference() {
    let Some(reference) = common::reference() else { return };
    let expected = common::expected(&reference);
    let (mut given, mut refused) = (0, 0);
    for (name, pet) in expected["pet"].as_object().unwrap() {
        let found = found(&reference, name);
        let series = found.choose(None).unwrap();
        let result = suv(series);
        if let Some(reason) = pet["refuse"].as_str() {
            let fault = result.unwrap_err();
            println!("{name}: {} ({reason})", fault.fact);
            assert_eq!(fault.kind, FaultKind::Suv);
            refused += 1;
            continue;
        }
        let suv = result.unwrap_or_else(|fault| panic!("{name}: {}", fault.fact));
        let ends = pet["factor_per_slice_first_last"].as_array().unwrap();
        let (first, last) = (ends[0].as_f64().unwrap(), ends[1].as_f64().unwrap());
        near(suv.factors[0], first, 1e-6 * first, name);
        near(suv.factors[suv.factors.len() - 1], last, 1e-6 * last, name);
        match pet["uptake_minutes"].as_f64() {
            Some(minutes) => near(suv.uptake_minutes.unwrap(), minutes, 1e-4, name),
            None => assert_eq!(suv.uptake_minutes, None, "{name}"),
        }
        let mut words: Vec<String> = suv.assumptions.iter().map(ToString::to_string).collect();
        let warned = pet["warn"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
        let mut warned: Vec<String> = warned.collect();
        words.sort();
        warned.sort();
        assert_eq!(words, warned, "{name}");
        let (volume, _) = suv::volume(series).unwrap();
        let values: Vec<f64> = volume.values.iter().map(|v| f64::from(*v)).collect();
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        for (found, key) in [(most, "max"), (mean, "mean")] {
            let expected = pet["suv"][key].as_f64().unwrap();
            near(found, expected, 1e-6 * expected, &format!("{name} {key}"));
        }
        given += 1;
    }
    println!("{given} in SUV, {refused} refused");
    assert_eq!((given, refused), (33, 4));
}

/// The mask of IBSI's objects: NIfTI, compressed, one byte or more per voxel, i fastest.
fn nifti_mask(path: &Path) -> (Vec<usize>, Vec<bool>) {
    use std::io::Read;
    let mut bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let size: Vec<usize> = (1..=3).map(|axis| short(40 + 2 * axis)).collect();
    let width = short(72) / 8;
    let start = f32::from_le_bytes(bytes[108..112].try_into().unwrap()) as usize;
    let values = bytes[start..].chunks_exact(width).map(|value| value.iter().any(|byte| *byte != 0));
    (size, values.collect())
}

#[test]
fn the_objects_of_ibsi_have_a_fifth_one_and_four() {
    let Some(reference) = common::reference() else { return };
    let folder = reference.join("data/ibsi_suv/dro_0_0/mask_nifti");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let (size, mask) = nifti_mask(&file);
    let expected = common::expected(&reference);
    let mut objects = 0;
    for (name, pet) in
        expected["pet"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("ibsi_suv"))
    {
        let found = found(&reference, name);
        let (volume, suv) = suv::volume(found.choose(None).unwrap()).unwrap();
        assert_eq!(volume.grid.size.to_vec(), size);
        // Their NIfTI has the same order of voxels as the series.
        let mut inside: Vec<f32> =
            volume.values.iter().zip(&mask).filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
        assert_eq!(inside.len() as u64, pet["in_dro_mask"]["n"].as_u64().unwrap(), "{name}");
        inside.sort_by(f32::total_cmp);
        let ours = [inside[0], inside[inside.len() / 2], inside[inside.len() - 1]].map(f64::from);
        println!("{name}: {ours:?}, {:?}", suv.reference);
        let tolerance = if name.contains("dro_2_3") { 0.03 } else { 0.005 };
        for (found, published) in ours.into_iter().zip([0.2, 1.0, 4.0]) {
            near(found, published, tolerance, name);
        }
        objects += 1;
    }
    assert_eq!(objects, 17);
}

#[test]
fn beds_with_one_acquisition_time_come_out_as_another_program_has_them() {
    let Some(reference) = common::reference() else { return };
    let raw = found(&reference, "pet_sts001_raw/image");
    let other = found(&reference, "pet_sts001_suv/image");
    let (ours, suv) = suv::volume(raw.choose(None).unwrap()).unwrap();
    assert_eq!(suv.reference, Some(Reference::SeriesTime));
    let theirs = other.choose(None).unwrap().volume().unwrap();
    let offset = ours.grid.index(theirs.grid.origin).map(|v| v.round() as usize);
    assert_eq!(offset, [59, 45, 0]);
    let [columns, rows, slices] = theirs.grid.size;
    let at = |size: [usize; 3], [i, j, k]: [usize; 3]| i + size[0] * (j + size[1] * k);
    let mut worst = 0.0_f32;
    for k in 0..slices {
        for j in 0..rows {
            for i in 0..columns {
                let ours = ours.values[at(ours.grid.size, [i + offset[0], j + offset[1], k + offset[2]])];
                worst = worst.max((ours - theirs.values[at(theirs.grid.size, [i, j, k])]).abs());
            }
        }
    }
    println!("largest difference: {worst} SUV");
    assert!(worst < 0.001, "{worst}");
}

#[test]
fn acquisitions_are_told_in_words_and_numbers_of_this_room() {
    let Some(reference) = common::reference() else { return };
    let of = |name: &str| acquisition(found(&reference, name).choose(None).unwrap()).unwrap();
    let ct = of("ct_crlm1004/image");
    println!("{ct:?}");
    assert_eq!(ct.kernel.as_deref(), Some("STANDARD"));
    assert_eq!((ct.kvp, ct.slice_thickness_mm, ct.contrast), (Some(120.0), Some(5.0), Some(Contrast::Given)));
    assert_eq!((ct.manufacturer, ct.te_ms, ct.tracer), (Some("GE"), None, None));
    let mr = of("mr_ucsf06_seg/image");
    println!("{mr:?}");
    assert_eq!((mr.te_ms, mr.tr_ms, mr.field_t), (Some(4.2), Some(8.2), Some(1.5)));
    assert_eq!((mr.contrast, mr.sequence.as_deref()), (Some(Contrast::None), Some("RM")));
    let enhanced = of("enhanced/siemens_xa10");
    println!("{enhanced:?}");
    assert_eq!(
        (enhanced.te_ms, enhanced.field_t, enhanced.manufacturer),
        (Some(30.0), Some(3.0), Some("Siemens"))
    );
    assert!(enhanced.tr_ms.is_some());
    let pet = of("pet_sts001_raw/image");
    println!("{pet:?}");
    assert_eq!((pet.tracer, pet.slice_thickness_mm), (Some("FDG"), Some(3.27)));
    near(pet.uptake_min.unwrap(), 45.1833, 1e-4, "uptake");
    assert_eq!(of("ibsi_suv/dro_5_0/image").tracer, Some("PSMA"));
    let canary = of("derived/phantom_canary/image");
    println!("{canary:?}");
    assert_eq!(canary.contrast, Some(Contrast::Given));
    assert!(!format!("{canary:?}").contains("CANARY"));
}

/// Two PET slices that were started at 11:00, an hour after 400 MBq of fluorine were injected into 80 kg; with changes
/// to the slices and to the item on the tracer.
fn pet(
    change: impl Fn(usize, &mut Elements),
    tracer: impl Fn(&mut Elements),
) -> Result<Suv, delta_dicom::Fault> {
    let mut about = Elements::default();
    about.text((0x18, 0x1072), "TM", "100000").text((0x18, 0x1074), "DS", "400000000");
    about.text((0x18, 0x1075), "DS", "6586.2");
    tracer(&mut about);
    let slice = |k: usize| {
        let mut more = Elements::default();
        more.text((8, 0x60), "CS", "PT").text((8, 0x21), "DA", "20200101").text((8, 0x22), "DA", "20200101");
        more.text((8, 0x31), "TM", "110000").text((8, 0x32), "TM", "110000");
        more.text((0x10, 0x1030), "DS", "80").text((0x28, 0x1052), "DS", "0");
        more.text((0x54, 0x1001), "CS", "BQML").text((0x54, 0x1102), "CS", "START");
        more.sequence((0x54, 0x16), &[about.clone()]);
        change(k, &mut more);
        Plain { more, ..Plain::at(k, 4.0 * k as f64) }
    };
    let folder = tempfile::tempdir().unwrap();
    slices::write(folder.path(), &[slice(0), slice(1)]);
    let found = look(&[folder.path().to_owned()]).unwrap();
    suv(found.choose(None).unwrap())
}

/// 80 kg and 400 MBq, after a time in seconds.
fn factor(seconds: f64) -> f64 {
    80_000.0 / 4e8 * (std::f64::consts::LN_2 / 6586.2 * seconds).exp()
}

#[test]
fn the_reference_time_is_the_first_of_a_fixed_list_that_is_there() {
    let none = |_: &mut Elements| ();
    let check = |suv: Suv, reference, seconds: f64| {
        assert_eq!(suv.reference, Some(reference));
        near(suv.factors[1], factor(seconds), 1e-9 * factor(seconds), "factor");
        near(suv.uptake_minutes.unwrap(), seconds / 60.0, 1e-9, "uptake");
    };
    check(pet(|_, _| (), none).unwrap(), Reference::SeriesTime, 3600.0);
    // Reconstructed an hour later: the series' time is no reference.
    let late = |set: &mut Elements| {
        set.text((8, 0x31), "TM", "120000");
    };
    let suv = pet(|_, set| late(set), none).unwrap();
    assert_eq!(suv.assumptions, [Assumption::SeriesTimeTooLate(Reference::EarliestAcquisition)]);
    check(suv, Reference::EarliestAcquisition, 3600.0);
    let ge = |vr: &'static str, block: u16| {
        pet(
            |_, set| {
                late(set);
                set.text((9, block), "LO", "GEMS_PETD_01");
                set.text((9, block << 8 | 0x0d), vr, "20200101110500.00");
            },
            none,
        )
    };
    check(ge("DT", 0x10).unwrap(), Reference::ScannerPrivate, 3900.0);
    check(ge("UN", 0x11).unwrap(), Reference::ScannerPrivate, 3900.0);
    // Frames of two beds, 200 s apart, that agree on where they are counted from.
    let beds = |offset: f64| {
        pet(
            move |k, set| {
                late(set);
                set.text((8, 0x32), "TM", ["110000", "110320"][k]).text((0x18, 0x1242), "IS", "180000");
                let rate = std::f64::consts::LN_2 / 6586.2;
                let mean = -((1.0 - (-rate * 180.0).exp()) / (rate * 180.0)).ln() / rate;
                let time = 1000.0 * (mean + 60.0 + [0.0, 200.0 + offset][k]);
                set.text((0x54, 0x1300), "DS", &format!("{time:.4}"));
            },
            none,
        )
    };
    let suv = beds(0.0).unwrap();
    assert_eq!(suv.reference, Some(Reference::ComputedBack));
    near(suv.uptake_minutes.unwrap(), 59.0, 1e-5, "uptake");
    assert_eq!(beds(10.0).unwrap().reference, Some(Reference::EarliestAcquisition));
}

#[test]
fn zones_of_the_injection_are_those_of_the_file_or_are_assumed_to_be() {
    let injected = |text: &'static str| {
        move |item: &mut Elements| {
            item.text((0x18, 0x1078), "DT", text);
        }
    };
    let suv = pet(|_, _| (), injected("20200101100000+0100")).unwrap();
    assert_eq!(suv.assumptions, [Assumption::ZoneOfInjection]);
    assert_eq!(suv.uptake_minutes, Some(60.0));
    let zone = |_: usize, set: &mut Elements| {
        set.text((8, 0x201), "SH", "-0500");
    };
    assert_eq!(pet(zone, injected("20200101151500+0000")).unwrap().uptake_minutes, Some(45.0));
    assert_eq!(pet(zone, injected("20200101101500")).unwrap().uptake_minutes, Some(45.0));
    let after = pet(zone, injected("20200101180000+0000")).unwrap_err();
    assert!(after.fact.contains("-120 min"), "{}", after.fact);
}

#[test]
fn what_is_missing_is_refused_and_nothing_identifying_is_said() {
    let none = |_: &mut Elements| ();
    let refused = |change: &dyn Fn(&mut Elements), tracer: &dyn Fn(&mut Elements), words: &str| {
        let fault = pet(|_, set| change(set), tracer).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Suv, "{}", fault.fact);
        assert!(fault.fact.contains(words), "{}", fault.fact);
    };
    let set = |tag, vr, value: &'static str| {
        move |elements: &mut Elements| {
            elements.text(tag, vr, value);
        }
    };
    let nothing = |_: &mut Elements| ();
    refused(&set((0x54, 0x1001), "CS", "SECRET"), &none, "units");
    refused(&set((0x54, 0x1001), "CS", ""), &none, "no units");
    refused(&set((0x54, 0x1102), "CS", "SECRET"), &none, "Decay Correction");
    refused(&set((0x10, 0x1030), "DS", "heavy"), &none, "Patient Weight is no number");
    refused(&set((0x28, 0x1052), "DS", "5"), &none, "intercept");
    refused(&set((8, 0x31), "TM", ""), &none, "Series Date and Time");
    refused(&nothing, &set((0x18, 0x1074), "DS", "0"), "no dose");
    refused(&nothing, &set((0x18, 0x1075), "DS", ""), "no half-life");
    refused(&nothing, &set((0x18, 0x1072), "TM", ""), "no time of injection");
    refused(&nothing, &set((0x18, 0x1072), "TM", "noon"), "the time of injection");
    refused(&nothing, &set((0x18, 0x1078), "DT", "20190101"), "min after the injection");
    let relative = |elements: &mut Elements| {
        elements.text((0x54, 0x1001), "CS", "GML").text((0x54, 0x1006), "CS", "LBM");
    };
    refused(&relative, &none, "needs weight and height");
}
