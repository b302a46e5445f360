//! The writes that drafts and edits consist of.

use automerge::ScalarValue;

/// One write to a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    Register {
        name: String,
        value: ScalarValue,
    },
    Add {
        set: String,
        code: String,
    },
    Remove {
        set: String,
        code: String,
    },
    Entry {
        map: &'static str,
        id: Option<String>,
        fields: Vec<(String, ScalarValue)>,
    },
}
