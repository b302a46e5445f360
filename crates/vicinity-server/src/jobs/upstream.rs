//! The way to the server above, for a hub to national and for national to the one above it: enrolment, pins, signed posts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vicinity_core::ids::DeviceId;
use vicinity_link::{Answer, Pin, Ways};
use vicinity_store::StoreError;
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::Refused;
use vicinity_sync::pins::Pins;

use crate::machine::Machine;
use crate::settings::Settings;
use crate::storage::writer::{Writer, WriterError};

/// The setting under which a server keeps its enrolment.
pub(crate) const SETTING: &str = "upstream";
/// Bytes of the longest answer that is read.
const ANSWER_MAX_BYTES: u64 = 10 << 20;
/// Seconds before the next try after the n-th failure in a row, at most.
const BACKOFF_MAX_SECONDS: u64 = 120;
/// Seconds that it may ask for at most: a hub that believes more would be silent for days.
const ASKED_MAX_SECONDS: u64 = 3600;

/// Why a contact failed. The next contact continues from there.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// This server's own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This server's own queue.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// The server above refused.
    #[error("the server above refused: {0}")]
    Refused(Refused),
    /// The server above refused, and says after how many seconds it may be asked again.
    #[error("the server above refused: {refused}")]
    Later {
        /// Why.
        refused: Refused,
        /// After how many seconds.
        seconds: u64,
    },
    /// It has revoked this one.
    #[error(
        "the server above has revoked this server and takes nothing more of it: ask whoever runs it"
    )]
    Revoked,
    /// It does not know this server, or the code of the link.
    #[error(
        "the server above does not know this server, or the link was used or is older than ten minutes: start with a new --upstream link"
    )]
    Unknown,
    /// It cannot be reached: its addresses, each with the reason.
    #[error("the server above cannot be reached ({0})")]
    Cut(String),
    /// The link was made for somebody else.
    #[error("the link is one for a {found}: ask for one for a {wanted}")]
    OtherLink {
        /// The role it was made for.
        found: String,
        /// The role that this server has.
        wanted: &'static str,
    },
}

impl From<Refused> for UpstreamError {
    fn from(refused: Refused) -> Self {
        // The words of these are for devices.
        match refused {
            Refused::Revoked => Self::Revoked,
            Refused::NotEnrolled => Self::Unknown,
            other => Self::Refused(other),
        }
    }
}

/// Seconds to wait after that many failures in a row: as long as the server above asks, where that is longer.
#[must_use]
pub fn backoff(failures: u32, error: &UpstreamError) -> u64 {
    let asked = if let UpstreamError::Later { seconds, .. } = error {
        *seconds
    } else {
        0
    };
    (1u64 << failures.min(7))
        .min(BACKOFF_MAX_SECONDS)
        .max(asked.min(ASKED_MAX_SECONDS))
}

/// An enrolment at the server above. The secret is drawn and kept before the first try, so that a cut answer does no harm.
#[derive(Clone, Serialize, Deserialize)]
pub struct Upstream {
    addresses: Vec<String>,
    pin: Option<[u8; 32]>,
    /// Pin of the server's next key; unknown until it has answered once.
    #[serde(default)]
    next_pin: Option<[u8; 32]>,
    /// Code of the link that made this enrolment.
    code: [u8; 16],
    /// Code of a later link whose pin we already trust: it asks for nothing.
    #[serde(default)]
    noted: Option<[u8; 16]>,
    device: String,
    secret: [u8; 32],
    enrolled: bool,
    /// Whether the server above said that it takes nothing more of the key that this one has.
    #[serde(default)]
    revoked: bool,
}

impl Upstream {
    /// The enrolment to use, given the kept one and a link:
    ///
    /// - no link, or the link of the kept enrolment: the kept one.
    /// - a link to the same server with a pin that we trust: the kept one, with the link's addresses.
    /// - a link to a server that revoked this one: a new enrolment with the same device id, since rows belong to it, and a new key.
    /// - a link to one of the same addresses with another pin: a new enrolment with the same device id and key. That server lost its keys.
    /// - any other link: a new enrolment with a new device id.
    fn with(kept: Option<Self>, link: Option<&EnrolLink>, machine: &Machine) -> Option<Self> {
        let Some(link) = link else { return kept };
        let addresses: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        let leads_there = |kept: &Self| {
            kept.addresses
                .iter()
                .any(|address| addresses.contains(address))
        };
        let drawn = || {
            (
                DeviceId::from_random(machine.bytes()).to_string(),
                machine.bytes(),
            )
        };
        let (device, secret) = match kept {
            Some(kept) if kept.code == link.code => return Some(kept),
            // Also where the link's code was noted before this server heard of it: nobody has used that code yet.
            Some(kept) if kept.revoked && leads_there(&kept) => (kept.device, machine.bytes()),
            Some(kept)
                if kept.enrolled
                    && leads_there(&kept)
                    && (kept.noted == Some(link.code) || kept.knows(link.pin)) =>
            {
                // Noted: after two more changes of the key it is still the link that this enrolment stands by.
                return Some(Self {
                    noted: Some(link.code),
                    addresses,
                    ..kept
                });
            }
            Some(kept) if kept.enrolled && leads_there(&kept) => (kept.device, kept.secret),
            _ => drawn(),
        };
        let (pin, code) = (link.pin, link.code);
        Some(Self {
            addresses,
            pin,
            next_pin: None,
            code,
            noted: None,
            device,
            secret,
            enrolled: false,
            revoked: false,
        })
    }

    /// Whether a link's pin is one that we trust. A link without a pin fits a server that is reached without TLS.
    fn knows(&self, pin: Option<[u8; 32]>) -> bool {
        pin == self.pin || (pin.is_some() && pin == self.next_pin)
    }

    /// The pins that are known, both of them.
    #[must_use]
    pub fn pins(&self) -> Option<Pins> {
        Some(Pins {
            current: self.pin?,
            next: self.next_pin?,
        })
    }

    /// Takes the pins of an answer that came from a holder of one of those known. Whether they are others. Who is reached
    /// without TLS stays so.
    pub fn learn(&mut self, pins: Option<Vec<u8>>) -> bool {
        let Some(pins) = pins
            .and_then(|pins| Pins::of_bytes(&pins))
            .filter(|pins| self.pin.is_some() && self.pins() != Some(*pins))
        else {
            return false;
        };
        (self.pin, self.next_pin) = (Some(pins.current), Some(pins.next));
        true
    }
}

/// A server's life at the one above: random at each start, since what it sends may come twice.
pub struct Life {
    incarnation: u64,
    counter: u64,
}

impl Life {
    /// A new one.
    #[must_use]
    pub fn new(machine: &Machine) -> Self {
        Self {
            incarnation: u64::from_be_bytes(machine.bytes()),
            counter: 0,
        }
    }
}

/// The enrolment as a `wanted`, made now if there is a link and none before; `None` for a server that was never joined.
///
/// # Errors
/// The store, the server above, or a link that was made for another role.
pub async fn enrolled<P: Settings + ?Sized + 'static>(
    writer: &Writer<P>,
    machine: &Machine,
    link: Option<&EnrolLink>,
    wanted: &'static str,
) -> Result<Option<Upstream>, UpstreamError> {
    let kept = writer.step(|store| store.get(SETTING)).await??;
    let kept: Option<Upstream> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(mut upstream) = Upstream::with(kept.clone(), link, machine) else {
        return Ok(None);
    };
    if upstream.enrolled {
        if kept.is_some_and(|kept| {
            kept.noted != upstream.noted || kept.addresses != upstream.addresses
        }) {
            keep(writer, &upstream).await?;
        }
        return Ok(Some(upstream));
    }
    // The old enrolment is replaced only after the new one has succeeded: the link may be a used one.
    let stands = kept.is_some_and(|kept| kept.enrolled && kept.device == upstream.device);
    if !stands {
        keep(writer, &upstream).await?;
    }
    let device = upstream
        .device
        .parse()
        .map_err(|_| StoreError::Damaged("upstream"))?;
    let body = enrol::encode(&EnrolRequest::new(
        upstream.code,
        device,
        public_key(&upstream.secret),
    ));
    let answer = post(&upstream, ENROL_PATH, body).await?;
    let answer: EnrolAnswer = enrol::decode(&answer)?;
    if answer.role != wanted {
        // Nothing is kept of it, so that the right link is taken.
        if !stands {
            writer.step(|store| store.set(SETTING, b"")).await??;
        }
        return Err(UpstreamError::OtherLink {
            found: answer.role.chars().take(20).collect(),
            wanted,
        });
    }
    upstream.learn(Some(answer.pins));
    upstream.enrolled = true;
    keep(writer, &upstream).await?;
    Ok(Some(upstream))
}

/// Notes that the server above takes nothing more of this one's key: a new link is to bring another.
///
/// # Errors
/// The store.
pub async fn note_revoked<P: Settings + ?Sized + 'static>(
    writer: &Writer<P>,
) -> Result<(), UpstreamError> {
    let kept = writer.step(|store| store.get(SETTING)).await??;
    match kept.and_then(|bytes| serde_json::from_slice::<Upstream>(&bytes).ok()) {
        Some(kept) if !kept.revoked => {
            keep(
                writer,
                &Upstream {
                    revoked: true,
                    ..kept
                },
            )
            .await
        }
        _ => Ok(()),
    }
}

/// Settings the enrolment as it is now.
///
/// # Errors
/// The store.
pub async fn keep<P: Settings + ?Sized + 'static>(
    writer: &Writer<P>,
    upstream: &Upstream,
) -> Result<(), UpstreamError> {
    let bytes = serde_json::to_vec(upstream).map_err(|_| StoreError::Damaged("upstream"))?;
    Ok(writer
        .step(move |store| store.set(SETTING, &bytes))
        .await??)
}

impl Upstream {
    /// This server's id there.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Posts a signed body and gives the answer's.
    ///
    /// # Errors
    /// The server above refused, or cannot be reached.
    pub async fn send(
        &self,
        life: &mut Life,
        path: &'static str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, UpstreamError> {
        life.counter += 1;
        let device = self
            .device
            .parse()
            .map_err(|_| StoreError::Damaged("upstream"))?;
        let envelope = Envelope::seal(
            &self.secret,
            path,
            device,
            life.incarnation,
            life.counter,
            body,
        );
        post(self, path, envelope.encode()).await
    }
}

async fn post(
    upstream: &Upstream,
    path: &'static str,
    body: Vec<u8>,
) -> Result<Vec<u8>, UpstreamError> {
    let pins: Vec<Pin> = upstream
        .pin
        .into_iter()
        .chain(upstream.next_pin)
        .map(Pin)
        .collect();
    let addresses = upstream.addresses.clone();
    let posted = tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(60)));
        let Answer {
            status,
            body,
            retry_after,
        } = Ways::new(config, &pins, addresses)
            .post(path, &body, ANSWER_MAX_BYTES)
            .map_err(|failures| {
                if vicinity_link::is_other_key(&failures) {
                    UpstreamError::Refused(Refused::OtherKey)
                } else {
                    UpstreamError::Cut(vicinity_link::told(&failures))
                }
            })?;
        if status == ureq::http::StatusCode::OK {
            return Ok(body);
        }
        let refused = Refused::from_code(str::from_utf8(&body).unwrap_or_default())
            .unwrap_or(Refused::Failed);
        Err(match (UpstreamError::from(refused), retry_after) {
            (UpstreamError::Refused(refused), Some(seconds)) => {
                UpstreamError::Later { refused, seconds }
            }
            (error, _) => error,
        })
    });
    posted
        .await
        .unwrap_or_else(|_| Err(UpstreamError::Cut("this server stopped".to_owned())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vicinity_core::time::Timestamp;
    use vicinity_sync::address::Address;

    use super::*;

    fn machine() -> Machine {
        Machine {
            now: Arc::new(|| Timestamp::UNIX_EPOCH),
            running: Arc::new(|| None),
            random: Arc::new(|bytes| bytes.fill(9)),
        }
    }

    fn link(address: &str, code: u8, pin: Option<u8>) -> EnrolLink {
        EnrolLink {
            addresses: Address::split(address).unwrap(),
            code: [code; 16],
            pin: pin.map(|pin| [pin; 32]),
            signs: None,
            keys: None,
        }
    }

    /// Enrolled with code 1 at a server whose keys are 1 and 2.
    fn kept() -> Upstream {
        let device = DeviceId::from_random([1; 16]).to_string();
        Upstream {
            addresses: vec!["above:7310".into()],
            pin: Some([1; 32]),
            next_pin: Some([2; 32]),
            code: [1; 16],
            noted: None,
            device,
            secret: [1; 32],
            enrolled: true,
            revoked: false,
        }
    }

    fn with(link: &EnrolLink) -> Upstream {
        Upstream::with(Some(kept()), Some(link), &machine()).unwrap()
    }

    #[test]
    fn a_server_waits_as_long_as_the_one_above_asks_and_an_hour_at_most() {
        let later = |seconds| UpstreamError::Later {
            refused: Refused::SlowDown,
            seconds,
        };
        let cut = || UpstreamError::Cut(String::new());
        for (failures, error, waited) in [
            (1, cut(), 2),
            (3, cut(), 8),
            (7, cut(), 120),
            (u32::MAX, cut(), 120),
            (3, UpstreamError::Refused(Refused::SlowDown), 8),
            (1, later(0), 2),
            (1, later(1), 2),
            (1, later(60), 60),
            (7, later(60), 120),
            (7, later(600), 600),
            (1, later(3600), 3600),
            (1, later(3601), 3600),
            (1, later(u64::MAX), 3600),
        ] {
            assert_eq!(backoff(failures, &error), waited, "{failures} {error:?}");
        }
    }

    #[test]
    fn an_enrolment_stands_whose_code_or_key_the_link_names() {
        assert!(Upstream::with(None, None, &machine()).is_none());
        assert!(
            Upstream::with(Some(kept()), None, &machine())
                .unwrap()
                .enrolled
        );
        let used = with(&link("above:7310", 1, Some(7)));
        assert!(
            used.enrolled && used.pin == kept().pin,
            "what it has learnt since is newer than the link"
        );
        for pin in [1, 2] {
            let stands = with(&link("above:7310", 5, Some(pin)));
            assert!(stands.enrolled && stands.pin == kept().pin && stands.noted == Some([5; 16]));
            let after = Upstream {
                pin: Some([8; 32]),
                next_pin: Some([9; 32]),
                ..stands
            };
            assert!(
                Upstream::with(
                    Some(after),
                    Some(&link("above:7310", 5, Some(pin))),
                    &machine()
                )
                .unwrap()
                .enrolled,
                "keys changed since"
            );
        }
    }

    #[test]
    fn a_link_with_another_key_enrols_at_the_same_address_as_who_it_was_and_elsewhere_as_somebody_new()
     {
        for pin in [Some(3), None] {
            let again = with(&link("above:7310", 5, pin));
            assert!(
                !again.enrolled
                    && again.pin == pin.map(|pin| [pin; 32])
                    && again.next_pin.is_none()
            );
            assert_eq!(
                (again.code, &again.device, again.secret),
                ([5; 16], &kept().device, kept().secret)
            );
        }
        let revoked = Upstream {
            revoked: true,
            ..kept()
        };
        assert!(
            Upstream::with(
                Some(revoked.clone()),
                Some(&link("above:7310", 1, Some(1))),
                &machine()
            )
            .unwrap()
            .revoked,
            "the old link brings nothing"
        );
        // A hub that was restored learns of it only after the new link was noted.
        for noted in [None, Some([5; 16])] {
            let revoked = Upstream {
                noted,
                ..revoked.clone()
            };
            let again = Upstream::with(
                Some(revoked),
                Some(&link("above:7310", 5, Some(1))),
                &machine(),
            )
            .unwrap();
            assert!(
                !again.enrolled
                    && !again.revoked
                    && again.device == kept().device
                    && again.secret != kept().secret
            );
        }
        let moved = with(&link("new.example:443,ABOVE:7310", 5, Some(1)));
        assert!(
            moved.enrolled && moved.addresses == ["new.example:443", "above:7310"],
            "the same server by one address more"
        );
        let elsewhere = with(&link("other:7310", 5, Some(1)));
        assert!(
            !elsewhere.enrolled
                && elsewhere.device != kept().device
                && elsewhere.secret != kept().secret
        );
    }
}
