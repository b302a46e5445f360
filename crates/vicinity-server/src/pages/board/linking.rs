//! Links between incidents: which one somebody means, which links cannot be.

use std::collections::BTreeSet;

use vicinity_core::ids::IncidentId;
use vicinity_store::board::BoardStore;

use super::sought;
use crate::pages::answer::PageError;
use crate::pages::form::Form;

/// Incidents that are looked through for a circle.
const CHAIN_MAX: usize = 1000;

/// The form of a link with the whole id of the incident that it names.
pub(super) fn resolved(
    store: &mut dyn BoardStore,
    id: IncidentId,
    form: &Form,
) -> Result<Form, PageError> {
    let to = named(store, form.get("to"))?;
    if to == id {
        return Err(PageError::Refused("refused-link-self"));
    }
    if form.get("kind") == "duplicate_of" && leads_to(store, to, id)? {
        return Err(PageError::Refused("refused-link-circle"));
    }
    Ok(form.replacing("to", &to.to_string()))
}

/// The one incident that a text names: by its whole id, by the eight digits that pages show of it, by its page's title or address.
fn named(store: &mut dyn BoardStore, text: &str) -> Result<IncidentId, PageError> {
    let (first, last) = sought(text.split_whitespace().last().unwrap_or_default())
        .ok_or(PageError::Refused("refused-link-form"))?;
    match store.between(first, last, 2)?[..] {
        [] => Err(PageError::Refused("refused-link-unknown")),
        [(one, _)] => Ok(one),
        _ => Err(PageError::Refused("refused-link-ambiguous")),
    }
}

/// Whether what one is a duplicate of, step by step, comes to another: then neither would be counted.
fn leads_to(
    store: &mut dyn BoardStore,
    from: IncidentId,
    to: IncidentId,
) -> Result<bool, PageError> {
    let (mut next, mut seen) = (vec![from], BTreeSet::new());
    while let Some(at) = next.pop() {
        if at == to {
            return Ok(true);
        }
        if seen.len() < CHAIN_MAX
            && seen.insert(at)
            && let Some(row) = store.incident(at)?
        {
            next.extend(row.incident.codes("links").filter_map(|link| {
                link.strip_prefix("duplicate_of:")?
                    .parse::<IncidentId>()
                    .ok()
            }));
        }
    }
    Ok(false)
}
