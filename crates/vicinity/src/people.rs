//! `vicinity hub people`, `vicinity national people`, `vicinity code`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::time::TimeZone;
use vicinity_core::{local, zone};
use vicinity_server::pages::credentials;
use vicinity_server::people;
use vicinity_server::settings::Settings;
use vicinity_server::sqlite::SqlitePeople;
use vicinity_server::store::person::{Desk, PersonRow};
use vicinity_server::store::policy::ZONE;

use crate::args::PeopleCommand;
use crate::{hub_store, machine, national_store, output, secrets};

/// At a hub: people who respond.
pub fn at_hub(command: PeopleCommand) -> Result<()> {
    run(command, "hub.db", Desk::Responder, |data| {
        Ok(Box::new(hub_store::open(data, Action::InvitePeople)?))
    })
}

/// At national: people who review.
pub fn at_national(command: PeopleCommand) -> Result<()> {
    run(command, "national.db", Desk::Coordinator, |data| {
        Ok(Box::new(national_store::open(data, Action::InvitePeople)?))
    })
}

fn run(
    command: PeopleCommand,
    database: &str,
    desk: Desk,
    server: impl Fn(&Path) -> Result<Box<dyn Settings>>,
) -> Result<()> {
    let open = |data: &Path| -> Result<(SqlitePeople, Box<dyn Settings>)> {
        let server = server(data)?;
        Ok((
            people::open(
                data,
                database,
                secrets::unlock(data)?.as_ref(),
                &machine::server(),
            )?,
            server,
        ))
    };
    match command {
        PeopleCommand::Invite { data, name, json } => {
            let (mut people, mut server) = open(&data)?;
            let links = people::invite(&mut people, &mut *server, &name, desk, &machine::server())?;
            match json {
                true => output::line(
                    json!({"link": links.first(), "links": links, "hours": people::LINK_HOURS}),
                ),
                false => links.iter().try_for_each(output::line),
            }
        }
        PeopleCommand::List { data, json } => {
            let (mut people, mut server) = open(&data)?;
            list(&people.people()?, &zone_of(&mut *server)?, json)
        }
        PeopleCommand::Remove { data, name } => {
            if !open(&data)?.0.remove(&people::handle(&name))? {
                bail!("nobody signs in as that; `people list` names who does");
            }
            output::line("removed and signed out")
        }
    }
}

/// The zone whose time a server speaks: a hub's own, else UTC.
fn zone_of(server: &mut dyn Settings) -> Result<TimeZone> {
    let name = server
        .get(ZONE)?
        .and_then(|name| String::from_utf8(name).ok());
    Ok(name
        .as_deref()
        .and_then(zone::named)
        .unwrap_or(TimeZone::UTC))
}

fn list(people: &[PersonRow], zone: &TimeZone, json: bool) -> Result<()> {
    if json {
        let line = |person: &PersonRow| json!({"name": person.handle, "role": person.desk.code(), "set_up": person.has_password, "last_seen": person.last_seen.map(|at| at.to_string())});
        return people
            .iter()
            .try_for_each(|person| output::line(line(person)));
    }
    let row = |person: &PersonRow| {
        let seen = person
            .last_seen
            .map_or_else(|| "never".to_owned(), |at| local::minute(at, zone));
        let set_up = if person.has_password {
            "yes"
        } else {
            "link not used yet"
        };
        [
            person.handle.clone(),
            person.desk.code().to_owned(),
            set_up.to_owned(),
            seen,
        ]
    };
    output::line(output::table(
        [
            "name",
            "role",
            "set up",
            &output::of_zone("last seen", zone),
        ],
        people.iter().map(row),
    ))
}

/// Prints the six-digit code of now of a key on standard input.
pub fn code() -> Result<()> {
    let mut key = String::new();
    std::io::stdin()
        .take(1024)
        .read_to_string(&mut key)
        .context("cannot read the key")?;
    let code = credentials::code_now(&key, machine::now())
        .context("no key: it is shown by the page of a one-time link, in letters and digits")?;
    output::line(code)
}
