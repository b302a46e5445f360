//! Whose keys open statements, as the device's person sees it and decides it.

use vicinity_core::time::Timestamp;
use vicinity_seal::approvals::{self, Act, Holder};
use vicinity_seal::keys::Recipient;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_store::hub::Role;
use vicinity_sync::envelope::public_key;
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{StatementAnswer, StatementRequest, WaitingKey};

use crate::device::Device;
use crate::error::{DeviceError, KeyError};
use crate::key_set;
use crate::link::Link;
use crate::rewrapping;

type Result<T> = core::result::Result<T, DeviceError>;

/// A key that may open statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedKey {
    /// The digits that its device shows.
    pub digits: String,
    /// Whether it is this device's.
    pub is_own: bool,
    /// Whether it is the recovery key.
    pub is_recovery: bool,
    /// When it was approved, by the clock of who approved it.
    pub since: Option<Timestamp>,
    /// The digits of the key that approved it; `None` for the first one, and where that key was removed since.
    pub by: Option<String>,
}

/// How a device stands to its hub's keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyStatus {
    /// This device's own digits; `None` on an educator's.
    pub own: Option<String>,
    /// Keys that this device seals to.
    pub approved: Vec<ApprovedKey>,
    /// The digits of a first responder's device that a person has to compare before this device seals to it.
    pub to_compare: Option<String>,
    /// Whether the hub's chain contradicts this device's: nothing is sealed.
    pub fork: bool,
    /// Approvals and removals that the hub has not confirmed.
    pub unsent: usize,
}

/// A key that waits for an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyToApprove {
    /// The device's number at the hub; `None` for a recovery key.
    pub number: Option<u32>,
    /// Its name at the hub.
    pub name: Option<String>,
    /// The digits that its screen must show.
    pub digits: String,
}

/// The digits alone, in the form in which they are compared.
fn plain(digits: &str) -> String {
    vicinity_core::text::secret_digits(digits).to_string()
}

impl<S: DeviceStore> Device<S> {
    /// Whose keys open what this device seals.
    ///
    /// # Errors
    /// Not enrolled, or storage.
    pub fn key_status(&mut self) -> Result<KeyStatus> {
        let hub_key = self.identity()?.hub_key;
        let keys = key_set::keys(&mut self.store, &hub_key)?;
        let (own, view) = (self.own_holder()?, keys.view());
        let digits_of = |key: &[u8; 32]| {
            view.approved
                .iter()
                .find(|known| known.holder.key == *key)
                .map(|known| known.holder.digits(&hub_key))
        };
        let forked_root = keys.fork.as_ref().and_then(|fork| fork.newest_root());
        let to_compare = forked_root
            .filter(|(mark, _)| keys.root != Some(*mark))
            .or_else(|| view.waiting.clone())
            .map(|(_, holder)| holder.digits(&hub_key));
        let approved = view.approved.iter().map(|known| ApprovedKey {
            digits: known.holder.digits(&hub_key),
            is_own: own.as_ref() == Some(&known.holder),
            is_recovery: known.holder.is_recovery(),
            since: Timestamp::from_second(known.at).ok(),
            by: Some(known.by)
                .filter(|by| *by != known.holder.key)
                .and_then(|by| digits_of(&by)),
        });
        Ok(KeyStatus {
            own: own.as_ref().map(|own| own.digits(&hub_key)),
            approved: approved.collect(),
            to_compare,
            fork: keys.fork.is_some(),
            unsent: keys.acts.len(),
        })
    }

    /// Keys that wait for an approval, as the hub has them.
    ///
    /// # Errors
    /// Not a responder's device, or a hub that refuses.
    pub fn keys_to_approve(&mut self, link: &mut dyn Link) -> Result<Vec<KeyToApprove>> {
        let hub_key = self.identity()?.hub_key;
        let waiting = self.holders_to_approve(link)?;
        Ok(waiting
            .into_iter()
            .map(|(waiting, holder)| KeyToApprove {
                number: Some(waiting.number).filter(|number| *number > 0),
                name: waiting.name,
                digits: holder.digits(&hub_key),
            })
            .collect())
    }

    /// Approves the key whose own screen shows these digits. The next sync, or bundle, brings the approval to the hub. Durable when
    /// this returns.
    ///
    /// # Errors
    /// This device is not approved, no waiting key has these digits, or a hub that refuses.
    pub fn approve(&mut self, link: &mut dyn Link, digits: &str) -> Result<KeyToApprove> {
        let hub_key = self.identity()?.hub_key;
        self.check_approved(&hub_key)?;
        let (waiting, holder) = self
            .holders_to_approve(link)?
            .into_iter()
            .find(|(_, holder)| plain(&holder.digits(&hub_key)) == plain(digits))
            .ok_or(KeyError::OtherDigits)?;
        let shown = KeyToApprove {
            number: Some(waiting.number).filter(|number| *number > 0),
            name: waiting.name,
            digits: holder.digits(&hub_key),
        };
        self.intend(&hub_key, Act::Approve(holder))?;
        Ok(shown)
    }

    /// Removes an approved key, by its digits. Durable when this returns; the next sync brings it to the hub.
    ///
    /// # Errors
    /// This device is not approved, or no approved key has these digits.
    pub fn remove_key(&mut self, digits: &str) -> Result<()> {
        let hub_key = self.identity()?.hub_key;
        self.check_approved(&hub_key)?;
        let view = key_set::keys(&mut self.store, &hub_key)?.view();
        let key = view
            .approved
            .iter()
            .find(|known| plain(&known.holder.digits(&hub_key)) == plain(digits))
            .map(|known| known.holder.key)
            .ok_or(KeyError::OtherDigits)?;
        self.intend(&hub_key, Act::Remove(key))
    }

    /// Trusts a first responder's device whose own screen shows these digits: where this device enrolled before her, where a new one began
    /// because no approved device is left, and where the hub's chain contradicts this device's. Durable when this returns.
    ///
    /// # Errors
    /// Nothing to compare, or other digits.
    pub fn trust_root(&mut self, digits: &str) -> Result<()> {
        let hub_key = self.identity()?.hub_key;
        let keys = key_set::keys(&mut self.store, &hub_key)?;
        let is_same = |holder: &Holder| plain(&holder.digits(&hub_key)) == plain(digits);
        let clear = [
            DeviceSetting::KeyFork,
            DeviceSetting::KeyAnchor,
            DeviceSetting::KeysAtHub,
        ]
        .map(|setting| (setting, None));
        let own = keys.view().waiting;
        let other = keys.fork.as_ref().and_then(|fork| fork.newest_root());
        if own.is_none() && other.is_none() {
            return Err(KeyError::NothingToCompare.into());
        }
        let mut facts = clear.to_vec();
        if let Some((mark, _)) = other.filter(|(_, holder)| is_same(holder)) {
            let entries = keys
                .fork
                .as_ref()
                .map(|fork| approvals::encode(fork.entries()));
            facts.push((DeviceSetting::KeyChain, entries));
            facts.push((DeviceSetting::KeyRoot, Some(mark.to_vec())));
        } else if let Some((mark, _)) = own.filter(|(_, holder)| is_same(holder)) {
            facts.push((DeviceSetting::KeyRoot, Some(mark.to_vec())));
        } else {
            return Err(KeyError::OtherDigits.into());
        }
        Ok(self.store.set_settings(&facts)?)
    }

    /// Begins the chain again with this responder's device: where no approved device is left, or to end a fork. Every other device has to
    /// compare it. Durable when this returns; the next sync brings it to the hub.
    ///
    /// # Errors
    /// Not a responder's device, or another approved device is left to approve this one.
    pub fn begin_keys(&mut self) -> Result<String> {
        let hub_key = self.identity()?.hub_key;
        let own = self.own_holder()?.ok_or(Refused::NotAllowed)?;
        let keys = key_set::keys(&mut self.store, &hub_key)?;
        let approved = keys.chain.approved();
        let is_own = approved.iter().any(|known| known.holder.key == own.key);
        if !is_own && approved.iter().any(|known| !known.holder.is_recovery()) {
            return Err(KeyError::OthersAreApproved.into());
        }
        let digits = own.digits(&hub_key);
        self.intend(&hub_key, Act::Root(own))?;
        Ok(digits)
    }

    fn check_approved(&mut self, hub_key: &[u8; 32]) -> Result<()> {
        let own = self.own_holder()?.ok_or(Refused::NotAllowed)?;
        let view = key_set::keys(&mut self.store, hub_key)?.view();
        if view.approved.iter().any(|known| known.holder == own) {
            Ok(())
        } else {
            Err(KeyError::NotApproved.into())
        }
    }

    fn intend(&mut self, hub_key: &[u8; 32], act: Act) -> Result<()> {
        let mut acts = key_set::keys(&mut self.store, hub_key)?.acts;
        if !acts.contains(&act) {
            acts.push(act);
        }
        let acts = approvals::encode_acts(&acts);
        Ok(self
            .store
            .set_settings(&[(DeviceSetting::KeyActs, Some(acts))])?)
    }

    /// This device's keys, on a responder's device.
    fn own_holder(&mut self) -> Result<Option<Holder>> {
        let identity = self.identity()?;
        let is_responder = self
            .enrolment
            .as_ref()
            .is_some_and(|enrolment| enrolment.is(Role::Responder));
        let opener = rewrapping::opener(&mut self.store)?.filter(|_| is_responder);
        Ok(opener.map(|opener| Holder {
            device: *identity.device.as_bytes(),
            key: public_key(&identity.secret),
            recipient: opener.recipient(),
        }))
    }

    fn holders_to_approve(&mut self, link: &mut dyn Link) -> Result<Vec<(WaitingKey, Holder)>> {
        let StatementAnswer::Waiting { keys } = self.ask_hub(link, &StatementRequest::Waiting)?
        else {
            return Err(Refused::Failed.into());
        };
        let holder = |waiting: WaitingKey| {
            let holder = Holder {
                device: waiting.device,
                key: waiting.key,
                recipient: Recipient::parse(&waiting.recipient).ok()?,
            };
            Some((waiting, holder))
        };
        Ok(keys.into_iter().filter_map(holder).collect())
    }
}
