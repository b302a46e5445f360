//! What a hostile wrap may cost a responder's device.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test: it measures time"
)]

mod support;

use std::time::{Duration, Instant};

use support::{Hub, address, random};
use vicinity_seal::seal::{open, seal};
use vicinity_seal::wrap::{WRAP_MAX_BYTES, Wrap};

#[test]
fn a_hostile_wrap_costs_little_time() {
    let hub = Hub::of(1);
    let (wrap, sealed) =
        seal(&[(address("a"), b"a statement")], &hub.keys, &mut random(1)).unwrap();
    let key = "-> X25519 CJM36AHmTbdHSuOQL+NESqyVQE75f2e610iRdLPEN20\nC3ZAeY64NXS4QFrksLm3EGz+uPRyI0eQsWw7LWbbYig\n";
    let long = format!("-> {}\n\n", "a ".repeat(30));
    for stanza in ["-> a\n\n", key, &long, "->", "\n"] {
        let mut bytes = b"age-encryption.org/v1\n".to_vec();
        while bytes.len() + stanza.len() + 300 < WRAP_MAX_BYTES {
            bytes.extend_from_slice(stanza.as_bytes());
        }
        bytes.extend_from_slice(b"--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n");
        bytes.extend_from_slice(&[0; 80]);
        let hostile = Wrap { id: wrap.id, bytes };
        let time = || {
            let begin = Instant::now();
            assert!(open(&hub.recovery, &hostile, &sealed[0], &address("a")).is_err());
            begin.elapsed()
        };
        // The best of three: the machine may be busy with something else.
        let best = (0..3).map(|_| time()).min().unwrap();
        println!("{best:?} for {:?}", &stanza[..stanza.len().min(12)]);
        assert!(best < Duration::from_millis(500), "{best:?}");
    }
}
