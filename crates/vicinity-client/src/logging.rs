//! Logging incidents, one or many: a bad line is named and the others are kept, each once.
//!
//! A line with an `id` is that incident, however often it comes. Lines without are known by all lines up to them, as long as the
//! run that they belong to is unfinished: the same lines after a run that was cut off go on with it. A run that came to its end
//! is over, and the same lines again are incidents again; that is said.

use std::io::BufRead;

use serde_json::Value;
use vicinity_core::canonical;
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::json::{self, BadJson};
use vicinity_core::reading::Reading;
use vicinity_core::remark::Remark;
use vicinity_core::spelling;
use vicinity_core::text::NotText;
use vicinity_core::value::{FieldError, Problem};
use vicinity_store::device::{DeviceStore, LoggedLine, LoggedLines, Mark, Once, Written};

use crate::ClientError;
use crate::device::Device;
use crate::once::OnceKey;
use crate::work::{Work, at_edit};

/// Incidents that become durable together: one fsync for so many.
const TOGETHER: usize = 64;

/// A line that was not kept. It says where and what, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: LineProblem,
}

/// What can be wrong with a line.
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
    #[error("id: an incident of this id is here already and says something else; give this one an id of its own")]
    OtherContent,
    /// The id is of what was erased.
    #[error("id: the incident of this id was erased, and is not logged again")]
    Erased,
    /// The id is of what the hub has.
    #[error("id: the incident of this id has left this device, and is not logged again; the hub keeps it")]
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

/// What is told while logging: ids are told once they are durable.
pub trait LogSink {
    /// An incident is durable.
    fn logged(&mut self, id: IncidentId);
    /// Something of a line was kept as it is and may not be what was meant.
    fn remarked(&mut self, line: usize, remark: &Remark);
    /// A line was logged before, as this incident: nothing was added.
    fn already_here(&mut self, id: IncidentId) {
        self.logged(id);
    }
    /// A line was logged by a run that was cut off, and its incident has left this device since or was erased.
    fn gone(&mut self, _line: usize) {}
    /// The very same lines were logged here before, to their end: what was logged now is here twice.
    fn again(&mut self) {}
    /// A line was not kept.
    fn refused(&mut self, bad: &BadLine);
    /// A line is kept, and a time in it cannot be right by this device's clock: the field's name.
    fn doubtful(&mut self, _line: usize, _field: &'static str) {}
}

/// A run of `log`.
struct Run {
    key: OnceKey,
    with_edits: bool,
    /// The hash of all lines so far.
    so_far: [u8; 32],
    /// Its number, once one of its lines without id was kept.
    number: Option<i64>,
    /// Lines that become durable together, with their numbers.
    waiting: Vec<(usize, LoggedLine)>,
}

impl Run {
    /// Comes to a line: by its content if it is JSON, else by its letters. What has no text is all the same.
    fn pass(&mut self, line: &Line) {
        let text = line.as_deref().unwrap_or_default();
        let content = serde_json::from_str(text).map_or_else(|_| text.trim().as_bytes().to_vec(), |json| canonical::bytes(&json));
        self.so_far = self.key.line(&self.so_far, &content);
    }
}

/// Bytes of the longest line.
const LINE_MAX_BYTES: usize = 1024 * 1024;

impl Device {
    /// Logs JSON lines, or one JSON object over several lines. With `with_edits` a line is `{"incident", "edits"}`.
    ///
    /// # Errors
    /// Reading or storage failed; what the sink was told is durable.
    pub fn log_lines(&mut self, input: &mut dyn BufRead, with_edits: bool, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        let mut whole: Vec<Line> = Vec::new();
        let mut run = Run { key: self.once_key()?, with_edits, so_far: [0; 32], number: None, waiting: Vec::new() };
        for (at, line) in (Lines { input }).enumerate() {
            let line = line.map_err(ClientError::Input)?;
            if !whole.is_empty() || (at == 0 && line.as_ref().is_ok_and(|line| begins_an_object(line))) {
                whole.push(line);
                continue;
            }
            self.log_line(line, at + 1, &mut run, sink)?;
        }
        if !whole.is_empty() {
            self.log_whole(whole, &mut run, sink)?;
        }
        let end = run.so_far;
        self.flush(&mut run, Some(end), sink)
    }

    /// A first line that is no JSON by itself: one object over all lines, or a bad line and more behind it.
    fn log_whole(&mut self, whole: Vec<Line>, run: &mut Run, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        let texts: Option<Vec<&str>> = whole.iter().map(|line| line.as_deref().ok()).collect();
        if let Some(object) = texts.map(|texts| texts.join("\n"))
            && serde_json::from_str::<Value>(&object).is_ok()
        {
            return self.log_line(Ok(object), 1, run, sink);
        }
        for (at, line) in whole.into_iter().enumerate() {
            self.log_line(line, at + 1, run, sink)?;
        }
        Ok(())
    }

    fn log_line(&mut self, line: Line, number: usize, run: &mut Run, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            return Ok(());
        }
        // Not before the next line comes: the last ones of a run become durable with its end.
        if run.waiting.len() >= TOGETHER {
            self.flush(run, None, sink)?;
        }
        run.pass(&line);
        match line.and_then(|line| self.parse_line(&line, run)) {
            Ok((logged, remarks)) => {
                remarks.iter().for_each(|remark| sink.remarked(number, remark));
                // Only said: it may be this clock that is wrong. The hub judges by its own.
                let reading = Reading { received_at: Some((self.machine.now)()), ..Reading::default() };
                let doubtful = logged.written.view.clone().read_by(reading).impossible_times();
                doubtful.into_iter().for_each(|field| sink.doubtful(number, field));
                run.waiting.push((number, logged));
            }
            Err(problem) => sink.refused(&BadLine { line: number, problem }),
        }
        Ok(())
    }

    fn flush(&mut self, run: &mut Run, end: Option<[u8; 32]>, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        if run.waiting.is_empty() && (end.is_none() || run.number.is_none()) {
            return Ok(());
        }
        let (numbers, lines): (Vec<usize>, Vec<LoggedLine>) = run.waiting.drain(..).unzip();
        let logging = self.store.log(&LoggedLines { lines: &lines, run: run.number, end })?;
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

    fn parse_line(&mut self, line: &str, run: &Run) -> Result<(LoggedLine, Vec<Remark>), LineProblem> {
        if line.len() > LINE_MAX_BYTES {
            return Err(LineProblem::TooLong);
        }
        let json = json::parse_text(line)?;
        let (incident, edits) = if run.with_edits { parts(&json)? } else { (json, None) };
        let (id, incident) = given_id(incident)?;
        let mark = id.map_or(Mark::Line(run.so_far), |id| Mark::Input(run.key.input(id, &incident, edits.as_ref())));
        let (written, remarks) = self.draft(&incident, edits.as_ref(), id).map_err(|error| match error {
            ClientError::Field(field) => LineProblem::Field(field),
            _ => LineProblem::Field(FieldError::new("incident", Problem::WrongType("an incident that can be kept"))),
        })?;
        Ok((LoggedLine { written, mark }, remarks))
    }

    fn draft(&mut self, incident: &Value, edits: Option<&Value>, id: Option<IncidentId>) -> Result<(Written, Vec<Remark>), ClientError> {
        let authoring = Authoring { actor: self.machine.bytes(), now: (self.machine.now)() };
        let mut draft = Draft::parse(incident, authoring.now)?;
        let edits = edits.map(|edits| Edit::parse_list(edits, authoring.now)).transpose()?.unwrap_or_default();
        let mut work = Work::default();
        if let Some(code) = draft.survivor_code().map(str::to_owned) {
            match self.enrolment.as_ref().and_then(|enrolment| enrolment.hash_code(&code)) {
                Some(hash) => draft.set_survivor_code(&hash),
                None => work.unhashed_code = Some(code),
            }
        }
        let edits: Vec<Edit> = edits.iter().filter_map(|edit| self.with_hashed_code(edit, true, &mut work)).collect();
        let (document, authored) = Document::create_and_edit(&draft, &edits, authoring).map_err(|(at, error)| match at {
            Some(at) => at_edit((at, error)),
            None => ClientError::from(*error),
        })?;
        let remarks = work.add(authored);
        let id = id.unwrap_or_else(|| IncidentId::from_random(self.machine.bytes()));
        Ok((work.written(id, &document, authoring.now), remarks))
    }
}

/// A line's text, or why it has none.
type Line = Result<String, LineProblem>;

fn begins_an_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<Value>(line).is_err_and(|error| error.is_eof())
}

/// An incident and its edits. Another key is a misspelt one: what stands under it would be lost.
fn parts(json: &Value) -> Result<(Value, Option<Value>), FieldError> {
    let missing = || FieldError::new("incident", Problem::Missing);
    let mut parts = spelling::keys_of(json.as_object().ok_or_else(missing)?, &["incident", "edits"])?;
    let (incident, edits) = (parts.remove("incident").ok_or_else(missing)?, parts.remove("edits"));
    if parts.is_empty() { Ok((incident, edits)) } else { Err(FieldError::new("edits", Problem::WrongType("no keys beside incident and edits"))) }
}

/// The id that an incident brings, and the incident without it. One that stands for nothing, as some forms send it, would be the
/// id of all.
fn given_id(incident: Value) -> Result<(Option<IncidentId>, Value), FieldError> {
    let Value::Object(object) = &incident else { return Ok((None, incident)) };
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

/// The text of a line. One that is too long was cut, perhaps within a letter.
fn text(bytes: Vec<u8>) -> Line {
    if bytes.len() > LINE_MAX_BYTES {
        return Err(LineProblem::TooLong);
    }
    match vicinity_core::text::utf8(&bytes) {
        Ok(line) => Ok(line.to_owned()),
        Err(problem) => Err(BadJson::NotText(problem).into()),
    }
}

/// Lines, each read no further than a line may be long.
struct Lines<'a> {
    input: &'a mut dyn BufRead,
}

impl Iterator for Lines<'_> {
    type Item = std::io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => return Some(Err(error)),
            };
            if buffer.is_empty() {
                return if bytes.is_empty() { None } else { Some(Ok(text(bytes))) };
            }
            let newline = buffer.iter().position(|byte| *byte == b'\n');
            let taken = newline.unwrap_or(buffer.len());
            let room = (LINE_MAX_BYTES + 1).saturating_sub(bytes.len()).min(taken);
            bytes.extend_from_slice(&buffer[..room]);
            self.input.consume(taken + usize::from(newline.is_some()));
            if newline.is_some() {
                return Some(Ok(text(bytes)));
            }
        }
    }
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
        for line in [json!({"incident": {}, "edit": []}), json!({"incident": {}, "edits": [], "Edits": []}), json!({"edits": []}), json!([])] {
            assert!(parts(&line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_that_stands_for_something() {
        let id = "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11";
        for written in [id.to_owned(), id.to_uppercase(), id.replace('-', ""), format!(" {id}\n"), format!("{{{id}}}")] {
            let incident = json!({"id": written, "reported_at": "x"});
            let (given, rest) = given_id(incident).unwrap();
            assert_eq!((given, rest), (Some(id.parse().unwrap()), json!({"reported_at": "x"})));
        }
        assert_eq!(given_id(json!({"id": null})).unwrap().0, None);
        let nobody = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "7", ""].map(|text| json!(text));
        for bad in nobody.into_iter().chain([json!(7), json!([id])]) {
            assert_eq!(given_id(json!({"id": bad})).unwrap_err().path, "id", "{bad}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_is_named_and_nothing_is_put_in_its_place() {
        let long = "é".repeat(LINE_MAX_BYTES);
        let input = [b"{}\n\"caf\xe9\"\n", long.as_bytes(), b"\n{}"].concat();
        let lines: Vec<Line> = Lines { input: &mut input.as_slice() }.map(Result::unwrap).collect();
        assert_eq!(lines, [Ok("{}".to_owned()), Err(LineProblem::NotUtf8), Err(LineProblem::TooLong), Ok("{}".to_owned())]);
    }
}
