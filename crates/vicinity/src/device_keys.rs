//! `vicinity device keys|approve|remove-key|trust|begin-keys`: whose keys open statements.

use anyhow::{Result, bail};
use serde_json::json;
use vicinity_client::approving::{ApprovedKey, KeyStatus, KeyToApprove};
use vicinity_client::device::Device;
use vicinity_core::local;

use crate::{links, output};

/// Prints whose keys open what this device seals, and this device's own digits.
pub fn print(device: &mut Device, json: bool) -> Result<()> {
    let (status, zone) = (device.key_status()?, device.zone()?);
    if json {
        let key = |key: &ApprovedKey| {
            json!({
                "digits": key.digits, "own": key.is_own, "recovery": key.is_recovery, "since": key.since.map(|at| at.to_string()), "by": key.by,
            })
        };
        return output::line(json!({
            "own": status.own, "approved": status.approved.iter().map(key).collect::<Vec<_>>(), "to_compare": status.to_compare,
            "fork": status.fork, "unsent": status.unsent,
        }));
    }
    say_own(&status)?;
    for key in &status.approved {
        let who = match (key.is_own, key.is_recovery) {
            (true, _) => "this device",
            (_, true) => "recovery key",
            _ => "responder",
        };
        let since = key
            .since
            .map_or_else(String::new, |at| local::minute(at, &zone));
        let by = key
            .by
            .as_ref()
            .map_or_else(|| "first".to_owned(), |by| format!("approved by {by}"));
        output::line(format!("{}  {who}, since {since}, {by}", key.digits))?;
    }
    if status.approved.is_empty() {
        output::line("no key is approved yet: statements stay on this device")?;
    }
    if status.fork {
        output::line(
            "the hub shows approvals that contradict those that this device knows: statements stay on this device; tell the other responders",
        )?;
    }
    if let Some(digits) = &status.to_compare {
        output::line(format!(
            "to compare with the responder's own screen (`vicinity device keys` there), then `vicinity device trust DIGITS` here: {digits}"
        ))?;
    }
    if status.unsent > 0 {
        output::line("an approval or removal goes to the hub with the next sync")?;
    }
    Ok(())
}

fn say_own(status: &KeyStatus) -> Result<()> {
    use std::io::IsTerminal;
    let Some(own) = &status.own else {
        return Ok(());
    };
    if status.approved.iter().any(|key| key.is_own) {
        return output::line(format!("this device opens statements; its digits: {own}"));
    }
    output::line(format!(
        "this device waits for the approval of a responder, who sees the same digits: {own}"
    ))?;
    if std::io::stdout().is_terminal()
        && let Some(picture) = links::qr(own)
    {
        output::line(picture)?;
    }
    Ok(())
}

fn who(key: &KeyToApprove) -> String {
    let number = key.number.map_or_else(
        || "recovery key".to_owned(),
        |number| format!("device {number}"),
    );
    key.name
        .as_ref()
        .map_or(number.clone(), |name| format!("{number}, {name}"))
}

/// Approves a key by the digits that its own screen shows; without digits, lists the keys that wait.
pub fn approve(device: &mut Device, digits: &[String], json: bool, no_sync: bool) -> Result<()> {
    if digits.is_empty() {
        let waiting = device.keys_to_approve()?;
        if waiting.is_empty() && !json {
            return output::line("no key waits for an approval");
        }
        return waiting.iter().try_for_each(|key| {
            if json {
                output::line(json!({"device": key.number, "name": key.name, "digits": key.digits}))
            } else {
                output::line(format!("{}  {}", key.digits, who(key)))
            }
        });
    }
    // What other responders did since counts first.
    device.sync()?;
    let key = device.approve(&digits.concat())?;
    if no_sync {
        return output::line(format!(
            "{} is approved with the next sync or bundle",
            who(&key)
        ));
    }
    device.sync()?;
    if device.key_status()?.unsent > 0 {
        bail!("approved on this device; the hub has not confirmed it: sync again");
    }
    output::line(format!(
        "{} is approved: statements are sealed to it from each device's next sync on, and older ones open on it",
        who(&key)
    ))
}

/// Removes an approved key.
pub fn remove(device: &mut Device, digits: &[String]) -> Result<()> {
    device.sync()?;
    device.remove_key(&digits.concat())?;
    device.sync()?;
    if device.key_status()?.unsent > 0 {
        bail!("removed on this device; the hub has not confirmed it: sync again");
    }
    output::line(
        "removed: nothing is sealed to this key from each device's next sync on; what it could open, it may have kept",
    )
}

/// Trusts the responder's device whose screen shows these digits.
pub fn trust(device: &mut Device, digits: &[String]) -> Result<()> {
    device.trust_root(&digits.concat())?;
    output::line(
        "this device trusts the responder's device that shows these digits, and those that it approves",
    )
}

/// Begins the approvals again with this device.
pub fn begin(device: &mut Device, yes: bool) -> Result<()> {
    if !yes {
        bail!(
            "every other device of this hub stops sealing statements until a person compares this one's digits there (`vicinity device trust`). Say --yes"
        );
    }
    let digits = device.begin_keys()?;
    device.sync()?;
    output::line(format!(
        "on each other device of this hub: `vicinity device trust {digits}`, after comparing"
    ))
}
