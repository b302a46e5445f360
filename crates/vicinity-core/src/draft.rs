//! An incident as it is first logged: JSON in, a list of writes out. Only `reported_at` is required.

use std::collections::BTreeMap;

use automerge::ScalarValue;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::codes;
use crate::fields::{self, EntryMap};
use crate::remark::{self, About, Remark};
use crate::spelling;
use crate::value::{self, FieldError, KEY_MAX_BYTES, Problem, STATEMENT_MAX_BYTES};
use crate::write::Write;

/// A text, photo or sound. It is stored next to the document, never in it.
#[derive(Clone, PartialEq, Eq)]
pub struct StatementBody(pub Vec<u8>);

impl core::fmt::Debug for StatementBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "StatementBody({} bytes)", self.0.len())
    }
}

/// A statement still in clear: its entry goes into the document, its body does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementDraft {
    /// Its class, as `narrative`.
    pub class: String,
    /// What it says or shows.
    pub body: StatementBody,
}

/// A checked incident, ready to become a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub(crate) writes: Vec<Write>,
    pub(crate) statements: Vec<StatementDraft>,
    survivor_code: Option<String>,
}

impl Draft {
    /// Checks an incident in JSON form. `now` is used for `captured_at` and for consents without a time.
    ///
    /// # Errors
    /// The first value of a wrong type, impossible date or text over its limit, with its path; nothing of the incident
    /// is kept then.
    pub fn parse(json: &Value, now: Timestamp) -> Result<Self, FieldError> {
        let object = json
            .as_object()
            .ok_or_else(|| FieldError::new("incident", Problem::WrongType("a JSON object")))?;
        let object = spelling::keys(object, |key| spelling::name(key).map(str::to_owned))?;
        if object.get("reported_at").is_none_or(Value::is_null) {
            return Err(FieldError::new("reported_at", Problem::Missing));
        }
        let mut draft = Self {
            writes: Vec::new(),
            statements: Vec::new(),
            survivor_code: None,
        };
        for (key, value) in &object {
            draft.top_level(key, value, now)?;
        }
        if !object.contains_key("captured_at") {
            draft.writes.push(Write::Register {
                name: "captured_at".into(),
                value: ScalarValue::Timestamp(now.as_millisecond()),
            });
        }
        Ok(draft)
    }

    /// What was kept as it was written, because this version does not know it.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let unknown =
            |statement: &StatementDraft| !codes::STATEMENT_CLASSES.knows(&statement.class);
        let classes = self
            .statements
            .iter()
            .enumerate()
            .filter(|(_, statement)| unknown(statement));
        let classes = classes
            .map(|(at, _)| Remark::new(format!("statements[{at}].class"), About::UnknownCode));
        remark::of_writes(&self.writes)
            .into_iter()
            .chain(classes)
            .collect()
    }

    /// The programme's own code of the survivor, if one was given: it must be hashed with [`Draft::set_survivor_code`]
    /// before it enters the document, and is in no write until then.
    #[must_use]
    pub fn survivor_code(&self) -> Option<&str> {
        self.survivor_code.as_deref()
    }

    /// Puts the keyed hash of the survivor's code where the code was.
    pub fn set_survivor_code(&mut self, hash: &str) {
        self.writes.push(Write::Register {
            name: "survivor.code".into(),
            value: ScalarValue::Str(hash.into()),
        });
    }

    /// The field that makes the most of the change, for an incident that is too large. A value's place in the change
    /// weighs as much as 16 bytes: both limits are reached at once then.
    pub(crate) fn largest(&self) -> String {
        const PLACE: usize = 16;
        let fields = |fields: &[(String, ScalarValue)]| {
            PLACE
                + fields
                    .iter()
                    .map(|(key, value)| PLACE + key.len() + scalar_bytes(value))
                    .sum::<usize>()
        };
        let weight = |write: &Write| match write {
            Write::Register { name, value } => (name.clone(), PLACE + scalar_bytes(value)),
            Write::Add { set, code } | Write::Remove { set, code } => {
                (set.clone(), PLACE + code.len())
            }
            Write::Entry {
                map,
                fields: written,
                ..
            } => ((*map).to_owned(), fields(written)),
        };
        let statements = self
            .statements
            .iter()
            .map(|_| ("statements".to_owned(), 4 * PLACE));
        let mut weights: BTreeMap<String, usize> = BTreeMap::new();
        for (field, weight) in self.writes.iter().map(weight).chain(statements) {
            *weights.entry(field).or_default() += weight;
        }
        weights
            .into_iter()
            .max_by_key(|(_, weight)| *weight)
            .map_or_else(|| "incident".to_owned(), |(field, _)| field)
    }

    fn top_level(&mut self, key: &str, value: &Value, now: Timestamp) -> Result<(), FieldError> {
        match key {
            "place" | "survivor" => self.nested(key, value),
            "statements" => self.statements(value),
            "consents" => self.consents(value, now),
            "schema" | "status" | "transitions" | "id" | "clocks" | "conflicts" => Err(
                FieldError::new(key, Problem::NotThisWay("the program, not by logging")),
            ),
            _ if fields::entry_map(key).is_some() => self.entries(key, value, now),
            // Else a survivor's code could come in by another door than the one where it is hashed.
            _ if ["place", "survivor", "occurred"].iter().any(|outer| {
                key.split_once('.')
                    .is_some_and(|(first, _)| spelling::same(first, outer))
            }) =>
            {
                Err(FieldError::new(
                    key,
                    Problem::NotThisWay("its outer field, as an object"),
                ))
            }
            _ => self.register_or_set(key, key, value),
        }
    }

    fn nested(&mut self, outer: &str, value: &Value) -> Result<(), FieldError> {
        let object = value
            .as_object()
            .ok_or_else(|| FieldError::new(outer, Problem::WrongType("an object")))?;
        let inner = |key: &str| {
            spelling::name(&format!("{outer}.{key}"))?
                .strip_prefix(outer)?
                .strip_prefix('.')
                .map(str::to_owned)
        };
        for (key, value) in &spelling::keys(object, inner).map_err(|error| error.within(outer))? {
            let name = format!("{outer}.{key}");
            if name == "survivor.code" {
                self.take_survivor_code(value)?;
            } else {
                self.register_or_set(&name, &name, value)?;
            }
        }
        Ok(())
    }

    fn take_survivor_code(&mut self, value: &Value) -> Result<(), FieldError> {
        if value.is_null() {
            return Ok(());
        }
        value::register(fields::Kind::SurvivorCode, value)
            .map_err(|problem| FieldError::new("survivor.code", problem))?;
        self.survivor_code = value.as_str().map(str::to_owned);
        Ok(())
    }

    fn register_or_set(&mut self, name: &str, path: &str, value: &Value) -> Result<(), FieldError> {
        if let Some(set) = fields::SETS.iter().find(|set| set.name == name) {
            let codes = value
                .as_array()
                .ok_or_else(|| FieldError::new(path, Problem::WrongType("a list of codes")))?;
            for (at, code) in codes.iter().enumerate() {
                let code = parse_code_of(set, code)
                    .map_err(|problem| FieldError::new(format!("{path}[{at}]"), problem))?;
                self.writes.push(Write::Add {
                    set: set.name.into(),
                    code,
                });
            }
            return Ok(());
        }
        self.writes.push(parse_register(name, value)?);
        Ok(())
    }

    fn entries(&mut self, key: &str, value: &Value, now: Timestamp) -> Result<(), FieldError> {
        let map = fields::entry_map(key).ok_or_else(|| FieldError::new(key, Problem::BadKey))?;
        let entries = value
            .as_array()
            .ok_or_else(|| FieldError::new(key, Problem::WrongType("a list")))?;
        for (at, entry) in entries.iter().enumerate() {
            let path = format!("{key}[{at}]");
            let entry = entry
                .as_object()
                .ok_or_else(|| FieldError::new(path.clone(), Problem::WrongType("an object")))?;
            let entry = entry_keys(map, entry)
                .map(Value::Object)
                .map_err(|error| error.within(&path))?;
            let states = if map.name == "referrals" {
                Some(referral_states(&entry, now).map_err(|error| error.within(&path))?)
            } else {
                None
            };
            let fields = parse_entry(map, states.as_ref().unwrap_or(&entry), true)
                .map_err(|error| error.within(&path))?;
            self.writes.push(Write::Entry {
                map: map.name,
                id: None,
                fields,
            });
        }
        Ok(())
    }

    fn consents(&mut self, value: &Value, now: Timestamp) -> Result<(), FieldError> {
        let map = fields::entry_map("consents")
            .ok_or_else(|| FieldError::new("consents", Problem::BadKey))?;
        let list = value
            .as_array()
            .ok_or_else(|| FieldError::new("consents", Problem::WrongType("a list of scopes")))?;
        for (at, consent) in list.iter().enumerate() {
            let path = format!("consents[{at}]");
            let mut object = match consent {
                Value::Object(object) => {
                    entry_keys(map, object).map_err(|error| error.within(&path))?
                }
                Value::String(_) => Map::from_iter([("scope".to_owned(), consent.clone())]),
                _ => {
                    return Err(FieldError::new(
                        path,
                        Problem::WrongType("a scope, or an object with a scope"),
                    ));
                }
            };
            object.entry("state").or_insert_with(|| "granted".into());
            object.entry("at").or_insert_with(|| now.to_string().into());
            consent_state(&object)
                .map_err(|problem| FieldError::new(format!("{path}.state"), problem))?;
            let fields = parse_entry(map, &Value::Object(object), true)
                .map_err(|error| error.within(&path))?;
            self.writes.push(Write::Entry {
                map: map.name,
                id: None,
                fields,
            });
        }
        Ok(())
    }

    fn statements(&mut self, value: &Value) -> Result<(), FieldError> {
        let list = value
            .as_array()
            .ok_or_else(|| FieldError::new("statements", Problem::WrongType("a list")))?;
        for (at, statement) in list.iter().enumerate() {
            self.statements.push(
                parse_statement(statement)
                    .map_err(|error| error.within(&format!("statements[{at}]")))?,
            );
        }
        Ok(())
    }
}

fn scalar_bytes(value: &ScalarValue) -> usize {
    match value {
        ScalarValue::Str(text) => text.len(),
        ScalarValue::Bytes(bytes) => bytes.len(),
        _ => 8,
    }
}

/// A register's write, known or unknown.
pub(crate) fn parse_register(name: &str, value: &Value) -> Result<Write, FieldError> {
    let known = fields::find(name);
    let scalar = match known {
        Some(field) => value::register(field.kind, value),
        None => check_key(name).and_then(|()| value::unknown(value)),
    };
    let path = || {
        known
            .and_then(|field| value::part_at_fault(field.kind, value))
            .map_or(name.to_owned(), |part| format!("{name}.{part}"))
    };
    let scalar = scalar.map_err(|problem| FieldError::new(path(), problem))?;
    Ok(Write::Register {
        name: name.to_owned(),
        value: scalar,
    })
}

/// An entry's object with its known keys in their own spelling. A referral also has what becomes a time of its own.
pub(crate) fn entry_keys(
    map: &EntryMap,
    object: &Map<String, Value>,
) -> Result<Map<String, Value>, FieldError> {
    let also: &[&str] = if map.name == "referrals" {
        &["id", "state", "at"]
    } else {
        &["id"]
    };
    let known: Vec<&str> = map
        .fields
        .iter()
        .map(|(name, _)| *name)
        .chain(also.iter().copied())
        .collect();
    spelling::keys_of(object, &known)
}

/// The state of a consent, granted or withdrawn. Any other word is refused: it would be neither, and would go unnoticed.
pub(crate) fn consent_state(consent: &Map<String, Value>) -> Result<String, Problem> {
    let state = parse_code(consent.get("state").ok_or(Problem::Missing)?)?;
    codes::CONSENT_STATES
        .find(&state)
        .map(str::to_owned)
        .ok_or(Problem::WrongType("granted or withdrawn"))
}

/// The fields of one entry, known and unknown. With `whole`, the entry map's first field must be there.
pub(crate) fn parse_entry(
    map: &EntryMap,
    entry: &Value,
    whole: bool,
) -> Result<Vec<(String, ScalarValue)>, FieldError> {
    let object = entry
        .as_object()
        .ok_or_else(|| FieldError::new(map.entry, Problem::WrongType("an object")))?;
    if let (true, Some((required, _))) = (whole, map.fields.first())
        && object.get(*required).is_none_or(Value::is_null)
    {
        return Err(FieldError::new(*required, Problem::Missing));
    }
    let mut fields = Vec::with_capacity(object.len());
    for (key, value) in object.iter().filter(|(key, _)| *key != "id") {
        let known = map.fields.iter().find(|(name, _)| name == key);
        let scalar = match (known, value) {
            (Some(_), Value::Null) => Ok(ScalarValue::Null),
            (Some((_, kind)), value) => value::entry(*kind, value),
            (None, value) => check_key(key).and_then(|()| value::unknown(value)),
        };
        fields.push((
            key.clone(),
            scalar.map_err(|problem| FieldError::new(key.clone(), problem))?,
        ));
    }
    Ok(fields)
}

/// A referral's `{"state", "at"}` as the time of that state. A time that is there already stays.
pub(crate) fn referral_states(referral: &Value, now: Timestamp) -> Result<Value, FieldError> {
    let mut body = referral
        .as_object()
        .ok_or_else(|| FieldError::new("referral", Problem::WrongType("an object")))?
        .clone();
    if let Some(state) = body.remove("state") {
        let state = parse_code(&state).map_err(|problem| FieldError::new("state", problem))?;
        let state = codes::REFERRAL_STATES.folded(&state).to_owned();
        let at = body.remove("at").unwrap_or_else(|| now.to_string().into());
        let other_field = fields::entry_map("referrals")
            .is_some_and(|map| map.fields.iter().any(|(name, _)| *name == state));
        if state == "id" || (other_field && !codes::REFERRAL_STATES.knows(&state)) {
            return Err(FieldError::new(
                "state",
                Problem::WrongType("sent, accepted, attended, completed or failed"),
            ));
        }
        body.entry(state).or_insert(at);
    }
    Ok(Value::Object(body))
}

/// A statement with its text.
pub(crate) fn parse_statement(json: &Value) -> Result<StatementDraft, FieldError> {
    let object = json
        .as_object()
        .ok_or_else(|| FieldError::new("statement", Problem::WrongType("an object")))?;
    let object = spelling::keys_of(object, &["class", "text"])?;
    let class = object
        .get("class")
        .ok_or_else(|| FieldError::new("class", Problem::Missing))?;
    let class = parse_code(class).map_err(|problem| FieldError::new("class", problem))?;
    let class = codes::STATEMENT_CLASSES.folded(&class).to_owned();
    let text = object
        .get("text")
        .ok_or_else(|| FieldError::new("text", Problem::Missing))?;
    let text = text
        .as_str()
        .ok_or_else(|| FieldError::new("text", Problem::WrongType("a text")))?;
    if text.len() > STATEMENT_MAX_BYTES {
        return Err(FieldError::new(
            "text",
            Problem::TooLong(STATEMENT_MAX_BYTES),
        ));
    }
    Ok(StatementDraft {
        class,
        body: StatementBody(text.as_bytes().to_vec()),
    })
}

/// A code, of any list.
pub(crate) fn parse_code(json: &Value) -> Result<String, Problem> {
    match value::entry(fields::EntryKind::AnyCode, json)? {
        ScalarValue::Str(code) => Ok(code.to_string()),
        _ => Err(Problem::WrongType("a code, as text")),
    }
}

/// A code of a set, in the spelling of its list if it is there.
pub(crate) fn parse_code_of(set: &fields::CodeSet, json: &Value) -> Result<String, Problem> {
    json.as_str()
        .and_then(|text| set.find(text))
        .map_or_else(|| parse_code(json), Ok)
}

fn check_key(key: &str) -> Result<(), Problem> {
    if key.is_empty() || key.len() > KEY_MAX_BYTES || key.chars().any(char::is_control) {
        Err(Problem::BadKey)
    } else {
        Ok(())
    }
}
