//! What national counts by.

use clap::ValueEnum;

/// What projections are counted by.
#[derive(Clone, Copy, ValueEnum)]
pub enum Dimension {
    /// Kind of perpetrator
    Perpetrator,
    /// Group of violations
    ViolationGroup,
    /// First-level area
    Admin1,
    /// Setting
    Setting,
    /// Population
    Population,
}

impl Dimension {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Perpetrator => "perpetrator",
            Self::ViolationGroup => "violation_group",
            Self::Admin1 => "admin1",
            Self::Setting => "setting",
            Self::Population => "population",
        }
    }
}
