//! What one command writes: its changes, its statements, and what waits for enrolment.

use vicinity_core::consent;
use vicinity_core::document::{AuthoredAll, Document, EditError};
use vicinity_core::ids::IncidentId;
use vicinity_core::remark::Remark;
use vicinity_core::time::Timestamp;
use vicinity_core::value::FieldError;
use vicinity_store::device::Written;

use crate::error::DeviceError;

/// The error of one edit of a list, with its place.
pub(crate) fn at_edit((at, error): (usize, Box<EditError>)) -> DeviceError {
    match DeviceError::from(*error) {
        DeviceError::Field(field) => DeviceError::Field(FieldError::new(
            format!("edits[{at}].{}", field.path),
            field.problem,
        )),
        other => other,
    }
}

/// The changes and statements that one command writes.
#[derive(Default)]
pub(crate) struct Work {
    chunks: Vec<Vec<u8>>,
    statements: Vec<(String, Vec<u8>)>,
    pub(crate) unhashed_code: Option<String>,
    /// The keyed hash of a photo or sound.
    attached: Option<[u8; 32]>,
}

impl Work {
    /// Work that brings a photo or sound.
    pub(crate) fn attaching(hash: [u8; 32]) -> Self {
        Self {
            attached: Some(hash),
            ..Self::default()
        }
    }

    /// Takes in what was authored, and gives the remarks on it.
    pub(crate) fn add(&mut self, authored: AuthoredAll) -> Vec<Remark> {
        self.chunks.extend(authored.chunks);
        self.statements.extend(
            authored
                .statements
                .into_iter()
                .map(|(entry, body)| (entry, body.0)),
        );
        authored.remarks
    }

    pub(crate) fn written(
        self,
        incident: IncidentId,
        document: &Document,
        now: Timestamp,
    ) -> Written {
        let view = document.incident();
        let granted = consent::granted(&view, consent::HUB_RESPONSE, now);
        let Self {
            chunks,
            statements,
            unhashed_code,
            attached,
        } = self;
        Written {
            incident,
            chunks,
            heads: document.heads(),
            granted,
            statements,
            unhashed_code,
            attached,
            view,
        }
    }
}
