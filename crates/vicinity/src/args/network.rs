//! Arguments that say where a server listens and how others reach it.

use std::net::IpAddr;

use clap::Args;
use vicinity_server::network::Address;

/// Where a server listens.
#[derive(Args)]
pub struct ListenArguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, required = true)]
    pub listen: Option<String>,
    /// Serve without TLS; only on loopback, for tests and for a proxy that brings TLS
    #[arg(long)]
    pub plain_http: bool,
    /// How others reach it.
    #[command(flatten)]
    pub network: NetworkArguments,
}

/// How others reach a server.
#[derive(Args)]
pub struct NetworkArguments {
    /// By what others reach it, for its links; several may be given, each is tried. With --plain-http: where the proxy with TLS stands
    #[arg(long, value_name = "NAME:PORT", value_parser = Address::parse)]
    pub public: Vec<Address>,
    /// The address of a proxy whose X-Forwarded-For is trusted; several may be given
    #[arg(long, value_name = "ADDR")]
    pub trusted_proxy: Vec<IpAddr>,
}
