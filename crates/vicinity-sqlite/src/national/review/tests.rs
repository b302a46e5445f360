use super::*;
use vicinity_store::key::DatabaseKey;
use vicinity_store::national::ProjectionBody;
use vicinity_store::national::{NationalStore, NewProjection};

const HUB_NUMBER: u32 = 1;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
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
        countable: true,
        facets,
    };
    NewProjection {
        projection: id(number),
        version,
        body: Some(body),
    }
}

fn national() -> (tempfile::TempDir, SqliteNational) {
    let folder = tempfile::tempdir().unwrap();
    let national = SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    (folder, national)
}

/// All incidents of the area, and those of a setting.
fn counts(national: &mut SqliteNational, setting: &str) -> (u64, u64) {
    let window = national.window("2026-11", "2026-11").unwrap();
    let of = |dimension: &str, code: &str| {
        window
            .iter()
            .find(|(_, (_, of, own), _)| of == dimension && own == code)
            .map_or(0, |(.., count)| *count)
    };
    (of("", ""), of("setting", setting))
}

#[test]
fn a_duplicate_is_not_counted_until_it_is_none() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .unwrap();
    assert_eq!(counts(&mut national, "street"), (2, 2));
    assert!(
        national
            .mark(id(2), Review::Duplicate(id(1)), "dara", at(1))
            .unwrap()
    );
    assert_eq!(counts(&mut national, "street"), (1, 1));
    // Marked twice, and changed by its hub: still not counted.
    assert!(
        national
            .mark(id(2), Review::Duplicate(id(1)), "dara", at(2))
            .unwrap()
    );
    national
        .upsert(HUB_NUMBER, &[row(2, 2, "hotel")], at(3))
        .unwrap();
    assert_eq!(
        (
            counts(&mut national, "street"),
            counts(&mut national, "hotel")
        ),
        ((1, 1), (1, 0))
    );
    assert!(
        national
            .mark(id(2), Review::Verified, "dara", at(4))
            .unwrap()
    );
    assert_eq!(counts(&mut national, "hotel"), (2, 1));
    assert!(
        !national
            .mark(id(9), Review::Verified, "dara", at(4))
            .unwrap()
    );
}

#[test]
fn counts_follow_what_changes_and_what_is_taken_back() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(1, 2, "hotel"), row(2, 1, "hotel")],
            at(0),
        )
        .unwrap();
    assert_eq!(
        (
            counts(&mut national, "street"),
            counts(&mut national, "hotel")
        ),
        ((2, 0), (2, 2))
    );
    national
        .upsert(
            HUB_NUMBER,
            &[NewProjection {
                projection: id(1),
                version: 3,
                body: None,
            }],
            at(1),
        )
        .unwrap();
    assert_eq!(counts(&mut national, "hotel"), (1, 1));
    national
        .upsert(
            HUB_NUMBER,
            &[NewProjection {
                projection: id(2),
                version: 2,
                body: None,
            }],
            at(2),
        )
        .unwrap();
    assert_eq!(
        national.window("", "9999").unwrap(),
        [],
        "nothing is left of what is counted no more"
    );
}

#[test]
fn a_row_that_changes_after_it_was_verified_comes_back_to_the_queue() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .unwrap();
    national
        .mark(id(1), Review::Verified, "dara", at(1))
        .unwrap();
    let waiting = |national: &mut SqliteNational| -> Vec<ProjectionId> {
        national
            .queue(&QueueFilter::default(), 0)
            .unwrap()
            .0
            .into_iter()
            .map(|row| row.projection)
            .collect()
    };
    assert_eq!(waiting(&mut national), [id(2)]);
    // The same again says nothing new; another text does.
    national
        .upsert(HUB_NUMBER, &[row(1, 2, "street")], at(2))
        .unwrap();
    assert_eq!(waiting(&mut national), [id(2)]);
    national
        .upsert(HUB_NUMBER, &[row(1, 3, "hotel")], at(3))
        .unwrap();
    assert_eq!(waiting(&mut national), [id(1), id(2)]);
    let row = national.reviewed(id(1)).unwrap().unwrap();
    assert_eq!(
        (row.review, row.reviewer),
        (Review::Changed, Some(("dara".to_owned(), at(1))))
    );
}

#[test]
fn news_are_what_came_after_the_last_look() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .unwrap();
    assert_eq!(
        national.news(at(-1)).unwrap(),
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
        .unwrap();
    assert_eq!(
        national.news(at(5)).unwrap(),
        News {
            new: 1,
            changed: 1,
            gone: 1,
            answered: 0,
            waiting: 2
        }
    );
    assert_eq!(
        national.news(at(10)).unwrap(),
        News {
            waiting: 2,
            ..News::default()
        }
    );
}

#[test]
fn rows_with_much_in_common_may_be_the_same_incident() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street"), row(3, 1, "hotel")],
            at(0),
        )
        .unwrap();
    let alike: Vec<ProjectionId> = national
        .alike(id(1))
        .unwrap()
        .into_iter()
        .map(|row| row.projection)
        .collect();
    assert_eq!(alike, [id(2)]);
}

/// The steps of SQLite's plan for a query, in one line.
fn plan(national: &SqliteNational, query: &str) -> String {
    let explained = format!("EXPLAIN QUERY PLAN {query}");
    let mut statement = national.db.conn.prepare(&explained).unwrap();
    let values = vec![rusqlite::types::Value::Null; statement.parameter_count()];
    statement
        .query_map(rusqlite::params_from_iter(values), |row| {
            row.get::<_, String>(3)
        })
        .unwrap()
        .map(|step| step.unwrap() + "; ")
        .collect()
}

#[test]
fn counting_news_reads_no_row() {
    let (_folder, national) = national();
    for rows in [NEW, CHANGED, GONE, WAITING] {
        let plan = plan(&national, &capped_count(rows));
        assert!(plan.contains("USING COVERING INDEX"), "{rows}: {plan}");
    }
}

#[test]
fn a_page_of_the_queue_sorts_nothing_and_its_count_reads_no_row() {
    let (_folder, national) = national();
    let filters = ["", "verified"].into_iter().flat_map(|review| {
        [
            (None, ""),
            (Some(1), ""),
            (None, "SN-DK"),
            (Some(1), "SN-DK"),
        ]
        .map(|(hub, area)| QueueFilter {
            review: review.to_owned(),
            hub,
            area: area.to_owned(),
        })
    });
    for filter in filters {
        let rows = queue_rows(&filter);
        let page = plan(&national, &queue_page(&rows, 3));
        assert!(!page.contains("TEMP B-TREE"), "{rows}: {page}");
        let count = plan(&national, &capped_count(&rows));
        assert!(count.contains("USING COVERING INDEX"), "{rows}: {count}");
    }
}

#[test]
fn a_row_that_was_withdrawn_is_in_no_queue_and_in_the_news_once() {
    let (_folder, mut national) = national();
    national
        .upsert(
            HUB_NUMBER,
            &[row(1, 1, "street"), row(2, 1, "street")],
            at(0),
        )
        .unwrap();
    let withdrawn = NewProjection {
        projection: id(1),
        version: 2,
        body: None,
    };
    national.upsert(HUB_NUMBER, &[withdrawn], at(10)).unwrap();
    national
        .upsert(HUB_NUMBER, &[row(2, 2, "brothel")], at(11))
        .unwrap();
    let queued = |review: &str| QueueFilter {
        review: review.to_owned(),
        ..QueueFilter::default()
    };
    assert_eq!(national.queue(&queued(""), 0).unwrap().1, 1);
    assert_eq!(national.queue(&queued("gone"), 0).unwrap().1, 0);
    let news = national.news(at(5)).unwrap();
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (0, 1, 1, 1)
    );
    let news = national.news(at(-1)).unwrap();
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (1, 0, 1, 1)
    );
    let news = national.news(at(11)).unwrap();
    assert_eq!(
        (news.new, news.changed, news.gone, news.waiting),
        (0, 0, 0, 1)
    );
}
