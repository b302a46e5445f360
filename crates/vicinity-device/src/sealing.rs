//! Sealing statements in batches: one wrapped key a batch.

use vicinity_core::consent;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_seal::keyset::KeySet;
use vicinity_seal::seal::{self, Address};
use vicinity_store::device::DeviceStore;
use vicinity_store::statement::PlainStatement;
use vicinity_sync::statement::{Batch, STATEMENT_VERSION, SealedRow, WrapRow, blob_hash};
use zeroize::Zeroizing;

use crate::error::DeviceError;
use crate::key_set;
use crate::machine::Machine;

type Result<T> = core::result::Result<T, DeviceError>;

/// Bytes of statements that are sealed together; a longer one is a batch of its own.
const BATCH_BYTES: usize = 512 * 1024;
/// Statements that are sealed together.
const BATCH_STATEMENTS: usize = 1024;

/// The incident, entry and class that a seal binds a statement to.
pub(crate) fn address(incident: IncidentId, entry: &str, class: &str) -> Address {
    Address {
        incident: *incident.as_bytes(),
        entry: entry.to_owned(),
        class: class.to_owned(),
        version: STATEMENT_VERSION,
    }
}

/// Seals what may go to the hub, for a bundle; without a key set it waits.
pub(crate) fn seal_waiting(
    store: &mut dyn DeviceStore,
    machine: &mut Machine,
    hub_key: &[u8; 32],
) -> Result<()> {
    match key_set::kept(store, hub_key)? {
        Some(keys) => Sealer {
            store,
            now: (machine.now)(),
            random: &mut *machine.random,
        }
        .seal_all(&keys),
        None => Ok(()),
    }
}

/// Seals statements.
pub(crate) struct Sealer<'a> {
    pub(crate) store: &'a mut dyn DeviceStore,
    /// The device's clock: consent is granted or not as of now.
    pub(crate) now: Timestamp,
    /// Fills a slice with random bytes.
    pub(crate) random: &'a mut dyn FnMut(&mut [u8]),
}

impl Sealer<'_> {
    /// Seals what may go, batch by batch. Every batch is durable, sealed, before the next one begins.
    pub(crate) fn seal_all(&mut self, keys: &KeySet) -> Result<()> {
        if keys.responders().is_empty() && keys.recovery().is_none() {
            return Ok(());
        }
        let mut not_now: Vec<IncidentId> = Vec::new();
        loop {
            let plain = self
                .store
                .unsealed(BATCH_BYTES, BATCH_STATEMENTS, &not_now)?;
            if plain.is_empty() {
                return Ok(());
            }
            let withheld = self.without_consent(&plain)?;
            let plain: Vec<PlainStatement> = plain
                .into_iter()
                .filter(|statement| !withheld.contains(&statement.incident))
                .collect();
            not_now.extend(withheld);
            if !plain.is_empty() {
                self.seal(plain, keys)?;
            }
        }
    }

    /// Incidents whose survivors do not agree any more.
    fn without_consent(&mut self, plain: &[PlainStatement]) -> Result<Vec<IncidentId>> {
        let mut withheld = Vec::new();
        for statement in plain {
            let row = self.store.incident(statement.incident)?;
            if row
                .is_none_or(|row| !consent::granted(&row.incident, consent::HUB_RESPONSE, self.now))
                && !withheld.contains(&statement.incident)
            {
                withheld.push(statement.incident);
            }
        }
        Ok(withheld)
    }

    fn seal(&mut self, plain: Vec<PlainStatement>, keys: &KeySet) -> Result<()> {
        let bodies: Vec<Zeroizing<Vec<u8>>> = plain
            .iter()
            .map(|statement| Zeroizing::new(statement.body.clone()))
            .collect();
        let addressed: Vec<(Address, &[u8])> = plain
            .iter()
            .zip(&bodies)
            .map(|(statement, body)| {
                (
                    address(statement.incident, &statement.entry, &statement.class),
                    body.as_slice(),
                )
            })
            .collect();
        let (wrap, sealed) = seal::seal(&addressed, keys, &mut *self.random)?;
        let mut classes: Vec<String> = Vec::new();
        let mut rows = Vec::new();
        for (statement, sealed) in plain.iter().zip(sealed) {
            let class = classes
                .iter()
                .position(|class| *class == statement.class)
                .unwrap_or(classes.len());
            if class == classes.len() {
                classes.push(statement.class.clone());
            }
            rows.push(SealedRow::new(
                statement.incident,
                statement.entry.clone(),
                class as u32,
                sealed.wrapped_key,
                sealed.body,
            ));
        }
        let blob = Batch {
            key_set: keys.version(),
            wrap: WrapRow {
                id: wrap.id,
                bytes: wrap.bytes,
            },
            classes,
            statements: rows,
        }
        .encode();
        let named: Vec<(IncidentId, String)> = plain
            .into_iter()
            .map(|statement| (statement.incident, statement.entry))
            .collect();
        Ok(self.store.keep_blob(blob_hash(&blob), &blob, &named)?)
    }
}
