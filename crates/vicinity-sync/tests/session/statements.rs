//! The second part of a session: cuts within a batch, and keys that are wrapped again.

use vicinity_sync::device_session::{
    Effect, End, Gathered, Input, Outcome, SealingKeys, StatementCounts, StatementWork,
    WaitingBatch,
};
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{
    BLOB_PATH, OldWrap, Piece, PieceAnswer, STATEMENT_PATH, StatementAnswer, StatementRequest,
    WrapRow,
};
use vicinity_sync::uplink;

use super::{OURS, Script, THEIRS, answer, cursor};

const TOTAL: u64 = 1000;
const KEYS: SealingKeys = SealingKeys {
    version: 4,
    tried: 0,
    can_open: true,
};

fn batch(begun: bool) -> WaitingBatch {
    WaitingBatch {
        number: 3,
        hash: [7; 32],
        total: TOTAL,
        begun,
    }
}

fn wrap(byte: u8) -> WrapRow {
    WrapRow {
        id: [byte; 16],
        bytes: vec![byte],
    }
}

impl Script {
    /// A session whose changes are done, at the first effect of its second part. The hub's newest old key is at a place.
    fn at_statements(work: StatementWork, old_wraps: u64) -> Self {
        let mut script = Self::start_with(Some(cursor(9)), work);
        script.gather();
        script.sends(Gathered::default());
        let mut told = answer();
        told.old_wraps = old_wraps;
        script.delivers(&told);
        script.persisted(OURS, false);
        script
    }

    /// The same with a batch that waits.
    fn at_batch(begun: bool) -> Self {
        let mut script = Self::at_statements(StatementWork::Upload, 0);
        script.seals(Some(KEYS));
        script.input(Input::Batch(Some(batch(begun))));
        script
    }

    fn seals(&mut self, keys: Option<SealingKeys>) {
        assert!(matches!(self.effect(), Effect::Seal));
        self.input(Input::Sealed(keys));
        if keys.is_some() {
            assert!(matches!(self.effect(), Effect::FindBatch));
        }
    }

    /// Reads the piece that the session wants, and gives where it begins.
    fn reads(&mut self) -> u64 {
        let Effect::ReadPiece { number: 3, offset } = self.effect() else {
            panic!("no piece is read")
        };
        self.input(Input::Piece(vec![5; 400]));
        offset
    }

    fn sends_piece(&mut self) -> Piece {
        let Effect::Send {
            path: BLOB_PATH,
            body,
        } = self.effect()
        else {
            panic!("no piece is sent")
        };
        uplink::decode(&body).unwrap()
    }

    fn asks(&mut self) -> StatementRequest {
        let Effect::Send {
            path: STATEMENT_PATH,
            body,
        } = self.effect()
        else {
            panic!("nothing is asked")
        };
        uplink::decode(&body).unwrap()
    }

    fn waits(&mut self) -> u64 {
        let Effect::Wait(millis) = self.effect() else {
            panic!("no wait")
        };
        millis
    }

    fn holds(&mut self, held: u64) {
        self.input(Input::Answered(uplink::encode(&PieceAnswer {
            held,
            refused: None,
        })));
    }

    /// The hub has the batch, except for these statements.
    fn takes_all(&mut self, refused: Vec<u32>) {
        self.input(Input::Answered(uplink::encode(&PieceAnswer {
            held: TOTAL,
            refused: Some(refused.clone()),
        })));
        let Effect::KeepDelivered {
            number: 3,
            refused: kept,
        } = self.effect()
        else {
            panic!("nothing is kept")
        };
        assert_eq!(kept, refused);
    }

    /// No batch waits any more.
    fn ends(&mut self) -> Outcome {
        assert!(matches!(self.effect(), Effect::FindBatch));
        self.input(Input::Batch(None));
        self.done()
    }
}

#[test]
fn a_batch_goes_up_by_pieces_from_where_the_hub_stands_until_it_has_all() {
    let mut script = Script::at_batch(false);
    for (offset, held) in [(0, 400), (400, 800)] {
        assert_eq!(script.reads(), offset);
        let piece = script.sends_piece();
        assert_eq!(
            (piece.hash, piece.total, piece.offset, piece.bytes.len()),
            ([7; 32], TOTAL, offset, 400)
        );
        script.holds(held);
    }
    assert_eq!(script.reads(), 800);
    script.sends_piece();
    script.takes_all(vec![1]);
    script.input(Input::DeliveredKept(2));
    let outcome = script.ends();
    assert_eq!((outcome.end, outcome.rounds), (End::UpToDate, 1));
    assert_eq!(
        outcome.statements,
        StatementCounts {
            delivered: 2,
            refused: 1,
            rewrapped: 0
        }
    );
}

#[test]
fn after_a_cut_within_a_batch_the_session_asks_what_arrived_and_goes_on_behind_it() {
    let mut script = Script::at_batch(false);
    script.reads();
    script.sends_piece();
    script.input(Input::Cut);
    assert_eq!(script.waits(), 200);
    let ask = script.sends_piece();
    assert!(
        ask.bytes.is_empty() && ask.offset == 0,
        "an empty piece asks"
    );
    // The piece had arrived, and only its answer was lost.
    script.holds(400);
    assert_eq!(script.reads(), 400);
}

#[test]
fn a_batch_that_an_earlier_session_began_is_asked_about_before_a_byte_of_it_goes() {
    let mut script = Script::at_batch(true);
    assert!(script.sends_piece().bytes.is_empty());
    script.takes_all(Vec::new());
    script.input(Input::DeliveredKept(3));
    assert_eq!(script.ends().statements.delivered, 3);
}

#[test]
fn a_hub_that_was_restored_within_a_batch_gets_it_again_from_where_it_stands() {
    let mut script = Script::at_batch(false);
    script.reads();
    script.sends_piece();
    script.holds(400);
    script.reads();
    script.sends_piece();
    script.holds(0);
    assert_eq!(script.reads(), 0);
}

#[test]
fn cuts_in_a_row_wait_longer_each_time_and_end_the_session_also_where_questions_get_through() {
    for gets_through in [false, true] {
        let mut script = Script::at_batch(false);
        script.reads();
        script.sends_piece();
        let mut waits = Vec::new();
        for _ in 0..4 {
            script.input(Input::Cut);
            waits.push(script.waits());
            assert!(script.sends_piece().bytes.is_empty());
            if gets_through {
                script.holds(0);
                script.reads();
                script.sends_piece();
            }
        }
        assert_eq!(waits, [200, 400, 800, 1600]);
        script.input(Input::Cut);
        assert_eq!(script.done().end, End::Cut);
    }
}

#[test]
fn what_arrives_between_two_cuts_makes_the_waits_short_again() {
    let mut script = Script::at_batch(false);
    script.reads();
    script.sends_piece();
    for held in [400, 800] {
        script.input(Input::Cut);
        assert_eq!(script.waits(), 200);
        script.sends_piece();
        script.holds(held);
        script.reads();
        script.sends_piece();
    }
}

#[test]
fn a_hub_that_answers_and_takes_nothing_is_not_sent_the_same_piece_for_ever() {
    let mut script = Script::at_batch(false);
    for _ in 0..4 {
        script.reads();
        script.sends_piece();
        script.holds(0);
    }
    script.reads();
    script.sends_piece();
    script.holds(0);
    assert_eq!(script.done().end, End::Refused(Refused::Failed));
}

#[test]
fn a_hub_that_has_all_of_a_batch_and_does_not_say_what_it_took_has_failed() {
    let mut script = Script::at_batch(true);
    script.sends_piece();
    script.holds(TOTAL);
    assert_eq!(script.done().end, End::Refused(Refused::Failed));
}

#[test]
fn a_busy_hub_is_asked_later_and_in_the_end_not_in_this_session() {
    let mut script = Script::at_batch(false);
    script.reads();
    script.sends_piece();
    let mut waits = Vec::new();
    for _ in 0..5 {
        script.input(Input::Refused(Refused::Busy));
        waits.push(script.waits());
        script.sends_piece();
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000]);
    script.input(Input::Refused(Refused::Busy));
    assert_eq!(script.done().end, End::Refused(Refused::Busy));
}

#[test]
fn a_batch_that_the_hub_will_never_take_is_unsealed_before_the_session_ends() {
    for refused in [Refused::Malformed, Refused::TooLarge] {
        let mut script = Script::at_batch(false);
        script.reads();
        script.sends_piece();
        script.input(Input::Refused(refused));
        assert!(matches!(script.effect(), Effect::Unseal { number: 3 }));
        assert_eq!(script.done().end, End::Refused(refused));
    }
}

#[test]
fn an_order_to_wipe_and_a_refusal_end_the_session_within_a_batch() {
    for (input, end) in [
        (Input::OrderedToWipe, End::WipeOrdered),
        (
            Input::Refused(Refused::Revoked),
            End::Refused(Refused::Revoked),
        ),
    ] {
        let mut script = Script::at_batch(false);
        script.reads();
        script.sends_piece();
        script.input(input);
        assert_eq!(script.done().end, end);
    }
}

#[test]
fn without_a_key_set_and_after_an_alarm_no_statement_goes() {
    let mut script = Script::at_statements(StatementWork::Upload, 0);
    script.seals(None);
    assert_eq!(script.done().end, End::UpToDate);
    let mut script = Script::start_with(None, StatementWork::Upload);
    script.gather();
    script.sends(Gathered::default());
    script.delivers(&answer());
    script.persisted(THEIRS, false);
    assert_eq!(script.done().end, End::Alarm);
}

#[test]
fn a_responders_device_wraps_old_keys_again_page_by_page_and_notes_which_it_could_not_open() {
    let mut script = Script::at_statements(StatementWork::UploadAndRewrap, 9);
    script.seals(Some(KEYS));
    script.input(Input::Batch(None));
    assert_eq!(script.asks(), StatementRequest::OldWraps { after: 0 });
    let page = |places: [u64; 2]| StatementAnswer::OldWraps {
        wraps: places
            .map(|place| OldWrap {
                place,
                wrap: wrap(place as u8),
            })
            .to_vec(),
    };
    script.input(Input::Answered(uplink::encode(&page([2, 5]))));
    let Effect::Rewrap(old) = script.effect() else {
        panic!("nothing is wrapped")
    };
    assert_eq!(old.len(), 2);
    script.input(Input::Rewrapped {
        wraps: vec![wrap(2)],
        shut: Some(5),
    });
    assert_eq!(
        script.asks(),
        StatementRequest::Rewrapped {
            key_set: 4,
            wraps: vec![wrap(2)]
        }
    );
    script.input(Input::Answered(uplink::encode(
        &StatementAnswer::Rewrapped { taken: 1 },
    )));
    assert_eq!(script.asks(), StatementRequest::OldWraps { after: 5 });
    script.input(Input::Answered(uplink::encode(&page([7, 9]))));
    script.effect();
    script.input(Input::Rewrapped {
        wraps: Vec::new(),
        shut: None,
    });
    assert!(matches!(
        script.effect(),
        Effect::KeepTried {
            key_set: 4,
            place: 5
        }
    ));
    let outcome = script.done();
    assert_eq!(
        (outcome.end, outcome.statements.rewrapped),
        (End::UpToDate, 1)
    );
}

#[test]
fn keys_are_asked_for_again_from_the_first_where_the_hub_has_fewer_and_not_where_nothing_is_new() {
    for (tried, newest, after) in [(9, 4, Some(0)), (4, 9, Some(4)), (9, 9, None), (0, 0, None)] {
        let mut script = Script::at_statements(StatementWork::UploadAndRewrap, newest);
        script.seals(Some(SealingKeys { tried, ..KEYS }));
        script.input(Input::Batch(None));
        match after {
            Some(after) => assert_eq!(script.asks(), StatementRequest::OldWraps { after }),
            None => assert_eq!(script.done().end, End::UpToDate),
        }
    }
}

#[test]
fn keys_for_a_set_that_changed_meanwhile_are_left_to_the_next_sync() {
    let mut script = Script::at_statements(StatementWork::UploadAndRewrap, 9);
    script.seals(Some(KEYS));
    script.input(Input::Batch(None));
    script.asks();
    script.input(Input::Answered(uplink::encode(
        &StatementAnswer::OldWraps {
            wraps: vec![OldWrap {
                place: 9,
                wrap: wrap(9),
            }],
        },
    )));
    script.effect();
    script.input(Input::Rewrapped {
        wraps: vec![wrap(9)],
        shut: None,
    });
    script.asks();
    script.input(Input::Answered(uplink::encode(
        &StatementAnswer::Rewrapped { taken: 0 },
    )));
    assert_eq!(script.done().statements.rewrapped, 0);
}
