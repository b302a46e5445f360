//! Advocacy and reports: what is written at a hub is drawn on the months there and at national, and a report prints.

use vicinity_tests::browser::Browser;
use vicinity_tests::wait;

use super::scene::Scene;

/// Writes an action down.
fn write(browser: &Browser, page: &str, kind: &str, note: &str) {
    browser.go(page);
    browser.choose("#w-action", "meeting_authority");
    browser.choose("#w-kind", kind);
    browser.fill("#w-area", "sn-dk");
    browser.fill("#w-note", note);
    browser.follow("form[action='/advocacy'][method=post] button");
    browser.wait_for("p.notice:not([hidden])");
}

#[test]
fn an_action_logged_at_a_hub_stands_on_the_months_of_what_it_aims_at_and_at_national_without_its_note()
 {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.run_scripts(false);
    write(
        &browser,
        &scene.hub_page("/advocacy"),
        "police",
        "the commander of the second district",
    );
    let log = browser.text();
    assert!(
        log.contains("meeting with an authority")
            && log.contains("Aims at: police · SN-DK")
            && log.contains("the commander"),
        "{log}"
    );
    assert_eq!(browser.count("svg.chart line.mark"), 1);
    browser.go(&scene.hub_page("/advocacy?kind=client"));
    assert_eq!(browser.count("svg.chart line.mark"), 0, "it aims at others");
    browser.go(&scene.hub_page("/advocacy?kind=police&area=SN-DK"));
    assert_eq!(browser.count("svg.chart line.mark"), 1);

    let national = scene.at_national();
    wait::until("the action at national", || {
        national.go(&scene.national_page("/advocacy"));
        national.text().contains("hub 1").then_some(())
    });
    let text = national.text();
    assert!(
        text.contains("Aims at: police · SN-DK") && !national.source().contains("commander"),
        "{text}"
    );
    assert_eq!(
        national.count("details form[action^='/advocacy/']"),
        0,
        "it is the hub's to change"
    );

    // Its outcome follows, and so does its end.
    browser.click("li details summary");
    browser.choose("select[name=outcome][id^=outcome-]", "promised");
    browser.follow("button[value=outcome]");
    browser.wait_for("p.notice:not([hidden])");
    wait::until("the outcome at national", || {
        national.go(&scene.national_page("/advocacy"));
        national.text().contains("promised").then_some(())
    });
    browser.go(&scene.hub_page("/advocacy"));
    browser.click("li details summary");
    browser.follow("button[value=drop]");
    browser.wait_for("p.notice:not([hidden])");
    wait::until("its end at national", || {
        national.go(&scene.national_page("/advocacy"));
        (!national.text().contains("hub 1")).then_some(())
    });
}

#[test]
fn what_does_not_belong_in_the_log_is_refused_and_said() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.run_scripts(false);
    browser.go(&scene.hub_page("/advocacy"));
    assert_eq!(
        browser.count("#w-note[maxlength='3200']"),
        1,
        "400 letters of any script fit"
    );
    browser.fill("#w-area", "Dakar");
    browser.follow("form[action='/advocacy'][method=post] button");
    browser.wait_for("main p a");
    assert!(
        browser.text().contains("The area must be"),
        "{}",
        browser.text()
    );
    browser.go(&scene.hub_page("/advocacy"));
    assert_eq!(browser.count("svg.chart line.mark"), 0);
}

#[test]
fn a_report_says_what_happened_what_was_done_and_what_it_asks_for() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    write(&browser, &scene.hub_page("/advocacy"), "police", "");
    browser.go(&scene.hub_page("/report"));
    let open = browser
        .script("return document.querySelector('#r-quarter').value")
        .as_str()
        .unwrap()
        .to_owned();
    browser.go(&scene.hub_page(&format!("/report?quarter={open}&for=others")));
    assert!(
        browser
            .text()
            .contains("can be shared once a whole month has passed"),
        "{}",
        browser.text()
    );
    browser.go(&scene.hub_page("/report?for=others"));
    let closed = browser
        .script("return document.querySelector('#r-quarter').value")
        .as_str()
        .unwrap()
        .to_owned();
    assert!(closed < open, "{closed} {open}");

    browser.go(&scene.hub_page("/report"));
    let own = browser.text();
    let incidents: usize = browser.text_of("ul.figures li b").parse().unwrap();
    assert!(
        incidents > 0
            && own.contains("Small counts can reveal")
            && own.contains("meeting with an authority"),
        "{own}"
    );
    browser.go(&scene.hub_page(&format!("/report?quarter={closed}")));
    browser.fill("#r-asks", "That no condom is ever evidence again.\nThat the night shift of the second district is trained.");
    browser.follow("form:has(#r-asks) button");
    browser.wait_for("p.notice:not([hidden])");
    let text = browser.text();
    assert!(
        text.contains("That no condom") && text.contains("That the night shift"),
        "{text}"
    );

    browser.go(&scene.hub_page(&format!("/report?quarter={closed}&for=others")));
    let others = browser.text();
    assert!(
        !others.contains("Small counts can reveal") && others.contains("That no condom"),
        "{others}"
    );
    let small = browser.script(
        "return [...document.querySelectorAll('ul.figures li:not(:last-child) b, td.number')].map((one) => one.innerText)
            .filter((text) => /^[1-9]$/.test(text))",
    );
    assert_eq!(
        small,
        serde_json::json!([]),
        "no small count is handed on: {others}"
    );

    // On paper stands the report, and no form.
    browser.print_as_paper(true);
    assert_eq!(browser.script("return [...document.querySelectorAll('form, nav, footer')].filter((one) => one.checkVisibility()).length"), 0);
    browser.print_as_paper(false);
    let pdf = browser.printed();
    assert!(
        pdf.starts_with(b"%PDF-") && pdf.len() > 10_000,
        "{} bytes",
        pdf.len()
    );

    let national = scene.at_national();
    national.go(&scene.national_page("/report"));
    assert!(
        national.text().contains("The whole country")
            && !national.text().contains("That no condom"),
        "a hub's words stay there"
    );
}
