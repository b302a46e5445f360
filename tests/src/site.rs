//! A place to test in: a temporary folder with a hub, its devices, and national where a test wants it.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use vicinity_core::time::Timestamp;

use crate::device::Device;
use crate::program;
use crate::server::Server;
use crate::wait;

/// A temporary folder, gone with its owner.
pub struct Site {
    folder: TempDir,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// An empty place.
    #[must_use]
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    /// A place and a running hub in it.
    pub fn with_hub() -> (Self, Server) {
        let site = Self::new();
        let hub = site.hub(&[]);
        (site, hub)
    }

    /// The path of something in here.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the hub.
    pub fn hub(&self, extra: &[&str]) -> Server {
        Server::start("hub", &self.path("hub"), extra)
    }

    /// Starts national.
    pub fn national(&self) -> Server {
        Server::start("national", &self.path("national"), &[])
    }

    /// Runs `vicinity hub VERB --data … ARGUMENTS`.
    pub fn hub_run(&self, verb: &str, arguments: &[&str]) -> program::Run {
        self.verb("hub", verb, arguments)
    }

    /// Runs `vicinity national VERB --data … ARGUMENTS`.
    pub fn national_run(&self, verb: &str, arguments: &[&str]) -> program::Run {
        self.verb("national", verb, arguments)
    }

    fn verb(&self, kind: &str, verb: &str, arguments: &[&str]) -> program::Run {
        let data = self.path(kind);
        let data = data
            .to_str()
            .expect("temporary folders have names in UTF-8");
        program::run([kind, verb, "--data", data].iter().chain(arguments))
    }

    /// What the hub exports, ascending by id.
    #[track_caller]
    pub fn hub_export(&self) -> Vec<Value> {
        self.hub_run("export", &["--json"]).json_lines()
    }

    /// What national exports, ascending by projection.
    #[track_caller]
    pub fn national_export(&self) -> Vec<Value> {
        self.national_run("export", &["--json"]).json_lines()
    }

    /// The hub sends its counts to national at once, and somebody publishes these months. A device of the hub logs one incident more, which
    /// goes no further: news makes the hub contact national.
    #[track_caller]
    pub fn publish(&self, device: &Device, months: &[&str]) {
        self.hub_run("report", &["--now"]).done();
        let news = json!({"reported_at": "2026-03-20T09:00:00Z", "violations": ["hit_push"], "consents": ["hub_response"]});
        device.log(&[news]);
        device.sync();
        for month in months {
            wait::until("counts of a month", || {
                let run = self.national_run("publish", &[month, "--yes"]);
                (run.code == Some(0)).then_some(())
            });
        }
    }

    /// An enrolment link of the hub's.
    #[track_caller]
    pub fn invite(&self, role: &str) -> String {
        self.hub_run("invite", &["--role", role])
            .done()
            .trim()
            .to_owned()
    }

    /// A link of national's for a hub.
    #[track_caller]
    pub fn invite_hub(&self) -> String {
        self.national_run("invite", &["--role", "hub"])
            .done()
            .trim()
            .to_owned()
    }

    /// The one-time link of somebody who is to sign in at a hub or at national.
    #[track_caller]
    pub fn invite_person(&self, kind: &str, name: &str) -> String {
        let data = self.path(kind);
        let data = data
            .to_str()
            .expect("temporary folders have names in UTF-8");
        program::run([kind, "people", "invite", "--data", data, name])
            .done()
            .trim()
            .to_owned()
    }

    /// A device that is not enrolled.
    pub fn device(&self, name: &str) -> Device {
        Device {
            home: self.path(name),
        }
    }

    /// An enrolled device.
    #[track_caller]
    pub fn enrolled(&self, name: &str, role: &str) -> Device {
        let device = self.device(name);
        device.run(&["enrol", &self.invite(role)]).done();
        device
    }

    /// A device that is enrolled through a proxy at that address.
    #[track_caller]
    pub fn enrolled_through(&self, name: &str, role: &str, address: &str) -> Device {
        let device = self.device(name);
        device
            .run(&["enrol", &redirected(&self.invite(role), address)])
            .done();
        device
    }
}

/// A link that leads to another address, with the same code and pin.
#[must_use]
pub fn redirected(link: &str, address: &str) -> String {
    let parts: Vec<&str> = link.splitn(7, ':').collect();
    let [scheme, version, code, pin, signs, keys, _] = parts[..] else {
        panic!("a link of another form")
    };
    format!("{scheme}:{version}:{code}:{pin}:{signs}:{keys}:{address}")
}

/// What is compared between two ends. What depends on the moment of asking goes: how urgent it is now, and where a
/// clock stands.
#[must_use]
pub fn timeless(incidents: Vec<Value>) -> Vec<Value> {
    incidents.into_iter().map(timeless_one).collect()
}

/// One incident without what depends on the moment of asking, and with its times in UTC: a device speaks its hub's time only once
/// it has learned it.
#[must_use]
pub fn timeless_one(mut incident: Value) -> Value {
    incident
        .as_object_mut()
        .map(|object| (object.remove("triage"), object.remove("time_zone")));
    in_utc(&mut incident);
    for clock in incident["clocks"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        clock.remove("state");
    }
    incident
}

fn in_utc(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(at) = text.parse::<Timestamp>() {
                *text = at.to_string();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(in_utc),
        Value::Object(values) => values.values_mut().for_each(in_utc),
        _ => {}
    }
}
