//! A writer of small classic series, explicit little-endian, for tests only.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A data set under construction; elements are written in the order of their tags.
#[derive(Clone, Debug, Default)]
pub struct Elements(BTreeMap<(u16, u16), (&'static str, Vec<u8>)>);

impl Elements {
    pub fn text(&mut self, tag: (u16, u16), vr: &'static str, value: &str) -> &mut Self {
        let pad = if vr == "UI" { 0 } else { b' ' };
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(pad);
        }
        self.bytes(tag, vr, bytes)
    }

    pub fn short(&mut self, tag: (u16, u16), value: u16) -> &mut Self {
        self.bytes(tag, "US", value.to_le_bytes())
    }

    pub fn bytes(&mut self, tag: (u16, u16), vr: &'static str, value: impl Into<Vec<u8>>) -> &mut Self {
        self.0.insert(tag, (vr, value.into()));
        self
    }

    pub fn sequence(&mut self, tag: (u16, u16), items: &[Elements]) -> &mut Self {
        let mut bytes = Vec::new();
        for item in items.iter().map(Elements::written) {
            bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
            bytes.extend(u32::try_from(item.len()).unwrap().to_le_bytes());
            bytes.extend(item);
        }
        self.bytes(tag, "SQ", bytes)
    }

    pub fn remove(&mut self, tag: (u16, u16)) -> &mut Self {
        self.0.remove(&tag);
        self
    }

    /// Adds the elements of another set, and replaces those that are there.
    pub fn extend(&mut self, other: &Elements) -> &mut Self {
        self.0.extend(other.0.clone());
        self
    }

    pub fn written(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for ((group, element), (vr, value)) in &self.0 {
            all.extend(group.to_le_bytes());
            all.extend(element.to_le_bytes());
            all.extend(vr.as_bytes());
            if matches!(*vr, "OB" | "OW" | "SQ" | "UN" | "UT") {
                all.extend([0, 0]);
                all.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
            } else {
                all.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
            }
            all.extend(value);
        }
        all
    }
}

/// A CT slice.
#[derive(Clone, Debug)]
pub struct Plain {
    pub series: String,
    pub number: i64,
    pub sop: String,
    pub size: [u16; 2],
    pub position: [f64; 3],
    pub orientation: [f64; 6],
    pub spacing: [f64; 2],
    pub study_date: String,
    pub acquisition_date: String,
    pub image_type: String,
    pub echo_ms: Option<f64>,
    pub pixels: Vec<i16>,
    /// Further elements, which replace those of the same tag.
    pub more: Elements,
}

impl Plain {
    pub fn at(k: usize, z: f64) -> Self {
        Self {
            series: "2.25.1".into(),
            number: 1,
            sop: format!("2.25.1.{k}"),
            size: [4, 3],
            position: [0.0, 0.0, z],
            orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            spacing: [1.0, 1.0],
            study_date: String::new(),
            acquisition_date: String::new(),
            image_type: "ORIGINAL\\PRIMARY\\AXIAL".into(),
            echo_ms: None,
            more: Elements::default(),
            pixels: (0..12).map(|v| v + 100 * i16::try_from(k).unwrap()).collect(),
        }
    }

    /// The file: preamble, meta information, data set.
    pub fn bytes(&self) -> Vec<u8> {
        let joined = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join("\\");
        let class = "1.2.840.10008.5.1.4.1.1.2";
        let mut meta = Elements::default();
        meta.bytes((2, 1), "OB", [0, 1]).text((2, 2), "UI", class).text((2, 3), "UI", &self.sop);
        meta.text((2, 0x10), "UI", "1.2.840.10008.1.2.1").text((2, 0x12), "UI", "2.25.9");
        let mut set = Elements::default();
        set.text((8, 8), "CS", &self.image_type).text((8, 0x16), "UI", class).text(
            (8, 0x18),
            "UI",
            &self.sop,
        );
        set.text((8, 0x20), "DA", &self.study_date).text((8, 0x22), "DA", &self.acquisition_date);
        set.text((8, 0x60), "CS", "CT").text((0x10, 0x10), "PN", "Test^Writer").text((0x10, 0x20), "LO", "T");
        if let Some(echo) = self.echo_ms {
            set.text((0x18, 0x81), "DS", &echo.to_string());
        }
        set.text((0x20, 0xd), "UI", "2.25.7").text((0x20, 0xe), "UI", &self.series);
        set.text((0x20, 0x11), "IS", &self.number.to_string()).text((0x20, 0x13), "IS", "1");
        set.text((0x20, 0x32), "DS", &joined(&self.position)).text(
            (0x20, 0x37),
            "DS",
            &joined(&self.orientation),
        );
        set.text((0x20, 0x52), "UI", "2.25.8").short((0x28, 2), 1);
        set.text((0x28, 4), "CS", "MONOCHROME2")
            .short((0x28, 0x10), self.size[1])
            .short((0x28, 0x11), self.size[0]);
        set.text((0x28, 0x30), "DS", &joined(&self.spacing))
            .short((0x28, 0x100), 16)
            .short((0x28, 0x101), 16);
        set.short((0x28, 0x102), 15).short((0x28, 0x103), 1);
        set.text((0x28, 0x1052), "DS", "-1024").text((0x28, 0x1053), "DS", "1");
        let pixels: Vec<u8> = self.pixels.iter().flat_map(|v| v.to_le_bytes()).collect();
        set.bytes((0x7fe0, 0x10), "OW", pixels).extend(&self.more);
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        let meta = meta.written();
        let mut length = Elements::default();
        length.bytes((2, 0), "UL", u32::try_from(meta.len()).unwrap().to_le_bytes());
        file.extend(length.written());
        file.extend(meta);
        file.extend(set.written());
        file
    }
}

/// Frames of one file, a millimetre apart, with a slope of their own each: the frame's number from 1.
pub fn frames(size: [u16; 2], count: usize, pixels: Vec<i16>) -> Plain {
    let mut more = Elements::default();
    let frame = |k: usize| {
        let (mut position, mut place, mut rescale, mut scale) =
            (Elements::default(), Elements::default(), Elements::default(), Elements::default());
        position.text((0x20, 0x32), "DS", &format!("0\\0\\{k}"));
        rescale.text((0x28, 0x1052), "DS", "0").text((0x28, 0x1053), "DS", &(k + 1).to_string());
        place.sequence((0x20, 0x9113), &[position]);
        scale.sequence((0x28, 0x9145), &[rescale]);
        place.extend(&scale);
        place
    };
    // Stored from the last to the first, so that order in the file is not order in the patient.
    let own: Vec<Elements> = (0..count).rev().map(frame).collect();
    more.text((0x28, 8), "IS", &count.to_string()).sequence((0x5200, 0x9230), &own);
    Plain { size, pixels, more, ..Plain::at(0, 0.0) }
}

/// Writes slices into a folder, and gives their paths.
pub fn write(folder: &Path, slices: &[Plain]) -> Vec<PathBuf> {
    let one = |(at, slice): (usize, &Plain)| {
        let path = folder.join(format!("{}-{at:04}.dcm", slice.number));
        std::fs::write(&path, slice.bytes()).unwrap();
        path
    };
    slices.iter().enumerate().map(one).collect()
}
