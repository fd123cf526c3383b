//! The archive keeps each sample once, gives all of them back, and says what is wrong with a file.

pub mod contract;

use std::path::Path;

use parallax::adapters::archive::{Archive, Mode, open};
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Directory, Forget, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use tempfile::TempDir;

use crate::support::at_once::now;
use crate::support::samples::{Recipe, START, row};

mod beside;
mod lost;

fn place(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn fresh(directory: &TempDir) -> Archive {
    open(&place(&directory.path().join("a.db")), Mode::Write).unwrap()
}

fn all(archive: &mut Archive) -> Vec<Record> {
    now(contract::all(archive))
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => { $(
        #[test]
        fn $promise() {
            now(contract::$promise(&mut fresh(&TempDir::new().unwrap())));
        }
    )* };
}

promises!(
    comes_back_whole_and_in_order,
    a_repeat_changes_nothing,
    the_directory_has_a_line_a_source,
    a_selection_leaves_what_it_says_and_nothing_else,
    order_holds_across_sources_and_days,
    slots_are_those_of_one_source_within_the_window,
    a_missed_slot_is_kept_once_and_only_while_it_has_no_sample,
    a_scan_ends_when_the_visitor_has_seen_enough,
    surroundings_are_each_samples_own,
);

#[test]
fn what_is_kept_is_there_when_it_is_opened_again() {
    let directory = TempDir::new().unwrap();
    let records = row(&Recipe { hops: 2, ..Recipe::default() }, 20);
    now(fresh(&directory).append(&records)).unwrap();
    assert_eq!(all(&mut open(&place(&directory.path().join("a.db")), Mode::Read).unwrap()), records);
}

#[test]
fn the_directory_stays_right_while_samples_come_and_go() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    now(contract::the_directory_has_a_line_a_source(&mut archive));
    let moment = UnixMillis(START + 12 + 3 * 180_000);
    assert_eq!(now(archive.forget_before(moment)).unwrap(), 6);
    let lines = now(archive.sources()).unwrap();
    assert_eq!(
        lines.iter().map(|l| (l.samples, l.failures, l.span.unwrap().first)).collect::<Vec<_>>(),
        [(1, 1, moment), (7, 0, moment)]
    );
    assert_eq!(now(archive.forget_before(UnixMillis(i64::MAX))).unwrap(), 8);
    assert_eq!(now(archive.sources()).unwrap(), []);
    assert_eq!(now(archive.append(&row(&Recipe::default(), 1))).unwrap().new, 1);
    assert_eq!(all(&mut archive), row(&Recipe::default(), 1));
}

#[test]
fn missed_slots_go_with_the_samples_of_their_time() {
    let directory = TempDir::new().unwrap();
    let mut archive = fresh(&directory);
    now(contract::a_missed_slot_is_kept_once_and_only_while_it_has_no_sample(&mut archive));
    now(archive.forget_before(UnixMillis(START + 6 * 180_000))).unwrap();
    assert_eq!(now(contract::told(&mut archive)), [(0, 3, false)]);
    assert_eq!(all(&mut archive), []);
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

#[test]
fn a_sample_that_cannot_be_read_is_named_and_the_others_can_be_had() {
    let directory = TempDir::new().unwrap();
    let records = row(&Recipe::default(), 5);
    let mut other = Recipe { vantage: "host/other", ..Recipe::default() }.record();
    other.environment.kernel = Some("another".to_owned());
    now(fresh(&directory).append(&[&records[..], &[other.clone()]].concat())).unwrap();
    let path = directory.path().join("a.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; UPDATE sample SET content = '{' WHERE rowid = 3").unwrap();
    connection.execute("DELETE FROM environment WHERE content LIKE '%another%'", []).unwrap();
    let mut archive = open(&place(&path), Mode::Read).unwrap();
    let selection = Selection { source: Source::default(), window: Window::ALWAYS };
    let (mut whole, mut damaged) = (Vec::new(), Vec::new());
    archive
        .scan_what_is_whole(&selection, &mut |found| {
            match found {
                Ok(record) => whole.push(record),
                Err(error) => damaged.push(error.to_string()),
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let expected: Vec<Record> =
        records.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, one)| one.clone()).collect();
    assert_eq!(whole, expected);
    assert_eq!(damaged.len(), 2, "{damaged:?}");
    for (sample, source, why) in [
        (&records[2].sample, "vantage=host/tokyo-office,method=fresh", "is damaged: EOF"),
        (&other.sample, "target=daily-news,vantage=host/other,method=fresh", "has no environment: row 2 of"),
    ] {
        let said = damaged.iter().find(|said| said.contains(&format!("sample {} {why}", sample.id)));
        assert!(said.is_some_and(|said| said.contains(source) && said.contains("began 2026-01-01T")), "{damaged:?}");
    }
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
