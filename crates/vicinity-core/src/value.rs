//! Values on their way in and out: JSON at the edge, automerge scalars inside, each checked by the kind its field has.

use automerge::ScalarValue;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::codes;
use crate::fields::{EntryKind, Kind};
use crate::{spelling, text, time};

pub use crate::field_error::{FieldError, Problem};

/// Letters of the longest note, of any script; see [`text::fits`].
pub const NOTE_MAX_LETTERS: usize = 280;
/// Letters of the longest pseudonym or survivor's code.
pub const PSEUDONYM_MAX_LETTERS: usize = 64;
/// Bytes of the longest statement text.
pub const STATEMENT_MAX_BYTES: usize = 256 * 1024;
/// Bytes of the largest photo or sound of a statement.
pub const ATTACHMENT_MAX_BYTES: usize = 20_000_000;
/// Bytes of the longest unknown value, as JSON.
pub const UNKNOWN_MAX_BYTES: usize = 4096;
/// Bytes of the longest key.
pub const KEY_MAX_BYTES: usize = 64;

type Checked = Result<ScalarValue, Problem>;

/// A register's value.
///
/// # Errors
/// The wrong type, an impossible time, a number out of range or a text over its limit.
pub fn register(kind: Kind, value: &Value) -> Checked {
    match kind {
        Kind::Code(list) => known_code(list, value),
        Kind::Area => code(value),
        Kind::Pseudonym | Kind::SurvivorCode => note(value, PSEUDONYM_MAX_LETTERS),
        Kind::Instant => instant(value),
        Kind::Age => age(value),
        Kind::Occurred => occurred(value),
        Kind::Zone => zone(value),
    }
}

fn zone(value: &Value) -> Checked {
    match code(value)? {
        ScalarValue::Str(name) if crate::zone::named(&name).is_none() => {
            Err(Problem::WrongType("a time zone's name, as Asia/Bishkek"))
        }
        checked => Ok(checked),
    }
}

/// A value of an entry's field.
///
/// # Errors
/// As [`register`].
pub fn entry(kind: EntryKind, value: &Value) -> Checked {
    match kind {
        EntryKind::Code(list) => known_code(list, value),
        EntryKind::AnyCode => code(value),
        EntryKind::Scope => scope(value),
        EntryKind::Instant => instant(value),
        EntryKind::Pseudonym => note(value, PSEUDONYM_MAX_LETTERS),
        EntryKind::Note => note(value, NOTE_MAX_LETTERS),
        EntryKind::Count => value
            .as_u64()
            .and_then(|n| i64::try_from(n).ok())
            .map(ScalarValue::Int)
            .ok_or(Problem::WrongType("a whole number")),
        EntryKind::Ids => match value.as_array() {
            Some(ids) if ids.iter().all(Value::is_string) => unknown(value),
            _ => Err(Problem::WrongType("a list of entry ids")),
        },
    }
}

/// A value of an unknown field: stored as it is.
///
/// # Errors
/// Only a value over its limit.
pub fn unknown(value: &Value) -> Checked {
    let scalar = match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(yes) => ScalarValue::Boolean(*yes),
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => ScalarValue::Int(whole),
            (None, Some(real)) => ScalarValue::F64(real),
            (None, None) => return Err(Problem::OutOfRange("what a number can hold")),
        },
        Value::Array(_) | Value::Object(_) => ScalarValue::Bytes(value.to_string().into_bytes()),
    };
    let bytes = match &scalar {
        ScalarValue::Str(text) => text.len(),
        ScalarValue::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    if bytes > UNKNOWN_MAX_BYTES {
        Err(Problem::TooLong(UNKNOWN_MAX_BYTES))
    } else {
        Ok(scalar)
    }
}

/// The JSON of a stored scalar. Whatever a newer or a broken peer wrote, something readable comes out.
#[must_use]
pub fn to_json(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Null | ScalarValue::Unknown { .. } => Value::Null,
        ScalarValue::Boolean(yes) => Value::Bool(*yes),
        ScalarValue::Str(text) => Value::String(text.to_string()),
        ScalarValue::Int(whole) => Value::from(*whole),
        ScalarValue::Uint(whole) => Value::from(*whole),
        ScalarValue::F64(real) => {
            serde_json::Number::from_f64(*real).map_or(Value::Null, Value::Number)
        }
        ScalarValue::Counter(counter) => Value::from(i64::from(counter)),
        ScalarValue::Timestamp(millis) => Timestamp::from_millisecond(*millis)
            .map_or(Value::Null, |at| Value::String(at.to_string())),
        ScalarValue::Bytes(bytes) => bytes_to_json(bytes),
    }
}

/// JSON nested deeper than this is shown as nothing: the parser below recurses.
const JSON_MAX_DEPTH: usize = 32;

fn bytes_to_json(bytes: &[u8]) -> Value {
    let mut depth = 0usize;
    for byte in bytes {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_MAX_DEPTH {
            return Value::Null;
        }
    }
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

fn code(value: &Value) -> Checked {
    let code = value
        .as_str()
        .ok_or(Problem::WrongType("a code, as text"))?;
    if code.len() > codes::CODE_MAX_BYTES {
        return Err(Problem::TooLong(codes::CODE_MAX_BYTES));
    }
    if codes::is_code(code) {
        Ok(ScalarValue::Str(code.into()))
    } else {
        Err(Problem::WrongType("a code without control characters"))
    }
}

/// A code in the spelling of its list, or as it is where the list does not have it.
fn known_code(list: &'static codes::CodeList, value: &Value) -> Checked {
    match value.as_str().and_then(|text| list.find(text)) {
        Some(known) => Ok(ScalarValue::Str(known.into())),
        None => code(value),
    }
}

fn scope(value: &Value) -> Checked {
    let text = value
        .as_str()
        .ok_or(Problem::WrongType("a consent scope, as text"))?;
    spelling::scope(text)
        .map(|scope| ScalarValue::Str(scope.into()))
        .ok_or(Problem::UnknownScope)
}

fn note(value: &Value, max_letters: usize) -> Checked {
    let note = value.as_str().ok_or(Problem::WrongType("a text"))?;
    if text::fits(note, max_letters) {
        Ok(ScalarValue::Str(note.into()))
    } else {
        Err(Problem::TooManyLetters(max_letters))
    }
}

const INSTANT_FORM: &str = "an instant such as 2026-11-23T09:00:00Z";
const LOCAL_FORM: &str = "a local time such as 2026-11-22T23:30, or a date";

fn instant(value: &Value) -> Checked {
    let text = value.as_str().ok_or(Problem::WrongType(INSTANT_FORM))?;
    time::parse_instant(text)
        .map(|at| ScalarValue::Timestamp(at.as_millisecond()))
        .ok_or(Problem::ImpossibleTime(INSTANT_FORM))
}

fn age(value: &Value) -> Checked {
    if value.is_null() {
        return Ok(ScalarValue::Null);
    }
    match value.as_i64() {
        Some(years @ 0..=120) => Ok(ScalarValue::Int(years)),
        Some(_) => Err(Problem::OutOfRange("0 to 120 years")),
        None => Err(Problem::WrongType("whole years, or null")),
    }
}

fn occurred(value: &Value) -> Checked {
    let mut told = occurred_parts(value)?;
    local_time(told.get("at"))?;
    if let Some(precision) = told.get_mut("precision")
        && let ScalarValue::Str(known) = known_code(&codes::PRECISIONS, precision)?
    {
        *precision = Value::String(known.to_string());
    }
    unknown(&Value::Object(told))
}

fn occurred_parts(value: &Value) -> Result<Map<String, Value>, Problem> {
    let told = value
        .as_object()
        .ok_or(Problem::WrongType("an object with at and precision"))?;
    spelling::keys_of(told, &["at", "precision"]).map_err(|error| error.problem)
}

fn local_time(at: Option<&Value>) -> Result<(), Problem> {
    match at {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(at)) if time::parse_local(at).is_some() => Ok(()),
        Some(Value::String(_)) => Err(Problem::ImpossibleTime(LOCAL_FORM)),
        Some(_) => Err(Problem::WrongType(LOCAL_FORM)),
    }
}

/// Which part of a register's value [`register`] refuses, where it has parts.
#[must_use]
pub fn part_at_fault(kind: Kind, value: &Value) -> Option<&'static str> {
    let Kind::Occurred = kind else { return None };
    let told = occurred_parts(value).ok()?;
    if local_time(told.get("at")).is_err() {
        Some("at")
    } else if told
        .get("precision")
        .is_some_and(|precision| code(precision).is_err())
    {
        Some("precision")
    } else {
        None
    }
}
