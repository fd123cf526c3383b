//! Which archive, and which of its samples: the flags that every reading command shares.

use std::time::Duration;

use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::identity::{Method, TargetId, Vantage};
use parallax::measurement::units::UnixMillis;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::exit::Problem;

/// What was typed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SelectionArguments {
    /// Where samples are kept: sqlite:PATH, or dynamodb:TABLE
    #[arg(long, value_name = "PLACE", default_value = "sqlite:parallax.db")]
    pub(crate) archive: String,
    /// Only samples that began since then: a length of time back from now (24h, 7d) or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only samples that began before then: a length of time back from now, or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only samples of this page
    #[arg(long, value_name = "ID")]
    pub(crate) target: Option<String>,
    /// Only samples from this place
    #[arg(long, value_name = "ID")]
    pub(crate) vantage: Option<String>,
    /// Only samples measured in this way: fresh, pooled, curl, or an imported tool
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<String>,
    /// All of these in one: vantage=…,method=…,target=…,cold=true|false
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
}

impl SelectionArguments {
    /// What it means at a given moment.
    ///
    /// # Errors
    /// A flag whose value cannot be read, one that says again what `--source` says, or a window with nothing in it.
    pub(crate) fn selection(&self, now: UnixMillis) -> Result<Selection, Problem> {
        let window = Window {
            from: self.since.as_deref().map_or(Ok(Window::ALWAYS.from), |text| moment("--since", text, now))?,
            to: self.until.as_deref().map_or(Ok(Window::ALWAYS.to), |text| moment("--until", text, now))?,
        };
        if window.from >= window.to {
            return Err(Problem::input(
                "--since is not before --until, so no sample can lie between; swap or widen them",
            ));
        }
        Ok(Selection { source: self.place()?, window })
    }

    fn place(&self) -> Result<Source, Problem> {
        let mut source: Source = match &self.source {
            None => Source::default(),
            Some(text) => text.parse().map_err(|error| Problem::input(format!("--source: {error}")))?,
        };
        narrow("--target", self.target.as_deref(), &mut source.target, TargetId::new)?;
        narrow("--vantage", self.vantage.as_deref(), &mut source.vantage, Vantage::new)?;
        narrow("--method", self.method.as_deref(), &mut source.method, str::parse::<Method>)?;
        Ok(source)
    }
}

fn narrow<T, E: std::fmt::Display>(
    flag: &str,
    typed: Option<&str>,
    place: &mut Option<T>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<(), Problem> {
    let Some(text) = typed else { return Ok(()) };
    let value = parse(text).map_err(|error| Problem::input(format!("{flag}: {error}")))?;
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::input(format!("{flag} and --source both say it; leave one of them out"))),
    }
}

/// A moment as typed after `flag`: a length of time back from `now`, or an RFC 3339 time.
///
/// # Errors
/// Neither of the two.
pub(crate) fn moment(flag: &str, text: &str, now: UnixMillis) -> Result<UnixMillis, Problem> {
    if let Ok(back) = length(text) {
        return Some(now.minus(back)).filter(|point| point.0 >= 0).ok_or_else(|| {
            Problem::input(format!(
                "{flag} {} reaches back beyond 1970, when clocks begin; give a shorter length, or leave it out for no limit",
                text.escape_default()
            ))
        });
    }
    let point = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        Problem::input(format!(
            "{flag} {:?} is neither a length of time (24h, 7d, 90m) nor an RFC 3339 time (2026-11-23T06:00:00Z)",
            text.escape_default().to_string()
        ))
    })?;
    Ok(UnixMillis(i64::try_from(point.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)))
}

fn length(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        selection: SelectionArguments,
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn selection(words: &[&str]) -> Result<Selection, Problem> {
        Typed::parse_from(std::iter::once(&"report").chain(words)).selection.selection(NOW)
    }

    #[test]
    fn nothing_said_is_everything() {
        let all = selection(&[]).unwrap();
        assert_eq!(all, Selection { source: Source::default(), window: Window::ALWAYS });
    }

    #[test]
    fn lengths_count_back_from_now_and_points_stand() {
        let window = selection(&["--since", "24h", "--until", "2023-11-13T22:13:20+09:00"]).unwrap_err();
        assert!(matches!(window, Problem::Input(message) if message.contains("--since is not before --until")));
        let window = selection(&["--since", "24h", "--until", "2023-11-14T22:13:20.5Z"]).unwrap().window;
        assert_eq!(window, Window { from: UnixMillis(NOW.0 - 86_400_000), to: UnixMillis(NOW.0 + 500) });
    }

    #[test]
    fn a_bad_flag_is_refused_by_its_name() {
        for (words, said) in [
            (["--since", "yesterday"], "--since"),
            (["--until", "2026-13-01T00:00:00Z"], "--until"),
            (["--since", "\u{1b}[2J"], "--since"),
            (["--since", "99999999d"], "--since 99999999d reaches back beyond 1970"),
            (["--until", "584542046years"], "beyond 1970"),
            (["--target", "a b"], "--target"),
            (["--vantage", ""], "--vantage"),
            (["--method", "a,b"], "--method"),
            (["--source", "region=x"], "--source"),
        ] {
            match selection(&words).unwrap_err() {
                Problem::Input(message) => assert!(message.contains(said) && !message.contains('\u{1b}'), "{message}"),
                other => panic!("{words:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_name_said_twice_is_refused() {
        let twice = selection(&["--source", "target=news", "--target", "sport"]).unwrap_err();
        assert!(matches!(twice, Problem::Input(message) if message.contains("--target and --source")));
        let once = selection(&["--source", "cold=true", "--target", "sport"]).unwrap();
        assert_eq!(once.source.to_string(), "target=sport,cold=true");
    }
}
