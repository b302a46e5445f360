//! The files that the program leaves behind, read as a forensic eye would: only for what no command shows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use vicinity_client::vault::{self, FileSecret};
use vicinity_core::hex;

/// A change's place: incident, actor and number.
pub type Place = (Vec<u8>, Vec<u8>, i64);

/// The database of a folder: a hub's, national's, or a device's without a PIN.
fn file(folder: &Path) -> (PathBuf, String) {
    for name in ["hub.db", "national.db"] {
        if folder.join(name).exists() {
            let keyring: Value =
                serde_json::from_slice(&std::fs::read(folder.join("keyring")).expect("a keyring"))
                    .expect("JSON");
            return (
                folder.join(name),
                keyring["key"]
                    .as_str()
                    .expect("a folder without a passphrase")
                    .to_owned(),
            );
        }
    }
    let opened = vault::unlock(
        folder,
        &FileSecret::beside(folder).expect("a secret's place"),
        None,
    )
    .expect("a vault without a PIN");
    (
        folder.join(&opened.folder).join("device.db"),
        hex::write(opened.key.as_slice()),
    )
}

fn open(folder: &Path) -> Connection {
    let (path, key) = file(folder);
    open_file(&path, &key)
}

fn open_file(path: &Path, key: &str) -> Connection {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
    .expect("the database can be opened");
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{key}'\""))
        .expect("a key can be set");
    connection
        .busy_timeout(std::time::Duration::from_secs(10))
        .expect("a timeout can be set");
    connection
}

/// Fails unless SQLite finds the file whole.
#[track_caller]
pub fn assert_whole(folder: &Path) {
    let verdict: String = open(folder)
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .expect("the check runs");
    assert_eq!(verdict, "ok", "{}", folder.display());
}

fn places(folder: &Path, query: &str) -> BTreeSet<Place> {
    let connection = open(folder);
    let mut statement = connection
        .prepare(query)
        .expect("the query is of this schema");
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("the query runs");
    rows.collect::<Result<_, _>>()
        .expect("the rows can be read")
}

/// Every change in a hub's log.
#[must_use]
pub fn hub_changes(folder: &Path) -> BTreeSet<Place> {
    places(
        folder,
        "SELECT incident, actor, actor_seq FROM feed JOIN documents USING (doc) WHERE kind = 0",
    )
}

/// Every change that a device takes to be safe at its hub.
#[must_use]
pub fn acked_changes(folder: &Path) -> BTreeSet<Place> {
    places(
        folder,
        "SELECT incident, actor, actor_seq FROM changes JOIN documents USING (doc) WHERE state = 1",
    )
}

/// Turns an enrolled device to another address, as somebody would who took its hub's place on the network.
pub fn set_address(folder: &Path, address: &str) {
    let connection = open(folder);
    let kept: Vec<u8> = connection
        .query_row(
            "SELECT value FROM meta WHERE key = 'enrolment'",
            [],
            |row| row.get(0),
        )
        .expect("an enrolment");
    let mut enrolment: Value = serde_json::from_slice(&kept).expect("JSON");
    enrolment["addresses"] = serde_json::json!([address]);
    connection
        .execute(
            "UPDATE meta SET value = ?1 WHERE key = 'enrolment'",
            [enrolment.to_string().into_bytes()],
        )
        .expect("the enrolment can be written");
}

/// Changes a folder's database behind the program's back.
pub fn tamper(folder: &Path, query: &str) {
    let changed = open(folder)
        .execute(query, [])
        .expect("the query is of this schema");
    assert!(changed > 0, "nothing was changed by {query}");
}

/// A number that a query gives.
#[must_use]
pub fn number(folder: &Path, query: &str) -> i64 {
    open(folder)
        .query_row(query, [], |row| row.get(0))
        .expect("the query gives a number")
}

/// Makes a device believe that it has had its incidents, and its last contact with its hub, for `days` days longer.
pub fn age(folder: &Path, days: i64) {
    let connection = open(folder);
    let seconds = days * 24 * 3600;
    connection
        .execute(
            "UPDATE documents SET settled_at = settled_at - ?1",
            [seconds],
        )
        .expect("times can be written");
    let contact: Vec<u8> = connection
        .query_row("SELECT value FROM meta WHERE key = 'contact'", [], |row| {
            row.get(0)
        })
        .expect("a contact");
    let earlier = |number: &[u8]| {
        (i64::from_be_bytes(number.try_into().expect("eight bytes")) - seconds).to_be_bytes()
    };
    // By the device's clock, and by the hub's.
    let earlier = [earlier(&contact[..8]), earlier(&contact[8..16])].concat();
    connection
        .execute(
            "UPDATE meta SET value = ?1 WHERE key = 'contact'",
            [[&earlier, &contact[16..]].concat()],
        )
        .expect("a contact can be written");
}

/// Makes a device that has locked itself believe that its machine has run for a day since.
pub fn let_run_for_a_day(folder: &Path) {
    let connection = open(folder);
    let contact: Vec<u8> = connection
        .query_row("SELECT value FROM meta WHERE key = 'contact'", [], |row| {
            row.get(0)
        })
        .expect("a contact");
    // The last eight bytes: seconds that it has run.
    let longer = [&contact[..contact.len() - 8], &86_400u64.to_be_bytes()].concat();
    connection
        .execute("UPDATE meta SET value = ?1 WHERE key = 'contact'", [longer])
        .expect("a contact can be written");
}

/// Every byte of a database's contents, decrypted. Freed pages are not among them: they are overwritten when they are freed.
#[must_use]
pub fn bytes(folder: &Path) -> Vec<u8> {
    exported(&open(folder))
}

/// The same of a hub's second database, which holds what opens statements.
#[must_use]
pub fn keys(folder: &Path) -> Vec<u8> {
    let (path, key) = file(folder);
    exported(&open_file(&path.with_file_name("keys.db"), &key))
}

fn exported(connection: &Connection) -> Vec<u8> {
    let plain = tempfile::tempdir().expect("a folder");
    let to = plain.path().join("plain.db");
    let query = format!(
        "ATTACH DATABASE '{}' AS plain KEY ''; SELECT sqlcipher_export('plain'); DETACH DATABASE plain",
        to.display()
    );
    connection
        .execute_batch(&query)
        .expect("the database can be exported");
    std::fs::read(to).expect("the copy can be read")
}
