//! Item keys: `web.test.time[scenario,step,resp]`.

/// A key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Before the bracket.
    pub name: String,
    /// Within it, without quotes.
    pub parameters: Vec<String>,
}

impl Key {
    /// Takes a key apart; nothing where brackets or quotes do not close.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let Some((name, rest)) = text.split_once('[') else {
            return Some(Self { name: text.to_owned(), parameters: Vec::new() });
        };
        let mut rest = rest.strip_suffix(']')?;
        let mut parameters = Vec::new();
        loop {
            let (parameter, after) = parameter(rest.trim_start_matches(' '))?;
            parameters.push(parameter);
            match after {
                Some(after) => rest = after,
                None => return Some(Self { name: name.to_owned(), parameters }),
            }
        }
    }

    /// Whether it has this name and exactly these parameters.
    #[must_use]
    pub fn is(&self, name: &str, parameters: &[&str]) -> bool {
        self.name == name && self.parameters == parameters
    }
}

/// The first parameter, and what stands behind its comma.
fn parameter(text: &str) -> Option<(String, Option<&str>)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Some(match text.split_once(',') {
            Some((first, after)) => (first.to_owned(), Some(after)),
            None => (text.to_owned(), None),
        });
    };
    let mut parameter = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                parameter.push('"');
                characters.next();
            }
            '"' => {
                let after = quoted[at + 1..].trim_start_matches(' ');
                return match after.strip_prefix(',') {
                    Some(after) => Some((parameter, Some(after))),
                    None if after.is_empty() => Some((parameter, None)),
                    None => None,
                };
            }
            other => parameter.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart_with_its_quotes() {
        for (text, parameters) in [
            ("web.test.time[shop,home page,resp]", vec!["shop", "home page", "resp"]),
            (r#"web.test.time["shop, new", "a \"b\"" ,resp]"#, vec!["shop, new", "a \"b\"", "resp"]),
            ("web.test.time[,,]", vec!["", "", ""]),
            ("web.test.time[größe,é,resp]", vec!["größe", "é", "resp"]),
            ("web.test.time", vec![]),
        ] {
            let key = Key::new(text).unwrap();
            assert!(key.is("web.test.time", &parameters), "{text}: {key:?}");
        }
    }

    #[test]
    fn what_does_not_close_is_no_key() {
        for text in ["web.test.time[", "web.test.time[\"a]", "web.test.time[\"a\"b]", "a[\"\\", "a[\"\\\"]"] {
            assert_eq!(Key::new(text), None, "{text}");
        }
    }
}
