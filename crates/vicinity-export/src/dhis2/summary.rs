//! DHIS2's answer to an import.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Conflicts that are kept. Once these are corrected, the next push shows further ones.
const CONFLICTS_MAX: usize = 20;
/// Longest text of DHIS2 that is kept, in letters.
const TEXT_MAX: usize = 200;

/// An import summary. Its texts are another server's: they are cut, and hold nothing but letters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// `SUCCESS`, `WARNING`, `ERROR`, or another word of DHIS2.
    pub status: String,
    /// Values that are new there.
    pub imported: u64,
    /// Values that replaced others.
    pub updated: u64,
    /// Values that DHIS2 already holds. DHIS2 counts them as ignored, without a conflict.
    pub unchanged: u64,
    /// Values that DHIS2 rejected.
    pub ignored: u64,
    /// Values that DHIS2 deleted.
    pub deleted: u64,
    /// Conflicts: our object, and the reason.
    pub conflicts: Vec<(String, String)>,
    /// Other text of the answer.
    pub description: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    status: Option<String>,
    message: Option<String>,
    description: Option<String>,
    import_count: Option<Count>,
    conflicts: Option<Vec<Conflict>>,
    rejected_indexes: Option<Vec<u64>>,
    response: Option<Box<Self>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Count {
    imported: u64,
    updated: u64,
    ignored: u64,
    deleted: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Conflict {
    indexes: Option<Vec<u64>>,
    object: Option<String>,
    value: Option<String>,
}

fn cut(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(TEXT_MAX)
        .collect()
}

/// How many values do not fit: by their indexes, as DHIS2 has said since 2.38, in all or with each conflict; none where there is no
/// conflict. Unknown of an older one that has conflicts.
fn rejected(indexes: Option<Vec<u64>>, conflicts: &[Conflict]) -> Option<u64> {
    let each = || {
        conflicts
            .iter()
            .map(|conflict| conflict.indexes.clone())
            .collect::<Option<Vec<_>>>()
            .map(|each| each.concat())
    };
    let indexes: BTreeSet<u64> = indexes
        .filter(|indexes| !indexes.is_empty() || conflicts.is_empty())
        .or_else(each)?
        .into_iter()
        .collect();
    Some(indexes.len() as u64)
}

impl Summary {
    /// Reads an answer: a bare summary (DHIS2 up to 2.37) or one inside a message. `None` for any other answer.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let outer: Said = serde_json::from_slice(bytes).ok()?;
        let message = outer.description.clone().or_else(|| outer.message.clone());
        let said = match outer.response {
            Some(inner) if inner.import_count.is_some() => *inner,
            _ => outer,
        };
        let Count {
            imported,
            updated,
            ignored,
            deleted,
        } = said.import_count?;
        let said_conflicts = said.conflicts.unwrap_or_default();
        let rejected = rejected(said.rejected_indexes, &said_conflicts);
        // If DHIS2 does not report how many values are in conflict, all ignored values may be.
        let unchanged = rejected.map_or(0, |rejected| ignored.saturating_sub(rejected));
        let text = |text: Option<String>| cut(&text.unwrap_or_default());
        let conflict = |conflict: Conflict| (text(conflict.object), text(conflict.value));
        let conflicts = said_conflicts
            .into_iter()
            .take(CONFLICTS_MAX)
            .map(conflict)
            .collect();
        let (status, description) = (text(said.status), text(said.description.or(message)));
        Some(Self {
            status,
            imported,
            updated,
            unchanged,
            ignored: ignored - unchanged,
            deleted,
            conflicts,
            description,
        })
    }

    /// Whether every value is there now, as it is here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.ignored == 0 && self.conflicts.is_empty() && self.status != "ERROR"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_summary_is_read_in_both_forms() {
        let bare = json!({"responseType": "ImportSummary", "status": "SUCCESS", "description": "Import process completed successfully",
            "importCount": {"imported": 3, "updated": 2, "ignored": 0, "deleted": 0}, "conflicts": null, "href": null});
        let within = json!({"httpStatus": "OK", "httpStatusCode": 200, "status": "OK", "message": "Import was successful.", "response": bare});
        for answer in [&bare, &within] {
            let summary = Summary::parse(answer.to_string().as_bytes()).unwrap();
            assert_eq!(
                (summary.status.as_str(), summary.imported, summary.updated),
                ("SUCCESS", 3, 2)
            );
            assert!(summary.is_whole() && summary.description.contains("completed"));
        }
    }

    #[test]
    fn what_was_ignored_is_said_with_its_reasons_and_texts_are_cut() {
        let conflict = |at: usize| json!({"object": format!("VASW_{at}"), "value": format!("not found\r\n{}", "x".repeat(500)), "errorCode": "E7610"});
        let answer = json!({"httpStatus": "Conflict", "httpStatusCode": 409, "status": "WARNING", "message": "One or more conflicts",
            "response": {"status": "WARNING", "importCount": {"imported": 0, "updated": 0, "ignored": 30, "deleted": 0},
                "conflicts": (0..30).map(conflict).collect::<Vec<_>>(), "rejectedIndexes": [1, 2]}});
        let summary = Summary::parse(answer.to_string().as_bytes()).unwrap();
        assert_eq!(
            (summary.ignored, summary.unchanged, summary.conflicts.len()),
            (2, 28, CONFLICTS_MAX)
        );
        assert_eq!(summary.description, "One or more conflicts");
        assert!(!summary.is_whole());
        assert!(
            summary
                .conflicts
                .iter()
                .all(|(_, value)| value.chars().count() == TEXT_MAX && !value.contains('\n'))
        );
    }

    fn ignored(ignored: u64, more: &serde_json::Value) -> Summary {
        let mut answer = json!({"status": "SUCCESS", "importCount": {"imported": 0, "updated": 0, "ignored": ignored, "deleted": 0}});
        answer
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Summary::parse(answer.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn values_that_are_there_already_are_no_conflict() {
        for more in [
            json!({}),
            json!({"conflicts": []}),
            json!({"conflicts": null, "rejectedIndexes": []}),
            json!({"status": "WARNING"}),
        ] {
            let summary = ignored(12, &more);
            assert_eq!(
                (summary.unchanged, summary.ignored, summary.is_whole()),
                (12, 0, true),
                "{more}"
            );
        }
        assert!(!ignored(12, &json!({"status": "ERROR"})).is_whole());
    }

    #[test]
    fn what_is_in_conflict_is_told_from_what_is_there_already() {
        let conflict = |indexes: serde_json::Value| json!({"object": "SN_DK", "value": "not found", "indexes": indexes});
        for (more, unchanged) in [
            (
                json!({"conflicts": [conflict(json!([3, 4]))], "rejectedIndexes": [3, 4]}),
                10,
            ),
            (
                json!({"conflicts": [conflict(json!([3, 4])), conflict(json!([4]))]}),
                10,
            ),
            (json!({"conflicts": [conflict(json!(null))]}), 0),
            (
                json!({"conflicts": [conflict(json!(null))], "rejectedIndexes": []}),
                0,
            ),
        ] {
            let summary = ignored(12, &more);
            assert_eq!(
                (summary.unchanged, summary.ignored, summary.is_whole()),
                (unchanged, 12 - unchanged, false),
                "{more}"
            );
        }
    }

    #[test]
    fn another_answer_is_no_summary() {
        for answer in [
            "",
            "<html>",
            "{}",
            r#"{"httpStatus":"Unauthorized","status":"ERROR","message":"Bad credentials"}"#,
            r#"{"importCount":"many"}"#,
        ] {
            assert_eq!(Summary::parse(answer.as_bytes()), None, "{answer}");
        }
    }
}
