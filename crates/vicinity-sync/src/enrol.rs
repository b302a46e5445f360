//! Enrolment: a link with a one-time code, one request, one answer.
//!
//! The link is opaque to people and scripts. It says where the server listens, and which key it has: the device that follows it
//! talks to the holder of that key or to nobody.

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use vicinity_core::ids::DeviceId;
use vicinity_core::{hex, text};

use crate::address::Address;
use crate::compress;
use crate::message::Refused;

/// Where devices enrol.
pub const ENROL_PATH: &str = "/v1/enrol";

const SCHEME: &str = "vicinity:4:";
/// Instead of a pin, for a server without TLS on this machine.
const PLAIN: &str = "plain";
/// Instead of a signing key, for a server that signs nothing.
const NONE: &str = "none";
/// Bytes of [`KeyAnchor`] in a link.
const ANCHOR_BYTES: usize = 34;
/// Addresses in one link: a device tries each.
pub const ADDRESSES_MAX: usize = 8;

/// An enrolment link: version, one-time code, key of the server, key of its signatures, where it is.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolLink {
    /// Where the server is reached, the first one first.
    pub addresses: Vec<Address>,
    /// The one-time code.
    pub code: [u8; 16],
    /// SHA-256 of the server's public key; `None` for plain HTTP on loopback.
    pub pin: Option<[u8; 32]>,
    /// The public key of a hub's signatures; `None` from national, which signs nothing.
    pub signs: Option<[u8; 32]>,
    /// From where the device trusts the chain of key approvals; `None` before the first responder enrolled, and from national.
    pub keys: Option<KeyAnchor>,
}

/// From where a device trusts its hub's chain of key approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAnchor {
    /// The first half of the hash of the root that the device is to trust.
    pub root: [u8; 16],
    /// How many entries the chain has.
    pub length: u16,
    /// The first half of the hash of the last one.
    pub head: [u8; 16],
}

impl KeyAnchor {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ANCHOR_BYTES] {
        let mut bytes = [0; ANCHOR_BYTES];
        bytes[..16].copy_from_slice(&self.root);
        bytes[16..18].copy_from_slice(&self.length.to_be_bytes());
        bytes[18..].copy_from_slice(&self.head);
        bytes
    }

    /// The anchor of the bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8; ANCHOR_BYTES]) -> Self {
        let (mut root, mut head) = ([0; 16], [0; 16]);
        root.copy_from_slice(&bytes[..16]);
        head.copy_from_slice(&bytes[18..]);
        Self {
            root,
            length: u16::from_be_bytes([bytes[16], bytes[17]]),
            head,
        }
    }
}

/// A text that is no enrolment link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Something else.
    #[error("not an enrolment link: expected what `invite` printed, beginning with vicinity:4:")]
    Form,
    /// Without a pin, and to another machine.
    #[error(
        "a link without a pin is good on one machine only: nothing would be encrypted on the way; start the server without --plain-http"
    )]
    Plain,
}

impl EnrolLink {
    /// The link as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let pin = self
            .pin
            .map_or_else(|| PLAIN.to_owned(), |pin| hex::write(&pin));
        let signs = self
            .signs
            .map_or_else(|| NONE.to_owned(), |key| hex::write(&key));
        let keys = self
            .keys
            .map_or_else(|| NONE.to_owned(), |keys| hex::write(&keys.to_bytes()));
        format!(
            "{SCHEME}{}:{pin}:{signs}:{keys}:{}",
            hex::write(&self.code),
            Address::join(&self.addresses)
        )
    }

    /// The link of a text.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, BadLink> {
        // A link that went through a messenger may have been broken into lines, got invisible marks, or capitals.
        let text = text::secret_digits(text);
        let (scheme, rest) = text.split_at_checked(SCHEME.len()).ok_or(BadLink::Form)?;
        let mut parts = rest.splitn(5, ':');
        let (Some(code), Some(pin), Some(signs), Some(keys), Some(addresses)) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(BadLink::Form);
        };
        let key = |text: &str, none: &str| {
            if text.eq_ignore_ascii_case(none) {
                Ok(None)
            } else {
                hex::read(text).map(Some).ok_or(BadLink::Form)
            }
        };
        let (pin, signs) = (key(pin, PLAIN)?, key(signs, NONE)?);
        let keys = if keys.eq_ignore_ascii_case(NONE) {
            None
        } else {
            let bytes = hex::read(keys).ok_or(BadLink::Form)?;
            Some(KeyAnchor::of_bytes(&bytes))
        };
        let addresses = Address::split(addresses).map_err(|_| BadLink::Form)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) || addresses.len() > ADDRESSES_MAX {
            return Err(BadLink::Form);
        }
        if pin.is_none() && !addresses.iter().all(Address::is_loopback) {
            return Err(BadLink::Plain);
        }
        Ok(Self {
            addresses,
            code: hex::read(code).ok_or(BadLink::Form)?,
            pin,
            signs,
            keys,
        })
    }

    /// What both ends show after an enrolment, so that people can compare it: six digits of the code and of the key that
    /// enrolled with it.
    #[must_use]
    pub fn check_digits(code_hash: &[u8; 32], device_key: &[u8; 32]) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"vicinity-enrolment-check-v1");
        hasher.update(code_hash);
        hasher.update(device_key);
        let hash: [u8; 32] = hasher.finalize().into();
        let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % 1_000_000;
        format!("{:03} {:03}", number / 1000, number % 1000)
    }

    /// What a server keeps of the code.
    #[must_use]
    pub fn code_hash(code: &[u8; 16]) -> [u8; 32] {
        Sha256::digest(code).into()
    }
}

/// A request to enrol.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolRequest {
    /// The one-time code.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub code: [u8; 16],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    device: [u8; 16],
    /// The public key that proves the device's requests from now on.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The public key that statements are sealed to, should the device become a responder's.
    #[n(3)]
    pub recipient: Option<String>,
    /// An entry that begins the hub's chain of key approvals, should the device become its first responder's. Empty where the link
    /// names a chain.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub root: Option<Vec<u8>>,
}

/// The answer to it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EnrolAnswer {
    /// The device's number there.
    #[n(0)]
    pub number: u32,
    /// Its role.
    #[n(1)]
    pub role: String,
    /// The key under which survivor codes are hashed, the same on all devices of a hub; empty from national.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub survivor_key: Vec<u8>,
    /// The public key of the hub's signatures: orders to erase and to wipe, key sets; zeros from national.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub hub_key: [u8; 32],
    /// The public key that bundles are encrypted to, `age1…`; empty from national.
    #[n(4)]
    pub bundle_key: String,
    /// The pins of the server's keys, present and next; empty without TLS.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub pins: Vec<u8>,
    /// The name of the hub's time zone; none from national, and where the hub has none.
    #[n(6)]
    pub zone: Option<String>,
    /// The entry that begins the hub's chain of key approvals, if it is this device's.
    #[n(7)]
    #[cbor(with = "minicbor::bytes")]
    pub root: Option<Vec<u8>>,
}

impl EnrolRequest {
    /// A request.
    #[must_use]
    pub fn new(code: [u8; 16], device: DeviceId, key: [u8; 32]) -> Self {
        Self {
            code,
            device: *device.as_bytes(),
            key,
            recipient: None,
            root: None,
        }
    }

    /// The same, with the public key that statements are to be sealed to.
    #[must_use]
    pub fn with_recipient(self, recipient: String) -> Self {
        Self {
            recipient: Some(recipient),
            ..self
        }
    }

    /// The same, with an entry that begins the chain of key approvals.
    #[must_use]
    pub fn with_root(self, root: Vec<u8>) -> Self {
        Self {
            root: Some(root),
            ..self
        }
    }

    /// Who enrols.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::from_bytes(self.device)
    }
}

/// The compressed frame of an enrolment message.
#[must_use]
pub fn encode<T: Encode<()>>(message: &T) -> Vec<u8> {
    crate::uplink::encode(message)
}

/// The message of a compressed frame.
///
/// # Errors
/// Any other bytes.
pub fn decode<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, Refused> {
    if body.len() > 1024 || compress::inflate(body).is_err() {
        return Err(Refused::Malformed);
    }
    crate::uplink::decode(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(addresses: &str, pin: Option<u8>, signs: Option<u8>) -> EnrolLink {
        let key = |number: Option<u8>| number.map(|number| [number; 32]);
        EnrolLink {
            addresses: Address::split(addresses).unwrap(),
            code: [0xab; 16],
            pin: key(pin),
            signs: key(signs),
            keys: signs.map(|number| KeyAnchor {
                root: [number; 16],
                length: 258,
                head: [number + 1; 16],
            }),
        }
    }

    #[test]
    fn a_link_comes_back_from_its_text_with_names_and_several_addresses() {
        for link in [
            link(
                "hub.local:7311,[fd00::1]:7311,192.168.8.10:7311",
                Some(1),
                Some(2),
            ),
            link("127.0.0.1:1", None, None),
        ] {
            let text = link.to_text();
            assert!(
                EnrolLink::parse(&text).is_ok_and(|read| read == link),
                "{text}"
            );
            assert!(
                EnrolLink::parse(&format!(" {}\n", text.to_uppercase()))
                    .is_ok_and(|read| read == link),
                "in capitals, as some messengers make it"
            );
        }
        assert!(
            link("hub.local:7311", Some(1), Some(2))
                .to_text()
                .ends_with(":hub.local:7311")
        );
    }

    #[test]
    fn what_is_no_link_and_what_would_go_in_clear_to_another_machine_is_refused() {
        let good = link("hub.local:1", Some(1), None).to_text();
        let nine = ["a:1"; ADDRESSES_MAX + 1].join(",");
        for text in [
            "",
            "vicinity:4:",
            &good.replace(":4:", ":3:"),
            &good.replace("hub.local:1", ""),
            &good.replace("hub.local:1", "0.0.0.0:1"),
            &good.replace("hub.local:1", &nine),
        ] {
            assert_eq!(EnrolLink::parse(text).err(), Some(BadLink::Form), "{text}");
        }
        for elsewhere in ["hub.local:1", "127.0.0.1:1,192.168.8.10:1"] {
            assert_eq!(
                EnrolLink::parse(&link(elsewhere, None, None).to_text()).err(),
                Some(BadLink::Plain),
                "{elsewhere}"
            );
        }
    }
}
