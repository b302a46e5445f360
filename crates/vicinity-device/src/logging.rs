//! Logging incidents, one or many: a bad line is named and the others are kept, each once.
//!
//! A line with an `id` is that incident, however often it comes. A line without one is known by all lines up to it while its run
//! is unfinished: the same lines after a run that was cut off continue that run. After the end of a run the same lines are new
//! incidents; [`LogSink::again`] reports it.

use serde_json::Value;
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::json::BadJson;
use vicinity_core::reading::Reading;
use vicinity_core::remark::Remark;
use vicinity_core::spelling;
use vicinity_core::text::NotText;
use vicinity_core::time::Timestamp;
use vicinity_core::value::{FieldError, Problem};
use vicinity_store::device::{DeviceStore, LoggedLine, LoggedLines, Mark, Once, Written};

use crate::device::Device;
use crate::error::DeviceError;
use crate::once::OnceKey;
use crate::work::{Work, at_edit};

/// Incidents that share one fsync.
const TOGETHER: usize = 64;

/// A line that was not kept. It says where and what, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// The reason.
    pub problem: LineProblem,
}

/// The reason why a line is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// No JSON.
    #[error("not JSON (column {column})")]
    NotJson {
        /// Where, from 1.
        column: usize,
    },
    /// No text that JSON can be read from.
    #[error("not UTF-8")]
    NotUtf8,
    /// UTF-16.
    #[error("UTF-16; save the file as UTF-8")]
    Utf16,
    /// A key twice in one object.
    #[error("{path}: stands twice in one object; put both into one, or take one out")]
    Twice {
        /// The path of the key.
        path: String,
    },
    /// Longer than any incident.
    #[error("longer than 1 MiB")]
    TooLong,
    /// A field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The id is taken.
    #[error(
        "id: an incident of this id is here already and says something else; give this one an id of its own"
    )]
    OtherContent,
    /// The id is of what was erased.
    #[error("id: the incident of this id was erased, and is not logged again")]
    Erased,
    /// The id is of what the hub has.
    #[error(
        "id: the incident of this id has left this device, and is not logged again; the hub keeps it"
    )]
    Left,
}

impl From<BadJson> for LineProblem {
    fn from(bad: BadJson) -> Self {
        match bad {
            BadJson::NotText(NotText::Utf16) => Self::Utf16,
            BadJson::NotText(NotText::NotUtf8) => Self::NotUtf8,
            BadJson::NotJson { column, .. } => Self::NotJson { column },
            BadJson::Duplicate { path } => Self::Twice { path },
        }
    }
}

/// Receives what happens in a run. Ids are reported once they are durable.
pub trait LogSink {
    /// An incident is durable.
    fn logged(&mut self, id: IncidentId);
    /// Something of a line was kept as it is and may not be what was meant.
    fn remarked(&mut self, line: usize, remark: &Remark);
    /// The line was logged before, as this incident. Nothing was added.
    fn already_here(&mut self, id: IncidentId) {
        self.logged(id);
    }
    /// A line was logged by a run that was cut off, and its incident has left this device since or was erased.
    fn gone(&mut self, _line: usize) {}
    /// The same lines were logged here before, to their end: what was logged now is here twice.
    fn again(&mut self) {}
    /// A line was not kept.
    fn refused(&mut self, bad: &BadLine);
    /// A line is kept, and a time in it cannot be right by this device's clock: the field's name.
    fn doubtful(&mut self, _line: usize, _field: &'static str) {}
}

/// A run of many incidents that are logged one after another. Dropped without [`Device::end_log`] it counts as cut off.
pub struct LogRun {
    key: OnceKey,
    with_edits: bool,
    /// The hash of all lines so far.
    so_far: [u8; 32],
    /// Its number, once one of its lines without id was kept.
    number: Option<i64>,
    /// Lines that become durable together, with their numbers.
    waiting: Vec<(usize, LoggedLine)>,
}

impl<S: DeviceStore> Device<S> {
    /// Logs one incident. Durable when this returns.
    ///
    /// # Errors
    /// A draft that cannot be kept, or storage; then nothing was kept.
    pub fn log(&mut self, draft: Draft) -> Result<(IncidentId, Vec<Remark>), DeviceError> {
        let now = (self.machine.now)();
        let (written, remarks) = self.author(draft, &[], None, now)?;
        let id = written.incident;
        self.store.write(&[written])?;
        Ok((id, remarks))
    }

    /// Begins a run of many incidents, of which each counts once. With `with_edits` each is `{"incident", "edits"}`.
    ///
    /// # Errors
    /// Storage.
    pub fn begin_log(&mut self, with_edits: bool) -> Result<LogRun, DeviceError> {
        Ok(LogRun {
            key: self.once_key()?,
            with_edits,
            so_far: [0; 32],
            number: None,
            waiting: Vec::new(),
        })
    }

    /// Logs the next line of a run: its incident, or why there is none. `content` is what the line says, the same bytes whenever
    /// it is logged again. Durable once the sink is called with its id, at the latest with [`Self::end_log`].
    ///
    /// # Errors
    /// Storage; what the sink was called with is durable.
    pub fn log_line(
        &mut self,
        run: &mut LogRun,
        line: usize,
        content: &[u8],
        incident: Result<Value, LineProblem>,
        sink: &mut dyn LogSink,
    ) -> Result<(), DeviceError> {
        // Not before the next line comes: the last ones of a run become durable with its end.
        if run.waiting.len() >= TOGETHER {
            self.flush(run, None, sink)?;
        }
        run.so_far = run.key.line(&run.so_far, content);
        match incident.and_then(|json| self.parse_entry(json, run)) {
            Ok((logged, remarks)) => {
                remarks
                    .iter()
                    .for_each(|remark| sink.remarked(line, remark));
                // Only said: it may be this clock that is wrong. The hub judges by its own.
                let reading = Reading {
                    received_at: Some((self.machine.now)()),
                    ..Reading::default()
                };
                let doubtful = logged
                    .written
                    .view
                    .clone()
                    .read_by(reading)
                    .impossible_times();
                doubtful
                    .into_iter()
                    .for_each(|field| sink.doubtful(line, field));
                run.waiting.push((line, logged));
            }
            Err(problem) => sink.refused(&BadLine { line, problem }),
        }
        Ok(())
    }

    /// Ends a run. All of it is durable when this returns, and the same lines again are new incidents.
    ///
    /// # Errors
    /// Storage; what the sink was called with is durable.
    pub fn end_log(&mut self, mut run: LogRun, sink: &mut dyn LogSink) -> Result<(), DeviceError> {
        let end = run.so_far;
        self.flush(&mut run, Some(end), sink)
    }

    fn flush(
        &mut self,
        run: &mut LogRun,
        end: Option<[u8; 32]>,
        sink: &mut dyn LogSink,
    ) -> Result<(), DeviceError> {
        if run.waiting.is_empty() && (end.is_none() || run.number.is_none()) {
            return Ok(());
        }
        let (numbers, lines): (Vec<usize>, Vec<LoggedLine>) = run.waiting.drain(..).unzip();
        let logging = self.store.log(&LoggedLines {
            lines: &lines,
            run: run.number,
            end,
        })?;
        run.number = logging.run;
        for ((line, logged), once) in numbers.into_iter().zip(&lines).zip(logging.lines) {
            let problem = match once {
                Once::Kept => {
                    sink.logged(logged.written.incident);
                    continue;
                }
                Once::AlreadyHere(id) => {
                    sink.already_here(id);
                    continue;
                }
                Once::Gone => {
                    sink.gone(line);
                    continue;
                }
                Once::OtherContent => LineProblem::OtherContent,
                Once::Erased => LineProblem::Erased,
                Once::Left => LineProblem::Left,
            };
            sink.refused(&BadLine { line, problem });
        }
        if logging.again {
            sink.again();
        }
        Ok(())
    }

    fn parse_entry(
        &mut self,
        json: Value,
        run: &LogRun,
    ) -> Result<(LoggedLine, Vec<Remark>), LineProblem> {
        let (incident, edits) = if run.with_edits {
            parts(&json)?
        } else {
            (json, None)
        };
        let (id, incident) = given_id(incident)?;
        let mark = id.map_or(Mark::Line(run.so_far), |id| {
            Mark::Input(run.key.input(id, &incident, edits.as_ref()))
        });
        let now = (self.machine.now)();
        let draft = Draft::parse(&incident, now)?;
        let edits = edits
            .map(|edits| Edit::parse_list(&edits, now))
            .transpose()?
            .unwrap_or_default();
        let (written, remarks) =
            self.author(draft, &edits, id, now)
                .map_err(|error| match error {
                    DeviceError::Field(field) => LineProblem::Field(field),
                    _ => LineProblem::Field(FieldError::new(
                        "incident",
                        Problem::WrongType("an incident that can be kept"),
                    )),
                })?;
        Ok((LoggedLine { written, mark }, remarks))
    }

    /// A new incident's document. A survivor's code is hashed, or waits for the key.
    fn author(
        &mut self,
        mut draft: Draft,
        edits: &[Edit],
        id: Option<IncidentId>,
        now: Timestamp,
    ) -> Result<(Written, Vec<Remark>), DeviceError> {
        let authoring = Authoring {
            actor: self.machine.bytes(),
            now,
        };
        let mut work = Work::default();
        if let Some(code) = draft.survivor_code().map(str::to_owned) {
            match self
                .enrolment
                .as_ref()
                .and_then(|enrolment| enrolment.hash_code(&code))
            {
                Some(hash) => draft.set_survivor_code(&hash),
                None => work.unhashed_code = Some(code),
            }
        }
        let edits: Vec<Edit> = edits
            .iter()
            .filter_map(|edit| self.with_hashed_code(edit, true, &mut work))
            .collect();
        let (document, authored) = Document::create_and_edit(&draft, &edits, authoring).map_err(
            |(at, error)| match at {
                Some(at) => at_edit((at, error)),
                None => DeviceError::from(*error),
            },
        )?;
        let remarks = work.add(authored);
        let id = id.unwrap_or_else(|| IncidentId::from_random(self.machine.bytes()));
        Ok((work.written(id, &document, now), remarks))
    }
}

/// An incident and its edits. Another key is a misspelt one: what stands under it would be lost.
fn parts(json: &Value) -> Result<(Value, Option<Value>), FieldError> {
    let missing = || FieldError::new("incident", Problem::Missing);
    let mut parts = spelling::keys_of(
        json.as_object().ok_or_else(missing)?,
        &["incident", "edits"],
    )?;
    let (incident, edits) = (
        parts.remove("incident").ok_or_else(missing)?,
        parts.remove("edits"),
    );
    if parts.is_empty() {
        Ok((incident, edits))
    } else {
        Err(FieldError::new(
            "edits",
            Problem::WrongType("no keys beside incident and edits"),
        ))
    }
}

/// The id that an incident brings, and the incident without it. One that is for nothing, as some forms send it, would be the
/// id of all.
fn given_id(incident: Value) -> Result<(Option<IncidentId>, Value), FieldError> {
    let Value::Object(object) = &incident else {
        return Ok((None, incident));
    };
    let mut rest = spelling::keys_of(object, &["id"])?;
    let id = match rest.remove("id") {
        None | Some(Value::Null) => None,
        Some(given) => {
            let id: Option<IncidentId> = given.as_str().and_then(|text| text.trim().parse().ok());
            let real = id.filter(|id| ![[0; 16], [0xff; 16]].contains(id.as_bytes()));
            Some(real.ok_or_else(|| FieldError::new("id", Problem::WrongType("a UUID, as text")))?)
        }
    };
    Ok((id, Value::Object(rest)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_misspelt_key_beside_an_incident_loses_no_edits() {
        assert!(parts(&json!({"incident": {}, "edits": []})).is_ok());
        assert!(parts(&json!({"Incident": {}, "EDITS": []})).is_ok());
        assert!(parts(&json!({"incident": {}})).is_ok());
        for line in [
            json!({"incident": {}, "edit": []}),
            json!({"incident": {}, "edits": [], "Edits": []}),
            json!({"edits": []}),
            json!([]),
        ] {
            assert!(parts(&line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_that_stands_for_something() {
        let id = "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11";
        for written in [
            id.to_owned(),
            id.to_uppercase(),
            id.replace('-', ""),
            format!(" {id}\n"),
            format!("{{{id}}}"),
        ] {
            let incident = json!({"id": written, "reported_at": "x"});
            let (given, rest) = given_id(incident).unwrap();
            assert_eq!(
                (given, rest),
                (Some(id.parse().unwrap()), json!({"reported_at": "x"}))
            );
        }
        assert_eq!(given_id(json!({"id": null})).unwrap().0, None);
        let nobody = [
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "7",
            "",
        ]
        .map(|text| json!(text));
        for bad in nobody.into_iter().chain([json!(7), json!([id])]) {
            assert_eq!(
                given_id(json!({"id": bad})).unwrap_err().path,
                "id",
                "{bad}"
            );
        }
    }
}
