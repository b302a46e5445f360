//! Alerts on a device: the hub's list, and on a responder's device publishing and withdrawing.

use vicinity_core::alert::Alert;
use vicinity_core::consent;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::alert::ENDED_KEPT_SECONDS;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_store::hub::Role;
use vicinity_sync::alert::{self, ALERT_PATH, AlertAnswer, AlertRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink;

use crate::device::Device;
use crate::error::{AlertError, DeviceError};
use crate::link::Link;
use crate::requests;

type Result<T> = core::result::Result<T, DeviceError>;

impl<S: DeviceStore> Device<S> {
    /// Forgets alerts that ended long ago. A clock that is ahead forgets too much: the next sync brings them again.
    ///
    /// # Errors
    /// Storage.
    pub fn forget_ended_alerts(&mut self) -> Result<()> {
        let now = (self.machine.now)();
        let mut alerts = kept(&mut self.store)?;
        let before = alerts.len();
        alerts.retain(|alert| alert.ends > now.as_second().saturating_sub(ENDED_KEPT_SECONDS));
        if alerts.len() == before {
            Ok(())
        } else {
            keep(&mut self.store, &alerts)
        }
    }

    /// The alerts that are active, as of the last contact with the hub, those that end first at the top. What has ended is not
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
    pub fn publish_alert(
        &mut self,
        link: &mut dyn Link,
        incident: IncidentId,
        area: &str,
        text: &str,
        ends: Timestamp,
    ) -> Result<[u8; 16]> {
        self.needs_responder()?;
        let now = (self.machine.now)();
        let row = self
            .store
            .incident(incident)?
            .ok_or(DeviceError::NoSuchIncident)?;
        if !consent::granted(&row.incident, consent::AGGRESSOR_ALERT, now) {
            return Err(AlertError::NoConsent.into());
        }
        let id = self.machine.bytes();
        let alert = Alert {
            id,
            area: area.to_owned(),
            text: text.trim().to_owned(),
            ends: ends.as_second(),
        };
        alert.check(now)?;
        self.ask_about_alerts(
            link,
            &AlertRequest::Publish {
                alert: alert.into(),
            },
        )?;
        Ok(id)
    }

    /// Withdraws an alert that this hub published. Gone from the hub when this returns, and from other devices at their next contact.
    ///
    /// # Errors
    /// Not a responder's device, no such alert of this hub, or the hub cannot be reached.
    pub fn withdraw_alert(&mut self, link: &mut dyn Link, id: [u8; 16]) -> Result<()> {
        self.needs_responder()?;
        self.ask_about_alerts(link, &AlertRequest::Withdraw { id })
    }

    fn needs_responder(&self) -> Result<()> {
        let enrolment = self.enrolment().ok_or(DeviceError::NotEnrolled)?;
        if enrolment.is(Role::Responder) {
            Ok(())
        } else {
            Err(Refused::NotAllowed.into())
        }
    }

    fn ask_about_alerts(&mut self, link: &mut dyn Link, request: &AlertRequest) -> Result<()> {
        let identity = self.identity()?;
        let posted = requests::post(
            &mut self.store,
            link,
            &identity,
            &mut || self.machine.number(),
            ALERT_PATH,
            uplink::encode(request),
        )?;
        let answer = posted.map_err(|failure| requests::failed(failure, link))?;
        match uplink::decode::<AlertAnswer>(&answer)? {
            AlertAnswer::Done { list } => keep(&mut self.store, &alert::alerts(list)?),
            AlertAnswer::Bad => Err(AlertError::Refused.into()),
            AlertAnswer::Full => Err(AlertError::Full.into()),
            AlertAnswer::NotHere => Err(AlertError::NoSuchAlert.into()),
        }
    }
}

/// The list that is kept.
fn kept(store: &mut dyn DeviceStore) -> Result<Vec<Alert>> {
    Ok(store
        .setting(DeviceSetting::Alerts)?
        .map(|bytes| alert::kept(&bytes))
        .unwrap_or_default())
}

fn keep(store: &mut dyn DeviceStore, alerts: &[Alert]) -> Result<()> {
    Ok(store.set_settings(&[(
        DeviceSetting::Alerts,
        (!alerts.is_empty()).then(|| alert::kept_bytes(alerts)),
    )])?)
}
