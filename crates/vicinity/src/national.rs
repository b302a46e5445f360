//! `vicinity national`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::json;
use vicinity_core::access::Action;
use vicinity_core::codes;
use vicinity_core::published::K;
use vicinity_core::time::TimeZone;
use vicinity_server::hub::EnrolLink;
use vicinity_server::national::{self, NationalConfig};
use vicinity_server::store::country::Countries;
use vicinity_server::store::national::NationalStore;
use vicinity_server::store::review::ReviewStore;
use vicinity_server::{published, tls};

use crate::args::{Dimension, ListenArguments, NationalArguments, NationalCommand, NationalRole};
use crate::{
    clock, links, machine, national_export, national_publish, national_risk, national_store,
    network, output, people, secrets, serving,
};

pub fn run(arguments: NationalArguments) -> Result<ExitCode> {
    match arguments.command {
        None => serve(
            arguments.data.unwrap_or_default(),
            arguments.listen,
            arguments.upstream,
        )?,
        Some(NationalCommand::Invite {
            data,
            role,
            country,
            name,
            json,
        }) => {
            let country = country.filter(|_| matches!(role, NationalRole::Country));
            let country = country.as_deref().map(links::name).transpose()?;
            let name = name.as_deref().map(links::name).transpose()?;
            let mut store = national_store::open(&data, Action::Invite)?;
            let link = national::invite(&mut store, country, &machine::server())?;
            if let Some(name) = name {
                store.name_invited(EnrolLink::code_hash(&link.code), name)?;
            }
            links::print(&link.to_text(), json)?;
        }
        Some(NationalCommand::Clock(arguments)) => clock::run::<dyn ReviewStore>(
            &mut national_store::open(&arguments.data, Action::Keep)?,
            &TimeZone::UTC,
            &arguments,
        )?,
        Some(NationalCommand::Revoke { data, role, number }) => revoke(&data, role, number)?,
        Some(NationalCommand::RotateTls { data }) => {
            tls::rotate(&mut national_store::open(&data, Action::Keep)?)?;
            output::line(serving::ROTATES)?;
        }
        Some(NationalCommand::Export(arguments)) => national_export::run(arguments)?,
        Some(NationalCommand::Push(arguments)) => return national_export::push(arguments),
        Some(NationalCommand::Publish(arguments)) => national_publish::run(arguments)?,
        Some(NationalCommand::Risk(arguments)) => national_risk::run(&arguments)?,
        Some(NationalCommand::Countries { data, json }) => countries(&data, json)?,
        Some(NationalCommand::Table { data, by, json }) => table(&data, by, json)?,
        Some(NationalCommand::Ask {
            data,
            projection,
            question,
        }) => ask(&data, &projection, &question)?,
        Some(NationalCommand::People { command }) => people::at_national(command)?,
        Some(NationalCommand::Questions { data, json }) => questions(&data, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is printed where counts are asked for and nobody has published any.
pub const NONE_PUBLISHED: &str =
    "no month is published; `vicinity national publish --help` says how";

fn revoke(data: &Path, role: NationalRole, number: u32) -> Result<()> {
    let mut store = national_store::open(data, Action::Revoke)?;
    let now = machine::now();
    let (who, known) = match role {
        NationalRole::Hub => ("hub", store.revoke(number, now)?),
        NationalRole::Country => ("country", store.revoke_country(number, now)?),
    };
    if !known {
        bail!(
            "there is no {who} {number} here; the pages of hubs and of countries name them by number"
        );
    }
    output::line(format!(
        "{who} {number} is revoked: nothing more of it is taken; what it sent before stays, to be looked at"
    ))
}

fn serve(data: PathBuf, listening: ListenArguments, upstream: Option<String>) -> Result<()> {
    let ListenArguments {
        listen,
        plain_http,
        network,
    } = listening;
    let listen = &listen.unwrap_or_default();
    upstream
        .as_deref()
        .map(EnrolLink::parse)
        .transpose()
        .context("--upstream")?;
    let held = serving::hold(&data)?;
    let unlock = secrets::unlock_at_start(&data)?;
    serving::log_to_stderr();
    serving::runtime()?.block_on(async {
        let listener = serving::bind(listen, plain_http).await?;
        let mut store = national::open_to_serve(&data, unlock.as_ref(), &machine::server())?;
        let network = network::of(listen, &listener, network)?;
        let (pin, _) = tls::announce(&mut store, &network, plain_http)?;
        drop(store);
        let stopped = serving::told_to_stop();
        serving::ready(&listener, pin)?;
        national::serve(
            NationalConfig {
                data,
                unlock,
                plain_http,
                network,
                upstream,
                machine: machine::server(),
            },
            listener,
            stopped,
        )
        .await?;
        drop(held);
        Ok(())
    })
}

fn table(data: &Path, by: Dimension, json: bool) -> Result<()> {
    let months = published::all(&mut national_store::open(data, Action::PrintProjections)?)?;
    let (table, is_published) = (published::table(&months, by.name()), !months.is_empty());
    if json {
        for row in &table.rows {
            for (column, count) in table
                .columns
                .iter()
                .filter_map(|column| Some((column, table.cell(row, column)?)))
            {
                output::line(
                    json!({"month": column, "by": by.name(), "code": row, "count": count}),
                )?;
            }
        }
        return Ok(());
    }
    if !is_published {
        return output::line(NONE_PUBLISHED);
    }
    if table.rows.is_empty() {
        return output::line(format!(
            "no cell shows: published months have too few incidents; cells below {K} are left out, and others from which they could be computed"
        ));
    }
    output::line(output::counts(&table))?;
    output::line(format!(
        "\ncells below {K} are left out (·), and others from which they could be computed"
    ))
}

fn countries(data: &Path, json: bool) -> Result<()> {
    let countries =
        national_store::open(data, Action::PrintProjections)?.countries("", "9999-99")?;
    let cells = countries.iter().flat_map(|row| {
        row.windows.iter().flat_map(move |window| {
            window
                .cells
                .iter()
                .map(move |cell| (&row.country, &window.month, cell))
        })
    });
    if json {
        return cells.into_iter().try_for_each(|(country, month, ((dimension, code), count))| {
            output::line(json!({"country": country, "month": month, "by": dimension, "code": code, "count": count}))
        });
    }
    let text = |(country, month, ((dimension, code), count)): (
        &String,
        &String,
        (&(String, String), &u64),
    )| {
        [
            country.clone(),
            month.clone(),
            dimension.clone(),
            code.clone(),
            count.to_string(),
        ]
    };
    output::line(output::table(
        ["country", "month", "by", "code", "count"],
        cells.map(text),
    ))
}

fn ask(data: &Path, projection: &str, question: &str) -> Result<()> {
    let Some(question) = codes::QUESTIONS.find(question) else {
        bail!("a question is one of {}", codes::QUESTIONS.codes.join(", "))
    };
    match national_store::open(data, Action::AskHub)?.ask(
        projection.parse()?,
        question,
        machine::now(),
    )? {
        Some(id) => output::line(id),
        None => bail!("no such projection; `vicinity national export --json` lists them"),
    }
}

fn questions(data: &Path, json: bool) -> Result<()> {
    let rows = national_store::open(data, Action::AskHub)?.questions()?;
    if json {
        return rows
            .iter()
            .try_for_each(|row| output::line(json!({"id": row.id, "projection": row.projection.to_string(), "question": row.code, "answer": row.answer})));
    }
    let text = |row: &vicinity_server::store::national::QuestionRow| {
        [
            row.id.to_string(),
            row.projection.to_string(),
            row.code.clone(),
            row.answer.clone().unwrap_or("open".to_owned()),
        ]
    };
    output::line(output::table(
        ["question", "projection", "about", "answer"],
        rows.iter().map(text),
    ))
}
