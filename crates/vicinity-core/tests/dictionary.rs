//! The data dictionary in docs/ is the one that the tables give.
#![allow(
    clippy::disallowed_methods,
    reason = "reads, and on demand rewrites, the page it checks"
)]

use std::path::Path;

#[test]
fn the_page_in_docs_is_the_one_the_tables_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RECORD.md");
    let made = vicinity_core::dictionary::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        held == made,
        "docs/RECORD.md is not up to date: run UPDATE_DOCS=1 cargo test -p vicinity-core --test dictionary"
    );
}
