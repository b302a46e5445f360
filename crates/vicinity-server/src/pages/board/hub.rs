//! Questions, alerts, and the hub itself.

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::reached::Reached;
use vicinity_core::time::Timestamp;
use vicinity_pages::board::{
    self, AlertView, DeviceView, ErasureView, HubView, KeyView, QuestionView, RefusedView,
};
use vicinity_store::board::BoardStore;
use vicinity_store::hub::{DeviceRow, ErasureRow, Role};
use vicinity_sync::enrol::EnrolLink;

use super::case::{Names, device_names};
use crate::access::invites;
use crate::api::server::HubServer;
use crate::jobs::uplink;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;
use crate::storage::keyset;

/// Rows of what was refused.
const REFUSED_MAX: usize = 200;

pages! {
    /// National's questions.
    Questions: "GET" "/questions" SeeBoard,
    /// Alerts.
    Alerts: "GET" "/alerts" SeeBoard,
    /// The hub itself.
    HubPage: "GET" "/hub" SeeBoard,
    /// Revoking a device.
    Revoke: "POST" "/hub/revoke" ManageDevices on "/hub",
    /// Inviting a device.
    Invite: "POST" "/hub/invite" ManageDevices on "/hub",
    /// Changing what people call a device.
    NameDevice: "POST" "/hub/name" ManageDevices on "/hub",
    /// Saying how many people a month reached, or that nobody reported.
    SetReached: "POST" "/hub/reached" Respond on "/hub",
}

pub(super) fn routes<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    let routes = routes
        .signed_in::<Questions, _>(questions)
        .signed_in::<Alerts, _>(alerts)
        .signed_in::<HubPage, _>(page);
    routes
        .signed_in::<Revoke, _>(revoke)
        .signed_in::<Invite, _>(invite)
        .signed_in::<NameDevice, _>(name_device)
        .signed_in::<SetReached, _>(set_reached)
}

async fn questions<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Questions>,
) -> Result<Response, PageError> {
    let found = hub.gate().read(&request, asked).await?;
    Ok(answer::page(&board::questions(&request.frame, &found)))
}

fn asked(store: &mut (dyn BoardStore + 'static)) -> Result<Vec<QuestionView>, PageError> {
    let mut views = Vec::new();
    for asked in store.asked()? {
        let row = store.incident(asked.incident)?;
        let entry = format!("q-{}", asked.id);
        let question = row.and_then(|row| {
            row.incident
                .entries("queries")
                .find(|query| query.id() == entry)?
                .text("question")
                .map(str::to_owned)
        });
        let other = match asked.other {
            Some(other) => store.projected(other)?.map(|other| other.to_string()),
            None => None,
        };
        views.push(QuestionView {
            other,
            is_elsewhere: asked.other.is_some(),
            id: asked.incident.to_string(),
            number: asked.id,
            question: question.unwrap_or_default(),
            answer: asked.answer,
        });
    }
    Ok(views)
}

async fn alerts<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Alerts>,
) -> Result<Response, PageError> {
    let now = request.frame.now;
    let (own, near) = hub
        .gate()
        .read(&request, move |store| Ok(store.alerts(now)?))
        .await?;
    let view = |from_elsewhere: bool| {
        move |alert: vicinity_core::alert::Alert| AlertView {
            area: alert.area,
            text: alert.text,
            ends: Timestamp::from_second(alert.ends).unwrap_or(Timestamp::MAX),
            from_elsewhere,
        }
    };
    let views: Vec<AlertView> = own
        .into_iter()
        .map(view(false))
        .chain(near.into_iter().map(view(true)))
        .collect();
    Ok(answer::page(&board::alerts(&request.frame, &views)))
}

async fn page<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<HubPage>,
) -> Result<Response, PageError> {
    let view = hub.gate().read(&request, view).await?;
    Ok(answer::page(&board::hub(&request.frame, &view)))
}

fn view(store: &mut (dyn BoardStore + 'static)) -> Result<HubView, PageError> {
    let (counts, joined, waiting) = (
        store.counts()?,
        uplink::is_joined(store)?,
        store.waiting_by_device()?,
    );
    let devices = store.devices()?;
    let names = device_names(&devices);
    let refused = store
        .refused(REFUSED_MAX)?
        .into_iter()
        .map(|row| RefusedView {
            id: row.incident.to_string(),
            device: (row.device, names.get(&row.device).cloned()),
            reason: row.reason,
            at: row.at,
            changes: row.changes,
        });
    let named = |number: Option<u32>| {
        let number = number?;
        let row = devices.iter().find(|row| row.number == number);
        Some((number, row.and_then(|row| row.name.clone())))
    };
    let keys = keyset::rows(store)?.into_iter().map(|row| KeyView {
        device: named(row.number),
        is_recovery: row.is_recovery,
        since: row.since,
        by: named(row.by),
        by_recovery: row.by_recovery,
        digits: row.digits,
    });
    Ok(HubView {
        keys: keys.collect(),
        devices: devices.iter().map(|row| device(row, &waiting)).collect(),
        refused: refused.collect(),
        erasures: store
            .erasures()?
            .iter()
            .rev()
            .map(|row| erasure(row, joined, &names))
            .collect(),
        reached: store.reached()?,
        figures: vec![
            ("hub-count-incidents", counts.incidents),
            ("hub-count-devices", counts.devices),
            ("hub-count-waiting", counts.waiting),
            ("hub-count-refused", counts.quarantined),
            ("hub-count-unsent", counts.projections_unsent),
        ],
    })
}

fn device(row: &DeviceRow, waiting: &[(u32, u64)]) -> DeviceView {
    let (code_hash, public_key) = &row.enrolled_with;
    DeviceView {
        number: row.number,
        name: row.name.clone(),
        role: row.role.code().to_owned(),
        last_seen: row.last_seen,
        skew_seconds: row.skew_seconds,
        pending: waiting
            .iter()
            .find(|(number, _)| *number == row.number)
            .map_or(0, |(_, count)| *count),
        revoked: row.revoked,
        check: EnrolLink::check_digits(code_hash, public_key),
    }
}

/// The hub is a place too, and national where there is one.
fn erasure(row: &ErasureRow, joined: bool, names: &Names) -> ErasureView {
    let confirmed = 1
        + u64::from(joined && !row.national_owes)
        + row
            .places
            .iter()
            .filter(|place| place.confirmed_at.is_some())
            .count() as u64;
    let places = 1 + u64::from(joined) + row.places.len() as u64;
    let outstanding = row
        .places
        .iter()
        .filter(|place| place.confirmed_at.is_none())
        .map(|place| {
            let name = names.get(&place.device).cloned();
            (place.device, name, place.last_seen)
        })
        .collect();
    ErasureView {
        id: row.incident.to_string(),
        at: row.erased_at,
        confirmed: (confirmed, places),
        outstanding,
    }
}

async fn revoke<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Revoke>,
) -> Result<Response, PageError> {
    let device: u32 = request
        .form
        .get("device")
        .parse()
        .map_err(|_| PageError::Form)?;
    if request.form.get("sure") != "yes" {
        return Err(PageError::Refused("refused-not-sure"));
    }
    let now = request.frame.now;
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let known = store.revoke(device, now)?;
        // From now on statements are sealed to the others only.
        keyset::renew(store, now)?;
        Ok(known)
    };
    if !hub.gate().write(&request, step).await? {
        return Err(PageError::Refused("refused-no-device"));
    }
    Ok(answer::done("/hub", "revoked"))
}

/// The link is shown once, in the answer to the form, and is in no address.
async fn invite<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Invite>,
) -> Result<Response, PageError> {
    let role = Role::from_code(request.form.get("role"))
        .filter(|role| *role != Role::Hub)
        .ok_or(PageError::Form)?;
    let (machine, name) = (hub.machine().clone(), request.form.name("name")?);
    let link = hub
        .gate()
        .write(&request, move |store| {
            let link = invites::invite(store, &machine, role).map_err(|_| PageError::Failed)?;
            if let Some(name) = name {
                store.name_invited(EnrolLink::code_hash(&link.code), &name)?;
            }
            Ok(link)
        })
        .await?;
    Ok(answer::page(&board::invited(
        &request.frame,
        &link.to_text(),
        role.code(),
    )))
}

async fn name_device<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<NameDevice>,
) -> Result<Response, PageError> {
    let device: u32 = request
        .form
        .get("device")
        .parse()
        .map_err(|_| PageError::Form)?;
    let name = request.form.name("name")?.unwrap_or_default();
    let step = move |store: &mut (dyn BoardStore + 'static)| Ok(store.name_device(device, &name)?);
    if !hub.gate().write(&request, step).await? {
        return Err(PageError::Refused("refused-no-device"));
    }
    Ok(answer::done("/hub", "named"))
}

async fn set_reached<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<SetReached>,
) -> Result<Response, PageError> {
    let form = &request.form;
    let people = form.filled("people").map(str::parse::<u32>).transpose();
    let of = Reached {
        month: form.get("month").to_owned(),
        people: people.map_err(|_| PageError::Refused("refused-reached"))?,
        is_nil: form.get("nil") == "yes",
    };
    if !of.is_well_formed(request.frame.now) {
        return Err(PageError::Refused("refused-reached"));
    }
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let is_empty = store.window(&of.month, &of.month)?.is_empty();
        if of.is_nil && !is_empty {
            return Err(PageError::Refused("refused-not-nil"));
        }
        Ok(store.set_reached(&of)?)
    };
    hub.gate().write(&request, step).await?;
    Ok(answer::done("/hub", "reached"))
}
