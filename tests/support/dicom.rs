//! A writer of visits as hospitals hold them: a CT series as files of one slice, with dates, names and UIDs, and contours
//! or segments beside it. For tests only.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]
#![allow(dead_code, reason = "each test takes what it needs")]

#[path = "../../src/dicom/tests/common/slices.rs"]
pub mod slices;

use std::path::{Path, PathBuf};

use delta_dicom::contours::{self, Drawn};
use delta_dicom::segments::{self, Lesion};
use delta_dicom::series::look;
use delta_dicom::write::{Images, Made, Moment, Patient};
use delta_radiomics::geometry::{Grid, Index};
use delta_radiomics::io::nifti::Voxel;
use delta_radiomics::labels::Mask;
use delta_radiomics::volume::Volume;
use nalgebra::Matrix4;
use slices::{Elements, Plain};

/// What a scan says of itself.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// What its UIDs begin with; scans with one root are of one study and one frame of reference.
    pub root: String,
    /// Series Number.
    pub series: i64,
    /// Study Date and Acquisition Date.
    pub date: String,
    /// Convolution Kernel.
    pub kernel: String,
    /// Further attributes of every slice, which go before the usual ones.
    pub more: Elements,
}

impl Scanned {
    /// A CT of a day.
    pub fn on(date: &str) -> Self {
        Self {
            root: format!("1.2.826.0.1.3680043.8.498.{date}"),
            series: 4,
            date: date.into(),
            kernel: "B30f".into(),
            more: Elements::default(),
        }
    }
}

/// Where the files of a series are and what they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In one folder, in the order of the slices.
    Plain,
    /// In folders that are named by UIDs as archives do, from the last slice to the first.
    Nested,
    /// Without an ending, in an order that is none.
    Shuffled,
}

/// Slices of a scan of whole Hounsfield units, along the volume's own axes.
pub fn slices_of(scan: &Volume<f32>, about: &Scanned) -> Vec<Plain> {
    let (grid, [columns, rows, count]) = (scan.grid(), scan.grid().dims());
    let (spacing, directions) = (grid.spacing(), grid.directions());
    // Left and back are where DICOM counts to.
    let lps = |axis: usize| [-directions[(0, axis)], -directions[(1, axis)], directions[(2, axis)]];
    let (row, column) = (lps(0), lps(1));
    let mut more = Elements::default();
    more.text((0x18, 0x50), "DS", &format!("{:.4}", spacing[2])).text((0x18, 0x60), "DS", "120");
    more.text((0x18, 0x1210), "SH", &about.kernel).text((0x8, 0x70), "LO", "SIEMENS");
    more.text((0x8, 0x30), "TM", "101112").text((0x8, 0x32), "TM", "101530");
    more.text((0x20, 0xd), "UI", &format!("{}.1", about.root));
    more.text((0x20, 0x52), "UI", &format!("{}.2", about.root));
    more.extend(&about.more);
    (0..count)
        .map(|k| {
            let first = grid.centre_of([0, 0, k]).point();
            let stored = |offset: usize| (scan.values()[offset] + 1024.0) as i16;
            let slice = columns * rows;
            Plain {
                series: format!("{}.3.{}", about.root, about.series),
                number: about.series,
                sop: format!("{}.4.{}.{}", about.root, about.series, k + 1),
                size: [columns, rows].map(|n| u16::try_from(n).unwrap()),
                position: [-first.x, -first.y, first.z],
                orientation: [row[0], row[1], row[2], column[0], column[1], column[2]],
                spacing: [spacing[1], spacing[0]],
                study_date: about.date.clone(),
                acquisition_date: about.date.clone(),
                pixels: (k * slice..(k + 1) * slice).map(stored).collect(),
                more: more.clone(),
                ..Plain::at(k, 0.0)
            }
        })
        .collect()
}

/// Writes slices into a folder.
pub fn put_slices(folder: &Path, slices: &[Plain], layout: Layout) {
    let count = slices.len();
    for (k, slice) in slices.iter().enumerate() {
        let name = match layout {
            Layout::Plain => format!("{}-{k:04}.dcm", slice.number),
            Layout::Nested => {
                let uid = slice.sop.rsplit_once('.').unwrap().0;
                format!("{uid}/{}/{}-{:03}.dcm", k % 3, slice.number, count - k)
            }
            Layout::Shuffled => format!("IM{}", (k * 7919 + 13) % 99991),
        };
        put(&folder.join(name), &slice.bytes());
    }
}

/// Writes a file, and its folder where there is none.
pub fn put(file: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

/// The same voxels at the same places, as scanners store them: rows run to the left, columns to the back.
pub fn as_scanned<T: Voxel>(volume: &Volume<T>) -> Volume<T> {
    let [columns, rows, _] = volume.grid().dims();
    let mut old_of_new = Matrix4::identity();
    for (axis, size) in [columns, rows].into_iter().enumerate() {
        (old_of_new[(axis, axis)], old_of_new[(axis, 3)]) = (-1.0, size as f64 - 1.0);
    }
    let grid = Grid::new(volume.grid().dims(), volume.grid().affine() * old_of_new).unwrap();
    let value = |offset: usize| {
        let [i, j, k] = grid.voxel(offset);
        volume.at(columns - 1 - i, rows - 1 - j, k)
    };
    let values = (0..grid.len()).map(value).collect();
    Volume::new(grid, values)
}

/// The regions of a label map, named.
pub fn regions(labels: &Volume<u32>, names: &[(u32, &str)]) -> Vec<(String, Vec<bool>)> {
    let of = |label: u32| labels.values().iter().map(|l| *l == label).collect();
    names.iter().map(|(label, name)| ((*name).to_owned(), of(*label))).collect()
}

/// A region of a mask, named.
pub fn region(name: &str, mask: &Mask) -> (String, Vec<bool>) {
    (name.to_owned(), mask.to_dense())
}

/// Writes an RTSTRUCT of regions of the only series of a folder.
pub fn put_contours(file: &Path, series: &Path, regions: &[(String, Vec<bool>)]) {
    let (images, patient) = images(series);
    let drawn: Vec<Drawn<'_>> = regions
        .iter()
        .map(|(name, voxels)| Drawn { name, tracking: None, made: Made::Given, voxels })
        .collect();
    put(file, &contours::write(&images, &patient, &moment(), &drawn).unwrap());
}

/// Writes an RTSTRUCT as no sound program does: regions of any names, each a prism over all slices of a CT, larger from one
/// to the next.
pub fn put_named(file: &Path, scan: &Volume<f32>, about: &Scanned, names: &[&str]) {
    let frame = format!("{}.2", about.root);
    let (mut listed, mut drawn) = (Vec::new(), Vec::new());
    for (n, name) in names.iter().enumerate() {
        let number = (n + 1).to_string();
        let (mut one, mut region) = (Elements::default(), Elements::default());
        one.text((0x3006, 0x22), "IS", &number).text((0x3006, 0x24), "UI", &frame);
        listed.push(one.text((0x3006, 0x26), "LO", name).clone());
        let contours: Vec<Elements> = (0..scan.grid().dims()[2]).map(|k| square(scan, k, 3 + n)).collect();
        region.sequence((0x3006, 0x40), &contours);
        drawn.push(region.text((0x3006, 0x84), "IS", &number).clone());
    }
    let class = "1.2.840.10008.5.1.4.1.1.481.3";
    let mut set = Elements::default();
    set.text((8, 5), "CS", "ISO_IR 192").text((8, 0x16), "UI", class).text((8, 0x18), "UI", "2.25.77");
    set.text((8, 0x60), "CS", "RTSTRUCT").text((0x20, 0x52), "UI", &frame);
    set.sequence((0x3006, 0x20), &listed).sequence((0x3006, 0x39), &drawn);
    let (mut meta, mut length) = (Elements::default(), Elements::default());
    meta.bytes((2, 1), "OB", [0, 1]).text((2, 2), "UI", class).text((2, 3), "UI", "2.25.77");
    let meta = meta.text((2, 0x10), "UI", "1.2.840.10008.1.2.1").written();
    length.bytes((2, 0), "UL", u32::try_from(meta.len()).unwrap().to_le_bytes());
    put(file, &[&[0; 128][..], b"DICM", &length.written(), &meta, &set.written()].concat());
}

/// A contour around the middle voxel of a slice and `reach` voxels on each side.
fn square(scan: &Volume<f32>, k: usize, reach: usize) -> Elements {
    let [columns, rows, _] = scan.grid().dims();
    let half = reach as f64 + 0.5;
    let corner = |(x, y): (f64, f64)| {
        let index = Index::new((columns / 2) as f64 + x * half, (rows / 2) as f64 + y * half, k as f64);
        let at = scan.grid().world_of(index).point();
        format!("{}\\{}\\{}", -at.x, -at.y, at.z)
    };
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(corner);
    let mut contour = Elements::default();
    contour.text((0x3006, 0x42), "CS", "CLOSED_PLANAR").text((0x3006, 0x46), "IS", "4");
    contour.text((0x3006, 0x50), "DS", &corners.join("\\")).clone()
}

/// Writes a SEG of regions of the only series of a folder.
pub fn put_segments(file: &Path, series: &Path, regions: &[(String, Vec<bool>)]) {
    let (images, patient) = images(series);
    let masks: Vec<Vec<u8>> =
        regions.iter().map(|(_, voxels)| voxels.iter().map(|v| u8::from(*v)).collect()).collect();
    let lesions: Vec<Lesion<'_>> = regions
        .iter()
        .zip(&masks)
        .map(|((label, _), mask)| Lesion { label, tracking: None, made: Made::Given, mask })
        .collect();
    put(file, &segments::encode(&patient, &images, &lesions, &moment()).unwrap());
}

fn moment() -> Moment {
    Moment { date: "20240501".into(), time: "120000".into() }
}

fn images(folder: &Path) -> (Images, Patient) {
    let found = look(&[PathBuf::from(folder)]).unwrap();
    let series = found.choose(None).unwrap();
    (Images::of(series).unwrap(), Patient::copied(series.header().unwrap().root()).unwrap())
}
