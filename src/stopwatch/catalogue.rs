//! All definitions, and how to find one by its name.

use super::definition::Definition;
use super::tool;

/// Names that are shown to whoever misspelt one.
const NEAREST: usize = 3;

/// Every definition, in the order of the table.
#[must_use]
pub fn all() -> &'static [&'static Definition] {
    &tool::ALL
}

/// No definition has this name, or more than one tool answers to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no stopwatch `{}`; the nearest are {}", name.escape_default(), nearest.join(", "))]
pub struct Unknown {
    /// As it was given.
    pub name: String,
    /// The nearest names, the nearest one first.
    pub nearest: Vec<&'static str>,
}

/// The definition of this name; the part before the stroke is enough where only one tool has it.
///
/// # Errors
/// See [`Unknown`].
pub fn find(name: &str) -> Result<&'static Definition, Unknown> {
    let typed = name.trim().to_ascii_lowercase();
    let exact = all().iter().find(|definition| definition.name.to_ascii_lowercase() == typed);
    let mut family = all().iter().filter(|definition| family(definition) == typed);
    match (exact, family.next(), family.next()) {
        (Some(definition), ..) | (None, Some(definition), None) => Ok(definition),
        _ => Err(Unknown { name: name.to_owned(), nearest: nearest(&typed) }),
    }
}

fn family(definition: &Definition) -> &'static str {
    definition.name.split_once('/').map_or(definition.name, |(family, _)| family)
}

fn nearest(typed: &str) -> Vec<&'static str> {
    let score = |definition: &Definition| {
        [definition.name, definition.tool, family(definition)]
            .into_iter()
            .map(|name| alike(typed, name))
            .fold(0.0, f64::max)
    };
    let mut ranked: Vec<(f64, &'static str)> = all().iter().map(|known| (score(known), known.name)).collect();
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked.into_iter().take(NEAREST).map(|(_, name)| name).collect()
}

/// The share of pairs of neighbouring letters that two names have in common (Dice's coefficient).
fn alike(a: &str, b: &str) -> f64 {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = text.chars().take(64).flat_map(char::to_lowercase).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (a, mut b) = (pairs(a), pairs(b));
    let all = a.len() + b.len();
    let both = a.iter().filter(|pair| b.iter().position(|other| other == *pair).map(|at| b.swap_remove(at)).is_some());
    let both = both.count();
    if all == 0 { 0.0 } else { 2.0 * both as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::measurement::identity::{Method, Stopwatch};
    use crate::stopwatch::evidence::Mark;

    #[test]
    fn names_are_unique_and_can_be_kept_in_a_sample() {
        let names: BTreeSet<&str> = all().iter().map(|definition| definition.name).collect();
        assert_eq!(names.len(), all().len());
        for definition in all() {
            assert!(Stopwatch::new(definition.name).is_ok(), "{}", definition.name);
            assert_eq!(find(definition.name).unwrap().name, definition.name);
        }
    }

    #[test]
    fn our_own_methods_are_known() {
        for method in [Method::Fresh, Method::Pooled, Method::Curl] {
            assert!(find(method.stopwatch().as_str()).is_ok(), "{method}");
        }
    }

    #[test]
    fn every_definition_says_what_it_rests_on() {
        for definition in all() {
            assert!(definition.evidence.iter().any(|found| found.mark != Mark::Unverified), "{}", definition.name);
            assert!(definition.evidence.iter().all(|found| !found.place.is_empty()), "{}", definition.name);
        }
    }

    #[test]
    fn the_part_before_the_stroke_is_enough_where_one_tool_has_it() {
        assert_eq!(find("curl").unwrap().name, "curl/time_total");
        assert_eq!(find(" Gatus ").unwrap().name, "gatus/duration");
        let several = find("zabbix").unwrap_err();
        assert!(several.nearest.iter().all(|name| name.starts_with("zabbix/")), "{several}");
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest() {
        for (typed, meant) in [
            ("gatsu/duration", "gatus/duration"),
            ("blackbox", "blackbox_exporter/probe_duration_seconds"),
            ("zabbix/web.test.tiem", "zabbix/web.test.time"),
            ("uptimekuma", "uptime-kuma/ping"),
        ] {
            assert_eq!(find(typed).unwrap_err().nearest[0], meant);
        }
        for hostile in ["", "\u{1b}[2J", &"x".repeat(100_000), "é"] {
            let message = find(hostile).unwrap_err().to_string();
            assert!(!message.contains('\u{1b}'), "{message}");
        }
    }
}
