//! Counts that follow from the cells of several dimensions, because a code of one contains a code of another by definition.
//!
//! Extortion is economic violence, so "economic" less "extortion" counts incidents: those with another economic violation. If it
//! is small it is protected like a cell, although no table has it. Every inclusion between codes of published dimensions is
//! declared here, once; `every_inclusion_between_dimensions_is_declared` derives them again from random rows.
//!
//! An exclusion is an inclusion in the rest: what excludes police violence is part of all incidents less police violence. So
//! exclusions need no entry of their own.

use super::cells::ALL;

/// A code of a dimension.
pub(super) type Code = (&'static str, &'static str);

/// The cells of `whole`, added up, less those of `parts`: a count of incidents.
pub(super) struct Difference {
    pub(super) whole: &'static [Code],
    pub(super) parts: &'static [Code],
}

const EVERY: Code = (ALL, "");
const BY_STATE: Code = ("state_perpetrator", "yes");
const POLICE: Code = ("perpetrator", "police");
const MILITARY: Code = ("perpetrator", "military");
const GUARD: Code = ("perpetrator", "border_prison_guard");
const OFFICIAL: Code = ("perpetrator", "other_official");
const SEXUAL: Code = ("violation_group", "sexual");
const NO_PEP: Code = ("pep", "not_exposed");
const NO_EC: Code = ("ec", "not_exposed");
const MAN: Code = ("gender", "man");
const TRANS_WOMAN: Code = ("gender", "trans_woman");

const fn less(whole: &'static [Code], parts: &'static [Code]) -> Difference {
    Difference { whole, parts }
}

/// Every difference that counts incidents.
pub(super) static DIFFERENCES: &[Difference] = &[
    // By the state, but not by this kind.
    less(&[BY_STATE], &[POLICE]),
    less(&[BY_STATE], &[MILITARY]),
    less(&[BY_STATE], &[GUARD]),
    less(&[BY_STATE], &[OFFICIAL]),
    // By several kinds of the state at once, however often.
    less(&[POLICE, MILITARY, GUARD, OFFICIAL], &[BY_STATE]),
    // Other economic violence, other violations of rights.
    less(&[("violation_group", "economic")], &[("extortion", "yes")]),
    less(
        &[("violation_group", "rights")],
        &[("healthcare_refusal", "yes")],
    ),
    // Sexual violence without exposure: all less those not exposed are exposed.
    less(&[SEXUAL, NO_PEP], &[EVERY]),
    // Exposed to HIV, and unable to conceive.
    less(&[NO_EC], &[NO_PEP]),
    // Not exposed to pregnancy, and of another gender than those that cannot conceive.
    less(&[NO_EC], &[MAN]),
    less(&[NO_EC], &[TRANS_WOMAN]),
    less(&[NO_EC], &[MAN, TRANS_WOMAN]),
];
