//! The device's end of a sync, as a state machine: inputs in, effects out, in the order in which they must happen.
//!
//! ```text
//! Start ──► Gather ──► Send ──► Persist ──► (again, until nothing is left) ──► statements ──► Done
//!              ▲          │ cut: half the batch, wait
//!              └──────────┘
//! ```
//! What a request carries is read in one `Gather`; what its answer brings is written in one `Persist`, the new cursor
//! with it, before anything else happens. A rebase goes through all documents once, by id, comparing heads; it is how
//! a first pull, a hub's restore and a device's restore all work. Statements follow once both ends know the same changes.

mod agenda;
mod delivery;
mod effects;
mod pace;
mod statements;
mod tally;

use vicinity_core::admit::Verdict;
use vicinity_core::alert::list_hash;
use vicinity_core::batch::Cursor;
use vicinity_core::ids::ChangeHash;
use vicinity_core::time::Timestamp;

use crate::message::{Answer, Refused, Request, SYNC_PATH};
use crate::pins::Pins;

use agenda::Agenda;
pub use delivery::{Delivery, DeviceState};
pub use effects::{
    Effect, End, Gather, Gathered, Input, Outcome, SealingKeys, Start, StatementCounts,
    StatementWork, WaitingBatch,
};
use pace::Pace;
pub use pace::{BATCH_MAX_BYTES, BATCH_MIN_BYTES, BATCH_START_BYTES};
use statements::{Next, Statements};
use tally::Tally;

/// Rebases of one session that the hub can ask for.
const REBASES_MAX: u32 = 3;
/// Further requests of one session that carry key approvals. An approval takes one; another that came first, one more.
const KEY_ROUNDS_MAX: u32 = 3;

/// What the device knows of itself and its hub, for the hub to tell it what is newer.
struct HubKnown {
    now: Timestamp,
    cursor: Option<Cursor>,
    alerts: u64,
    pins: u32,
}

/// Where the session is: what it waits for.
enum Phase {
    /// For what a request is to carry.
    Gathering,
    /// For the hub's answer to a request of changes.
    Sent(Gathered),
    /// For what an answer brought to be written.
    Persisting {
        sent: Gathered,
        answer: Box<Answer>,
        tally: Tally,
    },
    /// For a step of the second part.
    Statements(Statements),
    /// For nothing.
    Over,
}

/// The device's end.
pub struct DeviceSession {
    phase: Phase,
    known: HubKnown,
    pace: Pace,
    agenda: Agenda,
    rebases: u32,
    key_rounds: u32,
    statements: StatementWork,
    outcome: Outcome,
}

impl DeviceSession {
    /// A session. `now` is the device's clock, for the hub to estimate its skew.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            phase: Phase::Gathering,
            known: HubKnown {
                now,
                cursor: None,
                alerts: 0,
                pins: 0,
            },
            pace: Pace::new(BATCH_START_BYTES),
            agenda: Agenda::default(),
            rebases: 0,
            key_rounds: 0,
            statements: StatementWork::None,
            outcome: Outcome::default(),
        }
    }

    /// Takes what happened and says what to do. An input that the session does not wait for changes nothing.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        match (core::mem::replace(&mut self.phase, Phase::Over), input) {
            (Phase::Statements(statements), input) => self.statements(statements, input),
            (Phase::Gathering, Input::Start(start)) => self.start(&start),
            (Phase::Gathering, Input::Gathered(gathered)) => self.send(gathered),
            (Phase::Gathering, Input::NewLifeBegun) => {
                self.known.cursor = None;
                self.rebase()
            }
            (Phase::Sent(sent), Input::Answered(body)) => match Answer::decode(&body) {
                Ok(answer) => self.answered(sent, answer),
                Err(refused) => self.done(End::Refused(refused)),
            },
            (Phase::Sent(_), Input::Refused(refused)) => self.refused(refused),
            (Phase::Sent(_), Input::OrderedToWipe) => self.done(End::WipeOrdered),
            (Phase::Sent(_), Input::Cut) => self.cut(),
            (
                Phase::Persisting {
                    sent,
                    answer,
                    tally,
                },
                Input::Persisted(state),
            ) => self.persisted(&sent, *answer, tally, &state),
            (phase, _) => {
                self.phase = phase;
                Vec::new()
            }
        }
    }

    fn start(&mut self, start: &Start) -> Vec<Effect> {
        let Start {
            cursor,
            batch_bytes,
            alerts,
            pins,
            statements,
        } = *start;
        self.known = HubKnown {
            cursor,
            alerts,
            pins,
            ..self.known
        };
        self.pace = Pace::new(batch_bytes);
        self.statements = statements;
        if cursor.is_none() {
            self.rebase()
        } else {
            vec![self.gather()]
        }
    }

    /// Compares all documents, from the first on.
    fn rebase(&mut self) -> Vec<Effect> {
        self.rebases += 1;
        self.outcome.rebased = true;
        self.agenda.begin_rebase();
        vec![self.gather()]
    }

    fn gather(&mut self) -> Effect {
        self.phase = Phase::Gathering;
        Effect::Gather(self.agenda.next(self.pace))
    }

    fn send(&mut self, gathered: Gathered) -> Vec<Effect> {
        let cursor = if self.agenda.is_rebasing() {
            None
        } else {
            self.known.cursor
        };
        let request = Request {
            cursor,
            push: gathered.groups,
            rebase: gathered.page,
            answer_budget: self.pace.batch_bytes(),
            clock: self.known.now.as_second(),
            erased: gathered.erased,
            keys: gathered.keys,
            alerts: self.known.alerts,
            pins: self.known.pins,
            leaving: gathered.leaving,
        };
        let body = request.encode();
        let splits = request.push.len() > 1
            || request
                .push
                .first()
                .is_some_and(|group| group.changes.len() > 1);
        if !self.pace.fits(body.len(), splits) {
            return vec![self.gather()];
        }
        self.outcome.sent += request
            .push
            .iter()
            .map(|group| group.changes.len() as u64)
            .sum::<u64>();
        self.phase = Phase::Sent(Gathered {
            groups: request.push,
            page: request.rebase,
            more: gathered.more,
            outbox_at: gathered.outbox_at,
            erased: request.erased,
            leaving: request.leaving,
            keys: request.keys,
        });
        vec![Effect::Send {
            path: SYNC_PATH,
            body,
        }]
    }

    fn answered(&mut self, sent: Gathered, mut answer: Answer) -> Vec<Effect> {
        self.pace.succeeded();
        self.outcome.rounds += 1;
        self.outcome.old_wraps = answer.old_wraps;
        if answer.pull.more || sent.groups.iter().any(|group| !group.changes.is_empty()) {
            self.pace.grow();
        }
        let mut delivery = Delivery {
            groups: core::mem::take(&mut answer.pull.groups),
            removed: core::mem::take(&mut answer.pull.removed),
            erase: core::mem::take(&mut answer.erase),
            told: sent.erased.iter().map(|erasure| erasure.incident).collect(),
            batch_bytes: self.pace.batch_bytes(),
            skew_seconds: answer.clock - self.known.now.as_second(),
            key_set: answer.key_set.take(),
            alerts: answer.alerts.take(),
            pins: answer.pins.take(),
            zone: answer.zone.take(),
            ..Delivery::default()
        };
        if let Some(alerts) = &delivery.alerts {
            self.known.alerts = list_hash(alerts);
        }
        if let Some(pins) = delivery.pins.as_deref().and_then(Pins::of_bytes) {
            self.known.pins = Pins::mark(Some(pins));
        }
        self.agenda.note_given(!delivery.groups.is_empty());
        let tally = self.read_verdicts(&sent, &answer, &mut delivery);
        delivery.cursor = self.agenda.cursor_of(&answer.pull);
        self.known.cursor = delivery.cursor.or(self.known.cursor);
        self.phase = Phase::Persisting {
            sent,
            answer: Box::new(answer),
            tally,
        };
        vec![Effect::Persist(Box::new(delivery))]
    }

    fn read_verdicts(
        &mut self,
        sent: &Gathered,
        answer: &Answer,
        delivery: &mut Delivery,
    ) -> Tally {
        let (mut not_yet, mut taken_bytes, mut sent_bytes) = (0, 0, 0);
        let pushed = sent
            .groups
            .iter()
            .flat_map(|group| group.changes.iter().map(|change| (group.incident, change)));
        for ((incident, change), verdict) in pushed.zip(&answer.verdicts) {
            let Some(hash) = ChangeHash::of_chunk(&change.chunk) else {
                continue;
            };
            sent_bytes += change.chunk.len();
            if *verdict != Verdict::NotYet {
                taken_bytes += change.chunk.len();
            }
            match verdict {
                Verdict::Stored | Verdict::Duplicate => delivery.acked.push((incident, hash)),
                Verdict::Pending => self.outcome.pending += 1,
                Verdict::NotYet => not_yet += 1,
                Verdict::Rejected(refusal) => delivery.rejected.push((incident, hash, *refusal)),
            }
        }
        self.pace.note_taken(taken_bytes, sent_bytes);
        self.outcome.sent = self.outcome.sent.saturating_sub(not_yet as u64);
        self.outcome.acked += delivery.acked.len() as u64;
        self.outcome.rejected += delivery.rejected.len() as u64;
        Tally {
            settled: delivery.acked.len() + delivery.rejected.len(),
            not_yet,
        }
    }

    fn persisted(
        &mut self,
        sent: &Gathered,
        answer: Answer,
        tally: Tally,
        state: &DeviceState,
    ) -> Vec<Effect> {
        self.outcome.received += state.received;
        self.outcome.erased += state.erased;
        self.outcome.key_set_refused |= state.key_set_refused;
        let (more, digest) = (answer.pull.more, answer.pull.digest);
        let mut behind = self
            .agenda
            .tick_off(sent, answer.pull, self.known.cursor, tally);
        behind |= self.agenda.outbox_again(state.differs);
        // A sync ends confirmed: who asked for the erasure need not wait for this phone's next day with a network.
        behind |= state.untold > 0;
        behind |= tally.goes_on();
        if state.keys_to_send && self.key_rounds < KEY_ROUNDS_MAX {
            self.key_rounds += 1;
            behind = true;
        }
        if behind || sent.more || more || self.agenda.has_missing() {
            return vec![self.gather()];
        }
        if state.differs {
            return self.done(End::Differs);
        }
        if state.digest == digest {
            return self.done(End::UpToDate);
        }
        if self.rebases > 0 {
            self.done(End::Alarm)
        } else {
            self.rebase()
        }
    }

    fn refused(&mut self, refused: Refused) -> Vec<Effect> {
        match refused {
            Refused::Rebase if self.rebases < REBASES_MAX => self.rebase(),
            Refused::RolledBack | Refused::Replayed if self.rebases < REBASES_MAX => {
                self.phase = Phase::Gathering;
                vec![Effect::BeginNewLife]
            }
            Refused::Busy => match self.pace.busy() {
                Some(millis) => vec![Effect::Wait(millis), self.gather()],
                None => self.done(End::Refused(refused)),
            },
            Refused::TooLarge if self.pace.halve() => vec![self.gather()],
            refused => self.done(End::Refused(refused)),
        }
    }

    fn cut(&mut self) -> Vec<Effect> {
        self.pace.halve();
        match self.pace.cut() {
            Some(millis) => vec![Effect::Wait(millis), self.gather()],
            None => self.done(End::Cut),
        }
    }

    /// Ends the first part. Statements follow only where the hub has what they belong to, and keys that are its own.
    fn done(&mut self, end: End) -> Vec<Effect> {
        self.outcome.end = end;
        if matches!(end, End::UpToDate | End::Differs)
            && !self.outcome.key_set_refused
            && let Some((statements, effect)) =
                Statements::begin(self.statements, self.outcome.old_wraps)
        {
            self.phase = Phase::Statements(statements);
            return vec![effect];
        }
        vec![Effect::Done(self.outcome)]
    }

    fn statements(&mut self, mut statements: Statements, input: Input) -> Vec<Effect> {
        let next = statements.handle(input, &mut self.pace);
        self.outcome.statements = statements.counts;
        match next {
            Next::Go(effects) => {
                self.phase = Phase::Statements(statements);
                effects
            }
            Next::Over(mut effects, end) => {
                self.outcome.end = end.unwrap_or(self.outcome.end);
                effects.push(Effect::Done(self.outcome));
                effects
            }
        }
    }
}
