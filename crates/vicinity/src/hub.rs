//! `vicinity hub`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use vicinity_client::device::{Conflict, Side};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::ids::IncidentId;
use vicinity_core::time::TimeZone;
use vicinity_core::{local, show};
use vicinity_server::hub::{self, EnrolLink, HubConfig};
use vicinity_server::sqlite::SqliteHub;
use vicinity_server::store::board::BoardStore;
use vicinity_server::store::error::Damage;
use vicinity_server::store::hub::{DeviceRow, HubStore, Role};
use vicinity_server::tls::{self, Pin};

use crate::args::{DeviceRole, HubArguments, HubBundleCommand, HubCommand, ListenArguments};
use crate::{bundle, clock, device, hub_areas, hub_erase, hub_keeping, hub_verify, machine, network, output, people, secrets, statements};

/// Held by the process that serves the folder, with its number in it, for whoever has to stop it.
pub const PID_FILE: &str = "pid";

/// Takes a folder for this process alone: two servers would answer for one, and whoever has to stop one would miss the other.
pub fn hold(data: &Path) -> Result<File> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let path = data.join(PID_FILE);
    let mut held = File::options().create(true).write(true).truncate(false).open(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if held.try_lock().is_err() {
        bail!("another process serves {} already; stop that one first: its number is in {}", data.display(), path.display());
    }
    held.set_len(0).and_then(|()| held.write_all(std::process::id().to_string().as_bytes())).context("cannot write the pid file")?;
    Ok(held)
}

/// What is said after the TLS key was told to change.
pub const ROTATES: &str = "the key changes at the next start; whoever has been in contact since the last change follows";

pub fn run(arguments: HubArguments) -> Result<ExitCode> {
    match arguments.command {
        None => serve(arguments.data.unwrap_or_default(), arguments.listen, arguments.zone.as_deref(), arguments.upstream)?,
        Some(HubCommand::Invite { data, role, json }) => invite(&data, role, json)?,
        Some(HubCommand::List { data, json }) => list(&data, json)?,
        Some(HubCommand::Show { data, id }) => show_one(&data, &id)?,
        Some(HubCommand::Export { data, json: _ }) => export(&data)?,
        Some(HubCommand::Conflicts { data, json }) => {
            let mut store = open(&data, Action::PrintIncidents)?;
            device::print_conflicts(&conflicts(&mut store)?, &zone(&mut store)?, json)?;
        }
        Some(HubCommand::Devices { data, json }) => devices(&data, json)?,
        Some(HubCommand::Clock(arguments)) => {
            let mut store = open(&arguments.data, Action::Keep)?;
            let zone = zone(&mut store)?;
            clock::run::<dyn BoardStore>(&mut store, &zone, &arguments)?;
        }
        Some(HubCommand::Revoke { data, device }) => hub_erase::revoke(&data, device)?,
        Some(HubCommand::Erase { data, id, unknown }) => hub_erase::erase(&data, &id, unknown)?,
        Some(HubCommand::Erasures { data, json }) => hub_erase::erasures(&data, json)?,
        Some(HubCommand::Assign { data, id, device, remove }) => assign(&data, &id, device, remove)?,
        Some(HubCommand::Areas { data, command }) => hub_areas::run(&data, &command)?,
        Some(HubCommand::Backup { data, file }) => hub_keeping::backup(&data, &file)?,
        Some(HubCommand::Restore { data, file }) => hub_keeping::restore(&data, &file)?,
        Some(HubCommand::Relock { data, identity_file, passphrase_file }) => {
            hub_keeping::relock(&data, identity_file.as_deref(), passphrase_file.as_deref())?;
        }
        Some(HubCommand::RotateTls { data }) => {
            tls::rotate(&mut open(&data, Action::Keep)?)?;
            output::line(ROTATES)?;
        }
        Some(HubCommand::Panic { data }) => hub_keeping::panic(&data)?,
        Some(HubCommand::RecoveryKey { data, key }) => statements::set_recovery(&mut open(&data, Action::SetRecoveryKey)?, &key)?,
        Some(HubCommand::Recover { data, key }) => statements::recover(&mut open(&data, Action::SetRecoveryKey)?, &key)?,
        Some(HubCommand::Keygen { out }) => statements::keygen(&out)?,
        Some(HubCommand::Audit { data, json }) => statements::audit(&mut open(&data, Action::Inspect)?, json)?,
        Some(HubCommand::Verify { data, json }) => return hub_verify::verify(&data, json),
        Some(HubCommand::Bundle { command: HubBundleCommand::Import { data, file, out, json } }) => bundle::take(&data, &file, &out, json)?,
        Some(HubCommand::People { command }) => people::at_hub(command)?,
        Some(HubCommand::Quarantine { data, json }) => quarantine(&data, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Binds an address. Without TLS only this machine may listen: everything else would send what survivors told in clear.
pub async fn bind(listen: &str, plain_http: bool) -> Result<TcpListener> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    if plain_http && !listener.local_addr()?.ip().is_loopback() {
        bail!("{listen} can be reached from other machines; --plain-http is for loopback addresses such as 127.0.0.1:7311 only");
    }
    Ok(listener)
}

/// Ends on Ctrl-C or SIGTERM. It listens from the call on, so that whoever has read that a server is ready can stop it in order.
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
    output::line(json!({"listening": listener.local_addr()?.to_string(), "pin": pin.map(|pin| pin.to_string())}))
}

/// Logs go to standard error, one JSON object a line.
pub fn log_to_stderr() {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_writer(|| output::LogLines);
    // Nobody else's: a library's lines and spans may hold what it was given, and spans of every change took 8 % of a hub's CPU.
    let own = Targets::new().with_target("vicinity", LevelFilter::INFO);
    tracing_subscriber::registry().with(lines.with_filter(own)).init();
}

/// A runtime that fits the smallest machines.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn serve(data: PathBuf, listening: ListenArguments, zone: Option<&str>, upstream: Option<String>) -> Result<()> {
    let ListenArguments { listen, plain_http, network } = listening;
    let listen = &listen.unwrap_or_default();
    // A bad link is said before anybody takes the server for ready.
    upstream.as_deref().map(EnrolLink::parse).transpose().context("--upstream")?;
    let named = |name: &str| vicinity_core::zone::named(name).with_context(|| format!("--zone: {name} is no time zone; expected one as Asia/Bishkek"));
    let zone = zone.map(named).transpose()?;
    let held = hold(&data)?;
    let unlock = secrets::unlock_at_start(&data)?;
    log_to_stderr();
    runtime()?.block_on(async {
        let listener = bind(listen, plain_http).await?;
        // Opened first, so that "ready" is said by a hub that can answer, and whose links lead to where it listens now.
        let mut store = hub::open_to_serve(&data, unlock.as_ref(), &machine::server())?;
        if let Some(zone) = &zone {
            vicinity_server::zone::set(&mut store, zone)?;
        }
        let network = network::of(listen, &listener, network)?;
        let (pin, _) = tls::announce(&mut store, &network, plain_http)?;
        drop(store);
        let stopped = told_to_stop();
        ready(&listener, pin)?;
        hub::serve(HubConfig { data, unlock, plain_http, network, upstream, machine: machine::server() }, listener, stopped).await?;
        drop(held);
        Ok(())
    })
}

/// Opens a hub that is there, for an admin who names what is to be done.
pub fn open(data: &Path, action: Action) -> Result<SqliteHub> {
    access::decide(Actor::Admin, action, Resource::Server)?;
    if !data.join("hub.db").exists() {
        bail!("{} holds no hub; start one with `vicinity hub --data … --listen 127.0.0.1:7311`", data.display());
    }
    Ok(hub::open(data, secrets::unlock(data)?.as_ref(), &machine::server())?)
}

/// Those of a hub's files that are damaged.
pub fn damaged(data: &Path, action: Action) -> Result<Vec<Damage>> {
    access::decide(Actor::Admin, action, Resource::Server)?;
    if !data.join("hub.db").exists() {
        bail!("{} holds no hub; start one with `vicinity hub --data … --listen 127.0.0.1:7311`", data.display());
    }
    Ok(hub::damaged(data, secrets::unlock(data)?.as_ref(), &machine::server())?)
}

fn invite(data: &Path, role: DeviceRole, json: bool) -> Result<()> {
    let role = match role {
        DeviceRole::Educator => Role::Educator,
        DeviceRole::Responder => Role::Responder,
    };
    let link = hub::invite(&mut open(data, Action::Invite)?, &machine::server(), role)?.to_text();
    print_link(&link, json)
}

/// A link as a picture for a camera.
pub fn qr(link: &str) -> Option<String> {
    Some(qrcode::QrCode::new(link).ok()?.render::<qrcode::render::unicode::Dense1x2>().build())
}

/// Prints a link: bare for scripts, with a QR code on a terminal.
pub fn print_link(link: &str, json: bool) -> Result<()> {
    use std::io::IsTerminal;
    if json {
        return output::line(json!({"link": link, "minutes": hub::CODE_MINUTES}));
    }
    output::line(link)?;
    if std::io::stdout().is_terminal()
        && let Some(code) = qr(link)
    {
        output::line(code)?;
        output::line(format!("good for one device and {} minutes", hub::CODE_MINUTES))?;
    }
    Ok(())
}

/// The zone whose time a hub speaks; UTC while nobody knows it.
pub fn zone(store: &mut dyn HubStore) -> Result<TimeZone> {
    Ok(vicinity_server::zone::of(store)?.unwrap_or(TimeZone::UTC))
}

fn list(data: &Path, json: bool) -> Result<()> {
    let mut store = open(data, Action::PrintIncidents)?;
    let (mut lines, zone) = (lines(&mut store, machine::now())?, zone(&mut store)?);
    if json {
        return lines.into_iter().try_for_each(|line| output::line(local::shown(line, &zone)));
    }
    output::line(output::table(output::INCIDENT_HEADING, output::incident_rows(&mut lines, &zone)))?;
    output::line(format!("\n{} incidents; times are of {}", lines.len(), local::name(&zone)))
}

/// Every incident in one line.
pub fn lines(store: &mut dyn HubStore, now: jiff::Timestamp) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    store.each_incident(&mut |id, row| {
        lines.push(show::list_line(id, &row.incident, now));
        Ok(())
    })?;
    Ok(lines)
}

fn show_one(data: &Path, id: &str) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let mut store = open(data, Action::PrintIncidents)?;
    let row = store.incident(id)?.context("this hub holds no such incident")?;
    let shown = local::shown(show::show(id, &row.incident, machine::now()), &zone(&mut store)?);
    output::line(serde_json::to_string_pretty(&shown)?)
}

fn export(data: &Path) -> Result<()> {
    let now = machine::now();
    let mut failed = None;
    let mut store = open(data, Action::PrintIncidents)?;
    let zone = zone(&mut store)?;
    store.each_incident(&mut |id, row| {
        if failed.is_none() {
            failed = output::line(local::shown(show::show(id, &row.incident, now), &zone)).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

/// Every conflict, with the numbers of the devices that disagree.
pub fn conflicts(store: &mut dyn HubStore) -> Result<Vec<Conflict>> {
    let mut disputed = Vec::new();
    store.each_incident(&mut |id, row| {
        disputed.extend(row.incident.disputes().iter().map(|dispute| (id, dispute.clone())));
        Ok(())
    })?;
    let mut conflicts = Vec::new();
    for (incident, dispute) in disputed {
        let mut sides = Vec::new();
        for claim in dispute.claims {
            let author = claim.change.map(|change| store.author(incident, change)).transpose()?.flatten();
            let device = author.map_or("unknown".to_owned(), |number| if number == 0 { "the hub".to_owned() } else { format!("device {number}") });
            sides.push(Side { value: claim.value, at: claim.at, device });
        }
        conflicts.push(Conflict { incident, field: dispute.field, sides });
    }
    Ok(conflicts)
}

/// The six digits that the device shows, too.
fn check(row: &DeviceRow) -> String {
    EnrolLink::check_digits(&row.enrolled_with.0, &row.enrolled_with.1)
}

fn devices(data: &Path, json: bool) -> Result<()> {
    let mut store = open(data, Action::Inspect)?;
    let (rows, zone) = (store.devices()?, zone(&mut store)?);
    if json {
        return rows.iter().try_for_each(|row| {
            output::line(json!({
                "number": row.number, "role": row.role.code(), "last_seen": row.last_seen.map(|at| at.to_string()),
                "skew_seconds": row.skew_seconds, "revoked": row.revoked, "check": check(row),
            }))
        });
    }
    let text = |row: &DeviceRow| {
        let skew = row.skew_seconds.map(|seconds| format!("{seconds:+} s")).unwrap_or_default();
        let revoked = if row.revoked { "revoked".to_owned() } else { String::new() };
        [row.number.to_string(), row.role.code().to_owned(), row.last_seen.map_or("never".to_owned(), |at| local::minute(at, &zone)), skew, check(row), revoked]
    };
    output::line(output::table(["device", "role", &output::of_zone("last seen", &zone), "hub's clock ahead", "check", ""], rows.iter().map(text)))
}

fn assign(data: &Path, id: &str, device: u32, remove: bool) -> Result<()> {
    if !open(data, Action::Assign)?.assign(id.parse()?, device, !remove, machine::now())? {
        bail!("no such incident or device; see `vicinity hub list` and `vicinity hub devices`");
    }
    Ok(())
}

fn quarantine(data: &Path, json: bool) -> Result<()> {
    let rows = open(data, Action::Inspect)?.quarantine()?;
    if json {
        return rows.iter().try_for_each(|(reason, count)| output::line(json!({"reason": reason.code(), "count": count})));
    }
    if rows.is_empty() {
        return output::line("nothing was refused");
    }
    output::line(output::table(["reason", "count", ""], rows.iter().map(|(reason, count)| [reason.code().to_owned(), count.to_string(), reason.to_string()])))
}
