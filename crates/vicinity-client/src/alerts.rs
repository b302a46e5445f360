//! Alerts on a device: what the hub told of, and, on a responder's, publishing and withdrawing.

use vicinity_core::alert::{Alert, list_hash};
use vicinity_core::consent;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::alert::ENDED_KEPT_SECONDS;
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_sync::alert::{self, ALERT_PATH, AlertAnswer, AlertRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink;

use crate::ClientError;
use crate::device::Device;
use crate::exchange;
use crate::link::LinkFailure;

type Result<T> = core::result::Result<T, ClientError>;

/// The list as it is kept.
pub(crate) fn kept(store: &mut dyn DeviceStore) -> Result<Vec<Alert>> {
    Ok(store.fact(Fact::Alerts)?.map(|bytes| alert::kept(&bytes)).unwrap_or_default())
}

/// The hash of the list that is kept; 0 for none.
pub(crate) fn kept_hash(store: &mut dyn DeviceStore) -> Result<u64> {
    Ok(list_hash(&kept(store)?))
}

/// Forgets what ended long ago. A clock that is ahead forgets too much: the next sync brings it again.
pub(crate) fn forget_ended(store: &mut dyn DeviceStore, now: Timestamp) -> Result<()> {
    let mut alerts = kept(store)?;
    let before = alerts.len();
    alerts.retain(|alert| alert.ends > now.as_second().saturating_sub(ENDED_KEPT_SECONDS));
    if alerts.len() == before {
        return Ok(());
    }
    Ok(store.set_facts(&[(Fact::Alerts, (!alerts.is_empty()).then(|| alert::kept_bytes(&alerts)))])?)
}

impl Device {
    /// The alerts that stand, as of the last contact with the hub, those that end first at the top. What has ended is not
    /// shown; it goes with the next list of the hub, or some days later: this device's clock may be wrong.
    ///
    /// # Errors
    /// Storage.
    pub fn alerts(&mut self) -> Result<Vec<Alert>> {
        let now = (self.machine.now)();
        let mut alerts = kept(&mut self.store)?;
        alerts.retain(|alert| alert.is_live(now));
        alerts.sort_by_key(|alert| (alert.ends, alert.id));
        Ok(alerts)
    }

    /// Publishes an alert that is made of an incident, if its survivor agreed to that. Nothing of the incident is sent. Gives the alert's
    /// id; the hub has it, durable, when this returns.
    ///
    /// # Errors
    /// Not a responder's device; no consent; a field that does not fit; or the hub cannot be reached: then nothing was published, as far as
    /// is known here.
    pub fn publish_alert(&mut self, incident: IncidentId, area: &str, text: &str, ends: Timestamp) -> Result<[u8; 16]> {
        self.needs_responder()?;
        let now = (self.machine.now)();
        let row = self.store.incident(incident)?.ok_or(ClientError::NoSuchIncident)?;
        if !consent::granted(&row.incident, consent::AGGRESSOR_ALERT, now) {
            return Err(ClientError::NoAlertConsent);
        }
        let id = self.machine.bytes();
        let alert = Alert { id, area: area.to_owned(), text: text.trim().to_owned(), ends: ends.as_second() };
        alert.check(now)?;
        self.ask_about_alerts(&AlertRequest::Publish { alert: alert.into() })?;
        Ok(id)
    }

    /// Withdraws an alert that this hub published. Gone from the hub when this returns, and from everybody else as they hear of it.
    ///
    /// # Errors
    /// Not a responder's device, no such alert of this hub, or the hub cannot be reached.
    pub fn withdraw_alert(&mut self, id: [u8; 16]) -> Result<()> {
        self.needs_responder()?;
        self.ask_about_alerts(&AlertRequest::Withdraw { id })
    }

    fn needs_responder(&self) -> Result<()> {
        let enrolment = self.enrolment().ok_or(ClientError::NotEnrolled)?;
        if enrolment.role == "responder" { Ok(()) } else { Err(Refused::NotAllowed.into()) }
    }

    fn ask_about_alerts(&mut self, request: &AlertRequest) -> Result<()> {
        let _lock = self.lock()?;
        let identity = self.identity()?;
        let mut link = self.hub_link()?;
        let random = &mut self.machine.random;
        let mut draw = || {
            let mut bytes = [0; 8];
            random(&mut bytes);
            u64::from_be_bytes(bytes)
        };
        let answer = match exchange::post(&mut self.store, &mut link, &identity, &mut draw, ALERT_PATH, uplink::encode(request))? {
            Ok(answer) => uplink::decode::<AlertAnswer>(&answer)?,
            Err(LinkFailure::Cut) => return Err(ClientError::Unreachable(link.failed())),
            Err(LinkFailure::Refused(refused)) => return Err(refused.into()),
            Err(LinkFailure::Revoked(_)) => return Err(ClientError::WipeOrdered),
        };
        match answer {
            AlertAnswer::Done { list } => {
                let alerts = alert::alerts(list)?;
                Ok(self.store.set_facts(&[(Fact::Alerts, (!alerts.is_empty()).then(|| alert::kept_bytes(&alerts)))])?)
            }
            AlertAnswer::Bad => Err(ClientError::AlertRefused),
            AlertAnswer::Full => Err(ClientError::AlertsFull),
            AlertAnswer::NotHere => Err(ClientError::NoSuchAlert),
        }
    }
}
