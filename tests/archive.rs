//! The archive keeps each sample once, gives all of them back, and says what is wrong with a file.

use std::ops::ControlFlow;
use std::path::Path;

use parallax::adapters::archive::{Archive, Mode, open};
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Appended, Directory, Forget, Known, Miss as _, Scan, Slots, Span};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::environment::Init;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use tempfile::TempDir;

use crate::support::at_once::now;
use crate::support::samples::{Recipe, START, row};

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
    let unknown = Recipe { id: "never".to_owned(), ..Recipe::default() }.record();
    let known = now(archive.known(&[altered[0].clone(), unknown])).unwrap();
    assert_eq!(known, [altered[0].sample.id.clone()]);
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
    let (first, last) = (UnixMillis(START + 12), UnixMillis(START + 12 + 9 * 180_000));
    assert_eq!(lines[1].span, Some(Span { first, last }));

    let moment = UnixMillis(START + 12 + 3 * 180_000);
    assert_eq!(now(archive.forget_before(moment)).unwrap(), 6);
    let lines = now(archive.sources()).unwrap();
    assert_eq!(
        lines.iter().map(|l| (l.samples, l.failures, l.span.unwrap().first)).collect::<Vec<_>>(),
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
fn a_missed_slot_is_kept_once_and_only_while_it_has_no_sample() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    let records = row(&Recipe::default(), 4);
    let sample = &records[0].sample;
    let grid = |n: i64| UnixMillis(START + n * 180_000);
    let missed = |slots: std::ops::Range<i64>, reason| {
        slots
            .map(|n| Miss {
                target: sample.target.clone(),
                vantage: sample.vantage.clone(),
                method: sample.method.clone(),
                slot_ms: grid(n),
                reason,
            })
            .collect::<Vec<_>>()
    };
    let told = |archive: &mut Archive| {
        let lines = now(archive.sources()).unwrap();
        lines.iter().map(|line| (line.samples, line.missed, line.span.is_some())).collect::<Vec<_>>()
    };
    now(archive.miss(&missed(2..8, Reason::Asleep))).unwrap();
    now(archive.miss(&missed(6..9, Reason::Overrun))).unwrap();
    assert_eq!(told(&mut archive), [(0, 7, false)], "a source may have nothing but missed slots");
    now(archive.append(&records)).unwrap();
    assert_eq!(told(&mut archive), [(4, 5, true)], "two of them have a sample after all");
    now(archive.miss(&missed(0..5, Reason::Asleep))).unwrap();
    assert_eq!(told(&mut archive), [(4, 5, true)], "what has a sample is not missed");
    let mut elsewhere = missed(0..1, Reason::Asleep);
    elsewhere[0].method = "curl".parse().unwrap();
    now(archive.miss(&elsewhere)).unwrap();
    assert_eq!(told(&mut archive), [(0, 1, false), (4, 5, true)]);
    now(archive.forget_before(grid(6))).unwrap();
    assert_eq!(told(&mut archive), [(0, 3, false)], "missed slots go with the samples of their time");
    assert_eq!(all(&mut archive), [], "a missed slot is no sample");
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

#[test]
fn programs_that_open_a_new_archive_at_once_all_write_to_it() {
    let directory = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = directory.path().join("a.db");
            scope.spawn(move || {
                let mut archive = open(&place(&path), Mode::Write).unwrap();
                for batch in 0..5 {
                    let id = format!("{n}-{batch}");
                    let own = Recipe { id, ..Recipe::default() }.record();
                    let everyones = Recipe { id: format!("all-{batch}"), ..Recipe::default() }.record();
                    now(archive.append(&[own, everyones])).unwrap();
                }
            });
        }
    });
    let mut archive = open(&place(&directory.path().join("a.db")), Mode::Read).unwrap();
    assert_eq!(all(&mut archive).len(), 45);
    assert_eq!(now(archive.sources()).unwrap()[0].samples, 45);
}

#[test]
fn a_reader_sees_whole_batches_while_a_writer_writes() {
    let directory = TempDir::new().unwrap();
    let mut writer = fresh(&directory);
    let path = directory.path().join("a.db");
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut reader = open(&place(&path), Mode::Read).unwrap();
            let mut counts = vec![0];
            while counts.last() != Some(&300) {
                counts.push(all(&mut reader).len());
            }
            counts
        });
        for n in 0..30 {
            let recipe = Recipe { started_ms: START + n, ..Recipe::default() };
            let batch: Vec<_> = row(&recipe, 10)
                .into_iter()
                .map(|mut r| {
                    r.sample.id = format!("{n}-{}", r.sample.id).parse().unwrap();
                    r
                })
                .collect();
            now(writer.append(&batch)).unwrap();
        }
        let counts = reading.join().unwrap();
        assert!(counts.iter().all(|count| count % 10 == 0) && counts.is_sorted(), "{counts:?}");
    });
}

#[test]
fn a_scan_ends_when_the_visitor_has_seen_enough() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    now(archive.append(&row(&Recipe::default(), 10))).unwrap();
    let mut seen = 0;
    let selection = Selection { source: Source::default(), window: Window::ALWAYS };
    let mut visit = |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    now(archive.scan_while(&selection, &mut visit)).unwrap();
    assert_eq!(seen, 3);
}

#[test]
fn a_damaged_archive_is_an_error_and_not_a_short_answer() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.db");
    now(fresh(&directory).append(&row(&Recipe::default(), 500))).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for keep in [whole.len() / 2, 4_096, 200] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        let selection = Selection { source: Source::default(), window: Window::ALWAYS };
        let message = open(&place(&path), Mode::Read)
            .and_then(|mut archive| now(archive.scan(&selection, &mut |_| ())))
            .unwrap_err()
            .to_string();
        assert!(message.contains("damaged") || message.contains("not a Parallax archive"), "{keep}: {message}");
    }
    std::fs::write(&path, &whole).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE sample SET content = '{' WHERE rowid = 3", []).unwrap();
    let mut archive = open(&place(&path), Mode::Read).unwrap();
    let selection = Selection { source: Source::default(), window: Window::ALWAYS };
    let message = now(archive.scan(&selection, &mut |_| ())).unwrap_err().to_string();
    assert!(message.contains("-2 is damaged"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_user_who_may_only_read_can_read_and_is_told_what_else_is_missing() {
    use std::os::unix::fs::PermissionsExt;

    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.db");
    now(fresh(&directory).append(&row(&Recipe::default(), 3))).unwrap();
    let allow = |mode| std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(mode)).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    allow(0o555);
    // Root may do everything; its own thread lays that down.
    let tried = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65_534));
                let read = open(&place(&path), Mode::Read).map(|mut archive| all(&mut archive).len());
                let written = open(&place(&path), Mode::Write).map(|_| ());
                let made = open(&place(&directory.path().join("new.db")), Mode::Write).map(|_| ());
                (read, written, made)
            })
            .join()
            .unwrap()
    });
    allow(0o755);
    assert_eq!(tried.0.unwrap(), 3);
    for refused in [tried.1, tried.2] {
        let error = refused.unwrap_err();
        assert!(matches!(error, ArchiveError::Unusable { verb: "open", .. }), "{error}");
        assert!(error.to_string().contains("able"), "{error}");
    }
}
