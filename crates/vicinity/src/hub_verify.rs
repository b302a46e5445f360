//! `vicinity hub verify`.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::hex;
use vicinity_server::evidence::{self, Finding, Misfit};

use crate::{hub_store, output};

/// Looks at every page of a hub's files, and proves its log; says what does not fit as it is found.
pub fn verify(data: &Path, json: bool) -> Result<ExitCode> {
    let damaged = hub_store::damaged(data, Action::Inspect)?;
    if !damaged.is_empty() {
        damaged.iter().try_for_each(|damage| {
            output::line(if json {
                json!({"in": "files", "misfit": damage.to_string()}).to_string()
            } else {
                damage.to_string()
            })
        })?;
        return Ok(ExitCode::FAILURE);
    }
    let mut store = hub_store::open(data, Action::Inspect)?;
    let rows = vicinity_server::store::hub::HubStore::counts(&mut store)?.feed_seq;
    let shows_progress = std::io::stderr().is_terminal();
    let mut failed = None;
    let mut found = |finding: Finding| {
        if failed.is_none() {
            failed = output::line(if json {
                line(&finding).to_string()
            } else {
                text(&finding)
            })
            .err();
        }
    };
    let mut progress = |done: u64| {
        if shows_progress {
            eprint!("\r{done} of {} rows", rows.max(done));
        }
    };
    let proved = evidence::prove(&mut store, &mut found, &mut progress)?;
    if shows_progress {
        eprintln!();
    }
    failed.map_or(Ok(()), Err)?;
    let evidence::Proved {
        rows,
        signed,
        own,
        vouched,
        erased,
        audit,
        misfits,
    } = proved;
    if json {
        let proved = json!({"rows": rows, "signed": signed, "hubs_own": own, "vouched": vouched, "erased": erased, "audit": audit, "misfits": misfits});
        output::line(proved)?;
    } else {
        output::line(format!(
            "{signed} changes are signed by their devices, {own} by the hub; {audit} readings are linked"
        ))?;
        if vouched > 0 {
            output::line(format!(
                "{vouched} changes stood in an envelope of which something was erased: for these the hub vouches, and nobody else"
            ))?;
        }
        if misfits > 0 {
            output::line(format!(
                "{misfits} things do not fit: keep a copy of this folder before anything else, and ask who had access to it"
            ))?;
        }
    }
    Ok(if misfits == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn is_of_audit(misfit: Misfit) -> bool {
    matches!(misfit, Misfit::AuditUnlinked | Misfit::AuditCut)
}

fn hash(finding: &Finding) -> Option<String> {
    finding.change.map(|prefix| hex::write(&prefix))
}

fn line(finding: &Finding) -> serde_json::Value {
    let of = if is_of_audit(finding.misfit) {
        "audit"
    } else {
        "feed"
    };
    json!({"in": of, "row": finding.place, "change": hash(finding), "misfit": finding.misfit.to_string()})
}

fn text(finding: &Finding) -> String {
    let of = if is_of_audit(finding.misfit) {
        "reading"
    } else {
        "row"
    };
    let change = hash(finding).map_or_else(String::new, |hash| format!(", change {hash}…"));
    format!("{of} {}{change}: {}", finding.place, finding.misfit)
}
