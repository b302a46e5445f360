//! The cached row of a document: its facts and its conflicts as JSON, its heads as bytes.

use serde_json::{Value, json};
use vicinity_core::hex;
use vicinity_core::ids::ChangeHash;
use vicinity_core::incident::{Claim, Dispute, Incident};
use vicinity_core::reading::{self, Reading};
use vicinity_core::time::{TimeZone, Timestamp};

use crate::StoreError;

/// A document's row.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentRow {
    /// What it says.
    pub incident: Incident,
    /// Sorted heads.
    pub heads: Vec<ChangeHash>,
}

/// Facts as canonical JSON.
#[must_use]
pub fn facts(incident: &Incident) -> String {
    Value::Object(incident.facts().clone()).to_string()
}

/// Conflicts as JSON.
#[must_use]
pub fn disputes(incident: &Incident) -> String {
    if incident.disputes().is_empty() {
        return "[]".to_owned();
    }
    let claim = |claim: &Claim| {
        json!({
            "value": claim.value,
            "at": claim.at.map(Timestamp::as_second),
            "change": claim.change.map(|change| hex::write(&change.0)),
            "actor": claim.actor.map(|actor| hex::write(&actor)),
        })
    };
    let dispute = |dispute: &Dispute| json!({ "field": dispute.field, "claims": dispute.claims.iter().map(claim).collect::<Vec<_>>() });
    Value::Array(incident.disputes().iter().map(dispute).collect()).to_string()
}

/// The incident of its stored row.
///
/// # Errors
/// A row that is not a JSON.
pub fn incident(facts: &str, disputes: &str) -> Result<Incident, StoreError> {
    let facts = serde_json::from_str(facts).map_err(|_| StoreError::Damaged("incident"))?;
    if disputes == "[]" {
        return Ok(Incident::from_row(facts, Vec::new()));
    }
    let disputes: Vec<Value> =
        serde_json::from_str(disputes).map_err(|_| StoreError::Damaged("conflicts"))?;
    let claim = |claim: &Value| Claim {
        value: claim["value"].clone(),
        at: claim["at"]
            .as_i64()
            .and_then(|at| Timestamp::from_second(at).ok()),
        change: claim["change"].as_str().and_then(hex::read).map(ChangeHash),
        actor: claim["actor"].as_str().and_then(hex::read),
    };
    let dispute = |dispute: &Value| Dispute {
        field: dispute["field"].as_str().unwrap_or_default().to_owned(),
        claims: dispute["claims"]
            .as_array()
            .map(|claims| claims.iter().map(claim).collect())
            .unwrap_or_default(),
    };
    Ok(Incident::from_row(
        facts,
        disputes.iter().map(dispute).collect(),
    ))
}

/// The same at a hub, which knows when it first heard of the incident and how its times are read.
///
/// # Errors
/// A row that is not a JSON.
pub fn at_hub(
    facts: &str,
    disputes: &str,
    times: &str,
    first_at: i64,
    zone: Option<&TimeZone>,
) -> Result<Incident, StoreError> {
    let received_at = Timestamp::from_second(first_at).ok();
    Ok(incident(facts, disputes)?.read_by(Reading {
        zone: zone.cloned(),
        received_at,
        times: reading::from_json(times),
    }))
}

/// Heads as bytes, 32 each.
#[must_use]
pub fn heads_bytes(heads: &[ChangeHash]) -> Vec<u8> {
    heads.iter().flat_map(|head| head.0).collect()
}

/// Heads of their bytes.
#[must_use]
pub fn heads(bytes: &[u8]) -> Vec<ChangeHash> {
    bytes
        .as_chunks::<32>()
        .0
        .iter()
        .copied()
        .map(ChangeHash)
        .collect()
}
