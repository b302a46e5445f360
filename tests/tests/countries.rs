//! Countries: a national server sends its published months to the one above, each once, and nothing of one incident goes there.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vicinity_tests::browser::{Browser, Screen};
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::{program, wait};

/// The month `ago` months before this one, as `2026-09`.
fn months_ago(count: i64) -> String {
    let now: Timestamp = wait::now();
    let mut month = now.to_string()[..7].to_owned();
    for _ in 0..count {
        let first: Timestamp = format!("{month}-01T12:00:00Z").parse().unwrap();
        month = first
            .checked_sub(SignedDuration::from_hours(24))
            .unwrap()
            .to_string()[..7]
            .to_owned();
    }
    month
}

fn incidents(month: &str, count: usize) -> Vec<Value> {
    let one = json!({"occurred": {"at": format!("{month}-05T22:10"), "precision": "hour"}, "reported_at": format!("{month}-28T09:00:00Z"),
        "place": {"setting": "street", "area": "SN-DK-01"}, "survivor": {"code": "SN04211"}, "violations": ["extortion_bribe"], "perpetrators": [{"kind": "police"}],
        "consents": ["hub_response", "national_deid", "aggregate_count"]});
    vec![one; count]
}

struct World {
    site: Site,
    upper: Server,
    national: Server,
    hub: Server,
}

fn run_above(site: &Site, verb: &str, arguments: &[&str]) -> program::Run {
    let data = site.path("upper");
    program::run(
        ["national", verb, "--data", data.to_str().unwrap()]
            .iter()
            .chain(arguments),
    )
}

impl World {
    /// A hub with 12 police incidents of a closed month, 8 of another, and 15 of this one; national above it, and a server above that.
    fn new() -> Self {
        let site = Site::new();
        let upper = Server::start("national", &site.path("upper"), &[]);
        let link = run_above(
            &site,
            "invite",
            &["--role", "country", "--country", "Senegal"],
        )
        .done()
        .trim()
        .to_owned();
        let national = Server::start("national", &site.path("national"), &["--upstream", &link]);
        let hub = site.hub(&["--upstream", &site.invite_hub()]);
        let phone = site.enrolled("phone", "educator");
        phone.log(
            &[
                incidents(&months_ago(4), 12),
                incidents(&months_ago(3), 8),
                incidents(&months_ago(0), 15),
            ]
            .concat(),
        );
        phone.sync();
        wait::until("projections", || {
            Some(site.national_export()).filter(|rows| rows.len() == 35)
        });
        let closed = [months_ago(4), months_ago(3)];
        site.publish(&phone, &closed.each_ref().map(String::as_str));
        // It looks for published months when it starts, and then every hour.
        let national = national.stop()();
        Self {
            site,
            upper,
            national,
            hub,
        }
    }

    fn above(&self) -> Vec<Value> {
        run_above(&self.site, "countries", &["--json"]).json_lines()
    }
}

fn incidents_of(cells: &[Value], month: &str) -> Option<u64> {
    cells
        .iter()
        .find(|cell| cell["month"] == month && cell["by"] == "")
        .and_then(|cell| cell["count"].as_u64())
}

#[test]
fn closed_months_go_up_once_without_small_counts_areas_or_rows() {
    let mut world = World::new();
    let cells = wait::until("a window above", || {
        Some(world.above()).filter(|cells| !cells.is_empty())
    });
    assert!(cells.iter().all(|cell| cell["country"] == "Senegal"));
    assert_eq!(incidents_of(&cells, &months_ago(4)), Some(12));
    assert_eq!(
        incidents_of(&cells, &months_ago(3)),
        None,
        "eight are too few"
    );
    assert_eq!(
        incidents_of(&cells, &months_ago(0)),
        None,
        "this month is not over"
    );
    assert!(
        cells
            .iter()
            .all(|cell| cell["count"].as_u64().unwrap() >= 10 && cell["by"] != "admin1"),
        "{cells:?}"
    );
    let police = json!({"country": "Senegal", "month": months_ago(4), "by": "perpetrator", "code": "police", "count": 12});
    assert!(cells.contains(&police), "{cells:?}");

    // What is reported late of the published months changes nothing there.
    let phone = world.site.device("phone");
    phone.log(&[incidents(&months_ago(4), 6), incidents(&months_ago(3), 6)].concat());
    phone.sync();
    wait::until("late rows", || {
        Some(world.site.national_export()).filter(|rows| rows.len() == 47)
    });
    let contacts = |world: &World| world.upper.log().matches("\"windows\"").count();
    let before = contacts(&world);
    world.national = world.national.stop()();
    wait::until("another contact", || {
        (contacts(&world) > before).then_some(())
    });
    assert_eq!(world.above(), cells);

    // The server above has nothing else: no row, no hub, and none of its files holds an area or a code.
    assert_eq!(run_above(&world.site, "export", &["--json"]).done(), "");
    let files =
        String::from_utf8_lossy(&vicinity_tests::database::bytes(&world.site.path("upper")))
            .into_owned();
    assert!(
        files.contains("within_24h") || files.contains("police"),
        "the search finds what is there"
    );
    for word in ["SN-DK", "SN04211", "extortion_bribe"] {
        assert!(!files.contains(word), "{word}");
    }
}

#[test]
fn a_coordinator_sees_countries_side_by_side() {
    let world = World::new();
    wait::until("a window above", || {
        (!world.above().is_empty()).then_some(())
    });
    let link = program::run([
        "national",
        "people",
        "invite",
        "--data",
        world.site.path("upper").to_str().unwrap(),
        "dara",
    ])
    .done();
    let browser = Browser::start();
    browser.welcome(link.trim());
    browser.go(&format!("http://{}/countries", world.upper.address));
    let text = browser.text();
    // Twelve shown, and of the months that are published at least one is left out.
    assert!(
        text.contains("Senegal") && text.contains("at least 12") && text.contains("2 / 2"),
        "{text}"
    );
    assert_eq!(
        (
            browser.count("svg.chart .dot"),
            browser.count("svg.chart .gap")
        ),
        (1, 1),
        "two months that show nothing are one band"
    );
    for screen in [Screen::Wide, Screen::Phone] {
        browser.show_on(screen);
        assert_eq!(browser.axe(), Vec::<String>::new());
        assert_eq!(
            browser.script(
                "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ),
            false
        );
    }
    if let Some(folder) = std::env::var_os("VICINITY_PICTURES") {
        browser.show_on(Screen::Wide);
        std::fs::write(
            std::path::Path::new(&folder).join("national-countries-wide.png"),
            browser.picture(),
        )
        .unwrap();
    }
}

#[test]
fn a_countrys_link_needs_a_name_and_enrols_no_hub() {
    let site = Site::new();
    let _upper = Server::start("national", &site.path("upper"), &[]);
    let unnamed = run_above(&site, "invite", &["--role", "country"]);
    assert_eq!(unnamed.code, Some(2), "{}", unnamed.stderr);
    assert!(unnamed.stderr.contains("--country"), "{}", unnamed.stderr);
    let run = run_above(&site, "invite", &["--role", "country", "--country", " "]);
    assert!(
        run.code == Some(1) && run.stderr.contains("one line of 1 to 40 letters"),
        "{}",
        run.stderr
    );
    assert_eq!(run_above(&site, "countries", &["--json"]).done(), "");
}

#[test]
fn a_link_for_another_role_is_refused_and_the_right_one_is_taken_after_it() {
    let site = Site::new();
    let _national = site.national();
    let country = site
        .national_run("invite", &["--role", "country", "--country", "Senegal"])
        .done()
        .trim()
        .to_owned();
    let hub = site.hub(&["--upstream", &country]);
    wait::until("the hub's word on its link", || {
        hub.log()
            .contains("the link is one for a country: ask for one for a hub")
            .then_some(())
    });
    drop(hub);
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let phone = site.enrolled("phone", "educator");
    phone.log(&incidents(&months_ago(0), 1));
    phone.sync();
    wait::until("a projection", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });
    assert!(!hub.log().contains("panicked"));
}

#[test]
fn a_revoked_country_and_a_revoked_hub_are_told_so_and_nothing_more_of_them_is_taken() {
    let mut world = World::new();
    wait::until("a window above", || {
        (!world.above().is_empty()).then_some(())
    });
    assert!(
        run_above(&world.site, "revoke", &["--role", "country", "7"])
            .failed()
            .contains("there is no country 7 here")
    );
    run_above(&world.site, "revoke", &["--role", "country", "1"]).done();
    world.national = world.national.stop()();
    let revoked = "has revoked this server and takes nothing more of it";
    wait::until("the country's server is told", || {
        world.national.log().contains(revoked).then_some(())
    });
    assert_eq!(
        incidents_of(&world.above(), &months_ago(4)),
        Some(12),
        "what was published stays"
    );

    world
        .site
        .national_run("revoke", &["--role", "hub", "1"])
        .done();
    let phone = world.site.device("phone");
    phone.log(&incidents(&months_ago(0), 1));
    phone.sync();
    wait::until("the hub is told", || {
        world.hub.log().contains(revoked).then_some(())
    });
    assert_eq!(world.site.national_export().len(), 35);

    // A new link lets it in again, as the hub that it was: what it reported before is still its own.
    drop(world.hub);
    let hub = world.site.hub(&["--upstream", &world.site.invite_hub()]);
    wait::until("the row that waited", || {
        (world.site.national_export().len() == 36).then_some(())
    });

    // So does one that was down when it was revoked, as a restored hub is, and never heard of it.
    drop(hub);
    world
        .site
        .national_run("revoke", &["--role", "hub", "1"])
        .done();
    let hub = world.site.hub(&["--upstream", &world.site.invite_hub()]);
    vicinity_tests::database::set_address(&phone.home, &hub.address);
    phone.log(&incidents(&months_ago(0), 1));
    phone.sync();
    wait::until("one row more", || {
        (world.site.national_export().len() == 37).then_some(())
    });
    assert_eq!(
        vicinity_tests::database::number(&world.site.path("national"), "SELECT count(*) FROM hubs"),
        1
    );
}
