//! Scenarios: what differs between two vantages, and so is a cause that is known. Each is a file that one can read.

pub mod quantity;
pub mod side;

mod book;
mod part;
mod possible;
pub mod variant;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::explain::cause::Cause;
use part::SidePart;
use quantity::Count;
use side::{Program, Side, Tells, Way};

pub use book::NAMES;
use book::text;

/// A scenario, whole: what its file leaves out stands as usual.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The name of its file.
    pub name: String,
    /// In a sentence.
    pub about: String,
    /// The factors of B that are not as those of A: the keys of the file under `[b]` and `[a]`.
    pub toggled: Vec<String>,
    /// How often each side measures.
    pub rounds: u32,
    /// Where randomness starts.
    pub seed: u64,
    /// Rows that nobody could tell apart here: truth and account are compared by their sum.
    pub together: Vec<&'static str>,
    /// Other sizes of the cause that the file has: `NAME:small`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<&'static str>,
    /// The reference, A, and B.
    pub sides: [Side; 2],
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No such file comes with the program.
    #[error(
        "there is no scenario `{0}`; `parallax lab list` names them, and `lab run` and `lab show` take a FILE.toml"
    )]
    Unknown(String),
    /// The file cannot be read as one.
    #[error("scenario {name}: {said}")]
    File {
        /// Its name.
        name: String,
        /// Line, key, and what is wrong.
        said: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    rounds: Option<Count>,
    seed: Option<u32>,
    #[serde(default)]
    together: Vec<Row>,
    #[serde(default)]
    both: SidePart,
    #[serde(default)]
    a: SidePart,
    #[serde(default)]
    b: SidePart,
    small: Option<SizePart>,
    large: Option<SizePart>,
}

/// What another size of the cause changes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SizePart {
    both: SidePart,
    a: SidePart,
    b: SidePart,
}

/// A row of the account, by its name.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Row(Cause);

impl TryFrom<String> for Row {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let found = Cause::ALL.into_iter().find(|cause| cause.as_str() == name);
        found.map(Self).ok_or_else(|| format!("`{name}` is no row of an account"))
    }
}

impl Scenario {
    /// One that comes with the program, or a variation of such: see [`variant`].
    ///
    /// # Errors
    /// `Unknown`, and `File` where there is no such variation.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        Self::parse(name, &Self::source(name)?)
    }

    /// The text of one, or of a variation.
    ///
    /// # Errors
    /// See [`Scenario::named`].
    pub fn source(name: &str) -> Result<String, ScenarioError> {
        Self::source_of(name, &BTreeMap::new())
    }

    /// The text of one, or of a variation, also of files that do not come with the program: their texts by name.
    ///
    /// # Errors
    /// See [`Scenario::named`].
    pub fn source_of(name: &str, own: &BTreeMap<String, String>) -> Result<String, ScenarioError> {
        let text = own.get(name).map(String::as_str).or_else(|| text(name));
        text.map_or_else(|| variant::text(name, own), |text| Ok(text.to_owned()))
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// `File`, with the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let bad = |error: &toml::de::Error| ScenarioError::File { name: name.to_owned(), said: said(text, error) };
        let file: File = toml::from_str(text).map_err(|error| bad(&error))?;
        let table: toml::Table = toml::from_str(text).map_err(|error| bad(&error))?;
        let side = |own: &SidePart| {
            let mut side = Side::default();
            file.both.onto(&mut side);
            own.onto(&mut side);
            side
        };
        let mut toggled = Vec::new();
        for side in ["a", "b"] {
            if let Some(found) = table.get(side) {
                keys(found, "", &mut toggled);
            }
        }
        toggled.sort();
        toggled.dedup();
        if file.about.contains(char::is_control) {
            let said = "`about` is one line of text, and has a control character".to_owned();
            return Err(ScenarioError::File { name: name.to_owned(), said });
        }
        let sides = [side(&file.a), side(&file.b)];
        if let Some(said) = possible::refusal(&sides) {
            return Err(ScenarioError::File { name: name.to_owned(), said: said.to_owned() });
        }
        Ok(Self {
            name: name.to_owned(),
            about: file.about,
            toggled,
            rounds: file.rounds.map_or(240, |count| count.0),
            seed: file.seed.unwrap_or(1).into(),
            together: file.together.iter().map(|row| row.0.as_str()).collect(),
            sizes: variant::SIZES
                .into_iter()
                .zip([&file.small, &file.large])
                .filter_map(|(size, part)| part.as_ref().map(|_| size))
                .collect(),
            sides,
        })
    }

    /// A side is another program than ours: what it does by itself nobody injects, so no account of it can be scored.
    #[must_use]
    pub fn is_of_monitors(&self) -> bool {
        self.sides.iter().any(|side| side.method.tells() != Tells::Work)
    }

    /// A side is measured by the probe as a function: its program has to be there.
    #[must_use]
    pub fn needs_probe(&self) -> bool {
        self.sides.iter().any(|side| side.method == Way::Lambda || side.beside == Some(Way::Lambda))
    }

    /// A real nginx serves a side.
    #[must_use]
    pub fn needs_nginx(&self) -> bool {
        self.sides.iter().any(|side| side.site.program == Program::Nginx)
    }

    /// A side has a share of a processor.
    #[must_use]
    pub fn needs_share(&self) -> bool {
        self.sides.iter().any(|side| side.memory_mb.is_some() && side.held_ms.is_none())
    }

    /// Nothing differs.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.sides[0] == self.sides[1]
    }

    /// It is about the processor: nothing else may want it meanwhile.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let works = |side: &Side| side.work_ms.0 > 0.0 || side.site.intermediates.0 > 0;
        self.sides.iter().any(|side| works(side) || side.memory_mb.is_some() || side.method == Way::Lambda)
    }
}

/// Line, key and reason, without the drawing that the parser makes of it.
fn said(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return error.message().to_owned() };
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let content = text.lines().nth(line - 1).unwrap_or_default().trim();
    format!("line {line}: `{content}`: {}", error.message().trim_end())
}

fn keys(value: &toml::Value, before: &str, found: &mut Vec<String>) {
    let Some(table) = value.as_table() else { return found.push(before.to_owned()) };
    for (key, value) in table {
        let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        keys(value, &path, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_book_is_a_scenario_and_says_what_it_is_for() {
        for name in NAMES {
            let scenario = Scenario::named(name).unwrap_or_else(|error| panic!("{error}"));
            assert!(scenario.about.ends_with('.') && scenario.about.len() > 20, "{name}");
            assert_eq!(scenario.is_null(), scenario.toggled.is_empty(), "{name}");
        }
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn all_at_once_are_twelve() {
        let all = Scenario::named("all-at-once").unwrap();
        assert_eq!(all.toggled.len(), 12, "{:?}", all.toggled);
    }

    #[test]
    fn another_point_of_presence_has_to_be_somewhere() {
        let nowhere = Scenario::parse("x", "about = 'x'\n[b.resolver]\nelsewhere = 0.5\n").unwrap_err().to_string();
        assert!(nowhere.contains("`path.elsewhere_ms` has to say"), "{nowhere}");
        assert!(Scenario::parse("x", "about = 'x'\n[both.path]\nelsewhere_ms = 9\n").is_ok());
    }

    #[test]
    fn what_a_side_says_stands_over_what_both_have() {
        let text = "about = 'x'\n[both.path]\ndelay_ms = 7\n[both.site]\nthink_ms = 3\n[b.path]\ndelay_ms = 20.5\n";
        let scenario = Scenario::parse("x", text).unwrap();
        let [a, b] = scenario.sides;
        assert_eq!((a.path.delay_ms.0, b.path.delay_ms.0), (7.0, 20.5));
        assert_eq!((a.site, a.resolver), (b.site, b.resolver));
        assert_eq!(scenario.toggled, ["path.delay_ms"]);
    }

    #[test]
    fn what_one_of_two_scenarios_cannot_tell_apart_both_cannot() {
        let both = Scenario::named("throttle-unseen+nginx").unwrap().together;
        for name in ["throttle-unseen", "nginx"] {
            let one = Scenario::named(name).unwrap().together;
            assert!(!one.is_empty() && one.iter().all(|row| both.contains(row)), "{name}: {one:?} and {both:?}");
        }
    }

    #[test]
    fn a_bad_file_is_refused_at_its_line_and_key() {
        for (text, parts) in [
            ("", &["missing field `about`"][..]),
            ("about = 'x'\nround = 3\n", &["line 2", "`round = 3`", "unknown field"]),
            ("about = 'x'\n[b.path]\ndelay_ms = -1\n", &["line 3", "`delay_ms = -1`", "from 0 to 10000"]),
            ("about = 'x'\n[b.path]\ndelay_ms = nan\n", &["line 3", "`delay_ms = nan`"]),
            ("about = 'x'\n[b]\ncold = 1.5\n", &["line 3", "`cold = 1.5`", "a share from 0 to 1"]),
            ("about = 'x'\n[b.site]\ntls = \"1.1\"\n", &["line 3", "tls", "`1.2` or `1.3`"]),
            ("about = 'x'\n[b]\nmemory_mb = 64\n", &["line 3", "memory_mb", "from 128 to 10240"]),
            ("about = 'x'\n[b.pth]\ndelay_ms = 1\n", &["line 2", "pth", "unknown field"]),
            ("about = 'x'\ntogether = ['sever']\n", &["line 2", "`sever` is no row of an account"]),
            ("about = \"\\u001b[31mx\"\n", &["`about`", "control character"]),
            ("about = 'x'\nrounds = 1\n", &["line 2", "from 2 to 100000"]),
            ("about = 'x'\n[a]\nbeside = 'zabbix'\n", &["line 3", "only `fresh`, `pooled`, `agent` or `lambda`"]),
            ("about = 'x'\n[b]\nswitches = true\n", &["`switches` are options of `zabbix`"]),
            ("about = 'x'\n[b]\nheld_ms = 20\n", &["`held_ms` is as long as `period_ms`"]),
            ("about = 'x'\n[b.site]\nload_ms = 20\n", &["`load_ms` differs"]),
            ("about = 'x'\n[both]\nwork_ms = 1\n[b]\nmethod = 'lambda'\n", &["`work_ms`", "`lambda`"]),
            ("about = 'x'\n[b.site]\nintermediates = 7\n", &["line 3", "from 0 to 6"]),
            ("about = 'x'\n[b.site]\nprogram = 'apache'\n", &["line 3", "program", "`own` or `nginx`"]),
            (
                "about = 'x'\n[both.site]\nprogram = 'nginx'\n[b.site]\nthink_ms = 3\n",
                &["`nginx` is a file", "`think_ms`"],
            ),
            ("about = 'x'\n[both.site]\nprogram = 'nginx'\n[a.site]\nserver_timing = 'lying'\n", &["`server_timing`"]),
            ("about = 'x\n", &["line 1"]),
        ] {
            let said = Scenario::parse("s", text).unwrap_err().to_string();
            assert!(said.starts_with("scenario s: ") && !said.contains('\n'), "{text}: {said}");
            for part in parts {
                assert!(said.contains(part), "{text}: {said}");
            }
        }
    }
}
