//! The hub's end of one request, as steps: what to accept, what to pull, what to answer. No state outlives a request.

use vicinity_core::admit::Verdict;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Cursor, DocumentHeads, Erasure, Group, HeadsPage, Pull};
use vicinity_core::time::Timestamp;

use crate::compress::BODY_MAX_BYTES;
use crate::device_session::BATCH_MIN_BYTES;
use crate::message::{Answer, KeyNews, Refused, Request};

/// What changes compress to, at the least.
const RATIO: usize = 3;

/// What to read for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullPlan {
    /// The device's position in the feed; `None` in a rebase.
    pub cursor: Option<Cursor>,
    /// The stretch to compare, in a rebase.
    pub page: Option<HeadsPage>,
    /// Bytes of the chunks to give, about.
    pub raw_bytes: usize,
}

/// What the hub sends in addition to the pull.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// Entries of its chain of key approvals, if the device's chain differs.
    pub key_set: Option<Vec<u8>>,
    /// For a responder: the place of the newest batch's key to wrap again; 0 for none.
    pub old_wraps: u64,
    /// The live alerts, if the device's list differs.
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
    /// Changes of the pull before, if there was one.
    changes_before: Option<usize>,
    verdicts: Vec<Verdict>,
    /// The device's chain of key approvals, and entries that it brings.
    pub keys: KeyNews,
    /// The hash of the alerts that the device has.
    pub alerts: u64,
    /// The mark of the pins that the device knows.
    pub pins: u32,
    news: News,
    /// Seconds by which the hub's clock is ahead of the device's.
    pub skew_seconds: i64,
    /// What the device says it erased; the proofs are not checked yet.
    pub erased: Vec<Erasure>,
    /// What the device wants to drop.
    pub leaving: Vec<DocumentHeads>,
}

/// What follows a pull.
#[derive(Debug)]
pub enum PullOutcome {
    /// Send this body.
    Answer(Vec<u8>),
    /// The answer is too large: pull again with this smaller plan.
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
        let budget =
            (request.answer_budget.max(BATCH_MIN_BYTES) as usize).min(BODY_MAX_BYTES - 1024);
        let plan = PullPlan {
            cursor: request.cursor,
            page,
            raw_bytes: budget * RATIO,
        };
        let skew_seconds = now.as_second().saturating_sub(request.clock);
        let Request {
            keys,
            pins,
            alerts,
            erased,
            leaving,
            ..
        } = request;
        let session = Self {
            plan,
            budget,
            changes_before: None,
            verdicts: Vec::new(),
            keys,
            pins,
            alerts,
            news: News::default(),
            skew_seconds,
            erased,
            leaving,
        };
        Ok((session, request.push))
    }

    /// The position that the device claims; `None` in a rebase.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        self.plan.cursor.filter(|_| self.plan.page.is_none())
    }

    /// What the store said to the pushed changes; what to pull comes next.
    pub fn accepted(&mut self, verdicts: Vec<Verdict>) -> PullPlan {
        self.verdicts = verdicts;
        self.plan.clone()
    }

    /// Sets what to send in addition to the pull.
    pub fn tell(&mut self, news: News) {
        self.news = news;
    }

    /// What the store gives, and what the device is to erase; the answer, or a smaller pull. An incident is given whole where it
    /// is compared: what a smaller pull made no smaller is the answer, however large.
    pub fn pulled(&mut self, pull: Pull, erase: &[Erasure], now: Timestamp) -> PullOutcome {
        let changes: usize = pull.groups.iter().map(|group| group.changes.len()).sum();
        let raw_bytes: usize = pull
            .groups
            .iter()
            .flat_map(|group| &group.changes)
            .map(|change| change.chunk.len())
            .sum();
        let News {
            key_set,
            old_wraps,
            alerts,
            pins,
            zone,
        } = self.news.clone();
        let erase = erase.to_vec();
        let answer = Answer {
            verdicts: core::mem::take(&mut self.verdicts),
            pull,
            clock: now.as_second(),
            erase,
            key_set,
            old_wraps,
            alerts,
            pins,
            zone,
        };
        let body = answer.encode();
        let is_smaller = self
            .changes_before
            .replace(changes)
            .is_none_or(|before| changes < before);
        let is_one = if self.plan.page.is_some() {
            answer.pull.groups.len() < 2
        } else {
            changes < 2
        };
        if body.len() > self.budget + 1024 && is_smaller && !is_one {
            // As much less as it was too large, and a little less than that.
            let fitting = self.plan.raw_bytes.min(raw_bytes) as u64 * self.budget as u64
                / body.len() as u64
                * 3
                / 4;
            self.plan.raw_bytes = usize::try_from(fitting).unwrap_or(usize::MAX).max(1);
            self.verdicts = answer.verdicts;
            return PullOutcome::PullAgain(self.plan.clone());
        }
        PullOutcome::Answer(body)
    }
}

#[cfg(test)]
mod tests {
    use vicinity_core::batch::GroupChange;
    use vicinity_core::ids::{IncidentId, ScopeDigest};

    use super::*;

    const CURSOR: Cursor = Cursor {
        epoch: [0; 16],
        seq: 1,
        chain: [0; 16],
        mac: [0; 8],
    };

    fn session() -> HubSession {
        let request = Request {
            cursor: Some(CURSOR),
            push: Vec::new(),
            rebase: None,
            answer_budget: BATCH_MIN_BYTES,
            clock: 0,
            erased: Vec::new(),
            keys: KeyNews::default(),
            alerts: 0,
            pins: 0,
            leaving: Vec::new(),
        };
        HubSession::of(request, Timestamp::default()).unwrap().0
    }

    /// Bytes that do not compress.
    fn noise(seed: usize) -> Vec<u8> {
        let mut state = seed as u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..1024).map(|_| next()).collect()
    }

    /// One incident of that many changes of 1 KiB each.
    fn pull(changes: usize) -> Pull {
        let changes = (0..changes)
            .map(|seed| GroupChange {
                chunk: noise(seed),
                by: 0,
            })
            .collect();
        let groups = vec![Group {
            incident: IncidentId::from_random([1; 16]),
            relayed: false,
            changes,
        }];
        Pull {
            groups,
            removed: Vec::new(),
            need: Vec::new(),
            cursor: CURSOR,
            more: true,
            rebased_until: None,
            digest: ScopeDigest::default(),
        }
    }

    #[test]
    fn what_is_too_large_is_pulled_again_as_much_smaller_as_it_was_too_large() {
        let mut session = session();
        let first = session.accepted(Vec::new()).raw_bytes;
        let PullOutcome::PullAgain(smaller) =
            session.pulled(pull(first / 1024), &[], Timestamp::default())
        else {
            panic!("that fits nowhere")
        };
        assert!(
            (first / 6..first / 3).contains(&smaller.raw_bytes),
            "{} of {first}",
            smaller.raw_bytes
        );
        assert!(matches!(
            session.pulled(pull(smaller.raw_bytes / 1024), &[], Timestamp::default()),
            PullOutcome::Answer(_)
        ));
    }

    #[test]
    fn what_a_smaller_pull_makes_no_smaller_is_answered_the_second_time() {
        let mut session = session();
        assert!(matches!(
            session.pulled(pull(400), &[], Timestamp::default()),
            PullOutcome::PullAgain(_)
        ));
        assert!(matches!(
            session.pulled(pull(400), &[], Timestamp::default()),
            PullOutcome::Answer(_)
        ));
    }
}
