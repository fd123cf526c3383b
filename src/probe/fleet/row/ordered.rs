//! JSON whose objects keep their order, since headers are sent in theirs.

use std::fmt::{self, Write as _};

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ordered {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Ordered>),
    Table(Vec<(String, Ordered)>),
}

impl Ordered {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// A null is in it, which TOML has not.
    pub(super) fn has_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(items) => items.iter().any(Self::has_null),
            Self::Table(keys) => keys.iter().any(|(_, value)| value.has_null()),
            Self::Flag(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// How many lists and tables lie in one another.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Table(keys) => 1 + keys.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) => 0,
        }
    }

    /// The same in TOML, on one line; a null, which TOML has not, is left out of lists and tables.
    pub(super) fn toml(&self, out: &mut String) {
        match self {
            Self::Null => {}
            // A String takes whatever is written to it.
            Self::Flag(flag) => drop(write!(out, "{flag}")),
            Self::Number(number) => drop(write!(out, "{number}")),
            Self::Text(text) => toml_key(out, text),
            Self::List(items) => {
                out.push('[');
                for item in items {
                    item.toml(out);
                    out.push(',');
                }
                out.push(']');
            }
            Self::Table(keys) => {
                out.push('{');
                for (i, (key, value)) in keys.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    toml_key(out, key);
                    out.push('=');
                    value.toml(out);
                }
                out.push('}');
            }
        }
    }
}

/// A key, or a text: JSON's escapes are TOML's, too, but TOML wants one more.
pub(super) fn toml_key(out: &mut String, text: &str) {
    out.push_str(&Value::from(text).to_string().replace('\u{7f}', "\\u007F"));
}

impl From<&Value> for Ordered {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(keys) => Self::Table(keys.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
        }
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Table(keys) => serializer.collect_map(keys.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Ordered, E> {
        Ok(Ordered::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Ordered, E> {
        Ok(Ordered::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Ordered, E> {
        Ok(Ordered::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Ordered, E> {
        Number::from_f64(number).map(Ordered::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Ordered, E> {
        Ok(Ordered::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Ordered::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Ordered, A::Error> {
        let mut table: Vec<(String, Ordered)> = Vec::new();
        while let Some((key, value)) = keys.next_entry::<String, Ordered>()? {
            if table.iter().any(|(known, _)| *known == key) {
                return Err(de::Error::custom(format!("the key `{}` stands twice", key.escape_default())));
            }
            table.push((key, value));
        }
        Ok(Ordered::Table(table))
    }
}
