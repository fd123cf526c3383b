//! What was asked for: choices that change what a server sends, or what a tool would have made of it.

use serde::{Deserialize, Serialize};

/// What a measurement asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// `GET` or `HEAD`.
    pub method: String,
    /// Content codings as in `Accept-Encoding`, in order; empty where none was asked for. Absent where it is not known:
    /// a header of the target's own said it, and the values of those are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_encoding: Option<Vec<String>>,
    /// Versions of HTTP that were offered, the best one first; over plain HTTP it is 1.1 all the same.
    pub http: Vec<String>,
    /// Certificates were to be checked.
    pub verify: bool,
    /// Redirects were to be followed.
    pub follow_redirects: bool,
}
