//! Edits: a person's commands on named keys. One edit becomes one change.

use jiff::Timestamp;
use serde_json::{Map, Value};

use automerge::ScalarValue;

use crate::codes;
use crate::draft::{self, StatementBody, StatementDraft};
use crate::fields::{self, Merge};
use crate::ids::IncidentId;
use crate::remark::{self, About, Remark};
use crate::spelling;
use crate::value::{self, ATTACHMENT_MAX_BYTES, FieldError, Problem};
use crate::write::Write;

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Writes a register; this is also how a conflict is resolved.
    Set(SetRegister),
    /// Adds a code to a set.
    Add(CodeOfSet),
    /// Removes a code from a set, or takes a link back.
    Remove(CodeOfSet),
    /// Adds an entry (perpetrator, action, referral, follow-up), or completes the one whose id is given.
    Entry(EntryEdit),
    /// Moves the status.
    Transition(EntryEdit),
    /// Grants or withdraws a consent.
    Consent(EntryEdit),
    /// Adds a statement; its text is kept beside the document.
    Statement(StatementDraft),
    /// Links to another incident.
    Link(CodeOfSet),
    /// Raises the triage, or lowers it with a reason.
    Triage(TriageOverride),
}

/// The write of one register.
#[derive(Debug, Clone, PartialEq)]
pub struct SetRegister {
    pub(crate) field: String,
    pub(crate) value: ScalarValue,
}

/// A code of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeOfSet {
    pub(crate) set: String,
    pub(crate) code: String,
}

/// Fields of a new entry, or of the one with that id.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryEdit {
    pub(crate) map: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) fields: Vec<(String, ScalarValue)>,
}

/// A triage that a person decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageOverride {
    pub(crate) level: String,
    pub(crate) reason: Option<String>,
}

const EDIT_NAMES: &str = "one of set, add, remove, perpetrator, action, referral, followup, transition, consent, statement, link, unlink, triage, answer";

/// Each edit with the keys that it has, or the map of the entries that it writes.
const EDITS: [(&str, &[&str], Option<&str>); 14] = [
    ("set", &["field", "value"], None),
    ("add", &["set", "code"], None),
    ("remove", &["set", "code"], None),
    ("perpetrator", &[], Some("perpetrators")),
    ("action", &[], Some("actions")),
    ("referral", &[], Some("referrals")),
    ("followup", &[], Some("followups")),
    ("transition", &[], Some("transitions")),
    ("consent", &[], Some("consents")),
    ("statement", &["class", "text"], None),
    ("link", &["kind", "to"], None),
    ("unlink", &["kind", "to"], None),
    ("triage", &["level", "reason"], None),
    ("answer", &[], Some("queries")),
];

impl EntryEdit {
    /// What an edit of such an entry is called.
    fn name(&self) -> &'static str {
        EDITS
            .iter()
            .find(|(.., map)| *map == Some(self.map))
            .map_or("edit", |(name, ..)| name)
    }

    /// Whether this is a question of national's.
    pub(crate) fn asks(&self) -> bool {
        self.map == "queries" && self.fields.iter().any(|(key, _)| key == "question")
    }
}

impl Edit {
    /// Checks a JSON list of edits. An edit without a time gets `now`.
    ///
    /// # Errors
    /// The first edit that is malformed, with its place in the list and the field's path.
    pub fn parse_list(json: &Value, now: Timestamp) -> Result<Vec<Self>, FieldError> {
        let list = json
            .as_array()
            .ok_or_else(|| FieldError::new("edits", Problem::WrongType("a JSON list of edits")))?;
        list.iter()
            .enumerate()
            .map(|(at, edit)| {
                Self::parse(edit, now).map_err(|error| error.within(&format!("edits[{at}]")))
            })
            .collect()
    }

    /// Checks one edit in JSON form.
    ///
    /// # Errors
    /// A malformed edit, with the field's path.
    pub fn parse(json: &Value, now: Timestamp) -> Result<Self, FieldError> {
        let object = json.as_object().filter(|object| object.len() == 1);
        let Some((name, body)) = object.and_then(|object| object.iter().next()) else {
            return Err(FieldError::new(
                "edit",
                Problem::WrongType("an object with one key, as {\"set\": …}"),
            ));
        };
        // The name is not repeated: what a person typed in the wrong place may be about a survivor.
        let unknown = || FieldError::new("edit", Problem::WrongType(EDIT_NAMES));
        let name =
            spelling::find(name, EDITS.iter().map(|(name, ..)| *name)).ok_or_else(unknown)?;
        let edit = folded(name, body)
            .map(|body| Self::parse_named(name, &body, now))
            .map_err(|error| error.within(name))?;
        edit.ok_or_else(unknown)?
            .map_err(|error| error.within(name))
    }

    /// What this edit keeps as it was written, because this version does not know it.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let remark = |path: &str, about: Option<About>| {
            about
                .map(|about| Remark::new(path, about))
                .into_iter()
                .collect()
        };
        match self {
            Self::Set(set) => {
                let path = |about| {
                    if about == About::UnknownField {
                        "set.field"
                    } else {
                        "set.value"
                    }
                };
                remark::of_register(&set.field, &set.value)
                    .map(|remark| Remark::new(path(remark.about), remark.about))
                    .into_iter()
                    .collect()
            }
            Self::Add(code) => remark("add.code", remark::of_code(&code.set, &code.code)),
            Self::Link(code) => remark("link.kind", remark::of_code(&code.set, &code.code)),
            Self::Entry(entry) | Self::Transition(entry) | Self::Consent(entry) => {
                let Some(map) = fields::entry_map(entry.map) else {
                    return Vec::new();
                };
                remark::of_entry(map, &entry.fields)
                    .into_iter()
                    .map(|remark| remark.within(entry.name()))
                    .collect()
            }
            Self::Statement(statement) => remark(
                "statement.class",
                (!codes::STATEMENT_CLASSES.knows(&statement.class)).then_some(About::UnknownCode),
            ),
            // The document remarks on a code that the set does not hold.
            Self::Remove(_) | Self::Triage(_) => Vec::new(),
        }
    }

    /// The edit of that name; `None` if there is no such edit.
    fn parse_named(name: &str, body: &Value, now: Timestamp) -> Option<Result<Self, FieldError>> {
        Some(match name {
            "set" => parse_set(body).map(Self::Set),
            "add" => code_of_set(body).map(Self::Add),
            "remove" => code_of_set(body).map(Self::Remove),
            "perpetrator" => entry("perpetrators", body, None).map(Self::Entry),
            "action" => entry("actions", body, None).map(Self::Entry),
            "followup" => entry("followups", body, None).map(Self::Entry),
            "answer" => entry("queries", body, Some(("answered_at", now))).map(Self::Entry),
            "referral" => referral(body, now).map(Self::Entry),
            "transition" => transition(body, now).map(Self::Transition),
            "consent" => parse_consent(body, now).map(Self::Consent),
            "statement" => draft::parse_statement(body).map(Self::Statement),
            "link" => link(body).map(Self::Link),
            "unlink" => link(body).map(Self::Remove),
            "triage" => triage(body).map(Self::Triage),
            _ => return None,
        })
    }

    /// The edit that adds a photo or a sound as a statement. What is in it is the caller's to have looked at.
    ///
    /// # Errors
    /// More than [`ATTACHMENT_MAX_BYTES`].
    pub fn attachment(class: &str, body: Vec<u8>) -> Result<Self, FieldError> {
        if body.len() > ATTACHMENT_MAX_BYTES {
            return Err(FieldError::new(
                "statement.body",
                Problem::TooLong(ATTACHMENT_MAX_BYTES),
            ));
        }
        Ok(Self::Statement(StatementDraft {
            class: class.to_owned(),
            body: StatementBody(body),
        }))
    }

    /// The edit that resolves a conflict: it writes `value` to a register, or to an entry's field for a path such as
    /// `perpetrators.k3J9xQ2m-2.kind`.
    ///
    /// # Errors
    /// A value the field cannot hold.
    pub fn resolve(path: &str, value: &Value, now: Timestamp) -> Result<Self, FieldError> {
        let parts: Vec<&str> = path.splitn(3, '.').collect();
        if let [map, id, key] = parts[..]
            && let Some(map) = fields::entry_map(map)
        {
            let body = Value::Object(Map::from_iter([
                ("id".to_owned(), id.into()),
                (key.to_owned(), value.clone()),
            ]));
            return entry(map.name, &body, None).map(Self::Entry);
        }
        if path == "status" {
            let body = Value::Object(Map::from_iter([("to".to_owned(), value.clone())]));
            return transition(&body, now).map(Self::Transition);
        }
        if path == "triage" {
            return triage(value).map(Self::Triage);
        }
        let body = Value::Object(Map::from_iter([
            ("field".to_owned(), path.into()),
            ("value".to_owned(), value.clone()),
        ]));
        parse_set(&body).map(Self::Set)
    }

    /// The scope of the consent that this edit withdraws.
    #[must_use]
    pub fn withdraws(&self) -> Option<&str> {
        let Self::Consent(entry) = self else {
            return None;
        };
        let text = |name: &str| {
            entry
                .fields
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, value)| value.as_str())
        };
        text("scope").filter(|_| text("state") == Some("withdrawn"))
    }

    /// The edit that fills in the survivor's code, already hashed.
    #[must_use]
    pub fn survivor_code(hash: &str) -> Self {
        Self::Set(SetRegister {
            field: "survivor.code".into(),
            value: ScalarValue::Str(hash.into()),
        })
    }

    /// The programme's own code of the survivor, if this edit would write one: hash it first.
    #[must_use]
    pub fn survivor_code_in_clear(&self) -> Option<&str> {
        match self {
            Self::Set(SetRegister {
                field,
                value: ScalarValue::Str(code),
            }) if field == "survivor.code" => Some(code),
            _ => None,
        }
    }

    /// A question of national's, which only the hub writes.
    #[must_use]
    pub fn question(id: &str, question: &str, at: Timestamp) -> Self {
        Self::Entry(EntryEdit {
            map: "queries",
            id: Some(format!("q-{id}")),
            fields: vec![
                ("question".into(), ScalarValue::Str(question.into())),
                (
                    "asked_at".into(),
                    ScalarValue::Timestamp(at.as_millisecond()),
                ),
            ],
        })
    }
}

/// An edit's body with its known keys in their own spelling. What is no object is refused by the edit itself.
fn folded(name: &str, body: &Value) -> Result<Value, FieldError> {
    let Some(object) = body.as_object() else {
        return Ok(body.clone());
    };
    let (_, keys, map) = EDITS
        .iter()
        .find(|(known, ..)| *known == name)
        .copied()
        .unwrap_or_default();
    let object = match map.and_then(fields::entry_map) {
        Some(map) => draft::entry_keys(map, object)?,
        None => spelling::keys_of(object, keys)?,
    };
    Ok(Value::Object(object))
}

fn object<'a>(body: &'a Value, what: &'static str) -> Result<&'a Map<String, Value>, FieldError> {
    body.as_object()
        .ok_or_else(|| FieldError::new("edit", Problem::WrongType(what)))
}

fn required<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a Value, FieldError> {
    body.get(key)
        .ok_or_else(|| FieldError::new(key, Problem::Missing))
}

fn required_code(body: &Map<String, Value>, key: &str) -> Result<String, FieldError> {
    draft::parse_code(required(body, key)?).map_err(|problem| FieldError::new(key, problem))
}

fn parse_set(body: &Value) -> Result<SetRegister, FieldError> {
    let body = object(body, "an object with field and value")?;
    let field = required_code(body, "field")?;
    let field = spelling::name(&field).map_or(field, str::to_owned);
    let value = required(body, "value")?;
    check_settable(&field).map_err(|problem| FieldError::new(field.clone(), problem))?;
    if value.is_null() {
        return Ok(SetRegister {
            field,
            value: ScalarValue::Null,
        });
    }
    match draft::parse_register(&field, value) {
        Ok(Write::Register { name, value }) => Ok(SetRegister { field: name, value }),
        Ok(_) => Err(FieldError::new(field, Problem::BadKey)),
        Err(error) => Err(error),
    }
}

fn check_settable(field: &str) -> Result<(), Problem> {
    if fields::SETS.iter().any(|set| set.name == field) {
        return Err(Problem::NotThisWay("add and remove"));
    }
    match field {
        "status" => Err(Problem::NotThisWay("transition")),
        "occurred.at" | "occurred.precision" => Err(Problem::NotThisWay(
            "occurred as a whole, with at and precision",
        )),
        "clocks" | "conflicts" => Err(Problem::NotThisWay("the program, from what is known")),
        "triage" => Err(Problem::NotThisWay("triage")),
        "place" | "survivor" => Err(Problem::NotThisWay("its parts, as place.area")),
        "schema" | "id" => Err(Problem::Immutable),
        _ if fields::entry_map(field).is_some() => Err(Problem::NotThisWay(
            "an edit of its own, as action or consent",
        )),
        _ => Ok(()),
    }
}

/// Whether a register may be written only once.
pub(crate) fn is_immutable(field: &str) -> bool {
    fields::find(field).is_some_and(|field| field.merge == Merge::Immutable)
}

fn code_of_set(body: &Value) -> Result<CodeOfSet, FieldError> {
    let body = object(body, "an object with set and code")?;
    let set = required_code(body, "set")?;
    // People say populations for survivor.populations, as the JSON form nests it.
    let name = match spelling::name(&set) {
        Some("populations") => "survivor.populations",
        name => name.unwrap_or_default(),
    };
    let Some(set) = fields::SETS
        .iter()
        .find(|known| known.name == name && name != "links")
    else {
        return Err(FieldError::new(
            "set",
            Problem::WrongType("violations, survivor.populations, motives or needs"),
        ));
    };
    let code = draft::parse_code_of(set, required(body, "code")?)
        .map_err(|problem| FieldError::new("code", problem))?;
    Ok(CodeOfSet {
        set: name.to_owned(),
        code,
    })
}

fn entry(
    map: &'static str,
    body: &Value,
    default_time: Option<(&str, Timestamp)>,
) -> Result<EntryEdit, FieldError> {
    let known = fields::entry_map(map).ok_or_else(|| FieldError::new(map, Problem::BadKey))?;
    let mut body = object(body, "an object")?.clone();
    let id = match body.remove("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(FieldError::new("id", Problem::WrongType("an entry's id"))),
    };
    if let Some((key, now)) = default_time {
        body.entry(key).or_insert_with(|| now.to_string().into());
    }
    let fields = draft::parse_entry(known, &Value::Object(body), id.is_none())?;
    Ok(EntryEdit { map, id, fields })
}

/// `{"service", "state", "at"}` becomes the time of that state in the referral's entry.
fn referral(body: &Value, now: Timestamp) -> Result<EntryEdit, FieldError> {
    entry("referrals", &draft::referral_states(body, now)?, None)
}

/// A transition is a new entry each time: an id would leave it without the status it leads to.
fn transition(body: &Value, now: Timestamp) -> Result<EntryEdit, FieldError> {
    let mut body = object(body, "an object with to")?.clone();
    body.remove("id");
    entry("transitions", &Value::Object(body), Some(("at", now)))
}

fn parse_consent(body: &Value, now: Timestamp) -> Result<EntryEdit, FieldError> {
    let object = object(body, "an object with scope and state")?;
    draft::consent_state(object).map_err(|problem| FieldError::new("state", problem))?;
    let mut body = object.clone();
    body.remove("id");
    entry("consents", &Value::Object(body), Some(("at", now)))
}

fn link(body: &Value) -> Result<CodeOfSet, FieldError> {
    let body = object(body, "an object with kind and to")?;
    let kind = required_code(body, "kind")?;
    let kind = codes::LINK_KINDS.folded(&kind);
    let to: IncidentId = required_code(body, "to")?
        .parse()
        .map_err(|_| FieldError::new("to", Problem::WrongType("an incident's id")))?;
    let code = format!("{kind}:{to}");
    if code.len() > codes::CODE_MAX_BYTES {
        return Err(FieldError::new(
            "kind",
            Problem::TooLong(codes::CODE_MAX_BYTES),
        ));
    }
    Ok(CodeOfSet {
        set: "links".into(),
        code,
    })
}

fn triage(body: &Value) -> Result<TriageOverride, FieldError> {
    let body = object(body, "an object with level and reason")?;
    let level = required_code(body, "level")?;
    let level = codes::TRIAGE_LEVELS
        .find(&level)
        .ok_or_else(|| FieldError::new("level", Problem::WrongType("red, amber or green")))?
        .to_owned();
    let reason = match body.get("reason") {
        None | Some(Value::Null) => None,
        Some(reason) => match value::entry(fields::EntryKind::Note, reason)
            .map_err(|problem| FieldError::new("reason", problem))?
        {
            ScalarValue::Str(text) if !text.trim().is_empty() => Some(text.to_string()),
            _ => None,
        },
    };
    Ok(TriageOverride { level, reason })
}
