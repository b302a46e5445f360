//! `vicinity hub revoke`, `erase` and `erasures`.

use std::path::Path;

use anyhow::{Result, bail};
use vicinity_server::store::hub::HubStore;

use crate::{hub, output};

/// Revokes a device. Its next request is answered with the order to wipe itself.
pub fn revoke(data: &Path, device: u32) -> Result<()> {
    if !hub::open(data)?.revoke(device, jiff::Timestamp::now())? {
        bail!("no such device; see `vicinity hub devices`");
    }
    output::line(format!("device {device} is revoked; at its next contact it wipes itself"))
}
