//! JSON as people write it. A duplicate key is an error, so that no value is lost.

use core::fmt;
use std::collections::BTreeSet;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::text::{self, NotText};

/// Why a text is not taken as JSON. It says where, never what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// No text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// No JSON.
    #[error("not JSON (line {line}, column {column})")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// Whether it ends too early: more may follow.
        is_cut: bool,
    },
    /// A key twice in one object: one of the two would be lost.
    #[error("{path}: stands twice in one object; put both into one, or take one out")]
    Duplicate {
        /// The path of the key.
        path: String,
    },
}

/// Reads JSON that a person or another program wrote: with or without a byte order mark.
///
/// # Errors
/// No UTF-8, no JSON, or a key twice in one object at any depth.
pub fn parse(bytes: &[u8]) -> Result<Value, BadJson> {
    parse_text(text::utf8(bytes)?)
}

/// The same for a text.
///
/// # Errors
/// No JSON, or a key twice in one object at any depth.
pub fn parse_text(text: &str) -> Result<Value, BadJson> {
    let text = text::without_mark(text);
    let value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    check(text)?;
    Ok(value)
}

/// Checks a text for duplicate keys, if it is then parsed into something else than a [`Value`].
///
/// # Errors
/// As [`parse_text`].
pub fn check(text: &str) -> Result<(), BadJson> {
    let (mut path, mut twice) = (String::new(), None);
    let mut reader = serde_json::Deserializer::from_str(text::without_mark(text));
    let read = Keys {
        path: &mut path,
        twice: &mut twice,
    }
    .deserialize(&mut reader)
    .and_then(|()| reader.end());
    match (twice, read) {
        (Some(path), _) => Err(BadJson::Duplicate { path }),
        (None, Err(error)) => Err(not_json(&error)),
        (None, Ok(())) => Ok(()),
    }
}

fn not_json(error: &serde_json::Error) -> BadJson {
    BadJson::NotJson {
        line: error.line(),
        column: error.column(),
        is_cut: error.is_eof(),
    }
}

/// Reads a value and keeps only the path of the first duplicate key.
struct Keys<'a> {
    path: &'a mut String,
    twice: &'a mut Option<String>,
}

impl Keys<'_> {
    fn within(&mut self, step: &str) -> Keys<'_> {
        if !self.path.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        Keys {
            path: self.path,
            twice: self.twice,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let inner = self.within(&key);
            if keys.contains(&key) {
                *inner.twice = Some(inner.path.clone());
                return Err(A::Error::custom("a key stands twice"));
            }
            map.next_value_seed(inner)?;
            self.path.truncate(outer);
            keys.insert(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        let mut at = 0usize;
        while list
            .next_element_seed(self.within(&format!("[{at}]")))?
            .is_some()
        {
            self.path.truncate(outer);
            at += 1;
        }
        self.path.truncate(outer);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn twice(text: &str) -> String {
        match parse_text(text) {
            Err(BadJson::Duplicate { path }) => path,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_path_at_any_depth() {
        assert_eq!(
            twice(r#"{"statements": [], "a": 1, "statements": []}"#),
            "statements"
        );
        assert_eq!(
            twice(r#"{"place": {"area": "SN-DK", "setting": "street", "area": "SN-TH"}}"#),
            "place.area"
        );
        assert_eq!(
            twice(r#"[{"add": {}}, {"statement": {"class": "x", "class": "y"}}]"#),
            "[1].statement.class"
        );
        assert_eq!(
            twice(r#"{"perpetrators": [{"kind": "a"}, {"kind": "b", "kind": "c"}]}"#),
            "perpetrators[1].kind"
        );
        assert_eq!(twice("{\"a\": 1, \"\\u0061\": 2}"), "a");
        assert!(parse_text(r#"{"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 2}]}"#).is_ok());
    }

    #[test]
    fn json_is_read_with_a_mark_and_as_ever() {
        let all = json!({"a": [null, true, -1, 18_446_744_073_709_551_615u64, 1.5, "é", {}], "b": {"c": []}});
        assert_eq!(parse(format!("\u{feff}{all}\r\n").as_bytes()), Ok(all));
        assert_eq!(
            parse_text("{\"a\": "),
            Err(BadJson::NotJson {
                line: 1,
                column: 6,
                is_cut: true
            })
        );
        assert_eq!(
            parse_text("{}\n x"),
            Err(BadJson::NotJson {
                line: 2,
                column: 2,
                is_cut: false
            })
        );
        assert_eq!(
            parse(b"\xff\xfe{\0}\0"),
            Err(BadJson::NotText(NotText::Utf16))
        );
        assert!(parse_text(&"[".repeat(100_000)).is_err());
    }
}
