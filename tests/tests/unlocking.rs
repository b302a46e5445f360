//! A device that stays open for a while: what opens it, and everything that closes it.

use serde_json::json;
use vicinity_tests::device::Device;
use vicinity_tests::site::Site;

fn file(site: &Site, name: &str, text: &str) -> String {
    std::fs::write(site.path(name), text).unwrap();
    site.path(name).display().to_string()
}

/// A device with a PIN, and the file that holds it.
fn locked(site: &Site) -> (Device, String) {
    let pin = file(site, "first", "2468\n");
    let device = site.device("phone");
    device.run(&["init", "--pin-file", &pin]).done();
    (device, pin)
}

#[track_caller]
fn asks_for_the_pin(device: &Device) {
    assert!(
        device
            .run(&["list"])
            .failed()
            .contains("no PIN: name a file")
    );
}

#[test]
fn an_unlocked_device_asks_for_no_pin_until_it_is_locked() {
    let site = Site::new();
    let (device, pin) = locked(&site);
    asks_for_the_pin(&device);
    assert!(
        device
            .run(&["--pin-file", &pin, "unlock"])
            .done()
            .contains("5 minutes")
    );
    let id = device
        .log(&[json!({"reported_at": "2026-11-23T09:00:00Z"})])
        .remove(0);
    assert_eq!(device.show(&id)["id"], json!(id));
    assert!(device.run(&["lock"]).done().contains("locked"));
    asks_for_the_pin(&device);
    assert!(device.run(&["lock"]).done().contains("was not unlocked"));
    assert_eq!(
        device
            .run(&["list", "--json", "--pin-file", &pin])
            .json_lines()
            .len(),
        1
    );
}

#[test]
fn a_wrong_pin_opens_nothing_and_closes_what_is_open() {
    let site = Site::new();
    let (device, pin) = locked(&site);
    let wrong = file(&site, "wrong", "1357");
    device.run(&["unlock", "--pin-file", &wrong]).failed();
    asks_for_the_pin(&device);
    device.run(&["unlock", "--pin-file", &pin]).done();
    assert!(
        device
            .run(&["list", "--pin-file", &wrong])
            .failed()
            .contains("9 attempts left")
    );
    asks_for_the_pin(&device);
}

#[test]
fn the_second_pin_closes_what_the_first_one_opened_and_setting_it_does_too() {
    let site = Site::new();
    let (device, pin) = locked(&site);
    let second = file(&site, "second", "8642");
    device.run(&["unlock", "--pin-file", &pin]).done();
    device
        .run(&[
            "duress-pin",
            "--pin-file",
            &pin,
            "--second-pin-file",
            &second,
        ])
        .done();
    asks_for_the_pin(&device);
    device.run(&["unlock", "--pin-file", &pin]).done();
    device.log(&[json!({"reported_at": "2026-11-23T09:00:00Z"})]);
    assert_eq!(
        device
            .run(&["list", "--json", "--pin-file", &pin])
            .json_lines()
            .len(),
        1
    );
    assert_eq!(device.list().len(), 1, "its own PIN closes nothing");
    assert_eq!(
        device
            .run(&["list", "--json", "--pin-file", &second])
            .json_lines()
            .len(),
        0
    );
    asks_for_the_pin(&device);
    device.run(&["unlock", "--pin-file", &second]).done();
    assert_eq!(device.list().len(), 0);
    device.run(&["lock"]).done();
}

#[test]
fn a_wipe_closes_and_destroys() {
    let site = Site::new();
    let (device, pin) = locked(&site);
    device.run(&["unlock", "--pin-file", &pin]).done();
    device.run(&["wipe", "--yes"]).done();
    assert!(device.run(&["list"]).failed().contains("destroyed"));
    assert!(device.run(&["lock"]).done().contains("was not unlocked"));
}

#[test]
fn a_device_without_a_pin_has_nothing_to_unlock() {
    let site = Site::new();
    let device = site.device("phone");
    device.log(&[json!({"reported_at": "2026-11-23T09:00:00Z"})]);
    assert!(device.run(&["unlock"]).failed().contains("has no PIN"));
    assert_eq!(device.list().len(), 1);
}
