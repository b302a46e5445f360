//! A device that was enrolled by hand and says whatever a test wants it to say.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use vicinity_core::batch::{Group, GroupChange, HeadsPage};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{Actor, DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{Answer, KeyNews, Request, SYNC_PATH};

use crate::http;

/// The device.
pub struct ByHand {
    /// Where its hub listens.
    pub address: String,
    /// Its number at the hub.
    pub number: u32,
    /// Its id.
    pub device: DeviceId,
    /// What it proves its requests with.
    pub secret: [u8; 32],
    /// The key that proves its hub's orders.
    pub hub_key: [u8; 32],
    /// Its life.
    pub incarnation: u64,
    /// The counter of its last request.
    pub counter: u64,
    /// Everything random about it.
    pub random: StdRng,
}

impl ByHand {
    /// Enrols by a link.
    #[must_use]
    pub fn enrol(link: &str, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let link = EnrolLink::parse(link).expect("the hub prints links");
        let (mut id, mut secret) = ([0; 16], [0; 32]);
        random.fill_bytes(&mut id);
        random.fill_bytes(&mut secret);
        let device = DeviceId::from_random(id);
        let answer = http::post(
            link.addresses[0].as_str(),
            ENROL_PATH,
            &enrol::encode(&EnrolRequest::new(link.code, device, public_key(&secret))),
        );
        assert_eq!(answer.status, 200);
        let answer: EnrolAnswer =
            enrol::decode(&answer.body).expect("the hub answers with its answer");
        Self {
            address: link.addresses[0].to_string(),
            number: answer.number,
            device,
            secret,
            hub_key: answer.hub_key,
            incarnation: 1,
            counter: 0,
            random,
        }
    }

    /// The same device in a later life of its, for a connection of its own: counters of two would cross.
    #[must_use]
    pub fn in_life(&self, incarnation: u64) -> Self {
        let (address, random) = (self.address.clone(), StdRng::seed_from_u64(incarnation));
        Self {
            address,
            number: self.number,
            device: self.device,
            secret: self.secret,
            hub_key: self.hub_key,
            incarnation,
            counter: 0,
            random,
        }
    }

    /// The next envelope around a body, as bytes.
    pub fn seal(&mut self, body: Vec<u8>) -> Vec<u8> {
        self.counter += 1;
        Envelope::seal(
            &self.secret,
            SYNC_PATH,
            self.device,
            self.incarnation,
            self.counter,
            body,
        )
        .encode()
    }

    /// Posts a body in the next envelope.
    pub fn post(&mut self, body: Vec<u8>) -> http::Answer {
        let envelope = self.seal(body);
        http::post(&self.address, SYNC_PATH, &envelope)
    }

    /// The same to a hub that may be gone.
    pub fn try_post(&mut self, body: Vec<u8>) -> Option<http::Answer> {
        let envelope = self.seal(body);
        http::try_post(&self.address, SYNC_PATH, &envelope)
    }

    /// Posts a body in the next envelope to another path.
    pub fn post_to(&mut self, path: &str, body: Vec<u8>) -> http::Answer {
        self.counter += 1;
        let envelope = Envelope::seal(
            &self.secret,
            path,
            self.device,
            self.incarnation,
            self.counter,
            body,
        )
        .encode();
        http::post(&self.address, path, &envelope)
    }

    /// Pushes groups, as if it had never synced before.
    ///
    /// # Panics
    /// When the hub refuses the whole request.
    #[track_caller]
    pub fn push(&mut self, groups: Vec<Group>) -> Answer {
        let answer = self.post(request(groups).encode());
        assert_eq!(answer.status, 200, "{:?}", answer.text());
        Answer::decode(&answer.body).expect("the hub's answer can be read")
    }

    /// A new incident with as many edits as that, all by one actor: its id and its changes.
    pub fn incident(&mut self, edits: usize) -> Written {
        let (mut id, mut actor) = ([0; 16], [0; 8]);
        self.random.fill_bytes(&mut id);
        self.random.fill_bytes(&mut actor);
        let mut written = Written::new(IncidentId::from_random(id), actor);
        for at in 0..edits {
            written.edit(&json!({"action": {"code": format!("action_{at}")}}));
        }
        written
    }
}

/// A request that pushes groups and knows nothing.
#[must_use]
pub fn request(groups: Vec<Group>) -> Request {
    Request {
        cursor: None,
        push: groups,
        rebase: Some(HeadsPage::default()),
        answer_budget: 64 * 1024,
        clock: now().as_second(),
        erased: Vec::new(),
        keys: KeyNews::default(),
        alerts: 0,
        pins: 0,
        leaving: Vec::new(),
    }
}

/// The moment at which everything made by hand is made.
#[must_use]
pub fn now() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().expect("a time")
}

/// Changes as a group of the device's own.
#[must_use]
pub fn group(incident: IncidentId, chunks: Vec<Vec<u8>>) -> Group {
    Group {
        incident,
        relayed: false,
        changes: chunks
            .into_iter()
            .map(|chunk| GroupChange { chunk, by: 0 })
            .collect(),
    }
}

/// An incident that a test writes change by change.
#[derive(Clone)]
pub struct Written {
    /// The incident.
    pub id: IncidentId,
    /// Who writes.
    pub actor: Actor,
    /// Its changes so far.
    pub chunks: Vec<Vec<u8>>,
    document: Document,
}

impl Written {
    /// A new incident with consent to leave the phone.
    #[must_use]
    pub fn new(id: IncidentId, actor: Actor) -> Self {
        Self::with_consents(id, actor, &["hub_response"])
    }

    /// A new incident that may not leave the phone.
    #[must_use]
    pub fn without_consent(id: IncidentId, actor: Actor) -> Self {
        Self::with_consents(id, actor, &[])
    }

    fn with_consents(id: IncidentId, actor: Actor, consents: &[&str]) -> Self {
        let json = json!({"reported_at": "2026-11-19T09:00:00Z", "violations": ["robbery_theft"], "consents": consents});
        let draft = Draft::parse(&json, now()).expect("an incident");
        let (document, authored) =
            Document::create(&draft, Authoring { actor, now: now() }).expect("an incident");
        Self {
            id,
            actor,
            chunks: authored.chunk.into_iter().collect(),
            document,
        }
    }

    /// One more change.
    pub fn edit(&mut self, edit: &Value) {
        let edit = Edit::parse(edit, now()).expect("an edit");
        let authored = self
            .document
            .apply(
                &edit,
                Authoring {
                    actor: self.actor,
                    now: now(),
                },
            )
            .expect("an edit that fits");
        self.chunks.extend(authored.chunk);
    }

    /// All of it, to push.
    #[must_use]
    pub fn group(&self) -> Group {
        group(self.id, self.chunks.clone())
    }
}
