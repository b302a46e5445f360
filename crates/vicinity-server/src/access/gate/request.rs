//! Requests before the gate and behind it: as they came, proven, and permitted.
//!
//! Errors are what the caller gets as the answer.

use std::marker::PhantomData;
use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request as HttpRequest};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::batch::Group;
use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_store::hub::PeerRefused;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::Refused;

use crate::access::budget::{Plan, STEP_OPS};
use crate::access::gate::caller_store::CallerStore;
use crate::net::error::ApiError;
use crate::net::http::{self, RequestBytes};

/// A request in an envelope: its path, what it does, how it is read.
pub trait SealedRequest: Send + 'static {
    /// Its name in the log and in the metrics.
    const NAME: &'static str;
    /// Where it is posted.
    const PATH: &'static str;
    /// What it does.
    const ACTION: Action;
    /// What its body says.
    type Message;

    /// Reads its body.
    fn decode(body: &[u8], now: Timestamp) -> Result<Self::Message, Refused>;

    /// The changes that it brings.
    fn groups(_: &Self::Message) -> &[Group] {
        &[]
    }

    /// What it costs in operations, apart from its changes.
    fn ops(_: &Self::Message) -> u64 {
        STEP_OPS
    }
}

/// A request without a proof: its method, its path, what it does.
pub trait OpenRequest: Send + 'static {
    /// Its name in the log and in the metrics.
    const NAME: &'static str;
    /// `GET` or `POST`.
    const METHOD: &'static str;
    /// Where it goes.
    const PATH: &'static str;
    /// What it does.
    const ACTION: Action;
}

/// A request whose proof fits and whose message can be read. Its counter has not moved.
pub struct Opened<A: SealedRequest> {
    envelope: Envelope,
    message: A::Message,
}

/// A request that may be done. Only the gate makes one.
pub struct Proven<A: SealedRequest, P> {
    caller: P,
    envelope: Envelope,
    message: A::Message,
    plan: Plan,
}

/// A request whose proof fits. Nothing of what it says was read.
pub(super) struct Identified<A>(Envelope, PhantomData<A>);

/// Finds out who sends a request: a device that is known and not revoked, and a proof that fits.
pub(super) fn identify<A: SealedRequest, D: CallerStore + ?Sized>(
    store: &mut D,
    bytes: &[u8],
) -> Result<Identified<A>, ApiError> {
    let envelope = Envelope::decode(bytes).map_err(|_| Refused::Malformed)?;
    let credentials = store
        .credentials_of(envelope.device())?
        .ok_or(Refused::NotEnrolled)?;
    if !envelope.is_proven(&credentials.public_key, A::PATH) {
        return Err(Refused::WrongProof.into());
    }
    if credentials.revoked {
        return Err(store.revoked_answer(&envelope)?);
    }
    Ok(Identified(envelope, PhantomData))
}

impl<A: SealedRequest> Identified<A> {
    /// The device that proved it.
    pub(super) fn device(&self) -> DeviceId {
        self.0.device()
    }

    /// Reads what it says.
    pub(super) fn read(self, now: Timestamp) -> Result<Opened<A>, ApiError> {
        let message = A::decode(&self.0.body, now)?;
        Ok(Opened {
            envelope: self.0,
            message,
        })
    }
}

/// Opens a request: a device that is known and not revoked, a proof that fits, a message that can be read.
pub fn open<A: SealedRequest, D: CallerStore + ?Sized>(
    store: &mut D,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Opened<A>, ApiError> {
    identify::<A, D>(store, bytes)?.read(now)
}

impl<A: SealedRequest> Opened<A> {
    /// Lets it in: its counter must be above the last, and its role must be one that may do this. The counter has moved also
    /// where the role may not.
    pub fn let_in<D: CallerStore + ?Sized>(
        self,
        store: &mut D,
        now: Timestamp,
    ) -> Result<Proven<A, D::Caller>, ApiError> {
        let (caller, actor) = store
            .admit(&self.envelope, now)?
            .map_err(|denied| match denied {
                PeerRefused::Revoked => Refused::Revoked,
                PeerRefused::Replayed => Refused::Replayed,
                PeerRefused::RolledBack => Refused::RolledBack,
                PeerRefused::TooHigh => Refused::Malformed,
                PeerRefused::TooManyLives => Refused::Quota,
                PeerRefused::Unknown => Refused::NotEnrolled,
            })?;
        access::decide(actor, A::ACTION, Resource::Server)?;
        let plan = store.plan(&caller, A::groups(&self.message))?;
        Ok(Proven {
            caller,
            envelope: self.envelope,
            message: self.message,
            plan,
        })
    }
}

impl<A: SealedRequest> Opened<A> {
    /// The envelope and what it says, for who was carried here by file: its counter may be an old one, and that is checked
    /// elsewhere ([`crate::api::bundle`]).
    pub(crate) fn into_parts(self) -> (Envelope, A::Message) {
        (self.envelope, self.message)
    }
}

/// Both steps at once.
pub fn prove<A: SealedRequest, D: CallerStore + ?Sized>(
    store: &mut D,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Proven<A, D::Caller>, ApiError> {
    open::<A, D>(store, bytes, now)?.let_in(store, now)
}

impl<A: SealedRequest, P: Copy> Proven<A, P> {
    /// Who asks.
    pub fn caller(&self) -> P {
        self.caller
    }

    /// How much of what it brings is taken now.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// What it costs, in operations.
    pub(super) fn ops(&self) -> u64 {
        self.plan.ops.saturating_add(A::ops(&self.message))
    }

    /// What its device pays for it, in operations.
    pub(super) fn price(&self) -> u64 {
        self.plan.price.saturating_add(A::ops(&self.message))
    }

    /// What it says.
    pub fn into_message(self) -> A::Message {
        self.message
    }

    /// The envelope that proves it, and what it says.
    pub fn into_parts(self) -> (Envelope, A::Message) {
        (self.envelope, self.message)
    }
}

/// A request as it came: what is in it can be had from the gate alone.
pub struct Sealed<A> {
    pub(super) bytes: Bytes,
    pub(super) from: IpAddr,
    named: PhantomData<A>,
}

impl<A: SealedRequest, S: Send + Sync> FromRequest<S> for Sealed<A> {
    type Rejection = ApiError;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, ApiError> {
        let from = http::address(&request);
        let RequestBytes(bytes) = RequestBytes::from_request(request, state).await?;
        Ok(Self {
            bytes,
            from,
            named: PhantomData,
        })
    }
}

/// A request without a proof, which anyone may make.
pub struct Open<A> {
    pub(super) body: Bytes,
    pub(super) from: IpAddr,
    named: PhantomData<A>,
}

impl<A: OpenRequest, S: Send + Sync> FromRequest<S> for Open<A> {
    type Rejection = ApiError;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, ApiError> {
        access::decide(Actor::Anonymous, A::ACTION, Resource::Server)?;
        let from = http::address(&request);
        let RequestBytes(body) = RequestBytes::from_request(request, state).await?;
        Ok(Self {
            body,
            from,
            named: PhantomData,
        })
    }
}
