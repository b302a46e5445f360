//! Wrong tries to sign in: counted by name and by where they come from, so that nobody keeps somebody else out; a browser in which
//! the person has signed in before has tries of its own. A name that nobody has counts as any other. Pure: the time comes in.

use vicinity_core::time::Timestamp;

use crate::access::limits::{Bucket, Buckets, Rate, Spent};

/// Wrong tries for one name from one network.
const OF_NAME_THERE: Rate = Rate {
    at_once: 6,
    per_hour: 20,
};
/// Wrong tries for one name from all networks: a caller with a password and many addresses still has to find one code in a million.
const OF_NAME: Rate = Rate {
    at_once: 60,
    per_hour: 60,
};
/// Wrong tries for any names from one network: a whole centre may share an address.
const OF_NETWORK: Rate = Rate {
    at_once: 20,
    per_hour: 60,
};
/// In all.
const OF_ALL: Rate = Rate {
    at_once: 200,
    per_hour: 600,
};
/// In a browser that is known for this name.
const OF_KNOWN: Rate = Rate {
    at_once: 10,
    per_hour: 30,
};
/// Lines in the log about wrong tries.
const LINES: Rate = Rate {
    at_once: 10,
    per_hour: 60,
};

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// What stands for the name.
    pub name: [u8; 8],
    /// From where.
    pub network: [u8; 8],
    /// The browser, if it is known for this name.
    pub known: Option<[u8; 16]>,
}

/// Wrong tries so far.
#[derive(Debug)]
pub struct Tries {
    of_name_there: Buckets<([u8; 8], [u8; 8])>,
    of_name: Buckets<[u8; 8]>,
    of_network: Buckets<[u8; 8]>,
    of_known: Buckets<[u8; 16]>,
    of_all: Buckets<()>,
    lines: Option<Bucket>,
    unsaid: u64,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            of_name_there: Buckets::new(OF_NAME_THERE),
            of_name: Buckets::new(OF_NAME),
            of_network: Buckets::new(OF_NETWORK),
            of_known: Buckets::new(OF_KNOWN),
            of_all: Buckets::new(OF_ALL),
            lines: None,
            unsaid: 0,
        }
    }
}

impl Tries {
    /// Whether they may try. Right tries cost nothing.
    ///
    /// # Errors
    /// Too many were wrong.
    pub fn may(&mut self, who: &Who, now: Timestamp) -> Result<(), Spent> {
        if self.has_own(who, now).is_some() {
            return Ok(());
        }
        self.of_name_there.look((who.name, who.network), now)?;
        self.of_name.look(who.name, now)?;
        self.of_network.look(who.network, now)?;
        self.of_all.look((), now)
    }

    /// Counts a wrong try: a known browser's to itself, as long as it has any left.
    pub fn wrong(&mut self, who: &Who, now: Timestamp) {
        if let Some(known) = self.has_own(who, now) {
            return self.of_known.take(known, now);
        }
        self.of_name_there.take((who.name, who.network), now);
        self.of_name.take(who.name, now);
        self.of_network.take(who.network, now);
        self.of_all.take((), now);
    }

    fn has_own(&mut self, who: &Who, now: Timestamp) -> Option<[u8; 16]> {
        who.known
            .filter(|known| self.of_known.look(*known, now).is_ok())
    }

    /// Whether a wrong try gets a line in the log, and how many had none since the last one that did.
    pub fn line(&mut self, now: Timestamp) -> Option<u64> {
        if self
            .lines
            .get_or_insert_with(|| Bucket::full(LINES, now))
            .take(LINES, 1, now)
            .is_ok()
        {
            return Some(std::mem::take(&mut self.unsaid));
        }
        self.unsaid = self.unsaid.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn stranger(name: u8, network: u8) -> Who {
        Who {
            name: [name; 8],
            network: [network; 8],
            known: None,
        }
    }

    fn known(name: u8, network: u8, browser: u8) -> Who {
        Who {
            known: Some([browser; 16]),
            ..stranger(name, network)
        }
    }

    /// Wrong tries until one more may not be; how many there were.
    fn spend(tries: &mut Tries, who: &Who, now: Timestamp) -> usize {
        let mut spent = 0;
        while tries.may(who, now).is_ok() {
            tries.wrong(who, now);
            spent += 1;
        }
        spent
    }

    #[test]
    fn nobody_keeps_a_name_out_from_elsewhere_or_a_browser_that_is_known() {
        let mut tries = Tries::default();
        assert_eq!(spend(&mut tries, &stranger(1, 1), at(0)), 6);
        assert_eq!(
            tries.may(&stranger(1, 1), at(0)),
            Err(Spent { seconds: 180 })
        );
        assert_eq!(
            tries.may(&stranger(1, 2), at(0)),
            Ok(()),
            "the same name from elsewhere"
        );
        assert_eq!(
            tries.may(&stranger(2, 1), at(0)),
            Ok(()),
            "another name from there"
        );
        assert_eq!(
            tries.may(&known(1, 1, 1), at(0)),
            Ok(()),
            "who has signed in before, also from there"
        );
        // One network that continues for a day spends nothing that others need.
        for hour in 0..24 {
            spend(&mut tries, &stranger(1, 1), at(hour * 3600));
            assert_eq!(
                tries.may(&stranger(1, 2), at(hour * 3600)),
                Ok(()),
                "{hour}"
            );
        }
    }

    #[test]
    fn many_behind_one_address_are_not_kept_out_by_twenty_wrong_tries_if_they_are_known() {
        let mut tries = Tries::default();
        let names: usize = (0..10)
            .map(|name| spend(&mut tries, &stranger(name, 1), at(0)))
            .sum();
        assert_eq!(names, 20);
        assert_eq!(
            tries.may(&stranger(77, 1), at(0)),
            Err(Spent { seconds: 60 })
        );
        assert_eq!(tries.may(&known(77, 1, 1), at(0)), Ok(()));
    }

    #[test]
    fn a_known_browser_has_tries_of_its_own_and_then_those_of_a_stranger() {
        let mut tries = Tries::default();
        assert_eq!(spend(&mut tries, &known(1, 1, 1), at(0)), 10 + 6);
        assert_eq!(
            tries.may(&known(1, 1, 2), at(0)),
            Ok(()),
            "another browser of theirs"
        );
        assert_eq!(tries.may(&known(1, 1, 1), at(120)), Ok(()));
    }

    #[test]
    fn many_networks_together_have_few_tries_of_one_name_and_none_of_all() {
        let mut tries = Tries::default();
        assert_eq!(
            (0..100)
                .map(|network| spend(&mut tries, &stranger(1, network), at(0)))
                .sum::<usize>(),
            60
        );
        let others: usize = (0..200)
            .map(|other| spend(&mut tries, &stranger(other, 100 + other % 150), at(0)))
            .sum();
        assert!(others <= 140, "{others}");
        assert_eq!(tries.may(&known(1, 1, 1), at(0)), Ok(()));
    }

    #[test]
    fn the_log_gets_few_lines_and_none_is_forgotten() {
        let mut tries = Tries::default();
        let lines = (0..100).filter(|_| tries.line(at(0)).is_some()).count();
        assert_eq!(
            (lines, tries.line(at(60)), tries.line(at(120))),
            (10, Some(90), Some(0))
        );
    }
}
