//! A device's bundle, from a file: taken as its requests would have been, and answered with a file. No network in here.
//!
//! Whether the bundle is late or a copy is known by its counter, as with requests; but what it brings is taken
//! anyway. Each request of it is one step of the store's, so that a hub that runs beside is not delayed: a crash in between
//! has taken a part, and the same bundle brings the rest.

use std::collections::BTreeSet;

use vicinity_core::access::{self, Action, Resource};
use vicinity_core::admit::Verdict;
use vicinity_core::batch::{Cursor, Group, HeadsPage};
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_seal::keys::Recipient;
use vicinity_seal::parcel::{self, ParcelError};
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Peer, PeerRefused, Random};
use vicinity_sync::bundle::{
    ANSWERS_MAX_BYTES, BUNDLE_PATH, BUNDLED_PATH, Bundle, Judged, Reply, bundled,
};
use vicinity_sync::device_session::BATCH_MAX_BYTES;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::hub_session::{HubSession, News};
use vicinity_sync::message::{DOCUMENTS_MAX, KeyNews, Refused, Request};
use vicinity_sync::statement::{PIECE_MAX_BYTES, Piece, blob_hash};

use crate::access::budget;
use crate::access::gate::{self, SealedRequest};
use crate::api::exchange::{self, DeviceMarks};
use crate::api::statements;
use crate::net::error::ApiError;
use crate::storage::evidence;
use crate::storage::hub_keys;

/// Why nothing, or no more, was taken of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file does not open.
    #[error("nothing was taken")]
    Parcel(#[from] ParcelError),
    /// Its device was revoked.
    #[error("nothing was taken: the device was revoked; what it holds may be in other hands")]
    Revoked,
    /// Nobody who is known here made it.
    #[error("nothing was taken: no device of this hub made it")]
    Unknown,
    /// It cannot be read, or is above a limit.
    #[error("nothing was taken: {0}")]
    Refused(Refused),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApiError> for BundleError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused(refused) => refused.into(),
            ApiError::Revoked(_) => Self::Revoked,
            ApiError::Store(error) => Self::Store(error),
            // Only what comes by network is counted by time.
            ApiError::SlowDown(_) => Self::Refused(Refused::SlowDown),
        }
    }
}

impl From<Refused> for BundleError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotEnrolled | Refused::WrongProof => Self::Unknown,
            Refused::Revoked => Self::Revoked,
            refused => Self::Refused(refused),
        }
    }
}

impl From<PeerRefused> for BundleError {
    fn from(denied: PeerRefused) -> Self {
        match denied {
            PeerRefused::Revoked => Self::Revoked,
            PeerRefused::Unknown
            | PeerRefused::Replayed
            | PeerRefused::RolledBack
            | PeerRefused::TooHigh
            | PeerRefused::TooManyLives => Self::Unknown,
        }
    }
}

/// A bundle that was taken.
#[derive(Debug)]
pub struct Imported {
    /// The device's number.
    pub device: u32,
    /// Changes that it brought and that are here now, new or not.
    pub taken: u64,
    /// Changes that were refused.
    pub refused: u64,
    /// Changes that wait for their ancestors.
    pub pending: u64,
    /// Whether something newer of this device was heard before: the bundle is late, or a copy.
    pub late: bool,
    /// The file to be carried back.
    pub reply: Vec<u8>,
}

/// A bundle, as the gate opens it.
struct BundleRequest;

impl SealedRequest for BundleRequest {
    const NAME: &'static str = "bundle";
    const PATH: &'static str = BUNDLE_PATH;
    const ACTION: Action = Action::Sync;
    type Message = Bundle;

    fn decode(body: &[u8], _: Timestamp) -> Result<Bundle, Refused> {
        Bundle::decode(body)
    }
}

/// The requests of a bundle, each proven by itself: the hub keeps them as evidence.
fn requests(
    store: &mut dyn HubStore,
    outer: &Envelope,
    bundle: &Bundle,
) -> Result<Vec<(Envelope, Request)>, BundleError> {
    let key = store
        .credentials(outer.device())?
        .ok_or(BundleError::Unknown)?
        .public_key;
    let read = |bytes: &Vec<u8>| {
        let (envelope, request) = bundled(bytes)?;
        let is_same =
            (envelope.device(), envelope.incarnation) == (outer.device(), outer.incarnation);
        if is_same && envelope.is_proven(&key, BUNDLED_PATH) {
            Ok((envelope, request))
        } else {
            Err(BundleError::Unknown)
        }
    };
    bundle.requests.iter().map(read).collect()
}

/// Takes a bundle. What the reply says is there is durable when this returns.
///
/// # Errors
/// None of it was taken, except for a store that fails on the way: then a part may have been, and the same bundle brings all.
pub fn import(
    store: &mut dyn HubStore,
    file: &[u8],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Imported, BundleError> {
    let content = parcel::unpack(file, &hub_keys::opener(store)?)?;
    let (envelope, bundle) = gate::open::<BundleRequest, _>(store, &content, now)?.into_parts();
    let reply_to = Recipient::parse(&bundle.reply_to).map_err(|_| Refused::Malformed)?;
    let requests = requests(store, &envelope, &bundle)?;
    let secret = hub_keys::hub_secret(store)?;

    let erased: Vec<_> = requests
        .iter()
        .flat_map(|(_, request)| request.erased.clone())
        .collect();
    let arrival = step(store, |store| {
        arrive(store, &envelope, &exchange::proven(&erased, &secret), now)
    })?;
    let mut talk = Talk {
        peer: arrival.peer,
        secret,
        now,
        answers: Vec::new(),
        bytes: 0,
    };
    let first = requests.first().map(|(_, first)| first);
    let (from, known) = (
        first.and_then(|first| first.cursor),
        first.map(DeviceMarks::in_request).unwrap_or_default(),
    );
    let (mut judged, mut pages) = (Vec::new(), Vec::new());
    for (signed, request) in requests {
        judged.extend(talk.take(store, &signed, &request, random)?);
        pages.extend(request.rebase);
    }
    let blobs = talk.take_blobs(store, &bundle.blobs)?;
    let pushed: BTreeSet<IncidentId> = judged
        .iter()
        .map(|judged: &Judged| judged.incident)
        .collect();
    let mut extras = ReplyExtras {
        news: exchange::news(store, &talk.peer, known, now)?,
        pushed: pushed.into_iter().take(DOCUMENTS_MAX).collect(),
    };
    let void = talk.answer(store, from, pages, &mut extras)?;

    let count = |is: fn(&Verdict) -> bool| {
        judged.iter().filter(|judged| is(&judged.verdict)).count() as u64
    };
    let (refused, pending) = (
        count(|verdict| matches!(verdict, Verdict::Rejected(_))),
        count(|verdict| *verdict == Verdict::Pending),
    );
    let taken = judged.len() as u64 - refused - pending;
    let Arrival {
        peer,
        heard,
        late,
        told,
    } = arrival;
    let reply = Reply {
        device: envelope.device(),
        incarnation: envelope.incarnation,
        heard,
        from,
        void,
        judged,
        told,
        answers: talk.answers,
        blobs,
    };
    let reply = parcel::pack(&reply.sign(&secret), &reply_to)?;
    Ok(Imported {
        device: peer.number,
        taken,
        refused,
        pending,
        late,
        reply,
    })
}

struct Arrival {
    peer: Peer,
    heard: u64,
    late: bool,
    told: Vec<IncidentId>,
}

/// Moves the counter where the bundle is newer than all that was heard. What speaks of a moment counts only then: a copy
/// must not confirm an erasure for a device that has shown since that it holds the incident again.
fn arrive(
    store: &mut dyn HubStore,
    envelope: &Envelope,
    erased: &[IncidentId],
    now: Timestamp,
) -> Result<Arrival, BundleError> {
    match store.let_in(
        envelope.device(),
        envelope.incarnation,
        envelope.counter,
        now,
    )? {
        Ok(peer) => {
            may(&peer)?;
            if !erased.is_empty() {
                store.confirm_erased(&peer, erased, now)?;
            }
            Ok(Arrival {
                peer,
                heard: envelope.counter,
                late: false,
                told: erased.to_vec(),
            })
        }
        Err(PeerRefused::Replayed | PeerRefused::RolledBack) => {
            let (peer, heard) = store.heard(envelope.device(), envelope.incarnation)??;
            may(&peer)?;
            Ok(Arrival {
                peer,
                heard,
                late: true,
                told: Vec::new(),
            })
        }
        Err(denied) => Err(denied.into()),
    }
}

fn may(peer: &Peer) -> Result<(), BundleError> {
    Ok(
        access::decide(peer.role.actor(), Action::Sync, Resource::Server)
            .map_err(ApiError::from)?,
    )
}

/// Does a step that is kept complete or not at all.
fn step<T>(
    store: &mut dyn HubStore,
    mut work: impl FnMut(&mut dyn HubStore) -> Result<T, BundleError>,
) -> Result<T, BundleError> {
    let mut done = None;
    let committed = store.group_commit(&mut |store| done.insert(work(store)).is_ok());
    match done {
        Some(Ok(value)) => committed.map(|()| value).map_err(Into::into),
        Some(Err(error)) => Err(error),
        None => Err(committed.err().unwrap_or(StoreError::RolledBack).into()),
    }
}

/// The groups that were not looked at yet, if there are any.
fn not_yet(groups: &[Group], verdicts: &[Verdict]) -> Option<Vec<Group>> {
    let mut place = 0;
    let mut open = Vec::new();
    for group in groups {
        let end = place + group.changes.len();
        if verdicts
            .get(place..end)
            .is_some_and(|said| said.contains(&Verdict::NotYet))
        {
            open.push(group.clone());
        }
        place = end;
    }
    (!open.is_empty()).then_some(open)
}

/// What only the first answer of a reply carries.
#[derive(Default)]
struct ReplyExtras {
    news: News,
    /// Incidents whose missing ancestors the hub may ask for.
    pushed: Vec<IncidentId>,
}

/// Both parts of a conversation with a device that is not there.
struct Talk {
    peer: Peer,
    secret: [u8; 32],
    now: Timestamp,
    answers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Talk {
    /// Takes the changes of one request.
    fn take(
        &self,
        store: &mut dyn HubStore,
        envelope: &Envelope,
        request: &Request,
        random: &mut dyn Random,
    ) -> Result<Vec<Judged>, BundleError> {
        if request.push.is_empty() {
            return Ok(Vec::new());
        }
        let mut verdicts =
            vec![Verdict::NotYet; request.push.iter().map(|group| group.changes.len()).sum()];
        // As much at once as of a request by network: a hub that runs beside has its turn in between.
        while let Some(rest) = not_yet(&request.push, &verdicts) {
            let (taken, said) = step(store, |store| {
                // It may have been revoked since the last step.
                store.heard(envelope.device(), envelope.incarnation)??;
                let plan = budget::plan(store, &self.peer, &rest)?;
                let (groups, taken) = budget::first(&rest, plan.incidents);
                if exchange::is_full(store, &self.peer, envelope, &groups)? {
                    return Err(Refused::Quota.into());
                }
                store.note_skew(&self.peer, None, self.now)?;
                Ok((
                    taken,
                    store.accept(
                        &self.peer,
                        Some(evidence::signed(envelope)),
                        &groups,
                        self.now,
                        random,
                    )?,
                ))
            })?;
            let mut said = said.into_iter();
            let incidents = request
                .push
                .iter()
                .flat_map(|group| group.changes.iter().map(|_| group.incident));
            for (verdict, _) in verdicts
                .iter_mut()
                .zip(incidents)
                .filter(|(_, incident)| taken.contains(incident))
            {
                *verdict = said.next().unwrap_or(Verdict::Pending);
            }
        }
        let pushed = request
            .push
            .iter()
            .flat_map(|group| group.changes.iter().map(|change| (group.incident, change)));
        // Bytes that are too short for a hash were refused, and no device waits for an answer about them.
        Ok(pushed
            .zip(verdicts)
            .filter_map(|((incident, change), verdict)| {
                Some(Judged {
                    incident,
                    hash: ChangeHash::of_chunk(&change.chunk)?,
                    verdict,
                })
            })
            .collect())
    }

    /// Takes batches of statements, after the incidents that name them. One that the hub has no room for, or cannot read, is not among
    /// those that it says it has.
    fn take_blobs(
        &self,
        store: &mut dyn HubStore,
        blobs: &[Vec<u8>],
    ) -> Result<Vec<([u8; 32], Vec<u32>)>, BundleError> {
        let mut taken = Vec::new();
        for blob in blobs {
            let (hash, mut offset) = (blob_hash(blob), None);
            loop {
                // The hub may have a part of it: it is asked first, with an empty piece.
                let at = offset.map_or(0..0, |at: usize| at..blob.len().min(at + PIECE_MAX_BYTES));
                let piece = Piece {
                    hash,
                    total: blob.len() as u64,
                    offset: at.start as u64,
                    bytes: blob[at].to_vec(),
                };
                let answer = step(store, |store| {
                    match statements::take_piece(store, &self.peer, &piece, self.now) {
                        Err(ApiError::Store(error)) => Err(error.into()),
                        // What it refuses it has noted: that is kept.
                        other => Ok(other.ok()),
                    }
                })?;
                let Some(answer) = answer else { break };
                if let Some(refused) = answer.refused {
                    taken.push((hash, refused));
                    break;
                }
                let held = usize::try_from(answer.held).unwrap_or(usize::MAX);
                if held >= blob.len() || offset.is_some_and(|offset| held <= offset) {
                    break;
                }
                offset = Some(held);
            }
        }
        Ok(taken)
    }

    /// Pulls for the device until there is no more, or the reply is full. `true` if its place is void.
    fn answer(
        &mut self,
        store: &mut dyn HubStore,
        from: Option<Cursor>,
        pages: Vec<HeadsPage>,
        extras: &mut ReplyExtras,
    ) -> Result<bool, BundleError> {
        let mut cursor = from;
        if from.is_none() {
            // Not all documents were named: there is no place to stand on before they are compared.
            let is_whole = pages.last().is_some_and(|page| page.until.is_none());
            for mut page in pages {
                loop {
                    let Some(answered) = self.pull(store, None, Some(page.clone()), extras)? else {
                        return Ok(true);
                    };
                    // The place of the first answer: what happens while the rest is compared is after it.
                    cursor = cursor.or(Some(answered.cursor));
                    if answered.rebased_until == page.until {
                        break;
                    }
                    if self.bytes >= ANSWERS_MAX_BYTES {
                        return Ok(false);
                    }
                    page.have
                        .retain(|document| Some(document.incident) > answered.rebased_until);
                    page.after = answered.rebased_until;
                }
            }
            if !is_whole {
                return Ok(false);
            }
        }
        while let Some(at) = cursor {
            let Some(answered) = self.pull(store, Some(at), None, extras)? else {
                return Ok(true);
            };
            cursor = (answered.more && self.bytes < ANSWERS_MAX_BYTES).then_some(answered.cursor);
        }
        Ok(false)
    }

    fn pull(
        &mut self,
        store: &mut dyn HubStore,
        cursor: Option<Cursor>,
        rebase: Option<HeadsPage>,
        extras: &mut ReplyExtras,
    ) -> Result<Option<exchange::Answered>, BundleError> {
        let clock = self.now.as_second();
        let request = Request {
            cursor,
            push: Vec::new(),
            rebase,
            answer_budget: BATCH_MAX_BYTES,
            clock,
            erased: Vec::new(),
            keys: KeyNews::default(),
            pins: 0,
            leaving: Vec::new(),
            alerts: 0,
        };
        let (mut session, _) = HubSession::of(request, self.now)?;
        let ReplyExtras { news, pushed } = core::mem::take(extras);
        session.tell(news);
        let plan = session.accepted(Vec::new());
        let answered = exchange::answer(
            store,
            &self.peer,
            &mut session,
            plan,
            &pushed,
            &self.secret,
            self.now,
        )?;
        if let Some(answered) = &answered {
            self.bytes += answered.frame.len();
            self.answers.push(answered.frame.clone());
        }
        Ok(answered)
    }
}
