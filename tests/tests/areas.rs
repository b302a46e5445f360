//! A hub's list of areas: what is not on it leaves the hub as `unknown`.

use serde_json::json;
use vicinity_tests::site::Site;
use vicinity_tests::{program, wait};

#[test]
fn an_area_that_is_not_listed_stays_at_the_hub_and_national_has_it_as_unknown() {
    let site = Site::new();
    let national = site.national();
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let phone = site.enrolled("phone", "educator");
    let incident = |area: &str| json!({"reported_at": "2026-10-05T09:00:00Z", "place": {"area": area}, "consents": ["hub_response", "national_deid"]});
    phone.log(&[incident("SN-DK-01"), incident("SN-TH-02")]);
    phone.sync();
    let told = |expected: [&str; 2]| {
        wait::until("the areas at national", || {
            let mut areas: Vec<String> = site
                .national_export()
                .iter()
                .map(|row| row["admin1"].as_str().unwrap().to_owned())
                .collect();
            areas.sort();
            (areas == expected).then_some(())
        })
    };
    told(["SN-DK", "SN-TH"]);
    let listed = || program::json(&site.hub_run("areas", &["list", "--json"]).done());
    assert_eq!(
        listed(),
        json!({"listed": false, "areas": ["SN-DK", "SN-TH"]})
    );

    let file = site.path("areas.txt");
    let set = |text: &str| {
        std::fs::write(&file, text).unwrap();
        site.hub_run("areas", &["set", file.to_str().unwrap()])
    };
    assert!(set("SN-DK\nthe harbour\n").failed().contains("line 2"));
    assert!(set("").failed().contains("at least one"));
    assert_eq!(listed()["listed"], false, "what is refused changes nothing");
    assert!(set("\u{feff}sn-dk\r\n").done().contains("1 listed"));
    assert_eq!(listed(), json!({"listed": true, "areas": ["SN-DK"]}));
    told(["SN-DK", "unknown"]);
    let mut kept: Vec<String> = site
        .hub_export()
        .iter()
        .map(|incident| incident["place"]["area"].as_str().unwrap().to_owned())
        .collect();
    kept.sort();
    assert_eq!(kept, ["SN-DK-01", "SN-TH-02"]);
    drop((national, hub));
}
