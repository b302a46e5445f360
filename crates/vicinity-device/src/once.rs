//! By what an input, a line or an attachment is known again: hashes under a key of the device's own, which is in its encrypted
//! store and nowhere else. Without that key they tell nothing of what was hashed.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use vicinity_core::canonical;
use vicinity_core::ids::IncidentId;
use vicinity_store::device::{DeviceSetting, DeviceStore};

use crate::device::Device;
use crate::error::DeviceError;

/// The key of these hashes.
pub(crate) struct OnceKey([u8; 32]);

impl OnceKey {
    /// The key of an incident that came with an id, and of its edits.
    pub(crate) fn input(
        &self,
        id: IncidentId,
        incident: &Value,
        edits: Option<&Value>,
    ) -> [u8; 32] {
        // No edits and an empty list of them are the same.
        let edits = edits.filter(|edits| edits.as_array().is_none_or(|edits| !edits.is_empty()));
        self.hash(
            b"input",
            &[
                id.as_bytes(),
                &canonical::bytes(incident),
                &edits.map(canonical::bytes).unwrap_or_default(),
            ],
        )
    }

    /// The key of a line: of its content and all lines before it.
    pub(crate) fn line(&self, before: &[u8; 32], content: &[u8]) -> [u8; 32] {
        self.hash(b"line", &[before, content])
    }

    /// The key of a photo or sound, as it is stored, in one incident.
    pub(crate) fn attachment(&self, incident: IncidentId, bytes: &[u8]) -> [u8; 32] {
        self.hash(b"attachment", &[incident.as_bytes(), bytes])
    }

    /// Parts are distinguished by their lengths.
    fn hash(&self, what: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        for part in core::iter::once(&what).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl<S: DeviceStore> Device<S> {
    /// The key, made when it is needed for the first time.
    pub(crate) fn once_key(&mut self) -> Result<OnceKey, DeviceError> {
        if let Some(kept) = self.store.setting(DeviceSetting::OnceKey)? {
            return Ok(OnceKey(
                kept.try_into()
                    .map_err(|_| DeviceError::Damaged("key of what counts once"))?,
            ));
        }
        let key: [u8; 32] = self.machine.bytes();
        self.store
            .set_settings(&[(DeviceSetting::OnceKey, Some(key.to_vec()))])?;
        Ok(OnceKey(key))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_content_has_the_same_hash_under_one_id_and_one_key() {
        let (id, other) = (
            IncidentId::from_random([1; 16]),
            IncidentId::from_random([2; 16]),
        );
        let key = OnceKey([7; 32]);
        let same = key.input(id, &json!({"a": 1, "b": [2]}), None);
        assert_eq!(
            same,
            key.input(id, &json!({"b": [2], "a": 1}), Some(&json!([])))
        );
        let others = [
            key.input(other, &json!({"a": 1, "b": [2]}), None),
            key.input(id, &json!({"a": 1, "b": [2]}), Some(&json!([{}]))),
            key.input(id, &json!({"a": 1}), None),
            OnceKey([8; 32]).input(id, &json!({"a": 1, "b": [2]}), None),
        ];
        assert!(others.iter().all(|hash| *hash != same));
    }

    #[test]
    fn a_line_is_known_by_all_before_it() {
        let key = OnceKey([7; 32]);
        let first = key.line(&[0; 32], b"x");
        assert_ne!(
            first,
            key.line(&first, b"x"),
            "two equal lines of one file are two"
        );
        assert_eq!(
            key.line(&first, b"x"),
            key.line(&key.line(&[0; 32], b"x"), b"x")
        );
        assert_ne!(
            key.line(&[0; 32], b"x"),
            key.attachment(IncidentId::from_bytes([0; 16]), b"x")
        );
    }
}
