//! Backups that are played back, phones that are copied, hubs that forget: both ends find out, and nothing is lost.

use rand::rngs::StdRng;
use serde_json::{Value, json};
use vicinity_tests::device::{Device, copy_folder};
use vicinity_tests::incidents;
use vicinity_tests::program;
use vicinity_tests::site::{Site, timeless};
use vicinity_tests::wait;

fn log(device: &Device, dice: &mut StdRng, count: usize) -> Vec<String> {
    device.log(&incidents::invented(dice, count))
}

fn sorted(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().collect();
    ids.sort();
    ids
}

fn ids(exported: &[Value]) -> Vec<String> {
    exported
        .iter()
        .map(|incident| incident["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_phone_restored_from_a_backup_gets_back_what_the_backup_lacks() {
    let mut dice = incidents::dice(71);
    let (site, hub) = Site::with_hub();
    let device = site.enrolled("phone", "educator");
    let mut logged = log(&device, &mut dice, 30);
    device.sync();
    let backup = device.copy_to(&site.path("backup"));

    logged.extend(log(&device, &mut dice, 30));
    device.edit(
        &logged[0],
        &json!([{"action": {"code": "after_the_backup"}}]),
    );
    device.sync();

    let device = backup.copy_to(&device.home);
    assert_eq!(device.ids().len(), 30);
    logged.extend(log(&device, &mut dice, 5));
    device.edit(
        &logged[0],
        &json!([{"action": {"code": "after_the_restore"}}]),
    );
    let report = device.sync();
    let log = hub.log();
    let found_out = log
        .lines()
        .find(|line| line.contains("replayed, restored or copied"))
        .unwrap_or_else(|| panic!("{log}"));
    assert_eq!(program::json(found_out)["device"], 1, "the hub says which");
    assert!(report["received"].as_u64().unwrap() > 30, "{report}");
    assert_eq!(device.ids(), sorted(logged.clone()));
    assert_eq!(timeless(device.show_all()), timeless(site.hub_export()));
    let actions = device.show(&logged[0])["actions"].to_string();
    assert!(actions.contains("after_the_backup") && actions.contains("after_the_restore"));
    let report = device.sync();
    assert_eq!(
        (&report["sent"], &report["received"], &report["requests"]),
        (&json!(0), &json!(0), &json!(1))
    );
}

#[test]
fn a_cloned_phone_whose_copies_are_used_in_turn_loses_nothing() {
    let mut dice = incidents::dice(72);
    let (site, _hub) = Site::with_hub();
    let first = site.enrolled("phone", "educator");
    let mut logged = log(&first, &mut dice, 10);
    first.sync();
    let second = first.copy_to(&site.path("clone"));
    for round in 0..4 {
        for device in [&first, &second] {
            logged.extend(log(device, &mut dice, 5));
            device.edit(
                &logged[0],
                &json!([{"action": {"code": format!("round_{round}")}}]),
            );
            device.sync();
        }
    }
    first.sync();
    second.sync();
    assert_eq!(first.ids(), sorted(logged.clone()));
    let held = timeless(site.hub_export());
    assert_eq!(
        held.iter()
            .find(|incident| incident["id"] == logged[0])
            .unwrap()["actions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|action| action["code"].as_str().unwrap().starts_with("round_"))
            .count(),
        8
    );
    assert_eq!(timeless(first.show_all()), held);
    assert_eq!(timeless(second.show_all()), held);
}

/// How a hub's old database comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restored {
    /// As it should: into a folder of its own, without an epoch file.
    Fresh,
    /// As it should not: over the newer database, with the epoch file still there.
    OverTheNewer,
}

fn hub_forgets_and_is_told_again(restored: Restored) {
    let mut dice = incidents::dice(73);
    let (site, hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "responder"),
        site.enrolled("other", "responder"),
    );
    let mut logged = log(&one, &mut dice, 20);
    one.sync();
    other.sync();

    let start = hub.stop();
    let backup = site.path("hub.backup");
    std::fs::copy(site.path("hub").join("hub.db"), &backup).unwrap();
    let hub = start();
    logged.extend(log(&one, &mut dice, 20));
    logged.extend(log(&other, &mut dice, 20));
    one.edit(&logged[0], &json!([{"action": {"code": "by_one"}}]));
    other.edit(&logged[0], &json!([{"action": {"code": "by_other"}}]));
    for device in [&one, &other, &one] {
        device.sync();
    }
    let before = timeless(site.hub_export());
    assert_eq!(before.len(), 60);

    let start = hub.stop();
    let old_epoch = std::fs::read(site.path("hub").join("epoch")).unwrap();
    if restored == Restored::Fresh {
        copy_folder(&site.path("hub"), &site.path("hub.lost"));
        std::fs::remove_dir_all(site.path("hub")).unwrap();
        std::fs::create_dir(site.path("hub")).unwrap();
        std::fs::copy(
            site.path("hub.lost").join("keyring"),
            site.path("hub").join("keyring"),
        )
        .unwrap();
    }
    std::fs::copy(&backup, site.path("hub").join("hub.db")).unwrap();
    let hub = start();
    assert_eq!(
        std::fs::read(site.path("hub").join("epoch")).unwrap() != old_epoch,
        restored == Restored::Fresh
    );
    assert_eq!(site.hub_export().len(), 20, "the backup is back");

    // One of them is enough: it passes on what the other wrote, too.
    other.sync();
    assert_eq!(timeless(site.hub_export()), before);
    // The other one has something new.
    logged.extend(log(&one, &mut dice, 3));
    one.sync();
    other.sync();
    let held = timeless(site.hub_export());
    assert_eq!(ids(&held), sorted(logged.clone()));
    for device in [&one, &other] {
        assert_eq!(timeless(device.show_all()), held);
        assert_eq!(device.sync()["requests"], 1);
    }
    assert!(!hub.log().contains("panicked"));
}

#[test]
fn a_hub_restored_from_an_old_backup_gets_everything_back_from_the_devices() {
    hub_forgets_and_is_told_again(Restored::Fresh);
}

#[test]
fn an_old_database_put_under_a_newer_epoch_file_is_found_out_by_its_chain() {
    hub_forgets_and_is_told_again(Restored::OverTheNewer);
}

#[test]
fn a_hub_restored_and_used_by_another_device_first_takes_back_what_the_one_had_sent() {
    let mut dice = incidents::dice(74);
    let (site, hub) = Site::with_hub();
    let (one, other) = (
        site.enrolled("one", "educator"),
        site.enrolled("other", "educator"),
    );
    let mut logged = log(&one, &mut dice, 5);
    one.sync();
    let start = hub.stop();
    std::fs::copy(site.path("hub").join("hub.db"), site.path("hub.backup")).unwrap();
    let hub = start();
    logged.extend(log(&one, &mut dice, 10));
    one.sync();
    let start = hub.stop();
    std::fs::copy(site.path("hub.backup"), site.path("hub").join("hub.db")).unwrap();
    let _hub = start();
    // The feed grows past the place where the one stood before, with other changes.
    logged.extend(log(&other, &mut dice, 40));
    other.sync();
    one.sync();
    assert_eq!(ids(&site.hub_export()), sorted(logged));
    assert_eq!((one.ids().len(), other.ids().len()), (15, 40));
}

#[test]
fn a_hub_restored_from_an_old_backup_tells_national_nothing_twice() {
    let incident = |at: usize| json!({"reported_at": format!("2026-10-{:02}T09:00:00Z", at + 1), "consents": ["hub_response", "national_deid"]});
    let site = Site::new();
    let _national = site.national();
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let device = site.enrolled("phone", "educator");
    let national_holds = |count: usize| {
        wait::until("projections", || {
            Some(site.national_export()).filter(|rows| rows.len() == count)
        })
    };
    let mut logged = device.log(&(0..5).map(incident).collect::<Vec<_>>());
    device.sync();
    national_holds(5);
    let start = hub.stop();
    std::fs::copy(site.path("hub").join("hub.db"), site.path("hub.backup")).unwrap();
    let hub = start();
    logged.extend(device.log(&(5..10).map(incident).collect::<Vec<_>>()));
    device.sync();
    let before: Vec<Value> = national_holds(10)
        .iter()
        .map(|row| row["projection"].clone())
        .collect();

    let start = hub.stop();
    std::fs::copy(site.path("hub.backup"), site.path("hub").join("hub.db")).unwrap();
    std::fs::remove_file(site.path("hub").join("epoch")).unwrap();
    let _hub = start();
    device.sync();
    device.edit(
        &logged[7],
        &json!([{"action": {"code": "shelter", "done_at": "2026-10-20T09:00:00Z"}}]),
    );
    device.sync();
    let told = || {
        site.national_export()
            .iter()
            .any(|row| row["actions"] == json!(["shelter"]))
    };
    wait::until("the edit at national", || told().then_some(()));
    let after: Vec<Value> = site
        .national_export()
        .iter()
        .map(|row| row["projection"].clone())
        .collect();
    assert_eq!(after, before, "the same incidents under the same names");
    // And a withdrawal finds what was sent before the restore.
    device.edit(
        &logged[8],
        &json!([{"consent": {"scope": "national_deid", "state": "withdrawn"}}]),
    );
    device.sync();
    national_holds(9);
}

#[test]
fn a_device_that_a_restored_hub_does_not_know_enrols_again_and_brings_what_it_holds() {
    let mut dice = incidents::dice(75);
    let (site, hub) = Site::with_hub();
    let start = hub.stop();
    std::fs::copy(site.path("hub").join("hub.db"), site.path("hub.backup")).unwrap();
    let hub = start();
    let late = site.enrolled("late", "educator");
    let logged = log(&late, &mut dice, 5);
    late.sync();
    let start = hub.stop();
    std::fs::copy(site.path("hub.backup"), site.path("hub").join("hub.db")).unwrap();
    let _hub = start();
    assert!(
        late.run(&["sync"])
            .stderr
            .contains("does not know this device; enrol it again")
    );
    assert_eq!(site.hub_export().len(), 0);
    late.run(&["enrol", "--yes", &site.invite("educator")])
        .done();
    late.sync();
    assert_eq!(ids(&site.hub_export()), sorted(logged.clone()));
    assert_eq!(late.ids(), sorted(logged));

    let other = Site::new();
    let _elsewhere = other.hub(&[]);
    let run = late.run(&["enrol", "--yes", &other.invite("educator")]);
    assert!(
        run.code == Some(1) && run.stderr.contains("enrolled already"),
        "{}",
        run.stderr
    );
}
