//! National: keeps projections, asks, and never holds an incident.

mod patterns;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use vicinity_pages::frame::Tier;
use vicinity_sqlite::{SqliteNational, SqlitePeople};
use vicinity_store::hub::Role;
use vicinity_store::review::ReviewStore;
use vicinity_sync::enrol::EnrolLink;

use crate::access::gate::Gate;
use crate::access::invites::expiry;
use crate::access::shares::HubShares;
use crate::api;
pub use crate::api::report::{Report, ReportRequest, Row, take_report};
use crate::api::server::{NationalServer, Server};
use crate::jobs::clock::Clock;
use crate::jobs::damage;
use crate::jobs::publish;
use crate::jobs::upkeep;
use crate::machine::Machine;
use crate::net::connections;
use crate::net::http;
use crate::net::metrics::Metrics;
use crate::net::network::Network;
use crate::net::routes::{Route, Routes};
use crate::net::tls;
use crate::pages;
use crate::pages::site::{PageServer, Site};
use crate::storage::error::ServeError;
use crate::storage::keyring::{self, Unlock};
use crate::storage::stores::NationalReader;
use crate::storage::writer::{self, Writer};

/// What national is started with.
pub struct NationalConfig {
    /// Its folder.
    pub data: PathBuf,
    /// What opens it; `None` for a folder that is not locked.
    pub unlock: Option<Unlock>,
    /// Whether it is to serve without TLS; for loopback only.
    pub plain_http: bool,
    /// How it is reached.
    pub network: Network,
    /// The link to the server above, for a server that is to join one.
    pub upstream: Option<String>,
    /// Clock and randomness.
    pub machine: Machine,
}

/// An enrolment link for a hub, or for the server of a country that is named.
///
/// # Errors
/// The store, or a server that never ran.
pub fn invite(
    store: &mut dyn ReviewStore,
    country: Option<&str>,
    machine: &Machine,
) -> Result<EnrolLink, ServeError> {
    let (addresses, pin) = tls::announced(store.setting(tls::ADDRESS)?, store.setting(tls::PINS)?)?;
    let (code, expires) = (machine.bytes(), expiry((machine.now)()));
    match country {
        None => store.invite(EnrolLink::code_hash(&code), Role::Hub, expires)?,
        Some(country) => store.invite_country(EnrolLink::code_hash(&code), country, expires)?,
    }
    Ok(EnrolLink {
        addresses,
        code,
        pin,
        signs: None,
        keys: None,
    })
}

/// Opens national's store.
///
/// # Errors
/// The key or the store.
pub fn open(
    data: &Path,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<SqliteNational, ServeError> {
    Ok(SqliteNational::open(
        data,
        &keyring::open(data, "national.db", unlock, machine)?,
    )?)
}

/// The same for a server that is about to serve: its files are checked, a large one later, by [`serve`].
///
/// # Errors
/// As [`open`]; or a file is damaged.
pub fn open_to_serve(
    data: &Path,
    unlock: Option<&Unlock>,
    machine: &Machine,
) -> Result<SqliteNational, ServeError> {
    let key = keyring::open(data, "national.db", unlock, machine)?;
    let store = SqliteNational::open(data, &key)?;
    let own = damage::look_first(&data.join("national.db"), || store.damaged())?;
    damage::refuse(
        [SqlitePeople::open(data, &key)?.damaged()?, own]
            .into_iter()
            .flatten(),
    )?;
    Ok(store)
}

/// A national server that serves.
pub struct National {
    gate: Gate<dyn ReviewStore>,
    machine: Machine,
    site: Site,
    metrics: Metrics,
    shares: Arc<Mutex<HubShares>>,
}

impl Server for National {
    type Store = dyn ReviewStore;

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
        self.site.live.tell();
    }
}

impl NationalServer for National {
    fn shares(&self) -> &Arc<Mutex<HubShares>> {
        &self.shares
    }
}

impl PageServer for National {
    fn site(&self) -> &Site {
        &self.site
    }
}

/// Serves national until `shutdown`; everything acknowledged is durable then.
///
/// # Errors
/// The store or the network.
pub async fn serve(
    config: NationalConfig,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let key = keyring::open(
        &config.data,
        "national.db",
        config.unlock.as_ref(),
        &config.machine,
    )?;
    let mut store = SqliteNational::open(&config.data, &key)?;
    keyring::warn_if_open(&config.data)?;
    let network = config.network.listening(&listener)?;
    let (_, tls) = tls::announce(&mut store, &network, config.plain_http)?;
    let clock = Clock::open::<dyn ReviewStore>(&mut store, &config.machine)?;
    let (data, its_key) = (config.data.clone(), key.clone());
    let damage = damage::look_beside(&config.data.join("national.db"), move || {
        SqliteNational::open(&data, &its_key)?.damaged()
    });
    let (writer, writing) = Writer::start(store);
    let (reader, reading) = Writer::start(NationalReader(
        SqliteNational::open(&config.data, &key)?.only_reading()?,
    ));
    let (counter, counting) = Writer::start(NationalReader(
        SqliteNational::open(&config.data, &key)?.only_reading()?,
    ));
    let last = writer.clone();
    let (site, seating) = Site::open(
        Tier::National,
        &config.data,
        &key,
        &config.machine,
        &clock,
        network.is_secure(config.plain_http),
    )?;
    let link = config
        .upstream
        .as_deref()
        .map(EnrolLink::parse)
        .transpose()?;
    let publishing = tokio::spawn(publish::run(last.clone(), config.machine.clone(), link));
    let live = site.live.clone();
    let keeping = tokio::spawn(upkeep::run_national(
        last.clone(),
        site.people.clone(),
        clock,
    ));
    let gate = Gate::new(writer, reader, counter);
    let national = National {
        gate,
        machine: config.machine,
        site,
        metrics: Metrics::new("vicinity_national"),
        shares: Arc::default(),
    };
    let (shutdown, ended) = damage::or_damage(shutdown, damage);
    let shutdown = async move {
        shutdown.await;
        live.end();
    };
    connections::serve(
        http::limited(all_routes().router(Arc::new(national))),
        listener,
        tls,
        network.proxies,
        shutdown,
    )
    .await;
    for task in [publishing, keeping] {
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

fn all_routes() -> Routes<National> {
    let routes = api::national::routes(Routes::default());
    pages::clock::of_national(pages::review::routes(pages::entry::routes(routes)))
}

/// Everything that national answers.
#[must_use]
pub fn routes() -> Vec<Route> {
    all_routes().listed().to_vec()
}

#[cfg(test)]
mod tests;
