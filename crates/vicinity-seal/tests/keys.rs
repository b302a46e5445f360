//! Keys and key sets: what is trusted and what is not.
#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use vicinity_seal::keys::{BadOpener, BadRecipient, Opener, Recipient};
use vicinity_seal::keyset::{BadKeySet, KeySet, RESPONDERS_MAX};

fn set(version: u64) -> KeySet {
    let responders = [9, 2, 5].map(|number| (number, Opener::generate().recipient()));
    KeySet::new(
        version,
        responders.to_vec(),
        Some(Opener::generate().recipient()),
    )
    .unwrap()
}

#[test]
fn a_key_pair_survives_being_written_down() {
    let opener = Opener::generate();
    let text = opener.to_secret_string();
    let again = Opener::from_secret_string(&format!(" {}\n", *text)).unwrap();
    assert_eq!(again.recipient(), opener.recipient());
    let recipient = opener.recipient();
    assert!(recipient.to_string().starts_with("age1"));
    assert_eq!(Recipient::parse(&recipient.to_string()).unwrap(), recipient);
    assert_eq!(
        Recipient::parse(&recipient.to_string().to_uppercase()),
        Ok(recipient),
        "one text for one key"
    );
}

#[test]
fn a_secret_key_is_in_no_debug_and_no_error() {
    let opener = Opener::generate();
    assert_eq!(format!("{opener:?}"), "Opener(redacted)");
    let mut text = opener.to_secret_string().to_string();
    text.pop();
    let error = Opener::from_secret_string(&text).unwrap_err();
    assert_eq!(error, BadOpener);
    assert!(!format!("{error} {error:?}").contains(&text[20..30]));
}

#[test]
fn texts_that_are_no_public_key_are_refused() {
    let opener = Opener::generate();
    let secret = opener.to_secret_string();
    let cut = opener.recipient().to_string().split_off(5);
    for text in ["", "age1", "age1qqqq", &secret, &cut] {
        assert_eq!(Recipient::parse(text), Err(BadRecipient), "{text}");
    }
}

#[test]
fn public_keys_that_anybody_opens_are_refused() {
    let one = core::array::from_fn(|at| u8::from(at == 0));
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    let prime = core::array::from_fn(|at| if at == 0 { 0xed } else { minus_one[at] });
    // RFC 7748's point of order 8.
    let order_8 = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    for key in [[0u8; 32], one, minus_one, prime, order_8] {
        let text =
            bech32::encode::<bech32::Bech32>(bech32::Hrp::parse("age").unwrap(), &key).unwrap();
        assert_eq!(Recipient::parse(&text), Err(BadRecipient), "{key:02x?}");
    }
}

#[test]
fn a_set_is_sorted_and_holds_a_device_once() {
    let numbers: Vec<u32> = set(1)
        .responders()
        .iter()
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(numbers, [2, 5, 9]);
    let key = || Opener::generate().recipient();
    assert_eq!(
        KeySet::new(1, vec![(1, key()), (2, key()), (1, key())], None),
        Err(BadKeySet::SameDevice)
    );
    let many = (0..=RESPONDERS_MAX as u32)
        .map(|number| (number, key()))
        .collect();
    assert_eq!(KeySet::new(1, many, None), Err(BadKeySet::TooMany));
}

proptest! {
    #[test]
    fn texts_that_are_no_keys_never_panic(text in ".{0,80}", tail in "[a-z0-9]{58}") {
        let _ = (Recipient::parse(&text), Opener::from_secret_string(&text), Recipient::parse(&format!("age1{tail}")));
    }
}
