//! The device's end of a sync, as a state machine: inputs in, effects out, in the order in which they must happen.
//!
//! ```text
//! Start ──► Gather ──► Send ──► Persist ──► (again, until nothing is left) ──► Done
//!              ▲          │ cut: half the batch, wait
//!              └──────────┘
//! ```
//! What a request carries is read in one `Gather`; what its answer brings is written in one `Persist`, the new cursor
//! with it, before anything else happens. A rebase goes through all documents once, by id, comparing heads; it is how
//! a first pull, a hub's restore and a device's restore all work.

mod delivery;
mod looked;

use std::collections::VecDeque;

use vicinity_core::admit::Verdict;
use vicinity_core::alert::list_hash;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage};
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::time::Timestamp;

use crate::compress::BODY_MAX_BYTES;
use crate::message::{Answer, Refused, Request};
use crate::pins::Pins;

pub use delivery::{Delivery, Standing};
use looked::Looked;

/// Bytes of the smallest batch, compressed.
pub const BATCH_MIN_BYTES: u32 = 16 * 1024;
/// Bytes of the largest batch, compressed, with room for the rest of the message.
pub const BATCH_MAX_BYTES: u32 = BODY_MAX_BYTES as u32 - 8 * 1024;
/// Bytes of the first batch a device ever sends.
pub const BATCH_START_BYTES: u32 = 64 * 1024;
/// What a batch of changes compresses to, at the least; a batch that turns out larger is halved.
const RATIO: usize = 3;
/// Bytes that one document's heads take in a page.
const HEADS_BYTES: usize = 56;
/// Cuts in a row after which a sync gives up; the next one goes on where it stood.
const CUTS_MAX: u32 = 5;

/// What the session needs to begin.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Where the device stands; `None` if it never synced or its place is void.
    pub cursor: Option<Cursor>,
    /// The batch size that worked last.
    pub batch_bytes: u32,
    /// The version of the key set that the device has; 0 for none.
    pub key_set: u64,
    /// The hash of the alerts that the device has; 0 for none.
    pub alerts: u64,
    /// The mark of the hub's pins that the device knows.
    pub pins: u32,
}

/// What a request is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gather {
    /// Heads of at most so many documents with ids above `after`.
    Heads {
        /// Exclusive lower end.
        after: Option<IncidentId>,
        /// At most so many.
        max_documents: usize,
    },
    /// Changes that the hub lacks of one document, without the first `skip` of them.
    Missing {
        /// The document and the hub's heads of it.
        need: DocumentHeads,
        /// How many were sent already.
        skip: usize,
        /// Bytes of the chunks, about.
        raw_bytes: usize,
    },
    /// What waits in the outbox behind a place.
    Outbox {
        /// Exclusive lower end; 0 is the first.
        after: i64,
        /// Bytes of the chunks, about.
        raw_bytes: usize,
    },
}

/// What was gathered.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Changes to push.
    pub groups: Vec<Group>,
    /// Heads.
    pub page: Option<HeadsPage>,
    /// Whether there is more of the same.
    pub more: bool,
    /// The outbox place behind these.
    pub outbox_at: i64,
    /// Erasures of which the hub is to be told: at most [`ERASURES_MAX`](crate::message::ERASURES_MAX), with everything that
    /// is gathered; with the first heads of a rebase, all anew.
    pub erased: Vec<Erasure>,
    /// What this device wants to let go of: at most [`LEAVING_MAX`](crate::message::LEAVING_MAX).
    pub leaving: Vec<DocumentHeads>,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Begin.
    Start(Start),
    /// A `Gather` was done.
    Gathered(Gathered),
    /// The hub answered.
    Answered(Vec<u8>),
    /// The hub refused.
    Refused(Refused),
    /// The hub refused, and its proven order is to wipe this device.
    OrderedToWipe,
    /// The link was cut, somewhere.
    Cut,
    /// A `Persist` was done.
    Persisted(Standing),
    /// A new incarnation is written down.
    Reborn,
}

/// What to do next.
#[derive(Debug)]
pub enum Effect {
    /// Read from the store.
    Gather(Gather),
    /// Post this frame.
    Send(Vec<u8>),
    /// Write this, in one transaction.
    Persist(Box<Delivery>),
    /// Take a new random incarnation and forget the cursor, durably.
    BeReborn,
    /// Wait so many milliseconds before the next effect.
    Wait(u64),
    /// The end.
    Done(Outcome),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing is left to do and both ends hold the same.
    UpToDate,
    /// Nothing is left to do, but something the device holds was refused or waits for consent of the hub.
    Differs,
    /// The digests differ even after a rebase: somebody has to look.
    Alarm,
    /// The link was cut too often.
    Cut,
    /// The hub refused.
    Refused(Refused),
    /// The hub revoked this device and orders it to wipe itself; its proof was checked.
    WipeOrdered,
}

/// Figures of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Changes sent, each time they were looked at.
    pub sent: u64,
    /// Changes the hub acknowledged.
    pub acked: u64,
    /// Changes received that were new.
    pub received: u64,
    /// Changes the hub refused for ever.
    pub rejected: u64,
    /// Changes that wait at the hub for ancestors.
    pub pending: u64,
    /// Requests answered.
    pub rounds: u64,
    /// Incidents erased by the hub's order.
    pub erased: u64,
    /// Whether a rebase was made.
    pub rebased: bool,
    /// The place of the newest batch's key that this responder's device may wrap anew; 0 for none.
    pub old_wraps: u64,
    /// Whether the hub sent a key set that is not its own, or not newer: nothing is sealed then.
    pub key_set_refused: bool,
}

struct Rebase {
    after: Option<IncidentId>,
    /// The hub's place when the rebase began: valid when it is over.
    cursor: Option<Cursor>,
}

struct Missing {
    need: DocumentHeads,
    skip: usize,
}

/// The device's end.
pub struct DeviceSession {
    now: Timestamp,
    cursor: Option<Cursor>,
    batch_bytes: u32,
    key_set: u64,
    alerts: u64,
    pins: u32,
    shrink: u32,
    rebase: Option<Rebase>,
    missing: VecDeque<Missing>,
    outbox_at: i64,
    /// Whether everything in the outbox was sent once.
    outbox_gone: bool,
    /// Whether the hub gave changes since the outbox last began.
    was_given: bool,
    /// Changes of the last answer that the hub took, and those that it has not looked at yet.
    verdicts: Looked,
    in_flight: Gathered,
    answer: Option<Answer>,
    cuts: u32,
    rebases: u32,
    outcome: Outcome,
}

impl DeviceSession {
    /// A session. `now` is the device's clock, for the hub to estimate its skew.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let outcome = Outcome {
            end: End::Differs,
            sent: 0,
            acked: 0,
            received: 0,
            rejected: 0,
            pending: 0,
            rounds: 0,
            erased: 0,
            rebased: false,
            old_wraps: 0,
            key_set_refused: false,
        };
        Self {
            now,
            cursor: None,
            batch_bytes: BATCH_START_BYTES,
            key_set: 0,
            alerts: 0,
            pins: 0,
            shrink: 1,
            rebase: None,
            missing: VecDeque::new(),
            outbox_at: 0,
            outbox_gone: false,
            was_given: false,
            verdicts: Looked::default(),
            in_flight: Gathered::default(),
            answer: None,
            cuts: 0,
            rebases: 0,
            outcome,
        }
    }

    /// Takes what happened and says what to do.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Start(start) => {
                self.cursor = start.cursor;
                (self.key_set, self.pins, self.alerts) = (start.key_set, start.pins, start.alerts);
                self.batch_bytes = start.batch_bytes.clamp(BATCH_MIN_BYTES, BATCH_MAX_BYTES);
                if self.cursor.is_none() {
                    self.begin_rebase();
                }
                vec![self.gather()]
            }
            Input::Gathered(gathered) => self.send(gathered),
            Input::Answered(body) => match Answer::decode(&body) {
                Ok(answer) => self.answered(answer),
                Err(refused) => self.done(End::Refused(refused)),
            },
            Input::Refused(refused) => self.refused(refused),
            Input::OrderedToWipe => self.done(End::WipeOrdered),
            Input::Cut => self.cut(),
            Input::Persisted(standing) => self.persisted(standing),
            Input::Reborn => {
                self.cursor = None;
                self.begin_rebase();
                vec![self.gather()]
            }
        }
    }

    fn begin_rebase(&mut self) {
        self.rebases += 1;
        self.outcome.rebased = true;
        self.rebase = Some(Rebase { after: None, cursor: None });
        self.missing.clear();
        self.outbox_at = 0;
        self.outbox_gone = false;
    }

    fn gather(&self) -> Effect {
        let raw_bytes = (self.batch_bytes as usize * RATIO / self.shrink as usize).max(1);
        Effect::Gather(if let Some(rebase) = &self.rebase {
            Gather::Heads { after: rebase.after, max_documents: (self.batch_bytes as usize / HEADS_BYTES).min(crate::message::DOCUMENTS_MAX) }
        } else if let Some(missing) = self.missing.front() {
            Gather::Missing { need: missing.need.clone(), skip: missing.skip, raw_bytes }
        } else {
            Gather::Outbox { after: self.outbox_at, raw_bytes }
        })
    }

    fn send(&mut self, gathered: Gathered) -> Vec<Effect> {
        let cursor = if self.rebase.is_some() { None } else { self.cursor };
        let request = Request {
            cursor,
            push: gathered.groups,
            rebase: gathered.page,
            answer_budget: self.batch_bytes,
            clock: self.now.as_second(),
            erased: gathered.erased,
            key_set: self.key_set,
            alerts: self.alerts,
            pins: self.pins,
            leaving: gathered.leaving,
        };
        let body = request.encode();
        let splits = request.push.len() > 1 || request.push.first().is_some_and(|group| group.changes.len() > 1);
        if body.len() > self.batch_bytes.max(BATCH_MIN_BYTES) as usize && splits {
            self.shrink *= 2;
            return vec![self.gather()];
        }
        self.shrink = 1;
        self.in_flight = Gathered {
            groups: request.push,
            page: request.rebase,
            more: gathered.more,
            outbox_at: gathered.outbox_at,
            erased: request.erased,
            leaving: request.leaving,
        };
        self.outcome.sent += self.in_flight.groups.iter().map(|group| group.changes.len() as u64).sum::<u64>();
        vec![Effect::Send(body)]
    }

    fn answered(&mut self, mut answer: Answer) -> Vec<Effect> {
        self.cuts = 0;
        self.outcome.rounds += 1;
        self.outcome.old_wraps = answer.old_wraps;
        if self.in_flight.groups.iter().map(|group| group.changes.len()).sum::<usize>() > 0 || answer.pull.more {
            self.batch_bytes = (self.batch_bytes * 2).min(BATCH_MAX_BYTES);
        }
        let mut delivery = Delivery {
            groups: core::mem::take(&mut answer.pull.groups),
            removed: core::mem::take(&mut answer.pull.removed),
            erase: core::mem::take(&mut answer.erase),
            told: self.in_flight.erased.iter().map(|erasure| erasure.incident).collect(),
            batch_bytes: self.batch_bytes,
            skew_seconds: answer.clock - self.now.as_second(),
            key_set: answer.key_set.take(),
            alerts: answer.alerts.take(),
            pins: answer.pins.take(),
            zone: answer.zone.take(),
            ..Delivery::default()
        };
        if let Some(alerts) = &delivery.alerts {
            self.alerts = list_hash(alerts);
        }
        if let Some(pins) = delivery.pins.as_deref().and_then(Pins::of_bytes) {
            self.pins = Pins::mark(Some(pins));
        }
        self.was_given |= !delivery.groups.is_empty();
        self.read_verdicts(&answer, &mut delivery);
        delivery.cursor = match &mut self.rebase {
            None => Some(answer.pull.cursor),
            Some(rebase) => {
                let begun = *rebase.cursor.get_or_insert(answer.pull.cursor);
                answer.pull.rebased_until.is_none().then_some(begun)
            }
        };
        self.cursor = delivery.cursor.or(self.cursor);
        self.answer = Some(answer);
        vec![Effect::Persist(Box::new(delivery))]
    }

    fn read_verdicts(&mut self, answer: &Answer, delivery: &mut Delivery) {
        self.verdicts = Looked::default();
        let pushed = self.in_flight.groups.iter().flat_map(|group| group.changes.iter().map(|change| (group.incident, change)));
        for ((incident, change), verdict) in pushed.zip(&answer.verdicts) {
            let hash = ChangeHash::of(change.chunk.get(8..).unwrap_or_default());
            match verdict {
                Verdict::Stored | Verdict::Duplicate => delivery.acked.push((incident, hash)),
                Verdict::Pending => self.outcome.pending += 1,
                Verdict::NotYet => self.verdicts.not_yet += 1,
                Verdict::Rejected(refusal) => delivery.rejected.push((incident, hash, *refusal)),
            }
        }
        self.verdicts.settled = delivery.acked.len() + delivery.rejected.len();
        self.outcome.sent = self.outcome.sent.saturating_sub(self.verdicts.not_yet as u64);
        self.outcome.acked += delivery.acked.len() as u64;
        self.outcome.rejected += delivery.rejected.len() as u64;
    }

    fn persisted(&mut self, standing: Standing) -> Vec<Effect> {
        self.outcome.received += standing.received;
        self.outcome.erased += standing.erased;
        self.key_set = self.key_set.max(standing.key_set);
        self.outcome.key_set_refused |= standing.key_set_refused;
        let Some(answer) = self.answer.take() else { return Vec::new() };
        let sent = core::mem::take(&mut self.in_flight);
        // After a rebase the feed may have moved since the rebase began.
        let mut behind = false;
        if let Some(rebase) = &mut self.rebase {
            rebase.after = answer.pull.rebased_until;
            behind = true;
            if rebase.after.is_none() {
                behind = self.cursor != Some(answer.pull.cursor);
                self.rebase = None;
            }
        } else if let Some(missing) = self.missing.front_mut() {
            missing.skip += sent.groups.iter().map(|group| group.changes.len()).sum::<usize>().saturating_sub(self.verdicts.not_yet);
            if !sent.more && !self.verdicts.goes_on() {
                self.missing.pop_front();
            }
        } else if !self.verdicts.goes_on() {
            // What was settled has left the outbox: the same place gives the rest.
            self.outbox_at = sent.outbox_at;
            self.outbox_gone = !sent.more;
        }
        for need in answer.pull.need {
            if !self.missing.iter().any(|missing| missing.need.incident == need.incident) {
                self.missing.push_back(Missing { need, skip: 0 });
            }
        }
        // What came in may have brought back what the outbox was waiting for: consent, or scope.
        if core::mem::take(&mut self.was_given) && standing.differs && self.outbox_gone {
            self.outbox_at = 0;
            self.outbox_gone = false;
        }
        // A rebase and what the hub needs come first; the outbox is still to go then.
        behind |= standing.differs && !self.outbox_gone;
        // A sync ends confirmed: whoever asked for the erasure need not wait for this phone's next day with a network.
        behind |= standing.untold > 0;
        behind |= self.verdicts.goes_on();
        if behind || sent.more || answer.pull.more || !self.missing.is_empty() {
            return vec![self.gather()];
        }
        if standing.differs {
            return self.done(End::Differs);
        }
        if standing.digest == answer.pull.digest {
            return self.done(End::UpToDate);
        }
        if self.rebases > 0 {
            return self.done(End::Alarm);
        }
        self.begin_rebase();
        vec![self.gather()]
    }

    fn refused(&mut self, refused: Refused) -> Vec<Effect> {
        match refused {
            Refused::Rebase if self.rebases < 3 => {
                self.begin_rebase();
                vec![self.gather()]
            }
            Refused::RolledBack | Refused::Replayed if self.rebases < 3 => vec![Effect::BeReborn],
            Refused::Busy if self.cuts < CUTS_MAX => {
                self.cuts += 1;
                vec![Effect::Wait(250 << self.cuts), self.gather()]
            }
            Refused::TooLarge if self.batch_bytes > BATCH_MIN_BYTES => {
                self.batch_bytes = (self.batch_bytes / 2).max(BATCH_MIN_BYTES);
                vec![self.gather()]
            }
            refused => self.done(End::Refused(refused)),
        }
    }

    fn cut(&mut self) -> Vec<Effect> {
        self.cuts += 1;
        self.batch_bytes = (self.batch_bytes / 2).max(BATCH_MIN_BYTES);
        if self.cuts >= CUTS_MAX { self.done(End::Cut) } else { vec![Effect::Wait(100 << self.cuts), self.gather()] }
    }

    fn done(&mut self, end: End) -> Vec<Effect> {
        self.outcome.end = end;
        vec![Effect::Done(self.outcome)]
    }
}
