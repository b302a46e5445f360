//! Where links lead: names and addresses that were given, both kinds of addresses, several at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use support::Site;
use vicinity_server::hub::{self, EnrolLink};
use vicinity_server::network::{Address, Network};
use vicinity_server::store::hub::Role;
use vicinity_server::store::person::Desk;
use vicinity_server::{national, people, tls};

fn named() -> Network {
    Network {
        public: Address::split("hub.example:443,[fd00::7]:7311").unwrap(),
        ..Network::default()
    }
}

#[test]
fn links_of_devices_hubs_and_people_name_what_was_given() {
    let (hub, above) = (Site::hub(), Site::national());
    let mut store = hub.hub_store();
    let (pin, _) = tls::announce(&mut store, &named(), false).unwrap();
    let link = hub::invite(&mut store, &hub.machine(), Role::Educator).unwrap();
    assert!(link.to_text().ends_with(":hub.example:443,[fd00::7]:7311") && link.signs.is_some());
    assert_eq!(
        EnrolLink::parse(&link.to_text()).unwrap().pin,
        pin.map(|pin| pin.0)
    );
    let mut opened = people::open(&hub.data, "hub.db", None, &hub.machine()).unwrap();
    let links = people::invite(
        &mut opened,
        &mut store,
        "amina",
        Desk::Responder,
        &hub.machine(),
    )
    .unwrap();
    assert!(
        links[0].starts_with("https://hub.example/welcome/")
            && links[1].starts_with("https://[fd00::7]:7311/welcome/"),
        "{links:?}"
    );
    let mut store = above.national_store();
    tls::announce(&mut store, &named(), false).unwrap();
    assert!(
        national::invite(&mut store, None, &above.machine())
            .unwrap()
            .to_text()
            .ends_with(":none:hub.example:443,[fd00::7]:7311")
    );
}

#[test]
fn before_plain_http_people_come_by_the_proxy_and_devices_of_this_machine_alone() {
    let hub = Site::hub();
    let mut store = hub.hub_store();
    let network = Network {
        own: Address::split("127.0.0.1:7311").unwrap(),
        ..named()
    };
    tls::announce(&mut store, &network, true).unwrap();
    let link = hub::invite(&mut store, &hub.machine(), Role::Educator).unwrap();
    assert!(link.pin.is_none() && link.addresses == network.own);
    let mut opened = people::open(&hub.data, "hub.db", None, &hub.machine()).unwrap();
    let links = people::invite(
        &mut opened,
        &mut store,
        "amina",
        Desk::Responder,
        &hub.machine(),
    )
    .unwrap();
    assert!(
        links[0].starts_with("https://hub.example/welcome/"),
        "{links:?}"
    );
}

#[test]
fn a_server_that_is_reached_by_no_address_says_what_to_give() {
    let hub = Site::hub();
    let mut store = hub.hub_store();
    tls::announce(&mut store, &Network::default(), false).unwrap();
    let said = hub::invite(&mut store, &hub.machine(), Role::Educator)
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains("--public NAME:PORT"), "{said}");
    let mut opened = people::open(&hub.data, "hub.db", None, &hub.machine()).unwrap();
    let said = people::invite(
        &mut opened,
        &mut store,
        "amina",
        Desk::Responder,
        &hub.machine(),
    )
    .unwrap_err()
    .to_string();
    assert!(said.contains("--public NAME:PORT"), "{said}");
}
