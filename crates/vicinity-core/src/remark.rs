//! Remarks on values that were stored as they were written and may be mistakes. A remark holds the path and never the value.

use core::fmt;
use std::collections::BTreeMap;

use automerge::ScalarValue;

use crate::codes;
use crate::fields::{self, EntryKind, EntryMap, Kind};
use crate::value;
use crate::write::Write;

/// A remark on what was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The field's path, as `perpetrators[0].kind`.
    pub path: String,
    /// The kind of remark.
    pub about: About,
}

/// The kinds of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// No field of this version.
    UnknownField,
    /// No code of this version.
    UnknownCode,
    /// A code was taken out of a set that did not hold it.
    NotInSet,
    /// A consent was withdrawn that this copy of the incident never had.
    NeverGranted,
}

impl Remark {
    /// A remark at a path.
    #[must_use]
    pub fn new(path: impl Into<String>, about: About) -> Self {
        Self {
            path: path.into(),
            about,
        }
    }

    /// The same remark seen from one level further out.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self {
            path: format!("{outer}.{}", self.path),
            about: self.about,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = match self.about {
            About::UnknownField => "no field that this version knows; kept as it is",
            About::UnknownCode => {
                "no code that this version knows; kept as it is, and counted nowhere"
            }
            About::NotInSet => "the set does not hold this code; nothing was taken out",
            About::NeverGranted => {
                "no grant of this scope is known here; the withdrawal was written all the same"
            }
        };
        write!(f, "{}: {about}", self.path)
    }
}

/// Remarks on the writes of a draft, in their order.
pub(crate) fn of_writes(writes: &[Write]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for write in writes {
        match write {
            Write::Register { name, value } => remarks.extend(of_register(name, value)),
            Write::Add { set, code } | Write::Remove { set, code } => {
                let place = places.entry(set).or_default();
                remarks.extend(
                    of_code(set, code).map(|about| Remark::new(format!("{set}[{place}]"), about)),
                );
                *place += 1;
            }
            Write::Entry { map, fields, .. } => {
                let place = places.entry(map).or_default();
                let known = fields::entry_map(map)
                    .into_iter()
                    .flat_map(|map| of_entry(map, fields));
                remarks.extend(known.map(|remark| remark.within(&format!("{map}[{place}]"))));
                *place += 1;
            }
        }
    }
    remarks
}

/// The remark on a register.
pub(crate) fn of_register(name: &str, value: &ScalarValue) -> Option<Remark> {
    let Some(field) = fields::find(name) else {
        return Some(Remark::new(name, About::UnknownField));
    };
    match field.kind {
        Kind::Code(list) => {
            unknown_code(list, value).then(|| Remark::new(name, About::UnknownCode))
        }
        Kind::Occurred => {
            let occurred = value::to_json(value);
            let precision = occurred
                .get("precision")
                .and_then(serde_json::Value::as_str);
            let is_unknown = precision.is_some_and(|precision| !codes::PRECISIONS.knows(precision));
            is_unknown.then(|| Remark::new(format!("{name}.precision"), About::UnknownCode))
        }
        _ => None,
    }
}

/// What there is to say of a code of a set.
pub(crate) fn of_code(set: &str, code: &str) -> Option<About> {
    let set = fields::SETS.iter().find(|known| known.name == set)?;
    set.find(code).is_none().then_some(About::UnknownCode)
}

/// Remarks on the fields of an entry.
pub(crate) fn of_entry(map: &EntryMap, fields: &[(String, ScalarValue)]) -> Vec<Remark> {
    let about =
        |key: &str, value: &ScalarValue| match map.fields.iter().find(|(name, _)| *name == key) {
            None => Some(About::UnknownField),
            Some((_, EntryKind::Code(list))) => {
                unknown_code(list, value).then_some(About::UnknownCode)
            }
            Some(_) => None,
        };
    fields
        .iter()
        .filter_map(|(key, value)| about(key, value).map(|about| Remark::new(key.as_str(), about)))
        .collect()
}

fn unknown_code(list: &codes::CodeList, value: &ScalarValue) -> bool {
    value.as_str().is_some_and(|code| !list.knows(code))
}
