//! Where a fleet is deployed in a test: an account of its own, and a fleet file.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{SigHandler, Signal, signal};

use crate::support::command::{Run, finished};
use crate::support::ministack::{Account, ministack, python};
use crate::support::{loaded_aws, needs};

/// The home region of every fleet here.
pub const HOME: &str = "eu-west-1";

/// An account, a folder, and the programs that the scripts call.
pub struct Place {
    pub account: Account,
    folder: tempfile::TempDir,
    programs: PathBuf,
    loaded: &'static Path,
    is_loaded: bool,
}

impl Place {
    /// One that nobody has used; `None` where something is missing and `CI` is not set.
    pub fn new(test: &str) -> Option<Self> {
        for tools in [&["bash"][..], &["jq"], &["zip"], &["readelf"], &["cargo"]] {
            needs::program(test, tools)?;
        }
        let aws = python(test, "aws")?;
        let account = ministack(test)?.account();
        let programs = aws.parent().unwrap().to_owned();
        let loaded = loaded_aws::folder(test)?;
        Some(Self { account, folder: tempfile::tempdir().unwrap(), programs, loaded, is_loaded: true })
    }

    /// The same, where the scripts start the AWS command line as it is, each time anew.
    pub fn with_aws_as_it_is(mut self) -> Self {
        self.is_loaded = false;
        self
    }

    /// The scripts find it loaded from now on.
    pub fn load_aws(&mut self) {
        self.is_loaded = true;
    }

    /// A fleet file of this text.
    pub fn write(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("fleet.toml");
        fs::write(&file, text).unwrap();
        file
    }

    /// A script of `infra/`, as it is.
    pub fn script(&self, name: &str, words: &[&str]) -> Command {
        let mut command = self.command(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/infra")).join(name), words);
        // A job in the background ignores Ctrl-C and hands that on, and no script can trap what it was started ignoring.
        // SAFETY: `signal` is async-signal-safe, and the handler is the system's.
        unsafe {
            command.pre_exec(|| {
                signal(Signal::SIGINT, SigHandler::SigDfl)?;
                Ok(())
            });
        }
        command
    }

    /// The AWS command line. Never for `sqs`: that of version 1 has an address of its own for it.
    pub fn aws(&self, region: &str, words: &[&str]) -> Run {
        assert_ne!(words[0], "sqs");
        let mut command = self.command(self.loaded.join("aws"), words);
        finished(command.args(["--region", region, "--output", "json"]).output().unwrap())
    }

    /// The program itself.
    pub fn parallax(&self, words: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_parallax"), words)
    }

    /// Everything there is in the account, a line each.
    pub fn inventory(&self, regions: &[&str]) -> String {
        self.listed(regions)
    }

    /// The kinds that an inventory lists, in CloudFormation's words; behind a part of another kind, that one.
    pub fn kinds(&self) -> Vec<String> {
        self.listed(&["--kinds"]).lines().map(str::to_owned).collect()
    }

    /// An inventory of a whole fleet has something of every kind, so that each of its lists finds what there is.
    pub fn knows_all_of(&self, inventory: &str) {
        for kind in self.kinds().iter().filter(|kind| !kind.contains(' ')) {
            assert!(inventory.contains(&format!(" {kind} ")), "{kind} is not found in\n{inventory}");
        }
    }

    fn listed(&self, words: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/fleet/inventory.py");
        let mut command = self.command(self.programs.join("python"), &[&[script], words].concat());
        let run = finished(command.output().unwrap());
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        run.out
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = self.is_loaded.then(|| self.loaded.to_owned()).into_iter().chain([self.programs.clone()]);
        let path = std::env::join_paths(first.chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("PARALLAX", env!("CARGO_BIN_EXE_parallax"))
            .envs(self.account.environment(HOME));
        command
    }
}
