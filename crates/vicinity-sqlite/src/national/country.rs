//! Published months, and countries.

use std::collections::BTreeMap;

use rusqlite::Row;
use vicinity_core::ids::DeviceId;
use vicinity_core::published::{Cell, Month, Window};
use vicinity_core::time::{self, Timestamp};

use crate::db::Result;
use crate::national::SqliteNational;
use vicinity_store::advocacy::Patterns;
use vicinity_store::country::{Countries, CountryRow, Publishing};
use vicinity_store::hub::{Credentials, PeerRefused};

fn window(row: &Row<'_>) -> rusqlite::Result<Window> {
    Ok(Window::of_text(
        &row.get::<_, String>(0)?,
        &row.get::<_, String>(1)?,
    ))
}

/// The month after one.
fn next(month: &str) -> Option<String> {
    time::month_number(month).map(|number| time::numbered_month(number + 1))
}

/// The earliest month that is ever published: what is reported from before is a mistyped year, or a story for another place.
const EARLIEST: &str = "2000-01";

impl SqliteNational {
    /// Windows that are still to be made, up to `last`. The first of all is the first that shows anything: one that showed nothing would say
    /// that something happened then.
    fn open_windows(&mut self, last: &str) -> Result<Vec<Window>> {
        let published = self
            .db
            .one(
                "reading published months",
                "SELECT max(month) FROM published",
                &[],
                |row| row.get::<_, Option<String>>(0),
            )?
            .flatten();
        let first = published
            .as_deref()
            .and_then(next)
            .unwrap_or_else(|| EARLIEST.to_owned());
        let mut counts: BTreeMap<String, BTreeMap<Cell, u64>> = BTreeMap::new();
        for (month, cell, count) in self.window(&first, last)? {
            counts.entry(month).or_default().insert(cell, count);
        }
        let mut windows = Vec::new();
        let mut month = Some(first);
        while let Some(at) = month.filter(|month| month.as_str() <= last) {
            month = next(&at);
            let window = Window::of(&at, &Month::of(&counts.remove(&at).unwrap_or_default()));
            if published.is_some() || !windows.is_empty() || !window.cells.is_empty() {
                windows.push(window);
            }
        }
        Ok(windows)
    }
}

impl Publishing for SqliteNational {
    fn publish_to(&mut self, last: &str, max: usize, now: Timestamp) -> Result<Vec<Window>> {
        let made = self.open_windows(last)?;
        self.db.immediate(|db| {
            made.iter().filter(|window| window.is_well_formed()).try_for_each(|window| {
                let query = "INSERT INTO published (month, cells, made_at, sent) VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING";
                db.execute("publishing a month", query, &[&window.month, &window.to_text(), &now.as_second()]).map(drop)
            })
        })?;
        let query = "SELECT month, cells FROM published WHERE sent = 0 ORDER BY month LIMIT ?1";
        self.db
            .all("reading published months", query, &[&(max as i64)], window)
    }

    fn publish_again(&mut self) -> Result<()> {
        self.db.immediate(|db| {
            db.execute("publishing again", "UPDATE published SET sent = 0", &[])
                .map(drop)
        })
    }

    fn windows_sent(&mut self, months: &[String]) -> Result<()> {
        self.db.immediate(|db| {
            months.iter().try_for_each(|month| {
                db.execute(
                    "noting a published month",
                    "UPDATE published SET sent = 1 WHERE month = ?1",
                    &[month],
                )
                .map(drop)
            })
        })
    }
}

impl Countries for SqliteNational {
    fn invite_country(
        &mut self,
        code_hash: [u8; 32],
        country: &str,
        expires: Timestamp,
    ) -> Result<()> {
        self.db.immediate(|db| {
            let query = "INSERT INTO invites (code_hash, role, expires_at, country) VALUES (?1, 'country', ?2, ?3)";
            db.execute("keeping an invitation", query, &[&code_hash, &expires.as_second(), &country]).map(drop)
        })
    }

    fn enrol_country(
        &mut self,
        code_hash: [u8; 32],
        device: DeviceId,
        public_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<u32>> {
        self.db.immediate(|db| {
            db.cut_invites(now.as_second())?;
            let query = "UPDATE invites SET used_by = ?2 WHERE code_hash = ?1 AND role = 'country' AND expires_at > ?3 AND (used_by IS NULL OR used_by = ?2)
                RETURNING country";
            let country = db.one("using an invitation", query, &[&code_hash, device.as_bytes(), &now.as_second()], |row| row.get::<_, Option<String>>(0))?;
            let Some(country) = country.flatten() else { return Ok(None) };
            let query = "INSERT INTO countries (country, device, public_key, incarnation, counter, enrolled_at) VALUES (?1, ?2, ?3, 0, 0, ?4)
                ON CONFLICT (device) DO UPDATE SET public_key = excluded.public_key, revoked_at = NULL
                    WHERE revoked_at IS NULL OR public_key <> excluded.public_key RETURNING number";
            db.one("enrolling a country", query, &[&country, device.as_bytes(), &public_key, &now.as_second()], |row| row.get(0))
        })
    }

    fn country_credentials(&mut self, device: DeviceId) -> Result<Option<Credentials>> {
        crate::national::credentials(&self.db, "countries", device)
    }

    fn revoke_country(&mut self, country: u32, now: Timestamp) -> Result<bool> {
        self.db
            .immediate(|db| crate::national::revoke(db, "countries", country, now))
    }

    fn let_country_in(
        &mut self,
        device: DeviceId,
        incarnation: u64,
        counter: u64,
        now: Timestamp,
    ) -> Result<core::result::Result<u32, PeerRefused>> {
        self.db.immediate(|db| {
            crate::national::let_in(db, "countries", device, incarnation, counter, now)
        })
    }

    fn take_windows(&mut self, country: u32, windows: &[Window], now: Timestamp) -> Result<()> {
        self.db.immediate(|db| {
            windows.iter().try_for_each(|window| {
                let query = "INSERT INTO windows (country, month, cells, received_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
                db.execute("keeping a window", query, &[&country, &window.month, &window.to_text(), &now.as_second()]).map(drop)
            })
        })
    }

    fn countries(&mut self, from: &str, to: &str) -> Result<Vec<CountryRow>> {
        let time = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let read = |row: &Row<'_>| {
            Ok(CountryRow {
                number: row.get(0)?,
                country: row.get(1)?,
                last_seen: row.get::<_, Option<i64>>(2)?.map(time),
                windows: Vec::new(),
            })
        };
        let mut countries = self.db.all(
            "reading countries",
            "SELECT number, country, last_seen FROM countries ORDER BY country, number",
            &[],
            read,
        )?;
        for row in &mut countries {
            let query = "SELECT month, cells FROM windows WHERE country = ?1 AND month >= ?2 AND month <= ?3 ORDER BY month";
            row.windows =
                self.db
                    .all("reading windows", query, &[&row.number, &from, &to], window)?;
        }
        Ok(countries)
    }
}
