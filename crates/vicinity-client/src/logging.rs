//! Logging incidents, one or many: a bad line is named and the others are kept.

use std::io::BufRead;

use serde_json::Value;
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::reading::Reading;
use vicinity_core::value::{FieldError, Problem};
use vicinity_store::device::{DeviceStore, Written};

use crate::ClientError;
use crate::device::{Device, Work, at_edit};

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
    /// Longer than any incident.
    #[error("longer than 1 MiB")]
    TooLong,
    /// A field.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// What is told while logging: ids are told once they are durable.
pub trait LogSink {
    /// An incident is durable.
    fn logged(&mut self, id: IncidentId);
    /// A line was not kept.
    fn refused(&mut self, bad: &BadLine);
    /// A line is kept, and a time in it cannot be right by this device's clock: the field's name.
    fn doubtful(&mut self, _line: usize, _field: &'static str) {}
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
        let mut waiting: Vec<Written> = Vec::new();
        for (at, line) in (Lines { input }).enumerate() {
            let line = line.map_err(ClientError::Input)?;
            if !whole.is_empty() || (at == 0 && line.as_ref().is_ok_and(|line| begins_an_object(line))) {
                whole.push(line);
                continue;
            }
            self.log_line(line, at + 1, with_edits, &mut waiting, sink)?;
        }
        if !whole.is_empty() {
            self.log_whole(whole, with_edits, &mut waiting, sink)?;
        }
        self.flush(&mut waiting, sink)
    }

    /// A first line that is no JSON by itself: one object over all lines, or a bad line and more behind it.
    fn log_whole(&mut self, whole: Vec<Line>, with_edits: bool, waiting: &mut Vec<Written>, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        let texts: Option<Vec<&str>> = whole.iter().map(|line| line.as_deref().ok()).collect();
        if let Some(object) = texts.map(|texts| texts.join("\n"))
            && serde_json::from_str::<Value>(&object).is_ok()
        {
            return self.log_line(Ok(object), 1, with_edits, waiting, sink);
        }
        for (at, line) in whole.into_iter().enumerate() {
            self.log_line(line, at + 1, with_edits, waiting, sink)?;
        }
        Ok(())
    }

    fn log_line(&mut self, line: Line, number: usize, with_edits: bool, waiting: &mut Vec<Written>, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            return Ok(());
        }
        match line.and_then(|line| self.parse_line(&line, with_edits)) {
            Ok(written) => {
                // Only said: it may be this clock that is wrong. The hub judges by its own.
                let reading = Reading { received_at: Some((self.machine.now)()), ..Reading::default() };
                let doubtful = written.view.clone().read_by(reading).impossible_times();
                doubtful.into_iter().for_each(|field| sink.doubtful(number, field));
                waiting.push(written);
            }
            Err(problem) => sink.refused(&BadLine { line: number, problem }),
        }
        if waiting.len() >= TOGETHER { self.flush(waiting, sink) } else { Ok(()) }
    }

    fn flush(&mut self, waiting: &mut Vec<Written>, sink: &mut dyn LogSink) -> Result<(), ClientError> {
        self.store.write(waiting)?;
        waiting.drain(..).for_each(|written| sink.logged(written.incident));
        Ok(())
    }

    fn parse_line(&mut self, line: &str, with_edits: bool) -> Result<Written, LineProblem> {
        if line.len() > LINE_MAX_BYTES {
            return Err(LineProblem::TooLong);
        }
        let json: Value = serde_json::from_str(line).map_err(|error| LineProblem::NotJson { column: error.column() })?;
        let written = if with_edits {
            let (incident, edits) = parts(&json)?;
            self.draft(incident, edits)
        } else {
            self.draft(&json, None)
        };
        written.map_err(|error| match error {
            ClientError::Field(field) => LineProblem::Field(field),
            _ => LineProblem::Field(FieldError::new("incident", Problem::WrongType("an incident that can be kept"))),
        })
    }

    fn draft(&mut self, incident: &Value, edits: Option<&Value>) -> Result<Written, ClientError> {
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
        work.add(authored);
        let id = IncidentId::from_random(self.machine.bytes());
        Ok(work.written(id, &document, authoring.now))
    }
}

/// A line's text, or why it has none.
type Line = Result<String, LineProblem>;

fn begins_an_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<Value>(line).is_err_and(|error| error.is_eof())
}

/// An incident and its edits. Another key is a misspelt one: what stands under it would be lost.
fn parts(json: &Value) -> Result<(&Value, Option<&Value>), FieldError> {
    let incident = json.get("incident").ok_or_else(|| FieldError::new("incident", Problem::Missing))?;
    if json.as_object().is_some_and(|object| object.keys().any(|key| key != "incident" && key != "edits")) {
        return Err(FieldError::new("edits", Problem::WrongType("no keys beside incident and edits")));
    }
    Ok((incident, json.get("edits")))
}

/// The text of a line. One that is too long was cut, perhaps within a letter.
fn text(bytes: Vec<u8>) -> Line {
    if bytes.len() > LINE_MAX_BYTES {
        return Err(LineProblem::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| LineProblem::NotUtf8)
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
        assert!(parts(&json!({"incident": {}})).is_ok());
        for line in [json!({"incident": {}, "edit": []}), json!({"incident": {}, "edits": [], "Edits": []}), json!({"edits": []}), json!([])] {
            assert!(parts(&line).is_err(), "{line}");
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
