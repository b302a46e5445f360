//! National: keeps projections, asks back, and never holds an incident.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use vicinity_core::access::Action;
use vicinity_core::codes;
use vicinity_core::projection::Projection;
use vicinity_core::time::Timestamp;
use vicinity_pages::frame::Place;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubCounts, Role};
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody};
use vicinity_store::review::ReviewStore;
use vicinity_store::sqlite::SqliteNational;
use vicinity_sync::enrol::{EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink::{self, Question, Reply, Report, Row, UPLINK_PATH};

use crate::connections;
use crate::exchange::ExchangeError;
use crate::gate::{Gate, Open, Proven, Sealed, SealedRequest};
use crate::http::{self, ApiError};
use crate::hub::{ServeError, expiry};
use crate::keyring::{self, Unlock};
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::pages;
use crate::pages::desk::{Desk, Office};
use crate::publish::{self, WindowsRequest};
use crate::routes::{Enrol, Figures, Health, Route, Routes};
use crate::tls;
use crate::writer::{self, Stored, Writer};
use crate::{advocacy, alerts};

/// What national is started with.
pub struct NationalConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What opens it; `None` for a folder that is not locked.
    pub unlock: Option<Unlock>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
    /// The link to the server above, for a server that is to join one.
    pub upstream: Option<String>,
    /// Clock and randomness.
    pub machine: Machine,
}

impl Stored for SqliteNational {
    type Port = dyn ReviewStore;

    fn together(&mut self, steps: &mut dyn FnMut(&mut (dyn ReviewStore + 'static)) -> bool) -> Result<(), StoreError> {
        // Each step commits by itself: hubs are few and report in large pieces.
        if steps(self) { Ok(()) } else { Err(StoreError::RolledBack) }
    }
}

/// An enrolment link for a hub, or for the server of a country that is named.
///
/// # Errors
/// The store, or a server that never ran.
pub fn invite(store: &mut dyn ReviewStore, country: Option<&str>, machine: &Machine) -> Result<EnrolLink, ServeError> {
    let (address, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PINS)?).ok_or(ServeError::NoAddress)?;
    let (code, expires) = (machine.bytes(), expiry((machine.now)()));
    match country {
        None => store.invite(EnrolLink::code_hash(&code), Role::Hub, expires)?,
        Some(country) => store.invite_country(EnrolLink::code_hash(&code), country, expires)?,
    }
    Ok(EnrolLink { address, code, pin })
}

/// Opens national's store.
///
/// # Errors
/// The key or the store.
pub fn open(data: &Path, unlock: Option<&Unlock>, machine: &Machine) -> Result<SqliteNational, ServeError> {
    Ok(SqliteNational::open(data, &keyring::open(data, "national.db", unlock, machine)?)?)
}

/// A national server that serves.
pub struct National {
    pub(crate) gate: Gate<dyn ReviewStore>,
    pub(crate) machine: Machine,
    desk: Desk,
    metrics: Metrics,
}

impl Office for National {
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
    let (_, tls) = tls::announce(&mut store, &listener.local_addr()?.to_string(), config.plain_http)?;
    let (writer, writing) = Writer::start(store);
    let (reader, reading) = Writer::start(SqliteNational::open(&config.data, &key)?);
    let last = writer.clone();
    let (desk, seating) = Desk::open(Place::National, &config.data, &key, &config.machine, tls.is_some())?;
    let link = config.upstream.as_deref().map(EnrolLink::parse).transpose()?;
    let publishing = tokio::spawn(publish::run(last.clone(), config.machine.clone(), link));
    let live = desk.live.clone();
    let national = National { gate: Gate::new(writer, reader), machine: config.machine, desk, metrics: Metrics::new("vicinity_national") };
    let shutdown = async move {
        shutdown.await;
        live.end();
    };
    connections::serve(http::limited(all_routes().router(Arc::new(national))), listener, tls, shutdown).await;
    publishing.abort();
    // The task's own end is of no interest; the writer it held must be gone before the thread can be joined.
    publishing.await.ok();
    writer::end(reading, last, writing).await;
    tokio::task::spawn_blocking(move || seating.join()).await.ok();
    Ok(())
}

fn all_routes() -> Routes<National> {
    pages::review::routes(pages::entry::routes(Routes::default().sealed(report).sealed(windows).open(enrol).open(health).open(metrics)))
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
    let now = (national.machine.now)();
    let result =
        national.gate.proven(request, now, move |store, request| take_all(store, request, now)).await.map_err(ApiError::from).and_then(|result| Ok(result?));
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
    let now = (national.machine.now)();
    let result = national
        .gate
        .proven(request, now, move |store, request| publish::take(store, request, now))
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

fn take_all(store: &mut (dyn ReviewStore + 'static), request: Proven<ReportRequest, u32>, now: Timestamp) -> Result<(u32, usize, Reply), ExchangeError> {
    let (hub, mut report) = (request.asker(), request.into_message());
    let wanted = advocacy::take(store, hub, report.advocacy.take(), now)?;
    let (rows, reply) = (report.rows.len(), take_report(store, hub, report, now)?);
    Ok((hub, rows, Reply { log_wanted: wanted.then_some(true), ..reply }))
}

/// Takes a hub's report: its rows, its answers; what is open goes down.
///
/// # Errors
/// What to answer instead.
pub fn take_report(store: &mut dyn NationalStore, hub: u32, report: Report, now: Timestamp) -> Result<Reply, ExchangeError> {
    let rows: Vec<Option<NewProjection>> = report.rows.iter().map(checked).collect();
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

/// The gate at the receiver: a row must be exactly a projection, every field of the allow-list's type and form.
fn checked(row: &Row) -> Option<NewProjection> {
    let body = match &row.json {
        None => None,
        Some(json) => {
            let projection: Projection = serde_json::from_str(json).ok()?;
            Some(body_of(&projection)?)
        }
    };
    Some(NewProjection { projection: row.projection(), version: row.version, body })
}

fn body_of(projection: &Projection) -> Option<ProjectionBody> {
    if !projection.is_well_formed() {
        return None;
    }
    Some(ProjectionBody {
        json: serde_json::to_string(projection).ok()?,
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
