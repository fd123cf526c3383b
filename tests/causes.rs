//! docs/causes.md and the code name the same rows and the same kinds of difference, and the document leaves no cause out.

use std::collections::BTreeSet;

use parallax::explain::cause::Cause;
use parallax::explain::traits::{Traits, differences, kinds};
use parallax::measurement::hop::Family;
use parallax::measurement::outcome::Outcome;
use parallax::measurement::sample::Sample;

use super::score::worlds;
use super::support::samples::{Recipe, row};

fn tables() -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/causes.md")).unwrap();
    let lines =
        text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #") && !line.starts_with("| row"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    lines.map(cells).partition(|cells| cells[0].starts_with('`'))
}

/// What stands between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_row_of_the_code_is_in_the_document_and_the_other_way_round() {
    let (rows, _) = tables();
    let told: Vec<String> = rows.iter().flat_map(|cells| quoted(&cells[0])).collect();
    let coded: Vec<&str> = Cause::ALL.into_iter().map(Cause::as_str).collect();
    assert_eq!(told, coded);
}

#[test]
fn each_of_thirty_causes_has_a_row_a_detector_or_the_evidence_that_is_missing() {
    let (_, causes) = tables();
    let numbers: Vec<&str> = causes.iter().map(|cells| cells[0].as_str()).collect();
    assert_eq!(numbers, (1..=30).map(|n| n.to_string()).collect::<Vec<_>>());
    let mut shown = BTreeSet::new();
    for cells in &causes {
        let [number, cause, shows, missing] = &cells[..] else { panic!("{cells:?}") };
        assert!(!cause.is_empty(), "{number}");
        assert!(!shows.is_empty() || !missing.is_empty(), "{number} says nothing");
        for name in quoted(shows) {
            let known = match name.strip_prefix("differs: ") {
                Some(kind) => kinds().contains(&kind),
                None => Cause::ALL.into_iter().any(|cause| cause.as_str() == name) || name == "parallax variance",
            };
            assert!(known, "{number}: nothing is called `{name}`");
            shown.insert(name);
        }
    }
    // Kinds that stand for no cause would be noise; HTTP version alone is kept for what it says of setup.
    for kind in kinds().iter().filter(|kind| **kind != "HTTP version") {
        assert!(shown.contains(&format!("differs: {kind}")), "{kind} stands for no cause");
    }
}

/// What the document says in words, and the test that holds it.
const IN_WORDS: [(&str, &str); 13] = [
    ("by a bridge", "a_bridge_makes_the_way_of_measuring_a_row"),
    ("H4", "a_starved_function_far_away_is_told_apart"),
    ("*network or stolen*", "two_memory_sizes_in_the_archive_decide_between_network_and_stolen"),
    ("processor time within its number", "the_page_says_how_much_of_the_gap_is_work"),
    ("every row, with its interval", "accounts_add_up_turn_with_their_sides_and_heed_no_order"),
    ("of our probe", "what_the_machine_did_is_told_on_linux"),
    ("failures", "failures_are_counted_and_never_averaged"),
    ("≥ timeout", "a_percentile_among_the_failures_is_said_to_be_one"),
    ("places are kept apart", "a_place_with_one_sandbox_has_no_interval_however_many_the_others_have"),
    ("clocks drifted apart", "clocks_that_run_backwards_and_too_little_common_time_cannot_be_compared"),
    ("units that look wrong", "what_looks_wrong_with_the_data_is_said_before_anything_else"),
    ("hold every instant once", "every_exchange_adds_up_whatever_it_meets"),
    ("from blocks of time", "a_gap_that_changes_slowly_has_no_interval"),
];

/// Names in backticks that no simulated cause and no kind of difference stands for, and the tests that hold them.
const NAMED: [(&str, &str); 2] = [
    ("failure", "failures_count_in_the_mean_where_one_says_as_how_much"),
    ("parallax variance", "a_fleet_of_known_make_is_split_as_it_was_made"),
];

/// A cause is met in a world that has it, a difference in samples that have it, and what is said in words by the test
/// named above; where none of them is there, the document says which evidence is missing.
#[test]
fn each_of_thirty_causes_is_held_by_a_test_or_lacks_evidence_that_is_named() {
    let tests = sources("tests");
    let exists = |name: &str| tests.iter().any(|text| text.contains(&format!("fn {name}(")));
    for (_, test) in IN_WORDS.iter().chain(&NAMED) {
        assert!(exists(test), "{test} is no test any more");
    }
    let (_, causes) = tables();
    let mut said = BTreeSet::new();
    for cells in &causes {
        let [number, _, shows, missing] = &cells[..] else { panic!("{cells:?}") };
        let mut held = 0;
        for name in quoted(shows) {
            let difference = name.strip_prefix("differs: ").is_some_and(|kind| kinds().contains(&kind));
            let alone = worlds::CAUSES.contains(&name.as_str()) || NAMED.iter().any(|(known, _)| *known == name);
            assert!(difference || alone, "{number}: no test meets `{name}`");
            held += 1;
        }
        for (words, _) in IN_WORDS.iter().filter(|(words, _)| shows.contains(words)) {
            said.insert(*words);
            held += 1;
        }
        assert!(held > 0 || !missing.is_empty(), "{number}: no test holds what it says: {shows}");
    }
    for (words, _) in IN_WORDS {
        assert!(said.contains(words), "no cause says `{words}` any more");
    }
}

/// Every file below a folder.
fn sources(folder: &str) -> Vec<String> {
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut texts = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// Changes a sample of one side so that it differs from the other's in one kind of observation.
fn differ(sample: &mut Sample, kind: &str) {
    let last = sample.hops.last_mut().unwrap();
    let (connection, response) = (last.connection.as_mut().unwrap(), last.response.as_mut().unwrap());
    match kind {
        "stopwatch" => sample.stopwatch = "zabbix/web.test.time".parse().unwrap(),
        "tool version" => sample.tool_version = Some("8.9.0".to_owned()),
        "status" => {
            let Outcome::Answered(answer) = &mut sample.outcome else { panic!("{:?}", sample.outcome) };
            answer.status = Some(302);
        }
        "address family" => connection.family = Some(Family::Ipv6),
        "edge" => response.cdn.pop = Some("LAX".to_owned()),
        "cache state" => response.cdn.cache = Some("MISS".to_owned()),
        "HTTP version" => response.http_version = Some("1.0".to_owned()),
        "content encoding" => response.content_encoding = Some("zstd".to_owned()),
        "TLS" => connection.tls.as_mut().unwrap().resumed = true,
        "certificate issuer" => {
            connection.tls.as_mut().unwrap().certificate_issuer = Some("Office Proxy".to_owned());
        }
        "proxy" => connection.proxy = Some("192.0.2.8:3128".to_owned()),
        _ => panic!("nobody knows how two sides come to differ in {kind}"),
    }
}

#[test]
fn each_kind_of_difference_is_found_alone() {
    let samples = || {
        row(&Recipe::default(), 20).into_iter().map(|record| {
            let mut sample = record.sample;
            sample.tool_version = Some("8.8.0".to_owned());
            let last = sample.hops.last_mut().unwrap();
            let (connection, response) = (last.connection.as_mut().unwrap(), last.response.as_mut().unwrap());
            connection.family = Some(Family::Ipv4);
            connection.tls.as_mut().unwrap().certificate_issuer = Some("Example Authority".to_owned());
            response.cdn.pop = Some("NRT".to_owned());
            response.cdn.cache = Some("HIT".to_owned());
            response.http_version = Some("2".to_owned());
            sample
        })
    };
    let mut own = Traits::default();
    samples().for_each(|sample| own.add(&sample));
    assert_eq!(differences(&own, &own), Vec::new());
    for kind in kinds() {
        let mut other = Traits::default();
        for mut sample in samples() {
            differ(&mut sample, kind);
            other.add(&sample);
        }
        let found: Vec<&str> = differences(&own, &other).into_iter().map(|one| one.what).collect();
        assert_eq!(found, [*kind]);
    }
}
