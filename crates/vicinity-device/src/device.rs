//! A device on its local store: what a person does without a network.

use serde_json::Value;
use vicinity_core::document::{Authoring, Document};
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::incident::Incident;
use vicinity_core::reading::Reading;
use vicinity_core::remark::Remark;
use vicinity_core::show;
use vicinity_core::time::{TimeZone, Timestamp};
use vicinity_core::zone;
use vicinity_store::device::{DeviceSetting, DeviceStanding, DeviceStore};
use vicinity_store::hub::Role;
use vicinity_store::row::IncidentRow;
use vicinity_sync::pins::Pins;

use crate::enrolment::Enrolment;
use crate::error::DeviceError;
use crate::machine::Machine;
use crate::requests::Identity;
use crate::work::{Work, at_edit};

type Result<T> = core::result::Result<T, DeviceError>;

/// A device over its store.
pub struct Device<S> {
    pub(crate) store: S,
    pub(crate) machine: Machine,
    pub(crate) enrolment: Option<Enrolment>,
}

/// One side of a conflict, as a person reads it.
#[derive(Debug, Clone)]
pub struct Side {
    /// The value.
    pub value: Value,
    /// When, by the writer's clock.
    pub at: Option<Timestamp>,
    /// The device that wrote it, as a person names it.
    pub device: String,
}

/// A conflict.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The incident.
    pub incident: IncidentId,
    /// The field.
    pub field: String,
    /// Its values, the one that shows first.
    pub sides: Vec<Side>,
}

impl<S: DeviceStore> Device<S> {
    /// A device over a store that is open.
    ///
    /// # Errors
    /// Storage, or a damaged enrolment.
    pub fn new(mut store: S, machine: Machine) -> Result<Self> {
        let enrolment = match store.setting(DeviceSetting::Enrolment)? {
            None => None,
            Some(bytes) => Some(
                serde_json::from_slice(&bytes).map_err(|_| DeviceError::Damaged("enrolment"))?,
            ),
        };
        Ok(Self {
            store,
            machine,
            enrolment,
        })
    }

    /// The store, for what its host keeps there.
    pub fn store(&mut self) -> &mut S {
        &mut self.store
    }

    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The pins of the hub's keys that a link to it may trust, the newest that the hub named; empty for a hub without TLS.
    ///
    /// # Errors
    /// Not enrolled, or storage.
    pub fn hub_pins(&mut self) -> Result<Vec<[u8; 32]>> {
        let enrolment = self.enrolment.as_ref().ok_or(DeviceError::NotEnrolled)?;
        let Some(enrolled_with) = enrolment.pin else {
            return Ok(Vec::new());
        };
        let known = self
            .store
            .setting(DeviceSetting::Pins)?
            .as_deref()
            .and_then(Pins::of_bytes);
        Ok(known.map_or(vec![enrolled_with], |pins| vec![pins.current, pins.next]))
    }

    /// Applies edits to one incident, one change each. Durable when this returns. Returns remarks on what was kept as it is, or had no effect.
    ///
    /// # Errors
    /// The first edit that does not fit; then none of them was kept.
    pub fn edit(&mut self, incident: IncidentId, edits: &[Edit]) -> Result<Vec<Remark>> {
        self.apply(incident, edits, true)
    }

    pub(crate) fn apply(
        &mut self,
        incident: IncidentId,
        edits: &[Edit],
        hash_codes: bool,
    ) -> Result<Vec<Remark>> {
        self.apply_as(incident, edits, hash_codes, Work::default())
    }

    pub(crate) fn apply_as(
        &mut self,
        incident: IncidentId,
        edits: &[Edit],
        hash_codes: bool,
        mut work: Work,
    ) -> Result<Vec<Remark>> {
        let chunks = self.store.chunks(incident)?;
        if chunks.is_empty() {
            return Err(self.no_such(incident)?);
        }
        let mut document = Document::from_changes(chunks.iter().map(Vec::as_slice))
            .map_err(|_| DeviceError::Document)?;
        let authoring = Authoring {
            actor: self.machine.bytes(),
            now: (self.machine.now)(),
        };
        let edits: Vec<Edit> = edits
            .iter()
            .filter_map(|edit| self.with_hashed_code(edit, hash_codes, &mut work))
            .collect();
        let remarks = work.add(document.apply_all(&edits, authoring).map_err(at_edit)?);
        self.store
            .write(&[work.written(incident, &document, authoring.now)])?;
        Ok(remarks)
    }

    /// The error for an incident that is not here.
    pub(crate) fn no_such(&mut self, incident: IncidentId) -> Result<DeviceError> {
        Ok(if self.store.has_left(incident)? {
            DeviceError::LeftThisDevice
        } else {
            DeviceError::NoSuchIncident
        })
    }

    /// The row of an incident that is here.
    pub(crate) fn row(&mut self, incident: IncidentId) -> Result<IncidentRow> {
        match self.store.incident(incident)? {
            Some(row) => Ok(row),
            None => Err(self.no_such(incident)?),
        }
    }

    /// An edit that would write a survivor's code in clear writes its hash; without a key it waits for one.
    pub(crate) fn with_hashed_code(
        &self,
        edit: &Edit,
        hash_codes: bool,
        work: &mut Work,
    ) -> Option<Edit> {
        let Some(code) = edit.survivor_code_in_clear().filter(|_| hash_codes) else {
            return Some(edit.clone());
        };
        let hash = self
            .enrolment
            .as_ref()
            .and_then(|enrolment| enrolment.hash_code(code));
        if hash.is_none() {
            work.unhashed_code = Some(code.to_owned());
        }
        hash.map(|hash| Edit::survivor_code(&hash))
    }

    /// Every incident of this device, ascending by id. Each stays in memory.
    ///
    /// # Errors
    /// Storage.
    pub fn list(&mut self) -> Result<Vec<(IncidentId, Incident)>> {
        let (mut all, reading) = (Vec::new(), self.reading()?);
        self.store.each_incident(&mut |id, row| {
            all.push((id, row.incident.read_by(reading.clone())));
            Ok(())
        })?;
        Ok(all)
    }

    /// One incident, as scripts read it.
    ///
    /// # Errors
    /// No such incident.
    pub fn show(&mut self, incident: IncidentId) -> Result<Value> {
        let row = self.row(incident)?;
        Ok(show::show(
            incident,
            &row.incident.read_by(self.reading()?),
            (self.machine.now)(),
        ))
    }

    /// How this device reads times: in its hub's zone, and without judging them by its own clock.
    fn reading(&mut self) -> Result<Reading> {
        Ok(Reading {
            zone: self.learned_zone()?,
            ..Reading::default()
        })
    }

    fn learned_zone(&mut self) -> Result<Option<TimeZone>> {
        Ok(self
            .store
            .setting(DeviceSetting::Zone)?
            .and_then(|name| zone::named(core::str::from_utf8(&name).ok()?)))
    }

    /// The time zone of the hub; UTC while the device does not know it.
    ///
    /// # Errors
    /// Storage.
    pub fn zone(&mut self) -> Result<TimeZone> {
        Ok(self.learned_zone()?.unwrap_or(TimeZone::UTC))
    }

    /// Texts of an incident's statements that this device holds, by entry.
    ///
    /// # Errors
    /// Storage.
    pub fn statements(&mut self, incident: IncidentId) -> Result<Vec<(String, String)>> {
        Ok(self.store.statements(incident)?)
    }

    /// Every conflict of this device's incidents.
    ///
    /// # Errors
    /// Storage.
    pub fn conflicts(&mut self) -> Result<Vec<Conflict>> {
        let mut conflicts = Vec::new();
        for (id, incident) in self.list()? {
            for dispute in incident.disputes() {
                let mut sides = Vec::new();
                for claim in &dispute.claims {
                    let author = claim
                        .change
                        .map(|change| self.store.author(id, change))
                        .transpose()?
                        .flatten();
                    let device = match author {
                        Some((true, _)) => "this device".to_owned(),
                        Some((false, number)) if number > 0 => format!("device {number}"),
                        _ => "another device".to_owned(),
                    };
                    sides.push(Side {
                        value: claim.value.clone(),
                        at: claim.at,
                        device,
                    });
                }
                conflicts.push(Conflict {
                    incident: id,
                    field: dispute.field.clone(),
                    sides,
                });
            }
        }
        Ok(conflicts)
    }

    /// Resolves a conflict by writing one value. Durable when this returns.
    ///
    /// # Errors
    /// No such conflict, or a value the field cannot hold.
    pub fn resolve(&mut self, incident: IncidentId, field: &str, value: &Value) -> Result<()> {
        let row = self.row(incident)?;
        if !row
            .incident
            .disputes()
            .iter()
            .any(|dispute| dispute.field == field)
        {
            return Err(DeviceError::NoSuchConflict);
        }
        let edit = Edit::resolve(field, value, (self.machine.now)())?;
        // Both sides of a disputed survivor code are hashes already.
        self.apply(incident, &[edit], false).map(drop)
    }

    /// Survivor codes typed before enrolment are hashed now that there is a key.
    pub(crate) fn hash_waiting_codes(&mut self) -> Result<()> {
        for (incident, code) in self.store.unhashed_codes()? {
            let hash = self
                .enrolment
                .as_ref()
                .and_then(|enrolment| enrolment.hash_code(&code));
            if let Some(hash) = hash {
                self.apply(incident, &[Edit::survivor_code(&hash)], false)?;
            }
        }
        Ok(())
    }

    pub(crate) fn identity(&self) -> Result<Identity> {
        let enrolment = self.enrolment.as_ref().ok_or(DeviceError::NotEnrolled)?;
        let device = enrolment
            .device()
            .ok_or(DeviceError::Damaged("enrolment"))?;
        Ok(Identity {
            device,
            secret: enrolment.secret,
            hub_key: enrolment.hub_key,
            keeps_little: enrolment.is(Role::Educator),
        })
    }

    /// Figures of what this device and its hub share, and of what waits.
    ///
    /// # Errors
    /// Storage.
    pub fn standing(&mut self) -> Result<DeviceStanding> {
        Ok(self.store.standing()?)
    }

    /// The device's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.machine.now)()
    }

    /// The enrolment, if there is one.
    #[must_use]
    pub fn enrolment(&self) -> Option<&Enrolment> {
        self.enrolment.as_ref()
    }
}
