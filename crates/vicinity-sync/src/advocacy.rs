//! The advocacy log on its way from a hub to national: whole, when national asks for it. Notes do not travel.

use minicbor::{Decode, Encode};
use vicinity_core::advocacy::{Advocacy, LOG_MAX};
use vicinity_core::ids::AdvocacyId;

use crate::refused::Refused;

/// An action on its way.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AdvocacyRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    id: [u8; 16],
    #[n(1)]
    day: String,
    #[n(2)]
    action: String,
    #[n(3)]
    kind: String,
    #[n(4)]
    area: String,
    #[n(5)]
    outcome: String,
}

impl From<Advocacy> for AdvocacyRow {
    fn from(entry: Advocacy) -> Self {
        let Advocacy {
            id,
            day,
            action,
            kind,
            area,
            outcome,
        } = entry;
        Self {
            id: *id.as_bytes(),
            day,
            action,
            kind,
            area,
            outcome,
        }
    }
}

impl From<AdvocacyRow> for Advocacy {
    fn from(row: AdvocacyRow) -> Self {
        let AdvocacyRow {
            id,
            day,
            action,
            kind,
            area,
            outcome,
        } = row;
        Self {
            id: AdvocacyId::from_bytes(id),
            day,
            action,
            kind,
            area,
            outcome,
        }
    }
}

/// A hub's report to national on its log. Left out if the log is empty.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LogReport {
    /// The log's hash.
    #[n(0)]
    pub hash: u64,
    /// The log, when national asked for it.
    #[n(1)]
    pub log: Option<Vec<AdvocacyRow>>,
}

impl LogReport {
    /// A report, whole or by its hash alone.
    #[must_use]
    pub fn new(hash: u64, log: Option<Vec<Advocacy>>) -> Self {
        Self {
            hash,
            log: log.map(|log| log.into_iter().map(Into::into).collect()),
        }
    }

    /// The actions, where they were sent.
    ///
    /// # Errors
    /// More than a log holds.
    pub fn into_log(self) -> Result<Option<Vec<Advocacy>>, Refused> {
        match self.log {
            Some(log) if log.len() > LOG_MAX => Err(Refused::TooLarge),
            log => Ok(log.map(|log| log.into_iter().map(Into::into).collect())),
        }
    }
}
