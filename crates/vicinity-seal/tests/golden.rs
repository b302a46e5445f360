//! What version 1 wrote is read permanently: statements outlive the programs that sealed them. A file here that must change
//! is a break of the format and needs a new version beside it.
#![allow(clippy::unwrap_used, reason = "a test")]

use vicinity_seal::keys::Opener;
use vicinity_seal::seal::{Address, Sealed, open};
use vicinity_seal::wrap::Wrap;

/// Made for this test; opens nothing else.
const OPENER: &str = include_str!("golden/v1/opener.txt");
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
