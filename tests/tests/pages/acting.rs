//! What people do on pages, and its effect on the devices.

use serde_json::json;
use vicinity_tests::search::holds;
use vicinity_tests::{database, program, wait};

use super::scene::Scene;

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
    assert!(
        sides.contains("device 1") && sides.contains("device 2"),
        "{sides}"
    );
    let yes_first = browser.text_of(".sides li:first-child b") == "yes";
    browser.follow(if yes_first {
        ".sides li:first-child button"
    } else {
        ".sides li:last-child button"
    });
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.count(".sides"), 0);
    assert_eq!(scene.exported(id)["danger_now"], "yes");

    browser.click_text("Record an action");
    browser.choose("#act-code", "pep_start");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    let actions = scene.exported(id)["actions"].clone();
    assert!(
        actions.to_string().contains("pep_start") && !actions.to_string().contains("amina"),
        "{actions}"
    );
    let timeline = browser.text_of("ol.timeline li");
    assert!(
        timeline.contains("amina, at the board") && timeline.contains("start PEP"),
        "{timeline}"
    );

    scene.phone.sync();
    assert_eq!(scene.phone.show(id)["danger_now"], "yes");
    assert_eq!(scene.phone.show(id)["conflicts"], json!([]));
    assert!(
        scene.phone.show(id)["actions"]
            .to_string()
            .contains("pep_start")
    );
    scene.laptop.sync();
    assert_eq!(scene.laptop.show(id), scene.phone.show(id));
    let verified = scene.site.hub_run("verify", &[]);
    assert_eq!(
        verified.code,
        Some(0),
        "{}{}",
        verified.stdout,
        verified.stderr
    );
}

#[test]
fn no_document_that_a_phone_is_given_holds_the_name_of_who_acted_at_the_board() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    let page = scene.hub_page(&format!("/incident/{id}"));
    browser.go(&page);
    browser.click_text("Record an action");
    browser.choose("#act-code", "pep_start");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    browser.go(&page);
    browser.click_text("Change the status");
    browser.choose("#move-to", "responding");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    browser.go(&page);
    browser.follow("form input[name=scope][value=national_deid] ~ button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(
        browser
            .text_of("ol.timeline")
            .matches("amina, at the board")
            .count(),
        3,
        "{}",
        browser.text_of("ol.timeline")
    );
    for device in [&scene.phone, &scene.laptop] {
        device.sync();
        let shown = device.show(id);
        assert!(
            shown["actions"].to_string().contains("pep_start") && shown["status"] == "responding",
            "{shown}"
        );
        assert!(!shown.to_string().contains("amina"), "{shown}");
        let files = database::bytes(&device.home);
        assert!(holds(&files, "pep_start") && !holds(&files, "amina"));
    }
}

#[test]
fn devices_and_hubs_are_called_by_the_names_that_people_give_them() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    let rename = |page: &str, field: &str, name: &str| {
        browser.go(page);
        browser.click("tbody details summary");
        browser.fill(field, name);
        browser.follow("tbody details[open] button");
        browser.wait_for("p.notice:not([hidden])");
    };
    browser.run_scripts(false);
    rename(&scene.hub_page("/hub"), "#name-1", "Amina's phone");
    assert!(
        browser
            .text_of("tbody tr")
            .contains("Amina's phone · device 1"),
        "{}",
        browser.text_of("tbody tr")
    );
    let listed = scene.site.hub_run("devices", &[]).done();
    assert!(listed.contains("Amina's phone"), "{listed}");
    browser.go(&scene.hub_page(&format!("/incident/{}", scene.ids[0])));
    let page = browser.source();
    assert!(
        page.matches("Amina&#39;s phone · device 1").count()
            + page.matches("Amina's phone · device 1").count()
            > 1,
        "in the conflict and in the timeline: {page}"
    );
    browser.go(&scene.hub_page("/hub"));
    browser.click("tbody details summary");
    browser.fill("#name-1", &"x".repeat(41));
    browser.follow("tbody details[open] button");
    assert!(
        browser.text().contains("1 to 40 letters"),
        "{}",
        browser.text()
    );
    scene.phone.sync();
    assert!(
        !holds(&database::bytes(&scene.phone.home), "Amina's phone"),
        "no device learns it"
    );

    let browser = scene.at_national();
    browser.go(&scene.national_page("/hubs"));
    browser.click("tbody details summary");
    browser.fill("#name-1", "Dakar, Médina");
    browser.follow("tbody details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    assert!(
        browser
            .text_of("tbody tr")
            .contains("Dakar, Médina · hub 1")
    );
}

#[test]
fn people_reached_and_months_without_a_report_are_entered_at_the_hub_and_shown_at_national() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    let enter = |month: &str, people: &str, is_nil: bool| {
        browser.go(&scene.hub_page("/hub"));
        browser.click("details:has(#reached-month) summary");
        // How a month is typed depends on the browser's language.
        browser.script(&format!(
            "document.querySelector('#reached-month').value = '{month}'"
        ));
        browser.fill("#reached-people", people);
        if is_nil {
            browser.click("#reached-nil");
        }
        browser.follow("details[open] button");
        browser.wait_for("main h1, p.notice:not([hidden])");
        browser.text()
    };
    assert!(enter("2026-10", "412", false).contains("Month saved"));
    assert!(enter("2026-10", "", true).contains("not a month without a report"));
    assert!(enter("2026-01", "", true).contains("Month saved"));
    assert!(enter("2026-09", "", false).contains("Enter a month that has begun"));
    browser.go(&scene.hub_page("/hub"));
    assert!(browser.text().contains("412"), "{}", browser.text());
    let browser = scene.at_national();
    wait::until("the months at national", || {
        browser.go(&scene.national_page("/hubs"));
        let text = browser.text_of("tbody tr");
        (text.contains("412") && text.contains("No incident reported")).then_some(())
    });
}

#[test]
fn a_withdrawal_at_the_board_erases_here_and_on_the_phone() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.run_scripts(false);
    browser.follow(&format!("a[href='/incident/{id}/withdraw']"));
    browser.wait_for("button.grave");
    browser.click("#sure");
    browser.follow("button.grave");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.path(), "/hub");
    assert!(
        !scene
            .site
            .hub_export()
            .iter()
            .any(|incident| incident["id"] == **id)
    );
    scene.phone.sync();
    assert!(!scene.phone.ids().contains(id));
    browser.go(&scene.hub_page("/hub"));
    assert!(browser.text().contains("Erased on"), "{}", browser.text());
}

#[test]
fn whoever_goes_back_and_sends_a_form_again_adds_nothing_and_a_refused_one_comes_back_filled_in() {
    let scene = Scene::new();
    let id = &scene.ids[1];
    let browser = scene.at_hub();
    browser.run_scripts(false);
    let started = || {
        scene.exported(id)["actions"]
            .to_string()
            .matches("pep_start")
            .count()
    };
    let before = started();
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.click_text("Record an action");
    browser.choose("#act-code", "pep_start");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    browser.back();
    browser.wait_for("#act-code");
    // Browsers that reload the page fold it, with nothing of what was chosen.
    if browser.count("details[open]") == 0 {
        browser.click_text("Record an action");
    }
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(started(), before + 1);

    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.click_text("Link to another incident");
    browser.fill("#link-to", "a street");
    browser.follow("details[open] button");
    browser.wait_for("p.problem");
    assert!(
        browser.text().contains("names no incident"),
        "{}",
        browser.text()
    );
    browser.run_scripts(true);
    assert_eq!(browser.axe(), Vec::<String>::new());
    browser.run_scripts(false);
    browser.fill("#link-to", &scene.ids[0][..8]);
    browser.follow("main form button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(
        scene.exported(id)["links"],
        json!([{"kind": "same_event", "to": scene.ids[0]}])
    );
    browser.follow("form[action$='/unlink'] button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(scene.exported(id)["links"], json!([]));
}

#[test]
fn an_incident_that_comes_in_appears_by_itself() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/"));
    let before = browser.count("tbody tr");
    scene.phone.log(&[json!({"reported_at": wait::now().to_string(), "violations": ["stalking"], "consents": ["hub_response"]})]);
    scene.phone.sync();
    wait::until("the incident on the page", || {
        (browser.count("tbody tr") == before + 1).then_some(())
    });
}

#[test]
fn what_came_while_the_line_was_cut_appears_by_itself() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/"));
    let before = browser.count("tbody tr");
    let hub = scene.hub.kill();
    // By memory card, into the hub that is down: nobody tells the page.
    scene.phone.log(&[json!({"reported_at": wait::now().to_string(), "violations": ["stalking"], "consents": ["hub_response"]})]);
    let [data, bundle, reply] =
        ["hub", "card", "reply"].map(|name| scene.site.path(name).to_str().unwrap().to_owned());
    scene.phone.run(&["bundle", "export", &bundle]).done();
    program::run([
        "hub", "bundle", "import", "--data", &data, &bundle, "--out", &reply,
    ])
    .done();
    assert_eq!(browser.count("tbody tr"), before);
    let _hub = hub();
    wait::until("the incident on the page", || {
        (browser.count("tbody tr") == before + 1).then_some(())
    });
}

#[test]
fn whoever_is_held_since_minutes_stands_above_what_is_old_and_an_open_filter_hides_nobody_who_comes_in()
 {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/?status=open&level=red"));
    assert_eq!(browser.count("details[open]"), 1, "the filter is open");
    let now = wait::now().to_string();
    scene.phone.log(&[json!({"reported_at": now, "occurred": {"at": now[..16], "precision": "hour"}, "violations": ["rape"], "danger_now": "yes",
        "held_now": "yes", "consents": ["hub_response"]})]);
    scene.phone.sync();
    // The scene's own incident is as urgent, and some seconds older.
    let first = wait::until("her line", || {
        Some(browser.text_of("tbody tr:nth-child(2)")).filter(|text| text.contains("Held now"))
    });
    assert!(first.contains("In danger now"), "{first}");
    assert_eq!(browser.count("details[open]"), 1, "and stays open");
    // Somebody who chooses is not disturbed either: the list is apart from the filter.
    browser.choose("#f-kind", "police");
    let before = browser.count("tbody tr");
    scene
        .phone
        .log(&[json!({"reported_at": now, "violations": ["rape"], "consents": ["hub_response"]})]);
    scene.phone.sync();
    wait::until("the next line", || {
        (browser.count("tbody tr") == before + 1).then_some(())
    });
    assert_eq!(
        browser.script("return document.querySelector('#f-kind').value"),
        "police"
    );
}

#[test]
fn an_open_page_follows_what_others_do_and_takes_no_form_away() {
    let scene = Scene::new();
    let id = &scene.ids[1];
    let browser = scene.at_hub();
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    let change = |edits: serde_json::Value| {
        scene.phone.edit(id, &edits);
        scene.phone.sync();
    };
    browser.click_text("Add a follow-up");
    change(
        json!([{"transition": {"to": "responding"}}, {"set": {"field": "held_now", "value": "yes"}}]),
    );
    wait::until("the title's chips", || {
        Some(browser.text_of("div.title"))
            .filter(|text| text.contains("responding") && text.contains("Held now"))
    });
    wait::until("the clocks", || {
        Some(browser.text_of("[data-live=clocks]")).filter(|text| text.contains("Response (24 h)"))
    });
    assert_eq!(
        browser.count("details[open]"),
        1,
        "what was open stays open"
    );
    browser.click_text("Add a referral");
    browser.fill("#refer-partner", "a partner");
    change(json!([{"transition": {"to": "monitoring"}}]));
    browser.wait_for("[data-live-notice]:not([hidden])");
    let in_sight = "const box = document.querySelector('[data-live-notice]').getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight";
    assert_eq!(
        browser.script(&format!(
            "scrollTo(0, document.body.scrollHeight); {in_sight}"
        )),
        true
    );
    browser.click("[data-live-notice] button");
    wait::until("the new status", || {
        Some(browser.text_of("div.title")).filter(|text| text.contains("monitoring"))
    });
    assert_eq!(
        browser.script("return document.querySelector('#refer-partner').value"),
        "a partner"
    );
}

#[test]
fn a_followup_that_is_planned_is_a_clock_until_it_is_done() {
    let scene = Scene::new();
    scene.phone.log(&[json!({"reported_at": wait::now().to_string(), "violations": ["eviction"], "consents": ["hub_response"]})]);
    scene.phone.sync();
    let browser = scene.at_hub();
    browser.go(&scene.hub_page("/?status=open&group=economic&level=green"));
    browser.follow("tbody a");
    let page = browser.path();
    let plan = |day: &str| {
        browser.go(&scene.hub_page(&page));
        browser.click_text("Add a follow-up");
        // A page of a browser that does not look at days itself.
        browser
            .script(&format!("const due = document.querySelector('#follow-due'); due.removeAttribute('min'); due.removeAttribute('max'); due.value = '{day}'"));
        browser.follow("details[open] button");
    };
    for day in ["1900-01-01", "2199-01-01", ""] {
        plan(day);
        assert!(
            browser.text().contains("Give a day for the follow-up"),
            "{day}: {}",
            browser.text()
        );
    }
    let in_two_days = wait::now()
        .checked_add(vicinity_core::time::SignedDuration::from_hours(48))
        .unwrap()
        .to_string();
    plan(&in_two_days[..10]);
    assert!(
        browser
            .text_of("[data-live=clocks]")
            .contains("Planned follow-up"),
        "{}",
        browser.text()
    );
    browser.click_text("Record an action");
    browser.follow("details[open] button");
    browser.go(&scene.hub_page("/?status=open&clock=followup_planned&level=green"));
    assert_eq!(browser.count("tbody tr"), 1, "{}", browser.text());
    browser.follow("tbody a");
    browser.click_text("Add a follow-up");
    browser.click("#follow-done");
    browser.follow("details[open] button");
    let followups = scene.exported(page.rsplit('/').next().unwrap())["followups"].clone();
    assert_eq!(
        followups.as_array().map(Vec::len),
        Some(1),
        "the one that was planned was done: {followups}"
    );
    let met =
        browser.script("return [...document.querySelectorAll('[data-live=clocks] li')].filter((one) => one.querySelector('.met')).map((one) => one.innerText)");
    assert!(
        met.to_string().contains("Planned follow-up"),
        "{met}: {}",
        browser.text_of("[data-live=clocks]")
    );
}

#[test]
fn an_incident_is_found_by_its_digits_without_scripts() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.run_scripts(false);
    for typed in [&id[..8], id, &scene.hub_page(&format!("/incident/{id}"))] {
        browser.go(&scene.hub_page("/"));
        browser.fill("#find", typed);
        browser.follow("form[role=search] button");
        assert_eq!(browser.path(), format!("/incident/{id}"), "{typed}");
    }
    browser.go(&scene.hub_page("/find?incident=00000000"));
    assert!(
        browser.text().contains("No incident has this id here."),
        "{}",
        browser.text()
    );
}

#[test]
fn on_a_phone_what_must_be_done_stands_before_what_was_written() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.show_on(vicinity_tests::browser::Screen::Phone);
    browser.go(&scene.hub_page(&format!("/incident/{}", scene.ids[0])));
    let tops =
        browser.script("return ['clocks', 'respond', 'timeline'].map((name) => document.querySelector(`[data-live=${name}]`).getBoundingClientRect().top)");
    let tops: Vec<f64> = serde_json::from_value(tops).unwrap();
    assert!(tops.is_sorted(), "{tops:?}");
    assert!(
        browser.text_of("div.title").contains("In danger now"),
        "{}",
        browser.text()
    );
}

#[test]
fn everything_on_the_board_works_without_scripts() {
    let scene = Scene::new();
    let id = &scene.ids[0];
    let browser = scene.at_hub();
    browser.run_scripts(false);
    browser.go(&scene.hub_page(&format!("/incident/{id}")));
    browser.click_text("Change the status");
    browser.choose("#move-to", "responding");
    browser.fill("#move-reason", "on the way");
    browser.follow("details[open] button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(scene.exported(id)["status"], "responding");
    browser.go(&scene.hub_page(&format!("/incident/{id}/erase")));
    browser.click("#sure");
    browser.follow("button.grave");
    browser.wait_for("p.notice:not([hidden])");
    assert!(
        !scene
            .site
            .hub_export()
            .iter()
            .any(|incident| incident["id"] == **id)
    );
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
    assert_eq!(national.count("form:has(#question) input[name=once]"), 1);
    national.choose("#question", "verify_area");
    national.follow("form:has(#question) button");
    national.wait_for("p.notice:not([hidden])");
    assert!(
        national.text().contains("question sent"),
        "{}",
        national.text()
    );

    // The question comes down with the hub's next contact, which something new brings about.
    scene.phone.edit(
        &scene.ids[0],
        &json!([{"set": {"field": "weapon", "value": "no"}}]),
    );
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
    assert!(
        national.text().contains("1\nAnswers from hubs"),
        "{}",
        national.text()
    );
}

#[test]
fn a_duplicate_is_counted_once_and_a_verified_row_leaves_the_queue() {
    let scene = Scene::new();
    let twin = json!({"reported_at": "2026-11-20T09:00:00Z", "occurred": {"at": "2026-11-19T10:00", "precision": "day"}, "place": {"setting": "hotel", "area": "TH-10-01"},
        "violations": ["robbery_theft"], "perpetrators": [{"kind": "stranger"}], "consents": ["hub_response", "national_deid", "aggregate_count"]});
    let before = scene.site.national_export().len();
    scene.phone.log(&vec![twin; 2]);
    scene.phone.sync();
    let rows = wait::until("both rows", || {
        Some(scene.site.national_export()).filter(|rows| rows.len() == before + 2)
    });
    let twins: Vec<&str> = rows
        .iter()
        .filter(|row| row["admin1"] == "TH-10")
        .map(|row| row["projection"].as_str().unwrap())
        .collect();
    let browser = scene.at_national();
    browser.go(&scene.national_page(&format!("/projection/{}", twins[0])));
    browser.follow(&format!("form:has(input[value='{}']) button", twins[1]));
    browser.wait_for("p.notice:not([hidden])");
    assert!(
        browser.text().contains("Duplicate of"),
        "{}",
        browser.text()
    );
    browser.go(&scene.national_page("/queue"));
    let first =
        browser.script("return document.querySelector('main article a').getAttribute('href')");
    let first = format!("main article a[href='{}']", first.as_str().unwrap());
    assert_eq!(browser.count(&first), 1);
    browser.follow("main article form button");
    browser.wait_for("p.notice:not([hidden])");
    assert_eq!(browser.path(), "/queue");
    assert_eq!(browser.count(&first), 0);
    browser.go(&scene.national_page("/queue?review=verified"));
    assert_eq!(browser.count("main article"), 1);
}
