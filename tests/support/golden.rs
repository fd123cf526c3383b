//! Golden files: what the product prints and promises, kept beside the tests.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// How what is found differs from what a file keeps; with `UPDATE_GOLDEN=1` the file is written instead.
pub fn difference(path: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|wish| wish == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, found).unwrap();
        return None;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    (kept != found).then(|| {
        format!(
            "{} is not what is printed now; if the change is meant, run the test with UPDATE_GOLDEN=1\n\
             --- kept\n{kept}\n--- found\n{found}",
            path.display()
        )
    })
}

/// Digits past a billionth are the processor's: they differ from one kind of machine to another.
fn rounded(json: &str) -> String {
    let line = |line: &str| {
        let start = line.find(": ").map_or(line.len() - line.trim_start().len(), |colon| colon + 2);
        let (before, number) = line.split_at(start);
        let (number, after) = number.split_at(number.len() - usize::from(number.ends_with(',')));
        match number.parse::<f64>() {
            Ok(value) if number.contains(['.', 'e']) => {
                format!("{before}{}{after}", Value::from((value * 1e9).round() / 1e9))
            }
            _ => line.to_owned(),
        }
    };
    json.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Compares with `tests/golden/NAME`; numbers of a JSON document to a billionth.
#[track_caller]
pub fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let found = if name.ends_with(".json") { rounded(found) } else { found.to_owned() };
    if let Some(difference) = difference(&path, &found) {
        panic!("{difference}");
    }
}

/// The shape of a JSON document: its keys, with the kind of each value; of a list, the shapes that occur in it.
pub fn shape(value: &Value) -> String {
    let mut lines = BTreeMap::new();
    collect("", value, &mut lines);
    lines.into_iter().map(|(path, kind)| format!("{path}: {kind}\n")).collect()
}

fn collect(path: &str, value: &Value, lines: &mut BTreeMap<String, &'static str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                collect(&format!("{path}.{key}"), value, lines);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(&format!("{path}[]"), item, lines);
            }
        }
        Value::Null => drop(lines.insert(path.to_owned(), "null")),
        Value::Bool(_) => drop(lines.insert(path.to_owned(), "bool")),
        Value::Number(_) => drop(lines.insert(path.to_owned(), "number")),
        Value::String(_) => drop(lines.insert(path.to_owned(), "string")),
    }
}
