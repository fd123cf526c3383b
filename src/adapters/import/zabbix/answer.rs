//! What the API answers.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::adapters::import::server::client::{Answer, beginning};
use crate::adapters::import::server::fault::Fault;
use crate::adapters::import::server::nearest::shown;

/// A host as `host.get` shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Host {
    /// Its number.
    #[serde(rename = "hostid")]
    pub id: String,
    /// Its technical name.
    #[serde(rename = "host")]
    pub technical: String,
    /// Its visible name.
    pub name: String,
}

/// A web scenario as `httptest.get` shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A step of a web scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its place, from 1.
    #[serde(deserialize_with = "number")]
    pub no: u32,
}

/// A value as `history.get` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// The second in which it was taken.
    #[serde(deserialize_with = "number")]
    pub clock: i64,
    /// Nanoseconds into it.
    #[serde(deserialize_with = "number")]
    pub ns: u32,
    /// As text, whatever its type.
    #[serde(deserialize_with = "text")]
    pub value: String,
}

/// The API writes numbers as texts, and a later version may write them as numbers.
pub(super) fn number<'de, D: Deserializer<'de>, T: std::str::FromStr>(from: D) -> Result<T, D::Error> {
    text(from)?.parse().map_err(|_| D::Error::custom("a number was expected"))
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("a text or a number was expected")),
    }
}

#[derive(Deserialize)]
struct Envelope {
    jsonrpc: Option<String>,
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: String,
}

/// The result of a call, or why there is none; `credentials` is what a refusal calls them.
///
/// # Errors
/// The server said no, or what answered is no Zabbix.
pub fn result<T: DeserializeOwned>(answer: &Answer, server: &str, credentials: &str) -> Result<T, Fault> {
    let server = || server.to_owned();
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&answer.body) else {
        return Err(match answer.status {
            200 => Fault::Foreign { server: server(), found: found(&answer.body) },
            status => Fault::Status { server: server(), status, said: format!(": {}", beginning(&answer.body)) },
        });
    };
    if let Some(Refusal { message, data }) = envelope.error {
        let said = if data.is_empty() { message } else { data };
        let reason = shown(&said);
        return Err(if is_about_the_token(&said) {
            Fault::Denied { server: server(), credentials: credentials.to_owned(), reason }
        } else {
            Fault::Refused { server: server(), reason }
        });
    }
    let foreign = |found: String| Fault::Foreign { server: server(), found };
    let Some(result) = envelope.result.filter(|_| envelope.jsonrpc.is_some()) else {
        return Err(foreign(format!("JSON that is no answer of Zabbix: {}", beginning(&answer.body))));
    };
    serde_json::from_value(result).map_err(|error| foreign(format!("a result of another shape ({error})")))
}

/// What came instead of a document: one that breaks off, or another thing.
fn found(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Err(error) if error.is_eof() && !body.trim_ascii().is_empty() => {
            format!("JSON that breaks off after {} bytes", body.len())
        }
        _ => format!("what is not JSON: {}", beginning(body)),
    }
}

/// By words, for the codes are those of any bad parameter: `Not authorized.`, `API token expired.`, `Session terminated,
/// re-login, please.`, `Incorrect user name or password or account is temporarily blocked.`
fn is_about_the_token(said: &str) -> bool {
    let said = said.to_lowercase();
    ["authori", "token", "re-login", "session", "user name or password"].iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(body: &str) -> Result<T, Fault> {
        result(&Answer { status: 200, body: body.as_bytes().to_vec() }, "http://z/", "token in `T`")
    }

    #[test]
    fn values_are_read_as_texts_and_as_numbers() {
        let kept: Vec<Kept> = read(
            r#"{"jsonrpc":"2.0","result":[{"itemid":"1","clock":"1700000000","ns":"5","value":"0.104321"},
               {"clock":1700000001,"ns":0,"value":0.25}],"id":1}"#,
        )
        .unwrap();
        assert_eq!((kept[0].clock, kept[0].ns, kept[0].value.as_str()), (1_700_000_000, 5, "0.104321"));
        assert_eq!((kept[1].clock, kept[1].value.as_str()), (1_700_000_001, "0.25"));
    }

    #[test]
    fn a_refused_token_is_told_from_another_refusal() {
        let says = |code: i32, data: &str| {
            let body =
                format!(r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":"No.","data":"{data}"}},"id":1}}"#);
            read::<Value>(&body).unwrap_err()
        };
        for data in
            ["Not authorized.", "Not authorised.", "API token expired.", "Session terminated, re-login, please."]
        {
            let fault = says(-32602, data);
            assert!(matches!(fault, Fault::Denied { .. }) && fault.to_string().contains("token in `T`"), "{fault}");
        }
        assert!(matches!(says(-32602, "Invalid parameter \\\"/limit\\\""), Fault::Refused { .. }));
        assert!(!says(-32500, "No permissions to referred object").may_pass());
    }

    #[test]
    fn what_is_no_answer_of_zabbix_is_said_to_be_something_else() {
        for (body, said) in [
            ("<!DOCTYPE html><html>", "not JSON: `<!DOCTYPE html><html>`"),
            ("", "not JSON: nothing"),
            (r#"{"jsonrpc":"2.0","result":[{"clock":"17"#, "breaks off after 39 bytes"),
            (r#"{"status":"success","data":[]}"#, "JSON that is no answer of Zabbix"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "JSON that is no answer of Zabbix"),
            (r#"{"jsonrpc":"2.0","result":{"a":1},"id":1}"#, "another shape"),
            (r#"{"jsonrpc":"2.0","result":[{"clock":"x","ns":"0","value":"0"}],"id":1}"#, "another shape"),
            ("\u{1b}[2J", "not JSON"),
            ("[1,2]", "not JSON"),
        ] {
            let message = read::<Vec<Kept>>(body).unwrap_err().to_string();
            assert!(message.contains(said) && !message.contains('\u{1b}'), "{body}: {message}");
        }
        let answer = Answer { status: 502, body: b"<html>Bad Gateway".to_vec() };
        assert!(result::<Value>(&answer, "http://z/", "").unwrap_err().may_pass());
    }
}
