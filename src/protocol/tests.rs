use super::*;
use crate::diagnose::Diagnose;
use crate::features::settings::{Interpolation, Method, Normalise, ResolvedSampling, SpacingWord};
use crate::record::Aggregation;
use crate::register::settings::Preset;

#[test]
fn built_in_protocols_have_the_values_of_the_interfaces() {
    for built_in in BuiltIn::ALL {
        let protocol = built_in.protocol();
        let name = built_in.name();
        assert_eq!((protocol.name.as_str(), protocol.schema), (name, 1));
        let (sampling, intensity) = (&protocol.sampling, &protocol.intensity);
        assert_eq!((sampling.interpolation, sampling.mask_threshold), (Interpolation::Linear, 0.5), "{name}");
        assert_eq!(protocol.features.aggregations, [Aggregation::ThreeDAvg, Aggregation::ThreeD], "{name}");
        assert_eq!(
            protocol.features.aggregations_in(Dimension::InPlane),
            [Aggregation::TwoHalfDAvg, Aggregation::TwoHalfD],
            "{name}"
        );
        assert!(protocol.features.has_family(crate::record::Family::new("cm")), "{name}");
        let (spacing, thick, normalise, round, range, preset) = match built_in {
            BuiltIn::Generic => {
                (Spacing::Word(SpacingWord::Auto), None, Normalise::Auto, false, None, Preset::Generic)
            }
            BuiltIn::Ct => (
                Spacing::Isotropic(1.0),
                Some(3.0),
                Normalise::None,
                true,
                Some([-1000.0, 3000.0]),
                Preset::ThoraxAbdomen,
            ),
            BuiltIn::Mr => {
                (Spacing::Word(SpacingWord::Auto), None, Normalise::Auto, false, None, Preset::Brain)
            }
            BuiltIn::Pet => (Spacing::Isotropic(3.0), Some(6.0), Normalise::None, false, None, Preset::Pet),
        };
        assert_eq!((sampling.spacing_mm, sampling.thick_slice_mm), (spacing, thick), "{name}");
        assert_eq!((intensity.normalise, intensity.round_hu), (normalise, round), "{name}");
        assert_eq!((protocol.resegment.range, protocol.resegment.sigma), (range, None), "{name}");
        assert_eq!(protocol.register.preset, preset, "{name}");
        let bins = protocol.discretise;
        let expected = match built_in {
            BuiltIn::Generic | BuiltIn::Mr => (Method::FixedBinNumber, None, Some(32), None),
            BuiltIn::Ct => (Method::FixedBinSize, Some(25.0), None, Some(-1000.0)),
            BuiltIn::Pet => (Method::FixedBinSize, Some(0.5), Some(64), Some(0.0)),
        };
        assert_eq!((bins.method, bins.size, bins.number, bins.lower_bound), expected, "{name}");
        assert_eq!(bins.ivh, None, "{name}");
    }
}

#[test]
fn every_modality_has_its_protocol() {
    let names: Vec<_> = Modality::ALL.iter().map(|m| Protocol::default_for(*m).name).collect();
    assert_eq!(names, ["ct", "mr", "pet", "generic", "generic"]);
}

#[test]
fn every_setting_of_a_built_in_protocol_says_why() {
    for built_in in BuiltIn::ALL {
        let lines: Vec<&str> = built_in.text().lines().collect();
        let is_key = |line: &str| line.contains(" = ") && !line.starts_with('#');
        for (n, line) in lines.iter().enumerate().filter(|(_, line)| is_key(line)) {
            // A comment may speak for several keys that stand together, or for their section.
            let above = lines[..n].iter().rev().find(|line| !is_key(line) && !line.starts_with('['));
            assert!(above.is_some_and(|line| line.starts_with('#')), "{}: {line}", built_in.name());
        }
    }
}

#[test]
fn a_protocol_reads_back_as_it_was_written() {
    for built_in in BuiltIn::ALL {
        let protocol = built_in.protocol();
        let text = protocol.to_toml().unwrap();
        assert!(text.starts_with("schema = 1\n"), "{text}");
        assert_eq!(Protocol::parse(&text, built_in.name()).unwrap(), protocol);
    }
}

/// What is written into a sound protocol (`ct` unless a case says otherwise), and what must be said of it.
struct Typo {
    from: &'static str,
    to: &'static str,
    code: &'static str,
    fact: &'static str,
    hint: &'static str,
}

const fn typo(
    from: &'static str,
    to: &'static str,
    code: &'static str,
    fact: &'static str,
    hint: &'static str,
) -> Typo {
    Typo { from, to, code, fact, hint }
}

const KEY: &str = "E-PROTOCOL-KEY";
const VALUE: &str = "E-PROTOCOL-VALUE";

const TYPOS: [Typo; 34] = [
    // Keys and sections.
    typo("spacing_mm = 1", "spacing = 1", KEY, "unknown key `spacing`", "`spacing_mm`"),
    typo("interpolation =", "interpolaton =", KEY, "unknown key `interpolaton`", "`interpolation`"),
    typo("mask_threshold =", "mask_treshold =", KEY, "`mask_treshold`", "`mask_threshold`"),
    typo("normalise =", "normalize =", KEY, "unknown key `normalize`", "`normalise`"),
    typo("lower_bound =", "lowerbound =", KEY, "unknown key `lowerbound`", "`lower_bound`"),
    typo("[resegment]", "[resegmentation]", KEY, "unknown key `resegmentation`", "`resegment`"),
    typo("[discretise]", "[discretize]", KEY, "unknown key `discretize`", "`discretise`"),
    typo("[acquisition.tolerances]", "[acquisition.tolerance]", KEY, "`tolerance`", "`tolerances`"),
    typo("kvp =", "kv =", KEY, "unknown key `kv`", "`kvp`"),
    typo("preset =", "presets =", KEY, "unknown key `presets`", "`preset`"),
    typo("round_hu =", "shoe_size =", KEY, "unknown key `shoe_size`", "delta protocol show"),
    // Words.
    typo("\"fixed_bin_size\"", "\"fixed_bin_sise\"", VALUE, "`fixed_bin_sise`", "`fixed_bin_size`"),
    typo("\"linear\"", "\"lineal\"", VALUE, "`lineal`", "`linear`"),
    typo("\"HU\"", "\"hu\"", VALUE, "`hu`", "`HU`"),
    typo("\"3D_avg\"", "\"3d_avg\"", VALUE, "`3d_avg`", "`3D_avg`"),
    typo("\"thorax_abdomen\"", "\"thorax\"", VALUE, "`thorax`", "`thorax_abdomen`"),
    typo("\"original\"", "\"log_sigma_2mm\"", VALUE, "log_sigma_2mm", "original"),
    // Numbers.
    typo("spacing_mm = 1", "spacing_mm = -1", VALUE, "spacing_mm is -1", "millimetres"),
    typo("spacing_mm = 1", "spacing_mm = [1, 1, 0]", VALUE, "spacing_mm is 0", "millimetres"),
    typo("spacing_mm = 1", "spacing_mm = [1, 1]", VALUE, "one number or three", "delta protocol show"),
    typo("spacing_mm = 1", "spacing_mm = \"atuo\"", VALUE, "\"auto\"", "delta protocol show"),
    typo("spacing_mm = 1", "spacing_mm = nan", VALUE, "spacing_mm is nan", "finite"),
    typo("mask_threshold = 0.5", "mask_threshold = 0", VALUE, "mask_threshold is 0", "at most 1"),
    typo("[-1000, 3000]", "[3000, -1000]", VALUE, "from 3000 to -1000", "lower bound comes first"),
    typo("[-1000, 3000]", "[-1000]", VALUE, "array of length 2", "delta protocol show"),
    typo("[-1000, 3000]", "[-inf, 3000]", VALUE, "range is -inf", "finite"),
    typo("size = 25", "size = 0", VALUE, "size is 0", "width of a bin"),
    typo("\"fixed_bin_size\"", "\"fixed_bin_number\"", VALUE, "has no number", "number = 32"),
    typo("size = 25", "size = 25\nnumber = 0", VALUE, "number is 0", "two grey levels"),
    typo("slice_thickness_mm = 0.5", "slice_thickness_mm = -0.5", VALUE, "is -0.5", "not negative"),
    typo("kvp = 0", "kvp = -5", VALUE, "kvp is -5", "0 or more"),
    // The file.
    typo("schema = 1", "schema = 2\nlater = true", "E-PROTOCOL-SCHEMA", "schema 2", "reads schema 2"),
    typo("schema = 1", "", VALUE, "missing field `schema`", "delta protocol show"),
    typo("spacing_mm = 1", "spacing_mm = ", "E-PROTOCOL-SYNTAX", "line", "TOML"),
];

#[test]
fn every_typo_is_refused_with_line_fact_and_hint() {
    let sound = BuiltIn::Ct.text();
    for Typo { from, to, code, fact, hint } in TYPOS {
        assert!(sound.contains(from), "{from}");
        let text = sound.replacen(from, to, 1);
        let error = Protocol::parse(&text, "my.toml").unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
        let said = error.to_string();
        assert!(said.starts_with("my.toml") && said.contains(fact), "{to}: {said} lacks {fact}");
        assert!(error.hint().contains(hint), "{to}: {} lacks {hint}", error.hint());
        if code != "E-PROTOCOL-SCHEMA" && !to.is_empty() {
            // The line is that of the last line written.
            let start = text.find(to).unwrap() + to.len();
            let line = 1 + text[..start].matches('\n').count();
            assert!(said.contains(&format!("line {line}:")), "{to}: {said} is not of line {line}");
        }
    }
}

#[test]
fn regions_are_made_from_regions_of_the_visits_outwards() {
    let with = |regions: &str| Protocol::parse(&(BuiltIn::Ct.text().to_owned() + regions), "my.toml");
    let rim = "\n[[region]]\nname = \"rim\"\nof = \"lesion\"\ninner_mm = -2\nouter_mm = 3\n";
    let core = "\n[[region]]\nname = \"core\"\nof = \"lesion\"\nouter_mm = -2\nwithin = \"liver\"\n";
    let protocol = with(&(rim.to_owned() + core)).unwrap();
    assert_eq!((protocol.region[0].inner_mm, protocol.region[1].inner_mm), (Some(-2.0), None));
    assert_eq!(Protocol::parse(&protocol.to_toml().unwrap(), "again.toml").unwrap().region, protocol.region);
    for (text, fact) in [
        (rim.replace("-2", "3"), "before it begins"),
        (rim.replace("rim", "a/b"), "cannot be used"),
        (rim.to_owned() + rim, "two regions"),
        (rim.to_owned() + &core.replace("liver", "rim"), "rests on"),
    ] {
        let error = with(&text).unwrap_err();
        assert_eq!(error.code(), VALUE, "{text}");
        assert!(error.to_string().contains(fact), "{error}");
    }
}

#[test]
fn a_name_is_a_built_in_protocol_or_a_file() {
    assert_eq!(Protocol::load("ct").unwrap().name, "ct");
    let misspelt = Protocol::load("generc").unwrap_err();
    assert_eq!((misspelt.code(), misspelt.hint().as_str()), ("E-PROTOCOL-NAME", "Did you mean `generic`?"));
    let unknown = Protocol::load("ultrasound").unwrap_err();
    assert!(unknown.hint().contains("delta protocol list"));
    assert_eq!(Protocol::load("no/such.toml").unwrap_err().code(), "E-PROTOCOL-FILE");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, BuiltIn::Mr.text()).unwrap();
    let file = file.display().to_string();
    let mine = Protocol::load(&file).unwrap();
    assert_eq!(mine, Protocol { name: file.clone(), ..BuiltIn::Mr.protocol() });
    assert_eq!(show(&file).unwrap(), show("mr").unwrap());
}

#[test]
fn the_list_says_what_each_is_for() {
    let purposes = list();
    assert_eq!(purposes.len(), BuiltIn::ALL.len());
    assert!(purposes.iter().all(|(_, purpose)| purpose.starts_with("For ") && purpose.ends_with('.')));
}

#[test]
fn numbers_in_hounsfield_units_are_not_applied_to_others() {
    let ct = BuiltIn::Ct.protocol();
    assert!(ct.check_units(Units::Hu).is_ok());
    let error = ct.check_units(Units::Arbitrary).unwrap_err();
    assert_eq!(error.code(), "E-PROTOCOL-UNITS");
    assert!(error.hint().contains("--units HU"));
    assert!(BuiltIn::Generic.protocol().check_units(Units::Hu).is_ok());
}

#[test]
fn a_resolved_protocol_asks_for_the_grid_that_was_decided() {
    let mr = BuiltIn::Mr.protocol();
    let decided = |spacing_mm, dimension| {
        let measurement = ResolvedMeasurement {
            sampling: ResolvedSampling {
                spacing_mm,
                dimension,
                slice_axis: None,
                interpolation: Interpolation::Linear,
                mask_threshold: 0.5,
            },
            intensity: mr.intensity.clone(),
            resegment: mr.resegment,
            discretise: mr.discretise,
            definitions: 1,
        };
        let resolved = mr.resolved(&measurement);
        let back = Protocol::parse(&resolved.to_toml().unwrap(), "mr").unwrap();
        assert_eq!(back, resolved);
        (back.sampling.spacing_mm, back.sampling.thick_slice_mm)
    };
    let cube = decided([Some(1.2); 3], Dimension::Volume);
    assert_eq!(cube, (Spacing::Isotropic(1.2), None));
    let block = decided([Some(1.0), Some(1.0), Some(2.0)], Dimension::Volume);
    assert_eq!(block, (Spacing::PerAxis([1.0, 1.0, 2.0]), None));
    let thick = decided([Some(0.9), Some(0.9), None], Dimension::InPlane);
    assert_eq!(thick, (Spacing::Isotropic(0.9), Some(0.0)));
}
