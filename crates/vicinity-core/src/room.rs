//! What an author may write: the limits of admission, asked before anything is stored. A hub would refuse permanently what
//! is above them.

use automerge::Change;

use crate::fields;
use crate::guard;
use crate::skeleton::SKELETON;
use crate::value::Problem;

/// Bytes of the largest document, as the sum of its changes.
pub const DOCUMENT_MAX_BYTES: usize = 1024 * 1024;
/// Changes of the largest document.
pub const DOCUMENT_MAX_CHANGES: usize = 10_000;
/// Operations of the largest document: loaded, each takes some hundreds of bytes.
pub const DOCUMENT_MAX_OPS: u64 = 100_000;

/// What a document holds so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    changes: usize,
    bytes: usize,
    ops: u64,
}

impl Room {
    /// A document with nothing but these changes, the skeleton not among them.
    pub(crate) fn beside(changes: &[Change]) -> Self {
        let skeleton = (fields::SETS.len() + fields::ENTRY_MAPS.len() + 1) as u64;
        let bytes = changes
            .iter()
            .map(|change| change.raw_bytes().len())
            .sum::<usize>();
        let ops = changes
            .iter()
            .map(|change| change.len() as u64)
            .sum::<u64>();
        Self {
            changes: changes.len(),
            bytes: SKELETON.len() + bytes,
            ops: skeleton + ops,
        }
    }

    /// Takes an authored change in, if admission would.
    ///
    /// # Errors
    /// The change or the document would be larger than it may be.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        let checked = guard::check(chunk).map_err(|_| Problem::TooMuch)?;
        let grown = Self {
            changes: self.changes + 1,
            bytes: self.bytes + chunk.len(),
            ops: self.ops + checked.ops,
        };
        if grown.changes > DOCUMENT_MAX_CHANGES
            || grown.bytes > DOCUMENT_MAX_BYTES
            || grown.ops > DOCUMENT_MAX_OPS
        {
            return Err(Problem::IncidentFull);
        }
        *self = grown;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use crate::document::{Authoring, Document};
    use crate::draft::Draft;
    use crate::edit::Edit;

    fn refused(incident: &Value, edits: &Value) -> Option<(Option<usize>, String)> {
        let authoring = Authoring {
            actor: [9; 8],
            now: Timestamp::UNIX_EPOCH,
        };
        let draft = Draft::parse(incident, authoring.now).unwrap();
        let edits = Edit::parse_list(edits, authoring.now).unwrap();
        match Document::create_and_edit(&draft, &edits, authoring) {
            Err((at, error)) => Some((at, error.to_string())),
            Ok((_, authored)) => {
                let admission = crate::admit::admit(&[], &[], &authored.chunks);
                assert_eq!(admission.stored.len(), authored.chunks.len());
                None
            }
        }
    }

    #[test]
    fn what_a_hub_would_refuse_as_too_large_is_refused_when_it_is_written() {
        let at = "2026-11-01T09:00:00Z";
        let codes = |count: usize| (0..count).map(|at| format!("m{at}")).collect::<Vec<_>>();
        assert_eq!(
            refused(
                &json!({"reported_at": at, "motives": codes(4_000)}),
                &json!([])
            ),
            None
        );
        let large = [
            (
                "motives",
                json!({"reported_at": at, "motives": codes(4_200)}),
            ),
            (
                "motives",
                json!({"reported_at": at, "motives": codes(20_000)}),
            ),
            (
                "perpetrators",
                json!({"reported_at": at, "perpetrators": vec![json!({"kind": "police", "sex": "male"}); 2_000]}),
            ),
            (
                "consents",
                json!({"reported_at": at, "consents": vec!["hub_response"; 5_000]}),
            ),
            (
                "statements",
                json!({"reported_at": at, "statements": vec![json!({"class": "narrative", "text": "t"}); 5_000]}),
            ),
        ];
        for (field, incident) in large {
            let (at, complaint) = refused(&incident, &json!([])).unwrap();
            assert_eq!(at, None);
            assert!(
                complaint.starts_with(&format!("{field}: too large")),
                "{complaint}"
            );
        }
        let mut unknown = json!({"reported_at": at});
        (0..20).for_each(|at| unknown[format!("f{at}")] = "x".repeat(4_000).into());
        assert!(
            refused(&unknown, &json!([]))
                .unwrap()
                .1
                .contains("too large")
        );
        let edits = vec![json!({"set": {"field": "newer", "value": "x".repeat(4_000)}}); 300];
        let (at, complaint) = refused(&json!({"reported_at": at}), &json!(edits)).unwrap();
        assert!(
            at.is_some_and(|at| at > 200) && complaint.contains("is full"),
            "{complaint}"
        );
    }
}
