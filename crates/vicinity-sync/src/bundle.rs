//! Sync by file: what a device would have sent, in one bundle, and what the hub would have answered, in one reply.
//!
//! A bundle may come late, twice, or after newer ones, and so may a reply. Whatever a bundle brings is named by its hash, so
//! taking it twice changes nothing. A reply applies to a device that is where it was when it made the bundle: [`read`] says what
//! of it still counts. The files themselves are encrypted elsewhere; in here is what is inside.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Cursor, DocumentHeads};
use vicinity_core::ids::{ChangeHash, DeviceId, IncidentId};

use crate::device_session::Delivery;
use crate::envelope::Envelope;
use crate::message::{
    Answer, CursorWire, HeadsWire, IdWire, Refused, Request, heads_of, heads_wire, id_wire,
};
use crate::verdict::{verdict_code, verdict_of};

/// Stands instead of a path in the proof of a bundle's envelope: no bundle can be posted, and no request is a bundle.
pub const BUNDLE_PATH: &str = "bundle";
/// Instead of a path, in what a device signs for one request of a bundle: the hub keeps it as evidence of what came in it.
pub const BUNDLED_PATH: &str = "bundle request";
/// Requests of one bundle.
pub const REQUESTS_MAX: usize = 64;
/// Bytes of all requests of one bundle, compressed; what is left goes with the next.
pub const REQUESTS_MAX_BYTES: usize = 6 << 20;
/// Bytes of all blobs of one bundle: one of the largest fits.
pub const BLOBS_MAX_BYTES: usize = 24 << 20;
/// Bytes of all answers of one reply, about; what is left comes with the next.
pub const ANSWERS_MAX_BYTES: usize = 6 << 20;

/// What separates replies' signatures from every other use of the hub's key.
const REPLY_DOMAIN: &[u8] = b"vicinity-bundle-reply-v1";
const VERSION: u8 = 1;

/// What a device exports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// The public key that the reply is to be encrypted to.
    pub reply_to: String,
    /// Requests in their order, each a frame in an envelope for [`BUNDLED_PATH`]. The first says the device's position in the feed.
    pub requests: Vec<Vec<u8>>,
    /// Sealed batches of statements.
    pub blobs: Vec<Vec<u8>>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct BundleWire {
    #[n(0)]
    version: u8,
    #[n(1)]
    reply_to: String,
    #[n(2)]
    requests: Vec<ByteVec>,
    #[n(3)]
    blobs: Vec<ByteVec>,
}

/// A request of a bundle, with the envelope that its device signed. The proof is not checked here.
///
/// # Errors
/// Other bytes.
pub fn bundled(bytes: &[u8]) -> Result<(Envelope, Request), Refused> {
    let envelope = Envelope::decode(bytes).map_err(|_| Refused::Malformed)?;
    let request = Request::decode(&envelope.body)?;
    Ok((envelope, request))
}

impl Bundle {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let list = |items: &[Vec<u8>]| items.iter().cloned().map(ByteVec::from).collect();
        encode(&BundleWire {
            version: VERSION,
            reply_to: self.reply_to.clone(),
            requests: list(&self.requests),
            blobs: list(&self.blobs),
        })
    }

    /// The bundle of the bytes, with all its requests parsed: later steps cannot find them `Malformed`.
    ///
    /// # Errors
    /// Any other bytes, and what is above a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let wire: BundleWire = minicbor::decode(bytes).map_err(|_| Refused::Malformed)?;
        if wire.version != VERSION {
            return Err(Refused::Version);
        }
        let total = |items: &[ByteVec]| items.iter().map(|item| item.len()).sum::<usize>();
        if wire.requests.len() > REQUESTS_MAX
            || total(&wire.requests) > REQUESTS_MAX_BYTES
            || total(&wire.blobs) > BLOBS_MAX_BYTES
        {
            return Err(Refused::TooLarge);
        }
        if wire.requests.is_empty() {
            return Err(Refused::Malformed);
        }
        wire.requests
            .iter()
            .try_for_each(|request| bundled(request).map(drop))?;
        let list = |items: Vec<ByteVec>| items.into_iter().map(Into::into).collect();
        Ok(Self {
            reply_to: wire.reply_to,
            requests: list(wire.requests),
            blobs: list(wire.blobs),
        })
    }
}

/// The outcome of one change of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The incident.
    pub incident: IncidentId,
    /// The change.
    pub hash: ChangeHash,
    /// The verdict.
    pub verdict: Verdict,
}

/// What a hub answers to a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// To which device.
    pub device: DeviceId,
    /// To which of its lives.
    pub incarnation: u64,
    /// The highest counter that the hub ever heard of that life: of a request or of a bundle.
    pub heard: u64,
    /// Where the device stood when it made the bundle.
    pub from: Option<Cursor>,
    /// Whether that place is void: the device is to compare all.
    pub void: bool,
    /// One a change of the bundle.
    pub judged: Vec<Judged>,
    /// Erasures that the hub now knows of.
    pub told: Vec<IncidentId>,
    /// Frames of answers, to be applied in their order, together.
    pub answers: Vec<Vec<u8>>,
    /// Batches of statements that the hub has, and the places in each of those that it does not take.
    pub blobs: Vec<([u8; 32], Vec<u32>)>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct JudgedWire {
    #[n(0)]
    incident: IdWire,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    hash: [u8; 32],
    #[n(2)]
    verdict: u8,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct BlobWire {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    hash: [u8; 32],
    #[n(1)]
    refused: Vec<u32>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct ReplyWire {
    #[n(0)]
    version: u8,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    device: [u8; 16],
    #[n(2)]
    incarnation: u64,
    #[n(3)]
    heard: u64,
    #[n(4)]
    from: Option<CursorWire>,
    #[n(5)]
    void: bool,
    #[n(6)]
    judged: Vec<JudgedWire>,
    #[n(7)]
    told: Vec<IdWire>,
    #[n(8)]
    answers: Vec<ByteVec>,
    #[n(9)]
    blobs: Vec<BlobWire>,
}

/// Bytes that are no reply of this hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// Not a reply.
    #[error("the file holds no reply of a hub's; nothing was changed")]
    Malformed,
    /// The hub did not sign it.
    #[error(
        "the reply is not signed by this device's hub; do not go on until you know who made it"
    )]
    NotSigned,
    /// It is to another device.
    #[error("the reply is to another device; nothing was changed")]
    OtherDevice,
}

impl Reply {
    /// The bytes, behind the hub's signature over them.
    #[must_use]
    pub fn sign(&self, hub_secret: &[u8; 32]) -> Vec<u8> {
        let bytes = encode(&ReplyWire {
            version: VERSION,
            device: *self.device.as_bytes(),
            incarnation: self.incarnation,
            heard: self.heard,
            from: self.from.as_ref().map(Into::into),
            void: self.void,
            judged: self
                .judged
                .iter()
                .map(|judged| JudgedWire {
                    incident: id_wire(&judged.incident),
                    hash: judged.hash.0,
                    verdict: verdict_code(judged.verdict),
                })
                .collect(),
            told: self.told.iter().map(id_wire).collect(),
            answers: self.answers.iter().cloned().map(ByteVec::from).collect(),
            blobs: self
                .blobs
                .iter()
                .map(|(hash, refused)| BlobWire {
                    hash: *hash,
                    refused: refused.clone(),
                })
                .collect(),
        });
        let signature = SigningKey::from_bytes(hub_secret)
            .sign(&signed(&bytes))
            .to_bytes();
        [signature.as_slice(), &bytes].concat()
    }

    /// The reply of the bytes. None of it is read before the signature is found right.
    ///
    /// # Errors
    /// Any other bytes.
    pub fn open(bytes: &[u8], hub_key: &[u8; 32]) -> Result<Self, BadReply> {
        let (signature, bytes) = bytes.split_first_chunk::<64>().ok_or(BadReply::Malformed)?;
        let key = VerifyingKey::from_bytes(hub_key).map_err(|_| BadReply::NotSigned)?;
        key.verify_strict(&signed(bytes), &Signature::from_bytes(signature))
            .map_err(|_| BadReply::NotSigned)?;
        let wire: ReplyWire = minicbor::decode(bytes).map_err(|_| BadReply::Malformed)?;
        if wire.version != VERSION {
            return Err(BadReply::Malformed);
        }
        let judged = |wire: JudgedWire| Judged {
            incident: IncidentId::from_bytes(wire.incident.0),
            hash: ChangeHash(wire.hash),
            verdict: verdict_of(wire.verdict),
        };
        Ok(Self {
            device: DeviceId::from_bytes(wire.device),
            incarnation: wire.incarnation,
            heard: wire.heard,
            from: wire.from.map(Into::into),
            void: wire.void,
            judged: wire.judged.into_iter().map(judged).collect(),
            told: wire
                .told
                .into_iter()
                .map(|id| IncidentId::from_bytes(id.0))
                .collect(),
            answers: wire.answers.into_iter().map(Into::into).collect(),
            blobs: wire
                .blobs
                .into_iter()
                .map(|blob| (blob.hash, blob.refused))
                .collect(),
        })
    }
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    [REPLY_DOMAIN, bytes].concat()
}

fn encode<T: Encode<()>>(wire: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector does not fail; nothing at all is what every reader refuses.
    if minicbor::encode(wire, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// What a device keeps of documents that the hub lacks ancestors of.
#[must_use]
pub fn need_bytes(need: &[DocumentHeads]) -> Vec<u8> {
    encode(&heads_wire(need))
}

/// The documents of what was kept; nothing for other bytes: the hub asks again.
#[must_use]
pub fn need_of(bytes: &[u8]) -> Vec<DocumentHeads> {
    minicbor::decode::<Vec<HeadsWire>>(bytes)
        .ok()
        .and_then(|wire| heads_of(wire).ok())
        .unwrap_or_default()
}

/// The state of a device that reads a reply.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The device.
    pub device: DeviceId,
    /// Its life.
    pub incarnation: u64,
    /// The last counter that it used.
    pub counter: u64,
    /// Its place in the feed.
    pub cursor: Option<Cursor>,
}

/// What of a reply still counts.
#[derive(Debug)]
pub enum Reading {
    /// Nothing: it is to an earlier life of this device.
    EarlierLife,
    /// The hub has spoken with a newer state of this device than this one: it was restored or cloned, and is to begin a new life.
    RolledBack,
    /// The device has heard from its hub since: these the hub has anyway.
    Acknowledged(Vec<(IncidentId, ChangeHash)>),
    /// All of it, to be written in one transaction.
    Whole(Box<Whole>),
}

/// A reply that is applied whole.
#[derive(Debug)]
pub struct Whole {
    /// What is to be written. The batch size and the clock's skew are none of its business.
    pub delivery: Delivery,
    /// Whether the device's place is void.
    pub void: bool,
    /// What the next bundle must also bring.
    pub need: Vec<DocumentHeads>,
    /// The end of the conversation: whether there is more to get, and the digest to be compared with; `None` if nothing was pulled.
    pub end: Option<(bool, vicinity_core::ids::ScopeDigest)>,
}

/// Says which parts of a reply still count for a device. The reply's `blobs` count for the life that asked: a device that began a
/// new one since sends them again.
///
/// # Errors
/// It is to another device, or holds what is no answer; then none of it counts.
pub fn read(reply: &Reply, reader: &Reader) -> Result<Reading, BadReply> {
    if reply.device != reader.device {
        return Err(BadReply::OtherDevice);
    }
    let answers = reply
        .answers
        .iter()
        .map(|frame| Answer::decode(frame))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| BadReply::Malformed)?;
    if reply.incarnation != reader.incarnation {
        return Ok(Reading::EarlierLife);
    }
    if reply.heard > reader.counter {
        return Ok(Reading::RolledBack);
    }
    let has = |judged: &&Judged| matches!(judged.verdict, Verdict::Stored | Verdict::Duplicate);
    let acked = reply
        .judged
        .iter()
        .filter(has)
        .map(|judged| (judged.incident, judged.hash))
        .collect();
    if reply.from != reader.cursor {
        // A hub that was restored since may have lost what it had acknowledged.
        let epoch = |cursor: &Cursor| cursor.epoch;
        let is_of_this_feed = answers.last().map(|answer| epoch(&answer.pull.cursor))
            == reader.cursor.as_ref().map(epoch);
        return Ok(Reading::Acknowledged(if is_of_this_feed {
            acked
        } else {
            Vec::new()
        }));
    }
    let mut delivery = Delivery {
        acked,
        told: reply.told.clone(),
        ..Delivery::default()
    };
    for judged in &reply.judged {
        if let Verdict::Rejected(refusal) = judged.verdict {
            delivery
                .rejected
                .push((judged.incident, judged.hash, refusal));
        }
    }
    let mut need: Vec<DocumentHeads> = Vec::new();
    let end = answers
        .last()
        .map(|answer| (answer.pull.more, answer.pull.digest));
    for answer in answers {
        // The reply had no room to finish the rebase: there is no position in the feed yet.
        delivery.cursor = answer
            .pull
            .rebased_until
            .is_none()
            .then_some(answer.pull.cursor);
        delivery.groups.extend(answer.pull.groups);
        delivery.removed.extend(answer.pull.removed);
        delivery.erase.extend(answer.erase);
        need.extend(answer.pull.need);
        delivery.alerts = answer.alerts.or(delivery.alerts);
        delivery.key_set = answer.key_set.or(delivery.key_set);
        delivery.pins = answer.pins.or(delivery.pins);
        delivery.zone = answer.zone.or(delivery.zone);
    }
    Ok(Reading::Whole(Box::new(Whole {
        delivery,
        void: reply.void,
        need,
        end,
    })))
}
