//! What is checked before a form becomes an edit: that its codes are of their lists, and that what it sets is still as the
//! page showed it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vicinity_core::codes::{self, CodeList};
use vicinity_core::consent::HUB_RESPONSE;
use vicinity_core::incident::Incident;
use vicinity_core::time::Timestamp;
use vicinity_core::{hex, spelling, status, triage};
use vicinity_pages::board::Seen;

use crate::pages::answer::PageError;
use crate::pages::form::Form;

/// Fields of forms that are codes. Newer devices may write others; pages offer none but these.
static CODES: &[(&str, &[(&str, &CodeList)])] = &[
    (
        "act",
        &[
            ("code", &codes::ACTION_CODES),
            ("outcome", &codes::OUTCOMES),
            ("accepted", &codes::ACCEPTED),
        ],
    ),
    (
        "refer",
        &[
            ("service", &codes::ACTION_CODES),
            ("state", &codes::REFERRAL_STATES),
        ],
    ),
    ("follow", &[("safety_changed", &codes::YES_NO)]),
    ("occurred", &[("precision", &codes::PRECISIONS)]),
    ("reported", &[]),
    ("move", &[("to", &codes::STATUSES)]),
    ("triage", &[("level", &codes::TRIAGE_LEVELS)]),
    ("link", &[("kind", &codes::LINK_KINDS)]),
    ("withdraw", &[("scope", &codes::CONSENT_SCOPES)]),
    ("answer", &[("answer", &codes::ANSWERS)]),
];

/// Checks a form against the incident as it is now.
pub(super) fn check(form: &Form, incident: &Incident, now: Timestamp) -> Result<(), PageError> {
    let doing = form.get("do");
    let lists = CODES
        .iter()
        .find(|(own, _)| *own == doing)
        .map(|(_, lists)| *lists)
        .ok_or(PageError::Form)?;
    if !lists
        .iter()
        .all(|(name, list)| list.find(form.get(name)).is_some())
    {
        return Err(PageError::Form);
    }
    let is_answered = || {
        incident
            .entries("queries")
            .any(|query| query.id() == form.get("id") && query.text("answer").is_some())
    };
    let as_seen = match doing {
        "move" => status_mark(incident) == form.get("seen"),
        "triage" => triage_mark(incident, now) == form.get("seen"),
        "withdraw" => consents_mark(incident) == form.get("seen"),
        _ => true,
    };
    if !as_seen {
        return Err(PageError::Refused("refused-stale"));
    }
    match doing {
        "withdraw"
            if spelling::same(form.get("scope"), HUB_RESPONSE) && form.get("sure") != "yes" =>
        {
            Err(PageError::Refused("refused-not-sure"))
        }
        "answer" if is_answered() => Err(PageError::Refused("refused-answered")),
        _ => Ok(()),
    }
}

/// What forms carry of an incident that these devices have.
pub(super) fn seen(incident: &Incident, devices: &[u32], now: Timestamp) -> Seen {
    Seen {
        status: status_mark(incident),
        triage: triage_mark(incident, now),
        consents: consents_mark(incident),
        devices: devices_mark(devices),
    }
}

fn status_mark(incident: &Incident) -> String {
    let moves: Vec<&str> = incident
        .entries("transitions")
        .map(|entry| entry.id())
        .collect();
    mark(&json!([status::status(incident), moves]))
}

fn triage_mark(incident: &Incident, now: Timestamp) -> String {
    let decided: Vec<&Value> = incident.claims("triage").collect();
    mark(&json!([triage::level(incident, now).code(), decided]))
}

fn consents_mark(incident: &Incident) -> String {
    mark(&json!([incident.register("consents")]))
}

/// The mark of the devices that have an incident.
pub(super) fn devices_mark(devices: &[u32]) -> String {
    mark(&json!(devices))
}

/// A few digits of a hash: they tell what changed from what did not, and nothing else.
fn mark(value: &Value) -> String {
    let hash: [u8; 32] = Sha256::digest(value.to_string()).into();
    hex::write(&hash[..8])
}
