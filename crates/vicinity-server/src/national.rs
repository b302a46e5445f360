//! National: keeps projections, asks back, and never holds an incident.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use vicinity_core::access::Action;
use vicinity_core::areas::LISTED_MAX as AREAS_LISTED_MAX;
use vicinity_core::codes;
use vicinity_core::projection::{Projection, UNKNOWN};
use vicinity_core::time::Timestamp;
use vicinity_pages::frame::Tier;
use vicinity_sqlite::{SqliteNational, SqlitePeople};
use vicinity_store::StoreError;
use vicinity_store::hub::{HubCounts, Role};
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody};
use vicinity_store::review::ReviewStore;
use vicinity_sync::enrol::{EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink::{self, Question, Reply, UPLINK_PATH};

/// What a hub reports, for those that fill a store without one.
pub use vicinity_sync::uplink::{Report, Row};

use crate::budget::STEP_OPS;
use crate::clock::{Clock, ClockReading};
use crate::connections;
use crate::damage;
use crate::exchange::ExchangeError;
use crate::gate::{Gate, Open, Proven, Sealed, SealedRequest};
use crate::http::{self, ApiError};
use crate::hub::{ServeError, TURN_SECONDS, expiry};
use crate::keyring::{self, Unlock};
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::pages;
use crate::pages::desk::{Desk, Office};
use crate::publish::{self, WindowsRequest};
use crate::routes::{Enrol, Figures, Health, Route, Routes};
use crate::shares::HubShares;
use crate::tls;
use crate::upkeep;
use crate::writer::{self, Stored, Writer};
use crate::{advocacy, alerts};

/// Areas of one hub that are told apart; rows of others count as `unknown`. A hub may list as many, and `unknown` is one.
const HUB_AREAS_MAX: usize = AREAS_LISTED_MAX + 1;
/// What a row of a report costs, in operations.
const ROW_OPS: u64 = 10;

/// What national is started with.
pub struct NationalConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What opens it; `None` for a folder that is not locked.
    pub unlock: Option<Unlock>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
    /// How it is reached.
    pub network: Network,
    /// The link to the server above, for a server that is to join one.
    pub upstream: Option<String>,
    /// Clock and randomness.
    pub machine: Machine,
}

impl Stored for SqliteNational {
    type Port = dyn ReviewStore;

    fn together(&mut self, next: &mut dyn FnMut(&mut (dyn ReviewStore + 'static)) -> Option<bool>) -> Result<(), StoreError> {
        // Each step commits by itself: hubs are few and report in large pieces.
        self.commit_one(&mut |national| next(national).unwrap_or(false))
    }
}

/// A connection for pages: reads as of one moment, and cannot write.
pub(crate) struct Reading(pub(crate) SqliteNational);

impl Stored for Reading {
    type Port = dyn ReviewStore;

    fn together(&mut self, next: &mut dyn FnMut(&mut (dyn ReviewStore + 'static)) -> Option<bool>) -> Result<(), StoreError> {
        self.0.read_together(&mut |national| while next(national).is_some() {})
    }
}

/// An enrolment link for a hub, or for the server of a country that is named.
///
/// # Errors
/// The store, or a server that never ran.
pub fn invite(store: &mut dyn ReviewStore, country: Option<&str>, machine: &Machine) -> Result<EnrolLink, ServeError> {
    let (addresses, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PINS)?)?;
    let (code, expires) = (machine.bytes(), expiry((machine.now)()));
    match country {
        None => store.invite(EnrolLink::code_hash(&code), Role::Hub, expires)?,
        Some(country) => store.invite_country(EnrolLink::code_hash(&code), country, expires)?,
    }
    Ok(EnrolLink { addresses, code, pin, signs: None })
}

/// Opens national's store.
///
/// # Errors
/// The key or the store.
pub fn open(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<SqliteNational, ServeError> {
    Ok(SqliteNational::open(data, &keyring::open(data, "national.db", unlock, machine)?)?)
}

/// The same for a server that is about to serve: its files are looked at, a large one later, by [`serve`].
///
/// # Errors
/// As [`open`]; or a file is damaged.
pub fn open_to_serve(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<SqliteNational, ServeError> {
    let key = keyring::open(data, "national.db", unlock, machine)?;
    let store = SqliteNational::open(data, &key)?;
    let own = damage::look_first(&data.join("national.db"), || store.damaged())?;
    damage::refuse([SqlitePeople::open(data, &key)?.damaged()?, own].into_iter().flatten())?;
    Ok(store)
}

/// A national server that serves.
pub struct National {
    pub(crate) gate: Gate<dyn ReviewStore>,
    pub(crate) machine: Machine,
    desk: Desk,
    metrics: Metrics,
    pub(crate) shares: Arc<Mutex<HubShares>>,
}

impl Office for National {
    type Forms = dyn ReviewStore;

    fn forms(&self) -> &Gate<Self::Forms> {
        &self.gate
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }
}

/// Serves national until `shutdown`; everything acknowledged is durable then.
///
/// # Errors
/// The store or the network.
pub async fn serve(config: NationalConfig, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let key = keyring::open(&config.data, "national.db", config.unlock.as_ref(), &config.machine)?;
    let mut store = SqliteNational::open(&config.data, &key)?;
    keyring::warn_if_open(&config.data)?;
    let network = config.network.listening(&listener)?;
    let (_, tls) = tls::announce(&mut store, &network, config.plain_http)?;
    let clock = Clock::open::<dyn ReviewStore>(&mut store, &config.machine)?;
    let (data, its_key) = (config.data.clone(), key.clone());
    let damage = damage::look_beside(&config.data.join("national.db"), move || SqliteNational::open(&data, &its_key)?.damaged());
    let (writer, writing) = Writer::start(store);
    let (reader, reading) = Writer::start(Reading(SqliteNational::open(&config.data, &key)?.only_reading()?));
    let (counter, counting) = Writer::start(Reading(SqliteNational::open(&config.data, &key)?.only_reading()?));
    let last = writer.clone();
    let (desk, seating) = Desk::open(Tier::National, &config.data, &key, &config.machine, &clock, network.is_secure(config.plain_http))?;
    let link = config.upstream.as_deref().map(EnrolLink::parse).transpose()?;
    let publishing = tokio::spawn(publish::run(last.clone(), config.machine.clone(), clock.clone(), link));
    let live = desk.live.clone();
    let keeping = tokio::spawn(keep_up(last.clone(), desk.people.clone(), clock));
    let gate = Gate::new(writer, reader, counter);
    let national = National { gate, machine: config.machine, desk, metrics: Metrics::new("vicinity_national"), shares: Arc::default() };
    let (shutdown, ended) = damage::or_damage(shutdown, damage);
    let shutdown = async move {
        shutdown.await;
        live.end();
    };
    connections::serve(http::limited(all_routes().router(Arc::new(national))), listener, tls, network.proxies, shutdown).await;
    for task in [publishing, keeping] {
        task.abort();
        // The task's own end is of no interest; the writer it held must be gone before the thread can be joined.
        task.await.ok();
    }
    writer::end([counting, reading], last, writing).await;
    tokio::task::spawn_blocking(move || seating.join()).await.ok();
    damage::outcome(ended)
}

/// Does what time alone changes, now and then. Runs until aborted.
async fn keep_up(writer: Writer<dyn ReviewStore>, people: Writer<SqlitePeople>, clock: Clock) {
    loop {
        let own = clock.clone();
        let done = writer.step(move |store| upkeep::of_national(store, &own)).await;
        let now = clock.read().now;
        let cut = people.step(move |people| people.cut(now)).await;
        if !matches!((done, cut), (Ok(Ok(())), Ok(Ok(())))) {
            tracing::warn!("what time changes could not be done");
        }
        tokio::time::sleep(Duration::from_secs(TURN_SECONDS)).await;
    }
}

fn all_routes() -> Routes<National> {
    let routes = Routes::default().sealed(report).sealed(windows).open(enrol).open(health).open(metrics);
    pages::clock::of_national(pages::review::routes(pages::entry::routes(routes)))
}

/// Everything that national answers.
#[must_use]
pub fn routes() -> Vec<Route> {
    all_routes().listed().to_vec()
}

/// A hub's report.
pub struct ReportRequest;

impl SealedRequest for ReportRequest {
    const PATH: &'static str = UPLINK_PATH;
    const ACTION: Action = Action::Report;
    type Message = Report;

    fn decode(body: &[u8], _: Timestamp) -> Result<Report, Refused> {
        let report: Report = uplink::decode(body)?;
        if report.rows.len() > uplink::ROWS_MAX { Err(Refused::TooLarge) } else { Ok(report) }
    }

    fn ops(report: &Report) -> u64 {
        let actions = report.advocacy.as_ref().and_then(|told| told.log.as_ref()).map_or(0, Vec::len);
        let alerts = report.alerts.as_ref().and_then(|told| told.own.as_ref()).map_or(0, Vec::len);
        let rows = report.rows.len() + report.answers.len() + report.questions_received.len() + actions + alerts;
        STEP_OPS + rows as u64 * ROW_OPS
    }
}

async fn enrol(national: Arc<National>, request: Open<Enrol>) -> Result<Response, ApiError> {
    let now = (national.machine.now)();
    let step = move |store: &mut (dyn ReviewStore + 'static), body: &[u8]| -> Result<(u32, &'static str, Vec<u8>), ExchangeError> {
        let request: EnrolRequest = vicinity_sync::enrol::decode(body)?;
        let (code, device) = (EnrolLink::code_hash(&request.code), request.device());
        let (number, role) = match store.enrol_country(code, device, request.key, now)? {
            Some(number) => (number, publish::COUNTRY),
            None => (store.enrol(code, device, request.key, now)?.ok_or(Refused::NotEnrolled)?, Role::Hub.code()),
        };
        Ok((number, role, store.setting(tls::PINS)?.unwrap_or_default()))
    };
    let (number, role, pins) = national.gate.with_code(request, now, step).await??;
    match role {
        publish::COUNTRY => tracing::info!(country = number, "enrolled"),
        _ => tracing::info!(hub = number, "enrolled"),
    }
    let answer = EnrolAnswer { number, role: role.to_owned(), survivor_key: Vec::new(), hub_key: [0; 32], bundle_key: String::new(), pins, zone: None };
    Ok(http::frame(vicinity_sync::enrol::encode(&answer)))
}

async fn report(national: Arc<National>, request: Sealed<ReportRequest>) -> Result<Response, ApiError> {
    let started = Instant::now();
    let (reading, shares) = (national.desk.clock.read(), Arc::clone(&national.shares));
    let step = move |store: &mut (dyn ReviewStore + 'static), request| take_all(store, request, &shares, reading);
    let result = national.gate.proven(request, reading.now, step).await.map_err(ApiError::from).and_then(|result| Ok(result?));
    let seconds = started.elapsed().as_secs_f64();
    match result {
        Ok((hub, rows, reply)) => {
            national.metrics.request("uplink", "ok", seconds);
            tracing::info!(hub, rows, "report");
            if rows > 0 {
                national.desk.live.tell();
            }
            Ok(http::frame(uplink::encode(&reply)))
        }
        Err(error) => {
            national.metrics.request("uplink", error.refused.code(), seconds);
            Err(error)
        }
    }
}

async fn windows(national: Arc<National>, request: Sealed<WindowsRequest>) -> Result<Response, ApiError> {
    let started = Instant::now();
    let reading = national.desk.clock.read();
    let result = national
        .gate
        .proven(request, reading.now, move |store, request| publish::take(store, request, reading))
        .await
        .map_err(ApiError::from)
        .and_then(|result| Ok(result?));
    let seconds = started.elapsed().as_secs_f64();
    match result {
        Ok((country, months, reply)) => {
            national.metrics.request("windows", "ok", seconds);
            tracing::info!(country, months, "windows");
            Ok(http::frame(uplink::encode(&reply)))
        }
        Err(error) => {
            national.metrics.request("windows", error.refused.code(), seconds);
            Err(error)
        }
    }
}

fn take_all(
    store: &mut (dyn ReviewStore + 'static),
    request: Proven<ReportRequest, u32>,
    shares: &Mutex<HubShares>,
    reading: ClockReading,
) -> Result<(u32, usize, Reply), ExchangeError> {
    let (hub, mut report, now) = (request.asker(), request.into_message(), reading.now);
    // What is refused is not sent again: nothing is while nobody knows whether it is wrong or the clock.
    if reading.doubt.is_some() && !is_taken_whole(&report, now) {
        return Err(Refused::Busy.into());
    }
    // As a whole, and before anything of it is kept: what was refused row by row would not be sent again.
    shares.lock().unwrap_or_else(PoisonError::into_inner).take(hub, &report, now)?;
    let wanted = advocacy::take(store, hub, report.advocacy.take(), now)?;
    let (rows, reply) = (report.rows.len(), take_report(store, hub, report, now)?);
    Ok((hub, rows, Reply { log_wanted: wanted.then_some(true), ..reply }))
}

/// Whether nothing of a report is refused for good at this time.
fn is_taken_whole(report: &Report, now: Timestamp) -> bool {
    let mut areas = Areas(BTreeSet::new());
    let log = report.advocacy.clone().and_then(|told| told.into_log().ok().flatten()).unwrap_or_default();
    report.rows.iter().all(|row| checked(row, &mut areas, now).is_some()) && log.iter().all(|entry| entry.check(now).is_ok())
}

/// Takes a hub's report: its rows, its answers; what is open goes down.
///
/// # Errors
/// What to answer instead.
pub fn take_report(store: &mut dyn NationalStore, hub: u32, report: Report, now: Timestamp) -> Result<Reply, ExchangeError> {
    let mut areas = Areas(store.areas_of(hub, HUB_AREAS_MAX)?);
    let rows: Vec<Option<NewProjection>> = report.rows.iter().map(|row| checked(row, &mut areas, now)).collect();
    let fit: Vec<NewProjection> = rows.iter().flatten().cloned().collect();
    let mut held = store.upsert(hub, &fit, now)?.into_iter();
    let held = rows.iter().map(|row| row.as_ref().and_then(|_| held.next().flatten())).collect();
    let answers: Vec<(u64, String)> =
        report.answers.iter().filter(|answer| codes::ANSWERS.knows(&answer.answer)).map(|answer| (answer.question, answer.answer.clone())).collect();
    let questions = store.questions_of(hub, &report.questions_received, &answers, now)?;
    let questions = questions.into_iter().map(|question| Question::new(question.id, question.projection, question.code)).collect();
    let (alerts, pins) = (alerts::take(store, hub, report.alerts, now)?, tls::news(store.setting(tls::PINS)?, report.pins));
    Ok(Reply { held, questions, pins, alerts, log_wanted: None })
}

/// The areas that a hub's rows name.
struct Areas(BTreeSet<String>);

impl Areas {
    /// An area, or `unknown` where the hub has named as many others as are told apart.
    fn told_apart(&mut self, area: String) -> String {
        if self.0.len() < HUB_AREAS_MAX {
            self.0.insert(area.clone());
        }
        if self.0.contains(&area) { area } else { UNKNOWN.to_owned() }
    }
}

/// The gate at the receiver: a row must be exactly a projection, every field of the allow-list's type and form.
fn checked(row: &Row, areas: &mut Areas, now: Timestamp) -> Option<NewProjection> {
    let body = match &row.json {
        None => None,
        Some(json) => {
            let projection: Projection = serde_json::from_str(json).ok()?;
            Some(body_of(projection, areas, now)?)
        }
    };
    Some(NewProjection { projection: row.projection(), version: row.version, body })
}

fn body_of(mut projection: Projection, areas: &mut Areas, now: Timestamp) -> Option<ProjectionBody> {
    if !projection.is_well_formed(now) {
        return None;
    }
    projection.admin1 = areas.told_apart(projection.admin1);
    Some(ProjectionBody {
        json: serde_json::to_string(&projection).ok()?,
        month: projection.month.clone(),
        countable: projection.countable,
        facets: projection.facets(),
    })
}

async fn health(national: Arc<National>, request: Open<Health>) -> Result<Response, ApiError> {
    national.gate.alive(request, (national.machine.now)(), |store| store.setting(tls::ADDRESS).map(drop)).await?;
    Ok("ok\n".into_response())
}

async fn metrics(national: Arc<National>, request: Open<Figures>) -> Result<Response, ApiError> {
    let step = |store: &mut (dyn ReviewStore + 'static)| {
        let hubs = store.hubs()?;
        Ok(HubCounts { devices: hubs.len() as u64, incidents: hubs.iter().map(|hub| hub.projections).sum(), ..HubCounts::default() })
    };
    let counts = national.gate.figures(request, (national.machine.now)(), step).await?;
    Ok(national.metrics.text(&counts).into_response())
}

#[cfg(test)]
pub(crate) mod tests;
