//! Disks that are full, and disks that take no writes.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::program;
use vicinity_tests::site::Site;

/// Runs a script where it may mount, with the program as `$PROGRAM` and the folder of a device's disk as `$DISK`. `None` where the
/// system lets nobody mount.
fn on_a_disk(disk: &Path, megabytes: u32, script: &str) -> Option<String> {
    let mounts = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !mounts {
        eprintln!("not tried: nobody may mount here");
        return None;
    }
    std::fs::create_dir_all(disk).unwrap();
    let whole = format!(
        "set -eu\nmount -t tmpfs -o size={megabytes}m tmpfs \"$DISK\"\ncd \"$DISK\"\n{script}"
    );
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "bash", "-c", &whole])
        .env("PROGRAM", program::path())
        .env("DISK", disk);
    let output = command.env("NO_COLOR", "1").output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    Some(format!("{out}{err}"))
}

const LINE: &str = r#"{"id": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11", "reported_at": "2026-11-23T09:00:00Z", "violations": ["stalking"], "consents": ["hub_response"]}"#;

#[test]
fn on_a_full_disk_what_is_here_is_shown_and_brought_to_the_hub_and_nothing_new_is_taken() {
    let (site, _hub) = Site::with_hub();
    let script = format!(
        r#"
        echo 12345 > "$DISK/../pin"; export VICINITY_PIN_FILE="$DISK/../pin"
        phone() {{ "$PROGRAM" device --home phone "$@"; }}
        phone init
        phone enrol --yes '{}'
        echo '{LINE}' | phone log -
        head -c 100000000 /dev/zero > full || true
        if echo '{{"reported_at": "2026-11-23T09:00:00Z"}}' | phone log -; then exit 7; fi
        phone list --json | grep -c stalking
        phone show 0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11 --json | grep -c stalking
        phone sync --json
        phone list --json | wc -l
        rm full
        echo '{{"reported_at": "2026-11-23T09:00:00Z"}}' | phone log -
        test "$(stat -c %s phone/reserve)" = 1048576
        "#,
        site.invite("educator")
    );
    if on_a_disk(&site.path("disk"), 8, &script).is_some() {
        assert_eq!(site.hub_export().len(), 1);
    }
}

#[test]
fn on_a_read_only_disk_what_is_here_is_shown_and_no_pin_is_tried() {
    let site = Site::new();
    let script = format!(
        r#"
        phone() {{ "$PROGRAM" device --home phone "$@"; }}
        echo '{LINE}' | phone log -
        "$PROGRAM" device --home locked init --pin-file <(echo 12345) 
        mount -o remount,ro "$DISK"
        phone list --json | grep -c stalking
        phone show 0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11 --json | grep -c stalking
        if echo '{{"reported_at": "2026-11-23T09:00:00Z"}}' | phone log - 2> "$DISK/../said"; then exit 7; fi
        grep -q 'cannot be written' "$DISK/../said"
        for pin in 12345 99999; do
            if "$PROGRAM" device --home locked list --pin-file <(echo $pin) 2> "$DISK/../said"; then exit 8; fi
            grep -q 'none is tried on it' "$DISK/../said"
        done
        mount -o remount,rw "$DISK"
        "$PROGRAM" device --home locked list --pin-file <(echo 12345)
        "#
    );
    on_a_disk(&site.path("disk"), 16, &script);
}

/// A program that died leaves its log behind, and the index of that is lost with the machine's memory or is not copied.
#[test]
fn on_a_read_only_disk_what_lies_in_the_log_of_a_program_that_died_is_shown_with_an_index_and_without()
 {
    let site = Site::new();
    let script = r#"
        mkfifo lines ids
        "$PROGRAM" device --home phone log - < lines > ids &
        exec 3> lines 4< ids
        for line in $(seq 65); do echo '{"reported_at": "2026-11-23T09:00:00Z", "violations": ["stalking"]}' >&3; done
        read -r id <&4
        # The last line waits for its end; the others are on disk.
        kill -9 $!; wait $! || true
        for index in with without; do
            test -s phone/*/device.db-wal
            mount -o remount,ro "$DISK"
            test "$("$PROGRAM" device --home phone list --json | grep -c stalking)" = 64
            "$PROGRAM" device --home phone show "$id" --json | grep -q stalking
            mount -o remount,rw "$DISK"
            rm -f phone/*/device.db-shm
        done
        test "$("$PROGRAM" device --home phone list --json | grep -c stalking)" = 64
        "#;
    on_a_disk(&site.path("disk"), 16, script);
}

#[test]
fn on_a_read_only_disk_the_lease_is_looked_at_by_what_was_kept_before() {
    let (site, _hub) = Site::with_hub();
    for (days, name) in [(25, "warned"), (40, "locked")] {
        let phone = site.enrolled(name, "educator");
        phone.log(&[json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["stalking"]})]);
        database::age(&phone.home, days);
    }
    let script = r#"
        cp -a ../warned ../warned.secret ../locked ../locked.secret .
        mount -o remount,ro "$DISK"
        phone() { "$PROGRAM" device --home "$@"; }
        for look in 1 2; do
            phone warned list --json 2> ../said | grep -q stalking
            grep -q 'in 5 days' ../said
        done
        for look in 1 2 3 4; do
            if phone locked list --json 2> ../said; then exit 7; fi
            grep -q 'Nothing is destroyed yet' ../said
        done
        test -s locked.secret
        mount -o remount,rw "$DISK"
        if phone locked list --json 2> ../said; then exit 8; fi
        grep -q 'Nothing is destroyed yet' ../said
    "#;
    on_a_disk(&site.path("disk"), 16, script);
}

/// Where nobody may mount, this much is tried: a folder whose files were taken the right to be written.
#[test]
fn a_folder_without_the_right_to_write_is_read() {
    if std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
    {
        // Rights do not bind this user.
        return;
    }
    let site = Site::new();
    let phone: Device = site.device("phone");
    let id = phone
        .log(&[json!({"reported_at": "2026-11-23T09:00:00Z", "violations": ["stalking"]})])
        .remove(0);
    assert!(
        Command::new("chmod")
            .args(["-R", "a-w"])
            .arg(&phone.home)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(
        (phone.ids(), phone.show(&id)["violations"].clone()),
        (vec![id.clone()], json!(["stalking"]))
    );
    assert!(
        phone
            .run_with(&["log", "-"], r#"{"reported_at": "2026-11-23T09:00:00Z"}"#)
            .failed()
            .contains("cannot be written")
    );
    assert!(
        Command::new("chmod")
            .args(["-R", "u+w"])
            .arg(&phone.home)
            .status()
            .unwrap()
            .success()
    );
}
