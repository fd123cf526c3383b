//! What lies beside an archive.

use super::*;

#[test]
fn whoever_reads_an_archive_leaves_it_alone_in_its_directory() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("samples.db");
    now(open(&place(&path), Mode::Write).unwrap().append(&row(&Recipe::default(), 3))).unwrap();
    let before = std::fs::read(&path).unwrap();
    let beside = || std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(beside(), 1, "the writer took its log away");
    let mut reader = open(&place(&path), Mode::Read).unwrap();
    assert_eq!(all(&mut reader).len(), 3);
    assert!(now(reader.append(&row(&Recipe { method: "curl", ..Recipe::default() }, 1))).is_err(), "it only reads");
    drop(reader);
    assert_eq!((beside(), std::fs::read(&path).unwrap()), (1, before));
}
