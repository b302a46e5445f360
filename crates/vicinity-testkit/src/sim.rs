//! A simulated world: one hub, one national server, phones, a clock, network faults, and people who do things at random.
//!
//! A test is a few sentences: `anna` logs, the network is cut, the hub is restored from a copy, and at the end the
//! world [heals](Sim::heals): everybody syncs until it is quiet, and everything that must hold is asserted.

mod chance;
mod check;
mod hub;
mod people;
mod phone;

use std::collections::{BTreeSet, VecDeque};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_device::exchange::Identity;
use vicinity_store::hub::Role;
use vicinity_sync::device_session::Outcome;
use vicinity_sync::envelope::public_key;

use crate::engine::{DeviceEngine, HubEngine};
use crate::net::{Weather, Wire};
use crate::person;
use crate::person::hash as name;

pub use check::Healed;
pub use hub::{HubHouse, NationalHouse};
pub use phone::{Named, Phone};

/// Operations that are shown when a seed fails.
const TOLD: usize = 40;

/// A phone by its place in the simulation.
pub type PhoneNumber = usize;

/// The world.
pub struct Sim {
    rng: StdRng,
    now: Timestamp,
    hub: HubHouse,
    national: NationalHouse,
    phones: Vec<Phone>,
    copies: Vec<HubEngine>,
    /// What must not be lost: written somewhere, and since then at the hub or on a phone that is still there.
    kept: BTreeSet<Named>,
    /// What was erased, as long as the hub or a phone knows of it.
    erased: BTreeSet<IncidentId>,
    /// What was erased, and then every place that knew of it was lost.
    forgotten: BTreeSet<IncidentId>,
    told: VecDeque<String>,
}

impl Sim {
    /// A world with a hub and a national server and no phones yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let now = person::now();
        let national = NationalHouse::new(now, DeviceId::from_random(rng.random()), rng.random());
        let hub = HubHouse::new(now, rng.random());
        Self {
            rng,
            now,
            hub,
            national,
            phones: Vec::new(),
            copies: Vec::new(),
            kept: BTreeSet::new(),
            erased: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            told: VecDeque::new(),
        }
    }

    /// The last things that happened, for anyone who has to find out why it went wrong.
    #[must_use]
    pub fn story(&self) -> String {
        self.told
            .iter()
            .fold(String::new(), |story, line| story + line + "\n")
    }

    fn tell(&mut self, what: String) {
        if self.told.len() == TOLD {
            self.told.pop_front();
        }
        self.told.push_back(what);
    }

    /// Enrols a peer educator's phone.
    pub fn educator(&mut self) -> PhoneNumber {
        self.enrols(Role::Educator)
    }

    /// Enrols a responder's phone.
    pub fn responder(&mut self) -> PhoneNumber {
        self.enrols(Role::Responder)
    }

    fn enrols(&mut self, role: Role) -> PhoneNumber {
        let identity = Identity {
            device: DeviceId::from_random(self.rng.random()),
            secret: self.rng.random(),
            hub_key: public_key(&hub::HUB_SECRET),
            keeps_little: role == Role::Educator,
        };
        let number = self.enrol_identity(&identity, role);
        self.phones.push(Phone::new(
            DeviceEngine::new(),
            identity,
            number,
            role,
            self.rng.random(),
        ));
        self.phones.len() - 1
    }

    /// A hub that was restored may not know a phone that enrolled after the copy: it enrols again, as itself.
    fn enrol_identity(&mut self, identity: &Identity, role: Role) -> u32 {
        let code = self.rng.random();
        let store = self.hub.store();
        store
            .invite(code, role, Timestamp::MAX)
            .expect("an invitation");
        store
            .enrol(
                code,
                identity.device,
                public_key(&identity.secret),
                self.now,
            )
            .expect("an enrolment")
            .expect("an open code")
            .number
    }

    /// Lets time pass.
    pub fn hours(&mut self, hours: i64) {
        self.minutes(hours * 60);
    }

    fn minutes(&mut self, minutes: i64) {
        self.now = self
            .now
            .checked_add(SignedDuration::from_mins(minutes))
            .expect("a time within the calendar");
        self.hub.now = self.now;
    }

    /// A phone logs an incident that may go to the hub and to national.
    pub fn logs(&mut self, phone: PhoneNumber) -> IncidentId {
        self.logs_this(phone, &person::countable())
            .expect("room on the disk")
    }

    /// A phone logs this incident; nothing, if its disk is full.
    pub fn logs_this(&mut self, phone: PhoneNumber, json: &Value) -> Option<IncidentId> {
        let logged = self.phones[phone].logs(json, self.now);
        let (incident, names) = logged.ok()?;
        self.kept.extend(names);
        Some(incident)
    }

    /// A phone edits an incident.
    pub fn edits(&mut self, phone: PhoneNumber, incident: IncidentId, edit: &Value) {
        let edit =
            Edit::parse(edit, self.phones[phone].clock(self.now)).expect("a well-formed edit");
        self.applies(phone, incident, &edit);
    }

    fn applies(&mut self, phone: PhoneNumber, incident: IncidentId, edit: &Edit) {
        if let Ok(names) = self.phones[phone].edits(incident, edit, self.now) {
            self.kept.extend(names);
        }
    }

    /// A phone syncs on a good day.
    pub fn syncs(&mut self, phone: PhoneNumber) -> Outcome {
        self.syncs_in(phone, &mut Weather::Calm)
            .0
            .expect("room on the disk")
    }

    /// A phone syncs in this weather: how it ended, if its disk had room, and how many requests it took.
    pub fn syncs_in(
        &mut self,
        phone: PhoneNumber,
        weather: &mut Weather,
    ) -> (Option<Outcome>, u64) {
        let mut wire = Wire::new(&mut self.hub, weather);
        let outcome = self.phones[phone].syncs(&mut wire, self.now);
        (outcome, wire.requests)
    }

    /// The hub tells national what it lacks.
    pub fn contacts_national(&mut self, weather: &mut Weather) {
        self.hub
            .contacts(&mut self.national, weather)
            .expect("a contact");
    }

    /// A responder at the hub assigns an incident to an educator, or takes it back.
    pub fn assigns(&mut self, incident: IncidentId, phone: PhoneNumber, assigned: bool) {
        let number = self.phones[phone].number;
        self.hub
            .store()
            .assign(incident, number, assigned, self.now)
            .expect("an assignment");
    }

    /// Somebody at the hub erases an incident.
    pub fn erases(&mut self, incident: IncidentId) {
        self.hub
            .store()
            .erase(incident, self.now)
            .expect("an erasure");
        self.erased.insert(incident);
    }

    /// A backup of the hub.
    pub fn copies_hub(&mut self) -> usize {
        let copy = self.hub.copy();
        self.copies.push(copy);
        self.copies.len() - 1
    }

    /// The hub's disk dies, and it continues from a backup.
    pub fn restores_hub(&mut self, copy: usize) {
        let known = self.hub.store().erasures().expect("erasures");
        self.erased
            .extend(known.into_iter().map(|row| row.incident));
        self.hub.restore(&self.copies[copy]);
        self.forget_what_is_gone();
    }

    /// A copy of the hub's whole folder, with what names its life.
    pub fn copies_hub_whole(&mut self) -> usize {
        self.copies.push(self.hub.engine.whole_copy());
        self.copies.len() - 1
    }

    /// Somebody puts the whole folder back: nothing on the disk tells.
    pub fn puts_back_hub(&mut self, copy: usize) {
        let known = self.hub.store().erasures().expect("erasures");
        self.erased
            .extend(known.into_iter().map(|row| row.incident));
        let copy = self.copies[copy].whole_copy();
        self.hub.put_back(copy);
        self.forget_what_is_gone();
    }

    /// Whether the hub knows that it was restored.
    pub fn hub_knows_that_it_was_restored(&mut self) -> bool {
        self.hub
            .store()
            .setting(vicinity_store::policy::RESTORED)
            .expect("a setting")
            .is_some()
    }

    /// A backup of a phone.
    pub fn copies_phone(&mut self, phone: PhoneNumber) -> usize {
        let copy = self.phones[phone].engine.copy();
        self.phones[phone].copies.push(copy);
        self.phones[phone].copies.len() - 1
    }

    /// A phone continues from a backup.
    pub fn restores_phone(&mut self, phone: PhoneNumber, copy: usize) {
        let held = &mut self.phones[phone];
        held.engine = held.copies[copy].copy();
        self.forget_what_is_gone();
    }

    /// A second phone continues from a backup of the first, beside it.
    pub fn clones_phone(&mut self, phone: PhoneNumber, copy: usize) -> PhoneNumber {
        let seed = self.rng.random();
        let of = &self.phones[phone];
        let twin = Phone::new(
            of.copies[copy].copy(),
            of.identity.clone(),
            of.number,
            of.role,
            seed,
        );
        self.phones.push(twin);
        self.phones.len() - 1
    }

    /// A phone's disk is full at its n-th call from now.
    pub fn fills_phone(&mut self, phone: PhoneNumber, calls: u32) {
        self.phones[phone].calls_left = Some(calls);
    }

    /// The hub's disk is full at its n-th call from now.
    pub fn fills_hub(&mut self, calls: u32) {
        self.hub.calls_left = Some(calls);
    }

    /// The hub's next commit fails.
    pub fn next_commit_fails(&mut self) {
        self.hub.commit_fails = true;
    }

    /// Whether a phone holds an incident.
    pub fn holds(&mut self, phone: PhoneNumber, incident: IncidentId) -> bool {
        self.phones[phone]
            .incidents()
            .iter()
            .any(|(held, _)| *held == incident)
    }

    /// How many changes of an incident the hub has.
    pub fn at_hub(&mut self, incident: IncidentId) -> usize {
        self.hub.store().chunks(incident).expect("changes").len()
    }

    fn hub_changes(&mut self) -> BTreeSet<Named> {
        let incidents = self.hub_incidents();
        let mut changes = BTreeSet::new();
        for (incident, _) in incidents {
            changes.extend(
                self.hub
                    .store()
                    .chunks(incident)
                    .expect("changes")
                    .iter()
                    .map(|chunk| (incident, name(chunk))),
            );
        }
        changes
    }

    /// What died with a disk and is nowhere else is nobody's fault.
    fn forget_what_is_gone(&mut self) {
        let mut there = self.hub_changes();
        self.phones
            .iter_mut()
            .for_each(|phone| there.extend(phone.changes()));
        self.kept.retain(|change| there.contains(change));
        let mut remembered: BTreeSet<IncidentId> = self
            .hub
            .store()
            .erasures()
            .expect("erasures")
            .into_iter()
            .map(|row| row.incident)
            .collect();
        self.phones
            .iter_mut()
            .for_each(|phone| remembered.extend(phone.tombstones()));
        self.forgotten.extend(self.erased.difference(&remembered));
        self.erased.retain(|incident| remembered.contains(incident));
    }
}
