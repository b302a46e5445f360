//! Consent: what the survivor agreed to, computed from a log that only grows.
//!
//! Everything is denied until somebody grants it. A withdrawal beats every grant that does not name it, whatever the
//! clocks say: two phones that never met cannot agree on an order, and in doubt the answer is no. A grant that was
//! given *after* a withdrawal was seen names that withdrawal and so beats it. The answer depends only on which entries
//! there are, never on the order in which they came. For the same reason a withdrawal counts in every spelling, and a grant
//! only in its own: [`Draft`](crate::draft::Draft) and [`Edit`](crate::edit::Edit) fold what people write before it is kept.

use jiff::Timestamp;
use serde_json::Value;

use crate::incident::{Entry, Incident};
use crate::spelling;

/// The incident and its statements may go to the home hub.
pub const HUB_RESPONSE: &str = "hub_response";
/// The coded row may go to national.
pub const NATIONAL_DEID: &str = "national_deid";
/// The incident may be counted in a national table.
pub const AGGREGATE_COUNT: &str = "aggregate_count";

/// An alert may be made of it.
pub const AGGRESSOR_ALERT: &str = "aggressor_alert";

const GRANTED: &str = "granted";
const WITHDRAWN: &str = "withdrawn";

/// Whether a scope is granted now: at least one unexpired grant of it names every withdrawal of it.
#[must_use]
pub fn granted(incident: &Incident, scope: &str, now: Timestamp) -> bool {
    let withdrawals: Vec<&str> = withdrawals(incident, scope).collect();
    let stands = |grant: &Grant<'_>| {
        grant.expires_at.is_none_or(|at| at > now)
            && withdrawals.iter().all(|id| grant.supersedes.contains(id))
    };
    grants(incident).any(|grant| grant.scope == scope && stands(&grant))
}

/// When a grant ends next: decisions that depend on consent are made again then.
#[must_use]
pub fn next_expiry(incident: &Incident, now: Timestamp) -> Option<Timestamp> {
    incident
        .entries("consents")
        .filter_map(|entry| entry.instant("expires_at"))
        .filter(|at| *at > now)
        .min()
}

/// When the last of the grants ended that have ended: a clock that shows a time before it again has to decide again.
#[must_use]
pub fn last_expiry(incident: &Incident, now: Timestamp) -> Option<Timestamp> {
    incident
        .entries("consents")
        .filter_map(|entry| entry.instant("expires_at"))
        .filter(|at| *at <= now)
        .max()
}

/// Every scope granted now, sorted.
#[must_use]
pub fn effective(incident: &Incident, now: Timestamp) -> Vec<String> {
    let mut scopes: Vec<&str> = grants(incident).map(|grant| grant.scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
        .into_iter()
        .filter(|scope| granted(incident, scope, now))
        .map(str::to_owned)
        .collect()
}

/// Whether a scope was ever granted, even if that grant is withdrawn or has expired since.
#[must_use]
pub fn ever_granted(incident: &Incident, scope: &str) -> bool {
    grants(incident).any(|grant| grant.scope == scope)
}

/// Whether a scope was withdrawn and not granted again: some withdrawal of it is there, and no grant names them all. Dates
/// do not count: a grant that ends by its date was not withdrawn.
#[must_use]
pub fn withdrawn(incident: &Incident, scope: &str) -> bool {
    let withdrawals: Vec<&str> = withdrawals(incident, scope).collect();
    let stands = |grant: &Grant<'_>| withdrawals.iter().all(|id| grant.supersedes.contains(id));
    !withdrawals.is_empty() && !grants(incident).any(|grant| grant.scope == scope && stands(&grant))
}

struct Grant<'a> {
    scope: &'a str,
    expires_at: Option<Timestamp>,
    supersedes: Vec<&'a str>,
}

fn grants(incident: &Incident) -> impl Iterator<Item = Grant<'_>> {
    incident
        .entries("consents")
        .filter_map(|entry| grant(incident, entry))
}

/// A grant, if the entry is one beyond doubt. One field of a wrong shape, or in conflict, and it grants nothing.
fn grant<'a>(incident: &Incident, entry: Entry<'a>) -> Option<Grant<'a>> {
    let disputed = |key: &str| {
        incident
            .disputes()
            .iter()
            .any(|dispute| dispute.field == path(entry, key))
    };
    if entry.text("state") != Some(GRANTED)
        || ["scope", "state", "expires_at", "supersedes"]
            .into_iter()
            .any(disputed)
    {
        return None;
    }
    let field = |key: &str| entry.json().get(key).filter(|value| !value.is_null());
    if field("at").is_some() && entry.instant("at").is_none() {
        return None;
    }
    let expires_at = entry.instant("expires_at");
    if field("expires_at").is_some() && expires_at.is_none() {
        return None;
    }
    let supersedes = match field("supersedes") {
        None => Vec::new(),
        Some(ids) => ids
            .as_array()?
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()?,
    };
    let scope = entry.text("scope").filter(|scope| !scope.is_empty())?;
    Some(Grant {
        scope,
        expires_at,
        supersedes,
    })
}

/// The withdrawals of a scope. An entry that may be one, by any side of a conflict, counts as one.
pub(crate) fn withdrawals<'a>(
    incident: &'a Incident,
    scope: &str,
) -> impl Iterator<Item = &'a str> {
    let withdraws = move |entry: &Entry<'_>| {
        may_say(incident, *entry, "state", WITHDRAWN) && may_say(incident, *entry, "scope", scope)
    };
    incident
        .entries("consents")
        .filter(withdraws)
        .map(|entry| entry.id())
}

/// In any spelling: a word that is nearly a withdrawal is one.
fn may_say(incident: &Incident, entry: Entry<'_>, key: &str, code: &str) -> bool {
    let says = |text: &str| spelling::same(text, code);
    entry.text(key).is_some_and(says)
        || incident
            .claims(&path(entry, key))
            .any(|claim| claim.as_str().is_some_and(says))
}

fn path(entry: Entry<'_>, key: &str) -> String {
    format!("consents.{}.{key}", entry.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Claim, Dispute};
    use serde_json::json;

    fn incident(consents: Value) -> Incident {
        Incident::from_row(json!({ "consents": consents }), Vec::new())
    }

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn everything_is_denied_by_default() {
        let incident = incident(json!([]));
        assert!(!granted(&incident, HUB_RESPONSE, now()));
        assert!(effective(&incident, now()).is_empty());
    }

    #[test]
    fn a_withdrawal_beats_a_grant_with_a_later_clock() {
        let incident = incident(json!([
            {"id": "g", "scope": "national_deid", "state": "granted", "at": "2030-01-01T00:00:00Z"},
            {"id": "w", "scope": "national_deid", "state": "withdrawn", "at": "2020-01-01T00:00:00Z"},
            {"id": "h", "scope": "hub_response", "state": "granted", "at": "2026-11-23T08:00:00Z"},
        ]));
        assert!(!granted(&incident, NATIONAL_DEID, now()));
        assert!(ever_granted(&incident, NATIONAL_DEID));
        assert_eq!(effective(&incident, now()), [HUB_RESPONSE]);
    }

    #[test]
    fn a_grant_must_name_every_withdrawal() {
        let entries = |named: Value| {
            incident(json!([
                {"id": "w1", "scope": "contact_me", "state": "withdrawn"},
                {"id": "w2", "scope": "contact_me", "state": "withdrawn"},
                {"id": "w3", "scope": "police_full", "state": "withdrawn"},
                {"id": "g", "scope": "contact_me", "state": "granted", "supersedes": named},
            ]))
        };
        assert!(!granted(&entries(json!(["w1"])), "contact_me", now()));
        assert!(granted(&entries(json!(["w2", "w1"])), "contact_me", now()));
    }

    #[test]
    fn an_expired_grant_no_longer_grants() {
        let with_expiry = |at: &str| {
            incident(
                json!([{"id": "g", "scope": "contact_me", "state": "granted", "expires_at": at}]),
            )
        };
        assert!(granted(
            &with_expiry("2026-11-23T09:00:01Z"),
            "contact_me",
            now()
        ));
        assert!(!granted(
            &with_expiry("2026-11-23T09:00:00Z"),
            "contact_me",
            now()
        ));
        assert!(ever_granted(
            &with_expiry("2020-01-01T00:00:00Z"),
            "contact_me"
        ));
    }

    #[test]
    fn between_the_last_end_and_the_next_one_consent_does_not_change() {
        let grant = |id: &str, at: &str| json!({"id": id, "scope": "contact_me", "state": "granted", "expires_at": at});
        let incident = incident(json!([
            grant("a", "2026-11-23T08:00:00Z"),
            grant("b", "2026-11-23T09:00:00Z"),
            grant("c", "2026-11-23T10:00:00Z")
        ]));
        let at = |text: &str| text.parse::<Timestamp>().ok();
        assert_eq!(
            (last_expiry(&incident, now()), next_expiry(&incident, now())),
            (at("2026-11-23T09:00:00Z"), at("2026-11-23T10:00:00Z"))
        );
        let before: Timestamp = "2026-11-23T07:59:59Z".parse().unwrap();
        assert_eq!(
            (
                last_expiry(&incident, before),
                next_expiry(&incident, before)
            ),
            (None, at("2026-11-23T08:00:00Z"))
        );
    }

    #[test]
    fn what_was_withdrawn_is_so_until_a_grant_names_it_and_an_end_by_date_is_no_withdrawal() {
        let grant = json!({"id": "g", "scope": "hub_response", "state": "granted", "expires_at": "2020-01-01T00:00:00Z"});
        let withdrawal = json!({"id": "w", "scope": "hub_response", "state": "withdrawn"});
        let again =
            json!({"id": "h", "scope": "hub_response", "state": "granted", "supersedes": ["w"]});
        assert!(!withdrawn(&incident(json!([grant])), HUB_RESPONSE));
        assert!(withdrawn(
            &incident(json!([grant, withdrawal])),
            HUB_RESPONSE
        ));
        assert!(!withdrawn(
            &incident(json!([grant, withdrawal])),
            NATIONAL_DEID
        ));
        assert!(!withdrawn(
            &incident(json!([grant, withdrawal, again])),
            HUB_RESPONSE
        ));
    }

    #[test]
    fn garbled_entries_never_grant() {
        let garbled = json!([
            {"id": "a", "scope": "x", "state": "Granted"},
            {"id": "b", "scope": "x", "state": true},
            {"id": "c", "scope": ["x"], "state": "granted"},
            {"id": "d", "scope": "x", "state": "granted", "expires_at": "soon"},
            {"id": "e", "scope": "x", "state": "granted", "supersedes": "a"},
            {"id": "f", "scope": "x", "state": "granted", "supersedes": [1]},
            {"id": "g", "scope": "x", "state": "granted", "at": 7},
            {"id": "h", "scope": "", "state": "granted"},
            {"id": "i"},
        ]);
        assert!(effective(&incident(garbled), now()).is_empty());
    }

    #[test]
    fn a_disputed_entry_withdraws_but_never_grants() {
        let claim = |value: &str| Claim {
            value: value.into(),
            at: None,
            change: None,
            actor: None,
        };
        let dispute = Dispute {
            field: "consents.e.state".into(),
            claims: vec![claim("granted"), claim("withdrawn")],
        };
        let consents = json!({"consents": [{"id": "e", "scope": "x", "state": "granted"}, {"id": "g", "scope": "x", "state": "granted"}]});
        let incident = Incident::from_row(consents, vec![dispute]);
        assert!(!granted(&incident, "x", now()));
    }
}
