//! What the survivor did not agree to does not cross: every byte on the wire is kept and searched.

use serde_json::{Value, json};
use vicinity_core::ids::IncidentId;
use vicinity_sync::message::{Request, SYNC_PATH};
use vicinity_sync::uplink::{self, Report, UPLINK_PATH};
use vicinity_tests::device::Device;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::search::holds;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, redirected};
use vicinity_tests::{database, wait};

/// Stands wherever a text is free. No part of it is a word that the program knows.
const MARKER: &str = "zqxj";

/// An incident with the marker in every place that takes one: unknown fields and codes, notes, codes of people, texts.
fn marked(name: &str, consents: &[&str]) -> Value {
    let marker = format!("{MARKER}_{name}");
    let consents: Vec<Value> =
        consents.iter().map(|scope| json!({"scope": scope, "state": "granted", "by": marker, "method": marker, "language": marker})).collect();
    json!({
        "incident": {
            "reported_at": "2026-10-05T09:00:00Z", "occurred": {"at": "2026-10-04T22:10", "precision": "hour"},
            "place": {"setting": marker, "area": format!("SN-DK-{marker}")}, "channel": marker, "reporter": marker, "reporter_role": marker,
            "survivor": {"code": format!("{marker} code"), "age": 24, "gender": marker, "populations": ["fsw", marker]},
            "violations": ["robbery_theft", marker], "motives": [marker], "needs": [marker, "shelter"],
            "perpetrators": [{"kind": marker, "sex": marker, "note": marker}],
            "consents": consents, "statements": [{"class": "narrative", "text": format!("{marker} told")}, {"class": marker, "text": marker}],
            marker.clone(): marker, "newer": {"by": marker},
        },
        "edits": [
            {"action": {"code": marker, "outcome": marker, "by": marker, "done_at": "2026-10-05T10:00:00Z"}},
            {"referral": {"service": marker, "partner": marker, "state": "sent", "at": "2026-10-05T10:00:00Z"}},
            {"transition": {"to": "responding", "at": "2026-10-05T10:00:00Z", "reason": marker}},
            {"followup": {"due_at": "2026-10-19T10:00:00Z", "outcome": marker}},
        ],
    })
}

/// Everything a hub reported to national.
fn reported(proxy: &Proxy) -> Vec<Report> {
    proxy
        .bodies(UPLINK_PATH)
        .iter()
        .map(|body| uplink::decode(body).unwrap())
        .collect()
}

fn assert_nothing_of(bytes: &[u8], ids: &[String]) {
    assert!(
        !holds(&bytes.to_ascii_lowercase(), MARKER),
        "a marker crossed"
    );
    for id in ids {
        let raw: IncidentId = id.parse().unwrap();
        assert!(
            !holds(bytes, id)
                && !holds(bytes, id.replace('-', ""))
                && !holds(bytes, raw.as_bytes()),
            "an incident's id crossed"
        );
    }
}

struct Country {
    site: Site,
    national: Server,
    proxy: Proxy,
    _hub: Server,
    device: Device,
}

impl Country {
    fn new() -> Self {
        let site = Site::new();
        let national = site.national();
        let proxy = Proxy::start(&national.address);
        let hub = site.hub(&[
            "--upstream",
            &redirected(&site.invite_hub(), &proxy.address),
        ]);
        let device = site.enrolled("phone", "educator");
        Self {
            site,
            national,
            proxy,
            _hub: hub,
            device,
        }
    }

    /// Waits until national holds this number of projections.
    #[track_caller]
    fn national_holds(&self, count: usize) -> Vec<Value> {
        wait::until("national's projections", || {
            Some(self.site.national_export()).filter(|rows| rows.len() == count)
        })
    }
}

#[test]
fn a_list_says_what_stays_here_for_want_of_consent() {
    let (site, _hub) = Site::with_hub();
    let phone = site.enrolled("phone", "educator");
    phone.log(&[
        json!({"reported_at": "2026-10-05T09:00:00Z"}),
        json!({"reported_at": "2026-10-05T09:00:00Z", "consents": ["hub_response"]}),
    ]);
    phone.sync();
    assert!(
        phone
            .run(&["list"])
            .done()
            .contains("1 without consent to hub_response")
    );
}

#[test]
fn nothing_reaches_national_but_what_consent_and_the_gate_let_through() {
    let country = Country::new();
    let (device, site) = (&country.device, &country.site);
    let withheld = ["hub_response", "aggregate_count", "advocacy_story"];
    let shared = ["hub_response", "national_deid", "aggregate_count"];
    let mut ids = device.log(&[
        marked("withheld", &withheld),
        marked("shared", &shared),
        marked("alone", &["national_deid", "aggregate_count"]),
    ]);
    ids.extend(
        device.log(
            &(0..30)
                .map(|at| marked(&format!("many{at}"), &withheld))
                .collect::<Vec<_>>(),
        ),
    );
    device.sync();
    assert_eq!(
        site.hub_export().len(),
        32,
        "one has no consent to leave the phone"
    );
    assert!(
        site.hub_export()
            .iter()
            .all(|incident| incident.to_string().contains(MARKER))
    );
    let rows = country.national_holds(1);
    assert!(!rows[0].to_string().contains(MARKER), "{}", rows[0]);
    assert_eq!(
        (&rows[0]["admin1"], &rows[0]["age_band"]),
        (&json!("SN-DK"), &json!("18-24"))
    );
    assert_eq!(
        rows[0]["violations"],
        json!(["other_unlisted", "robbery_theft"])
    );

    // It continues: an edit of each, and a contact after it.
    for id in &ids[..2] {
        device.edit(id, &json!([{"action": {"code": "shelter", "done_at": "2026-10-06T10:00:00Z"}}, {"statement": {"class": "narrative", "text": MARKER}}]));
    }
    device.sync();
    wait::until("the edit at national", || {
        let row = &country.national_holds(1)[0];
        let actions = row["actions"].as_array()?;
        actions.contains(&json!("shelter")).then_some(())
    });

    let (bytes, reports) = (country.proxy.opened(), reported(&country.proxy));
    let rows: Vec<_> = reports.iter().flat_map(|report| &report.rows).collect();
    assert!(
        rows.iter().any(|row| row
            .json
            .as_ref()
            .is_some_and(|json| json.contains("robbery_theft"))),
        "the search would find what did cross"
    );
    assert!(
        rows.iter()
            .all(|row| row.projection() == rows[0].projection()),
        "more than one incident crossed"
    );
    assert!(holds(&bytes, "robbery_theft"));
    assert_nothing_of(&bytes, &ids);
    let csv = site.national_run("export", &["--csv"]).done();
    assert_eq!(csv.lines().count(), 2);
    assert!(!csv.contains(MARKER));
}

#[test]
fn a_withdrawal_takes_the_projection_out_of_national_and_out_of_its_file() {
    let country = Country::new();
    let (device, site) = (&country.device, &country.site);
    // A month and an area that no other incident has.
    let mut incident = marked(
        "withdrawn",
        &["hub_response", "national_deid", "aggregate_count"],
    )["incident"]
        .clone();
    incident["occurred"] = json!({"at": "2019-02-03T10:00", "precision": "exact"});
    incident["place"]["area"] = "KG-QQX-01".into();
    let mut others: Vec<Value> = (0..20)
        .map(|at| marked(&format!("other{at}"), &["hub_response", "national_deid"]))
        .collect();
    others.insert(10, incident);
    let ids = device.log(&others);
    device.sync();
    let rows = country.national_holds(21);
    let gone = rows.iter().find(|row| row["month"] == "2019-02").unwrap()["projection"].clone();
    let folder = site.path("national");
    assert!(
        holds(&database::bytes(&folder), "KG-QQX"),
        "the search finds what is there"
    );

    device.edit(
        &ids[10],
        &json!([{"consent": {"scope": "national_deid", "state": "withdrawn"}}]),
    );
    device.sync();
    let rows = country.national_holds(20);
    assert!(rows.iter().all(|row| row["projection"] != gone));
    assert!(
        !site
            .national_run("export", &["--csv"])
            .done()
            .contains("2019-02")
    );
    assert!(
        !site
            .national_run("table", &["--by", "admin1", "--json"])
            .done()
            .contains("KG-QQX")
    );
    let asked = site
        .national_run("ask", &[gone.as_str().unwrap(), "verify_date"])
        .failed();
    assert!(asked.contains("no such projection"), "{asked}");

    let Country {
        site,
        national,
        proxy,
        ..
    } = country;
    let reports = reported(&proxy);
    let retract = reports
        .iter()
        .flat_map(|report| &report.rows)
        .last()
        .unwrap();
    assert_eq!(
        (retract.projection().to_string().as_str(), &retract.json),
        (gone.as_str().unwrap(), &None)
    );
    drop(national);
    let bytes = database::bytes(&site.path("national"));
    for trace in ["KG-QQX", "2019-02", "2019-W05"] {
        assert!(!holds(&bytes, trace), "national's file still holds {trace}");
    }
}

/// The incidents of which a device pushed changes.
fn pushed(proxy: &Proxy) -> Vec<String> {
    let requests = proxy
        .bodies(SYNC_PATH)
        .into_iter()
        .map(|body| Request::decode(&body).unwrap());
    requests
        .flat_map(|request| request.push)
        .map(|group| group.incident.to_string())
        .collect()
}

#[test]
fn an_incident_stays_on_the_phone_until_an_edit_grants_that_it_may_leave() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let device = site.enrolled_through("phone", "educator", &proxy.address);
    let kept = device
        .log(&[marked("kept", &["national_deid", "aggregate_count"])])
        .remove(0);
    let sent = device.log(&[json!({"reported_at": "2026-10-05T09:00:00Z", "violations": ["eviction"], "consents": ["hub_response"]})]).remove(0);
    device.edit(
        &kept,
        &json!([{"action": {"code": "shelter", "by": MARKER}}]),
    );
    for _ in 0..2 {
        assert_eq!(device.sync()["pending"], 0);
    }
    assert_eq!(pushed(&proxy), [sent]);
    let bytes = proxy.opened();
    assert!(holds(&bytes, "eviction"));
    assert_nothing_of(&bytes, std::slice::from_ref(&kept));
    assert_eq!((device.ids().len(), site.hub_export().len()), (2, 1));

    device.edit(
        &kept,
        &json!([{"consent": {"scope": "hub_response", "state": "granted"}}]),
    );
    device.sync();
    assert_eq!(pushed(&proxy).last(), Some(&kept));
    let bytes = proxy.opened();
    assert!(holds(&bytes, MARKER));
    assert!(
        !holds(&bytes, format!("{MARKER}_kept code")),
        "a survivor's code is only ever sent hashed"
    );
    assert!(
        !holds(&bytes, format!("{MARKER}_kept told")),
        "a statement's text stays on the phone"
    );
    assert_eq!(site.hub_export().len(), 2);
}
