//! What a hub and a national server share while they serve: the folder they hold, the socket, the log, the end.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::net::TcpListener;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use vicinity_server::tls::Pin;

use crate::output;

/// Held by the process that serves the folder, with its number in it, so that it can be stopped.
pub const PID_FILE: &str = "pid";

/// Takes a folder for this process alone: two servers would answer for one, and a person who stops one would miss the other.
pub fn hold(data: &Path) -> Result<File> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let path = data.join(PID_FILE);
    let mut held = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    if held.try_lock().is_err() {
        bail!(
            "another process serves {} already; stop that one first: its number is in {}",
            data.display(),
            path.display()
        );
    }
    held.set_len(0)
        .and_then(|()| held.write_all(std::process::id().to_string().as_bytes()))
        .context("cannot write the pid file")?;
    Ok(held)
}

/// What is printed after `rotate-tls`.
pub const ROTATES: &str =
    "the key changes at the next start; whoever has been in contact since the last change follows";

/// Binds an address. Without TLS only this machine may listen: everything else would send what survivors told in clear.
pub async fn bind(listen: &str, plain_http: bool) -> Result<TcpListener> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    if plain_http && !listener.local_addr()?.ip().is_loopback() {
        bail!(
            "{listen} can be reached from other machines; --plain-http is for loopback addresses such as 127.0.0.1:7311 only"
        );
    }
    Ok(listener)
}

/// Ends on Ctrl-C or SIGTERM. It listens from the call on, so that a script that has read that a server is ready can stop it in order.
/// In a runtime only.
pub fn told_to_stop() -> impl Future<Output = ()> {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
    async move {
        match (terminate, interrupt) {
            (Ok(mut terminate), Ok(mut interrupt)) => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            // Without handlers a signal still ends the process; what was acknowledged is on disk.
            _ => std::future::pending().await,
        }
    }
}

/// The line that says a server is ready.
pub fn ready(listener: &TcpListener, pin: Option<Pin>) -> Result<()> {
    output::line(
        json!({"listening": listener.local_addr()?.to_string(), "pin": pin.map(|pin| pin.to_string())}),
    )
}

/// Logs go to standard error, one JSON object a line.
pub fn log_to_stderr() {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(|| output::LogLines);
    // Not others': a library's lines and spans may hold what it was given, and spans of every change took 8 % of a hub's CPU.
    let own = Targets::new().with_target("vicinity", LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(lines.with_filter(own))
        .init();
}

/// A runtime that fits the smallest machines.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}
