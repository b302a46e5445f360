//! Files that are taken away with a browser: the same as the command line gives, and at a hub its own alone.

use std::io::Cursor;

use calamine::{Reader, Xlsx, open_workbook_from_rs};
use serde_json::json;
use vicinity_tests::browser::Browser;
use vicinity_tests::dhis2::{self, Dhis2};
use vicinity_tests::site::Site;

use super::scene::Scene;

/// The text of a file.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The cells of a workbook.
fn cells(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range("Incident Data").unwrap();
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

#[test]
fn a_coordinator_takes_files_that_say_what_the_command_line_says() {
    let scene = Scene::new();
    scene.logs_a_month_to_publish();
    let browser = scene.at_national();
    browser.go(&scene.national_page("/exports"));
    let by_command = |form: &[&str]| scene.site.national_run("export", form).done();
    for (path, form) in [
        ("/exports/rows?form=csv", &["--csv"][..]),
        (
            "/exports/rows?form=hxl&from=2026-10&to=2026-11",
            &["--csv", "--hxl", "--from", "2026-10", "--to", "2026-11"],
        ),
        ("/exports/rows?form=json", &["--json"]),
        ("/exports/counts?form=dhis2", &["--dhis2"]),
        ("/exports/counts?form=geojson", &["--geojson"]),
    ] {
        let taken = browser.fetch(path);
        assert_eq!(
            text(taken).trim_end(),
            by_command(form).trim_end(),
            "{path}"
        );
    }
    let out = scene.site.path("by-command.xlsx");
    scene
        .site
        .national_run("export", &["--xlsx", "--out", out.to_str().unwrap()])
        .done();
    let (taken, by_command) = (
        cells(browser.fetch("/exports/rows?form=xlsx")),
        cells(std::fs::read(out).unwrap()),
    );
    assert_eq!(taken.len(), 1 + scene.site.national_export().len());
    assert_eq!(taken.len(), by_command.len());
    for (row, expected) in taken.iter().zip(&by_command) {
        assert_eq!(row, expected, "cell by cell");
    }

    let stretch = "months that run backwards are refused";
    browser.go(&scene.national_page("/exports/rows?form=csv&from=2026-12&to=2026-01"));
    assert!(
        browser.text().contains("The first month is after the last"),
        "{stretch}: {}",
        browser.text()
    );
}

#[test]
fn a_responder_takes_the_hubs_own_rows_as_national_has_them() {
    let scene = Scene::new();
    let browser = scene.at_hub();
    browser.run_scripts(false);
    browser.go(&scene.hub_page("/exports"));
    assert_eq!(
        browser.count("form[action='/exports/push']"),
        0,
        "counts are national's"
    );
    browser.run_scripts(true);
    let csv = text(browser.fetch("/exports/rows?form=csv"));
    // The hub's areas lie in two zones, and nobody said which is its own.
    let (by_national, mut lines) = (
        scene.site.national_run("export", &["--csv"]).done(),
        csv.lines(),
    );
    assert_eq!(
        lines.next(),
        Some(format!("{},time_zone", by_national.lines().next().unwrap()).as_str())
    );
    assert_eq!(
        lines.collect::<Vec<_>>(),
        by_national
            .lines()
            .skip(1)
            .map(|line| format!("{line},"))
            .collect::<Vec<_>>()
    );
    let sheet = cells(browser.fetch("/exports/rows?form=xlsx&from=2026-11&to=2026-11"));
    let rows = scene.site.national_export();
    assert_eq!(
        sheet.len(),
        1 + rows.iter().filter(|row| row["month"] == "2026-11").count()
    );
    for (row, projection) in sheet[1..]
        .iter()
        .zip(rows.iter().filter(|row| row["month"] == "2026-11"))
    {
        let cell =
            |name: &str| row[sheet[0].iter().position(|column| column == name).unwrap()].as_str();
        assert_eq!(
            (cell("INCIDENT ID"), cell("INCIDENT COUNTY")),
            (
                projection["projection"].as_str().unwrap(),
                projection["admin1"].as_str().unwrap()
            )
        );
    }
    assert!(
        csv.lines().count() > 10 && !csv.contains("SN04211") && !csv.contains(&scene.ids[0]),
        "no code and no incident's id"
    );
}

#[test]
fn files_of_a_hub_name_the_zone_that_their_months_are_of() {
    let site = Site::new();
    let _hub = site.hub(&["--zone", "Asia/Phnom_Penh"]);
    let phone = site.enrolled("phone", "educator");
    // The last of October by UTC, the first of November in Phnom Penh.
    phone.log(&[json!({"reported_at": "2026-10-31T18:00:00Z", "violations": ["hit_push"], "consents": ["hub_response", "national_deid"]})]);
    phone.sync();
    let browser = Browser::start();
    browser.welcome(&site.invite_person("hub", "amina"));
    let csv = text(browser.fetch("/exports/rows?form=hxl&from=2026-11&to=2026-11"));
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows.iter()
            .map(|row| *row.last().unwrap())
            .collect::<Vec<_>>(),
        ["time_zone", "", "Asia/Phnom_Penh"]
    );
    assert_eq!((rows[0][1], rows[2][1]), ("month", "2026-11"));
    let row: serde_json::Value =
        serde_json::from_str(text(browser.fetch("/exports/rows?form=json")).trim()).unwrap();
    assert_eq!(
        (&row["time_zone"], &row["month"]),
        (&json!("Asia/Phnom_Penh"), &json!("2026-11"))
    );
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(browser.fetch("/exports/rows?form=xlsx"))).unwrap();
    assert_eq!(workbook.sheet_names(), ["Incident Data", "About"]);
    let about: Vec<String> = workbook
        .worksheet_range("About")
        .unwrap()
        .rows()
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!(about, ["time_zone", "Asia/Phnom_Penh"]);
}

#[test]
fn a_hubs_workbook_and_its_table_of_people_in_care_hold_what_never_reaches_national() {
    let site = Site::new();
    let _national = site.national();
    let link = site.invite_hub();
    let _hub = site.hub(&["--zone", "Africa/Dakar", "--upstream", &link]);
    let phone = site.enrolled("phone", "educator");
    let incident = json!({
        "reported_at": "2026-10-20T09:00:00Z", "violations": ["rape"], "place": {"area": "SN-DK-01"},
        "survivor": {"code": "SN04211", "age": 22, "gender": "trans_woman", "disability": "physical_disability", "displacement": "idp"},
        "displacement_stage": "during_flight", "reported_elsewhere": "no", "previous_incidents": "yes", "referred_from": "school",
        "wants_legal_action": "undecided", "helped": "on_the_spot",
        "actions": [{"code": "pep_start", "done_at": "2026-10-20T12:00:00Z"}],
        "referrals": [{"service": "shelter", "answer": "unavailable"}],
        "consents": ["hub_response", "national_deid"],
    });
    phone.log(&[incident.clone(), incident]);
    phone.sync();
    let browser = Browser::start();
    browser.welcome(&site.invite_person("hub", "amina"));
    let sheet = cells(browser.fetch("/exports/rows?form=xlsx"));
    assert_eq!(sheet.len(), 3);
    let cell = |row: &[String], name: &str| {
        row[sheet[0].iter().position(|column| column == name).unwrap()].clone()
    };
    for (column, expected) in [
        ("PERSON WITH DISABILITY?", "Physical Disability"),
        ("DISPLACEMENT STATUS AT REPORT", "IDP"),
        ("STAGE OF DISPLACEMENT AT INCIDENT", "During Flight"),
        ("PREVIOUSLY REPORTED THIS INCIDENT?", "No"),
        ("PREVIOUS GBV INCIDENTS?", "Yes"),
        ("REFERRED TO YOU FROM?", "Teacher / School Official"),
        ("WANTS LEGAL ACTION?", "Undecided at Time of Report"),
        ("SAFE HOUSE / SHELTER", "Service unavailable"),
    ] {
        assert_eq!(cell(&sheet[1], column), expected, "{column}");
    }
    let care = |query: &str| text(browser.fetch(&format!("/exports/rows?form=care{query}")));
    let heading = "violence,age_band,gender,people\n";
    assert_eq!(
        care(""),
        format!("{heading}sexual,20-24 years,trans_woman,1\n"),
        "two incidents of one person"
    );
    assert_eq!(care("&from=2026-11&to=2026-11"), heading);

    vicinity_tests::wait::until("both rows at national", || {
        (site.national_export().len() == 2).then_some(())
    });
    let rows = serde_json::to_string(&site.national_export()).unwrap();
    for word in [
        "disab",
        "idp",
        "flight",
        "school",
        "undecided",
        "on_the_spot",
        "unavailable",
    ] {
        assert!(!rows.contains(word), "{word}: {rows}");
    }
}

#[test]
fn counts_go_to_dhis2_from_a_page_and_its_summary_stands_there() {
    let scene = Scene::new();
    scene.logs_a_month_to_publish();
    let dhis2 = Dhis2::without(&["SN_DK"]);
    let browser = scene.at_national();
    browser.run_scripts(false);
    let push = |token: &str, dry: bool| {
        browser.go(&scene.national_page("/exports"));
        browser.fill("#push-url", &dhis2.url);
        browser.fill("#push-token", token);
        if !dry {
            browser.click("#push-dry");
        }
        browser.follow("form[action='/exports/push'] button");
        browser.wait_for("main h2, main p a");
    };
    push(dhis2::TOKEN, true);
    assert!(
        browser.text().contains("Dry run, nothing was stored.") && dhis2.values().is_empty(),
        "{}",
        browser.text()
    );
    browser.run_scripts(true);
    assert_eq!(browser.axe(), Vec::<String>::new());
    browser.run_scripts(false);
    push(dhis2::TOKEN, false);
    let text = browser.text();
    assert!(
        text.contains("DHIS2 did not accept every value")
            && text.contains("SN_DK Organisation unit not found"),
        "{text}"
    );
    assert!(
        !dhis2.values().is_empty() && dhis2.problems().is_empty(),
        "{:?}",
        dhis2.problems()
    );
    assert!(
        !browser.source().contains(dhis2::TOKEN),
        "a token is not shown again"
    );
    push("d2pat_wrong", false);
    assert!(
        browser.text().contains("DHIS2 rejected the token"),
        "{}",
        browser.text()
    );
}
