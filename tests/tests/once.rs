//! Once is once: what is logged or attached again, and what two phones log under one id.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};
use vicinity_tests::device::Device;
use vicinity_tests::program;
use vicinity_tests::site::Site;

const ID: &str = "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11";

fn incident(id: Option<&str>, code: &str) -> Value {
    let mut incident = json!({"reported_at": "2026-11-23T09:00:00Z", "violations": [code], "consents": ["hub_response"]});
    if let Some(id) = id {
        incident["id"] = json!(id);
    }
    incident
}

/// Two lines are the same, so that their number shows whether each counted once.
fn lines(count: usize) -> Vec<String> {
    let places = ["SN-DK-01", "SN-DK-02", "SN-TH-01"];
    (0..count)
        .map(|at| {
            json!({"reported_at": "2026-11-23T09:00:00Z", "place": {"area": places[at % 3]}})
                .to_string()
                + "\n"
        })
        .collect()
}

/// Logs these lines and is killed after this number of ids was printed, with the rest still to come.
fn killed_at(device: &Device, lines: &[String], printed: usize) -> Vec<String> {
    let mut child = program::command(device.arguments(&["log", "-"]))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines {
        stdin.write_all(line.as_bytes()).unwrap();
    }
    stdin.flush().unwrap();
    let ids: Vec<String> = stdout.by_ref().take(printed).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    ids
}

#[test]
fn a_run_that_was_killed_is_gone_on_with_and_counts_every_line_once() {
    let site = Site::new();
    let device = site.device("phone");
    let lines = lines(300);
    let printed = killed_at(&device, &lines[..200], 128);
    let again = device.run_with(&["log", "-"], &lines.concat());
    assert!(again.stderr.contains("already here"), "{}", again.stderr);
    let ids: Vec<String> = again.done().lines().map(str::to_owned).collect();
    assert_eq!(
        (ids.len(), &ids[..128], device.ids().len()),
        (300, printed.as_slice(), 300)
    );
    // That run is over: the same lines are incidents again, with a message.
    let third = device.run_with(&["log", "-"], &lines.concat());
    assert!(
        third
            .stderr
            .contains("the same lines were logged here before"),
        "{}",
        third.stderr
    );
    assert_eq!(
        (third.done().lines().count(), device.ids().len()),
        (300, 600)
    );
}

#[test]
fn an_incident_with_an_id_is_logged_once_and_never_overwritten() {
    let site = Site::new();
    let device = site.device("phone");
    let log = |incident: &Value| device.run_with(&["log", "-"], &incident.to_string());
    assert_eq!(
        log(&incident(Some(ID), "hit_push")).done(),
        format!("{ID}\n")
    );
    let shown = device.show(ID);
    let again = log(
        &json!({"violations": ["hit_push"], "id": ID.to_uppercase(), "consents": ["hub_response"], "reported_at": "2026-11-23T09:00:00Z"}),
    );
    assert!(again.stderr.contains("already here"), "{}", again.stderr);
    assert_eq!(
        again.done(),
        format!("{ID}\n"),
        "whatever the order of keys and blanks"
    );
    let other = log(&incident(Some(ID), "robbery_theft"));
    assert_eq!(other.stdout, "");
    assert!(
        other
            .failed()
            .starts_with("line 1: id: an incident of this id is here already")
    );
    for bad in [
        json!("7"),
        json!(7),
        json!("00000000-0000-0000-0000-000000000000"),
    ] {
        let mut line = incident(None, "hit_push");
        line["id"] = bad;
        assert!(log(&line).failed().starts_with("line 1: id: "));
    }
    assert_eq!(
        (device.ids(), device.show(ID)),
        (vec![ID.to_owned()], shown)
    );
}

#[test]
fn two_phones_that_log_under_one_id_stay_two_incidents() {
    let (site, _hub) = Site::with_hub();
    let (first, second, office) = (
        site.enrolled("first", "educator"),
        site.enrolled("second", "educator"),
        site.enrolled("office", "responder"),
    );
    first.log(&[incident(Some(ID), "hit_push")]);
    second.log(&[incident(Some(ID), "robbery_theft")]);
    office.log(&[incident(Some(ID), "stalking")]);
    first.sync();
    for device in [&second, &office] {
        let own = device.show(ID);
        for _ in 0..2 {
            let run = device.run(&["sync", "--json"]);
            assert_eq!(run.code, Some(1), "{}", run.stderr);
            assert!(
                run.stderr.contains(&format!(
                    "{ID} stays on this device: the hub has another incident under this id"
                )),
                "{}",
                run.stderr
            );
            let report = program::json(run.stdout.trim());
            assert_eq!(
                (&report["other_incident"], &report["up_to_date"]),
                (&json!([ID]), &json!(false))
            );
        }
        assert_eq!(device.show(ID), own);
        // What is added to it stays here as well.
        device.edit(
            ID,
            &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
        );
        assert_eq!(
            program::json(device.run(&["sync", "--json"]).stdout.trim())["sent"],
            0
        );
    }
    let held = site.hub_export();
    assert_eq!(
        (held.len(), &held[0]["violations"]),
        (1, &json!(["hit_push"]))
    );
    first.sync();
}

#[test]
fn an_erased_incident_is_not_logged_again() {
    let (site, _hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    let line = incident(Some(ID), "hit_push").to_string();
    phone.run_with(&["log", "-"], &line).done();
    phone.sync();
    phone.edit(
        ID,
        &json!([{"consent": {"scope": "hub_response", "state": "withdrawn"}}]),
    );
    phone.run(&["sync"]);
    assert_eq!(phone.ids(), [""; 0]);
    assert!(
        phone
            .run_with(&["log", "-"], &line)
            .failed()
            .starts_with("line 1: id: the incident of this id was erased")
    );
    assert_eq!((phone.ids().len(), site.hub_export().len()), (0, 0));
}
