//! The hub and national of a simulation: stores, a clock, and what they were asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_device::link::LinkFailure;
use vicinity_server::ApiError;
use vicinity_server::exchange;
use vicinity_server::gate;
use vicinity_server::machine::Machine;
use vicinity_server::national::{ReportRequest, take_report};
use vicinity_server::uplink;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Role};
use vicinity_store::national::NationalStore;
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink::{Reply, Report, UPLINK_PATH};

use crate::engine::{HubEngine, NationalEngine};
use crate::frail::Frail;
use crate::net::{Fate, Host, Weather};

/// The secret of the hub's signatures.
pub(super) const HUB_SECRET: [u8; 32] = [9; 32];
/// Old requests that may come again.
const OLD_REQUESTS: usize = 24;

/// A hub in its house.
pub struct HubHouse {
    pub(super) engine: HubEngine,
    pub(super) is_up: bool,
    /// Calls until its disk is full, within one request.
    pub(super) calls_left: Option<u32>,
    /// Whether the next commit fails.
    pub(super) commit_fails: bool,
    pub(super) now: Timestamp,
    machine: Machine,
    rng: StdRng,
    old: VecDeque<Vec<u8>>,
    life: (u64, u64),
}

/// National in its house, and everything it was ever sent.
pub struct NationalHouse {
    pub(super) store: NationalEngine,
    device: DeviceId,
    secret: [u8; 32],
    /// What hubs sent, taken apart.
    pub(super) heard: Vec<u8>,
}

impl HubHouse {
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut engine = HubEngine::new(rng.random());
        // As a hub is set up: every backup has the key.
        engine
            .set_setting(vicinity_store::policy::PROJECTION_KEY, &[7; 16])
            .expect("a setting");
        engine
            .set_setting(vicinity_store::policy::CURSOR_KEY, &[8; 16])
            .expect("a setting");
        engine
            .set_setting(vicinity_server::storage::hub_keys::HUB_SECRET, &HUB_SECRET)
            .expect("a setting");
        let drawn = Mutex::new(StdRng::seed_from_u64(rng.random()));
        let random = move |bytes: &mut [u8]| {
            drawn
                .lock()
                .expect("a lock that nobody poisons")
                .fill_bytes(bytes)
        };
        let machine = Machine {
            now: Arc::new(move || now),
            running: Arc::new(|| None),
            random: Arc::new(random),
        };
        let life = (rng.random(), 0);
        Self {
            engine,
            is_up: true,
            calls_left: None,
            commit_fails: false,
            now,
            machine,
            rng,
            old: VecDeque::new(),
            life,
        }
    }

    pub(super) fn store(&mut self) -> &mut (dyn HubStore + 'static) {
        &mut *self.engine
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// Starts again from a copy, with a new epoch, as after a disk that died.
    pub(super) fn restore(&mut self, copy: &HubEngine) {
        let epoch = self.random();
        self.engine = copy.copy(epoch);
        self.life = (self.rng.random(), 0);
    }

    /// Starts again from a copy of the whole folder, epoch and all: nothing tells that it is one.
    pub(super) fn put_back(&mut self, copy: HubEngine) {
        self.engine = copy;
        self.life = (self.rng.random(), 0);
    }

    pub(super) fn copy(&mut self) -> HubEngine {
        let epoch = self.random();
        self.engine.copy(epoch)
    }

    /// One request as the server answers it: one commit, and nobody is answered before it.
    fn serve(&mut self, bytes: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        let is_kept = !core::mem::take(&mut self.commit_fails);
        let (now, mut machine, calls_left) = (self.now, self.machine.clone(), &mut self.calls_left);
        let mut answered = None;
        let committed = self.engine.group_commit(&mut |store| {
            let mut store = Frail::<dyn HubStore>::new(store, calls_left);
            let store: &mut dyn HubStore = &mut store;
            answered = Some(
                gate::prove(store, bytes, now)
                    .and_then(|request| exchange::sync(store, request, now, &mut machine)),
            );
            is_kept
        });
        match answered.filter(|_| committed.is_ok()) {
            Some(Ok(exchanged)) => Ok(exchanged.answer),
            Some(Err(ApiError::Refused(refused))) => Err(LinkFailure::Refused(refused)),
            Some(Err(ApiError::SlowDown(_))) => Err(LinkFailure::Refused(Refused::SlowDown)),
            Some(Err(ApiError::Revoked(order))) => Err(LinkFailure::Revoked(order)),
            Some(Err(ApiError::Store(_))) | None => Err(LinkFailure::Refused(Refused::Failed)),
        }
    }

    /// Tells national what it lacks, until there is nothing more to tell or the line is cut.
    pub(super) fn contacts(
        &mut self,
        national: &mut NationalHouse,
        weather: &mut Weather,
    ) -> Result<(), StoreError> {
        let mut received = Vec::new();
        loop {
            let mut machine = self.machine.clone();
            let report = uplink::gather(&mut *self.engine, self.now, &mut machine)?;
            let said = report.rows.len() + report.answers.len();
            let report = Report {
                questions_received: core::mem::take(&mut received),
                ..report
            };
            self.life.1 += 1;
            let Some(reply) = national.takes(&report, self.life, self.now, weather.next_fate())
            else {
                return Ok(());
            };
            received = uplink::settle(&mut *self.engine, &report, &reply, self.now, &mut machine)?;
            if said == 0 && received.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Host for HubHouse {
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        if !self.is_up {
            return Err(LinkFailure::Cut);
        }
        self.old.push_back(request.to_vec());
        if self.old.len() > OLD_REQUESTS {
            self.old.pop_front();
        }
        self.serve(request)
    }

    fn old_request(&mut self) -> Option<Vec<u8>> {
        let at = self.rng.random_range(0..self.old.len().max(1));
        self.old.get(at).cloned()
    }
}

impl NationalHouse {
    pub(super) fn new(now: Timestamp, hub: DeviceId, secret: [u8; 32]) -> Self {
        let mut store = NationalEngine::new();
        store
            .invite([1; 32], Role::Hub, Timestamp::MAX)
            .expect("an invitation");
        store
            .enrol([1; 32], hub, public_key(&secret), now)
            .expect("an enrolment")
            .expect("an open code");
        Self {
            store,
            device: hub,
            secret,
            heard: Vec::new(),
        }
    }

    /// A report on its way: what comes back, if anything does.
    fn takes(
        &mut self,
        report: &Report,
        (incarnation, counter): (u64, u64),
        now: Timestamp,
        fate: Fate,
    ) -> Option<Reply> {
        let body = vicinity_sync::uplink::encode(report);
        self.heard
            .extend_from_slice(&vicinity_sync::compress::inflate(&body).expect("a report"));
        let bytes = Envelope::seal(
            &self.secret,
            UPLINK_PATH,
            self.device,
            incarnation,
            counter,
            body,
        )
        .encode();
        self.heard.extend_from_slice(&bytes);
        let mut take = || {
            let store: &mut dyn NationalStore = &mut *self.store;
            let request = gate::prove::<ReportRequest, _>(store, &bytes, now).ok()?;
            take_report(store, request.caller(), request.into_message(), now).ok()
        };
        match fate {
            Fate::RequestLost => None,
            Fate::AnswerLost | Fate::AnswerTruncated(_) => {
                take();
                None
            }
            Fate::Doubled => {
                let first = take();
                take();
                first
            }
            Fate::SecondAnswer => {
                take();
                take()
            }
            Fate::Arrives | Fate::Overtaken => take(),
        }
    }
}
