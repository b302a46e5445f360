//! The hub: takes what devices bring, gives them what they lack, and tells national what consent allows.

mod folder;
mod patterns;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use vicinity_pages::frame::Tier;
use vicinity_sqlite::SqliteHub;
use vicinity_store::board::BoardStore;
pub use vicinity_sync::enrol::EnrolLink;

use crate::access::gate::Gate;
pub use crate::access::invites::{CODE_MINUTES, invite};
use crate::api;
use crate::api::server::Server;
use crate::hub::folder::open_with;
pub use crate::hub::folder::{damaged, open, open_to_serve};
use crate::jobs::clock::Clock;
use crate::jobs::damage;
use crate::jobs::upkeep;
use crate::jobs::uplink::{self, Uplink};
use crate::machine::Machine;
use crate::net::connections;
use crate::net::http;
use crate::net::metrics::Metrics;
use crate::net::network::Network;
use crate::net::routes::{Route, Routes};
use crate::net::tls;
use crate::pages;
use crate::pages::site::{PageServer, Site};
pub use crate::storage::error::ServeError;
use crate::storage::keyring::{self, Unlock};
use crate::storage::stores::HubReader;
use crate::storage::writer::{self, Writer};
use crate::storage::zone;

/// What a hub is started with.
pub struct HubConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What opens it; `None` for a folder that is not locked.
    pub unlock: Option<Unlock>,
    /// National's enrolment link, the first time and any time after.
    pub upstream: Option<String>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
    /// How it is reached.
    pub network: Network,
    /// Clock and randomness.
    pub machine: Machine,
}

/// A hub that serves.
pub struct Hub {
    gate: Gate<dyn BoardStore>,
    machine: Machine,
    site: Site,
    metrics: Metrics,
    /// Wakes the uplink.
    changed: Arc<Notify>,
}

impl Server for Hub {
    type Store = dyn BoardStore;

    fn gate(&self) -> &Gate<Self::Store> {
        &self.gate
    }

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn clock(&self) -> &Clock {
        &self.site.clock
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn changed(&self) {
        self.changed.notify_one();
        self.site.live.tell();
    }
}

impl PageServer for Hub {
    fn site(&self) -> &Site {
        &self.site
    }
}

/// Serves a hub until `shutdown`; everything acknowledged is durable then.
///
/// # Errors
/// The store or the network.
pub async fn serve(
    config: HubConfig,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let key = keyring::open(
        &config.data,
        "hub.db",
        config.unlock.as_ref(),
        &config.machine,
    )?;
    let mut store = open_with(&config.data, &key, &config.machine)?;
    keyring::warn_if_open(&config.data)?;
    let network = config.network.listening(&listener)?;
    let (_, tls) = tls::announce(&mut store, &network, config.plain_http)?;
    let link = config
        .upstream
        .as_deref()
        .map(EnrolLink::parse)
        .transpose()?;
    let clock = Clock::open::<dyn BoardStore>(&mut store, &config.machine)?;
    let (data, its_key, unused_epoch) = (config.data.clone(), key.clone(), config.machine.bytes());
    let damage = damage::look_beside(&config.data.join("hub.db"), move || {
        SqliteHub::open(&data, &its_key, unused_epoch)?.damaged()
    });
    let zone = zone::of(&mut store)?;
    let (writer, writing) = Writer::start(store);
    let (reader, reading) = Writer::start(HubReader(
        open_with(&config.data, &key, &config.machine)?.only_reading()?,
    ));
    let (counter, counting) = Writer::start(HubReader(
        open_with(&config.data, &key, &config.machine)?.only_reading()?,
    ));
    let last = writer.clone();
    let (site, seating) = Site::open(
        Tier::Hub,
        &config.data,
        &key,
        &config.machine,
        &clock,
        network.is_secure(config.plain_http),
    )?;
    zone::show(&site.zone, zone);
    let (changed, live) = (Arc::new(Notify::new()), site.live.clone());
    let uplink = Uplink {
        writer: writer.clone(),
        machine: config.machine.clone(),
        clock: clock.clone(),
        changed: Arc::clone(&changed),
        live: live.clone(),
    };
    let uplink = tokio::spawn(uplink::run(uplink, link));
    let keeping = upkeep::run_hub(
        writer.clone(),
        site.people.clone(),
        config.machine.clone(),
        clock.clone(),
        live.clone(),
        Arc::clone(&site.zone),
    );
    let keeping = tokio::spawn(keeping);
    let hub = Hub {
        gate: Gate::new(writer, reader, counter),
        machine: config.machine,
        site,
        metrics: Metrics::new("vicinity_hub"),
        changed,
    };
    let (shutdown, ended) = damage::or_damage(shutdown, damage);
    let shutdown = async move {
        shutdown.await;
        live.end();
    };
    connections::serve(
        http::limited(all_routes().router(Arc::new(hub))),
        listener,
        tls,
        network.proxies,
        shutdown,
    )
    .await;
    for task in [uplink, keeping] {
        task.abort();
        // The task's own end is of no interest; the writer it held must be gone before the thread can be joined.
        task.await.ok();
    }
    writer::end([counting, reading], last, writing).await;
    tokio::task::spawn_blocking(move || seating.join())
        .await
        .ok();
    Ok(damage::outcome(ended)?)
}

fn all_routes() -> Routes<Hub> {
    let routes = api::hub::routes(Routes::default());
    pages::clock::of_hub(pages::board::routes(pages::entry::routes(routes)))
}

/// Everything that a hub answers.
#[must_use]
pub fn routes() -> Vec<Route> {
    all_routes().listed().to_vec()
}

#[cfg(test)]
mod tests;
