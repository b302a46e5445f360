//! The story's fifth day: a phone is lost, and a survivor wants everything erased.

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use vicinity_client::End;
use vicinity_client::vault;
use vicinity_server::store::hub::{HubStore, Role};

use crate::output::line;
use crate::{links, secrets};

use super::cast::Phone;
use super::servers::until;
use super::stage::{Stage, heading, settle};

/// A phone is enrolled with a QR code, lost, and revoked; an incident is erased everywhere.
pub fn fifth_day(stage: &Stage<'_>) -> Result<()> {
    stage.world.pass(SignedDuration::from_hours(24));
    heading("Day 5, Dakar. A volunteer's phone is enrolled with a QR code, and lost the same day")?;
    let link = stage.dakar.invite(stage.world, Role::Educator)?;
    line(links::qr(&link).context("a QR code")?)?;
    let lost = Phone::enrolled_by(stage.world, &link, "Volunteer", SignedDuration::ZERO)?;
    let number = lost
        .open(stage.world)?
        .enrolment()
        .map(|enrolment| (enrolment.number, enrolment.check.clone()));
    let (number, check) = number.context("an enrolment")?;
    line(format!(
        "  Enrolled as device {number}; both ends show the check {check}. Whoever photographed the code would show other digits."
    ))?;
    ensure!(
        stage
            .dakar
            .as_hub(stage.world)?
            .revoke(number, stage.world.now())?,
        "the hub does not know the phone"
    );
    ensure!(
        lost.try_sync(stage.world)?.outcome.end == End::WipeOrdered,
        "the lost phone was not told to wipe itself"
    );
    vault::wipe(&lost.home, &secrets::device_secret(&lost.home)?)?;
    ensure!(
        lost.open(stage.world).is_err(),
        "the lost phone still opens"
    );
    line(
        "  The responder revokes it. At its next contact it gets an order with the hub's signature, and destroys its key: nothing on it opens.",
    )?;
    erased(stage)
}

fn erased(stage: &Stage<'_>) -> Result<()> {
    heading("Day 5, Phnom Penh. A survivor asks that everything about her be erased")?;
    let (hub, phones) = (&stage.phnom_penh, &stage.phones[3..]);
    phones
        .iter()
        .try_for_each(|phone| phone.sync(stage.world).map(drop))?;
    let mut store = hub.as_hub(stage.world)?;
    let mut of_hers = phones[0]
        .open(stage.world)?
        .list()?
        .into_iter()
        .map(|(id, _)| id);
    let incident = of_hers
        .find(|id| matches!(store.incident(*id), Ok(Some(_))))
        .context("a phone without incidents at the hub")?;
    drop(store);
    hub.as_hub(stage.world)?
        .erase(incident, stage.world.now())?;
    phones
        .iter()
        .try_for_each(|phone| phone.sync(stage.world).map(drop))?;
    settle(stage)?;
    until("every place has confirmed", || {
        let row = hub
            .as_hub(stage.world)?
            .erasures()?
            .into_iter()
            .find(|row| row.incident == incident);
        Ok(row.is_some_and(|row| {
            !row.national_owes && row.places.iter().all(|place| place.confirmed_at.is_some())
        }))
    })?;
    let places = hub
        .as_hub(stage.world)?
        .erasures()?
        .into_iter()
        .find(|row| row.incident == incident)
        .map_or(0, |row| row.places.len());
    for phone in phones {
        ensure!(
            phone.show(stage.world, incident).is_err(),
            "{} still shows the incident",
            phone.name
        );
    }
    ensure!(
        hub.as_hub(stage.world)?.incident(incident)?.is_none(),
        "the hub still holds the incident"
    );
    line(format!(
        "  The hub erases the incident and orders the same; {places} phones and national have confirmed. Its id stays, so that it cannot come back."
    ))
}
