//! One incident's page, and every conflict.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::document::Document;
use vicinity_core::ids::{ChangeHash, IncidentId};
use vicinity_core::incident::Dispute;
use vicinity_core::time::Timestamp;
use vicinity_core::timeline;
use vicinity_core::{clocks, consent, status, triage};
use vicinity_pages::board::{
    self, CaseView, ConflictView, Holder, Link, Side, StatementView, TimelineStep, Who,
};
use vicinity_store::StoreError;
use vicinity_store::board::{BoardStore, Case, LoggedChange};
use vicinity_store::hub::{DeviceRow, Role};

use super::{checks, danger, incident_of};
use crate::api::server::HubServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// Changes that a timeline shows one by one. The beginning of a longer log is one step.
const STEPS_MAX: usize = 120;
/// Conflicts on their page.
const CONFLICTS_MAX: usize = 100;

pages! {
    /// One incident.
    CasePage: "GET" "/incident/{id}" SeeBoard,
    /// The page that asks once more before an incident is erased.
    ErasePage: "GET" "/incident/{id}/erase" SeeBoard,
    /// The page that asks once more before a withdrawal that erases the incident.
    WithdrawPage: "GET" "/incident/{id}/withdraw" SeeBoard,
    /// Every conflict.
    Conflicts: "GET" "/conflicts" SeeBoard,
}

pub(super) fn routes<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<CasePage, _>(page)
        .signed_in::<ErasePage, _>(erase_page)
        .signed_in::<WithdrawPage, _>(withdraw_page)
        .signed_in::<Conflicts, _>(conflicts)
}

async fn page<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<CasePage>,
) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&request.path)?, request.frame.now);
    let view = hub
        .gate()
        .read(&request, move |store| view(store, id, now))
        .await?;
    Ok(answer::page(&board::incident(&request.frame, &view)))
}

async fn erase_page<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<ErasePage>,
) -> Result<Response, PageError> {
    let id = incident_of(&request.path)?;
    hub.gate()
        .read(&request, move |store| {
            store.incident(id)?.ok_or(PageError::NotFound)
        })
        .await?;
    Ok(answer::page(&board::erase(&request.frame, &id.to_string())))
}

async fn withdraw_page<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<WithdrawPage>,
) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&request.path)?, request.frame.now);
    let case = hub
        .gate()
        .read(&request, move |store| {
            store.case(id)?.ok_or(PageError::NotFound)
        })
        .await?;
    let seen = checks::seen(&case.row.incident, &case.devices, now);
    Ok(answer::page(&board::withdraw(
        &request.frame,
        &id.to_string(),
        &seen,
    )))
}

pub(super) fn view(
    store: &mut dyn BoardStore,
    id: IncidentId,
    now: Timestamp,
) -> Result<CaseView, PageError> {
    let Case {
        row,
        first_at,
        devices: holders,
        statements,
        linked_from,
    } = store.case(id)?.ok_or(PageError::NotFound)?;
    let logged = store.logged(id)?;
    let all = store.devices()?;
    let names = device_names(&all);
    let educators = all
        .into_iter()
        .filter(|device| device.role == Role::Educator && !device.revoked);
    let devices = educators
        .map(|device| Holder {
            number: device.number,
            has_it: holders.contains(&device.number),
            name: device.name,
        })
        .collect();
    let incident = row.incident;
    let own = incident
        .codes("links")
        .filter_map(|link| link.split_once(':'));
    let own = own.map(|(kind, to)| Link {
        kind: kind.to_owned(),
        to: to.to_owned(),
        from_there: false,
    });
    let links = own
        .chain(linked_from.into_iter().map(|(from, kind)| Link {
            kind,
            to: from.to_string(),
            from_there: true,
        }))
        .collect();
    let sealed = statements.into_iter().map(|statement| StatementView {
        name: format!("{id}/{}", statement.entry),
        class: statement.class,
        bytes: statement.bytes,
        received_at: statement.received_at,
    });
    Ok(CaseView {
        id: id.to_string(),
        level: triage::level(&incident, now).code().to_owned(),
        status: status::status(&incident),
        danger: danger(&incident),
        clocks: clocks::clocks(&incident, now),
        conflicts: incident
            .disputes()
            .iter()
            .map(|dispute| (dispute.field.clone(), sides(dispute, &logged, &names)))
            .collect(),
        impossible: incident.impossible_times(),
        granted: consent::effective(&incident, now),
        first_at,
        seen: checks::seen(&incident, &holders, now),
        devices,
        statements: sealed.collect(),
        links,
        steps: steps(&logged, &names)?,
        incident,
    })
}

/// What people call devices, by number.
pub(super) type Names = BTreeMap<u32, String>;

pub(super) fn device_names(devices: &[DeviceRow]) -> Names {
    devices
        .iter()
        .filter_map(|device| Some((device.number, device.name.clone()?)))
        .collect()
}

fn who(change: &LoggedChange, names: &Names) -> Who {
    match &change.person {
        Some(person) => Who::Person(person.clone()),
        None if change.device == 0 => Who::National,
        None => Who::Device(change.device, names.get(&change.device).cloned()),
    }
}

fn sides(dispute: &Dispute, logged: &[LoggedChange], names: &Names) -> Vec<Side> {
    let author = |hash: ChangeHash| {
        logged
            .iter()
            .find(|change| ChangeHash::of_chunk(&change.chunk) == Some(hash))
            .map(|change| who(change, names))
    };
    dispute
        .claims
        .iter()
        .map(|claim| Side {
            value: claim.value.clone(),
            at: claim.at,
            who: claim.change.and_then(author),
        })
        .collect()
}

/// What each change did, by building the incident again up to each.
fn steps(logged: &[LoggedChange], names: &Names) -> Result<Vec<TimelineStep>, StoreError> {
    let mut steps = Vec::new();
    let mut before = None;
    let first = logged
        .len()
        .saturating_sub(STEPS_MAX)
        .max(1)
        .min(logged.len());
    for end in first..=logged.len() {
        let Some(change) = end.checked_sub(1).and_then(|at| logged.get(at)) else {
            break;
        };
        let document = Document::from_changes(
            logged
                .iter()
                .take(end)
                .map(|change| change.chunk.as_slice()),
        );
        let after = document
            .map_err(|_| StoreError::Damaged("document"))?
            .incident();
        let deeds = timeline::deeds(before.as_ref(), &after);
        if !deeds.is_empty() {
            steps.push(TimelineStep {
                at: change.received_at,
                who: who(change, names),
                deeds,
            });
        }
        before = Some(after);
    }
    Ok(steps)
}

async fn conflicts<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Conflicts>,
) -> Result<Response, PageError> {
    let found = hub.gate().read(&request, conflicted).await?;
    Ok(answer::page(&board::conflicts(&request.frame, &found)))
}

fn conflicted(store: &mut (dyn BoardStore + 'static)) -> Result<Vec<ConflictView>, PageError> {
    let names = device_names(&store.devices()?);
    let mut views = Vec::new();
    for (id, row) in store.conflicted(CONFLICTS_MAX)? {
        let logged = store.logged(id)?;
        let of = |dispute: &Dispute| ConflictView {
            id: id.to_string(),
            field: dispute.field.clone(),
            sides: sides(dispute, &logged, &names),
        };
        views.extend(row.incident.disputes().iter().map(of));
    }
    Ok(views)
}
