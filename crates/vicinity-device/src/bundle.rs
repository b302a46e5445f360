//! Sync by file: a bundle for the hub out, its reply in. See `docs/adr/0023-bundles.md`.

use serde_json::{Value, json};
use vicinity_core::batch::{Group, HeadsPage};
use vicinity_core::time::Timestamp;
use vicinity_seal::keys::{Opener, Recipient};
use vicinity_seal::parcel;
use vicinity_store::device::{self, Delivered, DeviceSetting, DeviceStore};
use vicinity_store::hub::Role;
use vicinity_sync::alert;
use vicinity_sync::bundle::{
    self, BLOBS_MAX_BYTES, BUNDLE_PATH, BUNDLED_PATH, Bundle, REQUESTS_MAX, REQUESTS_MAX_BYTES,
    Reader, Reading, Reply, Whole,
};
use vicinity_sync::device_session::BATCH_MAX_BYTES;
use vicinity_sync::message::{DOCUMENTS_MAX, ERASURES_MAX, KeyNews, Request};
use vicinity_sync::order;
use vicinity_sync::pins::Pins;

use crate::device::Device;
use crate::error::{BundleError, DeviceError};
use crate::exchange;
use crate::key_set;
use crate::lease::Contact;
use crate::requests::{self, Identity};
use crate::sealing;

type Result<T> = core::result::Result<T, DeviceError>;

/// Bytes of changes that one request of a bundle begins with; halved until it fits.
const RAW_BYTES: usize = 2 * BATCH_MAX_BYTES as usize;

/// A bundle that was made.
#[derive(Debug)]
pub struct Exported {
    /// The file.
    pub file: Vec<u8>,
    /// Changes in it.
    pub changes: u64,
    /// Sealed batches of statements in it.
    pub batches: u64,
    /// Whether there was no room for all: the rest goes with the next bundle, after the reply to this one.
    pub more: bool,
}

/// How a device and its hub stand after a reply was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportEnd {
    /// The device and its hub held the same when the hub replied.
    UpToDate,
    /// Something is still to go or to come: export another bundle.
    Behind,
    /// Nothing is left to go or to come, but the hub refused something that the device holds.
    Differs,
    /// The two differ, or the hub was restored: the next bundle, or sync, compares all.
    Compare,
    /// They differ although all was compared: a person has to look.
    Alarm,
    /// The device synced with its hub after the file was made. Only acknowledgements counted.
    Old,
    /// The reply is to an earlier life of this device: none of it counted.
    EarlierLife,
    /// This device was restored or copied: it begins a new life, and the next bundle, or sync, compares all.
    NewLife,
}

/// A reply that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Changes that the hub has.
    pub acked: u64,
    /// Changes that it will never take.
    pub rejected: u64,
    /// Changes that came and were new.
    pub received: u64,
    /// Incidents that were erased by its order.
    pub erased: u64,
    /// Statements that it has.
    pub statements: u64,
    /// How the device and its hub stand after it.
    pub end: ImportEnd,
}

impl Imported {
    /// As scripts read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self {
            acked,
            rejected,
            received,
            erased,
            statements,
            end,
        } = *self;
        let name = match end {
            ImportEnd::UpToDate => "up_to_date",
            ImportEnd::Behind => "behind",
            ImportEnd::Differs => "differs",
            ImportEnd::Compare => "compare",
            ImportEnd::Alarm => "alarm",
            ImportEnd::Old => "old",
            ImportEnd::EarlierLife => "earlier_life",
            ImportEnd::NewLife => "reborn",
        };
        json!({
            "acked": acked, "rejected": rejected, "received": received, "erased": erased, "statements": statements,
            "standing": name, "up_to_date": end == ImportEnd::UpToDate,
        })
    }
}

impl<S: DeviceStore> Device<S> {
    /// Makes a bundle of what waits for the hub. Nothing leaves the outbox before the hub's reply. The counter that the bundle takes, and
    /// the key that opens the reply, are durable when this returns.
    ///
    /// # Errors
    /// Not enrolled, another sync in progress, or the local store.
    pub fn export_bundle(&mut self) -> Result<Exported> {
        let identity = self.identity()?;
        let bundle_key = self
            .enrolment()
            .ok_or(DeviceError::NotEnrolled)?
            .bundle_key
            .clone();
        let hub = Recipient::parse(&bundle_key).map_err(|_| DeviceError::Damaged("enrolment"))?;
        let now = (self.machine.now)();
        self.store.recheck_grants(now)?;
        let mut random = || self.machine.number();
        let (store, clock) = (&mut self.store, now.as_second());
        let mut packer = Packer {
            store,
            identity: &identity,
            random: &mut random,
            clock,
            bytes: 0,
            changes: 0,
            more: false,
            requests: Vec::new(),
        };
        packer.pack()?;
        let Packer {
            requests,
            changes,
            more,
            ..
        } = packer;
        sealing::seal_waiting(&mut self.store, &mut self.machine, &identity.hub_key)?;
        let (blobs, left) = blobs(&mut self.store)?;
        let batches = blobs.len() as u64;
        let reply_to = reply_opener(&mut self.store)?.recipient().to_string();
        let body = Bundle {
            reply_to,
            requests,
            blobs,
        }
        .encode();
        let envelope = requests::seal(
            &mut self.store,
            &identity,
            &mut || self.machine.number(),
            BUNDLE_PATH,
            body,
        )?;
        Ok(Exported {
            file: parcel::pack(&envelope.encode(), &hub)?,
            changes,
            batches,
            more: more || left,
        })
    }

    /// Reads a hub's reply. What still counts of it is written in one transaction, and durable when this returns.
    ///
    /// # Errors
    /// Not enrolled; a file that is damaged, for another device, or not signed by this device's hub: then nothing was changed.
    pub fn import_reply(&mut self, file: &[u8]) -> Result<Imported> {
        let (identity, now) = (self.identity()?, (self.machine.now)());
        let forget = self
            .enrolment()
            .is_some_and(|enrolment| !enrolment.is(Role::Responder));
        let secret = self
            .store
            .setting(DeviceSetting::BundleKey)?
            .ok_or(BundleError::NoBundle)?;
        let content = parcel::unpack(file, &opener_of(&secret)?)?;
        let reply = Reply::open(&content, &identity.hub_key)?;
        let (incarnation, counter) = requests::life(&mut self.store)?.unwrap_or_default();
        let cursor = self
            .store
            .setting(DeviceSetting::Cursor)?
            .as_deref()
            .and_then(device::cursor_of);
        let reading = bundle::read(
            &reply,
            &Reader {
                device: identity.device,
                incarnation,
                counter,
                cursor,
            },
        )?;
        let mut imported = Imported {
            acked: 0,
            rejected: 0,
            received: 0,
            erased: 0,
            statements: 0,
            end: ImportEnd::Old,
        };
        match reading {
            Reading::EarlierLife => imported.end = ImportEnd::EarlierLife,
            Reading::RolledBack => {
                requests::begin_new_life(&mut self.store, self.machine.number())?;
                imported.end = ImportEnd::NewLife;
            }
            Reading::Acknowledged(acked) => {
                imported.acked = acked.len() as u64;
                self.store.deliver(&Delivered {
                    acked: &acked,
                    ..Delivered::default()
                })?;
            }
            Reading::Whole(whole) => apply(
                &mut self.store,
                *whole,
                &identity,
                cursor.is_none(),
                now,
                &mut imported,
            )?,
        }
        if !matches!(imported.end, ImportEnd::EarlierLife | ImportEnd::NewLife) {
            imported.statements = delivered(&mut self.store, &reply.blobs, forget)?;
        }
        Ok(imported)
    }
}

/// The key that opens replies, made when it is first needed.
fn reply_opener(store: &mut dyn DeviceStore) -> Result<Opener> {
    if let Some(secret) = store.setting(DeviceSetting::BundleKey)? {
        return opener_of(&secret);
    }
    let opener = Opener::generate();
    store.set_settings(&[(
        DeviceSetting::BundleKey,
        Some(opener.to_secret_string().as_bytes().to_vec()),
    )])?;
    Ok(opener)
}

fn opener_of(secret: &[u8]) -> Result<Opener> {
    let text = str::from_utf8(secret).map_err(|_| DeviceError::Damaged("bundle key"))?;
    Opener::from_secret_string(text).map_err(|_| DeviceError::Damaged("bundle key"))
}

/// Gathers requests as a sync would have sent them, as far as that goes without an answer.
struct Packer<'a> {
    store: &'a mut dyn DeviceStore,
    identity: &'a Identity,
    random: &'a mut dyn FnMut() -> u64,
    clock: i64,
    bytes: usize,
    changes: u64,
    more: bool,
    requests: Vec<Vec<u8>>,
}

impl Packer<'_> {
    fn pack(&mut self) -> Result<()> {
        let cursor = self
            .store
            .setting(DeviceSetting::Cursor)?
            .as_deref()
            .and_then(device::cursor_of);
        let erased = self.store.erasures(cursor.is_none(), ERASURES_MAX)?;
        let now = Timestamp::from_second(self.clock).unwrap_or_default();
        let keys = key_set::news(self.store, self.identity, now)?;
        let (answer_budget, alerts) = (BATCH_MAX_BYTES, exchange::kept_alerts(self.store)?);
        let pins = Pins::mark(
            self.store
                .setting(DeviceSetting::Pins)?
                .as_deref()
                .and_then(Pins::of_bytes),
        );
        // The first says where the device stands; without a cursor all documents are compared.
        let mut page = if cursor.is_none() {
            Some(self.store.heads(None, DOCUMENTS_MAX / 2)?)
        } else {
            None
        };
        let first = Request {
            cursor,
            push: Vec::new(),
            rebase: page.clone(),
            answer_budget,
            clock: self.clock,
            erased,
            keys,
            pins,
            leaving: Vec::new(),
            alerts,
        };
        self.put(first.encode(), 0)?;
        while let Some(until) = page.and_then(|page| page.until) {
            let next = self.store.heads(Some(until), DOCUMENTS_MAX / 2)?;
            let frame = self.request(Some(next.clone()), Vec::new()).encode();
            self.put(frame, 0)?;
            page = Some(next);
        }
        let need = self
            .store
            .setting(DeviceSetting::BundleNeed)?
            .map(|bytes| bundle::need_of(&bytes))
            .unwrap_or_default();
        for need in need {
            let mut skip = 0;
            loop {
                let (sent, more) =
                    self.push(|store, raw_bytes| Ok(store.missing(&need, skip, raw_bytes)?))?;
                skip += sent;
                if !more || self.more {
                    break;
                }
            }
        }
        let mut after = 0;
        loop {
            let (_, more) = self.push(|store, raw_bytes| {
                let page = store.outbox(after, raw_bytes)?;
                Ok((page.groups, (page.more, page.at)))
            })?;
            after = more.1;
            if !more.0 || self.more {
                return Ok(());
            }
        }
    }

    /// Puts changes into a request of its own, fewer until it fits; how many there are, and what else was read with them.
    fn push<T>(
        &mut self,
        mut read: impl FnMut(&mut dyn DeviceStore, usize) -> Result<(Vec<Group>, T)>,
    ) -> Result<(usize, T)> {
        let mut raw_bytes = RAW_BYTES;
        loop {
            let (groups, rest) = read(self.store, raw_bytes)?;
            let changes: usize = groups.iter().map(|group| group.changes.len()).sum();
            if changes == 0 {
                return Ok((0, rest));
            }
            let frame = self.request(None, groups).encode();
            if frame.len() > BATCH_MAX_BYTES as usize && changes > 1 {
                raw_bytes /= 2;
                continue;
            }
            self.put(frame, changes)?;
            return Ok((changes, rest));
        }
    }

    fn request(&self, rebase: Option<HeadsPage>, push: Vec<Group>) -> Request {
        Request {
            cursor: None,
            push,
            rebase,
            answer_budget: BATCH_MAX_BYTES,
            clock: self.clock,
            erased: Vec::new(),
            keys: KeyNews::default(),
            pins: 0,
            leaving: Vec::new(),
            alerts: 0,
        }
    }

    /// Takes a request, while there is room; the rest goes with the next bundle.
    fn put(&mut self, frame: Vec<u8>, changes: usize) -> Result<()> {
        let request =
            requests::seal(self.store, self.identity, self.random, BUNDLED_PATH, frame)?.encode();
        if self.requests.len() >= REQUESTS_MAX || self.bytes + request.len() > REQUESTS_MAX_BYTES {
            self.more = true;
            return Ok(());
        }
        self.bytes += request.len();
        self.changes += changes as u64;
        self.requests.push(request);
        Ok(())
    }
}

/// Sealed batches, smallest first, as many as fit, and whether some did not.
fn blobs(store: &mut dyn DeviceStore) -> Result<(Vec<Vec<u8>>, bool)> {
    let (mut blobs, mut bytes) = (Vec::new(), 0);
    for waiting in store.waiting_blobs()? {
        let total = usize::try_from(waiting.total).unwrap_or(usize::MAX);
        bytes += total;
        if bytes > BLOBS_MAX_BYTES {
            return Ok((blobs, true));
        }
        blobs.push(store.blob_piece(waiting.number, 0, total)?);
    }
    Ok((blobs, false))
}

/// Notes what the hub has of the batches that still wait; how many statements that are.
fn delivered(
    store: &mut dyn DeviceStore,
    taken: &[([u8; 32], Vec<u32>)],
    forget: bool,
) -> Result<u64> {
    let mut count = 0;
    for waiting in store.waiting_blobs()? {
        if let Some((_, refused)) = taken.iter().find(|(hash, _)| *hash == waiting.hash) {
            count += store.blob_delivered(waiting.number, refused, forget)?;
        }
    }
    Ok(count)
}

/// Writes a reply that counts whole.
fn apply(
    store: &mut dyn DeviceStore,
    whole: Whole,
    identity: &Identity,
    compared_all: bool,
    now: Timestamp,
    imported: &mut Imported,
) -> Result<()> {
    let Whole {
        mut delivery,
        void,
        need,
        end,
    } = whole;
    // Only the hub's own orders erase anything, whichever server wrote the reply.
    delivery
        .erase
        .retain(|erasure| order::is_ordered(erasure, &identity.hub_key));
    // Its hub has spoken: the days begin again. A reply that is carried about for a while gains the device that while.
    let contact = Contact::at(now, 0).encode();
    let mut facts = vec![
        (DeviceSetting::BundleNeed, bundle::need_bytes(&need)),
        (DeviceSetting::Contact, contact),
    ];
    // The hub signed the reply, and may say which of its keys will be next.
    facts.extend(
        delivery
            .zone
            .clone()
            .map(|zone| (DeviceSetting::Zone, zone.into_bytes())),
    );
    facts.extend(
        delivery
            .pins
            .as_deref()
            .and_then(Pins::of_bytes)
            .map(|pins| (DeviceSetting::Pins, pins.to_bytes())),
    );
    let keys = key_set::take(store, identity, delivery.key_set.as_deref(), now)?;
    facts.extend(keys.facts);
    if let Some(alerts) = &delivery.alerts {
        facts.push((DeviceSetting::Alerts, alert::kept_bytes(alerts)));
    }
    let standing = store.deliver(&exchange::delivered(&delivery, &facts))?;
    (imported.acked, imported.rejected) =
        (delivery.acked.len() as u64, delivery.rejected.len() as u64);
    (imported.received, imported.erased) = (standing.received, standing.erased);
    let more = end.is_none_or(|(more, _)| more) || standing.unsent > 0 || !need.is_empty();
    let is_same = end.is_some_and(|(_, digest)| digest == standing.digest);
    imported.end = match (void, more, is_same) {
        (true, ..) => ImportEnd::Compare,
        (false, true, _) => ImportEnd::Behind,
        (false, false, true) => ImportEnd::UpToDate,
        (false, false, false) if standing.rejected > 0 => ImportEnd::Differs,
        (false, false, false) if compared_all => ImportEnd::Alarm,
        (false, false, false) => ImportEnd::Compare,
    };
    if imported.end == ImportEnd::Compare {
        store.set_settings(&[(DeviceSetting::Cursor, None)])?;
    }
    Ok(())
}
