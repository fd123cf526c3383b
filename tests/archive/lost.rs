//! The file of an open archive is taken away.

use parallax::archive::port::{Appended, Known};

use super::*;

#[test]
fn a_file_that_goes_away_takes_no_sample_for_kept() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("samples.db");
    let records = row(&Recipe::default(), 6);
    let mut archive = open(&place(&path), Mode::Write).unwrap();
    now(archive.append(&records[..2])).unwrap();
    // All three files, as `rm samples.db*` does; then the first alone, whose log stays behind.
    for (gone, from) in [(&["samples.db", "samples.db-wal", "samples.db-shm"][..], 2), (&["samples.db"], 4)] {
        gone.iter().for_each(|name| std::fs::remove_file(directory.path().join(name)).unwrap());
        let refused = now(archive.append(&records[from..from + 2])).unwrap_err().to_string();
        assert!(refused.contains("was removed or renamed"), "{refused}");
        assert_eq!(now(archive.append(&records[from..from + 2])).unwrap(), Appended { new: 2, repeated: 0 });
        let mut reader = open(&place(&path), Mode::Read).unwrap();
        assert_eq!(all(&mut reader), records[from..from + 2], "what is acknowledged is in the file that is there");
    }
}

#[test]
fn a_file_in_the_place_of_an_open_one_is_the_archive_from_then_on() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("samples.db");
    let records = row(&Recipe::default(), 3);
    let mut archive = open(&place(&path), Mode::Write).unwrap();
    now(archive.append(&records[..1])).unwrap();
    let other = directory.path().join("other.db");
    now(open(&place(&other), Mode::Write).unwrap().append(&records[1..2])).unwrap();
    ["samples.db-wal", "samples.db-shm"]
        .iter()
        .for_each(|name| std::fs::remove_file(directory.path().join(name)).unwrap());
    std::fs::rename(&other, &path).unwrap();
    let refused = now(archive.known(&records[..1])).unwrap_err().to_string();
    assert!(refused.contains("another file has taken its place"), "{refused}");
    assert_eq!(now(archive.append(&records[2..])).unwrap().new, 1);
    assert_eq!(all(&mut archive), records[1..]);
}

#[test]
fn a_file_that_is_cut_short_takes_no_sample_for_kept() {
    for left in [0, 8_192, 20_000] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("samples.db");
        let records = row(&Recipe::default(), 60);
        let mut archive = open(&place(&path), Mode::Write).unwrap();
        now(archive.append(&records[..50])).unwrap();
        drop(archive);
        let mut archive = open(&place(&path), Mode::Write).unwrap();
        now(archive.append(&records[50..55])).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(left).unwrap();
        let refused = now(archive.append(&records[55..])).unwrap_err().to_string();
        assert!(refused.contains(&format!("to {left} bytes")), "{refused}");
        if left > 0 {
            // What is left of it is not written to, however often it is tried.
            for _ in 0..3 {
                let refused = now(archive.append(&records[55..])).unwrap_err().to_string();
                assert!(refused.contains("damaged"), "{left}: {refused}");
            }
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(now(archive.append(&records[55..])).unwrap().new, 5, "an empty file, or none, is a new archive");
        assert_eq!(all(&mut open(&place(&path), Mode::Read).unwrap()), records[55..]);
    }
}
