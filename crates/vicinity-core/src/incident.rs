//! The read view of an incident: canonical JSON with typed, forgiving access.
//!
//! The view is the JSON tree itself, so that it can be cached as a row, compared byte for byte between devices, and
//! keep what a newer peer wrote. Nothing here fails: a field of a shape this version does not expect reads as
//! missing, and stays in the tree. A known code reads as itself in whatever spelling it was written, except for consents: a
//! word that is nearly a grant is none.

use std::collections::BTreeSet;

use automerge::{Automerge, ObjType, ROOT, ReadDoc, ScalarValue, ValueRef};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::codes::{self, CodeList};
use crate::fields::{self, EntryKind, Kind};
use crate::ids::{Actor, ChangeHash};
use crate::reading::{Moment, Reading, Written};
use crate::time::{self, LocalTime, Precision, TimeZone};
use crate::value;
use crate::zone::{self, Zones};

/// The facts of an incident, and how their times are read. Its `Debug` shows no facts.
#[derive(Clone)]
pub struct Incident {
    json: Map<String, Value>,
    disputes: Vec<Dispute>,
    reading: Reading,
}

/// Two that say the same are equal, wherever they are read.
impl PartialEq for Incident {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json && self.disputes == other.disputes
    }
}

impl core::fmt::Debug for Incident {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Incident({} fields, {} conflicts)",
            self.json.len(),
            self.disputes.len()
        )
    }
}

/// A register that holds more than one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispute {
    /// The register, as `danger_now` or `perpetrators.k3J9xQ2m-2.kind`.
    pub field: String,
    /// The values, the one that shows first.
    pub claims: Vec<Claim>,
}

/// One side of a conflict.
#[derive(Clone, PartialEq)]
pub struct Claim {
    /// What it says.
    pub value: Value,
    /// When, by the writing device's clock.
    pub at: Option<Timestamp>,
    /// The change that wrote it: whose device that was, its holder knows.
    pub change: Option<ChangeHash>,
    /// The actor that wrote it.
    pub actor: Option<Actor>,
}

impl core::fmt::Debug for Claim {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Claim({:?})", self.change)
    }
}

impl Incident {
    pub(crate) fn read(doc: &Automerge) -> Self {
        let mut incident = Self {
            json: Map::new(),
            disputes: Vec::new(),
            reading: Reading::default(),
        };
        for item in doc.map_range(ROOT, ..) {
            let conflict = item.conflict;
            let value = match item.value {
                ValueRef::Object(ObjType::Map) => {
                    let id = item.id();
                    incident.read_container(doc, &item.key, &id)
                }
                ValueRef::Object(_) => continue,
                ValueRef::Scalar(ref scalar) => folded(
                    list_of(&item.key),
                    value::to_json(&ScalarValue::from(scalar)),
                ),
            };
            if conflict {
                incident.dispute(
                    doc,
                    &ROOT,
                    &item.key,
                    item.key.to_string(),
                    list_of(&item.key),
                );
            }
            incident.put(&item.key, value);
        }
        incident
    }

    /// Puts a value where the JSON form has it: `place.area` is nested, `motives` is not.
    fn put(&mut self, name: &str, value: Value) {
        for outer in ["place", "survivor"] {
            if let Some(inner) = name
                .strip_prefix(outer)
                .and_then(|rest| rest.strip_prefix('.'))
            {
                let nested = self
                    .json
                    .entry(outer)
                    .or_insert_with(|| Value::Object(Map::new()));
                if !nested.is_object() {
                    // A register of a broken peer's, named like the group: it must not hide the group.
                    *nested = Value::Object(Map::new());
                }
                if let Value::Object(nested) = nested {
                    nested.insert(inner.to_owned(), value);
                }
                return;
            }
        }
        self.json.insert(name.to_owned(), value);
    }

    fn read_container(&mut self, doc: &Automerge, name: &str, id: &automerge::ObjId) -> Value {
        if let Some(set) = fields::SETS.iter().find(|set| set.name == name) {
            let codes: BTreeSet<String> = doc
                .map_range(id, ..)
                .map(|item| set.folded(&item.key))
                .collect();
            return Value::Array(codes.into_iter().map(Value::String).collect());
        }
        let mut entries = Vec::new();
        for item in doc.map_range(id, ..) {
            if let ValueRef::Object(ObjType::Map) = item.value {
                let entry = item.id();
                entries.push(Value::Object(self.read_entry(doc, name, &item.key, &entry)));
            }
        }
        entries.sort_by(|left, right| entry_order(left).cmp(&entry_order(right)));
        Value::Array(entries)
    }

    fn read_entry(
        &mut self,
        doc: &Automerge,
        map: &str,
        key: &str,
        id: &automerge::ObjId,
    ) -> Map<String, Value> {
        let known = fields::entry_map(map)
            .filter(|map| map.name != "consents")
            .map_or(&[][..], |map| map.fields);
        let list_of = |field: &str| match known.iter().find(|(name, _)| *name == field) {
            Some((_, EntryKind::Code(list))) => Some(*list),
            _ => None,
        };
        let mut entry = Map::new();
        for item in doc.map_range(id, ..) {
            if let ValueRef::Scalar(ref scalar) = item.value {
                if item.conflict {
                    self.dispute(
                        doc,
                        id,
                        &item.key,
                        format!("{map}.{key}.{}", item.key),
                        list_of(&item.key),
                    );
                }
                entry.insert(
                    item.key.to_string(),
                    folded(
                        list_of(&item.key),
                        value::to_json(&ScalarValue::from(scalar)),
                    ),
                );
            }
        }
        entry.insert("id".into(), key.into());
        entry
    }

    fn dispute(
        &mut self,
        doc: &Automerge,
        object: &automerge::ObjId,
        key: &str,
        field: String,
        list: Option<&'static CodeList>,
    ) {
        let mut claims: Vec<Claim> = doc
            .get_all(object, key)
            .unwrap_or_default()
            .into_iter()
            .map(|(value, op)| claim(doc, list, &value, &op))
            .collect();
        claims.reverse();
        if claims.windows(2).any(|pair| pair[0].value != pair[1].value) {
            self.disputes.push(Dispute { field, claims });
        }
    }

    /// The registers that hold more than one value, by path.
    #[must_use]
    pub fn disputes(&self) -> &[Dispute] {
        &self.disputes
    }

    /// The facts alone, without what was derived from them.
    #[must_use]
    pub fn facts(&self) -> &Map<String, Value> {
        &self.json
    }

    /// A register's value, by its dotted name.
    #[must_use]
    pub fn register(&self, name: &str) -> Option<&Value> {
        match name.split_once('.') {
            Some((outer @ ("place" | "survivor"), inner)) => self.json.get(outer)?.get(inner),
            _ => self.json.get(name),
        }
    }

    /// Every value a register may have: all sides of its conflict, or the one it holds, or none.
    pub fn claims<'a>(&'a self, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let claims = self
            .disputes
            .iter()
            .find(|dispute| dispute.field == field)
            .map(|dispute| dispute.claims.as_slice());
        let single = if claims.is_none() {
            self.register(field)
        } else {
            None
        };
        claims
            .unwrap_or_default()
            .iter()
            .map(|claim| &claim.value)
            .chain(single)
    }

    /// Whether any side of a register says this code.
    #[must_use]
    pub fn may_be(&self, field: &str, code: &str) -> bool {
        self.claims(field).any(|value| value.as_str() == Some(code))
    }

    /// When it happened, as reported, unless that is impossible. A time without a precision counts as the day.
    #[must_use]
    pub fn occurred(&self) -> Option<(LocalTime, Precision)> {
        let (local, precision) = told_time(self.register("occurred")?)?;
        self.span_of(local, precision)?;
        Some((local, precision))
    }

    /// The zones in which its local times may be meant.
    #[must_use]
    pub fn zones(&self) -> Zones {
        Zones::of_place(
            self.text("place.zone"),
            self.reading.zone.as_ref(),
            self.text("place.area"),
        )
    }

    /// The zone in which people at the hub live: the hub's, else of its area, else UTC.
    #[must_use]
    pub fn local_zone(&self) -> TimeZone {
        let there = || {
            zone::of_area(self.text("place.area").unwrap_or_default())
                .first()
                .copied()
                .and_then(zone::named)
        };
        self.reading
            .zone
            .clone()
            .or_else(there)
            .unwrap_or(TimeZone::UTC)
    }

    /// The earliest and the latest instant of a reported time; `None` if that is impossible.
    fn span_of(&self, local: LocalTime, precision: Precision) -> Option<(Timestamp, Timestamp)> {
        time::window(local, precision, &self.zones())
            .filter(|(earliest, latest)| self.reading.can_be(*earliest, *latest))
    }

    /// When it was reported: the corrected time, if there is one.
    #[must_use]
    pub fn reported(&self) -> Option<Moment> {
        let read = |name: &str| match self.moment(name)? {
            moment if moment.at().is_some_and(|at| self.reading.can_be(at, at)) => Some(moment),
            _ => Some(Moment::Impossible),
        };
        read(fields::REPORTED_CORRECTED)
            .filter(|moment| *moment != Moment::Impossible)
            .or_else(|| read("reported_at"))
    }

    /// When it was reported, sure or not.
    #[must_use]
    pub fn reported_at(&self) -> Option<Timestamp> {
        self.reported()?.at()
    }

    /// Times that cannot be right, by their register: they count as unknown until they are corrected.
    #[must_use]
    pub fn impossible_times(&self) -> Vec<&'static str> {
        let occurred = self
            .register("occurred")
            .and_then(told_time)
            .filter(|(local, precision)| self.span_of(*local, *precision).is_none());
        let reported = self
            .reported()
            .filter(|moment| *moment == Moment::Impossible);
        occurred
            .map(|_| "occurred")
            .into_iter()
            .chain(reported.map(|_| "reported_at"))
            .collect()
    }

    /// The earliest and the latest instant at which it can have happened, whichever side of a conflict is right.
    /// `None` where one side does not know, or says what cannot be.
    #[must_use]
    pub fn occurred_window(&self) -> Option<(Timestamp, Timestamp)> {
        let mut whole: Option<(Timestamp, Timestamp)> = None;
        for told in self.claims("occurred") {
            let (local, precision) = told_time(told)?;
            let (earliest, latest) = self.span_of(local, precision)?;
            whole = Some(whole.map_or((earliest, latest), |(first, last)| {
                (first.min(earliest), last.max(latest))
            }));
        }
        whole
    }

    /// A register's text: a code, a time or a hash.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.register(name)?.as_str()
    }

    /// A register's instant, as it was written.
    #[must_use]
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        time::parse_instant(self.text(name)?)
    }

    /// A register's instant, as it is read.
    #[must_use]
    pub fn moment(&self, name: &str) -> Option<Moment> {
        let written = self.instant(name)?;
        Some(
            self.reading
                .times
                .get(name)
                .copied()
                .unwrap_or(Moment::Sure(written)),
        )
    }

    /// A set's codes.
    pub fn codes(&self, set: &str) -> impl Iterator<Item = &str> {
        self.register(set)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// Whether a set holds a code.
    #[must_use]
    pub fn has(&self, set: &str, code: &str) -> bool {
        self.codes(set).any(|held| held == code)
    }

    /// The entries of a map, in the order of their first time and id.
    pub fn entries<'a>(&'a self, map: &str) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        self.json
            .get(map)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|json| Entry {
                json,
                reading: &self.reading,
            })
    }

    /// The view back from its facts and conflicts, as a store's row holds them.
    #[must_use]
    pub fn from_row(facts: Value, disputes: Vec<Dispute>) -> Self {
        let json = if let Value::Object(json) = facts {
            json
        } else {
            Map::new()
        };
        Self {
            json,
            disputes,
            reading: Reading::default(),
        }
    }

    /// The same, its times read by what a hub knows.
    #[must_use]
    pub fn read_by(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// How its times are read.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }
}

/// One entry of a log, or one perpetrator.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    json: &'a Map<String, Value>,
    reading: &'a Reading,
}

impl<'a> Entry<'a> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.text("id").unwrap_or_default()
    }

    /// A field's text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.json.get(key)?.as_str()
    }

    /// A field's instant, as it was written.
    #[must_use]
    pub fn instant(&self, key: &str) -> Option<Timestamp> {
        time::parse_instant(self.text(key)?)
    }

    /// A field's instant, as it is read.
    #[must_use]
    pub fn moment(&self, key: &str) -> Option<Moment> {
        let written = self.instant(key)?;
        let times = &self.reading.times;
        let otherwise = if times.is_empty() {
            None
        } else {
            times.get(&format!("{}.{key}", self.id()))
        };
        Some(otherwise.copied().unwrap_or(Moment::Sure(written)))
    }

    /// The entry as JSON.
    #[must_use]
    pub fn json(&self) -> &'a Map<String, Value> {
        self.json
    }
}

/// The times that a document holds, with the changes that wrote them. Of a conflict the side that shows counts.
pub(crate) fn written(doc: &Automerge) -> Vec<Written> {
    let mut all = Vec::new();
    let mut note = |place: String, value: &ValueRef<'_>, op: &automerge::ObjId| {
        if let ValueRef::Scalar(scalar) = value
            && let ScalarValue::Timestamp(at) = ScalarValue::from(scalar)
            && let (Ok(at), Some(hash)) = (Timestamp::from_millisecond(at), doc.hash_for_opid(op))
        {
            all.push(Written {
                place,
                at,
                change: ChangeHash(hash.0),
            });
        }
    };
    for item in doc.map_range(ROOT, ..) {
        if !matches!(item.value, ValueRef::Object(ObjType::Map)) {
            note(item.key.to_string(), &item.value, &item.id());
            continue;
        }
        for entry in doc
            .map_range(item.id(), ..)
            .filter(|entry| matches!(entry.value, ValueRef::Object(ObjType::Map)))
        {
            for field in doc.map_range(entry.id(), ..) {
                note(
                    format!("{}.{}", entry.key, field.key),
                    &field.value,
                    &field.id(),
                );
            }
        }
    }
    all
}

fn told_time(occurred: &Value) -> Option<(LocalTime, Precision)> {
    let local = time::parse_local(occurred.get("at")?.as_str()?)?;
    let precision = match occurred.get("precision") {
        None | Some(Value::Null) => Precision::Day,
        Some(code) => Precision::from_code(code.as_str().unwrap_or_default()),
    };
    (precision != Precision::Unknown).then_some((local, precision))
}

/// Sorts entries by their reported time, then by id: the same order on every device.
fn entry_order(entry: &Value) -> (&str, &str) {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let at = ["at", "offered_at", "asked_at", "due_at", "sent", "done_at"]
        .into_iter()
        .find_map(text);
    (at.unwrap_or(""), text("id").unwrap_or(""))
}

/// The list of a register's codes.
fn list_of(register: &str) -> Option<&'static CodeList> {
    if register == "status" {
        return Some(&codes::STATUSES);
    }
    match fields::find(register)?.kind {
        Kind::Code(list) => Some(list),
        _ => None,
    }
}

/// A value in the spelling of its list, if it has one that knows it.
fn folded(list: Option<&'static CodeList>, value: Value) -> Value {
    match list
        .zip(value.as_str())
        .and_then(|(list, text)| list.find(text))
    {
        Some(known) => Value::from(known),
        None => value,
    }
}

fn claim(
    doc: &Automerge,
    list: Option<&'static CodeList>,
    value: &automerge::Value<'_>,
    op: &automerge::ObjId,
) -> Claim {
    let value = match value {
        automerge::Value::Scalar(scalar) => folded(list, value::to_json(scalar)),
        automerge::Value::Object(_) => Value::Null,
    };
    let hash = doc.hash_for_opid(op);
    let meta = hash.and_then(|hash| doc.get_change_meta_by_hash(&hash));
    Claim {
        value,
        at: meta
            .as_ref()
            .and_then(|meta| Timestamp::from_second(meta.timestamp).ok()),
        change: hash.map(|hash| ChangeHash(hash.0)),
        actor: meta.and_then(|meta| meta.actor.to_bytes().try_into().ok()),
    }
}
