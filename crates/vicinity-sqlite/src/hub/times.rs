//! How the times of a hub's documents are read: its zone, what it knows of devices' clocks, and what of that is kept.

use rusqlite::Row;
use vicinity_core::incident::Incident;
use vicinity_core::time::{TimeZone, Timestamp};
use vicinity_core::zone;

use crate::db::{Db, Result};
use vicinity_store::hub::Peer;
use vicinity_store::policy::{self, ClockKnown, LogRow};
use vicinity_store::row;

/// What a row says of an incident, and how its times are read: `facts, disputes, times, first_at`.
pub(crate) struct AtHub {
    facts: String,
    disputes: String,
    times: String,
    first_at: i64,
}

impl AtHub {
    /// From four columns, the first at a place.
    pub(crate) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            facts: row.get(at)?,
            disputes: row.get(at + 1)?,
            times: row.get(at + 2)?,
            first_at: row.get(at + 3)?,
        })
    }

    pub(crate) fn incident(&self, zone: Option<&TimeZone>) -> Result<Incident> {
        row::at_hub(
            &self.facts,
            &self.disputes,
            &self.times,
            self.first_at,
            zone,
        )
    }
}

/// The hub's zone.
pub(crate) fn zone(db: &Db) -> Result<Option<TimeZone>> {
    let name = db.setting(policy::ZONE)?;
    Ok(name.and_then(|name| zone::named(core::str::from_utf8(&name).ok()?)))
}

/// Sets the hub's zone. Every place on the board and every projection is worked out again, as after a term that ended.
pub(crate) fn set_zone(db: &Db, zone: &str) -> Result<()> {
    db.set_setting(policy::ZONE, zone.as_bytes())?;
    db.execute("setting a zone", "UPDATE documents SET recheck_at = 0", &[])?;
    db.execute("setting a zone", "UPDATE board SET turns_at = 0", &[])
        .map(drop)
}

pub(crate) fn note_skew(
    db: &Db,
    peer: &Peer,
    skew_seconds: Option<i64>,
    now: Timestamp,
) -> Result<()> {
    let query = if skew_seconds.is_some() {
        "UPDATE devices SET skew_before = skew, skew_before_at = skew_at, skew = ?2, skew_at = ?3, skew_now = ?2 WHERE number = ?1"
    } else {
        "UPDATE devices SET skew_now = ?2 WHERE number = ?1 AND ?3"
    };
    db.execute(
        "noting a device",
        query,
        &[&peer.number, &skew_seconds, &now.as_second()],
    )
    .map(drop)
}

/// What is known of the clock of who sends.
pub(crate) fn clock_of(db: &Db, peer: &Peer) -> Result<ClockKnown> {
    if peer.number == 0 {
        return Ok(ClockKnown::OWN);
    }
    type Found = (Option<i64>, Option<i64>, Option<i64>);
    let read = |row: &Row<'_>| Ok::<Found, _>((row.get(0)?, row.get(1)?, row.get(2)?));
    let query = "SELECT skew_before, skew_before_at, skew_now FROM devices WHERE number = ?1";
    let (before, at, now) = db
        .one("reading a device", query, &[&peer.number], read)?
        .unwrap_or_default();
    Ok(ClockKnown {
        before: before.zip(at.and_then(|at| Timestamp::from_second(at).ok())),
        now,
    })
}

/// `chunk, device, relayed, skew, received_at`.
pub(crate) fn log_row(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    let received_at = Timestamp::from_second(row.get(4)?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(LogRow {
        chunk: row.get(0)?,
        device: row.get(1)?,
        relayed: row.get(2)?,
        skew_seconds: row.get(3)?,
        received_at,
    })
}
