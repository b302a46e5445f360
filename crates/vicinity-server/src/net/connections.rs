//! Accepting connections: how many there may be, and how long one may be silent. Handshakes and requests run beside each other,
//! plain or TLS, so that one who never finishes holds nobody up.

mod patience;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::net::connections::patience::{HEAD_SECONDS, Patient};
use crate::net::http::Remote;
use crate::net::network::network;

/// Connections at a time, from their first byte on: half of the 1,024 files that a process may open where nobody raised it.
const ALL_MAX: usize = 512;
/// Connections at a time from one address: a clinic behind one has fifty phones that sync at once, and a dozen browsers with six each.
const ADDRESS_MAX: usize = 128;
/// Seconds that a handshake may take: a bad link needs three round trips.
const HANDSHAKE_SECONDS: u64 = 15;
/// Serves until `shutdown`, then finishes what is in progress.
pub async fn serve(
    router: Router,
    mut listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    proxies: Arc<[IpAddr]>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let tls = tls.map(TlsAcceptor::from);
    let (serving, end) = watch::channel(());
    let (mut places, mut under_way) = (
        ConnectionSlots {
            proxies: Arc::clone(&proxies),
            ..ConnectionSlots::default()
        },
        JoinSet::new(),
    );
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, from) = tokio::select! {
            // Errors of single connections, and too many open files, are waited out in there.
            accepted = Listener::accept(&mut listener) => accepted,
            () = shutdown.as_mut() => break,
        };
        // Those that have ended.
        while under_way.try_join_next().is_some() {}
        // One too many is closed at once: in a queue it would keep others waiting.
        let Some(place) = places.take(from.ip()) else {
            continue;
        };
        let connection = connection(
            stream,
            Remote(from.ip(), Arc::clone(&proxies)),
            tls.clone(),
            router.clone(),
            end.clone(),
        );
        under_way.spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    drop(serving);
    while under_way.join_next().await.is_some() {}
}

/// Who is connected.
#[derive(Default)]
struct ConnectionSlots {
    /// A copy here, and one for each connection.
    taken: BTreeMap<[u8; 8], Arc<()>>,
    /// Proxies that are trusted.
    proxies: Arc<[IpAddr]>,
}

impl ConnectionSlots {
    /// A place for a connection from there, which has it until it drops it; `None` if there are too many.
    fn take(&mut self, from: IpAddr) -> Option<Arc<()>> {
        self.taken.retain(|_, place| Arc::strong_count(place) > 1);
        let all: usize = self
            .taken
            .values()
            .map(|place| Arc::strong_count(place) - 1)
            .sum();
        let for_many = stands_for_many(from)
            || self
                .proxies
                .iter()
                .any(|proxy| proxy.to_canonical() == from.to_canonical());
        let place = self.taken.entry(network(from)).or_default();
        let free = all < ALL_MAX && (Arc::strong_count(place) <= ADDRESS_MAX || for_many);
        free.then(|| Arc::clone(place))
    }
}

/// Whether an address stands for many clients: a proxy on this machine, which has limits of its own,
/// passes on those of all browsers. So for the machine itself only the limit over all holds. Only by the addresses that a
/// proxy comes from, and for proxies elsewhere that are trusted: anybody else on the machine may use the rest of 127.0.0.0/8, and is one as elsewhere.
fn stands_for_many(from: IpAddr) -> bool {
    [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ]
    .contains(&from.to_canonical())
}

/// One connection, to its end.
async fn connection<S>(
    stream: S,
    from: Remote,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut end: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stream = Patient::new(stream);
    let timer = stream.head_timer();
    let mut http = http1::Builder::new();
    http.timer(timer)
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS));
    let Some(tls) = tls else {
        return requests(&http, stream, from, router, end).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(Duration::from_secs(HANDSHAKE_SECONDS), tls.accept(stream)) => shaken,
        // Nothing was asked yet.
        _ = end.changed() => return,
    };
    if let Ok(Ok(stream)) = shaken {
        requests(&http, stream, from, router, end).await;
    }
}

/// Answers what is asked over a connection. How it ends is of no interest: the other end went away, or did not speak HTTP.
async fn requests<S>(
    http: &http1::Builder,
    stream: S,
    from: Remote,
    router: Router,
    mut end: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(from.clone());
        TowerToHyperService::new(router.clone()).call(request)
    });
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = served.as_mut() => return,
        _ = end.changed() => {}
    }
    served.as_mut().graceful_shutdown();
    served.await.ok();
}
