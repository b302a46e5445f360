//! The time zone of a hub: given or guessed, told to devices, spoken by pages.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use vicinity_tests::browser::Browser;
use vicinity_tests::device::Device;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

/// Ten o'clock of a day, by clocks that nobody named.
fn at_ten(area: Option<&str>) -> Value {
    let mut incident = json!({"occurred": {"at": "2026-11-20T10:00", "precision": "hour"}, "reported_at": "2026-11-20T23:00:00Z", "violations": ["rape"],
        "consents": ["hub_response"]});
    if let Some(area) = area {
        incident["place"] = json!({"area": area});
    }
    incident
}

/// Until when PEP can be begun, as an incident shows it; in UTC, for it is shown by the clocks of the place.
fn pep_until(shown: &Value) -> String {
    let clocks = shown["clocks"].as_array().unwrap();
    clocks
        .iter()
        .find(|clock| clock["name"] == "pep_72h")
        .unwrap_or_else(|| panic!("no such clock: {shown}"))["due_at"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap()
        .to_string()
}

fn phone_says(phone: &Device, id: &str) -> String {
    pep_until(&phone.show(id))
}

/// What the page of an incident says of the moment at which the hub first heard of it: by now, in a zone that it names.
fn assert_page_speaks_time_of(browser: &Browser, hub: &Server, id: &str, zone: &str) {
    browser.go(&format!("http://{}/incident/{id}", hub.address));
    let (page, now) = (browser.text(), wait::now());
    let there = TimeZone::get(zone).unwrap();
    let moments = (0..30).map(|minutes| {
        let at = there
            .to_datetime(now - SignedDuration::from_mins(minutes))
            .to_string();
        format!("{} {zone}", &at[11..16])
    });
    assert!(
        moments.into_iter().any(|moment| page.contains(&moment)),
        "no time of {zone} in {page}"
    );
}

#[test]
fn a_device_learns_the_zone_when_it_enrols_and_another_one_at_its_next_sync() {
    let site = Site::new();
    let hub = site.hub(&["--zone", "asia/bishkek"]);
    let phone = site.enrolled("phone", "educator");
    let id = phone.log(&[at_ten(None)]).remove(0);
    assert_eq!(
        phone_says(&phone, &id),
        "2026-11-23T04:00:00Z",
        "six hours east, and nothing was synced yet"
    );
    phone.sync();
    assert_eq!(pep_until(&site.hub_export()[0]), "2026-11-23T04:00:00Z");
    let link = site.invite_person("hub", "amina");
    let browser = Browser::start();
    browser.welcome(&link);
    assert_page_speaks_time_of(&browser, &hub, &id, "Asia/Bishkek");

    let hub = hub.restart_with(&["--zone", "America/Mexico_City"]);
    assert_eq!(
        phone_says(&phone, &id),
        "2026-11-23T04:00:00Z",
        "it has heard of nothing"
    );
    phone.sync();
    assert_eq!(
        phone_says(&phone, &id),
        "2026-11-23T16:00:00Z",
        "six hours west"
    );
    assert_eq!(pep_until(&site.hub_export()[0]), "2026-11-23T16:00:00Z");
    assert_page_speaks_time_of(&browser, &hub, &id, "America/Mexico_City");

    // It is kept; and a name that is none starts no hub.
    let hub = hub.restart_with(&[]);
    assert_page_speaks_time_of(&browser, &hub, &id, "America/Mexico_City");
    let data = site.path("elsewhere").display().to_string();
    let refused = vicinity_tests::program::run([
        "hub",
        "--data",
        &data,
        "--listen",
        "127.0.0.1:0",
        "--zone",
        "Asia/Nowhere",
    ]);
    assert!(refused.failed().contains("Asia/Nowhere is no time zone"));
}

#[test]
fn without_a_zone_it_is_guessed_from_the_areas_and_a_given_one_stands_above_the_guess() {
    let site = Site::new();
    let hub = site.hub(&[]);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&[at_ten(None), at_ten(Some("KG-GB-01"))]);
    assert_eq!(
        phone_says(&phone, &ids[0]),
        "2026-11-22T20:00:00Z",
        "as early as it may be anywhere on earth"
    );
    phone.sync();
    // It looks when it starts, and then now and again.
    let hub = hub.restart_with(&[]);
    let learnt = || {
        phone.sync();
        Some(phone_says(&phone, &ids[0])).filter(|until| until == "2026-11-23T04:00:00Z")
    };
    wait::until("the guess on the phone", learnt);
    assert!(
        hub.log().contains("the time zone was guessed"),
        "{}",
        hub.log()
    );
    let browser = Browser::start();
    browser.welcome(&site.invite_person("hub", "amina"));
    assert_page_speaks_time_of(&browser, &hub, &ids[0], "Asia/Bishkek");

    let hub = hub.restart_with(&["--zone", "Africa/Dakar"]);
    phone.sync();
    assert_eq!(phone_says(&phone, &ids[0]), "2026-11-23T10:00:00Z");
    assert_page_speaks_time_of(&browser, &hub, &ids[0], "Africa/Dakar");
}

#[test]
fn a_hub_whose_areas_keep_different_zones_guesses_none() {
    let site = Site::new();
    let hub = site.hub(&[]);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&[
        at_ten(None),
        at_ten(Some("KG-GB-01")),
        at_ten(Some("SN-DK-01")),
    ]);
    phone.sync();
    // It looks when it starts.
    let hub = hub.restart_with(&[]);
    phone.sync();
    assert!(
        !hub.log().contains("the time zone was guessed"),
        "{}",
        hub.log()
    );
    assert_eq!(phone_says(&phone, &ids[0]), "2026-11-22T20:00:00Z");
}
