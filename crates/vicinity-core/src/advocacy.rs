//! The advocacy log: what was done about a pattern of violence rather than about one incident: a meeting with a police chief, a
//! training at a clinic, a word in the papers. It aims at a kind of perpetrator, in an area, on a day, so that it can be drawn
//! on the same months as the incidents. It says nothing of who was harmed.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sha2::Digest;

use crate::ids::AdvocacyId;
use crate::{codes, gate, mark, text};

/// Letters of the longest note, of any script; see [`text::fits`].
pub const NOTE_MAX_LETTERS: usize = 400;
/// Actions in the log of one hub, or of national's own.
pub const LOG_MAX: usize = 1000;

/// One action, in the form that may leave the hub: codes, an area, a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advocacy {
    /// Its id.
    pub id: AdvocacyId,
    /// The day, as `2026-11-03`.
    pub day: String,
    /// What was done: a code of the list "advocacy action".
    pub action: String,
    /// Who it aims at: a code of the list "perpetrator kind"; empty for none in particular.
    pub kind: String,
    /// Country and first-level area, as `SN-DK`; empty for the whole country.
    pub area: String,
    /// Its outcome: a code of the list "advocacy outcome".
    pub outcome: String,
}

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAdvocacy {
    /// No day, or one that is yet to come.
    #[error("the day must be a date that has come, as 2026-11-03")]
    Day,
    /// No action of the list.
    #[error("the action must be one of the list")]
    Action,
    /// No kind of the list.
    #[error("the kind of perpetrator must be one of the list")]
    Kind,
    /// No area.
    #[error("the area must be a country and a first-level area, as SN-DK")]
    Area,
    /// No outcome of the list.
    #[error("the outcome must be one of the list")]
    Outcome,
}

impl Advocacy {
    /// Checks every field, as it is now.
    ///
    /// # Errors
    /// The first field that is not valid.
    pub fn check(&self, now: Timestamp) -> Result<(), BadAdvocacy> {
        if !is_past_day(&self.day, now) {
            Err(BadAdvocacy::Day)
        } else if !codes::ADVOCACY_ACTIONS.knows(&self.action) {
            Err(BadAdvocacy::Action)
        } else if !(self.kind.is_empty() || codes::PERPETRATOR_KINDS.knows(&self.kind)) {
            Err(BadAdvocacy::Kind)
        } else if !(self.area.is_empty() || gate::is_area(&self.area)) {
            Err(BadAdvocacy::Area)
        } else if !codes::ADVOCACY_OUTCOMES.knows(&self.outcome) {
            Err(BadAdvocacy::Outcome)
        } else {
            Ok(())
        }
    }

    /// Its month, as `2026-11`.
    #[must_use]
    pub fn month(&self) -> &str {
        self.day.get(..7).unwrap_or_default()
    }

    /// Whether it aims at what a reader looks at; an empty text looks at everything.
    #[must_use]
    pub fn aims_at(&self, kind: &str, area: &str) -> bool {
        let meets = |own: &str, asked: &str| own.is_empty() || asked.is_empty() || own == asked;
        meets(&self.kind, kind) && meets(&self.area, area)
    }
}

/// Whether a note is valid: at most one line.
#[must_use]
pub fn is_note(note: &str) -> bool {
    text::fits(note, NOTE_MAX_LETTERS) && !note.contains(char::is_control)
}

/// A date in its one form that has begun somewhere on earth.
fn is_past_day(day: &str, now: Timestamp) -> bool {
    let latest = now
        .checked_add(SignedDuration::from_hours(14))
        .unwrap_or(now);
    let latest = jiff::tz::Offset::UTC.to_datetime(latest).date();
    day.parse::<Date>()
        .is_ok_and(|date| date.to_string() == day && date.year() >= 1970 && date <= latest)
}

/// What two sides compare: the same for the same actions in any order, 0 for none.
#[must_use]
pub fn log_hash(log: &[Advocacy]) -> u64 {
    mark::of(b"vicinity-advocacy-v1", log, |hasher, entry| {
        hasher.update(entry.id.as_bytes());
        [
            &entry.day,
            &entry.action,
            &entry.kind,
            &entry.area,
            &entry.outcome,
        ]
        .into_iter()
        .for_each(|text| mark::text(hasher, text));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(id: u8) -> Advocacy {
        let text = str::to_owned;
        Advocacy {
            id: AdvocacyId::from_random([id; 16]),
            day: text("2026-11-03"),
            action: text("meeting_authority"),
            kind: text("police"),
            area: text("SN-DK"),
            outcome: text("promised"),
        }
    }

    #[test]
    fn an_action_is_codes_an_area_and_a_day_that_has_come() {
        let now: Timestamp = "2026-11-28T20:00:00Z".parse().unwrap();
        assert_eq!(action(1).check(now), Ok(()));
        assert_eq!(
            Advocacy {
                kind: String::new(),
                area: String::new(),
                ..action(1)
            }
            .check(now),
            Ok(())
        );
        assert_eq!(
            Advocacy {
                day: "2026-11-29".into(),
                ..action(1)
            }
            .check(now),
            Ok(()),
            "it is tomorrow already in the east"
        );
        for day in [
            "",
            "2026-11-30",
            "2026-02-30",
            "2026-11-3",
            "20261103",
            "1969-12-31",
            "2026-11-03T10:00",
        ] {
            assert_eq!(
                Advocacy {
                    day: day.into(),
                    ..action(1)
                }
                .check(now),
                Err(BadAdvocacy::Day),
                "{day}"
            );
        }
        assert_eq!(
            Advocacy {
                action: "bribe".into(),
                ..action(1)
            }
            .check(now),
            Err(BadAdvocacy::Action)
        );
        assert_eq!(
            Advocacy {
                kind: "captain Diop".into(),
                ..action(1)
            }
            .check(now),
            Err(BadAdvocacy::Kind)
        );
        for area in ["unknown", "SN", "sn-dk", "SN-DK-01"] {
            assert_eq!(
                Advocacy {
                    area: area.into(),
                    ..action(1)
                }
                .check(now),
                Err(BadAdvocacy::Area),
                "{area}"
            );
        }
        assert_eq!(
            Advocacy {
                outcome: String::new(),
                ..action(1)
            }
            .check(now),
            Err(BadAdvocacy::Outcome)
        );
        assert!(
            is_note("")
                && is_note("the new commander")
                && !is_note("two\nlines")
                && !is_note(&"x".repeat(NOTE_MAX_LETTERS + 1))
        );
        assert!(
            is_note(&"ក្រ".repeat(NOTE_MAX_LETTERS / 2))
                && !is_note(&"ក".repeat(NOTE_MAX_LETTERS + 1))
        );
    }

    #[test]
    fn an_action_aims_at_its_own_and_one_without_aim_at_everything() {
        assert!(
            action(1).aims_at("police", "SN-DK")
                && action(1).aims_at("", "")
                && action(1).aims_at("police", "")
        );
        assert!(!action(1).aims_at("client", "") && !action(1).aims_at("police", "SN-TH"));
        let wide = Advocacy {
            kind: String::new(),
            area: String::new(),
            ..action(1)
        };
        assert!(wide.aims_at("client", "SN-TH"));
    }

    #[test]
    fn logs_are_the_same_in_any_order_and_differ_by_anything_else() {
        assert_eq!(log_hash(&[]), 0);
        let both = log_hash(&[action(1), action(2)]);
        assert_eq!(both, log_hash(&[action(2), action(1)]));
        let other = |change: &dyn Fn(&mut Advocacy)| {
            let mut entry = action(2);
            change(&mut entry);
            log_hash(&[action(1), entry])
        };
        let others = [
            other(&|entry| entry.day = "2026-11-04".into()),
            other(&|entry| entry.action = "media".into()),
            other(&|entry| (entry.kind, entry.area) = ("policeS".into(), "N-DK".into())),
            other(&|entry| entry.outcome = "refused".into()),
            log_hash(&[action(1)]),
        ];
        assert!(others.iter().all(|other| *other != both && *other != 0));
    }
}
