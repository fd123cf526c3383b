//! What is asked of the API.

use serde_json::{Value, json};

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// As in `history.get`.
    pub method: &'static str,
    /// Its parameters.
    pub parameters: Value,
}

/// The version; must be asked without a token.
#[must_use]
pub fn version() -> Call {
    Call { method: "apiinfo.version", parameters: json!([]) }
}

/// All hosts that the token may read.
#[must_use]
pub fn hosts() -> Call {
    Call { method: "host.get", parameters: json!({ "output": ["hostid", "host", "name"] }) }
}

/// All items of a host, those of web scenarios too.
#[must_use]
pub fn items(host: &str) -> Call {
    let output = ["itemid", "key_", "name", "units", "value_type", "type", "history", "lastvalue"];
    Call { method: "item.get", parameters: json!({ "output": output, "hostids": [host], "webitems": true }) }
}

/// The web scenarios of a host, with their steps.
#[must_use]
pub fn scenarios(host: &str) -> Call {
    let parameters = json!({ "output": ["httptestid", "name"], "hostids": [host], "selectSteps": ["name", "no"] });
    Call { method: "httptest.get", parameters }
}

/// Values of an item that were taken in these seconds, both included, oldest first.
#[must_use]
pub fn history(item: &str, value_type: u8, from: i64, till: i64, limit: usize) -> Call {
    let parameters = json!({
        "output": ["clock", "ns", "value"], "history": value_type, "itemids": [item],
        "time_from": from, "time_till": till, "sortfield": "clock", "sortorder": "ASC", "limit": limit,
    });
    Call { method: "history.get", parameters }
}

impl Call {
    /// As a document; with the token in it where the version takes it there.
    #[must_use]
    pub fn document(&self, token: Option<&str>) -> String {
        let mut document = json!({ "jsonrpc": "2.0", "method": self.method, "params": self.parameters, "id": 1 });
        if let (Some(token), Some(fields)) = (token, document.as_object_mut()) {
            fields.insert("auth".to_owned(), token.into());
        }
        document.to_string()
    }
}
