//! How a server that starts is reached: what the command line says, and else what the machine does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use anyhow::{Result, bail};
use tokio::net::TcpListener;
use vicinity_server::network::{ADDRESSES_MAX, Network, reached_at, tell_guessed};

use crate::args::NetworkArguments;

/// How a server that listens on `listen` is reached.
pub fn of(listen: &str, listener: &TcpListener, arguments: NetworkArguments) -> Result<Network> {
    if arguments.public.len() > ADDRESSES_MAX {
        bail!("--public: a link holds at most {ADDRESSES_MAX} addresses");
    }
    let bound = listener.local_addr()?;
    let machine = if bound.ip().is_unspecified() {
        machine_addresses()
    } else {
        Vec::new()
    };
    let own = reached_at(listen, bound, &machine);
    if bound.ip().is_unspecified() && arguments.public.is_empty() {
        tell_guessed(&own);
    }
    Ok(Network {
        own,
        public: arguments.public,
        proxies: arguments.trusted_proxy.into(),
    })
}

/// The addresses of this machine, first the one by which it goes to others. Nothing is sent to find out.
fn machine_addresses() -> Vec<IpAddr> {
    let out = |from: IpAddr, to: IpAddr| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    // Addresses of documentation, which nobody has: only the way to them is looked up.
    let fourth = out(
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv4Addr::new(192, 0, 2, 1).into(),
    );
    let sixth = out(
        Ipv6Addr::UNSPECIFIED.into(),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    );
    let mut addresses: Vec<IpAddr> = fourth.into_iter().chain(sixth).collect();
    for interface in if_addrs::get_if_addrs().unwrap_or_default() {
        if !addresses.contains(&interface.ip()) {
            addresses.push(interface.ip());
        }
    }
    addresses
}
