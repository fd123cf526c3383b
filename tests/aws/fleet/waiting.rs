//! No stack goes while something waits in its queues, unless that is given up.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::place::{HOME, Place};
use super::stand_in::{purge, queue, receive, send, send_many, stack};
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

/// The same, and what is done once it has said a line, which it has to.
fn destroy_and(place: &Place, words: &[&str], line: &str, then: impl FnOnce()) -> Run {
    let fixed = ["--name", "parallax", "--regions", HOME];
    let mut script = place.script("destroy", &[&fixed[..], words].concat());
    let mut script = script.stderr(Stdio::piped()).spawn().unwrap();
    let (mut err, mut then) = (String::new(), Some(then));
    for said in BufReader::new(script.stderr.take().unwrap()).lines() {
        let said = said.unwrap();
        if said == line
            && let Some(then) = then.take()
        {
            then();
        }
        err += &(said + "\n");
    }
    assert!(then.is_none(), "{line} is missing from\n{err}");
    Run { code: script.wait().unwrap().code().unwrap(), out: String::new(), err }
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
    let waiting = format!("{HOME}: waiting for the queues of parallax-hub to drain, for 30 s at most");
    let run = destroy_and(&place, &["--wait", "30"], &waiting, || purge(account, HOME, &samples));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.find(&waiting) < run.err.find("removing"), "{}", run.err);
    assert_eq!(place.inventory(&[HOME, AWAY]), "", "{}", run.err);
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

#[test]
fn a_spool_is_waited_for_as_long_as_its_probe_takes_or_not_at_all() {
    let Some(place) = Place::new("a_spool_is_waited_for_as_long_as_its_probe_takes_or_not_at_all") else { return };
    let account = &place.account;
    stack(&place, HOME, "parallax-hub", &[("Regions", AWAY)], &["Queue", "DeadLetters"]);
    let spool_of = |region: &str, minutes: &str| {
        stack(&place, region, "parallax-probe", &[("HomeRegion", HOME), ("EveryMinutes", minutes)], &["Spool"]);
        queue(&place, region, "parallax-probe", "Spool")
    };
    // An hour can be waited for, a day cannot.
    let (hourly, daily) = (spool_of(AWAY, "60"), spool_of("us-west-2", "1440"));
    send(account, "us-west-2", &daily, 0);
    let before = place.inventory(&[HOME, AWAY, "us-west-2"]);
    let regions = format!("{HOME},us-west-2");
    let run = finished(place.script("destroy", &["--name", "parallax", "--regions", &regions]).output().unwrap());
    assert_eq!(run.code, 2, "{}", run.err);
    for said in [
        "which its probe looks into every 1440 min: --wait 86760 is long enough, or let it look now: `aws lambda invoke \
         --region us-west-2 --function-name ",
        "us-west-2: destroy: messages would be lost, and parallax-probe is left as it is; 1 in Spool of parallax-probe",
    ] {
        assert!(run.err.contains(said), "{said} is missing from\n{}", run.err);
    }
    assert_eq!(place.inventory(&[HOME, AWAY, "us-west-2"]), before, "something was removed");

    purge(account, "us-west-2", &daily);
    // An invocation takes a hundred of them.
    send_many(account, AWAY, &hourly, 101);
    let run = destroy(&place, &["--wait", "0"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("101 in Spool of parallax-probe"), "{}", run.err);
    assert!(run.err.contains("every 60 min: --wait 7560 is long enough"), "{}", run.err);
    purge(account, AWAY, &hourly);
    send(account, AWAY, &hourly, 0);
    let waiting = format!("{AWAY}: waiting for the queues of parallax-probe to drain, for 3960 s at most");
    let run = destroy_and(&place, &[], &waiting, || {
        purge(account, AWAY, &hourly);
        // The hub's queue is looked at for a minute; nobody waits for that here.
        let gone = place.aws(HOME, &["cloudformation", "delete-stack", "--stack-name", "parallax-hub"]);
        assert_eq!(gone.code, 0, "{}", gone.err);
    });
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn what_comes_late_is_looked_for_before_a_hub_goes_though_an_earlier_run_removed_the_probes() {
    let test = "what_comes_late_is_looked_for_before_a_hub_goes_though_an_earlier_run_removed_the_probes";
    let Some(place) = Place::new(test) else { return };
    stack(&place, HOME, "parallax-hub", &[("Regions", HOME)], &["Queue", "DeadLetters"]);
    let samples = queue(&place, HOME, "parallax-hub", "Queue");
    let looking =
        format!("{HOME}: the queues of parallax-hub are empty; looking for 6 s more, because SQS counts late");
    let run = destroy_and(&place, &["--wait", "6"], &looking, || send(&place.account, HOME, &samples, 0));
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("parallax-hub is left as it is; 1 in Queue of parallax-hub ("), "{}", run.err);
}

#[test]
fn a_rehearsal_counts_what_waits_and_neither_waits_nor_stops() {
    let Some(place) = Place::new("a_rehearsal_counts_what_waits_and_neither_waits_nor_stops") else { return };
    let [samples, dead, spool] = fleet(&place);
    let account = &place.account;
    for (region, url) in [(HOME, &samples), (HOME, &dead), (AWAY, &spool), (AWAY, &spool)] {
        send(account, region, url, 0);
    }
    let before = place.inventory(&[HOME, AWAY]);
    let run = destroy(&place, &["--dry-run"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    for said in [
        format!("{HOME}: would wait for, or stop at:\nparallax-hub "),
        format!("\nparallax-hub Queue 1 {samples}\n"),
        format!("\nparallax-hub DeadLetters 1 {dead}\n"),
        format!("{AWAY}: would wait for, or stop at:\nparallax-probe Spool 2 {spool}\n"),
        format!("{AWAY}: would remove stack parallax-probe\n"),
        format!("{HOME}: would remove stack parallax-hub\n"),
    ] {
        assert!(run.err.contains(&said), "{said} is missing from\n{}", run.err);
    }
    assert!(!run.err.contains("waiting for"), "{}", run.err);
    // Nor does it say anything of queues that are empty.
    for (region, url) in [(HOME, &samples), (HOME, &dead), (AWAY, &spool)] {
        purge(account, region, url);
    }
    let run = destroy(&place, &["--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("would wait") && run.err.contains("would remove stack parallax-hub"), "{}", run.err);
    assert_eq!(place.inventory(&[HOME, AWAY]), before, "something was removed");
}

#[test]
fn a_run_that_is_stopped_does_nothing_more() {
    let Some(place) = Place::new("a_run_that_is_stopped_does_nothing_more") else { return };
    let [_, _, spool] = fleet(&place);
    send(&place.account, AWAY, &spool, 0);
    let before = place.inventory(&[HOME, AWAY]);
    let mut script = place.script("destroy", &["--name", "parallax", "--regions", HOME, "--wait", "600"]);
    let mut script = script.stderr(Stdio::piped()).spawn().unwrap();
    let process = Pid::from_raw(i32::try_from(script.id()).unwrap());
    let mut said = BufReader::new(script.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.ends_with("waiting for the queues of parallax-probe to drain, for 600 s at most")));
    kill(process, Signal::SIGINT).unwrap();
    assert_eq!(script.wait().unwrap().code(), Some(130));
    // Its jobs have what they say from it, so that all of them have ended when no more comes.
    purge(&place.account, AWAY, &spool);
    let rest: Vec<String> = said.collect();
    assert_eq!(
        rest,
        ["destroy: stopped; what AWS was asked for goes on there, and the same command again goes on from it"]
    );
    assert_eq!(place.inventory(&[HOME, AWAY]), before, "something was removed");
}
