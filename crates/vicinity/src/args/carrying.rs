//! Arguments of `bundle` and `alert`.

use std::path::PathBuf;

use clap::Subcommand;

/// What a hub does with a bundle.
#[derive(Subcommand)]
pub enum HubBundleCommand {
    /// Take what a device exported; a bundle that comes twice, or late, does no harm
    Import {
        /// The hub's folder
        #[arg(long)]
        data: PathBuf,
        /// The bundle
        file: PathBuf,
        /// Where the reply goes
        #[arg(long)]
        out: PathBuf,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
}

/// What a device does with bundles.
#[derive(Subcommand)]
pub enum BundleCommand {
    /// Write what waits for the hub into a file, encrypted to the hub; it stays here until the hub's reply
    Export {
        /// The file; choose a name that reveals nothing
        file: PathBuf,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
    /// Read the hub's reply
    Import {
        /// The reply
        file: PathBuf,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
}

/// What a responder does with alerts.
#[derive(Subcommand)]
pub enum AlertCommand {
    /// Publish one, to every device of this hub and of hubs in the same area; prints its id
    #[command(
        after_help = "The incident must have the consent aggressor_alert. Nothing of it is sent: write what others can know the aggressor by, and\n\
                      nothing that tells who said it, or when.\n\nExample:\n  \
                      echo 'grey van, two men, near the station' \
                      | vicinity device --home phone alert publish --incident ID --area SN-DK --until 2026-12-24 -"
    )]
    Publish {
        /// The incident that it is made of, on this device
        #[arg(long)]
        incident: String,
        /// Country and first-level area, as SN-DK
        #[arg(long)]
        area: String,
        /// The day with which it ends, as 2026-12-24, or a time as 2026-12-24T18:00:00Z; within 90 days
        #[arg(long)]
        until: String,
        /// A file that holds the text, one line of at most 400 letters, or - for standard input
        file: PathBuf,
    },
    /// Withdraw one of this hub's
    Withdraw {
        /// The alert, as `alerts` prints it
        id: String,
    },
}
