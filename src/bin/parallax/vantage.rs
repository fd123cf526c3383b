//! Where this host says it is.

use parallax::measurement::identity::Vantage;

use crate::exit::Problem;

/// As typed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VantageArgument {
    /// What to call this place in the archive [default: host/ and this machine's name]
    #[arg(long, value_name = "ID")]
    vantage: Option<String>,
}

impl VantageArgument {
    /// The name typed, or the host's own.
    ///
    /// # Errors
    /// A name that cannot be one.
    pub(crate) fn meant(&self) -> Result<Vantage, Problem> {
        match &self.vantage {
            Some(typed) => Vantage::new(typed).map_err(|error| Problem::input(format!("--vantage: {error}"))),
            None => of_host(&host_name().unwrap_or_else(|| "here".to_owned())),
        }
    }
}

/// The vantage of a host of this name; what no vantage may hold becomes a dash.
pub(crate) fn of_host(name: &str) -> Result<Vantage, Problem> {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).take(100).collect();
    Vantage::new(&format!("host/{safe}"))
        .map_err(|error| Problem::input(format!("this machine's name cannot be used ({error}); give --vantage")))
}

fn host_name() -> Option<String> {
    let name = nix::sys::utsname::uname().ok()?.nodename().to_str()?.to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_machine_has_a_vantage() {
        assert_eq!(of_host("web-1.example").unwrap().as_str(), "host/web-1.example");
        assert_eq!(of_host("büro pc").unwrap().as_str(), "host/b-ro-pc");
        assert!(of_host(&"x".repeat(500)).is_ok());
        assert!(VantageArgument { vantage: None }.meant().unwrap().as_str().starts_with("host/"));
    }
}
