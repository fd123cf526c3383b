//! What the API answers.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::adapters::import::server::client::{Answer, beginning};
use crate::adapters::import::server::fault::Fault;
use crate::adapters::import::server::nearest::shown;
use crate::measurement::units::UnixMillis;

use super::selector::Labels;

/// A matrix: raw samples of series.
#[derive(Debug, Deserialize)]
pub struct Matrix {
    /// The series.
    pub result: Vec<Series>,
}

/// One series.
#[derive(Clone, Debug, Deserialize)]
pub struct Series {
    /// Its labels, the name among them.
    pub metric: Labels,
    /// Its samples, by time.
    #[serde(default)]
    pub values: Vec<Point>,
    /// Samples that are distributions.
    #[serde(default)]
    pub histograms: Vec<Value>,
}

/// A moment in seconds, and the number as text.
#[derive(Clone, Debug, Deserialize)]
pub struct Point(f64, String);

impl Point {
    /// When.
    #[must_use]
    pub fn at(&self) -> UnixMillis {
        UnixMillis((self.0 * 1_000.0).round() as i64)
    }

    /// What; not a number where it is none.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.1.parse().unwrap_or(f64::NAN)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    status: Option<String>,
    data: Option<Value>,
    error_type: Option<String>,
    error: Option<String>,
}

/// The data of an answer, or why there is none; `credentials` is what a refusal calls them.
///
/// # Errors
/// The server said no, or what answered is no Prometheus.
pub fn data<T: DeserializeOwned>(answer: &Answer, server: &str, credentials: &str) -> Result<T, Fault> {
    let server = || server.to_owned();
    if matches!(answer.status, 401 | 403) {
        let reason = format!("status {}: {}", answer.status, beginning(&answer.body));
        return Err(Fault::Denied { server: server(), credentials: credentials.to_owned(), reason });
    }
    let foreign = |found: String| Fault::Foreign { server: server(), found };
    let envelope = match serde_json::from_slice::<Envelope>(&answer.body) {
        Ok(envelope) => envelope,
        Err(_) if answer.status != 200 => {
            let said = format!(": {}", beginning(&answer.body));
            return Err(Fault::Status { server: server(), status: answer.status, said });
        }
        Err(error) if error.is_eof() && !answer.body.trim_ascii().is_empty() => {
            return Err(foreign(format!("JSON that breaks off after {} bytes", answer.body.len())));
        }
        Err(_) => return Err(foreign(format!("what is not JSON: {}", beginning(&answer.body)))),
    };
    match (envelope.status.as_deref(), envelope.data) {
        (Some("success"), Some(data)) => {
            serde_json::from_value(data).map_err(|error| foreign(format!("data of another shape ({error})")))
        }
        (Some("error"), _) => {
            let kind = envelope.error_type.unwrap_or_default();
            let reason = shown(&envelope.error.unwrap_or(kind.clone()));
            // Busy, or asked to stop: the same may succeed.
            if matches!(kind.as_str(), "timeout" | "canceled" | "unavailable") {
                return Err(Fault::Unanswered { server: server(), reason });
            }
            Err(Fault::Refused { server: server(), reason })
        }
        _ => Err(foreign(format!("JSON that is no answer of Prometheus: {}", beginning(&answer.body)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Matrix, Fault> {
        data(&Answer { status, body: body.as_bytes().to_vec() }, "http://p/", "token in `T`")
    }

    #[test]
    fn raw_samples_are_read_to_the_millisecond() {
        let matrix = read(
            200,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"b"},
               "values":[[1700000000.123,"0.0123456789"],[1700000015,"NaN"]]}]}}"#,
        )
        .unwrap();
        let values = &matrix.result[0].values;
        assert_eq!((values[0].at(), values[0].value()), (UnixMillis(1_700_000_000_123), 0.012_345_678_9));
        assert!(values[1].value().is_nan());
    }

    #[test]
    fn what_is_no_answer_of_prometheus_is_said_to_be_something_else() {
        for (status, body, said, may_pass) in [
            (200, "<html>", "not JSON: `<html>`", false),
            (200, "", "not JSON: nothing", false),
            (200, r#"{"status":"success","data":{"resu"#, "breaks off after 33 bytes", false),
            (200, r#"{"jsonrpc":"2.0","result":[]}"#, "no answer of Prometheus", false),
            (200, r#"{"status":"success","data":[]}"#, "another shape", false),
            (
                400,
                r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
                "refuses: `parse error`",
                false,
            ),
            (503, r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#, "query timed out", true),
            (502, "<html>", "status 502", true),
            (404, "404 page not found", "is --url right?", false),
            (401, "Unauthorized", "refuses the token in `T`", false),
        ] {
            let fault = read(status, body).unwrap_err();
            assert!(fault.to_string().contains(said), "{body}: {fault}");
            assert_eq!(fault.may_pass(), may_pass, "{body}");
        }
    }
}
