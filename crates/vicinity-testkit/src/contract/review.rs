//! The review of rows at national: counts, the queue, marks, news.

#![allow(missing_docs, reason = "each name is the sentence that the case shows")]

use std::path::Path;

use vicinity_core::ids::ProjectionId;
use vicinity_core::time::Timestamp;
use vicinity_store::national::{NewProjection, ProjectionBody};
use vicinity_store::review::{News, QueueFilter, Review, ReviewStore};

const HUB_NUMBER: u32 = 1;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("an answer")
}

fn id(number: u8) -> ProjectionId {
    ProjectionId::from_random([number; 16])
}

fn row(number: u8, version: u64, setting: &str) -> NewProjection {
    let facets = vec![
        ("admin1", "SN-DK".to_owned()),
        ("setting", setting.to_owned()),
        ("perpetrator", "police".to_owned()),
    ];
    let body = ProjectionBody {
        json: format!("{{\"setting\":\"{setting}\"}}"),
        month: "2026-11".to_owned(),
        facets,
    };
    NewProjection {
        projection: id(number),
        version,
        body: Some(body),
    }
}

/// A count comes from the hub's tables, so that a review changes none.
pub fn a_review_is_kept_with_its_row<S: ReviewStore>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .expect("an answer");
    let mut mark = |number, review| {
        let known = national.mark(id(number), review, "dara", at(1));
        let kept = national.reviewed(id(number)).expect("an answer");
        (known.expect("an answer"), kept.map(|row| row.review))
    };
    let duplicate = Review::Duplicate(id(1));
    assert_eq!(mark(2, duplicate), (true, Some(duplicate)));
    assert_eq!(mark(2, Review::Verified), (true, Some(Review::Verified)));
    assert_eq!(mark(9, Review::Verified), (false, None));
}

/// And when the row is a duplicate no more.
pub fn the_hub_of_a_duplicate_learns_of_the_other_row_and_when_that_goes<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    let rows = [1, 2, 3].map(|number| row(number, 1, "street"));
    national.upsert(HUB_NUMBER, &rows, at(0)).expect("rows");
    let mark = |national: &mut S, number: u8, review| {
        assert!(
            national
                .mark(id(number), review, "dara", at(1))
                .expect("an answer")
        );
    };
    let open = |national: &mut S, received: &[u64]| -> Vec<(u64, Option<ProjectionId>, bool)> {
        let asked = national.questions_of(HUB_NUMBER, received, &[], at(2));
        let asked = asked.expect("an answer").into_iter();
        asked.map(|row| (row.id, row.other, row.is_over)).collect()
    };
    mark(&mut national, 2, Review::Duplicate(id(1)));
    mark(&mut national, 2, Review::Duplicate(id(1)));
    mark(&mut national, 3, Review::Duplicate(id(1)));
    assert_eq!(
        open(&mut national, &[]),
        [(1, Some(id(1)), false), (2, Some(id(1)), false)],
        "each once"
    );
    assert_eq!(open(&mut national, &[1, 2]), []);
    mark(&mut national, 3, Review::Verified);
    assert_eq!(open(&mut national, &[]), [(2, Some(id(1)), true)]);
    assert_eq!(open(&mut national, &[2]), []);
    let gone = NewProjection {
        projection: id(1),
        version: 2,
        body: None,
    };
    national.upsert(HUB_NUMBER, &[gone], at(3)).expect("rows");
    assert_eq!(open(&mut national, &[]), [(1, Some(id(1)), true)]);
    assert_eq!(open(&mut national, &[1]), []);
    let about: Vec<String> = national
        .questions_about(id(2))
        .expect("an answer")
        .into_iter()
        .map(|row| row.code)
        .collect();
    assert_eq!(about, ["possible_duplicate"]);
}

/// Neither does one with a higher version.
pub fn a_row_that_comes_again_as_it_was_did_not_change<S: ReviewStore>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    let mut take = |version, setting, second| {
        national
            .upsert(HUB_NUMBER, &[row(1, version, setting)], at(second))
            .expect("an answer");
        let kept = national.reviewed(id(1)).expect("an answer").expect("a row");
        let news = national.news(at(0)).expect("an answer");
        (kept.changed_at, news.changed)
    };
    assert_eq!(take(1, "street", 0), (at(0), 0));
    assert_eq!(take(1, "street", 5), (at(0), 0));
    assert_eq!(take(2, "street", 6), (at(0), 0));
    assert_eq!(take(3, "hotel", 7), (at(7), 1));
}

pub fn a_row_that_changes_after_it_was_verified_comes_back_to_the_queue<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .expect("an answer");
    national
        .mark(id(1), Review::Verified, "dara", at(1))
        .expect("an answer");
    let waiting = |national: &mut S| -> Vec<ProjectionId> {
        national
            .queue(&QueueFilter::default(), 0)
            .expect("an answer")
            .0
            .into_iter()
            .map(|row| row.projection)
            .collect()
    };
    assert_eq!(waiting(&mut national), [id(2)]);
    // The same again says nothing new; another text does.
    national
        .upsert(HUB_NUMBER, &[row(1, 2, "street")], at(2))
        .expect("an answer");
    assert_eq!(waiting(&mut national), [id(2)]);
    national
        .upsert(HUB_NUMBER, &[row(1, 3, "hotel")], at(3))
        .expect("an answer");
    assert_eq!(waiting(&mut national), [id(1), id(2)]);
    let row = national
        .reviewed(id(1))
        .expect("an answer")
        .expect("an answer");
    assert_eq!(
        (row.review, row.reviewer),
        (Review::Changed, Some(("dara".to_owned(), at(1))))
    );
}

pub fn news_are_what_came_after_the_last_look<S: ReviewStore>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .expect("an answer");
    assert_eq!(
        national.news(at(-1)).expect("an answer"),
        News {
            new: 2,
            waiting: 2,
            ..News::default()
        }
    );
    national
        .upsert(
            HUB_NUMBER,
            &[
                row(1, 2, "hotel"),
                NewProjection {
                    projection: id(2),
                    version: 2,
                    body: None,
                },
                row(3, 1, "street"),
            ],
            at(10),
        )
        .expect("an answer");
    assert_eq!(
        national.news(at(5)).expect("an answer"),
        News {
            new: 1,
            changed: 1,
            gone: 1,
            answered: 0,
            waiting: 2
        }
    );
    assert_eq!(
        national.news(at(10)).expect("an answer"),
        News {
            waiting: 2,
            ..News::default()
        }
    );
}

pub fn rows_with_much_in_common_may_be_the_same_incident<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street"), row(3, 1, "hotel")],
            at(0),
        )
        .expect("an answer");
    let alike: Vec<ProjectionId> = national
        .alike(id(1))
        .expect("an answer")
        .into_iter()
        .map(|row| row.projection)
        .collect();
    assert_eq!(alike, [id(2)]);
}

pub fn a_row_that_was_withdrawn_is_in_no_queue_and_in_the_news_once<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .expect("an answer");
    let withdrawn = NewProjection {
        projection: id(1),
        version: 2,
        body: None,
    };
    national
        .upsert(HUB_NUMBER, &[withdrawn], at(10))
        .expect("an answer");
    national
        .upsert(HUB_NUMBER, &[row(2, 2, "brothel")], at(11))
        .expect("an answer");
    let queued = |review: &str| QueueFilter {
        review: review.to_owned(),
        ..QueueFilter::default()
    };
    assert_eq!(national.queue(&queued(""), 0).expect("an answer").1, 1);
    assert_eq!(national.queue(&queued("gone"), 0).expect("an answer").1, 0);
    let news = national.news(at(5)).expect("an answer");
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (0, 1, 1, 1)
    );
    let news = national.news(at(-1)).expect("an answer");
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (1, 0, 1, 1)
    );
    let news = national.news(at(11)).expect("an answer");
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (0, 0, 0, 1)
    );
}

pub fn the_months_of_rows_and_the_questions_about_one_are_told<S: ReviewStore>(
    make: impl Fn(&Path) -> S,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut national = make(folder.path());
    assert_eq!(national.months().expect("an answer"), None);
    let in_month = |number: u8, month: &str| {
        let mut row = row(number, 1, "street");
        if let Some(body) = &mut row.body {
            body.month = month.to_owned();
        }
        row
    };
    let rows = [
        in_month(1, "2026-09"),
        in_month(2, "2026-11"),
        in_month(3, "2026-11"),
        in_month(4, "unknown"),
    ];
    national.upsert(HUB_NUMBER, &rows, at(0)).expect("rows");
    assert_eq!(
        national.months().expect("an answer"),
        Some(("2026-09".to_owned(), "2026-11".to_owned()))
    );
    assert_eq!(
        national
            .hub_months("2026-10", "2026-12")
            .expect("an answer"),
        [(HUB_NUMBER, "2026-11".to_owned(), 2)]
    );
    let asked = national
        .ask(id(2), "verify_area", at(1))
        .expect("an answer")
        .expect("a number");
    let about = |national: &mut S, row: u8| {
        let questions = national.questions_about(id(row)).expect("an answer");
        questions
            .into_iter()
            .map(|question| (question.id, question.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(about(&mut national, 2), [(asked, "verify_area".to_owned())]);
    assert_eq!(about(&mut national, 1), []);
    assert_eq!(
        national.reviewed(id(9)).expect("an answer"),
        None,
        "no such row"
    );
}
