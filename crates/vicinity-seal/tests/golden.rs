//! What version 1 wrote is read permanently: statements outlive the programs that sealed them. A file here that must change
//! is a break of the format and needs a new version beside it.
#![allow(clippy::unwrap_used, reason = "a test")]

use vicinity_seal::SigningKey;
use vicinity_seal::keys::Opener;
use vicinity_seal::keyset::SignedKeySet;
use vicinity_seal::seal::{Address, Sealed, open};
use vicinity_seal::wrap::Wrap;

/// Made for this test; opens nothing else.
const OPENER: &str = include_str!("golden/v1/opener.txt");
const KEYSET: &[u8] = include_bytes!("golden/v1/keyset.cbor");
const WRAP: &[u8] = include_bytes!("golden/v1/wrap.cbor");
const SEALED: &[u8] = include_bytes!("golden/v1/sealed.cbor");

#[test]
fn what_version_1_sealed_still_opens() {
    let opener = Opener::from_secret_string(OPENER).unwrap();
    let (wrap, sealed) = (Wrap::decode(WRAP).unwrap(), Sealed::decode(SEALED).unwrap());
    let address = Address {
        incident: [7; 16],
        entry: "an entry".to_owned(),
        class: "statement".to_owned(),
        version: 3,
    };
    assert_eq!(
        **open(&opener, &wrap, &sealed, &address).unwrap(),
        *b"Sealed by version 1."
    );
    assert_eq!(
        (wrap.encode(), sealed.encode()),
        (WRAP.to_vec(), SEALED.to_vec())
    );
}

#[test]
fn the_key_set_that_version_1_signed_still_opens() {
    let opener = Opener::from_secret_string(OPENER).unwrap();
    let hub_key = SigningKey::from_bytes(&[3; 32]);
    let set = SignedKeySet::decode(KEYSET)
        .unwrap()
        .open(&hub_key.verifying_key(), 1)
        .unwrap();
    assert_eq!(
        (set.version(), set.responders(), set.recovery()),
        (1, &[(10, opener.recipient())][..], None)
    );
    assert_eq!(vicinity_seal::keyset::sign(&set, &hub_key).encode(), KEYSET);
}
