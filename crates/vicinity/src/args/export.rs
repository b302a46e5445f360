//! `vicinity national export`, `push` and `publish`.

use std::path::PathBuf;

use clap::Args;
use vicinity_export::Month;

use super::help;

/// What to export, and where to.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("form").required(true), after_help = help::EXPORT)]
pub struct ExportArguments {
    /// National's folder
    #[arg(long)]
    pub data: PathBuf,
    /// Projections as JSON lines
    #[arg(long, group = "form")]
    pub json: bool,
    /// Projections as comma-separated values with a heading
    #[arg(long, group = "form")]
    pub csv: bool,
    /// Projections as a workbook, in the columns of GBVIMS's Incident Recorder
    #[arg(long, group = "form")]
    pub xlsx: bool,
    /// Published counts for DHIS2, by codes, or by the ids of a mapping
    #[arg(long, group = "form", num_args = 0..=1, value_name = "MAPPING")]
    pub dhis2: Option<Option<PathBuf>>,
    /// Areas with published counts, with the shapes of a file of boundaries if one is named
    #[arg(long, group = "form", num_args = 0..=1, value_name = "BOUNDARIES")]
    pub geojson: Option<Option<PathBuf>>,
    /// First month, as 2026-01
    #[arg(long)]
    pub from: Option<Month>,
    /// Last month, as 2026-12
    #[arg(long)]
    pub to: Option<Month>,
    /// A row of HXL tags below the heading of --csv
    #[arg(long, conflicts_with_all = ["json", "xlsx", "dhis2", "geojson"])]
    pub hxl: bool,
    /// Into a new file instead of standard output
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// What to push, and where to.
#[derive(Args)]
#[command(after_help = help::PUSH)]
pub struct PushArguments {
    /// National's folder
    #[arg(long)]
    pub data: PathBuf,
    /// The DHIS2 server, as `https://dhis2.example.org`
    #[arg(long)]
    pub url: String,
    /// A file with a personal access token of DHIS2's
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// By the ids of a mapping instead of by codes
    #[arg(long, value_name = "MAPPING")]
    pub mapping: Option<PathBuf>,
    /// First month, as 2026-01
    #[arg(long)]
    pub from: Option<Month>,
    /// Last month, as 2026-12
    #[arg(long)]
    pub to: Option<Month>,
    /// Let DHIS2 check everything and keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The summary as one JSON line
    #[arg(long)]
    pub json: bool,
}

/// Of whose rows.
#[derive(Args)]
pub struct RiskArguments {
    /// National's folder
    #[arg(long)]
    pub data: PathBuf,
    /// One JSON line a reader
    #[arg(long)]
    pub json: bool,
}

/// What to publish.
#[derive(Args)]
pub struct PublishArguments {
    /// National's folder
    #[arg(long)]
    pub data: PathBuf,
    /// The month, as 2026-09; the last closed one has ended a whole month ago
    pub month: String,
    /// Leave out a hub, by its number; may be given several times
    #[arg(long, value_name = "HUB")]
    pub without: Vec<u32>,
    /// Count only incidents that a responder has seen
    #[arg(long)]
    pub seen_only: bool,
    /// Really: it cannot be undone or repeated
    #[arg(long)]
    pub yes: bool,
    /// One JSON line a hub
    #[arg(long)]
    pub json: bool,
}
