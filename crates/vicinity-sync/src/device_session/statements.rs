//! The second part of a session: statements go up, and a responder's device wraps keys again.
//!
//! ```text
//! Seal ──► FindBatch ──► ReadPiece ──► Send ──► (again) ──► KeepDelivered ──► FindBatch … none is left
//!                            ▲           │ cut: wait, and ask with an empty piece how much the hub has
//!                            └───────────┘
//!      ──► Send (which keys are old) ──► Rewrap ──► Send ──► (again) ──► KeepTried
//! ```

use super::effects::{
    Effect, End, Input, SealingKeys, StatementCounts, StatementWork, WaitingBatch,
};
use super::pace::Pace;
use crate::message::Refused;
use crate::statement::{
    BLOB_PATH, OldWrap, Piece, PieceAnswer, STATEMENT_PATH, StatementAnswer, StatementRequest,
    WrapRow,
};
use crate::uplink;

/// A batch on its way.
#[derive(Debug, Clone, Copy)]
struct Upload {
    batch: WaitingBatch,
    /// Bytes that the hub has, as far as the device knows.
    offset: u64,
    /// Whether the piece in flight is empty: it asks how much the hub has.
    asks: bool,
}

/// Keys that are wrapped again.
#[derive(Debug, Clone, Copy)]
struct Rewrapping {
    key_set: u64,
    /// The place behind which keys are asked for.
    after: u64,
    /// The last place that was not opened, or the one where it began.
    shut: u64,
}

#[derive(Debug)]
enum StatementStep {
    Sealing,
    Finding,
    Reading(Upload),
    Sending(Upload),
    Keeping,
    Listing(Rewrapping),
    Wrapping(Rewrapping),
    Returning(Rewrapping),
}

/// The effects of an input.
pub(super) enum Next {
    /// These effects.
    Go(Vec<Effect>),
    /// These effects, and then the session is over: as its first part ended, or so.
    Over(Vec<Effect>, Option<End>),
}

/// The state of this part.
#[derive(Debug)]
pub(super) struct Statements {
    rewraps: bool,
    keys: Option<SealingKeys>,
    /// The place of the newest key that is old.
    newest: u64,
    step: StatementStep,
    pub(super) counts: StatementCounts,
}

impl Statements {
    /// The part of a session that carries statements, and its first effect; nothing if it carries none.
    pub(super) fn begin(work: StatementWork, newest: u64) -> Option<(Self, Effect)> {
        let rewraps = match work {
            StatementWork::None => return None,
            StatementWork::Upload => false,
            StatementWork::UploadAndRewrap => true,
        };
        Some((
            Self {
                rewraps,
                keys: None,
                newest,
                step: StatementStep::Sealing,
                counts: StatementCounts::default(),
            },
            Effect::Seal,
        ))
    }

    /// Takes what happened. What does not belong to the step ends the session as a hub that failed.
    pub(super) fn handle(&mut self, input: Input, pace: &mut Pace) -> Next {
        let step = core::mem::replace(&mut self.step, StatementStep::Finding);
        match (step, input) {
            (_, Input::OrderedToWipe) => Next::Over(Vec::new(), Some(End::WipeOrdered)),
            (StatementStep::Sealing, Input::Sealed(None)) => Next::Over(Vec::new(), None),
            (StatementStep::Sealing, Input::Sealed(keys)) => {
                self.keys = keys;
                self.go(StatementStep::Finding, Effect::FindBatch)
            }
            // The outcome of the last try is not known: the device asks first.
            (StatementStep::Finding, Input::Batch(Some(batch))) => self.piece(Upload {
                batch,
                offset: 0,
                asks: batch.begun,
            }),
            (StatementStep::Finding, Input::Batch(None)) => self.begin_rewrapping(),
            (StatementStep::Reading(upload), Input::Piece(bytes)) => self.send_piece(upload, bytes),
            (StatementStep::Sending(upload), Input::Answered(body)) => {
                self.piece_answered(upload, &body, pace)
            }
            (StatementStep::Sending(upload), Input::Cut) => {
                self.ask_later(upload, pace.cut(), End::Cut)
            }
            (StatementStep::Sending(upload), Input::Refused(Refused::Busy)) => {
                self.ask_later(upload, pace.busy(), End::Refused(Refused::Busy))
            }
            (
                StatementStep::Sending(upload),
                Input::Refused(refused @ (Refused::Malformed | Refused::TooLarge)),
            ) => {
                // It will never take these bytes; sealed again they may pass.
                Next::Over(
                    vec![Effect::Unseal {
                        number: upload.batch.number,
                    }],
                    Some(End::Refused(refused)),
                )
            }
            (StatementStep::Keeping, Input::DeliveredKept(delivered)) => {
                self.counts.delivered += delivered;
                self.go(StatementStep::Finding, Effect::FindBatch)
            }
            (StatementStep::Listing(rewrapping), Input::Answered(body)) => {
                self.listed(rewrapping, &body)
            }
            (StatementStep::Wrapping(rewrapping), Input::Rewrapped { wraps, shut }) => {
                let rewrapping = Rewrapping {
                    shut: shut.unwrap_or(rewrapping.shut),
                    ..rewrapping
                };
                if wraps.is_empty() {
                    self.list(rewrapping)
                } else {
                    self.give_back(rewrapping, wraps)
                }
            }
            (StatementStep::Returning(rewrapping), Input::Answered(body)) => {
                self.returned(rewrapping, &body)
            }
            (_, Input::Cut) => Next::Over(Vec::new(), Some(End::Cut)),
            (_, Input::Refused(refused)) => Next::Over(Vec::new(), Some(End::Refused(refused))),
            _ => failed(),
        }
    }

    fn go(&mut self, step: StatementStep, effect: Effect) -> Next {
        self.step = step;
        Next::Go(vec![effect])
    }

    /// The next piece of a batch, or the question how much the hub has.
    fn piece(&mut self, upload: Upload) -> Next {
        if upload.asks {
            return self.send_piece(upload, Vec::new());
        }
        let Upload {
            batch: WaitingBatch { number, .. },
            offset,
            ..
        } = upload;
        self.go(
            StatementStep::Reading(upload),
            Effect::ReadPiece { number, offset },
        )
    }

    fn send_piece(&mut self, upload: Upload, bytes: Vec<u8>) -> Next {
        let WaitingBatch { hash, total, .. } = upload.batch;
        let body = uplink::encode(&Piece {
            hash,
            total,
            offset: upload.offset,
            bytes,
        });
        self.go(
            StatementStep::Sending(upload),
            Effect::Send {
                path: BLOB_PATH,
                body,
            },
        )
    }

    fn piece_answered(&mut self, upload: Upload, body: &[u8], pace: &mut Pace) -> Next {
        let PieceAnswer { held, refused } = match uplink::decode(body) {
            Ok(answer) => answer,
            Err(refused) => return Next::Over(Vec::new(), Some(End::Refused(refused))),
        };
        let number = upload.batch.number;
        if let Some(refused) = refused {
            pace.succeeded();
            // They are unsealed again; another try belongs to another sync.
            self.counts.refused += refused.len() as u64;
            return self.go(
                StatementStep::Keeping,
                Effect::KeepDelivered { number, refused },
            );
        }
        let offset = held.min(upload.batch.total);
        // A hub that has no more than before after a piece would keep this going permanently.
        let goes_on = if offset > upload.offset {
            pace.succeeded();
            true
        } else {
            upload.asks || pace.stalled()
        };
        // One that has all of it says what it refuses.
        if !goes_on || offset == upload.batch.total {
            failed()
        } else {
            self.piece(Upload {
                offset,
                asks: false,
                ..upload
            })
        }
    }

    fn ask_later(&mut self, upload: Upload, wait: Option<u64>, end: End) -> Next {
        let Some(millis) = wait else {
            return Next::Over(Vec::new(), Some(end));
        };
        match self.piece(Upload {
            asks: true,
            ..upload
        }) {
            Next::Go(mut effects) => {
                effects.insert(0, Effect::Wait(millis));
                Next::Go(effects)
            }
            over => over,
        }
    }

    fn begin_rewrapping(&mut self) -> Next {
        match self.keys {
            Some(SealingKeys {
                version,
                tried,
                can_open: true,
            }) if self.rewraps && self.newest != tried => {
                // Fewer than before: another responder opened some, or the hub was restored and gave places again.
                let after = if self.newest > tried { tried } else { 0 };
                self.list(Rewrapping {
                    key_set: version,
                    after,
                    shut: after,
                })
            }
            _ => Next::Over(Vec::new(), None),
        }
    }

    /// Asks for the next old keys, or ends where there are none.
    fn list(&mut self, rewrapping: Rewrapping) -> Next {
        let Rewrapping {
            key_set,
            after,
            shut,
        } = rewrapping;
        if after >= self.newest {
            return Next::Over(
                vec![Effect::KeepTried {
                    key_set,
                    place: shut,
                }],
                None,
            );
        }
        self.ask(
            StatementStep::Listing(rewrapping),
            &StatementRequest::OldWraps { after },
        )
    }

    fn listed(&mut self, rewrapping: Rewrapping, body: &[u8]) -> Next {
        let wraps: Vec<OldWrap> = match uplink::decode(body) {
            Ok(StatementAnswer::OldWraps { wraps }) => wraps,
            Ok(_) => return failed(),
            Err(refused) => return Next::Over(Vec::new(), Some(End::Refused(refused))),
        };
        let Rewrapping {
            key_set,
            after,
            shut,
        } = rewrapping;
        let Some(last) = wraps
            .last()
            .map(|old| old.place)
            .filter(|last| *last > after)
        else {
            return Next::Over(
                vec![Effect::KeepTried {
                    key_set,
                    place: shut,
                }],
                None,
            );
        };
        self.go(
            StatementStep::Wrapping(Rewrapping {
                after: last,
                ..rewrapping
            }),
            Effect::Rewrap(wraps),
        )
    }

    fn give_back(&mut self, rewrapping: Rewrapping, wraps: Vec<WrapRow>) -> Next {
        self.ask(
            StatementStep::Returning(rewrapping),
            &StatementRequest::Rewrapped {
                key_set: rewrapping.key_set,
                wraps,
            },
        )
    }

    fn returned(&mut self, rewrapping: Rewrapping, body: &[u8]) -> Next {
        match uplink::decode(body) {
            // The set changed meanwhile: the next sync brings the new one.
            Ok(StatementAnswer::Rewrapped { taken: 0 }) => Next::Over(Vec::new(), None),
            Ok(StatementAnswer::Rewrapped { taken }) => {
                self.counts.rewrapped += u64::from(taken);
                self.list(rewrapping)
            }
            Ok(_) => failed(),
            Err(refused) => Next::Over(Vec::new(), Some(End::Refused(refused))),
        }
    }

    fn ask(&mut self, step: StatementStep, request: &StatementRequest) -> Next {
        self.go(
            step,
            Effect::Send {
                path: STATEMENT_PATH,
                body: uplink::encode(request),
            },
        )
    }
}

fn failed() -> Next {
    Next::Over(Vec::new(), Some(End::Refused(Refused::Failed)))
}
