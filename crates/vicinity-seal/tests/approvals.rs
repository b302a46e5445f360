//! Attacks on the chain of approvals: by a hub that turned, by a removed device, and with old chains.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use vicinity_seal::SigningKey;
use vicinity_seal::approvals::{
    self, Act, Chain, ChainError, ENTRIES_MAX, ENTRIES_MAX_BYTES, Holder, RECOVERY, key_set,
};
use vicinity_seal::keys::Opener;

const HUB: u8 = 200;

fn secret(who: u8) -> SigningKey {
    SigningKey::from_bytes(&[who; 32])
}

fn hub_key() -> [u8; 32] {
    public(HUB)
}

fn public(who: u8) -> [u8; 32] {
    secret(who).verifying_key().to_bytes()
}

/// Keys of one device; its recipient is a new one at each call.
fn holder(who: u8) -> Holder {
    Holder {
        device: [who; 16],
        key: public(who),
        recipient: Opener::generate().recipient(),
    }
}

fn try_push(chain: &mut Chain, by: u8, act: Act) -> Result<(), ChainError> {
    let entry = chain.sign(act, 100, &secret(by));
    chain.push(entry)
}

/// A chain that device 1 began.
fn begun() -> Chain {
    let mut chain = Chain::new(hub_key());
    try_push(&mut chain, 1, Act::Root(holder(1))).unwrap();
    chain
}

fn approved(chain: &Chain) -> Vec<u8> {
    let view = chain.view(chain.newest_root().map(|(mark, _)| mark).as_ref());
    view.approved
        .iter()
        .map(|approved| approved.holder.device[0])
        .collect()
}

#[test]
fn a_hub_approves_nobody() {
    let mut chain = begun();
    for by in [HUB, 9] {
        let entry = try_push(&mut chain, by, Act::Approve(holder(9)));
        assert_eq!(entry, Err(ChainError::NotApproved));
    }
    assert_eq!(
        try_push(&mut chain, 9, Act::Root(holder(9))),
        Err(ChainError::NotApproved),
        "nor does it begin again while somebody is approved"
    );
    assert_eq!(approved(&chain), [1]);
}

#[test]
fn a_hub_that_removes_all_and_begins_again_gets_no_statement() {
    let mut chain = begun();
    let trusted = chain.newest_root().map(|(mark, _)| mark);
    try_push(&mut chain, HUB, Act::Remove(public(1))).unwrap();
    try_push(&mut chain, 9, Act::Root(holder(9))).unwrap();
    let view = chain.view(trusted.as_ref());
    assert!(view.approved.is_empty(), "no key is left to seal to");
    assert_eq!(view.length, 2);
    assert_eq!(
        view.waiting.unwrap().1.device,
        [9; 16],
        "a person compares it"
    );
}

#[test]
fn a_removed_device_approves_nobody_afterwards() {
    for by in [HUB, 1] {
        let mut chain = begun();
        try_push(&mut chain, 1, Act::Approve(holder(2))).unwrap();
        let before = chain.clone();
        try_push(&mut chain, by, Act::Remove(public(2))).unwrap();
        assert_eq!(
            try_push(&mut chain, 2, Act::Approve(holder(9))),
            Err(ChainError::NotApproved)
        );
        let early = before.sign(Act::Approve(holder(9)), 1, &secret(2));
        assert_eq!(chain.push(early), Err(ChainError::NotNext), "an early date");
        assert_eq!(approved(&chain), [1]);
    }
}

#[test]
fn an_old_chain_and_a_fork_do_not_extend_a_newer_one() {
    let old = begun();
    let (mut here, mut there) = (old.clone(), old.clone());
    try_push(&mut here, 1, Act::Approve(holder(2))).unwrap();
    try_push(&mut there, 1, Act::Approve(holder(3))).unwrap();
    assert!(here.extends(&old) && there.extends(&old));
    assert!(!old.extends(&here), "a replay of an old one");
    assert!(!here.extends(&there) && !there.extends(&here), "a fork");
    let moved = there.entries()[1].clone();
    assert_eq!(here.push(moved), Err(ChainError::NotNext));
}

#[test]
fn entries_of_another_hub_do_not_count() {
    let mut other = Chain::new(public(HUB + 1));
    try_push(&mut other, 1, Act::Root(holder(1))).unwrap();
    assert_eq!(
        Chain::of(hub_key(), other.entries().to_vec()),
        Err(ChainError::NotNext)
    );
}

#[test]
fn only_a_trusted_root_counts() {
    let chain = begun();
    let view = chain.view(None);
    assert!(view.approved.is_empty() && view.waiting.is_some());
    assert!(
        key_set(&view.approved, view.length)
            .unwrap()
            .responders()
            .is_empty()
    );
    assert!(chain.view(Some(&[7; 16])).approved.is_empty());
}

#[test]
fn an_approved_device_begins_again_for_all_who_trust_it() {
    let mut chain = begun();
    let trusted = chain.newest_root().map(|(mark, _)| mark);
    try_push(&mut chain, 1, Act::Approve(holder(2))).unwrap();
    try_push(&mut chain, 2, Act::Root(holder(2))).unwrap();
    try_push(&mut chain, 2, Act::Approve(holder(3))).unwrap();
    let view = chain.view(trusted.as_ref());
    let devices: Vec<u8> = view
        .approved
        .iter()
        .map(|key| key.holder.device[0])
        .collect();
    assert_eq!((devices, view.waiting), (vec![2, 3], None));
}

#[test]
fn a_recovery_key_counts_once_a_responder_approved_it() {
    let recovery = Holder {
        device: RECOVERY,
        ..holder(50)
    };
    let mut chain = Chain::new(hub_key());
    assert_eq!(
        try_push(&mut chain, 50, Act::Root(recovery.clone())),
        Err(ChainError::NotApproved)
    );
    let mut chain = begun();
    assert_eq!(
        try_push(&mut chain, HUB, Act::Approve(recovery.clone())),
        Err(ChainError::NotApproved)
    );
    try_push(&mut chain, 1, Act::Approve(recovery.clone())).unwrap();
    let set = key_set(chain.approved(), 2).unwrap();
    assert_eq!(set.recovery(), Some(&recovery.recipient));
    assert_eq!(set.responders().len(), 1);
    try_push(&mut chain, 50, Act::Approve(holder(2))).unwrap();
    assert_eq!(
        try_push(
            &mut chain,
            1,
            Act::Approve(Holder {
                device: RECOVERY,
                ..holder(51)
            })
        ),
        Err(ChainError::NoChange),
        "one recovery key at a time"
    );
}

#[test]
fn where_only_a_recovery_key_is_left_a_responder_begins_again_and_is_compared() {
    let recovery = Holder {
        device: RECOVERY,
        ..holder(50)
    };
    let mut chain = begun();
    let trusted = chain.newest_root().map(|(mark, _)| mark);
    try_push(&mut chain, 1, Act::Approve(recovery)).unwrap();
    assert_eq!(
        try_push(&mut chain, 9, Act::Root(holder(9))),
        Err(ChainError::NotApproved)
    );
    try_push(&mut chain, HUB, Act::Remove(public(1))).unwrap();
    try_push(&mut chain, 9, Act::Root(holder(9))).unwrap();
    let view = chain.view(trusted.as_ref());
    assert!(view.approved.iter().all(|key| key.holder.is_recovery()));
    assert_eq!(view.waiting.unwrap().1.device, [9; 16]);
}

#[test]
fn digits_are_equal_for_equal_keys_only() {
    let one = holder(1);
    let digits = one.digits(&hub_key());
    assert_eq!(digits.len(), 35);
    assert!(digits.split(' ').all(|group| group.len() == 5));
    let others = [
        Holder {
            device: [2; 16],
            ..one.clone()
        },
        Holder {
            key: public(2),
            ..one.clone()
        },
        Holder {
            recipient: Opener::generate().recipient(),
            ..one.clone()
        },
    ];
    assert!(
        others
            .iter()
            .all(|other| other.digits(&hub_key()) != digits)
    );
    assert_ne!(one.digits(&public(HUB + 1)), digits, "of another hub");
}

#[test]
fn the_longest_chain_fits_its_bytes() {
    let mut chain = begun();
    while chain.entries().len() + 2 <= ENTRIES_MAX {
        try_push(&mut chain, 1, Act::Approve(holder(2))).unwrap();
        try_push(&mut chain, 1, Act::Remove(public(2))).unwrap();
    }
    try_push(&mut chain, 1, Act::Approve(holder(2))).unwrap();
    assert_eq!(
        try_push(&mut chain, 1, Act::Remove(public(2))),
        Err(ChainError::TooLong)
    );
    let bytes = approvals::encode(chain.entries());
    assert!(bytes.len() <= ENTRIES_MAX_BYTES, "{}", bytes.len());
    assert_eq!(
        Chain::of(hub_key(), approvals::decode(&bytes).unwrap()),
        Ok(chain)
    );
}

proptest! {
    /// In any order of tries by anyone: a key is approved only if there is a line of approvals from the root to it, and each
    /// signer of that line was approved at the time.
    #[test]
    fn a_key_is_approved_by_a_line_of_people_from_the_root(acts in vec((1u8..8, 0u8..3, 1u8..8), 0..40)) {
        let mut chain = begun();
        let trusted = chain.newest_root().map(|(mark, _)| mark);
        let mut model = BTreeSet::from([1u8]);
        for (by, kind, whom) in acts {
            // 7 is the hub, which signs removals only.
            let (signer, is_hub) = if by == 7 { (HUB, true) } else { (by, false) };
            let act = match kind {
                0 => Act::Approve(holder(whom)),
                1 => Act::Remove(public(whom)),
                _ => Act::Root(holder(whom)),
            };
            let may = !is_hub && model.contains(&by);
            let expected = match kind {
                0 => may && !model.contains(&whom),
                1 => (may || is_hub) && model.contains(&whom),
                _ => whom == by && !is_hub && (may || model.is_empty()),
            };
            let before = chain.clone();
            let trusts = model.contains(&by);
            prop_assert_eq!(try_push(&mut chain, signer, act).is_ok(), expected);
            if !expected {
                prop_assert_eq!(&chain, &before);
                continue;
            }
            prop_assert!(chain.extends(&before));
            match kind {
                0 => { model.insert(whom); }
                1 => { model.remove(&whom); }
                _ if trusts => model = BTreeSet::from([whom]),
                // A new root that nobody compared: what follows gets nothing from those who trust the first.
                _ => break,
            }
        }
        let view = chain.view(trusted.as_ref());
        let devices: BTreeSet<u8> = view.approved.iter().map(|key| key.holder.device[0]).collect();
        prop_assert_eq!(devices, model);
    }

    #[test]
    fn a_chain_with_one_bit_changed_is_refused(at in any::<prop::sample::Index>()) {
        let mut chain = begun();
        try_push(&mut chain, 1, Act::Approve(holder(2))).unwrap();
        let mut bytes = approvals::encode(chain.entries());
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = approvals::decode(&bytes).and_then(|entries| Chain::of(hub_key(), entries));
        prop_assert!(read.is_err());
    }

    #[test]
    fn bytes_that_are_no_entries_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(entries) = approvals::decode(&bytes) {
            prop_assert_eq!(approvals::encode(&entries), bytes);
        }
    }
}
