//! Reads incidents to log from JSON lines, or from one JSON object over several lines.

use std::io::BufRead;

use serde_json::Value;
use vicinity_core::canonical;
use vicinity_core::json::{self, BadJson};
use vicinity_device::logging::{LineProblem, LogRun, LogSink};

use crate::device::Device;
use crate::error::ClientError;

/// Bytes of the longest line.
const LINE_MAX_BYTES: usize = 1024 * 1024;

impl Device {
    /// Logs JSON lines, or one JSON object over several lines. With `with_edits` a line is `{"incident", "edits"}`.
    ///
    /// # Errors
    /// Reading or storage failed; what the sink was called with is durable.
    pub fn log_lines(
        &mut self,
        input: &mut dyn BufRead,
        with_edits: bool,
        sink: &mut dyn LogSink,
    ) -> Result<(), ClientError> {
        let mut whole: Vec<Line> = Vec::new();
        let mut run = self.begin_log(with_edits)?;
        for (at, line) in (Lines { input }).enumerate() {
            let line = line.map_err(ClientError::Input)?;
            if !whole.is_empty()
                || (at == 0 && line.as_ref().is_ok_and(|line| begins_an_object(line)))
            {
                whole.push(line);
                continue;
            }
            self.log_text(line, at + 1, &mut run, sink)?;
        }
        if !whole.is_empty() {
            self.log_whole(whole, &mut run, sink)?;
        }
        Ok(self.end_log(run, sink)?)
    }

    /// A first line that is no JSON by itself: one object over all lines, or a bad line and more behind it.
    fn log_whole(
        &mut self,
        whole: Vec<Line>,
        run: &mut LogRun,
        sink: &mut dyn LogSink,
    ) -> Result<(), ClientError> {
        let texts: Option<Vec<&str>> = whole.iter().map(|line| line.as_deref().ok()).collect();
        if let Some(object) = texts.map(|texts| texts.join("\n"))
            && serde_json::from_str::<Value>(&object).is_ok()
        {
            return self.log_text(Ok(object), 1, run, sink);
        }
        whole
            .into_iter()
            .enumerate()
            .try_for_each(|(at, line)| self.log_text(line, at + 1, run, sink))
    }

    fn log_text(
        &mut self,
        line: Line,
        number: usize,
        run: &mut LogRun,
        sink: &mut dyn LogSink,
    ) -> Result<(), ClientError> {
        if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            return Ok(());
        }
        let content = content(line.as_deref().unwrap_or_default());
        Ok(self.log_line(
            run,
            number,
            &content,
            line.and_then(|line| parse(&line)),
            sink,
        )?)
    }
}

/// The content that a line is known again by: its JSON in canonical form, else its letters. Empty for a line that is no text.
fn content(text: &str) -> Vec<u8> {
    serde_json::from_str(text).map_or_else(
        |_| text.trim().as_bytes().to_vec(),
        |json| canonical::bytes(&json),
    )
}

fn parse(line: &str) -> Result<Value, LineProblem> {
    if line.len() > LINE_MAX_BYTES {
        Err(LineProblem::TooLong)
    } else {
        Ok(json::parse_text(line)?)
    }
}

/// A line's text, or why it has none.
type Line = Result<String, LineProblem>;

fn begins_an_object(line: &str) -> bool {
    line.trim_start().starts_with('{')
        && serde_json::from_str::<Value>(line).is_err_and(|error| error.is_eof())
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
                return if bytes.is_empty() {
                    None
                } else {
                    Some(Ok(text(bytes)))
                };
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
    use super::*;

    #[test]
    fn a_line_that_is_no_text_is_named_and_nothing_is_put_in_its_place() {
        let long = "é".repeat(LINE_MAX_BYTES);
        let input = [b"{}\n\"caf\xe9\"\n", long.as_bytes(), b"\n{}"].concat();
        let lines: Vec<Line> = Lines {
            input: &mut input.as_slice(),
        }
        .map(Result::unwrap)
        .collect();
        assert_eq!(
            lines,
            [
                Ok("{}".to_owned()),
                Err(LineProblem::NotUtf8),
                Err(LineProblem::TooLong),
                Ok("{}".to_owned())
            ]
        );
    }
}
