//! The status of the response: a register that each transition writes, read so that doubt keeps an incident open.

use serde_json::Value;

use crate::codes::STATUSES;
use crate::incident::Incident;

/// The status of a new incident.
pub const OPEN: &str = "open";

/// The status. Where people disagree, the least closed of their claims: an incident is closed only when nobody says
/// otherwise. A code of a newer version is kept as it is, and gives way to any code that this version knows.
#[must_use]
pub fn status(incident: &Incident) -> String {
    let claims: Vec<&str> = incident.claims("status").map(claimed).collect();
    let known = claims
        .iter()
        .filter_map(|claim| STATUSES.codes.iter().position(|code| code == claim))
        .min();
    match known.and_then(|at| STATUSES.codes.get(at)) {
        Some(code) => (*code).to_owned(),
        None => claims.first().copied().unwrap_or(OPEN).to_owned(),
    }
}

/// Whether the response has ended, by a code of this or of a newer version.
#[must_use]
pub fn is_closed(incident: &Incident) -> bool {
    status(incident).starts_with("closed_")
}

fn claimed(value: &Value) -> &str {
    value.as_str().unwrap_or(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Claim, Dispute};
    use serde_json::json;

    fn disputed(codes: &[&str]) -> Incident {
        let claims = codes
            .iter()
            .map(|code| Claim {
                value: (*code).into(),
                at: None,
                change: None,
                actor: None,
            })
            .collect();
        Incident::from_row(
            json!({"status": codes[0]}),
            vec![Dispute {
                field: "status".into(),
                claims,
            }],
        )
    }

    #[test]
    fn an_incident_that_nobody_moved_is_open() {
        assert_eq!(status(&Incident::from_row(json!({}), Vec::new())), "open");
        assert_eq!(
            status(&Incident::from_row(json!({"status": 3}), Vec::new())),
            "open"
        );
    }

    #[test]
    fn the_least_closed_claim_wins() {
        assert_eq!(
            status(&disputed(&["closed_resolved", "monitoring"])),
            "monitoring"
        );
        assert_eq!(
            status(&disputed(&[
                "closed_declined",
                "closed_lost",
                "closed_resolved"
            ])),
            "closed_lost"
        );
        assert!(is_closed(&disputed(&["closed_declined", "closed_lost"])));
    }

    #[test]
    fn an_unknown_status_is_kept_and_gives_way_to_a_known_one() {
        assert_eq!(
            status(&Incident::from_row(
                json!({"status": "handed_over"}),
                Vec::new()
            )),
            "handed_over"
        );
        assert_eq!(
            status(&disputed(&["handed_over", "closed_resolved"])),
            "closed_resolved"
        );
        assert_eq!(
            status(&disputed(&["handed_over", "passed_on"])),
            "handed_over"
        );
    }
}
