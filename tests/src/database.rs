//! The files that the program leaves behind, read as a forensic eye would: only for what no command shows.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// A change's place: incident, actor and number.
pub type Place = (Vec<u8>, Vec<u8>, i64);

fn open(path: &Path) -> Connection {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the database can be opened");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout can be set");
    connection
}

/// Fails unless SQLite finds the file whole.
#[track_caller]
pub fn assert_whole(path: &Path) {
    let verdict: String = open(path).pragma_query_value(None, "integrity_check", |row| row.get(0)).expect("the check runs");
    assert_eq!(verdict, "ok", "{}", path.display());
}

fn places(path: &Path, query: &str) -> BTreeSet<Place> {
    let connection = open(path);
    let mut statement = connection.prepare(query).expect("the query is of this schema");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("the query runs");
    rows.collect::<Result<_, _>>().expect("the rows can be read")
}

/// Every change in a hub's log.
#[must_use]
pub fn hub_changes(path: &Path) -> BTreeSet<Place> {
    places(path, "SELECT incident, actor, actor_seq FROM feed JOIN documents USING (doc) WHERE kind = 0")
}

/// Every change that a device takes to be safe at its hub.
#[must_use]
pub fn acked_changes(path: &Path) -> BTreeSet<Place> {
    places(path, "SELECT incident, actor, actor_seq FROM changes JOIN documents USING (doc) WHERE state = 1")
}

/// Every byte of a database, after everything written was moved into its file.
#[must_use]
pub fn bytes(path: &Path) -> Vec<u8> {
    let busy: i64 = open(path).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).expect("the checkpoint runs");
    assert_eq!(busy, 0, "somebody holds the log");
    let log = path.with_extension("db-wal");
    let mut bytes = std::fs::read(path).expect("the database can be read");
    bytes.extend(std::fs::read(log).unwrap_or_default());
    bytes
}
