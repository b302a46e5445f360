//! Who may speak to a hub.

use std::path::Path;

use vicinity_core::ids::ORDINAL_MAX;
use vicinity_store::hub::{HubStore, INVITE_SECONDS, LIVES_MAX, PeerRefused, Role};

use super::stage::{Hub, device_id};
use crate::person::{now, now_plus};

const CODE: [u8; 32] = [9; 32];
const SECRET: [u8; 32] = [5; 32];

/// Its answer may have been lost.
pub fn a_code_enrols_one_device_and_gives_it_the_same_answer_again<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    hub.store
        .invite(CODE, Role::Responder, now_plus(600))
        .expect("an invitation");
    let first = hub
        .store
        .enrol(CODE, device_id(1), SECRET, now())
        .expect("an answer")
        .expect("a peer");
    assert_eq!((first.number, first.role), (1, Role::Responder));
    assert_eq!(
        hub.store
            .enrol(CODE, device_id(1), SECRET, now_plus(60))
            .expect("an answer"),
        Some(first)
    );
    assert_eq!(
        hub.store
            .enrol(CODE, device_id(2), SECRET, now())
            .expect("an answer"),
        None
    );
    let credentials = hub
        .store
        .credentials(device_id(1))
        .expect("an answer")
        .expect("credentials");
    assert_eq!(
        (credentials.public_key, credentials.revoked),
        (SECRET, false)
    );
    assert!(
        hub.store
            .credentials(device_id(2))
            .expect("an answer")
            .is_none()
    );
    assert_eq!(hub.store.counts().expect("counts").devices, 1);
}

/// People know whose phone it is, not its number.
pub fn a_device_is_called_what_its_invitation_says_until_somebody_changes_it<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let code = |number: u8| [number; 32];
    for number in [1, 2] {
        hub.store
            .invite(code(number), Role::Educator, now_plus(600))
            .expect("an invitation");
    }
    hub.store
        .name_invited(code(1), "Amina's phone")
        .expect("a name");
    for number in [1, 2] {
        hub.store
            .enrol(code(number), device_id(number), SECRET, now())
            .expect("an answer")
            .expect("a peer");
    }
    let names = |hub: &mut Hub<S>| {
        hub.store
            .devices()
            .expect("devices")
            .into_iter()
            .map(|row| row.name)
            .collect::<Vec<_>>()
    };
    let amina = || Some("Amina's phone".to_owned());
    assert_eq!(names(&mut hub), [amina(), None]);
    hub.store
        .name_invited(code(2), "too late")
        .expect("an answer");
    assert!(hub.store.name_device(2, "Bintou").expect("an answer"));
    assert!(!hub.store.name_device(3, "nobody").expect("an answer"));
    assert_eq!(names(&mut hub), [amina(), Some("Bintou".to_owned())]);
    // Enrolled again without a name it keeps the one that it has.
    hub.store
        .invite(code(3), Role::Educator, now_plus(600))
        .expect("an invitation");
    hub.store
        .enrol(code(3), device_id(1), SECRET, now())
        .expect("an answer")
        .expect("a peer");
    assert!(hub.store.name_device(2, "").expect("an answer"));
    assert_eq!(names(&mut hub), [amina(), None]);
}

/// A photographed code is worth nothing ten minutes later.
pub fn an_expired_or_unknown_code_enrols_nobody<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    hub.store
        .invite(CODE, Role::Educator, now_plus(600))
        .expect("an invitation");
    assert_eq!(
        hub.store
            .enrol(CODE, device_id(1), SECRET, now_plus(600))
            .expect("an answer"),
        None
    );
    assert_eq!(
        hub.store
            .enrol([8; 32], device_id(1), SECRET, now())
            .expect("an answer"),
        None
    );
    assert!(hub.store.devices().expect("devices").is_empty());
    assert!(
        hub.store
            .enrol(CODE, device_id(1), SECRET, now_plus(599))
            .expect("an answer")
            .is_some()
    );
}

/// It was made while the hub's clock was a year ahead.
pub fn a_code_that_a_clock_ahead_made_is_good_for_ten_minutes_from_the_first_look<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let year = 365 * 86_400;
    let mut hub = Hub::new(make);
    hub.store
        .invite(CODE, Role::Educator, now_plus(year + INVITE_SECONDS))
        .expect("an invitation");
    hub.store
        .invite([8; 32], Role::Educator, now_plus(INVITE_SECONDS))
        .expect("an invitation");
    assert_eq!(
        (
            hub.store.cut_invites(now()).expect("an answer"),
            hub.store.cut_invites(now()).expect("an answer")
        ),
        (1, 0)
    );
    assert_eq!(
        hub.store
            .enrol(CODE, device_id(1), SECRET, now_plus(INVITE_SECONDS))
            .expect("an answer"),
        None
    );
    hub.store
        .invite([7; 32], Role::Educator, now_plus(year))
        .expect("an invitation");
    assert_eq!(
        hub.store
            .enrol([6; 32], device_id(1), SECRET, now())
            .expect("an answer"),
        None,
        "any try is a look"
    );
    assert_eq!(
        hub.store
            .enrol([7; 32], device_id(1), SECRET, now_plus(INVITE_SECONDS))
            .expect("an answer"),
        None
    );
    assert!(
        hub.store
            .enrol([8; 32], device_id(1), SECRET, now_plus(INVITE_SECONDS - 1))
            .expect("an answer")
            .is_some()
    );
}

/// What it wrote stays its own.
pub fn a_device_that_enrols_anew_keeps_its_number_and_takes_its_new_role<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let before = hub.enrols(Role::Educator);
    hub.store
        .invite(CODE, Role::Responder, now_plus(600))
        .expect("an invitation");
    let after = hub
        .store
        .enrol(CODE, device_id(1), SECRET, now())
        .expect("an answer")
        .expect("a peer");
    assert_eq!((after.number, after.role), (before.number, Role::Responder));
    let let_in = hub
        .store
        .let_in(device_id(1), 1, 1, now())
        .expect("an answer")
        .expect("let in");
    assert_eq!(
        (let_in.number, let_in.role),
        (before.number, Role::Responder)
    );
    assert_eq!(
        hub.store
            .credentials(device_id(1))
            .expect("an answer")
            .map(|credentials| credentials.public_key),
        Some(SECRET)
    );
}

/// A replay, and a phone that was restored or cloned: it starts a new life, and the old one may still go on.
pub fn a_counter_must_rise_within_a_life_and_lives_count_apart<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    hub.enrols(Role::Educator);
    let (life, other_life) = (0x8000_0000_0000_0001, 3);
    let mut let_in = |life: u64, counter: u64| {
        hub.store
            .let_in(device_id(1), life, counter, now())
            .expect("an answer")
            .map(|peer| peer.incarnation)
    };
    assert_eq!(let_in(life, 5), Ok(life));
    assert_eq!(let_in(life, 5), Err(PeerRefused::Replayed));
    assert_eq!(let_in(life, 4), Err(PeerRefused::RolledBack));
    assert_eq!(let_in(other_life, 1), Ok(other_life));
    assert_eq!(let_in(life, 6), Ok(life));
    assert_eq!(let_in(other_life, 1), Err(PeerRefused::Replayed));
    assert_eq!(let_in(other_life, 100), Ok(other_life));
}

/// In a signed column they would be below everything else: 5 would be taken after 2^64-1.
pub fn a_counter_from_two_to_the_63rd_is_refused_and_moves_nothing<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    hub.enrols(Role::Educator);
    let mut let_in = |counter: u64| {
        hub.store
            .let_in(device_id(1), 1, counter, now())
            .expect("an answer")
            .map(|peer| peer.incarnation)
    };
    assert_eq!(
        (let_in(4), let_in(u64::MAX), let_in(ORDINAL_MAX + 1)),
        (Ok(1), Err(PeerRefused::TooHigh), Err(PeerRefused::TooHigh))
    );
    assert_eq!((let_in(5), let_in(ORDINAL_MAX)), (Ok(1), Ok(1)));
    assert_eq!(
        (let_in(5), let_in(u64::MAX)),
        (Err(PeerRefused::RolledBack), Err(PeerRefused::TooHigh))
    );
    let (_, heard) = hub
        .store
        .heard(device_id(1), 1)
        .expect("an answer")
        .expect("a device");
    assert_eq!(heard, ORDINAL_MAX);
}

/// A stolen phone would else make the hub keep a row for each of its requests.
pub fn a_device_has_so_many_lives_and_the_old_ones_go_on<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    hub.enrols(Role::Educator);
    let mut let_in = |life: u64, counter: u64| {
        hub.store
            .let_in(device_id(1), life, counter, now())
            .expect("an answer")
            .map(|peer| peer.incarnation)
    };
    for life in 1..=u64::from(LIVES_MAX) {
        assert_eq!(let_in(life, 1), Ok(life));
    }
    assert_eq!(let_in(u64::MAX, 1), Err(PeerRefused::TooManyLives));
    assert_eq!(
        (let_in(1, 2), let_in(2, 1)),
        (Ok(1), Err(PeerRefused::Replayed))
    );
}

/// Whatever it brings.
pub fn a_device_that_never_enrolled_is_unknown<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    assert_eq!(
        hub.store
            .let_in(device_id(1), 1, 1, now())
            .expect("an answer"),
        Err(PeerRefused::Unknown)
    );
}

/// A bundle may come late: it is known without being let in.
pub fn asking_what_was_heard_of_a_life_changes_nothing<S: HubStore>(make: impl Fn(&Path) -> S) {
    let mut hub = Hub::new(make);
    assert_eq!(
        hub.store.heard(device_id(1), 7).expect("an answer"),
        Err(PeerRefused::Unknown)
    );
    let peer = hub.enrols(Role::Educator);
    let life = 0x8000_0000_0000_0007;
    let of = |life| vicinity_store::hub::Peer {
        incarnation: life,
        ..peer
    };
    assert_eq!(
        hub.store.heard(device_id(1), life).expect("an answer"),
        Ok((of(life), 0))
    );
    assert!(
        hub.store
            .let_in(device_id(1), life, 9, now())
            .expect("an answer")
            .is_ok()
    );
    for _ in 0..2 {
        assert_eq!(
            hub.store.heard(device_id(1), life).expect("an answer"),
            Ok((of(life), 9))
        );
        assert_eq!(
            hub.store.heard(device_id(1), 3).expect("an answer"),
            Ok((of(3), 0))
        );
    }
    assert_eq!(
        hub.store.devices().expect("devices")[0].last_seen,
        Some(now())
    );
    assert!(
        hub.store
            .let_in(device_id(1), 3, 1, now())
            .expect("an answer")
            .is_ok()
    );
    assert!(hub.store.revoke(peer.number, now()).expect("an answer"));
    assert_eq!(
        hub.store.heard(device_id(1), life).expect("an answer"),
        Err(PeerRefused::Revoked)
    );
}

/// Last contact by the hub's clock, skew as estimated.
pub fn devices_are_listed_with_what_is_known_of_their_clocks<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let ada = hub.enrols(Role::Educator);
    hub.enrols(Role::Responder);
    hub.store
        .let_in(device_id(1), 1, 1, now_plus(30))
        .expect("an answer")
        .expect("let in");
    hub.store
        .note_skew(&ada, Some(-7200), now_plus(30))
        .expect("a note");
    let devices = hub.store.devices().expect("devices");
    assert_eq!(
        devices
            .iter()
            .map(|row| (row.number, row.device, row.role))
            .collect::<Vec<_>>(),
        [
            (1, device_id(1), Role::Educator),
            (2, device_id(2), Role::Responder)
        ]
    );
    assert_eq!(
        (
            devices[0].last_seen,
            devices[0].skew_seconds,
            devices[0].revoked
        ),
        (Some(now_plus(30)), Some(-7200), false)
    );
    assert_eq!(
        (devices[1].last_seen, devices[1].skew_seconds),
        (None, None)
    );
}

/// A stolen phone: whatever code somebody has, it stays out.
pub fn a_revoked_device_is_not_let_in_and_cannot_enrol_again<S: HubStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut hub = Hub::new(make);
    let (lost, _) = (hub.enrols(Role::Educator), hub.enrols(Role::Educator));
    assert!(hub.store.revoke(lost.number, now()).expect("an answer"));
    assert!(
        hub.store
            .revoke(lost.number, now_plus(5))
            .expect("an answer"),
        "twice does no harm"
    );
    assert!(!hub.store.revoke(17, now()).expect("an answer"));
    assert_eq!(
        hub.store
            .let_in(device_id(1), 1, 1, now())
            .expect("an answer"),
        Err(PeerRefused::Revoked)
    );
    assert!(
        hub.store
            .let_in(device_id(2), 1, 1, now())
            .expect("an answer")
            .is_ok()
    );
    hub.store
        .invite(CODE, Role::Responder, now_plus(600))
        .expect("an invitation");
    assert_eq!(
        hub.store
            .enrol(CODE, device_id(1), SECRET, now())
            .expect("an answer"),
        None
    );
    assert!(
        hub.store
            .credentials(device_id(1))
            .expect("an answer")
            .expect("credentials")
            .revoked
    );
    assert_eq!(
        hub.store
            .devices()
            .expect("devices")
            .iter()
            .map(|row| row.revoked)
            .collect::<Vec<_>>(),
        [true, false]
    );
}
