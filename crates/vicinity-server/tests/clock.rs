//! Servers whose clock is wrong for a while.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use serde_json::{Value, json};
use support::Site;
use vicinity_core::alert::Alert;
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_server::clock::Clock;
use vicinity_server::sqlite::SqliteHub;
use vicinity_server::store::alert::{HubAlerts, NationalAlerts};
use vicinity_server::store::board::BoardStore;
use vicinity_server::store::hub::{HubStore, Peer, Role};
use vicinity_server::store::national::NationalStore;
use vicinity_server::store::review::ReviewStore;
use vicinity_server::store::statement::{BlobPiece, BlobState, HubStatements};
use vicinity_server::upkeep;

const DAY: i64 = 86_400;
const NOTICE: &str = "clock may be wrong";

fn alert(site: &Site, days: i64) -> Alert {
    Alert {
        id: [1; 16],
        area: "SN-DK".to_owned(),
        text: "a white van".to_owned(),
        ends: site.now().as_second() + days * DAY,
    }
}

fn device(store: &mut SqliteHub, site: &Site) -> Peer {
    store
        .invite(
            [9; 32],
            Role::Responder,
            site.now() + vicinity_core::time::SignedDuration::from_secs(60),
        )
        .unwrap();
    store
        .enrol([9; 32], DeviceId::from_random([9; 16]), [9; 32], site.now())
        .unwrap()
        .unwrap()
}

fn log(store: &mut SqliteHub, site: &Site, peer: &Peer, incident: &Value) {
    let now = site.now();
    let (_, authored) = Document::create_and_edit(
        &Draft::parse(incident, now).unwrap(),
        &[],
        Authoring { actor: [4; 8], now },
    )
    .unwrap();
    let changes = authored
        .chunks
        .into_iter()
        .map(|chunk| GroupChange { chunk, by: 0 })
        .collect();
    store
        .accept(
            peer,
            None,
            &[Group {
                incident: IncidentId::from_random([4; 16]),
                relayed: false,
                changes,
            }],
            now,
            &mut site.machine(),
        )
        .unwrap();
}

/// What the hub holds that time ends: rows that say something, alerts that are active, pieces of a batch.
fn held(store: &mut SqliteHub, site: &Site, peer: &Peer) -> (usize, usize, bool) {
    let rows = store
        .unsent_projections(9)
        .unwrap()
        .into_iter()
        .filter(|row| row.json.is_some())
        .count();
    let piece = BlobPiece {
        hash: [5; 32],
        total: 9,
        offset: 0,
        bytes: &[],
    };
    let state = store.take_piece(peer, &piece, 1 << 20, site.now()).unwrap();
    (
        rows,
        store.alerts(site.now()).unwrap().0.len(),
        state == BlobState::Held(4),
    )
}

#[test]
fn a_clock_that_is_a_hundred_days_ahead_for_a_while_costs_a_hub_nothing() {
    let site = Site::hub();
    let mut store = site.hub_store();
    let clock = Clock::open::<dyn BoardStore>(&mut store, &site.machine()).unwrap();
    let peer = device(&mut store, &site);
    let ends = (site.now() + vicinity_core::time::SignedDuration::from_hours(24)).to_string();
    let incident = json!({"reported_at": site.now().to_string(), "violations": ["rape"],
        "consents": ["hub_response", {"scope": "national_deid", "expires_at": ends}]});
    log(&mut store, &site, &peer, &incident);
    store
        .publish_alert(&alert(&site, 10), 9, site.now())
        .unwrap();
    store
        .take_piece(
            &peer,
            &BlobPiece {
                hash: [5; 32],
                total: 9,
                offset: 0,
                bytes: &[1; 4],
            },
            1 << 20,
            site.now(),
        )
        .unwrap();
    let shown = std::sync::Mutex::new(vicinity_core::time::TimeZone::UTC);
    let keep_up = |store: &mut SqliteHub| {
        while upkeep::of_hub(store, &clock, &shown, &mut site.machine()).unwrap() > 0 {}
    };
    keep_up(&mut store);
    assert_eq!(held(&mut store, &site, &peer), (1, 1, true));

    site.set_clock_ahead(100 * DAY);
    keep_up(&mut store);
    assert_eq!(
        held(&mut store, &site, &peer),
        (0, 0, true),
        "withheld at once, and nothing is deleted"
    );
    site.set_clock_ahead(-100 * DAY);
    keep_up(&mut store);
    assert_eq!(
        held(&mut store, &site, &peer),
        (1, 1, true),
        "and all is there again"
    );

    site.set_clock_ahead(100 * DAY);
    clock.confirm::<dyn BoardStore>(&mut store).unwrap();
    keep_up(&mut store);
    site.set_clock_ahead(-100 * DAY);
    assert_eq!(
        held(&mut store, &site, &peer),
        (0, 0, false),
        "a person said that the clock is right"
    );
}

#[test]
fn national_forgets_no_alert_by_a_clock_in_doubt() {
    let site = Site::national();
    let mut store = site.national_store();
    let clock = Clock::open::<dyn ReviewStore>(&mut store, &site.machine()).unwrap();
    store
        .invite(
            [1; 32],
            Role::Hub,
            site.now() + vicinity_core::time::SignedDuration::from_secs(60),
        )
        .unwrap();
    let hub = store
        .enrol([1; 32], DeviceId::from_random([1; 16]), [1; 32], site.now())
        .unwrap()
        .unwrap();
    store.set_alerts(hub, &[alert(&site, 10)]).unwrap();
    site.set_clock_ahead(100 * DAY);
    upkeep::of_national(&mut store, &clock).unwrap();
    assert_eq!(
        store.alerts_of(hub, site.now()).unwrap(),
        [],
        "it is not told any more"
    );
    site.set_clock_ahead(-100 * DAY);
    upkeep::of_national(&mut store, &clock).unwrap();
    assert_eq!(store.alerts_of(hub, site.now()).unwrap().len(), 1);
    site.set_clock_ahead(100 * DAY);
    clock.confirm::<dyn ReviewStore>(&mut store).unwrap();
    upkeep::of_national(&mut store, &clock).unwrap();
    site.set_clock_ahead(-100 * DAY);
    assert_eq!(store.alerts_of(hub, site.now()).unwrap(), []);
}

#[test]
fn every_page_says_that_the_clock_may_be_wrong_until_it_is_right_or_a_person_confirms_it() {
    for site in [Site::hub(), Site::national()] {
        let mut visitor = site.signed_in("amina");
        assert!(!visitor.get("/").body.contains(NOTICE));
        site.set_clock_ahead(-3 * DAY);
        for path in ["/", "/advocacy", "/settings"] {
            let page = visitor.get(path).body;
            assert!(
                page.contains(NOTICE) && page.contains("3 days earlier"),
                "{path}"
            );
        }
        site.set_clock_ahead(3 * DAY);
        assert!(!visitor.get("/").body.contains(NOTICE), "right again");

        site.set_clock_ahead(-3 * DAY);
        assert_eq!(visitor.post("/clock", &[]).status, 422);
        let answer = visitor.post("/clock", &[("sure", "yes")]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/?done=clock"))
        );
        assert!(!visitor.get("/").body.contains(NOTICE), "confirmed");
        site.set_clock_ahead(100 * DAY);
        let page = support::Visitor::new(&site.address).get("/sign-in").body;
        assert!(
            page.contains(NOTICE) && page.contains("six-digit codes") && !page.contains("/clock"),
            "whoever cannot sign in learns why"
        );
    }
}

#[test]
fn no_quarter_is_handed_on_that_only_a_clock_in_doubt_has_closed() {
    let site = Site::hub();
    site.set_clock_ahead(200 * DAY);
    let mut visitor = site.signed_in("amina");
    let report = "/report?for=others&quarter=2027-Q1";
    assert_eq!(
        (
            visitor.get(report).status,
            visitor.get("/report?for=others&quarter=2026-Q3").status
        ),
        (422, 200)
    );
    assert_eq!(visitor.post("/clock", &[("sure", "yes")]).status, 303);
    assert_eq!(visitor.get(report).status, 200);
}

#[test]
fn what_is_confirmed_at_the_command_line_a_server_that_starts_takes_and_so_it_does_what_was_in_doubt()
 {
    let mut site = Site::hub();
    site.wait(60);
    site.restart();
    assert!(
        !support::Visitor::new(&site.address)
            .get("/sign-in")
            .body
            .contains(NOTICE)
    );
    site.set_clock_ahead(8 * DAY);
    site.restart();
    assert!(
        support::Visitor::new(&site.address)
            .get("/sign-in")
            .body
            .contains(NOTICE),
        "more than a week"
    );
    vicinity_server::storage::clock_record::confirm_beside::<dyn BoardStore>(
        &mut site.hub_store(),
        &site.machine(),
    )
    .unwrap();
    site.restart();
    assert!(
        !support::Visitor::new(&site.address)
            .get("/sign-in")
            .body
            .contains(NOTICE)
    );
}
