//! What must hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use vicinity_core::batch::HeadsPage;
use vicinity_core::consent;
use vicinity_core::document::Document;
use vicinity_core::ids::{IncidentId, ScopeDigest};
use vicinity_store::hub::{Peer, Role};
use vicinity_store::national::NationalStore;
use vicinity_store::policy;
use vicinity_store::row::{self, IncidentRow};
use vicinity_sync::device_session::{End, Outcome};

use super::{PhoneNumber, Sim, people};
use crate::net::Weather;

/// How a world healed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Healed {
    /// Incidents at the hub.
    pub incidents: usize,
    /// Projections at national.
    pub projections: usize,
    /// Incidents that were erased.
    pub erased: usize,
    /// Incidents that a person had to assign again, because work of somebody no longer in charge waited.
    pub assigned_again: usize,
}

impl core::ops::Add for Healed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            incidents: self.incidents + other.incidents,
            projections: self.projections + other.projections,
            erased: self.erased + other.erased,
            assigned_again: self.assigned_again + other.assigned_again,
        }
    }
}

impl Sim {
    pub(super) fn hub_incidents(&mut self) -> Vec<(IncidentId, IncidentRow)> {
        let mut all = Vec::new();
        let each = &mut |incident, row| {
            all.push((incident, row));
            Ok(())
        };
        self.hub.store().each_incident(each).expect("a walk");
        all
    }

    /// National asks about something it has.
    pub(super) fn national_asks(&mut self) {
        let rows = self.national_rows();
        let Some((projection, _)) = rows.get(self.rng.random_range(0..rows.len().max(1))) else {
            return;
        };
        self.national
            .store
            .ask(*projection, "verify_date", self.now)
            .expect("a question");
        self.tell(format!("national asks about {projection}"));
    }

    fn national_rows(&mut self) -> Vec<(vicinity_core::ids::ProjectionId, String)> {
        let mut rows = Vec::new();
        let each = &mut |listing: vicinity_store::national::ProjectionListing| {
            rows.push((listing.projection, listing.json));
            Ok(())
        };
        self.national
            .store
            .each_projection(None, None, each)
            .expect("a walk");
        rows
    }

    /// Good days: everybody syncs until it is quiet, and then everything must hold.
    ///
    /// # Panics
    /// Something does not hold.
    pub fn heals(&mut self) -> Healed {
        self.tell("--- good days".to_owned());
        self.hub.is_up = true;
        self.hub.calls_left = None;
        self.hub.commit_fails = false;
        self.phones
            .iter_mut()
            .for_each(|phone| phone.calls_left = None);
        self.contacts_national(&mut Weather::Calm);
        for phone in 0..self.phones.len() {
            let (identity, role) = (self.phones[phone].identity.clone(), self.phones[phone].role);
            self.phones[phone].number = self.enrol_identity(&identity, role);
        }
        self.everybody_syncs();
        let mut healed = Healed {
            assigned_again: self.people_look(),
            ..Healed::default()
        };
        if healed.assigned_again > 0 {
            self.everybody_syncs();
        }
        self.everybody_syncs();
        for (phone, outcome) in self.everybody_syncs().into_iter().enumerate() {
            assert_eq!(outcome.end, End::UpToDate, "phone {phone}: {outcome:?}");
            assert_eq!(
                (outcome.rounds, outcome.sent, outcome.received),
                (1, 0, 0),
                "phone {phone} is not quiet: {outcome:?}"
            );
        }
        self.contacts_national(&mut Weather::Calm);
        let at_hub: BTreeMap<IncidentId, IncidentRow> = self.hub_incidents().into_iter().collect();
        healed.incidents = at_hub.len();
        self.assert_hub_is_sound(&at_hub);
        healed.erased = self.assert_what_was_erased_is_nowhere();
        (0..self.phones.len()).for_each(|phone| self.assert_phone_agrees(phone, &at_hub));
        self.assert_nothing_is_lost(&at_hub);
        healed.projections = self.assert_national_holds_what_it_may(&at_hub);
        self.assert_nothing_forbidden_was_sent(&at_hub);
        healed
    }

    fn everybody_syncs(&mut self) -> Vec<Outcome> {
        (0..self.phones.len())
            .map(|phone| {
                let outcome = self.syncs(phone);
                self.tell(format!("phone {phone} syncs: {outcome:?}"));
                outcome
            })
            .collect()
    }

    /// Where a phone says that it holds work the hub did not take, a responder gives the incident back to it.
    fn people_look(&mut self) -> usize {
        let at_hub: BTreeSet<IncidentId> = self
            .hub_incidents()
            .into_iter()
            .map(|(incident, _)| incident)
            .collect();
        let changes = self.hub_changes();
        let mut again = 0;
        for phone in 0..self.phones.len() {
            let lacking: BTreeSet<IncidentId> = self.phones[phone]
                .changes()
                .into_iter()
                .filter(|change| !changes.contains(change))
                .map(|(incident, _)| incident)
                .collect();
            for incident in lacking.intersection(&at_hub) {
                self.tell(format!("{incident} is assigned again to phone {phone}"));
                self.assigns(*incident, phone, true);
                again += 1;
            }
        }
        again
    }

    /// Rows are what the log says, and nothing waits.
    fn assert_hub_is_sound(&mut self, at_hub: &BTreeMap<IncidentId, IncidentRow>) {
        for (incident, row) in at_hub {
            let chunks = self.hub.store().chunks(*incident).expect("changes");
            let document = Document::from_changes(chunks.iter().map(Vec::as_slice))
                .expect("changes that fit together");
            assert_eq!(
                row.heads,
                document.heads(),
                "heads of {incident} at the hub"
            );
            assert_eq!(
                row::facts(&row.incident),
                row::facts(&document.incident()),
                "facts of {incident} at the hub"
            );
            assert!(
                consent::ever_granted(&row.incident, consent::HUB_RESPONSE),
                "{incident} has no consent to be at the hub"
            );
            assert!(
                !policy::recalled(&row.incident),
                "{incident} was recalled and is at the hub"
            );
            let planted = people::STATEMENT_MARK.as_bytes();
            assert!(
                chunks.iter().all(|chunk| !contains(chunk, planted)),
                "a statement's text is at the hub"
            );
        }
        assert_eq!(
            self.hub.store().counts().expect("counts").waiting,
            0,
            "changes wait at the hub for ever"
        );
    }

    /// Everything erased or recalled that anybody remembers is known to the hub, and gone from hub and phones; of national
    /// the next check says that it holds nothing but what the hub has.
    fn assert_what_was_erased_is_nowhere(&mut self) -> usize {
        let rows = self.hub.store().erasures().expect("erasures");
        let known: BTreeSet<IncidentId> = rows.iter().map(|row| row.incident).collect();
        assert!(self.erased.is_subset(&known), "an erasure was forgotten");
        for incident in &known {
            assert!(
                self.hub
                    .store()
                    .incident(*incident)
                    .expect("a reading")
                    .is_none(),
                "{incident} was erased and is at the hub"
            );
            assert!(
                self.hub
                    .store()
                    .chunks(*incident)
                    .expect("changes")
                    .is_empty(),
                "changes of {incident} are at the hub"
            );
            for (number, phone) in self.phones.iter_mut().enumerate() {
                let held = phone
                    .store()
                    .incident(*incident)
                    .expect("a reading")
                    .is_some();
                assert!(
                    !held && phone.store().chunks(*incident).expect("changes").is_empty(),
                    "{incident} was erased and is on phone {number}"
                );
                assert!(
                    phone
                        .store()
                        .statements(*incident)
                        .expect("statements")
                        .is_empty(),
                    "statements of {incident} are on phone {number}"
                );
            }
        }
        for row in rows {
            assert!(
                !row.national_owes,
                "national did not confirm {}",
                row.incident
            );
            assert!(
                row.places.iter().all(|place| place.confirmed_at.is_some()),
                "{row:?} is not confirmed"
            );
        }
        self.kept.retain(|(incident, _)| !known.contains(incident));
        known.len()
    }

    /// A phone holds what it may see, the same as the hub, and of the rest only what never left it.
    fn assert_phone_agrees(
        &mut self,
        phone: PhoneNumber,
        at_hub: &BTreeMap<IncidentId, IncidentRow>,
    ) {
        let scope = self.scope_of(phone, at_hub);
        let held: BTreeMap<IncidentId, IncidentRow> =
            self.phones[phone].incidents().into_iter().collect();
        for (incident, row) in &held {
            match at_hub.get(incident).filter(|_| scope.contains(incident)) {
                Some(ours) => {
                    assert_eq!(
                        row.heads, ours.heads,
                        "heads of {incident} on phone {phone}"
                    );
                    assert_eq!(
                        row::facts(&row.incident),
                        row::facts(&ours.incident),
                        "facts of {incident} on phone {phone}"
                    );
                    assert_eq!(
                        row::disputes(&row.incident),
                        row::disputes(&ours.incident),
                        "conflicts of {incident} on phone {phone}"
                    );
                }
                None => assert!(
                    !at_hub.contains_key(incident) || self.has_own_text(phone, *incident),
                    "phone {phone} holds {incident} outside its scope"
                ),
            }
        }
        for incident in &scope {
            assert!(
                held.contains_key(incident),
                "phone {phone} lacks {incident}"
            );
        }
        let terms = scope
            .iter()
            .map(|incident| ScopeDigest::term(*incident, &at_hub[incident].heads));
        let digest = terms.fold(ScopeDigest::default(), |sum, term| {
            sum.replace(ScopeDigest::default(), term)
        });
        let standing = self.phones[phone].store().standing().expect("a standing");
        assert_eq!(
            (standing.digest, standing.unsent, standing.rejected),
            (digest, 0, 0),
            "standing of phone {phone}"
        );
    }

    /// A statement's text stays on the phone it was typed on, with the incident it belongs to.
    fn has_own_text(&mut self, phone: PhoneNumber, incident: IncidentId) -> bool {
        !self.phones[phone]
            .store()
            .statements(incident)
            .expect("statements")
            .is_empty()
    }

    /// What the hub shows to a phone that has nothing.
    fn scope_of(
        &mut self,
        phone: PhoneNumber,
        at_hub: &BTreeMap<IncidentId, IncidentRow>,
    ) -> BTreeSet<IncidentId> {
        if self.phones[phone].role == Role::Responder {
            return at_hub.keys().copied().collect();
        }
        let peer = Peer {
            number: self.phones[phone].number,
            incarnation: 0,
            role: Role::Educator,
        };
        let pull = self
            .hub
            .store()
            .pull(&peer, None, Some(&HeadsPage::default()), &[], usize::MAX)
            .expect("a pull")
            .expect("a rebase needs no cursor");
        pull.groups
            .into_iter()
            .map(|group| group.incident)
            .collect()
    }

    /// Every change that was written and still is somewhere is at the hub, unless the survivor did not agree.
    fn assert_nothing_is_lost(&mut self, at_hub: &BTreeMap<IncidentId, IncidentRow>) {
        let changes = self.hub_changes();
        let lost: Vec<_> = self
            .kept
            .iter()
            .filter(|change| !changes.contains(change))
            .copied()
            .collect();
        for (incident, change) in lost {
            assert!(
                !at_hub.contains_key(&incident),
                "change {change:?} of {incident} is lost"
            );
            let mut held_back = false;
            for phone in &mut self.phones {
                let clock = phone.clock(self.now);
                let row = phone.store().incident(incident).expect("an incident");
                held_back |= row.is_some_and(|row| {
                    !consent::granted(&row.incident, consent::HUB_RESPONSE, clock)
                });
            }
            assert!(
                held_back,
                "{incident} is lost, and no consent holds it back"
            );
        }
    }

    /// National holds the projections of the hub's documents that consent allows, and nothing else.
    fn assert_national_holds_what_it_may(
        &mut self,
        at_hub: &BTreeMap<IncidentId, IncidentRow>,
    ) -> usize {
        let rows = self.national_rows();
        let mut held = BTreeMap::new();
        for (projection, json) in rows {
            let incident = self
                .hub
                .store()
                .projected(projection)
                .expect("a projection");
            let incident = incident.unwrap_or_else(|| {
                unreachable!("national holds {projection}, and the hub does not know of it")
            });
            assert!(
                held.insert(incident, json).is_none(),
                "{incident} is twice at national"
            );
        }
        let mut areas = self.hub.store().told_areas().expect("areas");
        let mut projected =
            |row: &IncidentRow| policy::projected(&row.incident, &mut areas, self.now).0;
        let may: BTreeMap<IncidentId, Option<String>> = at_hub
            .iter()
            .map(|(incident, row)| (*incident, projected(row)))
            .collect();
        for (incident, projected) in &may {
            let at_national = held.remove(incident);
            // Withdrawn, and the hub forgot why: it has sent its row once and does not send it again.
            if at_national.is_none() && self.forgotten.contains(incident) {
                continue;
            }
            assert_eq!(at_national, *projected, "projection of {incident}");
        }
        assert!(held.is_empty(), "national holds what the hub does not");
        may.values().flatten().count()
    }

    /// No id of an incident and nothing planted ever went to national.
    fn assert_nothing_forbidden_was_sent(&self, at_hub: &BTreeMap<IncidentId, IncidentRow>) {
        let heard = &self.national.heard;
        assert!(
            !contains(heard, b"ZZMARK") && !contains(heard, b"ZZSTATEMENT"),
            "something planted went to national"
        );
        for incident in at_hub.keys() {
            assert!(
                !contains(heard, incident.as_bytes()),
                "the bytes of {incident} went to national"
            );
            assert!(
                !contains(heard, incident.to_string().as_bytes()),
                "{incident} went to national"
            );
        }
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}
