//! A life at random: what people, networks and disks do, as a seed has it.

use rand::RngExt;
use vicinity_core::time::SignedDuration;

use super::{PhoneNumber, Sim, people};
use crate::net::Weather;

impl Sim {
    /// Enrols phones, educators and responders.
    pub fn peoples(&mut self, phones: usize) {
        for at in 0..phones {
            let is_responder = at == 0 || self.rng.random_bool(0.25);
            if is_responder {
                self.responder()
            } else {
                self.educator()
            };
        }
    }

    /// That many things happen.
    pub fn lives(&mut self, operations: usize) {
        // Disasters are for some worlds, not for all: the others show what everyday cuts do alone.
        let disasters = self.rng.random_bool(0.6);
        let harm = self.rng.random_range(0.0..0.4);
        for _ in 0..operations {
            self.happens(harm, disasters);
        }
    }

    fn happens(&mut self, harm: f64, disasters: bool) {
        let phone = self.rng.random_range(0..self.phones.len());
        match self.rng.random_range(0..100) {
            0..18 => self.somebody_logs(phone),
            18..44 => self.somebody_edits(phone),
            44..74 => self.somebody_syncs(phone, harm),
            74..81 => self.somebody_assigns(phone),
            81..86 => self.time_passes(),
            86..89 => self.somebody_goes_away(phone),
            89..93 => self.hub_calls(harm),
            93 => self.national_asks(),
            95 => self.somebody_erases(),
            94 => self.hub_goes_up_or_down(),
            _ if disasters => self.disaster(phone),
            _ => self.somebody_syncs(phone, harm),
        }
    }

    fn disaster(&mut self, phone: PhoneNumber) {
        match self.rng.random_range(0..10) {
            0 => {
                let copy = self.copies_hub();
                self.tell(format!("hub is copied ({copy})"));
            }
            1 if !self.copies.is_empty() => {
                let copy = self.rng.random_range(0..self.copies.len());
                self.tell(format!("hub is restored from {copy}"));
                self.restores_hub(copy);
            }
            2 | 3 => {
                let copy = self.copies_phone(phone);
                self.tell(format!("phone {phone} is copied ({copy})"));
            }
            4 if !self.phones[phone].copies.is_empty() => {
                let copy = self.rng.random_range(0..self.phones[phone].copies.len());
                self.tell(format!("phone {phone} is restored from {copy}"));
                self.restores_phone(phone, copy);
            }
            5 if !self.phones[phone].copies.is_empty() => {
                let copy = self.rng.random_range(0..self.phones[phone].copies.len());
                let twin = self.clones_phone(phone, copy);
                self.tell(format!("phone {phone} is cloned from {copy} as {twin}"));
            }
            6 | 7 => {
                let calls = self.rng.random_range(0..12);
                self.tell(format!(
                    "disk of phone {phone} will be full in {calls} calls"
                ));
                self.fills_phone(phone, calls);
            }
            8 => {
                let calls = self.rng.random_range(0..12);
                self.tell(format!("disk of the hub will be full in {calls} calls"));
                self.fills_hub(calls);
            }
            9 => {
                self.tell("the hub's next commit fails".to_owned());
                self.next_commit_fails();
            }
            _ => {}
        }
    }

    fn somebody_logs(&mut self, phone: PhoneNumber) {
        let clock = self.phones[phone].clock(self.now);
        let incident = people::incident(&mut self.rng, clock);
        let logged = self.logs_this(phone, &incident);
        self.tell(format!(
            "phone {phone} logs {logged:?}, consents {}",
            incident["consents"]
        ));
    }

    fn somebody_edits(&mut self, phone: PhoneNumber) {
        for _ in 0..self.rng.random_range(1..4) {
            let Some((incident, edit)) = self.phones[phone].random_edit(&mut self.rng, self.now)
            else {
                return;
            };
            self.tell(format!("phone {phone} edits {incident}: {edit:?}"));
            self.applies(phone, incident, &edit);
        }
    }

    fn somebody_syncs(&mut self, phone: PhoneNumber, harm: f64) {
        if self.phones[phone].away_until > self.now {
            return;
        }
        let mut weather = Weather::stormy(self.rng.random(), harm);
        let (outcome, requests) = self.syncs_in(phone, &mut weather);
        self.tell(format!(
            "phone {phone} syncs in {requests} requests: {outcome:?}"
        ));
        assert!(requests < 200, "a sync that never ends");
    }

    fn somebody_assigns(&mut self, phone: PhoneNumber) {
        let incidents = self.hub_incidents();
        let Some((incident, _)) = incidents.get(self.rng.random_range(0..incidents.len().max(1)))
        else {
            return;
        };
        let assigned = self.rng.random_bool(0.6);
        self.tell(format!(
            "{incident} is {} phone {phone}",
            if assigned {
                "assigned to"
            } else {
                "taken back from"
            }
        ));
        self.assigns(*incident, phone, assigned);
    }

    fn somebody_erases(&mut self) {
        let incidents = self.hub_incidents();
        let Some((incident, _)) = incidents.get(self.rng.random_range(0..incidents.len().max(1)))
        else {
            return;
        };
        self.tell(format!("{incident} is erased"));
        self.erases(*incident);
    }

    fn time_passes(&mut self) {
        let minutes = if self.rng.random_bool(0.7) {
            self.rng.random_range(1..600)
        } else {
            self.rng.random_range(600..40_000)
        };
        self.minutes(minutes);
        self.tell(format!("{minutes} minutes pass"));
    }

    fn somebody_goes_away(&mut self, phone: PhoneNumber) {
        let hours = self.rng.random_range(1..24 * 7);
        self.phones[phone].away_until = self
            .now
            .checked_add(SignedDuration::from_hours(hours))
            .expect("a time within the calendar");
        self.tell(format!("phone {phone} is away for {hours} hours"));
    }

    fn hub_calls(&mut self, harm: f64) {
        let mut weather = Weather::stormy(self.rng.random(), harm);
        self.tell("the hub contacts national".to_owned());
        self.contacts_national(&mut weather);
    }

    fn hub_goes_up_or_down(&mut self) {
        self.hub.is_up = !self.hub.is_up;
        self.tell(format!(
            "the hub is {}",
            if self.hub.is_up { "up" } else { "down" }
        ));
    }
}
