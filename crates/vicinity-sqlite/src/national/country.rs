//! Published months, and countries.

use std::collections::BTreeSet;

use rusqlite::Row;
use vicinity_core::counts::review::Choice;
use vicinity_core::ids::DeviceId;
use vicinity_core::published::{Month, Window};
use vicinity_core::time::Timestamp;

use crate::db::Result;
use crate::national::SqliteNational;
use vicinity_store::country::{Countries, CountryRow, PublishedMonth, Publishing};
use vicinity_store::hub::{Credentials, PeerRefused};

/// A stored window: month, cells.
fn window(row: &Row<'_>) -> rusqlite::Result<Window> {
    let (month, cells): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(Window::of(&month, &Month::of_text(&cells)))
}

/// A stored month: month, cells, person, made_at, without, seen_only.
fn published(row: &Row<'_>) -> rusqlite::Result<PublishedMonth> {
    let without: String = row.get(4)?;
    Ok(PublishedMonth {
        month: row.get(0)?,
        cells: Month::of_text(&row.get::<_, String>(1)?),
        person: row.get(2)?,
        at: Timestamp::from_second(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH),
        choice: Choice {
            without: without
                .split(' ')
                .filter_map(|hub| hub.parse().ok())
                .collect::<BTreeSet<u32>>(),
            seen_only: row.get(5)?,
        },
    })
}

impl Publishing for SqliteNational {
    fn publish(&mut self, of: &PublishedMonth) -> Result<bool> {
        let query = include_str!("../../queries/national_country_publish.sql");
        let without: Vec<String> = of.choice.without.iter().map(u32::to_string).collect();
        self.db.immediate(|db| {
            let of: [&dyn rusqlite::ToSql; 6] = [
                &of.month,
                &of.cells.to_text(),
                &of.person,
                &of.at.as_second(),
                &without.join(" "),
                &of.choice.seen_only,
            ];
            Ok(db.execute("publishing a month", query, &of)? == 1)
        })
    }

    fn published(&mut self, from: &str, to: &str) -> Result<Vec<PublishedMonth>> {
        let query = include_str!("../../queries/national_country_published.sql");
        self.db
            .all("reading published months", query, &[&from, &to], published)
    }

    fn unsent_windows(&mut self, max: usize) -> Result<Vec<Window>> {
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
            let query = include_str!("../../queries/national_country_enrol_country.sql");
            let country = db.one(
                "using an invitation",
                query,
                &[&code_hash, device.as_bytes(), &now.as_second()],
                |row| row.get::<_, Option<String>>(0),
            )?;
            let Some(country) = country.flatten() else {
                return Ok(None);
            };
            let query = include_str!("../../queries/national_country_enrol_country_insert.sql");
            db.one(
                "enrolling a country",
                query,
                &[&country, device.as_bytes(), &public_key, &now.as_second()],
                |row| row.get(0),
            )
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
