//! Opens a national server's database for a command.

use std::path::Path;

use anyhow::{Result, bail};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_server::national;
use vicinity_server::sqlite::SqliteNational;

use crate::{machine, secrets};

/// Opens national's store for what the command line may do there.
pub fn open(data: &Path, action: Action) -> Result<SqliteNational> {
    access::decide(Actor::Admin, action, Resource::Server)?;
    if !data.join("national.db").exists() {
        bail!(
            "{} holds no national server; start one with `vicinity national --data … --listen 127.0.0.1:7310`",
            data.display()
        );
    }
    Ok(national::open(
        data,
        secrets::unlock(data)?.as_ref(),
        &machine::server(),
    )?)
}
