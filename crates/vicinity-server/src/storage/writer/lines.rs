//! Who is next: what people at this machine want first, then one request of each device in turn.

use std::collections::{BTreeMap, VecDeque};

/// Steps that may wait in all lines of devices, and as many more in the first. One more is answered with "busy".
const WAITING_MAX: usize = 128;
/// Steps that may wait in one device's line: it sends one request after the other.
const LINE_MAX: usize = 16;

/// Who shows a code instead of a proof.
pub(crate) const NOBODY: [u8; 16] = [0; 16];

/// Where a step waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Before all that devices ask: pages, health, what the server does itself.
    First,
    /// Requests that name this device, from this address. Requests without a device share one line for each address.
    Of([u8; 16], [u8; 8]),
}

/// What waits.
pub(super) struct Lines<T> {
    first: VecDeque<T>,
    lines: BTreeMap<Line, VecDeque<T>>,
    /// The lines that have something, in the order of their turns.
    turns: VecDeque<Line>,
    waiting: usize,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self {
            first: VecDeque::new(),
            lines: BTreeMap::new(),
            turns: VecDeque::new(),
            waiting: 0,
        }
    }
}

impl<T> Lines<T> {
    /// Steps in the first line.
    #[cfg(test)]
    pub(super) fn first(&self) -> usize {
        self.first.len()
    }

    /// Puts a step at the end of its line.
    ///
    /// # Errors
    /// The step, where there is no room.
    pub(super) fn push(&mut self, line: Line, step: T) -> Result<(), T> {
        if line == Line::First {
            if self.first.len() >= WAITING_MAX {
                return Err(step);
            }
            self.first.push_back(step);
            return Ok(());
        }
        let held = self.lines.get(&line).map_or(0, VecDeque::len);
        let most = if matches!(line, Line::Of(NOBODY, _)) {
            WAITING_MAX
        } else {
            LINE_MAX
        };
        if held >= most || self.waiting >= WAITING_MAX {
            return Err(step);
        }
        if held == 0 {
            self.turns.push_back(line);
        }
        self.lines.entry(line).or_default().push_back(step);
        self.waiting += 1;
        Ok(())
    }

    /// The next step.
    pub(super) fn take_next(&mut self) -> Option<T> {
        if let Some(step) = self.first.pop_front() {
            return Some(step);
        }
        let line = self.turns.pop_front()?;
        let held = self.lines.get_mut(&line)?;
        let step = held.pop_front();
        if held.is_empty() {
            self.lines.remove(&line);
        } else {
            self.turns.push_back(line);
        }
        self.waiting -= usize::from(step.is_some());
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u8) -> Line {
        Line::Of([number; 16], [0; 8])
    }

    #[test]
    fn devices_take_turns_and_the_first_line_goes_before_them() {
        let mut lines = Lines::default();
        for step in ["a1", "a2", "a3"] {
            lines.push(device(1), step).unwrap();
        }
        lines.push(device(2), "b1").unwrap();
        assert_eq!(lines.take_next(), Some("a1"));
        lines.push(device(3), "c1").unwrap();
        lines.push(Line::First, "revoke").unwrap();
        let order: Vec<&str> = std::iter::from_fn(|| lines.take_next()).collect();
        assert_eq!(order, ["revoke", "b1", "a2", "c1", "a3"]);
        assert_eq!(
            (lines.waiting, lines.lines.len(), lines.turns.len()),
            (0, 0, 0)
        );
    }

    #[test]
    fn a_full_line_stops_no_other() {
        let mut lines = Lines::default();
        while lines.push(device(1), 1).is_ok() {}
        assert_eq!(lines.waiting, LINE_MAX);
        lines.push(device(2), 2).unwrap();
        lines.push(Line::Of([1; 16], [9; 8]), 3).unwrap();
        lines.push(Line::First, 4).unwrap();
        assert_eq!(
            [
                lines.take_next(),
                lines.take_next(),
                lines.take_next(),
                lines.take_next()
            ],
            [Some(4), Some(1), Some(2), Some(3)]
        );
    }

    #[test]
    fn all_lines_together_are_bounded_and_the_first_has_a_bound_of_its_own() {
        let mut lines = Lines::default();
        for number in 1..=200 {
            lines.push(device(number), number).ok();
        }
        assert_eq!(lines.waiting, WAITING_MAX);
        for _ in 0..WAITING_MAX {
            lines.push(Line::First, 0).unwrap();
        }
        assert_eq!(lines.push(Line::First, 7), Err(7));
    }
}
