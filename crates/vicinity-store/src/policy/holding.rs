//! Who holds an incident: what leaves a phone, who is assigned, and who is ordered to erase. An engine reads what is asked for,
//! and does what these decide.

use vicinity_core::ids::ChangeHash;

use crate::peer::Role;

/// Whether an incident that a device says it dropped leaves its scope. It does for an educator who has all that the hub has: with
/// other heads the phone may have something to get, or the hub may have lost something that the phone has. `in_scope` is asked
/// only where it matters.
///
/// # Errors
/// What `in_scope` says.
pub fn leaves<E>(
    role: Role,
    theirs: &[ChangeHash],
    ours: &[ChangeHash],
    in_scope: impl FnOnce() -> Result<bool, E>,
) -> Result<bool, E> {
    Ok(role == Role::Educator && theirs == ours && in_scope()?)
}

/// What an assignment does to a device's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// Nothing: it is so already, or the device sees everything anyway.
    Nothing,
    /// The incident enters its scope.
    Enters,
    /// The incident leaves its scope.
    Leaves,
}

/// What assigning an incident to a device, or no longer, does.
#[must_use]
pub fn assign(role: Role, is_in_scope: bool, is_assigned: bool) -> Assignment {
    match (role, is_in_scope, is_assigned) {
        (Role::Educator, false, true) => Assignment::Enters,
        (Role::Educator, true, false) => Assignment::Leaves,
        _ => Assignment::Nothing,
    }
}

/// Who is ordered to erase an incident that its survivor withdrew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// The device that brought the withdrawal: nobody else was ever given anything.
    Sender,
    /// Everybody who ever sent or was given anything of it, and every responder.
    Everybody,
}

/// Who may hold an incident. `is_new` says that it came and was withdrawn in one step. A hub that was restored does not know
/// which devices it gave it to since its backup.
#[must_use]
pub fn holders(is_new: bool, is_restored: bool) -> Holders {
    if is_new && !is_restored {
        Holders::Sender
    } else {
        Holders::Everybody
    }
}

/// Whether national may hold a row of an erased incident that this hub does not know of: where the hub was restored, or never
/// held the incident. Then it is withdrawn to be sure.
#[must_use]
pub fn may_be_at_national(is_held: bool, is_restored: bool) -> bool {
    !is_held || is_restored
}

/// Which erasures a device is ordered, until it has confirmed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    /// Those that were ordered of it.
    Own,
    /// Every one: a hub that was restored does not know what it gave to whom.
    Every,
}

/// Which erasures a device is ordered.
#[must_use]
pub fn orders(is_restored: bool) -> Orders {
    if is_restored {
        Orders::Every
    } else {
        Orders::Own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;

    #[test]
    fn an_incident_leaves_an_educators_phone_that_has_all_of_it_and_no_other() {
        let (one, two) = ([ChangeHash::of(b"1")], [ChangeHash::of(b"2")]);
        let leaves = |role, theirs: &[ChangeHash], in_scope| {
            leaves(role, theirs, &one, || Ok::<_, Infallible>(in_scope)).unwrap()
        };
        assert!(leaves(Role::Educator, &one, true));
        assert!(!leaves(Role::Educator, &two, true));
        assert!(!leaves(Role::Educator, &one, false));
        assert!(!leaves(Role::Responder, &one, true));
    }

    #[test]
    fn an_assignment_changes_an_educators_scope_once() {
        use Assignment::{Enters, Leaves, Nothing};
        let of = |in_scope, assigned| assign(Role::Educator, in_scope, assigned);
        assert_eq!((of(false, true), of(true, true)), (Enters, Nothing));
        assert_eq!((of(true, false), of(false, false)), (Leaves, Nothing));
        assert_eq!(assign(Role::Responder, false, true), Nothing);
    }

    #[test]
    fn after_a_restore_everybody_may_hold_everything() {
        assert_eq!(holders(true, false), Holders::Sender);
        assert_eq!(holders(false, false), Holders::Everybody);
        assert_eq!(holders(true, true), Holders::Everybody);
        assert_eq!((orders(false), orders(true)), (Orders::Own, Orders::Every));
        assert!(!may_be_at_national(true, false));
        assert!(may_be_at_national(true, true) && may_be_at_national(false, false));
    }
}
