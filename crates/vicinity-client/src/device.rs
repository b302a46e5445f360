//! A device: everything a person does with it.

mod enrolling;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::incident::Incident;
use vicinity_core::reading::Reading;
use vicinity_core::remark::Remark;
use vicinity_core::show;
use vicinity_core::time::{TimeZone, Timestamp};
use vicinity_core::zone;
use vicinity_sqlite::{DATABASE_FILE, SqliteDevice};
use vicinity_store::DatabaseKey;
use vicinity_store::device::{DeviceStanding, DeviceStore, Fact};
use vicinity_store::error::Damage;
use vicinity_store::row::IncidentRow;
use vicinity_sync::device_session::{End, Outcome};
use vicinity_sync::pins::Pins;

use crate::ClientError;
use crate::alerts;
use crate::enrolment::Enrolment;
use crate::exchange::{self, Identity, World};
use crate::link::{HttpLink, Link};
use crate::look;
use crate::statements::{self, Carriage};
use crate::vault::Boot;
use crate::work::{Work, at_edit};

type Result<T> = core::result::Result<T, ClientError>;

/// What a device needs of the machine it runs on.
pub struct Machine {
    /// Its clock.
    pub now: Box<dyn Fn() -> Timestamp>,
    /// Fills a slice with random bytes.
    pub random: Box<dyn FnMut(&mut [u8])>,
    /// Waits so many milliseconds.
    pub wait: Box<dyn FnMut(u64)>,
    /// Its present run, which nobody can set; nothing where the system does not tell.
    pub boot: Box<dyn Fn() -> Option<Boot>>,
}

impl Machine {
    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}

/// A device in its home folder.
pub struct Device {
    pub(crate) store: SqliteDevice,
    pub(crate) machine: Machine,
    pub(crate) enrolment: Option<Enrolment>,
    home: PathBuf,
}

/// A sync that ran.
#[derive(Debug, Clone)]
pub struct SyncReport {
    /// How it went.
    pub outcome: Outcome,
    /// What became of statements.
    pub statements: Carriage,
    /// Requests posted.
    pub requests: u64,
    /// Bytes of bodies sent.
    pub bytes_up: u64,
    /// Bytes of bodies received.
    pub bytes_down: u64,
    /// The hub's addresses that brought no answer at the end, each with the reason; empty if one did.
    pub unreachable: String,
    /// Incidents that stay on this device because the hub has another one under the same id.
    pub apart: Vec<IncidentId>,
}

impl SyncReport {
    /// The report as scripts read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Outcome { sent, acked, received, rejected, pending, rounds, erased, .. } = self.outcome;
        json!({
            "sent": sent, "acked": acked, "received": received, "rejected": rejected, "pending": pending, "rounds": rounds, "erased": erased,
            "statements": self.statements.delivered, "rewrapped": self.statements.rewrapped,
            "other_incident": self.apart.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "requests": self.requests, "bytes_up": self.bytes_up, "bytes_down": self.bytes_down, "up_to_date": self.outcome.end == End::UpToDate,
        })
    }
}

/// One side of a conflict, as a person reads it.
#[derive(Debug, Clone)]
pub struct Side {
    /// The value.
    pub value: Value,
    /// When, by the writer's clock.
    pub at: Option<Timestamp>,
    /// Whose device.
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

impl Device {
    /// Opens or makes a device in a folder, with the key that its vault gave.
    ///
    /// # Errors
    /// The store cannot be used, or has another key.
    pub fn open(home: &Path, key: &DatabaseKey, machine: Machine) -> Result<Self> {
        let mut store = SqliteDevice::open(home, key)?;
        let enrolment = match store.fact(Fact::Enrolment)? {
            None => None,
            Some(bytes) => Some(serde_json::from_slice(&bytes).map_err(|_| ClientError::Damaged("enrolment"))?),
        };
        if store.writes() {
            alerts::forget_ended(&mut store, (machine.now)())?;
        }
        Ok(Self { store, machine, enrolment, home: home.to_owned() })
    }

    /// Looks at every page of the database, whatever lies on it: whether one is damaged. A large one that was found whole within
    /// a day is not looked at again. What can be read still can, and goes to the hub.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn damaged(&mut self) -> Result<Option<Damage>> {
        let bytes = std::fs::metadata(self.home.join(DATABASE_FILE)).map_or(0, |metadata| metadata.len());
        let now = (self.machine.now)();
        if !look::is_due(bytes, look::whole_at(&mut self.store)?, now) {
            return Ok(None);
        }
        let found = self.store.damaged()?;
        if self.store.writes() {
            // On a full or damaged disk it is looked at again the next time.
            look::keep(&mut self.store, bytes, found.is_none(), now).ok();
        }
        Ok(found)
    }

    /// Applies edits to one incident, one change each. Durable when this returns. Says what was kept as it is, or did nothing.
    ///
    /// # Errors
    /// The first edit that does not fit; then none of them was kept.
    pub fn edit(&mut self, incident: IncidentId, edits: &[Edit]) -> Result<Vec<Remark>> {
        self.apply(incident, edits, true)
    }

    fn apply(&mut self, incident: IncidentId, edits: &[Edit], hash_codes: bool) -> Result<Vec<Remark>> {
        self.apply_as(incident, edits, hash_codes, Work::default())
    }

    pub(crate) fn apply_as(&mut self, incident: IncidentId, edits: &[Edit], hash_codes: bool, mut work: Work) -> Result<Vec<Remark>> {
        let chunks = self.store.chunks(incident)?;
        if chunks.is_empty() {
            return Err(self.no_such(incident)?);
        }
        let mut document = Document::from_changes(chunks.iter().map(Vec::as_slice)).map_err(|_| ClientError::Document)?;
        let authoring = Authoring { actor: self.machine.bytes(), now: (self.machine.now)() };
        let edits: Vec<Edit> = edits.iter().filter_map(|edit| self.with_hashed_code(edit, hash_codes, &mut work)).collect();
        let remarks = work.add(document.apply_all(&edits, authoring).map_err(at_edit)?);
        self.store.write(&[work.written(incident, &document, authoring.now)])?;
        Ok(remarks)
    }

    /// What to say of an incident that is not here.
    pub(crate) fn no_such(&mut self, incident: IncidentId) -> Result<ClientError> {
        Ok(if self.store.has_left(incident)? { ClientError::LeftThisDevice } else { ClientError::NoSuchIncident })
    }

    /// The row of an incident that is here.
    pub(crate) fn row(&mut self, incident: IncidentId) -> Result<IncidentRow> {
        match self.store.incident(incident)? {
            Some(row) => Ok(row),
            None => Err(self.no_such(incident)?),
        }
    }

    /// An edit that would write a survivor's code in clear writes its hash; without a key it waits for one.
    pub(crate) fn with_hashed_code(&self, edit: &Edit, hash_codes: bool, work: &mut Work) -> Option<Edit> {
        let Some(code) = edit.survivor_code_in_clear().filter(|_| hash_codes) else { return Some(edit.clone()) };
        let hash = self.enrolment.as_ref().and_then(|enrolment| enrolment.hash_code(code));
        if hash.is_none() {
            work.unhashed_code = Some(code.to_owned());
        }
        hash.map(|hash| Edit::survivor_code(&hash))
    }

    /// Every incident of this device, ascending by id.
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
        Ok(show::show(incident, &row.incident.read_by(self.reading()?), (self.machine.now)()))
    }

    /// How this device reads times: in the zone that its hub told it. By its own clock it judges nothing.
    fn reading(&mut self) -> Result<Reading> {
        Ok(Reading { zone: self.learned_zone()?, ..Reading::default() })
    }

    fn learned_zone(&mut self) -> Result<Option<TimeZone>> {
        Ok(self.store.fact(Fact::Zone)?.and_then(|name| zone::named(core::str::from_utf8(&name).ok()?)))
    }

    /// The zone whose time this device speaks: its hub's, as far as the hub told it, else UTC.
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
                    let author = claim.change.map(|change| self.store.author(id, change)).transpose()?.flatten();
                    let device = match author {
                        Some((true, _)) => "this device".to_owned(),
                        Some((false, number)) if number > 0 => format!("device {number}"),
                        _ => "another device".to_owned(),
                    };
                    sides.push(Side { value: claim.value.clone(), at: claim.at, device });
                }
                conflicts.push(Conflict { incident: id, field: dispute.field.clone(), sides });
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
        if !row.incident.disputes().iter().any(|dispute| dispute.field == field) {
            return Err(ClientError::NoSuchConflict);
        }
        let edit = Edit::resolve(field, value, (self.machine.now)())?;
        // Both sides of a disputed survivor code are hashes already.
        self.apply(incident, &[edit], false).map(drop)
    }

    /// Syncs with the hub, over HTTP.
    ///
    /// # Errors
    /// Not enrolled, another sync under way, or the local store.
    pub fn sync(&mut self) -> Result<SyncReport> {
        let mut link = self.hub_link()?;
        let (outcome, statements) = self.sync_over(&mut link)?;
        let unreachable = if outcome.end == End::Cut { link.failed() } else { String::new() };
        let apart = self.apart()?;
        Ok(SyncReport { outcome, statements, requests: link.requests, bytes_up: link.bytes_up, bytes_down: link.bytes_down, unreachable, apart })
    }

    /// Incidents that stay on this device because the hub has another one under the same id, ascending.
    ///
    /// # Errors
    /// Storage.
    pub fn apart(&mut self) -> Result<Vec<IncidentId>> {
        Ok(self.store.apart()?)
    }

    /// Syncs with the hub over any link.
    ///
    /// # Errors
    /// As [`Device::sync`].
    pub fn sync_over(&mut self, link: &mut dyn Link) -> Result<(Outcome, Carriage)> {
        let identity = self.identity()?;
        let _lock = self.lock()?;
        // An enrolment that was cut at its end has left some.
        self.hash_waiting_codes()?;
        let now = (self.machine.now)();
        self.store.recheck_grants(now)?;
        let random = &mut self.machine.random;
        let mut draw = || {
            let mut bytes = [0; 8];
            random(&mut bytes);
            u64::from_be_bytes(bytes)
        };
        let mut world = World { now, random: &mut draw, wait: &mut *self.machine.wait };
        let mut outcome = exchange::sync(&mut self.store, link, &identity, &mut world)?;
        let enrolment = self.enrolment.as_ref().ok_or(ClientError::NotEnrolled)?;
        let carriage = statements::carry(&mut self.store, &mut self.machine, link, enrolment, &identity, &mut outcome)?;
        if identity.keeps_little {
            // What went up with the last request or the last statement is delivered from now on.
            self.store.leaving(now, 0)?;
        }
        Ok((outcome, carriage))
    }

    /// The way to this device's hub.
    pub(crate) fn hub_link(&mut self) -> Result<HttpLink> {
        let enrolment = self.enrolment.as_ref().ok_or(ClientError::NotEnrolled)?;
        let Some(enrolled_with) = enrolment.pin else { return Ok(HttpLink::new(&enrolment.addresses, &[])) };
        // Newer than those of the enrolment: the hub told them since.
        let known = self.store.fact(Fact::Pins)?.as_deref().and_then(Pins::of_bytes);
        let pins = known.map_or(vec![enrolled_with], |pins| vec![pins.current, pins.next]);
        Ok(HttpLink::new(&enrolment.addresses, &pins))
    }

    pub(crate) fn identity(&self) -> Result<Identity> {
        let enrolment = self.enrolment.as_ref().ok_or(ClientError::NotEnrolled)?;
        let device = enrolment.device().ok_or(ClientError::Damaged("enrolment"))?;
        Ok(Identity { device, secret: enrolment.secret, hub_key: enrolment.hub_key, keeps_little: enrolment.role == "educator" })
    }

    /// Nobody else speaks to the hub for this device while the file is held.
    pub(crate) fn lock(&self) -> Result<std::fs::File> {
        let lock = std::fs::File::create(self.home.join("sync.lock")).map_err(ClientError::Input)?;
        if lock.try_lock().is_err() { Err(ClientError::Locked) } else { Ok(lock) }
    }

    /// What this device and its hub share, and what waits.
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
