//! How people prove who they are: password, PIN, QR card, a lesson's code.
//!
//! Failures slow the pair of account and device, never the account on a device that
//! has signed in to it: a pupil cannot lock a class out before a test.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::Txn;

use crate::directory::{key_of, person_in};
use crate::table::Table;
use crate::{Channel, Error, People, Principal, notices, roles};

pub(crate) const ACCOUNTS: Table<Account> = Table::new("accounts");
const CARDS: Table<Card> = Table::new("cards");

/// How strong a sign-in was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// A card, or a lesson's code: reading and borrowing.
    Card,
    /// A PIN.
    Pin,
    /// A password.
    Password,
}

/// What a person signs in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Sign-in name, lower case; empty: by card and PIN only.
    #[serde(default)]
    pub username: String,
    /// argon2id of the password, PHC string.
    #[serde(default)]
    pub password: String,
    /// argon2id of the PIN, PHC string.
    #[serde(default)]
    pub pin: String,
    /// Roles held beside those that follow from what the person is.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether the password must be changed at the next sign-in.
    #[serde(default)]
    pub must_change: bool,
    /// Whether sign-in is switched off.
    #[serde(default)]
    pub off: bool,
}

/// A QR card: only the token's hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Card {
    person: String,
}

/// At most two hashes at once: 19 MiB each on a box of 1 GB.
#[derive(Default)]
pub(crate) struct HashSlots {
    busy: Mutex<u32>,
    free: Condvar,
}

impl HashSlots {
    fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        while *busy >= 2 {
            busy = self.free.wait(busy).unwrap_or_else(PoisonError::into_inner);
        }
        *busy += 1;
        drop(busy);
        let result = work();
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.free.notify_one();
        result
    }
}

/// Failures by account and device, within this run of the station.
#[derive(Default)]
pub(crate) struct Slowness {
    failures: HashMap<(String, String), (u32, Instant)>,
    /// Devices on which an account has signed in before.
    known: HashMap<(String, String), ()>,
}

/// Failures that cost nothing: a mistyped password, twice more.
const FREE_FAILURES: u32 = 4;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(300);
/// Pairs remembered at most; a spray must not fill the memory.
const REMEMBERED: usize = 20_000;

impl Slowness {
    fn wait(&self, account: &str, device: &str) -> Option<u64> {
        let (count, last) = self.failures.get(&(account.to_owned(), device.to_owned()))?;
        let over = count.checked_sub(FREE_FAILURES)?;
        let wait = Duration::from_secs(2u64.saturating_pow(over.min(9))).min(LONGEST);
        let left = wait.checked_sub(last.elapsed())?;
        (left > Duration::ZERO).then(|| left.as_secs().max(1))
    }

    fn failed(&mut self, account: &str, device: &str) {
        if self.failures.len() >= REMEMBERED {
            self.failures.retain(|_, (_, last)| last.elapsed() < LONGEST);
        }
        if self.failures.len() < REMEMBERED {
            let entry = self.failures.entry((account.to_owned(), device.to_owned())).or_insert((0, Instant::now()));
            entry.0 = entry.0.saturating_add(1);
            entry.1 = Instant::now();
        }
    }

    fn succeeded(&mut self, account: &str, device: &str) {
        self.failures.remove(&(account.to_owned(), device.to_owned()));
        if self.known.len() < REMEMBERED {
            self.known.insert((account.to_owned(), device.to_owned()), ());
        }
    }
}

/// A class that a teacher let in for a lesson.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Id of the class.
    pub class: String,
    /// Six digits that the pupils type.
    pub code: String,
    /// End of the lesson.
    until: Instant,
}

fn argon() -> Result<Argon2<'static>, Error> {
    // OWASP's least for argon2id: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| Error::Crypto(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Random bytes from the system.
///
/// # Errors
/// The system has none.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Crypto(e.to_string()))?;
    Ok(bytes)
}

/// So many random decimal digits, without bias.
fn digits(count: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        for byte in random::<16>()? {
            if byte < 250 && text.len() < count {
                text.push(char::from(b'0' + byte % 10));
            }
        }
    }
    Ok(text)
}

/// Letters of a card's token. A scanner types like a keyboard, through whatever input
/// method is on: neither Telex nor VNI does anything to consonants that are no keys of
/// theirs and to digits behind such consonants.
const TOKEN_LETTERS: &[u8; 22] = b"bcghklmnpqtv0123456789";
/// Letters of a token: 29 of 22 are above 128 bits.
const TOKEN_LENGTH: usize = 29;

/// A random token for a card.
fn token() -> Result<String, Error> {
    let mut text = String::with_capacity(TOKEN_LENGTH);
    while text.len() < TOKEN_LENGTH {
        for byte in random::<32>()? {
            // 242 is the largest multiple of 22 in a byte: above it there would be bias.
            if byte < 242 && text.len() < TOKEN_LENGTH {
                text.extend(TOKEN_LETTERS.get(usize::from(byte % 22)).map(|letter| char::from(*letter)));
            }
        }
    }
    Ok(text)
}

/// Passwords that are tried first by whoever guesses.
const COMMON: &[&str] = &[
    "12345678",
    "123456789",
    "1234567890",
    "password",
    "password1",
    "matkhau",
    "matkhau1",
    "88888888",
    "00000000",
    "11111111",
    "qwertyui",
    "abcd1234",
    "abc12345",
    "iloveyou",
    "giaovien",
    "thuvien1",
    "hocsinh1",
    "admin123",
    "administrator",
];

/// Checks a new password. At least 8 letters, not a common one, not the sign-in name.
///
/// # Errors
/// [`Error::Invalid`] with what to do.
pub fn check_password(username: &str, password: &str) -> Result<(), Error> {
    let reason = if password.chars().count() < 8 {
        Text::vi_en(
            "Mật khẩu cần ít nhất 8 ký tự. Gợi ý: ghép ba từ dễ nhớ.",
            "The password needs at least 8 characters. Try three words you remember.",
        )
    } else if password.chars().count() > 128 {
        Text::vi_en("Mật khẩu quá dài (tối đa 128 ký tự).", "The password is too long (128 characters at most).")
    } else if COMMON.contains(&password.to_lowercase().as_str()) || password.eq_ignore_ascii_case(username) {
        Text::vi_en(
            "Mật khẩu này quá dễ đoán. Hãy chọn mật khẩu khác.",
            "This password is too easy to guess. Choose another.",
        )
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field: "password", reason })
}

/// A sign-in name: 2 to 64 letters, digits, dots, dashes; lower case.
fn check_username(username: &str) -> Result<String, Error> {
    let name = username.trim().to_lowercase();
    let fits = (2..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@'));
    if fits {
        return Ok(name);
    }
    Err(Error::Invalid {
        field: "username",
        reason: Text::vi_en(
            "Tên đăng nhập gồm 2 đến 64 chữ không dấu, chữ số, dấu chấm hoặc gạch nối.",
            "A sign-in name has 2 to 64 unaccented letters, digits, dots or dashes.",
        ),
    })
}

/// Writes an account with its index terms.
fn put_account(txn: &mut Txn, person: &str, account: &Account) -> Result<(), Error> {
    let key = key_of(person)?;
    if account.username.is_empty() {
        ACCOUNTS.put(txn, &key, account, &[])
    } else {
        ACCOUNTS.put(txn, &key, account, &[("username", account.username.as_bytes())])
    }
}

fn card_key(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

impl People {
    pub(crate) fn hash(&self, secret: &str) -> Result<String, Error> {
        self.inner.hashing.with(|| {
            argon().and_then(|argon| {
                argon
                    .hash_password(secret.as_bytes())
                    .map(|hash| hash.to_string())
                    .map_err(|e| Error::Crypto(e.to_string()))
            })
        })
    }

    fn verify(&self, hash: &str, secret: &str) -> bool {
        if hash.is_empty() {
            return false;
        }
        self.inner.hashing.with(|| {
            PasswordHash::new(hash).is_ok_and(|parsed| {
                argon().is_ok_and(|argon| argon.verify_password(secret.as_bytes(), &parsed).is_ok())
            })
        })
    }

    /// The account of a person.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn account(&self, person: &str) -> Result<Option<Account>, Error> {
        ACCOUNTS.get(&self.inner.journal.read()?, &key_of(person)?)
    }

    /// Sets sign-in name and password of a person. With an empty `username` the name
    /// stays.
    ///
    /// # Errors
    /// The name is taken or malformed, the password too weak, or the journal failed.
    pub fn set_password(
        &self,
        by: &Principal,
        person: &str,
        username: &str,
        password: &str,
        must_change: bool,
    ) -> Result<(), Error> {
        check_password(username, password)?;
        let name = if username.is_empty() { None } else { Some(check_username(username)?) };
        let hash = self.hash(password)?;
        self.change(by, "password set", |txn| {
            let mut account = ACCOUNTS.get(txn, &key_of(person)?)?.unwrap_or_default();
            if let Some(name) = &name {
                account.username.clone_from(name);
            }
            account.password.clone_from(&hash);
            account.must_change = must_change;
            put_account(txn, person, &account)?;
            notices::tell(
                txn,
                person,
                by,
                &Text::vi_en("Mật khẩu của bạn đã được đặt lại.", "Your password was set anew."),
            )
        })?;
        self.end_sessions_of(person)
    }

    /// Sets the roles of a person, beside those that follow from what the person is.
    ///
    /// # Errors
    /// The id is malformed, or the journal failed.
    pub fn set_roles(&self, by: &Principal, person: &str, roles: &[String]) -> Result<(), Error> {
        self.change(by, "roles set", |txn| {
            let mut account = ACCOUNTS.get(txn, &key_of(person)?)?.unwrap_or_default();
            let before = std::mem::replace(&mut account.roles, roles.to_vec());
            put_account(txn, person, &account)?;
            self.tell_roles(txn, by, person, &before, roles)
        })?;
        Ok(())
    }

    /// Tells the person which roles came and went, and the leadership when one of them
    /// is protected.
    fn tell_roles(
        &self,
        txn: &mut Txn,
        by: &Principal,
        person: &str,
        before: &[String],
        now: &[String],
    ) -> Result<(), Error> {
        let who = person_in(txn, person)?.map(|person| person.name).unwrap_or_default();
        let gone = before.iter().filter(|role| !now.contains(role)).map(|role| (role, false));
        let come = now.iter().filter(|role| !before.contains(role)).map(|role| (role, true));
        for (role, given) in gone.chain(come) {
            let role = roles::role_in(txn, role)?;
            let (vi, en) = (role.name.get("vi"), role.name.get("en"));
            let (own, of_other) = match given {
                true => (
                    Text::vi_en(format!("Bạn được giao vai trò “{vi}”."), format!("You were given the role “{en}”.")),
                    Text::vi_en(
                        format!("{who} được giao vai trò “{vi}”."),
                        format!("{who} was given the role “{en}”."),
                    ),
                ),
                false => (
                    Text::vi_en(
                        format!("Bạn không còn giữ vai trò “{vi}”."),
                        format!("The role “{en}” was taken from you."),
                    ),
                    Text::vi_en(
                        format!("{who} không còn giữ vai trò “{vi}”."),
                        format!("The role “{en}” was taken from {who}."),
                    ),
                ),
            };
            notices::tell(txn, person, by, &own)?;
            if role.protected {
                notices::tell_leadership(txn, by, &of_other)?;
            }
        }
        Ok(())
    }

    /// Sets a PIN chosen by somebody (the demonstration school).
    ///
    /// # Errors
    /// It is not six digits, or the journal failed.
    pub fn set_pin(&self, by: &Principal, person: &str, username: &str, pin: &str) -> Result<(), Error> {
        if pin.len() != 6 || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::Invalid {
                field: "pin",
                reason: Text::vi_en("Mã PIN gồm đúng 6 chữ số.", "A PIN has exactly 6 digits."),
            });
        }
        let name = if username.is_empty() { String::new() } else { check_username(username)? };
        let hash = self.hash(pin)?;
        self.change(by, "PIN set", |txn| {
            let mut account = ACCOUNTS.get(txn, &key_of(person)?)?.unwrap_or_default();
            if !name.is_empty() {
                account.username.clone_from(&name);
            }
            account.pin.clone_from(&hash);
            put_account(txn, person, &account)
        })?;
        Ok(())
    }

    /// New PINs for the persons given; answers them in order, once: only hashes are
    /// kept. Who has no sign-in name yet gets the school's code for the person as one,
    /// because a PIN alone says nothing. About 30 ms each.
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn reissue_pins(&self, by: &Principal, persons: &[String]) -> Result<Vec<String>, Error> {
        let mut pins = Vec::with_capacity(persons.len());
        let mut hashes = Vec::with_capacity(persons.len());
        for _ in persons {
            let pin = digits(6)?;
            hashes.push(self.hash(&pin)?);
            pins.push(pin);
        }
        self.change(by, "PINs re-issued", |txn| {
            for (person, hash) in persons.iter().zip(&hashes) {
                let mut account = ACCOUNTS.get(txn, &key_of(person)?)?.unwrap_or_default();
                account.pin.clone_from(hash);
                if account.username.is_empty()
                    && let Some(code) = person_in(txn, person)?.map(|person| person.code)
                    && let Ok(name) = check_username(&code)
                    && ACCOUNTS.find(txn, "username", name.as_bytes())?.is_empty()
                {
                    account.username = name;
                }
                put_account(txn, person, &account)?;
            }
            Ok(())
        })?;
        Ok(pins)
    }

    /// New card tokens for the persons given, in order, once; their earlier cards stop
    /// working.
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn reissue_cards(&self, by: &Principal, persons: &[String]) -> Result<Vec<String>, Error> {
        let mut tokens = Vec::with_capacity(persons.len());
        for _ in persons {
            tokens.push(token()?);
        }
        self.change(by, "cards re-issued", |txn| {
            for (person, token) in persons.iter().zip(&tokens) {
                let key = key_of(person)?;
                for old in CARDS.find(txn, "person", &key)? {
                    CARDS.delete(txn, &old.key)?;
                }
                CARDS.put(txn, &card_key(token), &Card { person: person.clone() }, &[("person", &key)])?;
            }
            Ok(())
        })?;
        Ok(tokens)
    }

    /// Checks a sign-in by name and password or PIN; answers the person and the
    /// strength. `device`: an opaque name of the device (a long-lived cookie).
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Slow`], [`Error::NeedsHttps`], or the journal's.
    pub fn check_secret(
        &self,
        username: &str,
        secret: &str,
        device: &str,
        channel: Channel,
    ) -> Result<(String, Strength), Error> {
        let name = username.trim().to_lowercase();
        self.slow(&name, device)?;
        let snapshot = self.inner.journal.read()?;
        let found = ACCOUNTS.find(&snapshot, "username", name.as_bytes())?.into_iter().next();
        drop(snapshot);
        let Some(typed) = found else {
            // As long as a real one takes, so that time tells nobody which names exist.
            let _ = self.hash(secret);
            self.note_failure(&name, device);
            return Err(Error::Refused);
        };
        let account = typed.value;
        let person = <[u8; 16]>::try_from(typed.key.as_slice())
            .map(|bytes| tram_journal::Id::from_bytes(bytes).to_string())
            .map_err(|_| Error::Stored("accounts"))?;
        let strength = if self.verify(&account.password, secret) {
            Strength::Password
        } else if self.verify(&account.pin, secret) {
            Strength::Pin
        } else {
            self.note_failure(&name, device);
            return Err(Error::Refused);
        };
        self.allowed(&person, &account, channel)?;
        self.note_success(&name, device);
        Ok((person, strength))
    }

    /// Enters the demonstration school by one click: by sign-in name alone, so that a
    /// PIN that somebody has re-issued there shuts nobody out. Never call it in a real
    /// school.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NeedsHttps`], or the journal's.
    pub fn enter_demonstration(&self, username: &str, channel: Channel) -> Result<(String, Strength), Error> {
        let snapshot = self.inner.journal.read()?;
        let found = ACCOUNTS.find(&snapshot, "username", username.as_bytes())?.into_iter().next();
        drop(snapshot);
        let typed = found.filter(|_| self.station().is_ok_and(|known| known.demonstration)).ok_or(Error::Refused)?;
        let person = <[u8; 16]>::try_from(typed.key.as_slice())
            .map(|bytes| tram_journal::Id::from_bytes(bytes).to_string())
            .map_err(|_| Error::Stored("accounts"))?;
        self.allowed(&person, &typed.value, channel)?;
        let strength = if typed.value.password.is_empty() { Strength::Pin } else { Strength::Password };
        Ok((person, strength))
    }

    /// Checks a card's token; answers the person.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Slow`], [`Error::NeedsHttps`], or the journal's.
    pub fn check_card(&self, token: &str, device: &str, channel: Channel) -> Result<String, Error> {
        self.slow("card", device)?;
        let Some(card) = CARDS.get(&self.inner.journal.read()?, &card_key(token))? else {
            self.note_failure("card", device);
            return Err(Error::Refused);
        };
        let account = self.account(&card.person)?.unwrap_or_default();
        self.allowed(&card.person, &account, channel)?;
        Ok(card.person)
    }

    /// Checks the PIN of a person who came by card.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Slow`], or the journal's.
    pub fn check_pin(&self, person: &str, pin: &str, device: &str) -> Result<(), Error> {
        self.slow(person, device)?;
        let account = self.account(person)?.unwrap_or_default();
        if self.verify(&account.pin, pin) {
            self.note_success(person, device);
            return Ok(());
        }
        self.note_failure(person, device);
        Err(Error::Refused)
    }

    /// Staff come over a secure channel only; leavers and switched-off accounts not at
    /// all.
    fn allowed(&self, person: &str, account: &Account, channel: Channel) -> Result<(), Error> {
        let who = person_in(&self.inner.journal.read()?, person)?.ok_or(Error::Refused)?;
        if account.off || who.left {
            return Err(Error::Refused);
        }
        let low = !who.kinds.iter().any(|kind| kind == "staff") && account.roles.is_empty();
        if channel.is_secure() || low { Ok(()) } else { Err(Error::NeedsHttps) }
    }

    fn slow(&self, account: &str, device: &str) -> Result<(), Error> {
        let slow = self.inner.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.wait(account, device).map_or(Ok(()), |seconds| Err(Error::Slow { seconds }))
    }

    fn note_failure(&self, account: &str, device: &str) {
        self.inner.slow.lock().unwrap_or_else(PoisonError::into_inner).failed(account, device);
    }

    fn note_success(&self, account: &str, device: &str) {
        self.inner.slow.lock().unwrap_or_else(PoisonError::into_inner).succeeded(account, device);
    }

    /// Lets a class in for a lesson: answers the six digits that pupils type. A
    /// second call for the class replaces the first.
    ///
    /// # Errors
    /// The principal does not teach the class.
    pub fn let_class_in(&self, by: &Principal, class: &str, minutes: u64) -> Result<Lesson, Error> {
        if !self.reaches_group(by, "people.cards", class)? {
            return Err(Error::Forbidden);
        }
        let lesson = Lesson {
            class: class.to_owned(),
            code: digits(6)?,
            until: Instant::now() + Duration::from_secs(minutes.clamp(5, 240) * 60),
        };
        let mut lessons = self.inner.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        lessons.retain(|other| other.class != class && other.until > Instant::now());
        lessons.push(lesson.clone());
        Ok(lesson)
    }

    /// The class that a lesson's code opens, while the lesson lasts.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Slow`].
    pub fn lesson(&self, code: &str, device: &str) -> Result<String, Error> {
        self.slow("lesson", device)?;
        let lessons = self.inner.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lessons
            .iter()
            .find(|lesson| lesson.code == code.trim() && lesson.until > Instant::now())
            .map(|lesson| lesson.class.clone());
        drop(lessons);
        found.ok_or_else(|| {
            self.note_failure("lesson", device);
            Error::Refused
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn failures_slow_the_pair_and_not_the_account() {
        let mut slow = Slowness::default();
        for _ in 0..FREE_FAILURES {
            slow.failed("lan", "desk-1");
            assert_eq!(slow.wait("lan", "desk-1").filter(|s| *s > 1), None);
        }
        slow.failed("lan", "desk-1");
        slow.failed("lan", "desk-1");
        assert!(slow.wait("lan", "desk-1").is_some());
        assert_eq!(slow.wait("lan", "desk-2"), None);
        slow.succeeded("lan", "desk-1");
        assert_eq!(slow.wait("lan", "desk-1"), None);
    }

    #[test]
    fn passwords_and_names_are_checked() {
        assert!(check_password("lan", "ngan").is_err());
        assert!(check_password("lan", "12345678").is_err());
        assert!(check_password("nguyenlan", "NguyenLan").is_err());
        assert!(check_password("lan", "dừa xanh bến tre").is_ok());
        assert_eq!(check_username(" Thu.Vien ").unwrap(), "thu.vien");
        assert!(check_username("thư viện").is_err());
    }

    #[test]
    fn a_token_survives_input_methods() {
        let token = token().unwrap();
        assert_eq!(token.len(), TOKEN_LENGTH);
        // The keys of Telex and VNI: vowels, which take marks, and what gives them.
        assert!(!token.contains(['a', 'e', 'i', 'o', 'u', 'y', 'd', 'w', 's', 'f', 'r', 'x', 'j', 'z']), "{token}");
    }

    #[test]
    fn digits_are_digits() {
        let pin = digits(6).unwrap();
        assert_eq!(pin.len(), 6);
        assert!(pin.bytes().all(|b| b.is_ascii_digit()));
    }
}
