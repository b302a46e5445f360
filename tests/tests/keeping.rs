//! What lies on disk: a device's folder, a hub's folder, backups, and what is left after a panic or a wipe.

use serde_json::json;
use vicinity_tests::device::{Device, copy_folder};
use vicinity_tests::program;
use vicinity_tests::search::{files_of, holds};
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;

const MARKER: &str = "QQKEEPMARKER";

fn incident() -> serde_json::Value {
    json!({"reported_at": "2026-11-20T09:00:00Z", "violations": [MARKER], "consents": ["hub_response"],
           "statements": [{"class": "narrative", "text": format!("{MARKER} told")}]})
}

fn file(site: &Site, name: &str, text: &str) -> String {
    std::fs::write(site.path(name), text).unwrap();
    site.path(name).display().to_string()
}

fn with_pin(device: &Device, pin_file: &str, arguments: &[&str]) -> program::Run {
    let home = device.home.display().to_string();
    program::run_where(
        &[("VICINITY_PIN_FILE", pin_file)],
        ["device", "--home", &home].iter().chain(arguments),
    )
}

#[test]
fn a_copied_device_folder_without_its_secret_opens_nothing() {
    let site = Site::new();
    let device = site.device("phone");
    device.log(&[incident()]);
    assert!(
        !holds(&files_of(&device.home), MARKER),
        "the folder shows what is in it"
    );
    copy_folder(&device.home, &site.path("stolen"));
    let stolen = site.device("stolen");
    let said = stolen.run(&["list"]).failed();
    assert!(said.contains("secret is not there"), "{said}");
    std::fs::copy(site.path("phone.secret"), site.path("stolen.secret")).unwrap();
    assert_eq!(stolen.list().len(), 1);
}

#[test]
fn a_device_with_a_pin_opens_with_it_and_ten_wrong_ones_leave_nothing_to_open() {
    let site = Site::new();
    let (right, wrong) = (
        file(&site, "right", "\u{feff}2468\r\n"),
        file(&site, "wrong", "1357\n"),
    );
    let device = site.device("phone");
    with_pin(&device, &right, &["init"]).done();
    std::fs::write(site.path("one.json"), incident().to_string()).unwrap();
    with_pin(
        &device,
        &right,
        &["log", site.path("one.json").to_str().unwrap()],
    )
    .done();
    assert!(
        device
            .run(&["list"])
            .failed()
            .contains("no PIN: name a file")
    );
    let tried = |pin: &str| {
        file(&site, "wrong", pin);
        with_pin(&device, &wrong, &["list"]).failed()
    };
    for _ in 0..12 {
        assert!(
            tried("1357\n").contains("9 attempts left"),
            "the same wrong one costs no further attempt"
        );
    }
    for left in (1..9).rev() {
        let said = tried(&format!("000{left}"));
        assert!(said.contains(&format!("{left} attempts left")), "{said}");
    }
    file(&site, "right", "២៤៦៨");
    with_pin(&device, &right, &["list"]).done();
    (0..9).for_each(|number| drop(tried(&format!("000{number}"))));
    assert!(tried("0009").contains("destroyed"));
    assert!(
        with_pin(&device, &right, &["list"])
            .failed()
            .contains("destroyed")
    );
    assert!(!holds(&files_of(&device.home), MARKER));
}

#[test]
fn a_second_pin_opens_an_empty_device() {
    let site = Site::new();
    let (first, second) = (file(&site, "first", "2468"), file(&site, "second", "8642"));
    let device = site.device("phone");
    with_pin(&device, &first, &["init"]).done();
    std::fs::write(site.path("one.json"), incident().to_string()).unwrap();
    with_pin(
        &device,
        &first,
        &["log", site.path("one.json").to_str().unwrap()],
    )
    .done();
    with_pin(
        &device,
        &first,
        &["duress-pin", "--second-pin-file", &second],
    )
    .done();
    assert_eq!(
        with_pin(&device, &first, &["list", "--json"])
            .json_lines()
            .len(),
        1
    );
    assert_eq!(
        with_pin(&device, &second, &["list", "--json"])
            .json_lines()
            .len(),
        0
    );
    // It works like any other.
    with_pin(
        &device,
        &second,
        &["log", site.path("one.json").to_str().unwrap()],
    )
    .done();
    assert_eq!(
        with_pin(&device, &second, &["list", "--json"])
            .json_lines()
            .len(),
        1
    );
}

/// The files of a device's profiles: how many, and how large each is.
fn databases(device: &Device) -> Vec<u64> {
    let folders = std::fs::read_dir(&device.home)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let mut sizes: Vec<u64> = folders
        .map(|folder| std::fs::metadata(folder.join("device.db")).unwrap().len())
        .collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn nothing_tells_whether_there_is_a_second_pin_nor_which_of_both_opened() {
    let site = Site::new();
    let (first, second, third) = (
        file(&site, "first", "2468"),
        file(&site, "second", "8642"),
        file(&site, "third", "9753"),
    );
    let (with, without) = (site.device("with"), site.device("without"));
    for device in [&with, &without] {
        with_pin(device, &first, &["init"]).done();
    }
    let said = with_pin(&with, &first, &["duress-pin", "--second-pin-file", &second]).done();
    assert_eq!(databases(&with), databases(&without));
    assert_eq!(databases(&with).len(), 2);
    // A person who is forced to set one in the second profile sees what the first one says, and what is in the first stays.
    let logged = with_pin(
        &with,
        &first,
        &["log", &file(&site, "one.json", &incident().to_string())],
    )
    .done();
    assert_eq!(
        with_pin(&with, &second, &["duress-pin", "--second-pin-file", &third]).done(),
        said
    );
    let list = with_pin(&with, &first, &["list", "--json"]).json_lines();
    assert_eq!(list[0]["id"], logged.trim());
}

#[test]
fn a_wiped_device_opens_nothing() {
    let site = Site::new();
    let device = site.device("phone");
    device.log(&[incident()]);
    assert!(device.run(&["wipe"]).failed().contains("--yes"));
    assert_eq!(device.list().len(), 1);
    device.run(&["wipe", "--yes"]).done();
    assert!(device.run(&["list"]).failed().contains("destroyed"));
}

#[test]
fn a_locked_hub_shows_nothing_without_its_passphrase_and_everything_with_it() {
    let site = Site::new();
    let passphrase = file(&site, "passphrase", "seven camels walk north\n");
    let locked = [("VICINITY_PASSPHRASE_FILE", passphrase.as_str())];
    let data = site.path("hub").display().to_string();
    let hub = Server::start_where(&locked, "hub", &site.path("hub"), &[]);
    let invited = program::run_where(
        &locked,
        ["hub", "invite", "--data", &data, "--role", "educator"],
    )
    .done();
    let device = site.device("phone");
    device.run(&["enrol", invited.trim()]).done();
    device.log(&[incident()]);
    device.sync();
    drop(hub);
    assert!(!holds(&files_of(&site.path("hub")), MARKER));
    assert!(
        site.hub_run("export", &["--json"])
            .failed()
            .contains("locked")
    );
    let wrong = file(&site, "wrong", "seven camels walk south");
    let said = program::run_where(
        &[("VICINITY_PASSPHRASE_FILE", &wrong)],
        ["hub", "export", "--data", &data, "--json"],
    )
    .failed();
    assert!(said.contains("passphrase is wrong"), "{said}");
    let export = program::run_where(&locked, ["hub", "export", "--data", &data, "--json"]).done();
    assert!(export.contains(MARKER));
}

#[test]
fn a_hub_locked_by_an_identity_opens_with_its_stick_alone_and_can_be_locked_by_a_passphrase_again()
{
    let site = Site::new();
    let data = site.path("hub").display().to_string();
    let (stick, other) = (
        site.path("stick").display().to_string(),
        site.path("other").display().to_string(),
    );
    for key in [&stick, &other] {
        assert!(
            program::run(["hub", "keygen", "--out", key])
                .done()
                .starts_with("age1")
        );
    }
    let with_stick = [("VICINITY_IDENTITY_FILE", stick.as_str())];
    let hub = Server::start_where(&with_stick, "hub", &site.path("hub"), &[]);
    let device = site.device("phone");
    device
        .run(&[
            "enrol",
            program::run_where(
                &with_stick,
                ["hub", "invite", "--data", &data, "--role", "educator"],
            )
            .done()
            .trim(),
        ])
        .done();
    device.log(&[incident()]);
    device.sync();
    drop(hub);
    assert!(!holds(&files_of(&site.path("hub")), MARKER));
    let export = |variables: &[(&str, &str)]| {
        program::run_where(variables, ["hub", "export", "--data", &data, "--json"])
    };
    assert!(export(&[]).failed().contains("locked by an identity"));
    let passphrase = file(&site, "passphrase", "seven camels walk north");
    assert!(
        export(&[("VICINITY_PASSPHRASE_FILE", &passphrase)])
            .failed()
            .contains("locked by an identity")
    );
    assert!(
        export(&[("VICINITY_IDENTITY_FILE", &other)])
            .failed()
            .contains("not the one")
    );
    assert!(
        export(&[("VICINITY_IDENTITY_FILE", &passphrase)])
            .failed()
            .contains("no identity")
    );
    assert!(
        export(&[("VICINITY_IDENTITY_FILE", "/no/stick")])
            .failed()
            .contains("cannot read")
    );
    assert!(export(&with_stick).done().contains(MARKER));

    // From the stick to a passphrase, and back to another stick; nobody else can.
    let relock = |variables: &[(&str, &str)], new: &[&str]| {
        program::run_where(
            variables,
            ["hub", "relock", "--data", &data].iter().chain(new),
        )
    };
    assert!(
        relock(
            &[("VICINITY_IDENTITY_FILE", &other)],
            &["--passphrase-file", &passphrase]
        )
        .failed()
        .contains("not the one")
    );
    assert!(
        relock(&with_stick, &["--identity-file", &passphrase])
            .failed()
            .contains("no identity")
    );
    assert!(export(&with_stick).done().contains(MARKER));
    relock(&with_stick, &["--passphrase-file", &passphrase]).done();
    assert!(export(&with_stick).failed().contains("give its passphrase"));
    let known = [("VICINITY_PASSPHRASE_FILE", passphrase.as_str())];
    assert!(export(&known).done().contains(MARKER));
    relock(&known, &["--identity-file", &other]).done();
    assert!(export(&known).failed().contains("locked by an identity"));
    assert!(
        export(&[("VICINITY_IDENTITY_FILE", &other)])
            .done()
            .contains(MARKER)
    );
}

#[test]
fn a_backup_restores_a_hub_and_shows_nothing_without_its_passphrase() {
    let (site, hub) = Site::with_hub();
    let passphrase = file(&site, "passphrase", "seven camels walk north");
    let known = [("VICINITY_PASSPHRASE_FILE", passphrase.as_str())];
    let device = site.enrolled("phone", "educator");
    let kept = device.log(&[incident()]);
    device.sync();
    let (data, backup) = (
        site.path("hub").display().to_string(),
        site.path("backup").display().to_string(),
    );
    // The passphrase of the backup locks the hub's own folder from now on, too.
    program::run_where(&known, ["hub", "backup", "--data", &data, &backup]).done();
    assert!(!holds(&std::fs::read(&backup).unwrap(), MARKER));
    let later = device.log(&[incident()]);
    device.sync();
    let address = hub.address.clone();
    drop(hub);
    std::fs::rename(site.path("hub"), site.path("lost")).unwrap();
    assert!(
        site.hub_run("restore", &[&backup])
            .failed()
            .contains("VICINITY_PASSPHRASE_FILE")
    );
    assert!(!site.path("hub").exists());
    program::run_where(&known, ["hub", "restore", "--data", &data, &backup]).done();
    assert!(
        program::run_where(&known, ["hub", "restore", "--data", &data, &backup])
            .failed()
            .contains("is there already")
    );
    let _hub = Server::start_again(&known, "hub", &site.path("hub"), &address);
    device.sync();
    let export =
        program::run_where(&known, ["hub", "export", "--data", &data, "--json"]).json_lines();
    let ids: std::collections::BTreeSet<&str> = export
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, kept.iter().chain(&later).map(String::as_str).collect());
}

#[test]
fn a_backup_that_was_cut_or_altered_anywhere_restores_nothing_and_leaves_nothing() {
    let (site, _hub) = Site::with_hub();
    let passphrase = file(&site, "passphrase", "seven camels walk north");
    let known = [("VICINITY_PASSPHRASE_FILE", passphrase.as_str())];
    site.enrolled("phone", "educator").log(&[incident()]);
    let (data, backup, again) = (
        site.path("hub").display().to_string(),
        site.path("backup").display().to_string(),
        site.path("again"),
    );
    program::run_where(&known, ["hub", "backup", "--data", &data, &backup]).done();
    let whole = std::fs::read(&backup).unwrap();
    let keys = std::fs::read(site.path("backup.keys")).unwrap();
    let restore = || {
        program::run_where(
            &known,
            ["hub", "restore", "--data", again.to_str().unwrap(), &backup],
        )
    };
    let mut wounded: Vec<(Vec<u8>, Vec<u8>)> = vec![
        (whole[..whole.len() - 1].to_vec(), keys.clone()),
        (whole.clone(), keys[..keys.len() - 1].to_vec()),
    ];
    for at in [0, 20, 60, whole.len() / 2, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        wounded.push((altered, keys.clone()));
    }
    for (body, keys) in wounded {
        std::fs::write(&backup, body).unwrap();
        std::fs::write(site.path("backup.keys"), keys).unwrap();
        let error = restore().failed();
        assert!(
            ["damaged", "no backup", "passphrase"]
                .into_iter()
                .any(|word| error.contains(word))
                && !error.contains("sqlcipher"),
            "{error}"
        );
        assert!(
            !again.exists() && !site.path("again.partial").exists(),
            "{error}"
        );
    }
    std::fs::write(&backup, whole).unwrap();
    std::fs::write(site.path("backup.keys"), keys).unwrap();
    restore().done();
}

#[test]
fn after_a_panic_a_hub_opens_no_more() {
    let (site, hub) = Site::with_hub();
    let device = site.enrolled("phone", "educator");
    device.log(&[incident()]);
    device.sync();
    // What a lock leaves behind that was cut short.
    let (keyring, cut_short) = (
        site.path("hub").join("keyring"),
        site.path("hub").join("keyring.new"),
    );
    std::fs::copy(&keyring, &cut_short).unwrap();
    site.hub_run("panic", &[]).done();
    hub.has_ended();
    assert!(!keyring.exists() && !cut_short.exists());
    assert!(
        site.hub_run("export", &["--json"])
            .failed()
            .contains("destroyed")
    );
    assert!(!holds(&files_of(&site.path("hub")), MARKER));
}

/// A folder instead of a file can neither be written nor removed as a file, even by root; and the file that names the
/// process says nothing.
#[test]
fn a_panic_ends_the_hub_and_destroys_what_it_can_where_the_key_file_remains() {
    let (site, hub) = Site::with_hub();
    let device = site.enrolled("phone", "educator");
    device.log(&[incident()]);
    device.sync();
    let data = site.path("hub");
    std::fs::remove_file(data.join("keyring")).unwrap();
    std::fs::create_dir(data.join("keyring")).unwrap();
    std::fs::write(data.join("pid"), "?").unwrap();
    let said = site.hub_run("panic", &[]).failed();
    hub.has_ended();
    assert!(
        said.contains("the key remains: the file ") && said.contains("destroy the disk"),
        "{said}"
    );
    for gone in ["hub.db", "hub.db-wal", "keys.db", "people.db"] {
        assert!(
            !data.join(gone).exists() && !said.contains(gone),
            "{gone}: {said}"
        );
    }
}

#[test]
fn a_panic_destroys_a_key_that_is_read_only_and_ends_a_hub_whose_pid_file_is_gone() {
    use std::os::unix::fs::PermissionsExt;
    let (site, hub) = Site::with_hub();
    let data = site.path("hub");
    std::fs::set_permissions(data.join("keyring"), std::fs::Permissions::from_mode(0o400)).unwrap();
    std::fs::remove_file(data.join("pid")).unwrap();
    site.hub_run("panic", &[]).done();
    hub.has_ended();
    assert!(!data.join("keyring").exists());
    assert!(site.hub_run("list", &[]).failed().contains("destroyed"));
}

/// Flips one byte of a file.
fn flip(path: &std::path::Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_flipped_byte_keeps_a_server_from_starting_and_verify_and_a_device_name_the_file() {
    let (site, hub) = Site::with_hub();
    let device = site.enrolled("phone", "educator");
    device.log(&[incident()]);
    device.sync();
    drop(hub.stop());
    drop(site.national().stop());
    for (kind, file) in [
        ("hub", "keys.db"),
        ("hub", "hub.db"),
        ("hub", "people.db"),
        ("national", "national.db"),
        ("national", "people.db"),
    ] {
        let (data, path) = (site.path(kind), site.path(kind).join(file));
        let pages = std::fs::metadata(&path).unwrap().len() as usize / 4096;
        for at in [40, pages / 2 * 4096 + 2000, (pages - 1) * 4096 + 4095] {
            flip(&path, at);
            let start = program::run([
                kind,
                "--data",
                data.to_str().unwrap(),
                "--listen",
                "127.0.0.1:0",
                "--plain-http",
            ]);
            assert_eq!(
                (start.code, start.stdout.as_str()),
                (Some(1), ""),
                "{file} at {at}: not taken for ready"
            );
            let named = |said: &str| {
                said.contains("damaged")
                    && said.contains(file)
                    && (said.contains("newest") || said.contains("invite everybody"))
            };
            assert!(named(&start.stderr), "{file} at {at}: {}", start.stderr);
            if kind == "hub" {
                let verified = site.hub_run("verify", &[]);
                assert!(
                    verified.code == Some(1)
                        && named(&format!("{}{}", verified.stdout, verified.stderr)),
                    "{file} at {at}: {verified:?}"
                );
            }
            flip(&path, at);
        }
    }
    site.hub_run("verify", &[]).done();
    let folders = std::fs::read_dir(&device.home)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    for database in folders.map(|folder| folder.join("device.db")) {
        let pages = std::fs::metadata(&database).unwrap().len() as usize / 4096;
        flip(&database, (pages - 1) * 4096 + 7);
    }
    let said = device.run(&["list"]).stderr;
    assert!(
        said.contains("the device's database is damaged") && said.contains("enrol it anew"),
        "{said}"
    );
}

#[test]
fn a_second_server_on_one_folder_is_refused_and_a_panic_ends_the_first() {
    let (site, hub) = Site::with_hub();
    let device = site.enrolled("phone", "educator");
    let data = site.path("hub").display().to_string();
    for kind in ["hub", "national"] {
        let refused = program::run([
            kind,
            "--data",
            &data,
            "--listen",
            "127.0.0.1:0",
            "--plain-http",
        ]);
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(1), ""),
            "not taken for ready"
        );
        assert!(
            refused.stderr.contains("another process serves"),
            "{}",
            refused.stderr
        );
    }
    device.sync();
    site.hub_run("panic", &[]).done();
    hub.has_ended();
}

#[test]
fn only_a_start_or_relock_locks_a_folder_that_was_open() {
    let (site, hub) = Site::with_hub();
    let passphrase = file(&site, "passphrase", "seven camels walk north");
    let data = site.path("hub").display().to_string();
    program::run_where(
        &[("VICINITY_PASSPHRASE_FILE", &passphrase)],
        ["hub", "list", "--data", &data],
    )
    .done();
    drop(hub.kill_and_restart());
    site.hub_run("list", &[]).done();
}
