//! How much work one request may be: counted in operations of documents that are loaded, known before any is. What fits is done
//! and acknowledged; the rest is answered as not yet taken, and its device sends it again.

use std::collections::BTreeSet;

use vicinity_core::admit::Verdict;
use vicinity_core::batch::Group;
use vicinity_core::ids::IncidentId;
use vicinity_store::StoreError;
use vicinity_store::hub::{HubStore, Peer};
use vicinity_store::policy;

pub use crate::storage::writer::{REQUEST_OPS, STEP_OPS};

/// What of a request is done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// That many of its incidents, in the order in which it names them.
    pub incidents: usize,
    /// What they cost, in operations.
    pub ops: u64,
    /// What their device pays for them: each is loaded in one piece ([`policy::in_one_piece`]).
    pub price: u64,
}

/// Fits incidents into the budget, in order: the first always, so that a device with one very large document gets on too. Weighs
/// none behind the first that does not fit.
///
/// # Errors
/// What a weight says.
pub fn fit<E>(weights: impl IntoIterator<Item = Result<u64, E>>, budget: u64) -> Result<Plan, E> {
    let mut plan = Plan {
        incidents: 0,
        ops: 0,
        price: 0,
    };
    for weight in weights {
        let weight = weight?;
        let ops = plan.ops.saturating_add(weight);
        if plan.incidents > 0 && ops > budget {
            break;
        }
        plan = Plan {
            incidents: plan.incidents + 1,
            ops,
            price: plan.price.saturating_add(policy::in_one_piece(weight)),
        };
    }
    Ok(plan)
}

/// What of these changes is taken now. Loads nothing.
///
/// # Errors
/// Storage.
pub fn plan<S: HubStore + ?Sized>(
    store: &mut S,
    peer: &Peer,
    groups: &[Group],
) -> Result<Plan, StoreError> {
    fit(
        policy::by_incident(groups)
            .iter()
            .map(|(incident, changes)| store.weigh(peer, *incident, changes)),
        REQUEST_OPS,
    )
}

/// The groups of the first incidents, and which incidents they are.
#[must_use]
pub fn first(groups: &[Group], incidents: usize) -> (Vec<Group>, BTreeSet<IncidentId>) {
    let taken: BTreeSet<IncidentId> = policy::by_incident(groups)
        .into_iter()
        .take(incidents)
        .map(|(incident, _)| incident)
        .collect();
    (
        groups
            .iter()
            .filter(|group| taken.contains(&group.incident))
            .cloned()
            .collect(),
        taken,
    )
}

/// One verdict a change of all groups: those of the incidents that were taken, in order, and for the others that it is not yet.
#[must_use]
pub fn spread(
    groups: &[Group],
    taken: &BTreeSet<IncidentId>,
    verdicts: Vec<Verdict>,
) -> Vec<Verdict> {
    let mut verdicts = verdicts.into_iter();
    let said = |group: &Group| {
        group
            .changes
            .iter()
            .map(|_| taken.contains(&group.incident))
            .collect::<Vec<_>>()
    };
    let each = groups.iter().flat_map(said);
    each.map(|is_taken| if is_taken { verdicts.next() } else { None }.unwrap_or(Verdict::NotYet))
        .collect()
}

#[cfg(test)]
mod tests {
    use vicinity_core::batch::GroupChange;

    use super::*;

    fn fitted(weights: &[u64], budget: u64) -> (usize, u64) {
        let plan = fit(weights.iter().map(|weight| Ok::<_, ()>(*weight)), budget).unwrap();
        (plan.incidents, plan.ops)
    }

    fn group(number: u8, changes: usize) -> Group {
        let changes = vec![
            GroupChange {
                chunk: vec![number],
                by: 0
            };
            changes
        ];
        Group {
            incident: IncidentId::from_random([number; 16]),
            relayed: false,
            changes,
        }
    }

    #[test]
    fn what_fits_is_done_and_the_first_always() {
        assert_eq!(fitted(&[], 10), (0, 0));
        assert_eq!(fitted(&[4, 6, 1], 10), (2, 10));
        assert_eq!(
            fitted(&[100, 1], 10),
            (1, 100),
            "a very large document gets on, alone"
        );
        assert_eq!(
            fitted(&[1, 100, 1], 10),
            (1, 1),
            "it is first the next time"
        );
        assert_eq!(fitted(&[u64::MAX, u64::MAX], 10), (1, u64::MAX));
    }

    #[test]
    fn one_large_incident_costs_its_device_more_than_many_small_ones() {
        let price = |weights: &[u64]| {
            fit(weights.iter().map(|weight| Ok::<_, ()>(*weight)), u64::MAX)
                .unwrap()
                .price
        };
        assert_eq!(price(&[40; 250]), 250 * 44);
        assert_eq!(price(&[10_000]), 260_000);
    }

    #[test]
    fn nothing_is_weighed_behind_what_does_not_fit() {
        let weights = [Ok(1), Ok(100), Err("weighed")];
        assert_eq!(
            fit(weights, 10),
            Ok(Plan {
                incidents: 1,
                ops: 1,
                price: 1
            })
        );
    }

    #[test]
    fn each_change_has_its_verdict_in_the_order_in_which_it_was_sent() {
        let groups = [group(1, 2), group(2, 1), group(1, 1), group(3, 1)];
        let (taken, incidents) = first(&groups, 1);
        assert_eq!(taken, [group(1, 2), group(1, 1)]);
        let (stored, twice, not_yet) = (Verdict::Stored, Verdict::Duplicate, Verdict::NotYet);
        assert_eq!(
            spread(&groups, &incidents, vec![stored, twice, stored]),
            [stored, twice, not_yet, stored, not_yet]
        );
        let (all, incidents) = first(&groups, 3);
        assert_eq!(
            spread(&groups, &incidents, vec![stored; 5]),
            vec![stored; 5]
        );
        assert_eq!(all.len(), 4);
    }
}
