//! Reading a TOML table key by key: what was typed, with its place.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::finding::{Findings, shown};
use super::nearest::nearest;

/// A table of the file; each key is taken once, and what is left over is a mistake.
pub(super) struct Section<'t> {
    /// What the table is called in a message.
    pub(super) name: String,
    /// Where it begins.
    pub(super) at: usize,
    entries: Vec<Entry<'t>>,
    known: Vec<&'static str>,
}

/// One value of the file.
pub(super) struct Entry<'t> {
    /// The key.
    pub(super) key: String,
    /// Where the key begins.
    pub(super) key_at: usize,
    /// Where the value begins.
    pub(super) at: usize,
    value: DeValue<'t>,
}

/// Words people know from elsewhere, and what they are called here.
const ELSEWHERE: [(&str, &str); 14] = [
    ("insecure", "`verify = false`"),
    ("cacert", "`trust = \"PATH\"`"),
    ("interval", "`every`"),
    ("frequency", "`every`"),
    ("schedule", "`every`"),
    ("retention", "`keep`"),
    ("name", "`id`"),
    ("target", "`[[target]]`"),
    ("targets", "`[[target]]`"),
    ("method", "`methods` (how to measure) or `http_method` (GET or HEAD)"),
    ("user_agent", "`headers = { User-Agent = \"…\" }`"),
    ("redirects", "`follow_redirects`"),
    ("tls_versions", "`tls`"),
    ("location", "`follow_redirects`"),
];

impl<'t> Section<'t> {
    pub(super) fn new(name: String, at: usize, table: DeTable<'t>) -> Self {
        let entries = table
            .into_iter()
            .map(|(key, value)| Entry {
                key_at: key.span().start,
                at: value.span().start,
                key: key.into_inner().into_owned(),
                value: value.into_inner(),
            })
            .collect();
        Self { name, at, entries, known: Vec::new() }
    }

    /// The key is there, and nobody took it yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// The value of a key, where there is one.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.known.push(key);
        let found = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.swap_remove(found))
    }

    /// The value of a key that must be there; `example` shows how.
    pub(super) fn need(&mut self, key: &'static str, example: &str, findings: &mut Findings<'_>) -> Option<Entry<'t>> {
        let entry = self.take(key);
        if entry.is_none() {
            findings.note(self.at, format!("{} has no `{key}`; add {example}", self.name));
        }
        entry
    }

    /// All entries, where the keys are the user's own.
    pub(super) fn into_entries(mut self) -> Vec<Entry<'t>> {
        self.entries.sort_by_key(|entry| entry.key_at);
        self.entries
    }

    /// Notes every key nobody took.
    pub(super) fn finish(self, findings: &mut Findings<'_>) {
        for entry in &self.entries {
            let elsewhere = ELSEWHERE.iter().find(|(word, _)| *word == entry.key).map(|(_, ours)| (*ours).to_owned());
            let hint = match nearest(&entry.key, &self.known).map(|key| format!("`{key}`")).or(elsewhere) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("the keys are {}", self.known.join(", ")),
            };
            findings.note(entry.key_at, format!("{} has no key `{}`; {hint}", self.name, shown(&entry.key)));
        }
    }
}

impl<'t> Entry<'t> {
    fn wrong_type(&self, wanted: &str, findings: &mut Findings<'_>) {
        let found = match &self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        findings.note(self.at, format!("`{}` is {found}; write {wanted}", shown(&self.key)));
    }

    /// The value is a text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    /// The whole number it is, if it is one.
    pub(super) fn number(&self) -> Option<i64> {
        match &self.value {
            DeValue::Integer(typed) => i64::from_str_radix(typed.as_str(), typed.radix()).ok(),
            _ => None,
        }
    }

    /// The value is a whole number.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.value, DeValue::Integer(_))
    }

    /// A text.
    pub(super) fn text(self, wanted: &str, findings: &mut Findings<'_>) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.into_owned()),
            _ => {
                self.wrong_type(wanted, findings);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(self, words: &[(&str, T)], findings: &mut Findings<'_>) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let wanted = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
        let (key, at) = (self.key.clone(), self.at);
        let text = self.text(&wanted, findings)?;
        let found = words.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            findings.note(at, format!("`{}` cannot be \"{}\"; write {wanted}", shown(&key), shown(&text)));
        }
        found
    }

    /// `true` or `false`.
    pub(super) fn flag(self, findings: &mut Findings<'_>) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(flag),
            _ => {
                self.wrong_type("true or false", findings);
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(self, least: i64, most: i64, findings: &mut Findings<'_>) -> Option<i64> {
        let wanted = format!("a whole number from {least} to {most}");
        let DeValue::Integer(typed) = &self.value else {
            self.wrong_type(&wanted, findings);
            return None;
        };
        let number = self.number().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            findings.note(self.at, format!("`{}` is {}; write {wanted}", shown(&self.key), shown(typed.as_str())));
        }
        number
    }

    /// A length of time above zero, as in `90s` or `1h 30m`.
    pub(super) fn length(self, findings: &mut Findings<'_>) -> Option<Duration> {
        const WANTED: &str = "a length of time as text, such as \"500ms\", \"10s\", \"3m\" or \"90d\"";
        let (key, at) = (self.key.clone(), self.at);
        let text = self.text(WANTED, findings)?;
        match humantime::parse_duration(&text) {
            Ok(length) if length >= Duration::from_millis(1) => Some(length),
            _ => {
                findings.note(at, format!("`{}` is \"{}\"; write {WANTED}", shown(&key), shown(&text)));
                None
            }
        }
    }

    /// A list; each item keeps its own place and the list's key.
    pub(super) fn list(self, wanted: &str, findings: &mut Findings<'_>) -> Option<Vec<Entry<'t>>> {
        let DeValue::Array(items) = self.value else {
            self.wrong_type(wanted, findings);
            return None;
        };
        let entry = |item: toml::Spanned<DeValue<'t>>| Entry {
            key: self.key.clone(),
            key_at: self.key_at,
            at: item.span().start,
            value: item.into_inner(),
        };
        Some(items.into_iter().map(entry).collect())
    }

    /// A table.
    pub(super) fn table(self, wanted: &str, findings: &mut Findings<'_>) -> Option<Section<'t>> {
        match self.value {
            DeValue::Table(table) => Some(Section::new(format!("`{}`", shown(&self.key)), self.at, table)),
            _ => {
                self.wrong_type(wanted, findings);
                None
            }
        }
    }

    /// The same value in JSON; TOML's dates and its infinities have none.
    pub(super) fn json(self, findings: &mut Findings<'_>) -> Option<serde_json::Value> {
        let json = json(&self.value);
        if json.is_none() {
            self.wrong_type("a value that JSON has: a text, a finite number, true, false, a list or a table", findings);
        }
        json
    }
}

fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    Some(match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(typed) => i64::from_str_radix(typed.as_str(), typed.radix()).ok()?.into(),
        DeValue::Float(typed) => serde_json::Number::from_f64(typed.as_str().parse().ok()?)?.into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(_) => return None,
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect::<Option<Vec<_>>>()?.into(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| Some((key.get_ref().to_string(), json(value.get_ref())?)))
            .collect::<Option<serde_json::Map<_, _>>>()?
            .into(),
    })
}
