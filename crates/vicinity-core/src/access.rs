//! Who may do what: one pure decision for every route and every local command.
//!
//! The caller names the action. The server establishes who the actor is and what state the incident is in. Proofs, counters and
//! codes are checked before: here the actor is who it proved to be, or [`Actor::Anonymous`].

/// Who asks to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// Nobody has proven anything.
    Anonymous,
    /// An educator's device.
    Educator,
    /// A responder's device.
    Responder,
    /// A hub, at national.
    Hub,
    /// A national server, at the one above it.
    Country,
    /// A person who responds, signed in to a hub's board with a browser.
    Board,
    /// A person who reviews at national, signed in with a browser.
    Coordinator,
    /// The command line on the server's own machine: manages the server, and reads nothing sealed.
    Admin,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Ask whether a server is up.
    SeeHealth,
    /// Read a server's figures.
    SeeMetrics,
    /// Enrol with a one-time code, at the hub or at national.
    Enrol,
    /// Exchange changes; what may be written and read is decided for each incident.
    Sync,
    /// Receive the changes of an incident.
    ReadIncident,
    /// Add changes to an incident.
    WriteIncident,
    /// Learn which device wrote a change.
    ReadWriters,
    /// Upload pieces of sealed statements.
    BringStatements,
    /// Store one sealed statement.
    KeepStatement,
    /// Ask about sealed statements.
    AskForStatements,
    /// Receive a sealed statement with the wrapped key that opens it.
    OpenStatement,
    /// Upload batch keys that were wrapped again for other responders.
    Rewrap,
    /// Publish or withdraw an alert.
    PublishAlert,
    /// Send projections and answers to national, and fetch questions.
    Report,
    /// Run a server on a data folder.
    Serve,
    /// Print an enrolment link.
    Invite,
    /// List devices, refusals, erasures and the audit, and prove the log: no incident is read.
    Inspect,
    /// Print incidents and conflicts of a hub, without what is sealed.
    PrintIncidents,
    /// Revoke a device.
    Revoke,
    /// Take a device's bundle from a file.
    TakeBundle,
    /// Give an educator's device access to an incident, or end it.
    Assign,
    /// Erase an incident everywhere.
    Erase,
    /// Set the recovery key, to which statements are also sealed.
    SetRecoveryKey,
    /// Back up, restore, change the lock or the server's keys.
    Keep,
    /// Print projections and published tables.
    PrintProjections,
    /// Ask a hub about a projection, and read answers.
    AskHub,
    /// Publish a month of a country.
    PublishMonth,
    /// Fetch style sheet and script, and sign in.
    SignIn,
    /// Change its own settings, sign out.
    Settle,
    /// Read a hub's board.
    SeeBoard,
    /// Act on a hub's board: respond, resolve, assign, record what was done.
    Respond,
    /// Manage a hub's devices from its board.
    ManageDevices,
    /// Read the national review.
    SeeReview,
    /// Mark, flag and ask at national, record what was done.
    Review,
    /// Give a person an account, or close it.
    InvitePeople,
    /// Download a hub's own projections as a file.
    ExportRows,
    /// Send a country's published months.
    Publish,
}

/// How an incident relates to the device that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The server does not hold it yet.
    New,
    /// This device created it, or it was assigned to the device.
    InScope,
    /// It belongs to other devices.
    OutOfScope,
}

/// Consent of the survivor, or erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentState {
    /// `hub_response` holds.
    Consented,
    /// `hub_response` was never given, or ended.
    Unconsented,
    /// It was erased.
    Erased,
}

/// What the action applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The server as a whole. Actions on several incidents are decided here first, and again for each incident.
    Server,
    /// One incident.
    Incident(Reach, IncidentState),
}

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Denied {
    /// The actor proved no identity, and the action needs one.
    #[error("only those who are enrolled may do this")]
    Unproven,
    /// The actor's role does not include the action.
    #[error("this role may not do this")]
    OtherRole,
    /// The incident is outside the device's scope.
    #[error("the incident is not among those this device may see")]
    OutOfScope,
    /// The consent `hub_response` is missing or has ended.
    #[error("the survivor did not agree to this")]
    Unconsented,
    /// The incident was erased.
    #[error("the incident was erased")]
    Erased,
    /// The action does not apply to this resource.
    #[error("this action does not apply here")]
    Pointless,
}

impl Actor {
    /// Every kind of actor.
    pub const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Educator,
        Self::Responder,
        Self::Hub,
        Self::Country,
        Self::Board,
        Self::Coordinator,
        Self::Admin,
    ];
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 37] = [
        Self::SeeHealth,
        Self::SeeMetrics,
        Self::Enrol,
        Self::Sync,
        Self::ReadIncident,
        Self::WriteIncident,
        Self::ReadWriters,
        Self::BringStatements,
        Self::KeepStatement,
        Self::AskForStatements,
        Self::OpenStatement,
        Self::Rewrap,
        Self::PublishAlert,
        Self::Report,
        Self::Serve,
        Self::Invite,
        Self::Inspect,
        Self::PrintIncidents,
        Self::Revoke,
        Self::TakeBundle,
        Self::Assign,
        Self::Erase,
        Self::SetRecoveryKey,
        Self::Keep,
        Self::PrintProjections,
        Self::AskHub,
        Self::PublishMonth,
        Self::SignIn,
        Self::Settle,
        Self::SeeBoard,
        Self::Respond,
        Self::ManageDevices,
        Self::SeeReview,
        Self::Review,
        Self::InvitePeople,
        Self::ExportRows,
        Self::Publish,
    ];

    fn is_open_to(self, actor: Actor) -> bool {
        match self {
            Self::SeeHealth | Self::SeeMetrics | Self::SignIn => true,
            Self::Enrol => actor == Actor::Anonymous,
            Self::Sync
            | Self::ReadIncident
            | Self::WriteIncident
            | Self::BringStatements
            | Self::KeepStatement => {
                matches!(actor, Actor::Educator | Actor::Responder)
            }
            Self::ReadWriters
            | Self::AskForStatements
            | Self::OpenStatement
            | Self::Rewrap
            | Self::PublishAlert => actor == Actor::Responder,
            Self::Report => actor == Actor::Hub,
            Self::Serve
            | Self::Invite
            | Self::Inspect
            | Self::PrintIncidents
            | Self::Revoke
            | Self::TakeBundle
            | Self::Assign
            | Self::Erase
            | Self::SetRecoveryKey
            | Self::Keep
            | Self::InvitePeople => actor == Actor::Admin,
            Self::Settle => matches!(actor, Actor::Board | Actor::Coordinator),
            Self::SeeBoard | Self::Respond | Self::ManageDevices | Self::ExportRows => {
                actor == Actor::Board
            }
            Self::Publish => actor == Actor::Country,
            Self::SeeReview | Self::Review => actor == Actor::Coordinator,
            Self::PrintProjections | Self::AskHub | Self::PublishMonth => {
                matches!(actor, Actor::Coordinator | Actor::Admin)
            }
        }
    }

    fn applies_to(self, resource: Resource) -> bool {
        let of_incidents = matches!(
            self,
            Self::ReadIncident | Self::WriteIncident | Self::KeepStatement
        );
        of_incidents == matches!(resource, Resource::Incident(..))
    }
}

/// Whether `actor` may do `action` to `resource`.
///
/// # Errors
/// The first reason that applies, in this order: the actor's role, the kind of resource, erasure, scope, consent.
pub fn decide(actor: Actor, action: Action, resource: Resource) -> Result<(), Denied> {
    if !action.is_open_to(actor) {
        return Err(if actor == Actor::Anonymous {
            Denied::Unproven
        } else {
            Denied::OtherRole
        });
    }
    if !action.applies_to(resource) {
        return Err(Denied::Pointless);
    }
    let Resource::Incident(reach, standing) = resource else {
        return Ok(());
    };
    match (action, reach, standing) {
        (_, _, IncidentState::Erased) => Err(Denied::Erased),
        // Nobody is given what is not there, and no statement comes before its incident.
        (Action::ReadIncident | Action::KeepStatement, Reach::New, _) => Err(Denied::OutOfScope),
        (_, Reach::OutOfScope, _) if actor == Actor::Educator => Err(Denied::OutOfScope),
        // What is here stays readable for those who respond while a consent has only run out; a withdrawal erases.
        (Action::WriteIncident, Reach::New, IncidentState::Unconsented)
        | (Action::KeepStatement, _, IncidentState::Unconsented) => Err(Denied::Unconsented),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
