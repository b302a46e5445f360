//! Drills: what is done once a year, and cut in the middle. A hub comes back from an old backup; what is kept, erased, given
//! new keys or enrolled is killed at any moment, and done again.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use vicinity_tests::device::Device;
use vicinity_tests::search::holds;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, timeless};
use vicinity_tests::wait::timed;
use vicinity_tests::{database, incidents, program};

/// Kills of each kind in a run, unless `VICINITY_DRILL_KILLS` says another number.
const KILLS: u64 = 6;
const PHONES: usize = 8;

/// Runs a command and kills it at a random moment of that length; whether it had done its work before.
fn killed(
    dice: &mut StdRng,
    length: Duration,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> bool {
    let mut command = program::command(arguments);
    let mut child = command
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The moment of the kill is what is random here: nothing is waited for.
    std::thread::sleep(length.mul_f64(dice.random()));
    child.kill().unwrap();
    child.wait().unwrap().success()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A site with a hub under a passphrase.
struct Kept {
    site: Site,
    passphrase: String,
}

impl Kept {
    fn new() -> Self {
        let site = Site::new();
        let passphrase = site.path("passphrase");
        std::fs::write(&passphrase, "seven camels walk north").unwrap();
        Self {
            passphrase: text(&passphrase).to_owned(),
            site,
        }
    }

    fn known(&self) -> [(&str, &str); 1] {
        [("VICINITY_PASSPHRASE_FILE", &self.passphrase)]
    }

    fn start(&self) -> Server {
        Server::start_where(&self.known(), "hub", &self.site.path("hub"), &[])
    }

    fn start_at(&self, address: &str) -> Server {
        Server::start_again(&self.known(), "hub", &self.site.path("hub"), address)
    }

    fn hub(&self, verb: &str, arguments: &[&str]) -> program::Run {
        let data = self.site.path("hub");
        program::run_where(
            &self.known(),
            ["hub", verb, "--data", text(&data)].iter().chain(arguments),
        )
    }

    fn enrolled(&self, name: &str, role: &str) -> Device {
        let device = self.site.device(name);
        device
            .run(&["enrol", self.hub("invite", &["--role", role]).done().trim()])
            .done();
        device
    }

    fn export(&self) -> Vec<Value> {
        timeless(self.hub("export", &["--json"]).json_lines())
    }
}

#[test]
fn a_hub_restored_from_an_old_backup_gets_back_all_that_any_of_ten_devices_held() {
    let mut dice = incidents::dice(91);
    let kept = Kept::new();
    let hub = kept.start();
    let mut devices: Vec<Device> = (0..PHONES)
        .map(|at| kept.enrolled(&format!("phone{at}"), "educator"))
        .collect();
    devices.extend((0..2).map(|at| kept.enrolled(&format!("office{at}"), "responder")));
    let write = |dice: &mut StdRng, device: &Device| {
        let ids = device.log(&incidents::invented(dice, 5));
        device.edit(&ids[0], &json!([{"action": {"code": "shelter"}}, {"set": {"field": "danger_now", "value": "yes"}}]));
    };
    for device in &devices {
        write(&mut dice, device);
        device.sync();
    }
    let (backup, later) = (kept.site.path("old.backup"), devices.len() * 5);
    kept.hub("backup", &[text(&backup)]).done();
    // Most of what follows reaches the hub, and some of it only a phone.
    for (at, device) in devices.iter().enumerate() {
        write(&mut dice, device);
        if at % 4 != 3 {
            device.sync();
        }
    }
    let seen = devices[PHONES].ids();
    devices[PHONES].sync();
    devices[PHONES].edit(
        &seen[0],
        &json!([{"transition": {"to": "responding", "at": "2026-11-20T10:00:00Z"}}]),
    );
    devices[PHONES].sync();
    let held: BTreeSet<String> = devices.iter().flat_map(Device::ids).collect();
    let before = kept.export();
    assert_eq!((held.len(), before.len() > later), (2 * later, true));

    let address = hub.address.clone();
    drop(hub);
    std::fs::rename(kept.site.path("hub"), kept.site.path("lost")).unwrap();
    kept.hub("restore", &[text(&backup)]).done();
    let _hub = kept.start_at(&address);
    assert_eq!(kept.export().len(), later, "the backup is old");
    for _ in 0..2 {
        devices.shuffle(&mut dice);
        devices.iter().for_each(|device| drop(device.sync()));
    }
    let after = kept.export();
    assert_eq!(
        after
            .iter()
            .map(|incident| incident["id"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>(),
        held
    );
    for incident in &before {
        let id = &incident["id"];
        let now = after.iter().find(|now| now["id"] == *id).unwrap();
        assert_eq!(
            (&now["actions"], &now["status"], &now["danger_now"]),
            (
                &incident["actions"],
                &incident["status"],
                &incident["danger_now"]
            )
        );
    }
    for device in &devices {
        for incident in timeless(device.show_all()) {
            assert_eq!(
                after.iter().find(|held| held["id"] == incident["id"]),
                Some(&incident)
            );
        }
    }
}

#[test]
fn a_backup_killed_at_any_moment_is_whole_or_not_there_and_the_next_one_is_whole() {
    let mut dice = incidents::dice(92);
    let kept = Kept::new();
    let hub = kept.start();
    let phone = kept.enrolled("phone", "educator");
    phone.log(&incidents::invented(&mut dice, 50));
    phone.sync();
    let (data, backup) = (kept.site.path("hub"), kept.site.path("it.backup"));
    let length = timed(|| drop(kept.hub("backup", &[text(&backup)]).done()));
    for round in 0..incidents::number("VICINITY_DRILL_KILLS", KILLS) {
        std::fs::remove_file(&backup).unwrap();
        std::fs::remove_file(kept.site.path("it.backup.keys")).unwrap();
        let done = killed(
            &mut dice,
            length,
            &kept.known(),
            &["hub", "backup", "--data", text(&data), text(&backup)],
        );
        assert!(!done || backup.exists());
        if !backup.exists() {
            kept.hub("backup", &[text(&backup)]).done();
        }
        let restored = kept.site.path(&format!("restored{round}"));
        let restore = ["hub", "restore", "--data", text(&restored), text(&backup)];
        let was_done = killed(&mut dice, length, &kept.known(), &restore);
        assert!(!was_done || restored.exists());
        if !restored.exists() {
            program::run_where(&kept.known(), restore).done();
        }
        let export = program::run_where(
            &kept.known(),
            ["hub", "export", "--data", text(&restored), "--json"],
        )
        .json_lines();
        assert_eq!(timeless(export), kept.export());
    }
    assert!(!hub.log().contains("panicked"));
}

#[test]
fn an_erasure_killed_at_any_moment_is_finished_by_the_next() {
    let mut dice = incidents::dice(93);
    let (site, hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    let planted = |at: u64| json!({"reported_at": "2026-11-20T09:00:00Z", "violations": [format!("zqxjerase{at}z")], "consents": ["hub_response"]});
    let kills = incidents::number("VICINITY_DRILL_KILLS", KILLS);
    let ids = phone.log(&(0..=kills).map(planted).collect::<Vec<_>>());
    phone.sync();
    let data = site.path("hub");
    let length = timed(|| drop(site.hub_run("erase", &[&ids[0]]).done()));
    let mut hub = Some(hub);
    for (at, id) in (1..).zip(&ids[1..]) {
        let marker = format!("zqxjerase{at}z");
        assert!(
            holds(&database::bytes(&data), &marker),
            "the search finds what is there"
        );
        killed(
            &mut dice,
            length,
            &[],
            &["hub", "erase", "--data", text(&data), id],
        );
        if dice.random_bool(0.5) {
            hub = hub.take().map(Server::kill_and_restart);
        }
        // What was cut is done again by those who did not see it end.
        site.hub_run("erase", &[id]).done();
        assert!(
            !holds(&database::bytes(&data), &marker),
            "{marker} is still there"
        );
    }
    phone.sync();
    assert!(phone.ids().is_empty() && site.hub_export().is_empty());
    drop(hub);
    database::assert_whole(&data);
}

#[test]
fn a_change_of_keys_killed_at_any_moment_is_finished_by_the_next_and_every_statement_opens() {
    let mut dice = incidents::dice(94);
    let (site, _hub) = Site::with_hub();
    let (office, phone) = (
        site.enrolled("office", "responder"),
        site.enrolled("phone", "educator"),
    );
    let data = site.path("hub");
    let mut ids = Vec::new();
    let mut length = Duration::from_millis(100);
    for round in 0..incidents::number("VICINITY_DRILL_KILLS", KILLS) {
        let said = json!({"reported_at": "2026-11-20T09:00:00Z", "consents": ["hub_response"], "statements": [{"class": "narrative", "text": format!("told {round}")}]});
        ids.extend(phone.log(&[said]));
        phone.sync();
        // A responder comes, and leaves: two new key sets, and every batch is wrapped again after each.
        let leaving = site.enrolled(&format!("leaving{round}"), "responder");
        office
            .run(&["approve", "--no-sync", &leaving.digits()])
            .done();
        killed(
            &mut dice,
            length,
            &[],
            &office
                .arguments(&["sync"])
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        );
        length = timed(|| drop(office.sync()));
        let number = site
            .hub_run("devices", &["--json"])
            .json_lines()
            .last()
            .unwrap()["number"]
            .to_string();
        killed(
            &mut dice,
            length,
            &[],
            &["hub", "revoke", "--data", text(&data), &number],
        );
        site.hub_run("revoke", &[&number]).done();
        assert_eq!(leaving.run(&["sync"]).code, Some(1));
        killed(
            &mut dice,
            length,
            &[],
            &phone
                .arguments(&["sync"])
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        );
        phone.sync();
        office.sync();
    }
    for (round, id) in ids.iter().enumerate() {
        let line = office
            .run(&["statements", id, "--json"])
            .json_lines()
            .remove(0);
        assert_eq!(
            office
                .run(&["open", line["statement"].as_str().unwrap()])
                .done()
                .trim_end(),
            format!("told {round}")
        );
    }
    assert_eq!(office.sync()["requests"], 1, "nothing is left to wrap");
}

#[test]
fn an_enrolment_killed_at_any_moment_is_finished_by_the_same_link() {
    let mut dice = incidents::dice(95);
    let (site, _hub) = Site::with_hub();
    let length = timed(|| drop(site.enrolled("first", "educator")));
    let kills = incidents::number("VICINITY_DRILL_KILLS", KILLS);
    for round in 0..kills {
        let (device, link) = (
            site.device(&format!("phone{round}")),
            site.invite("educator"),
        );
        let arguments = device.arguments(&["enrol", &link]);
        let done = killed(
            &mut dice,
            length,
            &[],
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let again = device.run(&["enrol", &link]);
        if again.code != Some(0) {
            let complaint = again.failed();
            assert!(
                complaint.contains("enrolled already"),
                "{complaint}; done before: {done}"
            );
        }
        let id = device.log(&incidents::invented(&mut dice, 1)).remove(0);
        device.sync();
        assert!(
            site.hub_export()
                .iter()
                .any(|incident| incident["id"] == *id)
        );
    }
    assert_eq!(
        site.hub_run("devices", &["--json"]).json_lines().len() as u64,
        kills + 1,
        "one device each"
    );
}
