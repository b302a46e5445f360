//! From hub to national: what consent allows goes up, questions come down. A hub works without it; what waits, waits.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use vicinity_core::codes;
use vicinity_core::edit::Edit;
use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_link::Pin;
use vicinity_store::StoreError;
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{HubStore, SentProjection};
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::Refused;
use vicinity_sync::pins::Pins;
use vicinity_sync::uplink::{self, AnswerRow, Question, Reply, Report, Row, UPLINK_PATH};

use crate::machine::Machine;
use crate::own::{self, OwnError};
use crate::pages::live::Live;
use crate::writer::{Writer, WriterError};
use crate::{advocacy, alerts};

/// The setting under which a hub keeps its enrolment at national.
const UPSTREAM: &str = "upstream";
/// Rows of one report.
const ROWS: usize = 500;
/// Seconds between contacts when nothing changed: questions come down by them.
const IDLE_SECONDS: u64 = 15;
/// Seconds before the next try after the n-th failure in a row, at most.
const BACKOFF_MAX_SECONDS: u64 = 120;

/// Why a contact with national failed. The next one goes on where it stood.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// The hub's own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub's own queue.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// National refused.
    #[error("national refused: {0}")]
    Refused(#[from] Refused),
    /// National cannot be reached.
    #[error("national cannot be reached")]
    Cut,
}

/// A hub's way up.
#[derive(Clone)]
pub struct Uplink {
    /// Its store.
    pub writer: Writer<dyn BoardStore>,
    /// Clock and randomness.
    pub machine: Machine,
    /// Told when something may have to go up.
    pub changed: Arc<Notify>,
    /// Tells browsers of what came down.
    pub live: Live,
}

/// An enrolment at national. The secret is drawn and kept before the first try, so that a cut answer does no harm.
#[derive(Clone, Serialize, Deserialize)]
struct Upstream {
    address: String,
    pin: Option<[u8; 32]>,
    /// Of the key that national will have next; unknown until it has answered once.
    #[serde(default)]
    next_pin: Option<[u8; 32]>,
    code: [u8; 16],
    device: String,
    secret: [u8; 32],
    enrolled: bool,
}

impl Upstream {
    fn pins(&self) -> Option<Pins> {
        Some(Pins { current: self.pin?, next: self.next_pin? })
    }

    /// Takes the pins of an answer that came from a holder of one of those known. Whether they are others. Who is reached
    /// without TLS stays so.
    fn learn(&mut self, pins: Option<Vec<u8>>) -> bool {
        let Some(pins) = pins.and_then(|pins| Pins::of_bytes(&pins)).filter(|pins| self.pin.is_some() && self.pins() != Some(*pins)) else { return false };
        (self.pin, self.next_pin) = (Some(pins.current), Some(pins.next));
        true
    }
}

/// A hub's life at national: random at each start, since reports may come twice.
struct Life {
    incarnation: u64,
    counter: u64,
}

/// Contacts national whenever something changed, and now and then. Ends never; abort it.
pub async fn run(uplink: Uplink, link: Option<EnrolLink>) {
    let mut life = Life { incarnation: u64::from_be_bytes(uplink.machine.bytes()), counter: 0 };
    let mut failures = 0u32;
    loop {
        let pause = match contact(&uplink, link.as_ref(), &mut life).await {
            Ok(Some(contact)) => {
                failures = 0;
                if contact.questions > 0 {
                    uplink.live.tell();
                }
                if contact.rows + contact.questions > 0 {
                    tracing::info!(rows = contact.rows, questions = contact.questions, "national");
                }
                IDLE_SECONDS
            }
            Ok(None) => return,
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, failures, "national");
                (1u64 << failures.min(7)).min(BACKOFF_MAX_SECONDS)
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(pause), uplink.changed.notified()).await;
        if waited.is_ok() && failures > 0 {
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }
}

/// What a contact moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Contact {
    rows: usize,
    questions: usize,
}

async fn contact(uplink: &Uplink, link: Option<&EnrolLink>, life: &mut Life) -> Result<Option<Contact>, UplinkError> {
    let Some(mut upstream) = enrolled(uplink, link).await? else { return Ok(None) };
    let mut moved = Contact::default();
    let mut received = Vec::new();
    let (mut with_alerts, mut with_log) = (false, false);
    loop {
        let mut machine = uplink.machine.clone();
        let now = (machine.now)();
        let gathered = uplink.writer.step(move |store| {
            let alerts = alerts::report(store, with_alerts, now)?;
            let advocacy = advocacy::report(store, with_log)?;
            gather(store, now, &mut machine).map(|report| Report { alerts, advocacy, ..report })
        });
        let report = gathered.await??;
        let (rows, answers) = (report.rows.len(), report.answers.len());
        let report = Report { questions_received: std::mem::take(&mut received), pins: Pins::mark(upstream.pins()), ..report };
        let reply = post_report(&upstream, life, &report).await?;
        if upstream.learn(reply.pins.clone()) {
            keep(uplink, &upstream).await?;
        }
        moved.rows += rows;
        moved.questions += reply.questions.len();
        let wants_log = reply.log_wanted.unwrap_or(false);
        let is_behind = reply.is_ahead_of(&report);
        let mut machine = uplink.machine.clone();
        let settled = uplink.writer.step(move |store| {
            let with_alerts = alerts::settle(store, reply.alerts.clone(), now)?;
            settle(store, &report, &reply, now, &mut machine).map(|received| (received, with_alerts))
        });
        // Told once a contact: what national does not take it would ask for for ever.
        let was_told = with_alerts;
        (received, with_alerts) = settled.await??;
        with_alerts &= !was_told;
        with_log = wants_log && !with_log;
        if rows < ROWS && answers == 0 && received.is_empty() && !is_behind && !with_alerts && !with_log {
            return Ok(Some(moved));
        }
    }
}

/// Whether a hub was ever joined to national.
///
/// # Errors
/// The store.
pub fn is_joined(store: &mut dyn HubStore) -> Result<bool, StoreError> {
    Ok(store.setting(UPSTREAM)?.is_some())
}

async fn enrolled(uplink: &Uplink, link: Option<&EnrolLink>) -> Result<Option<Upstream>, UplinkError> {
    let kept = uplink.writer.step(|store| store.setting(UPSTREAM)).await??;
    let kept: Option<Upstream> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut upstream = match (kept, link) {
        (Some(kept), None) => kept,
        (Some(kept), Some(link)) if kept.enrolled && kept.address == link.address || kept.code == link.code => kept,
        (_, Some(link)) => {
            let device = DeviceId::from_random(uplink.machine.bytes()).to_string();
            Upstream { address: link.address.clone(), pin: link.pin, next_pin: None, code: link.code, device, secret: uplink.machine.bytes(), enrolled: false }
        }
        (None, None) => return Ok(None),
    };
    if upstream.enrolled {
        return Ok(Some(upstream));
    }
    keep(uplink, &upstream).await?;
    let device = upstream.device.parse().map_err(|_| StoreError::Damaged("upstream"))?;
    let body = enrol::encode(&EnrolRequest::new(upstream.code, device, public_key(&upstream.secret)));
    let answer = post(&upstream, ENROL_PATH, body).await?;
    upstream.learn(Some(enrol::decode::<EnrolAnswer>(&answer)?.pins));
    upstream.enrolled = true;
    keep(uplink, &upstream).await?;
    Ok(Some(upstream))
}

async fn keep(uplink: &Uplink, upstream: &Upstream) -> Result<(), UplinkError> {
    let bytes = serde_json::to_vec(upstream).map_err(|_| StoreError::Damaged("upstream"))?;
    Ok(uplink.writer.step(move |store| store.set_setting(UPSTREAM, &bytes)).await??)
}

/// What the hub owes national now.
///
/// # Errors
/// The hub's own store.
pub fn gather(store: &mut dyn HubStore, now: Timestamp, machine: &mut Machine) -> Result<Report, StoreError> {
    store.recheck_consents(now, machine)?;
    let rows = store.unsent_projections(ROWS)?.into_iter().map(|row| Row::new(row.projection, row.version, row.json)).collect();
    let answers = store.unreported_answers()?.into_iter().map(|(question, answer)| AnswerRow { question, answer }).collect();
    Ok(Report { rows, questions_received: Vec::new(), answers, pins: 0, alerts: None, advocacy: None })
}

async fn post_report(upstream: &Upstream, life: &mut Life, report: &Report) -> Result<Reply, UplinkError> {
    life.counter += 1;
    let device = upstream.device.parse().map_err(|_| StoreError::Damaged("upstream"))?;
    let envelope = Envelope::seal(&upstream.secret, UPLINK_PATH, device, life.incarnation, life.counter, uplink::encode(report));
    let answer = post(upstream, UPLINK_PATH, envelope.encode()).await?;
    Ok(uplink::decode(&answer)?)
}

/// Writes down what national confirmed, and puts its questions into their incidents. Gives the questions that arrived.
///
/// # Errors
/// The hub's own store.
pub fn settle(store: &mut dyn HubStore, report: &Report, reply: &Reply, now: Timestamp, machine: &mut Machine) -> Result<Vec<u64>, StoreError> {
    let said = |(row, held): (&Row, &Option<u64>)| SentProjection { projection: row.projection(), version: row.version, held: *held };
    let sent: Vec<SentProjection> = report.rows.iter().zip(&reply.held).map(said).collect();
    store.projections_sent(&sent)?;
    let answered: Vec<u64> = report.answers.iter().map(|answer| answer.question).collect();
    store.answers_reported(&answered)?;
    let mut received = Vec::new();
    for question in &reply.questions {
        take_question(store, question, now, machine)?;
        received.push(question.id);
    }
    Ok(received)
}

/// A question whose incident is gone, or whose code is none, is confirmed and dropped: there is nobody to answer it.
fn take_question(store: &mut dyn HubStore, question: &Question, now: Timestamp, machine: &mut Machine) -> Result<(), StoreError> {
    let Some(incident) = store.projected(question.projection())? else { return Ok(()) };
    if !codes::QUESTIONS.knows(&question.code) || !store.ask(question.id, incident)? {
        return Ok(());
    }
    match own::write(store, incident, &[Edit::question(&question.id.to_string(), &question.code, now)], now, machine) {
        Ok(_) | Err(OwnError::NoIncident) => Ok(()),
        Err(OwnError::Store(error)) => Err(error),
        Err(OwnError::Edit(_) | OwnError::NotTaken) => Err(StoreError::Damaged("document")),
    }
}

async fn post(upstream: &Upstream, path: &'static str, body: Vec<u8>) -> Result<Vec<u8>, UplinkError> {
    let scheme = if upstream.pin.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}{path}", upstream.address);
    let pins: Vec<Pin> = upstream.pin.into_iter().chain(upstream.next_pin).map(Pin).collect();
    let posted = tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build();
        let failed = |error| if vicinity_link::is_other_key(&error) { UplinkError::Refused(Refused::OtherKey) } else { UplinkError::Cut };
        let mut response = vicinity_link::agent(config, &pins).post(url).send(&body[..]).map_err(failed)?;
        let answer = response.body_mut().read_to_vec().map_err(|_| UplinkError::Cut)?;
        if response.status() == ureq::http::StatusCode::OK {
            return Ok(answer);
        }
        Err(UplinkError::Refused(Refused::from_code(str::from_utf8(&answer).unwrap_or_default()).unwrap_or(Refused::Failed)))
    });
    posted.await.unwrap_or(Err(UplinkError::Cut))
}
