//! `vicinity hub people`, `vicinity national people`, `vicinity code`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_server::pages::credentials;
use vicinity_server::people;
use vicinity_server::store::person::{Desk, PersonRow};
use vicinity_server::store::sqlite::SqlitePeople;
use vicinity_server::tls::Settings;

use crate::args::PeopleCommand;
use crate::{hub, machine, national, output, secrets};

/// At a hub: people who respond.
pub fn at_hub(command: PeopleCommand) -> Result<()> {
    run(command, "hub.db", Desk::Responder, |data| Ok(Box::new(hub::open(data, Action::InvitePeople)?)))
}

/// At national: people who review.
pub fn at_national(command: PeopleCommand) -> Result<()> {
    run(command, "national.db", Desk::Coordinator, |data| Ok(Box::new(national::open(data, Action::InvitePeople)?)))
}

fn run(command: PeopleCommand, database: &str, desk: Desk, server: impl Fn(&Path) -> Result<Box<dyn Settings>>) -> Result<()> {
    let open = |data: &Path| -> Result<(SqlitePeople, Box<dyn Settings>)> {
        let server = server(data)?;
        Ok((people::open(data, database, secrets::unlock(data)?.as_ref(), &machine::server())?, server))
    };
    match command {
        PeopleCommand::Invite { data, name, json } => {
            let (mut people, mut server) = open(&data)?;
            let links = people::invite(&mut people, &mut *server, &name, desk, &machine::server())?;
            match json {
                true => output::line(json!({"link": links.first(), "links": links, "hours": people::LINK_HOURS})),
                false => links.iter().try_for_each(output::line),
            }
        }
        PeopleCommand::List { data, json } => list(&open(&data)?.0.people()?, json),
        PeopleCommand::Remove { data, name } => {
            if !open(&data)?.0.remove(&people::handle(&name))? {
                bail!("nobody signs in as that; `people list` names who does");
            }
            output::line("removed and signed out")
        }
    }
}

fn list(people: &[PersonRow], json: bool) -> Result<()> {
    let seen = |person: &PersonRow| person.last_seen.map(|at| at.to_string());
    if json {
        let line = |person: &PersonRow| json!({"name": person.handle, "role": person.desk.code(), "set_up": person.has_password, "last_seen": seen(person)});
        return people.iter().try_for_each(|person| output::line(line(person)));
    }
    let row = |person: &PersonRow| {
        let set_up = if person.has_password { "yes" } else { "link not used yet" };
        [person.handle.clone(), person.desk.code().to_owned(), set_up.to_owned(), seen(person).unwrap_or_else(|| "never".to_owned())]
    };
    output::line(output::table(["name", "role", "set up", "last seen"], people.iter().map(row)))
}

/// Prints the six-digit code of now of a key on standard input.
pub fn code() -> Result<()> {
    let mut key = String::new();
    std::io::stdin().take(1024).read_to_string(&mut key).context("cannot read the key")?;
    let code = credentials::code_now(&key, machine::now()).context("no key: it is shown by the page of a one-time link, in letters and digits")?;
    output::line(code)
}
