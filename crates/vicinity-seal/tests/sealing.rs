//! Who reads a sealed statement, and who does not.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Hub, address, random};
use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::KeySet;
use vicinity_seal::seal::{
    Address, OpenError, STATEMENT_MAX_BYTES, SealError, Sealed, WRAPPED_KEY_BYTES, open, seal,
};
use vicinity_seal::wrap::{RewrapError, WRAP_MAX_BYTES, Wrap, rewrap};

const STATEMENT: &[u8] =
    "They came at night, four men in uniform. Я видела их лица. I would know the voice again."
        .as_bytes();

#[test]
fn each_responder_and_the_recovery_key_open_and_an_outsider_does_not() {
    let hub = Hub::of(3);
    let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(1)).unwrap();
    for opener in hub.openers() {
        assert_eq!(
            **open(opener, &wrap, &sealed[0], &address("a")).unwrap(),
            *STATEMENT
        );
    }
    assert_eq!(
        open(&Opener::generate(), &wrap, &sealed[0], &address("a")),
        Err(OpenError::NotForUs)
    );
}

#[test]
fn a_key_that_was_written_down_opens() {
    let hub = Hub::of(1);
    let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(1)).unwrap();
    let paper = Opener::from_secret_string(&hub.recovery.to_secret_string()).unwrap();
    assert_eq!(
        **open(&paper, &wrap, &sealed[0], &address("a")).unwrap(),
        *STATEMENT
    );
}

#[test]
fn what_the_hub_stores_contains_no_part_of_a_statement() {
    let hub = Hub::of(2);
    let long = STATEMENT.repeat(40);
    let (wrap, sealed) = seal(
        &[(address("a"), STATEMENT), (address("b"), &long)],
        &hub.keys,
        &mut random(2),
    )
    .unwrap();
    let view = [wrap.encode(), sealed[0].encode(), sealed[1].encode()].concat();
    for part in STATEMENT.windows(8) {
        assert!(!view.windows(8).any(|window| window == part));
    }
    assert!(!format!("{wrap:?}{sealed:?}").contains("night"));
}

#[test]
fn another_address_is_refused() {
    let hub = Hub::of(1);
    let ours = Address {
        entry: "ab".to_owned(),
        class: "c".to_owned(),
        ..address("")
    };
    let (wrap, sealed) = seal(&[(ours.clone(), STATEMENT)], &hub.keys, &mut random(3)).unwrap();
    let others = [
        Address {
            incident: [8; 16],
            ..ours.clone()
        },
        Address {
            entry: "ac".to_owned(),
            ..ours.clone()
        },
        Address {
            entry: "a".to_owned(),
            class: "bc".to_owned(),
            ..ours.clone()
        },
        Address {
            class: "d".to_owned(),
            ..ours.clone()
        },
        Address {
            version: 2,
            ..ours.clone()
        },
    ];
    for other in others {
        assert_eq!(
            open(&hub.recovery, &wrap, &sealed[0], &other),
            Err(OpenError::Damaged)
        );
    }
    assert!(open(&hub.recovery, &wrap, &sealed[0], &ours).is_ok());
}

#[test]
fn parts_of_two_statements_do_not_go_together() {
    let hub = Hub::of(1);
    let two = [(address("a"), STATEMENT), (address("b"), STATEMENT)];
    let (wrap, mut sealed) = seal(&two, &hub.keys, &mut random(4)).unwrap();
    let (other_wrap, other) = seal(&two, &hub.keys, &mut random(5)).unwrap();
    let opener = &hub.responders[0];
    let mixed = Sealed {
        wrapped_key: other[0].wrapped_key,
        ..sealed[0].clone()
    };
    assert_eq!(
        open(opener, &wrap, &mixed, &address("a")),
        Err(OpenError::Damaged),
        "the key of another batch"
    );
    assert_eq!(
        open(opener, &other_wrap, &sealed[0], &address("a")),
        Err(OpenError::Damaged),
        "another batch's wrap"
    );
    let renamed = Wrap {
        id: wrap.id,
        ..other_wrap
    };
    assert_eq!(
        open(opener, &renamed, &sealed[0], &address("a")),
        Err(OpenError::Damaged),
        "another batch's wrap under this id"
    );
    let (left, right) = sealed.split_at_mut(1);
    core::mem::swap(&mut left[0].wrapped_key, &mut right[0].wrapped_key);
    for (sealed, entry) in sealed.iter().zip(["a", "b"]) {
        assert_eq!(
            open(opener, &wrap, sealed, &address(entry)),
            Err(OpenError::Damaged),
            "swapped keys"
        );
    }
    let body = Sealed {
        body: other[0].body.clone(),
        ..sealed[0].clone()
    };
    assert_eq!(
        open(opener, &wrap, &body, &address("a")),
        Err(OpenError::Damaged),
        "another body"
    );
}

#[test]
fn erasing_one_statement_leaves_the_others() {
    let hub = Hub::of(1);
    let (wrap, mut sealed) = seal(
        &[(address("a"), STATEMENT), (address("b"), b"other")],
        &hub.keys,
        &mut random(6),
    )
    .unwrap();
    sealed[0].wrapped_key = [0; WRAPPED_KEY_BYTES];
    assert_eq!(
        open(&hub.recovery, &wrap, &sealed[0], &address("a")),
        Err(OpenError::Damaged),
        "the body alone is noise"
    );
    assert_eq!(
        **open(&hub.recovery, &wrap, &sealed[1], &address("b")).unwrap(),
        *b"other"
    );
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    let hub = Hub::of(1);
    let empty = KeySet::new(1, vec![], None).unwrap();
    assert_eq!(
        seal(&[(address("a"), STATEMENT)], &empty, &mut random(7)),
        Err(SealError::NoRecipients)
    );
    let twice = [
        (address("a"), STATEMENT),
        (address("b"), STATEMENT),
        (address("a"), STATEMENT),
    ];
    assert_eq!(
        seal(&twice, &hub.keys, &mut random(7)),
        Err(SealError::SameAddress { at: 2 })
    );
    let huge = vec![0; STATEMENT_MAX_BYTES + 1];
    let error = seal(
        &[(address("a"), STATEMENT), (address("b"), &huge)],
        &hub.keys,
        &mut random(7),
    )
    .unwrap_err();
    assert_eq!(error, SealError::TooLarge { at: 1 });
    assert_eq!(
        error.to_string(),
        "statement 1 is longer than 20000000 bytes"
    );
}

#[test]
fn the_longest_statement_opens() {
    let hub = Hub::of(1);
    let mut photo = vec![0; STATEMENT_MAX_BYTES];
    random(8)(&mut photo);
    let (wrap, sealed) = seal(&[(address("a"), &photo)], &hub.keys, &mut random(9)).unwrap();
    let sealed = Sealed::decode(&sealed[0].encode()).unwrap();
    assert!(**open(&hub.recovery, &wrap, &sealed, &address("a")).unwrap() == *photo);
}

#[test]
fn a_recovery_key_alone_is_enough_and_so_is_a_responder() {
    let opener = Opener::generate();
    for keys in [
        KeySet::new(1, vec![], Some(opener.recipient())),
        KeySet::new(1, vec![(1, opener.recipient())], None),
    ] {
        let (wrap, sealed) = seal(
            &[(address("a"), STATEMENT)],
            &keys.unwrap(),
            &mut random(10),
        )
        .unwrap();
        assert!(open(&opener, &wrap, &sealed[0], &address("a")).is_ok());
    }
}

#[test]
fn wrapping_anew_lets_a_new_responder_in_and_keeps_the_id() {
    let (hub, new) = (Hub::of(2), Opener::generate());
    let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(11)).unwrap();
    let newer = KeySet::new(
        2,
        vec![(10, hub.responders[0].recipient()), (12, new.recipient())],
        Some(hub.recovery.recipient()),
    )
    .unwrap();
    assert_eq!(
        rewrap(&new, &wrap, &newer),
        Err(RewrapError::Open(OpenError::NotForUs))
    );
    let again = rewrap(&hub.responders[1], &wrap, &newer).unwrap();
    assert_eq!(again.id, wrap.id);
    assert_ne!(again.bytes, wrap.bytes);
    for opener in [&hub.responders[0], &new, &hub.recovery] {
        assert_eq!(
            **open(opener, &again, &sealed[0], &address("a")).unwrap(),
            *STATEMENT
        );
    }
    assert_eq!(
        open(&hub.responders[1], &again, &sealed[0], &address("a")),
        Err(OpenError::NotForUs),
        "one who left"
    );
    let empty = KeySet::new(3, vec![], None).unwrap();
    assert_eq!(
        rewrap(&new, &again, &empty),
        Err(RewrapError::Wrap(SealError::NoRecipients))
    );
}

#[test]
fn the_largest_wrap_fits_and_a_larger_one_is_refused() {
    let hub = Hub::of(vicinity_seal::keyset::RESPONDERS_MAX as u32);
    let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(12)).unwrap();
    let bytes = wrap.encode();
    // What age adds at random, to keep readers honest, is less than 300 bytes.
    assert!(bytes.len() + 300 <= WRAP_MAX_BYTES, "{}", bytes.len());
    println!("{} bytes", bytes.len());
    assert!(
        open(
            &hub.recovery,
            &Wrap::decode(&bytes).unwrap(),
            &sealed[0],
            &address("a")
        )
        .is_ok()
    );
    let larger = Wrap {
        id: wrap.id,
        bytes: vec![0; WRAP_MAX_BYTES + 1],
    };
    assert!(Wrap::decode(&larger.encode()).is_err());
    assert_eq!(
        open(
            &hub.recovery,
            &Wrap {
                id: sealed[0].wrap,
                ..larger
            },
            &sealed[0],
            &address("a")
        ),
        Err(OpenError::Damaged)
    );
}

/// What cannot be compressed.
fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random(15)(&mut bytes);
    bytes
}

#[test]
fn padding_hides_lengths_within_a_step() {
    let hub = Hub::of(1);
    let body_len = |len: usize| {
        seal(&[(address("a"), &noise(len))], &hub.keys, &mut random(13))
            .unwrap()
            .1[0]
            .body
            .len()
    };
    for (from, to) in [
        (0, 60),
        (61, 124),
        (1021, 1276),
        (2045, 2556),
        (1_100_000, 1_114_108),
    ] {
        assert_eq!(body_len(from), body_len(to));
        assert_ne!(body_len(to), body_len(to + 1));
    }
}

#[test]
fn a_hundred_statements_to_three_responders_cost_little_more_than_themselves() {
    let hub = Hub::of(3);
    let statement = noise(4 * STATEMENT.len());
    let statements: Vec<_> = (0..100)
        .map(|at| (address(&format!("entry-{at}")), statement.as_slice()))
        .collect();
    let (wrap, sealed) = seal(&statements, &hub.keys, &mut random(14)).unwrap();
    let wrap_len = wrap.encode().len();
    let all: usize = sealed.iter().map(|one| one.encode().len()).sum();
    let padding = sealed[0].body.len() - 16 - statement.len();
    let each = all / 100 - statement.len();
    let overhead = wrap_len + all - 100 * statement.len();
    println!(
        "wrap {wrap_len} B; each of 100 statements of {} B: +{each} B, of which padding {padding} B; together +{overhead} B",
        statement.len()
    );
    assert_eq!(sealed[0].wrapped_key.len(), 48);
    assert!(wrap_len < 1100, "{wrap_len}");
    assert_eq!(each - padding, 87);
    assert!(overhead <= 100 * (87 + 64) + 1100, "{overhead}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_come_back(statements in vec(vec(any::<u8>(), 0..3000), 0..5), seed in any::<u64>()) {
        let hub = Hub::of(1);
        let statements: Vec<_> = statements.iter().enumerate().map(|(at, statement)| (address(&at.to_string()), statement.as_slice())).collect();
        let (wrap, sealed) = seal(&statements, &hub.keys, &mut random(seed)).unwrap();
        let wrap = Wrap::decode(&wrap.encode()).unwrap();
        for ((address, statement), sealed) in statements.iter().zip(&sealed) {
            let sealed = Sealed::decode(&sealed.encode()).unwrap();
            prop_assert_eq!(&open(&hub.recovery, &wrap, &sealed, address).unwrap()[..], *statement);
        }
    }

    #[test]
    fn bytes_that_are_nothing_never_panic(bytes in vec(any::<u8>(), 0..400), cut in any::<prop::sample::Index>()) {
        let hub = Hub::of(1);
        let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(16)).unwrap();
        if let Ok(wrap) = Wrap::decode(&bytes) {
            prop_assert_eq!(wrap.encode(), bytes.clone());
        }
        if let Ok(sealed) = Sealed::decode(&bytes) {
            prop_assert_eq!(sealed.encode(), bytes.clone());
        }
        let cut = cut.index(wrap.bytes.len());
        for bytes in [bytes.clone(), [b"age-encryption.org/v1\n-> ", bytes.as_slice()].concat(), [&wrap.bytes[..cut], &bytes].concat()] {
            let broken = Wrap { id: wrap.id, bytes };
            prop_assert!(open(&hub.recovery, &broken, &sealed[0], &address("a")).is_err());
        }
        let body = Sealed { body: bytes, ..sealed[0].clone() };
        prop_assert_eq!(open(&hub.recovery, &wrap, &body, &address("a")), Err(OpenError::Damaged));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_bit_changed_anywhere_is_refused(at in any::<prop::sample::Index>()) {
        let hub = Hub::of(2);
        let (wrap, sealed) = seal(&[(address("a"), STATEMENT)], &hub.keys, &mut random(17)).unwrap();
        let (mut wrap, mut sealed) = (wrap.encode(), sealed[0].encode());
        let bit = at.index((wrap.len() + sealed.len()) * 8);
        match bit.checked_sub(wrap.len() * 8) {
            None => wrap[bit / 8] ^= 1 << (bit % 8),
            Some(bit) => sealed[bit / 8] ^= 1 << (bit % 8),
        }
        if let (Ok(wrap), Ok(sealed)) = (Wrap::decode(&wrap), Sealed::decode(&sealed)) {
            prop_assert!(open(&hub.responders[1], &wrap, &sealed, &address("a")).is_err());
        }
    }

    #[test]
    fn a_byte_behind_or_missing_is_refused(extra in any::<u8>()) {
        let wrap = Wrap { id: [1; 16], bytes: vec![2; 30] }.encode();
        let sealed = Sealed { wrap: [1; 16], wrapped_key: [2; 48], body: vec![3; 80] }.encode();
        prop_assert!(Wrap::decode(&wrap).is_ok() && Sealed::decode(&sealed).is_ok());
        prop_assert!(Wrap::decode(&[&wrap[..], &[extra]].concat()).is_err());
        prop_assert!(Sealed::decode(&[&sealed[..], &[extra]].concat()).is_err());
        prop_assert!(Wrap::decode(&wrap[..wrap.len() - 1]).is_err() && Sealed::decode(&sealed[..sealed.len() - 1]).is_err());
    }
}
