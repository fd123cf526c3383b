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

/// Compares with `tests/golden/NAME`.
#[track_caller]
pub fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if let Some(difference) = difference(&path, found) {
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
