//! Visits that must be refused, each with the code it must be refused under.
//!
//! Files are built from bytes here, not by the program's own writers, so that neither hides the other's mistakes.
//! [`bad_inputs`] is walked through the library and through the program.

// Each test file uses a part of this, and tests may unwrap.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// One bad visit.
pub struct BadInput {
    /// What is wrong with it; also the name of its folder.
    pub name: &'static str,
    /// The visit folder.
    pub visit: PathBuf,
    /// The code under which it must be refused.
    pub code: &'static str,
}

/// A NIfTI file as bytes: a header that can be spoiled, and voxels.
#[derive(Clone)]
pub struct Raw {
    /// Header, extension flag and whatever lies before the voxels.
    pub head: Vec<u8>,
    /// Voxels.
    pub voxels: Vec<u8>,
}

/// Dimensions of all files here.
pub const DIMS: [i16; 3] = [6, 5, 4];
/// Number of voxels of all files here.
pub const VOXELS: usize = 120;

impl Raw {
    /// A file of `DIMS` voxels of 1 x 1.5 x 2 mm, sform and qform the same.
    pub fn new(datatype: i16, bits: i16, voxels: Vec<u8>) -> Self {
        let mut raw = Self { head: vec![0; 352], voxels };
        raw.i32(0, 348).i16(40, 3).i16(70, datatype).i16(72, bits);
        for n in 0..7 {
            raw.i16(42 + 2 * n, DIMS.get(n).copied().unwrap_or(1));
        }
        for (n, size) in [1.0, 1.0, 1.5, 2.0].into_iter().enumerate() {
            raw.f32(76 + 4 * n, size);
        }
        raw.f32(108, 352.0).f32(112, 1.0).i16(252, 1).i16(254, 1);
        raw.f32(268, -3.0).f32(272, 10.0).f32(276, 5.0);
        raw.row(0, [1.0, 0.0, 0.0, -3.0]).row(1, [0.0, 1.5, 0.0, 10.0]).row(2, [0.0, 0.0, 2.0, 5.0]);
        raw.head[123] = 2;
        raw.head[344..348].copy_from_slice(b"n+1\0");
        raw
    }
    /// A scan of 16-bit integers.
    pub fn scan() -> Self {
        Self::new(4, 16, (0..VOXELS as i16).flat_map(|n| (7 * n - 300).to_le_bytes()).collect())
    }
    /// A scan of floats.
    pub fn floats(value: impl Fn(usize) -> f32) -> Self {
        Self::new(16, 32, (0..VOXELS).flat_map(|n| value(n).to_le_bytes()).collect())
    }
    /// A label map of bytes.
    pub fn labels(label: impl Fn(usize) -> u8) -> Self {
        Self::new(2, 8, (0..VOXELS).map(label).collect())
    }
    /// The ordinary mask: a block of label 1.
    pub fn mask() -> Self {
        Self::labels(|n| u8::from((30..60).contains(&n)))
    }
    /// Writes a 16-bit field.
    pub fn i16(&mut self, at: usize, value: i16) -> &mut Self {
        self.head[at..at + 2].copy_from_slice(&value.to_le_bytes());
        self
    }
    /// Writes a 32-bit field.
    pub fn i32(&mut self, at: usize, value: i32) -> &mut Self {
        self.head[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self
    }
    /// Writes a floating-point field.
    pub fn f32(&mut self, at: usize, value: f32) -> &mut Self {
        self.head[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self
    }
    /// Writes a row of the sform.
    pub fn row(&mut self, row: usize, values: [f32; 4]) -> &mut Self {
        for (n, value) in values.into_iter().enumerate() {
            self.f32(280 + 16 * row + 4 * n, value);
        }
        self
    }
    /// With changes.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
    /// All bytes, uncompressed.
    pub fn plain(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.voxels].concat()
    }
    /// All bytes, compressed.
    pub fn gzip(&self) -> Vec<u8> {
        gzip(&self.plain())
    }
}

/// Compresses bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder that is filled with files.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Makes it.
    pub fn new(root: &Path, name: &str) -> Self {
        let path = root.join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    /// Puts a file into it; folders on the way are made.
    pub fn put(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }
}

/// A good visit: a scan, a mask of label 1, and what `visit.toml` says after its first line.
pub fn good_visit(root: &Path, name: &str, toml: &str) -> Folder {
    Folder::new(root, name)
        .put("image.nii.gz", Raw::scan().gzip())
        .put("mask.nii.gz", Raw::mask().gzip())
        .put("visit.toml", format!("schema = 1\n{toml}"))
}

/// Builds all bad visits below `root`.
pub fn bad_inputs(root: &Path) -> Vec<BadInput> {
    let mut all = Vec::new();
    for (name, image, code) in bad_images() {
        let visit = good_visit(root, name, "").put("image.nii.gz", image).0;
        all.push(BadInput { name, visit, code });
    }
    for (name, mask, code) in bad_masks() {
        let visit = good_visit(root, name, "").put("mask.nii.gz", mask).0;
        all.push(BadInput { name, visit, code });
    }
    for (name, toml, code) in bad_descriptions() {
        let visit = good_visit(root, name, toml).0;
        all.push(BadInput { name, visit, code });
    }
    all.extend(bad_folders(root));
    all
}

type Row<T> = (&'static str, T, &'static str);

fn bad_images() -> Vec<Row<Vec<u8>>> {
    let scan = Raw::scan();
    let packed = scan.gzip();
    let cut = |n: usize| packed[..n].to_vec();
    let flipped = |at: usize| {
        let mut bytes = packed.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let header = |change: fn(&mut Raw)| Raw::scan().with(change).gzip();
    let mut rows = cut_images(&scan, &packed, cut);
    rows.extend([
        ("bit_flip_in_checksum", flipped(packed.len() - 7), "E-NIFTI-CRC"),
        ("bit_flip_in_length", flipped(packed.len() - 3), "E-NIFTI-CRC"),
        ("rubbish_after_gzip", [packed.as_slice(), b"rubbish of some length"].concat(), "E-NIFTI-GZIP"),
        ("sizeof_hdr_wrong", header(|r| _ = r.i32(0, 349)), "E-NIFTI-HEADER"),
        ("magic_wrong", header(|r| r.head[344..348].copy_from_slice(b"abcd")), "E-NIFTI-MAGIC"),
        ("analyze_without_magic", header(|r| r.head[344..348].fill(0)), "E-NIFTI-MAGIC"),
        ("half_of_a_pair", header(|r| r.head[344..348].copy_from_slice(b"ni1\0")), "E-NIFTI-PAIR"),
        ("nine_dimensions", header(|r| _ = r.i16(40, 9)), "E-NIFTI-DIM"),
        ("no_dimensions", header(|r| _ = r.i16(40, 0)), "E-NIFTI-DIM"),
        ("negative_dimension", header(|r| _ = r.i16(44, -5)), "E-NIFTI-DIM"),
        ("zero_dimension", header(|r| _ = r.i16(46, 0)), "E-NIFTI-DIM"),
        ("time_series", header(|r| _ = r.i16(40, 4).i16(46, 2).i16(48, 2)), "E-NIFTI-4D"),
        ("vectors", header(|r| _ = r.i16(40, 5).i16(46, 1).i16(50, 4)), "E-NIFTI-4D"),
        ("dimension_too_small", header(|r| _ = r.i16(46, 3)), "E-NIFTI-SIZE"),
        ("dimension_too_large", header(|r| _ = r.i16(46, 5)), "E-NIFTI-TRUNCATED"),
        ("claims_8e9_voxels", header(|r| _ = r.i16(42, 2000).i16(44, 2000).i16(46, 2000)), "E-NIFTI-SIZE"),
        ("bitpix_contradicts_type", header(|r| _ = r.i16(72, 8)), "E-NIFTI-SIZE"),
        ("voxels_start_inside_header", header(|r| _ = r.f32(108, 100.0)), "E-NIFTI-OFFSET"),
        ("voxels_start_beyond_file", header(|r| _ = r.f32(108, 1e12)), "E-NIFTI-OFFSET"),
        ("voxels_start_just_beyond_file", header(|r| _ = r.f32(108, 5000.0)), "E-NIFTI-OFFSET"),
        ("voxels_start_nowhere", header(|r| _ = r.f32(108, f32::NAN)), "E-NIFTI-OFFSET"),
        ("rgb", header(|r| _ = r.i16(70, 128).i16(72, 24)), "E-NIFTI-TYPE"),
        ("complex", header(|r| _ = r.i16(70, 32).i16(72, 64)), "E-NIFTI-TYPE"),
        ("unknown_type", header(|r| _ = r.i16(70, 77)), "E-NIFTI-TYPE"),
        ("infinite_slope", header(|r| _ = r.f32(112, f32::INFINITY)), "E-NIFTI-SCALING"),
        ("intercept_is_nan", header(|r| _ = r.f32(112, 2.0).f32(116, f32::NAN)), "E-NIFTI-SCALING"),
        ("zero_spacing", header(|r| _ = r.f32(84, 0.0)), "E-NIFTI-SPACING"),
        ("spacing_is_nan", header(|r| _ = r.f32(80, f32::NAN)), "E-NIFTI-SPACING"),
        ("negative_spacing", header(|r| _ = r.f32(80, -1.0)), "E-NIFTI-SPACING"),
        ("sform_is_nan", header(|r| _ = r.f32(280, f32::NAN)), "E-NIFTI-AFFINE"),
        ("sform_is_infinite", header(|r| _ = r.f32(292, f32::INFINITY)), "E-NIFTI-AFFINE"),
        ("quaternion_too_long", header(|r| _ = r.f32(256, 1.0).f32(260, 1.0)), "E-NIFTI-AFFINE"),
        ("sform_axis_is_zero", header(|r| _ = r.row(2, [0.0, 0.0, 0.0, 5.0])), "E-GRID-SPACING"),
        (
            "sform_is_singular",
            header(|r| {
                r.i16(252, 0).row(0, [1.0, 1.5, 0.0, 0.0]).row(1, [1.0, 1.5, 0.0, 0.0]);
            }),
            "E-NIFTI-SINGULAR",
        ),
        ("sheared", header(|r| _ = r.i16(252, 0).row(0, [1.0, 0.3, 0.0, -3.0])), "E-GRID-SHEAR"),
        ("sform_against_qform", header(|r| _ = r.f32(268, -2.7)), "E-NIFTI-FORMS"),
        ("sform_mirrors_qform", header(|r| _ = r.row(0, [-1.0, 0.0, 0.0, -3.0])), "E-NIFTI-FORMS"),
        (
            "infinite_voxel",
            Raw::floats(|n| if n == 7 { f32::INFINITY } else { 1.0 }).gzip(),
            "E-NIFTI-INFINITE",
        ),
        (
            "voxel_overflows_by_slope",
            Raw::floats(|_| 1e30).with(|r| _ = r.f32(112, 1e30)).gzip(),
            "E-NIFTI-INFINITE",
        ),
        ("no_data_inside_region", Raw::floats(|n| if n == 40 { f32::NAN } else { 1.0 }).gzip(), "E-MASK-NAN"),
        ("dicom", [vec![0; 128], b"DICM".to_vec(), vec![0; 500]].concat(), "E-DICOM-VOLUME"),
        ("text", b"this is no image".to_vec(), "E-FORMAT-UNKNOWN"),
        ("text_in_gzip", gzip(b"this is no image"), "E-FORMAT-UNKNOWN"),
        ("empty_file", Vec::new(), "E-FORMAT-EMPTY"),
    ]);
    rows
}

/// A scan that ends early: in each part of a plain and of a compressed file.
fn cut_images(scan: &Raw, packed: &[u8], cut: impl Fn(usize) -> Vec<u8>) -> Vec<Row<Vec<u8>>> {
    let plain = scan.plain();
    let members = [gzip(&scan.head), gzip(&scan.voxels)];
    let (first, both) = (members[0].len(), members.concat());
    let (middle, trailer) = (packed.len() / 2, packed.len() - 8);
    [
        ("gzip_cut_in_its_header", cut(5)),
        ("gzip_cut_after_its_header", cut(10)),
        ("gzip_cut_early", cut(40)),
        ("gzip_cut_in_the_middle", cut(middle)),
        ("gzip_cut_before_its_trailer", cut(trailer)),
        ("gzip_cut_in_its_checksum", cut(trailer + 3)),
        ("gzip_cut_in_its_length", cut(trailer + 6)),
        ("gzip_lacks_its_last_byte", cut(packed.len() - 1)),
        ("second_member_missing", both[..first].to_vec()),
        ("second_member_cut_in_its_header", both[..first + 6].to_vec()),
        ("second_member_cut_in_the_middle", both[..first + members[1].len() / 2].to_vec()),
        ("second_member_cut_in_its_trailer", both[..both.len() - 4].to_vec()),
        ("plain_cut_after_four_bytes", plain[..4].to_vec()),
        ("plain_cut_in_the_header", plain[..200].to_vec()),
        ("plain_cut_before_its_magic", plain[..344].to_vec()),
        ("plain_cut_after_the_header", plain[..348].to_vec()),
        ("plain_without_voxels", plain[..352].to_vec()),
        ("plain_cut_in_a_voxel", plain[..353].to_vec()),
        ("plain_cut_in_the_middle", plain[..352 + VOXELS].to_vec()),
        ("plain_lacks_its_last_byte", plain[..plain.len() - 1].to_vec()),
        ("cut_inside_then_packed", gzip(&plain[..plain.len() - 2])),
    ]
    .into_iter()
    .map(|(name, bytes)| (name, bytes, "E-NIFTI-TRUNCATED"))
    .collect()
}

fn bad_masks() -> Vec<Row<Vec<u8>>> {
    let moved = |shift: f32| {
        Raw::mask().with(|r| _ = r.f32(268, -3.0 + shift).row(0, [1.0, 0.0, 0.0, -3.0 + shift])).gzip()
    };
    let one = |value: f32| Raw::floats(|n| if n == 30 { value } else { 0.0 }).gzip();
    vec![
        ("mask_empty", Raw::labels(|_| 0).gzip(), "E-MASK-EMPTY"),
        ("mask_not_whole", one(0.5), "E-MASK-INTEGER"),
        ("mask_is_nan", one(f32::NAN), "E-MASK-INTEGER"),
        ("mask_is_infinite", one(f32::INFINITY), "E-MASK-INTEGER"),
        ("mask_negative", one(-1.0), "E-MASK-NEGATIVE"),
        ("mask_label_beyond_32_bits", one(1e10), "E-MASK-RANGE"),
        ("mask_is_scaled_to_fractions", Raw::mask().with(|r| _ = r.f32(112, 0.5)).gzip(), "E-MASK-INTEGER"),
        ("mask_half_a_voxel_off", moved(0.5), "E-MASK-GRID"),
        ("mask_a_tenth_of_a_voxel_off", moved(0.11), "E-MASK-GRID"),
        (
            "mask_of_other_size",
            Raw::new(2, 8, vec![1; 24]).with(|r| _ = r.i16(42, 2).i16(44, 3).i16(46, 4)).gzip(),
            "E-MASK-GRID",
        ),
        (
            "mask_flipped",
            Raw::mask().with(|r| _ = r.i16(252, 0).row(0, [-1.0, 0.0, 0.0, 2.0])).gzip(),
            "E-MASK-GRID",
        ),
        ("mask_cut", Raw::mask().gzip()[..60].to_vec(), "E-NIFTI-TRUNCATED"),
        ("mask_is_text", b"no mask".to_vec(), "E-FORMAT-UNKNOWN"),
    ]
}

fn bad_descriptions() -> Vec<Row<&'static str>> {
    vec![
        ("key_misspelt", "modalty = \"CT\"", "E-VISIT-KEY"),
        ("roi_key_misspelt", "[[roi]]\nlabel = 1\nnane = \"a\"\nname = \"b\"", "E-VISIT-KEY"),
        ("acquisition_key_misspelt", "[acquisition]\nkVp = 120", "E-VISIT-KEY"),
        ("modality_unknown", "modality = \"X-ray\"", "E-VISIT-WORD"),
        ("units_unknown", "units = \"Hounsfield\"", "E-VISIT-WORD"),
        ("role_unknown", "[[roi]]\nlabel = 1\nname = \"a\"\nrole = \"tumour\"", "E-VISIT-WORD"),
        ("mask_source_unknown", "[[roi]]\nlabel = 1\nname = \"a\"\nmask_source = \"mine\"", "E-VISIT-WORD"),
        ("schema_twice", "schema = 1", "E-VISIT-TOML"),
        ("no_toml", "= what", "E-VISIT-TOML"),
        ("wrong_type", "subject = 7", "E-VISIT-TOML"),
        ("day_and_date", "day = 3\ndate = 2024-03-01", "E-VISIT-DATE"),
        ("day_is_nan", "day = nan", "E-VISIT-DATE"),
        ("date_is_a_time", "date = 12:00:00", "E-VISIT-DATE"),
        ("negative_kvp", "[acquisition]\nkvp = -120", "E-VISIT-NUMBER"),
        ("label_missing", "[[roi]]\nlabel = 3\nname = \"lesion\"", "E-MASK-LABEL"),
        ("label_zero", "[[roi]]\nlabel = 0\nname = \"lesion\"", "E-VISIT-ROI"),
        ("label_twice", "[[roi]]\nlabel = 1\nname = \"a\"\n[[roi]]\nlabel = 1\nname = \"b\"", "E-VISIT-ROI"),
        ("name_twice", "[[roi]]\nlabel = 1\nname = \"a\"\n[[roi]]\nlabel = 2\nname = \"a\"", "E-VISIT-ROI"),
        ("neither_label_nor_mask", "[[roi]]\nname = \"a\"", "E-VISIT-ROI"),
        ("both_label_and_mask", "[[roi]]\nname = \"a\"\nlabel = 1\nmask = \"mask.nii.gz\"", "E-VISIT-ROI"),
        ("absent_and_drawn", "absent = [\"a\"]\n[[roi]]\nlabel = 1\nname = \"a\"", "E-VISIT-ABSENT"),
        ("absent_and_accepted", "absent = [\"b\"]\naccept_contours = [\"b\"]", "E-VISIT-ROI"),
        ("image_not_there", "image = \"scan.nii.gz\"", "E-VISIT-FILE"),
        ("mask_not_there", "mask = \"labels.nii.gz\"", "E-VISIT-FILE"),
        ("roi_mask_not_there", "[[roi]]\nname = \"a\"\nmask = \"gtv.nii.gz\"", "E-VISIT-FILE"),
        ("name_with_path", "[[roi]]\nlabel = 1\nname = \"../../evil\"", "E-NAME"),
        ("name_with_markup", "[[roi]]\nlabel = 1\nname = \"<img src=x onerror=alert(1)>\"", "E-NAME"),
        ("name_with_newline", "[[roi]]\nlabel = 1\nname = \"a\\nb\"", "E-NAME"),
        ("name_with_escape_sequence", "[[roi]]\nlabel = 1\nname = \"\\u001b[2J\"", "E-NAME"),
        ("name_empty", "[[roi]]\nlabel = 1\nname = \"\"", "E-NAME"),
        ("name_is_a_formula", "[[roi]]\nlabel = 1\nname = \"=1+1\"", "E-NAME"),
        ("name_turns_text_around", "[[roi]]\nlabel = 1\nname = \"a\\u202Eb\"", "E-NAME"),
        (
            "name_too_long",
            "[[roi]]\nlabel = 1\nname = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
            "E-NAME",
        ),
        ("subject_with_path", "subject = \"P/../001\"", "E-NAME"),
        ("visit_with_path", "visit = \"/t0\"", "E-NAME"),
        ("accepted_name_with_path", "accept_contours = [\"a\\\\b\"]", "E-NAME"),
    ]
}

fn bad_folders(root: &Path) -> Vec<BadInput> {
    let (scan, mask) = (Raw::scan().gzip(), Raw::mask().gzip());
    let new = |name| Folder::new(root, name);
    let bad = |name, folder: Folder, code| BadInput { name, visit: folder.0, code };
    vec![
        bad("folder_empty", new("folder_empty"), "E-VISIT-NO-IMAGE"),
        bad("folder_not_there", Folder(root.join("no_such_folder")), "E-FILE-MISSING"),
        bad(
            "schema_missing",
            new("schema_missing").put("image.nii.gz", &scan).put("visit.toml", "visit = \"t0\""),
            "E-VISIT-SCHEMA",
        ),
        bad(
            "schema_of_the_future",
            new("schema_of_the_future").put("image.nii.gz", &scan).put("visit.toml", "schema = 2\nnew = 1"),
            "E-VISIT-SCHEMA",
        ),
        bad(
            "description_is_binary",
            new("description_is_binary").put("image.nii.gz", &scan).put("visit.toml", [0xff, 0xfe, 0x00]),
            "E-VISIT-TOML",
        ),
        bad("two_images", new("two_images").put("a.nii.gz", &scan).put("b.nii.gz", &scan), "E-VISIT-IMAGES"),
        bad(
            "two_masks",
            new("two_masks")
                .put("image.nii.gz", &scan)
                .put("a_mask.nii.gz", &mask)
                .put("b_mask.nii.gz", &mask),
            "E-VISIT-MASKS",
        ),
        bad(
            "structure_of_several_labels",
            new("structure_of_several_labels")
                .put("image.nii.gz", &scan)
                .put("masks/gtv.nii.gz", Raw::labels(|n| (n % 3) as u8).gzip()),
            "E-MASK-BINARY",
        ),
        bad(
            "structure_empty",
            new("structure_empty")
                .put("image.nii.gz", &scan)
                .put("masks/gtv.nii.gz", Raw::labels(|_| 0).gzip()),
            "E-MASK-EMPTY",
        ),
        bad(
            "structure_with_hostile_name",
            new("structure_with_hostile_name").put("image.nii.gz", &scan).put("masks/=cmd.nii.gz", &mask),
            "E-NAME",
        ),
        bad(
            "label_without_mask",
            new("label_without_mask")
                .put("image.nii.gz", &scan)
                .put("visit.toml", "schema = 1\n[[roi]]\nlabel = 1\nname = \"a\""),
            "E-VISIT-ROI",
        ),
        bad(
            "dseg_without_names",
            good_visit(root, "dseg_without_names", "").put("dseg.tsv", "index\tabbreviation\n1\ta\n"),
            "E-VISIT-DSEG",
        ),
        bad(
            "dseg_with_hostile_name",
            good_visit(root, "dseg_with_hostile_name", "").put("dseg.tsv", "index\tname\n1\t../a\n"),
            "E-NAME",
        ),
    ]
}
