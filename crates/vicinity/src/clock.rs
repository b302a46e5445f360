//! `vicinity hub clock` and `vicinity national clock`: whether a server's clock can be trusted.

use anyhow::Result;
use serde_json::json;
use vicinity_core::doubt::Witness;
use vicinity_core::local;
use vicinity_core::time::TimeZone;
use vicinity_server::settings::Settings;
use vicinity_server::storage::clock_record::{self, ClockReading};

use crate::args::ClockArguments;
use crate::{machine, output};

/// Says how the clock stands, in the time of a zone, or confirms it.
pub fn run<S: Settings + ?Sized>(
    store: &mut S,
    zone: &TimeZone,
    arguments: &ClockArguments,
) -> Result<()> {
    let (confirm, as_json) = (arguments.confirm, arguments.json);
    let machine = machine::server();
    if confirm {
        clock_record::confirm_beside(store, &machine)?;
    }
    let ClockReading { now, doubt } = clock_record::read_beside(store, &machine)?;
    if as_json {
        let (witness, ahead) = (
            doubt.map(|doubt| doubt.witness.code()),
            doubt.map(|doubt| doubt.ahead_seconds),
        );
        return output::line(
            json!({"now": now.to_string(), "in_doubt": doubt.is_some(), "witness": witness, "ahead_seconds": ahead}),
        );
    }
    let shown = format!("{} ({})", local::minute(now, zone), local::name(zone));
    let Some(doubt) = doubt else {
        let confirmed = if confirm {
            "; confirmed: a server that runs hears it within half a minute"
        } else {
            ""
        };
        return output::line(format!(
            "the clock shows {shown} and is believed{confirmed}"
        ));
    };
    let than = match doubt.witness {
        Witness::Running => "than what the machine's running time says",
        Witness::Restart => {
            "than when this server was last seen running with a clock that was believed"
        }
        Witness::Devices => "than most of the devices' clocks",
    };
    let (days, hours) = (
        doubt.ahead_seconds.unsigned_abs() / 86_400,
        doubt.ahead_seconds.unsigned_abs() % 86_400 / 3600,
    );
    let which = if doubt.ahead_seconds > 0 {
        "later"
    } else {
        "earlier"
    };
    output::line(format!(
        "the clock shows {shown}, {days} days and {hours} hours {which} {than}: it may be wrong"
    ))?;
    output::line(
        "until it is right nothing is sent to other servers and nothing is deleted; set the clock right, or say --confirm if the time shown is right",
    )
}
