//! How a device becomes one of a hub's.

use vicinity_core::ids::DeviceId;
use vicinity_seal::SigningKey;
use vicinity_seal::approvals::{self, Act, Chain, Holder};
use vicinity_seal::keys::Opener;
use vicinity_store::device::{DeviceSetting, DeviceStore};
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

/// An enrolment whose answer is still to come.
pub struct BegunEnrolment {
    link: EnrolLink,
    keys: Enrolling,
}

impl<S: DeviceStore> Device<S> {
    /// Enrols at the hub of a link; `way` leads to the link's addresses. Durable when this returns. A device that is enrolled may enrol
    /// again at the same hub, with the keys it has: a hub that was restored from an older backup does not know it.
    ///
    /// # Errors
    /// An unreachable hub, a code it does not take, or another hub than the device's.
    pub fn enrol(&mut self, link: &EnrolLink, way: &mut dyn Link) -> Result<Enrolment> {
        let (begun, body) = self.begin_enrol(link)?;
        match way.post(ENROL_PATH, &body) {
            Err(LinkFailure::Cut) => Err(DeviceError::Unreachable(way.failed())),
            answer => self.finish_enrol(begun, answer),
        }
    }

    /// Begins an enrolment: the body that its host posts to [`ENROL_PATH`]. The keys in it are durable when this returns, and the same link
    /// begins with the same keys.
    ///
    /// # Errors
    /// Another hub than the device's, or storage.
    pub fn begin_enrol(&mut self, link: &EnrolLink) -> Result<(BegunEnrolment, Vec<u8>)> {
        let keys = match self.enrolment.clone() {
            None => self.enrolling(EnrolLink::code_hash(&link.code))?,
            Some(own) if self.is_own_hub(&own, link)? => self.enrolling_again(&own)?,
            Some(_) => return Err(EnrolError::AlreadyEnrolled.into()),
        };
        let id: DeviceId = keys
            .device
            .parse()
            .map_err(|_| DeviceError::Damaged("enrolling"))?;
        let recipient = Opener::from_secret_string(&keys.opener)
            .map_err(|_| DeviceError::Damaged("enrolling"))?
            .recipient();
        let mut request = EnrolRequest::new(link.code, id, public_key(&keys.secret))
            .with_recipient(recipient.to_string());
        // The first responder's device begins the chain of key approvals, in the same step as its enrolment.
        if let (None, Some(hub_key)) = (link.keys, link.signs) {
            let holder = Holder {
                device: *id.as_bytes(),
                key: public_key(&keys.secret),
                recipient,
            };
            let (secret, now) = (SigningKey::from_bytes(&keys.secret), (self.machine.now)());
            let root = Chain::new(hub_key).sign(Act::Root(holder), now.as_second(), &secret);
            request = request.with_root(approvals::encode(&[root]));
        }
        Ok((
            BegunEnrolment {
                link: link.clone(),
                keys,
            },
            enrol::encode(&request),
        ))
    }

    /// Finishes an enrolment with the result of the post. Durable when this returns.
    ///
    /// # Errors
    /// As [`Self::enrol`].
    pub fn finish_enrol(
        &mut self,
        begun: BegunEnrolment,
        answer: core::result::Result<Vec<u8>, LinkFailure>,
    ) -> Result<Enrolment> {
        let BegunEnrolment { link, keys } = begun;
        let answer: EnrolAnswer = match answer {
            Ok(answer) => enrol::decode(&answer)?,
            Err(LinkFailure::Cut) => return Err(DeviceError::Unreachable(String::new())),
            Err(LinkFailure::Refused(Refused::NotEnrolled)) => {
                return Err(EnrolError::CodeRefused.into());
            }
            Err(LinkFailure::Refused(refused)) => return Err(refused.into()),
            Err(LinkFailure::Revoked(_)) => return Err(Refused::Revoked.into()),
        };
        self.check_answer(&link, &answer)?;
        self.keep_enrolment(&link, keys, answer)
    }

    /// Whether an answer is of the link's hub, and of this device's.
    fn check_answer(
        &self,
        link: &EnrolLink,
        answer: &EnrolAnswer,
    ) -> core::result::Result<(), EnrolError> {
        // National enrols hubs: it has no key to hash survivors' codes with.
        if answer.survivor_key.is_empty() {
            return Err(EnrolError::NotForDevices);
        }
        if link.signs.is_some_and(|key| key != answer.hub_key) {
            return Err(EnrolError::OtherSigner);
        }
        if self
            .enrolment
            .as_ref()
            .is_some_and(|own| own.hub_key != answer.hub_key)
        {
            return Err(EnrolError::AlreadyEnrolled);
        }
        Ok(())
    }

    fn keep_enrolment(
        &mut self,
        link: &EnrolLink,
        keys: Enrolling,
        answer: EnrolAnswer,
    ) -> Result<Enrolment> {
        let Enrolling {
            device,
            secret,
            opener,
            ..
        } = keys;
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
        let bytes =
            serde_json::to_vec(&enrolment).map_err(|_| DeviceError::Damaged("enrolment"))?;
        // The hub decides the role; an educator's device forgets the key again.
        let opener = enrolment.is(Role::Responder).then(|| opener.into_bytes());
        let pins = Some(answer.pins).filter(|pins| !pins.is_empty());
        // An enrolment is a contact: the lease begins.
        let contact = Some(Contact::at((self.machine.now)(), 0).encode());
        let mut facts = vec![
            (DeviceSetting::Enrolment, Some(bytes)),
            (DeviceSetting::Opener, opener),
            (DeviceSetting::Enrolling, None),
            (DeviceSetting::Pins, pins),
            (DeviceSetting::Contact, contact),
            (DeviceSetting::Zone, answer.zone.map(String::into_bytes)),
        ];
        // Enrolled again, it trusts what it trusted: a hub that turned since could name a root of its own.
        if let Some(anchor) = link.keys.filter(|_| self.enrolment.is_none()) {
            facts.push((DeviceSetting::KeyAnchor, Some(anchor.to_bytes().to_vec())));
            facts.push((DeviceSetting::KeyRoot, Some(anchor.root.to_vec())));
        }
        // The first responder's device knows from now on with what the chain begins.
        let began = answer
            .root
            .filter(|_| self.enrolment.is_none() && enrolment.is(Role::Responder))
            .and_then(|bytes| Chain::of(enrolment.hub_key, approvals::decode(&bytes).ok()?).ok());
        if let Some(chain) = began
            && let Some((root, holder)) = chain.newest_root()
            && holder.key == public_key(&enrolment.secret)
        {
            let entries = approvals::encode(chain.entries());
            facts.push((DeviceSetting::KeyChain, Some(entries)));
            facts.push((DeviceSetting::KeyRoot, Some(root.to_vec())));
        }
        self.store.set_settings(&facts)?;
        self.enrolment = Some(enrolment.clone());
        self.hash_waiting_codes()?;
        Ok(enrolment)
    }

    /// Whether a link leads to the device's own hub: to the holder of a key that it knows. Without TLS, to where it is.
    fn is_own_hub(&mut self, own: &Enrolment, link: &EnrolLink) -> Result<bool> {
        let known = self
            .store
            .setting(DeviceSetting::Pins)?
            .and_then(|bytes| Pins::of_bytes(&bytes));
        Ok(match link.pin {
            None => own.pin.is_none() && own.addresses == texts(link),
            Some(pin) => {
                own.pin == Some(pin)
                    || known.is_some_and(|pins| pins.current == pin || pins.next == pin)
            }
        })
    }

    /// The keys that the device has.
    fn enrolling_again(&mut self, own: &Enrolment) -> Result<Enrolling> {
        let kept = self
            .store
            .setting(DeviceSetting::Opener)?
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let opener = kept.unwrap_or_else(|| Opener::generate().to_secret_string().to_string());
        Ok(Enrolling {
            code: [0; 32],
            device: own.device.clone(),
            secret: own.secret,
            opener,
        })
    }

    /// The keys for a link, durable: the same ones if this link was followed before.
    fn enrolling(&mut self, code: [u8; 32]) -> Result<Enrolling> {
        if let Some(kept) = self.store.setting(DeviceSetting::Enrolling)? {
            let kept: Enrolling =
                serde_json::from_slice(&kept).map_err(|_| DeviceError::Damaged("enrolling"))?;
            if kept.code == code {
                return Ok(kept);
            }
        }
        let device = DeviceId::from_random(self.machine.bytes()).to_string();
        let opener = Opener::generate().to_secret_string().to_string();
        let enrolling = Enrolling {
            code,
            device,
            secret: self.machine.bytes(),
            opener,
        };
        let bytes =
            serde_json::to_vec(&enrolling).map_err(|_| DeviceError::Damaged("enrolling"))?;
        self.store
            .set_settings(&[(DeviceSetting::Enrolling, Some(bytes))])?;
        Ok(enrolling)
    }

    /// Forgets the enrolment, for a person who says that the hub is not the one she meant. The hub has the device's key and
    /// nothing else.
    ///
    /// # Errors
    /// Storage.
    pub fn forget_enrolment(&mut self) -> Result<()> {
        self.store.set_settings(&[
            (DeviceSetting::Enrolment, None),
            (DeviceSetting::Contact, None),
            (DeviceSetting::KeyChain, None),
            (DeviceSetting::KeyRoot, None),
            (DeviceSetting::KeyAnchor, None),
            (DeviceSetting::KeyFork, None),
            (DeviceSetting::KeyActs, None),
            (DeviceSetting::KeysAtHub, None),
        ])?;
        self.enrolment = None;
        Ok(())
    }
}
