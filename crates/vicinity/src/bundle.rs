//! `vicinity device bundle` and `vicinity hub bundle`: files on a memory card.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;
use vicinity_client::bundle::ImportEnd;
use vicinity_client::device::Device;
use vicinity_client::reserve;
use vicinity_core::access::Action;
use vicinity_server::bundle;
use vicinity_server::parcel::{PARCEL_FILE_MAX_BYTES, ParcelError};

use crate::{hub_store, machine, output};

/// `vicinity device bundle export`.
pub fn export(device: &mut Device, home: &Path, file: &Path, json: bool) -> Result<()> {
    let exported = reserve::with(home, reserve::may_be_full, || device.export_bundle())?;
    write(file, &exported.file)?;
    if json {
        return output::line(
            json!({"changes": exported.changes, "batches": exported.batches, "more": exported.more, "bytes": exported.file.len()}),
        );
    }
    let more = if exported.more {
        "; not all fitted: export again after the reply"
    } else {
        ""
    };
    output::line(format!(
        "{} changes and {} batches of statements for the hub{more}; they stay here until its reply",
        exported.changes, exported.batches
    ))
}

/// `vicinity device bundle import`.
pub fn import(device: &mut Device, file: &Path, json: bool) -> Result<ExitCode> {
    let imported = device.import_reply(&read(file)?)?;
    if json {
        output::line(imported.to_json())?;
    } else {
        output::line(format!(
            "acknowledged {}, refused {}, received {}, erased {}, statements {}",
            imported.acked,
            imported.rejected,
            imported.received,
            imported.erased,
            imported.statements
        ))?;
    }
    output::say_what_stays_apart(&device.apart()?);
    let next = match imported.end {
        ImportEnd::UpToDate => return Ok(ExitCode::SUCCESS),
        ImportEnd::Behind => "there is more to carry: export another bundle",
        ImportEnd::Differs => {
            "some changes were refused by the hub; `list` shows how many stay on this device"
        }
        ImportEnd::Compare => {
            "this device and its hub do not hold the same yet: the next bundle, or sync, compares all"
        }
        ImportEnd::Old => {
            "this device has heard from its hub since it made that bundle: nothing was lost, and nothing but acknowledgements counted"
        }
        ImportEnd::EarlierLife => {
            "the reply is to an earlier life of this device; nothing was changed"
        }
        ImportEnd::NewLife => {
            "this device was restored or copied: the next bundle, or sync, compares all"
        }
        ImportEnd::Alarm => {
            eprintln!(
                "vicinity: this device and its hub hold different things even after comparing all; tell the person who runs the hub"
            );
            return Ok(ExitCode::FAILURE);
        }
    };
    if !json {
        output::line(next)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `vicinity hub bundle import`.
pub fn take(data: &Path, file: &Path, out: &Path, json: bool) -> Result<()> {
    let mut store = hub_store::open(data, Action::TakeBundle)?;
    let imported = bundle::import(
        &mut store,
        &read(file)?,
        machine::now(),
        &mut machine::server(),
    )?;
    // What was taken is durable; if the reply cannot be written, the same bundle brings it again.
    write(out, &imported.reply)?;
    let bundle::Imported {
        device,
        taken,
        refused,
        pending,
        late,
        ..
    } = imported;
    if json {
        return output::line(
            json!({"device": device, "taken": taken, "refused": refused, "pending": pending, "late": late}),
        );
    }
    let late = if late {
        "; it is late or a copy: something newer of this device was heard before"
    } else {
        ""
    };
    output::line(format!(
        "device {device}: {taken} changes are here, {refused} refused, {pending} wait for others{late}"
    ))?;
    output::line(format!("{} is the reply; carry it back", out.display()))
}

/// A file's bytes, and no more than a bundle can have.
fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(failed)?;
    file.take(PARCEL_FILE_MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(failed)?;
    if bytes.len() > PARCEL_FILE_MAX_BYTES {
        Err(ParcelError::TooLarge.into())
    } else {
        Ok(bytes)
    }
}

/// Writes a file complete or not at all, for its owner only where the card can say so. Durable when this returns.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial).with_context(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&partial, path))
        .with_context(failed)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(failed)
}
