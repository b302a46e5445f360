//! Parcels: what passes on the way can do to them, and what they can see.
#![allow(clippy::unwrap_used, reason = "tests")]

use vicinity_seal::keys::Opener;
use vicinity_seal::parcel::{PARCEL_MAX_BYTES, ParcelError, pack, unpack};

#[test]
fn a_parcel_opens_for_its_reader_and_for_nobody_else() {
    let (reader, other) = (Opener::generate(), Opener::generate());
    for content in [&b""[..], b"a bundle", &[7; 200_000]] {
        let parcel = pack(content, &reader.recipient()).unwrap();
        assert_eq!(*unpack(&parcel, &reader).unwrap(), content);
        assert_eq!(unpack(&parcel, &other), Err(ParcelError::NotForUs));
    }
}

#[test]
fn the_length_of_a_parcel_tells_a_power_of_two() {
    let reader = Opener::generate().recipient();
    // A header has stanzas of random length, which say nothing.
    let step = |bytes: usize| {
        (pack(&vec![1; bytes], &reader).unwrap().len() / (60 << 10)).next_power_of_two()
    };
    assert_eq!([0, 1, 60_000, 65_532].map(step), [1; 4]);
    assert_eq!([65_533, 131_068].map(step), [2; 2]);
    assert_eq!(step(131_069), 4);
}

#[test]
fn a_parcel_that_was_cut_or_changed_anywhere_is_refused() {
    let reader = Opener::generate();
    let parcel = pack(&[7; 100_000], &reader.recipient()).unwrap();
    for at in (0..parcel.len())
        .step_by(997)
        .chain([20, 60, 100, parcel.len() - 1])
    {
        let mut bent = parcel.clone();
        bent[at] ^= 1;
        assert!(unpack(&bent, &reader).is_err(), "changed at {at}");
        assert!(unpack(&parcel[..at], &reader).is_err(), "cut at {at}");
    }
    let longer = [parcel.as_slice(), &[0]].concat();
    assert!(unpack(&longer, &reader).is_err());
}

#[test]
fn what_is_too_large_is_refused_at_both_ends() {
    let reader = Opener::generate();
    assert_eq!(
        pack(&vec![0; PARCEL_MAX_BYTES + 1], &reader.recipient()),
        Err(ParcelError::TooLarge)
    );
    assert_eq!(
        unpack(&vec![0; 40 << 20], &reader),
        Err(ParcelError::TooLarge)
    );
    assert_eq!(
        unpack(&[b'\n'; 1 << 20], &reader),
        Err(ParcelError::NotForUs)
    );
}
