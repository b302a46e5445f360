use super::*;
use vicinity_store::key::DatabaseKey;
use vicinity_store::national::{NationalStore, NewProjection, ProjectionBody};

fn national() -> (tempfile::TempDir, SqliteNational) {
    let folder = tempfile::tempdir().unwrap();
    let national = SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    (folder, national)
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

/// As the migration leaves them: without content, with the mark that a reviewer gave.
#[test]
fn a_row_of_an_older_schema_goes_and_comes_again_with_its_review() {
    let (_folder, mut national) = national();
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let row = |number: u8, version, has_body: bool| NewProjection {
        projection: ProjectionId::from_random([number; 16]),
        version,
        body: has_body.then(|| ProjectionBody {
            json: format!("{{\"version\":{version}}}"),
            month: "2026-11".to_owned(),
            facets: Vec::new(),
        }),
    };
    let id = |number: u8| ProjectionId::from_random([number; 16]);
    let rows = [row(1, 1, true), row(2, 1, true), row(3, 1, true)];
    national.upsert(1, &rows, at).unwrap();
    for number in [1, 2] {
        assert!(
            national
                .mark(id(number), Review::Verified, "dara", at)
                .unwrap()
        );
    }
    let script = include_str!("../../../migrations/national_0013_schema3.sql");
    let (_, rows_go) = script.split_once("ADD COLUMN kept_review TEXT;").unwrap();
    national.db.conn.execute_batch(rows_go).unwrap();
    assert_eq!(national.reviewed(id(1)).unwrap(), None);
    assert_eq!(national.hub_months("", "9999").unwrap(), []);

    let again = [row(1, 2, true), row(2, 2, false), row(3, 2, true)];
    national.upsert(1, &again, at).unwrap();
    let review = |national: &mut SqliteNational, number| {
        national.reviewed(id(number)).unwrap().map(|row| row.review)
    };
    assert_eq!(review(&mut national, 1), Some(Review::Verified));
    assert_eq!(review(&mut national, 2), None, "withdrawn meanwhile");
    assert_eq!(review(&mut national, 3), Some(Review::New));
    national.upsert(1, &[row(1, 3, true)], at).unwrap();
    assert_eq!(review(&mut national, 1), Some(Review::Changed));
}
