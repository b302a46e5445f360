use super::*;

const START: i64 = 1_800_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// That many seconds after the start, with the clock ahead by that many.
fn after(seconds: i64, ahead: i64) -> Moment {
    Moment {
        wall: START + seconds + ahead,
        running: Some(500 + seconds),
    }
}

fn watch() -> ClockWatch {
    let mut watch = ClockWatch::new(None);
    assert_eq!(watch.look(after(0, 0)), None);
    watch
}

/// Devices whose clocks are ahead of the true time by so much are heard after that many seconds, by a server that is ahead itself.
fn hear(watch: &mut ClockWatch, seconds: i64, ahead: i64, devices: &[i64]) {
    for (number, device) in (1..).zip(devices) {
        watch.heard(number, ahead.saturating_sub(*device), after(seconds, ahead));
    }
}

fn doubt(witness: Witness, ahead_seconds: i64) -> Option<Doubt> {
    Some(Doubt {
        witness,
        ahead_seconds,
    })
}

#[test]
fn a_jump_of_more_than_an_hour_is_in_doubt_until_the_clock_is_right_again() {
    for (ahead, is_doubted) in [
        (HOUR, false),
        (HOUR + 1, true),
        (-HOUR, false),
        (-HOUR - 1, true),
        (100 * DAY, true),
        (-50 * 365 * DAY, true),
    ] {
        let mut watch = watch();
        assert_eq!(
            watch.look(after(60, ahead)),
            if is_doubted {
                doubt(Witness::Running, ahead)
            } else {
                None
            },
            "{ahead}"
        );
        assert_eq!(
            watch.look(after(40 * DAY, ahead)).is_some(),
            is_doubted,
            "time alone makes it no better, {ahead}"
        );
        assert_eq!(
            watch.look(after(40 * DAY + 8, 0)),
            None,
            "right again, {ahead}"
        );
    }
}

#[test]
fn many_small_jumps_are_one_large_one() {
    let mut watch = watch();
    let seen: Vec<bool> = (1..=5)
        .map(|step| watch.look(after(step * 60, step * 900)).is_some())
        .collect();
    assert_eq!(seen, [false, false, false, false, true]);
}

#[test]
fn a_person_confirms_and_from_then_on_it_is_that_clock_that_counts() {
    let mut watch = watch();
    assert!(watch.look(after(60, 100 * DAY)).is_some());
    watch.confirm(after(120, 100 * DAY));
    assert_eq!(watch.look(after(180, 100 * DAY)), None);
    assert_eq!(
        watch.look(after(240, 0)),
        doubt(Witness::Running, -100 * DAY)
    );
}

#[test]
fn over_a_restart_seven_days_are_believed_and_no_more() {
    let kept = |doubt| {
        Some(Kept {
            believed: START,
            confirmed_ahead: 0,
            doubt,
        })
    };
    let cases = [
        ("an hour off", HOUR, None, None),
        ("a week off", 7 * DAY, None, None),
        (
            "more than a week off",
            7 * DAY + 1,
            None,
            doubt(Witness::Restart, 7 * DAY + 1),
        ),
        (
            "a clock that fell back",
            -7 * DAY - 1,
            None,
            doubt(Witness::Restart, -7 * DAY - 1),
        ),
        (
            "in doubt before, right now",
            HOUR,
            doubt(Witness::Running, DAY),
            None,
        ),
        (
            "in doubt before, and still wrong",
            DAY,
            doubt(Witness::Running, DAY),
            doubt(Witness::Restart, DAY),
        ),
    ];
    for (case, seconds, before, expected) in cases {
        let first = Moment {
            wall: START + seconds,
            running: Some(3),
        };
        let mut watch = ClockWatch::new(kept(before));
        assert_eq!(watch.look(first), expected, "{case}");
        assert_eq!(
            kept(before).and_then(|kept| kept.doubt_at(first.wall)),
            expected,
            "a command sees the same, {case}"
        );
        if expected.is_some() {
            assert_eq!(
                watch.look(Moment {
                    wall: START + 30 + HOUR / 2,
                    running: Some(33)
                }),
                None,
                "set right, {case}"
            );
        }
    }
}

#[test]
fn the_middle_one_of_three_devices_clocks_is_a_witness_and_two_are_none() {
    let cases: [(&str, i64, &[i64], Option<Doubt>); 8] = [
        ("two", 0, &[-100 * DAY, -100 * DAY], None),
        ("three who agree", 0, &[5, -7, 9], None),
        ("one of three is wrong", 0, &[5, 9000 * DAY, 9], None),
        (
            "one of four is right, but two are near",
            0,
            &[DAY, DAY, -90 * DAY, 90 * DAY],
            None,
        ),
        (
            "three by the wrong zone",
            0,
            &[-7 * HOUR, -7 * HOUR, -7 * HOUR],
            None,
        ),
        (
            "the server is ahead",
            0,
            &[-100 * DAY, -100 * DAY, 3],
            doubt(Witness::Devices, 100 * DAY),
        ),
        (
            "the server is behind",
            0,
            &[30 * DAY, 30 * DAY, 30 * DAY],
            doubt(Witness::Devices, -30 * DAY),
        ),
        (
            "clocks without bounds",
            0,
            &[i64::MIN, i64::MIN, i64::MIN],
            doubt(Witness::Devices, i64::MAX),
        ),
    ];
    for (case, ahead, devices, expected) in cases {
        let mut watch = watch();
        hear(&mut watch, 60, ahead, devices);
        let seen = watch.look(after(61, ahead));
        assert_eq!(
            seen.map(|doubt| doubt.witness),
            expected.map(|doubt| doubt.witness),
            "{case}"
        );
        if let (Some(seen), Some(expected)) = (seen, expected) {
            assert!(
                seen.ahead_seconds.abs_diff(expected.ahead_seconds) < 1 << 33,
                "{case}: {seen:?}"
            );
        }
    }
}

#[test]
fn a_clock_that_is_set_right_is_right_at_once_where_three_devices_say_so() {
    let mut watch = watch();
    hear(&mut watch, 60, 0, &[-100 * DAY, -100 * DAY, -100 * DAY]);
    assert_eq!(watch.look(after(70, 0)), doubt(Witness::Devices, 100 * DAY));
    assert_eq!(
        watch.look(after(80, -100 * DAY)),
        None,
        "it was wrong from the start, and the devices knew"
    );
    assert_eq!(watch.look(after(90, 0)), doubt(Witness::Running, 100 * DAY));
    let mut watch = self::watch();
    hear(&mut watch, 60, 0, &[0, 3, -3]);
    assert_eq!(
        watch.look(after(70, 2 * HOUR)),
        doubt(Witness::Running, 2 * HOUR),
        "devices that were heard before the jump know of it"
    );
    hear(&mut watch, 80, 2 * HOUR, &[0, 3, -3]);
    assert_eq!(
        watch.look(after(90, 2 * HOUR)),
        doubt(Witness::Running, 2 * HOUR)
    );
    assert_eq!(
        watch.look(after(95, 0)),
        None,
        "and are no witness against it once it is right"
    );
}

#[test]
fn a_clock_that_was_confirmed_against_the_devices_is_not_asked_about_for_ever() {
    let mut watch = watch();
    hear(&mut watch, 60, 0, &[-30 * DAY; 3]);
    assert_eq!(watch.look(after(61, 0)), doubt(Witness::Devices, 30 * DAY));
    watch.confirm(after(70, 0));
    assert_eq!(watch.look(after(71, 0)), None);
    let kept = watch.kept(after(72, 0), None);
    assert_eq!(kept.confirmed_ahead, 30 * DAY);
    let mut again = ClockWatch::new(Some(kept));
    assert_eq!(again.look(after(80, 0)), None);
    hear(&mut again, 81, 0, &[-30 * DAY; 3]);
    assert_eq!(again.look(after(82, 0)), None);
    hear(&mut again, 83, 0, &[-33 * DAY; 3]);
    assert_eq!(
        again.look(after(84, 0)),
        doubt(Witness::Devices, 33 * DAY),
        "more than was confirmed"
    );
}

#[test]
fn what_devices_said_before_a_restart_stands_until_they_are_heard_again_or_somebody_confirms() {
    let kept = Some(Kept {
        believed: START,
        confirmed_ahead: 0,
        doubt: doubt(Witness::Devices, 100 * DAY),
    });
    let mut watch = ClockWatch::new(kept);
    assert_eq!(watch.look(after(0, 0)), doubt(Witness::Devices, 100 * DAY));
    hear(&mut watch, 10, 0, &[-90 * DAY; 3]);
    assert_eq!(watch.look(after(11, 0)), doubt(Witness::Devices, 90 * DAY));
    hear(&mut watch, 12, 0, &[4, 5, 6]);
    assert_eq!(watch.look(after(13, 0)), None);
    let mut watch = ClockWatch::new(kept);
    watch.confirm(after(5, 0));
    assert_eq!(watch.look(after(6, 0)), None);
}

#[test]
fn what_is_kept_in_doubt_is_the_time_that_should_be() {
    let mut watch = watch();
    assert_eq!(
        watch.look(after(60, 2 * DAY)),
        doubt(Witness::Running, 2 * DAY)
    );
    let kept = watch.kept(after(3600, 2 * DAY), doubt(Witness::Running, 2 * DAY));
    assert_eq!(
        (kept.believed, Kept::of_text(&kept.to_text())),
        (START + 3600, Some(kept))
    );
    assert!(
        kept.doubt_at(START + 2 * DAY + 3700).is_some(),
        "a restart does not make it right"
    );
    let calm = watch.kept(after(60, 0), None);
    assert_eq!(
        (calm.believed, Kept::of_text(&calm.to_text())),
        (START + 60, Some(calm))
    );
    for text in [
        "",
        "1",
        "a b",
        "1 2 3",
        "1 2 moon 3",
        "1 2 running x",
        "1 2 running 3 4",
    ] {
        assert_eq!(Kept::of_text(text), None, "{text}");
    }
}

#[test]
fn where_no_running_time_is_known_only_restarts_are_looked_at() {
    let mut watch = ClockWatch::new(None);
    for wall in [0, 100 * DAY, 5] {
        assert_eq!(
            watch.look(Moment {
                wall: START + wall,
                running: None
            }),
            None
        );
    }
    watch.heard(
        1,
        i64::MAX,
        Moment {
            wall: 0,
            running: None,
        },
    );
    let mut after = ClockWatch::new(Some(Kept {
        believed: START,
        confirmed_ahead: 0,
        doubt: None,
    }));
    assert_eq!(
        after.look(Moment {
            wall: START + 8 * DAY,
            running: None
        }),
        doubt(Witness::Restart, 8 * DAY)
    );
}
