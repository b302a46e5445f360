//! The hub's end of one request, as steps: what to accept, what to pull, what to answer. No state outlives a request.

use vicinity_core::admit::Verdict;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage, Pull};
use vicinity_core::time::Timestamp;

use crate::compress::BODY_MAX_BYTES;
use crate::device_session::BATCH_MIN_BYTES;
use crate::message::{Answer, Refused, Request};

/// What changes compress to, at the least.
const RATIO: usize = 3;

/// What to read for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullPlan {
    /// Where the device stands; `None` in a rebase.
    pub cursor: Option<Cursor>,
    /// The stretch to compare, in a rebase.
    pub page: Option<HeadsPage>,
    /// Bytes of the chunks to give, about.
    pub raw_bytes: usize,
}

/// What the hub tells besides what is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// Its signed key set, if the device's is older.
    pub key_set: Option<Vec<u8>>,
    /// For a responder: the place of the newest batch's key to wrap anew; 0 for none.
    pub old_wraps: u64,
    /// The alerts that stand, if the device has another list.
    pub alerts: Option<Vec<Alert>>,
    /// The pins of its keys, if the device knows others.
    pub pins: Option<Vec<u8>>,
    /// The name of its time zone.
    pub zone: Option<String>,
}

/// One request at the hub.
#[derive(Debug)]
pub struct HubSession {
    plan: PullPlan,
    budget: usize,
    verdicts: Vec<Verdict>,
    /// The version of the key set that the device has.
    pub key_set: u64,
    /// The hash of the alerts that the device has.
    pub alerts: u64,
    /// The mark of the pins that the device knows.
    pub pins: u32,
    news: News,
    /// Seconds by which the hub's clock is ahead of the device's.
    pub skew_seconds: i64,
    /// What the device says it erased; the proofs are not checked yet.
    pub erased: Vec<Erasure>,
    /// What the device wants to let go of.
    pub leaving: Vec<DocumentHeads>,
}

/// The next step.
#[derive(Debug)]
pub enum Step {
    /// Post this.
    Answer(Vec<u8>),
    /// Too large: pull again, less.
    PullAgain(PullPlan),
}

impl HubSession {
    /// Opens a request: what to accept comes first.
    ///
    /// # Errors
    /// What to answer instead.
    pub fn open(body: &[u8], now: Timestamp) -> Result<(Self, Vec<Group>), Refused> {
        Self::of(Request::decode(body)?, now)
    }

    /// The same for a request that was read already.
    ///
    /// # Errors
    /// What to answer instead.
    pub fn of(request: Request, now: Timestamp) -> Result<(Self, Vec<Group>), Refused> {
        let page = request.rebase;
        if request.cursor.is_none() && page.is_none() {
            return Err(Refused::Rebase);
        }
        let budget = (request.answer_budget.max(BATCH_MIN_BYTES) as usize).min(BODY_MAX_BYTES - 1024);
        let plan = PullPlan { cursor: request.cursor, page, raw_bytes: budget * RATIO };
        let skew_seconds = now.as_second().saturating_sub(request.clock);
        let Request { key_set, pins, alerts, erased, leaving, .. } = request;
        let session = Self { plan, budget, verdicts: Vec::new(), key_set, pins, alerts, news: News::default(), skew_seconds, erased, leaving };
        Ok((session, request.push))
    }

    /// Where the device says that it stands; `None` in a rebase.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        self.plan.cursor.filter(|_| self.plan.page.is_none())
    }

    /// What the store said to the pushed changes; what to pull comes next.
    pub fn accepted(&mut self, verdicts: Vec<Verdict>) -> PullPlan {
        self.verdicts = verdicts;
        self.plan.clone()
    }

    /// What to tell besides.
    pub fn tell(&mut self, news: News) {
        self.news = news;
    }

    /// What the store gives, and what the device is to erase; the answer, or a smaller pull.
    pub fn pulled(&mut self, pull: Pull, erase: &[Erasure], now: Timestamp) -> Step {
        let changes: usize = pull.groups.iter().map(|group| group.changes.len()).sum();
        let News { key_set, old_wraps, alerts, pins, zone } = self.news.clone();
        let erase = erase.to_vec();
        let answer = Answer { verdicts: core::mem::take(&mut self.verdicts), pull, clock: now.as_second(), erase, key_set, old_wraps, alerts, pins, zone };
        let body = answer.encode();
        if body.len() > self.budget + 1024 && changes > 1 && self.plan.raw_bytes > 1 {
            self.plan.raw_bytes /= 2;
            self.verdicts = answer.verdicts;
            return Step::PullAgain(self.plan.clone());
        }
        Step::Answer(body)
    }
}
