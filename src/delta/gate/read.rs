//! Reading `gate.json`: its form, and whether its figures can be true.

use std::path::Path;

use super::{Gate, GateEntry};
use crate::delta::DeltaError;
use crate::diagnose::nearest_in_message;
use crate::record::{Aggregation, Family, MaskSource, RoiGroup};
use crate::stats::repeatability::repeatability_coefficient;

/// The version of the form that is read and written.
pub const SCHEMA: u32 = 1;

impl Gate {
    /// Reads and checks a gate.
    pub fn read(file: &Path) -> Result<Self, DeltaError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| DeltaError::GateFile { file: file.to_owned(), source })?;
        Self::parse(&text, file)
    }

    /// A gate from the text of its file, whose name is for messages.
    pub fn parse(text: &str, file: &Path) -> Result<Self, DeltaError> {
        let form = |error: serde_json::Error| form_error(&error, file);
        // The version speaks first: a later one may have keys that this one does not know.
        let version: Version = serde_json::from_str(text).map_err(form)?;
        if version.schema > u64::from(SCHEMA) {
            return Err(DeltaError::GateSchema { file: file.to_owned(), found: version.schema });
        }
        let gate: Self = serde_json::from_str(text).map_err(form)?;
        let value = |key: &str, fact: String| DeltaError::GateValue {
            file: file.to_owned(),
            key: key.to_owned(),
            fact,
        };
        if gate.schema != SCHEMA {
            return Err(value("schema", format!("{} is no version of this form", gate.schema)));
        }
        if !(gate.icc_threshold > 0.0 && gate.icc_threshold <= 1.0) {
            return Err(value("icc_threshold", format!("{} is no threshold of an ICC", gate.icc_threshold)));
        }
        for (key, entry) in &gate.features {
            check_key(key).and_then(|()| check_entry(entry)).map_err(|fact| value(key, fact))?;
        }
        Ok(gate)
    }

    /// The text of the file.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

#[derive(serde::Deserialize)]
struct Version {
    schema: u64,
}

fn form_error(error: &serde_json::Error, file: &Path) -> DeltaError {
    let message = error.to_string();
    // Line and column are said in our own words.
    let fact = message.split(" at line ").next().unwrap_or(&message).to_owned();
    let nearest = nearest_in_message(&fact).and_then(|(_, known)| known).map(str::to_owned);
    DeltaError::GateForm { file: file.to_owned(), line: error.line(), fact, nearest }
}

fn check_key(key: &str) -> Result<(), String> {
    // From the right: the name of a region may hold a slash.
    let mut parts: Vec<&str> = key.rsplitn(6, '/').collect();
    parts.reverse();
    let [group, source, image, family, feature, aggregation] = parts.as_slice() else {
        return Err("a key has six parts: group/mask source/image/family/feature/aggregation".into());
    };
    let known = |ok: bool, what: &str, word: &str| {
        if ok { Ok(()) } else { Err(format!("{word:?} is no {what}")) }
    };
    known(RoiGroup::from_word(group).is_some(), "role of a region, nor a role and a name", group)?;
    known(MaskSource::from_word(source).is_some(), "mask source", source)?;
    known(!image.is_empty(), "image", image)?;
    known(Family::from_word(family).is_some(), "family of features", family)?;
    known(!feature.is_empty(), "feature", feature)?;
    known(aggregation.is_empty() || Aggregation::from_word(aggregation).is_some(), "aggregation", aggregation)
}

fn check_entry(entry: &GateEntry) -> Result<(), String> {
    let GateEntry { n, n_subjects, k, icc, icc_lower, wsd, df, rc, rc_upper, .. } = *entry;
    let must = |ok: bool, fact: String| if ok { Ok(()) } else { Err(fact) };
    must(
        n >= 1 && n_subjects >= 1 && n_subjects <= n,
        format!("n {n} and n_subjects {n_subjects} cannot be"),
    )?;
    must(k >= 2, format!("noise needs at least two repeats, k is {k}"))?;
    must(wsd >= 0.0, format!("wsd {wsd} is negative"))?;
    must(df > 0.0, format!("df {df} is not positive"))?;
    must(rc_upper >= rc, format!("rc_upper {rc_upper} is below rc {rc}"))?;
    let expected = repeatability_coefficient(wsd);
    must((rc - expected).abs() <= 1e-6 * expected, format!("rc {rc} is not 1.96 sqrt(2) wsd, {expected}"))?;
    for figure in [icc, icc_lower].into_iter().flatten() {
        must(figure <= 1.0, format!("an ICC of {figure} is above 1"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::gate;
    use super::*;
    use crate::diagnose::Diagnose;

    fn refused(text: &str) -> DeltaError {
        Gate::parse(text, Path::new("gate.json")).unwrap_err()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let gate = gate();
        assert_eq!(Gate::parse(&gate.to_json().unwrap(), Path::new("gate.json")).unwrap(), gate);
    }

    #[test]
    fn each_fault_has_its_code_fact_and_hint() {
        let good = gate().to_json().unwrap();
        let cases = [
            ("\"icc_form\"", "\"icc_from\"", "E-GATE-FORM", "unknown field `icc_from`", "icc_form"),
            ("\"scan\"", "\"scans\"", "E-GATE-FORM", "unknown variant `scans`", "Did you mean `scan`?"),
            ("\"schema\": 1", "\"schema\": 2, \"later\": 0", "E-GATE-SCHEMA", "schema 2", "reads schema 2"),
            ("\"schema\": 1,", "", "E-GATE-FORM", "missing field `schema`", "delta stability"),
            ("lesion/drawn", "lesions/drawn", "E-GATE-VALUE", "\"lesions\" is no role", "delta stability"),
            ("original/stat/", "original/", "E-GATE-VALUE", "six parts", "delta stability"),
            ("\"wsd\": 0.5", "\"wsd\": -0.5", "E-GATE-VALUE", "negative", "delta stability"),
            ("\"wsd\": 0.5", "\"wsd\": 0.6", "E-GATE-VALUE", "is not 1.96 sqrt(2) wsd", "delta stability"),
            ("\"k\": 2", "\"k\": 1", "E-GATE-VALUE", "two repeats", "delta stability"),
            ("\"df\": 30.0", "\"df\": 0.0", "E-GATE-VALUE", "not positive", "delta stability"),
            ("\"icc_threshold\": 0.75", "\"icc_threshold\": 75", "E-GATE-VALUE", "no threshold", "stability"),
            ("\"kind\":", "\"kind\"", "E-GATE-FORM", "line 3", "delta stability"),
        ];
        for (from, to, code, fact, hint) in cases {
            assert!(good.contains(from), "{from}");
            let error = refused(&good.replace(from, to));
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(fact), "{error} lacks {fact}");
            assert!(error.hint().contains(hint), "{} lacks {hint}", error.hint());
        }
    }

    #[test]
    fn the_name_of_a_region_may_hold_a_slash_and_measurement_may_lack() {
        let mut gate = gate();
        let (_, entry) = gate.features.pop_first().unwrap();
        let key = "organ:left/kidney/drawn/original/stat/stat_var/".to_owned();
        gate.features.insert(key.clone(), entry);
        gate.measurement = None;
        let read = Gate::parse(&gate.to_json().unwrap(), Path::new("gate.json")).unwrap();
        assert!(read.features.contains_key(&key) && read.measurement.is_none());
        let wrong = refused(&gate.to_json().unwrap().replace("organ:left", "organs:left"));
        assert!(wrong.to_string().contains("organs:left/kidney"), "{wrong}");
    }

    #[test]
    fn a_gate_that_is_not_there_is_refused() {
        let error = Gate::read(Path::new("no/such/gate.json")).unwrap_err();
        assert_eq!(error.code(), "E-GATE-FILE");
    }
}
