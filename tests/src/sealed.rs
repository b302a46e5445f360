//! A sealed batch, opened by hand: as the owner of an offline recovery key would.

use vicinity_core::ids::IncidentId;
use vicinity_seal::keys::Opener;
use vicinity_seal::seal::{self, Address, Sealed};
use vicinity_seal::wrap::Wrap;
use vicinity_sync::statement::{Batch, STATEMENT_VERSION};

/// The incident of one of a batch's statements, and its text.
///
/// # Panics
/// When it does not open.
#[must_use]
pub fn open(opener: &Opener, batch: &Batch, place: usize) -> (IncidentId, Vec<u8>) {
    let row = &batch.statements[place];
    let class = batch.classes[row.class as usize].clone();
    let address = Address {
        incident: *row.incident().as_bytes(),
        entry: row.entry.clone(),
        class,
        version: STATEMENT_VERSION,
    };
    let wrap = Wrap {
        id: batch.wrap.id,
        bytes: batch.wrap.bytes.clone(),
    };
    let sealed = Sealed {
        wrap: wrap.id,
        wrapped_key: row.wrapped_key,
        body: row.body.clone(),
    };
    (
        row.incident(),
        seal::open(opener, &wrap, &sealed, &address)
            .expect("a statement that was sealed to this key")
            .to_vec(),
    )
}
