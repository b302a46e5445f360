//! Who may do what: one pure decision for every route and every local command.
//!
//! Whoever acts names the action; whoever serves finds out who acts and in what state the thing is. Proofs, counters and
//! codes are checked elsewhere: here the actor is who it proved to be, or [`Actor::Anonymous`].

/// Who acts.
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
    /// Somebody who responds, signed in to a hub's board with a browser.
    Board,
    /// Somebody who reviews at national, signed in with a browser.
    Coordinator,
    /// The local command line of a server's folder: manages, and reads nothing sealed.
    Admin,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Ask whether a server lives.
    SeeHealth,
    /// Read a server's figures.
    SeeMetrics,
    /// Enrol with a one-time code, at the hub or at national.
    Enrol,
    /// Exchange changes; what may be written and read is decided for each incident.
    Sync,
    /// Be given an incident by its changes.
    ReadIncident,
    /// Add changes to an incident.
    WriteIncident,
    /// Be told which device wrote a change.
    ReadWriters,
    /// Bring pieces of sealed statements.
    BringStatements,
    /// Have one sealed statement kept.
    KeepStatement,
    /// Ask about sealed statements at all.
    AskForStatements,
    /// Be given a sealed statement, with what opens it for those it was sealed to.
    OpenStatement,
    /// Wrap batches' keys anew for other responders.
    Rewrap,
    /// Publish or withdraw an alert.
    PublishAlert,
    /// Bring projections and answers, fetch questions.
    Report,
    /// Serve a folder.
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
    /// Let an educator's device have an incident, or take it back.
    Assign,
    /// Erase an incident everywhere.
    Erase,
    /// Set the recovery key that statements are sealed to besides.
    SetRecoveryKey,
    /// Back up, restore, lock anew, change the server's keys.
    Keep,
    /// Print projections and published tables.
    PrintProjections,
    /// Ask a hub about a projection, and read answers.
    AskHub,
    /// Fetch what pages are made with; sign in.
    SignIn,
    /// Change one's own settings, sign out.
    Settle,
    /// Read a hub's board.
    SeeBoard,
    /// Act on a hub's board: respond, resolve, assign, write down what was done.
    Respond,
    /// Manage a hub's devices from its board.
    ManageDevices,
    /// Read the national review.
    SeeReview,
    /// Mark, flag and ask at national, write down what was done.
    Review,
    /// Let people sign in, or no more.
    InvitePeople,
    /// Take a hub's own projections as a file.
    ExportRows,
    /// Bring a country's published months.
    Publish,
}

/// Whether an incident is within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The server does not hold it yet.
    New,
    /// It came from this device first, or was assigned to it.
    InScope,
    /// It is somebody else's.
    OutOfScope,
}

/// What the survivor decided about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentState {
    /// `hub_response` holds.
    Consented,
    /// `hub_response` was never given, or ended.
    Unconsented,
    /// It was erased.
    Erased,
}

/// What it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The server: what does not concern one incident, or is decided again for each.
    Server,
    /// One incident.
    Incident(Reach, IncidentState),
}

/// Why it may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Denied {
    /// Nothing was proven.
    #[error("only those who are enrolled may do this")]
    Unproven,
    /// Another role's business.
    #[error("this role may not do this")]
    OtherRole,
    /// The incident is not among those that the device may see.
    #[error("the incident is not among those this device may see")]
    OutOfScope,
    /// The survivor did not agree.
    #[error("the survivor did not agree to this")]
    Unconsented,
    /// The incident was erased.
    #[error("the incident was erased")]
    Erased,
    /// The action is not done to such a thing.
    #[error("this is not done to that")]
    Pointless,
}

impl Actor {
    /// Everybody.
    pub const ALL: [Self; 8] = [Self::Anonymous, Self::Educator, Self::Responder, Self::Hub, Self::Country, Self::Board, Self::Coordinator, Self::Admin];
}

impl Action {
    /// Everything.
    pub const ALL: [Self; 36] = [
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

    fn is_done_by(self, actor: Actor) -> bool {
        match self {
            Self::SeeHealth | Self::SeeMetrics | Self::SignIn => true,
            Self::Enrol => actor == Actor::Anonymous,
            Self::Sync | Self::ReadIncident | Self::WriteIncident | Self::BringStatements | Self::KeepStatement => {
                matches!(actor, Actor::Educator | Actor::Responder)
            }
            Self::ReadWriters | Self::AskForStatements | Self::OpenStatement | Self::Rewrap | Self::PublishAlert => actor == Actor::Responder,
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
            Self::SeeBoard | Self::Respond | Self::ManageDevices | Self::ExportRows => actor == Actor::Board,
            Self::Publish => actor == Actor::Country,
            Self::SeeReview | Self::Review => actor == Actor::Coordinator,
            Self::PrintProjections | Self::AskHub => matches!(actor, Actor::Coordinator | Actor::Admin),
        }
    }

    fn is_done_to(self, resource: Resource) -> bool {
        let of_incidents = matches!(self, Self::ReadIncident | Self::WriteIncident | Self::KeepStatement);
        of_incidents == matches!(resource, Resource::Incident(..))
    }
}

/// Whether `actor` may do `action` to `resource`.
///
/// # Errors
/// Why not. The first reason counts: who it is, what it is done to, erased, out of scope, no consent.
pub fn decide(actor: Actor, action: Action, resource: Resource) -> Result<(), Denied> {
    if !action.is_done_by(actor) {
        return Err(if actor == Actor::Anonymous { Denied::Unproven } else { Denied::OtherRole });
    }
    if !action.is_done_to(resource) {
        return Err(Denied::Pointless);
    }
    let Resource::Incident(reach, standing) = resource else { return Ok(()) };
    match (action, reach, standing) {
        (_, _, IncidentState::Erased) => Err(Denied::Erased),
        // Nobody is given what is not there, and no statement comes before its incident.
        (Action::ReadIncident | Action::KeepStatement, Reach::New, _) => Err(Denied::OutOfScope),
        (_, Reach::OutOfScope, _) if actor == Actor::Educator => Err(Denied::OutOfScope),
        // What is here stays readable for those who respond while a consent has only run out; a withdrawal erases.
        (Action::WriteIncident, Reach::New, IncidentState::Unconsented) | (Action::KeepStatement, _, IncidentState::Unconsented) => Err(Denied::Unconsented),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
