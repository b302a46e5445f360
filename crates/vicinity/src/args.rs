//! The command line.

mod carrying;
mod clock;
mod dimension;
mod export;
mod help;
mod hub;
mod network;
mod people;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use carrying::{AlertCommand, BundleCommand, HubBundleCommand};
pub use clock::ClockArguments;
pub use dimension::Dimension;
pub use export::{ExportArguments, PublishArguments, PushArguments, RiskArguments};
pub use hub::{AreasCommand, DeviceRole, HubArguments, HubCommand};
pub use network::{ListenArguments, NetworkArguments};
pub use people::PeopleCommand;

/// Log incidents of violence without a network, respond at the hub, review nationally.
#[derive(Parser)]
#[command(name = "vicinity", version, about, long_about = None, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Examples:\n\
        \x20 vicinity demo                                   the whole way on this machine\n\
        \x20 vicinity hub --data hub --listen 127.0.0.1:7311 a hub\n\
        \x20 vicinity hub invite --data hub --role educator  a link for a phone\n\
        \x20 vicinity device --home phone enrol LINK\n\
        \x20 vicinity device --home phone log incident.json\n\
        \x20 vicinity device --home phone sync")]
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
    /// The national server: coded rows, counts, questions back
    National(NationalArguments),
    /// A phone: logs, edits, lists and resolves without a network, and syncs with its hub
    Device(DeviceArguments),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// The six-digit code of now of a sign-in key on standard input: for scripts; people have an app
    Code,
    /// The manual page, on standard output
    Man,
}

/// Arguments of `demo`.
#[derive(Args)]
pub struct DemoArguments {
    /// End when the story is over, instead of keeping the servers up
    #[arg(long)]
    pub exit: bool,
    /// Seed of everything random in the story
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Roles at national.
#[derive(Clone, Copy, ValueEnum)]
pub enum NationalRole {
    /// A hub
    Hub,
    /// The national server of a country, which publishes its months here
    Country,
}

/// Arguments of `national`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "Prints one JSON line when it is ready: {\"listening\": \"127.0.0.1:7310\", \"pin\": \"3f…\"}."
)]
pub struct NationalArguments {
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<NationalCommand>,
    /// National's folder; made when missing
    #[arg(long, required = true)]
    pub data: Option<PathBuf>,
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenArguments,
    /// The server above: what its `national invite --role country` printed. Published months go there, each once
    #[arg(long, value_name = "LINK")]
    pub upstream: Option<String>,
}

/// What to do with national's folder.
#[derive(Subcommand)]
pub enum NationalCommand {
    /// Print the link that the --upstream of a hub, or of a country's server, takes; good for one and ten minutes
    Invite {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// Who is invited
        #[arg(long)]
        role: NationalRole,
        /// How pages here name the country
        #[arg(long, required_if_eq("role", "country"), value_name = "NAME")]
        country: Option<String>,
        /// How pages here name the hub; it can be changed there
        #[arg(long, conflicts_with = "country")]
        name: Option<String>,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
    /// Whether the clock can be trusted; until it can, nothing is sent to other servers and nothing is deleted
    Clock(ClockArguments),
    /// Take nothing more from a hub, or from a country's server; what came before stays
    Revoke {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
        /// Who is revoked
        #[arg(long)]
        role: NationalRole,
        /// Its number, as the pages of hubs and of countries name it
        number: u32,
    },
    /// Change national's TLS key at its next start, to the one that its hubs know as the next
    RotateTls {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
    },
    /// Projections, sorted by id, or published counts, as others read them
    Export(ExportArguments),
    /// Push published counts to a DHIS2 server, and print its import summary
    Push(PushArguments),
    /// Publish a closed month, once: show what each hub adds to it, and with --yes do it
    #[command(after_help = help::PUBLISH)]
    Publish(PublishArguments),
    /// How many rows are alone, to readers who know something about a person
    #[command(after_help = help::RISK)]
    Risk(RiskArguments),
    /// Published counts by month, small cells left out
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
    /// What countries published here, one line a cell
    Countries {
        /// National's folder
        #[arg(long)]
        data: PathBuf,
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
    /// Who signs in with a browser to review
    People {
        /// What to do.
        #[command(subcommand)]
        command: PeopleCommand,
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
    /// Set a second PIN, which opens an empty profile: for a person who is forced to open the device
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
        after_help = "A bad line is named by its number and the field's path, and the others are logged.\n\
            Exit status 1 if a line was bad.\n\n\
            A line with an \"id\" (a UUID) is logged once, however often it comes. Without ids, the same lines continue a run that was cut \
            off.\n\n\
            Example:\n\
            \x20 echo '{\"reported_at\": \"2026-11-23T09:00:00Z\", \"violations\": [\"extortion_bribe\"], \"consents\": [\"hub_response\"]}' | vicinity device \
            --home phone log -"
    )]
    Log {
        /// A file, or - for standard input
        file: PathBuf,
        /// Each line is {"incident": …, "edits": […]}
        #[arg(long)]
        with_edits: bool,
    },
    /// Apply a JSON list of edits, all or none
    #[command(
        after_help = "Example:\n  echo '[{\"set\": {\"field\": \"danger_now\", \"value\": \"no\"}}]' | vicinity device --home phone edit ID -"
    )]
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
    /// Whose keys open statements, and this device's own digits
    Keys {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Approve a responder's new device, or the recovery key, on an approved responder's device
    #[command(after_help = help::APPROVE)]
    Approve {
        /// The thirty digits that the new device's own screen shows (`vicinity device keys`); without them, what waits is listed
        digits: Vec<String>,
        /// Of a list: one JSON line a key
        #[arg(long)]
        json: bool,
        /// Leave the approval to the next sync or bundle
        #[arg(long)]
        no_sync: bool,
    },
    /// Stop sealing statements to an approved key, on an approved responder's device
    RemoveKey {
        /// Its thirty digits, as `keys` shows them
        #[arg(required = true)]
        digits: Vec<String>,
    },
    /// Trust the first responder's device, after comparing: where this device enrolled before it, or its keys began again
    Trust {
        /// The thirty digits that the responder's own screen shows (`vicinity device keys`)
        #[arg(required = true)]
        digits: Vec<String>,
    },
    /// Begin the approvals again with this responder's device: every other device has to compare it
    BeginKeys {
        /// Really
        #[arg(long)]
        yes: bool,
    },
    /// Open a statement that is sealed at the hub; a responder's device only, and the hub notes it
    Open {
        /// The statement, as `statements` prints it
        statement: String,
        /// Into a new file instead of standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Active alerts in this hub's areas, as of the last sync
    Alerts {
        /// One JSON line an alert
        #[arg(long)]
        json: bool,
    },
    /// Publish or withdraw an alert; a responder's device only
    Alert {
        /// What to do
        #[command(subcommand)]
        command: AlertCommand,
    },
    /// Sync by file, for a phone without a network: a memory card is carried to the hub and back
    #[command(
        after_help = "Example:\n  vicinity device --home phone bundle export /media/card/a\n  \
                      vicinity hub bundle import --data hub /media/card/a --out /media/card/b\n  \
                      vicinity device --home phone bundle import /media/card/b"
    )]
    Bundle {
        /// What to do
        #[command(subcommand)]
        command: BundleCommand,
    },
    /// Sync with the hub
    Sync {
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
}
