//! docs/causes.md and the code name the same rows and the same kinds of difference, and the document leaves no cause out.

use std::collections::BTreeSet;

use parallax::explain::cause::Cause;
use parallax::explain::traits::kinds;

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
