//! The archive keeps each sample once, gives all of them back, and says what is wrong with a file.

use std::path::Path;

use parallax::adapters::archive::{Archive, Mode, open};
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Appended, Directory, Forget, Known, Scan, Slots};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::environment::Init;
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use tempfile::TempDir;

use crate::support::samples::{Recipe, START, row};

/// The embedded archive never waits, so its futures are done at the first look.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("the embedded archive waited"),
    }
}

fn place(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn fresh(directory: &TempDir) -> Archive {
    open(&place(&directory.path().join("a.db")), Mode::Write).unwrap()
}

fn all(archive: &mut Archive) -> Vec<Record> {
    selected(archive, "", Window::ALWAYS)
}

fn selected(archive: &mut Archive, source: &str, window: Window) -> Vec<Record> {
    let mut records = Vec::new();
    let selection = Selection { source: source.parse::<Source>().unwrap(), window };
    now(archive.scan(&selection, &mut |record| records.push(record))).unwrap();
    records
}

#[test]
fn what_is_kept_comes_back_whole_and_in_order() {
    let directory = TempDir::new().unwrap();
    let mut records = row(&Recipe { hops: 2, ..Recipe::default() }, 20);
    records
        .push(Recipe { id: "z".to_owned(), failed: Some((Phase::Tls, Cause::Timeout)), ..Recipe::default() }.record());
    let mut shuffled = records.clone();
    shuffled.reverse();
    let mut archive = fresh(&directory);
    assert_eq!(now(archive.append(&shuffled)).unwrap(), Appended { new: 21, repeated: 0 });
    drop(archive);
    records.sort_by_key(|record| (record.sample.started_at_ms, record.sample.id.clone()));
    assert_eq!(all(&mut open(&place(&directory.path().join("a.db")), Mode::Read).unwrap()), records);
}

#[test]
fn a_repeat_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    let records = row(&Recipe::default(), 3);
    now(archive.append(&records)).unwrap();
    let lines = now(archive.sources()).unwrap();
    let mut altered = records.clone();
    altered[0].sample.elapsed_us.0 += 1;
    altered.push(Recipe { id: "new".to_owned(), ..Recipe::default() }.record());
    altered.push(Recipe { id: "new".to_owned(), ..Recipe::default() }.record());
    assert_eq!(now(archive.append(&altered)).unwrap(), Appended { new: 1, repeated: 4 });
    assert_eq!(lines[0].samples, 3);
    assert_eq!(now(archive.sources()).unwrap()[0].samples, 4);
    assert!(all(&mut archive).contains(&records[0]));
    let ids: Vec<_> = altered.iter().map(|record| record.sample.id.clone()).collect();
    let unknown = "never".parse().unwrap();
    assert_eq!(now(archive.known(&[ids[0].clone(), unknown])).unwrap(), [ids[0].clone()]);
}

#[test]
fn the_directory_stays_right_while_samples_come_and_go() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    let good = Recipe::default();
    let bad = Recipe { method: "curl", failed: Some((Phase::Connect, Cause::ConnectionRefused)), ..Recipe::default() };
    now(archive.append(&row(&good, 10))).unwrap();
    now(archive.append(&row(&bad, 4))).unwrap();
    let lines = now(archive.sources()).unwrap();
    assert_eq!(
        lines.iter().map(|l| (l.method.as_str(), l.samples, l.failures)).collect::<Vec<_>>(),
        [("curl", 4, 4), ("fresh", 10, 0)]
    );
    assert_eq!((lines[1].first.0, lines[1].last.0), (START + 12, START + 12 + 9 * 180_000));

    let moment = UnixMillis(START + 12 + 3 * 180_000);
    assert_eq!(now(archive.forget_before(moment)).unwrap(), 6);
    let lines = now(archive.sources()).unwrap();
    assert_eq!(
        lines.iter().map(|l| (l.samples, l.failures, l.first)).collect::<Vec<_>>(),
        [(1, 1, moment), (7, 0, moment)]
    );
    assert_eq!(now(archive.forget_before(UnixMillis(i64::MAX))).unwrap(), 8);
    assert_eq!(now(archive.sources()).unwrap(), []);
    assert_eq!(now(archive.append(&row(&good, 1))).unwrap().new, 1);
    assert_eq!(all(&mut archive), row(&good, 1));
}

#[test]
fn a_selection_leaves_what_it_says_and_nothing_else() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    for (method, vantage, init) in [
        ("fresh", "host/tokyo-office", Init::Cold),
        ("fresh", "lambda/us-east-1/1769", Init::Warm),
        ("curl", "host/tokyo-office", Init::Proactive),
    ] {
        now(archive.append(&row(&Recipe { method, vantage, init, ..Recipe::default() }, 5))).unwrap();
    }
    let mut unknown = Recipe { id: "imported".to_owned(), method: "zabbix", ..Recipe::default() }.record();
    unknown.sample.invocation = None;
    now(archive.append(&[unknown])).unwrap();
    let two = Window { from: UnixMillis(START + 12 + 180_000), to: UnixMillis(START + 12 + 3 * 180_000) };
    for (source, window, count) in [
        ("", Window::ALWAYS, 16),
        ("", two, 6),
        ("method=fresh", Window::ALWAYS, 10),
        ("method=fresh", two, 4),
        ("method=fresh,vantage=host/tokyo-office", two, 2),
        ("cold=true", Window::ALWAYS, 5),
        ("cold=false", Window::ALWAYS, 10),
        ("cold=false,method=curl", two, 2),
        ("target=elsewhere", Window::ALWAYS, 0),
    ] {
        let found = selected(&mut archive, source, window);
        assert_eq!(found.len(), count, "{source}");
        let filter: Source = source.parse().unwrap();
        assert!(found.iter().all(|r| filter.matches(&r.sample) && window.contains(r.sample.started_at_ms)));
        assert!(found.is_sorted_by_key(|record| (record.sample.started_at_ms, record.sample.id.clone())));
    }
}

#[test]
fn slots_are_those_of_one_source_within_the_window() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    let recipe = Recipe::default();
    now(archive.append(&row(&recipe, 4))).unwrap();
    now(archive.append(&row(&Recipe { method: "curl", ..recipe.clone() }, 9))).unwrap();
    now(archive.append(&[Recipe { id: "off".to_owned(), slot_ms: None, ..recipe.clone() }.record()])).unwrap();
    now(archive.append(&[Recipe { id: "again".to_owned(), ..recipe }.record()])).unwrap();
    let sample = row(&Recipe::default(), 1).remove(0).sample;
    let mut slots = |window| now(archive.slots(&sample.target, &sample.vantage, &sample.method, window)).unwrap();
    let grid = |n: i64| UnixMillis(START + n * 180_000);
    assert_eq!(slots(Window::ALWAYS), [grid(0), grid(1), grid(2), grid(3)]);
    assert_eq!(slots(Window { from: grid(1), to: grid(3) }), [grid(1), grid(2)]);
}

#[test]
fn what_is_not_an_archive_is_named_and_left_untouched() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.db");
    let refuses = |mode, said: &str| {
        let before = std::fs::read(&path).ok();
        let message = open(&place(&path), mode).unwrap_err().to_string();
        assert!(message.contains(said), "{said}: {message}");
        assert_eq!(std::fs::read(&path).ok(), before);
    };
    refuses(Mode::Read, "no archive at sqlite:");
    assert!(!path.exists(), "reading made a file");

    std::fs::write(&path, "").unwrap();
    refuses(Mode::Read, "the file is empty");
    for text in
        ["x", "just some text, and more than a hundred bytes of it, so that a header could be read from it ......."]
    {
        std::fs::write(&path, text).unwrap();
        refuses(Mode::Read, "not a SQLite database");
        refuses(Mode::Write, "not a SQLite database");
    }
    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    refuses(Mode::Read, "another application");
    refuses(Mode::Write, "another application");

    std::fs::remove_file(&path).unwrap();
    drop(fresh(&directory));
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 41).unwrap();
    for mode in [Mode::Read, Mode::Write] {
        assert!(matches!(open(&place(&path), mode), Err(ArchiveError::Newer { found: 41, .. })));
    }
}
