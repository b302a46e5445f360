//! A phone of a simulation and anyone who holds it.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::Value;
use vicinity_core::consent;
use vicinity_core::document::{Authored, Authoring, Document, EditError};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_device::DeviceError;
use vicinity_device::exchange::{self, Identity, World};
use vicinity_device::link::Link;
use vicinity_store::StoreError;
use vicinity_store::device::{DeviceStore, Written};
use vicinity_store::hub::Role;
use vicinity_store::row::IncidentRow;
use vicinity_sync::device_session::Outcome;

use super::people;
use crate::engine::DeviceEngine;
use crate::frail::Frail;
use crate::person::hash as name;

/// A change by its incident and name.
pub type Named = (IncidentId, ChangeHash);

/// A phone.
pub struct Phone {
    pub(super) engine: DeviceEngine,
    pub(super) identity: Identity,
    /// Its number at the hub.
    pub(super) number: u32,
    pub(super) role: Role,
    /// Seconds by which its clock is ahead.
    pub(super) skew: i64,
    /// Out of reach until then.
    pub(super) away_until: Timestamp,
    /// Calls until its disk is full.
    pub(super) calls_left: Option<u32>,
    /// Backups of it.
    pub(super) copies: Vec<DeviceEngine>,
    rng: StdRng,
}

impl Phone {
    pub(super) fn new(
        engine: DeviceEngine,
        identity: Identity,
        number: u32,
        role: Role,
        seed: u64,
    ) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let ten_years = 10 * 365 * 24 * 3600;
        let skew = if rng.random_bool(0.5) {
            rng.random_range(-600..600)
        } else {
            rng.random_range(-ten_years..ten_years)
        };
        Self {
            engine,
            identity,
            number,
            role,
            skew,
            away_until: Timestamp::MIN,
            calls_left: None,
            copies: Vec::new(),
            rng,
        }
    }

    pub(super) fn store(&mut self) -> &mut (dyn DeviceStore + 'static) {
        &mut *self.engine
    }

    /// What its clock shows.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        now.checked_add(SignedDuration::from_secs(self.skew))
            .unwrap_or(now)
    }

    fn authoring(&mut self, now: Timestamp) -> Authoring {
        Authoring {
            actor: self.rng.random(),
            now: self.clock(now),
        }
    }

    pub(super) fn incidents(&mut self) -> Vec<(IncidentId, IncidentRow)> {
        let mut all = Vec::new();
        let each = &mut |incident, row| {
            all.push((incident, row));
            Ok(())
        };
        self.store().each_incident(each).expect("a walk");
        all
    }

    /// What it erased by the hub's order.
    pub(super) fn tombstones(&mut self) -> Vec<IncidentId> {
        // A copy is asked: the phone itself would tell the hub of them again.
        let mut copy = self.engine.copy();
        copy.erasures(true, usize::MAX >> 1)
            .expect("tombstones")
            .into_iter()
            .map(|erasure| erasure.incident)
            .collect()
    }

    /// Every change it holds.
    pub(super) fn changes(&mut self) -> Vec<Named> {
        let mut changes = Vec::new();
        for (incident, _) in self.incidents() {
            changes.extend(
                self.store()
                    .chunks(incident)
                    .expect("changes")
                    .iter()
                    .map(|chunk| (incident, name(chunk))),
            );
        }
        changes
    }

    /// Logs an incident; what was written, if the disk had room.
    pub(super) fn logs(
        &mut self,
        json: &Value,
        now: Timestamp,
    ) -> Result<(IncidentId, Vec<Named>), StoreError> {
        let authoring = self.authoring(now);
        let draft = Draft::parse(json, authoring.now).expect("a well-formed incident");
        let (document, authored) =
            Document::create(&draft, authoring).expect("an incident that automerge takes");
        let incident = IncidentId::from_random(self.rng.random());
        Ok((
            incident,
            self.writes(incident, &document, authored, authoring.now)?,
        ))
    }

    /// Edits an incident that it holds; what was written, if the edit fits and the disk had room.
    pub(super) fn edits(
        &mut self,
        incident: IncidentId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Vec<Named>, StoreError> {
        let chunks = self.store().chunks(incident)?;
        if chunks.is_empty() {
            return Ok(Vec::new());
        }
        let mut document = Document::from_changes(chunks.iter().map(Vec::as_slice))
            .expect("changes that fit together");
        let authoring = self.authoring(now);
        match document.apply(edit, authoring) {
            Ok(authored) => self.writes(incident, &document, authored, authoring.now),
            Err(EditError::Field(_)) => Ok(Vec::new()),
            Err(error) => unreachable!("the document refused an edit: {error:?}"),
        }
    }

    fn writes(
        &mut self,
        incident: IncidentId,
        document: &Document,
        authored: Authored,
        now: Timestamp,
    ) -> Result<Vec<Named>, StoreError> {
        let view = document.incident();
        let granted = consent::granted(&view, consent::HUB_RESPONSE, now);
        let chunks: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
        let names = chunks.iter().map(|chunk| (incident, name(chunk))).collect();
        let statements = authored
            .statements
            .into_iter()
            .map(|(entry, body)| (entry, body.0))
            .collect();
        let written = Written {
            incident,
            chunks,
            heads: document.heads(),
            granted,
            statements,
            unhashed_code: None,
            attached: None,
            view,
        };
        Frail::<dyn DeviceStore>::new(&mut *self.engine, &mut self.calls_left).write(&[written])?;
        Ok(names)
    }

    /// An edit at random of one of its incidents at random, sometimes one that resolves a conflict.
    pub(super) fn random_edit(
        &mut self,
        rng: &mut StdRng,
        now: Timestamp,
    ) -> Option<(IncidentId, Edit)> {
        let incidents = self.incidents();
        let disputed: Vec<&(IncidentId, IncidentRow)> = incidents
            .iter()
            .filter(|(_, row)| !row.incident.disputes().is_empty())
            .collect();
        let clock = self.clock(now);
        if let Some((incident, row)) = disputed.get(rng.random_range(0..incidents.len().max(1) * 2))
        {
            let dispute =
                &row.incident.disputes()[rng.random_range(0..row.incident.disputes().len())];
            let value = &dispute.claims[rng.random_range(0..dispute.claims.len())].value;
            return Some((*incident, Edit::resolve(&dispute.field, value, clock).ok()?));
        }
        let (incident, row) = incidents.get(rng.random_range(0..incidents.len().max(1)))?;
        let edit = people::edit(rng, &row.incident, clock);
        Some((
            *incident,
            Edit::parse(&edit, clock).expect("a well-formed edit"),
        ))
    }

    /// Syncs; `None` if its own disk was full.
    pub(super) fn syncs(&mut self, link: &mut dyn Link, now: Timestamp) -> Option<Outcome> {
        let clock = self.clock(now);
        let rng = &mut self.rng;
        let mut world = World {
            now: clock,
            random: &mut || rng.next_u64(),
            wait: &mut |_| {},
        };
        let mut store = Frail::<dyn DeviceStore>::new(&mut *self.engine, &mut self.calls_left);
        match exchange::sync(&mut store, link, &self.identity, &mut world) {
            Ok(outcome) => Some(outcome),
            Err(DeviceError::Store(StoreError::File { .. })) => None,
            Err(error) => unreachable!("a sync failed: {error}"),
        }
    }
}
