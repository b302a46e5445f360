//! Arguments of `people`: who signs in with a browser.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do about people who sign in.
#[derive(Subcommand)]
pub enum PeopleCommand {
    /// Print a one-time link, good for one person and 24 hours; works while the server runs
    #[command(
        after_help = "The person who opens the link chooses a password and sets up six-digit codes in an app on a phone.\n\
            A person who forgot either gets a new link in the same way, and is signed out by it.\n\n\
            Example:\n\
            \x20 vicinity hub people invite --data hub amina"
    )]
    Invite {
        /// The server's folder
        #[arg(long)]
        data: PathBuf,
        /// What they sign in with: a pseudonym
        name: String,
        /// One JSON line
        #[arg(long)]
        json: bool,
    },
    /// Everybody who may sign in
    List {
        /// The server's folder
        #[arg(long)]
        data: PathBuf,
        /// One JSON line a person
        #[arg(long)]
        json: bool,
    },
    /// Let a person sign in no more, and sign them out
    Remove {
        /// The server's folder
        #[arg(long)]
        data: PathBuf,
        /// What they sign in with
        name: String,
    },
}
