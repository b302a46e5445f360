//! The rules of a hub, without a database. An engine reads what is known, asks, and writes what was decided; it repeats no rule.
//!
//! Here: what a request brings ([`weight`], [`judge`]), whose actor it is, what consent allows, what may be projected. What a pull
//! gives is in [`giving`]; who holds an incident, what leaves a phone and who erases is in [`holding`].

pub mod giving;
pub mod holding;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use vicinity_core::access::{self, Action, IncidentState, Reach, Resource};
use vicinity_core::admit::{self, Verdict, View};
use vicinity_core::areas::{self, Areas};
use vicinity_core::batch::{Cursor, Group, GroupChange};
use vicinity_core::chunk::Chunk;
use vicinity_core::consent;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::{ChangeHash, IncidentId, ProjectionId};
use vicinity_core::incident::Incident;
use vicinity_core::projection::{self, Projection};
use vicinity_core::reading::{self, Moment, READ_WITHIN, Written};
use vicinity_core::time::Timestamp;

use crate::peer::Role;

/// A stored change with its author, as the policy needs it.
#[derive(Debug, Clone)]
pub struct LogRow {
    /// The original bytes.
    pub chunk: Vec<u8>,
    /// The number of the device that sent it.
    pub device: u32,
    /// Whether that device only passed it on.
    pub relayed: bool,
    /// Seconds by which the hub's clock was ahead of the one that it was written by; `None` where it is unknown.
    pub skew_seconds: Option<i64>,
    /// When the hub took it.
    pub received_at: Timestamp,
}

/// The setting under which a hub keeps the name of its time zone.
pub const ZONE: &str = "zone";

/// What a hub knows of a device's clock when a request comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockKnown {
    /// Seconds by which the hub's clock was ahead at the contact before, and when that was.
    pub before: Option<(i64, Timestamp)>,
    /// The same now; `None` for what came by a file, whose clock nobody sees.
    pub now: Option<i64>,
}

impl ClockKnown {
    /// The hub's own clock.
    pub const OWN: Self = Self {
        before: None,
        now: Some(0),
    };

    /// The skew of the clock that a change was written by, if it is known within ten minutes: as it is now, or as it was at the
    /// contact before, whichever puts the change between that contact and this one.
    #[must_use]
    pub fn skew_of(&self, written: i64, received_at: Timestamp) -> Option<i64> {
        let (now, within) = (self.now?, READ_WITHIN.as_secs());
        let since = self
            .before
            .map_or(i64::MIN, |(_, at)| at.as_second().saturating_sub(within));
        let until = received_at.as_second().saturating_add(within);
        match self.before {
            Some((before, _)) if before.abs_diff(now) > within.unsigned_abs() => {
                let fits = |skew: &i64| (since..=until).contains(&written.saturating_add(*skew));
                let mut fitting = [before, now].into_iter().filter(fits);
                fitting.next().filter(|_| fitting.next().is_none())
            }
            // What was sent later than it was written may be of any time before.
            _ => Some(now).filter(|now| written.saturating_add(*now) <= until),
        }
    }
}

/// How the times of a document are read, by the log of its changes.
#[must_use]
pub fn times<'a>(
    written: &[Written],
    log: impl Iterator<Item = &'a LogRow>,
) -> BTreeMap<String, Moment> {
    let wanted: BTreeSet<ChangeHash> = written.iter().map(|written| written.change).collect();
    let brought = |row: &LogRow| {
        let chunk = Chunk::parse(&row.chunk)
            .ok()
            .filter(|chunk| wanted.contains(&chunk.hash))?;
        Some((
            chunk.hash,
            reading::Brought {
                clock: chunk.time,
                skew_seconds: row.skew_seconds,
                received_at: row.received_at,
            },
        ))
    };
    let brought: BTreeMap<ChangeHash, reading::Brought> = log.filter_map(brought).collect();
    reading::times(written, |change| brought.get(&change).copied())
}

/// Whether a role may do something to an incident that is here. `in_scope` is asked only where it matters.
///
/// # Errors
/// What `in_scope` says.
pub fn may_reach<E>(
    role: Role,
    action: Action,
    in_scope: impl FnOnce() -> Result<bool, E>,
) -> Result<bool, E> {
    let may = |reach| {
        access::decide(
            role.actor(),
            action,
            Resource::Incident(reach, IncidentState::Consented),
        )
        .is_ok()
    };
    Ok(may(Reach::OutOfScope) || in_scope()? && may(Reach::InScope))
}

/// A change as a request brings it.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// The change.
    pub change: &'a GroupChange,
    /// Whether its sender only passes it on.
    pub relayed: bool,
    /// Its place among all changes of the request, from 0: where its verdict goes.
    pub place: usize,
}

impl Brought<'_> {
    /// The hash of its bytes. Bytes that are too short for one are refused like others; all of them are kept under the hash of
    /// nothing.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        ChangeHash::of_chunk(&self.change.chunk).unwrap_or_else(|| ChangeHash::of(&[]))
    }
}

/// The changes of a request by incident, in the order in which it names them: however many groups name a document, it is
/// loaded once.
#[must_use]
pub fn by_incident(groups: &[Group]) -> Vec<(IncidentId, Vec<Brought<'_>>)> {
    let mut places = BTreeMap::new();
    let mut documents: Vec<(IncidentId, Vec<Brought<'_>>)> = Vec::new();
    let mut place = 0;
    for group in groups {
        let at = *places.entry(group.incident).or_insert(documents.len());
        if at == documents.len() {
            documents.push((group.incident, Vec::new()));
        }
        for change in &group.changes {
            documents[at].1.push(Brought {
                change,
                relayed: group.relayed,
                place,
            });
            place += 1;
        }
    }
    documents
}

/// What a document costs also its operations: its rows, its place on the board, its projection; in operations.
pub const DOCUMENT_OPS: u64 = 50;
/// What a change costs that is there already: one look at an index; in operations.
pub const KNOWN_OPS: u64 = 2;

/// Operations of one document at which it costs twice as much as many small ones of as many operations.
const LARGE_OPS: u64 = 400;

/// What it costs to load or to give one document of that many operations. It is done in one piece, and everybody waits: its cost
/// grows with its square. One of 40 operations costs 44, one of 10,000 costs 260,000.
#[must_use]
pub const fn in_one_piece(ops: u64) -> u64 {
    ops.saturating_add(ops.saturating_mul(ops) / LARGE_OPS)
}

/// What it costs to take these changes of one document, in operations that are loaded. `ops` are those of its log and of what
/// waits; `is_known` says whether a change is there already and its sender may have it said so. Each distinct change is asked
/// for once, and one that is named again costs next to nothing.
///
/// # Errors
/// What `is_known` says.
pub fn weight<E>(
    changes: &[Brought<'_>],
    ops: u64,
    mut is_known: impl FnMut(&Brought<'_>) -> Result<bool, E>,
) -> Result<u64, E> {
    let mut seen = BTreeSet::new();
    let (mut known, mut new, mut new_ops) = (0u64, 0u64, 0u64);
    for brought in changes {
        if !seen.insert((brought.change.chunk.as_slice(), brought.relayed)) {
            continue;
        }
        if is_known(brought)? {
            known += 1;
        } else {
            new += 1;
            new_ops = new_ops.saturating_add(ops_in(&brought.change.chunk));
        }
    }
    let loaded = if new == 0 {
        0
    } else {
        ops.saturating_add(new_ops)
    };
    // To take one from its frame and to sort it takes about an eighth of an operation.
    let named = changes.len() as u64 / 8;
    Ok(DOCUMENT_OPS
        .saturating_add(known * KNOWN_OPS)
        .saturating_add(named)
        .saturating_add(loaded))
}

/// Operations that a change says it has, at least one. What cannot be read costs no more than its parsing.
#[must_use]
pub fn ops_in(chunk: &[u8]) -> u64 {
    let ops = Chunk::parse(chunk).ok().and_then(|chunk| {
        Some(
            chunk
                .max_op()
                .ok()?
                .saturating_add(1)
                .saturating_sub(chunk.start_op),
        )
    });
    ops.unwrap_or(1).clamp(1, admit::DOCUMENT_MAX_OPS)
}

/// What to do with the changes of one document.
#[derive(Debug)]
pub struct Judgement {
    /// One a change, in order.
    pub verdicts: Vec<Verdict>,
    /// Changes to append to the log, ancestors first: those of the group and those that had waited.
    pub stored: Vec<ChangeHash>,
    /// Those that had waited and are refused now.
    pub dropped: Vec<(ChangeHash, Refusal)>,
    /// Whether the survivor ever agreed that the hub holds the incident. If not, no byte of the group may be kept, not
    /// even among what was refused.
    pub consented: bool,
    /// Operations of the document's log after them.
    pub ops: u64,
    /// Operations that were loaded to judge them.
    pub loaded: u64,
    /// The document after them, if anything is to be appended. `None` also if what was there before does not load any
    /// more.
    pub view: Option<View>,
}

/// Judges what a request brings of one document against its log: actors, guard, trial, consent. `relayed` changes are others'.
#[must_use]
pub fn judge(
    stored: &[LogRow],
    waiting: &[Vec<u8>],
    changes: &[Brought<'_>],
    device: u32,
) -> Judgement {
    let owners = owners(stored);
    let foreign = |brought: &Brought<'_>| {
        !brought.relayed
            && Chunk::parse(&brought.change.chunk).is_ok_and(|chunk| {
                owners
                    .get(chunk.actor)
                    .is_some_and(|owner| *owner != device)
            })
    };
    let foreign: Vec<bool> = changes.iter().map(foreign).collect();
    let log: Vec<Vec<u8>> = stored.iter().map(|row| row.chunk.clone()).collect();
    let fit: Vec<Vec<u8>> = changes
        .iter()
        .zip(&foreign)
        .filter(|(_, foreign)| !**foreign)
        .map(|(brought, _)| brought.change.chunk.clone())
        .collect();
    let admission = admit::admit_within(&log, waiting, &fit, admit::Work::OF_A_REQUEST);
    // A document that is here was consented to when it came; where nothing is new, nothing is loaded to say so again.
    let consented = admission
        .view
        .as_ref()
        .is_none_or(|view| consent::ever_granted(&view.incident, "hub_response"));
    let is_part = admission.verdicts.contains(&Verdict::NotYet);
    let mut verdicts = admission.verdicts.into_iter();
    let verdicts = foreign
        .into_iter()
        .map(
            |foreign| match if foreign { None } else { verdicts.next() } {
                None => Verdict::Rejected(Refusal::ForeignActor),
                // What would grant it may be among what was not reached: nothing is kept, and nothing refused permanently.
                Some(Verdict::Stored | Verdict::Pending) if !consented && is_part => {
                    Verdict::NotYet
                }
                Some(Verdict::Stored | Verdict::Pending) if !consented => {
                    Verdict::Rejected(Refusal::ConsentMissing)
                }
                Some(verdict) => verdict,
            },
        )
        .collect();
    let (dropped, ops, loaded) = (admission.dropped, admission.ops, admission.loaded);
    if !consented || admission.stored.is_empty() {
        return Judgement {
            verdicts,
            stored: Vec::new(),
            dropped,
            consented,
            ops,
            loaded,
            view: None,
        };
    }
    Judgement {
        verdicts,
        stored: admission.stored,
        dropped,
        consented,
        ops,
        loaded,
        view: admission.view,
    }
}

/// Which device each actor belongs to: the first that sent a change as its own.
fn owners(stored: &[LogRow]) -> BTreeMap<Vec<u8>, u32> {
    let mut owners = BTreeMap::new();
    for row in stored.iter().filter(|row| !row.relayed) {
        if let Ok(chunk) = Chunk::parse(&row.chunk) {
            owners.entry(chunk.actor.to_vec()).or_insert(row.device);
        }
    }
    owners
}

/// The setting that says that this hub was restored from a backup: what scopes it gave since is lost.
pub const RESTORED: &str = "restored";

/// The setting under which a hub keeps the key of its cursors' MACs. Every backup has it.
pub const CURSOR_KEY: &str = "cursor_key";

/// A place in the feed as a hub with this key gives it out. A hub without a key gives out none that it would take.
#[must_use]
pub fn cursor(key: Option<&[u8]>, epoch: [u8; 16], seq: u64, chain: [u8; 16]) -> Cursor {
    let mut cursor = Cursor {
        epoch,
        seq,
        chain,
        mac: [0; 8],
    };
    if let Some(key) = key {
        cursor.mac = cursor_mac(key, &cursor);
    }
    cursor
}

/// Whether a hub with this key gave out this cursor. One that it gave out and that does not fit its feed proves that the
/// feed is not what it was; any other one proves nothing.
#[must_use]
pub fn is_own_cursor(key: Option<&[u8]>, cursor: &Cursor) -> bool {
    // All bytes are checked, so that the time taken reveals nothing of how many were right.
    key.is_some_and(|key| {
        cursor_mac(key, cursor)
            .iter()
            .zip(cursor.mac)
            .fold(0, |other, (a, b)| other | (a ^ b))
            == 0
    })
}

/// What is hashed has one length for keys of one length: nothing can be added behind it.
fn cursor_mac(key: &[u8], cursor: &Cursor) -> [u8; 8] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"vicinity-cursor-v1")
        .chain_update((key.len() as u64).to_be_bytes())
        .chain_update(key)
        .chain_update(cursor.epoch)
        .chain_update(cursor.seq.to_be_bytes())
        .chain_update(cursor.chain)
        .finalize()
        .into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// Whether somebody who sends these changes holds the document already: one of them is in its log, or is based on one that
/// is. After a restore it shows that the document was in the sender's scope.
#[must_use]
pub fn proves_possession(log: &[LogRow], changes: &[Brought<'_>]) -> bool {
    let stored = names(log);
    let known = |chunk: Chunk<'_>| {
        stored.contains(&chunk.hash) || chunk.deps.iter().any(|dep| stored.contains(dep))
    };
    changes
        .iter()
        .filter_map(|brought| Chunk::parse(&brought.change.chunk).ok())
        .any(known)
}

/// Who wrote a change: the device it belongs to. `None` if it is not in the log, or only came by others, who do not say.
#[must_use]
pub fn author(log: &[LogRow], change: ChangeHash) -> Option<u32> {
    let chunk = log
        .iter()
        .filter_map(|row| Chunk::parse(&row.chunk).ok())
        .find(|chunk| chunk.hash == change)?;
    owners(log).get(chunk.actor).copied()
}

/// The verdicts on what somebody sends whose scope the document is not in: what is in the log is, anyone who asks, and need
/// not be sent again.
#[must_use]
pub fn out_of_scope(log: &[LogRow], changes: &[Brought<'_>]) -> Vec<Verdict> {
    let stored = names(log);
    let is_stored = |brought: &Brought<'_>| {
        Chunk::parse(&brought.change.chunk).is_ok_and(|chunk| stored.contains(&chunk.hash))
    };
    changes
        .iter()
        .map(|brought| {
            if is_stored(brought) {
                Verdict::Duplicate
            } else {
                Verdict::Rejected(Refusal::OutOfScope)
            }
        })
        .collect()
}

/// The verdicts on another incident that comes under the id of one that is here; `None` where it is the same. Two people who log
/// under one id log two incidents: nothing of the second is kept, and nobody's scope matters.
#[must_use]
pub fn other_incident(log: &[LogRow], changes: &[Brought<'_>]) -> Option<Vec<Verdict>> {
    let (stored, brought) = (
        log.iter().map(|row| row.chunk.as_slice()),
        changes
            .iter()
            .map(|brought| brought.change.chunk.as_slice()),
    );
    if !admit::is_other(stored, brought) {
        return None;
    }
    let stored = names(log);
    let is_stored = |brought: &Brought<'_>| {
        Chunk::parse(&brought.change.chunk).is_ok_and(|chunk| stored.contains(&chunk.hash))
    };
    Some(
        changes
            .iter()
            .map(|brought| {
                if is_stored(brought) {
                    Verdict::Duplicate
                } else {
                    Verdict::Rejected(Refusal::OtherIncident)
                }
            })
            .collect(),
    )
}

fn names(log: &[LogRow]) -> BTreeSet<ChangeHash> {
    log.iter()
        .filter_map(|row| Chunk::parse(&row.chunk).ok())
        .map(|chunk| chunk.hash)
        .collect()
}

/// The setting under which a hub keeps the areas that somebody listed, and the one for those that it met before.
pub const AREAS_LISTED: &str = "areas_listed";
/// See [`AREAS_LISTED`].
pub const AREAS_MET: &str = "areas_met";

/// What national learns of an incident now, as JSON; `None` is nothing at all. Of an area that does not count it learns nothing. The
/// second is whether its area is one that counts from now on, and that is to be kept.
#[must_use]
pub fn projected(incident: &Incident, areas: &mut Areas, now: Timestamp) -> (Option<String>, bool) {
    let projection = projection::project(incident, now);
    // Also what leaves in counts alone is of an area.
    let leaves = projection.is_some() || consent::granted(incident, consent::AGGREGATE_COUNT, now);
    let area = incident
        .text("place.area")
        .filter(|_| leaves)
        .and_then(areas::of_code);
    let is_new = area.is_some_and(|area| areas.meet(&area));
    let named = |mut projection: Projection| {
        projection.admin1 = areas.named(&projection.admin1).to_owned();
        serde_json::to_string(&projection).ok()
    };
    (projection.and_then(named), is_new)
}

/// The areas that a hub keeps.
#[must_use]
pub fn kept_areas(listed: Option<Vec<u8>>, met: Option<Vec<u8>>) -> Areas {
    let read = |kept: Option<Vec<u8>>| {
        Areas::of_text(&String::from_utf8(kept.unwrap_or_default()).unwrap_or_default())
    };
    Areas {
        listed: read(listed),
        met: read(met),
    }
}

/// Whether the survivor took back that the hub holds the incident: it is erased then, everywhere.
#[must_use]
pub fn recalled(incident: &Incident) -> bool {
    consent::withdrawn(incident, consent::HUB_RESPONSE)
}

/// Answers to national's questions that the incident holds: number and code.
#[must_use]
pub fn answers(incident: &Incident) -> Vec<(u64, String)> {
    let answer = |entry: vicinity_core::incident::Entry<'_>| {
        let number = entry.id().strip_prefix("q-")?.parse().ok()?;
        let answer = entry
            .text("answer")
            .filter(|answer| vicinity_core::codes::ANSWERS.knows(answer))?;
        Some((number, answer.to_owned()))
    };
    incident.entries("queries").filter_map(answer).collect()
}

/// The setting under which a hub keeps the key that projections' ids are made with.
pub const PROJECTION_KEY: &str = "projection_key";

/// The id of an incident's projection: nobody without the hub's key can tell which incident it is, and a hub restored
/// from an old backup finds the rows again that it sent since.
#[must_use]
pub fn projection_id(key: &[u8], incident: IncidentId) -> ProjectionId {
    let mut hasher = Sha256::new();
    hasher.update(b"vicinity-projection-id-v1");
    hasher.update((key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(incident.as_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    ProjectionId::from_random(id)
}

/// By how much national's version of a row can be above a hub's after a restore. A number far above would be the last that
/// this row ever gets: nothing could be withdrawn above it.
const VERSIONS_LOST_MAX: u64 = 1 << 32;

/// Where a row goes for which national holds this version: above it, if a hub can have written that. Otherwise it is as if national
/// had refused the row.
#[must_use]
pub fn version_above(held: u64, sent: u64) -> Option<u64> {
    (held > sent && held - sent <= VERSIONS_LOST_MAX).then(|| held.saturating_add(1))
}

/// Whether national may hold a projection of this incident although this hub never sent one: consent was given once,
/// and the hub may have been restored from before. Then a retract is sent, to be sure.
#[must_use]
pub fn may_be_projected(incident: &Incident) -> bool {
    consent::ever_granted(incident, "national_deid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_clock_that_two_contacts_agree_on_is_known() {
        let known = ClockKnown {
            before: Some((3 * DAY, at(100 * DAY))),
            now: Some(3 * DAY + 90),
        };
        assert_eq!(known.skew_of(98 * DAY, at(101 * DAY)), Some(3 * DAY + 90));
        assert_eq!(
            ClockKnown {
                before: None,
                now: Some(60)
            }
            .skew_of(7 * DAY, at(101 * DAY)),
            Some(60),
            "the first contact"
        );
        assert_eq!(ClockKnown::OWN.skew_of(101 * DAY, at(101 * DAY)), Some(0));
    }

    #[test]
    fn a_clock_that_was_set_between_two_contacts_is_known_where_only_one_of_its_skews_fits() {
        // Right a day ago, three days slow now: what it wrote at day 98 by its clock it wrote at day 101.
        let slow = ClockKnown {
            before: Some((0, at(100 * DAY))),
            now: Some(3 * DAY),
        };
        assert_eq!(slow.skew_of(98 * DAY, at(101 * DAY)), Some(3 * DAY));
        assert_eq!(
            slow.skew_of(100 * DAY + 3600, at(101 * DAY)),
            Some(0),
            "before it was set wrong"
        );
        // Slow ten days ago, right now: a day between fits both, so it is unknown.
        let set_right = ClockKnown {
            before: Some((3 * DAY, at(90 * DAY))),
            now: Some(0),
        };
        assert_eq!(set_right.skew_of(95 * DAY, at(101 * DAY)), None);
        assert_eq!(set_right.skew_of(88 * DAY, at(101 * DAY)), Some(3 * DAY));
    }

    #[test]
    fn what_comes_by_a_file_or_from_the_future_has_no_known_clock() {
        assert_eq!(
            ClockKnown {
                before: Some((0, at(100 * DAY))),
                now: None
            }
            .skew_of(100 * DAY, at(101 * DAY)),
            None
        );
        assert_eq!(
            ClockKnown {
                before: None,
                now: Some(0)
            }
            .skew_of(102 * DAY, at(101 * DAY)),
            None
        );
    }
}
