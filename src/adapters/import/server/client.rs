//! One bounded exchange with a server.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::header::{HeaderValue, LOCATION};
use reqwest::{RequestBuilder, redirect};
use url::Url;

use crate::adapters::trust;
use crate::probe::target::TlsSettings;

use super::fault::Fault;
use super::nearest::shown;

/// The longest answer: ten thousand values of Zabbix are one megabyte, a day of a scrape a second ten.
const ANSWER_MAX: usize = 64 * 1024 * 1024;
/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);

/// What the server is told of who asks; never printed.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A token.
    Token {
        /// The environment variable that it came from.
        variable: String,
        /// The token.
        value: String,
    },
    /// A user's name and password.
    Login {
        /// The environment variable that it came from.
        variable: String,
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
}

impl Credentials {
    /// A token out of a variable.
    ///
    /// # Errors
    /// It is not there, or is no token; the message does not repeat it.
    pub fn token(variable: &str, value: Option<String>) -> Result<Self, String> {
        let value = present(variable, value)?;
        if HeaderValue::from_str(&value).is_err() || value.contains(char::is_whitespace) {
            return Err(format!("{} holds a blank or a character that no token has", shown(variable)));
        }
        Ok(Self::Token { variable: variable.to_owned(), value })
    }

    /// `user:password` out of a variable.
    ///
    /// # Errors
    /// It is not there, or has no colon; the message does not repeat it.
    pub fn login(variable: &str, value: Option<String>) -> Result<Self, String> {
        let value = present(variable, value)?;
        let (user, password) =
            value.split_once(':').ok_or_else(|| format!("{} does not hold user:password", shown(variable)))?;
        Ok(Self::Login { variable: variable.to_owned(), user: user.to_owned(), password: password.to_owned() })
    }

    /// The token, where it is one.
    #[must_use]
    pub fn as_token(&self) -> Option<&str> {
        match self {
            Self::Token { value, .. } => Some(value),
            Self::None | Self::Login { .. } => None,
        }
    }

    /// What a refusal calls them.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::None => "question without credentials".to_owned(),
            Self::Token { variable, .. } => format!("token in {}", shown(variable)),
            Self::Login { variable, .. } => format!("login in {}", shown(variable)),
        }
    }

    fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Token { value, .. } => request.bearer_auth(value),
            Self::Login { user, password, .. } => request.basic_auth(user, Some(password)),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

fn present(variable: &str, value: Option<String>) -> Result<String, String> {
    match value.map(|value| value.trim().to_owned()) {
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err(format!("{} is empty", shown(variable))),
        None => Err(format!("{} is not set (or is not UTF-8); set and export it", shown(variable))),
    }
}

/// An answer, whatever it says.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All of it.
    pub body: Vec<u8>,
}

/// Asks servers, each question within its time.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

impl Client {
    /// Trusts as the settings say; no redirect is followed and no proxy asked, so that a token goes to no other server.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub fn new(tls: &TlsSettings, max_time: Duration) -> Result<Self, Fault> {
        let asked = |reason: String| Fault::Asked(reason);
        let tls = trust::client_config(tls, &[b"h2", b"http/1.1"]).map_err(|error| asked(error.to_string()))?;
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT.min(max_time))
            .timeout(max_time)
            .build()
            .map(Self)
            .map_err(|error| asked(error.to_string()))
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn get(&self, url: Url, credentials: &Credentials) -> Result<Answer, Fault> {
        let server = named(&url);
        exchange(credentials.on(self.0.get(url)), &server).await
    }

    /// Sends a JSON document.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn post(&self, url: Url, document: String, credentials: &Credentials) -> Result<Answer, Fault> {
        let server = named(&url);
        let request = self.0.post(url).header("content-type", "application/json-rpc").body(document);
        exchange(credentials.on(request), &server).await
    }
}

async fn exchange(request: RequestBuilder, server: &str) -> Result<Answer, Fault> {
    let mut response = request.send().await.map_err(|error| unsent(&error, server))?;
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        // A question mark may begin a secret.
        let to = to.split(['?', '#']).next().unwrap_or_default();
        let to = if to.contains('@') { "an address with credentials".to_owned() } else { shown(to) };
        return Err(Fault::Redirects { server: server.to_owned(), to });
    }
    let huge = || Fault::Huge { server: server.to_owned(), most_mb: (ANSWER_MAX / 1024 / 1024) as u64 };
    if response.content_length().is_some_and(|length| length > ANSWER_MAX as u64) {
        return Err(huge());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(&error, server))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(huge());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: status.as_u16(), body })
}

fn unsent(error: &reqwest::Error, server: &str) -> Fault {
    let (server, reason) = (server.to_owned(), reason(error));
    if is_about_certificates(error) {
        return Fault::Untrusted { server, reason };
    }
    Fault::Unanswered { server, reason }
}

fn cut_off(error: &reqwest::Error, server: &str) -> Fault {
    Fault::CutOff { server: server.to_owned(), reason: reason(error) }
}

/// The innermost words: the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time; --max-time may be longer".to_owned();
    }
    let mut words = String::new();
    let mut source = error.source();
    while let Some(inner) = source {
        words = inner.to_string();
        source = inner.source();
    }
    if words.is_empty() { "the exchange failed".to_owned() } else { words.escape_debug().to_string() }
}

fn is_about_certificates(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if matches!(inner.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        // An IO error shows what it wraps as itself, and not as its source.
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let wrapped = wrapped.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(wrapped, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        source = inner.source();
    }
    false
}

/// Without what was asked of it.
fn named(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// How a body begins, as a word for what came instead of an answer.
#[must_use]
pub fn beginning(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let short: String = text.chars().take(60).collect();
    shown(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        let token = Credentials::token("ZABBIX_TOKEN", Some("hunter2\n".into())).unwrap();
        assert_eq!((token.as_token(), format!("{token:?}").as_str()), (Some("hunter2"), "token in `ZABBIX_TOKEN`"));
        let login = Credentials::login("LOGIN", Some("me:hunter2:x".into())).unwrap();
        assert!(!format!("{login:?}").contains("hunter2") && login.as_token().is_none());
        for value in [None, Some(""), Some(" \n"), Some("hunter2 x"), Some("hunter2\u{7}"), Some("hunter2\nx")] {
            let refused = Credentials::token("T", value.map(str::to_owned)).unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        assert!(!Credentials::login("L", Some("hunter2".into())).unwrap_err().contains("hunter2"));
    }
}
