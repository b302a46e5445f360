//! The hub: takes what devices bring, gives them what they lack, and tells national what consent allows.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_link::IdentityError;
use vicinity_seal::keys::Opener;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Peer, Role};
use vicinity_store::policy::PROJECTION_KEY;
use vicinity_store::sqlite::SqliteHub;
use vicinity_sync::alert::ALERT_PATH;
use vicinity_sync::enrol::ENROL_PATH;
pub use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::message::{Refused, SYNC_PATH};
use vicinity_sync::statement::{BLOB_PATH, STATEMENT_PATH};

use crate::alerts;
use crate::bundle::BUNDLE_KEY;
use crate::exchange::{self, ExchangeError, Exchanged, HUB_SECRET, SURVIVOR_KEY};
use crate::http::{self, ApiError, Frame};
use crate::keyring::{self, KeyringError, Passphrase};
use crate::keyset;
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::statements;
use crate::tls;
use crate::uplink::{self, Uplink};
use crate::writer::{Stored, Writer, WriterError};

/// Minutes that a one-time code is good for.
pub const CODE_MINUTES: i64 = 10;

/// What a hub is started with.
pub struct HubConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What unlocks it; `None` for a folder that is not locked.
    pub passphrase: Option<Passphrase>,
    /// National's enrolment link, the first time and any time after.
    pub upstream: Option<String>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
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
    /// Never served, so nobody knows its address.
    #[error("this server never ran, so its address is not known; start it first")]
    NoAddress,
}

impl Stored for SqliteHub {
    type Port = dyn HubStore;

    fn together(&mut self, steps: &mut dyn FnMut(&mut (dyn HubStore + 'static)) -> bool) -> Result<(), StoreError> {
        self.group_commit(steps)
    }
}

/// Opens a hub's store, with the keys that it must have.
///
/// # Errors
/// The key or the store.
pub fn open(data: &std::path::Path, passphrase: Option<&Passphrase>, machine: &Machine) -> Result<SqliteHub, ServeError> {
    let key = keyring::open(data, "hub.db", passphrase, machine)?;
    let mut store = SqliteHub::open(data, &key, machine.bytes())?;
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
    let (address, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PIN)?).ok_or(ServeError::NoAddress)?;
    let code = machine.bytes();
    store.invite(EnrolLink::code_hash(&code), role, expiry((machine.now)()))?;
    Ok(EnrolLink { address, code, pin })
}

pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_mins(CODE_MINUTES)).unwrap_or(now)
}

struct Hub {
    writer: Writer<dyn HubStore>,
    machine: Machine,
    metrics: Metrics,
    changed: Arc<Notify>,
}

/// Serves a hub until `shutdown`; everything acknowledged is durable then.
///
/// # Errors
/// The store or the network.
pub async fn serve(config: HubConfig, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let mut store = open(&config.data, config.passphrase.as_ref(), &config.machine)?;
    keyring::warn_if_open(&config.data)?;
    let (_, tls) = tls::announce(&mut store, &listener.local_addr()?.to_string(), config.plain_http)?;
    let link = config.upstream.as_deref().map(EnrolLink::parse).transpose()?;
    let (writer, thread) = Writer::start(store);
    let changed = Arc::new(Notify::new());
    let uplink = Uplink { writer: writer.clone(), machine: config.machine.clone(), changed: Arc::clone(&changed) };
    let uplink = tokio::spawn(uplink::run(uplink, link));
    let hub = Arc::new(Hub { writer, machine: config.machine, metrics: Metrics::new("vicinity_hub"), changed });
    let router = Router::new()
        .route(SYNC_PATH, post(sync))
        .route(BLOB_PATH, post(blob))
        .route(STATEMENT_PATH, post(statement))
        .route(ALERT_PATH, post(alert))
        .route(ENROL_PATH, post(enrol))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(hub);
    let served = http::serve(http::limited(router), listener, tls, shutdown).await;
    uplink.abort();
    // The task's own end is of no interest; the writer it held must be gone before the thread can be joined.
    uplink.await.ok();
    tokio::task::spawn_blocking(move || thread.join()).await.ok();
    served.map_err(ServeError::Io)
}

async fn sync(State(hub): State<Arc<Hub>>, Frame(body): Frame) -> Result<Response, ApiError> {
    let started = Instant::now();
    let mut machine = hub.machine.clone();
    let now = (machine.now)();
    let result = hub.writer.step(move |store| exchange::sync(store, &body, now, &mut machine)).await;
    let seconds = started.elapsed().as_secs_f64();
    if let Ok(Err(ExchangeError::Revoked(order))) = &result {
        hub.metrics.request("sync", Refused::Revoked.code(), seconds);
        tracing::info!(refused = Refused::Revoked.code(), "sync");
        return Ok(http::wipe(order));
    }
    match result.map_err(ApiError::from).and_then(|result| Ok(result?)) {
        Ok(Exchanged { answer, peer, verdicts, given }) => {
            hub.metrics.request("sync", "ok", seconds);
            hub.metrics.changes(&verdicts, given);
            if !verdicts.is_empty() {
                hub.changed.notify_one();
            }
            tracing::info!(device = peer.number, brought = verdicts.len(), given, millis = (seconds * 1000.0) as u64, "sync");
            Ok(http::frame(answer))
        }
        Err(ApiError(refused)) => {
            hub.metrics.request("sync", refused.code(), seconds);
            tracing::info!(refused = refused.code(), "sync");
            Err(ApiError(refused))
        }
    }
}

async fn blob(State(hub): State<Arc<Hub>>, Frame(body): Frame) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    told(&hub, "blob", hub.writer.step(move |store| statements::blob(store, &body, now))).await
}

async fn statement(State(hub): State<Arc<Hub>>, Frame(body): Frame) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    told(&hub, "statement", hub.writer.step(move |store| statements::statement(store, &body, now))).await
}

async fn alert(State(hub): State<Arc<Hub>>, Frame(body): Frame) -> Result<Response, ApiError> {
    let now = (hub.machine.now)();
    let answer = told(&hub, "alert", hub.writer.step(move |store| alerts::ask(store, &body, now))).await;
    if answer.is_ok() {
        hub.changed.notify_one();
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
        Err(ApiError(refused)) => {
            hub.metrics.request(route, refused.code(), seconds);
            tracing::info!(refused = refused.code(), "{route}");
            Err(ApiError(refused))
        }
    }
}

async fn enrol(State(hub): State<Arc<Hub>>, Frame(body): Frame) -> Result<Response, ApiError> {
    let started = Instant::now();
    let now = (hub.machine.now)();
    let (peer, answer) = hub.writer.step(move |store| exchange::enrol(store, &body, now)).await??;
    hub.metrics.request("enrol", "ok", started.elapsed().as_secs_f64());
    tracing::info!(device = peer.number, role = peer.role.code(), "enrolled");
    Ok(http::frame(answer))
}

async fn health(State(hub): State<Arc<Hub>>) -> Result<&'static str, ApiError> {
    let counted: Result<_, ExchangeError> = hub.writer.step(|store| store.counts().map_err(ExchangeError::from)).await?;
    counted.map_err(ApiError::from).map(|_| "ok\n")
}

async fn metrics(State(hub): State<Arc<Hub>>) -> Result<String, ApiError> {
    let counts: Result<_, ExchangeError> = hub.writer.step(|store| store.counts().map_err(ExchangeError::from)).await?;
    let counts = counts.map_err(|error| match ApiError::from(error) {
        ApiError(Refused::Busy) => ApiError(Refused::Busy),
        ApiError(_) => ApiError(Refused::Failed),
    })?;
    Ok(hub.metrics.text(&counts))
}
