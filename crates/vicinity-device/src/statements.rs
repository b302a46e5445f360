//! Statements of an incident: how far each is, and what a responder's device opens.

use vicinity_core::ids::IncidentId;
use vicinity_seal::seal::{self, Sealed};
use vicinity_seal::wrap::Wrap;
use vicinity_store::device::DeviceStore;
use vicinity_store::hub::Role;
use vicinity_store::statement::Carried;
use vicinity_sync::message::Refused;
use vicinity_sync::statement::{STATEMENT_PATH, StatementAnswer, StatementRequest};
use vicinity_sync::uplink;
use zeroize::Zeroizing;

use crate::device::Device;
use crate::error::{DeviceError, StatementError};
use crate::link::Link;
use crate::requests;
use crate::rewrapping;
use crate::sealing::address;

type Result<T> = core::result::Result<T, DeviceError>;

/// Bytes of the longest sealed body that is taken from a hub.
const BODY_MAX_BYTES: u64 = seal::SEALED_MAX_BYTES as u64;

/// A statement as a device lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: String,
    /// Its class.
    pub class: String,
    /// Bytes of what was reported.
    pub bytes: u64,
    /// How far this device has brought it, if it was written here.
    pub here: Option<Carried>,
    /// Whether it is sealed at the hub; `None` where this device cannot know.
    pub at_hub: Option<bool>,
}

impl<S: DeviceStore> Device<S> {
    /// The statements that an incident names, and how far each is. With a link, a responder's device asks the hub; without one, without
    /// a network, and on an educator's device, the lines say only what this device knows.
    ///
    /// # Errors
    /// No such incident, or a hub that refuses.
    pub fn statement_lines(
        &mut self,
        link: Option<&mut dyn Link>,
        incident: IncidentId,
    ) -> Result<Vec<StatementLine>> {
        let row = self.row(incident)?;
        let carried = self.store.carried(incident)?;
        let mut at_hub = None;
        if let Some(link) = link
            && self
                .enrolment
                .as_ref()
                .is_some_and(|enrolment| enrolment.is(Role::Responder))
        {
            at_hub = match self.ask_hub(
                link,
                &StatementRequest::List {
                    incident: *incident.as_bytes(),
                },
            ) {
                Ok(StatementAnswer::List { statements }) => Some(statements),
                Ok(_) => return Err(Refused::Failed.into()),
                Err(DeviceError::Unreachable(_)) => None,
                Err(error) => return Err(error),
            };
        }
        let line = |entry: vicinity_core::incident::Entry<'_>| {
            let here = carried
                .iter()
                .find(|(named, _)| named == entry.id())
                .map(|(_, carried)| *carried);
            let known = at_hub
                .as_ref()
                .map(|held| held.iter().any(|held| held.entry == entry.id()));
            StatementLine {
                entry: entry.id().to_owned(),
                class: entry.text("class").unwrap_or_default().to_owned(),
                bytes: entry
                    .json()
                    .get("bytes")
                    .and_then(serde_json::Value::as_u64)
                    .unwrap_or(0),
                here,
                at_hub: known.or_else(|| here.map(|here| here == Carried::Delivered)),
            }
        };
        Ok(row.incident.entries("statements").map(line).collect())
    }

    /// Opens a statement that the hub has: on a responder's device, with the key that is only there. The hub notes who
    /// opened it. What was reported is wiped from memory when it is dropped, and is not kept.
    ///
    /// # Errors
    /// Not a responder's device, a statement that is not there, or one that was sealed to others.
    pub fn open_statement(
        &mut self,
        link: &mut dyn Link,
        incident: IncidentId,
        entry: &str,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let mut body: Vec<u8> = Vec::new();
        let mut found = None;
        loop {
            let request = StatementRequest::Open {
                incident: *incident.as_bytes(),
                entry: entry.to_owned(),
                offset: body.len() as u64,
            };
            let (class, key, total, bytes) = match self.ask_hub(link, &request)? {
                StatementAnswer::Open {
                    class,
                    key,
                    total,
                    bytes,
                } => (class, key, total, bytes),
                StatementAnswer::NotHere => return Err(StatementError::NoSuchStatement.into()),
                _ => return Err(Refused::Failed.into()),
            };
            found = found.or(key.map(|key| (class, key)));
            if total > BODY_MAX_BYTES || bytes.is_empty() {
                return Err(Refused::Failed.into());
            }
            body.extend_from_slice(&bytes);
            if body.len() as u64 >= total {
                break;
            }
        }
        // The hub is asked first, so that an educator's device gets the hub's refusal.
        let opener = rewrapping::opener(&mut self.store)?.ok_or(Refused::NotAllowed)?;
        let (class, key) = found.ok_or(Refused::Failed)?;
        let wrap = Wrap {
            id: key.wrap.id,
            bytes: key.wrap.bytes,
        };
        let sealed = Sealed {
            wrap: wrap.id,
            wrapped_key: key.wrapped_key,
            body,
        };
        Ok(seal::open(
            &opener,
            &wrap,
            &sealed,
            &address(incident, entry, &class),
        )?)
    }

    pub(crate) fn ask_hub(
        &mut self,
        link: &mut dyn Link,
        request: &StatementRequest,
    ) -> Result<StatementAnswer> {
        let identity = self.identity()?;
        let posted = requests::post(
            &mut self.store,
            link,
            &identity,
            &mut || self.machine.number(),
            STATEMENT_PATH,
            uplink::encode(request),
        )?;
        let answer = posted.map_err(|failure| requests::failed(failure, link))?;
        Ok(uplink::decode(&answer)?)
    }
}
