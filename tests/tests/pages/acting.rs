//! What people do on pages, and what comes of it at the devices.

use serde_json::json;
use vicinity_tests::wait;

use super::scene::Scene;

#[test]
fn a_responder_decides_a_conflict_acts_assigns_and_the_phone_hears_of_it() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/?status=open&only=conflicts"));
    assert_eq!(browser.count("tbody tr"), 1);
    browser.click("tbody a");
    browser.wait_for(".sides");
    assert_eq!(browser.count(".sides > li"), 2);
    let sides = browser.text_of(".sides");
    assert!(sides.contains("device 1") && sides.contains("device 2"), "{sides}");
    let yes_first = browser.text_of(".sides li:first-child b") == "yes";
    browser.click(if yes_first { ".sides li:first-child button" } else { ".sides li:last-child button" });
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.count(".sides"), 0);
    assert_eq!(scene.exported(id)["danger_now"], "yes");

    browser.click_text("Write down an action");
    browser.choose("#act-code", "pep_start");
    browser.click("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    let actions = scene.exported(id)["actions"].clone();
    assert!(actions.to_string().contains("pep_start") && actions.to_string().contains("amina"), "{actions}");
    let timeline = browser.text_of("ol.timeline li");
    assert!(timeline.contains("amina, at the board") && timeline.contains("start PEP"), "{timeline}");

    scene.phone.sync();
    assert_eq!(scene.phone.show(id)["danger_now"], "yes");
    assert_eq!(scene.phone.show(id)["conflicts"], json!([]));
    assert!(scene.phone.show(id)["actions"].to_string().contains("pep_start"));
    let verified = scene.site.hub_run("verify", &[]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn a_withdrawal_at_the_board_erases_here_and_on_the_phone() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.click("form input[name=scope][value=hub_response] + button");
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
    browser.click("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(scene.exported(id)["status"], "responding");
    browser.go(&scene.hub_page(&format!("/incident/{id}/erase")));
    browser.click("#sure");
    browser.click("button.grave");
    browser.wait_for("p.notice:not([hidden])");
    assert!(!scene.site.hub_export().iter().any(|incident| incident["id"] == **id));
}
