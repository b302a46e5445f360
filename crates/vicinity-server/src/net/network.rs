//! How a server is reached: what its links name, and which proxies are trusted to say where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::HeaderMap;
use tokio::net::TcpListener;
pub use vicinity_sync::address::{Address, BadAddress};
pub use vicinity_sync::enrol::ADDRESSES_MAX;

/// The header with the addresses of the client and of the proxies before the last one, in that order.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// How a server is reached.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Where it is reached without further help; as it listens, where none is given.
    pub own: Vec<Address>,
    /// Names and ports under which others reach it, as its operator gave them. Over plain HTTP: where a proxy with TLS stands.
    pub public: Vec<Address>,
    /// Proxies that are trusted to say where a request comes from.
    pub proxies: Arc<[IpAddr]>,
}

impl Network {
    /// The same; where nothing is known of where it is reached, as it listens. An address that is for all of the machine's is none.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn listening(mut self, listener: &TcpListener) -> std::io::Result<Self> {
        if self.own.is_empty() {
            let bound = listener.local_addr()?;
            self.own.extend(Address::of(bound.ip(), bound.port()));
        }
        Ok(self)
    }

    /// Where enrolment links lead. A link without TLS is for this machine, whatever stands before it.
    #[must_use]
    pub fn links(&self, plain_http: bool) -> &[Address] {
        let links = if self.public.is_empty() || plain_http {
            &self.own
        } else {
            &self.public
        };
        &links[..links.len().min(ADDRESSES_MAX)]
    }

    /// Where browsers go. Before plain HTTP a proxy that has a name brings TLS.
    #[must_use]
    pub fn bases(&self, plain_http: bool) -> Vec<String> {
        let (scheme, addresses) = match plain_http {
            true if self.public.is_empty() => ("http", &self.own),
            _ if self.public.is_empty() => ("https", &self.own),
            _ => ("https", &self.public),
        };
        let base = |address: &Address| {
            format!(
                "{scheme}://{}",
                if scheme == "https" {
                    address.as_str().trim_end_matches(":443")
                } else {
                    address.as_str()
                }
            )
        };
        addresses.iter().take(ADDRESSES_MAX).map(base).collect()
    }

    /// Whether browsers come over TLS.
    #[must_use]
    pub fn is_secure(&self, plain_http: bool) -> bool {
        !plain_http || !self.public.is_empty()
    }
}

/// Where a server is reached that was configured to listen on `listen` and listens on `bound`: a name stays a name, except for loopback. An address
/// that means every address of the machine is replaced by those, `machine`.
#[must_use]
pub fn reached_at(listen: &str, bound: SocketAddr, machine: &[IpAddr]) -> Vec<Address> {
    // A name for this machine itself tells others nothing, and links without TLS take numbers only.
    let named = listen.parse::<SocketAddr>().is_err() && !bound.ip().is_loopback();
    if let Some((host, _)) = listen.rsplit_once(':').filter(|_| named)
        && let Ok(address) = Address::parse(&format!("{host}:{}", bound.port()))
    {
        return vec![address];
    }
    if !bound.ip().is_unspecified() {
        return Address::of(bound.ip(), bound.port()).into_iter().collect();
    }
    let others_reach = |address: &&IpAddr| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => {
            !address.is_loopback() && !address.is_unicast_link_local() && bound.is_ipv6()
        }
    };
    let addresses = machine
        .iter()
        .filter(others_reach)
        .filter_map(|address| Address::of(*address, bound.port()).ok());
    addresses.take(ADDRESSES_MAX).collect()
}

/// Says in the log where links lead that nobody gave an address for.
pub fn tell_guessed(addresses: &[Address]) {
    if addresses.is_empty() {
        tracing::warn!(
            "this machine knows no address by which others reach it: start with --public NAME:PORT, or no link can be made"
        );
    } else {
        tracing::info!(
            links = Address::join(addresses),
            "links lead to the machine's own addresses; --public NAME:PORT gives others"
        );
    }
}

/// Where a request comes from: the other end of its connection. Behind proxies that are trusted, the last one that is none of them,
/// of those that they name. What nobody trusted says counts for nothing, and so does what is no address.
#[must_use]
pub fn client(from: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let trusted = |address: IpAddr| {
        proxies
            .iter()
            .any(|proxy| proxy.to_canonical() == address.to_canonical())
    };
    let mut at = from;
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    for entry in lines.iter().flat_map(|line| line.split(',')).rev() {
        if !trusted(at) {
            break;
        }
        let Some(next) = address_of(entry.trim()) else {
            break;
        };
        at = next;
    }
    at
}

/// Proxies write addresses bare, or with a port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let bare = entry
        .parse()
        .ok()
        .or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    bare.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))
}

/// An IPv4 address, or the network of an IPv6 one: who has one address there has all.
pub(crate) fn network(address: IpAddr) -> [u8; 8] {
    let address = address.to_canonical();
    let mut network = [0; 8];
    match address {
        IpAddr::V4(address) => network[4..].copy_from_slice(&address.octets()),
        IpAddr::V6(address) => network.copy_from_slice(&address.octets()[..8]),
    }
    network
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn texts(addresses: &[Address]) -> Vec<&str> {
        addresses.iter().map(Address::as_str).collect()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn links_name_what_others_reach_and_never_an_address_that_stands_for_all() {
        let machine = [
            "127.0.0.1",
            "192.168.8.10",
            "169.254.1.1",
            "::1",
            "fe80::1",
            "fd00::7",
        ]
        .map(address);
        let at = |listen: &str, bound: &str| reached_at(listen, bound.parse().unwrap(), &machine);
        assert_eq!(
            texts(&at("0.0.0.0:0", "0.0.0.0:7311")),
            ["192.168.8.10:7311"]
        );
        assert_eq!(
            texts(&at("[::]:7311", "[::]:7311")),
            ["192.168.8.10:7311", "[fd00::7]:7311"]
        );
        assert_eq!(
            texts(&at("hub.local:0", "192.168.8.10:7311")),
            ["hub.local:7311"],
            "names stay names"
        );
        assert_eq!(
            texts(&at("192.168.8.10:7311", "192.168.8.10:7311")),
            ["192.168.8.10:7311"]
        );
        assert_eq!(
            texts(&at("[fd00::7]:7311", "[fd00::7]:7311")),
            ["[fd00::7]:7311"]
        );
        assert_eq!(
            texts(&at("localhost:0", "127.0.0.1:7311")),
            ["127.0.0.1:7311"]
        );
        assert!(
            reached_at(
                "0.0.0.0:1",
                "0.0.0.0:1".parse().unwrap(),
                &[address("127.0.0.1")]
            )
            .is_empty()
        );
    }

    #[test]
    fn what_was_given_goes_into_links_and_stands_for_a_proxy_with_tls_before_plain_http() {
        let own = Address::split("127.0.0.1:7311").unwrap();
        let bare = Network {
            own: own.clone(),
            ..Network::default()
        };
        assert_eq!(
            (
                texts(bare.links(false)),
                bare.bases(false),
                bare.bases(true)
            ),
            (
                vec!["127.0.0.1:7311"],
                vec!["https://127.0.0.1:7311".to_owned()],
                vec!["http://127.0.0.1:7311".to_owned()]
            )
        );
        assert!(bare.is_secure(false) && !bare.is_secure(true));
        let named = Network {
            public: Address::split("hub.example:443,192.168.8.10:7311").unwrap(),
            own,
            ..Network::default()
        };
        assert_eq!(
            texts(named.links(false)),
            ["hub.example:443", "192.168.8.10:7311"]
        );
        assert_eq!(texts(named.links(true)), ["127.0.0.1:7311"]);
        assert_eq!(
            named.bases(true),
            ["https://hub.example", "https://192.168.8.10:7311"]
        );
        assert!(named.is_secure(true));
    }

    #[test]
    fn a_proxy_is_believed_only_if_it_was_named() {
        let asked = |from: &str, said: &[&'static str], proxies: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| address(proxy)).collect();
            client(address(from), &headers, &proxies).to_string()
        };
        assert_eq!(asked("10.0.0.7", &["192.0.2.1"], &[]), "10.0.0.7");
        assert_eq!(
            asked("10.0.0.7", &["192.0.2.1"], &["127.0.0.1"]),
            "10.0.0.7"
        );
        assert_eq!(
            asked("127.0.0.1", &["192.0.2.1"], &["127.0.0.1"]),
            "192.0.2.1"
        );
        assert_eq!(
            asked("::ffff:127.0.0.1", &["192.0.2.1"], &["127.0.0.1"]),
            "192.0.2.1"
        );
        // What the browser wrote itself stands before what the proxy saw.
        assert_eq!(
            asked("127.0.0.1", &["203.0.113.9, 192.0.2.1"], &["127.0.0.1"]),
            "192.0.2.1"
        );
        assert_eq!(
            asked(
                "127.0.0.1",
                &["203.0.113.9", "192.0.2.1:5000, 10.0.0.2"],
                &["127.0.0.1", "10.0.0.2"]
            ),
            "192.0.2.1"
        );
        assert_eq!(
            asked("127.0.0.1", &["[2001:db8::1]:80"], &["127.0.0.1"]),
            "2001:db8::1"
        );
        for nonsense in ["unknown", "", "192.0.2.1, x"] {
            assert_eq!(
                asked("127.0.0.1", &[nonsense], &["127.0.0.1"]),
                "127.0.0.1",
                "{nonsense}"
            );
        }
        assert_eq!(asked("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }
}
