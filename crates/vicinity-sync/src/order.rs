//! Orders of a hub's to its devices: erase an incident, wipe yourself. Both are signed with the hub's key, which a device
//! got when it enrolled: nobody on the way, and no server that took the hub's place, can destroy what a device holds.
//!
//! An order to erase names the incident alone, so that a device can keep it as a tombstone and show it to the hub
//! itself, should that be restored from a backup that does not know of the erasure. A device cannot make one: a stolen
//! phone cannot have incidents erased by claiming that they were.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use vicinity_core::batch::Erasure;
use vicinity_core::hex;
use vicinity_core::ids::{DeviceId, IncidentId};

use crate::message::Refused;

const ERASE_DOMAIN: &[u8] = b"vicinity-erase-v1";
const WIPE_DOMAIN: &[u8] = b"vicinity-wipe-v1";

/// An order to erase an incident, signed with the hub's secret.
#[must_use]
pub fn sign_erasure(hub_secret: &[u8; 32], incident: IncidentId) -> Erasure {
    Erasure {
        incident,
        proof: SigningKey::from_bytes(hub_secret)
            .sign(&erased(incident))
            .to_bytes(),
    }
}

/// Whether the hub with this key ordered it.
#[must_use]
pub fn is_ordered(erasure: &Erasure, hub_key: &[u8; 32]) -> bool {
    is_signed(hub_key, &erased(erasure.incident), &erasure.proof)
}

fn erased(incident: IncidentId) -> Vec<u8> {
    [ERASE_DOMAIN, incident.as_bytes()].concat()
}

fn is_signed(key: &[u8; 32], text: &[u8], proof: &[u8; 64]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key) else {
        return false;
    };
    key.verify_strict(text, &Signature::from_bytes(proof))
        .is_ok()
}

/// An order to a revoked device to wipe itself, in answer to one request: it is good for no other device, and for no
/// other request of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WipeOrder([u8; 64]);

impl WipeOrder {
    /// The order, signed with the hub's secret, in answer to the request of that life and counter.
    #[must_use]
    pub fn sign(hub_secret: &[u8; 32], device: DeviceId, incarnation: u64, counter: u64) -> Self {
        Self(
            SigningKey::from_bytes(hub_secret)
                .sign(&wiped(device, incarnation, counter))
                .to_bytes(),
        )
    }

    /// Whether the hub with this key gave it in answer to that request.
    #[must_use]
    pub fn is_of(
        &self,
        hub_key: &[u8; 32],
        device: DeviceId,
        incarnation: u64,
        counter: u64,
    ) -> bool {
        is_signed(hub_key, &wiped(device, incarnation, counter), &self.0)
    }

    /// The body of the refusal that carries it: the code, a space, the proof in hexadecimal.
    #[must_use]
    pub fn to_body(&self) -> String {
        format!("{} {}", Refused::Revoked.code(), hex::write(&self.0))
    }

    /// The order that a refusal's body carries, if it carries one.
    #[must_use]
    pub fn of_body(body: &[u8]) -> Option<Self> {
        let (code, proof) = str::from_utf8(body).ok()?.split_once(' ')?;
        if code == Refused::Revoked.code() {
            hex::read(proof).map(Self)
        } else {
            None
        }
    }
}

fn wiped(device: DeviceId, incarnation: u64, counter: u64) -> Vec<u8> {
    [
        WIPE_DOMAIN,
        device.as_bytes(),
        &incarnation.to_be_bytes(),
        &counter.to_be_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::public_key;

    const HUB: [u8; 32] = [7; 32];

    #[test]
    fn an_order_to_wipe_is_good_for_one_device_and_one_request_of_one_hub() {
        let (device, other) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let key = public_key(&HUB);
        let order = WipeOrder::sign(&HUB, device, 3, 4);
        assert!(order.is_of(&key, device, 3, 4));
        assert!(
            !order.is_of(&key, other, 3, 4)
                && !order.is_of(&key, device, 9, 4)
                && !order.is_of(&key, device, 3, 5)
        );
        assert!(!order.is_of(&public_key(&[8; 32]), device, 3, 4));
    }

    #[test]
    fn an_order_to_wipe_comes_back_from_its_body_and_from_nothing_else() {
        let order = WipeOrder::sign(&HUB, DeviceId::from_bytes([1; 16]), 3, 4);
        let body = order.to_body();
        assert_eq!(WipeOrder::of_body(body.as_bytes()), Some(order));
        for other in [
            "revoked",
            "",
            "revoked ",
            &body[..body.len() - 1],
            &body.replace("revoked", "failed"),
        ] {
            assert_eq!(WipeOrder::of_body(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn an_order_to_erase_is_good_for_one_incident_of_one_hub() {
        let order = sign_erasure(&HUB, IncidentId::from_bytes([1; 16]));
        assert!(
            is_ordered(&order, &public_key(&HUB)) && !is_ordered(&order, &public_key(&[8; 32]))
        );
        assert!(!is_ordered(
            &Erasure {
                incident: IncidentId::from_bytes([2; 16]),
                ..order
            },
            &public_key(&HUB)
        ));
    }
}
