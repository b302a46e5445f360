//! What is reported of a command line that is not understood. What was typed is not said again: it may be of a survivor, or move a
//! terminal's cursor.

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use vicinity_core::text;

/// Instead of what was typed.
const TYPED: &str = "…";
/// Letters of what was typed, from which on it is looked for in a reason: shorter ones are in many words.
const SOUGHT_LETTERS: usize = 4;

/// Says what is wrong, on standard error; help that was asked for on standard output.
pub fn complain(error: clap::Error) -> ExitCode {
    let (code, asked_for) = (
        u8::try_from(error.exit_code()).unwrap_or(2),
        !error.use_stderr(),
    );
    if asked_for || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Nobody may be reading any more: no reason to complain.
        error.print().ok();
    } else {
        write!(std::io::stderr(), "{}", told(error)).ok();
    }
    ExitCode::from(code)
}

/// An error without what was typed, as a terminal may get it.
fn told(mut error: clap::Error) -> String {
    let reason = error.source().map(ToString::to_string);
    let mut kinds = vec![
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
        ContextKind::TrailingArg,
    ];
    // Other errors name an argument that exists.
    kinds.extend((error.kind() == ErrorKind::UnknownArgument).then_some(ContextKind::InvalidArg));
    let typed: Vec<String> = kinds
        .iter()
        .filter_map(|kind| error.get(*kind))
        .map(ToString::to_string)
        .filter(|typed| !typed.is_empty())
        .collect();
    for kind in kinds {
        if error.remove(kind).is_some() {
            error.insert(kind, ContextValue::String(TYPED.to_owned()));
        }
    }
    // Similar names are names that there are; how to pass what was typed as a value says it again.
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let says_it = |tip: &clap::builder::StyledStr| {
            typed
                .iter()
                .any(|typed| tip.ansi().to_string().contains(typed.as_str()))
        };
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(tips.into_iter().filter(|tip| !says_it(tip)).collect()),
        );
    }
    let mut said = error.render().to_string();
    if let Some(reason) = reason {
        let long = typed
            .iter()
            .filter(|typed| typed.chars().count() >= SOUGHT_LETTERS);
        said = said.replace(
            &reason,
            &long.fold(reason.clone(), |reason, typed| {
                reason.replace(typed.as_str(), TYPED)
            }),
        );
    }
    text::printable(&said).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Arguments;

    fn said(arguments: &[&str]) -> String {
        told(
            Arguments::try_parse_from([&["vicinity"], arguments].concat())
                .err()
                .expect("an error"),
        )
    }

    #[test]
    fn what_was_typed_is_not_said_again_and_what_was_meant_is() {
        let typed = "\u{1b}[2Jamina\u{202e}4711";
        let option = format!("--{typed}");
        let with_value = format!("--jsn={typed}");
        for arguments in [
            vec![typed],
            vec!["hub", typed],
            vec!["device", "--home", "phone", "list", typed],
            vec!["device", "--home", "phone", "list", &option],
            vec!["device", "--home", "phone", "list", &with_value],
            vec!["device", "--home", "phone", "list", "--json", "--", typed],
            vec!["device", "--home", "phone", "show", "id", typed],
            vec!["hub", "invite", "--data", "hub", "--role", typed],
            vec!["hub", "revoke", "--data", "hub", typed],
            vec!["hub", "--data", "hub", "--listen", "a:1", "--public", typed],
            vec!["national", "table", "--data", "n", "--by", typed],
            vec![
                "device", "--home", "phone", "resolve", "id", "field", "--take", typed,
            ],
        ] {
            let said = said(&arguments);
            assert!(said.starts_with("error: "), "{said}");
            assert!(
                !said.contains("amina")
                    && !said.contains("4711")
                    && !said.contains(['\u{1b}', '\u{202e}']),
                "{arguments:?}: {said}"
            );
        }
        assert!(said(&["hub", "revoke", "--data", "hub", "4711471147"]).contains("… is not in"));
        assert!(
            said(&["hub", "invite", "--data", "hub", "--role", "eductor"])
                .contains("a similar value exists: 'educator'")
        );
        assert!(said(&["hub", "invit", "--data", "hub"]).contains("'invite'"));
        assert!(
            said(&["device", "--home", "phone", "list", "--jsn"])
                .contains("a similar argument exists: '--json'")
        );
        assert!(said(&["device", "list"]).contains("--home <HOME>"));
    }
}
