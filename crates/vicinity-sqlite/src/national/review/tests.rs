use super::*;
use vicinity_store::key::DatabaseKey;

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
