//! What cannot be compared, found or said, and what is said then.

use parallax::measurement::identity::{SampleId, Vantage};
use parallax::measurement::wire::Record;

use super::{A, B, ZABBIX, archive, explain, failed, far, here, keep, near, said, totals};
use crate::support::command::run;
use crate::support::samples::{Recipe, row};

#[test]
fn what_cannot_be_compared_is_refused_with_what_to_change() {
    let directory = archive();
    keep(directory.path(), &row(&Recipe { target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/both", target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/both", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/two", target: "shop", ..Recipe::default() }, 3));
    keep(directory.path(), &row(&Recipe { vantage: "host/two", ..Recipe::default() }, 3));
    let before = std::fs::read(directory.path().join("parallax.db")).unwrap();
    for (words, needle) in [
        (
            &["--a", "vantage=simulated/nera/0", "--b", B][..],
            "nearest that exist: vantage=simulated/near/0,method=fresh",
        ),
        (&["--a", A, "--b", "method=pooled"], "--b method=pooled matches nothing"),
        (&["--a", A, "--b", B, "--target", "shop"], "matches nothing"),
        (&["--a", A, "--b", A], "same source"),
        (&["--a", A, "--b", "method=fresh,target=daily-news"], "both hold vantage=simulated/near/0,method=fresh"),
        (&["--a", A, "--b", "vantage=host/tokyo-office"], "--a is of daily-news and --b of shop"),
        (&["--a", "vantage=host/two", "--b", "vantage=host/both"], "--target: daily-news, shop"),
        (&["--a", "target=shop", "--b", B, "--target", "daily-news"], "--a says target=shop"),
        (&["--a", "nonsense", "--b", B], "--a: `nonsense` is not key=value"),
        (&["--a", A], "--b"),
        (&["--a", A, "--b", B, "--statistic", "p42"], "p42"),
        (&["--a", A, "--b", B, "--since", "yesterday"], "--since"),
        (&["--a", A, "--b", B, "--since", "1h", "--until", "2h"], "--since is not before --until"),
        (&["--a", ZABBIX, "--b", B, "--bridge", A, "--statistic", "p50"], "--statistic mean"),
        (&["--a", ZABBIX, "--b", B, "--bridge", B], "may be on two sides"),
        (&["--a", A, "--b", ZABBIX, "--bridge", B], "leave --bridge out"),
        (&["--a", A, "--b", ZABBIX, "--bridge", "vantage=host/both,target=daily-news"], "leave --bridge out"),
        (&["--a", A, "--b", B, "--bridge", "vantage=nowhere"], "--bridge vantage=nowhere"),
        (&["--a", A, "--b", B, "--html", "no/such/page.html"], "--html"),
        (&["--a", A, "--b", B, "--archive", "sqlite:none.db"], "none.db"),
        (&["--a", "vantage=\u{1b}[2J", "--b", B], "--a"),
    ] {
        let run = explain(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(needle), "{words:?}: {}", run.err);
        assert!(!run.err.contains('\u{1b}'));
    }
    assert_eq!(before, std::fs::read(directory.path().join("parallax.db")).unwrap(), "the archive is as it was");
}

/// Every command that reads a source says which are nearest where it names none.
#[test]
fn a_source_that_matches_nothing_is_told_the_nearest() {
    let directory = archive();
    for command in [&["variance"][..], &["stopwatch", "replay"], &["report"], &["export", "jsonl"]] {
        let found = run(directory.path(), &[command, &["--vantage", "simulated/nearr/0"]].concat());
        assert_eq!((found.code, found.out.as_str()), (2, ""), "{command:?}: {}", found.err);
        let near = "vantage=simulated/nearr/0 matches nothing in the archive; the nearest that exist: vantage=simulated/near/0";
        assert!(found.err.contains(near), "{command:?}: {}", found.err);
        let early = run(
            directory.path(),
            &[command, &["--vantage", "simulated/near/0", "--until", "2020-01-01T00:00:00Z"]].concat(),
        );
        assert!(!early.err.contains("the nearest"), "it exists, in another window: {}", early.err);
    }
}

#[test]
fn what_cannot_be_said_is_said_so() {
    let directory = here();
    let empty = |words: &[&str]| explain(directory.path(), words);
    keep(directory.path(), &[]);
    let none = empty(&["--a", A, "--b", B]);
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    assert!(none.err.contains("no samples yet"), "{}", none.err);
    let down: Vec<Record> = totals(near(30)).into_iter().map(failed).collect();
    let mut late = totals(near(30));
    for record in &mut late {
        record.sample.vantage = Vantage::new("zabbix/late").unwrap();
        record.sample.id = SampleId::new(&format!("late-{}", record.sample.id)).unwrap();
        record.sample.slot_ms = None;
        record.sample.started_at_ms.0 += 40 * 86_400_000;
    }
    keep(directory.path(), &[near(30), far(30), down, late].concat());
    for (words, needle) in [
        (&["--a", A, "--b", ZABBIX][..], "every one of its samples failed"),
        (&["--a", A, "--b", "vantage=zabbix/late"], "no time in common"),
        (
            &["--a", A, "--b", "vantage=zabbix/late", "--until", "2026-01-20T00:00:00Z"],
            "B has no sample in this window",
        ),
        (&["--a", ZABBIX, "--b", "vantage=zabbix/late", "--bridge", A], "A has no response time"),
        (
            &["--a", "vantage=zabbix/late", "--b", A, "--bridge", "vantage=simulated/far/0"],
            "no sample of the bridge is close in time",
        ),
    ] {
        let run = empty(words);
        assert_eq!(run.code, 1, "{words:?}: {}", run.err);
        assert!(run.err.contains(needle) && run.out.contains("Cannot say"), "{words:?}: {}{}", run.out, run.err);
        assert!(run.out.contains("Failures"));
        let json = said(&empty(&[words, &["--json"]].concat()));
        assert!(json["account"].is_null() && json["cannot_say"].is_string() && json["failures"]["samples"].is_array());
    }
    let down = empty(&["--a", A, "--b", ZABBIX, "--statistic", "mean", "--failures-as", "10"]);
    assert_eq!(down.code, 1, "{}", down.err);
    for said in [&down.out, &down.err] {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("--failures-as counts failures beside answers only"), "{said}");
    }
}

#[test]
fn clocks_that_run_backwards_and_too_little_common_time_cannot_be_compared() {
    let directory = here();
    let mut jumped = totals(near(30));
    jumped.iter_mut().for_each(|record| record.sample.clock_suspect = true);
    let mut long = far(400);
    // Only the first of them lie where A was measured.
    for (n, record) in long.iter_mut().enumerate().skip(10) {
        record.sample.slot_ms =
            record.sample.slot_ms.map(|slot| slot.plus(std::time::Duration::from_secs(864_000 + 3_600 * n as u64)));
    }
    keep(directory.path(), &[near(60), jumped, long].concat());
    let before = std::fs::read(directory.path().join("parallax.db")).unwrap();
    for (b, needle) in [(ZABBIX, "the clocks ran apart or backwards"), (B, "% of their time in common")] {
        let run = explain(directory.path(), &["--a", A, "--b", b]);
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.err.contains(needle) && run.out.contains("Cannot say"), "{b}: {}{}", run.out, run.err);
    }
    assert_eq!(before, std::fs::read(directory.path().join("parallax.db")).unwrap(), "reading changes nothing");
}
