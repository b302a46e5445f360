//! National's store in memory.

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::ids::{DeviceId, ORDINAL_MAX, ProjectionId};
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::hub::{Credentials, Denied, Role};
use vicinity_store::national::{HubRow, NationalStore, NewProjection, ProjectionBody, ProjectionListing, QuestionRow};

use crate::memory_hub::Invites;
use crate::memory_hub::alerts::Alerts;

type Result<T> = core::result::Result<T, StoreError>;

struct Hub {
    device: DeviceId,
    public_key: [u8; 32],
    last_request: Option<(u64, u64)>,
    last_seen: Option<Timestamp>,
    revoked: bool,
}

struct Kept {
    hub: u32,
    version: u64,
    body: Option<ProjectionBody>,
}

struct Question {
    row: QuestionRow,
    hub: u32,
    received: bool,
}

/// National in memory.
#[derive(Default)]
pub struct MemoryNational {
    invites: Invites,
    hubs: Vec<Hub>,
    projections: BTreeMap<ProjectionId, Kept>,
    questions: Vec<Question>,
    settings: BTreeMap<String, Vec<u8>>,
    pub(crate) alerts: Alerts,
}

impl MemoryNational {
    fn upsert_one(&mut self, hub: u32, row: &NewProjection) -> Option<u64> {
        if row.version > ORDINAL_MAX {
            return None;
        }
        let new = Kept { hub, version: row.version, body: row.body.clone() };
        match self.projections.get_mut(&row.projection) {
            Some(kept) if kept.hub != hub => return None,
            Some(kept) if kept.version > row.version || (kept.version == row.version && kept.body.is_none()) => return Some(kept.version),
            Some(kept) => *kept = new,
            None => drop(self.projections.insert(row.projection, new)),
        }
        Some(row.version)
    }

    /// The areas of a hub's projections.
    pub(crate) fn areas(&self, hub: u32) -> impl Iterator<Item = String> {
        let facets = self.projections.values().filter(move |kept| kept.hub == hub).filter_map(|kept| kept.body.as_ref()).flat_map(|body| &body.facets);
        facets.filter(|(dimension, _)| *dimension == "admin1").map(|(_, code)| code.clone())
    }

    fn number(&self, hub: DeviceId) -> Option<usize> {
        self.hubs.iter().position(|known| known.device == hub)
    }
}

impl NationalStore for MemoryNational {
    fn invite(&mut self, code_hash: [u8; 32], role: Role, expires: Timestamp) -> Result<()> {
        self.invites.open(code_hash, role, expires);
        Ok(())
    }

    fn cut_invites(&mut self, now: Timestamp) -> Result<u64> {
        Ok(self.invites.cut(now))
    }

    fn enrol(&mut self, code_hash: [u8; 32], hub: DeviceId, public_key: [u8; 32], now: Timestamp) -> Result<Option<u32>> {
        if self.invites.take(code_hash, hub, now).is_none() {
            return Ok(None);
        }
        let at = self.number(hub).unwrap_or_else(|| {
            self.hubs.push(Hub { device: hub, public_key, last_request: None, last_seen: None, revoked: false });
            self.hubs.len() - 1
        });
        if self.hubs[at].revoked && self.hubs[at].public_key == public_key {
            return Ok(None);
        }
        self.hubs[at].revoked = false;
        self.hubs[at].public_key = public_key;
        Ok(Some(at as u32 + 1))
    }

    fn credentials(&mut self, hub: DeviceId) -> Result<Option<Credentials>> {
        Ok(self.number(hub).map(|at| Credentials { public_key: self.hubs[at].public_key, revoked: self.hubs[at].revoked }))
    }

    fn revoke(&mut self, hub: u32, _now: Timestamp) -> Result<bool> {
        let known = (hub as usize).checked_sub(1).and_then(|at| self.hubs.get_mut(at));
        Ok(known.map(|known| known.revoked = true).is_some())
    }

    fn let_in(&mut self, hub: DeviceId, incarnation: u64, counter: u64, now: Timestamp) -> Result<core::result::Result<u32, Denied>> {
        let Some(at) = self.number(hub) else { return Ok(Err(Denied::Unknown)) };
        let known = &mut self.hubs[at];
        if known.revoked {
            return Ok(Err(Denied::Revoked));
        }
        if counter > ORDINAL_MAX {
            return Ok(Err(Denied::TooHigh));
        }
        if let Some((_, last)) = known.last_request.filter(|(life, last)| *life == incarnation && counter <= *last) {
            return Ok(Err(Denied::not_above(counter, last)));
        }
        known.last_request = Some((incarnation, counter));
        known.last_seen = Some(now);
        Ok(Ok(at as u32 + 1))
    }

    fn upsert(&mut self, hub: u32, rows: &[NewProjection], _now: Timestamp) -> Result<Vec<Option<u64>>> {
        Ok(rows.iter().map(|row| self.upsert_one(hub, row)).collect())
    }

    fn areas_of(&mut self, hub: u32, max: usize) -> Result<BTreeSet<String>> {
        let areas: BTreeSet<String> = self.areas(hub).collect();
        Ok(areas.into_iter().take(max).collect())
    }

    fn ask(&mut self, projection: ProjectionId, code: &str, _now: Timestamp) -> Result<Option<u64>> {
        let Some(kept) = self.projections.get(&projection).filter(|kept| kept.body.is_some()) else { return Ok(None) };
        let id = self.questions.len() as u64 + 1;
        let row = QuestionRow { id, projection, code: code.to_owned(), answer: None };
        self.questions.push(Question { row, hub: kept.hub, received: false });
        Ok(Some(id))
    }

    fn questions_of(&mut self, hub: u32, received: &[u64], answers: &[(u64, String)], _now: Timestamp) -> Result<Vec<QuestionRow>> {
        for question in self.questions.iter_mut().filter(|question| question.hub == hub) {
            question.received |= received.contains(&question.row.id);
            if let Some((_, answer)) = answers.iter().rfind(|(id, _)| *id == question.row.id) {
                question.row.answer = Some(answer.clone());
            }
        }
        let open = self.questions.iter().filter(|question| question.hub == hub && !question.received);
        Ok(open.map(|question| question.row.clone()).collect())
    }

    fn questions(&mut self) -> Result<Vec<QuestionRow>> {
        Ok(self.questions.iter().map(|question| question.row.clone()).collect())
    }

    fn each_projection(&mut self, from: Option<&str>, to: Option<&str>, each: &mut dyn FnMut(ProjectionListing) -> Result<()>) -> Result<()> {
        // A month that is not known lies in no stretch of months, but in the whole.
        let everything = from.is_none() && to.is_none();
        let within = |month: &str| everything || from.unwrap_or("") <= month && month <= to.unwrap_or("9999-99");
        for (projection, kept) in &self.projections {
            if let Some(body) = kept.body.as_ref().filter(|body| within(&body.month)) {
                each(ProjectionListing { projection: *projection, hub: kept.hub, version: kept.version, json: body.json.clone() })?;
            }
        }
        Ok(())
    }

    fn counts_by_month(&mut self, dimension: &str) -> Result<Vec<(String, String, u64)>> {
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        for body in self.projections.values().filter_map(|kept| kept.body.as_ref()).filter(|body| body.countable) {
            let mut codes: Vec<&str> = body.facets.iter().filter(|(of, _)| *of == dimension).map(|(_, code)| code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            for code in codes {
                *counts.entry((body.month.clone(), code.to_owned())).or_default() += 1;
            }
        }
        Ok(counts.into_iter().map(|((month, code), count)| (month, code, count)).collect())
    }

    fn hubs(&mut self) -> Result<Vec<HubRow>> {
        let held = |number: u32| self.projections.values().filter(|kept| kept.hub == number && kept.body.is_some()).count() as u64;
        let row = |(at, hub): (usize, &Hub)| HubRow { number: at as u32 + 1, last_seen: hub.last_seen, projections: held(at as u32 + 1) };
        Ok(self.hubs.iter().enumerate().map(row).collect())
    }

    fn setting(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.settings.get(key).cloned())
    }

    fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<()> {
        self.settings.insert(key.to_owned(), value.to_vec());
        Ok(())
    }
}
