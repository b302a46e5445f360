//! What somebody at the board does about an incident: every form becomes an edit, and every edit a change of the hub's own.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};
use vicinity_core::document::EditError;
use vicinity_core::edit::Edit;
use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_core::value::FieldError;
use vicinity_store::board::BoardStore;

use super::incident_of;
use crate::hub::Hub;
use crate::machine::Machine;
use crate::own::{self, OwnError};
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::seated::Seated;
use crate::routes::{Routes, pages};

pages! {
    /// An edit.
    Act: "POST" "/incident/{id}" Respond,
    /// Deciding a conflict.
    Resolve: "POST" "/incident/{id}/resolve" Respond,
    /// Giving an incident to a device, or taking it back.
    Assign: "POST" "/incident/{id}/assign" Respond,
    /// Erasing.
    Erase: "POST" "/incident/{id}/erase" Respond,
}

pub(super) fn routes(routes: Routes<Hub>) -> Routes<Hub> {
    routes.seated::<Act, _>(act).seated::<Resolve, _>(resolve).seated::<Assign, _>(assign).seated::<Erase, _>(erase)
}

impl From<FieldError> for PageError {
    fn from(error: FieldError) -> Self {
        Self::RefusedAbout("refused-field", error.path)
    }
}

impl From<OwnError> for PageError {
    fn from(error: OwnError) -> Self {
        match error {
            OwnError::NoIncident => Self::NotFound,
            OwnError::Edit(error) => match *error {
                EditError::Field(error) => error.into(),
                EditError::Document(_) | EditError::Broken(_) => Self::Failed,
            },
            OwnError::NotTaken => Self::Failed,
            OwnError::Store(error) => error.into(),
        }
    }
}

/// The edit of a form. `None` for a form that nobody sends. Who it was stands beside the document and never in it: devices
/// that are not told who wrote what get it whole.
fn edit_of(form: &Form, now: Timestamp) -> Option<Value> {
    let now = now.to_string();
    let filled = |name: &str| form.filled(name).map_or(Value::Null, Value::from);
    Some(match form.get("do") {
        "act" => {
            let done = form.get("outcome") == "done";
            let (offered, done) = if done { (Value::Null, now.into()) } else { (now.into(), Value::Null) };
            without_nulls(
                "action",
                json!({"code": filled("code"), "outcome": filled("outcome"), "accepted": filled("accepted"), "offered_at": offered, "done_at": done}),
            )
        }
        "refer" => without_nulls("referral", json!({"service": filled("service"), "partner": filled("partner"), "state": filled("state"), "at": now})),
        "follow" if form.get("done") == "yes" => {
            without_nulls("followup", json!({"done_at": now, "outcome": "done", "safety_changed": filled("safety_changed")}))
        }
        "follow" => without_nulls("followup", json!({"due_at": format!("{}T09:00:00Z", form.get("due"))})),
        "move" => without_nulls("transition", json!({"to": filled("to"), "reason": filled("reason")})),
        "triage" => without_nulls("triage", json!({"level": filled("level"), "reason": filled("reason")})),
        "link" => without_nulls("link", json!({"kind": filled("kind"), "to": filled("to")})),
        "withdraw" => without_nulls("consent", json!({"scope": filled("scope"), "state": "withdrawn"})),
        "answer" => without_nulls("answer", json!({"id": filled("id"), "answer": filled("answer")})),
        _ => return None,
    })
}

fn without_nulls(name: &str, mut body: Value) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.retain(|_, value| !value.is_null());
    }
    json!({ name: body })
}

async fn act(hub: Arc<Hub>, seated: Seated<Act>) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&seated.path)?, seated.frame.now);
    let edit = edit_of(&seated.form, now).ok_or(PageError::Form)?;
    let edit = Edit::parse(&edit, now)?;
    let (handle, mut machine) = (seated.session.handle.clone(), hub.machine.clone());
    let gone = hub.gate.write(&seated, move |store| write(store, id, edit, &handle, now, &mut machine)).await?;
    hub.tell();
    Ok(if gone { answer::done("/hub", "erased") } else { answer::done(&format!("/incident/{id}"), "acted") })
}

/// Writes an edit. Says whether the incident is gone now: a withdrawal of all consent erases it.
fn write(store: &mut dyn BoardStore, id: IncidentId, edit: Edit, handle: &str, now: Timestamp, machine: &mut Machine) -> Result<bool, PageError> {
    own::write_at_board(store, id, &[edit], handle, now, machine)?;
    Ok(store.incident(id)?.is_none())
}

async fn resolve(hub: Arc<Hub>, seated: Seated<Resolve>) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&seated.path)?, seated.frame.now);
    let field = seated.form.get("field").to_owned();
    let value: Value = serde_json::from_str(seated.form.get("value")).map_err(|_| PageError::Form)?;
    let (handle, mut machine) = (seated.session.handle.clone(), hub.machine.clone());
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        let row = store.incident(id)?.ok_or(PageError::NotFound)?;
        // What was shown must still be one of the sides: somebody may have decided, or written more, meanwhile.
        let stands = row.incident.disputes().iter().any(|dispute| dispute.field == field && dispute.claims.iter().any(|claim| claim.value == value));
        if !stands {
            return Err(PageError::Refused("refused-changed"));
        }
        write(store, id, Edit::resolve(&field, &value, now)?, &handle, now, &mut machine)
    };
    hub.gate.write(&seated, step).await?;
    hub.tell();
    Ok(answer::done(&format!("/incident/{id}"), "resolved"))
}

async fn assign(hub: Arc<Hub>, seated: Seated<Assign>) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&seated.path)?, seated.frame.now);
    let device: u32 = seated.form.get("device").parse().map_err(|_| PageError::Form)?;
    let given = seated.form.get("to") == "yes";
    let known = hub.gate.write(&seated, move |store| Ok(store.assign(id, device, given, now)?)).await?;
    if !known {
        return Err(PageError::Refused("refused-no-device"));
    }
    hub.tell();
    Ok(answer::done(&format!("/incident/{id}"), "assigned"))
}

async fn erase(hub: Arc<Hub>, seated: Seated<Erase>) -> Result<Response, PageError> {
    let (id, now) = (incident_of(&seated.path)?, seated.frame.now);
    if seated.form.get("sure") != "yes" {
        return Err(PageError::Refused("refused-not-sure"));
    }
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        store.incident(id)?.ok_or(PageError::NotFound)?;
        Ok(store.erase(id, now)?)
    };
    hub.gate.write(&seated, step).await?;
    hub.tell();
    Ok(answer::done("/hub", "erased"))
}
