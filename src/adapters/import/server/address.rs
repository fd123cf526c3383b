//! Where a server is asked, as typed.

use std::fmt;

use url::Url;

/// Why an address was refused. No message repeats what was typed where there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not a URL.
    #[error("it is not a URL ({0}); write it with its scheme, as in https://monitor.example.com/")]
    Form(url::ParseError),
    /// A scheme that is not asked over HTTP.
    #[error("its scheme is `{0}`; http and https are asked")]
    Scheme(String),
    /// A user's name or password.
    #[error(
        "it has credentials in it, which lists of processes and histories of shells would show; leave them out, and name \
         the environment variable that holds them with --{0}-env"
    )]
    Credentials(&'static str),
    /// A question mark, or a fragment.
    #[error("it has a {0}, which the address of a server has not; leave it out")]
    Rest(&'static str),
}

/// A server's address: scheme, host, port and path, and nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Checks what was typed. `credentials` is the flag that takes what may not stand in it: `token` for `--token-env`.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn new(typed: &str, credentials: &'static str) -> Result<Self, AddressError> {
        let url = Url::parse(typed.trim()).map_err(AddressError::Form)?;
        if !matches!(url.scheme(), "http" | "https") {
            // What stands before the first colon may be a user's name.
            let scheme = if typed.contains('@') { "not http" } else { url.scheme() };
            return Err(AddressError::Scheme(scheme.escape_debug().to_string()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials(credentials));
        }
        for (there, what) in [(url.query().is_some(), "query"), (url.fragment().is_some(), "fragment")] {
            if there {
                return Err(AddressError::Rest(what));
            }
        }
        Ok(Self(url))
    }

    /// This path below it; the same address where it ends so already.
    #[must_use]
    pub fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let there = url.path().trim_end_matches('/');
        if !there.ends_with(path.trim_start_matches('/')) {
            let longer = format!("{there}/{}", path.trim_start_matches('/'));
            url.set_path(&longer);
        }
        url
    }

    /// Whether what is sent there can be read on the way.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let here = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        self.0.scheme() == "http" && !here
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_below_once() {
        for (typed, asked) in [
            ("https://z.example/", "https://z.example/api_jsonrpc.php"),
            ("https://z.example/zabbix", "https://z.example/zabbix/api_jsonrpc.php"),
            ("https://z.example/zabbix/api_jsonrpc.php", "https://z.example/zabbix/api_jsonrpc.php"),
        ] {
            assert_eq!(Address::new(typed, "token").unwrap().below("api_jsonrpc.php").as_str(), asked);
        }
    }

    #[test]
    fn nothing_secret_gets_into_an_address_or_a_message() {
        for typed in [
            "https://Admin:hunter2@z.example/",
            "https://hunter2@z.example/",
            "Admin:hunter2@z.example",
            "hunter2:x@z.example/zabbix",
            "//Admin:hunter2@z.example",
            "https://z.example/?token=hunter2",
            "https://z.example/#hunter2",
            "https://Admin:hunter2@[z.example/",
        ] {
            let message = Address::new(typed, "token").unwrap_err().to_string();
            assert!(!message.contains("hunter2"), "{typed}: {message}");
        }
        assert_eq!(Address::new("https://a:b@z/", "token").unwrap_err(), AddressError::Credentials("token"));
        assert!(Address::new("z.example/zabbix", "token").unwrap_err().to_string().contains("with its scheme"));
        assert!(Address::new("ftp://z.example", "token").unwrap_err().to_string().contains("`ftp`"));
    }

    #[test]
    fn only_what_leaves_this_machine_in_the_clear_is_said_to() {
        let clear = |typed| Address::new(typed, "token").unwrap().is_clear();
        assert!(clear("http://z.example/") && !clear("https://z.example/"));
        assert!(!clear("http://127.0.0.1:8080/") && !clear("http://localhost/") && !clear("http://[::1]/"));
    }
}
