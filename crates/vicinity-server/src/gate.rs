//! The gate before every step of the stores: each request names its action, and no handler gets a store, or a message,
//! before the gate has found out who asks and that they may.
//!
//! A handler is given a [`Sealed`] or an [`Open`] request. What is in a sealed one comes out only as [`Proven`], which only
//! [`open`] and [`Opened::let_in`] make: a known device, a proof that fits, a message that can be read, a role that may, and
//! a counter that rises, in this order; between them its device's share is counted ([`crate::limits`]). [`crate::routes`] binds a handler to the path that its request names.

mod door;

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{FromRequest, Request as HttpRequest};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::batch::Group;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::forms::Forms;
use vicinity_store::hub::{Denied, HubCounts};
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::Refused;

use crate::budget::{Plan, STEP_OPS};
use crate::exchange::ExchangeError;
use crate::http::{self, ApiError, Frame};
use crate::limits::{Limits, Spent, network};
use crate::once::OnceASecond;
use crate::pages::answer::PageError;
use crate::pages::seated::{PageRequest, Seated};
use crate::writer::{Line, NOBODY, Writer, WriterError};

pub use door::Door;

/// A request in an envelope: its path, what it does, how it is read.
pub trait SealedRequest: Send + 'static {
    /// Where it is posted.
    const PATH: &'static str;
    /// What it does.
    const ACTION: Action;
    /// What its body says.
    type Message;

    /// Reads its body.
    ///
    /// # Errors
    /// What to answer instead.
    fn decode(body: &[u8], now: Timestamp) -> Result<Self::Message, Refused>;

    /// The changes that it brings.
    fn groups(_: &Self::Message) -> &[Group] {
        &[]
    }

    /// What it costs besides, in operations.
    fn ops(_: &Self::Message) -> u64 {
        STEP_OPS
    }
}

/// A request that proves nobody: its method, its path, what it does.
pub trait OpenRequest: Send + 'static {
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
    asker: P,
    envelope: Envelope,
    message: A::Message,
    plan: Plan,
}

/// A request whose proof fits. Nothing of what it says was read.
struct Identified<A>(Envelope, PhantomData<A>);

/// Finds out who sends a request: a device that is known and not revoked, and a proof that fits.
fn identify<A: SealedRequest, D: Door + ?Sized>(door: &mut D, bytes: &[u8]) -> Result<Identified<A>, ExchangeError> {
    let envelope = Envelope::decode(bytes).map_err(|_| Refused::Malformed)?;
    let credentials = door.credentials_of(envelope.device())?.ok_or(Refused::NotEnrolled)?;
    if !envelope.is_proven(&credentials.public_key, A::PATH) {
        return Err(Refused::WrongProof.into());
    }
    if credentials.revoked {
        return Err(door.farewell(&envelope)?);
    }
    Ok(Identified(envelope, PhantomData))
}

impl<A: SealedRequest> Identified<A> {
    /// Reads what it says.
    fn read(self, now: Timestamp) -> Result<Opened<A>, ExchangeError> {
        let message = A::decode(&self.0.body, now)?;
        Ok(Opened { envelope: self.0, message })
    }
}

/// Opens a request: a device that is known and not revoked, a proof that fits, a message that can be read.
///
/// # Errors
/// What to answer instead.
pub fn open<A: SealedRequest, D: Door + ?Sized>(door: &mut D, bytes: &[u8], now: Timestamp) -> Result<Opened<A>, ExchangeError> {
    identify::<A, D>(door, bytes)?.read(now)
}

impl<A: SealedRequest> Opened<A> {
    /// Lets it in: its counter must be above the last, and its role must be one that may do this. The counter has moved also
    /// where the role may not.
    ///
    /// # Errors
    /// What to answer instead.
    pub fn let_in<D: Door + ?Sized>(self, door: &mut D, now: Timestamp) -> Result<Proven<A, D::Asker>, ExchangeError> {
        let (asker, actor) = door.admit(&self.envelope, now)?.map_err(|denied| match denied {
            Denied::Revoked => Refused::Revoked,
            Denied::Replayed => Refused::Replayed,
            Denied::RolledBack => Refused::RolledBack,
            Denied::TooHigh => Refused::Malformed,
            Denied::TooManyLives => Refused::Quota,
            Denied::Unknown => Refused::NotEnrolled,
        })?;
        access::decide(actor, A::ACTION, Resource::Server)?;
        let plan = door.plan(&asker, A::groups(&self.message))?;
        Ok(Proven { asker, envelope: self.envelope, message: self.message, plan })
    }
}

impl<A: SealedRequest> Opened<A> {
    /// The envelope and what it says, for who was carried here by file: its counter may be an old one, and that is looked at
    /// elsewhere ([`crate::bundle`]).
    pub(crate) fn into_parts(self) -> (Envelope, A::Message) {
        (self.envelope, self.message)
    }
}

/// Both steps at once.
///
/// # Errors
/// What to answer instead.
pub fn prove<A: SealedRequest, D: Door + ?Sized>(door: &mut D, bytes: &[u8], now: Timestamp) -> Result<Proven<A, D::Asker>, ExchangeError> {
    open::<A, D>(door, bytes, now)?.let_in(door, now)
}

impl<A: SealedRequest, P: Copy> Proven<A, P> {
    /// Who asks.
    pub fn asker(&self) -> P {
        self.asker
    }

    /// How much of what it brings is taken now.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// What it costs, in operations.
    fn ops(&self) -> u64 {
        self.plan.ops.saturating_add(A::ops(&self.message))
    }

    /// What its device pays for it, in operations.
    fn price(&self) -> u64 {
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

impl From<access::Denied> for ExchangeError {
    fn from(denied: access::Denied) -> Self {
        Self::Refused(match denied {
            access::Denied::Unproven => Refused::NotEnrolled,
            _ => Refused::NotAllowed,
        })
    }
}

impl From<Spent> for ExchangeError {
    fn from(spent: Spent) -> Self {
        Self::SlowDown(spent.seconds)
    }
}

/// A step that panicked left figures behind that are still figures.
fn locked(limits: &Mutex<Limits>) -> MutexGuard<'_, Limits> {
    limits.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request as it came: what is in it can be had from the gate alone.
pub struct Sealed<A> {
    bytes: Bytes,
    from: IpAddr,
    named: PhantomData<A>,
}

impl<A: SealedRequest, S: Send + Sync> FromRequest<S> for Sealed<A> {
    type Rejection = ApiError;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, ApiError> {
        let from = http::address(&request);
        let Frame(bytes) = Frame::from_request(request, state).await?;
        Ok(Self { bytes, from, named: PhantomData })
    }
}

/// A request that proves nobody, and that anybody may make.
pub struct Open<A> {
    body: Bytes,
    from: IpAddr,
    named: PhantomData<A>,
}

impl<A: OpenRequest, S: Send + Sync> FromRequest<S> for Open<A> {
    type Rejection = ApiError;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, ApiError> {
        access::decide(Actor::Anonymous, A::ACTION, Resource::Server).map_err(|denied| ApiError::from(ExchangeError::from(denied)))?;
        let from = http::address(&request);
        let Frame(body) = Frame::from_request(request, state).await?;
        Ok(Self { body, from, named: PhantomData })
    }
}

/// The way to a store: only for who names what it is to do there.
pub struct Gate<P: ?Sized> {
    writer: Writer<P>,
    /// A connection of its own for pages that only read: they do not wait for what phones bring, nor phones for them.
    reader: Writer<P>,
    /// One more for what reads much or works out much: pages that are quick do not wait for it.
    counter: Writer<P>,
    limits: Arc<Mutex<Limits>>,
    alive: OnceASecond<()>,
    figures: OnceASecond<HubCounts>,
}

impl<P: Door + ?Sized + 'static> Gate<P> {
    /// A gate before the threads that own a store's three connections.
    #[must_use]
    pub fn new(writer: Writer<P>, reader: Writer<P>, counter: Writer<P>) -> Self {
        Self { writer, reader, counter, limits: Arc::default(), alive: OnceASecond::new(), figures: OnceASecond::new() }
    }

    /// Reads for a page, after whatever the reader's own last form did. Must not write.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn read<A: PageRequest, T: Send + 'static>(
        &self,
        _: &Seated<A>,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        self.reader.step(step).await?
    }

    /// Reads much for a page, or works much out: after whatever others ask of that kind, and beside what pages read otherwise.
    /// Must not write.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn count<A: PageRequest, T: Send + 'static>(
        &self,
        _: &Seated<A>,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        self.counter.step(step).await?
    }

    /// Does what a form asks. Durable when this returns, and that the form was taken with it.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn write<A: PageRequest, T: Send + 'static>(
        &self,
        seated: &Seated<A>,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError>
    where
        P: Forms,
    {
        let Some(sent) = seated.sent else { return self.writer.step(step).await? };
        let (person, stood_on) = (seated.session.number, seated.frame.back.clone());
        let noted = move |store: &mut P| {
            // First: what cannot be noted is not done.
            store.note_form(person, sent, &stood_on)?;
            let done = step(store);
            if done.is_err() {
                store.forget_form(sent)?;
            }
            done
        };
        self.writer.step(noted).await?
    }

    /// Where a form led that was taken before.
    ///
    /// # Errors
    /// What to show instead.
    pub(crate) async fn taken(&self, sent: [u8; 32]) -> Result<Option<String>, PageError>
    where
        P: Forms,
    {
        Ok(self.writer.step(move |store: &mut P| store.form(sent)).await??)
    }

    /// Notes where a form led, or forgets one that was not taken.
    ///
    /// # Errors
    /// What to show instead.
    pub(crate) async fn note_taken(&self, person: u32, sent: [u8; 32], place: Option<String>) -> Result<(), PageError>
    where
        P: Forms,
    {
        let step = move |store: &mut P| match place {
            Some(place) => store.note_form(person, sent, &place),
            None => store.forget_form(sent),
        };
        Ok(self.writer.step(step).await??)
    }

    /// Does a step for a request that is proven in the same transaction. Durable when this returns.
    ///
    /// # Errors
    /// What to answer instead, or nothing was kept.
    pub async fn proven<A: SealedRequest, T: Send + 'static>(
        &self,
        request: Sealed<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P, Proven<A, P::Asker>) -> Result<T, ExchangeError> + Send + 'static,
    ) -> Result<Result<T, ExchangeError>, WriterError> {
        let limits = Arc::clone(&self.limits);
        // Nobody has proven yet to be this device: whoever says so from elsewhere waits in another line.
        let device = Envelope::decode(&request.bytes).map_or(NOBODY, |envelope| *envelope.device().as_bytes());
        let line = Line::Of(device, network(request.from));
        let step = move |store: &mut P, ops: &mut u64| {
            let identified = identify::<A, P>(store, &request.bytes)?;
            let device = identified.0.device();
            // Who owes something is refused before its request is read.
            locked(&limits).work(device, 0, now)?;
            locked(&limits).device(device, request.bytes.len(), now)?;
            let proven = identified.read(now)?.let_in(store, now)?;
            // Before anything is loaded.
            let price = proven.price();
            locked(&limits).work(device, price, now)?;
            *ops = proven.ops();
            let before = store.done();
            let answer = step(store, proven);
            // What it is given back is known only now: it is owed, and the device's next request waits for it.
            let owed = store.done().saturating_sub(before).saturating_sub(price);
            locked(&limits).owe(device, owed, now);
            *ops = ops.saturating_add(owed);
            answer
        };
        self.writer.weighed(line, step).await
    }

    /// Does a step for a request that shows a one-time code. Who tries too many that are wrong has to wait.
    ///
    /// # Errors
    /// What to answer instead, or nothing was kept.
    pub async fn with_code<A: OpenRequest, T: Send + 'static>(
        &self,
        request: Open<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P, &[u8]) -> Result<T, ExchangeError> + Send + 'static,
    ) -> Result<Result<T, ExchangeError>, WriterError> {
        let limits = Arc::clone(&self.limits);
        let line = Line::Of(NOBODY, network(request.from));
        let step = move |store: &mut P, _: &mut u64| {
            locked(&limits).may_try(request.from, now)?;
            let result = step(store, &request.body);
            if matches!(result, Err(ExchangeError::Refused(Refused::NotEnrolled))) {
                locked(&limits).wrong_try(request.from, now);
            }
            result
        };
        self.writer.weighed(line, step).await
    }

    /// Whether the store's writer answers: a step of its that does nothing but look.
    ///
    /// # Errors
    /// What to answer instead.
    pub async fn alive<A: OpenRequest>(
        &self,
        _: Open<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), ApiError> {
        self.alive.get(now, &self.writer, step).await
    }

    /// Figures for anybody, off the reader.
    ///
    /// # Errors
    /// What to answer instead.
    pub async fn figures<A: OpenRequest>(
        &self,
        _: Open<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P) -> Result<HubCounts, StoreError> + Send + 'static,
    ) -> Result<HubCounts, ApiError> {
        self.figures.get(now, &self.reader, step).await
    }
}

#[cfg(test)]
mod tests;
