//! What is written is read back, whatever the geometry, type, byte order and packing; and visits are put together
//! as the interfaces say.

// Helpers of tests may unwrap; closures make values to be consumed.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod bad_inputs;

use std::path::Path;

use delta_radiomics::diagnose::{Diagnose, Exit};
use delta_radiomics::geometry::{Fixed, Grid};
use delta_radiomics::io::inspect::inspect;
use delta_radiomics::io::nifti::{FormUsed, Voxel};
use delta_radiomics::io::{
    Header, ReadOptions, VisitSource, check_known_regions, read_displacement, read_label_map, read_scan,
    read_visit, settle_modality, write_displacement, write_labels, write_volume,
};
use delta_radiomics::record::{Flag, MaskSource, Modality, RoiRole, Units};
use delta_radiomics::visit::{Declared, RoiEntry, When};
use delta_radiomics::volume::Volume;
use nalgebra::{Matrix3, Matrix4, Rotation3, Vector3};
use proptest::prelude::*;

use bad_inputs::{DIMS, Folder, Raw, VOXELS, good_visit, gzip};

fn options() -> ReadOptions {
    ReadOptions::default()
}

prop_compose! {
    /// Any oblique, flipped, anisotropic grid of a few voxels.
    fn grids()(
        dims in prop::array::uniform3(1_usize..7),
        spacing in prop::array::uniform3(0.3_f64..6.0),
        flips in prop::array::uniform3(any::<bool>()),
        angles in prop::array::uniform3(-3.2_f64..3.2),
        shift in prop::array::uniform3(-500.0_f64..500.0),
    ) -> Grid {
        let turn = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
        let steps = Vector3::from_fn(|a, _| if flips[a] { -spacing[a] } else { spacing[a] });
        let mut affine = Matrix4::identity();
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&(turn.matrix() * Matrix3::from_diagonal(&steps)));
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::from(shift));
        Grid::new(dims, affine).unwrap()
    }
}

/// Writes and reads a volume; values must be the same, corners within float32.
fn comes_back<T: Voxel + PartialEq + std::fmt::Debug>(
    grid: &Grid,
    values: Vec<T>,
    as_f32: impl Fn(T) -> f32,
) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.nii.gz", "a.nii"] {
        let path = folder.path().join(name);
        write_volume(&path, &Volume::new(grid.clone(), values.clone())).unwrap();
        let scan = read_scan(&path, &options()).unwrap();
        assert_eq!(scan.volume.values(), values.iter().map(|&v| as_f32(v)).collect::<Vec<_>>());
        assert!(scan.volume.grid().corner_gap_mm(grid).unwrap() < 1e-3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn volumes_come_back_on_any_grid(grid in grids(), seed in any::<u64>()) {
        let n = grid.len() as u64;
        let random = |k: u64| seed.wrapping_add(k).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        comes_back(&grid, (0..n).map(|k| random(k) as u8).collect(), f32::from);
        comes_back(&grid, (0..n).map(|k| random(k) as i16).collect(), f32::from);
        comes_back(&grid, (0..n).map(|k| random(k) as u16).collect(), f32::from);
        comes_back(&grid, (0..n).map(|k| random(k) as i8).collect(), f32::from);
        comes_back(&grid, (0..n).map(|k| (random(k) % (1 << 24)) as i32).collect(), |v| v as f32);
        comes_back(&grid, (0..n).map(|k| random(k) as f32 / 7.0).collect(), |v| v);
        comes_back(&grid, (0..n).map(|k| f64::from(random(k) as f32)).collect(), |v| v as f32);
    }

    #[test]
    fn labels_come_back_in_the_smallest_type(grid in grids(), largest in prop::sample::select(vec![3_u32, 255, 256, 65_535, 65_536, u32::MAX])) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.nii.gz");
        let labels = Volume::new(grid.clone(), (0..grid.len()).map(|n| if n == 0 { largest } else { n as u32 % 3 }).collect());
        write_labels(&path, &labels).unwrap();
        let read = read_label_map(&path, &options()).unwrap();
        prop_assert_eq!(read.volume.values(), labels.values());
        let expected = if largest < 256 { "uint8" } else if largest < 65_536 { "uint16" } else { "uint32" };
        prop_assert_eq!(read.header.data_type, expected);
    }

    #[test]
    fn displacements_come_back(grid in grids()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("u.nii.gz");
        let fixed: Grid<Fixed> = grid.in_frame();
        let n = fixed.len();
        let field = Volume::new(fixed, (0..n).map(|k| [k as f32, -0.5 * k as f32, 1.0 / (k + 1) as f32]).collect());
        write_displacement(&path, &field).unwrap();
        let read = read_displacement(&path, &options()).unwrap();
        prop_assert_eq!(read.values(), field.values());
    }
}

fn read_bytes(bytes: &[u8]) -> Volume<f32> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    read_scan(&path, &options()).unwrap().volume
}

#[test]
fn packing_is_told_by_content_and_members_are_joined() {
    let raw = Raw::scan();
    let expected = read_bytes(&raw.plain());
    assert_eq!(expected.values()[3], 7.0 * 3.0 - 300.0);
    assert_eq!(read_bytes(&raw.gzip()), expected);
    let bytes = raw.plain();
    assert_eq!(
        read_bytes(&[gzip(&bytes[..100]), gzip(&bytes[100..400]), gzip(&bytes[400..])].concat()),
        expected
    );
}

/// Offset and width of every number of a NIfTI-1 header that we read.
const FIELDS: [(usize, usize, usize); 11] = [
    (0, 4, 1),
    (40, 2, 8),
    (56, 4, 3),
    (68, 2, 4),
    (76, 4, 8),
    (108, 4, 3),
    (252, 2, 2),
    (256, 4, 6),
    (280, 4, 12),
    (32, 4, 1),
    (36, 2, 1),
];

#[test]
fn both_byte_orders_and_both_versions_are_read() {
    let raw = Raw::scan().with(|r| _ = r.f32(112, 0.5).f32(116, 10.0));
    let expected = read_bytes(&raw.plain());
    assert_eq!(expected.values()[3], 0.5 * (7.0 * 3.0 - 300.0) + 10.0);
    let mut big = raw.clone();
    for (at, width, count) in FIELDS {
        big.head[at..at + width * count].chunks_mut(width).for_each(<[u8]>::reverse);
    }
    big.voxels.chunks_mut(2).for_each(<[u8]>::reverse);
    assert_eq!(read_bytes(&big.gzip()), expected);
    for order in [Order::Little, Order::Big] {
        let mut two = nifti_two(&raw, order);
        let voxels = if order == Order::Big { &big.voxels } else { &raw.voxels };
        two.extend(voxels);
        assert_eq!(read_bytes(&two), expected);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Little,
    Big,
}

/// The NIfTI-2 header that says the same as a NIfTI-1 header.
fn nifti_two(raw: &Raw, order: Order) -> Vec<u8> {
    let mut two = vec![0; 544];
    let mut put = |at: usize, mut bytes: Vec<u8>| {
        if order == Order::Big {
            bytes.reverse();
        }
        two[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    let i16_at = |at: usize| i16::from_le_bytes([raw.head[at], raw.head[at + 1]]);
    let f64_at = |at: usize| f64::from(f32::from_le_bytes(raw.head[at..at + 4].try_into().unwrap()));
    put(0, 540_i32.to_le_bytes().into());
    put(12, i16_at(70).to_le_bytes().into());
    put(14, i16_at(72).to_le_bytes().into());
    for n in 0..8 {
        put(16 + 8 * n, i64::from(i16_at(40 + 2 * n)).to_le_bytes().into());
        put(104 + 8 * n, f64_at(76 + 4 * n).to_le_bytes().into());
    }
    put(168, 544_i64.to_le_bytes().into());
    put(176, f64_at(112).to_le_bytes().into());
    put(184, f64_at(116).to_le_bytes().into());
    put(344, i32::from(i16_at(252)).to_le_bytes().into());
    put(348, i32::from(i16_at(254)).to_le_bytes().into());
    for n in 0..6 {
        put(352 + 8 * n, f64_at(256 + 4 * n).to_le_bytes().into());
    }
    for n in 0..12 {
        put(400 + 8 * n, f64_at(280 + 4 * n).to_le_bytes().into());
    }
    put(500, 2_i32.to_le_bytes().into());
    two[4..12].copy_from_slice(b"n+2\0\r\n\x1a\n");
    two
}

#[test]
fn header_extensions_are_skipped() {
    let mut raw = Raw::scan();
    let expected = read_bytes(&raw.plain());
    raw.f32(108, 384.0).head[348] = 1;
    raw.head.extend([32, 0, 0, 0, 6, 0, 0, 0]);
    raw.head.extend([b'x'; 24]);
    assert_eq!(read_bytes(&raw.gzip()), expected);
}

#[test]
fn scaled_and_floating_values_are_kept_with_nan_as_no_data() {
    let read = read_bytes(&Raw::floats(|n| if n == 5 { f32::NAN } else { n as f32 / 3.0 }).gzip());
    assert!(read.values()[5].is_nan() && read.values()[7] == 7.0 / 3.0);
    // A slope of zero means that there is none.
    let unscaled = read_bytes(&Raw::scan().with(|r| _ = r.f32(112, 0.0).f32(116, 9.0)).gzip());
    assert_eq!(unscaled, read_bytes(&Raw::scan().gzip()));
}

#[test]
fn fields_of_either_intent_are_read_as_ras() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("u.nii");
    let grid = Grid::<Fixed>::axis_aligned([3, 2, 2], [1.0; 3], [5.0; 3]).unwrap();
    write_displacement(&path, &Volume::filled(grid, [1.0, 2.0, 3.0])).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes[68..70], 1007_i16.to_le_bytes());
    assert_eq!(bytes[352..356], (-1.0_f32).to_le_bytes(), "stored vectors are LPS");
    assert_eq!(read_displacement(&path, &options()).unwrap().values()[0], [1.0, 2.0, 3.0]);
    bytes[68..70].copy_from_slice(&1006_i16.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_displacement(&path, &options()).unwrap().values()[0], [-1.0, -2.0, 3.0]);
    bytes[68..70].copy_from_slice(&0_i16.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_displacement(&path, &options()).unwrap_err().code(), "E-NIFTI-FIELD");
    assert_eq!(read_scan(&path, &options()).unwrap_err().code(), "E-NIFTI-4D");
}

#[test]
fn the_orientation_falls_back_on_the_qform_then_on_the_spacing() {
    let by_qform = read_bytes(&Raw::scan().with(|r| _ = r.i16(254, 0)).gzip());
    assert_eq!(by_qform.grid(), read_bytes(&Raw::scan().gzip()).grid());
    let bare = Raw::scan().with(|r| _ = r.i16(254, 0).i16(252, 0));
    assert_eq!(read_bytes(&bare.gzip()).grid().centre_of([1, 1, 1]).point(), [1.0, 1.5, 2.0].into());
}

#[test]
fn the_same_volume_gives_the_same_bytes_without_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let volume = Volume::<f32>::filled(Grid::axis_aligned([9, 8, 7], [1.0; 3], [0.0; 3]).unwrap(), 1.5);
    let write = |name: &str| {
        let path = folder.path().join(name);
        write_volume(&path, &volume).unwrap();
        std::fs::read(path).unwrap()
    };
    let (a, b) = (write("a.nii.gz"), write("b.nii.gz"));
    assert_eq!(a, b);
    assert_eq!(a[4..8], [0; 4], "gzip's time");
}

fn visit_of(folder: &Path) -> delta_radiomics::visit::Visit {
    read_visit(&VisitSource::new(folder), &options()).unwrap()
}

#[test]
fn a_described_visit_is_read_as_described() {
    let root = tempfile::tempdir().unwrap();
    let folder = good_visit(
        root.path(),
        "t1",
        "subject = \"P001\"\ndate = 2024-03-01\nmodality = \"PET\"\nunits = \"SUV\"\nspacing_estimated = true\n\
         absent = [\"node\"]\naccept_contours = [\"liver\"]\n[[roi]]\nlabel = 1\nname = \"lesion\"\n\
         mask_source = \"edited\"\n[[roi]]\nname = \"gtv\"\nmask = \"own/gtv_mask.nii.gz\"\n[acquisition]\n\
         tracer = \"FDG\"\n",
    )
    .put("own/gtv_mask.nii.gz", Raw::labels(|n| u8::from(n < 40) * 255).gzip())
    .put("masks/heart.nii.gz", Raw::labels(|n| u8::from(n == 100)).gzip())
    .0;
    let visit = visit_of(&folder);
    assert_eq!((visit.subject.as_deref(), visit.name.as_str()), (Some("P001"), "t1"));
    assert_eq!((visit.modality, visit.units, visit.declared), (Modality::Pt, Units::Suv, Declared::ByFile));
    assert_eq!(visit.when, When::Date(19_783));
    assert_eq!((visit.absent, visit.accept_contours), (vec!["node".to_owned()], vec!["liver".to_owned()]));
    let regions: Vec<_> =
        visit.structures.iter().map(|s| (s.name.as_str(), s.source, s.mask.count())).collect();
    let (drawn, edited) = (MaskSource::Drawn, MaskSource::Edited);
    assert_eq!(regions, [("lesion", edited, 30), ("gtv", drawn, 40), ("heart", drawn, 1)]);
    assert_eq!(visit.structures[0].mask.overlap(&visit.structures[1].mask), 10, "regions may overlap");
    assert!(visit.flags.has(&Flag::SpacingEstimated));
    assert_eq!(visit.files.len(), 5);
}

#[test]
fn labels_are_named_by_a_table_else_by_their_number() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::new(root.path(), "bids")
        .put("image.nii.gz", Raw::scan().gzip())
        .put("sub-1_dseg.nii.gz", Raw::labels(|n| (n % 4) as u8).gzip())
        .put("sub-1_dseg.tsv", "index\tname\n1\tliver\n3\tspleen\n9\tnot here\n")
        .0;
    let names: Vec<String> = visit_of(&folder).structures.into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["liver", "2", "spleen"]);
}

#[test]
fn of_two_files_without_a_word_the_label_map_is_the_mask() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::new(root.path(), "t0")
        .put("a.nii.gz", Raw::mask().gzip())
        .put("b.nii.gz", Raw::scan().gzip())
        .0;
    let visit = visit_of(&folder);
    assert_eq!(visit.structures[0].mask.count(), 30);
    assert!(visit.notes.iter().any(|n| n.contains("a.nii.gz")), "{:?}", visit.notes);
}

#[test]
fn a_grid_a_little_off_is_used_and_flagged() {
    let root = tempfile::tempdir().unwrap();
    let off = Raw::mask().with(|r| _ = r.f32(268, -2.95).row(0, [1.0, 0.0, 0.0, -2.95])).gzip();
    let visit = visit_of(&good_visit(root.path(), "t0", "").put("mask.nii.gz", off).0);
    assert!(visit.flags.has(&Flag::GridTolerance));
    assert_eq!(visit.structures[0].mask.grid(), visit.image.grid());
}

#[test]
fn an_image_file_takes_a_mask_beside_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = good_visit(root.path(), "t7", "").0;
    let source = VisitSource::with_mask(folder.join("image.nii.gz"), folder.join("mask.nii.gz"));
    let visit = read_visit(&source, &options()).unwrap();
    assert_eq!((visit.name.as_str(), visit.structures.len(), visit.declared), ("t7", 1, Declared::Not));
}

#[test]
fn a_mask_and_regions_that_are_given_replace_those_of_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::new(root.path(), "t0")
        .put("scan.nii.gz", Raw::scan().gzip())
        .put("contour.nii.gz", Raw::labels(|n| u8::from(n < 5)).gzip())
        .put("mask.nii.gz", Raw::labels(|_| 0).gzip())
        .0;
    let mut source = VisitSource::with_mask(&folder, folder.join("contour.nii.gz"));
    source.rois.push(RoiEntry {
        label: Some(1),
        name: "lesion".into(),
        role: Some(RoiRole::Lesion),
        mask: None,
        mask_source: None,
    });
    let visit = read_visit(&source, &options()).unwrap();
    let region = &visit.structures[0];
    assert_eq!(
        (region.name.as_str(), region.role, region.mask.count()),
        ("lesion", Some(RoiRole::Lesion), 5)
    );
    source.rois[0].label = Some(4);
    let error = read_visit(&source, &options()).unwrap_err();
    assert_eq!(error.code(), "E-MASK-LABEL");
    assert!(error.to_string().ends_with("no voxel has label 4 (lesion; present: 1)"), "{error}");
}

#[test]
fn a_folder_of_structures_may_be_given_back_as_the_mask() {
    let root = tempfile::tempdir().unwrap();
    let toml = "[[roi]]\nlabel = 1\nname = \"lesion\"\nmask_source = \"edited\"\n[[roi]]\nname = \"gtv\"\nmask = \"own.nii.gz\"";
    let folder = good_visit(root.path(), "t1", toml).put("own.nii.gz", Raw::mask().gzip()).0;
    let edited = Folder::new(root.path(), "edited")
        .put("lesion.nii.gz", Raw::labels(|n| u8::from(n < 5)).gzip())
        .put("liver.nii.gz", Raw::labels(|n| u8::from(n < 9)).gzip())
        .0;
    let visit = read_visit(&VisitSource::with_mask(folder, edited), &options()).unwrap();
    let regions: Vec<_> =
        visit.structures.iter().map(|s| (s.name.as_str(), s.source, s.mask.count())).collect();
    assert_eq!(regions, [("lesion", MaskSource::Edited, 5), ("liver", MaskSource::Drawn, 9)]);
}

#[test]
fn absent_regions_need_no_voxels() {
    let root = tempfile::tempdir().unwrap();
    let toml = "absent = [\"lesion\"]\n[[roi]]\nlabel = 1\nname = \"lesion\"";
    let visit =
        visit_of(&good_visit(root.path(), "t1", toml).put("mask.nii.gz", Raw::labels(|_| 0).gzip()).0);
    assert!(visit.structures.is_empty() && visit.absent == ["lesion"]);
}

#[test]
fn inspection_tells_what_a_run_would_take() {
    let root = tempfile::tempdir().unwrap();
    let folder = good_visit(root.path(), "t0", "modality = \"MR\"").0;
    let found = inspect(&VisitSource::new(folder), &options());
    assert_eq!(found.problems, []);
    let (image, mask) = (&found.files[0], &found.files[1]);
    let header = image.header.as_ref().unwrap();
    let Header::Nifti(header) = header else { panic!("a NIfTI header") };
    assert_eq!((header.format.as_str(), header.data_type.as_str()), ("NIfTI-1, gzip", "int16"));
    assert_eq!((header.form, header.form_gap_mm), (Some(FormUsed::Sform), Some(0.0)));
    let values = image.values.as_ref().unwrap();
    assert_eq!((values.min, values.max, values.mean), (Some(-300.0), Some(533.0), Some(116.5)));
    let grid = image.grid.as_ref().unwrap();
    assert_eq!((grid.orientation.as_str(), grid.spacing_mm), ("RAS", [1.0, 1.5, 2.0]));
    assert_eq!(
        mask.labels.iter().map(|l| (l.label, l.voxels, l.volume_ml)).collect::<Vec<_>>(),
        [(1, 30, 0.09)]
    );
    let visit = found.visit.as_ref().unwrap();
    assert_eq!((visit.modality, visit.regions.len()), (Modality::Mr, 1));
    assert!(serde_json::to_string(&found).unwrap().contains("\"orientation\":\"RAS\""));
}

#[test]
fn what_cannot_be_written_is_the_surroundings_fault() {
    let folder = tempfile::tempdir().unwrap();
    let volume: Volume<u8> = Volume::filled(Grid::axis_aligned([2, 2, 2], [1.0; 3], [0.0; 3]).unwrap(), 1);
    let error = write_volume(&folder.path().join("no/such/a.nii.gz"), &volume).unwrap_err();
    assert_eq!((error.code(), error.exit()), ("E-FILE-WRITE", Exit::Surroundings));
}

#[test]
fn a_message_about_a_hostile_path_is_one_harmless_line() {
    let error = read_scan(Path::new("no\u{1b}[2J\nsuch.nii"), &options()).unwrap_err();
    assert!(!error.to_string().contains(char::is_control), "{error:?}");
}

/// A bare visit of values that look like CT, or not.
fn bare(root: &Path, name: &str, value: impl Fn(usize) -> f32) -> delta_radiomics::visit::Visit {
    visit_of(&Folder::new(root, name).put("image.nii.gz", Raw::floats(value).gzip()).0)
}

#[test]
fn ct_is_assumed_only_where_every_visit_looks_like_it() {
    let root = tempfile::tempdir().unwrap();
    let ct = |n: usize| if n < VOXELS / 2 { -1000.0 } else { n as f32 };
    let mr = |n: usize| n as f32;
    let both = |second: &dyn Fn(usize) -> f32, declared, units| {
        let mut visits = [bare(root.path(), "a", ct), bare(root.path(), "b", second)];
        settle_modality(&mut visits, declared, units);
        assert!(visits.iter().all(|v| !v.notes.is_empty() || declared.is_some()));
        visits.map(|v| (v.modality, v.units, v.flags.has(&Flag::AssumedHu)))
    };
    assert_eq!(both(&ct, None, None), [(Modality::Ct, Units::Hu, true); 2]);
    assert_eq!(both(&mr, None, None), [(Modality::Ot, Units::Arbitrary, false); 2]);
    assert_eq!(both(&mr, Some(Modality::Mr), None), [(Modality::Mr, Units::Arbitrary, false); 2]);
    assert_eq!(both(&ct, Some(Modality::Ct), Some(Units::Hu)), [(Modality::Ct, Units::Hu, false); 2]);
}

#[test]
fn a_misspelt_absent_region_is_told() {
    let root = tempfile::tempdir().unwrap();
    let lesion = "[[roi]]\nlabel = 1\nname = \"lesion\"";
    let t0 = visit_of(&good_visit(root.path(), "t0", lesion).0);
    let t1 = visit_of(&good_visit(root.path(), "t1", "absent = [\"leison\"]").0);
    let error = check_known_regions(&[t0.clone(), t1]).unwrap_err();
    assert_eq!((error.code(), error.hint().as_str()), ("E-VISIT-REGION", "Did you mean lesion?"));
    let t2 = visit_of(
        &Folder::new(root.path(), "t2")
            .put("image.nii.gz", Raw::scan().gzip())
            .put("visit.toml", "schema = 1\nabsent = [\"lesion\"]")
            .0,
    );
    assert!(check_known_regions(&[t0, t2]).is_ok());
    assert_eq!(DIMS.iter().map(|&d| d as usize).product::<usize>(), VOXELS);
}
