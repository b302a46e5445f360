//! Alerts on the wire: lists, and what a responder asks of the hub.

use minicbor::{Decode, Encode};
use vicinity_core::alert::{ALERTS_MAX, Alert};

use crate::frame;
use crate::refused::Refused;

/// Where responders publish and withdraw.
pub const ALERT_PATH: &str = "/v1/alert";

/// An alert on its way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AlertRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    id: [u8; 16],
    #[n(1)]
    area: String,
    #[n(2)]
    text: String,
    #[n(3)]
    ends: i64,
}

impl From<Alert> for AlertRow {
    fn from(alert: Alert) -> Self {
        let Alert {
            id,
            area,
            text,
            ends,
        } = alert;
        Self {
            id,
            area,
            text,
            ends,
        }
    }
}

impl From<AlertRow> for Alert {
    fn from(row: AlertRow) -> Self {
        let AlertRow {
            id,
            area,
            text,
            ends,
        } = row;
        Self {
            id,
            area,
            text,
            ends,
        }
    }
}

/// A list as it travels and as a device keeps it.
#[must_use]
pub fn rows(alerts: &[Alert]) -> Vec<AlertRow> {
    alerts.iter().cloned().map(Into::into).collect()
}

/// The alerts of a list.
///
/// # Errors
/// More than a hub's and others' together.
pub fn alerts(rows: Vec<AlertRow>) -> Result<Vec<Alert>, Refused> {
    if rows.len() > 2 * ALERTS_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A list as a device keeps it.
#[must_use]
pub fn kept_bytes(alerts: &[Alert]) -> Vec<u8> {
    frame::encode(&rows(alerts))
}

/// The list of what was kept; empty for other bytes: the hub sends it again.
#[must_use]
pub fn kept(bytes: &[u8]) -> Vec<Alert> {
    frame::decode::<Vec<AlertRow>>(bytes)
        .and_then(alerts)
        .unwrap_or_default()
}

/// A responder's request. The answer holds the hub's whole list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AlertRequest {
    /// Publish one.
    #[n(0)]
    Publish {
        /// It.
        #[n(0)]
        alert: AlertRow,
    },
    /// Withdraw one of this hub's.
    #[n(1)]
    Withdraw {
        /// Which.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        id: [u8; 16],
    },
}

/// The hub's answer to a responder.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AlertAnswer {
    /// Done.
    #[n(0)]
    Done {
        /// The list after it.
        #[n(0)]
        list: Vec<AlertRow>,
    },
    /// A field of the alert is not valid, by the hub's clock.
    #[n(1)]
    Bad,
    /// The hub has [`ALERTS_MAX`] live alerts.
    #[n(2)]
    Full,
    /// This hub has no such alert.
    #[n(3)]
    NotHere,
}

/// A hub's report to national on alerts. Left out if both hashes are 0.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AlertReport {
    /// The hash of this hub's own live alerts.
    #[n(0)]
    pub own_hash: u64,
    /// The hash of what it has from national.
    #[n(1)]
    pub near_hash: u64,
    /// Its own, when national asked for them.
    #[n(2)]
    pub own: Option<Vec<AlertRow>>,
}

/// National's reply on alerts. Left out if nothing differs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AlertReply {
    /// Whether it lacks this hub's own.
    #[n(0)]
    pub wanted: bool,
    /// Others' alerts for the hub's areas, where its list differs.
    #[n(1)]
    pub near: Option<Vec<AlertRow>>,
}
