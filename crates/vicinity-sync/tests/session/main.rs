//! The device's session, driven by hand: which effects follow on which inputs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod statements;

use vicinity_core::admit::Verdict;
use vicinity_core::alert::{Alert, list_hash};
use vicinity_core::batch::{Cursor, DocumentHeads, Group, GroupChange, HeadsPage, Pull};
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ScopeDigest};
use vicinity_core::time::Timestamp;
use vicinity_sync::device_session::{
    BATCH_MAX_BYTES, BATCH_MIN_BYTES, Delivery, DeviceSession, DeviceState, Effect, End, Gather,
    Gathered, Input, Outcome, Start, StatementWork,
};
use vicinity_sync::message::{Answer, Refused, Request, SYNC_PATH};

const BATCH: u32 = 64 * 1024;
const OURS: ScopeDigest = ScopeDigest(17);
const THEIRS: ScopeDigest = ScopeDigest(18);

fn cursor(seq: u64) -> Cursor {
    Cursor {
        epoch: [1; 16],
        seq,
        chain: [seq as u8; 16],
        mac: [seq as u8; 8],
    }
}

fn incident(byte: u8) -> IncidentId {
    IncidentId::from_bytes([byte; 16])
}

fn group(byte: u8, chunks: &[&[u8]]) -> Group {
    Group {
        incident: incident(byte),
        relayed: false,
        changes: chunks
            .iter()
            .map(|chunk| GroupChange {
                chunk: chunk.to_vec(),
                by: 0,
            })
            .collect(),
    }
}

fn hash(chunk: &[u8]) -> ChangeHash {
    ChangeHash::of(&chunk[8..])
}

fn heads(byte: u8) -> DocumentHeads {
    DocumentHeads {
        incident: incident(byte),
        heads: vec![ChangeHash([byte; 32])],
    }
}

/// Bytes that do not compress, as a change's; every number gives others.
fn chunk(number: u32, len: usize) -> Vec<u8> {
    let mut state = u64::from(number) + 1;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(next).collect()
}

fn answer() -> Answer {
    let pull = Pull {
        groups: Vec::new(),
        removed: Vec::new(),
        need: Vec::new(),
        cursor: cursor(9),
        more: false,
        rebased_until: None,
        digest: OURS,
    };
    Answer {
        verdicts: Vec::new(),
        pull,
        clock: 1_000_060,
        erase: Vec::new(),
        key_set: None,
        old_wraps: 0,
        alerts: None,
        pins: None,
        zone: None,
    }
}

/// A session and the effects of the last input.
struct Script {
    session: DeviceSession,
    effects: Vec<Effect>,
}

impl Script {
    fn start(cursor: Option<Cursor>) -> Self {
        Self::start_with(cursor, StatementWork::None)
    }

    fn start_with(cursor: Option<Cursor>, statements: StatementWork) -> Self {
        let mut script = Self {
            session: DeviceSession::new(Timestamp::from_second(1_000_000).unwrap()),
            effects: Vec::new(),
        };
        script.input(Input::Start(Start {
            cursor,
            batch_bytes: BATCH,
            pins: 0,
            alerts: 0,
            statements,
        }));
        script
    }

    fn input(&mut self, input: Input) {
        assert!(self.effects.is_empty(), "left undone: {:?}", self.effects);
        self.effects = self.session.handle(input);
    }

    fn effect(&mut self) -> Effect {
        assert!(!self.effects.is_empty(), "nothing to do");
        self.effects.remove(0)
    }

    fn gather(&mut self) -> Gather {
        match self.effect() {
            Effect::Gather(gather) => gather,
            other => panic!("no gathering but {other:?}"),
        }
    }

    /// Bytes that the next batch may have, about.
    fn raw_bytes(&mut self) -> usize {
        match self.gather() {
            Gather::Outbox { raw_bytes, .. } | Gather::Missing { raw_bytes, .. } => raw_bytes,
            other @ Gather::Heads { .. } => panic!("no changes but {other:?}"),
        }
    }

    fn sends(&mut self, gathered: Gathered) -> Request {
        self.input(Input::Gathered(gathered));
        match self.effect() {
            Effect::Send {
                path: SYNC_PATH,
                body,
            } => Request::decode(&body).unwrap(),
            other => panic!("nothing sent but {other:?}"),
        }
    }

    fn delivers(&mut self, answer: &Answer) -> Delivery {
        self.input(Input::Answered(answer.encode()));
        match self.effect() {
            Effect::Persist(delivery) => *delivery,
            other => panic!("nothing kept but {other:?}"),
        }
    }

    fn persisted(&mut self, digest: ScopeDigest, differs: bool) {
        self.input(Input::Persisted(DeviceState {
            digest,
            differs,
            ..DeviceState::default()
        }));
    }

    fn done(&mut self) -> Outcome {
        let effect = self.effect();
        assert!(self.effects.is_empty());
        match effect {
            Effect::Done(outcome) => outcome,
            other => panic!("not done but {other:?}"),
        }
    }
}

fn outbox(groups: Vec<Group>, outbox_at: i64) -> Gathered {
    Gathered {
        groups,
        outbox_at,
        ..Gathered::default()
    }
}

fn page(byte: u8) -> Gathered {
    let have = HeadsPage {
        after: None,
        until: Some(incident(byte)),
        have: vec![heads(byte)],
    };
    Gathered {
        page: Some(have),
        ..Gathered::default()
    }
}

#[test]
fn a_start_without_a_cursor_rebases_first() {
    let mut script = Script::start(None);
    assert!(
        matches!(script.gather(), Gather::Heads { after: None, max_documents } if max_documents > 100)
    );
    let request = script.sends(page(3));
    assert_eq!(
        (request.cursor, request.rebase.unwrap().have),
        (None, vec![heads(3)])
    );
    let mut half = answer();
    half.pull.cursor = cursor(5);
    half.pull.more = true;
    half.pull.rebased_until = Some(incident(3));
    assert_eq!(script.delivers(&half).cursor, None);
    script.persisted(OURS, false);
    assert!(matches!(script.gather(), Gather::Heads { after, .. } if after == Some(incident(3))));
    script.sends(page(7));
    // The place that counts is the one at which the rebase began: what came behind it since is asked for again.
    assert_eq!(script.delivers(&answer()).cursor, Some(cursor(5)));
    script.persisted(OURS, false);
    assert!(matches!(script.gather(), Gather::Outbox { after: 0, .. }));
    assert_eq!(script.sends(Gathered::default()).cursor, Some(cursor(5)));
    assert_eq!(script.delivers(&answer()).cursor, Some(cursor(9)));
    script.persisted(OURS, false);
    let outcome = script.done();
    assert_eq!(
        (outcome.end, outcome.rebased, outcome.rounds),
        (End::UpToDate, true, 3)
    );
}

#[test]
fn the_steady_state_is_one_request() {
    let mut script = Script::start(Some(cursor(9)));
    assert!(matches!(script.gather(), Gather::Outbox { after: 0, .. }));
    let request = script.sends(Gathered::default());
    assert_eq!(
        (request.cursor, request.push, request.rebase, request.clock),
        (Some(cursor(9)), Vec::new(), None, 1_000_000)
    );
    let delivery = script.delivers(&answer());
    assert_eq!(
        (delivery.cursor, delivery.skew_seconds, delivery.batch_bytes),
        (Some(cursor(9)), 60, BATCH)
    );
    script.persisted(OURS, false);
    let outcome = script.done();
    assert_eq!(
        (outcome.end, outcome.rounds, outcome.rebased),
        (End::UpToDate, 1, false)
    );
}

#[test]
fn what_was_refused_or_waits_makes_the_ends_differ_without_alarm() {
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(Gathered::default());
    script.delivers(&answer());
    script.persisted(THEIRS, true);
    assert_eq!(script.done().end, End::Differs);
}

#[test]
fn a_cut_halves_the_batch_waits_longer_each_time_and_ends_the_session() {
    let mut script = Script::start(Some(cursor(9)));
    let first = script.raw_bytes();
    script.sends(Gathered::default());
    let mut waits = Vec::new();
    let mut sizes = Vec::new();
    for _ in 0..4 {
        script.input(Input::Cut);
        let Effect::Wait(millis) = script.effect() else {
            panic!("no wait")
        };
        waits.push(millis);
        sizes.push(script.raw_bytes());
        script.sends(Gathered::default());
    }
    assert!(waits.is_sorted_by(|left, right| left < right));
    assert_eq!(sizes, [first / 2, first / 4, first / 4, first / 4]);
    script.input(Input::Cut);
    assert_eq!(script.done().end, End::Cut);
}

#[test]
fn after_a_cut_the_same_changes_go_again_and_a_success_doubles_the_batch() {
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    let groups = vec![group(3, &[b"a change's bytes"])];
    script.sends(outbox(groups.clone(), 4));
    script.input(Input::Cut);
    script.effect();
    assert!(matches!(script.gather(), Gather::Outbox { after: 0, .. }));
    assert_eq!(
        script.sends(outbox(groups, 4)).push[0].changes[0].chunk,
        b"a change's bytes"
    );
    let delivery = script.delivers(&Answer {
        verdicts: vec![Verdict::Duplicate],
        ..answer()
    });
    assert_eq!(
        (delivery.acked, delivery.batch_bytes),
        (vec![(incident(3), hash(b"a change's bytes"))], BATCH)
    );
    script.persisted(OURS, false);
    assert_eq!(script.done().sent, 2);
}

#[test]
fn a_busy_hub_is_asked_again_later_and_not_for_ever() {
    let mut script = Script::start(Some(cursor(9)));
    let size = script.raw_bytes();
    let mut waits = Vec::new();
    for _ in 0..5 {
        script.sends(Gathered::default());
        script.input(Input::Refused(Refused::Busy));
        let Effect::Wait(millis) = script.effect() else {
            panic!("no wait")
        };
        waits.push(millis);
        assert_eq!(script.raw_bytes(), size);
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000]);
    script.sends(Gathered::default());
    script.input(Input::Refused(Refused::Busy));
    assert_eq!(script.done().end, End::Refused(Refused::Busy));
}

#[test]
fn a_device_rolled_back_or_replayed_begins_a_new_life_and_rebases() {
    for refused in [Refused::RolledBack, Refused::Replayed] {
        let mut script = Script::start(Some(cursor(9)));
        script.gather();
        script.sends(Gathered::default());
        script.input(Input::Refused(refused));
        assert!(matches!(script.effect(), Effect::BeginNewLife));
        script.input(Input::NewLifeBegun);
        assert!(matches!(script.gather(), Gather::Heads { after: None, .. }));
        assert_eq!(script.sends(page(3)).cursor, None);
    }
}

#[test]
fn a_void_cursor_leads_to_a_rebase_and_not_to_one_after_the_other() {
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    for _ in 0..3 {
        script.sends(Gathered::default());
        script.input(Input::Refused(Refused::Rebase));
        assert!(matches!(script.gather(), Gather::Heads { after: None, .. }));
    }
    script.sends(Gathered::default());
    script.input(Input::Refused(Refused::Rebase));
    assert_eq!(script.done().end, End::Refused(Refused::Rebase));
}

#[test]
fn unequal_digests_lead_to_one_rebase_and_then_to_an_alarm() {
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(Gathered::default());
    script.delivers(&answer());
    script.persisted(THEIRS, false);
    assert!(matches!(script.gather(), Gather::Heads { after: None, .. }));
    script.sends(page(3));
    script.delivers(&answer());
    script.persisted(THEIRS, false);
    let outcome = script.done();
    assert_eq!(
        (outcome.end, outcome.rebased, outcome.rounds),
        (End::Alarm, true, 2)
    );
}

#[test]
fn digests_that_a_rebase_made_equal_are_no_alarm() {
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(Gathered::default());
    script.delivers(&answer());
    script.persisted(THEIRS, false);
    script.gather();
    script.sends(page(3));
    script.delivers(&answer());
    script.persisted(OURS, false);
    assert_eq!(script.done().end, End::UpToDate);
}

#[test]
fn verdicts_go_to_the_changes_they_were_given_for() {
    let chunks: Vec<Vec<u8>> = (0..6).map(|number| chunk(number, 60)).collect();
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(outbox(
        vec![
            group(3, &[&chunks[0], &chunks[1], &chunks[2]]),
            group(4, &[&chunks[3], &chunks[4], &chunks[5]]),
        ],
        6,
    ));
    let full = Verdict::Rejected(Refusal::DocumentFull);
    let verdicts = vec![
        Verdict::Stored,
        Verdict::Stored,
        full,
        full,
        Verdict::Duplicate,
        Verdict::Pending,
    ];
    let delivery = script.delivers(&Answer {
        verdicts,
        ..answer()
    });
    assert_eq!(
        delivery.acked,
        [
            (incident(3), hash(&chunks[0])),
            (incident(3), hash(&chunks[1])),
            (incident(4), hash(&chunks[4]))
        ]
    );
    assert_eq!(
        delivery.rejected,
        [
            (incident(3), hash(&chunks[2]), Refusal::DocumentFull),
            (incident(4), hash(&chunks[3]), Refusal::DocumentFull)
        ]
    );
    script.persisted(OURS, true);
    let outcome = script.done();
    assert_eq!(
        (
            outcome.sent,
            outcome.acked,
            outcome.rejected,
            outcome.pending,
            outcome.end
        ),
        (6, 3, 2, 1, End::Differs)
    );
}

#[test]
fn what_the_hub_has_not_looked_at_is_sent_again_at_once() {
    let chunks: Vec<Vec<u8>> = (0..4).map(|number| chunk(number, 60)).collect();
    let mut script = Script::start(Some(cursor(9)));
    assert!(matches!(script.gather(), Gather::Outbox { after: 0, .. }));
    script.sends(outbox(
        vec![
            group(3, &[&chunks[0], &chunks[1]]),
            group(4, &[&chunks[2], &chunks[3]]),
        ],
        4,
    ));
    let verdicts = vec![
        Verdict::Stored,
        Verdict::Stored,
        Verdict::NotYet,
        Verdict::NotYet,
    ];
    let delivery = script.delivers(&Answer {
        verdicts,
        ..answer()
    });
    assert_eq!((delivery.acked.len(), delivery.rejected.len()), (2, 0));
    script.persisted(OURS, true);
    // What was taken has left the outbox.
    assert!(matches!(script.gather(), Gather::Outbox { after: 0, .. }));
    script.sends(outbox(vec![group(4, &[&chunks[2], &chunks[3]])], 4));
    script.delivers(&Answer {
        verdicts: vec![Verdict::Stored; 2],
        ..answer()
    });
    script.persisted(OURS, false);
    let outcome = script.done();
    assert_eq!(
        (outcome.sent, outcome.acked, outcome.pending, outcome.end),
        (4, 4, 0, End::UpToDate)
    );
}

#[test]
fn after_a_hub_left_changes_for_later_a_request_carries_what_it_took_and_grows_slowly() {
    let chunks: Vec<Vec<u8>> = (0..4).map(|number| chunk(number, 800)).collect();
    let bytes: usize = chunks[0].len();
    let mut script = Script::start(Some(cursor(9)));
    let asked = |gather: Gather| match gather {
        Gather::Outbox { raw_bytes, .. } => raw_bytes,
        other => panic!("{other:?}"),
    };
    assert!(asked(script.gather()) > 100 * bytes);
    script.sends(outbox(
        vec![
            group(3, &[&chunks[0], &chunks[1]]),
            group(4, &[&chunks[2], &chunks[3]]),
        ],
        4,
    ));
    let (stored, not_yet) = (Verdict::Stored, Verdict::NotYet);
    script.delivers(&Answer {
        verdicts: vec![stored, stored, not_yet, not_yet],
        ..answer()
    });
    script.persisted(OURS, true);
    assert_eq!(asked(script.gather()), 2 * bytes);
    script.sends(Gathered {
        more: true,
        ..outbox(vec![group(4, &[&chunks[2]])], 3)
    });
    script.delivers(&Answer {
        verdicts: vec![stored],
        ..answer()
    });
    script.persisted(OURS, true);
    assert_eq!(asked(script.gather()), 2 * bytes + 2 * bytes / 8);
}

#[test]
fn a_hub_that_takes_nothing_is_not_asked_for_ever() {
    let one = chunk(1, 60);
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(outbox(vec![group(3, &[&one])], 1));
    script.delivers(&Answer {
        verdicts: vec![Verdict::NotYet],
        ..answer()
    });
    script.persisted(OURS, true);
    assert_eq!(script.done().end, End::Differs);
}

#[test]
fn an_answer_of_too_few_verdicts_acknowledges_nothing_more() {
    let (one, two) = (chunk(1, 60), chunk(2, 60));
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(outbox(vec![group(3, &[&one, &two])], 2));
    let delivery = script.delivers(&Answer {
        verdicts: vec![Verdict::Stored],
        ..answer()
    });
    assert_eq!(
        (delivery.acked, delivery.rejected),
        (vec![(incident(3), hash(&one))], Vec::new())
    );
}

#[test]
fn what_waits_for_ancestors_makes_the_session_send_them() {
    let (first, second, third) = (chunk(1, 60), chunk(2, 60), chunk(3, 60));
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(outbox(vec![group(3, &[&third])], 1));
    let mut needs = answer();
    needs.verdicts = vec![Verdict::Pending];
    needs.pull.need = vec![heads(3)];
    script.delivers(&needs);
    script.persisted(OURS, true);
    assert!(matches!(script.gather(), Gather::Missing { need, skip: 0, .. } if need == heads(3)));
    script.sends(Gathered {
        more: true,
        ..outbox(vec![group(3, &[&first])], 0)
    });
    // The hub may still say that it needs them: they are on their way.
    script.delivers(&Answer {
        verdicts: vec![Verdict::Stored],
        ..needs.clone()
    });
    script.persisted(OURS, true);
    assert!(matches!(script.gather(), Gather::Missing { skip: 1, .. }));
    script.sends(outbox(vec![group(3, &[&second])], 0));
    script.delivers(&Answer {
        verdicts: vec![Verdict::Stored],
        ..answer()
    });
    script.persisted(OURS, false);
    assert_eq!(script.done().end, End::UpToDate);
}

#[test]
fn a_batch_that_turns_out_too_large_is_halved_before_it_goes() {
    let chunks: Vec<Vec<u8>> = (0..40).map(|number| chunk(number, 4096)).collect();
    let all: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
    let mut script = Script::start(Some(cursor(9)));
    let full = script.raw_bytes();
    for (count, size) in [(40, full / 2), (20, full / 4)] {
        script.input(Input::Gathered(outbox(
            vec![group(3, &all[..count])],
            count as i64,
        )));
        assert_eq!(script.raw_bytes(), size);
    }
    let request = script.sends(Gathered {
        more: true,
        ..outbox(vec![group(3, &all[..10])], 10)
    });
    assert_eq!(request.push[0].changes.len(), 10);
    script.delivers(&Answer {
        verdicts: vec![Verdict::Stored; 10],
        ..answer()
    });
    script.persisted(OURS, true);
    // It went well: the next batch continues where this one ended, and may be larger.
    assert!(
        matches!(script.gather(), Gather::Outbox { after: 10, raw_bytes } if raw_bytes == 2 * full)
    );
}

#[test]
fn one_change_above_the_batch_goes_alone() {
    let large = chunk(1, 100_000);
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    assert_eq!(
        script.sends(outbox(vec![group(3, &[&large])], 1)).push[0]
            .changes
            .len(),
        1
    );
}

#[test]
fn a_request_too_large_for_the_hub_is_halved_down_to_the_smallest() {
    let mut script = Script::start(Some(cursor(9)));
    let mut size = script.raw_bytes();
    for _ in 0..2 {
        script.sends(Gathered::default());
        script.input(Input::Refused(Refused::TooLarge));
        let smaller = script.raw_bytes();
        assert_eq!(smaller, size / 2);
        size = smaller;
    }
    assert_eq!(size, BATCH_MIN_BYTES as usize * 3);
    script.sends(Gathered::default());
    script.input(Input::Refused(Refused::TooLarge));
    assert_eq!(script.done().end, End::Refused(Refused::TooLarge));
}

#[test]
fn more_behind_an_answer_is_asked_for_at_once_and_the_batch_grows_to_its_cap() {
    let mut script = Script::start(Some(cursor(1)));
    let mut sizes = Vec::new();
    for seq in 2..6 {
        script.gather();
        script.sends(Gathered::default());
        let mut more = answer();
        more.pull.more = seq < 5;
        more.pull.cursor = cursor(seq);
        more.pull.groups = vec![group(3, &[b"a change's bytes"])];
        let delivery = script.delivers(&more);
        assert_eq!(
            (delivery.cursor, delivery.groups.len()),
            (Some(cursor(seq)), 1)
        );
        sizes.push(delivery.batch_bytes);
        script.persisted(OURS, false);
    }
    assert_eq!(sizes[..2], [2 * BATCH, BATCH_MAX_BYTES]);
    assert_eq!(script.done().rounds, 4);
}

#[test]
fn refusals_that_no_repetition_mends_end_the_sync() {
    for refused in [
        Refused::Malformed,
        Refused::Version,
        Refused::NotEnrolled,
        Refused::Revoked,
        Refused::Failed,
    ] {
        let mut script = Script::start(Some(cursor(9)));
        script.gather();
        script.sends(Gathered::default());
        script.input(Input::Refused(refused));
        assert_eq!(script.done().end, End::Refused(refused));
    }
    let mut script = Script::start(Some(cursor(9)));
    script.gather();
    script.sends(Gathered::default());
    script.input(Input::Answered(b"no answer".to_vec()));
    assert_eq!(script.done().end, End::Refused(Refused::Malformed));
}

/// What it learned it does not ask for again, and a list that is empty takes the place of another.
#[test]
fn a_device_is_told_of_alerts_where_its_list_is_another() {
    let alert = Alert {
        id: [1; 16],
        area: "SN-DK".into(),
        text: "grey van".into(),
        ends: 2_000_000,
    };
    let told = |alerts: Vec<Alert>| Answer {
        alerts: Some(alerts),
        pull: Pull {
            more: true,
            ..answer().pull
        },
        ..answer()
    };
    let mut script = Script::start(Some(cursor(3)));
    script.gather();
    assert_eq!(script.sends(Gathered::default()).alerts, 0);
    assert_eq!(
        script.delivers(&told(vec![alert.clone()])).alerts,
        Some(vec![alert.clone()])
    );
    script.persisted(OURS, false);
    script.gather();
    assert_eq!(
        script.sends(Gathered::default()).alerts,
        list_hash(&[alert])
    );
    assert_eq!(script.delivers(&told(Vec::new())).alerts, Some(Vec::new()));
    script.persisted(OURS, false);
    script.gather();
    assert_eq!(script.sends(Gathered::default()).alerts, 0);
    assert_eq!(script.delivers(&answer()).alerts, None);
}
