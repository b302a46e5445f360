//! What a projection withholds at each step of the [ladder](crate::ladder), and what of it the ladder sees.
//!
//! A value goes together with every code that implies it: populations and motives each other and a gender, triage an age (a minor is always
//! red), steps of EC a gender. GBVIMS's type and ICCS's codes follow from the violations alone and stay.

use std::collections::BTreeSet;

use crate::ladder::{Member, Step, quarter_of};
use crate::projection::{MonthBasis, Projection, WITHHELD};

fn withheld() -> String {
    WITHHELD.to_owned()
}

impl Projection {
    /// What the ladder sees. `survivor`: her hashed code, if a responder has seen the incident.
    #[must_use]
    pub fn member(&self, survivor: Option<Vec<u8>>) -> Member {
        let populations: Vec<&str> = self.populations.iter().map(String::as_str).collect();
        Member {
            month: self.month.clone(),
            area: self.admin1.clone(),
            gender: self.gender.clone(),
            age: self.age_band.clone(),
            place: [
                &populations.join(" "),
                &self.setting,
                &self.time_of_day,
                self.month_basis.code(),
            ]
            .join(" "),
            survivor,
        }
    }

    /// What of it leaves at a step. It says more at no later step than at an earlier one.
    #[must_use]
    pub fn at(mut self, step: Step) -> Self {
        if step >= Step::Place {
            self.populations = BTreeSet::from([withheld()]);
            self.motives = BTreeSet::from([withheld()]);
            self.setting = withheld();
            self.time_of_day = withheld();
            self.month_basis = MonthBasis::Withheld;
            self.triage = withheld();
        }
        if step >= Step::Age {
            self.age_band = withheld();
        }
        if step >= Step::Gender {
            self.gender = withheld();
            self.ec = withheld();
        }
        if step >= Step::Area {
            self.admin1 = withheld();
        }
        if step >= Step::Quarter && self.quarter.is_none() {
            self.quarter = quarter_of(&self.month);
            self.month = withheld();
        }
        self
    }

    /// The step that it is at, by the first value that each step withholds.
    #[must_use]
    pub fn step(&self) -> Step {
        let withholds = [
            (Step::Quarter, &self.month),
            (Step::Area, &self.admin1),
            (Step::Gender, &self.gender),
            (Step::Age, &self.age_band),
            (Step::Place, &self.setting),
        ];
        withholds
            .into_iter()
            .find(|(_, value)| *value == WITHHELD)
            .map_or(Step::All, |(step, _)| step)
    }

    /// The values that are shared with five survivors, as one text: those of equal texts are alike to anybody who knows a person, a month and a
    /// place and nothing else.
    #[must_use]
    pub fn class(&self) -> String {
        let of = self.member(None);
        let time = self.quarter.clone().unwrap_or(of.month);
        [time, of.area, of.gender, of.age, of.place].join("|")
    }
}

impl MonthBasis {
    /// Its name.
    fn code(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Report => "report",
            Self::Withheld => WITHHELD,
        }
    }
}
