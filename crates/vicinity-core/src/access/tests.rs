//! Every actor, action and state against a table that is written out.

use super::{Action, Actor, Denied, IncidentState, Reach, Resource, decide};

/// Columns: anonymous, educator, responder, hub, country, board, coordinator, admin. `y` may; `p` is unproven, `r` another role, `s` out of
/// scope, `c` without consent, `e` erased. Every action and every state that it is done to stands here once.
const TABLE: &str = "
SeeHealth         server               y y y y y y y y
SeeMetrics        server               y y y y y y y y
Enrol             server               y r r r r r r r
Sync              server               p y y r r r r r
ReadWriters       server               p r y r r r r r
BringStatements   server               p y y r r r r r
AskForStatements  server               p r y r r r r r
OpenStatement     server               p r y r r r r r
Rewrap            server               p r y r r r r r
PublishAlert      server               p r y r r r r r
Report            server               p r r y r r r r
Serve             server               p r r r r r r y
Invite            server               p r r r r r r y
Inspect           server               p r r r r r r y
PrintIncidents    server               p r r r r r r y
Revoke            server               p r r r r r r y
TakeBundle        server               p r r r r r r y
Assign            server               p r r r r r r y
Erase             server               p r r r r r r y
SetRecoveryKey    server               p r r r r r r y
Keep              server               p r r r r r r y
PrintProjections  server               p r r r r r y y
AskHub            server               p r r r r r y y
PublishMonth      server               p r r r r r y y
ReadIncident      new consented        p s s r r r r r
ReadIncident      new unconsented      p s s r r r r r
ReadIncident      new erased           p e e r r r r r
ReadIncident      own consented        p y y r r r r r
ReadIncident      own unconsented      p y y r r r r r
ReadIncident      own erased           p e e r r r r r
ReadIncident      other consented      p s y r r r r r
ReadIncident      other unconsented    p s y r r r r r
ReadIncident      other erased         p e e r r r r r
WriteIncident     new consented        p y y r r r r r
WriteIncident     new unconsented      p c c r r r r r
WriteIncident     new erased           p e e r r r r r
WriteIncident     own consented        p y y r r r r r
WriteIncident     own unconsented      p y y r r r r r
WriteIncident     own erased           p e e r r r r r
WriteIncident     other consented      p s y r r r r r
WriteIncident     other unconsented    p s y r r r r r
WriteIncident     other erased         p e e r r r r r
KeepStatement     new consented        p s s r r r r r
KeepStatement     new unconsented      p s s r r r r r
KeepStatement     new erased           p e e r r r r r
KeepStatement     own consented        p y y r r r r r
KeepStatement     own unconsented      p c c r r r r r
KeepStatement     own erased           p e e r r r r r
KeepStatement     other consented      p s y r r r r r
KeepStatement     other unconsented    p s c r r r r r
KeepStatement     other erased         p e e r r r r r
SignIn            server               y y y y y y y y
Settle            server               p r r r r y y r
SeeBoard          server               p r r r r y r r
Respond           server               p r r r r y r r
ManageDevices     server               p r r r r y r r
SeeReview         server               p r r r r r y r
Review            server               p r r r r r y r
InvitePeople      server               p r r r r r r y
ExportRows        server               p r r r r y r r
Publish           server               p r r r y r r r
";

fn resources() -> Vec<(&'static str, Resource)> {
    use IncidentState::{Consented, Erased, Unconsented};
    use Reach::{InScope, New, OutOfScope};
    vec![
        ("server", Resource::Server),
        ("new consented", Resource::Incident(New, Consented)),
        ("new unconsented", Resource::Incident(New, Unconsented)),
        ("new erased", Resource::Incident(New, Erased)),
        ("own consented", Resource::Incident(InScope, Consented)),
        ("own unconsented", Resource::Incident(InScope, Unconsented)),
        ("own erased", Resource::Incident(InScope, Erased)),
        ("other consented", Resource::Incident(OutOfScope, Consented)),
        (
            "other unconsented",
            Resource::Incident(OutOfScope, Unconsented),
        ),
        ("other erased", Resource::Incident(OutOfScope, Erased)),
    ]
}

fn letter(decided: Result<(), Denied>) -> &'static str {
    match decided {
        Ok(()) => "y",
        Err(Denied::Unproven) => "p",
        Err(Denied::OtherRole) => "r",
        Err(Denied::OutOfScope) => "s",
        Err(Denied::Unconsented) => "c",
        Err(Denied::Erased) => "e",
        Err(Denied::Pointless) => "-",
    }
}

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let mut rows: Vec<Vec<&str>> = TABLE
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    for action in Action::ALL {
        for (state, resource) in resources() {
            let decided: Vec<&str> = Actor::ALL
                .into_iter()
                .map(|actor| letter(decide(actor, action, resource)))
                .collect();
            let name = format!("{action:?} {state}");
            let row = rows
                .iter()
                .position(|row| row[..row.len() - Actor::ALL.len()].join(" ") == name);
            let Some(row) = row else {
                // What is not in the table is not done to such a thing, by anybody.
                assert!(
                    decided.iter().all(|letter| "pr-".contains(letter)),
                    "{name} is not in the table: {decided:?}"
                );
                continue;
            };
            let row = rows.swap_remove(row);
            assert_eq!(decided, row[row.len() - Actor::ALL.len()..], "{name}");
        }
    }
    assert_eq!(rows, Vec::<Vec<&str>>::new(), "rows of nothing");
}

#[test]
fn an_admin_manages_and_is_given_nothing_that_opens_a_statement() {
    for (state, resource) in resources() {
        for action in [
            Action::OpenStatement,
            Action::AskForStatements,
            Action::Rewrap,
            Action::ReadIncident,
        ] {
            assert!(
                decide(Actor::Admin, action, resource).is_err(),
                "{action:?} {state}"
            );
        }
    }
}
