//! What people do on pages, and what comes of it at the devices.

use serde_json::json;
use vicinity_tests::database;
use vicinity_tests::wait;

use super::scene::Scene;
use crate::consent::contains;

#[test]
fn a_responder_decides_a_conflict_acts_assigns_and_the_phone_hears_of_it() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/?status=open&only=conflicts"));
    assert_eq!(browser.count("tbody tr"), 1);
    browser.follow("tbody a");
    browser.wait_for(".sides");
    assert_eq!(browser.count(".sides > li"), 2);
    let sides = browser.text_of(".sides");
    assert!(sides.contains("device 1") && sides.contains("device 2"), "{sides}");
    let yes_first = browser.text_of(".sides li:first-child b") == "yes";
    browser.follow(if yes_first { ".sides li:first-child button" } else { ".sides li:last-child button" });
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.count(".sides"), 0);
    assert_eq!(scene.exported(id)["danger_now"], "yes");

    browser.click_text("Write down an action");
    browser.choose("#act-code", "pep_start");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    let actions = scene.exported(id)["actions"].clone();
    assert!(actions.to_string().contains("pep_start") && !actions.to_string().contains("amina"), "{actions}");
    let timeline = browser.text_of("ol.timeline li");
    assert!(timeline.contains("amina, at the board") && timeline.contains("start PEP"), "{timeline}");

    scene.phone.sync();
    assert_eq!(scene.phone.show(id)["danger_now"], "yes");
    assert_eq!(scene.phone.show(id)["conflicts"], json!([]));
    assert!(scene.phone.show(id)["actions"].to_string().contains("pep_start"));
    scene.laptop.sync();
    assert_eq!(scene.laptop.show(id), scene.phone.show(id));
    let verified = scene.site.hub_run("verify", &[]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn no_document_that_a_phone_is_given_holds_the_name_of_who_acted_at_the_board() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    let page = scene.hub_page(&format!("/incident/{id}"));
    browser.go(&page);
    browser.click_text("Write down an action");
    browser.choose("#act-code", "pep_start");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    browser.go(&page);
    browser.click_text("Move the status");
    browser.choose("#move-to", "responding");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    browser.go(&page);
    browser.follow("form input[name=scope][value=national_deid] + button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.text_of("ol.timeline").matches("amina, at the board").count(), 3, "{}", browser.text_of("ol.timeline"));
    for device in [&scene.phone, &scene.laptop] {
        device.sync();
        let shown = device.show(id);
        assert!(shown["actions"].to_string().contains("pep_start") && shown["status"] == "responding", "{shown}");
        assert!(!shown.to_string().contains("amina"), "{shown}");
        let files = database::bytes(&device.home);
        assert!(contains(&files, b"pep_start") && !contains(&files, b"amina"));
    }
}

#[test]
fn a_withdrawal_at_the_board_erases_here_and_on_the_phone() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.follow("form input[name=scope][value=hub_response] + button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.path(), "/hub");
    assert!(!scene.site.hub_export().iter().any(|incident| incident["id"] == **id));
    scene.phone.sync();
    assert!(!scene.phone.ids().contains(id));
    browser.go(&scene.hub_page("/hub"));
    assert!(browser.text().contains("Erased on"), "{}", browser.text());
}

#[test]
fn an_incident_that_comes_in_appears_by_itself() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/"));
    let before = browser.count("tbody tr");
    scene.phone.log(&[json!({"reported_at": wait::now().to_string(), "violations": ["stalking"], "consents": ["hub_response"]})]);
    scene.phone.sync();
    wait::until("the incident on the page", || (browser.count("tbody tr") == before + 1).then_some(()));
}

#[test]
fn everything_on_the_board_works_without_scripts() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.run_scripts(false);
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.click_text("Move the status");
    browser.choose("#move-to", "responding");
    browser.fill("#move-reason", "on the way");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(scene.exported(id)["status"], "responding");
    browser.go(&scene.hub_page(&format!("/incident/{id}/erase")));
    browser.click("#sure");
    browser.follow("button.grave");
    browser.wait_for("p.notice:not([hidden])");
    assert!(!scene.site.hub_export().iter().any(|incident| incident["id"] == **id));
}

#[test]
fn a_coordinator_asks_a_hub_answers_on_its_board_and_the_answer_is_news() {
    let scene = Scene::new();
    let national = scene.at_national();
    national.follow("form[action='/looked'] button");
    national.wait_for("p.notice:not([hidden])");
    national.go(&scene.national_page("/queue"));
    national.follow("main article a");
    national.wait_for("#question");
    let row = national.path().rsplit('/').next().unwrap().to_owned();
    national.choose("#question", "verify_area");
    national.follow("form:has(#question) button");
    national.wait_for("p.notice:not([hidden])");
    assert!(national.text().contains("asked back"), "{}", national.text());

    // The question comes down with the hub's next contact, which something new brings about.
    scene.phone.edit(&scene.ids[0], &json!([{"set": {"field": "weapon", "value": "no"}}]));
    scene.phone.sync();
    let hub = scene.at_hub();
    wait::until("the question on the board", || {
        hub.go(&scene.hub_page("/questions"));
        (hub.count("tbody tr") == 1).then_some(())
    });
    hub.follow("tbody td a");
    hub.wait_for("select[name=answer]");
    hub.choose("select[name=answer]", "confirmed");
    hub.follow("form:has(select[name=answer]) button");
    hub.wait_for("p.notice:not([hidden])");
    wait::until("the answer at national", || {
        national.go(&scene.national_page(&format!("/projection/{row}")));
        national.text().contains("confirmed").then_some(())
    });
    national.go(&scene.national_page("/"));
    assert!(national.text().contains("1\nAnswers of hubs"), "{}", national.text());
}

#[test]
fn a_duplicate_is_counted_once_and_a_verified_row_leaves_the_queue() {
    let scene = Scene::new();
    let twin = json!({"reported_at": "2026-11-20T09:00:00Z", "occurred": {"at": "2026-11-19T10:00", "precision": "day"}, "place": {"setting": "hotel", "area": "TH-10-01"},
        "violations": ["robbery_theft"], "perpetrators": [{"kind": "stranger"}], "consents": ["hub_response", "national_deid", "aggregate_count"]});
    let before = scene.site.national_export().len();
    scene.phone.log(&vec![twin; 2]);
    scene.phone.sync();
    let rows = wait::until("both rows", || Some(scene.site.national_export()).filter(|rows| rows.len() == before + 2));
    let twins: Vec<&str> = rows.iter().filter(|row| row["admin1"] == "TH-10").map(|row| row["projection"].as_str().unwrap()).collect();
    let browser = scene.at_national();
    browser.go(&scene.national_page(&format!("/projection/{}", twins[0])));
    browser.follow(&format!("form:has(input[value='{}']) button", twins[1]));
    browser.wait_for("p.notice:not([hidden])");
    assert!(browser.text().contains("Duplicate of"), "{}", browser.text());
    browser.go(&scene.national_page("/queue"));
    let waiting = browser.count("main article");
    browser.follow("main article form button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.path(), "/queue");
    assert!(browser.count("main article") <= waiting);
    browser.go(&scene.national_page("/queue?review=verified"));
    assert_eq!(browser.count("main article"), 1);
}
