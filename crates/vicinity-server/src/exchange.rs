//! One sync request against a store: who it is, what it brings, what it gets. No network in here.

use vicinity_core::admit::Verdict;
use vicinity_core::batch::Erasure;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_seal::keys::Recipient;
use vicinity_store::StoreError;
use vicinity_store::hub::{Denied, HubStore, Peer, Random, Role};
use vicinity_sync::enrol::{EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::hub_session::{HubSession, News, Step};
use vicinity_sync::message::{ERASURES_MAX, Refused, SYNC_PATH};
use vicinity_sync::order::{self, WipeOrder};

use crate::keyset;

/// The setting under which a hub keeps the key that survivor codes are hashed with.
pub const SURVIVOR_KEY: &str = "survivor_key";
/// The setting under which a hub keeps the secret of its own signatures: an Ed25519 seed.
pub const HUB_SECRET: &str = "hub_secret";

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// It is answered with this.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The device was revoked: it is told to wipe itself.
    #[error("this device was revoked by its hub")]
    Revoked(WipeOrder),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An answered request, with figures for the log and the metrics.
#[derive(Debug)]
pub struct Exchanged {
    /// The answer's frame.
    pub answer: Vec<u8>,
    /// Who asked.
    pub peer: Peer,
    /// What became of what it brought.
    pub verdicts: Vec<Verdict>,
    /// How many changes it was given.
    pub given: usize,
}

/// Opens an envelope: a known device, a proof that fits.
///
/// # Errors
/// What to answer instead.
pub fn open_envelope(store: &mut dyn HubStore, bytes: &[u8]) -> Result<Envelope, ExchangeError> {
    open_envelope_at(store, bytes, SYNC_PATH)
}

/// The same for a request to any path.
///
/// # Errors
/// What to answer instead.
pub fn open_envelope_at(store: &mut dyn HubStore, bytes: &[u8], path: &str) -> Result<Envelope, ExchangeError> {
    let envelope = Envelope::decode(bytes).map_err(|_| Refused::Malformed)?;
    let credentials = store.credentials(envelope.device())?.ok_or(Refused::NotEnrolled)?;
    if !envelope.is_proven(&credentials.public_key, path) {
        return Err(Refused::NotEnrolled.into());
    }
    if credentials.revoked { Err(ExchangeError::Revoked(wipe_order(store, &envelope)?)) } else { Ok(envelope) }
}

/// The secret of the hub's signatures.
///
/// # Errors
/// The store, or a hub that was not set up.
pub fn hub_secret(store: &mut dyn HubStore) -> Result<[u8; 32], StoreError> {
    store.setting(HUB_SECRET)?.and_then(|bytes| bytes.try_into().ok()).ok_or(StoreError::Damaged("hub's own key"))
}

/// Of what a device says it erased, what this hub ordered: nobody else can have anything erased.
fn proven(erased: &[Erasure], secret: &[u8; 32]) -> Vec<IncidentId> {
    if erased.is_empty() {
        return Vec::new();
    }
    let key = public_key(secret);
    erased.iter().filter(|erasure| order::is_ordered(erasure, &key)).map(|erasure| erasure.incident).collect()
}

/// Only who proved to be the device gets the order, and only for the request that it proved.
fn wipe_order(store: &mut dyn HubStore, envelope: &Envelope) -> Result<WipeOrder, ExchangeError> {
    Ok(WipeOrder::sign(&hub_secret(store)?, envelope.device(), envelope.incarnation, envelope.counter))
}

/// Lets a proven request in: its counter must be above the last.
///
/// # Errors
/// What to answer instead.
pub fn let_in(store: &mut dyn HubStore, envelope: &Envelope, now: Timestamp) -> Result<Peer, ExchangeError> {
    let let_in = store.let_in(envelope.device(), envelope.incarnation, envelope.counter, now)?;
    Ok(let_in.map_err(|denied| match denied {
        Denied::Revoked => Refused::Revoked,
        Denied::RolledBack => Refused::RolledBack,
        Denied::Unknown => Refused::NotEnrolled,
    })?)
}

/// What a device is told besides: a newer key set, and whether batches' keys are to be wrapped anew.
fn news(store: &mut dyn HubStore, peer: &Peer, key_set: u64) -> Result<News, StoreError> {
    let Some(current) = keyset::current(store)? else { return Ok(News::default()) };
    let old_wraps = peer.role == Role::Responder && !store.old_wraps(current.version, 1)?.is_empty();
    Ok(News { key_set: (key_set < current.version).then_some(current.signed), old_wraps })
}

/// Answers a device's request. Everything it changes is one step of the store's: durable when that is.
///
/// # Errors
/// What to answer instead.
pub fn sync(store: &mut dyn HubStore, bytes: &[u8], now: Timestamp, random: &mut dyn Random) -> Result<Exchanged, ExchangeError> {
    let envelope = open_envelope(store, bytes)?;
    let (mut session, groups) = HubSession::open(&envelope.body, now)?;
    let peer = let_in(store, &envelope, now)?;
    store.note_skew(&peer, session.skew_seconds)?;
    let secret = hub_secret(store)?;
    let erased = proven(&session.erased, &secret);
    if !erased.is_empty() {
        // Before anything else: what a device knows to be erased is neither taken from it nor given to it.
        store.confirm_erased(&peer, &erased, now)?;
    }
    let verdicts = if groups.is_empty() { Vec::new() } else { store.accept(&peer, &groups, now, random)? };
    // After what it brought: an incident may leave only with all that the device has of it.
    if !session.leaving.is_empty() {
        store.let_go(&peer, &session.leaving, now)?;
    }
    let pushed: Vec<IncidentId> = groups.iter().map(|group| group.incident).collect();
    session.tell(news(store, &peer, session.key_set)?);
    let mut plan = session.accepted(verdicts.clone());
    loop {
        let pull = store.pull(&peer, plan.cursor, plan.page.as_ref(), &pushed, plan.raw_bytes)?.ok_or(Refused::Rebase)?;
        let given = pull.groups.iter().map(|group| group.changes.len()).sum();
        let orders = store.erase_orders(&peer, ERASURES_MAX)?.into_iter().map(|incident| order::sign_erasure(&secret, incident)).collect::<Vec<_>>();
        match session.pulled(pull, &orders, now) {
            Step::Answer(answer) => return Ok(Exchanged { answer, peer, verdicts, given }),
            Step::PullAgain(smaller) => plan = smaller,
        }
    }
}

/// Enrols a device.
///
/// # Errors
/// What to answer instead.
pub fn enrol(store: &mut dyn HubStore, body: &[u8], now: Timestamp) -> Result<(Peer, Vec<u8>), ExchangeError> {
    let request: EnrolRequest = vicinity_sync::enrol::decode(body)?;
    let peer = store.enrol(EnrolLink::code_hash(&request.code), request.device(), request.key, now)?.ok_or(Refused::NotEnrolled)?;
    if peer.role == Role::Hub {
        return Err(Refused::NotEnrolled.into());
    }
    if let Some(recipient) = request.recipient.filter(|_| peer.role == Role::Responder) {
        let recipient = Recipient::parse(&recipient).map_err(|_| Refused::Malformed)?;
        if !keyset::has_room(store)? {
            return Err(Refused::Quota.into());
        }
        store.set_recipient(peer.number, &recipient.to_string())?;
    }
    // Also where a responder's device became an educator's.
    keyset::renew(store)?;
    let survivor_key = store.setting(SURVIVOR_KEY)?.ok_or(StoreError::Damaged("key of survivor codes"))?;
    let hub_key = public_key(&hub_secret(store)?);
    let answer = EnrolAnswer { number: peer.number, role: peer.role.code().to_owned(), survivor_key, hub_key };
    Ok((peer, vicinity_sync::enrol::encode(&answer)))
}
