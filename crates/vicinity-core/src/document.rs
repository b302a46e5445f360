//! An incident's document: automerge inside, edits in, changes and a read view out.
//!
//! Every document starts from one fixed change, the *skeleton*: it creates the containers, so that two devices can
//! never create the same container twice and hide one side's entries. The skeleton is the same for all documents and
//! never travels.

use std::sync::OnceLock;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{
    ActorId, Automerge, AutomergeError, Change, ObjType, ROOT, ReadDoc, ScalarValue, hydrate,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::draft::{Draft, StatementBody};
use crate::edit::{self, Edit, EntryEdit, TriageOverride};
use crate::fields;
use crate::ids::{Actor, ChangeHash};
use crate::incident::{self, Incident};
use crate::reading::Written;
use crate::remark::{About, Remark};
use crate::room::Room;
use crate::spelling;
use crate::value::{FieldError, Problem};
use crate::write::Write;

pub use crate::skeleton::{SKELETON, SKELETON_ACTOR};

/// The schema that new documents get: which edition of the codes and fields their author knew. Readers of any edition read all.
pub const SCHEMA: i64 = 2;
/// The schema in the skeleton, which is the root of documents of every edition.
const SKELETON_SCHEMA: i64 = 1;

/// Why a document cannot be built from its changes.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A change cannot be decoded.
    #[error("a change cannot be decoded")]
    Undecodable(#[source] Box<automerge::LoadChangeError>),
    /// The changes do not fit together.
    #[error("the changes do not fit together")]
    Unappliable(#[source] Box<AutomergeError>),
}

/// Why an edit was not applied.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The edit does not fit this incident.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Automerge refused it: the document is broken.
    #[error("the document does not take the edit")]
    Document(#[from] AutomergeError),
    /// The document cannot be built.
    #[error(transparent)]
    Broken(#[from] DocumentError),
}

/// Who edits, and when.
#[derive(Debug, Clone, Copy)]
pub struct Authoring {
    /// Random, fresh for each process and document.
    pub actor: Actor,
    /// The device's clock: shown to people, never used for a decision.
    pub now: Timestamp,
}

/// The result of one edit.
#[derive(Debug)]
pub struct Authored {
    /// The new change, uncompressed; `None` where the edit changed nothing.
    pub chunk: Option<Vec<u8>>,
    /// Statement texts, by the id of the entry that names them.
    pub statements: Vec<(String, StatementBody)>,
}

/// The result of several edits.
#[derive(Debug, Default)]
pub struct AuthoredAll {
    /// The new changes, uncompressed, ancestors first.
    pub chunks: Vec<Vec<u8>>,
    /// Statement texts, by the id of the entry that names them.
    pub statements: Vec<(String, StatementBody)>,
    /// What was kept as it was written, or did nothing.
    pub remarks: Vec<Remark>,
}

/// A loaded document. It takes some 50 kB of memory or more, so load it, use it and drop it.
#[derive(Debug, Clone)]
pub struct Document {
    doc: Automerge,
    /// The actor of the last edit here and how many changes it has: counting them walks the whole history.
    last: Option<(Actor, usize)>,
    room: Room,
}

impl Document {
    /// A new document from a draft, and its first change.
    ///
    /// # Errors
    /// Only if automerge refuses what the draft's checks let through.
    pub fn create(draft: &Draft, authoring: Authoring) -> Result<(Self, Authored), EditError> {
        let mut document = Self::empty()?;
        let Wrote {
            hash, statements, ..
        } = document.write_draft(draft, authoring)?;
        let chunk = document.chunk_of(hash);
        Ok((document, Authored { chunk, statements }))
    }

    /// A new document from a draft and its first edits, and all their changes.
    ///
    /// # Errors
    /// An edit that does not fit, with its place in the list, or without one what is wrong with the incident itself; nothing is left of it then.
    pub fn create_and_edit(
        draft: &Draft,
        edits: &[Edit],
        authoring: Authoring,
    ) -> Result<(Self, AuthoredAll), (Option<usize>, Box<EditError>)> {
        let own = |error: EditError| (None, Box::new(error));
        let mut document = Self::empty().map_err(|error| own(error.into()))?;
        let Wrote {
            hash,
            mut statements,
            ..
        } = document.write_draft(draft, authoring).map_err(own)?;
        let mut chunks: Vec<Vec<u8>> = document.chunk_of(hash).into_iter().collect();
        for chunk in &chunks {
            document
                .room
                .take(chunk)
                .map_err(|problem| own(FieldError::new(draft.largest(), problem).into()))?;
        }
        let edited = document
            .apply_all(edits, authoring)
            .map_err(|(at, error)| (Some(at), error))?;
        chunks.extend(edited.chunks);
        statements.extend(edited.statements);
        let remarks = draft.remarks().into_iter().chain(edited.remarks).collect();
        Ok((
            document,
            AuthoredAll {
                chunks,
                statements,
                remarks,
            },
        ))
    }

    /// A document from its changes, in any order. The skeleton is not among them.
    ///
    /// # Errors
    /// A change that does not decode, or changes that do not fit together. May also panic on hostile changes: callers
    /// that take changes from outside go through [`crate::admit`].
    pub fn from_changes<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<Self, DocumentError> {
        let changes = chunks.map(decode).collect::<Result<Vec<_>, _>>()?;
        let room = Room::beside(&changes);
        let mut doc = bare()?;
        doc.apply_changes(changes)
            .map_err(|error| DocumentError::Unappliable(Box::new(error)))?;
        Ok(Self {
            doc,
            last: None,
            room,
        })
    }

    fn empty() -> Result<Self, DocumentError> {
        Ok(Self {
            doc: bare()?,
            last: None,
            room: Room::beside(&[]),
        })
    }

    /// Applies one edit as one change.
    ///
    /// # Errors
    /// An edit that does not fit this incident changes nothing.
    pub fn apply(&mut self, edit: &Edit, authoring: Authoring) -> Result<Authored, EditError> {
        let Wrote {
            hash, statements, ..
        } = self.write_edit(edit, authoring)?;
        Ok(Authored {
            chunk: self.chunk_of(hash),
            statements,
        })
    }

    /// Applies edits, one change each, and gives all changes together: taking them out one by one costs more than
    /// making them.
    ///
    /// # Errors
    /// The first edit that does not fit, or that a hub would refuse as too large, with its place in the list. Those before it are in this copy of the document,
    /// which is to be dropped then.
    pub fn apply_all(
        &mut self,
        edits: &[Edit],
        authoring: Authoring,
    ) -> Result<AuthoredAll, (usize, Box<EditError>)> {
        let before = self.doc.get_heads();
        let (mut made, mut statements, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
        for (at, edit) in edits.iter().enumerate() {
            let wrote = self
                .write_edit(edit, authoring)
                .map_err(|error| (at, Box::new(error)))?;
            made.extend(wrote.hash.map(|_| at));
            statements.extend(wrote.statements);
            remarks.extend(
                edit.remarks()
                    .into_iter()
                    .chain(wrote.remark)
                    .map(|remark| remark.within(&format!("edits[{at}]"))),
            );
        }
        let chunks = self.chunks_after(&before);
        for (chunk, at) in chunks.iter().zip(made) {
            self.room
                .take(chunk)
                .map_err(|problem| (at, Box::new(FieldError::new("edit", problem).into())))?;
        }
        Ok(AuthoredAll {
            chunks,
            statements,
            remarks,
        })
    }

    fn write_draft(&mut self, draft: &Draft, authoring: Authoring) -> Result<Wrote, EditError> {
        self.write(authoring, |writer| {
            writer.put(&ROOT, "schema", ScalarValue::Int(SCHEMA))?;
            for write in &draft.writes {
                writer.write(write)?;
            }
            for statement in &draft.statements {
                writer.statement(statement)?;
            }
            Ok(())
        })
    }

    fn write_edit(&mut self, edit: &Edit, authoring: Authoring) -> Result<Wrote, EditError> {
        let incident = needs_view(edit).then(|| self.incident());
        self.write(authoring, |writer| {
            writer.edit(edit, incident.as_ref(), authoring.now)
        })
    }

    fn chunk_of(&self, hash: Option<automerge::ChangeHash>) -> Option<Vec<u8>> {
        hash.and_then(|hash| self.doc.get_change_by_hash(&hash))
            .map(|change| change.raw_bytes().to_vec())
    }

    fn chunks_after(&self, heads: &[automerge::ChangeHash]) -> Vec<Vec<u8>> {
        self.doc
            .get_changes(heads)
            .iter()
            .map(|change| change.raw_bytes().to_vec())
            .collect()
    }

    /// Sorted heads. A document that holds nothing but the skeleton has the skeleton's hash.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<ChangeHash> = self
            .doc
            .get_heads()
            .iter()
            .map(|head| ChangeHash(head.0))
            .collect();
        heads.sort_unstable();
        heads
    }

    /// The read view.
    #[must_use]
    pub fn incident(&self) -> Incident {
        Incident::read(&self.doc)
    }

    /// The times that it holds, with the changes that wrote them.
    #[must_use]
    pub fn written(&self) -> Vec<Written> {
        incident::written(&self.doc)
    }

    /// The document as automerge holds it, for comparisons in tests.
    #[must_use]
    pub fn as_automerge(&self) -> &Automerge {
        &self.doc
    }

    fn write(
        &mut self,
        authoring: Authoring,
        body: impl FnOnce(&mut Writer<'_, '_>) -> Result<(), EditError>,
    ) -> Result<Wrote, EditError> {
        let actor = ActorId::from(&authoring.actor[..]);
        self.doc.set_actor(actor.clone());
        let written = match self.last {
            Some((last, written)) if last == authoring.actor => written,
            _ => self
                .doc
                .get_changes_meta(&[])
                .iter()
                .filter(|meta| *meta.actor == actor)
                .count(),
        };
        let seq = written + 1;
        let mut tx = self.doc.transaction();
        let mut writer = Writer {
            tx: &mut tx,
            prefix: entry_prefix(&authoring.actor),
            seq,
            index: 0,
            statements: Vec::new(),
            remark: None,
            now: authoring.now,
        };
        let result = body(&mut writer);
        let (statements, remark) = (writer.statements, writer.remark);
        if let Err(error) = result {
            tx.rollback();
            return Err(error);
        }
        let (hash, _) =
            tx.commit_with(CommitOptions::default().with_time(authoring.now.as_second()));
        self.last = Some((authoring.actor, if hash.is_some() { seq } else { written }));
        Ok(Wrote {
            hash,
            statements,
            remark,
        })
    }
}

/// What a draft or an edit wrote.
struct Wrote {
    /// The change that was made, if any.
    hash: Option<automerge::ChangeHash>,
    /// The statements named in it.
    statements: Vec<(String, StatementBody)>,
    /// What it did not do, or did without knowing all.
    remark: Option<Remark>,
}

/// A document that holds the skeleton. Made once and cloned: applying the skeleton each time takes longer.
fn bare() -> Result<Automerge, DocumentError> {
    static BARE: OnceLock<Automerge> = OnceLock::new();
    if let Some(bare) = BARE.get() {
        return Ok(bare.clone());
    }
    let mut doc = Automerge::new();
    doc.apply_changes([decode(SKELETON)?])
        .map_err(|error| DocumentError::Unappliable(Box::new(error)))?;
    Ok(BARE.get_or_init(|| doc).clone())
}

fn decode(chunk: &[u8]) -> Result<Change, DocumentError> {
    Change::from_bytes(chunk.to_vec()).map_err(|error| DocumentError::Undecodable(Box::new(error)))
}

/// The fields of a new entry.
#[expect(
    clippy::disallowed_types,
    reason = "automerge's own type; it writes the fields in the order of their names"
)]
fn whole(fields: &[(String, ScalarValue)]) -> hydrate::Value {
    let fields: std::collections::HashMap<&str, hydrate::Value> = fields
        .iter()
        .map(|(key, value)| (key.as_str(), hydrate::Value::Scalar(value.clone())))
        .collect();
    hydrate::Value::Map(hydrate::Map::from(fields))
}

/// Edits whose effect depends on what the document says.
fn needs_view(edit: &Edit) -> bool {
    match edit {
        Edit::Consent(_) | Edit::Triage(_) => true,
        Edit::Entry(entry) => entry.id.is_some() || entry.map == "referrals",
        Edit::Set(set) => edit::is_immutable(&set.field),
        _ => false,
    }
}

/// The letters an entry's id starts with: from the actor, so that two devices never make the same id.
fn entry_prefix(actor: &Actor) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let number = actor
        .iter()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    (0..8)
        .map(|at| char::from(LETTERS[(number >> (at * 6)) as usize & 63]))
        .collect()
}

struct Writer<'t, 'd> {
    tx: &'t mut Transaction<'d>,
    prefix: String,
    seq: usize,
    index: usize,
    statements: Vec<(String, StatementBody)>,
    remark: Option<Remark>,
    now: Timestamp,
}

impl Writer<'_, '_> {
    fn edit(
        &mut self,
        edit: &Edit,
        incident: Option<&Incident>,
        now: Timestamp,
    ) -> Result<(), EditError> {
        match edit {
            Edit::Set(set) => {
                // Two people may have filled it in at the same time: that conflict can be resolved like any other.
                if incident.is_some_and(|incident| {
                    incident
                        .claims(&set.field)
                        .filter(|value| !value.is_null())
                        .count()
                        == 1
                }) {
                    return Err(FieldError::new(set.field.clone(), Problem::Immutable).into());
                }
                Ok(self.confirm(&ROOT, &set.field, set.value.clone())?)
            }
            Edit::Add(code) | Edit::Link(code) => self.write(&Write::Add {
                set: code.set.clone(),
                code: code.code.clone(),
            }),
            Edit::Remove(code) => self.write(&Write::Remove {
                set: code.set.clone(),
                code: code.code.clone(),
            }),
            Edit::Entry(entry) => self.entry_edit(entry, incident),
            Edit::Transition(entry) => self.transition(entry),
            Edit::Consent(entry) => self.consent(entry, incident),
            Edit::Statement(statement) => self.statement(statement),
            Edit::Triage(triage) => self.triage(triage, incident, now),
        }
    }

    fn write(&mut self, write: &Write) -> Result<(), EditError> {
        match write {
            Write::Register { name, value } => self.put(&ROOT, name, value.clone())?,
            Write::Add { set, code } => {
                let set = self.container(set)?;
                // Automerge drops a put of the value that is there. The code goes first, so that adding it again wins
                // over a concurrent remove.
                if self.tx.get(&set, code.as_str())?.is_some() {
                    self.tx.delete(&set, code.as_str())?;
                }
                self.tx.put(&set, code.as_str(), true)?;
            }
            Write::Remove { set, code } => self.remove(set, code)?,
            Write::Entry { map, id, fields } => {
                self.entry(map, id.as_deref(), fields)?;
            }
        }
        Ok(())
    }

    /// Takes a code out in whatever spelling it was put in.
    fn remove(&mut self, set: &str, code: &str) -> Result<(), EditError> {
        let container = self.container(set)?;
        let held: Vec<String> = self
            .tx
            .keys(&container)
            .filter(|held| spelling::same(held, code))
            .collect();
        if held.is_empty() {
            let path = if set == "links" {
                "unlink"
            } else {
                "remove.code"
            };
            self.remark = Some(Remark::new(path, About::NotInSet));
        }
        held.iter()
            .try_for_each(|held| self.tx.delete(&container, held.as_str()))?;
        Ok(())
    }

    /// Writes one value. Where several are in conflict they all go first: automerge would else drop a put of the one
    /// that shows, and a resolution would lose against another person's concurrent one.
    fn put(
        &mut self,
        object: &automerge::ObjId,
        key: &str,
        value: ScalarValue,
    ) -> Result<(), AutomergeError> {
        if self.tx.get_all(object, key)?.len() > 1 {
            self.tx.delete(object, key)?;
        }
        self.tx.put(object, key, value)
    }

    /// Writes one value, also where it is there already: a person looked again, and what another one says at the same
    /// time must not remain unnoticed. As with codes of a set, the old value goes first.
    fn confirm(
        &mut self,
        object: &automerge::ObjId,
        key: &str,
        value: ScalarValue,
    ) -> Result<(), AutomergeError> {
        let is_there = self
            .tx
            .get(object, key)?
            .is_some_and(|(there, _)| there.as_scalar() == Some(&value));
        if is_there {
            self.tx.delete(object, key)?;
        }
        self.put(object, key, value)
    }

    fn container(&self, name: &str) -> Result<automerge::ObjId, EditError> {
        match self.tx.get(ROOT, name)? {
            Some((automerge::Value::Object(ObjType::Map), id)) => Ok(id),
            _ => {
                Err(FieldError::new(name, Problem::WrongType("a container of the skeleton")).into())
            }
        }
    }

    /// An entry's id. It holds no dot: `Edit::resolve` takes a conflict's path apart at its dots.
    fn next_id(&mut self) -> String {
        let letter = self.index;
        self.index += 1;
        if letter == 0 {
            format!("{}{}", self.prefix, self.seq)
        } else {
            format!("{}{}-{letter}", self.prefix, self.seq)
        }
    }

    fn entry(
        &mut self,
        map: &str,
        id: Option<&str>,
        fields: &[(String, ScalarValue)],
    ) -> Result<String, EditError> {
        let container = self.container(map)?;
        let id = id.map_or_else(|| self.next_id(), str::to_owned);
        match self.tx.get(&container, id.as_str())? {
            // A question that is asked again, and a referral's next state, repeat what is there without meaning it.
            Some((automerge::Value::Object(ObjType::Map), entry)) => {
                fields
                    .iter()
                    .try_for_each(|(key, value)| self.put(&entry, key, value.clone()))?;
            }
            // All fields at once: one by one they cost three times as much.
            _ => {
                drop(
                    self.tx
                        .batch_create_object(&container, id.as_str(), &whole(fields), false)?,
                )
            }
        }
        Ok(id)
    }

    fn entry_edit(
        &mut self,
        edit: &EntryEdit,
        incident: Option<&Incident>,
    ) -> Result<(), EditError> {
        let known = |id: &str| {
            incident
                .is_some_and(|incident| incident.entries(edit.map).any(|entry| entry.id() == id))
        };
        let id = match &edit.id {
            // The hub's questions bring their own id; everything else with an id completes what is there. An answer that
            // came before its question would make an entry that hides the question's.
            Some(id) if known(id) || edit.asks() => Some(id.clone()),
            Some(_) => {
                return Err(
                    FieldError::new(format!("{}.id", edit.map), Problem::NoSuchEntry).into(),
                );
            }
            None if edit.map == "referrals" => {
                incident.and_then(|incident| same_referral(incident, &edit.fields))
            }
            None => None,
        };
        self.entry(edit.map, id.as_deref(), &edit.fields).map(drop)
    }

    /// The status is a register in addition to the log, so that concurrent transitions show as a conflict.
    fn transition(&mut self, entry: &EntryEdit) -> Result<(), EditError> {
        self.entry(entry.map, None, &entry.fields)?;
        if let Some((_, to)) = entry.fields.iter().find(|(key, _)| key == "to") {
            self.confirm(&ROOT, "status", to.clone())?;
        }
        Ok(())
    }

    /// A grant names the withdrawals of its scope that are visible here: it beats these, and no other.
    fn consent(&mut self, entry: &EntryEdit, incident: Option<&Incident>) -> Result<(), EditError> {
        let text = |name: &str| {
            entry
                .fields
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, value)| value.as_str())
        };
        let mut fields = entry.fields.clone();
        if let (Some("withdrawn"), Some(scope), Some(incident)) =
            (text("state"), text("scope"), incident)
            && !crate::consent::ever_granted(incident, scope)
        {
            self.remark = Some(Remark::new("consent.scope", About::NeverGranted));
        }
        if let (Some("granted"), Some(scope), Some(incident)) =
            (text("state"), text("scope"), incident)
        {
            let withdrawn: Vec<Value> = crate::consent::withdrawals(incident, scope)
                .map(Value::from)
                .collect();
            fields.retain(|(key, _)| key != "supersedes");
            if !withdrawn.is_empty() {
                fields.push((
                    "supersedes".into(),
                    ScalarValue::Bytes(Value::Array(withdrawn).to_string().into_bytes()),
                ));
            }
        }
        self.entry("consents", None, &fields).map(drop)
    }

    fn statement(&mut self, statement: &crate::draft::StatementDraft) -> Result<(), EditError> {
        let bytes = i64::try_from(statement.body.0.len()).unwrap_or(i64::MAX);
        let fields = [
            (
                "class".to_owned(),
                ScalarValue::Str(statement.class.as_str().into()),
            ),
            (
                "at".to_owned(),
                ScalarValue::Timestamp(self.now.as_millisecond()),
            ),
            ("bytes".to_owned(), ScalarValue::Int(bytes)),
        ];
        let id = self.entry("statements", None, &fields)?;
        self.statements.push((id, statement.body.clone()));
        Ok(())
    }

    fn triage(
        &mut self,
        triage: &TriageOverride,
        incident: Option<&Incident>,
        now: Timestamp,
    ) -> Result<(), EditError> {
        let computed = incident.map(|incident| crate::triage::computed(incident, now));
        let lowers = computed.is_some_and(|computed| {
            crate::triage::Level::from_code(&triage.level).is_some_and(|level| level < computed)
        });
        if lowers && triage.reason.is_none() {
            return Err(FieldError::new("triage.reason", Problem::ReasonNeeded).into());
        }
        let mut object =
            serde_json::Map::from_iter([("level".to_owned(), Value::from(triage.level.as_str()))]);
        if let Some(reason) = &triage.reason {
            object.insert("reason".into(), reason.as_str().into());
        }
        self.confirm(
            &ROOT,
            "triage",
            ScalarValue::Bytes(Value::Object(object).to_string().into_bytes()),
        )?;
        Ok(())
    }
}

/// The referral to the same service and partner that is still in progress.
fn same_referral(incident: &Incident, fields: &[(String, ScalarValue)]) -> Option<String> {
    let text = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.as_str())
    };
    let (service, partner) = (text("service"), text("partner"));
    let under_way = |entry: &incident::Entry<'_>| {
        entry.text("completed").is_none() && entry.text("failed").is_none()
    };
    let same = |entry: &incident::Entry<'_>| {
        entry.text("service") == service && entry.text("partner") == partner && under_way(entry)
    };
    incident
        .entries("referrals")
        .find(same)
        .map(|entry| entry.id().to_owned())
}

/// The skeleton, made again: what `SKELETON` was frozen from.
#[doc(hidden)]
#[must_use]
pub fn make_skeleton() -> Vec<u8> {
    let mut doc = Automerge::new().with_actor(ActorId::from(&SKELETON_ACTOR[..]));
    let mut tx = doc.transaction();
    let sets = fields::SETS.iter().map(|set| set.name);
    let maps = fields::ENTRY_MAPS.iter().map(|map| map.name);
    let made = sets
        .chain(maps)
        .try_for_each(|name| tx.put_object(ROOT, name, ObjType::Map).map(drop));
    if made.is_err() || tx.put(ROOT, "schema", SKELETON_SCHEMA).is_err() {
        return Vec::new();
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    doc.get_last_local_change()
        .map(|change| change.raw_bytes().to_vec())
        .unwrap_or_default()
}
