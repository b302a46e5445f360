//! A person who logs and edits an incident, and what others need of it: changes, groups, rows for a device's store.

use serde_json::{Value, json};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::document::{Authored, Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{ACTOR_BYTES, Actor, ChangeHash, IncidentId};
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;
use vicinity_store::device::Written;
use vicinity_store::hub::Random;

/// The moment at which tests happen, plus some seconds.
#[must_use]
pub fn now_plus(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_424_400 + seconds).expect("a time within the calendar")
}

/// The moment at which tests happen.
#[must_use]
pub fn now() -> Timestamp {
    now_plus(0)
}

/// The incident of a small number: they sort as their numbers do.
#[must_use]
pub fn incident_id(number: u8) -> IncidentId {
    IncidentId::from_random([number; 16])
}

/// An incident that may go to the hub.
#[must_use]
pub fn consented() -> Value {
    json!({"reported_at": "2026-11-23T08:30:00Z", "violations": ["hit_push"], "danger_now": "no", "place": {"area": "SN-DK-01"}, "consents": ["hub_response"]})
}

/// An incident that may go to national and be counted there.
#[must_use]
pub fn countable() -> Value {
    with_consents(&["hub_response", "national_deid", "aggregate_count"])
}

/// An incident with these consents.
#[must_use]
pub fn with_consents(scopes: &[&str]) -> Value {
    let mut incident = consented();
    incident["consents"] = json!(scopes);
    incident
}

/// Somebody with a copy of an incident's document.
#[derive(Debug, Clone)]
pub struct Person {
    incident: IncidentId,
    document: Document,
    actor: Actor,
    chunks: Vec<Vec<u8>>,
    statements: Vec<(String, Vec<u8>)>,
}

impl Person {
    /// Logs a new incident. People with different numbers have different actors.
    #[must_use]
    pub fn logs(incident: IncidentId, actor: u8, json: &Value) -> Self {
        let draft = Draft::parse(json, now()).expect("a well-formed incident");
        let actor = [actor; ACTOR_BYTES];
        let (document, authored) = Document::create(&draft, Authoring { actor, now: now() })
            .expect("an incident that automerge takes");
        let mut person = Self {
            incident,
            document,
            actor,
            chunks: Vec::new(),
            statements: Vec::new(),
        };
        person.keep(authored);
        person
    }

    /// Gets a copy of what others wrote.
    #[must_use]
    pub fn copies(incident: IncidentId, actor: u8, chunks: &[Vec<u8>]) -> Self {
        let document = Document::from_changes(chunks.iter().map(Vec::as_slice))
            .expect("changes that fit together");
        Self {
            incident,
            document,
            actor: [actor; ACTOR_BYTES],
            chunks: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// Edits, and gives the new change.
    pub fn edits(&mut self, edit: &Value) -> Vec<u8> {
        let edit = Edit::parse(edit, now()).expect("a well-formed edit");
        self.applies(&edit)
    }

    /// Applies an edit, and gives the new change.
    pub fn applies(&mut self, edit: &Edit) -> Vec<u8> {
        let authored = self
            .document
            .apply(
                edit,
                Authoring {
                    actor: self.actor,
                    now: now(),
                },
            )
            .expect("an edit that fits");
        let chunk = authored
            .chunk
            .clone()
            .expect("an edit that changes something");
        self.keep(authored);
        chunk
    }

    /// Edits that many times, each edit depending on the one before.
    pub fn edits_times(&mut self, times: usize) -> Vec<Vec<u8>> {
        let before = self.chunks.len();
        (before..before + times)
            .map(|at| {
                self.edits(
                    &json!({"set": {"field": "step", "value": format!("{}-{at}", self.actor[0])}}),
                )
            })
            .collect()
    }

    fn keep(&mut self, authored: Authored) {
        self.chunks.extend(authored.chunk);
        self.statements.extend(
            authored
                .statements
                .into_iter()
                .map(|(entry, body)| (entry, body.0)),
        );
    }

    /// What this person wrote.
    #[must_use]
    pub fn chunks(&self) -> &[Vec<u8>] {
        &self.chunks
    }

    /// Sorted heads of the copy.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.document.heads()
    }

    /// What the copy says.
    #[must_use]
    pub fn view(&self) -> Incident {
        self.document.incident()
    }

    /// Everything this person wrote, to be pushed.
    #[must_use]
    pub fn group(&self) -> Group {
        group(self.incident, &self.chunks)
    }

    /// The last `count` changes, and the statements since this was called last, as a device's store keeps them.
    #[must_use]
    pub fn written(&mut self, count: usize) -> Written {
        let view = self.document.incident();
        let granted = consent::granted(&view, consent::HUB_RESPONSE, now());
        let chunks = self.chunks[self.chunks.len() - count..].to_vec();
        let statements = core::mem::take(&mut self.statements);
        Written {
            incident: self.incident,
            chunks,
            view,
            heads: self.document.heads(),
            granted,
            statements,
            unhashed_code: None,
            attached: None,
        }
    }
}

/// Changes as the one who wrote them pushes them.
#[must_use]
pub fn group(incident: IncidentId, chunks: &[Vec<u8>]) -> Group {
    let changes = chunks
        .iter()
        .map(|chunk| GroupChange {
            chunk: chunk.clone(),
            by: 0,
        })
        .collect();
    Group {
        incident,
        relayed: false,
        changes,
    }
}

/// A change's name.
#[must_use]
pub fn hash(chunk: &[u8]) -> ChangeHash {
    Chunk::parse(chunk).expect("a change").hash
}

/// Bytes that are never the same twice, and the same in every run.
#[derive(Debug, Default)]
pub struct Counting(u128);

impl Random for Counting {
    fn bytes16(&mut self) -> [u8; 16] {
        self.0 += 1;
        self.0.to_be_bytes()
    }
}
