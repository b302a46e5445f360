//! What a phone keeps, and for how long.

use serde_json::{Value, json};
use vicinity_tests::database;
use vicinity_tests::search::holds;
use vicinity_tests::site::Site;

/// What only the phone and the hub know. It compresses badly, so that no compression hides it from a search.
const AREA: &str = "ZZ-7Q-0193-XK";

fn incident() -> Value {
    json!({
        "reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "place": {"area": AREA}, "consents": ["hub_response"],
        "statements": [{"class": "narrative", "text": "as she told it"}],
    })
}

#[test]
fn what_was_delivered_leaves_an_educators_phone_after_14_days() {
    let (site, _hub) = Site::with_hub();
    let (responder, phone) = (
        site.enrolled("office", "responder"),
        site.enrolled("phone", "educator"),
    );
    let id = phone.log(&[incident()]).remove(0);
    assert_eq!(phone.sync()["statements"], 1);
    responder.sync();
    database::age(&phone.home, 13);
    phone.sync();
    assert!(holds(&database::bytes(&phone.home), AREA));
    database::age(&phone.home, 1);
    phone.sync();
    assert!(
        !holds(&database::bytes(&phone.home), AREA),
        "nothing of it is on the phone"
    );
    assert!(phone.list().is_empty());
    for said in [
        phone.run(&["show", &id]).failed(),
        phone
            .run_with(
                &["edit", &id, "-"],
                "[{\"add\": {\"set\": \"needs\", \"code\": \"shelter\"}}]",
            )
            .failed(),
    ] {
        assert!(said.contains("has left this device"), "{said}");
    }
    assert!(
        phone
            .run(&["show", "00000000-0000-4000-8000-000000000000"])
            .failed()
            .contains("no such incident")
    );
    // The hub and the responder keep it, and no sync returns it.
    assert_eq!(site.hub_export().len(), 1);
    let report = phone.sync();
    assert_eq!(
        (&report["received"], &report["rounds"]),
        (&json!(0), &json!(1))
    );
    database::age(&responder.home, 20);
    responder.sync();
    assert_eq!(responder.list().len(), 1);
    assert_eq!(
        responder
            .run(&[
                "open",
                responder.run(&["statements", &id, "--json"]).json_lines()[0]["statement"]
                    .as_str()
                    .unwrap()
            ])
            .done()
            .trim_end(),
        "as she told it"
    );

    responder.edit(
        &id,
        &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
    );
    responder.sync();
    assert_eq!(phone.sync()["received"], 2);
    assert_eq!(phone.show(&id)["danger_now"], "yes");
}

#[test]
fn what_the_hub_does_not_have_stays() {
    let (site, _hub) = Site::with_hub();
    // Nobody to seal to: the statement waits.
    let phone = site.enrolled("phone", "educator");
    phone.log(&[incident()]);
    phone.sync();
    database::age(&phone.home, 20);
    phone.sync();
    assert_eq!(phone.list().len(), 1);
}

#[test]
fn a_phone_warns_locks_after_30_days_without_its_hub_and_ends_a_day_of_running_later() {
    let (site, _hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    phone.log(&[incident()]);
    database::age(&phone.home, 20);
    assert!(!phone.run(&["list"]).stderr.contains("days"));
    database::age(&phone.home, 5);
    let warned = phone.run(&["list"]);
    assert!(
        warned.code == Some(0) && warned.stderr.contains("in 5 days"),
        "{}",
        warned.stderr
    );
    phone.sync();
    assert!(
        !phone.run(&["list"]).stderr.contains("days"),
        "a contact begins the days anew"
    );
    database::age(&phone.home, 30);
    for command in [
        &["list"][..],
        &["show", "x"],
        &["conflicts"],
        &["log", "-"],
        &["alerts"],
    ] {
        let said = phone.run(command).failed();
        assert!(
            said.contains("30 days after the last contact")
                && said.contains("Nothing is destroyed yet"),
            "{said}"
        );
    }
    phone.sync();
    assert_eq!(
        phone.list().len(),
        1,
        "the hub has answered, and nothing was lost"
    );
    database::age(&phone.home, 300);
    assert!(
        phone
            .run(&["list"])
            .failed()
            .contains("Nothing is destroyed yet")
    );
    database::let_run_for_a_day(&phone.home);
    let said = phone.run(&["list"]).failed();
    assert!(said.contains("locked itself permanently"), "{said}");
    assert!(phone.run(&["list"]).failed().contains("destroyed"));
    assert!(!site.path("phone.secret").exists());
}
