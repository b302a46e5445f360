//! What national keeps and counts.

use std::path::Path;

use tempfile::TempDir;
use vicinity_core::ids::{ORDINAL_MAX, ProjectionId};
use vicinity_store::hub::{INVITE_SECONDS, PeerRefused, Role};
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody, ProjectionListing};

use super::stage::device_id;
use crate::person::{now, now_plus};

const HUB: u32 = 1;
const OTHER_HUB: u32 = 2;

struct National<S> {
    store: S,
    _folder: TempDir,
}

impl<S: NationalStore> National<S> {
    /// With two hubs.
    fn new(make: impl Fn(&Path) -> S) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = make(folder.path());
        for number in [1, 2] {
            store
                .invite([number; 32], Role::Hub, now_plus(600))
                .expect("an invitation");
            assert_eq!(
                store
                    .enrol([number; 32], device_id(number), [number; 32], now())
                    .expect("an answer"),
                Some(u32::from(number))
            );
        }
        Self {
            store,
            _folder: folder,
        }
    }

    fn upserts(&mut self, hub: u32, rows: &[NewProjection]) -> Vec<Option<u64>> {
        self.store.upsert(hub, rows, now()).expect("an answer")
    }

    fn listed(&mut self, from: Option<&str>, to: Option<&str>) -> Vec<ProjectionListing> {
        let mut rows = Vec::new();
        self.store
            .each_projection(from, to, &mut |row| {
                rows.push(row);
                Ok(())
            })
            .expect("a walk");
        rows
    }

    fn numbers(&mut self, from: Option<&str>, to: Option<&str>) -> Vec<u8> {
        self.listed(from, to)
            .into_iter()
            .map(|row| row.projection.as_bytes()[0])
            .collect()
    }
}

fn id(number: u8) -> ProjectionId {
    ProjectionId::from_random([number; 16])
}

/// A row of November with one violation.
fn row(number: u8, version: u64, violation: &str) -> NewProjection {
    let facets = vec![
        ("violation", violation.to_owned()),
        ("violation", violation.to_owned()),
        ("setting", "street".to_owned()),
    ];
    let body = ProjectionBody {
        json: format!("{{\"version\":{version}}}"),
        month: "2026-11".to_owned(),
        facets,
    };
    NewProjection {
        projection: id(number),
        version,
        body: Some(body),
    }
}

fn of_month(number: u8, month: &str) -> NewProjection {
    let row = row(number, 1, "rape");
    NewProjection {
        body: row.body.map(|body| ProjectionBody {
            month: month.to_owned(),
            ..body
        }),
        ..row
    }
}

fn retract(number: u8, version: u64) -> NewProjection {
    NewProjection {
        projection: id(number),
        version,
        body: None,
    }
}

/// People know the centre, not its number.
pub fn a_hub_is_called_what_its_invitation_says_until_somebody_changes_it<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national
        .store
        .invite([3; 32], Role::Hub, now_plus(600))
        .expect("an invitation");
    national
        .store
        .name_invited([3; 32], "Dakar")
        .expect("a name");
    national
        .store
        .enrol([3; 32], device_id(3), [3; 32], now())
        .expect("an answer");
    assert!(national.store.name_hub(HUB, "Thiès").expect("an answer"));
    assert!(!national.store.name_hub(9, "nobody").expect("an answer"));
    let mut names = || {
        let hubs = national.store.hubs().expect("hubs");
        hubs.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(),
        [Some("Thiès".to_owned()), None, Some("Dakar".to_owned())]
    );
}

/// Rows may come twice and in any order.
pub fn the_highest_version_stays<S: NationalStore>(make: impl Fn(&Path) -> S) {
    let mut national = National::new(make);
    assert_eq!(
        national.upserts(
            HUB,
            &[
                row(1, 2, "stalking"),
                row(1, 1, "stalking"),
                row(1, 2, "rape")
            ]
        ),
        [Some(2); 3]
    );
    let listed = national.listed(None, None);
    assert_eq!(
        listed,
        [ProjectionListing {
            projection: id(1),
            hub: HUB,
            version: 2,
            json: "{\"version\":2}".to_owned()
        }]
    );
    let hubs = national.store.hubs().expect("hubs");
    assert_eq!(
        hubs.iter()
            .map(|hub| (hub.number, hub.projections))
            .collect::<Vec<_>>(),
        [(HUB, 1), (OTHER_HUB, 0)]
    );
}

/// None of it stays but id and version.
pub fn an_older_version_cannot_bring_back_what_was_retracted<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national.upserts(HUB, &[row(1, 2, "rape")]);
    assert_eq!(
        national.upserts(HUB, &[retract(1, 3), row(1, 2, "rape"), row(1, 3, "rape")]),
        [Some(3); 3]
    );
    assert_eq!(national.listed(None, None), []);
    assert_eq!(national.store.hubs().expect("hubs")[0].projections, 0);
    assert_eq!(
        national
            .store
            .ask(id(1), "verify_date", now())
            .expect("an answer"),
        None
    );
    // One that was retracted before it was ever seen stays away too.
    national.upserts(HUB, &[retract(2, 5), row(2, 4, "rape")]);
    assert_eq!(national.listed(None, None), []);
    national.upserts(HUB, &[row(1, 4, "rape")]);
    assert_eq!(national.listed(None, None).len(), 1);
}

fn in_area(number: u8, version: u64, area: &str) -> NewProjection {
    let row = row(number, version, "rape");
    NewProjection {
        body: row.body.map(|body| ProjectionBody {
            facets: vec![("admin1", area.to_owned())],
            ..body
        }),
        ..row
    }
}

/// So that national can bound them: those of rows that are active, of no other hub.
pub fn the_areas_of_a_hub_are_those_that_its_standing_rows_name<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    let areas = |national: &mut National<S>, hub, max| {
        national
            .store
            .areas_of(hub, max)
            .expect("areas")
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(areas(&mut national, HUB, 9), Vec::<String>::new());
    national.upserts(
        HUB,
        &[
            in_area(1, 1, "SN-TH"),
            in_area(2, 1, "SN-DK"),
            in_area(3, 1, "SN-DK"),
            in_area(4, 1, "SN-ZG"),
            row(5, 1, "rape"),
        ],
    );
    national.upserts(OTHER_HUB, &[in_area(6, 1, "KG-GB")]);
    assert_eq!(
        (
            areas(&mut national, HUB, 9),
            areas(&mut national, OTHER_HUB, 9)
        ),
        (
            vec!["SN-DK".into(), "SN-TH".into(), "SN-ZG".into()],
            vec!["KG-GB".into()]
        )
    );
    assert_eq!(areas(&mut national, HUB, 2), ["SN-DK", "SN-TH"]);
    national.upserts(HUB, &[retract(1, 2), retract(2, 2), in_area(4, 2, "SN-DK")]);
    assert_eq!(areas(&mut national, HUB, 9), ["SN-DK"]);
}

/// A turned hub must not be able to.
pub fn a_hub_cannot_write_to_the_projection_of_another<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national.upserts(HUB, &[row(1, 1, "rape")]);
    assert_eq!(
        national.upserts(
            OTHER_HUB,
            &[retract(1, 2), row(1, 9, "stalking"), row(2, 1, "stalking")]
        ),
        [None, None, Some(1)]
    );
    assert_eq!(
        national
            .listed(None, None)
            .iter()
            .map(|row| (row.hub, row.version))
            .collect::<Vec<_>>(),
        [(HUB, 1), (OTHER_HUB, 1)]
    );
}

/// A month that is unknown lies between no two months, but in the whole.
pub fn projections_are_listed_by_id_and_month<S: NationalStore>(make: impl Fn(&Path) -> S) {
    let mut national = National::new(make);
    national.upserts(
        HUB,
        &[
            of_month(4, "2026-09"),
            of_month(1, "2026-11"),
            of_month(3, "unknown"),
            of_month(2, "2026-10"),
        ],
    );
    assert_eq!(national.numbers(None, None), [1, 2, 3, 4]);
    assert_eq!(national.numbers(Some("2026-10"), None), [1, 2]);
    assert_eq!(national.numbers(None, Some("2026-10")), [2, 4]);
    assert_eq!(national.numbers(Some("2026-10"), Some("2026-10")), [2]);
    assert_eq!(national.numbers(Some("2027-01"), None), [0; 0]);
}

/// However often its link is cut.
pub fn a_question_goes_to_its_hub_until_it_was_received<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national.upserts(HUB, &[row(1, 1, "rape")]);
    assert_eq!(
        national
            .store
            .ask(id(9), "verify_date", now())
            .expect("an answer"),
        None
    );
    let question = national
        .store
        .ask(id(1), "verify_date", now())
        .expect("an answer")
        .expect("a question");
    let mut open = |hub: u32, received: &[u64]| -> Vec<(u64, ProjectionId, String)> {
        let rows = national
            .store
            .questions_of(hub, received, &[], now())
            .expect("questions");
        rows.into_iter()
            .map(|row| (row.id, row.projection, row.code))
            .collect()
    };
    let asked = vec![(question, id(1), "verify_date".to_owned())];
    assert_eq!(open(HUB, &[]), asked);
    assert_eq!(open(OTHER_HUB, &[question]), []);
    assert_eq!(open(HUB, &[]), asked);
    assert_eq!(open(HUB, &[question]), []);
    assert_eq!(open(HUB, &[]), []);
}

/// The last one.
pub fn an_answer_counts_only_from_the_hub_that_was_asked<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national.upserts(HUB, &[row(1, 1, "rape")]);
    let question = national
        .store
        .ask(id(1), "verify_date", now())
        .expect("an answer")
        .expect("a question");
    let mut answers = |hub: u32, answer: &str| {
        national
            .store
            .questions_of(hub, &[], &[(question, answer.to_owned())], now())
            .expect("questions");
        let rows = national.store.questions().expect("questions");
        rows.into_iter().map(|row| row.answer).collect::<Vec<_>>()
    };
    assert_eq!(answers(OTHER_HUB, "confirmed"), [None]);
    assert_eq!(answers(HUB, "confirmed"), [Some("confirmed".to_owned())]);
    assert_eq!(answers(HUB, "corrected"), [Some("corrected".to_owned())]);
}

/// And the same hub again, if its answer was lost.
pub fn a_code_enrols_one_hub<S: NationalStore>(make: impl Fn(&Path) -> S) {
    let mut national = National::new(make);
    let mut enrol = |code: u8, hub: u8, seconds: i64| {
        national
            .store
            .enrol([code; 32], device_id(hub), [hub; 32], now_plus(seconds))
            .expect("an answer")
    };
    assert_eq!(enrol(1, 1, 60), Some(HUB));
    assert_eq!(enrol(1, 3, 60), None);
    assert_eq!(enrol(9, 3, 60), None);
    national
        .store
        .invite([3; 32], Role::Hub, now_plus(600))
        .expect("an invitation");
    let mut enrol = |seconds: i64| {
        national
            .store
            .enrol([3; 32], device_id(3), [3; 32], now_plus(seconds))
            .expect("an answer")
    };
    assert_eq!((enrol(600), enrol(599)), (None, Some(3)));
    let public_key = |national: &mut National<S>, hub: u8| {
        national
            .store
            .credentials(device_id(hub))
            .expect("an answer")
            .map(|credentials| credentials.public_key)
    };
    assert_eq!(
        (public_key(&mut national, 3), public_key(&mut national, 4)),
        (Some([3; 32]), None)
    );
}

/// It was made while national's clock was a year ahead.
pub fn a_code_for_a_hub_that_a_clock_ahead_made_is_good_for_ten_minutes<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    national
        .store
        .invite([7; 32], Role::Hub, now_plus(365 * 86_400))
        .expect("an invitation");
    assert_eq!(national.store.cut_invites(now()).expect("an answer"), 1);
    assert_eq!(
        national
            .store
            .enrol([7; 32], device_id(7), [7; 32], now_plus(INVITE_SECONDS))
            .expect("an answer"),
        None
    );
    assert!(
        national
            .store
            .enrol([7; 32], device_id(7), [7; 32], now_plus(INVITE_SECONDS - 1))
            .expect("an answer")
            .is_some()
    );
}

/// A hub that was restored starts a new life.
pub fn a_report_with_a_counter_that_does_not_rise_is_a_replay<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    let mut let_in = |hub: u8, life: u64, counter: u64| {
        national
            .store
            .let_in(device_id(hub), life, counter, now_plus(30))
            .expect("an answer")
    };
    assert_eq!(let_in(9, 1, 1), Err(PeerRefused::Unknown));
    assert_eq!(let_in(1, u64::MAX, 5), Ok(HUB));
    assert_eq!(let_in(1, u64::MAX, 5), Err(PeerRefused::Replayed));
    assert_eq!(let_in(1, u64::MAX, 4), Err(PeerRefused::RolledBack));
    assert_eq!(let_in(1, 3, 1), Ok(HUB));
    let seen: Vec<_> = national
        .store
        .hubs()
        .expect("hubs")
        .into_iter()
        .map(|hub| hub.last_seen)
        .collect();
    assert_eq!(seen, [Some(now_plus(30)), None]);
}

/// In a signed column they would be below everything else.
pub fn a_counter_or_a_version_from_two_to_the_63rd_is_refused<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    let mut let_in = |counter: u64| {
        national
            .store
            .let_in(device_id(1), 1, counter, now_plus(30))
            .expect("an answer")
    };
    assert_eq!(
        (let_in(4), let_in(u64::MAX), let_in(ORDINAL_MAX + 1)),
        (
            Ok(HUB),
            Err(PeerRefused::TooHigh),
            Err(PeerRefused::TooHigh)
        )
    );
    assert_eq!(
        (let_in(5), let_in(ORDINAL_MAX), let_in(5)),
        (Ok(HUB), Ok(HUB), Err(PeerRefused::RolledBack))
    );
    let mut upsert = |version: u64| {
        national
            .store
            .upsert(HUB, &[row(1, version, "rape")], now())
            .expect("an answer")
    };
    assert_eq!(
        (upsert(u64::MAX), upsert(ORDINAL_MAX + 1), upsert(5)),
        (vec![None], vec![None], vec![Some(5)])
    );
    assert_eq!(
        (upsert(ORDINAL_MAX), upsert(6)),
        (vec![Some(ORDINAL_MAX)], vec![Some(ORDINAL_MAX)])
    );
}

/// A seized hub cannot go on; what it reported stays, and may be reviewed.
pub fn a_revoked_hub_is_let_in_again_by_a_new_code_and_another_key_only<S: NationalStore>(
    make: impl Fn(&Path) -> S,
) {
    let mut national = National::new(make);
    assert_eq!(
        national
            .store
            .let_in(device_id(1), 1, 1, now_plus(30))
            .expect("an answer"),
        Ok(HUB)
    );
    assert!(!national.store.revoke(99, now_plus(40)).expect("an answer"));
    assert!(national.store.revoke(HUB, now_plus(40)).expect("an answer"));
    assert!(
        national
            .store
            .credentials(device_id(1))
            .expect("an answer")
            .is_some_and(|credentials| credentials.revoked)
    );
    assert_eq!(
        national
            .store
            .let_in(device_id(1), 1, 2, now_plus(50))
            .expect("an answer"),
        Err(PeerRefused::Revoked)
    );
    national
        .store
        .invite([8; 32], Role::Hub, now_plus(600))
        .expect("an invitation");
    let key = national
        .store
        .credentials(device_id(1))
        .expect("an answer")
        .expect("credentials")
        .public_key;
    assert_eq!(
        national
            .store
            .enrol([8; 32], device_id(1), key, now_plus(60))
            .expect("an answer"),
        None,
        "whoever has it would be let in too"
    );
    assert_eq!(
        national
            .store
            .enrol([8; 32], device_id(1), [99; 32], now_plus(60))
            .expect("an answer"),
        Some(HUB)
    );
    assert_eq!(
        national
            .store
            .let_in(device_id(1), 2, 1, now_plus(70))
            .expect("an answer"),
        Ok(HUB)
    );
}

/// And replaced whole.
pub fn what_is_set_is_kept<S: NationalStore>(make: impl Fn(&Path) -> S) {
    let mut national = National::new(make);
    assert_eq!(national.store.setting("token").expect("a setting"), None);
    for value in [&b"first"[..], b"second"] {
        national
            .store
            .set_setting("token", value)
            .expect("a setting");
        assert_eq!(
            national
                .store
                .setting("token")
                .expect("a setting")
                .as_deref(),
            Some(value)
        );
    }
}
