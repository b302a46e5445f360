//! What a change did: the difference between an incident before and after it, field by field. Every difference is shown, including fields from
//! a newer version and values that are gone.

use serde_json::{Map, Value};

use crate::incident::Incident;

/// Characters of the longest value that is shown.
const SHOWN_MAX_CHARS: usize = 200;

/// One thing that a change did.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Wrote a field.
    Set {
        /// Its name, with a dot where the JSON form nests.
        field: String,
        /// What it says now.
        value: Value,
    },
    /// Put a code into a set.
    Added {
        /// The set.
        set: String,
        /// The code.
        code: String,
    },
    /// Took a code out of a set.
    Removed {
        /// The set.
        set: String,
        /// The code.
        code: String,
    },
    /// Added an entry to a log, or changed one.
    Entry {
        /// The log.
        map: String,
        /// Whether it was not there before.
        new: bool,
        /// Its new and changed fields, without the id. A field that is gone is null.
        fields: Map<String, Value>,
    },
}

/// The differences between two views of an incident, ordered by field name; fields that are gone come last, as null.
#[must_use]
pub fn deeds(before: Option<&Incident>, after: &Incident) -> Vec<Deed> {
    let nothing = Map::new();
    let mut deeds = Vec::new();
    compare(
        "",
        before.map_or(&nothing, Incident::facts),
        after.facts(),
        &mut deeds,
    );
    deeds
}

fn compare(
    prefix: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    deeds: &mut Vec<Deed>,
) {
    for (name, value) in after {
        let old = before.get(name);
        if old == Some(value) {
            continue;
        }
        let field = format!("{prefix}{name}");
        match value {
            Value::Object(inner) if ["place", "survivor"].contains(&field.as_str()) => {
                let nothing = Map::new();
                compare(
                    &format!("{field}."),
                    old.and_then(Value::as_object).unwrap_or(&nothing),
                    inner,
                    deeds,
                );
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                entries(&field, old, items, deeds)
            }
            Value::Array(items) => codes(&field, old, items, deeds),
            value => deeds.push(Deed::Set {
                field,
                value: shown(value),
            }),
        }
    }
    let gone = before
        .iter()
        .filter(|(name, value)| !after.contains_key(*name) && !is_nothing(value));
    deeds.extend(gone.map(|(name, _)| Deed::Set {
        field: format!("{prefix}{name}"),
        value: Value::Null,
    }));
}

/// Whether a value is empty, as if it were not there.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(inner) => inner.is_empty(),
        _ => false,
    }
}

fn codes(set: &str, old: Option<&Value>, items: &[Value], deeds: &mut Vec<Deed>) {
    let old: Vec<&str> = old
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let new: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let added = new
        .iter()
        .filter(|code| !old.contains(code))
        .map(|code| Deed::Added {
            set: set.to_owned(),
            code: (*code).to_owned(),
        });
    let removed = old
        .iter()
        .filter(|code| !new.contains(code))
        .map(|code| Deed::Removed {
            set: set.to_owned(),
            code: (*code).to_owned(),
        });
    deeds.extend(added.chain(removed));
}

fn entries(map: &str, old: Option<&Value>, items: &[Value], deeds: &mut Vec<Deed>) {
    let old: Vec<&Map<String, Value>> = old
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let nothing = Map::new();
    let is_here = |known: &&&Map<String, Value>| {
        let mut entries = items.iter().filter_map(Value::as_object);
        entries.any(|entry| entry.get("id") == known.get("id"))
    };
    let gone = old.iter().filter(|known| !is_here(known));
    deeds.extend(gone.map(|known| Deed::Entry {
        map: map.to_owned(),
        new: false,
        fields: changed(known, &nothing),
    }));
    for entry in items.iter().filter_map(Value::as_object) {
        let known = old.iter().find(|known| known.get("id") == entry.get("id"));
        let fields = changed(known.copied().unwrap_or(&nothing), entry);
        if !fields.is_empty() || known.is_none() {
            deeds.push(Deed::Entry {
                map: map.to_owned(),
                new: known.is_none(),
                fields,
            });
        }
    }
}

/// Fields of an entry that are new, changed, or gone.
fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let value =
        |of: &Map<String, Value>, name: &str| of.get(name).map_or(Value::Null, Value::clone);
    before
        .keys()
        .chain(after.keys())
        .filter(|name| *name != "id" && value(before, name) != value(after, name))
        .map(|name| (name.clone(), shown(&value(after, name))))
        .collect()
}

/// Shortens a long text for display: a faulty peer may send any length.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > SHOWN_MAX_CHARS => {
            Value::String(text.chars().take(SHOWN_MAX_CHARS).chain(['…']).collect())
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn incident(facts: Value) -> Incident {
        Incident::from_row(facts, Vec::new())
    }

    #[test]
    fn what_was_written_added_and_removed_is_told_field_by_field() {
        let before = incident(json!({
            "danger_now": "no", "survivor": {"gender": "man", "populations": ["msw"]}, "violations": ["rape"],
            "referrals": [{"id": "a-1", "service": "shelter", "sent": "2026-11-23T09:00:00Z"}], "actions": []
        }));
        let after = incident(json!({
            "danger_now": "yes", "survivor": {"gender": "man", "populations": ["msw", "migrant"]}, "violations": ["stalking"], "newer": 3,
            "referrals": [{"id": "a-1", "service": "shelter", "sent": "2026-11-23T09:00:00Z", "accepted": "2026-11-23T10:00:00Z"}],
            "actions": [{"id": "b-1", "code": "pep_start", "by": null}]
        }));
        let fields = |value: Value| value.as_object().unwrap().clone();
        assert_eq!(
            deeds(Some(&before), &after),
            [
                Deed::Entry {
                    map: "actions".into(),
                    new: true,
                    fields: fields(json!({"code": "pep_start"}))
                },
                Deed::Set {
                    field: "danger_now".into(),
                    value: json!("yes")
                },
                Deed::Set {
                    field: "newer".into(),
                    value: json!(3)
                },
                Deed::Entry {
                    map: "referrals".into(),
                    new: false,
                    fields: fields(json!({"accepted": "2026-11-23T10:00:00Z"}))
                },
                Deed::Added {
                    set: "survivor.populations".into(),
                    code: "migrant".into()
                },
                Deed::Added {
                    set: "violations".into(),
                    code: "stalking".into()
                },
                Deed::Removed {
                    set: "violations".into(),
                    code: "rape".into()
                },
            ]
        );
    }

    #[test]
    fn what_did_not_change_is_not_told_and_long_texts_are_cut() {
        let same = incident(json!({"danger_now": "no"}));
        assert_eq!(deeds(Some(&same), &same), []);
        let long = incident(json!({"note": "x".repeat(1000)}));
        let Some(Deed::Set { value, .. }) = deeds(None, &long).pop() else {
            panic!("a field was written")
        };
        assert_eq!(value.as_str().unwrap().chars().count(), SHOWN_MAX_CHARS + 1);
    }

    #[test]
    fn what_is_gone_is_shown_as_null() {
        let before = incident(json!({
            "danger_now": "no", "violations": ["rape"], "survivor": {"gender": "man"},
            "actions": [{"id": "a-1", "code": "shelter", "outcome": "done"}, {"id": "a-2", "code": "pep_start"}]
        }));
        let after = incident(json!({
            "survivor": {}, "actions": [{"id": "a-1", "code": "shelter", "outcome": null}]
        }));
        let set = |field: &str| Deed::Set {
            field: field.into(),
            value: Value::Null,
        };
        let entry = |gone: Value| Deed::Entry {
            map: "actions".into(),
            new: false,
            fields: gone.as_object().unwrap().clone(),
        };
        assert_eq!(
            deeds(Some(&before), &after),
            [
                entry(json!({"code": null})),
                entry(json!({"outcome": null})),
                set("survivor.gender"),
                set("danger_now"),
                set("violations"),
            ]
        );
    }
}
