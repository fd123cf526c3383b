//! The command line as a person meets it: help, exit codes, streams, and what bad input gets.

use std::process::Stdio;
use std::time::Duration;

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::{Directory, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::lab::site::{Options, Site};
use parallax::measurement::units::Micros;
use parallax::measurement::wire::{Record, decode};
use serde_json::Value;

use crate::support::command::{finished, parallax, run};
use crate::support::golden::{assert_golden, shape};
use crate::support::hostile::Behaviour;

const COMMANDS: [&str; 16] = [
    "agent",
    "compare",
    "cost",
    "demo",
    "deployment",
    "doctor",
    "explain",
    "export",
    "import",
    "lab",
    "probe",
    "report",
    "status",
    "stopwatch",
    "targets",
    "variance",
];

fn here() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_help_text_is_as_promised() {
    let directory = here();
    let all = run(directory.path(), &["--help"]);
    assert_eq!((all.code, all.err.as_str()), (0, ""));
    assert_golden("help/parallax.txt", &all.out);
    for command in COMMANDS {
        assert!(all.out.contains(&format!("  {command} ")), "{command} is missing from --help");
        let help = run(directory.path(), &[command, "--help"]);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command}");
        assert_golden(&format!("help/{command}.txt"), &help.out);
    }
    for action in ["list", "sync", "put", "remove"] {
        assert_golden(
            &format!("help/targets-{action}.txt"),
            &run(directory.path(), &["targets", action, "--help"]).out,
        );
    }
    for server in ["zabbix", "prometheus", "cloudwatch"] {
        assert_golden(&format!("help/import-{server}.txt"), &run(directory.path(), &["import", server, "--help"]).out);
    }
    let listed = all.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    assert_eq!(listed.count(), COMMANDS.len() + 1, "a command without a golden help text:\n{}", all.out);
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_how_to_get_one() {
    let directory = here();
    let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fleet.toml");
    let queue = "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/q";
    for words in [&["targets", "list", "--regions", "eu-west-1"][..], &["agent", fleet, "--queue", queue]] {
        let run = finished(parallax(directory.path(), words).env("PROBE_TOKEN", "hunter2").output().unwrap());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains("--features aws"), "{words:?}: {}", run.err);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_flag_or_command_is_bad_input() {
    let directory = here();
    for words in [&["probe", "--nonsense"][..], &["nonsense"], &["doctor", "--archive"], &["probe"], &[]] {
        let run = run(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(!run.err.is_empty(), "{words:?}");
    }
}

#[test]
fn a_url_without_a_scheme_is_refused_with_the_one_to_write() {
    let directory = here();
    for command in ["probe", "compare"] {
        let run = run(directory.path(), &[command, "www.example.com/dna"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert!(run.err.contains("https://www.example.com/dna"), "{}", run.err);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_negative_number_is_told_what_its_flag_takes() {
    let directory = tempfile::tempdir().unwrap();
    for (words, said) in [
        (&["probe", "https://e.net/", "-m", "-1"][..], "above 0"),
        (&["probe", "https://e.net/", "--connect-timeout", "-0.5"], "above 0"),
        (&["probe", "https://e.net/", "--expect-max-time", "-1"], "above 0"),
        (&["probe", "https://e.net/", "--expect-status", "-1"], "from 100 to 599"),
        (&["probe", "https://e.net/", "--expect-certificate-days", "-1"], "from 0 to"),
        (&["probe", "https://e.net/", "--max-redirs", "-1"], "from 0 to"),
        (&["probe", "https://e.net/", "--max-filesize", "-1"], "whole number of bytes"),
        (&["compare", "https://e.net/", "--rounds", "-1"], "from 1 to"),
        (&["compare", "https://e.net/", "--pause", "-1"], "above 0"),
        (&["compare", "https://e.net/", "--seed", "-1"], "from 0 to"),
        (&["demo", "--seconds", "-1"], "from 1 to"),
        (&["report", "--width", "-1"], "from 60 to"),
        (&["agent", "fleet.toml", "--in-flight", "-1"], "from 1 to"),
        (&["explain", "--a", "x", "--b", "y", "--seed", "-1"], "from 0 to"),
    ] {
        let run = run(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}");
        assert!(run.err.contains(said) && !run.err.contains("tip:"), "{words:?}: {}", run.err);
    }
}

#[test]
fn status_and_doctor_keep_to_the_page_they_are_given() {
    let directory = tempfile::tempdir().unwrap();
    let made = run(directory.path(), &["demo", "--seconds", "1", "--lab", "never", "--archive", "sqlite:parallax.db"]);
    assert_eq!(made.code, 0, "{}", made.err);
    for command in ["status", "doctor"] {
        for width in [60, 80] {
            let page = run(directory.path(), &[command, "--ascii", "--width", &width.to_string()]);
            assert_eq!(page.code, 0, "{}", page.err);
            assert!(page.out.is_ascii(), "{}", page.out);
            let long = page.out.lines().filter(|line| line.len() > width).collect::<Vec<_>>();
            assert!(long.is_empty(), "{command}, {width}: {long:#?}");
        }
    }
}

#[test]
fn doctor_tries_every_signal_and_makes_nothing() {
    let directory = here();
    let run = run(directory.path(), &["doctor", "--json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_golden("doctor.txt", &shape(&found));
    let signals = found["signals"].as_array().unwrap();
    let stamps = signals.iter().find(|signal| signal["name"] == "receive timestamps").unwrap();
    assert_eq!(stamps["given"], cfg!(target_os = "linux"), "{stamps}");
    assert!(signals.iter().all(|signal| !signal["without"].as_str().unwrap().is_empty()));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is made to find out");
}

#[test]
fn doctor_says_why_samples_cannot_be_kept_in_a_foreign_file() {
    let directory = here();
    std::fs::write(directory.path().join("notes.txt"), "not an archive, but long enough to have a header\n".repeat(9))
        .unwrap();
    let run = run(directory.path(), &["doctor", "--archive", "sqlite:notes.txt"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("not a Parallax archive"), "{}", run.out);
}

#[test]
fn probe_answers_with_its_exit_code() {
    let site = Site::start(Options::default()).unwrap();
    let directory = here();
    let page = site.url("/").to_string();
    let trust = site.authority_path().to_str().unwrap();
    let probe = |more: &[&str]| {
        let words = [&["probe", page.as_str(), "--allow-private"], more].concat();
        run(directory.path(), &words)
    };
    let good = probe(&["-L", "--cacert", trust, "--expect-status", "200", "--expect-contains", "Daily Parallax"]);
    assert_eq!((good.code, good.err.as_str()), (0, ""), "{}", good.out);
    for said in ["302", "200", "127.0.0.1", "wait", "network"] {
        assert!(good.out.contains(said), "{said} is missing:\n{}", good.out);
    }
    let broken = probe(&["-k", "--expect-status", "200"]);
    assert_eq!(broken.code, 1, "a redirect that is not followed is not 200: {}{}", broken.out, broken.err);
    let untrusted = probe(&["-L"]);
    assert_eq!(untrusted.code, 1);
    assert!(untrusted.out.contains("certificate"), "{}", untrusted.out);
    let unreadable = probe(&["--cacert", "no-such-file.pem"]);
    assert_eq!((unreadable.code, unreadable.out.as_str()), (2, ""));
    assert!(unreadable.err.contains("no-such-file.pem"), "{}", unreadable.err);
    let refused = run(directory.path(), &["probe", &page, "-k"]);
    assert_eq!(refused.code, 1, "loopback is refused unless allowed");
    assert!(refused.out.contains("address_refused") || refused.out.contains("allow"), "{}", refused.out);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "a probe keeps nothing");
}

#[test]
fn a_sample_as_json_is_of_the_promised_shape_and_adds_up() {
    let site = Site::start(Options::default()).unwrap();
    let directory = here();
    let page = site.url("/").to_string();
    let run = run(
        directory.path(),
        &["probe", &page, "--allow-private", "-kL", "--http1.1", "--json", "--vantage", "host/x"],
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let record: Record = decode(run.out.as_bytes()).unwrap();
    let hops: Micros = record.sample.hops.iter().map(parallax::measurement::hop::Hop::elapsed_us).sum();
    assert_eq!(hops, record.sample.elapsed_us);
    assert_eq!((record.sample.vantage.as_str(), record.sample.hops.len()), ("host/x", 2));
    // What the machine or its kernel may leave out is not promised, nor that one packet holds the whole header's record.
    let promised = shape(&serde_json::from_str(&run.out).unwrap())
        .lines()
        .filter(|line| !line.starts_with(".environment") && !line.starts_with(".sample.local"))
        .filter(|line| !line.contains(".first_packet_us"))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_golden("probe.txt", &promised);
}

#[test]
fn no_secret_reaches_a_stream() {
    let site = Site::start(Options::default()).unwrap();
    let directory = here();
    let page = format!("https://user:hunter2@127.0.0.1:{}/page?key=hunter2", site.address().port());
    for more in [&["--json"][..], &[], &["--method", "pooled"], &["--method", "pooled", "--json"]] {
        let words = [&["probe", page.as_str(), "-k", "--allow-private", "-H", "Authorization: hunter2"], more].concat();
        let run = run(directory.path(), &words);
        assert!(!run.out.contains("hunter2") && !run.err.contains("hunter2"), "{}{}", run.out, run.err);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    }
}

#[test]
fn a_comparison_keeps_every_sample_and_repeats_its_order_by_seed() {
    let site = Site::start(Options { think: Duration::ZERO, ..Options::default() }).unwrap();
    let directory = here();
    let page = site.url("/page").to_string();
    let compare = |more: &[&str]| {
        let words = [
            &["compare", page.as_str(), "-k", "--allow-private", "--a", "method=fresh", "--b", "method=pooled"][..],
            &["--rounds", "6", "--seed", "42", "--json", "--html", "page.html"],
            more,
        ]
        .concat();
        let run = run(directory.path(), &words);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert!(run.err.contains("seed 42"), "{}", run.err);
        serde_json::from_str::<Value>(&run.out).unwrap()
    };
    let mut said = compare(&["--archive", "sqlite:one.db"]);
    // Which rows an account has depends on what was measured; that it adds up does not.
    let explained = said.as_object_mut().unwrap().remove("explained").unwrap();
    for account in ["account", "mean"] {
        let rows = explained[account]["rows"].as_array().unwrap();
        let sum: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
        assert!((sum - explained[account]["gap_ms"].as_f64().unwrap()).abs() < 1e-7, "{explained}");
        assert_eq!(explained[account]["seed"], 42);
    }
    assert_golden("compare.txt", &shape(&said));
    assert_eq!((&said["a"]["samples"], &said["b"]["samples"]), (&6.into(), &6.into()));
    compare(&["--archive", "sqlite:two.db"]);
    let order = |file: &str| {
        let place = format!("sqlite:{}", directory.path().join(file).display());
        let mut order = Vec::new();
        let mut visit = |record: Record| order.push(record.sample.method);
        let all = Selection { source: Source::default(), window: Window::ALWAYS };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut archive = open(&place, Mode::Read).unwrap();
        runtime.block_on(archive.scan(&all, &mut visit)).unwrap();
        order
    };
    assert_eq!(order("one.db").len(), 12);
    assert_eq!(order("one.db"), order("two.db"));
    assert!(std::fs::read_to_string(directory.path().join("page.html")).unwrap().contains("pooled"));
}

#[test]
fn a_comparison_without_an_answer_is_negative_and_says_why() {
    let directory = here();
    // Port 1 on loopback: nothing listens, and nothing leaves the machine.
    let words = ["compare", "http://127.0.0.1:1/", "--a", "method=fresh", "--b", "method=pooled", "--rounds", "2"];
    let refused = run(directory.path(), &words);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("address_refused"), "{}", refused.err);
    let nobody = run(directory.path(), &[&words[..], &["--allow-private"]].concat());
    assert_eq!(nobody.code, 1, "{}", nobody.err);
    assert!(nobody.err.contains("connection_refused"), "{}", nobody.err);
    // The page says it too: how often, where and why, and no table or sentence of times that nobody has.
    let page = nobody.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("A: 2 of 2. B: 2 of 2."), "{page}");
    assert!(page.contains("connection_refused in connect 2 and 2"), "{page}");
    for empty in ["Intervals are", "Percentiles and mean", "all network", "What it cost", "Where the time went"] {
        assert!(!page.contains(empty), "{empty}: {page}");
    }
    for (flag, value, said) in [
        ("--a", "method=zabbix", "cannot be run from here"),
        ("--b", "vantage=host/a", "only method=…"),
        ("--archive", "sqlite:no/such/a.db", "directory"),
        ("--html", "no/such/page.html", "--html"),
        ("--vantage", "a b", "--vantage"),
    ] {
        let run = run(directory.path(), &["compare", "https://127.0.0.1:1/", flag, value]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{flag}: {}", run.err);
        assert!(run.err.contains(said), "{flag}: {}", run.err);
    }
}

#[test]
fn an_interrupted_comparison_shows_and_keeps_what_there_is() {
    let site = Site::start(Options::default()).unwrap();
    let directory = here();
    let page = site.url("/page").to_string();
    let words = [
        &["compare", page.as_str(), "-k", "--allow-private", "--a", "method=fresh", "--b", "method=fresh"][..],
        &["--rounds", "100000", "--json", "--archive", "sqlite:kept.db"],
    ]
    .concat();
    let child = parallax(directory.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let place = format!("sqlite:{}", directory.path().join("kept.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let kept = || -> u64 {
        let Ok(mut archive) = open(&place, Mode::Read) else { return 0 };
        runtime.block_on(archive.sources()).map_or(0, |lines| lines.iter().map(|line| line.samples).sum())
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while kept() < 6 {
        assert!(std::time::Instant::now() < deadline, "nothing was kept in a minute");
        std::thread::yield_now();
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let run = finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("interrupted"), "{}", run.err);
    let said: Value = serde_json::from_str(&run.out).unwrap();
    let compared = said["a"]["samples"].as_u64().unwrap() + said["b"]["samples"].as_u64().unwrap();
    assert_eq!(compared, kept());
}

#[test]
fn ctrl_c_does_not_wait_for_a_measurement_that_takes_long() {
    for method in ["method=fresh", "method=pooled", "method=curl"] {
        let server = Behaviour::NeverAnswers.start();
        let directory = here();
        let page = server.url("/").to_string();
        let words = ["compare", &page, "--allow-private", "--max-time", "300", "--a", method, "--b", method];
        let child = parallax(directory.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let start = std::time::Instant::now();
        while server.seen().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "{method}: the page was never asked");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pressed = std::time::Instant::now();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        let run = finished(child.wait_with_output().unwrap());
        assert_eq!(run.code, 3, "{method}: {}", run.err);
        assert!(run.err.contains("interrupted: what was measured until then is kept"), "{method}: {}", run.err);
        assert!(pressed.elapsed() < Duration::from_secs(60), "{method}: {:?}", pressed.elapsed());
    }
}

#[test]
fn an_interrupted_demo_says_so_and_leaves_its_report() {
    let directory = here();
    let words = ["demo", "--seconds", "3000", "--output", "r.html", "--archive", "sqlite:d.db"];
    let child = parallax(directory.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let place = format!("sqlite:{}", directory.path().join("d.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let start = std::time::Instant::now();
    let kept = || -> u64 {
        let Ok(mut archive) = open(&place, Mode::Read) else { return 0 };
        runtime.block_on(archive.sources()).map_or(0, |lines| lines.iter().map(|line| line.samples).sum())
    };
    while kept() < 8 {
        assert!(start.elapsed() < Duration::from_secs(120), "nothing was kept in two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let run = finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("interrupted"), "{}", run.err);
    assert!(std::fs::read_to_string(directory.path().join("r.html")).unwrap().contains("</html>"));
}

#[test]
fn a_check_that_could_never_fail_and_a_number_out_of_range_are_refused_in_words() {
    let directory = here();
    let url = "https://www.example.com/";
    let ranges = [
        (&["probe", url, "--max-time", "2", "--expect-max-time", "2500ms"][..], "longer than --max-time (2s)"),
        (&["compare", url, "--expect-max-time", "11"], "longer than --max-time (10s)"),
        (&["probe", url, "--expect-status", "99"], "from 100 to 599"),
        (&["probe", url, "--expect-certificate-days", "36501"], "from 0 to 36500"),
        (&["compare", url, "--rounds", "0"], "from 1 to 100000"),
        (&["demo", "--seconds", "3601"], "from 1 to 3600"),
        (&["report", "--width", "59"], "from 60 to 1000"),
    ];
    for (words, said) in ranges {
        let run = run(directory.path(), words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(said) && !run.err.contains("..="), "{words:?}: {}", run.err);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
}
