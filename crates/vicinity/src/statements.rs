//! `vicinity device statements|attach|open` and `vicinity hub recovery-key|keygen|audit`.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use vicinity_client::Carried;
use vicinity_client::device::Device;
use vicinity_client::media;
use vicinity_client::statements::StatementLine;
use vicinity_core::ids::IncidentId;
use vicinity_core::{hex, local, text};
use vicinity_server::keys::{Opener, Recipient};
use vicinity_server::keyset;
use vicinity_server::store::hub::HubStore;

use crate::{hub_store, output, secrets};

/// How far this device has brought a statement, in a word.
fn here(line: &StatementLine) -> Option<&'static str> {
    line.here.map(|carried| match carried {
        Carried::Plain => "plain",
        Carried::Sealed => "sealed",
        Carried::Delivered => "delivered",
    })
}

/// Lists the statements of an incident.
pub fn list(device: &mut Device, id: &str, json: bool) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let lines = device.statement_lines(id)?;
    if json {
        return lines.iter().try_for_each(|line| {
            output::line(json!({
                "statement": format!("{id}/{}", line.entry), "class": line.class, "bytes": line.bytes, "here": here(line), "at_hub": line.at_hub,
            }))
        });
    }
    if lines.is_empty() {
        return output::line("this incident has no statements");
    }
    let row = |line: &StatementLine| {
        let at_hub = line
            .at_hub
            .map_or("not known here", |at_hub| if at_hub { "yes" } else { "no" });
        [
            format!("{id}/{}", line.entry),
            line.class.clone(),
            line.bytes.to_string(),
            here(line).unwrap_or_default().to_owned(),
            at_hub.to_owned(),
        ]
    };
    output::line(output::table(
        ["statement", "class", "bytes", "here", "sealed at the hub"],
        lines.iter().map(row),
    ))
}

/// Attaches a file to an incident. No more of it is read than may be kept.
pub fn attach(device: &mut Device, id: &str, file: &Path) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let mut bytes = Vec::new();
    let opened =
        std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    opened
        .take(media::ATTACHMENT_MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let attached = device.attach(id, &bytes)?;
    if attached.already_here {
        eprintln!(
            "vicinity: already here: the incident has this {} already, and nothing was added",
            attached.class
        );
    }
    output::line(format!("{id}/{}", attached.entry))
}

/// Opens a statement and prints it, or writes it into a new file. What is printed is escaped; a file gets every byte.
pub fn open(device: &mut Device, statement: &str, out: Option<&Path>) -> Result<()> {
    let (id, entry) = statement
        .split_once('/')
        .context("not a statement: expected INCIDENT/ENTRY, as `statements` prints it")?;
    // Looked at first: a reading is recorded at the hub, and should show something.
    if let Some(path) = out
        && path.exists()
    {
        bail!(
            "{} is there already: name a new file with --out",
            path.display()
        );
    }
    let opened = device.open_statement(id.parse()?, entry)?;
    match out {
        Some(path) => write_new(path, &opened),
        None if media::strip(&opened).is_ok() => {
            bail!("this statement is a photo or a recording: name a new file for it with --out")
        }
        None => output::line(String::from_utf8_lossy(&opened)),
    }
}

/// Sets the recovery key of a hub.
pub fn set_recovery(store: &mut dyn HubStore, key: &str) -> Result<()> {
    let text = text::secret_digits(key);
    let (recipient, signing) = text.split_once('+').context(
        "not a recovery key: expected what `vicinity hub keygen --recovery` printed, age1…+…",
    )?;
    let signing = hex::read(signing).context("not a recovery key: cut or mistyped")?;
    let digits = keyset::set_recovery(store, signing, Recipient::parse(recipient)?)?;
    output::line(format!(
        "waits for the approval of a responder's device, which must show the digits {digits}"
    ))
}

/// Wraps batches' keys again with the recovery key.
pub fn recover(store: &mut dyn HubStore, key: &Path) -> Result<()> {
    let text = secrets::read_secret(key)?;
    let opener = Opener::from_secret_string(&text::secret(&text)).with_context(|| {
        format!(
            "{} holds no key that `vicinity hub keygen` made",
            key.display()
        )
    })?;
    let recovered = keyset::recover(store, &opener)?;
    output::line(format!(
        "{} batches of statements can be opened by today's responders now; {} were not sealed to this key",
        recovered.rewrapped, recovered.shut
    ))
}

/// Makes a recovery key.
pub fn keygen(out: &Path, recovery: bool) -> Result<()> {
    let opener = Opener::generate();
    write_new(out, opener.to_secret_string().as_bytes())?;
    if recovery {
        let signing = opener.signing_key().verifying_key().to_bytes();
        output::line(format!("{}+{}", opener.recipient(), hex::write(&signing)))
    } else {
        output::line(opener.recipient())
    }
}

/// Prints who can open statements.
pub fn keyset(store: &mut dyn HubStore, json: bool) -> Result<()> {
    let (rows, zone) = (keyset::rows(store)?, hub_store::zone(store)?);
    if json {
        return rows.iter().try_for_each(|row| {
            output::line(json!({
                "device": row.number, "name": row.name, "recovery": row.is_recovery, "approved": row.since.is_some(),
                "since": row.since.map(|at| at.to_string()), "by": row.by, "by_recovery": row.by_recovery, "digits": row.digits,
            }))
        });
    }
    let cells = rows.iter().map(|row| {
        let device = match (row.is_recovery, row.number) {
            (true, _) => "recovery key".to_owned(),
            (_, Some(number)) => number.to_string(),
            _ => "unknown here".to_owned(),
        };
        let by = match (row.since, row.by, row.by_recovery) {
            (None, ..) => "waits for an approval".to_owned(),
            (_, _, true) => "recovery key".to_owned(),
            (_, Some(by), _) => format!("device {by}"),
            _ => "unknown here".to_owned(),
        };
        [
            device,
            row.name.clone().unwrap_or_default(),
            row.since
                .map_or_else(String::new, |at| local::minute(at, &zone)),
            by,
            row.digits.clone(),
        ]
    });
    output::line(output::table(
        [
            "device",
            "name",
            &output::of_zone("since", &zone),
            "approved by",
            "digits",
        ],
        cells,
    ))
}

/// Prints who opened statements.
pub fn audit(store: &mut dyn HubStore, json: bool) -> Result<()> {
    let rows = store.audit()?;
    if json {
        return rows.iter().try_for_each(|row| -> Result<()> {
            let line: Value =
                json!({"device": row.device, "at": row.at.to_string(), "entry_hash": hex::write(&row.entry_hash), "chain": hex::write(&row.chain)});
            output::line(line)
        });
    }
    let zone = hub_store::zone(store)?;
    let cells = rows.iter().map(|row| {
        [
            row.device.to_string(),
            local::minute(row.at, &zone),
            hex::write(&row.entry_hash),
        ]
    });
    output::line(output::table(
        ["device", &output::of_zone("at", &zone), "statement"],
        cells,
    ))
}

/// A new file that only its owner may read. One that is there already stays as it is.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}
