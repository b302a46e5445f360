//! The command line of `hub`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ClockArguments, HubBundleCommand, ListenArguments, PeopleCommand};

/// Arguments of `hub`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "Prints one JSON line when it is ready: {\"listening\": \"127.0.0.1:7311\", \"pin\": \"3f…\"}.\nStops on Ctrl-C or SIGTERM; everything acknowledged is on disk then."
)]
pub struct HubArguments {
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<HubCommand>,
    /// The hub's folder; made when missing
    #[arg(long, required = true)]
    pub data: Option<PathBuf>,
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenArguments,
    /// The hub's time zone, as Asia/Bishkek; kept, and guessed from the areas of its incidents when never given
    #[arg(long)]
    pub zone: Option<String>,
    /// National's link, as `vicinity national invite` prints it; kept, so that it is needed only once
    #[arg(long)]
    pub upstream: Option<String>,
}

/// What to do with a hub's folder.
#[derive(Subcommand)]
pub enum HubCommand {
    /// Print an enrolment link, good for one device and ten minutes; works while the hub runs
    Invite {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// What the device may see: its own and assigned incidents, or all of the hub
        #[arg(long)]
        role: DeviceRole,
        /// What the board calls the device, as "Amina's phone"; it can be changed there
        #[arg(long)]
        name: Option<String>,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
    /// Who needs help now: every incident, most urgent first
    List {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line an incident
        #[arg(long)]
        json: bool,
    },
    /// One incident as JSON
    Show {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The incident
        id: String,
    },
    /// Every incident as `device show --json` prints it, one JSON line each, sorted by id
    Export {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// JSON lines; the only form so far
        #[arg(long, required = true)]
        json: bool,
    },
    /// Conflicts: fields in which two people wrote different values
    Conflicts {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a conflict
        #[arg(long)]
        json: bool,
    },
    /// Devices: role, last seen, clock
    Devices {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a device
        #[arg(long)]
        json: bool,
    },
    /// Whether the clock can be trusted; until it can, nothing is sent to other servers and nothing is deleted
    Clock(ClockArguments),
    /// Revoke a device: a lost phone, or a person who left; at its next contact it wipes itself
    Revoke {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The device's number, as `hub devices` lists it
        device: u32,
    },
    /// Erase an incident everywhere: here, at national, and on every device that may hold it; nothing restores it
    Erase {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The incident
        id: String,
        /// Also what this hub never held: it is refused when it comes
        #[arg(long)]
        unknown: bool,
    },
    /// What was erased: who has confirmed, and who has not been seen since when
    Erasures {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line an incident
        #[arg(long)]
        json: bool,
    },
    /// Assign an incident of another device to an educator's device, or unassign it
    Assign {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The incident
        id: String,
        /// The device's number, as `hub devices` lists it
        device: u32,
        /// Unassign it
        #[arg(long)]
        remove: bool,
    },
    /// Which areas the hub's rows may name; of any other they say unknown
    #[command(
        after_help = "While nobody has listed any, the first 30 that the hub meets count.\n\nExamples:\n  vicinity hub areas --data hub list\n  vicinity hub areas --data hub set areas.txt"
    )]
    Areas {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// What to do
        #[command(subcommand)]
        command: AreasCommand,
    },
    /// Send what is due to national; it goes with the hub's next contact, within 15 seconds while the hub runs
    #[command(after_help = super::help::REPORT)]
    Report {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// Do not wait for the week, nor for five survivors
        #[arg(long, required = true)]
        now: bool,
    },
    /// Write a backup, locked by a passphrase, while the hub runs
    #[command(
        after_help = "The passphrase is asked for, or read from the file that VICINITY_PASSPHRASE_FILE names."
    )]
    Backup {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The file to write
        file: PathBuf,
    },
    /// Make a new folder from a backup
    Restore {
        /// The folder to make; it must not exist
        #[arg(long)]
        data: PathBuf,
        /// The backup
        file: PathBuf,
    },
    /// Change the hub's TLS key at its next start, to the one that its devices know as the next
    #[command(
        after_help = "Devices that have synced since the last change follow by themselves. One that missed two changes has to be enrolled again.\nLinks that were printed before do not work after it."
    )]
    RotateTls {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Lock the folder by something else from now on: an identity on a stick, or a passphrase
    #[command(
        group = clap::ArgGroup::new("new").required(true),
        after_help = "What opens it now is asked for, or read from the file that VICINITY_PASSPHRASE_FILE or VICINITY_IDENTITY_FILE names.\n\n\
            Example:\n  vicinity hub keygen --out /media/stick/hub.key\n  vicinity hub relock --data hub --identity-file /media/stick/hub.key\n  \
            VICINITY_IDENTITY_FILE=/media/stick/hub.key vicinity hub --data hub --listen 192.168.8.10:7311"
    )]
    Relock {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// An identity, as `hub keygen` makes it
        #[arg(long, group = "new")]
        identity_file: Option<PathBuf>,
        /// A passphrase
        #[arg(long, group = "new")]
        passphrase_file: Option<PathBuf>,
    },
    /// Destroy the hub's key at once: nothing in its folder opens any more
    Panic {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Set the offline recovery key: once a responder approved it, statements are sealed to it beside the responders
    RecoveryKey {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The public key, as `hub keygen --recovery` prints it
        key: String,
    },
    /// Let today's responders open older statements by the recovery key: for when no responder's device is left that could
    #[command(
        after_help = "Name the file on the stick itself, and take the stick out again: it opens every statement."
    )]
    Recover {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The file that `hub keygen` made
        #[arg(long)]
        key: PathBuf,
    },
    /// Make a key, for recovery or for a stick that opens the hub: its secret goes into a new file, its public key is printed
    #[command(
        after_help = "A recovery key is made on a machine that never goes online, and kept away from the hub: it opens every statement.\n\
            One for `hub relock` is made on the stick itself, and is never the recovery key."
    )]
    Keygen {
        /// The new file; only its owner may read it
        #[arg(long)]
        out: PathBuf,
        /// For recovery: the printed key can be approved by a responder
        #[arg(long)]
        recovery: bool,
    },
    /// Who can open statements, since when and approved by whom, and whose key waits for an approval
    Keyset {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a key
        #[arg(long)]
        json: bool,
    },
    /// Who was given a statement to open: device, time, and a hash that names it
    Audit {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a reading
        #[arg(long)]
        json: bool,
    },
    /// Prove that every stored change came in a request that an enrolled device signed, and that no row is missing between
    #[command(
        after_help = "Works while the hub runs. Names each row that does not fit, \
            by its number and the change's hash, and nothing that\nanybody wrote. Exit status 1 if anything does not fit. A cut end shows at the devices only; rows marked as erased\nprove nothing."
    )]
    Verify {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line for each thing that does not fit, and one with the counts
        #[arg(long)]
        json: bool,
    },
    /// Take a device's bundle from a memory card, and write the reply to carry back; works while the hub runs
    Bundle {
        /// What to do
        #[command(subcommand)]
        command: HubBundleCommand,
    },
    /// Who signs in with a browser to respond
    People {
        /// What to do.
        #[command(subcommand)]
        command: PeopleCommand,
    },
    /// What was refused, by reason
    Quarantine {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a reason
        #[arg(long)]
        json: bool,
    },
}

/// Roles of devices.
#[derive(Clone, Copy, ValueEnum)]
pub enum DeviceRole {
    /// Own and assigned incidents
    Educator,
    /// All incidents of the hub
    Responder,
}

/// What to do with a hub's list of areas.
#[derive(Subcommand)]
pub enum AreasCommand {
    /// Replace the list; works while the hub runs, and rows that national has are made again
    Set {
        /// First-level areas (ISO 3166-2, as SN-DK), one a line, 100 at most
        file: PathBuf,
    },
    /// Print the areas that count
    List {
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
}
