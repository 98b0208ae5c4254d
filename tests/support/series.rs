//! A made-up scan as a DICOM series.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

use std::path::Path;

use delta_radiomics::volume::Volume;

use crate::slices::{Elements, Plain, write};

/// Writes a CT in Hounsfield units, on an axis-aligned grid, as a series of one patient; each date is a study of its
/// own.
pub fn put(folder: &Path, image: &Volume<f32>, date: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let grid = image.grid();
    let ([columns, rows, count], [i, j, _]) = (grid.dims(), grid.spacing());
    let uid = |part: &str| format!("1.2.826.779.{date}.{part}");
    let slices: Vec<Plain> = (0..count)
        .map(|k| {
            let first = grid.centre_of([0, 0, k]).point();
            let mut more = Elements::default();
            more.text((0x20, 0xd), "UI", &uid("7")).text((0x20, 0x52), "UI", &uid("8"));
            let from = k * columns * rows;
            let stored = image.values()[from..from + columns * rows].iter().map(|v| *v as i16 + 1024);
            Plain {
                series: uid("1"),
                sop: uid(&format!("1.{k}")),
                size: [u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap()],
                position: [-first.x, -first.y, first.z],
                // Columns run to the patient's right and rows to the front, as the grid's axes do.
                orientation: [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0],
                spacing: [j, i],
                study_date: date.into(),
                pixels: stored.collect(),
                more,
                ..Plain::at(k, 0.0)
            }
        })
        .collect();
    write(folder, &slices);
}
