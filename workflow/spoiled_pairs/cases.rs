//! The pairs: good ones, spoilt ones, two patients, and a breathing liver with errors of centimetres.

use delta_radiomics::record::Units;
use delta_radiomics::register::settings::Preset;

use super::spoil::{self, Scan};

/// What a pair is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A good pair: PASS, or REVIEW with a reason that is true.
    Good,
    /// A spoilt one: never PASS.
    Spoilt,
    /// Two patients, the same region: at least nine of ten are not PASS.
    Patients,
    /// A breathing liver, wrong by centimetres: never PASS.
    Centimetres,
}

impl Group {
    /// Its word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Spoilt => "spoilt",
            Self::Patients => "two_patients",
            Self::Centimetres => "centimetres",
        }
    }
}

/// A scan below the folder of reference data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its file.
    pub file: &'static str,
    /// Its units.
    pub units: Units,
}

/// What happens to a result before it is judged.
#[derive(Clone, Copy, Debug)]
pub enum Wrong {
    /// Nothing.
    Kept,
    /// It ends so far off (mm).
    Shifted([f64; 3]),
    /// It is turned by degrees about the head-feet axis.
    Rotated(f64),
    /// A smooth random field of this root mean square (mm) and seed is added.
    Bent(f64, u64),
    /// The scans as they are stored: nothing was aligned.
    Unaligned,
    /// The rigid part alone.
    RigidAlone,
}

/// What happens to the scans before they are registered.
pub enum Spoil {
    /// Nothing.
    Neither,
    /// To the moving scan.
    Moving(Box<dyn Fn(Scan) -> Scan>),
    /// To the moving scan, with the help of another one.
    With(Source, fn(&Scan, &Scan) -> Scan),
    /// Fixed and moving keep a part each (array axis; from, to).
    Parts(usize, [f64; 2], [f64; 2]),
}

/// One pair.
pub struct Case {
    /// Why it is there.
    pub group: Group,
    /// A short name.
    pub name: &'static str,
    /// The follow-up.
    pub fixed: Source,
    /// The baseline.
    pub moving: Source,
    /// How it is registered.
    pub preset: Preset,
    /// What is changed in the preset, as TOML.
    pub changes: &'static str,
    /// What is done to the scans.
    pub spoil: Spoil,
    /// What is done to the result.
    pub wrong: Wrong,
    /// Landmarks, where they still say where things are.
    pub landmarks: Option<&'static str>,
}

const fn ct(file: &'static str) -> Source {
    Source { file, units: Units::Hu }
}
const fn mr(file: &'static str) -> Source {
    Source { file, units: Units::Arbitrary }
}
const fn pet(file: &'static str) -> Source {
    Source { file, units: Units::Suv }
}

/// A pair of the reference data: both scans, preset, landmarks.
struct Pair(Source, Source, Preset, Option<&'static str>);

macro_rules! pair {
    ($kind:ident, $folder:literal, $preset:ident) => {
        Pair(
            $kind(concat!("registration/", $folder, "/fixed.nii.gz")),
            $kind(concat!("registration/", $folder, "/moving.nii.gz")),
            Preset::$preset,
            None,
        )
    };
    ($kind:ident, $folder:literal, $preset:ident, landmarks) => {
        Pair(
            $kind(concat!("registration/", $folder, "/fixed.nii.gz")),
            $kind(concat!("registration/", $folder, "/moving.nii.gz")),
            Preset::$preset,
            Some(concat!("registration/", $folder, "/landmarks.csv")),
        )
    };
}

const THORAX: Pair = pair!(ct, "kt_ct_thorax_lidc0314", ThoraxAbdomen, landmarks);
const LIVER: Pair = pair!(ct, "kt_ct_liver_crlm1004", ThoraxAbdomen, landmarks);
const BRAIN: Pair = pair!(mr, "kt_mr_brain_oasis", Brain, landmarks);
const PET: Pair = pair!(pet, "kt_pet_sts001", Pet, landmarks);
const ETH23: Pair = pair!(mr, "real_mr_liver_eth23", BreathingMr, landmarks);
const ETH18: Pair = pair!(mr, "real_mr_liver_eth18", BreathingMr, landmarks);
const GBM1: Pair = pair!(mr, "real_mr_gbm_btp01", Brain);
const GBM2: Pair = pair!(mr, "real_mr_gbm_btp02", Brain);
const PEOPLE: Pair = pair!(mr, "inter_mr_brain_oasis", Brain);

const STS1_CT: Source = ct("images/sts001_ct/image.nii.gz");
const STS1_MR: Source = mr("images/sts001_mr/image.nii.gz");
const STS1_PET: Source = pet("images/sts001_pet/image.nii.gz");
const STS2_CT: Source = ct("images/sts002_ct/image.nii.gz");
const STS2_PET: Source = pet("images/sts002_pet/image.nii.gz");
const STS3_MR: Source = mr("images/sts003_mr/image.nii.gz");
const BRAIN1: Source = mr("images/brain1/image.nii.gz");

/// A pair as it is.
fn plain(group: Group, name: &'static str, Pair(fixed, moving, preset, landmarks): Pair) -> Case {
    Case {
        group,
        name,
        fixed,
        moving,
        preset,
        changes: "",
        spoil: Spoil::Neither,
        wrong: Wrong::Kept,
        landmarks,
    }
}

/// A pair whose baseline was spoilt so that landmarks no longer hold.
fn spoilt(name: &'static str, pair: Pair, how: impl Fn(Scan) -> Scan + 'static) -> Case {
    Case { spoil: Spoil::Moving(Box::new(how)), landmarks: None, ..plain(Group::Spoilt, name, pair) }
}

/// A pair whose baseline was spoilt, while each point stays where it was.
fn in_place(name: &'static str, pair: Pair, how: impl Fn(Scan) -> Scan + 'static) -> Case {
    let landmarks = pair.3;
    Case { landmarks, ..spoilt(name, pair, how) }
}

/// A pair whose result was spoilt.
fn wrong(group: Group, name: &'static str, pair: Pair, how: Wrong) -> Case {
    Case { wrong: how, ..plain(group, name, pair) }
}

/// Two scans that do not belong together.
fn strangers(group: Group, name: &'static str, fixed: Source, moving: Source, preset: Preset) -> Case {
    plain(group, name, Pair(fixed, moving, preset, None))
}

/// All pairs, in the order of the table.
pub fn cases() -> Vec<Case> {
    let mut all = good();
    all.extend(spoilt_scans());
    all.extend(wrong_results());
    all.extend(two_patients());
    all.extend(centimetres());
    all
}

fn good() -> Vec<Case> {
    vec![
        plain(Group::Good, "CT thorax", THORAX),
        plain(Group::Good, "CT liver", LIVER),
        plain(Group::Good, "MR brain", BRAIN),
        plain(Group::Good, "PET thigh", PET),
        plain(Group::Good, "MR liver eth23", ETH23),
        plain(Group::Good, "MR liver eth18", ETH18),
        plain(Group::Good, "MR glioblastoma 1", GBM1),
        plain(Group::Good, "MR glioblastoma 2", GBM2),
    ]
}

fn spoilt_scans() -> Vec<Case> {
    let thirds = Case {
        spoil: Spoil::Parts(2, [0.0, 0.34], [0.66, 1.0]),
        landmarks: None,
        ..plain(Group::Spoilt, "no tissue in common (lower and upper third), CT thorax", THORAX)
    };
    let slab = Case {
        spoil: Spoil::With(PEOPLE.1, spoil::with_slab_of),
        landmarks: None,
        ..plain(Group::Spoilt, "slices of another patient in the middle third, MR brain", BRAIN)
    };
    vec![
        thirds,
        spoilt("left and right exchanged, MR brain", BRAIN, |s| spoil::mirrored(&s, 0)),
        spoilt("left and right exchanged, CT thorax", THORAX, |s| spoil::mirrored(&s, 0)),
        spoilt("front and back exchanged, PET thigh", PET, |s| spoil::mirrored(&s, 1)),
        spoilt("head and feet exchanged (slices in reverse order), CT liver", LIVER, |s| spoil::reversed(&s)),
        spoilt("half a turn about the head-feet axis, MR brain", BRAIN, |s| spoil::turned(&s, 2)),
        spoilt("half a turn about the left-right axis, CT liver", LIVER, |s| spoil::turned(&s, 0)),
        spoilt("two axes exchanged in the header, MR brain", BRAIN, |s| spoil::swapped(&s, 1, 2)),
        spoilt("spacing x 10, MR brain", BRAIN, |s| spoil::stretched(&s, [10.0; 3])),
        spoilt("spacing x 1.25, MR brain", BRAIN, |s| spoil::stretched(&s, [1.25; 3])),
        spoilt("spacing x 1.25, MR liver eth23", ETH23, |s| spoil::stretched(&s, [1.25; 3])),
        spoilt("slice spacing x 1.25, CT thorax", THORAX, |s| spoil::stretched(&s, [1.0, 1.0, 1.25])),
        spoilt("spacing x 0.8, CT liver", LIVER, |s| spoil::stretched(&s, [0.8; 3])),
        spoilt("every third slice lost, PET thigh", PET, |s| spoil::thinned(&s)),
        spoilt("slices shuffled, CT liver", LIVER, |s| spoil::shuffled(&s, 1)),
        spoilt("the first half of the slices twice, MR brain", BRAIN, |s| spoil::repeated(&s)),
        slab,
        strangers(Group::Spoilt, "CT against PET, one patient", STS1_CT, STS1_PET, Preset::Generic),
        strangers(Group::Spoilt, "MR against CT, one patient", STS1_MR, STS1_CT, Preset::Generic),
        in_place("bright and dark exchanged, MR brain", BRAIN, |s| spoil::inverted(&s)),
        in_place("blank, CT liver", LIVER, |s| spoil::blank(&s)),
        in_place("one hot voxel, CT liver", LIVER, |s| spoil::one_hot_voxel(&s)),
        in_place("noise alone, MR liver eth23", ETH23, |s| spoil::noise_only(&s, 2)),
        in_place("noise of 8 times the spread, MR liver eth18", ETH18, |s| spoil::noisy(&s, 8.0, 3)),
        in_place("lower half alone, CT liver", LIVER, |s| spoil::cropped(&s, 2, 0.0, 0.5)),
        in_place("right half alone, MR brain", BRAIN, |s| spoil::cropped(&s, 0, 0.5, 1.0)),
        in_place("upper third alone, PET thigh", PET, |s| spoil::cropped(&s, 2, 0.67, 1.0)),
        strangers(Group::Spoilt, "thorax against abdomen, CT", THORAX.0, LIVER.1, Preset::ThoraxAbdomen),
        strangers(Group::Spoilt, "abdomen against thigh, MR", ETH18.0, STS1_MR, Preset::BreathingMr),
        strangers(Group::Spoilt, "head against breathing abdomen, MR", BRAIN.0, ETH23.1, Preset::Brain),
    ]
}

/// Results that were right, and then made wrong.
fn wrong_results() -> Vec<Case> {
    vec![
        wrong(Group::Spoilt, "result 10 mm off, CT liver", LIVER, Wrong::Shifted([0.0, 0.0, 10.0])),
        wrong(Group::Spoilt, "result 10 mm off, PET thigh", PET, Wrong::Shifted([10.0, 0.0, 0.0])),
        wrong(Group::Spoilt, "result 20 mm off, MR liver eth23", ETH23, Wrong::Shifted([0.0, 0.0, 20.0])),
        wrong(Group::Spoilt, "result 30 mm off, MR brain", BRAIN, Wrong::Shifted([0.0, 30.0, 0.0])),
        wrong(Group::Spoilt, "result turned by 10 degrees, MR brain", BRAIN, Wrong::Rotated(10.0)),
        wrong(Group::Spoilt, "15 mm of smooth motion added, CT liver", LIVER, Wrong::Bent(15.0, 4)),
        wrong(Group::Spoilt, "15 mm of smooth motion added, PET thigh", PET, Wrong::Bent(15.0, 5)),
    ]
}

fn two_patients() -> Vec<Case> {
    let of = |name, fixed, moving, preset| strangers(Group::Patients, name, fixed, moving, preset);
    vec![
        of("brains without skulls", PEOPLE.0, PEOPLE.1, Preset::Brain),
        of("glioblastoma 1 and 2", GBM1.0, GBM2.1, Preset::Brain),
        of("glioblastoma 1 and a third head", GBM1.0, BRAIN1, Preset::Brain),
        of("a third head and glioblastoma 2", BRAIN1, GBM2.1, Preset::Brain),
        of("brain without skull and glioblastoma 1", PEOPLE.0, GBM1.1, Preset::Brain),
        of("glioblastoma 2 and another brain without skull", GBM2.0, PEOPLE.1, Preset::Brain),
        of("breathing livers eth18 and eth23", ETH18.0, ETH23.1, Preset::BreathingMr),
        of("thighs 1 and 3, MR", STS1_MR, STS3_MR, Preset::Generic),
        of("thighs 1 and 2, CT", STS1_CT, STS2_CT, Preset::Generic),
        of("thighs 1 and 2, PET", STS1_PET, STS2_PET, Preset::Pet),
    ]
}

fn centimetres() -> Vec<Case> {
    let of = |name, how| wrong(Group::Centimetres, name, ETH18, how);
    let coarse = Case {
        changes: "search_mm = 0.0\nlevels = [{ voxel_mm = 2.0, lattice_mm = 8.0, iterations = 60 }]",
        ..of("eth18, the finest level alone", Wrong::Kept)
    };
    let stiff = Case {
        preset: Preset::Generic,
        changes: "lambda_mm2 = 3000.0",
        ..of("eth18, far too stiff", Wrong::Kept)
    };
    vec![
        of("eth18 as stored", Wrong::Unaligned),
        of("eth18, rigid alone", Wrong::RigidAlone),
        coarse,
        stiff,
        of("eth18, 10 mm off along the body", Wrong::Shifted([0.0, 0.0, 10.0])),
        of("eth18, 15 mm off to the left", Wrong::Shifted([-15.0, 0.0, 0.0])),
        of("eth18, 15 mm of smooth motion added", Wrong::Bent(15.0, 6)),
        of("eth18, another 15 mm of smooth motion added", Wrong::Bent(15.0, 7)),
    ]
}
