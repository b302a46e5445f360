//! How a device becomes one of a hub's.

use vicinity_core::ids::DeviceId;
use vicinity_seal::keys::Opener;
use vicinity_store::device::{DeviceStore, Fact};
use vicinity_store::hub::Role;
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::public_key;
use vicinity_sync::message::Refused;
use vicinity_sync::pins::Pins;

use crate::device::Device;
use crate::enrolment::{Enrolling, Enrolment};
use crate::error::{DeviceError, EnrolError};
use crate::lease::Contact;
use crate::link::{Link, LinkFailure};

type Result<T> = core::result::Result<T, DeviceError>;

fn texts(link: &EnrolLink) -> Vec<String> {
    link.addresses.iter().map(ToString::to_string).collect()
}

fn post_enrolment(way: &mut dyn Link, request: &[u8]) -> Result<EnrolAnswer> {
    match way.post(ENROL_PATH, request) {
        Ok(answer) => Ok(enrol::decode::<EnrolAnswer>(&answer)?),
        Err(LinkFailure::Cut) => Err(DeviceError::Unreachable(way.failed())),
        Err(LinkFailure::Refused(Refused::NotEnrolled)) => Err(EnrolError::CodeRefused.into()),
        Err(LinkFailure::Refused(refused)) => Err(refused.into()),
        Err(LinkFailure::Revoked(_)) => Err(Refused::Revoked.into()),
    }
}

impl<S: DeviceStore> Device<S> {
    /// Enrols at the hub of a link; `way` leads to the link's addresses. Durable when this returns. A device that is enrolled may do so again at the same hub, with the keys it has: a hub that was
    /// restored from a backup of before does not know it.
    ///
    /// # Errors
    /// An unreachable hub, a code it does not take, or another hub than the device's.
    pub fn enrol(&mut self, link: &EnrolLink, way: &mut dyn Link) -> Result<Enrolment> {
        let Enrolling { device, secret, opener, .. } = match self.enrolment.clone() {
            None => self.enrolling(EnrolLink::code_hash(&link.code))?,
            Some(own) if self.is_own_hub(&own, link)? => self.enrolling_again(&own)?,
            Some(_) => return Err(EnrolError::AlreadyEnrolled.into()),
        };
        let id: DeviceId = device.parse().map_err(|_| DeviceError::Damaged("enrolling"))?;
        let recipient = Opener::from_secret_string(&opener).map_err(|_| DeviceError::Damaged("enrolling"))?.recipient();
        let request = EnrolRequest::new(link.code, id, public_key(&secret)).with_recipient(recipient.to_string());
        let answer = post_enrolment(way, &enrol::encode(&request))?;
        // National enrols hubs: it has no key to hash survivors' codes with.
        if answer.survivor_key.is_empty() {
            return Err(EnrolError::NotForDevices.into());
        }
        if link.signs.is_some_and(|key| key != answer.hub_key) {
            return Err(EnrolError::OtherSigner.into());
        }
        if self.enrolment.as_ref().is_some_and(|own| own.hub_key != answer.hub_key) {
            return Err(EnrolError::AlreadyEnrolled.into());
        }
        let enrolment = Enrolment {
            pin: link.pin,
            check: EnrolLink::check_digits(&EnrolLink::code_hash(&link.code), &public_key(&secret)),
            addresses: texts(link),
            device,
            secret,
            number: answer.number,
            role: answer.role,
            survivor_key: answer.survivor_key,
            hub_key: answer.hub_key,
            bundle_key: answer.bundle_key,
        };
        let bytes = serde_json::to_vec(&enrolment).map_err(|_| DeviceError::Damaged("enrolment"))?;
        // Whose role it is the hub says; an educator's device forgets the key again.
        let opener = enrolment.is(Role::Responder).then(|| opener.into_bytes());
        let pins = Some(answer.pins).filter(|pins| !pins.is_empty());
        // An enrolment is a contact: the lease begins.
        let contact = Some(Contact::at((self.machine.now)(), 0).encode());
        let facts = [
            (Fact::Enrolment, Some(bytes)),
            (Fact::Opener, opener),
            (Fact::Enrolling, None),
            (Fact::Pins, pins),
            (Fact::Contact, contact),
            (Fact::Zone, answer.zone.map(String::into_bytes)),
        ];
        self.store.set_facts(&facts)?;
        self.enrolment = Some(enrolment.clone());
        self.hash_waiting_codes()?;
        Ok(enrolment)
    }

    /// Whether a link leads to the device's own hub: to the holder of a key that it knows. Without TLS, to where it is.
    fn is_own_hub(&mut self, own: &Enrolment, link: &EnrolLink) -> Result<bool> {
        let known = self.store.fact(Fact::Pins)?.and_then(|bytes| Pins::of_bytes(&bytes));
        Ok(match link.pin {
            None => own.pin.is_none() && own.addresses == texts(link),
            Some(pin) => own.pin == Some(pin) || known.is_some_and(|pins| pins.current == pin || pins.next == pin),
        })
    }

    /// The keys that the device has.
    fn enrolling_again(&mut self, own: &Enrolment) -> Result<Enrolling> {
        let kept = self.store.fact(Fact::Opener)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let opener = kept.unwrap_or_else(|| Opener::generate().to_secret_string().to_string());
        Ok(Enrolling { code: [0; 32], device: own.device.clone(), secret: own.secret, opener })
    }

    /// The keys for a link, durable: the same ones if this link was followed before.
    fn enrolling(&mut self, code: [u8; 32]) -> Result<Enrolling> {
        if let Some(kept) = self.store.fact(Fact::Enrolling)? {
            let kept: Enrolling = serde_json::from_slice(&kept).map_err(|_| DeviceError::Damaged("enrolling"))?;
            if kept.code == code {
                return Ok(kept);
            }
        }
        let device = DeviceId::from_random(self.machine.bytes()).to_string();
        let opener = Opener::generate().to_secret_string().to_string();
        let enrolling = Enrolling { code, device, secret: self.machine.bytes(), opener };
        let bytes = serde_json::to_vec(&enrolling).map_err(|_| DeviceError::Damaged("enrolling"))?;
        self.store.set_facts(&[(Fact::Enrolling, Some(bytes))])?;
        Ok(enrolling)
    }

    /// Forgets the enrolment, for a person who says that the hub is not the one she meant. The hub has the device's key and
    /// nothing else.
    ///
    /// # Errors
    /// Storage.
    pub fn forget_enrolment(&mut self) -> Result<()> {
        self.store.set_facts(&[(Fact::Enrolment, None), (Fact::Contact, None)])?;
        self.enrolment = None;
        Ok(())
    }
}
