//! `vicinity national publish`: what each hub adds to a month, and publishing it.

use anyhow::Result;
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::counts::review::{Choice, HubShare, SHARE_MAX_PERCENT, incidents};
use vicinity_core::published::K;
use vicinity_server::clock_record::{self, ClockReading};
use vicinity_server::published::{self, Draft};
use vicinity_server::store::review::ReviewStore;

use crate::args::PublishArguments;
use crate::{machine, national_store, output};

/// Who published what the command line published.
const PERSON: &str = "command line";

pub fn run(arguments: PublishArguments) -> Result<()> {
    let mut store = national_store::open(&arguments.data, Action::PublishMonth)?;
    let reading = clock_record::read_beside::<dyn ReviewStore>(&mut store, &machine::server())?;
    let ClockReading { now, doubt } = reading;
    let choice = Choice {
        without: arguments.without.into_iter().collect(),
        seen_only: arguments.seen_only,
    };
    let draft = published::draft(&mut store, &arguments.month, &choice, now, doubt.is_some())?;
    print(&draft, &choice, arguments.json)?;
    if !arguments.yes {
        return if arguments.json {
            Ok(())
        } else {
            output::line("nothing is published; the same command with --yes publishes it, once")
        };
    }
    published::publish(&mut store, draft, choice, PERSON, now)?;
    if arguments.json {
        Ok(())
    } else {
        output::line(format!("{} is published", arguments.month))
    }
}

fn print(draft: &Draft, choice: &Choice, as_json: bool) -> Result<()> {
    if as_json {
        return draft.shares.iter().try_for_each(|share| {
            output::line(json!({"month": draft.month, "hub": share.hub, "incidents": share.incidents.all, "seen": share.incidents.seen,
                "own_counts": share.own_cells, "left_out": choice.without.contains(&share.hub)}))
        });
    }
    let row = |share: &HubShare| {
        [
            share.hub.to_string(),
            share.incidents.all.to_string(),
            share.incidents.seen.to_string(),
            share.own_cells.to_string(),
            if choice.without.contains(&share.hub) {
                "left out".to_owned()
            } else {
                String::new()
            },
        ]
    };
    output::line(output::table(
        ["hub", "incidents", "seen", "counts nearly its own", ""],
        draft.shares.iter().map(row),
    ))?;
    let shown = incidents(&draft.cells)
        .map_or_else(|| format!("fewer than {K}"), |count| count.to_string());
    output::line(format!(
        "\n{}: {shown} incidents and {} counts would be published; survivors, as hubs counted them and never published: {}\n\
        nearly its own: the hub has more than {SHARE_MAX_PERCENT} % of a count that would show",
        draft.month,
        draft.cells.cells().len(),
        draft.survivors
    ))
}
