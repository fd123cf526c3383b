//! `fleet.toml`: each mistake gets its one clear message, by file pairs: a new case is two files and no code.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parallax::measurement::identity::Method;
use parallax::probe::fleet::finding::FleetError;
use parallax::probe::fleet::host::Host;
use parallax::probe::fleet::{FILE_BYTES_MAX, Fleet, decode, parse};
use parallax::probe::target::{Coding, TlsVersions};

use crate::support::golden::difference;

/// In the environment of every case; none of the values may be seen again.
const VARIABLES: [(&str, &str); 3] =
    [("TOKEN", "hunter2"), ("BROKEN_TOKEN", "hunter2\r\nHost: evil"), ("PROBE_TOKEN", "hunter2")];

fn read(bytes: &[u8]) -> Result<Fleet, FleetError> {
    let variable =
        |name: &str| VARIABLES.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    decode(bytes).and_then(|text| parse(text, &variable))
}

fn on_host(bytes: &[u8]) -> Result<Host, FleetError> {
    read(bytes).and_then(Fleet::on_host)
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

#[test]
fn every_mistake_is_told_as_written_beside_it() {
    told_as_written("tests/fixtures/fleet", 25, |bytes| on_host(bytes).err());
}

#[test]
fn every_mistake_of_the_aws_side_is_told_as_written_beside_it() {
    told_as_written("tests/fixtures/fleet/aws", 5, |bytes| read(bytes).and_then(Fleet::on_aws).err());
}

fn told_as_written(folder: &str, least: usize, mistakes: impl Fn(&[u8]) -> Option<FleetError>) {
    let files = fixtures(folder);
    assert!(files.len() >= least, "{} fixtures", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let said = match mistakes(&fs::read(&file).unwrap()) {
            None => "no mistake found\n".to_owned(),
            Some(error) => format!("{}\n", error.named(name)),
        };
        assert!(!said.contains("hunter2"), "{name} tells a secret: {said}");
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{name} says a control character");
        wrong.extend(difference(&file.with_extension("expected"), &said));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_message_names_file_line_and_column() {
    for file in fixtures("tests/fixtures/fleet") {
        let error = on_host(&fs::read(&file).unwrap()).unwrap_err();
        for line in error.named("fleet.toml").to_string().lines() {
            let mut parts = line.splitn(4, ':');
            assert_eq!(parts.next(), Some("fleet.toml"), "{line}");
            assert!(parts.next().unwrap().parse::<usize>().is_ok_and(|n| n > 0), "{line}");
            assert!(parts.next().unwrap().parse::<usize>().is_ok_and(|n| n > 0), "{line}");
            assert!(parts.next().is_some_and(|what| what.len() > 10), "{line}");
        }
    }
}

#[test]
fn the_example_is_read_whole() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet.toml");
    let fleet = read(&fs::read(example).unwrap()).unwrap();
    assert_eq!(fleet.keep, Some(Duration::from_secs(90 * 86_400)));
    assert_eq!(fleet.aws.as_ref().unwrap().memory_mb, [1769]);
    let host = fleet.on_host().unwrap();
    assert_eq!(host.vantage.as_str(), "host/tokyo-office");
    assert!(host.pages.iter().any(|page| page.methods == [Method::Fresh, Method::Curl]));
    assert!(!format!("{host:?}").contains("hunter2"));
}

#[test]
fn the_example_is_deployed_at_every_slot_of_every_target() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet.toml");
    let deployment = read(&fs::read(example).unwrap()).and_then(Fleet::on_aws).unwrap();
    assert_eq!(deployment.tick.expression(), "cron(* * * * ? *)");
    let watched = |method| deployment.watched_by(&method).map(|page| page.target.id.as_str()).collect::<Vec<_>>();
    assert_eq!(watched(Method::Fresh), ["daily-news", "status-page"]);
    assert_eq!(watched(Method::Curl), ["daily-news"]);
}

#[test]
fn every_choice_of_a_target_can_be_made() {
    let text = r#"
        schema = 1
        every = "1m"
        [vantage]
        id = "host/a"
        [[target]]
        id = "all"
        url = "https://www.example.com/?q=1"
        every = "30s"
        timeout = { total = "8s", resolve = "1s", connect = "2s", tls = "3s", wait = "4s", receive = "5s" }
        http_method = "HEAD"
        headers = { User-Agent = "x", Authorization = { env = "TOKEN" } }
        follow_redirects = true
        redirects_max = 3
        accept_encoding = ["br", "gzip"]
        http = "1.1"
        family = "ipv4"
        resolver = "system"
        verify = false
        trust = "./ca.pem"
        tls = ["1.3"]
        proxy = "http://127.0.0.1:3128"
        body_max = 1000
        allow_private = true
        methods = ["pooled"]
        [target.expect]
        status = [404, "2xx"]
        body_contains = "news"
        body_matches = "n[aeiou]ws"
        json = { "/a/0" = 1, "" = { b = [true, 0.5] } }
        headers = { Content-Type = "text/html" }
        certificate_days_left = 14
        max_time = "2s"
    "#;
    let page = on_host(text.as_bytes()).unwrap().pages.remove(0);
    let target = page.target;
    assert_eq!(page.grid.every(), Duration::from_secs(30));
    assert_eq!((target.timeouts.total, target.timeouts.receive), (Duration::from_secs(8), Duration::from_secs(5)));
    assert_eq!(target.headers.iter().find(|(name, _)| name == "Authorization").unwrap().1.expose(), "hunter2");
    assert_eq!(target.accept_encoding, [Coding::Brotli, Coding::Gzip]);
    assert_eq!(target.tls.versions, TlsVersions::Tls13);
    assert!(!target.tls.verify && target.allow_private && target.follow_redirects);
    assert_eq!(target.expect.status.len(), 101);
    assert_eq!(target.expect.json[1], (String::new(), serde_json::json!({"b": [true, 0.5]})));
    assert!(target.expect.body_matches.is_some());
    assert!(!format!("{target:?}").contains("hunter2"));
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let message = read(&vec![b'#'; FILE_BYTES_MAX + 1]).unwrap_err().to_string();
    assert!(message.contains("at most"), "{message}");
}

#[test]
fn deep_nesting_is_a_message_and_no_crash() {
    let deep = format!("schema = 1\nx = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(deep.as_bytes()).unwrap_err().to_string().contains(":2:"));
}

#[test]
fn thousands_of_targets_are_read() {
    let targets = (0..5_000).map(|i| format!("[[target]]\nid = \"t{i}\"\nurl = \"https://www.example.com/{i}\"\n"));
    let text = format!("schema = 1\nevery = \"1m\"\n[vantage]\nid = \"a\"\n{}", targets.collect::<String>());
    assert_eq!(on_host(text.as_bytes()).unwrap().pages.len(), 5_000);
}

/// Every way to cut a good file off, and every byte of it turned into another: a fleet or a message, never a panic.
#[test]
fn a_damaged_file_is_a_message_and_no_crash() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet.toml");
    let whole = fs::read(example).unwrap();
    for end in 0..whole.len() {
        let _ = on_host(&whole[..end]);
        for byte in [0, b'"', b'[', 0xff] {
            let mut damaged = whole.clone();
            damaged[end] = byte;
            if let Err(error) = on_host(&damaged) {
                assert!(!error.mistakes.is_empty());
            }
        }
    }
}

/// Where each place was counted from the beginning of the file, this took minutes: it is seconds now, and the bound is wide.
#[test]
fn a_file_as_large_as_may_be_is_read_while_one_waits() {
    let head = "schema = 1\nevery = \"1h\"\nvantage = { id = \"v\" }\n";
    let page = |i: usize| format!("{{id=\"t{i}\",url=\"http://a.example/\"}},");
    let pages = 80_000;
    let in_one_line = format!("{head}target = [{}]\n", (0..pages).map(page).collect::<String>());
    let table = |i: usize| format!("[[target]]\nid=\"t{i}\"\nurl=\"http://a/\"\n");
    let in_tables = format!("{head}{}", (0..pages).map(table).collect::<String>());
    for text in [in_one_line, in_tables] {
        assert!((3_000_000..FILE_BYTES_MAX).contains(&text.len()), "{}", text.len());
        let begun = std::time::Instant::now();
        let host = on_host(text.as_bytes()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        drop(host);
    }
}
