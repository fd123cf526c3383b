//! Who builds the functions: cargo, or cargo-lambda where this machine's glibc is newer than Lambda's. A cargo that builds
//! nothing stands in for both (tests/support/fake_cargo.sh); the programs it leaves are real ones.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::support::command::{Run, finished};
use crate::support::needs::program;

const NEWER: &str = "newer of glibc 2.999";
const INSTALL: &str =
    "install cargo-lambda (`python3 -m venv lambda && . lambda/bin/activate && pip install cargo-lambda`)";

/// Programs with and without a symbol that Lambda lacks, and the cargo that leaves them.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(test: &str) -> Option<Self> {
        for tool in ["bash", "cc", "jq", "zip", "readelf", "sha256sum"] {
            program(test, &[tool])?;
        }
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return None;
        }
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        // A symbol of a glibc that nobody has yet: a library gives its symbols what version it likes.
        fs::write(machine.at("newer.map"), "GLIBC_2.999 { global: newer; };").unwrap();
        fs::write(machine.at("newer.c"), "int newer(void) { return 0; }").unwrap();
        fs::write(machine.at("old.c"), "int main(void) { return 0; }").unwrap();
        fs::write(machine.at("new.c"), "int newer(void); int main(void) { return newer(); }").unwrap();
        for words in [
            &["-shared", "-fPIC", "-Wl,--version-script=newer.map", "-o", "libnewer.so", "newer.c"][..],
            &["-o", "old", "old.c"],
            &["-o", "new", "new.c", "-L.", "-lnewer"],
        ] {
            let run = finished(Command::new("cc").current_dir(machine.folder.path()).args(words).output().unwrap());
            assert_eq!(run.code, 0, "{}", run.err);
        }
        fs::create_dir(machine.at("programs")).unwrap();
        let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/fake_cargo.sh");
        symlink(fake, machine.at("programs/cargo")).unwrap();
        Some(machine)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `infra/build` for a processor, where `cargo build` leaves one program and `cargo lambda build`, if it is here, another.
    fn build(&self, arch: &str, cargo: &str, lambda: Option<&str>, builder: Option<&str>) -> Run {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.at("programs")].into_iter().chain(std::env::split_paths(&path));
        let _ = fs::remove_file(self.at("asked"));
        let _ = fs::remove_dir_all(self.at("zips"));
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/infra/build"));
        command
            .arg(self.at("zips"))
            .arg(arch)
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("FAKE_CARGO_ASKED", self.at("asked"))
            .env("FAKE_CARGO_TARGET", self.at("target"))
            .env("FAKE_CARGO_BUILDS", self.at(cargo))
            .env_remove("PARALLAX_BUILDER");
        if let Some(program) = lambda {
            command.env("FAKE_CARGO_LAMBDA_BUILDS", self.at(program));
        }
        if let Some(builder) = builder {
            command.env("PARALLAX_BUILDER", builder);
        }
        finished(command.output().unwrap())
    }

    /// The builds that were asked for.
    fn builds(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.at("asked")).unwrap_or_default();
        asked.lines().filter(|line| line.contains("build")).map(str::to_owned).collect()
    }

    /// What lies in the folder of the zips.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.at("zips")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Whether a zip is stored as one with this program in it.
    fn holds(&self, name: &str, program: &str) -> bool {
        let run = finished(Command::new("sha256sum").arg(self.at(program)).output().unwrap());
        let key = fs::read_to_string(self.at("zips").join(format!("{name}.key"))).unwrap();
        key == format!("{name}-x86_64-{}.zip", &run.out[..16])
    }
}

const ZIPS: [&str; 4] = ["aggregator.key", "aggregator.zip", "probe.key", "probe.zip"];
const TARGET: &str = "lambda build --target x86_64-unknown-linux-gnu.2.34 --lambda-dir ";

#[test]
fn what_cargo_builds_is_packed_where_lambda_has_all_that_it_needs() {
    let Some(machine) = Machine::new("what_cargo_builds_is_packed_where_lambda_has_all_that_it_needs") else { return };
    // Also where cargo-lambda is at hand.
    for lambda in [None, Some("new")] {
        let run = machine.build("x86_64", "old", lambda, None);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(machine.left(), ZIPS);
        assert!(matches!(&machine.builds()[..], [one] if one.starts_with("build ")), "{:?}", machine.builds());
    }
}

#[test]
fn where_this_machine_s_glibc_is_too_new_cargo_lambda_builds_for_that_of_lambda() {
    let test = "where_this_machine_s_glibc_is_too_new_cargo_lambda_builds_for_that_of_lambda";
    let Some(machine) = Machine::new(test) else { return };
    let run = machine.build("x86_64", "new", Some("old"), None);
    assert_eq!(run.code, 0, "{}", run.err);
    let said =
        format!("built by cargo, they need {NEWER}, and Lambda has glibc 2.34: building them again by cargo-lambda");
    assert!(run.err.contains(&said), "{}", run.err);
    assert_eq!(machine.left(), ZIPS, "what it built lies nowhere but in the zips");
    let builds = machine.builds();
    assert!(
        matches!(&builds[..], [first, second] if first.starts_with("build ") && second.starts_with(TARGET)),
        "{builds:?}"
    );
    for name in ["probe", "aggregator"] {
        assert!(machine.holds(name, "old"), "{name}.zip has another program");
    }
}

#[test]
fn without_cargo_lambda_it_is_said_what_lambda_lacks_why_and_what_to_install() {
    let test = "without_cargo_lambda_it_is_said_what_lambda_lacks_why_and_what_to_install";
    let Some(machine) = Machine::new(test) else { return };
    let wanted = |more: &str| {
        format!(
            "build: the functions that this machine builds need {NEWER}, because its glibc is newer than the 2.34 of Amazon \
             Linux 2023, on which Lambda runs them; {INSTALL}{more}, and run this again: it builds them for 2.34"
        )
    };
    let run = machine.build("x86_64", "new", None, None);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    assert_eq!(run.err.lines().last(), Some(wanted("").as_str()), "{}", run.err);
    assert_eq!(machine.left(), [""; 0]);
    // Whoever chose cargo gets no other.
    let run = machine.build("x86_64", "new", Some("old"), Some("cargo"));
    assert_eq!(run.code, 2, "{}", run.err);
    assert_eq!(run.err.lines().last(), Some(wanted(", unset PARALLAX_BUILDER").as_str()), "{}", run.err);
}

#[test]
fn a_builder_can_be_chosen_and_another_processor_has_but_one() {
    let Some(machine) = Machine::new("a_builder_can_be_chosen_and_another_processor_has_but_one") else { return };
    let run = machine.build("x86_64", "new", Some("old"), Some("cargo-lambda"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(matches!(&machine.builds()[..], [one] if one.starts_with(TARGET)), "{:?}", machine.builds());
    // A program of cargo-lambda is looked at as one of cargo.
    let run = machine.build("x86_64", "old", Some("new"), Some("cargo-lambda"));
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.ends_with("/bootstrap does not run on Amazon Linux 2023; see above\n"), "{}", run.err);
    assert_eq!(machine.left(), [""; 0], "half-made");
    let run = machine.build("arm64", "old", Some("old"), None);
    assert!(machine.builds()[0].starts_with("lambda build --target aarch64-unknown-linux-gnu.2.34 "));
    assert!(run.err.contains("is for Advanced Micro Devices X86-64, not for arm64"), "{}", run.err);
    for (arch, builder, said) in [
        ("arm64", None, format!("this machine builds no arm64 functions for Linux by itself; {INSTALL}")),
        (
            "arm64",
            Some("cargo"),
            "PARALLAX_BUILDER=cargo: this machine builds no arm64 functions for Linux by itself; unset it".to_owned(),
        ),
        (
            "x86_64",
            Some("cargo-lambda"),
            format!("PARALLAX_BUILDER=cargo-lambda: it is not here; {INSTALL}, or unset it"),
        ),
        ("x86_64", Some("make"), "PARALLAX_BUILDER=make: write cargo or cargo-lambda, or unset it".to_owned()),
    ] {
        let run = machine.build(arch, "old", None, builder);
        assert_eq!((run.code, run.err), (2, format!("build: {said}\n")));
        assert_eq!(machine.builds(), [""; 0]);
    }
}
