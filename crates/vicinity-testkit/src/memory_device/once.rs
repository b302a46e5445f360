//! What was logged or attached before is not kept twice.

use std::collections::{BTreeMap, BTreeSet};

use vicinity_core::ids::IncidentId;
use vicinity_store::StoreError;
use vicinity_store::device::{DeviceStore, LoggedLine, LoggedLines, Logging, Mark, Once, RUNS_MAX, UNFINISHED_RUNS_MAX, Written};

use super::{MemoryDevice, State};

type Result<T> = core::result::Result<T, StoreError>;

/// What an incident is known again by.
#[derive(Clone, Default)]
struct Marks {
    input: Option<[u8; 32]>,
    run: Option<i64>,
    line: Option<[u8; 32]>,
}

/// What was logged and attached.
#[derive(Clone, Default)]
pub(super) struct Known {
    marks: BTreeMap<IncidentId, Marks>,
    /// The hash of all lines of those that are finished.
    runs: BTreeMap<i64, Option<[u8; 32]>>,
    last_run: i64,
    pub(super) attached: BTreeMap<(IncidentId, [u8; 32]), String>,
    pub(super) apart: BTreeSet<IncidentId>,
}

impl Known {
    fn line(&self, mark: Mark) -> Option<(IncidentId, i64)> {
        let Mark::Line(key) = mark else { return None };
        self.marks.iter().find(|(_, marks)| marks.line == Some(key)).and_then(|(incident, marks)| Some((*incident, marks.run?)))
    }

    fn begin_run(&mut self) -> i64 {
        self.last_run += 1;
        self.runs.insert(self.last_run, None);
        let unfinished: Vec<i64> = self.runs.iter().rev().filter(|(_, whole)| whole.is_none()).map(|(run, _)| *run).collect();
        let mut old: Vec<i64> = unfinished.into_iter().skip(UNFINISHED_RUNS_MAX as usize).collect();
        old.extend(self.runs.range(..=self.last_run - RUNS_MAX).map(|(run, _)| *run));
        self.runs.retain(|run, _| !old.contains(run));
        for marks in self.marks.values_mut().filter(|marks| marks.run.is_some_and(|run| old.contains(&run))) {
            (marks.run, marks.line) = (None, None);
        }
        self.last_run
    }

    fn finish_run(&mut self, run: i64, whole: [u8; 32]) -> bool {
        let before = self.runs.len();
        self.runs.retain(|_, other| *other != Some(whole));
        let again = self.runs.len() < before;
        if let Some(own) = self.runs.get_mut(&run) {
            *own = Some(whole);
        }
        self.marks.values_mut().filter(|marks| marks.run == Some(run)).for_each(|marks| marks.line = None);
        again
    }

    /// An incident goes.
    pub(super) fn forget(&mut self, incident: IncidentId) {
        if let Some(run) = self.marks.remove(&incident).and_then(|marks| marks.run)
            && self.runs.get(&run).is_some_and(Option::is_some)
        {
            self.runs.remove(&run);
        }
        self.attached.retain(|(of, _), _| *of != incident);
        self.apart.remove(&incident);
    }
}

impl MemoryDevice {
    pub(super) fn log_lines(&mut self, logged: &LoggedLines<'_>) -> Result<Logging> {
        let known: Vec<_> = logged.lines.iter().map(|line| self.known.line(line.mark)).collect();
        let until = known.iter().rposition(Option::is_some).unwrap_or(0);
        let mut run = logged.run.or_else(|| known.iter().flatten().next().map(|(_, run)| *run));
        let mut lines = Vec::new();
        for (at, line) in logged.lines.iter().enumerate() {
            lines.push(match (line.mark, known[at]) {
                (Mark::Input(input), _) => self.log_with_id(line, input)?,
                (Mark::Line(_), Some((incident, _))) => Once::AlreadyHere(incident),
                (Mark::Line(_), None) if at < until => Once::Gone,
                (Mark::Line(key), None) => {
                    let run = *run.get_or_insert_with(|| self.known.begin_run());
                    self.write(core::slice::from_ref(&line.written))?;
                    self.known.marks.insert(line.written.incident, Marks { run: Some(run), line: Some(key), input: None });
                    Once::Kept
                }
            });
        }
        let again = logged.end.zip(run).is_some_and(|(whole, run)| self.known.finish_run(run, whole));
        Ok(Logging { lines, run, again })
    }

    fn log_with_id(&mut self, line: &LoggedLine, input: [u8; 32]) -> Result<Once> {
        let incident = line.written.incident;
        if self.tombstones.contains_key(&incident) {
            return Ok(Once::Erased);
        }
        if self.documents.contains_key(&incident) {
            let same = self.known.marks.get(&incident).is_some_and(|marks| marks.input == Some(input));
            return Ok(if same { Once::AlreadyHere(incident) } else { Once::OtherContent });
        }
        if self.departed.contains(&incident) {
            return Ok(Once::Left);
        }
        self.write(core::slice::from_ref(&line.written))?;
        self.known.marks.insert(incident, Marks { input: Some(input), ..Marks::default() });
        Ok(Once::Kept)
    }

    /// Whether something is attached that its incident has.
    pub(super) fn is_attached(&self, written: &Written) -> bool {
        written.attached.is_some_and(|hash| self.known.attached.contains_key(&(written.incident, hash)))
    }

    /// The hub has another incident under this id: nothing of this one is sent any more.
    pub(super) fn set_apart(&mut self, incident: IncidentId) {
        self.known.apart.insert(incident);
        for change in self.changes.values_mut().filter(|change| change.incident == incident && change.state == State::Unsent) {
            change.state = State::Refused;
        }
    }
}
