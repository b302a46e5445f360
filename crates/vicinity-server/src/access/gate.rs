//! The gate before every step of the stores: each request names its action, and no handler gets a store, or a message,
//! before the gate has found out who asks and that they may.
//!
//! A handler is given a [`Sealed`] or an [`Open`] request. What is in a sealed one comes out only as [`Proven`], which only
//! [`open`] and [`Opened::let_in`] make: a known device, a proof that fits, a message that can be read, a role that may, and
//! a counter that rises, in this order; between them its device's share is counted ([`crate::access::limits`]). `crate::api::routes` binds a
//! handler to the path that its request names.
//!
//! Errors are refusals: [`ApiError`] for devices and servers, [`PageError`] for browsers. Each variant says its status.

mod caller_store;
mod request;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::forms::Forms;
use vicinity_store::hub::HubCounts;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::message::Refused;

use crate::access::limits::Limits;
use crate::access::once_a_second::OnceASecond;
use crate::access::page_error::PageError;
use crate::access::session::Permit;
use crate::net::error::ApiError;
use crate::net::network::network;
use crate::storage::writer::{Line, NOBODY, Writer};

pub use caller_store::CallerStore;
use request::identify;
pub use request::{Open, OpenRequest, Opened, Proven, Sealed, SealedRequest, open, prove};

/// Counters stay valid after a panic.
fn locked(limits: &Mutex<Limits>) -> MutexGuard<'_, Limits> {
    limits.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The way to a store, for requests that are permitted and for nothing else.
pub struct Gate<P: ?Sized> {
    writer: Writer<P>,
    /// A read-only connection for pages: pages and devices do not wait for each other.
    reader: Writer<P>,
    /// A second read-only connection for slow pages: quick ones do not wait for them.
    counter: Writer<P>,
    limits: Arc<Mutex<Limits>>,
    alive: OnceASecond<()>,
    figures: OnceASecond<HubCounts>,
}

impl<P: CallerStore + ?Sized + 'static> Gate<P> {
    /// A gate before the threads that own a store's three connections.
    #[must_use]
    pub fn new(writer: Writer<P>, reader: Writer<P>, counter: Writer<P>) -> Self {
        Self {
            writer,
            reader,
            counter,
            limits: Arc::default(),
            alive: OnceASecond::new(),
            figures: OnceASecond::new(),
        }
    }

    /// Reads for a page, after whatever the reader's own last form did. Must not write.
    pub async fn read<T: Send + 'static>(
        &self,
        _: &Permit,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        self.reader.step(step).await?
    }

    /// Reads much for a page, or works much out: after whatever others ask of that kind, and beside what pages read otherwise.
    /// Must not write.
    pub async fn count<T: Send + 'static>(
        &self,
        _: &Permit,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        self.counter.step(step).await?
    }

    /// Does what a form asks. Durable when this returns, and that the form was taken with it.
    pub async fn write<T: Send + 'static>(
        &self,
        permit: &Permit,
        step: impl FnOnce(&mut P) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError>
    where
        P: Forms,
    {
        let Some(sent) = permit.sent else {
            return self.writer.step(step).await?;
        };
        let (person, stood_on) = (permit.session.number, permit.back.clone());
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
    pub(crate) async fn taken(&self, sent: [u8; 32]) -> Result<Option<String>, PageError>
    where
        P: Forms,
    {
        Ok(self
            .writer
            .step(move |store: &mut P| store.form(sent))
            .await??)
    }

    /// Notes where a form led, or forgets one that was not taken.
    pub(crate) async fn note_taken(
        &self,
        person: u32,
        sent: [u8; 32],
        place: Option<String>,
    ) -> Result<(), PageError>
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
    pub async fn proven<A: SealedRequest, T: Send + 'static>(
        &self,
        request: Sealed<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P, Proven<A, P::Caller>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let limits = Arc::clone(&self.limits);
        // Nothing is proven yet: another address that names this device waits in another line.
        let device = Envelope::decode(&request.bytes)
            .map_or(NOBODY, |envelope| *envelope.device().as_bytes());
        let line = Line::Of(device, network(request.from));
        let step = move |store: &mut P, ops: &mut u64| {
            let identified = identify::<A, P>(store, &request.bytes)?;
            let device = identified.device();
            // Who owes something is refused before its request is read.
            locked(&limits).work(device, 0, now)?;
            locked(&limits).device(device, request.bytes.len(), now)?;
            let proven = identified.read(now)?.let_in(store, now)?;
            // Before anything is loaded.
            let price = proven.price();
            locked(&limits).work(device, price, now)?;
            *ops = proven.ops();
            let before = store.ops_done();
            let answer = step(store, proven);
            // What it is given back is known only now: it is owed, and the device's next request waits for it.
            let owed = store
                .ops_done()
                .saturating_sub(before)
                .saturating_sub(price);
            locked(&limits).owe(device, owed, now);
            *ops = ops.saturating_add(owed);
            answer
        };
        self.writer.weighed(line, step).await?
    }

    /// Does a step for a request that shows a one-time code. Who tries too many that are wrong has to wait.
    pub async fn with_code<A: OpenRequest, T: Send + 'static>(
        &self,
        request: Open<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P, &[u8]) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let limits = Arc::clone(&self.limits);
        let line = Line::Of(NOBODY, network(request.from));
        let step = move |store: &mut P, _: &mut u64| {
            locked(&limits).may_try(request.from, now)?;
            let result = step(store, &request.body);
            if matches!(result, Err(ApiError::Refused(Refused::NotEnrolled))) {
                locked(&limits).wrong_try(request.from, now);
            }
            result
        };
        self.writer.weighed(line, step).await?
    }

    /// Whether the store's writer answers: a step of its that does nothing but look.
    pub async fn alive<A: OpenRequest>(
        &self,
        _: Open<A>,
        now: Timestamp,
        step: impl FnOnce(&mut P) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), ApiError> {
        self.alive.get(now, &self.writer, step).await
    }

    /// Figures for anybody, off the reader.
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
