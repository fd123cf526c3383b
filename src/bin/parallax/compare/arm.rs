//! One side of a comparison.

use parallax::adapters::probers::prober;
use parallax::archive::selection::Source;
use parallax::measurement::identity::Method;
use parallax::probe::target::Target;

use crate::exit::Problem;
use crate::turns::Arm;

/// What `--a` or `--b` means: a way of measuring the page from this host.
///
/// # Errors
/// Anything but a way this program can measure in itself, or one whose tool is not installed.
pub(super) fn meant(flag: &str, typed: &str, target: &Target) -> Result<Arm, Problem> {
    let method = method(flag, typed)?;
    let prober = prober(&method).map_err(|error| Problem::input(format!("{flag}: {error}")))?;
    Ok(Arm::new(target.clone(), method, prober))
}

fn method(flag: &str, typed: &str) -> Result<Method, Problem> {
    let source: Source = typed.parse().map_err(|error| Problem::input(format!("{flag}: {error}")))?;
    if source.vantage.is_some() || source.target.is_some() || source.cold.is_some() {
        return Err(Problem::input(format!(
            "{flag}: only method=… can be compared here: both sides are measured from this host, now, on the same page"
        )));
    }
    match source.method {
        None => Err(Problem::input(format!("{flag}: say how to measure: method=fresh, method=pooled or method=curl"))),
        Some(Method::Imported(name)) => Err(Problem::input(format!(
            "{flag}: `{name}` cannot be run from here; the ways are method=fresh, method=pooled and method=curl"
        ))),
        Some(method) => Ok(method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_one_of_the_ways_this_program_measures_in() {
        assert_eq!(method("--a", "method=curl").unwrap(), Method::Curl);
        for (typed, said) in [
            ("", "--a: say how"),
            ("curl", "key=value"),
            ("method=zabbix", "`zabbix` cannot be run from here"),
            ("method=curl,vantage=host/a", "only method=…"),
            ("method=curl,cold=true", "only method=…"),
            ("method=curl,method=fresh", "twice"),
        ] {
            match method("--a", typed).unwrap_err() {
                Problem::Input(message) => assert!(message.contains(said), "{typed}: {message}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
