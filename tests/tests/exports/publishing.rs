//! What is counted, and that counts leave only once their month is published.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vicinity_tests::browser::Browser;
use vicinity_tests::site::Site;

use super::{COUNTED, Country, incident};

#[test]
fn an_incident_may_be_counted_without_a_row_and_have_a_row_without_being_counted() {
    let counted = ["hub_response", "aggregate_count"];
    let of = |consents: &[&str]| incident("2026-08", "SN-DK-01", "police", "street", consents);
    let incidents = [vec![of(&counted); 12], vec![of(&COUNTED[..2]); 3]].concat();
    let country = Country::with(&incidents, 3);
    let cell = ("PERPETRATOR", "2026-08".to_owned(), "police".to_owned(), 12);
    assert!(country.shown().contains(&cell));
}

#[test]
fn until_a_month_is_published_tables_and_files_of_counts_say_that_none_is() {
    let site = Site::new();
    let _national = site.national();
    assert!(
        site.national_run("table", &[])
            .done()
            .contains("no month is published")
    );
    for form in ["--dhis2", "--geojson"] {
        let said = site.national_run("export", &[form]).failed();
        assert!(said.contains("no month of these is published"), "{said}");
    }
    let said = site.national_run("publish", &["2026-08", "--yes"]).failed();
    assert!(said.contains("no hub has sent counts of 2026-08"), "{said}");
}

/// Every number of a page's tables, by caption and name: of the rows of sums, and of the columns of a single month.
fn numbers(browser: &Browser) -> BTreeMap<(String, String), u64> {
    let tables = browser.script(
        "return [...document.querySelectorAll('table')].map((table) => [table.caption?.textContent ?? '',
            [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))])",
    );
    let mut numbers = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for table in tables.as_array().unwrap() {
        let caption = text(&table[0]);
        let rows = table[1].as_array().unwrap();
        let mut take = |name: &Value, number: &Value| {
            if let Ok(number) = text(number).parse() {
                numbers.insert((caption.clone(), text(name)), number);
            }
        };
        for row in &rows[1..] {
            take(&row[0], &row[1]);
        }
        for (name, number) in rows[0]
            .as_array()
            .unwrap()
            .iter()
            .zip(rows[1].as_array().unwrap())
        {
            take(name, number);
        }
    }
    numbers
}

/// The differences that once gave planted counts of 1, 2, 3 and 4 on a live picture.
#[test]
fn on_a_live_picture_no_difference_of_codes_that_contain_each_other_gives_a_planted_count() {
    let base = incident("2026-08", "SN-DK-01", "police", "street", &COUNTED[..1]);
    let of = |count: usize, kind: &str, violations: &[&str], gender: &str| {
        let mut one = base.clone();
        one["perpetrators"] = json!([{ "kind": kind }]);
        one["violations"] = json!(violations);
        one["survivor"]["gender"] = gender.into();
        one["consents"] = json!(["hub_response", "aggregate_count"]);
        std::iter::repeat_n(one, count)
    };
    let incidents: Vec<Value> = of(40, "police", &["extortion_bribe"], "woman")
        .chain(of(30, "client", &["healthcare_refused"], "woman"))
        .chain(of(20, "client", &["rape"], "woman"))
        .chain(of(1, "military", &["hit_push"], "woman"))
        .chain(of(2, "client", &["robbery_theft"], "woman"))
        .chain(of(3, "client", &["condoms_confiscated"], "woman"))
        .chain(of(4, "client", &["rape"], "man"))
        .collect();
    let country = Country::with(&incidents, 0);
    let browser = Browser::start();
    browser.welcome(&country.site.invite_person("national", "dara"));
    let page = |view: &str| {
        let address = &country.servers[0].address;
        browser.go(&format!(
            "http://{address}/picture?from=2026-08&to=2026-08&as={view}"
        ));
        numbers(&browser)
    };
    let differences = [
        (
            ("A perpetrator acts for the state", "yes"),
            ("By whom", "police"),
        ),
        (("Harm done", "economic violence"), ("Extortion", "yes")),
        (
            ("Harm done", "violation of rights"),
            ("Health care refused", "yes"),
        ),
        (
            ("Emergency contraception after exposure", "not exposed"),
            ("PEP after exposure", "not exposed"),
        ),
    ];
    let planted = |numbers: &BTreeMap<(String, String), u64>| -> Vec<Option<u64>> {
        let of = |(caption, name): (&str, &str)| {
            numbers.get(&(caption.to_owned(), name.to_owned())).copied()
        };
        differences
            .map(|(whole, part)| Some(of(whole)?.saturating_sub(of(part)?)))
            .into()
    };
    let exact = page("internal");
    assert_eq!(
        planted(&exact),
        [Some(1), Some(2), Some(3), Some(4)],
        "the attack reads the page: {exact:?}"
    );
    let shown = page("published");
    assert!(shown.len() > 5, "something shows: {shown:?}");
    for leaked in planted(&shown).into_iter().flatten() {
        assert!(leaked == 0 || leaked >= 10, "{leaked}: {shown:?}");
    }
}
