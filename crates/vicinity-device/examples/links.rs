//! Reaches what a device does, so that a linker proves for a target that nothing is missing: `cargo xtask wasm` builds it.
//! It has no store, so it does nothing when it runs.

use core::hint::black_box;

use vicinity_core::ids::IncidentId;
use vicinity_device::exchange::{self, Identity, World};
use vicinity_device::link::{Link, LinkFailure};
use vicinity_device::media;
use vicinity_store::device::DeviceStore;
use vicinity_sync::device_session::StatementWork;

/// A link that is always cut.
struct Cut;

impl Link for Cut {
    fn post(&mut self, _: &str, _: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        Err(LinkFailure::Cut)
    }
}

/// What a host has; nothing here, and the compiler does not know it.
type Host = (Box<dyn DeviceStore>, Identity, World<'static>);

fn main() {
    if let Some((mut store, identity, mut world)) = black_box(None::<Host>) {
        let synced = exchange::sync_with(
            &mut *store,
            &mut Cut,
            &identity,
            &mut world,
            StatementWork::UploadAndRewrap,
        );
        let read = store.incident(IncidentId::from_bytes([0; 16]));
        black_box((synced.is_ok(), read.is_ok(), media::strip(&[]).is_ok()));
    }
}
