//! What cannot be deployed is said before anything is made: what it is, and what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::place::{HOME, Place};
use crate::support::command::{Run, finished};

const PARALLAX: &str = env!("CARGO_BIN_EXE_parallax");
const FLEET: &str = r#"
schema = 1
every = "1d"
[fleet]
home = "eu-west-1"
regions = ["eu-west-1", "us-east-1"]
[[target]]
id = "front"
url = "https://www.example.com/"
"#;

fn deploy(place: &Place, text: &str, words: &[&str]) -> Run {
    let file = place.write(text);
    finished(place.script("deploy", &[&[file.to_str().unwrap()], words].concat()).output().unwrap())
}

#[test]
fn what_was_typed_wrong_is_named() {
    let Some(place) = Place::new("what_was_typed_wrong_is_named") else { return };
    for (words, said) in [
        (&["--arch", "mips"][..], "there is no architecture mips; write x86_64 or arm64"),
        (
            &["--name", "My Fleet"],
            "--name My Fleet: write up to 20 lower-case letters, digits and hyphens, a letter first",
        ),
        (&["--name"], "--name needs a value; see --help"),
        (&["--hub", "Nothing=1"], "--hub Nothing=1: write KEY=VALUE, where KEY is one of Quorum"),
        (&["--hub", "Regions=eu-west-1"], "--hub Regions=eu-west-1: write KEY=VALUE, where KEY is one of Quorum"),
        (&["--probe", "Timeout"], "--probe Timeout: write KEY=VALUE, where KEY is one of Timeout"),
        (&["--hub", "Quorum=0"], "--hub Quorum=0: write a whole number from 1\n"),
        (&["--hub", "Quorum=two"], "--hub Quorum=two: write a whole number from 1\n"),
        (&["--probe", "Timeout=1e3"], "--probe Timeout=1e3: write a whole number from 10 to 900\n"),
        (&["--probe", "Timeout=901"], "--probe Timeout=901: write a whole number from 10 to 900\n"),
        (&["--hub", "LogRetention=8"], "--hub LogRetention=8: write one of 1, 3, 5, 7, 14, 30, "),
        (&["--hub", "LogRetention=1, 3"], "--hub LogRetention=1, 3: write one of 1, 3, 5, 7, 14, 30, "),
        (
            &["--probe", "SecretsPath=/prod"],
            "--probe SecretsPath=/prod: The probe may read the parameters of Systems Manager below this path (no slash",
        ),
        (&["--hub", "AlarmMail=ops"], "--hub AlarmMail=ops: An address that is told of alarms once it has confirmed;"),
        (&["--hub", "MinuteSchedule=* * * * ? *"], "--hub MinuteSchedule=* * * * ? *: When availability is rolled up."),
        (&["--probe", "SecretsKeyArn=alias/own"], "--probe SecretsKeyArn=alias/own: The key of those parameters, "),
        (
            &["--hub", "AggregatorTimeout=100"],
            "--hub Visibility=420: six times AggregatorTimeout, which is 100 s, and BatchWindow are 605 s; set --hub \
             Visibility=605, or a lower AggregatorTimeout\n",
        ),
        (&["--wait", "a minute"], "--wait a minute: write seconds, from 0 to 99999"),
        (&["--nonsense"], "--nonsense is no option of this; see --help"),
        (&["again.toml"], "again.toml: there is a fleet file already"),
    ] {
        let run = deploy(&place, FLEET, words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(said), "{words:?}: {}", run.err);
    }
    for words in [&[][..], &["--name", "x"], &["--regions", "eu-west-1"]] {
        let run = finished(place.script("destroy", words).output().unwrap());
        assert_eq!(run.code, 2, "{words:?}: {}", run.err);
        assert!(run.err.contains("name the fleet file, or --name and --regions"), "{words:?}: {}", run.err);
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_is_made() {
    let Some(place) = Place::new("what_cannot_be_is_said_before_anything_is_made") else { return };

    let invalid = FLEET.replace("https://www.example.com/", "www.example.com");
    let run = deploy(&place, &invalid, &[]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("fleet.toml:9:7: `url`: \"www.example.com\" has no scheme"), "{}", run.err);

    let secret = format!("{FLEET}headers = {{ Authorization = {{ env = \"TOKEN\" }} }}\n");
    for words in [&["--dry-run"][..], &[]] {
        let run = deploy(&place, &secret, words);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("a secret does not belong in a table"), "{}", run.err);
    }

    let run = deploy(&place, &FLEET.replace("us-east-1", "us-nowhere-1"), &[]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("there is no region us-nowhere-1 in AWS; known are af-south-1,"), "{}", run.err);

    let file = place.write(FLEET);
    for name in ["deploy", "destroy"] {
        let mut nobody = place.script(name, &[file.to_str().unwrap()]);
        nobody.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let wanted =
            "no valid credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again";
        let run = finished(nobody.output().unwrap());
        assert_eq!((run.code, run.err), (2, format!("{name}: {wanted}\n")));
        let run = finished(nobody.env("AWS_PROFILE", "nobody").output().unwrap());
        assert_eq!(
            (run.code, run.err),
            (2, format!("{name}: {wanted} (The config profile (nobody) could not be found)\n"))
        );
    }

    let other = Place::new("what_cannot_be_is_said_before_anything_is_made").unwrap();
    let bucket = format!("parallax-artifacts-{}-us-east-1", place.account.id());
    let made = other.aws("us-east-1", &["s3api", "create-bucket", "--bucket", &bucket]);
    assert_eq!(made.code, 0, "{}", made.err);
    let run = deploy(&place, FLEET, &[]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains(&format!("us-east-1: deploy: the bucket name {bucket} is taken")), "{}", run.err);
    assert!(run.err.contains("choose another fleet name with --name"), "{}", run.err);

    // A rehearsal says it, too.
    for words in [&[][..], &["--dry-run"]] {
        let mut command = place.script("deploy", &[&[file.to_str().unwrap()], words].concat());
        let run = finished(command.env("PARALLAX_BUILDER", "make").output().unwrap());
        let said = "deploy: PARALLAX_BUILDER=make: write cargo or cargo-lambda, or unset it\n".to_owned();
        assert_eq!((run.code, run.err), (2, said), "{words:?}");
    }

    assert_eq!(place.inventory(&[HOME, "us-east-1"]), "", "something was made");
}

/// What the program says of itself, without which nobody would know before the very end.
#[test]
fn a_program_that_cannot_write_the_targets_is_refused_before_anything_is_built() {
    let test = "a_program_that_cannot_write_the_targets_is_refused_before_anything_is_built";
    let Some(place) = Place::new(test) else { return };
    let words = "this build has no AWS";
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/parallax/targets.rs");
    assert!(fs::read_to_string(source).unwrap().contains(&format!("\"{words}; ")), "{source} says it otherwise");
    let file = place.write(FLEET);
    // Stands in for one that is built so.
    let without = file.with_file_name("parallax-without-aws");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" != targets ] || {{ echo '{words}; build it' >&2; exit 2; }}\nexec {PARALLAX} \"$@\"\n"
    );
    fs::write(&without, text).unwrap();
    fs::set_permissions(&without, fs::Permissions::from_mode(0o755)).unwrap();
    let run = finished(place.script("deploy", &[file.to_str().unwrap()]).env("PARALLAX", &without).output().unwrap());
    let said = format!(
        "deploy: PARALLAX={} is built without AWS; name one built with `--features aws`, or unset it\n",
        without.display()
    );
    assert_eq!((run.code, run.err), (2, said));
    assert_eq!(place.inventory(&[HOME, "us-east-1"]), "", "something was made");
}

#[test]
fn a_rehearsal_says_all_and_does_nothing() {
    let Some(place) = Place::new("a_rehearsal_says_all_and_does_nothing") else { return };
    let run = deploy(&place, FLEET, &["--dry-run", "--hub", "Quorum=1"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    for said in [
        "eu-west-1: would create stack parallax-hub with: Name=parallax",
        " Quorum=1",
        "eu-west-1: would create stack parallax-probe with:",
        "us-east-1: would create stack parallax-probe with:",
        "Method=fresh MemoryMb=1769 Schedule=cron(0 0 * * ? *) EveryMinutes=1440",
        "would write 1 targets",
    ] {
        assert!(run.err.contains(said), "{said} is missing from\n{}", run.err);
    }
    assert_eq!(place.inventory(&[HOME, "us-east-1"]), "", "something was made");
}
