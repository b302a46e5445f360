//! Arguments of `hub clock` and `national clock`.

use std::path::PathBuf;

use clap::Args;

/// Whose clock, and what about it.
#[derive(Args)]
pub struct ClockArguments {
    /// The server's folder
    #[arg(long)]
    pub data: PathBuf,
    /// The time that the clock shows is right
    #[arg(long)]
    pub confirm: bool,
    /// One JSON line
    #[arg(long)]
    pub json: bool,
}
