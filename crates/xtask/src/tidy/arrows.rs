//! Which crate may depend on which. The arrows are the architecture: what they forbid cannot creep in.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// A crate of the product, and the crates of the workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "vicinity",
        &[
            "vicinity-client",
            "vicinity-server",
            "vicinity-export",
            "vicinity-core",
        ],
    ),
    (
        "vicinity-device",
        &[
            "vicinity-sync",
            "vicinity-store",
            "vicinity-core",
            "vicinity-seal",
        ],
    ),
    (
        "vicinity-client",
        &[
            "vicinity-device",
            "vicinity-sync",
            "vicinity-sqlite",
            "vicinity-store",
            "vicinity-core",
            "vicinity-link",
            "vicinity-seal",
        ],
    ),
    (
        "vicinity-server",
        &[
            "vicinity-sync",
            "vicinity-sqlite",
            "vicinity-store",
            "vicinity-core",
            "vicinity-link",
            "vicinity-seal",
            "vicinity-pages",
            "vicinity-export",
        ],
    ),
    ("vicinity-pages", &["vicinity-core"]),
    ("vicinity-export", &["vicinity-core"]),
    ("vicinity-seal", &[]),
    ("vicinity-link", &[]),
    ("vicinity-sync", &["vicinity-core"]),
    ("vicinity-sqlite", &["vicinity-store", "vicinity-core"]),
    ("vicinity-store", &["vicinity-core"]),
    ("vicinity-core", &[]),
];

/// An outside crate that only one crate of the product may name.
const OWNED: &[(&str, &str)] = &[
    ("rusqlite", "vicinity-sqlite"),
    ("axum", "vicinity-server"),
    ("rust_xlsxwriter", "vicinity-export"),
    ("maud", "vicinity-pages"),
];

/// Crates that no one installs: they may use anything.
const FREE: &[&str] = &["vicinity-testkit", "vicinity-tests", "xtask"];

/// One dependency that is part of what gets built: dev-dependencies are none.
#[derive(Debug, Clone)]
struct Arrow {
    from: String,
    to: String,
}

pub fn check() -> Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    let packages: Vec<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let mut arrows = Vec::new();
    for package in &metadata.packages {
        let built = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        arrows.extend(built.map(|dependency| Arrow {
            from: package.name.to_string(),
            to: dependency.name.clone(),
        }));
    }
    Ok(problems(&packages, &arrows))
}

fn problems(packages: &[String], arrows: &[Arrow]) -> Vec<String> {
    let is_free = |name: &str| FREE.contains(&name);
    let unknown = packages
        .iter()
        .filter(|name| !is_free(name) && allowed(name).is_none());
    let mut problems: Vec<String> = unknown
        .map(|name| format!("crate {name} has no row in xtask's list of crate arrows"))
        .collect();
    for Arrow { from, to } in arrows.iter().filter(|arrow| !is_free(&arrow.from)) {
        let inside = packages.contains(to);
        if inside && allowed(from).is_some_and(|targets| !targets.contains(&to.as_str())) {
            problems.push(format!("{from} must not depend on {to}"));
        }
        if let Some((_, owner)) = OWNED
            .iter()
            .find(|(name, owner)| name == to && owner != from)
        {
            problems.push(format!("{from} must not depend on {to}: only {owner} does"));
        }
    }
    problems
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    ALLOWED
        .iter()
        .find(|(from, _)| *from == name)
        .map(|(_, targets)| *targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(arrows: &[(&str, &str)]) -> Vec<String> {
        let packages: Vec<String> = ALLOWED
            .iter()
            .map(|(name, _)| *name)
            .chain(FREE.iter().copied())
            .map(str::to_owned)
            .collect();
        let arrows: Vec<Arrow> = arrows
            .iter()
            .map(|(from, to)| Arrow {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
            })
            .collect();
        problems(&packages, &arrows)
    }

    #[test]
    fn the_arrows_of_the_design_are_in_order() {
        let inside = [
            ("vicinity", "vicinity-server"),
            ("vicinity-server", "vicinity-sync"),
            ("vicinity-store", "vicinity-core"),
        ];
        let outside = [
            ("vicinity-server", "axum"),
            ("vicinity-sqlite", "rusqlite"),
            ("vicinity-sync", "zstd"),
        ];
        assert!(problems_of(&inside).is_empty() && problems_of(&outside).is_empty());
    }

    #[test]
    fn sync_and_store_never_meet() {
        assert_eq!(
            problems_of(&[("vicinity-sync", "vicinity-store")]),
            ["vicinity-sync must not depend on vicinity-store"]
        );
        assert_eq!(problems_of(&[("vicinity-store", "vicinity-sync")]).len(), 1);
    }

    #[test]
    fn client_and_server_never_meet() {
        assert_eq!(
            problems_of(&[
                ("vicinity-client", "vicinity-server"),
                ("vicinity-server", "vicinity-client")
            ])
            .len(),
            2
        );
    }

    #[test]
    fn the_core_depends_on_no_other_crate_of_the_workspace() {
        assert_eq!(
            problems_of(&[
                ("vicinity-core", "vicinity-sync"),
                ("vicinity-core", "vicinity-testkit")
            ])
            .len(),
            2
        );
    }

    #[test]
    fn only_the_owner_names_an_owned_crate() {
        assert_eq!(
            problems_of(&[("vicinity-client", "rusqlite")]),
            ["vicinity-client must not depend on rusqlite: only vicinity-sqlite does"]
        );
        assert_eq!(problems_of(&[("vicinity", "axum")]).len(), 1);
    }

    #[test]
    fn tests_and_tools_may_use_anything() {
        assert!(
            problems_of(&[
                ("vicinity-tests", "rusqlite"),
                ("xtask", "vicinity-core"),
                ("vicinity-testkit", "vicinity-store")
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        assert_eq!(
            problems(&["vicinity-new".to_owned()], &[]),
            ["crate vicinity-new has no row in xtask's list of crate arrows"]
        );
    }
}
