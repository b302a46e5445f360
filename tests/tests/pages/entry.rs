//! Signing in, and what every page must be: read by everybody, in every language, on every screen, and asking nobody else.

use vicinity_tests::browser::{Browser, Screen};
use vicinity_tests::site::Site;

#[test]
fn a_person_sets_up_how_they_sign_in_and_signs_in_again() {
    let (site, hub) = Site::with_hub();
    let browser = Browser::start();
    browser.welcome(&site.invite_person("hub", "amina"));
    assert!(browser.text_of("footer").contains("amina"));
    let origin = format!("http://{}/", hub.address);
    let elsewhere: Vec<String> = browser
        .asked_for()
        .into_iter()
        .filter(|url| !url.starts_with(&origin))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn what_was_typed_when_the_session_had_ended_stands_in_its_form_again_in_a_real_browser() {
    let (site, hub) = Site::with_hub();
    let browser = Browser::start();
    browser.welcome(&site.invite_person("hub", "amina"));
    browser.go(&format!("http://{}/advocacy", hub.address));
    browser.choose("#w-action", "training");
    browser.fill("#w-note", "\"two\" <words> & ខ្មែរ");
    // The person who runs the hub gives her a new link: her session is over.
    let link = site.invite_person("hub", "amina");
    browser.follow("form[action='/advocacy'][method=post] button");
    assert_eq!(browser.path(), "/sign-in");
    assert!(
        browser.text().contains("returns to its form"),
        "{}",
        browser.text()
    );
    browser.use_link(&link);
    assert_eq!(browser.path(), "/advocacy");
    let typed = browser.script("return [document.querySelector('#w-note').value, document.querySelector('#w-action').value]");
    assert_eq!(
        typed,
        serde_json::json!(["\"two\" <words> & ខ្មែរ", "training"])
    );
    browser.follow("form[action='/advocacy'][method=post] button");
    browser.wait_for("p.notice:not([hidden])");
    assert!(
        browser.text().contains("\"two\" <words> & ខ្មែរ"),
        "now it was sent: {}",
        browser.text()
    );
}

#[test]
fn pages_of_signing_in_keep_nobody_out() {
    let (site, hub) = Site::with_hub();
    let browser = Browser::start();
    let link = site.invite_person("hub", "amina");
    for screen in [Screen::Wide, Screen::Phone] {
        for dark in [false, true] {
            browser.show_on(screen);
            browser.prefer_dark(dark);
            for page in [format!("http://{}/sign-in", hub.address), link.clone()] {
                browser.go(&page);
                assert_eq!(
                    browser.axe(),
                    Vec::<String>::new(),
                    "{page} {screen:?} dark: {dark}"
                );
            }
        }
    }
}
