//! Which sources of an archive are meant: one page, no sample on both sides.

use std::collections::BTreeSet;

use parallax::archive::port::SourceLine;
use parallax::archive::selection::Source;
use parallax::measurement::identity::TargetId;
use parallax::summary::source::SourceName;

use crate::exit::Problem;
use crate::nearest::{matching, nearest};

/// As typed.
pub(super) struct Asked {
    a: Source,
    b: Source,
    bridge: Option<Source>,
}

/// As found in an archive.
pub(super) struct Everyone {
    pub(super) target: TargetId,
    pub(super) a: Found,
    pub(super) b: Found,
    pub(super) bridge: Option<Found>,
}

/// One source as found.
pub(super) struct Found {
    pub(super) source: Source,
    pub(super) names: Vec<SourceName>,
}

impl Asked {
    /// What was typed, read.
    ///
    /// # Errors
    /// A source or a page that cannot be one, two pages for one source, or the same source on two sides.
    pub(super) fn meant(a: &str, b: &str, bridge: Option<&str>, target: Option<&str>) -> Result<Self, Problem> {
        let target = target
            .map(|text| TargetId::new(text).map_err(|error| Problem::input(format!("--target: {error}"))))
            .transpose()?;
        let one = |flag: &str, text: &str| -> Result<Source, Problem> {
            let mut source: Source = text.parse().map_err(|error| Problem::input(format!("{flag}: {error}")))?;
            match (&source.target, &target) {
                (Some(own), Some(target)) if own != target => Err(Problem::input(format!(
                    "{flag} says target={own} and --target says {target}; both sides must be of one page"
                ))),
                _ => {
                    source.target = source.target.or_else(|| target.clone());
                    Ok(source)
                }
            }
        };
        let asked = Self {
            a: one("--a", a)?,
            b: one("--b", b)?,
            bridge: bridge.map(|text| one("--bridge", text)).transpose()?,
        };
        if asked.a == asked.b {
            return Err(Problem::input("--a and --b are the same source, and so without a gap; name another"));
        }
        Ok(asked)
    }

    /// What that is in an archive.
    ///
    /// # Errors
    /// Nothing, several pages, or a sample on two sides.
    pub(super) fn found(self, lines: &[SourceLine]) -> Result<Everyone, Problem> {
        let Self { a, b, bridge } = self;
        let pages = |flag: &str, source: &Source| -> Result<BTreeSet<TargetId>, Problem> {
            let pages: BTreeSet<TargetId> = matching(source, lines).map(|line| line.target.clone()).collect();
            if pages.is_empty() { Err(nothing(flag, source, lines)) } else { Ok(pages) }
        };
        let (of_a, of_b) = (pages("--a", &a)?, pages("--b", &b)?);
        let list = |pages: &BTreeSet<TargetId>| pages.iter().map(TargetId::to_string).collect::<Vec<_>>().join(", ");
        let common: BTreeSet<TargetId> = of_a.intersection(&of_b).cloned().collect();
        let target = match (common.first(), common.len()) {
            (Some(target), 1) => target.clone(),
            (Some(_), _) => {
                return Err(Problem::input(format!(
                    "--a and --b match more than one page; choose one with --target: {}",
                    list(&common)
                )));
            }
            (None, _) => {
                return Err(Problem::input(format!(
                    "--a is of {} and --b of {}: a gap is explained between two sources of one page",
                    list(&of_a),
                    list(&of_b)
                )));
            }
        };
        let of = |source: Source| {
            let source = Source { target: source.target.or_else(|| Some(target.clone())), ..source };
            let name = |line: &SourceLine| SourceName {
                target: line.target.clone(),
                vantage: line.vantage.clone(),
                method: line.method.clone(),
            };
            let names = matching(&source, lines).map(name).collect();
            Found { source, names }
        };
        let (a, b, bridge) = (of(a), of(b), bridge.map(of));
        if let Some(bridge) = bridge.as_ref() {
            if bridge.names.is_empty() {
                return Err(nothing("--bridge", &bridge.source, lines));
            }
            if bridge.source.target.as_ref() != Some(&target) {
                return Err(Problem::input(format!("--bridge is not of {target}, the page of --a and --b")));
            }
            apart(("--a", &a), ("--bridge", bridge))?;
            apart(("--bridge", bridge), ("--b", &b))?;
        }
        apart(("--a", &a), ("--b", &b))?;
        Ok(Everyone { target, a, b, bridge })
    }
}

/// No sample may stand on both sides.
fn apart((x, one): (&str, &Found), (y, other): (&str, &Found)) -> Result<(), Problem> {
    let told_apart = one.source.cold.zip(other.source.cold).is_some_and(|(one, other)| one != other);
    match one.names.iter().find(|name| !told_apart && other.names.contains(name)) {
        None => Ok(()),
        Some(SourceName { vantage, method, .. }) => Err(Problem::input(format!(
            "{x} and {y} both hold vantage={vantage},method={method}: no sample may be on two sides; narrow one of them"
        ))),
    }
}

fn nothing(flag: &str, source: &Source, lines: &[SourceLine]) -> Problem {
    let near = nearest(source, lines);
    Problem::input(format!("{flag} {source} matches nothing in the archive; {near}; see `parallax status` for all"))
}
