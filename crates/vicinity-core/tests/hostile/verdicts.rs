//! What admission says to each hostile change, and that the others of its batch are stored.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use automerge::{Automerge, Change};
use vicinity_core::admit::{Verdict, admit, load};
use vicinity_core::document::SKELETON;

use crate::made::{Case, Plain, Setting, cases, setting};
use crate::mutating::counting_panics;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile")
}

fn readme(cases: &[Case]) -> String {
    let mut page = String::from(
        "# Hostile changes\n\nEach file is one change as a peer might send it, and none may become part of a document. `crates/vicinity-core/tests/hostile/made.rs` makes\n\
         them, a test there compares them with these files, and `UPDATE_FIXTURES=1` writes files and page anew. Never give one to automerge outside of that\n\
         test: those marked \"not asked\" may take the process down.\n\n| File | What it is | Bytes | Refused as | Plain automerge |\n|---|---|---|---|---|\n",
    );
    for case in cases {
        let plain = match case.plain {
            Plain::NotAsked => "not asked",
            Plain::Refuses => "refuses",
            Plain::Takes => "takes it",
            Plain::TakesAndBreaks => "takes it, and loses it or breaks",
        };
        writeln!(
            page,
            "| `{}.bin` | {} | {} | `{}` | {plain} |",
            case.file,
            case.what,
            case.bytes.len(),
            case.refusal.code()
        )
        .unwrap();
    }
    page
}

#[test]
fn the_files_hold_what_the_code_makes() {
    let cases = cases(&setting());
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        cases.iter().for_each(|case| {
            std::fs::write(folder().join(case.file).with_extension("bin"), &case.bytes).unwrap()
        });
        std::fs::write(folder().join("README.md"), readme(&cases)).unwrap();
    }
    for case in &cases {
        let held =
            std::fs::read(folder().join(case.file).with_extension("bin")).unwrap_or_default();
        assert!(
            held == case.bytes,
            "{}.bin is not what the code makes",
            case.file
        );
    }
    assert!(
        std::fs::read_to_string(folder().join("README.md")).unwrap_or_default() == readme(&cases),
        "the README is not up to date"
    );
    assert_eq!(
        std::fs::read_dir(folder()).unwrap().count(),
        cases.len() + 1,
        "a file that no code makes"
    );
}

#[test]
fn every_hostile_change_is_refused_and_the_rest_of_its_batch_is_stored() {
    let setting = setting();
    for case in cases(&setting) {
        let batch = [
            &setting.base[1],
            &case.bytes,
            &setting.good[0],
            &setting.good[1],
            &setting.good[2],
        ]
        .map(Clone::clone);
        let stored = vec![setting.base[0].clone()];
        let (admission, panics) = counting_panics(|| admit(&stored, &[], &batch));
        println!(
            "{:>18} {:>6} bytes: {}{}",
            case.file,
            case.bytes.len(),
            case.refusal.code(),
            if panics > 0 {
                ", after a panic of automerge's"
            } else {
                ""
            }
        );
        let expected = [
            Verdict::Stored,
            Verdict::Rejected(case.refusal),
            Verdict::Stored,
            Verdict::Stored,
            Verdict::Stored,
        ];
        assert_eq!(admission.verdicts, expected, "{}", case.file);
        assert_eq!(admission.stored.len(), 4, "{}", case.file);
        let log = [&stored[0], &batch[0], &batch[2], &batch[3], &batch[4]];
        let again = load(log.into_iter().map(Vec::as_slice)).unwrap();
        assert_eq!(again.heads, admission.view.unwrap().heads, "{}", case.file);
    }
}

#[test]
fn plain_automerge_takes_what_it_cannot_keep() {
    let setting = setting();
    let cases = cases(&setting);
    let asked = cases.iter().filter(|case| case.plain != Plain::NotAsked);
    let wrong: Vec<_> = asked
        .map(|case| (case.file, case.plain, plain(&setting, case)))
        .filter(|(_, said, does)| said != does)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn plain(setting: &Setting, case: &Case) -> Plain {
    let survives = |body: &mut dyn FnMut() -> bool| {
        counting_panics(|| catch_unwind(AssertUnwindSafe(body)))
            .0
            .unwrap_or(false)
    };
    let mut doc = Automerge::new();
    doc.load_incremental(SKELETON).unwrap();
    for chunk in &setting.base {
        doc.load_incremental(chunk).unwrap();
    }
    let taken = survives(&mut || {
        Change::from_bytes(case.bytes.clone())
            .is_ok_and(|change| doc.apply_changes([change]).is_ok())
    });
    if !taken {
        return Plain::Refuses;
    }
    let comes_back = survives(&mut || {
        doc.get_changes(&[])
            .iter()
            .any(|change| change.raw_bytes() == case.bytes)
    });
    let loads = survives(&mut || {
        Automerge::load(&doc.save()).is_ok_and(|again| again.get_heads() == doc.get_heads())
    });
    if comes_back && loads {
        Plain::Takes
    } else {
        Plain::TakesAndBreaks
    }
}
