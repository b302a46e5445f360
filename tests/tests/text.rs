//! What people read: help, lists, complaints, and the exit codes that scripts read.

use insta::assert_snapshot;
use serde_json::json;
use vicinity_tests::program::{run, run_with};
use vicinity_tests::site::Site;

/// The text with what differs from run to run taken out: ids, and the version.
fn redacted(text: &str) -> String {
    let is_id = |word: &str| {
        word.len() == 36
            && word.bytes().enumerate().all(|(at, byte)| {
                if [8, 13, 18, 23].contains(&at) {
                    byte == b'-'
                } else {
                    byte.is_ascii_hexdigit()
                }
            })
    };
    let line = |line: &str| {
        line.split(' ')
            .map(|word| {
                if is_id(word) {
                    "[incident id                       ]"
                } else {
                    word
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn help_texts() {
    let pages: [&[&str]; 17] = [
        &[],
        &["demo"],
        &["hub"],
        &["hub", "invite"],
        &["hub", "export"],
        &["hub", "assign"],
        &["national"],
        &["national", "export"],
        &["national", "ask"],
        &["device"],
        &["device", "enrol"],
        &["device", "log"],
        &["device", "edit"],
        &["device", "list"],
        &["device", "conflicts"],
        &["device", "resolve"],
        &["device", "sync"],
    ];
    for page in pages {
        let text = run(page.iter().chain(&["--help"])).done();
        assert_snapshot!(
            ["help"]
                .iter()
                .chain(page)
                .copied()
                .collect::<Vec<_>>()
                .join("_"),
            text
        );
    }
}

#[test]
fn lists_for_people() {
    let (site, _hub) = Site::with_hub();
    let device = site.enrolled("phone", "responder");
    assert_snapshot!("list_empty", device.run(&["list"]).done());
    let incident = |at: &str, extra: serde_json::Value| {
        let mut incident = json!({"reported_at": at, "consents": ["hub_response"]});
        incident
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        incident
    };
    let raid = json!({
        "violations": ["extortion_bribe", "hit_push"], "perpetrators": [{"kind": "police"}], "danger_now": "yes", "place": {"setting": "street"},
    });
    let eviction = json!({"violations": ["eviction"], "perpetrators": [{"kind": "landlord"}, {"kind": "police"}]});
    let insult = incident(
        "2026-01-01T09:00:00Z",
        json!({"violations": ["insult_humiliation"]}),
    );
    let ids = device.log(&[
        incident("2026-01-03T09:00:00Z", raid),
        incident("2026-01-02T09:00:00Z", eviction),
        json!({"incident": insult, "edits": [{"transition": {"to": "closed_resolved", "at": "2026-01-05T09:00:00Z"}}]}),
        json!({"reported_at": "2026-01-04T09:00:00Z"}),
    ]);
    assert_snapshot!("list_before_sync", redacted(&device.run(&["list"]).done()));
    device.sync();
    let other = site.enrolled("other", "responder");
    other.sync();
    device.edit(
        &ids[1],
        &json!([{"set": {"field": "held_now", "value": "yes"}}]),
    );
    other.edit(
        &ids[1],
        &json!([{"set": {"field": "held_now", "value": "no"}}]),
    );
    for device in [&device, &other, &device] {
        device.sync();
    }
    assert_snapshot!(
        "list_with_a_conflict",
        redacted(&device.run(&["list"]).done())
    );
    assert_snapshot!("hub_list", redacted(&site.hub_run("list", &[]).done()));
    assert_snapshot!(
        "hub_quarantine_empty",
        site.hub_run("quarantine", &[]).done()
    );
    let conflicts = redacted(&device.run(&["conflicts"]).done());
    assert!(
        conflicts.contains("held_now")
            && conflicts.contains("this device")
            && conflicts.contains("device 2")
            && conflicts.contains("--take N"),
        "{conflicts}"
    );
    assert!(
        device
            .run(&["resolve", &ids[1], "held_now", "--take", "3"])
            .failed()
            .contains("values 1 to 2")
    );
}

#[test]
fn exit_codes_tell_done_failed_and_misunderstood_apart() {
    let site = Site::new();
    let home = site.path("phone").display().to_string();
    let missing = site.path("missing").display().to_string();
    for (code, arguments) in [
        (0, vec!["--version"]),
        (0, vec!["device", "--home", &home, "list"]),
        (0, vec!["completions", "bash"]),
        (0, vec!["man"]),
        (1, vec!["device", "--home", &home, "sync"]),
        (1, vec!["device", "--home", &home, "log", &missing]),
        (
            1,
            vec![
                "device",
                "--home",
                &home,
                "show",
                "00000000-0000-4000-8000-000000000000",
            ],
        ),
        (
            1,
            vec!["hub", "invite", "--data", &missing, "--role", "educator"],
        ),
        (1, vec!["hub", "export", "--data", &missing, "--json"]),
        (1, vec!["national", "export", "--data", &missing, "--json"]),
        (2, vec![]),
        (2, vec!["nonsense"]),
        (2, vec!["hub"]),
        (2, vec!["hub", "--data", &home]),
        (2, vec!["hub", "invite", "--data", &home, "--role", "admin"]),
        (2, vec!["hub", "export", "--data", &home]),
        (2, vec!["national", "export", "--data", &home]),
        (
            2,
            vec!["national", "export", "--data", &home, "--json", "--csv"],
        ),
        (2, vec!["device", "list"]),
        (2, vec!["device", "--home", &home, "resolve", "id", "field"]),
        (
            2,
            vec!["device", "--home", &home, "--now", "2026-01-01", "list"],
        ),
    ] {
        let run = run(&arguments);
        assert_eq!(
            run.code,
            Some(code),
            "{arguments:?}: {}{}",
            run.stdout,
            run.stderr
        );
        if code != 0 {
            assert!(
                run.stdout.is_empty() && !run.stderr.is_empty(),
                "{arguments:?}"
            );
        }
    }
    assert!(
        !site.path("missing").exists(),
        "reading a folder that is not there does not make it"
    );
}

#[test]
fn without_tls_only_this_machine_may_connect() {
    let site = Site::new();
    for (kind, listen) in [
        ("hub", "0.0.0.0:0"),
        ("hub", "[::]:0"),
        ("national", "0.0.0.0:0"),
    ] {
        let data = site.path(kind).display().to_string();
        let run = run([kind, "--data", &data, "--plain-http", "--listen", listen]);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
        assert!(run.stderr.contains("loopback"), "{}", run.stderr);
        assert!(run.stdout.is_empty(), "it never said that it was ready");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let site = Site::new();
    let device = site.device("phone");
    let lines = "{\"reported_at\": \"2026-01-01T09:00:00Z\"}\n".repeat(1000);
    run_with(device.arguments(&["log", "-"]), &lines).done();
    let mut child = vicinity_tests::program::command(device.arguments(&["list", "--json"]))
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap()
        ),
        (Some(0), String::new())
    );
}

#[test]
fn a_command_line_that_is_not_understood_moves_no_cursor_and_is_not_said_again() {
    let typed = "\u{1b}[2J\u{202e}amina was beaten";
    let option = format!("--{typed}");
    for arguments in [
        vec![typed],
        vec!["hub", typed],
        vec!["device", "--home", "phone", "log", "a", typed],
        vec!["device", "--home", "phone", "list", &option],
        vec!["hub", "invite", "--data", "hub", "--role", typed],
        vec!["hub", "revoke", "--data", "hub", typed],
    ] {
        let run = run(&arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains("--help"),
            "{}",
            run.stderr
        );
        assert!(
            !run.stderr.contains(['\u{1b}', '\u{202e}']) && !run.stderr.contains("amina"),
            "{}",
            run.stderr
        );
    }
    assert!(
        run(["device", "--home", "phone", "list", "--jsn"])
            .stderr
            .contains("'--json'")
    );
    assert!(
        run(["hub", "invite", "--data", "hub", "--role", "educater"])
            .stderr
            .contains("'educator'")
    );
}
