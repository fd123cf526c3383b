//! JSON for people and programs: indented, and every number whole, so that parts add up to what they are parts of.

use serde::Serialize;

/// Prints a report. Its types are names and numbers only, so nothing in it can fail to be JSON.
#[must_use]
pub fn pretty(report: &impl Serialize) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_whole() {
        let value = serde_json::json!({"b": [0.1 + 0.2, 1e300, 7], "a": {"x": null, "y": "z\u{1b}\""}, "c": []});
        let text = pretty(&value);
        assert!(text.contains("0.30000000000000004,"), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&read["a"], &read["c"], &read["b"][1]), (&value["a"], &value["c"], &value["b"][1]));
    }
}
