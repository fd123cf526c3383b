//! What a deploy makes of parameters that stacks have already, and of a home that moved.

use super::place::{HOME, Place};
use super::stand_in::{archive, bucket, stack};
use crate::support::command::{Run, finished};

/// A deploy of these regions every three minutes, said and not done.
pub fn rehearsed(place: &Place, regions: &[&str], words: &[&str]) -> Run {
    rehearsed_of(place, &format!("home = \"{HOME}\"\nregions = {regions:?}"), "", words)
}

/// The same of a fleet that says more: in `[fleet]`, and of its page.
pub fn rehearsed_of(place: &Place, fleet: &str, page: &str, words: &[&str]) -> Run {
    let file = place.write(&format!(
        "schema = 1\nevery = \"3m\"\n[fleet]\n{fleet}\n[[target]]\nid = \"front\"\nurl = \
         \"https://www.example.com/\"\n{page}\n"
    ));
    let words = [&[file.to_str().unwrap(), "--dry-run"], words].concat();
    finished(place.script("deploy", &words).output().unwrap())
}

/// The parameters with which a stack would be made or changed.
pub fn settings<'a>(run: &'a Run, region: &str, stack: &str) -> Vec<&'a str> {
    let line = run.err.lines().find(|line| {
        line.starts_with(&format!("{region}: would ")) && line.contains(&format!(" stack {stack} with: "))
    });
    line.unwrap_or_else(|| panic!("{region} {stack} is not in\n{}", run.err)).split(' ').collect()
}

#[test]
fn no_more_places_have_to_agree_than_there_are() {
    let Some(place) = Place::new("no_more_places_have_to_agree_than_there_are") else { return };
    stack(&place, HOME, "parallax-hub", &[("Regions", "eu-west-1"), ("Quorum", "3")], &[]);
    stack(&place, HOME, "other-hub", &[("Regions", "eu-west-1,us-west-2"), ("Quorum", "1")], &[]);
    stack(&place, HOME, "grown-hub", &[("Regions", "eu-west-1"), ("Quorum", "1")], &[]);
    let regions = [HOME, "us-east-1"];
    let quorum = |run: &Run, stack: &str| {
        let found = settings(run, HOME, stack);
        found.into_iter().filter(|word| word.starts_with("Quorum=")).map(str::to_owned).collect::<Vec<_>>()
    };

    let run = rehearsed(&place, &regions, &[]);
    assert!(run.err.contains("Quorum goes from 3 to 2"), "{}", run.err);
    assert_eq!(quorum(&run, "parallax-hub"), ["Quorum=2"], "{}", run.err);
    let run = rehearsed(&place, &regions, &["--hub", "Quorum=7"]);
    assert_eq!(quorum(&run, "parallax-hub"), ["Quorum=7"], "whoever sets it knows why: {}", run.err);
    let run = rehearsed(&place, &regions, &["--name", "other"]);
    assert_eq!(quorum(&run, "other-hub"), [""; 0], "one that is reached stays: {}", run.err);
    let run = rehearsed(&place, &regions, &["--name", "grown"]);
    assert_eq!(quorum(&run, "grown-hub"), ["Quorum=2"], "one place alone could say no more than 1: {}", run.err);
    assert!(run.err.contains("Quorum goes from 1 to 2: "), "{}", run.err);
    assert!(run.err.contains("--hub Quorum=1 lets one alone alarm again"), "{}", run.err);
    let run = rehearsed(&place, &regions, &["--name", "grown", "--hub", "Quorum=1"]);
    assert_eq!(quorum(&run, "grown-hub"), ["Quorum=1"], "{}", run.err);
    assert!(!run.err.contains("Quorum goes"), "{}", run.err);
    let run = rehearsed(&place, &[HOME], &["--name", "grown"]);
    assert_eq!(quorum(&run, "grown-hub"), [""; 0], "{}", run.err);
    let run = rehearsed(&place, &[HOME], &["--name", "new"]);
    assert_eq!(quorum(&run, "new-hub"), ["Quorum=1"], "{}", run.err);
}

#[test]
fn a_home_that_moved_is_found_though_no_region_is_the_same() {
    let Some(place) = Place::new("a_home_that_moved_is_found_though_no_region_is_the_same") else { return };
    let bucket_of = |name: &str, region: &str| format!("{name}-artifacts-{}-{region}", place.account.id());
    // One is known by a probe of it, the other by its hub.
    bucket(&place, "us-west-2", &bucket_of("one", "us-west-2"));
    stack(&place, "us-west-2", "one-probe", &[("HomeRegion", "ap-northeast-1")], &[]);
    bucket(&place, "ap-northeast-1", &bucket_of("two", "ap-northeast-1"));
    stack(&place, "ap-northeast-1", "two-hub", &[("Regions", "us-west-2")], &[]);
    for name in ["one", "two"] {
        let run = rehearsed(&place, &["us-east-1"], &["--name", name]);
        assert_eq!(run.code, 2, "{}", run.err);
        let said = format!("the home of the fleet {name} is ap-northeast-1, and ");
        assert!(run.err.contains(&said) && run.err.contains("remove the old one with infra/destroy"), "{}", run.err);
    }
}

#[test]
fn an_archive_that_is_named_is_the_only_one() {
    let Some(place) = Place::new("an_archive_that_is_named_is_the_only_one") else { return };
    archive(&place, HOME, "parallax-archive");
    for (words, expected) in [
        (&[][..], "ArchiveTable=parallax-archive"),
        (&["--hub", "ArchiveTable=old-samples"], "ArchiveTable=old-samples"),
    ] {
        let run = rehearsed(&place, &[HOME], words);
        let found = settings(&run, HOME, "parallax-hub");
        let tables: Vec<_> = found.iter().filter(|word| word.starts_with("ArchiveTable=")).collect();
        assert_eq!(tables, [&expected], "{}", run.err);
    }
}
