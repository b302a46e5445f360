//! Verdicts as bytes.

use vicinity_core::admit::Verdict;
use vicinity_core::guard::Refusal;

const VERDICT_REJECTED: u8 = 16;

pub(crate) fn verdict_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Stored => 0,
        Verdict::Duplicate => 1,
        Verdict::Pending => 2,
        Verdict::NotYet => 3,
        Verdict::Rejected(refusal) => {
            VERDICT_REJECTED
                + Refusal::ALL
                    .iter()
                    .position(|other| *other == refusal)
                    .unwrap_or(0) as u8
        }
    }
}

pub(crate) fn verdict_of(code: u8) -> Verdict {
    match code {
        0 => Verdict::Stored,
        1 => Verdict::Duplicate,
        2 => Verdict::Pending,
        3 => Verdict::NotYet,
        // A refusal this version does not know is still a refusal.
        code => Verdict::Rejected(
            Refusal::ALL
                .get(usize::from(code.saturating_sub(VERDICT_REJECTED)))
                .copied()
                .unwrap_or(Refusal::Unappliable),
        ),
    }
}
