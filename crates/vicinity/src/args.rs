//! The command line.

mod help;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Log incidents of violence without a network, respond at the hub, review nationally.
#[derive(Parser)]
#[command(name = "vicinity", version, about, long_about = None, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Examples:\n  vicinity demo                                   the whole way on this machine\n  vicinity hub --data hub --listen 127.0.0.1:7311 a hub\n  vicinity hub invite --data hub --role educator  a link for a phone\n  vicinity device --home phone enrol LINK\n  vicinity device --home phone log incident.json\n  vicinity device --home phone sync"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// The whole way on this machine: national, two hubs, six phones; then stays up
    Demo(DemoArguments),
    /// A drop-in centre's hub: merges what phones bring, responds, tells national what consent allows
    Hub(HubArguments),
    /// The national server: de-identified projections, counts, questions back
    National(NationalArguments),
    /// A phone: logs, edits, lists and resolves without a network, and syncs with its hub
    Device(DeviceArguments),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// The manual page, on standard output
    Man,
}

/// Arguments of `demo`.
#[derive(Args)]
pub struct DemoArguments {
    /// End when the story is told, instead of keeping the servers up
    #[arg(long)]
    pub exit: bool,
    /// Seed of everything random in the story
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

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
    /// Address and port; port 0 takes a free one
    #[arg(long, required = true)]
    pub listen: Option<String>,
    /// Serve without TLS; only on loopback, for tests and for a proxy that brings TLS
    #[arg(long)]
    pub plain_http: bool,
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
    /// Revoke a device: a lost phone, or somebody who left; at its next contact it wipes itself
    Revoke {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The device's number, as `hub devices` lists it
        device: u32,
    },
    /// Erase an incident everywhere: here, at national, and on every device that may hold it; nothing brings it back
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
    /// Let an educator's device have an incident of somebody else's, or take it back
    Assign {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The incident
        id: String,
        /// The device's number, as `hub devices` lists it
        device: u32,
        /// Take it back
        #[arg(long)]
        remove: bool,
    },
    /// Write a backup, locked by a passphrase, while the hub runs
    #[command(after_help = "The passphrase is asked for, or read from the file that VICINITY_PASSPHRASE_FILE names.")]
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
    /// Destroy the hub's key at once: nothing in its folder opens any more
    Panic {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Set the offline recovery key: statements are sealed to it besides the responders
    RecoveryKey {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The public key, as `hub keygen` prints it
        key: String,
    },
    /// Make an offline recovery key: its secret goes into a new file, its public key is printed
    #[command(after_help = "Do this on a machine that never goes online, and keep the file away from the hub: it opens every statement.")]
    Keygen {
        /// The new file; only its owner may read it
        #[arg(long)]
        out: PathBuf,
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

/// Roles at national.
#[derive(Clone, Copy, ValueEnum)]
pub enum NationalRole {
    /// A hub
    Hub,
}

/// Arguments of `national`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Prints one JSON line when it is ready: {\"listening\": \"127.0.0.1:7310\", \"pin\": null}.")]
pub struct NationalArguments {
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<NationalCommand>,
    /// National's folder; made when missing
    #[arg(long, required = true)]
    pub data: Option<PathBuf>,
    /// Address and port; port 0 takes a free one
    #[arg(long, required = true)]
    pub listen: Option<String>,
    /// Serve without TLS; only on loopback, for tests and for a proxy that brings TLS
    #[arg(long)]
    pub plain_http: bool,
}

/// What to do with national's folder.
#[derive(Subcommand)]
pub enum NationalCommand {
    /// Print the link that a hub's --upstream takes, good for one hub and ten minutes
    Invite {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// Who is invited
        #[arg(long)]
        role: NationalRole,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
    /// Every projection, sorted by id
    #[command(group = clap::ArgGroup::new("form").required(true))]
    Export {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// JSON lines
        #[arg(long, group = "form")]
        json: bool,
        /// Comma-separated values with a heading
        #[arg(long, group = "form")]
        csv: bool,
        /// First month, as 2026-01
        #[arg(long)]
        from: Option<String>,
        /// Last month, as 2026-12
        #[arg(long)]
        to: Option<String>,
    },
    /// Counts by month, small cells left out
    Table {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// By what
        #[arg(long, default_value = "perpetrator")]
        by: Dimension,
        /// One JSON line a cell
        #[arg(long)]
        json: bool,
    },
    /// Ask the hub about a projection; the answer comes back as a code
    Ask {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// The projection
        projection: String,
        /// verify_date, verify_area, verify_violation, verify_perpetrator or possible_duplicate
        question: String,
    },
    /// Questions and their answers
    Questions {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a question
        #[arg(long)]
        json: bool,
    },
}

/// What projections are counted by.
#[derive(Clone, Copy, ValueEnum)]
pub enum Dimension {
    /// Kind of perpetrator
    Perpetrator,
    /// Group of violations
    ViolationGroup,
    /// First-level area
    Admin1,
    /// Setting
    Setting,
    /// Population
    Population,
}

impl Dimension {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Perpetrator => "perpetrator",
            Self::ViolationGroup => "violation_group",
            Self::Admin1 => "admin1",
            Self::Setting => "setting",
            Self::Population => "population",
        }
    }
}

/// Arguments of `device`.
#[derive(Args)]
pub struct DeviceArguments {
    /// The device's folder; made when missing
    #[arg(long)]
    pub home: PathBuf,
    /// A file that holds the device's PIN; or name it in VICINITY_PIN_FILE
    #[arg(long, global = true)]
    pub pin_file: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: DeviceCommand,
}

/// What to do with a device.
#[derive(Subcommand)]
pub enum DeviceCommand {
    /// Lock the device by a PIN: asked for, or from a file
    #[command(after_help = help::INIT)]
    Init,
    /// Keep the device open: commands ask for no PIN until `lock`, or until five minutes pass without a command
    #[command(after_help = help::UNLOCK)]
    Unlock,
    /// Close the device at once: the next command asks for the PIN
    Lock,
    /// What `unlock` leaves running: ends it in time
    #[command(hide = true)]
    WatchSession,
    /// Destroy everything on this device, at once and without a PIN
    Wipe {
        /// Really
        #[arg(long)]
        yes: bool,
    },
    /// Set a second PIN, which opens an empty profile: for whoever is forced to open the device
    DuressPin {
        /// A file that holds the second PIN
        #[arg(long)]
        second_pin_file: Option<PathBuf>,
    },
    /// Enrol at a hub
    Enrol {
        /// What `vicinity hub invite` printed
        link: String,
        /// Do not ask whether the hub shows the same six digits
        #[arg(long)]
        yes: bool,
    },
    /// Log one incident or JSON lines; prints one id a line, once it is on disk
    #[command(
        after_help = "A bad line is named by its number and the field's path, and the others are logged.\nExit status 1 if a line was bad.\n\nExample:\n  echo '{\"reported_at\": \"2026-11-23T09:00:00Z\", \"violations\": [\"extortion_bribe\"], \"consents\": [\"hub_response\"]}' | vicinity device --home phone log -"
    )]
    Log {
        /// A file, or - for standard input
        file: PathBuf,
        /// Each line is {"incident": …, "edits": […]}
        #[arg(long)]
        with_edits: bool,
    },
    /// Apply a JSON list of edits, all or none
    #[command(after_help = "Example:\n  echo '[{\"set\": {\"field\": \"danger_now\", \"value\": \"no\"}}]' | vicinity device --home phone edit ID -")]
    Edit {
        /// The incident
        id: String,
        /// A file, or - for standard input
        file: PathBuf,
    },
    /// Every incident on this device
    List {
        /// One JSON line an incident
        #[arg(long)]
        json: bool,
    },
    /// One incident
    Show {
        /// The incident
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Fields in which two people wrote different values
    Conflicts {
        /// One JSON line a conflict
        #[arg(long)]
        json: bool,
    },
    /// Resolve a conflict, for everybody
    #[command(group = clap::ArgGroup::new("choice").required(true))]
    Resolve {
        /// The incident
        id: String,
        /// The field, as `conflicts` names it
        field: String,
        /// The n-th value that `conflicts` lists, from 1
        #[arg(long, group = "choice")]
        take: Option<usize>,
        /// Another value: JSON, or plain text
        #[arg(long, group = "choice")]
        value: Option<String>,
    },
    /// The statements of an incident: class, size, and whether they are sealed at the hub
    Statements {
        /// The incident
        id: String,
        /// One JSON line a statement
        #[arg(long)]
        json: bool,
    },
    /// Attach a photo or a recording, without what cameras and recorders write beside it; prints its name
    #[command(after_help = help::ATTACH)]
    Attach {
        /// The incident
        id: String,
        /// The file
        file: PathBuf,
    },
    /// Open a statement that is sealed at the hub; a responder's device only, and the hub notes it
    Open {
        /// The statement, as `statements` prints it
        statement: String,
        /// Into a new file instead of standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Sync with the hub
    Sync {
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
}
