//! Published counts, pushed to a stand-in for a DHIS2 server.

use std::collections::BTreeMap;

use serde_json::json;
use vicinity_tests::dhis2::{self, Dhis2};
use vicinity_tests::program;

use super::Country;

impl Country {
    fn push(&self, dhis2: &Dhis2, token: &str, arguments: &[&str]) -> program::Run {
        self.push_to(&dhis2.url, token, arguments)
    }

    fn push_to(&self, url: &str, token: &str, arguments: &[&str]) -> program::Run {
        let file = self.site.path("token");
        std::fs::write(&file, format!("{token}\n")).unwrap();
        self.site.national_run(
            "push",
            &[
                &["--url", url, "--token-file", file.to_str().unwrap()],
                arguments,
            ]
            .concat(),
        )
    }
}

#[test]
fn counts_are_pushed_to_dhis2_and_its_summary_is_shown() {
    let country = Country::of_many();
    let exported = country.json(&["--dhis2"])["dataValues"]
        .as_array()
        .unwrap()
        .clone();
    let dhis2 = Dhis2::without(&[]);
    let dry = country.push(&dhis2, dhis2::TOKEN, &["--dry-run"]).done();
    assert_eq!(
        dry,
        format!(
            "dry run, nothing was kept; SUCCESS: {} new, 0 updated, 0 unchanged, 0 IGNORED, 0 deleted\n",
            exported.len()
        )
    );
    assert!(dhis2.values().is_empty());

    let pushed = country
        .push(&dhis2, dhis2::TOKEN, &["--json"])
        .json_lines()
        .remove(0);
    assert_eq!(
        (&pushed["imported"], &pushed["ignored"]),
        (&json!(exported.len()), &json!(0))
    );
    assert_eq!(dhis2.problems(), Vec::<String>::new());
    let expected: BTreeMap<String, String> = exported
        .iter()
        .map(|value| {
            let of = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            (
                format!(
                    "{} {} {} {}",
                    of("dataElement"),
                    of("period"),
                    of("orgUnit"),
                    of("categoryOptionCombo")
                ),
                of("value"),
            )
        })
        .collect();
    assert_eq!(
        dhis2.values(),
        expected,
        "value by value, and nothing that is left out"
    );
    assert_eq!(
        country.push(&dhis2, dhis2::TOKEN, &[]).done(),
        format!(
            "SUCCESS: 0 new, 0 updated, {} unchanged, 0 IGNORED, 0 deleted\n",
            expected.len()
        )
    );
}

#[test]
fn the_same_push_twice_is_no_failure_and_conflicts_are_told_from_what_is_there() {
    let country = Country::of_many();
    let dhis2 = Dhis2::without(&["SN_DK"]);
    country.push(&dhis2, dhis2::TOKEN, &[]);
    let again = country.push(&dhis2, dhis2::TOKEN, &[]);
    assert_eq!(again.code, Some(1), "{}", again.stdout);
    let there = dhis2.values().len();
    assert!(
        there > 0
            && again
                .stdout
                .contains(&format!("0 updated, {there} unchanged, 1 IGNORED")),
        "{}",
        again.stdout
    );
}

#[test]
fn what_dhis2_ignores_is_said_and_fails() {
    let country = Country::of_many();
    let dhis2 = Dhis2::without(&["SN_DK"]);
    let run = country.push(&dhis2, dhis2::TOKEN, &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stdout.contains("1 IGNORED")
            && run.stdout.contains("  SN_DK: Organisation unit not found"),
        "{}",
        run.stdout
    );

    let run = country.push(&dhis2, "d2pat_wrong", &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("does not take the token") && !run.stderr.contains("d2pat_wrong"),
        "{}",
        run.stderr
    );
    assert!(
        country
            .push_to("http://127.0.0.1:9", dhis2::TOKEN, &[])
            .stderr
            .contains("cannot be reached")
    );
    assert!(
        country
            .push_to("http://dhis2.example.org", dhis2::TOKEN, &[])
            .stderr
            .contains("plain http goes to this machine only")
    );
}
