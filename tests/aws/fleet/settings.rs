//! Parameters that people set: which stacks have them, and for how long.

use super::place::{HOME, Place};
use super::rules::{rehearsal, rehearsed, rehearsed_of, settings};
use super::stand_in::{broken_stack, stack};
use crate::support::command::{Run, finished};

const AWAY: &str = "us-east-1";
const LATER: &str = "us-west-2";

/// Those of a stack whose names begin so.
fn of(run: &Run, region: &str, stack: &str, name: &str) -> Vec<String> {
    let begin = format!("{name}=");
    settings(run, region, stack).into_iter().filter(|word| word.starts_with(&begin)).map(str::to_owned).collect()
}

/// What `parallax deployment` has for a timeout of slots so far apart.
fn usual_timeout(place: &Place, minutes: &str) -> String {
    let file = place.write(&format!(
        "schema = 1\nevery = \"{minutes}m\"\n[fleet]\nhome = \"{HOME}\"\nregions = [\"{HOME}\"]\n[[target]]\nid = \"front\"\nurl \
         = \"https://www.example.com/\"\n"
    ));
    let run = finished(place.parallax(&["deployment", file.to_str().unwrap(), "--json"]).output().unwrap());
    let found: serde_json::Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    found["timeout_s"].to_string()
}

#[test]
fn a_timeout_that_follows_from_the_slots_goes_on_following_them() {
    let Some(place) = Place::new("a_timeout_that_follows_from_the_slots_goes_on_following_them") else { return };
    // One page was rare, or frequent, and is no longer.
    for (region, minutes) in [(HOME, "1440"), (AWAY, "1"), (LATER, "15")] {
        let timeout = usual_timeout(&place, minutes);
        let given = [("HomeRegion", HOME), ("EveryMinutes", minutes), ("Timeout", timeout.as_str())];
        stack(&place, region, "parallax-probe", &given, &[]);
    }
    let regions = [HOME, AWAY, LATER];
    let run = rehearsed(&place, &regions, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    for region in regions {
        assert_eq!(of(&run, region, "parallax-probe", "Timeout"), ["Timeout=180"], "{region}: {}", run.err);
    }
    assert!(!run.err.contains("takes over"), "nobody set anything: {}", run.err);
}

#[test]
fn a_timeout_that_somebody_set_stays_until_it_is_set_anew() {
    let Some(place) = Place::new("a_timeout_that_somebody_set_stays_until_it_is_set_anew") else { return };
    for (region, minutes, timeout) in [(HOME, "3", "700"), (AWAY, "3", "60"), (LATER, "60", "180")] {
        let given = [("HomeRegion", HOME), ("EveryMinutes", minutes), ("Timeout", timeout)];
        stack(&place, region, "parallax-probe", &given, &[]);
    }
    let regions = [HOME, AWAY, LATER, "ap-south-1"];
    let run = rehearsed(&place, &regions, &[]);
    for (region, timeout) in regions.into_iter().zip(["700", "60", "180", "700"]) {
        assert_eq!(
            of(&run, region, "parallax-probe", "Timeout"),
            [format!("Timeout={timeout}")],
            "{region}: {}",
            run.err
        );
    }
    let note = format!("{AWAY}: note: stack parallax-probe has Timeout=60, because somebody set it; the slots of ");
    assert!(run.err.contains(&note) && run.err.contains(" have 180 s\n"), "{}", run.err);
    let new =
        format!("ap-south-1: stack parallax-probe is new, and takes over from parallax-probe in {HOME}: Timeout=700\n");
    assert!(run.err.contains(&new), "{}", run.err);

    let run = rehearsed(&place, &regions, &["--probe", "Timeout=99"]);
    for region in regions {
        assert_eq!(of(&run, region, "parallax-probe", "Timeout"), ["Timeout=99"], "{region}");
    }
    assert!(!run.err.contains("note: ") && !run.err.contains("takes over"), "{}", run.err);
}

#[test]
fn a_new_region_or_arm_has_what_was_set_for_all_of_them() {
    let Some(place) = Place::new("a_new_region_or_arm_has_what_was_set_for_all_of_them") else { return };
    // With what the template has by itself, and what the file decides.
    let set = [
        ("HomeRegion", HOME),
        ("SecretsPath", "prod/tokens"),
        ("ReservedConcurrency", "1"),
        ("LogRetention", "30"),
        ("Method", "curl"),
    ];
    stack(&place, AWAY, "parallax-probe", &set, &[]);
    let fleet = format!("home = \"{HOME}\"\nregions = [\"{AWAY}\", \"{LATER}\"]\nmethods = [\"fresh\", \"curl\"]");
    let page = "methods = [\"fresh\", \"curl\"]\nheaders = { x-token = { env = \"T\", ssm = \"/parallax/token\" } }";
    let run = rehearsed_of(&place, &fleet, page, &["--probe", "ReservedConcurrency=2"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for (region, stack) in
        [(AWAY, "parallax-probe-curl-1769"), (LATER, "parallax-probe"), (LATER, "parallax-probe-curl-1769")]
    {
        let said = format!(
            "{region}: stack {stack} is new, and takes over from parallax-probe in {AWAY}: SecretsPath=prod/tokens\n"
        );
        assert!(run.err.contains(&said), "{said} is missing from\n{}", run.err);
        assert_eq!(of(&run, region, stack, "SecretsPath"), ["SecretsPath=prod/tokens"]);
        assert_eq!(of(&run, region, stack, "ReservedConcurrency"), ["ReservedConcurrency=2"], "an option goes first");
        assert_eq!(of(&run, region, stack, "LogRetention"), [""; 0]);
    }
    // A stack that is there keeps what it has by itself.
    assert_eq!(of(&run, AWAY, "parallax-probe", "SecretsPath"), [""; 0]);
    let note = format!(
        "note: the probes of {AWAY}, {LATER} may not read the parameter /parallax/token; name one below /prod/tokens/, or \
         set --probe SecretsPath=PATH\n"
    );
    assert!(run.err.contains(&note), "{}", run.err);
    // What the option says is what they will have.
    let run = rehearsed_of(&place, &fleet, page, &["--probe", "SecretsPath=parallax"]);
    assert!(!run.err.contains("may not read"), "{}", run.err);
    let run = rehearsed_of(&place, &fleet, page, &["--probe", "SecretsPath=other"]);
    assert!(run.err.contains("name one below /other/, or"), "{}", run.err);
}

#[test]
fn each_region_whose_probes_may_not_read_a_secret_is_named() {
    let Some(place) = Place::new("each_region_whose_probes_may_not_read_a_secret_is_named") else { return };
    for (region, path) in [(HOME, "parallax"), (AWAY, "prod"), (LATER, "prod")] {
        stack(&place, region, "parallax-probe", &[("HomeRegion", HOME), ("SecretsPath", path)], &[]);
    }
    let fleet = format!("home = \"{HOME}\"\nregions = [\"{HOME}\", \"{AWAY}\", \"{LATER}\"]");
    let page = "headers = { x-token = { env = \"T\", ssm = \"/parallax/token\" } }";
    let run = rehearsed_of(&place, &fleet, page, &[]);
    let notes: Vec<&str> = run.err.lines().filter(|line| line.starts_with("note: ")).collect();
    let said = format!("note: the probes of {AWAY}, {LATER} may not read the parameter /parallax/token; ");
    assert!(notes.len() == 1 && notes[0].starts_with(&said), "{}", run.err);
}

#[test]
fn a_stack_that_never_came_to_be_is_made_with_what_it_was_to_have() {
    let Some(place) = Place::new("a_stack_that_never_came_to_be_is_made_with_what_it_was_to_have") else { return };
    let hub = [("Regions", HOME), ("AlarmMail", "ops@localhost"), ("Quorum", "1"), ("BatchSize", "7")];
    broken_stack(&place, HOME, "parallax-hub", &hub);
    let probe = [("HomeRegion", HOME), ("SecretsPath", "prod"), ("EveryMinutes", "3"), ("Timeout", "400")];
    broken_stack(&place, HOME, "parallax-probe", &probe);
    let run = rehearsed(&place, &[HOME], &["--hub", "BatchSize=8"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "stack parallax-hub is made with what it was to have: AlarmMail=ops@localhost\n",
        "stack parallax-probe is made with what it was to have: SecretsPath=prod Timeout=400\n",
        "would create stack parallax-hub",
    ] {
        assert!(run.err.contains(said), "{said} is missing from\n{}", run.err);
    }
    for (stack, name, value) in [
        ("parallax-hub", "AlarmMail", "ops@localhost"),
        ("parallax-hub", "Quorum", "1"),
        ("parallax-hub", "BatchSize", "8"),
        ("parallax-probe", "SecretsPath", "prod"),
        ("parallax-probe", "Timeout", "400"),
    ] {
        assert_eq!(of(&run, HOME, stack, name), [format!("{name}={value}")], "{}", run.err);
    }
}

#[test]
fn a_fleet_keeps_its_processors_until_others_are_asked_for() {
    let Some(place) = Place::new("a_fleet_keeps_its_processors_until_others_are_asked_for") else { return };
    stack(&place, HOME, "parallax-hub", &[("Regions", HOME), ("Architecture", "arm64")], &[]);
    // A machine that builds for either: nothing is built.
    let programs = tempfile::tempdir().unwrap();
    let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/fake_cargo.sh");
    std::os::unix::fs::symlink(fake, programs.path().join("cargo")).unwrap();
    for (words, expected) in [
        (&[][..], "arm64"),
        (&["--arch", "x86_64"], "x86_64"),
        (&["--name", "new"], "x86_64"),
        (&["--name", "new", "--arch", "arm64"], "arm64"),
    ] {
        let fleet = format!("home = \"{HOME}\"\nregions = [\"{HOME}\"]");
        let mut command = rehearsal(&place, &fleet, "", words);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
        let path = [programs.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("FAKE_CARGO_ASKED", "/dev/null")
            .env("FAKE_CARGO_LAMBDA_BUILDS", "nothing")
            .env_remove("PARALLAX_BUILDER");
        let run = finished(command.output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
        let name = if words.contains(&"new") { "new" } else { "parallax" };
        for stack in ["hub", "probe"] {
            let found = of(&run, HOME, &format!("{name}-{stack}"), "Architecture");
            assert_eq!(found, [format!("Architecture={expected}")], "{words:?}");
        }
        assert!(run.err.contains(&format!("would build the functions for {expected} by ")), "{}", run.err);
    }
}
