//! What national counts by.

use clap::ValueEnum;
use vicinity_export::By;

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
        let by = match self {
            Self::Perpetrator => By::Perpetrator,
            Self::ViolationGroup => By::ViolationGroup,
            Self::Admin1 => By::Admin1,
            Self::Setting => By::Setting,
            Self::Population => By::Population,
        };
        by.name()
    }
}
