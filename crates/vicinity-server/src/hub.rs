//! The hub: takes what devices bring, gives them what they lack, and tells national what consent allows.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use vicinity_core::time::{SignedDuration, TimeZone, Timestamp};
use vicinity_link::IdentityError;
use vicinity_pages::frame::Tier;
use vicinity_seal::keys::Opener;
use vicinity_sqlite::{SqliteHub, SqlitePeople};
use vicinity_store::board::BoardStore;
use vicinity_store::error::Damage;
use vicinity_store::hub::{HubStore, INVITE_SECONDS, Peer, Role};
use vicinity_store::policy::{CURSOR_KEY, PROJECTION_KEY};
use vicinity_store::{DatabaseKey, StoreError};
pub use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::envelope::public_key;

use crate::alerts::{self, AlertAsk};
use crate::bundle::BUNDLE_KEY;
use crate::clock::{Clock, ClockReading};
use crate::connections;
use crate::damage;
use crate::exchange::{self, ExchangeError, Exchanged, HUB_SECRET, SURVIVOR_KEY, SyncRequest};
use crate::gate::{Gate, Open, Sealed};
use crate::http::{self, ApiError};
use crate::keyring::{self, KeyringError, Unlock};
use crate::keyset;
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::pages;
use crate::pages::desk::{Desk, Office};
use crate::pages::live::Live;
use crate::routes::{Enrol, Figures, Health, Route, Routes};
use crate::statements::{self, AskRequest, BlobRequest};
use crate::tls;
use crate::upkeep;
use crate::uplink::{self, Uplink};
use crate::writer::{self, Stored, Writer, WriterError};
use crate::zone;

/// Seconds between looks at what time has changed.
pub(crate) const TURN_SECONDS: u64 = 20;
/// Minutes that a one-time code is good for.
pub const CODE_MINUTES: i64 = INVITE_SECONDS / 60;

/// What a hub is started with.
pub struct HubConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What opens it; `None` for a folder that is not locked.
    pub unlock: Option<Unlock>,
    /// National's enrolment link, the first time and any time after.
    pub upstream: Option<String>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
    /// How it is reached.
    pub network: Network,
    /// Clock and randomness.
    pub machine: Machine,
}

/// Why a server does not start or run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The TLS key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The network.
    #[error("serving failed")]
    Io(#[from] std::io::Error),
    /// The upstream link.
    #[error("--upstream")]
    Upstream(#[from] vicinity_sync::enrol::BadLink),
    /// Never served with TLS.
    #[error("this server never ran with TLS: it has no key to change")]
    NoKey,
    /// Never served, so nobody knows its address.
    #[error("this server never ran, so its address is not known; start it first")]
    NoAddress,
    /// Listens on every address of a machine that has none which others reach.
    #[error("this server listens on every address of its machine, and none of them leads here from elsewhere: start it with --public NAME:PORT")]
    NotReached,
}

impl Stored for SqliteHub {
    type Port = dyn BoardStore;

    fn together(&mut self, next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>) -> Result<(), StoreError> {
        self.board_commit(next)
    }
}

/// A connection for pages: reads as of one moment, cannot write, and never holds the writer up.
struct Reading(SqliteHub);

impl Stored for Reading {
    type Port = dyn BoardStore;

    fn together(&mut self, next: &mut dyn FnMut(&mut (dyn BoardStore + 'static)) -> Option<bool>) -> Result<(), StoreError> {
        self.0.read_together(&mut |hub| while next(hub).is_some() {})
    }
}

/// Opens a hub's store, with the keys that it must have.
///
/// # Errors
/// The key or the store.
pub fn open(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<SqliteHub, ServeError> {
    open_with(data, &keyring::open(data, "hub.db", unlock, machine)?, machine)
}

/// The same for a hub that is about to serve: its files are looked at, those that take long later, by [`serve`].
///
/// # Errors
/// As [`open`]; or a file is damaged.
pub fn open_to_serve(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<SqliteHub, ServeError> {
    let key = keyring::open(data, "hub.db", unlock, machine)?;
    let store = open_with(data, &key, machine)?;
    let own = damage::look_first(&data.join("hub.db"), || store.damaged())?;
    damage::refuse([store.damaged_keys()?, SqlitePeople::open(data, &key)?.damaged()?, own].into_iter().flatten())?;
    Ok(store)
}

/// Those of a hub's files that are damaged.
///
/// # Errors
/// The key, or a file that does not open at all.
pub fn damaged(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<Vec<Damage>, ServeError> {
    let key = keyring::open(data, "hub.db", unlock, machine)?;
    let people = if data.join("people.db").exists() { SqlitePeople::open(data, &key)?.damaged()? } else { None };
    let store = open_with(data, &key, machine)?;
    Ok([store.damaged_keys()?, people, store.damaged()?].into_iter().flatten().collect())
}

fn open_with(data: &Path, key: &DatabaseKey, machine: &Machine) -> Result<SqliteHub, ServeError> {
    let mut store = SqliteHub::open(data, key, machine.bytes())?;
    if store.setting(SURVIVOR_KEY)?.is_none() {
        store.set_setting(SURVIVOR_KEY, &machine.bytes::<32>())?;
    }
    if store.setting(HUB_SECRET)?.is_none() {
        store.set_setting(HUB_SECRET, &machine.bytes::<32>())?;
    }
    if store.setting(BUNDLE_KEY)?.is_none() {
        store.set_setting(BUNDLE_KEY, Opener::generate().to_secret_string().as_bytes())?;
    }
    let epoch = store.epoch();
    keyset::outgrow(&mut store, epoch, u32::from_be_bytes(machine.bytes()))?;
    if store.setting(CURSOR_KEY)?.is_none() {
        store.set_setting(CURSOR_KEY, &machine.bytes::<16>())?;
    }
    if store.setting(PROJECTION_KEY)?.is_none() {
        store.set_setting(PROJECTION_KEY, &machine.bytes::<16>())?;
    }
    // Made up for, where a crash came between a revocation and the set without the one that was revoked.
    keyset::renew(&mut store)?;
    Ok(store)
}

/// An enrolment link for a role, good for [`CODE_MINUTES`].
///
/// # Errors
/// The store, or a hub that never ran.
pub fn invite(store: &mut dyn HubStore, machine: &Machine, role: Role) -> Result<EnrolLink, ServeError> {
    let (addresses, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PINS)?)?;
    let (code, signs) = (machine.bytes(), Some(public_key(&exchange::hub_secret(store)?)));
    store.invite(EnrolLink::code_hash(&code), role, expiry((machine.now)()))?;
    Ok(EnrolLink { addresses, code, pin, signs })
}

pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_mins(CODE_MINUTES)).unwrap_or(now)
}

/// A hub that serves.
pub struct Hub {
    pub(crate) gate: Gate<dyn BoardStore>,
    pub(crate) machine: Machine,
    desk: Desk,
    metrics: Metrics,
    changed: Arc<Notify>,
}

impl Office for Hub {
    type Forms = dyn BoardStore;

    fn forms(&self) -> &Gate<Self::Forms> {
        &self.gate
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn told(&self) {
        self.tell();
    }
}

impl Hub {
    /// Something new is in the store: national may have to be told, and browsers.
    pub(crate) fn tell(&self) {
        self.changed.notify_one();
        self.desk.live.tell();
    }
}

/// Serves a hub until `shutdown`; everything acknowledged is durable then.
///
/// # Errors
/// The store or the network.
pub async fn serve(config: HubConfig, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let key = keyring::open(&config.data, "hub.db", config.unlock.as_ref(), &config.machine)?;
    let mut store = open_with(&config.data, &key, &config.machine)?;
    keyring::warn_if_open(&config.data)?;
    let network = config.network.listening(&listener)?;
    let (_, tls) = tls::announce(&mut store, &network, config.plain_http)?;
    let link = config.upstream.as_deref().map(EnrolLink::parse).transpose()?;
    let clock = Clock::open::<dyn BoardStore>(&mut store, &config.machine)?;
    let (data, its_key, unused_epoch) = (config.data.clone(), key.clone(), config.machine.bytes());
    let damage = damage::look_beside(&config.data.join("hub.db"), move || SqliteHub::open(&data, &its_key, unused_epoch)?.damaged());
    let zone = zone::of(&mut store)?;
    let (writer, writing) = Writer::start(store);
    let (reader, reading) = Writer::start(Reading(open_with(&config.data, &key, &config.machine)?.only_reading()?));
    let (counter, counting) = Writer::start(Reading(open_with(&config.data, &key, &config.machine)?.only_reading()?));
    let last = writer.clone();
    let (desk, seating) = Desk::open(Tier::Hub, &config.data, &key, &config.machine, &clock, network.is_secure(config.plain_http))?;
    zone::show(&desk.zone, zone);
    let (changed, live) = (Arc::new(Notify::new()), desk.live.clone());
    let uplink = Uplink { writer: writer.clone(), machine: config.machine.clone(), clock: clock.clone(), changed: Arc::clone(&changed), live: live.clone() };
    let uplink = tokio::spawn(uplink::run(uplink, link));
    let keeping = keep_up(writer.clone(), desk.people.clone(), config.machine.clone(), clock.clone(), live.clone(), Arc::clone(&desk.zone));
    let keeping = tokio::spawn(keeping);
    let hub = Hub { gate: Gate::new(writer, reader, counter), machine: config.machine, desk, metrics: Metrics::new("vicinity_hub"), changed };
    let (shutdown, ended) = damage::or_damage(shutdown, damage);
    let shutdown = async move {
        shutdown.await;
        live.end();
    };
    connections::serve(http::limited(all_routes().router(Arc::new(hub))), listener, tls, network.proxies, shutdown).await;
    for task in [uplink, keeping] {
        task.abort();
        // The task's own end is of no interest; the writer it held must be gone before the thread can be joined.
        task.await.ok();
    }
    writer::end([counting, reading], last, writing).await;
    tokio::task::spawn_blocking(move || seating.join()).await.ok();
    damage::outcome(ended)
}

/// Does what time alone changes, now and then. Runs until aborted.
async fn keep_up(writer: Writer<dyn BoardStore>, people: Writer<SqlitePeople>, machine: Machine, clock: Clock, live: Live, zone: Arc<Mutex<TimeZone>>) {
    let mut was_in_doubt = false;
    loop {
        let (own, mut drawn, zone) = (clock.clone(), machine.clone(), Arc::clone(&zone));
        let done = writer.step(move |store| upkeep::of_hub(store, &own, &zone, &mut drawn)).await;
        let ClockReading { now, doubt } = clock.read();
        if was_in_doubt != doubt.is_some() {
            was_in_doubt = doubt.is_some();
            live.tell();
        }
        if !matches!(people.step(move |people| people.cut(now)).await, Ok(Ok(()))) {
            tracing::warn!("terms of links and sessions could not be looked at");
        }
        match done {
            Ok(Ok(0)) => tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await,
            // There may be more of them.
            Ok(Ok(_)) => live.tell(),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("the board could not be brought up to date");
                tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await;
            }
        }
    }
}

fn all_routes() -> Routes<Hub> {
    let routes = Routes::default().sealed(sync).sealed(blob).sealed(statement).sealed(alert).open(enrol).open(health).open(metrics);
    pages::clock::of_hub(pages::board::routes(pages::entry::routes(routes)))
}

/// Everything that a hub answers.
#[must_use]
pub fn routes() -> Vec<Route> {
    all_routes().listed().to_vec()
}

async fn sync(hub: Arc<Hub>, request: Sealed<SyncRequest>) -> Result<Response, ApiError> {
    let started = Instant::now();
    let mut machine = hub.machine.clone();
    let now = (machine.now)();
    let result = hub.gate.proven(request, now, move |store, request| exchange::sync(store, request, now, &mut machine)).await;
    let seconds = started.elapsed().as_secs_f64();
    match result.map_err(ApiError::from).and_then(|result| Ok(result?)) {
        Ok(Exchanged { answer, peer, verdicts, given, skew_seconds }) => {
            hub.desk.clock.heard(peer.number, skew_seconds);
            hub.metrics.request("sync", "ok", seconds);
            hub.metrics.changes(&verdicts, given);
            if !verdicts.is_empty() {
                hub.tell();
            }
            tracing::info!(device = peer.number, brought = verdicts.len(), given, millis = (seconds * 1000.0) as u64, "sync");
            Ok(http::frame(answer))
        }
        Err(error) => {
            hub.metrics.request("sync", error.refused.code(), seconds);
            tracing::info!(refused = error.refused.code(), "sync");
            Err(error)
        }
    }
}

async fn blob(hub: Arc<Hub>, request: Sealed<BlobRequest>) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    told(&hub, "blob", hub.gate.proven(request, now, move |store, request| statements::blob(store, request, now))).await
}

async fn statement(hub: Arc<Hub>, request: Sealed<AskRequest>) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    told(&hub, "statement", hub.gate.proven(request, now, move |store, request| statements::statement(store, request, now))).await
}

async fn alert(hub: Arc<Hub>, request: Sealed<AlertAsk>) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    let answer = told(&hub, "alert", hub.gate.proven(request, now, move |store, request| alerts::ask(store, request, now))).await;
    if answer.is_ok() {
        hub.tell();
    }
    answer
}

/// Does a step that answers one device, and tells log and metrics how it went.
async fn told(
    hub: &Hub,
    route: &'static str,
    step: impl Future<Output = Result<Result<(Peer, Vec<u8>), ExchangeError>, WriterError>>,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let result = step.await.map_err(ApiError::from).and_then(|result| Ok(result?));
    let seconds = started.elapsed().as_secs_f64();
    match result {
        Ok((peer, answer)) => {
            hub.metrics.request(route, "ok", seconds);
            tracing::info!(device = peer.number, millis = (seconds * 1000.0) as u64, "{route}");
            Ok(http::frame(answer))
        }
        Err(error) => {
            hub.metrics.request(route, error.refused.code(), seconds);
            tracing::info!(refused = error.refused.code(), "{route}");
            Err(error)
        }
    }
}

async fn enrol(hub: Arc<Hub>, request: Open<Enrol>) -> Result<Response, ApiError> {
    let started = Instant::now();
    let now = (hub.machine.now)();
    let enrolled = hub.gate.with_code(request, now, move |store, body| exchange::enrol(store, body, now)).await;
    let result = enrolled.map_err(ApiError::from).and_then(|result| Ok(result?));
    let seconds = started.elapsed().as_secs_f64();
    let (peer, answer) = result.inspect_err(|error| hub.metrics.request("enrol", error.refused.code(), seconds))?;
    hub.metrics.request("enrol", "ok", seconds);
    tracing::info!(device = peer.number, role = peer.role.code(), "enrolled");
    Ok(http::frame(answer))
}

async fn health(hub: Arc<Hub>, request: Open<Health>) -> Result<Response, ApiError> {
    hub.gate.alive(request, (hub.machine.now)(), |store| store.setting(tls::ADDRESS).map(drop)).await?;
    Ok("ok\n".into_response())
}

async fn metrics(hub: Arc<Hub>, request: Open<Figures>) -> Result<Response, ApiError> {
    let counts = hub.gate.figures(request, (hub.machine.now)(), |store| store.counts()).await?;
    Ok(hub.metrics.text(&counts).into_response())
}

#[cfg(test)]
mod tests;
