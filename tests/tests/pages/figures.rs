//! Figures: sums over months that are left out, shared reports, and printed pages.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use vicinity_core::time::{month_number, numbered_month};
use vicinity_tests::browser::{Browser, Screen};
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

const SETTINGS: [&str; 6] = [
    "street",
    "hotel",
    "vehicle",
    "police_station",
    "online",
    "bar_club",
];
const KINDS: [&str; 6] = [
    "police",
    "military",
    "client",
    "manager_third_party",
    "community_neighbour",
    "unknown",
];
const VIOLATIONS: [&str; 5] = [
    "hit_push",
    "robbery_theft",
    "insult_humiliation",
    "extortion_bribe",
    "arbitrary_arrest",
];

/// Incidents of a month: half of them in the street, the others of all kinds.
fn incidents(month: &str, count: usize) -> Vec<Value> {
    let one = |at: usize| {
        let setting = if at.is_multiple_of(2) {
            "street"
        } else {
            SETTINGS[at / 2 % 6]
        };
        json!({"occurred": {"at": format!("{month}-05T22:10"), "precision": "hour"}, "reported_at": format!("{month}-28T09:00:00Z"),
            "place": {"setting": setting, "area": "SN-DK-01"}, "survivor": {"code": "SN04211", "gender": "woman"}, "violations": [VIOLATIONS[at % 5]],
            "perpetrators": [{"kind": KINDS[at % 6]}], "consents": ["hub_response", "national_deid", "aggregate_count"]})
    };
    (0..count).map(one).collect()
}

/// A hub that is alone in its country, with 4, 8 and no incidents in a quarter, and 11, 24 and 6 in the next one, which is closed.
struct Quarter {
    site: Site,
    hub: Server,
    national: Server,
    months: [String; 3],
}

impl Quarter {
    fn new() -> Self {
        let site = Site::new();
        let national = site.national();
        let hub = site.hub(&["--upstream", &site.invite_hub()]);
        let phone = site.enrolled("phone", "educator");
        let now = month_number(&wait::now().to_string()[..7]).unwrap();
        let last = (0..=now - 2).rev().find(|number| number % 3 == 2).unwrap();
        let of = |before: u32| numbered_month(last - before);
        let counts = [(5, 4), (4, 8), (2, 11), (1, 24), (0, 6)];
        let all: Vec<Value> = counts
            .into_iter()
            .flat_map(|(before, count)| incidents(&of(before), count))
            .collect();
        phone.log(&all);
        phone.sync();
        wait::until("projections", || {
            Some(site.national_export()).filter(|rows| rows.len() == all.len())
        });
        let months = counts.map(|(before, _)| of(before));
        site.publish(&phone, &months.each_ref().map(String::as_str));
        Self {
            site,
            hub,
            national,
            months: [of(2), of(1), of(0)],
        }
    }

    fn name(&self) -> String {
        format!(
            "{}-Q{}",
            &self.months[0][..4],
            self.months[2][5..].parse::<u32>().unwrap() / 3
        )
    }

    fn browser(&self, kind: &str) -> Browser {
        let browser = Browser::start();
        browser.welcome(&self.site.invite_person(kind, "amina"));
        browser
    }

    fn page(&self, kind: &str, path: &str) -> String {
        let server = if kind == "hub" {
            &self.hub
        } else {
            &self.national
        };
        format!("http://{}{path}", server.address)
    }
}

/// Every figure of a page: of its tables, and of its head but the number of actions.
fn figures(browser: &Browser) -> Vec<String> {
    let all = browser.script("return [...document.querySelectorAll('td.number, ul.figures li:not(:last-child) b')].map((one) => one.textContent)");
    all.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

const BANDS: [&str; 5] = ["0", "fewer than 10", "10 to 19", "20 to 49", "50 to 99"];

#[test]
fn a_report_to_hand_on_tells_bands_and_no_exact_count() {
    let world = Quarter::new();
    let browser = world.browser("hub");
    browser.go(&world.page(
        "hub",
        &format!("/report?quarter={}&for=others", world.name()),
    ));
    let told = figures(&browser);
    assert!(
        told.contains(&"20 to 49".to_owned())
            && told.iter().all(|figure| BANDS.contains(&figure.as_str())),
        "{told:?}"
    );
    let text = browser.text();
    assert!(!text.contains("41") && !text.contains('%'), "{text}");
    assert_eq!(browser.count("svg"), 0, "no drawing is longer for more");

    browser.go(&world.page("hub", &format!("/report?quarter={}", world.name())));
    assert_eq!(figures(&browser)[..2], ["41", "12"], "its own is exact");

    // National has 11 and 24 of these 41, so that an exact figure would tell the third month.
    let national = world.browser("national");
    national.go(&world.page("national", "/hubs"));
    let told = figures(&national);
    assert!(
        told.iter().all(|figure| BANDS.contains(&figure.as_str())),
        "{told:?}"
    );
    assert!(
        ["fewer than 10", "10 to 19", "20 to 49"]
            .into_iter()
            .all(|band| told.contains(&band.to_owned())),
        "{told:?}"
    );
}

#[test]
fn less_than_ten_is_said_of_one_month_and_of_no_sum() {
    let world = Quarter::new();
    let browser = world.browser("national");
    browser.go(&world.page(
        "national",
        &format!("/report?quarter={}&for=others", world.name()),
    ));
    let said = figures(&browser);
    assert_eq!(
        said[..2],
        ["at least 35", "not shown"],
        "4 and 8 are more than ten: {said:?}"
    );
    assert!(said.contains(&"< 10".to_owned()), "one month of six");

    browser.go(&world.page(
        "national",
        &format!(
            "/advocacy?from={}&to={}&as=published",
            world.months[0], world.months[2]
        ),
    ));
    browser.script(&format!(
        "document.querySelector('#w-day').value = '{}-01'",
        world.months[0]
    ));
    browser.follow("form[action='/advocacy'][method=post] button");
    browser.go(&world.page(
        "national",
        &format!(
            "/advocacy?from={}&to={}&as=published",
            world.months[0], world.months[2]
        ),
    ));
    assert!(
        browser
            .text()
            .contains("in the three months before: not shown"),
        "{}",
        browser.text()
    );
}

#[test]
fn a_coordinator_sees_exact_figures_that_say_that_they_are_internal() {
    let world = Quarter::new();
    let browser = world.browser("national");
    let notice = "Internal, not for publication";
    browser.go(&world.page("national", &format!("/report?quarter={}", world.name())));
    assert_eq!(figures(&browser)[..2], ["41", "12"]);
    browser.print_as_paper(true);
    assert!(browser.text().contains(notice), "on paper, too");
    browser.print_as_paper(false);
    let months = format!("from={}&to={}", world.months[0], world.months[2]);
    for path in ["/picture", "/advocacy"] {
        browser.go(&world.page("national", &format!("{path}?{months}")));
        assert!(browser.text().contains(notice), "{path}");
        browser.follow("nav.switch a[href*='as=published']");
        assert!(!browser.text().contains(notice), "{path}");
        let from = browser.script("return document.querySelector('input[name=from]').value");
        assert_eq!(from, world.months[0].as_str(), "the months stay");
        browser.follow("nav.switch a[href*='as=internal']");
        assert!(browser.text().contains(notice), "{path}");
    }
    browser.go(&world.page("national", &format!("/picture?{months}")));
    let text = browser.text();
    for said in ["Hubs send counts once a week", "Two dimensions together"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("in parts that are left out"), "{text}");
}

#[test]
fn a_month_is_published_on_a_page_after_a_look_at_its_hubs() {
    let scene = super::scene::Scene::new();
    let one = json!({"reported_at": "2026-03-20T09:00:00Z", "occurred": {"at": "2026-03-19T10:00", "precision": "day"}, "place": {"setting": "street", "area": "SN-DK-01"},
        "violations": ["extortion_bribe"], "perpetrators": [{"kind": "police"}], "consents": ["hub_response", "aggregate_count"]});
    scene.phone.log(&vec![one; 40]);
    scene.phone.sync();
    scene.site.publish(&scene.phone, &[]);
    let browser = scene.at_national();
    let page = scene.national_page("/publish?month=2026-03");
    wait::until("counts of March", || {
        browser.go(&page);
        (browser.count("form[action='/publish'][method=post]") == 1).then_some(())
    });
    let row = browser.script("return document.querySelector('tbody tr').innerText");
    let row = row.as_str().unwrap();
    assert!(row.contains("40") && row.contains("over 85"), "{row}");
    browser.click("input[name=without-1]");
    browser.follow("form.stack[method=get] button");
    assert!(browser.text().contains("< 10"), "{}", browser.text());
    browser.click("input[name=without-1]");
    browser.follow("form.stack[method=get] button");
    browser.click("#u-sure");
    browser.follow("form[action='/publish'][method=post] button");
    let text = browser.text();
    assert!(
        text.contains("The month is published.")
            && text.contains("March 2026")
            && text.contains("dara"),
        "{text}"
    );
    let shown = scene.site.national_run("table", &["--json"]).json_lines();
    assert!(shown.iter().all(|cell| cell["month"] == "2026-03") && !shown.is_empty());
    browser.go(&page);
    assert_eq!(browser.count("form[action='/publish'][method=post]"), 0);
}

#[test]
fn the_published_picture_ends_with_the_last_month_and_says_what_its_drawings_leave_out() {
    let world = Quarter::new();
    let browser = world.browser("national");
    browser.go(&world.page("national", "/picture?as=published"));
    assert_eq!(
        browser.script("return document.querySelector('#p-to').value"),
        world.months[2].as_str(),
        "the last month that is published"
    );
    let text = browser.text();
    assert!(
        text.contains("in parts that are left out")
            && text.contains("An incident may be in several of these, or in none."),
        "{text}"
    );
    let bars = browser.script(
        "return [...document.querySelectorAll('ul.bars span')].map((one) => one.innerText)",
    );
    let bars: Vec<&str> = bars
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        !bars.contains(&"not exposed")
            && text.contains("Not exposed, and so at no step: at least 35"),
        "{bars:?} {text}"
    );
    assert!(
        text.contains("100%") || browser.source().contains("100%"),
        "shares are of the months that show: {text}"
    );
    // What is left out is next to the line as high as the chart, on a phone too.
    for screen in [Screen::Wide, Screen::Phone] {
        browser.show_on(screen);
        let gaps = browser.script(
            "const chart = document.querySelector('figure svg.chart').getBoundingClientRect();
             return [...document.querySelectorAll('figure svg.chart rect.gap')].map((gap) => gap.getBoundingClientRect().height / chart.height);",
        );
        let gaps = gaps.as_array().unwrap();
        assert!(
            !gaps.is_empty() && gaps.iter().all(|part| part.as_f64().unwrap() > 0.6),
            "{gaps:?}"
        );
    }
}

/// The lines of a PDF's text.
fn lines_of(pdf: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, pdf).unwrap();
    let run = Command::new("pdftotext")
        .arg("-layout")
        .arg(&file)
        .arg("-")
        .output()
        .expect("pdftotext can be run: apt-get install -y poppler-utils");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8_lossy(&run.stdout)
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn every_row_of_a_report_is_printed_once_and_whole() {
    let world = Quarter::new();
    for kind in ["hub", "national"] {
        let browser = world.browser(kind);
        browser.go(&world.page(kind, &format!("/report?quarter={}", world.name())));
        browser.print_as_paper(true);
        let rows = browser.script(
            "return [...document.querySelectorAll('tbody tr')].filter((row) => row.checkVisibility())
                .map((row) => [...row.cells].map((cell) => cell.innerText).join(' '))",
        );
        browser.print_as_paper(false);
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        rows.as_array()
            .unwrap()
            .iter()
            .for_each(|row| *expected.entry(row.as_str().unwrap()).or_default() += 1);
        assert!(
            expected.len() > if kind == "hub" { 20 } else { 5 },
            "{expected:?}"
        );
        let lines = lines_of(&browser.printed());
        let lost: Vec<_> = expected
            .iter()
            .filter(|(row, count)| lines.iter().filter(|line| line == *row).count() != **count)
            .collect();
        assert!(
            lost.is_empty(),
            "{kind}: {lost:?} are not printed once each: {lines:#?}"
        );
    }
}
