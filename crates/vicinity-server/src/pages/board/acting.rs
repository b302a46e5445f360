//! What somebody at the board does about an incident: every form becomes an edit, and every edit a change of the hub's own.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use vicinity_core::document::EditError;
use vicinity_core::edit::Edit;
use vicinity_core::fields::REPORTED_CORRECTED;
use vicinity_core::ids::IncidentId;
use vicinity_core::incident::Incident;
use vicinity_core::time::{self, Precision, Timestamp};
use vicinity_core::value::FieldError;
use vicinity_pages::board::{self, Given};
use vicinity_store::board::BoardStore;

use super::{case, checks, incident_of, linking};
use crate::api::server::HubServer;
use crate::machine::Machine;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::routes::pages;
use crate::pages::signed_in::{PageRequest, SignedIn};
use crate::pages::site::PageServer;
use crate::storage::hub_edits::{self, HubEditError};

pages! {
    /// An edit.
    Act: "POST" "/incident/{id}" Respond,
    /// Deciding a conflict.
    Resolve: "POST" "/incident/{id}/resolve" Respond on "/incident/{id}",
    /// Giving an incident to a device, or taking it back.
    Assign: "POST" "/incident/{id}/assign" Respond on "/incident/{id}",
    /// Erasing.
    Erase: "POST" "/incident/{id}/erase" Respond,
    /// Taking a link back, from either end.
    Unlink: "POST" "/incident/{id}/unlink" Respond on "/incident/{id}",
}

pub(super) fn routes<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<Act, _>(act)
        .signed_in::<Resolve, _>(resolve)
        .signed_in::<Assign, _>(assign)
        .signed_in::<Erase, _>(erase)
        .signed_in::<Unlink, _>(unlink)
}

impl From<FieldError> for PageError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<HubEditError> for PageError {
    fn from(error: HubEditError) -> Self {
        match error {
            HubEditError::NoIncident => Self::NotFound,
            HubEditError::Edit(error) => match *error {
                EditError::Field(error) => error.into(),
                EditError::Document(_) | EditError::Broken(_) => Self::Failed,
            },
            HubEditError::NotTaken => Self::Failed,
            HubEditError::Store(error) => error.into(),
        }
    }
}

/// The edit of a form. `None` for a form that nobody sends. Who it was is next to the document and never in it: devices
/// that are not told who wrote what get it whole.
fn edit_of(form: &Form, incident: &Incident, now: Timestamp) -> Option<Value> {
    let now = now.to_string();
    let filled = |name: &str| form.filled(name).map_or(Value::Null, Value::from);
    Some(match form.get("do") {
        "act" => {
            let done = form.get("outcome") == "done";
            let (offered, done) = if done {
                (Value::Null, now.into())
            } else {
                (now.into(), Value::Null)
            };
            without_nulls(
                "action",
                json!({"code": filled("code"), "outcome": filled("outcome"), "accepted": filled("accepted"), "offered_at": offered, "done_at": done}),
            )
        }
        "refer" => without_nulls(
            "referral",
            json!({"service": filled("service"), "partner": filled("partner"), "state": filled("state"), "at": now}),
        ),
        "follow" if form.get("done") == "yes" => without_nulls(
            "followup",
            json!({"id": filled("planned"), "done_at": now, "outcome": "done", "safety_changed": filled("safety_changed")}),
        ),
        // The day is for it, to its end.
        "follow" => without_nulls(
            "followup",
            json!({"due_at": due_of(form, incident)?.to_string()}),
        ),
        "move" => without_nulls(
            "transition",
            json!({"to": filled("to"), "reason": filled("reason")}),
        ),
        "triage" => without_nulls(
            "triage",
            json!({"level": filled("level"), "reason": filled("reason")}),
        ),
        "link" => without_nulls("link", json!({"kind": filled("kind"), "to": filled("to")})),
        "withdraw" => without_nulls(
            "consent",
            json!({"scope": filled("scope"), "state": "withdrawn"}),
        ),
        "occurred" => {
            json!({"set": {"field": "occurred", "value": {"at": filled("at"), "precision": filled("precision")}}})
        }
        "reported" => {
            json!({"set": {"field": REPORTED_CORRECTED, "value": reported_of(form, incident)?.to_string()}})
        }
        "answer" => without_nulls(
            "answer",
            json!({"id": filled("id"), "answer": filled("answer")}),
        ),
        _ => return None,
    })
}

/// When an incident was reported, as a form corrects it: by the clocks on the walls of the hub.
fn reported_of(form: &Form, incident: &Incident) -> Option<Timestamp> {
    let local = time::parse_local(form.get("at"))
        .filter(|local| local.has_time && local.offset_seconds.is_none())?;
    incident
        .local_zone()
        .to_ambiguous_timestamp(local.wall)
        .earlier()
        .ok()
}

/// Whether a corrected time can be, as far as this hub knows: it does not take one wrong time for another.
fn check_time(form: &Form, incident: &Incident) -> Result<(), PageError> {
    let reading = incident.reading();
    let can_be = match form.get("do") {
        "reported" => reported_of(form, incident).is_some_and(|at| reading.can_be(at, at)),
        "occurred" => {
            let precision = Precision::from_code(form.get("precision"));
            let window = time::parse_local(form.get("at"))
                .and_then(|local| time::window(local, precision, &incident.zones()));
            window.is_some_and(|(earliest, latest)| reading.can_be(earliest, latest))
        }
        _ => true,
    };
    if can_be {
        Ok(())
    } else {
        Err(PageError::Refused("refused-time"))
    }
}

/// When a follow-up that a form plans is due.
fn due_of(form: &Form, incident: &Incident) -> Option<Timestamp> {
    let day = time::parse_local(form.get("due")).filter(|local| !local.has_time)?;
    incident
        .local_zone()
        .to_ambiguous_timestamp(day.wall.date().at(23, 59, 59, 0))
        .later()
        .ok()
}

/// Whether what a form does to a follow-up can be: one that is planned lies ahead, one that was done is one that was planned.
fn check_followup(form: &Form, incident: &Incident, now: Timestamp) -> Result<(), PageError> {
    let (first, last) = board::followup_days(incident, now);
    let day_of = |at: Timestamp| incident.local_zone().to_datetime(at).date();
    match (form.get("do"), form.get("done"), form.filled("planned")) {
        ("follow", "yes", None) => Ok(()),
        ("follow", "yes", Some(planned))
            if incident
                .entries("followups")
                .any(|entry| entry.id() == planned) =>
        {
            Ok(())
        }
        ("follow", "yes", Some(_)) => Err(PageError::Form),
        ("follow", ..) => match due_of(form, incident) {
            Some(due) if day_of(first) <= day_of(due) && day_of(due) <= day_of(last) => Ok(()),
            _ => Err(PageError::Refused("refused-due")),
        },
        _ => Ok(()),
    }
}

fn without_nulls(name: &str, mut body: Value) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.retain(|_, value| !value.is_null());
    }
    json!({ name: body })
}

async fn act<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Act>,
) -> Result<Response, PageError> {
    let (id, now, form) = (
        incident_of(&request.path)?,
        request.frame.now,
        request.form.clone(),
    );
    let (handle, mut machine) = (request.session.handle.clone(), hub.machine().clone());
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let row = store.incident(id)?.ok_or(PageError::NotFound)?;
        checks::check(&form, &row.incident, now)?;
        check_followup(&form, &row.incident, now)?;
        check_time(&form, &row.incident)?;
        let form = if form.get("do") == "link" {
            linking::resolved(store, id, &form)?
        } else {
            form
        };
        let edit = edit_of(&form, &row.incident, now).ok_or(PageError::Form)?;
        write(
            store,
            id,
            Edit::parse(&edit, now)?,
            &handle,
            now,
            &mut machine,
        )
    };
    match hub.gate().write(&request, step).await {
        Ok(gone) => {
            hub.changed();
            Ok(if gone {
                answer::done("/hub", "erased")
            } else {
                answer::done(&format!("/incident/{id}"), "acted")
            })
        }
        Err(error) => again(&*hub, &request, id, request.form.get("do"), error).await,
    }
}

/// The page that holds a form again which was refused; any other error as it is.
async fn again<A: PageRequest>(
    hub: &impl HubServer,
    request: &SignedIn<A>,
    id: IncidentId,
    doing: &str,
    error: PageError,
) -> Result<Response, PageError> {
    let now = request.frame.now;
    let Some(problem) = error.refusal(&request.frame) else {
        return Err(error);
    };
    let view = hub
        .gate()
        .read(request, move |store| case::view(store, id, now))
        .await?;
    let page = board::again(
        &request.frame,
        &view,
        doing,
        &Given::new(request.form.fields().to_vec()),
        &problem,
    );
    Ok(answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Writes an edit. Says whether the incident is gone now: a withdrawal of all consent erases it.
pub(super) fn write(
    store: &mut dyn BoardStore,
    id: IncidentId,
    edit: Edit,
    handle: &str,
    now: Timestamp,
    machine: &mut Machine,
) -> Result<bool, PageError> {
    hub_edits::write_at_board(store, id, &[edit], handle, now, machine)?;
    Ok(store.incident(id)?.is_none())
}

async fn resolve<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Resolve>,
) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&request.path)?, request.frame.now);
    let field = request.form.get("field").to_owned();
    let value: Value =
        serde_json::from_str(request.form.get("value")).map_err(|_| PageError::Form)?;
    let (handle, mut machine) = (request.session.handle.clone(), hub.machine().clone());
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let row = store.incident(id)?.ok_or(PageError::NotFound)?;
        // What was shown must still be one of the sides: somebody may have decided, or written more, meanwhile.
        let stands = row.incident.disputes().iter().any(|dispute| {
            dispute.field == field && dispute.claims.iter().any(|claim| claim.value == value)
        });
        if !stands {
            return Err(PageError::Refused("refused-changed"));
        }
        write(
            store,
            id,
            Edit::resolve(&field, &value, now)?,
            &handle,
            now,
            &mut machine,
        )
    };
    hub.gate().write(&request, step).await?;
    hub.changed();
    Ok(answer::done(&format!("/incident/{id}"), "resolved"))
}

async fn assign<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Assign>,
) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&request.path)?, request.frame.now);
    let device: u32 = request
        .form
        .get("device")
        .parse()
        .map_err(|_| PageError::Form)?;
    let (given, seen) = (
        request.form.get("to") == "yes",
        request.form.get("seen").to_owned(),
    );
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let case = store.case(id)?.ok_or(PageError::NotFound)?;
        if checks::devices_mark(&case.devices) != seen {
            return Err(PageError::Refused("refused-stale"));
        }
        if store.assign(id, device, given, now)? {
            Ok(())
        } else {
            Err(PageError::Refused("refused-no-device"))
        }
    };
    if let Err(error) = hub.gate().write(&request, step).await {
        return again(&*hub, &request, id, "assign", error).await;
    }
    hub.changed();
    Ok(answer::done(&format!("/incident/{id}"), "assigned"))
}

async fn erase<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Erase>,
) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&request.path)?, request.frame.now);
    if request.form.get("sure") != "yes" {
        return Err(PageError::Refused("refused-not-sure"));
    }
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        store.incident(id)?.ok_or(PageError::NotFound)?;
        Ok(store.erase(id, now)?)
    };
    hub.gate().write(&request, step).await?;
    hub.changed();
    Ok(answer::done("/hub", "erased"))
}

async fn unlink<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<Unlink>,
) -> Result<Response, PageError> {
    let (id, now, form) = (
        incident_of(&request.path)?,
        request.frame.now,
        &request.form,
    );
    let other = |name: &str| {
        form.get(name)
            .parse::<IncidentId>()
            .map_err(|_| PageError::Form)
    };
    let (holder, to) = if form.has("from") {
        (other("from")?, id)
    } else {
        (id, other("to")?)
    };
    let edit = Edit::parse(
        &json!({"unlink": {"kind": form.get("kind"), "to": to.to_string()}}),
        now,
    )?;
    let (handle, mut machine) = (request.session.handle.clone(), hub.machine().clone());
    hub.gate()
        .write(&request, move |store| {
            write(store, holder, edit, &handle, now, &mut machine)
        })
        .await?;
    hub.changed();
    Ok(answer::done(&format!("/incident/{id}"), "unlinked"))
}
