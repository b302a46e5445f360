//! How much one may ask in an hour: wrong enrolments by address and over all, and each device's requests and bytes. Pure:
//! the time comes in. A device that has spent its share stops nobody else.

mod buckets;

use std::collections::BTreeMap;
use std::net::IpAddr;

use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;

pub use buckets::Buckets;

use crate::net::error::ApiError;
use crate::net::network::network;

/// Wrong enrolments from one address, at once and by the hour: people mistype, and a whole centre may share an address.
const WRONG_OF_ADDRESS: Rate = Rate {
    at_once: 20,
    per_hour: 60,
};
/// Wrong enrolments over all addresses. Codes have 128 bits: this spares the hub work, it does not protect the codes.
const WRONG_OF_ALL: Rate = Rate {
    at_once: 200,
    per_hour: 600,
};
/// Proven requests of one device. A first sync of a thousand incidents takes some thirty, a gigabyte of statements 5,000.
const DEVICE_REQUESTS: Rate = Rate {
    at_once: 10_000,
    per_hour: 10_000,
};
/// Bytes of one device's proven requests.
const DEVICE_BYTES: Rate = Rate {
    at_once: 2 << 30,
    per_hour: 2 << 30,
};

/// Operations of documents that are loaded for one device's requests, or looked at and given ([`crate::access::budget`]): a tenth of a small
/// hub's processor, and what comes together in some minutes at once. A first sync of five thousand incidents is less than that.
const DEVICE_OPS: Rate = Rate {
    at_once: 1_500_000,
    per_hour: 60 * 600_000,
};

/// So much at once, and so much comes back in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub at_once: u64,
    /// In an hour.
    pub per_hour: u64,
}

/// The share is spent. The caller may ask again after this many seconds, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Seconds.
    pub seconds: u64,
}

impl From<Spent> for ApiError {
    fn from(spent: Spent) -> Self {
        Self::SlowDown(spent.seconds)
    }
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// In 3,600ths. Below zero: what is owed.
    level: i64,
    at: i64,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self {
            level: parts(rate.at_once),
            at: now.as_second(),
        }
    }

    fn refill(&mut self, rate: Rate, now: Timestamp) {
        // A clock that was set back gives nothing, and costs nothing later.
        let seconds = now
            .as_second()
            .saturating_sub(self.at)
            .max(0)
            .cast_unsigned();
        self.level = self
            .level
            .saturating_add_unsigned(seconds.saturating_mul(rate.per_hour))
            .min(parts(rate.at_once));
        self.at = now.as_second();
    }

    /// Whether so much is there; takes nothing.
    ///
    /// # Errors
    /// When it would be.
    pub fn look(&mut self, rate: Rate, amount: u64, now: Timestamp) -> Result<(), Spent> {
        self.refill(rate, now);
        let missing = parts(amount).saturating_sub(self.level);
        match u64::try_from(missing) {
            Ok(missing @ 1..) => Err(Spent {
                seconds: missing.div_ceil(rate.per_hour.max(1)).max(1),
            }),
            _ => Ok(()),
        }
    }

    /// Takes so much, or nothing.
    ///
    /// # Errors
    /// When it would be there.
    pub fn take(&mut self, rate: Rate, amount: u64, now: Timestamp) -> Result<(), Spent> {
        self.look(rate, amount, now)?;
        self.level -= parts(amount);
        Ok(())
    }

    /// Takes so much that was used already, whether it is there or not: at most what comes back in an hour is owed.
    pub fn owe(&mut self, rate: Rate, amount: u64, now: Timestamp) {
        self.refill(rate, now);
        self.level = self
            .level
            .saturating_sub(parts(amount))
            .max(-parts(rate.per_hour));
    }
}

/// An amount in 3,600ths.
fn parts(amount: u64) -> i64 {
    i64::try_from(amount.saturating_mul(3600)).unwrap_or(i64::MAX)
}

/// A server's limits.
#[derive(Debug)]
pub struct Limits {
    devices: BTreeMap<DeviceId, (Bucket, Bucket)>,
    work: BTreeMap<DeviceId, Bucket>,
    wrong: Buckets<()>,
    wrong_of: Buckets<[u8; 8]>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices: BTreeMap::new(),
            work: BTreeMap::new(),
            wrong: Buckets::new(WRONG_OF_ALL),
            wrong_of: Buckets::new(WRONG_OF_ADDRESS),
        }
    }
}

impl Limits {
    /// Counts a proven request of a device. To be called once the signature is good: nobody else can spend its share.
    ///
    /// # Errors
    /// The share is spent. Nothing was counted.
    pub fn device(&mut self, device: DeviceId, bytes: usize, now: Timestamp) -> Result<(), Spent> {
        let (requests, size) = self.devices.entry(device).or_insert_with(|| {
            (
                Bucket::full(DEVICE_REQUESTS, now),
                Bucket::full(DEVICE_BYTES, now),
            )
        });
        requests.look(DEVICE_REQUESTS, 1, now)?;
        size.take(DEVICE_BYTES, bytes as u64, now)?;
        requests.take(DEVICE_REQUESTS, 1, now)
    }

    /// Counts what a device's request will load, before it is loaded. A request that is more than a whole share takes a whole one.
    ///
    /// # Errors
    /// The share is spent. Nothing was counted.
    pub fn work(&mut self, device: DeviceId, ops: u64, now: Timestamp) -> Result<(), Spent> {
        let left = self
            .work
            .entry(device)
            .or_insert_with(|| Bucket::full(DEVICE_OPS, now));
        left.take(DEVICE_OPS, ops.min(DEVICE_OPS.at_once), now)
    }

    /// Charges a device for work that was known only after its request: its next request waits until the debt is paid.
    pub fn owe(&mut self, device: DeviceId, ops: u64, now: Timestamp) {
        self.work
            .entry(device)
            .or_insert_with(|| Bucket::full(DEVICE_OPS, now))
            .owe(DEVICE_OPS, ops, now);
    }

    /// Whether somebody at this address may try a code. Right codes cost nothing.
    ///
    /// # Errors
    /// Too many wrong ones came from there, or from everywhere.
    pub fn may_try(&mut self, from: IpAddr, now: Timestamp) -> Result<(), Spent> {
        self.wrong_of.look(network(from), now)?;
        self.wrong.look((), now)
    }

    /// Counts a wrong code.
    pub fn wrong_try(&mut self, from: IpAddr, now: Timestamp) {
        self.wrong_of.take(network(from), now);
        self.wrong.take((), now);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn address(number: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, number).into()
    }

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    #[test]
    fn a_bucket_gives_what_it_has_and_says_when_there_is_more() {
        let rate = Rate {
            at_once: 3,
            per_hour: 60,
        };
        let mut bucket = Bucket::full(rate, at(0));
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, 1, at(0)), Ok(()));
        }
        assert_eq!(bucket.take(rate, 1, at(0)), Err(Spent { seconds: 60 }));
        assert_eq!(bucket.take(rate, 1, at(59)), Err(Spent { seconds: 1 }));
        assert_eq!(bucket.take(rate, 1, at(60)), Ok(()));
        assert_eq!(
            bucket.take(rate, 3, at(100_000)),
            Ok(()),
            "never more than at once"
        );
        assert_eq!(
            bucket.take(rate, 1, at(100_000)),
            Err(Spent { seconds: 60 })
        );
        // A clock that goes back gives nothing and takes nothing.
        assert_eq!(bucket.take(rate, 1, at(0)), Err(Spent { seconds: 60 }));
        assert_eq!(bucket.take(rate, 1, at(60)), Ok(()));
    }

    #[test]
    fn one_address_at_its_limit_stops_no_other_and_right_codes_cost_nothing() {
        let mut limits = Limits::default();
        for _ in 0..20 {
            assert_eq!(limits.may_try(address(1), at(0)), Ok(()));
            limits.wrong_try(address(1), at(0));
        }
        assert_eq!(
            limits.may_try(address(1), at(0)),
            Err(Spent { seconds: 60 })
        );
        assert_eq!(limits.may_try(address(2), at(0)), Ok(()));
        assert_eq!(limits.may_try(address(1), at(60)), Ok(()));
        for _ in 0..1000 {
            assert_eq!(limits.may_try(address(2), at(0)), Ok(()));
        }
    }

    #[test]
    fn over_all_addresses_there_is_a_limit_too() {
        let mut limits = Limits::default();
        for wrong in 0..200u8 {
            assert_eq!(limits.may_try(address(wrong), at(0)), Ok(()));
            limits.wrong_try(address(wrong), at(0));
        }
        assert_eq!(
            limits.may_try(address(250), at(0)),
            Err(Spent { seconds: 6 })
        );
        assert_eq!(limits.may_try(address(250), at(6)), Ok(()));
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_address_and_memory_is_bounded() {
        let host = |last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        assert_eq!(network(host(1)), network(host(2)));
        assert_ne!(
            network(host(1)),
            network(IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1)))
        );
        let mut limits = Limits::default();
        for third in 0..20 {
            for fourth in 0..=255 {
                limits.wrong_try(Ipv4Addr::new(10, 0, third, fourth).into(), at(0));
            }
        }
        assert_eq!(limits.wrong_of.len(), buckets::KEYS_MAX);
    }

    #[test]
    fn a_device_at_its_limit_stops_no_other() {
        let mut limits = Limits::default();
        for _ in 0..10_000 {
            assert_eq!(limits.device(device(1), 100, at(0)), Ok(()));
        }
        assert_eq!(
            limits.device(device(1), 100, at(0)),
            Err(Spent { seconds: 1 })
        );
        assert_eq!(limits.device(device(2), 100, at(0)), Ok(()));
        assert_eq!(limits.device(device(1), 100, at(1)), Ok(()));
        assert_eq!(limits.device(device(3), 2 << 30, at(0)), Ok(()));
        assert_eq!(
            limits.device(device(3), 1 << 20, at(0)),
            Err(Spent { seconds: 2 })
        );
        assert_eq!(limits.device(device(2), 1 << 20, at(0)), Ok(()));
    }

    #[test]
    fn a_device_has_a_share_of_work_a_minute_and_one_very_large_request_is_let_through() {
        let mut limits = Limits::default();
        for _ in 0..46 {
            assert_eq!(limits.work(device(1), 32_000, at(0)), Ok(()));
        }
        assert_eq!(
            limits.work(device(1), 32_000, at(0)),
            Err(Spent { seconds: 1 })
        );
        assert_eq!(limits.work(device(1), 32_000, at(1)), Ok(()));
        assert_eq!(limits.work(device(2), u64::MAX, at(0)), Ok(()));
        assert_eq!(
            limits.work(device(2), u64::MAX, at(0)),
            Err(Spent { seconds: 150 })
        );
        assert_eq!(limits.work(device(2), u64::MAX, at(150)), Ok(()));
    }

    #[test]
    fn what_a_device_was_given_is_owed_and_no_more_than_comes_back_in_an_hour() {
        let mut limits = Limits::default();
        limits.owe(device(1), 1_500_000 + 20_000, at(0));
        assert_eq!(limits.work(device(1), 0, at(0)), Err(Spent { seconds: 2 }));
        assert_eq!(limits.work(device(1), 10_000, at(3)), Ok(()));
        limits.owe(device(2), u64::MAX, at(0));
        assert_eq!(
            limits.work(device(2), 0, at(0)),
            Err(Spent { seconds: 3600 })
        );
        assert_eq!(
            limits.work(device(3), 100, at(0)),
            Ok(()),
            "nobody else owes it"
        );
    }

    #[test]
    fn fifty_devices_with_a_thousand_incidents_each_pass_at_once() {
        let mut limits = Limits::default();
        for number in 0..50 {
            // 248 KiB a request, 20 MB in all: ten times what a thousand incidents with edits are.
            for _ in 0..80 {
                assert_eq!(limits.device(device(number), 248 << 10, at(0)), Ok(()));
            }
        }
    }
}
