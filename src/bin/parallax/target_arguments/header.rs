//! A request header. Its value goes to the server and nowhere else, so no message holds what was typed.

use std::convert::Infallible;

use http::{HeaderName, HeaderValue};
use parallax::probe::target::Secret;

use crate::exit::Problem;

/// As typed: it cannot be refused where it is typed, because the parser's message would show it.
#[derive(Clone, Debug)]
pub(super) struct TypedHeader(Secret);

/// Takes anything.
pub(super) fn typed(text: &str) -> Result<TypedHeader, Infallible> {
    Ok(TypedHeader(Secret::new(text.to_owned())))
}

impl TypedHeader {
    /// The name, in lower case, and the value.
    pub(super) fn meant(&self) -> Result<(String, Secret), Problem> {
        let (name, value) = self.0.expose().split_once(':').ok_or_else(|| {
            Problem::input(
                "--header: no colon in it; write -H 'Name: value' (reading headers from a file is not built)",
            )
        })?;
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| Problem::input("--header: the name before the colon is not a header's name"))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(Problem::input(format!("--header: {name} has no value")));
        }
        HeaderValue::from_str(value)
            .map_err(|_| Problem::input(format!("--header: the value of {name} has a character no header may have")))?;
        match name.as_str() {
            "accept-encoding" => Err(Problem::input(
                "--header: ask for content codings with --accept-encoding, so that they are decoded",
            )),
            "connection" | "content-length" | "transfer-encoding" | "upgrade" | "te" | "trailer" => {
                Err(Problem::input(format!("--header: {name} belongs to the connection, not to the request")))
            }
            _ => Ok((name.as_str().to_owned(), Secret::new(value.to_owned()))),
        }
    }
}
