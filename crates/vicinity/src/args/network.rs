//! Arguments that say how others reach a server.

use std::net::IpAddr;

use clap::Args;
use vicinity_server::network::Address;

/// How others reach a server.
#[derive(Args)]
pub struct NetworkArguments {
    /// By what others reach it, for its links; several may be given, each is tried. With --plain-http: where the proxy with TLS stands
    #[arg(long, value_name = "NAME:PORT", value_parser = Address::parse)]
    pub public: Vec<Address>,
    /// The address of a proxy whose X-Forwarded-For is believed; several may be given
    #[arg(long, value_name = "ADDR")]
    pub trusted_proxy: Vec<IpAddr>,
}
