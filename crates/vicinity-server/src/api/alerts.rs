//! Alerts that a responder publishes or withdraws at a hub.

use vicinity_core::access::Action;
use vicinity_core::alert::{ALERTS_MAX, Alert};
use vicinity_core::time::Timestamp;
use vicinity_store::alert::Published;
use vicinity_store::hub::{HubStore, Peer};
use vicinity_sync::alert::{self, ALERT_PATH, AlertAnswer, AlertRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink;

use crate::access::gate::{Proven, SealedRequest};
use crate::net::error::ApiError;
use crate::storage::alerts;

/// What a responder publishes or withdraws.
pub struct AlertAsk;

impl SealedRequest for AlertAsk {
    const NAME: &'static str = "alert";
    const PATH: &'static str = ALERT_PATH;
    const ACTION: Action = Action::PublishAlert;
    type Message = AlertRequest;

    fn decode(body: &[u8], _: Timestamp) -> Result<AlertRequest, Refused> {
        uplink::decode(body)
    }
}

/// Publishes or withdraws for a responder.
///
/// # Errors
/// What to answer instead; an educator's device is not allowed any of it.
pub fn ask(
    store: &mut dyn HubStore,
    request: Proven<AlertAsk, Peer>,
    now: Timestamp,
) -> Result<(Peer, Vec<u8>), ApiError> {
    let peer = request.caller();
    let refused = match request.into_message() {
        AlertRequest::Publish { alert } => {
            let alert = Alert::from(alert);
            if alert.check(now).is_err() {
                Some(AlertAnswer::Bad)
            } else {
                (store.publish_alert(&alert, ALERTS_MAX, now)? == Published::Full)
                    .then_some(AlertAnswer::Full)
            }
        }
        AlertRequest::Withdraw { id } => {
            (!store.withdraw_alert(id)?).then_some(AlertAnswer::NotHere)
        }
    };
    let answer = match refused {
        Some(refused) => refused,
        None => AlertAnswer::Done {
            list: alert::rows(&alerts::list(store, now)?),
        },
    };
    Ok((peer, uplink::encode(&answer)))
}
