//! `vicinity national export`: reads, lets [`vicinity_export`] say it, writes.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use vicinity_core::access::Action;
use vicinity_export::dhis2::{self, Ids, Mapping};
use vicinity_export::gbvims::Incident;
use vicinity_export::geojson::{self, Boundaries};
use vicinity_export::xlsx::IncidentWorkbook;
use vicinity_export::{By, Months, Published, csv};
use vicinity_server::store::StoreError;
use vicinity_server::store::national::{NationalStore, ProjectionListing};
use vicinity_server::store::sqlite::SqliteNational;

use crate::args::ExportArguments;
use crate::{machine, national};

pub fn run(arguments: ExportArguments) -> Result<()> {
    if arguments.xlsx {
        refuse_terminal(arguments.out.as_deref(), std::io::stdout().is_terminal())?;
    }
    let months = Months::new(arguments.from.clone(), arguments.to.clone())?;
    let mut store = national::open(&arguments.data, Action::PrintProjections)?;
    match &arguments.out {
        None => print(&arguments, &months, &mut store, &mut BufWriter::new(std::io::stdout().lock())),
        Some(path) => print_into(path, |out| print(&arguments, &months, &mut store, out)),
    }
}

fn refuse_terminal(out: Option<&Path>, to_terminal: bool) -> Result<()> {
    if out.is_none() && to_terminal {
        bail!("a workbook is no text for a terminal: name a new file with --out, or send standard output to one");
    }
    Ok(())
}

/// Writes a new file that only its owner may read; one that could not be written whole is taken away again.
fn print_into(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| format!("cannot make {}", path.display()))?;
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

fn print(arguments: &ExportArguments, months: &Months, store: &mut SqliteNational, out: &mut dyn Write) -> Result<()> {
    if let Some(mapping) = &arguments.dhis2 {
        print_counts(store, months, mapping.as_deref(), out)?;
    } else if let Some(boundaries) = &arguments.geojson {
        print_areas(store, months, boundaries.as_deref(), out)?;
    } else if arguments.xlsx {
        let mut workbook = IncidentWorkbook::new()?;
        each(store, months, |row, body| Ok(workbook.push(&Incident { projection: row.projection, hub: row.hub, body: &body })?))?;
        out.write_all(&workbook.into_bytes((machine::server().now)())?)?;
    } else if arguments.csv {
        writeln!(out, "{}", csv::heading())?;
        if arguments.hxl {
            writeln!(out, "{}", csv::tags())?;
        }
        each(store, months, |row, body| Ok(writeln!(out, "{}", csv::row(row.projection, &body))?))?;
    } else {
        each(store, months, |row, body| Ok(writeln!(out, "{}", json_row(row, body))?))?;
    }
    Ok(out.flush()?)
}

/// Gives every projection of some months to `take`, until it fails.
fn each(store: &mut SqliteNational, months: &Months, mut take: impl FnMut(&ProjectionListing, Value) -> Result<()>) -> Result<()> {
    let mut taken = Ok(());
    store.each_projection(months.from(), months.to(), &mut |row| {
        let body: Value = serde_json::from_str(&row.json).map_err(|_| StoreError::Damaged("projection"))?;
        if taken.is_ok() {
            taken = take(&row, body);
        }
        Ok(())
    })?;
    taken
}

fn json_row(listing: &ProjectionListing, mut row: Value) -> Value {
    row["projection"] = listing.projection.to_string().into();
    row["version"] = listing.version.into();
    row["hub"] = listing.hub.into();
    row
}

fn published(store: &mut SqliteNational, by: By) -> Result<Published> {
    Ok(Published::new(by, national::published(store, by.name())?))
}

fn print_counts(store: &mut SqliteNational, months: &Months, mapping: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let ids = match mapping {
        None => Ids::Codes,
        Some(path) => Ids::Mapped(Mapping::parse(&read(path)?).with_context(|| path.display().to_string())?),
    };
    let tables = By::ALL.into_iter().map(|by| published(store, by)).collect::<Result<Vec<_>>>()?;
    Ok(writeln!(out, "{}", dhis2::data_value_set(&tables, months, &ids)?)?)
}

fn print_areas(store: &mut SqliteNational, months: &Months, boundaries: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let boundaries = match boundaries {
        None => None,
        Some(path) => Some(Boundaries::parse(&read(path)?).with_context(|| path.display().to_string())?),
    };
    let areas = geojson::areas(&published(store, By::Admin1)?, months, boundaries.as_ref());
    for code in &areas.without_shape {
        eprintln!("vicinity: the boundaries have no shape for {code}: its geometry is null");
    }
    Ok(writeln!(out, "{}", areas.collection)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_goes_to_a_file_or_a_pipe_and_to_no_terminal() {
        assert!(refuse_terminal(None, true).unwrap_err().to_string().contains("--out"));
        assert!(refuse_terminal(None, false).is_ok());
        assert!(refuse_terminal(Some(Path::new("new.xlsx")), true).is_ok());
    }
}
