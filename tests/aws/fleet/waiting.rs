//! No stack goes while something waits in its queues, unless that is given up.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::place::{HOME, Place};
use super::stand_in::{purge, queue, receive, send, stack};
use crate::support::command::{Run, finished};

const AWAY: &str = "us-east-1";

/// A hub at home and a probe in another region.
fn fleet(place: &Place) -> [String; 3] {
    stack(place, HOME, "parallax-hub", &[("Regions", AWAY)], &["Queue", "DeadLetters"]);
    stack(place, AWAY, "parallax-probe", &[("HomeRegion", HOME)], &["Spool"]);
    let [queue_of_hub, dead] = ["Queue", "DeadLetters"].map(|name| queue(place, HOME, "parallax-hub", name));
    [queue_of_hub, dead, queue(place, AWAY, "parallax-probe", "Spool")]
}

fn destroy(place: &Place, words: &[&str]) -> Run {
    let fixed = ["--name", "parallax", "--regions", HOME];
    finished(place.script("destroy", &[&fixed[..], words].concat()).output().unwrap())
}

#[test]
fn a_fleet_with_messages_that_wait_is_not_removed() {
    let Some(place) = Place::new("a_fleet_with_messages_that_wait_is_not_removed") else { return };
    let [samples, dead, spool] = fleet(&place);
    let account = &place.account;
    // To be had, in work, and not to be had yet: all of them are samples.
    send(account, AWAY, &spool, 0);
    receive(account, AWAY, &spool);
    send(account, AWAY, &spool, 0);
    send(account, AWAY, &spool, 900);
    send(account, HOME, &dead, 0);
    // What the aggregator has in work while probes send is not what waits.
    send(account, HOME, &samples, 0);
    receive(account, HOME, &samples);
    let before = place.inventory(&[HOME, AWAY]);

    let run = destroy(&place, &["--wait", "1"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    for said in [
        format!("{AWAY}: destroy: messages would be lost, and parallax-probe is left as it is; 3 in Spool of"),
        format!("{HOME}: destroy: messages would be lost, and parallax-hub is left as it is; 1 in DeadLetters of"),
        "parallax-probe (http://".to_owned(),
        "--lose-waiting gives all of it up".to_owned(),
    ] {
        assert!(run.err.contains(&said), "{said} is missing from\n{}", run.err);
    }
    assert_eq!(place.inventory(&[HOME, AWAY]), before, "something was removed");

    purge(account, AWAY, &spool);
    purge(account, HOME, &dead);
    send(account, HOME, &samples, 900);
    // Taken in by the aggregator while the script waits.
    let mut script = place.script("destroy", &["--name", "parallax", "--regions", HOME, "--wait", "20"]);
    let mut script = script.stderr(Stdio::piped()).spawn().unwrap();
    let (mut said, mut is_waiting) = (String::new(), false);
    for line in BufReader::new(script.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if !is_waiting && line == format!("{HOME}: waiting for the queues of parallax-hub to drain") {
            assert!(!said.contains("removing"), "{said}");
            is_waiting = true;
            purge(account, HOME, &samples);
        }
        said += &(line + "\n");
    }
    assert_eq!((script.wait().unwrap().code(), is_waiting), (Some(0), true), "{said}");
    assert_eq!(place.inventory(&[HOME, AWAY]), "", "{said}");
}

#[test]
fn what_waits_can_be_given_up_and_what_cannot_be_counted_stays() {
    let Some(place) = Place::new("what_waits_can_be_given_up_and_what_cannot_be_counted_stays") else { return };
    let [samples, dead, spool] = fleet(&place);
    for (region, url) in [(HOME, &samples), (HOME, &dead), (AWAY, &spool)] {
        send(&place.account, region, url, 0);
    }
    let before = place.inventory(&[HOME, AWAY]);
    let mut blind = place.script("destroy", &["--name", "parallax", "--regions", HOME, "--wait", "0"]);
    let blind = blind.env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9").env("AWS_MAX_ATTEMPTS", "1");
    let run = finished(blind.output().unwrap());
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains(&format!("what waits in the queue {spool} cannot be counted: ")), "{}", run.err);
    assert_eq!(place.inventory(&[HOME, AWAY]), before, "something was removed");

    let run = destroy(&place, &["--lose-waiting", "--wait", "0"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(place.inventory(&[HOME, AWAY]), "", "{}", run.err);
}

#[test]
fn a_region_that_is_taken_out_keeps_its_probe_while_its_spool_has_samples() {
    let Some(place) = Place::new("a_region_that_is_taken_out_keeps_its_probe_while_its_spool_has_samples") else {
        return;
    };
    let [_, _, spool] = fleet(&place);
    send(&place.account, AWAY, &spool, 0);
    let before = place.inventory(&[HOME, AWAY]);
    let file = place.write(&format!(
        "schema = 1\nevery = \"1d\"\n[fleet]\nhome = \"{HOME}\"\nregions = [\"{HOME}\"]\n[[target]]\nid = \"front\"\nurl = \
         \"https://www.example.com/\"\n"
    ));
    let deploy = |words: &[&str]| {
        finished(place.script("deploy", &[&[file.to_str().unwrap()], words].concat()).output().unwrap())
    };
    let run = deploy(&["--wait", "0"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    let said = format!("{AWAY}: deploy: messages would be lost, and parallax-probe is left as it is; 1 in Spool of");
    assert!(run.err.contains(&said), "{}", run.err);
    assert!(!run.err.contains("building the functions"), "refused before anything is built: {}", run.err);
    assert_eq!(place.inventory(&[HOME, AWAY]), before, "something was done");

    let run = deploy(&["--dry-run", "--lose-waiting"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(&format!("{AWAY}: would remove stack parallax-probe")), "{}", run.err);
}
