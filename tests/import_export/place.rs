//! Where commands are run, and what comes of them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::{Append, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::wire::Record;
use tempfile::TempDir;

use crate::support::at_once::now;

/// A directory with an archive in it, where commands are run.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    pub fn holding(records: &[Record]) -> Self {
        let place = Self::new();
        let mut archive = open(&format!("sqlite:{}", place.path("parallax.db").display()), Mode::Write).unwrap();
        now(archive.append(records)).unwrap();
        place
    }

    pub fn kept(&self, archive: &str) -> Vec<Record> {
        let Ok(mut archive) = open(&format!("sqlite:{}", self.path(archive).display()), Mode::Read) else {
            return Vec::new();
        };
        let mut records = Vec::new();
        let selection = Selection { source: Source::default(), window: Window::ALWAYS };
        now(archive.scan(&selection, &mut |record| records.push(record))).unwrap();
        records
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, b"")
    }

    pub fn run_with(&self, words: &[&str], input: &[u8]) -> Ran {
        self.run_in(&[], words, input)
    }

    /// With these variables in its environment.
    pub fn run_in(&self, environment: &[(&str, &str)], words: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parallax"))
            .args(words)
            .envs(environment.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that refuses its flags may be gone before it reads.
        let _ = stdin.write_all(input);
        drop(stdin);
        Ran(child.wait_with_output().unwrap())
    }

    pub fn csv(&self, words: &[&str]) -> Ran {
        let origin = [
            "--target",
            "daily-news",
            "--vantage",
            "zabbix/tokyo",
            "--tool",
            "zabbix",
            "--stopwatch",
            "zabbix/web.test.time",
        ];
        self.run(&[&["import", "csv"], words, &origin].concat())
    }
}

/// What a finished run left.
pub struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}{}", self.out(), self.err());
        self
    }

    #[track_caller]
    pub fn refused(self, said: &[&str]) {
        let ran = self.ended(2);
        for said in said {
            assert!(ran.err().contains(said), "{said}: {}", ran.err());
        }
        assert_eq!(ran.out(), "");
    }
}
