//! One sync request against a store: who it is, what it brings, what it gets. No network in here.
//!
//! Errors are what the device gets as the answer.

use vicinity_core::access::{self, Action, Resource};
use vicinity_core::admit::Verdict;
use vicinity_core::alert::list_hash;
use vicinity_core::batch::{Cursor, Erasure, Group};
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_seal::keys::Recipient;
use vicinity_store::StoreError;
use vicinity_store::hub::{DEVICE_STORED_BYTES, HubStore, Peer, Random};
use vicinity_sync::enrol::{EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::hub_session::{HubSession, News, PullOutcome, PullPlan};
use vicinity_sync::message::{ERASURES_MAX, KeyNews, Refused, Request, SYNC_PATH};
use vicinity_sync::order;

use crate::access::budget;
use crate::access::budget::STEP_OPS;
use crate::access::gate::{Proven, SealedRequest};
use crate::net::error::ApiError;
use crate::net::tls;
use crate::storage::alerts;
use crate::storage::evidence;
use crate::storage::hub_keys;
use crate::storage::keyset;
use crate::storage::zone;

/// What it costs to check the proof of an erasure and to note it, in operations.
const ERASED_OPS: u64 = 20;
/// What it costs to let an incident go, in operations.
const LEAVING_OPS: u64 = 4;

/// An answered request, with figures for the log and the metrics.
#[derive(Debug)]
pub struct Exchanged {
    /// The answer's frame.
    pub answer: Vec<u8>,
    /// Who asked.
    pub peer: Peer,
    /// The outcome of what it brought.
    pub verdicts: Vec<Verdict>,
    /// How many changes it was given.
    pub given: usize,
    /// By how many seconds this server's clock is ahead of the device's.
    pub skew_seconds: i64,
}

/// A sync request: what a device brings, and where it is.
pub struct SyncRequest;

impl SealedRequest for SyncRequest {
    const NAME: &'static str = "sync";
    const PATH: &'static str = SYNC_PATH;
    const ACTION: Action = Action::Sync;
    type Message = (HubSession, Vec<Group>);

    fn decode(body: &[u8], now: Timestamp) -> Result<Self::Message, Refused> {
        HubSession::open(body, now)
    }

    fn groups((_, groups): &Self::Message) -> &[Group] {
        groups
    }

    fn ops((session, _): &Self::Message) -> u64 {
        STEP_OPS
            + session.erased.len() as u64 * ERASED_OPS
            + session.leaving.len() as u64 * LEAVING_OPS
    }
}

/// The incidents that a device erased on this hub's order, among those that it reports. Nobody else can have anything erased.
pub(crate) fn proven(erased: &[Erasure], secret: &[u8; 32]) -> Vec<IncidentId> {
    if erased.is_empty() {
        return Vec::new();
    }
    let key = public_key(secret);
    erased
        .iter()
        .filter(|erasure| order::is_ordered(erasure, &key))
        .map(|erasure| erasure.incident)
        .collect()
}

/// What a device says it has of the key set, pins and alerts.
#[derive(Clone, Default)]
pub(crate) struct DeviceMarks {
    /// Its chain of key approvals.
    pub(crate) keys: KeyNews,
    /// The mark of its pins.
    pub(crate) pins: u32,
    /// The hash of its alerts.
    pub(crate) alerts: u64,
}

impl DeviceMarks {
    fn of(session: &HubSession) -> Self {
        Self {
            keys: session.keys.clone(),
            pins: session.pins,
            alerts: session.alerts,
        }
    }

    pub(crate) fn in_request(request: &Request) -> Self {
        Self {
            keys: request.keys.clone(),
            pins: request.pins,
            alerts: request.alerts,
        }
    }
}

/// What a device receives next to incidents: alerts and pins that differ from its own, key approvals, and up to which set batches' keys
/// are to be wrapped again.
pub(crate) fn news(
    store: &mut dyn HubStore,
    peer: &Peer,
    known: DeviceMarks,
    now: Timestamp,
) -> Result<News, StoreError> {
    let live = alerts::list(store, now)?;
    let alerts = (list_hash(&live) != known.alerts).then_some(live);
    let pins = tls::news(store.setting(tls::PINS)?, known.pins);
    let zone = zone::name(store)?;
    if !known.keys.entries.is_empty() {
        keyset::take(store, &known.keys.entries, now)?;
    }
    let may_rewrap = access::decide(peer.role.actor(), Action::Rewrap, Resource::Server).is_ok();
    let old_wraps = if may_rewrap {
        {
            let version = keyset::version(store)?;
            store.newest_old_wrap(version)?
        }
    } else {
        0
    };
    Ok(News {
        key_set: keyset::news(store, &known.keys)?,
        old_wraps,
        alerts,
        pins,
        zone,
    })
}

/// Answers a device's request. Everything it changes is one step of the store's: durable when that is.
pub fn sync(
    store: &mut dyn HubStore,
    request: Proven<SyncRequest, Peer>,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Exchanged, ApiError> {
    let (peer, plan) = (request.caller(), request.plan());
    let (envelope, (mut session, brought)) = request.into_parts();
    // Before anything is taken or noted: a cursor that somebody made up changes nothing.
    if let Some(cursor) = session.cursor()
        && !store.stands(&cursor)?
    {
        return Err(Refused::Rebase.into());
    }
    let (groups, taken) = budget::first(&brought, plan.incidents);
    let skew_seconds = session.skew_seconds;
    store.note_skew(&peer, Some(skew_seconds), now)?;
    let secret = hub_keys::hub_secret(store)?;
    let erased = proven(&session.erased, &secret);
    if !erased.is_empty() {
        // Before anything else: what a device knows to be erased is neither taken from it nor given to it.
        store.confirm_erased(&peer, &erased, now)?;
    }
    if is_full(store, &peer, &envelope, &groups)? {
        return Err(Refused::Quota.into());
    }
    let verdicts = if groups.is_empty() {
        Vec::new()
    } else {
        store.accept(
            &peer,
            Some(evidence::signed(&envelope)),
            &groups,
            now,
            random,
        )?
    };
    let verdicts = budget::spread(&brought, &taken, verdicts);
    // After what it brought: an incident may leave only with all that the device has of it.
    if !session.leaving.is_empty() {
        store.let_go(&peer, &session.leaving, now)?;
    }
    let pushed: Vec<IncidentId> = taken.into_iter().collect();
    session.tell(news(store, &peer, DeviceMarks::of(&session), now)?);
    let plan = session.accepted(verdicts.clone());
    let Answered { frame, given, .. } =
        answer(store, &peer, &mut session, plan, &pushed, &secret, now)?.ok_or(Refused::Rebase)?;
    Ok(Exchanged {
        answer: frame,
        peer,
        verdicts,
        given,
        skew_seconds,
    })
}

/// Whether a device's share of the disk has no room for these changes.
pub(crate) fn is_full(
    store: &mut dyn HubStore,
    peer: &Peer,
    envelope: &Envelope,
    groups: &[Group],
) -> Result<bool, StoreError> {
    let brought = envelope.body.len()
        + groups
            .iter()
            .flat_map(|group| &group.changes)
            .map(|change| change.chunk.len())
            .sum::<usize>();
    Ok(!groups.is_empty()
        && store
            .stored_bytes(peer.number)?
            .saturating_add(brought as u64)
            > DEVICE_STORED_BYTES)
}

/// An answer, and where it brings the device.
pub(crate) struct Answered {
    /// The answer's frame.
    pub(crate) frame: Vec<u8>,
    /// How many changes it gives.
    pub(crate) given: usize,
    /// The place behind it.
    pub(crate) cursor: Cursor,
    /// Whether there is more.
    pub(crate) more: bool,
    /// How far a rebase has come.
    pub(crate) rebased_until: Option<IncidentId>,
}

/// What the device lacks and is to erase, as one answer within the session's limits; nothing if its cursor is not of this feed.
pub(crate) fn answer(
    store: &mut dyn HubStore,
    peer: &Peer,
    session: &mut HubSession,
    mut plan: PullPlan,
    pushed: &[IncidentId],
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Answered>, StoreError> {
    loop {
        let Some(pull) = store.pull(
            peer,
            plan.cursor,
            plan.page.as_ref(),
            pushed,
            plan.raw_bytes,
        )?
        else {
            return Ok(None);
        };
        let given = pull.groups.iter().map(|group| group.changes.len()).sum();
        let (cursor, more, rebased_until) = (pull.cursor, pull.more, pull.rebased_until);
        let orders = store
            .erase_orders(peer, ERASURES_MAX)?
            .into_iter()
            .map(|incident| order::sign_erasure(secret, incident))
            .collect::<Vec<_>>();
        match session.pulled(pull, &orders, now) {
            PullOutcome::Answer(frame) => {
                return Ok(Some(Answered {
                    frame,
                    given,
                    cursor,
                    more,
                    rebased_until,
                }));
            }
            PullOutcome::PullAgain(smaller) => plan = smaller,
        }
    }
}

/// Enrols a device.
pub fn enrol(
    store: &mut dyn HubStore,
    body: &[u8],
    now: Timestamp,
) -> Result<(Peer, Vec<u8>), ApiError> {
    let request: EnrolRequest = vicinity_sync::enrol::decode(body)?;
    let peer = store
        .enrol(
            EnrolLink::code_hash(&request.code),
            request.device(),
            request.key,
            now,
        )?
        .ok_or(Refused::NotEnrolled)?;
    let may = |action| access::decide(peer.role.actor(), action, Resource::Server).is_ok();
    if !may(Action::Sync) {
        return Err(Refused::NotEnrolled.into());
    }
    if let Some(recipient) = request
        .recipient
        .clone()
        .filter(|_| may(Action::OpenStatement))
    {
        let recipient = Recipient::parse(&recipient).map_err(|_| Refused::Malformed)?;
        if !keyset::has_room(store)? {
            return Err(Refused::Quota.into());
        }
        store.set_recipient(peer.number, &recipient.to_string())?;
    }
    // Also where a responder's device became an educator's.
    keyset::renew(store, now)?;
    if let Some(root) = request.root.as_ref().filter(|_| may(Action::OpenStatement)) {
        keyset::begin(store, request.device(), root)?;
    }
    let survivor_key = store
        .setting(hub_keys::SURVIVOR_KEY)?
        .ok_or(StoreError::Damaged("key of survivor codes"))?;
    let hub_key = public_key(&hub_keys::hub_secret(store)?);
    let bundle_key = hub_keys::opener(store)?.recipient().to_string();
    let pins = store.setting(tls::PINS)?.unwrap_or_default();
    let answer = EnrolAnswer {
        number: peer.number,
        role: peer.role.code().to_owned(),
        survivor_key,
        hub_key,
        bundle_key,
        pins,
        zone: zone::name(store)?,
        root: keyset::root_of(store, &request.key)?,
    };
    Ok((peer, vicinity_sync::enrol::encode(&answer)))
}
