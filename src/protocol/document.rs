//! From text to a protocol, with the line of whatever is wrong.

use toml::de::{DeTable, DeValue};

use super::check::{Fault, faults};
use super::{Protocol, ProtocolError, SCHEMA};
use crate::diagnose::nearest_in_message;

/// Parses and checks a protocol.
pub fn parse(text: &str, name: &str) -> Result<Protocol, ProtocolError> {
    let file = || name.to_owned();
    let table = DeTable::parse(text)
        .map_err(|e| ProtocolError::Syntax {
            file: file(),
            line: line_of_error(text, &e),
            fact: e.message().to_owned(),
        })?
        .into_inner();
    // The version speaks first: a later one may have keys that this one does not know.
    if let Some(found) = schema(&table)
        && found > i64::from(SCHEMA)
    {
        return Err(ProtocolError::Schema { file: file(), found });
    }
    let value = |line, Fault { fact, hint, .. }| ProtocolError::Value { file: file(), line, fact, hint };
    let mut numbers = Numbers { text, fault: None };
    numbers.walk(&table);
    if let Some((line, fault)) = numbers.fault {
        return Err(value(line, fault));
    }
    let mut protocol: Protocol = toml::from_str(text).map_err(|e| form_error(text, name, &e))?;
    name.clone_into(&mut protocol.name);
    match faults(&protocol).into_iter().next() {
        None => Ok(protocol),
        Some(fault) => Err(value(line_of_key(text, &table, fault.section, fault.key), fault)),
    }
}

fn schema(table: &DeTable) -> Option<i64> {
    let DeValue::Integer(number) = table.get("schema")?.get_ref() else { return None };
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn form_error(text: &str, name: &str, error: &toml::de::Error) -> ProtocolError {
    let (file, line, message) = (name.to_owned(), line_of_error(text, error), error.message());
    match nearest_in_message(message) {
        Some((key, nearest)) if message.contains("unknown field") => {
            ProtocolError::Key { file, line, key: key.to_owned(), nearest: nearest.map(str::to_owned) }
        }
        word => {
            let start = || "`delta protocol show ct` prints a protocol with every key.".to_owned();
            let hint =
                word.and_then(|(_, known)| known).map_or_else(start, |w| format!("Did you mean `{w}`?"));
            ProtocolError::Value { file, line, fact: message.to_owned(), hint }
        }
    }
}

fn line_of_error(text: &str, error: &toml::de::Error) -> usize {
    error.span().map_or(1, |span| line_at(text, span.start))
}

/// The line, from 1, of a byte of the text.
fn line_at(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|b| **b == b'\n').count()
}

/// The line of `key` in `section`, else of the section, else 1. An empty section is the top of the file.
fn line_of_key(text: &str, table: &DeTable, section: &str, key: &str) -> usize {
    let mut at = None;
    let mut table = table;
    for part in section.split('.').chain([key]).filter(|part| !part.is_empty()) {
        let Some((found, value)) = table.iter().find(|(k, _)| k.get_ref() == part) else { break };
        at = Some(found.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    at.map_or(1, |byte| line_at(text, byte))
}

/// What holds for every number of the file, whichever room obeys it: TOML can write `nan` and `inf`, no setting
/// can; and no length is negative.
struct Numbers<'t> {
    text: &'t str,
    fault: Option<(usize, Fault)>,
}

impl Numbers<'_> {
    fn walk(&mut self, table: &DeTable) {
        for (key, value) in table {
            self.look(key.get_ref(), value.get_ref(), key.span().start);
        }
    }

    fn look(&mut self, key: &str, value: &DeValue, at: usize) {
        let literal = match value {
            DeValue::Table(inner) => {
                for (key, value) in inner {
                    self.look(key.get_ref(), value.get_ref(), key.span().start);
                }
                return;
            }
            DeValue::Array(items) => {
                for item in items {
                    self.look(key, item.get_ref(), at);
                }
                return;
            }
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return,
        };
        let line = line_at(self.text, at);
        let fault = |fact, hint: &str| (line, Fault { section: "", key: "", fact, hint: hint.to_owned() });
        let bare = literal.trim_start_matches(['+', '-']);
        let is_length = key.ends_with("_mm") || key.ends_with("_mm2");
        // A region's border may lie inside the region that it is made from.
        let is_signed = ["inner_mm", "outer_mm"].contains(&key);
        if bare == "nan" || bare == "inf" {
            self.fault
                .get_or_insert(fault(format!("{key} is {literal}"), "Every setting is a finite number."));
        } else if is_length && !is_signed && literal.starts_with('-') && bare.parse() != Ok(0.0) {
            let hint = "Lengths are in millimetres and not negative.";
            self.fault.get_or_insert(fault(format!("{key} is {literal}"), hint));
        }
    }
}
