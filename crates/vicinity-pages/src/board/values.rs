//! Facts, fields and people in words.

use serde_json::Value;
use vicinity_core::time::Timestamp;

use super::case::Who;
use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

/// A fact in words. Of the survivor's code, which is a hash already, only the beginning: enough to see that two are one.
pub(super) fn fact(frame: &Frame, field: &str, value: &Value) -> String {
    match field {
        "survivor.code" => value
            .as_str()
            .map_or_else(String::new, |hash| hash.chars().take(8).collect()),
        "occurred" => {
            let part = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
            format!(
                "{} ({})",
                frame
                    .words
                    .told(part("at"))
                    .unwrap_or_else(|| part("at").to_owned()),
                frame.words.code(part("precision"))
            )
        }
        _ => said(frame, value),
    }
}

/// Who, in words.
pub(super) fn name_of(frame: &Frame, who: &Who) -> String {
    match who {
        Who::Device(0, _) => frame.t("who-hub"),
        Who::Device(number, name) => parts::device(frame, *number, name.as_deref()),
        Who::Person(handle) => frame.with("who-person", &[("handle", Said::Text(handle))]),
        Who::National => frame.t("place-national"),
    }
}

/// A field's name in words; an entry's field by its own name.
pub(super) fn field_name(frame: &Frame, field: &str) -> String {
    let parts: Vec<&str> = field.splitn(3, '.').collect();
    match parts[..] {
        [map, _, key] => format!(
            "{}: {}",
            frame.words.label("f-", map),
            frame.words.label("f-", key)
        ),
        _ => frame.words.label("f-", field),
    }
}

/// A value in words.
pub(super) fn said(frame: &Frame, value: &Value) -> String {
    match value {
        Value::Null => frame.t("not-known"),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => frame.told(at),
            Err(_) => frame
                .words
                .told(text)
                .unwrap_or_else(|| frame.words.code(text)),
        },
        Value::Bool(yes) => frame.t(if *yes { "yes" } else { "no" }),
        Value::Array(items) => items
            .iter()
            .map(|item| said(frame, item))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| format!("{} {}", frame.words.label("f-", key), said(frame, value)))
            .collect::<Vec<_>>()
            .join(", "),
        number @ Value::Number(_) => number.to_string(),
    }
}
