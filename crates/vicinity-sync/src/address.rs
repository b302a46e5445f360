//! Where a server can be reached: a name or an address, and a port.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Characters of the longest name.
const NAME_MAX: usize = 253;
/// Characters of the longest part of a name.
const LABEL_MAX: usize = 63;

/// A host and a port: `hub.example.org:7311`, `192.168.8.10:7311` or `[fd00::1]:7311`. A name stays a name, in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(String);

/// A text that is not a address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Something else.
    #[error("expected NAME:PORT, as hub.example.org:7311, 192.168.8.10:7311 or [fd00::1]:7311")]
    Form,
    /// An address to listen on, not one to go to.
    #[error("0.0.0.0 and [::] lead nowhere: give a name or an address that others reach")]
    Nowhere,
}

impl Address {
    /// The address of a text.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let (host, port) = text.trim().rsplit_once(':').ok_or(BadAddress::Form)?;
        let port: u16 = port
            .parse()
            .ok()
            .filter(|number| *number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or(BadAddress::Form)?;
        if let Some(address) = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            return Self::of(
                address
                    .parse::<Ipv6Addr>()
                    .map_err(|_| BadAddress::Form)?
                    .into(),
                port,
            );
        }
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return Self::of(address.into(), port);
        }
        if is_name(host) {
            Ok(Self(format!("{}:{port}", host.to_ascii_lowercase())))
        } else {
            Err(BadAddress::Form)
        }
    }

    /// The address of a machine by its number.
    ///
    /// # Errors
    /// One that leads nowhere.
    pub fn of(address: IpAddr, port: u16) -> Result<Self, BadAddress> {
        if address.is_unspecified() {
            Err(BadAddress::Nowhere)
        } else {
            Ok(Self(SocketAddr::new(address, port).to_string()))
        }
    }

    /// Whether it cannot lead to another machine. A name can.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0
            .parse::<SocketAddr>()
            .is_ok_and(|address| address.ip().is_loopback())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Addresses with a comma between each two.
    #[must_use]
    pub fn join(addresses: &[Self]) -> String {
        addresses
            .iter()
            .map(Self::as_str)
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The addresses of such a text.
    ///
    /// # Errors
    /// One of them is none, or there is none at all.
    pub fn split(text: &str) -> Result<Vec<Self>, BadAddress> {
        text.split(',').map(Self::parse).collect()
    }
}

/// Letters, digits, dashes and underscores, with dots between; a name whose last part is a number would be read as an address.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let inside = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        inside
            && !label.is_empty()
            && label.len() <= LABEL_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    host.len() <= NAME_MAX && host.split('.').all(label) && !numeric
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names_and_addresses_of_both_kinds_are_taken() {
        for (text, same) in [
            ("hub.example.org:7311", "hub.example.org:7311"),
            (" HUB.local:1 ", "hub.local:1"),
            ("hub:443", "hub:443"),
            ("192.168.8.10:7311", "192.168.8.10:7311"),
            ("[FD00::0001]:7311", "[fd00::1]:7311"),
        ] {
            assert_eq!(Address::parse(text).unwrap().as_str(), same);
        }
        for text in [
            "",
            "hub",
            "hub:",
            ":1",
            "hub:0",
            "hub:65536",
            "hub:+1",
            "fd00::1:7311x",
            "fd00::1",
            "a b:1",
            "-a:1",
            "a..b:1",
            "1.2.3:4",
            "[hub]:1",
            "a,b:1",
        ] {
            assert_eq!(Address::parse(text), Err(BadAddress::Form), "{text}");
        }
        for text in ["0.0.0.0:7311", "[::]:7311"] {
            assert_eq!(Address::parse(text), Err(BadAddress::Nowhere));
        }
    }

    #[test]
    fn only_the_machine_itself_is_loopback() {
        for (text, loopback) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("192.168.8.10:1", false),
            ("localhost:1", false),
        ] {
            assert_eq!(
                Address::parse(text).unwrap().is_loopback(),
                loopback,
                "{text}"
            );
        }
    }

    #[test]
    fn several_stand_in_one_text() {
        let both = Address::split("hub.local:1,[fd00::1]:2").unwrap();
        assert_eq!(
            (both.len(), Address::join(&both)),
            (2, "hub.local:1,[fd00::1]:2".to_owned())
        );
        assert!(Address::split("").is_err() && Address::split("a:1,").is_err());
    }
}
