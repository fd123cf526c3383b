//! Variations of the files: another size of a cause, causes together, and one of several causes taken back.
//!
//! `distance:small` is `distance` with what its file says under `[small]`; `distance+dns` is both together;
//! `all-at-once:without-path.delay_ms` is `all-at-once` with that key as it stands for both sides, and
//! `dns:small:without-resolver.delay_ms,resolver.spread_ms` does so with two keys of another size.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{ScenarioError, book};

/// Sizes that a file may have beside its own.
pub const SIZES: [&str; 2] = ["small", "large"];
/// What is toggled: a side, and the key under it.
const SIDES: [&str; 2] = ["a", "b"];
const WITHOUT: &str = "without-";

/// The text of a variation, as a file would have it; `own` are files that do not come with the program.
pub(super) fn text(name: &str, own: &BTreeMap<String, String>) -> Result<String, ScenarioError> {
    let files: Vec<&str> = name.split('+').map(|part| part.split(':').next().unwrap_or_default()).collect();
    if let Some((_, twice)) = files.iter().enumerate().find(|(at, file)| files[..*at].contains(file)) {
        return Err(bad(name, format!("`{twice}` is in it twice")));
    }
    let mut parts = name.split('+').map(|part| one(name, part, own));
    let mut whole = parts.next().unwrap_or_else(|| Err(ScenarioError::Unknown(name.to_owned())))?;
    for part in parts {
        let part = part?;
        if let Some(key) = disagree(&whole, &part) {
            return Err(bad(name, format!("they say different things of `{key}`, so they cannot be together")));
        }
        lay(&mut whole, part);
        whole.insert("about".to_owned(), Value::String(format!("`{}` together.", name.replace('+', "` and `"))));
    }
    toml::to_string(&whole).map_err(|error| bad(name, error.to_string()))
}

fn bad(name: &str, said: String) -> ScenarioError {
    ScenarioError::File { name: name.to_owned(), said }
}

/// One file, in one of its sizes, or without one of its keys.
fn one(name: &str, part: &str, own: &BTreeMap<String, String>) -> Result<Table, ScenarioError> {
    let mut variants = part.split(':');
    let file = variants.next().unwrap_or_default();
    let text = own.get(file).map(String::as_str).or_else(|| book::text(file));
    let text = text.ok_or_else(|| ScenarioError::Unknown(name.to_owned()))?;
    let mut table: Table = toml::from_str(text).map_err(|error| bad(name, error.to_string()))?;
    let mut sizes = SIZES.map(|size| (size, table.remove(size)));
    let mut about = format!("`{file}`");
    let mut sized = None;
    for variant in variants {
        if let Some(keys) = variant.strip_prefix(WITHOUT) {
            for key in keys.split(',') {
                if key.is_empty() {
                    return Err(bad(name, format!("`{variant}` names no key; `{WITHOUT}path.delay_ms` does")));
                }
                let taken = SIDES.map(|side| table.get_mut(side).is_some_and(|side| take(side, key)));
                if taken == [false, false] {
                    return Err(bad(name, format!("{file} has no `{key}` under [a] or [b]")));
                }
            }
            let differ = if keys.contains(',') { "do" } else { "does" };
            about += &format!(", and {} {differ} not differ", keys.replace(',', " and "));
        } else if let Some(other) = sized.replace(variant) {
            return Err(bad(name, format!("`{other}` and `{variant}` are two sizes, and {file} can have one")));
        } else {
            let size = sizes.iter_mut().find(|(size, _)| *size == variant).and_then(|(_, size)| size.take());
            let Some(Value::Table(size)) = size else {
                return Err(bad(name, format!("{file} has no size `{variant}`, and no variation of that name")));
            };
            about += &format!(" with {}", said(&size));
            lay(&mut table, size);
        }
    }
    if part.contains(':') {
        table.insert("about".to_owned(), Value::String(about + "."));
    }
    Ok(table)
}

/// Keys of it are as they stand for both sides.
#[must_use]
pub fn is_without(name: &str) -> bool {
    name.contains(&format!(":{WITHOUT}"))
}

/// The name of a scenario, or of a variation of one, with keys as they stand for both sides.
#[must_use]
pub fn without(name: &str, keys: &[&str]) -> String {
    format!("{name}:{WITHOUT}{}", keys.join(","))
}

/// Writes what is said over what there is, key by key.
fn lay(onto: &mut Table, said: Table) {
    for (key, value) in said {
        match (onto.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(value)) => lay(below, value),
            // Rows that one of two scenarios cannot tell apart, both cannot.
            (Some(Value::Array(below)), Value::Array(value)) => {
                let more: Vec<Value> = value.into_iter().filter(|one| !below.contains(one)).collect();
                below.extend(more);
            }
            (_, value) => {
                onto.insert(key, value);
            }
        }
    }
}

/// A key under a side of which both say something, and not the same; what is said of both sides is said of either.
fn disagree(one: &Table, other: &Table) -> Option<String> {
    let pairs = [("both", "both"), ("a", "a"), ("b", "b"), ("both", "a"), ("both", "b"), ("a", "both"), ("b", "both")];
    pairs
        .into_iter()
        .find_map(|(side, like)| differ(one.get(side)?, other.get(like)?, if side == "both" { like } else { side }))
}

fn differ(one: &Value, other: &Value, path: &str) -> Option<String> {
    match (one, other) {
        (Value::Table(one), Value::Table(other)) => {
            other.iter().find_map(|(key, value)| differ(one.get(key)?, value, &format!("{path}.{key}")))
        }
        (one, other) => (one != other).then(|| path.to_owned()),
    }
}

/// Takes a key out; whether it was there.
fn take(from: &mut Value, key: &str) -> bool {
    let Some(table) = from.as_table_mut() else { return false };
    match key.split_once('.') {
        Some((first, rest)) => table.get_mut(first).is_some_and(|below| take(below, rest)),
        None => table.remove(key).is_some(),
    }
}

/// `b.path.delay_ms = 6`, and so on.
fn said(table: &Table) -> String {
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    leaves(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
                }
            }
            value => found.push(format!("{path} = {value}")),
        }
    }
    let mut found = Vec::new();
    leaves(&Value::Table(table.clone()), "", &mut found);
    found.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::super::{NAMES, Scenario};
    use super::{SIZES, without};

    #[test]
    fn every_size_of_every_file_is_a_scenario_of_its_own() {
        let mut sized = 0;
        for name in NAMES {
            let usual = Scenario::named(name).unwrap();
            for size in &usual.sizes {
                let scenario = Scenario::named(&format!("{name}:{size}")).unwrap_or_else(|error| panic!("{error}"));
                assert_ne!(scenario.sides, usual.sides, "{name}:{size}");
                assert!(!scenario.is_null() && scenario.about.starts_with(&format!("`{name}` with ")), "{scenario:?}");
                sized += 1;
            }
        }
        assert_eq!(sized, 64);
    }

    #[test]
    fn whatever_is_about_one_cause_has_it_in_three_sizes() {
        let none_or_all = ["all-at-once", "blackbox", "null", "null-busy"];
        for name in NAMES.iter().filter(|name| !none_or_all.contains(name) && !name.starts_with("founding-case")) {
            assert_eq!(Scenario::named(name).unwrap().sizes, SIZES, "{name}");
        }
    }

    #[test]
    fn two_causes_together_are_both_toggled() {
        let both = Scenario::named("distance+dns:large").unwrap();
        assert_eq!(both.toggled, ["path.delay_ms", "resolver.delay_ms", "resolver.spread_ms"]);
        assert_eq!((both.sides[1].path.delay_ms.0, both.sides[1].resolver.delay_ms.0), (15.0, 60.0));
        assert_eq!(both.about, "`distance` and `dns:large` together.");
    }

    #[test]
    fn a_cause_taken_back_does_not_differ_and_the_others_do() {
        let all = Scenario::named("all-at-once").unwrap();
        let without = Scenario::named("all-at-once:without-path.delay_ms").unwrap();
        assert_eq!(without.sides[0].path.delay_ms, without.sides[1].path.delay_ms);
        assert_eq!(without.toggled.len() + 1, all.toggled.len());
    }

    #[test]
    fn what_one_size_says_can_be_taken_back_whole() {
        let name = without("dns:small", &["resolver.delay_ms", "resolver.spread_ms"]);
        let scenario = Scenario::named(&name).unwrap();
        assert!(scenario.is_null() && scenario.toggled.is_empty(), "{scenario:?}");
        assert_eq!(
            scenario.about,
            "`dns` with b.resolver.delay_ms = 5, and resolver.delay_ms and resolver.spread_ms do not differ."
        );
    }

    #[test]
    fn what_no_file_has_is_refused_by_its_name() {
        for (name, said) in [
            ("distant", "there is no scenario `distant`"),
            ("distance+", "there is no scenario `distance+`"),
            ("distance:huge", "distance has no size `huge`"),
            ("null:small", "null has no size `small`"),
            ("distance:without-path.rate_mbit", "distance has no `path.rate_mbit`"),
            ("distance:without-path.delay_ms.x", "distance has no `path.delay_ms.x`"),
            ("", "there is no scenario ``"),
            ("distance+distance:small", "`distance` is in it twice"),
            ("distance:small:large", "`small` and `large` are two sizes, and distance can have one"),
            ("all-at-once:without-", "`without-` names no key"),
        ] {
            let error = Scenario::named(name).unwrap_err().to_string();
            assert!(error.contains(said), "{name}: {error}");
        }
    }
}
