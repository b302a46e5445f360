//! What a hostile body may cost: its own test program, because it looks at the memory of the whole process.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test: it measures memory and time"
)]

use std::io::Write;
use std::time::Instant;

use vicinity_core::chunk::put_uleb;
use vicinity_sync::codec;
use vicinity_sync::compress::{BODY_MAX_BYTES, INFLATED_MAX_BYTES, InflateError, deflate, inflate};
use vicinity_sync::message::{Answer, Refused, Request};

/// Peak memory of this process in kilobytes; nothing where the system does not say.
fn peak_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn bomb(megabytes: usize) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(vec![1], 1).unwrap();
    (0..megabytes).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
    encoder.write_all(&[0]).unwrap();
    encoder.finish().unwrap()
}

/// Small batches in which each count in turn claims as much as it can.
fn claims() -> Vec<Vec<u8>> {
    let mut claims = Vec::new();
    for huge in [u64::MAX, 1 << 40, 20_000, 10_000] {
        for place in 0..5 {
            let mut batch = Vec::new();
            put_uleb(&mut batch, if place == 0 { huge } else { 1 });
            batch.extend_from_slice(&[5; 16]);
            (1..5).for_each(|field| put_uleb(&mut batch, if place == field { huge } else { 0 }));
            batch.resize(batch.len() + 64, 0xff);
            claims.push(batch);
        }
    }
    claims
}

#[test]
fn hostile_bodies_cost_little_memory_and_time() {
    let gigabyte = bomb(1024);
    assert!(gigabyte.len() < BODY_MAX_BYTES);
    let just_above = bomb(2);
    let begin = (Instant::now(), peak_kilobytes());
    for bomb in [&just_above, &gigabyte] {
        assert_eq!(inflate(bomb), Err(InflateError::TooLarge));
        assert_eq!(Request::decode(bomb), Err(Refused::TooLarge));
        assert_eq!(Answer::decode(bomb), Err(Refused::TooLarge));
    }
    for claim in claims() {
        assert!(codec::decode(&claim).is_err());
    }
    // Two bytes a change, as many as fit.
    let mut crowd = Vec::new();
    put_uleb(&mut crowd, 100);
    for _ in 0..100 {
        crowd.extend_from_slice(&[5; 16]);
        crowd.extend_from_slice(&[0, 0, 0]);
        put_uleb(&mut crowd, 10_000);
        crowd.resize(crowd.len() + 10_000, 1);
        crowd.resize(crowd.len() + 10_000, 0);
    }
    assert!(codec::decode(&crowd).is_err());
    let grown = peak_kilobytes().saturating_sub(begin.1);
    assert!(grown < 48 * 1024, "{grown} kB more");
    assert!(begin.0.elapsed().as_secs() < 10);
}

#[test]
fn a_body_at_the_caps_passes_and_above_them_does_not() {
    let full = vec![7; INFLATED_MAX_BYTES];
    assert_eq!(inflate(&deflate(&full)).unwrap(), full);
    assert!(inflate(&deflate(&vec![7; INFLATED_MAX_BYTES + 1])).is_err());
    let mut plain = vec![0; BODY_MAX_BYTES + 1];
    assert_eq!(inflate(&plain).unwrap().len(), BODY_MAX_BYTES);
    plain.push(0);
    assert_eq!(inflate(&plain), Err(InflateError::TooLarge));
    for other in [&[][..], &[2, 1, 1], &[1], &[1, 0x28, 0xb5, 0x2f, 0xfd]] {
        assert_eq!(inflate(other), Err(InflateError::Malformed));
    }
}
