//! The device's chain of key approvals, and the key set that it derives from it. See `docs/adr/0035-people-approve-keys.md`.
//!
//! The hub relays the chain and is not trusted with it: the device takes only what extends the chain that it has, and reads it
//! from the root that came with its link or that a person compared.

use vicinity_core::time::Timestamp;
use vicinity_seal::SigningKey;
use vicinity_seal::approvals::{self, Act, Chain, Entry, Mark, View};
use vicinity_seal::keyset::KeySet;
use vicinity_store::device::{DeviceSetting, DeviceStore};
use vicinity_sync::enrol::KeyAnchor;
use vicinity_sync::envelope::public_key;
use vicinity_sync::message::KeyNews;

use crate::error::DeviceError;
use crate::requests::Identity;

type Result<T> = core::result::Result<T, DeviceError>;

/// Settings to write.
pub(crate) type Facts = Vec<(DeviceSetting, Vec<u8>)>;

/// What the device holds of its hub's approvals.
pub(crate) struct Keys {
    /// The chain as far as it is known, well formed.
    pub(crate) chain: Chain,
    /// The root that the device trusts.
    pub(crate) root: Option<Mark>,
    /// What the link said of the chain.
    anchor: Option<KeyAnchor>,
    /// The hub's chain, where it contradicts this one; empty if the hub showed none that is well formed.
    pub(crate) fork: Option<Chain>,
    /// Approvals and removals of this device's person that the hub has not confirmed.
    pub(crate) acts: Vec<Act>,
    /// How many entries the hub has, where it has fewer.
    at_hub: Option<u64>,
}

/// The result of what a hub sent.
#[derive(Default)]
pub(crate) struct Taken {
    /// What to write.
    pub(crate) facts: Facts,
    /// Whether it contradicts what the device knows: nothing is sealed until that is over.
    pub(crate) refused: bool,
    /// Whether the device has entries for the hub.
    pub(crate) to_send: bool,
}

fn full(store: &mut dyn DeviceStore, setting: DeviceSetting) -> Result<Option<Vec<u8>>> {
    // Nothing is kept as an empty value.
    Ok(store.setting(setting)?.filter(|bytes| !bytes.is_empty()))
}

pub(crate) fn keys(store: &mut dyn DeviceStore, hub_key: &[u8; 32]) -> Result<Keys> {
    let damaged = |_| DeviceError::Damaged("key approvals");
    let chain = match full(store, DeviceSetting::KeyChain)? {
        None => Chain::new(*hub_key),
        Some(bytes) => {
            Chain::of(*hub_key, approvals::decode(&bytes).map_err(damaged)?).map_err(damaged)?
        }
    };
    let fork = full(store, DeviceSetting::KeyFork)?.map(|bytes| {
        let entries = approvals::decode(&bytes).unwrap_or_default();
        Chain::of(*hub_key, entries).unwrap_or_else(|_| Chain::new(*hub_key))
    });
    Ok(Keys {
        chain,
        root: full(store, DeviceSetting::KeyRoot)?.and_then(|bytes| bytes.try_into().ok()),
        anchor: full(store, DeviceSetting::KeyAnchor)?
            .and_then(|bytes| Some(KeyAnchor::of_bytes(bytes.as_slice().try_into().ok()?))),
        fork,
        acts: match full(store, DeviceSetting::KeyActs)? {
            None => Vec::new(),
            Some(bytes) => approvals::decode_acts(&bytes).map_err(damaged)?,
        },
        at_hub: full(store, DeviceSetting::KeysAtHub)?
            .and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?))),
    })
}

impl Keys {
    /// Who is approved, as far as this device trusts the chain.
    pub(crate) fn view(&self) -> View {
        self.chain.view(self.root.as_ref())
    }

    /// The entries that the device's person wants to add, signed on the chain's end, as far as they follow.
    fn signed(&self, secret: &[u8; 32], now: Timestamp) -> Vec<Entry> {
        let (mut chain, secret) = (self.chain.clone(), SigningKey::from_bytes(secret));
        let mut entries = Vec::new();
        for act in &self.acts {
            let entry = chain.sign(act.clone(), now.as_second(), &secret);
            if chain.push(entry.clone()).is_ok() {
                entries.push(entry);
            }
        }
        entries
    }

    /// Whether an act is in the chain.
    fn is_done(&self, act: &Act) -> bool {
        let approved = self.chain.approved();
        match act {
            Act::Root(holder) => self
                .chain
                .newest_root()
                .is_some_and(|(_, newest)| newest == *holder),
            Act::Approve(holder) => approved.iter().any(|known| known.holder == *holder),
            Act::Remove(key) => !approved.iter().any(|known| known.holder.key == *key),
        }
    }

    /// Whether the link that this device enrolled by names another chain.
    fn contradicts_link(&self) -> bool {
        self.anchor.is_some_and(|anchor| {
            self.chain.mark_at(usize::from(anchor.length)) != Some(anchor.head)
        })
    }
}

/// The key set to seal to; none before the first responder is known and compared, and none while the hub's chain contradicts
/// the device's.
pub(crate) fn kept(store: &mut dyn DeviceStore, hub_key: &[u8; 32]) -> Result<Option<KeySet>> {
    let keys = keys(store, hub_key)?;
    let view = keys.view();
    if keys.fork.is_some() || view.approved.is_empty() {
        return Ok(None);
    }
    Ok(approvals::key_set(&view.approved, view.length))
}

/// What a request says of the chain, with the entries that the hub lacks.
pub(crate) fn news(
    store: &mut dyn DeviceStore,
    identity: &Identity,
    now: Timestamp,
) -> Result<KeyNews> {
    let keys = keys(store, &identity.hub_key)?;
    let known = keys.chain.entries();
    let mut entries = Vec::new();
    if keys.fork.is_none() {
        let at_hub = keys
            .at_hub
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(known.len());
        entries.extend_from_slice(known.get(at_hub..).unwrap_or_default());
        entries.extend(keys.signed(&identity.secret, now));
    }
    let mark = keys.chain.mark();
    let (short, _) = mark.as_chunks::<8>();
    Ok(KeyNews {
        length: known.len() as u64,
        mark: u64::from_be_bytes(short[0]),
        entries: if entries.is_empty() {
            Vec::new()
        } else {
            approvals::encode(&entries)
        },
    })
}

/// Reads what a hub's answer says of the chain; `None` says that it has the same.
pub(crate) fn take(
    store: &mut dyn DeviceStore,
    identity: &Identity,
    sent: Option<&[u8]>,
    now: Timestamp,
) -> Result<Taken> {
    let mut keys = keys(store, &identity.hub_key)?;
    let mut taken = Taken::default();
    let before = keys.chain.entries().len();
    let mut at_hub = None;
    if let Some(bytes) = sent {
        match shown(&keys.chain, bytes) {
            Some(hub) if hub.extends(&keys.chain) => keys.chain = hub,
            Some(hub) if keys.chain.extends(&hub) => at_hub = Some(hub.entries().len() as u64),
            _ => {
                taken.refused = true;
                // One that is not well formed is kept too: it shows that the hub contradicts this device.
                taken.facts.push((DeviceSetting::KeyFork, bytes.to_vec()));
                return Ok(taken);
            }
        }
    }
    if keys.contradicts_link() && at_hub.is_none() {
        taken.refused = true;
        if !keys.chain.entries().is_empty() {
            let entries = approvals::encode(keys.chain.entries());
            taken.facts.push((DeviceSetting::KeyFork, entries));
        }
        return Ok(taken);
    }
    let grew = keys.chain.entries().len() > before;
    if grew {
        let entries = approvals::encode(keys.chain.entries());
        taken.facts.push((DeviceSetting::KeyChain, entries));
    }
    if keys.fork.is_some() {
        taken.facts.push((DeviceSetting::KeyFork, Vec::new()));
    }
    if at_hub != keys.at_hub {
        let length = at_hub.map_or_else(Vec::new, |length| length.to_be_bytes().to_vec());
        taken.facts.push((DeviceSetting::KeysAtHub, length));
    }
    // What this device began, nobody needs to compare.
    if let Some((mark, holder)) = keys.chain.newest_root()
        && holder.key == public_key(&identity.secret)
        && keys.root != Some(mark)
    {
        taken.facts.push((DeviceSetting::KeyRoot, mark.to_vec()));
    }
    let open: Vec<Act> = keys
        .acts
        .iter()
        .filter(|act| !keys.is_done(act))
        .cloned()
        .collect();
    if open.len() < keys.acts.len() {
        taken
            .facts
            .push((DeviceSetting::KeyActs, approvals::encode_acts(&open)));
    }
    keys.acts = open;
    let is_behind = at_hub.is_some_and(|length| Some(length) != keys.at_hub);
    taken.to_send = is_behind || grew && !keys.signed(&identity.secret, now).is_empty();
    Ok(taken)
}

/// The hub's chain: what it sent follows on ours, or is all that it has. `None` if it is neither.
fn shown(own: &Chain, bytes: &[u8]) -> Option<Chain> {
    let entries = approvals::decode(bytes).ok()?;
    if entries.is_empty() {
        return Some(Chain::new(*own.hub_key()));
    }
    let mut longer = own.clone();
    if entries
        .iter()
        .try_for_each(|entry| longer.push(entry.clone()))
        .is_ok()
    {
        return Some(longer);
    }
    Chain::of(*own.hub_key(), entries).ok()
}
