//! `vicinity device`.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use vicinity_client::device::Device;
use vicinity_client::leased;
use vicinity_client::logging::{BadLine, LogSink};
use vicinity_client::reserve;
use vicinity_client::vault::{self, DeviceSecret, VaultError};
use vicinity_client::{ClientError, DeviceError, End};
use vicinity_core::consent;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::json::{self, BadJson};
use vicinity_core::remark::Remark;
use vicinity_core::{local, show};

use crate::args::{AlertCommand, BundleCommand, DeviceArguments, DeviceCommand};
use crate::opening::Purpose;
use crate::{
    alerts, bundle, conflicts, device_keys, locking, machine, opening, output, secrets, session,
    statements,
};

pub fn run(arguments: DeviceArguments) -> Result<ExitCode> {
    let home = arguments.home.as_path();
    let pin_file = arguments.pin_file.as_deref();
    match arguments.command {
        DeviceCommand::Init => return init(home, pin_file),
        DeviceCommand::Unlock => return locking::unlock(home, pin_file),
        DeviceCommand::Lock => return locking::lock(home),
        DeviceCommand::WatchSession => return locking::watch(home),
        DeviceCommand::Wipe { yes } => return wipe(home, yes),
        DeviceCommand::DuressPin { second_pin_file } => {
            return duress(home, pin_file, second_pin_file.as_deref());
        }
        _ => {}
    }
    let device = open(&arguments.command, home, pin_file)?;
    let done = match run_open(arguments.command, device, home) {
        Err(error)
            if matches!(
                error.downcast_ref(),
                Some(ClientError::Device(DeviceError::WipeOrdered))
            ) =>
        {
            wipe_by_order(home)
        }
        other => other,
    };
    if vault::has_pin(home).is_ok() {
        reserve::refill(home, &mut machine::fill);
    }
    done
}

/// Opens the device. On a full disk what brings nothing new onto it gets the room that was kept back.
fn open(command: &DeviceCommand, home: &Path, pin_file: Option<&Path>) -> Result<Device> {
    use DeviceCommand::{Alerts, Bundle, Conflicts, List, Open, Show, Statements, Sync};
    let takes_reserve = matches!(
        command,
        List { .. }
            | Show { .. }
            | Conflicts { .. }
            | Sync { .. }
            | Statements { .. }
            | Open { .. }
            | Alerts { .. }
            | Bundle { .. }
    );
    let may_be_full = |error: &anyhow::Error| {
        let device = error.downcast_ref().is_some_and(reserve::open_may_be_full);
        takes_reserve && (device || error.downcast_ref().is_some_and(reserve::vault_may_be_full))
    };
    let purpose = if is_contact(command) {
        Purpose::Contact
    } else {
        Purpose::Use
    };
    reserve::with(home, may_be_full, || {
        opening::open_device(home, pin_file, purpose)
    })
}

/// Whether a command does nothing but speak with the hub, over a network or by file: it runs also where the lease has ended.
fn is_contact(command: &DeviceCommand) -> bool {
    matches!(
        command,
        DeviceCommand::Sync { .. } | DeviceCommand::Bundle { .. } | DeviceCommand::Enrol { .. }
    )
}

/// Wipes a device that its hub revoked. The device is closed by now: nothing may be written back.
fn wipe_by_order(home: &Path) -> Result<ExitCode> {
    match destroy(home) {
        Ok(()) => eprintln!(
            "vicinity: this device was revoked by its hub and wiped itself; nothing on it opens any more"
        ),
        Err(error) => {
            eprintln!(
                "vicinity: this device was revoked by its hub and wiped itself, as far as that can be done"
            );
            return Err(error);
        }
    }
    Ok(ExitCode::FAILURE)
}

/// Runs a command that needs the device open.
fn run_open(command: DeviceCommand, mut device: Device, home: &Path) -> Result<ExitCode> {
    match command {
        DeviceCommand::Init
        | DeviceCommand::Unlock
        | DeviceCommand::Lock
        | DeviceCommand::WatchSession => {}
        DeviceCommand::Wipe { .. } | DeviceCommand::DuressPin { .. } => {}
        DeviceCommand::Enrol { link, yes } => {
            enrol(&mut device, &link, yes)?;
            opening::warn_without_pin(home)?;
        }
        DeviceCommand::Log { file, with_edits } => return log(&mut device, &file, with_edits),
        DeviceCommand::Edit { id, file } => edit(&mut device, &id, &file)?,
        DeviceCommand::List { json } => list(&mut device, json)?,
        DeviceCommand::Show { id, json } => show_one(&mut device, &id, json)?,
        DeviceCommand::Conflicts { json } => {
            conflicts::print(&device.conflicts()?, &device.zone()?, json)?
        }
        DeviceCommand::Resolve {
            id,
            field,
            take,
            value,
        } => resolve(&mut device, &id, &field, take, value.as_deref())?,
        DeviceCommand::Statements { id, json } => statements::list(&mut device, &id, json)?,
        DeviceCommand::Attach { id, file } => statements::attach(&mut device, &id, &file)?,
        DeviceCommand::Keys { json } => device_keys::print(&mut device, json)?,
        DeviceCommand::Approve {
            digits,
            json,
            no_sync,
        } => device_keys::approve(&mut device, &digits, json, no_sync)?,
        DeviceCommand::RemoveKey { digits } => device_keys::remove(&mut device, &digits)?,
        DeviceCommand::Trust { digits } => device_keys::trust(&mut device, &digits)?,
        DeviceCommand::BeginKeys { yes } => device_keys::begin(&mut device, yes)?,
        DeviceCommand::Open { statement, out } => {
            statements::open(&mut device, &statement, out.as_deref())?
        }
        DeviceCommand::Alerts { json } => alerts::list(&mut device, json)?,
        DeviceCommand::Alert {
            command:
                AlertCommand::Publish {
                    incident,
                    area,
                    until,
                    file,
                },
        } => {
            alerts::publish(&mut device, &incident, &area, &until, &file)?;
        }
        DeviceCommand::Alert {
            command: AlertCommand::Withdraw { id },
        } => alerts::withdraw(&mut device, &id)?,
        DeviceCommand::Bundle {
            command: BundleCommand::Export { file, json },
        } => bundle::export(&mut device, home, &file, json)?,
        DeviceCommand::Bundle {
            command: BundleCommand::Import { file, json },
        } => return bundle::import(&mut device, &file, json),
        DeviceCommand::Sync { json } => return sync(device, home, json),
    }
    Ok(ExitCode::SUCCESS)
}

/// A code that was photographed over a shoulder enrols another person's phone: people compare six digits.
fn enrol(device: &mut Device, link: &str, yes: bool) -> Result<()> {
    let is_again = device.enrolment().is_some();
    let enrolment = device.enrol(link)?;
    if !yes && std::io::stdin().is_terminal() {
        eprint!(
            "`vicinity hub devices` shows {} for device {}: is that so? [y/N] ",
            enrolment.check, enrolment.number
        );
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !answer.trim().eq_ignore_ascii_case("y") {
            // Enrolled again at its own hub it stays what it was: it holds no other hub's keys.
            if is_again {
                bail!(
                    "somebody else may have used the link: look at `vicinity hub devices`, and have the hub print a new one"
                );
            }
            device.forget_enrolment()?;
            bail!(
                "not enrolled; have the hub revoke device {} and print a new link",
                enrolment.number
            );
        }
    }
    output::line(format!(
        "enrolled as device {} ({}), check {}",
        enrolment.number, enrolment.role, enrolment.check
    ))
}

/// A PIN for a new device, or another one for one that is there.
fn init(home: &Path, pin_file: Option<&Path>) -> Result<ExitCode> {
    let pin = secrets::new_pin(pin_file)?;
    match vault::has_pin(home) {
        Err(VaultError::Missing) => drop(opening::make_vault(home, Some(pin))?),
        Ok(false) => vault::change_pin(
            home,
            &secrets::device_secret(home)?,
            None,
            &pin,
            &mut machine::fill,
        )?,
        Ok(true) => bail!("this device has a PIN already; wipe it to begin again"),
        Err(error) => return Err(error.into()),
    }
    reserve::refill(home, &mut machine::fill);
    output::line("this device asks for its PIN from now on; ten wrong ones destroy what is on it")?;
    Ok(ExitCode::SUCCESS)
}

/// Destroys the key; nothing on the device opens any more.
fn wipe(home: &Path, yes: bool) -> Result<ExitCode> {
    if !yes {
        bail!("this destroys everything on the device; what the hub has stays there. Say --yes");
    }
    // A person who mistypes the folder must not believe that it is done.
    if matches!(vault::has_pin(home), Err(VaultError::Missing))
        && secrets::device_secret(home)?.get().is_err()
    {
        bail!("{} holds no device: nothing was wiped", home.display());
    }
    destroy(home)?;
    output::line("wiped: nothing on this device opens any more")?;
    Ok(ExitCode::SUCCESS)
}

/// Ends what keeps the device open, and then the device. The one is done whatever happens to the other.
fn destroy(home: &Path) -> Result<()> {
    let secret = secrets::device_secret(home)?;
    let ended = session::end(home, &secret);
    let wiped = vault::wipe(home, &secret);
    // Nothing is in it; there may be none.
    let _ = reserve::free(home);
    if let (Err(error), Err(_)) = (&ended, &wiped) {
        // The wipe's own error is returned below; this one would be lost.
        eprintln!(
            "vicinity: what keeps the device open in memory remains ({error}): restart the machine"
        );
    }
    wiped?;
    ended
        .context("wiped; but what keeps the device open in memory remains: restart the machine")?;
    Ok(())
}

/// A second PIN that opens an empty profile.
fn duress(
    home: &Path,
    pin_file: Option<&Path>,
    second_pin_file: Option<&Path>,
) -> Result<ExitCode> {
    let second = secrets::new_second_pin(second_pin_file)?;
    let pin = secrets::known_pin(pin_file)?;
    // Said before anything is opened, so that it is reported of either PIN.
    if pin == second {
        return Err(VaultError::SamePin.into());
    }
    let secret = secrets::device_secret(home)?;
    // It may be the session of the second profile that there was.
    session::end(home, &secret)?;
    match vault::set_duress(home, &secret, &pin, &second, &mut machine::fill) {
        Ok(second) => leased::fill_profiles(home, &second, machine::device)?,
        // The PIN was itself a second one. A person who looks on must not learn that: nothing was done, and nothing else is reported.
        Err(VaultError::NotHere) => {}
        Err(error) => return Err(error.into()),
    }
    output::line(
        "the second PIN opens an empty profile; nothing on the device tells that there are two",
    )?;
    Ok(ExitCode::SUCCESS)
}

fn open_input(file: &Path) -> Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(file).with_context(
        || format!("cannot read {}", file.display()),
    )?)))
}

/// Ids go to standard output as they become durable, bad lines and progress to standard error.
struct Printing {
    out: std::io::Stdout,
    logged: u64,
    already_here: u64,
    gone: u64,
    again: bool,
    bad: u64,
    progress: bool,
    failed: Option<std::io::Error>,
}

impl Printing {
    fn print(&mut self, id: IncidentId) {
        if let Err(error) = writeln!(self.out, "{id}") {
            self.failed.get_or_insert(error);
        }
    }

    /// Reports lines that were logged before.
    fn say_what_was_before(&self) {
        if self.already_here > 0 {
            eprintln!(
                "vicinity: {} of these are already here; they were not logged again",
                self.already_here
            );
        }
        if self.gone > 0 {
            eprintln!(
                "vicinity: {} were logged by the run that was cut off and have left this device since, or were erased; they were not logged again",
                self.gone
            );
        }
        if self.again {
            eprintln!(
                "vicinity: the same lines were logged here before, so each is here twice now; with an \"id\" in each line they count once"
            );
        }
    }
}

impl LogSink for Printing {
    fn doubtful(&mut self, line: usize, field: &'static str) {
        let how = if field == "occurred" {
            "occurred"
        } else {
            "reported_at_corrected"
        };
        eprintln!(
            "line {line}: {field}: kept, but by this device's clock this date cannot be right; an edit of {how} corrects it"
        );
    }

    fn logged(&mut self, id: IncidentId) {
        self.logged += 1;
        self.print(id);
        if self.progress && self.logged.is_multiple_of(64) {
            eprint!("\r{} logged", self.logged);
        }
    }

    fn remarked(&mut self, line: usize, remark: &Remark) {
        output::complain(format_args!("line {line}: {remark}"));
    }

    fn already_here(&mut self, id: IncidentId) {
        self.already_here += 1;
        self.print(id);
    }

    fn gone(&mut self, _: usize) {
        self.gone += 1;
    }

    fn again(&mut self) {
        self.again = true;
    }

    fn refused(&mut self, bad: &BadLine) {
        self.bad += 1;
        output::complain(bad);
    }
}

fn log(device: &mut Device, file: &Path, with_edits: bool) -> Result<ExitCode> {
    let mut input = open_input(file)?;
    let progress = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    let mut sink = Printing {
        out: std::io::stdout(),
        logged: 0,
        already_here: 0,
        gone: 0,
        again: false,
        bad: 0,
        progress,
        failed: None,
    };
    device.log_lines(&mut input, with_edits, &mut sink)?;
    if progress {
        eprintln!("\r{} logged", sink.logged);
    }
    sink.say_what_was_before();
    if let Some(error) = sink.failed {
        return Err(error.into());
    }
    if sink.bad > 0 {
        eprintln!(
            "vicinity: {} lines were not logged; mend them and log them alone",
            sink.bad
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn edit(device: &mut Device, id: &str, file: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    open_input(file)?
        .read_to_end(&mut bytes)
        .context("cannot read the edits")?;
    let edits = Edit::parse_list(&json::parse(&bytes).context("the edits")?, device.now())?;
    let id: IncidentId = id.parse()?;
    device.edit(id, &edits)?.iter().for_each(output::complain);
    if edits
        .iter()
        .any(|edit| edit.withdraws() == Some(consent::HUB_RESPONSE))
    {
        eprintln!(
            "vicinity: hub_response is withdrawn: where the hub has the incident, the next sync erases it there, here and everywhere"
        );
    }
    Ok(())
}

fn list(device: &mut Device, json: bool) -> Result<()> {
    let (now, zone) = (device.now(), device.zone()?);
    let held = device.list()?;
    let without: Vec<_> = held
        .iter()
        .filter(|(_, incident)| !consent::granted(incident, consent::HUB_RESPONSE, now))
        .collect();
    let withdrawn = without
        .iter()
        .filter(|(_, incident)| consent::withdrawn(incident, consent::HUB_RESPONSE))
        .count();
    let withheld = without.len() - withdrawn;
    let mut lines: Vec<Value> = held
        .iter()
        .map(|(id, incident)| show::list_line(*id, incident, now))
        .collect();
    if json {
        return lines
            .into_iter()
            .try_for_each(|line| output::line(local::shown(line, &zone)));
    }
    if lines.is_empty() {
        return output::line(
            "nothing logged yet; `vicinity device --home … log FILE` logs an incident",
        );
    }
    output::line(output::table(
        output::INCIDENT_HEADING,
        output::incident_rows(&mut lines, &zone),
    ))?;
    let standing = device.standing()?;
    let (count, zone) = (lines.len(), local::name(&zone));
    output::line(format!(
        "\n{count} incidents; {} changes wait for the hub, {} were refused by it; times are of {zone}",
        standing.unsent, standing.rejected
    ))?;
    // Forgotten consents must not look like work that is done.
    if withheld > 0 {
        output::line(format!(
            "{withheld} without consent to hub_response: what the hub does not have of these stays on this device"
        ))?;
    }
    if withdrawn > 0 {
        output::line(format!(
            "{withdrawn} with hub_response withdrawn: what the hub has of these is erased there, here and everywhere at the next sync"
        ))?;
    }
    Ok(())
}

fn show_one(device: &mut Device, id: &str, json: bool) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let shown = local::shown(device.show(id)?, &device.zone()?);
    if json {
        return output::line(shown);
    }
    output::line(serde_json::to_string_pretty(&shown)?)?;
    for (entry, text) in device.statements(id)? {
        output::line(format!("\nstatement {entry} (on this device only)\n{text}"))?;
    }
    Ok(())
}

fn resolve(
    device: &mut Device,
    id: &str,
    field: &str,
    take: Option<usize>,
    value: Option<&str>,
) -> Result<()> {
    let id: IncidentId = id.parse()?;
    let value = match (take, value) {
        (Some(take), _) => {
            let conflicts = device.conflicts()?;
            let conflict = conflicts
                .iter()
                .find(|conflict| conflict.incident == id && conflict.field == field);
            let conflict = conflict.ok_or(DeviceError::NoSuchConflict)?;
            match take.checked_sub(1).and_then(|at| conflict.sides.get(at)) {
                Some(side) => side.value.clone(),
                None => bail!(
                    "--take: this conflict has the values 1 to {}",
                    conflict.sides.len()
                ),
            }
        }
        (None, Some(value)) => match json::parse_text(value) {
            Ok(json) => json,
            Err(twice @ BadJson::Duplicate { .. }) => return Err(twice).context("--value"),
            Err(_) => Value::String(value.to_owned()),
        },
        (None, None) => bail!("choose a value with --take or --value"),
    };
    device.resolve(id, field, &value)?;
    Ok(())
}

fn sync(mut device: Device, home: &Path, json: bool) -> Result<ExitCode> {
    let report = reserve::with(home, reserve::may_be_full, || device.sync())?;
    if json {
        output::line(report.to_json())?;
    } else {
        let outcome = report.outcome;
        output::line(format!(
            "sent {}, acknowledged {}, received {}; {} requests, {} bytes up, {} bytes down",
            outcome.sent,
            outcome.acked,
            outcome.received,
            report.requests,
            report.bytes_up,
            report.bytes_down
        ))?;
    }
    let outcome = report.outcome;
    if outcome.erased > 0 && !json {
        output::line(format!(
            "{} incidents were erased: somebody asked for it, or took consent back",
            outcome.erased
        ))?;
    }
    output::say_what_stays_apart(&report.apart);
    if device.key_status()?.to_compare.is_some() {
        eprintln!(
            "vicinity: statements stay on this device until a person compares it with a responder's: see `keys`"
        );
    }
    // Closed before anything is destroyed: nothing may be written back.
    drop(device);
    if outcome.key_set_refused {
        eprintln!(
            "vicinity: the hub shows key approvals that contradict those that this device knows; no statement was sealed: see `keys`, and tell the other responders"
        );
        return Ok(ExitCode::FAILURE);
    }
    match outcome.end {
        End::UpToDate => return Ok(ExitCode::SUCCESS),
        End::Differs => eprintln!(
            "vicinity: {} changes were refused by the hub and {} wait for others; `list` shows how many stay on this device",
            outcome.rejected, outcome.pending
        ),
        End::Alarm => eprintln!(
            "vicinity: this device and its hub hold different things even after comparing all; tell the person who runs the hub"
        ),
        End::Cut => eprintln!(
            "vicinity: the hub cannot be reached, or the link was cut too often ({}); nothing was lost, sync again when there is a network",
            report.unreachable
        ),
        End::Refused(refused) => output::warn(refused),
        End::WipeOrdered => return wipe_by_order(home),
    }
    Ok(ExitCode::FAILURE)
}
