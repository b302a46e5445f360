use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A run of the machine, that many seconds after its start.
fn run(number: u8, since: i64) -> Option<Boot> {
    Some(Boot {
        id: [number; 16],
        since: Duration::from_secs(since.unsigned_abs()),
    })
}

/// What is reported at these moments, one after the other, each with what was kept of the one before.
fn told_by(contact: Contact, looks: &[(i64, Option<Boot>)]) -> Vec<Lease> {
    let mut contact = contact;
    let mut told = Vec::new();
    for (moment, boot) in looks {
        let (lease, kept) = contact.look(at(*moment), *boot);
        contact = Contact::decode(&kept.unwrap_or(contact).encode()).unwrap();
        told.push(lease);
    }
    told
}

/// The same within one minute of one run of the machine.
fn told(contact: Contact, moments: &[i64]) -> Vec<Lease> {
    told_by(
        contact,
        &moments
            .iter()
            .map(|moment| (*moment, run(1, 60)))
            .collect::<Vec<_>>(),
    )
}

fn warn(days_left: u8) -> Lease {
    Lease::Warn { days_left }
}

fn locked(days: i64) -> Lease {
    Lease::Locked { days }
}

fn contact() -> Contact {
    Contact::at(at(0), 0)
}

#[test]
fn the_lease_warns_from_day_21_and_locks_from_day_30() {
    let moments = [0, 21 * DAY - 1, 21 * DAY, 30 * DAY - 1, 30 * DAY];
    assert_eq!(
        told(contact(), &moments),
        [Lease::Valid, Lease::Valid, warn(9), warn(1), locked(30)]
    );
    assert_eq!(
        told(contact(), &[300 * DAY]),
        [locked(300)],
        "a phone that was off for long"
    );
    assert_eq!(
        told(contact(), &[9000 * DAY, 9000 * DAY + HOUR]),
        [locked(9000); 2],
        "years are no other case"
    );
}

#[test]
fn one_day_of_running_or_a_third_day_by_the_clock_destroys_and_nothing_less() {
    let (first, ran) = (40 * DAY, DESTROYED_AFTER.as_secs().cast_signed());
    let cases: [(&str, Vec<(i64, Option<Boot>)>, Lease); 9] = [
        (
            "a minute later",
            vec![(first, run(1, 10)), (first + 60, run(1, 70))],
            locked(40),
        ),
        (
            "a day of running, less a second",
            vec![(first, run(1, 10)), (first + ran, run(1, 9 + ran))],
            locked(41),
        ),
        (
            "a day of running",
            vec![(first, run(1, 10)), (first + ran, run(1, 10 + ran))],
            Lease::Over,
        ),
        (
            "a day of running under a clock that stands",
            vec![(first, run(1, 10)), (first, run(1, 10 + ran))],
            Lease::Over,
        ),
        (
            "started again and again",
            vec![
                (first, run(1, 10)),
                (first, run(2, ran / 2)),
                (first, run(3, ran / 2)),
            ],
            Lease::Over,
        ),
        (
            "a run that began before the look counts from the look",
            vec![(first, run(1, 9 * ran)), (first, run(1, 9 * ran + 60))],
            locked(40),
        ),
        (
            "a second day",
            vec![
                (first, run(1, 1)),
                (first + DAY, run(2, 1)),
                (first + DAY, run(3, 1)),
            ],
            locked(41),
        ),
        (
            "a third day",
            vec![
                (first, run(1, 1)),
                (first + DAY, run(2, 1)),
                (first + 2 * DAY, run(3, 1)),
            ],
            Lease::Over,
        ),
        (
            "a third day where no run is known",
            vec![(first, None), (first + DAY, None), (first - DAY, None)],
            Lease::Over,
        ),
    ];
    for (case, looks, last) in cases {
        let told = told_by(contact(), &looks);
        assert_eq!(told.last(), Some(&last), "{case}");
        assert!(
            told[..told.len() - 1]
                .iter()
                .all(|lease| matches!(lease, Lease::Locked { .. })),
            "{case}"
        );
    }
}

#[test]
fn setting_a_wrong_clock_right_loses_nothing_and_begins_from_nothing() {
    for wrong in [31 * DAY, 100 * DAY, 366 * DAY, 12 * YEAR] {
        let looks = [
            (wrong, run(1, 0)),
            (wrong + DAY, run(1, DAY - 1)),
            (2 * DAY, run(1, DAY)),
            (22 * DAY, run(1, 21 * DAY)),
        ];
        let told = told_by(contact(), &looks);
        assert_eq!(
            told[2..],
            [Lease::Valid, warn(8)],
            "{wrong}: no day was counted by the wrong clock"
        );
        let again = told_by(
            contact(),
            &[
                looks[0],
                looks[1],
                looks[2],
                (wrong + 3 * DAY, run(1, 3 * DAY)),
            ],
        );
        assert_eq!(
            again[3],
            locked(wrong / DAY + 3),
            "{wrong}: what was seen before it was set right does not count"
        );
    }
}

#[test]
fn a_clock_that_is_set_back_opens_twice_between_two_contacts_and_destroys_nothing_by_itself() {
    let back_and_forth = [
        31 * DAY,
        DAY,
        DAY,
        31 * DAY,
        2 * DAY,
        2 * DAY,
        31 * DAY,
        3 * DAY,
        4 * DAY,
    ];
    let told = told(contact(), &back_and_forth);
    let open = Lease::Valid;
    assert_eq!(
        told,
        [
            locked(31),
            open,
            open,
            locked(31),
            open,
            open,
            locked(31),
            Lease::SetBack,
            Lease::SetBack
        ]
    );
    let looks: Vec<_> = back_and_forth
        .iter()
        .map(|moment| (*moment, run(1, 0)))
        .chain([(31 * DAY, run(1, DAY))])
        .collect();
    assert_eq!(
        told_by(contact(), &looks).last(),
        Some(&Lease::Over),
        "who goes on has had the warning"
    );
    let battery: Vec<_> = (0u8..40)
        .map(|day| {
            if day % 2 == 0 {
                (-20 * YEAR, run(day, 5))
            } else {
                (i64::from(day) / 2 * DAY, run(day, 5))
            }
        })
        .collect();
    assert!(
        told_by(contact(), &battery)
            .iter()
            .all(|lease| *lease == Lease::Valid),
        "a dead battery sets the clock to 1970 at each start"
    );
}

#[test]
fn a_contact_begins_everything_again() {
    let (lease, kept) = contact().look(at(40 * DAY), run(1, 0));
    assert_eq!(
        (lease, kept.map(Contact::is_locked)),
        (locked(40), Some(true))
    );
    let renewed = Contact::at(at(40 * DAY), 0);
    assert!(!renewed.is_locked());
    assert_eq!(
        told(renewed, &[40 * DAY, 69 * DAY, 70 * DAY]),
        [Lease::Valid, warn(1), locked(30)]
    );
}

#[test]
fn a_clock_that_is_set_back_gives_no_time_back() {
    assert_eq!(
        told(contact(), &[25 * DAY, DAY, 25 * DAY + HOUR]),
        [warn(5), warn(5), warn(5)]
    );
    assert_eq!(
        told(contact(), &[25 * DAY, -20 * YEAR, 29 * DAY]),
        [warn(5), warn(5), warn(1)],
        "back by years, before the contact"
    );
    assert_eq!(
        told(contact(), &[-DAY, -4000 * DAY, HOUR]),
        [Lease::Valid; 3],
        "it stands still, and then goes on"
    );
}

#[test]
fn a_clock_that_was_wrong_at_the_contact_and_is_set_right_costs_nothing() {
    for skew in [40 * YEAR, -10 * YEAR, 45 * DAY, -45 * DAY] {
        let contact = Contact::at(at(-skew), skew);
        let right = told(contact, &[HOUR, 22 * DAY, 30 * DAY]);
        assert_eq!(
            right,
            [Lease::Valid, warn(8), locked(30)],
            "set right, {skew}"
        );
        let wrong = told(contact, &[HOUR - skew, 22 * DAY - skew, 30 * DAY - skew]);
        assert_eq!(
            wrong,
            [Lease::Valid, warn(8), locked(30)],
            "left as it was, {skew}"
        );
    }
}

#[test]
fn little_is_written_down_and_only_what_was_written_counts() {
    assert_eq!(contact().look(at(HOUR - 1), None).1, None);
    assert_eq!(
        contact().look(at(HOUR), None).1.map(Contact::spent),
        Some(SignedDuration::from_hours(1))
    );
    assert_eq!(Contact::decode(&[0; 75]), None);
    assert_eq!(Contact::decode(&[0; 77]), None);
    assert_eq!(Contact::decode(&contact().encode()), Some(contact()));
    let end = Contact::at(Timestamp::MAX, i64::MAX);
    assert_eq!(end.look(Timestamp::MIN, None).0, Lease::Valid);
    let start = Contact::at(Timestamp::MIN, i64::MIN);
    assert!(matches!(
        start.look(Timestamp::MAX, run(1, 1)).0,
        Lease::Locked { .. }
    ));
}
