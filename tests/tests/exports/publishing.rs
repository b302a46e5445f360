//! What is counted, and that counts leave only once their month is published.

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
