//! A source that matches nothing, and those of the archive that are most like it.

use std::collections::BTreeSet;

use parallax::adapters::archive::Mode;
use parallax::archive::port::{Directory, SourceLine};
use parallax::archive::selection::{Selection, Source};

use crate::archive;
use crate::exit::Problem;

/// Those of which a sample is kept.
pub(crate) fn matching<'a>(source: &'a Source, lines: &'a [SourceLine]) -> impl Iterator<Item = &'a SourceLine> {
    lines.iter().filter(|line| {
        line.samples > 0
            && source.vantage.as_ref().is_none_or(|vantage| *vantage == line.vantage)
            && source.method.as_ref().is_none_or(|method| *method == line.method)
            && source.target.as_ref().is_none_or(|target| *target == line.target)
    })
}

/// The three nearest by name, as a part of a sentence.
pub(crate) fn nearest(source: &Source, lines: &[SourceLine]) -> String {
    let mut near: Vec<(usize, String)> = lines
        .iter()
        .filter(|line| line.samples > 0)
        .map(|line| {
            let likeness = like(source.vantage.as_ref(), &line.vantage)
                + like(source.method.as_ref(), &line.method)
                + like(source.target.as_ref(), &line.target);
            (likeness, format!("vantage={},method={},target={}", line.vantage, line.method, line.target))
        })
        .collect();
    near.sort_by(|x, y| y.0.cmp(&x.0).then_with(|| x.1.cmp(&y.1)));
    let named: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
    format!("the nearest that exist: {}", named.join(" or "))
}

/// Refuses a selection whose source matches nothing at all, whatever its window. Where nothing is kept, none can.
///
/// # Errors
/// The nearest that exist.
pub(crate) fn refuse_unmatched(place: &str, selection: &Selection) -> Result<(), Problem> {
    if selection.source == Source::default() {
        return Ok(());
    }
    let lines = archive::with(place, Mode::Read, async |archive| Ok(archive.sources().await?))?;
    let (source, empty) = (&selection.source, lines.iter().all(|line| line.samples == 0));
    let known = empty || matching(source, &lines).next().is_some();
    if known {
        return Ok(());
    }
    let near = nearest(source, &lines);
    Err(Problem::input(format!("{source} matches nothing in the archive; {near}; see `parallax status` for all")))
}

/// How much of a name was typed, in percent: pairs of letters that both have.
fn like<T: std::fmt::Display>(typed: Option<&T>, there: &T) -> usize {
    let Some(typed) = typed else { return 0 };
    let (typed, there) = (typed.to_string(), there.to_string());
    if typed == there {
        return 200;
    }
    let pairs = |text: &str| text.as_bytes().windows(2).map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
    let (typed, there) = (pairs(&typed), pairs(&there));
    typed.intersection(&there).count() * 200 / (typed.len() + there.len()).max(1)
}
