//! Passwords and codes: how they are checked. Pure except for the time that a password takes.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use totp_rs::{Builder, Secret, Totp};
use vicinity_core::text;
use vicinity_core::time::Timestamp;
use vicinity_store::person::PasswordHash;

/// Argon2id's memory in KiB and passes: the second of the settings that OWASP recommends, some 40 ms.
const COST: (u32, u32) = (19 * 1024, 2);
/// A password of more characters is not one: it would only take time.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// The memory that a password is hashed in, taken once and used again: a new one for each, given back and taken again by many
/// threads, would stay with the process many times over.
#[derive(Default)]
pub struct Memory(Vec<Block>);

/// A password as it is kept, folded by [`text::secret`]. `None` for one that is too long.
#[must_use]
pub fn hashed(password: &str, salt: [u8; 16], memory: &mut Memory) -> Option<PasswordHash> {
    if password.chars().count() > PASSWORD_MAX_CHARS {
        return None;
    }
    let password = text::secret(password);
    let params = Params::new(COST.0, COST.1, 1, Some(32)).ok()?;
    memory.0.resize(params.block_count(), Block::default());
    let mut hash = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done =
        argon.hash_password_into_with_memory(password.as_bytes(), &salt, &mut hash, &mut memory.0);
    // What is left there was made from the password.
    memory.0.fill(Block::default());
    done.ok().map(|()| PasswordHash { salt, hash })
}

/// Whether a password is the one that is kept. Takes as long for an unknown name, so that time does not reveal names.
#[must_use]
pub fn fits(password: &str, kept: Option<&PasswordHash>, memory: &mut Memory) -> bool {
    let tried = hashed(password, kept.map_or([0; 16], |kept| kept.salt), memory);
    kept.is_some_and(|kept| tried.is_some_and(|tried| same(&tried.hash, &kept.hash)))
}

/// Equal, in a time that reveals nothing of where they differ.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differs, (a, b)| differs | (a ^ b))
            == 0
}

fn totp(secret: &[u8; 20]) -> Option<Totp> {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .build()
        .ok()
}

/// The step of a six-digit code that is good now: of this half minute, the one before or the one after.
#[must_use]
pub fn step_of(secret: &[u8; 20], code: &str, now: Timestamp) -> Option<u64> {
    totp(secret)?.check(&text::secret_digits(code), now.as_second().try_into().ok()?)
}

/// The code of now of a key as people type it. `None` for what is no key.
#[must_use]
pub fn code_now(key: &str, now: Timestamp) -> Option<String> {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(text::secret_digits(key).as_str()).ok()?)
        .build()
        .ok()?;
    Some(totp.generate(now.as_second().try_into().ok()?).to_string())
}

/// The secret as people type it, and as apps scan it.
#[must_use]
pub fn key_and_uri(secret: &[u8; 20], handle: &str) -> (String, String) {
    let key = Secret::from(secret.to_vec()).to_base32();
    let label: String = form_urlencoded::byte_serialize(handle.as_bytes()).collect();
    let uri = format!(
        "otpauth://totp/Vicinity:{}?secret={key}&issuer=Vicinity",
        label.replace('+', "%20")
    );
    (key, uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_password_fits_itself_alone_and_nobodys_fits_nothing() {
        let mut memory = Memory::default();
        let kept = hashed("a long enough sentence", [3; 16], &mut memory).unwrap();
        let place = memory.0.as_ptr();
        assert!(fits("a long enough sentence", Some(&kept), &mut memory));
        assert!(!fits("a long enough sentence ", Some(&kept), &mut memory));
        let accented = hashed("une phrase assez longué 12", [3; 16], &mut memory).unwrap();
        assert!(fits(
            "une phrase assez longue\u{301} ១២\u{200b}",
            Some(&accented),
            &mut memory
        ));
        assert!(!fits(
            "une phrase assez longue 12",
            Some(&accented),
            &mut memory
        ));
        assert!(!fits("", None, &mut memory) && !fits("a long enough sentence", None, &mut memory));
        assert!(hashed(&"x".repeat(PASSWORD_MAX_CHARS + 1), [3; 16], &mut memory).is_none());
        // The same memory all the time, and nothing of a password in it.
        assert_eq!(
            (memory.0.as_ptr(), memory.0.len()),
            (place, COST.0 as usize)
        );
        assert!(
            memory
                .0
                .iter()
                .all(|block| block.as_ref().iter().all(|word| *word == 0))
        );
    }

    #[test]
    fn codes_are_those_of_the_standard_and_good_for_a_step_around_now() {
        // RFC 6238, appendix B: the secret "12345678901234567890", SHA-1; its 8 digits cut to the last 6.
        let secret = *b"12345678901234567890";
        assert_eq!(step_of(&secret, "287082", at(59)), Some(1));
        for code in [
            "005 924",
            "០០៥៩២៤",
            "٠٠٥ ٩٢٤",
            "००५९२४",
            "\u{feff}005\u{200b}924\r\n",
        ] {
            assert_eq!(
                step_of(&secret, code, at(1_234_567_890)),
                Some(41_152_263),
                "{code:?}"
            );
        }
        assert_eq!(step_of(&secret, "287082", at(89)), Some(1));
        assert_eq!(step_of(&secret, "287082", at(120)), None);
        assert_eq!(step_of(&secret, "287083", at(59)), None);
        assert_eq!(step_of(&secret, "", at(59)), None);
    }

    #[test]
    fn apps_are_told_whose_key_it_is() {
        let (key, uri) = key_and_uri(b"12345678901234567890", "amina d");
        assert_eq!(key, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            uri,
            format!("otpauth://totp/Vicinity:amina%20d?secret={key}&issuer=Vicinity")
        );
    }
}
