//! The ladder: how much of a row's time, place and person leaves the hub, so that five survivors share all that is displayed of them.
//!
//! ```text
//! all ──► Place ──► Age ──► Gender ──► Area ──► Quarter ──► held
//!         each step withholds what its name says, and what the steps before it withhold
//! ```
//!
//! All rows of one month and area are at the same step, so that a withheld value reveals nothing. A step holds where each row shares its
//! displayed values with at least [`SURVIVORS_MIN`] survivors; she herself is one of them if her row has a code and a responder has seen it.
//! A row without a code, or of an incident that no responder has seen, is nobody's companion: four invented incidents would release one.

pub mod parts;

use std::collections::{BTreeMap, BTreeSet};

use crate::form::is_month;

/// Survivors that share the displayed values of each row.
pub const SURVIVORS_MIN: usize = 5;

/// What a row withholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing.
    All,
    /// Populations, setting and time of day.
    Place,
    /// Also the age.
    Age,
    /// Also the gender.
    Gender,
    /// Also the area.
    Area,
    /// Also the month: the row names the quarter.
    Quarter,
}

impl Step {
    /// Every step, in their order.
    pub const ALL: [Self; 6] = [
        Self::All,
        Self::Place,
        Self::Age,
        Self::Gender,
        Self::Area,
        Self::Quarter,
    ];

    /// The first word that it withholds.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Place => "place",
            Self::Age => "age",
            Self::Gender => "gender",
            Self::Area => "area",
            Self::Quarter => "quarter",
        }
    }
}

/// A row as the ladder sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The month, as `2026-11`, or `unknown`.
    pub month: String,
    /// The first-level area, or `unknown`.
    pub area: String,
    /// The gender.
    pub gender: String,
    /// The age band.
    pub age: String,
    /// Populations, setting, time of day and what the month is of, as one text.
    pub place: String,
    /// Her code, hashed, if she counts as a companion: a responder has seen the incident.
    pub survivor: Option<Vec<u8>>,
}

impl Member {
    /// The values that a row displays at a step, as one text: rows of the same text are one class.
    #[must_use]
    pub fn class(&self, step: Step) -> String {
        let at = |last: Step, value: &str| {
            if step < last {
                value.to_owned()
            } else {
                String::new()
            }
        };
        let time = if step == Step::Quarter {
            quarter_of(&self.month).unwrap_or_default()
        } else {
            self.month.clone()
        };
        [
            time,
            at(Step::Area, &self.area),
            at(Step::Gender, &self.gender),
            at(Step::Age, &self.age),
            at(Step::Place, &self.place),
        ]
        .join("|")
    }
}

/// The quarter of a month, as `2026-Q4`.
#[must_use]
pub fn quarter_of(month: &str) -> Option<String> {
    let number: u8 = month.get(5..).filter(|_| is_month(month))?.parse().ok()?;
    Some(format!("{}-Q{}", &month[..4], (number - 1) / 3 + 1))
}

/// Whether a text is a quarter, as `2026-Q4`.
#[must_use]
pub fn is_quarter(text: &str) -> bool {
    first_month_of(text).is_some_and(|month| quarter_of(&month).as_deref() == Some(text))
}

/// The first month of a quarter.
#[must_use]
pub fn first_month_of(quarter: &str) -> Option<String> {
    let (year, number) = quarter.split_once("-Q")?;
    let number: u8 = number.parse().ok()?;
    let month = format!("{year}-{:02}", (number.checked_sub(1)?).checked_mul(3)? + 1);
    is_month(&month).then_some(month)
}

/// Whether enough survivors are among these rows.
pub(crate) fn is_enough<'a>(members: impl IntoIterator<Item = &'a Member>) -> bool {
    let mut survivors = BTreeSet::new();
    members
        .into_iter()
        .filter_map(|member| member.survivor.as_deref())
        .any(|survivor| survivors.insert(survivor) && survivors.len() >= SURVIVORS_MIN)
}

/// The places of rows in the list, by a text of each.
fn grouped(
    members: &[Member],
    places: impl IntoIterator<Item = usize>,
    text: impl Fn(&Member) -> String,
) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for place in places {
        groups.entry(text(&members[place])).or_default().push(place);
    }
    groups
}

/// The step of each row of a hub; `None` for a row that is held. It depends on the rows alone, not on their order.
#[must_use]
pub fn climb(members: &[Member]) -> Vec<Option<Step>> {
    let mut steps = vec![None; members.len()];
    let enough = |places: &[usize]| is_enough(places.iter().map(|place| &members[*place]));
    let of_area = |member: &Member| format!("{}|{}", member.month, member.area);
    let mut left = Vec::new();
    for group in grouped(members, 0..members.len(), of_area).into_values() {
        let holds = |step: &Step| {
            let classes = grouped(members, group.iter().copied(), |member| member.class(*step));
            classes.values().all(|class| enough(class))
        };
        match [Step::All, Step::Place, Step::Age, Step::Gender]
            .into_iter()
            .find(holds)
        {
            Some(step) => group.iter().for_each(|place| steps[*place] = Some(step)),
            None => left.extend(group),
        }
    }
    for step in [Step::Area, Step::Quarter] {
        // A month that is unknown has no quarter.
        let known = left
            .iter()
            .copied()
            .filter(|place| step == Step::Area || quarter_of(&members[*place].month).is_some());
        for class in grouped(members, known, |member| member.class(step)).into_values() {
            if enough(&class) {
                class.iter().for_each(|place| steps[*place] = Some(step));
            }
        }
        left.retain(|place| steps[*place].is_none());
    }
    steps
}

#[cfg(test)]
mod tests;
