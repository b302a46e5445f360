//! `vicinity hub`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::ids::IncidentId;
use vicinity_core::{local, show};
use vicinity_server::hub::{self, EnrolLink, HubConfig};
use vicinity_server::store::board::BoardStore;
use vicinity_server::store::hub::{DeviceRow, HubStore, Role};
use vicinity_server::{tables, tls};

use crate::args::{DeviceRole, HubArguments, HubBundleCommand, HubCommand, ListenArguments};
use crate::{
    bundle, clock, conflicts, hub_areas, hub_erase, hub_keeping, hub_store, hub_verify, links,
    machine, network, output, people, secrets, serving, statements,
};

pub fn run(arguments: HubArguments) -> Result<ExitCode> {
    match arguments.command {
        None => serve(
            arguments.data.unwrap_or_default(),
            arguments.listen,
            arguments.zone.as_deref(),
            arguments.upstream,
        )?,
        Some(HubCommand::Invite {
            data,
            role,
            name,
            json,
        }) => invite(&data, role, name.as_deref(), json)?,
        Some(HubCommand::List { data, json }) => list(&data, json)?,
        Some(HubCommand::Show { data, id }) => show_one(&data, &id)?,
        Some(HubCommand::Export { data, json: _ }) => export(&data)?,
        Some(HubCommand::Conflicts { data, json }) => {
            let mut store = hub_store::open(&data, Action::PrintIncidents)?;
            conflicts::print(
                &hub_store::conflicts(&mut store)?,
                &hub_store::zone(&mut store)?,
                json,
            )?;
        }
        Some(HubCommand::Devices { data, json }) => devices(&data, json)?,
        Some(HubCommand::Clock(arguments)) => {
            let mut store = hub_store::open(&arguments.data, Action::Keep)?;
            let zone = hub_store::zone(&mut store)?;
            clock::run::<dyn BoardStore>(&mut store, &zone, &arguments)?;
        }
        Some(HubCommand::Revoke { data, device }) => hub_erase::revoke(&data, device)?,
        Some(HubCommand::Erase { data, id, unknown }) => hub_erase::erase(&data, &id, unknown)?,
        Some(HubCommand::Erasures { data, json }) => hub_erase::erasures(&data, json)?,
        Some(HubCommand::Assign {
            data,
            id,
            device,
            remove,
        }) => assign(&data, &id, device, remove)?,
        Some(HubCommand::Areas { data, command }) => hub_areas::run(&data, &command)?,
        Some(HubCommand::Report { data, now: _ }) => report_now(&data)?,
        Some(HubCommand::Backup { data, file }) => hub_keeping::backup(&data, &file)?,
        Some(HubCommand::Restore { data, file }) => hub_keeping::restore(&data, &file)?,
        Some(HubCommand::Relock {
            data,
            identity_file,
            passphrase_file,
        }) => {
            hub_keeping::relock(&data, identity_file.as_deref(), passphrase_file.as_deref())?;
        }
        Some(HubCommand::RotateTls { data }) => {
            tls::rotate(&mut hub_store::open(&data, Action::Keep)?)?;
            output::line(serving::ROTATES)?;
        }
        Some(HubCommand::Panic { data }) => hub_keeping::panic(&data)?,
        Some(HubCommand::RecoveryKey { data, key }) => {
            statements::set_recovery(&mut hub_store::open(&data, Action::SetRecoveryKey)?, &key)?
        }
        Some(HubCommand::Recover { data, key }) => {
            statements::recover(&mut hub_store::open(&data, Action::SetRecoveryKey)?, &key)?
        }
        Some(HubCommand::Keygen { out, recovery }) => statements::keygen(&out, recovery)?,
        Some(HubCommand::Keyset { data, json }) => {
            statements::keyset(&mut hub_store::open(&data, Action::Inspect)?, json)?
        }
        Some(HubCommand::Audit { data, json }) => {
            statements::audit(&mut hub_store::open(&data, Action::Inspect)?, json)?
        }
        Some(HubCommand::Verify { data, json }) => return hub_verify::verify(&data, json),
        Some(HubCommand::Bundle {
            command:
                HubBundleCommand::Import {
                    data,
                    file,
                    out,
                    json,
                },
        }) => bundle::take(&data, &file, &out, json)?,
        Some(HubCommand::People { command }) => people::at_hub(command)?,
        Some(HubCommand::Quarantine { data, json }) => quarantine(&data, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn report_now(data: &Path) -> Result<()> {
    tables::want_now(&mut hub_store::open(data, Action::Keep)?)?;
    output::line(
        "the count tables go to national with the next contact; anyone who has the tables from before learns what changed since",
    )
}

fn serve(
    data: PathBuf,
    listening: ListenArguments,
    zone: Option<&str>,
    upstream: Option<String>,
) -> Result<()> {
    let ListenArguments {
        listen,
        plain_http,
        network,
    } = listening;
    let listen = &listen.unwrap_or_default();
    // A bad link is reported before anybody takes the server for ready.
    upstream
        .as_deref()
        .map(EnrolLink::parse)
        .transpose()
        .context("--upstream")?;
    let named = |name: &str| {
        vicinity_core::zone::named(name).with_context(|| {
            format!("--zone: {name} is no time zone; expected one as Asia/Bishkek")
        })
    };
    let zone = zone.map(named).transpose()?;
    let held = serving::hold(&data)?;
    let unlock = secrets::unlock_at_start(&data)?;
    serving::log_to_stderr();
    serving::runtime()?.block_on(async {
        let listener = serving::bind(listen, plain_http).await?;
        // Opened first, so that "ready" is reported by a hub that can answer, and whose links lead to where it listens now.
        let mut store = hub::open_to_serve(&data, unlock.as_ref(), &machine::server())?;
        if let Some(zone) = &zone {
            vicinity_server::zone::set(&mut store, zone)?;
        }
        let network = network::of(listen, &listener, network)?;
        let (pin, _) = tls::announce(&mut store, &network, plain_http)?;
        drop(store);
        let stopped = serving::told_to_stop();
        serving::ready(&listener, pin)?;
        hub::serve(
            HubConfig {
                data,
                unlock,
                plain_http,
                network,
                upstream,
                machine: machine::server(),
            },
            listener,
            stopped,
        )
        .await?;
        drop(held);
        Ok(())
    })
}

fn invite(data: &Path, role: DeviceRole, name: Option<&str>, json: bool) -> Result<()> {
    let name = name.map(links::name).transpose()?;
    let role = match role {
        DeviceRole::Educator => Role::Educator,
        DeviceRole::Responder => Role::Responder,
    };
    let mut store = hub_store::open(data, Action::Invite)?;
    let link = hub::invite(&mut store, &machine::server(), role)?;
    if let Some(name) = name {
        store.name_invited(EnrolLink::code_hash(&link.code), name)?;
    }
    links::print(&link.to_text(), json)
}

fn list(data: &Path, json: bool) -> Result<()> {
    let mut store = hub_store::open(data, Action::PrintIncidents)?;
    let (mut lines, zone) = (
        hub_store::lines(&mut store, machine::now())?,
        hub_store::zone(&mut store)?,
    );
    if json {
        return lines
            .into_iter()
            .try_for_each(|line| output::line(local::shown(line, &zone)));
    }
    output::line(output::table(
        output::INCIDENT_HEADING,
        output::incident_rows(&mut lines, &zone),
    ))?;
    output::line(format!(
        "\n{} incidents; times are of {}",
        lines.len(),
        local::name(&zone)
    ))
}

fn show_one(data: &Path, id: &str) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let mut store = hub_store::open(data, Action::PrintIncidents)?;
    let row = store
        .incident(id)?
        .context("this hub holds no such incident")?;
    let shown = local::shown(
        show::show(id, &row.incident, machine::now()),
        &hub_store::zone(&mut store)?,
    );
    output::line(serde_json::to_string_pretty(&shown)?)
}

fn export(data: &Path) -> Result<()> {
    let now = machine::now();
    let mut failed = None;
    let mut store = hub_store::open(data, Action::PrintIncidents)?;
    let zone = hub_store::zone(&mut store)?;
    store.each_incident(&mut |id, row| {
        if failed.is_none() {
            failed = output::line(local::shown(show::show(id, &row.incident, now), &zone)).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

/// The six digits that the device shows, too.
fn check(row: &DeviceRow) -> String {
    EnrolLink::check_digits(&row.enrolled_with.0, &row.enrolled_with.1)
}

fn devices(data: &Path, json: bool) -> Result<()> {
    let mut store = hub_store::open(data, Action::Inspect)?;
    let (rows, zone) = (store.devices()?, hub_store::zone(&mut store)?);
    if json {
        return rows.iter().try_for_each(|row| {
            output::line(json!({
                "number": row.number, "name": row.name, "role": row.role.code(), "last_seen": row.last_seen.map(|at| at.to_string()),
                "skew_seconds": row.skew_seconds, "revoked": row.revoked, "check": check(row),
            }))
        });
    }
    let text = |row: &DeviceRow| {
        let skew = row
            .skew_seconds
            .map(|seconds| format!("{seconds:+} s"))
            .unwrap_or_default();
        let revoked = if row.revoked {
            "revoked".to_owned()
        } else {
            String::new()
        };
        [
            row.number.to_string(),
            row.name.clone().unwrap_or_default(),
            row.role.code().to_owned(),
            row.last_seen
                .map_or("never".to_owned(), |at| local::minute(at, &zone)),
            skew,
            check(row),
            revoked,
        ]
    };
    output::line(output::table(
        [
            "device",
            "name",
            "role",
            &output::of_zone("last seen", &zone),
            "hub's clock ahead",
            "check",
            "",
        ],
        rows.iter().map(text),
    ))
}

fn assign(data: &Path, id: &str, device: u32, remove: bool) -> Result<()> {
    if !hub_store::open(data, Action::Assign)?.assign(
        id.parse()?,
        device,
        !remove,
        machine::now(),
    )? {
        bail!("no such incident or device; see `vicinity hub list` and `vicinity hub devices`");
    }
    Ok(())
}

fn quarantine(data: &Path, json: bool) -> Result<()> {
    let rows = hub_store::open(data, Action::Inspect)?.quarantine()?;
    if json {
        return rows.iter().try_for_each(|(reason, count)| {
            output::line(json!({"reason": reason.code(), "count": count}))
        });
    }
    if rows.is_empty() {
        return output::line("nothing was refused");
    }
    output::line(output::table(
        ["reason", "count", ""],
        rows.iter().map(|(reason, count)| {
            [
                reason.code().to_owned(),
                count.to_string(),
                reason.to_string(),
            ]
        }),
    ))
}
