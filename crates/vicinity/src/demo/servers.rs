//! The story's servers: real ones, on loopback, that can be stopped and started again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vicinity_server::hub::{HubConfig, ServeError};
use vicinity_server::keyring::{Passphrase, Unlock};
use vicinity_server::national::NationalConfig;
use vicinity_server::network::Network;
use vicinity_server::settings::Settings;
use vicinity_server::sqlite::{SqliteHub, SqliteNational};
use vicinity_server::store::hub::Role;
use vicinity_server::store::person::Desk;
use vicinity_server::{hub, national, people, tls};

use super::world::World;

/// A server that runs, or is down.
pub struct Server {
    /// Its folder.
    pub data: PathBuf,
    /// Its address, kept when it is started again.
    pub address: String,
    running: Option<(oneshot::Sender<()>, JoinHandle<Result<(), ServeError>>)>,
    kind: Kind,
}

enum Kind {
    National,
    Hub { upstream: String },
}

impl Server {
    /// Starts national.
    pub fn national(world: &World, runtime: &Runtime) -> Result<Self> {
        let mut server = Self {
            data: world.folder().join("national"),
            address: "127.0.0.1:0".to_owned(),
            running: None,
            kind: Kind::National,
        };
        server.start(world, runtime)?;
        Ok(server)
    }

    /// Starts a hub.
    pub fn hub(world: &World, runtime: &Runtime, name: &str, upstream: String) -> Result<Self> {
        let mut server = Self {
            data: world.folder().join(name),
            address: "127.0.0.1:0".to_owned(),
            running: None,
            kind: Kind::Hub { upstream },
        };
        server.start(world, runtime)?;
        Ok(server)
    }

    /// Starts it, or starts it again where it was.
    pub fn start(&mut self, world: &World, runtime: &Runtime) -> Result<()> {
        let listener = runtime
            .block_on(TcpListener::bind(&self.address))
            .context("cannot listen on loopback")?;
        self.address = listener.local_addr()?.to_string();
        // Before it serves: its links must lead to it from now on.
        let network = Network::default().listening(&listener)?;
        match &self.kind {
            Kind::National => drop(tls::announce(
                &mut self.as_national(world)?,
                &network,
                false,
            )?),
            Kind::Hub { .. } => drop(tls::announce(&mut self.as_hub(world)?, &network, false)?),
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            // Stopped, or dropped: both are the end.
            stopped.await.ok();
        };
        let (data, machine) = (self.data.clone(), world.server());
        let serving = match &self.kind {
            Kind::National => runtime.spawn(national::serve(
                NationalConfig {
                    data,
                    unlock: Some(unlock()?),
                    plain_http: false,
                    network,
                    upstream: None,
                    machine,
                },
                listener,
                shutdown,
            )),
            Kind::Hub { upstream } => runtime.spawn(hub::serve(
                HubConfig {
                    data,
                    unlock: Some(unlock()?),
                    plain_http: false,
                    network,
                    upstream: Some(upstream.clone()),
                    machine,
                },
                listener,
                shutdown,
            )),
        };
        self.running = Some((stop, serving));
        Ok(())
    }

    /// Stops it; everything it acknowledged is on disk.
    pub fn stop(&mut self, runtime: &Runtime) -> Result<()> {
        let Some((stop, serving)) = self.running.take() else {
            return Ok(());
        };
        // It may have ended by itself.
        stop.send(()).ok();
        Ok(runtime.block_on(serving)??)
    }

    /// A link for a phone.
    pub fn invite(&self, world: &World, role: Role) -> Result<String> {
        Ok(hub::invite(&mut open_hub(&self.data, world)?, &world.server(), role)?.to_text())
    }

    /// A link for a hub.
    pub fn invite_hub(&self, world: &World) -> Result<String> {
        Ok(national::invite(&mut self.as_national(world)?, None, &world.server())?.to_text())
    }

    /// A one-time link for a person who signs in with a browser.
    pub fn invite_person(&self, world: &World, handle: &str, desk: Desk) -> Result<String> {
        let (database, mut server): (&str, Box<dyn Settings>) = match self.kind {
            Kind::National => ("national.db", Box::new(self.as_national(world)?)),
            Kind::Hub { .. } => ("hub.db", Box::new(self.as_hub(world)?)),
        };
        let mut people = people::open(&self.data, database, Some(&unlock()?), &world.server())?;
        Ok(people::invite(&mut people, &mut *server, handle, desk, &world.server())?.remove(0))
    }

    /// A hub's store, beside the running hub.
    pub fn as_hub(&self, world: &World) -> Result<SqliteHub> {
        open_hub(&self.data, world)
    }

    /// National's store, beside the running server.
    pub fn as_national(&self, world: &World) -> Result<SqliteNational> {
        Ok(national::open(
            &self.data,
            Some(&unlock()?),
            &world.server(),
        )?)
    }
}

/// The story's servers are locked like real ones.
fn unlock() -> Result<Unlock> {
    Ok(Unlock::Passphrase(Passphrase::new(
        "a passphrase for a story",
    )?))
}

fn open_hub(data: &Path, world: &World) -> Result<SqliteHub> {
    Ok(hub::open(data, Some(&unlock()?), &world.server())?)
}

/// Waits for something that another thread does.
pub fn until(what: &str, mut happened: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !happened()? {
        if started.elapsed() > Duration::from_secs(20) {
            bail!("waited 20 seconds and in vain until {what}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
