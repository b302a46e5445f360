use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn people() -> (tempfile::TempDir, SqlitePeople) {
    let folder = tempfile::tempdir().unwrap();
    let people = SqlitePeople::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    (folder, people)
}

const PASSWORD: PasswordHash = PasswordHash {
    salt: [1; 16],
    hash: [2; 32],
};

fn invite(people: &mut SqlitePeople, handle: &str, code: u8) {
    let new = NewPerson {
        handle,
        desk: Desk::Responder,
        code_hash: [code; 32],
        expires: at(600),
        totp: [code; 20],
    };
    people.invite(&new, at(0)).unwrap();
}

fn signed_in(people: &mut SqlitePeople, step: u64, token: u8, now: i64) -> bool {
    let person = people.sign_in_of("amina", at(now)).unwrap().unwrap().number;
    people
        .start_session(
            &NewSession {
                person,
                token_hash: [token; 32],
                csrf: "x".into(),
                totp_step: step,
            },
            at(now),
        )
        .unwrap()
}

#[test]
fn a_link_works_once_and_for_a_while() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    assert_eq!(people.invited([1; 32], at(600)).unwrap(), None);
    assert!(!people.welcome([1; 32], &PASSWORD, at(600)).unwrap());
    assert_eq!(
        people.invited([1; 32], at(599)).unwrap().unwrap().1,
        "amina"
    );
    assert!(people.welcome([1; 32], &PASSWORD, at(599)).unwrap());
    assert!(!people.welcome([1; 32], &PASSWORD, at(599)).unwrap());
    assert_eq!(
        people.sign_in_of("amina", at(0)).unwrap().unwrap().password,
        Some(PASSWORD)
    );
}

#[test]
fn nobody_signs_in_before_the_link_was_used_and_no_code_works_twice() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    assert!(!signed_in(&mut people, 10, 1, 0));
    people.welcome([1; 32], &PASSWORD, at(0)).unwrap();
    assert!(signed_in(&mut people, 10, 1, 0));
    assert!(!signed_in(&mut people, 10, 2, 0));
    assert!(!signed_in(&mut people, 9, 2, 0));
    assert!(signed_in(&mut people, 11, 2, 0));
}

#[test]
fn a_session_ends_when_nothing_is_asked_and_after_half_a_day_anyhow() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    people.welcome([1; 32], &PASSWORD, at(0)).unwrap();
    assert!(signed_in(&mut people, 10, 1, 0));
    assert!(
        people
            .session([1; 32], true, at(IDLE_SECONDS))
            .unwrap()
            .is_some()
    );
    assert!(
        people
            .session([1; 32], true, at(2 * IDLE_SECONDS))
            .unwrap()
            .is_some(),
        "the look before kept it"
    );
    assert!(
        people
            .session([1; 32], false, at(3 * IDLE_SECONDS))
            .unwrap()
            .is_some()
    );
    assert!(
        people
            .session([1; 32], true, at(3 * IDLE_SECONDS + 1))
            .unwrap()
            .is_none(),
        "what a browser asks by itself keeps nothing"
    );
    assert!(signed_in(&mut people, 11, 2, 0));
    for asked in (0..SESSION_SECONDS).step_by(1000) {
        assert!(
            people.session([2; 32], true, at(asked)).unwrap().is_some(),
            "{asked}"
        );
    }
    assert!(
        people
            .session([2; 32], true, at(SESSION_SECONDS + 1))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_new_link_and_a_removal_sign_out() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    people.welcome([1; 32], &PASSWORD, at(0)).unwrap();
    assert!(signed_in(&mut people, 10, 1, 0));
    invite(&mut people, "amina", 2);
    assert!(people.session([1; 32], true, at(1)).unwrap().is_none());
    assert_eq!(
        people.sign_in_of("amina", at(0)).unwrap().unwrap().password,
        None
    );
    people.welcome([2; 32], &PASSWORD, at(0)).unwrap();
    assert!(signed_in(&mut people, 10, 3, 0));
    assert!(people.remove("amina").unwrap());
    assert!(people.session([3; 32], true, at(1)).unwrap().is_none());
    assert!(!people.remove("amina").unwrap());
}

#[test]
fn the_secret_is_the_first_one_for_ever() {
    let (folder, mut people) = people();
    assert_eq!(people.secret([5; 32]).unwrap(), [5; 32]);
    assert_eq!(people.secret([6; 32]).unwrap(), [5; 32]);
    let mut again = SqlitePeople::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    assert_eq!(again.secret([8; 32]).unwrap(), [5; 32]);
}

const YEAR: i64 = 365 * 86_400;

#[test]
fn what_a_clock_that_was_a_year_ahead_made_is_cut_to_its_longest_length_when_it_is_read() {
    let (_folder, mut people) = people();
    let new = NewPerson {
        handle: "amina",
        desk: Desk::Responder,
        code_hash: [1; 32],
        expires: at(YEAR + LINK_SECONDS),
        totp: [1; 20],
    };
    people.invite(&new, at(YEAR)).unwrap();
    assert!(people.invited([1; 32], at(0)).unwrap().is_some());
    assert!(
        people
            .invited([1; 32], at(LINK_SECONDS - 1))
            .unwrap()
            .is_some()
    );
    assert!(
        people.invited([1; 32], at(LINK_SECONDS)).unwrap().is_none(),
        "a day from the first look on, not a year"
    );
}

#[test]
fn a_session_and_a_code_of_a_clock_that_was_ahead_last_no_longer_than_others_and_lock_nobody_out() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    people.welcome([1; 32], &PASSWORD, at(0)).unwrap();
    let step = |now: i64| {
        at(now)
            .as_second()
            .div_euclid(CODE_STEP_SECONDS)
            .cast_unsigned()
    };
    assert!(signed_in(&mut people, step(YEAR), 1, YEAR));
    let session = people.session([1; 32], true, at(0)).unwrap().unwrap();
    people.looked(session.number, at(YEAR)).unwrap();
    assert_eq!(
        people
            .session([1; 32], true, at(1))
            .unwrap()
            .unwrap()
            .looked_at,
        at(1)
    );
    assert!(
        people
            .session([1; 32], true, at(IDLE_SECONDS + 2))
            .unwrap()
            .is_none(),
        "half an hour, not a year"
    );
    assert!(
        signed_in(&mut people, step(90), 2, 90),
        "the code of a minute later works"
    );
}

#[test]
fn signing_in_with_the_clock_ahead_ends_no_other_session_for_good() {
    let (_folder, mut people) = people();
    invite(&mut people, "amina", 1);
    people.welcome([1; 32], &PASSWORD, at(0)).unwrap();
    assert!(signed_in(&mut people, 10, 1, 0));
    assert!(signed_in(&mut people, 11, 2, YEAR));
    assert!(
        people.session([1; 32], true, at(60)).unwrap().is_some(),
        "the clock is right again"
    );
    for more in 3..=22u8 {
        assert!(signed_in(&mut people, 9 + u64::from(more), more, 61));
    }
    assert!(
        people.session([1; 32], true, at(62)).unwrap().is_none(),
        "so many are kept and no more"
    );
    assert!(people.session([22; 32], true, at(62)).unwrap().is_some());
}
