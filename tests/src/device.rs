//! A device under test: its home folder, and the commands a person gives it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{self, Run};

/// A device. It is nothing but a folder: no process lives between two commands.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its home.
    pub home: PathBuf,
}

impl Device {
    /// Runs `vicinity device --home … ARGUMENTS`.
    pub fn run(&self, arguments: &[&str]) -> Run {
        program::run(self.arguments(arguments))
    }

    /// The same with a text on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        program::run_with(self.arguments(arguments), input)
    }

    /// The whole command line.
    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let home = self
            .home
            .to_str()
            .expect("temporary folders have names in UTF-8");
        ["device", "--home", home]
            .iter()
            .chain(arguments)
            .map(ToString::to_string)
            .collect()
    }

    /// Logs incidents, each with its edits where it has any; gives their ids.
    #[track_caller]
    pub fn log(&self, incidents: &[Value]) -> Vec<String> {
        let lines: String = incidents
            .iter()
            .map(|incident| with_edits(incident).to_string() + "\n")
            .collect();
        let ids: Vec<String> = self
            .run_with(&["log", "--with-edits", "-"], &lines)
            .done()
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(ids.len(), incidents.len());
        ids
    }

    /// Applies edits to an incident.
    #[track_caller]
    pub fn edit(&self, id: &str, edits: &Value) {
        self.run_with(&["edit", id, "-"], &edits.to_string()).done();
    }

    /// Syncs to the end; gives the report.
    #[track_caller]
    pub fn sync(&self) -> Value {
        let report = self.run(&["sync", "--json"]).json_lines().remove(0);
        assert_eq!(report["up_to_date"], true, "{report}");
        report
    }

    /// The digits of its own key, as its screen shows them.
    #[track_caller]
    pub fn digits(&self) -> String {
        let keys = self.run(&["keys", "--json"]).json_lines().remove(0);
        keys["own"]
            .as_str()
            .expect("a responder's device has digits")
            .to_owned()
    }

    /// Approves another responder's device, whose screen a person looks at.
    #[track_caller]
    pub fn approves(&self, other: &Self) {
        self.sync();
        self.run(&["approve", &other.digits()]).done();
    }

    /// Trusts a first responder's device, whose screen a person looks at.
    #[track_caller]
    pub fn trusts(&self, responder: &Self) {
        self.run(&["trust", &responder.digits()]).done();
    }

    /// Every incident as `show --json` prints it, ascending by id.
    #[track_caller]
    pub fn show_all(&self) -> Vec<Value> {
        self.ids().iter().map(|id| self.show(id)).collect()
    }

    /// One incident.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        self.run(&["show", id, "--json"]).json_lines().remove(0)
    }

    /// The lines of `list --json`.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        self.run(&["list", "--json"]).json_lines()
    }

    /// The ids of `list`, ascending.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.list()
            .iter()
            .map(|line| line["id"].as_str().expect("a line has an id").to_owned())
            .collect()
    }

    /// The lines of `conflicts --json`.
    #[track_caller]
    pub fn conflicts(&self) -> Vec<Value> {
        self.run(&["conflicts", "--json"]).json_lines()
    }

    /// A copy of the device in another folder, with what stands for its keystore.
    pub fn copy_to(&self, home: &Path) -> Self {
        copy_folder(&self.home, home);
        std::fs::copy(
            self.home.with_extension("secret"),
            home.with_extension("secret"),
        )
        .expect("the secret can be copied");
        Self {
            home: home.to_owned(),
        }
    }
}

/// Copies a folder over another one, which is emptied first.
pub fn copy_folder(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).expect("the old folder can go");
    }
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

/// A line for `log --with-edits`: an incident alone has no edits.
fn with_edits(incident: &Value) -> Value {
    if incident.get("incident").is_some() {
        incident.clone()
    } else {
        json!({"incident": incident, "edits": []})
    }
}
