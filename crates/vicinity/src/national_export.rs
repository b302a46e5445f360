//! `vicinity national export` and `push`: files, and counts to a DHIS2 server.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use vicinity_core::access::Action;
use vicinity_core::text;
use vicinity_export::Months;
use vicinity_export::dhis2::{Ids, Mapping};
use vicinity_export::geojson::Boundaries;
use vicinity_server::dhis2::Target;
use vicinity_server::export::{self, Rows, Take, Taken};
use vicinity_server::sqlite::SqliteNational;
use vicinity_server::store::national::NationalStore;

use crate::args::{ExportArguments, PushArguments};
use crate::{machine, national_store, output, secrets};

pub fn run(arguments: ExportArguments) -> Result<()> {
    if arguments.xlsx {
        refuse_terminal(arguments.out.as_deref(), std::io::stdout().is_terminal())?;
    }
    let months = Months::new(arguments.from.clone(), arguments.to.clone())?;
    let mut store = national_store::open(&arguments.data, Action::PrintProjections)?;
    match &arguments.out {
        None => print(
            &arguments,
            &months,
            &mut store,
            &mut BufWriter::new(std::io::stdout().lock()),
        ),
        Some(path) => print_into(path, |out| print(&arguments, &months, &mut store, out)),
    }
}

fn refuse_terminal(out: Option<&Path>, to_terminal: bool) -> Result<()> {
    if out.is_none() && to_terminal {
        bail!(
            "a workbook is no text for a terminal: name a new file with --out, or send standard output to one"
        );
    }
    Ok(())
}

/// Writes a new file that only its owner may read; one that could not be written whole is taken away again.
fn print_into(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    write_whole(file, write).map_err(|error| match std::fs::remove_file(path) {
        Ok(()) => error,
        Err(_) => error.context(format!("{} is not whole: delete it", path.display())),
    })
}

fn write_whole(file: File, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    Ok(out.into_inner()?.sync_all()?)
}

fn print(
    arguments: &ExportArguments,
    months: &Months,
    store: &mut SqliteNational,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(mapping) = &arguments.dhis2 {
        writeln!(
            out,
            "{}",
            export::data_value_set(store, months, &ids(mapping.as_deref())?)?
        )?;
    } else if let Some(boundaries) = &arguments.geojson {
        print_areas(store, months, boundaries.as_deref(), out)?;
    } else {
        let form = if arguments.xlsx {
            Rows::Xlsx
        } else if arguments.csv {
            Rows::Csv {
                tags: arguments.hxl,
            }
        } else {
            Rows::Json
        };
        let mut source = |each: &mut Take<'_>| {
            store.each_projection(months.from(), months.to(), &mut |row| each(row, None))
        };
        export::rows(
            form,
            &Taken {
                months,
                zone: None,
                now: machine::now(),
            },
            &mut source,
            out,
        )?;
    }
    Ok(out.flush()?)
}

fn ids(mapping: Option<&Path>) -> Result<Ids> {
    Ok(match mapping {
        None => Ids::Codes,
        Some(path) => {
            Ids::Mapped(Mapping::parse(&read(path)?).with_context(|| path.display().to_string())?)
        }
    })
}

fn print_areas(
    store: &mut SqliteNational,
    months: &Months,
    boundaries: Option<&Path>,
    out: &mut dyn Write,
) -> Result<()> {
    let boundaries = match boundaries {
        None => None,
        Some(path) => {
            Some(Boundaries::parse(&read(path)?).with_context(|| path.display().to_string())?)
        }
    };
    let areas = export::areas(store, months, boundaries.as_ref())?;
    for code in &areas.without_shape {
        output::warn(format_args!(
            "the boundaries have no shape for {code}: its geometry is null"
        ));
    }
    Ok(writeln!(out, "{}", areas.collection)?)
}

/// `vicinity national push`: 0 where DHIS2 took every value, 1 where it did not.
pub fn push(arguments: PushArguments) -> Result<ExitCode> {
    let months = Months::new(arguments.from.clone(), arguments.to.clone())?;
    let token = text::secret(&secrets::read_secret(&arguments.token_file)?);
    let target = Target::new(&arguments.url, &token)?;
    let ids = ids(arguments.mapping.as_deref())?;
    let payload = export::data_value_set(
        &mut national_store::open(&arguments.data, Action::PrintProjections)?,
        &months,
        &ids,
    )?;
    let summary = target.push(&payload, arguments.dry_run)?;
    if arguments.json {
        let conflicts: Vec<Value> = summary
            .conflicts
            .iter()
            .map(|(object, value)| json!({"object": object, "value": value}))
            .collect();
        output::line(
            json!({"status": summary.status, "imported": summary.imported, "updated": summary.updated, "unchanged": summary.unchanged, "ignored": summary.ignored,
            "deleted": summary.deleted, "conflicts": conflicts, "description": summary.description, "dry_run": arguments.dry_run}),
        )?;
    } else {
        output::line(format!(
            "{}{}: {} new, {} updated, {} unchanged, {} IGNORED, {} deleted",
            if arguments.dry_run {
                "dry run, nothing was kept; "
            } else {
                ""
            },
            summary.status,
            summary.imported,
            summary.updated,
            summary.unchanged,
            summary.ignored,
            summary.deleted
        ))?;
        summary
            .conflicts
            .iter()
            .try_for_each(|(object, value)| output::line(format!("  {object}: {value}")))?;
    }
    Ok(if summary.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_goes_to_a_file_or_a_pipe_and_to_no_terminal() {
        assert!(
            refuse_terminal(None, true)
                .unwrap_err()
                .to_string()
                .contains("--out")
        );
        assert!(refuse_terminal(None, false).is_ok());
        assert!(refuse_terminal(Some(Path::new("new.xlsx")), true).is_ok());
    }
}
