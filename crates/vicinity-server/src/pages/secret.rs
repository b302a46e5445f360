//! What a server proves to itself by: marks of forms, browsers that it knows, names of cookies, names in the log. All of it is made
//! from one random secret that is in `people.db`. Pure.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vicinity_core::hex;
use vicinity_core::time::Timestamp;

use super::credentials::same;

/// Seconds for which a browser is known after somebody signed in there.
pub const KNOWN_SECONDS: i64 = 180 * 24 * 3600;

/// The secret of a server's pages.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The secret with these bytes, as they are stored.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn mac<const N: usize>(&self, about: &str, parts: &[&[u8]]) -> [u8; N] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; N];
        };
        mac.update(about.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let whole = mac.finalize().into_bytes();
        core::array::from_fn(|at| whole[at])
    }

    /// What tells cookies of this folder's server from those of others on the same machine: browsers do not look at ports.
    #[must_use]
    pub fn cookies(&self) -> String {
        hex::write(&self.mac::<4>("cookies", &[]))
    }

    /// What stands for a name where the name itself must not: in the log, in counts, in cookies' names.
    #[must_use]
    pub fn name(&self, handle: &str) -> [u8; 8] {
        self.mac("name", &[handle.as_bytes()])
    }

    /// What stands for a network in the log.
    #[must_use]
    pub fn network(&self, network: [u8; 8]) -> [u8; 8] {
        self.mac("network", &[&network])
    }

    /// The mark of a session's forms: whose it is, drawn bytes, and the proof that this server made it.
    #[must_use]
    pub fn mark(&self, person: u32, drawn: [u8; 16]) -> String {
        let proof = self.mac::<16>("mark", &[&person.to_be_bytes(), &drawn]);
        format!("{person}-{}-{}", hex::write(&drawn), hex::write(&proof))
    }

    /// Whose a mark is, of any session that there ever was; `None` for one that this server did not make.
    #[must_use]
    pub fn person_of(&self, mark: &str) -> Option<u32> {
        let mut parts = mark.splitn(3, '-');
        let (person, drawn) = (
            parts.next()?.parse().ok()?,
            hex::read::<[u8; 16]>(parts.next()?)?,
        );
        parts.next()?;
        same(self.mark(person, drawn).as_bytes(), mark.as_bytes()).then_some(person)
    }

    /// What a browser keeps in which somebody has signed in: since when, drawn bytes, and the proof that it is theirs.
    #[must_use]
    pub fn known(&self, handle: &str, now: Timestamp, drawn: [u8; 16]) -> String {
        let since = now.as_second();
        let proof = self.mac::<16>("known", &[handle.as_bytes(), &since.to_be_bytes(), &drawn]);
        format!("{since}-{}-{}", hex::write(&drawn), hex::write(&proof))
    }

    /// The drawn bytes of what a browser keeps, if it is this person's and not too old.
    #[must_use]
    pub fn known_by(&self, handle: &str, kept: &str, now: Timestamp) -> Option<[u8; 16]> {
        let mut parts = kept.splitn(3, '-');
        let (since, drawn) = (
            Timestamp::from_second(parts.next()?.parse().ok()?).ok()?,
            hex::read::<[u8; 16]>(parts.next()?)?,
        );
        parts.next()?;
        let is_ours = same(self.known(handle, since, drawn).as_bytes(), kept.as_bytes());
        (is_ours && now.as_second().saturating_sub(since.as_second()) <= KNOWN_SECONDS)
            .then_some(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_mark_tells_whose_it_is_and_cannot_be_made_elsewhere() {
        let (own, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let mark = own.mark(7, [9; 16]);
        assert_eq!(own.person_of(&mark), Some(7));
        for forged in [
            other.mark(7, [9; 16]),
            mark.replacen('7', "8", 1),
            mark.replacen('7', "07", 1),
            mark.to_uppercase(),
            String::new(),
            "00".to_owned(),
            "7--".to_owned(),
        ] {
            assert_eq!(own.person_of(&forged), None, "{forged}");
        }
    }

    #[test]
    fn a_browser_is_known_for_one_person_and_half_a_year() {
        let own = Secret::new([1; 32]);
        let kept = own.known("amina", at(1000), [9; 16]);
        assert_eq!(
            own.known_by("amina", &kept, at(1000 + KNOWN_SECONDS)),
            Some([9; 16])
        );
        assert_eq!(own.known_by("amina", &kept, at(1001 + KNOWN_SECONDS)), None);
        assert_eq!(own.known_by("dara", &kept, at(1000)), None);
        assert_eq!(
            Secret::new([2; 32]).known_by("amina", &kept, at(1000)),
            None
        );
        assert_eq!(
            own.known_by("amina", &kept.replacen("1000", "2000", 1), at(2000)),
            None
        );
    }

    #[test]
    fn servers_have_names_of_their_own_for_cookies_and_for_people() {
        let (own, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
        assert_ne!(own.cookies(), other.cookies());
        assert_ne!(own.name("amina"), other.name("amina"));
        assert_ne!(own.name("amina"), own.name("dara"));
    }
}
