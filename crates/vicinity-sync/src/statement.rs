//! Sealed statements on the wire: pieces of a blob up, and what a responder asks for down.
//!
//! A blob is a batch of statements that were sealed together. It goes up by pieces, named by the SHA-256 of the whole,
//! and the hub says how much of it it has: a cut costs one piece. Nothing in here can open anything.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use vicinity_core::ids::IncidentId;

use crate::message::Refused;

/// Where devices post pieces of blobs.
pub const BLOB_PATH: &str = "/v1/blob";
/// Where responders ask for statements, and bring batches' keys wrapped again.
pub const STATEMENT_PATH: &str = "/v1/statement";
/// Bytes of the largest piece.
pub const PIECE_MAX_BYTES: usize = 200_000;
/// Bytes of the largest blob: one file of 20 MB, padded, or many texts.
pub const BLOB_MAX_BYTES: usize = 22_000_000;
/// Statements of one blob.
pub const BLOB_STATEMENTS_MAX: usize = 4096;
/// Wraps of one message.
pub const WRAPS_MAX: usize = 64;
/// Bytes of one wrap. With [`WRAPS_MAX`] a message may be larger than a body; senders stop at half a body.
pub const WRAP_MAX_BYTES: usize = 16 * 1024;
/// The version of a statement's address. A statement is written once: a new account is a new statement.
pub const STATEMENT_VERSION: u32 = 1;

/// A piece of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Piece {
    /// SHA-256 of the whole blob.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Bytes of the whole blob.
    #[n(1)]
    pub total: u64,
    /// Where this piece belongs.
    #[n(2)]
    pub offset: u64,
    /// The piece; empty to ask how much the hub has.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The answer to a piece.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PieceAnswer {
    /// Bytes of the blob that the hub has, durable.
    #[n(0)]
    pub held: u64,
    /// Once the blob was taken apart: places of the statements that the hub does not take, from 0. They stay with the device.
    #[n(1)]
    pub refused: Option<Vec<u32>>,
}

/// The content of a blob.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Batch {
    /// The version of the key set that it was sealed to.
    #[n(0)]
    pub key_set: u64,
    /// The batch's key.
    #[n(1)]
    pub wrap: WrapRow,
    /// Classes, named once.
    #[n(2)]
    pub classes: Vec<String>,
    /// The statements.
    #[n(3)]
    pub statements: Vec<SealedRow>,
}

/// A batch's key, wrapped to the responders.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WrapRow {
    /// Which batch.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// An `age` file.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// One sealed statement of a batch.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SealedRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    incident: [u8; 16],
    /// The entry of the incident that names it.
    #[n(1)]
    pub entry: String,
    /// Its class: a place in the batch's list.
    #[n(2)]
    pub class: u32,
    /// Its key, under the batch's.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub wrapped_key: [u8; 48],
    /// The encrypted statement.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

impl core::fmt::Debug for SealedRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealedRow({} bytes)", self.body.len())
    }
}

impl SealedRow {
    /// A row.
    #[must_use]
    pub fn new(
        incident: IncidentId,
        entry: String,
        class: u32,
        wrapped_key: [u8; 48],
        body: Vec<u8>,
    ) -> Self {
        Self {
            incident: *incident.as_bytes(),
            entry,
            class,
            wrapped_key,
            body,
        }
    }

    /// The incident.
    #[must_use]
    pub fn incident(&self) -> IncidentId {
        IncidentId::from_bytes(self.incident)
    }
}

impl Batch {
    /// The blob. It is not compressed: nothing in it can be made smaller.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector does not fail; nothing at all is what every reader refuses.
        if minicbor::encode(self, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// The batch of a blob.
    ///
    /// # Errors
    /// Any other bytes, and what is above a cap.
    pub fn decode(blob: &[u8]) -> Result<Self, Refused> {
        if blob.len() > BLOB_MAX_BYTES {
            return Err(Refused::TooLarge);
        }
        let batch: Self = minicbor::decode(blob).map_err(|_| Refused::Malformed)?;
        if batch.statements.len() > BLOB_STATEMENTS_MAX || batch.wrap.bytes.len() > WRAP_MAX_BYTES {
            return Err(Refused::TooLarge);
        }
        Ok(batch)
    }
}

/// A blob's name.
#[must_use]
pub fn blob_hash(blob: &[u8]) -> [u8; 32] {
    Sha256::digest(blob).into()
}

/// What a responder asks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StatementRequest {
    /// Which statements of an incident the hub has.
    #[n(0)]
    List {
        /// The incident.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        incident: [u8; 16],
    },
    /// A statement, from a byte on. The first piece brings its key, and is written into the hub's audit.
    #[n(1)]
    Open {
        /// The incident.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        incident: [u8; 16],
        /// The entry.
        #[n(1)]
        entry: String,
        /// From where.
        #[n(2)]
        offset: u64,
    },
    /// Batches' keys that are wrapped to an older key set than the hub's.
    #[n(2)]
    OldWraps {
        /// Only those at places behind this one.
        #[n(0)]
        after: u64,
    },
    /// Batches' keys wrapped again.
    #[n(3)]
    Rewrapped {
        /// The version of the key set they are wrapped to.
        #[n(0)]
        key_set: u64,
        /// The keys.
        #[n(1)]
        wraps: Vec<WrapRow>,
    },
    /// Keys that wait for an approval.
    #[n(4)]
    Waiting,
}

/// The hub's answer to a responder.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StatementAnswer {
    /// What the hub has of an incident.
    #[n(0)]
    List {
        /// Its statements.
        #[n(0)]
        statements: Vec<Listed>,
    },
    /// A piece of a statement.
    #[n(1)]
    Open {
        /// Its class.
        #[n(0)]
        class: String,
        /// With the first piece: the wrapped key that opens it.
        #[n(1)]
        key: Option<StatementKey>,
        /// Bytes of the whole body.
        #[n(2)]
        total: u64,
        /// The piece.
        #[n(3)]
        #[cbor(with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// The hub has no such statement, or its key was erased.
    #[n(2)]
    NotHere,
    /// Batches' keys, of an older key set.
    #[n(3)]
    OldWraps {
        /// The keys, by their places.
        #[n(0)]
        wraps: Vec<OldWrap>,
    },
    /// How many were taken.
    #[n(4)]
    Rewrapped {
        /// How many.
        #[n(0)]
        taken: u32,
    },
    /// Keys that wait for an approval.
    #[n(5)]
    Waiting {
        /// The keys.
        #[n(0)]
        keys: Vec<WaitingKey>,
    },
}

/// A key that waits for an approval, as the hub has it. A person compares it with the device itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WaitingKey {
    /// The device's number; 0 for a recovery key.
    #[n(0)]
    pub number: u32,
    /// The device's id; zeros for a recovery key.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub device: [u8; 16],
    /// The public key of its signatures.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The public key that statements would be sealed to.
    #[n(3)]
    pub recipient: String,
    /// Its name at the hub.
    #[n(4)]
    pub name: Option<String>,
}

/// A batch's key of an older key set.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct OldWrap {
    /// Its place at the hub, from 1. No place is given twice.
    #[n(0)]
    pub place: u64,
    /// The key.
    #[n(1)]
    pub wrap: WrapRow,
}

/// A statement as the hub lists it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Listed {
    /// The entry.
    #[n(0)]
    pub entry: String,
    /// Bytes of the sealed body.
    #[n(1)]
    pub bytes: u64,
}

/// What opens a statement, for those it was sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StatementKey {
    /// The batch's key.
    #[n(0)]
    pub wrap: WrapRow,
    /// The statement's key, under the batch's.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub wrapped_key: [u8; 48],
}
