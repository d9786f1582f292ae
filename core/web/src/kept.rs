//! Answers that are kept: a page that nobody in particular asked for is sent again,
//! whole, while everything that it was made of stands.
//!
//! An answer is found by all that it may depend on ([`Key`]), and given only after the
//! host has confirmed its [`Basis`]: so it is the answer that the call would give, not
//! one that is fresh enough. Only answers to those who have not signed in are kept, and
//! only those in which no form's token stands; what a visitor is sent with a page
//! (cookies) is added to each.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};
use tram_host::Basis;

use crate::compress;
use crate::plugin_route::{Call, SHOWN};
use crate::server::body::Body;
use crate::site::Facts;
use crate::visit::Visit;

/// Bytes that are kept at most.
const MOST: usize = 16 << 20;
/// Of these, bytes of one answer.
const LARGEST: usize = 256 << 10;
/// What an answer takes beside its body: its head, and its places in the tables.
const OVERHEAD: usize = 2 << 10;

/// Everything that an answer may depend on beside the station's data, as a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of a request to a plugin; none where answers are not kept.
    pub(crate) fn of(visit: &Visit, facts: &Facts, call: &Call) -> Option<Self> {
        if visit.method != Method::GET || visit.session.is_some() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        // The address is written into the page, the origin into its policy.
        for part in [&visit.address, &visit.host, &call.plugin, &call.route.id] {
            add(part.as_bytes());
        }
        add(&[u8::from(visit.peer.tls)]);
        for word in [visit.channel.word(), visit.language.code(), visit.theme.word()] {
            add(word.as_bytes());
        }
        add(facts.print());
        for name in &SHOWN {
            match visit.header(name) {
                Some(value) => add(value.as_bytes()),
                // No header's value holds a zero.
                None => add(&[0]),
            }
        }
        Some(Self(*hasher.finalize().as_bytes()))
    }
}

/// An answer without what is one visitor's.
#[derive(Debug, Clone)]
struct Answer {
    head: HeaderMap,
    body: Bytes,
    /// Whether the body is compressed.
    gzip: bool,
}

#[derive(Debug)]
struct Entry<B> {
    basis: B,
    answer: Answer,
    /// Whether it was given since the hand last passed.
    used: bool,
}

/// The answers; what they rest on is of type `B`, the host's [`Basis`] but in tests.
#[derive(Debug)]
pub(crate) struct Kept<B = Basis> {
    most: usize,
    inner: Mutex<Inner<B>>,
}

#[derive(Debug)]
struct Inner<B> {
    entries: HashMap<Key, Entry<B>>,
    /// Each entry once; the hand of the clock stands at the front.
    ring: VecDeque<Key>,
    bytes: usize,
}

impl<B: Clone> Default for Kept<B> {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl<B: Clone> Kept<B> {
    fn new(most: usize) -> Self {
        let inner = Inner { entries: HashMap::new(), ring: VecDeque::new(), bytes: 0 };
        Self { most, inner: Mutex::new(inner) }
    }

    /// The answer of this key, if it still holds, in a coding that the reader takes.
    pub(crate) fn give(
        &self,
        key: &Key,
        request: &HeaderMap,
        holds: impl FnOnce(&B) -> bool,
    ) -> Option<Response<Body>> {
        let (basis, answer) = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = inner.entries.get_mut(key)?;
            entry.used = true;
            (entry.basis.clone(), entry.answer.clone())
        };
        if !holds(&basis) {
            return None;
        }
        let Answer { mut head, mut body, gzip } = answer;
        if gzip && !compress::is_taken(request) {
            body = compress::undo(&body)?;
            head.remove(header::CONTENT_ENCODING);
        }
        let mut reply = Response::new(Body::from(body));
        *reply.headers_mut() = head;
        Some(reply)
    }

    /// Keeps an answer, when it is one that may be kept.
    pub(crate) fn keep(&self, key: Key, basis: B, reply: &Response<Body>) {
        let Body::Whole(Some(body)) = reply.body() else { return };
        if reply.status() != StatusCode::OK
            || body.len() > LARGEST
            || reply.headers().contains_key(header::SET_COOKIE)
            || reply.headers().get(header::CACHE_CONTROL).is_some_and(|value| value.as_bytes() == b"no-store")
        {
            return;
        }
        let gzip = reply.headers().get(header::CONTENT_ENCODING) == Some(&HeaderValue::from_static("gzip"));
        let answer = Answer { head: reply.headers().clone(), body: body.clone(), gzip };
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes += body.len() + OVERHEAD;
        match inner.entries.insert(key, Entry { basis, answer, used: false }) {
            Some(before) => inner.bytes -= before.answer.body.len() + OVERHEAD,
            None => inner.ring.push_back(key),
        }
        inner.shrink(self.most);
    }
}

impl<B> Inner<B> {
    /// Lets go of what was not given for longest (about: the clock gives each a second
    /// chance) until no more than `most` bytes are kept.
    fn shrink(&mut self, most: usize) {
        while self.bytes > most {
            let Some(key) = self.ring.pop_front() else { return };
            match self.entries.get_mut(&key) {
                Some(entry) if entry.used => {
                    entry.used = false;
                    self.ring.push_back(key);
                }
                _ => {
                    if let Some(gone) = self.entries.remove(&key) {
                        self.bytes -= gone.answer.body.len() + OVERHEAD;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn key(number: u8) -> Key {
        Key([number; 32])
    }

    fn page(size: usize) -> Response<Body> {
        Response::new(Body::from(vec![b'a'; size]))
    }

    #[test]
    fn an_answer_is_given_while_its_basis_holds() {
        let kept = Kept::<u32>::new(1 << 20);
        kept.keep(key(1), 7, &page(100));
        let none = HeaderMap::new();
        assert_eq!(kept.give(&key(1), &none, |basis| *basis == 7).unwrap().body().length(), 100);
        assert!(kept.give(&key(1), &none, |basis| *basis == 8).is_none());
        assert!(kept.give(&key(2), &none, |_| true).is_none());
        // The newer answer takes the place of the older one.
        kept.keep(key(1), 8, &page(50));
        assert_eq!(kept.give(&key(1), &none, |basis| *basis == 8).unwrap().body().length(), 50);
        assert_eq!(kept.inner.lock().unwrap().bytes, 50 + OVERHEAD);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_stays() {
        let kept = Kept::<u32>::new(10 * (1_000 + OVERHEAD));
        for number in 0..200 {
            kept.keep(key(number), 0, &page(1_000));
            // One of them is asked for again and again.
            if number > 0 {
                assert!(kept.give(&key(0), &HeaderMap::new(), |_| true).is_some(), "lost at {number}");
            }
        }
        let inner = kept.inner.lock().unwrap();
        assert_eq!((inner.entries.len(), inner.ring.len()), (10, 10));
        assert_eq!(inner.bytes, 10 * (1_000 + OVERHEAD));
    }

    #[test]
    fn what_is_one_visitors_or_not_whole_is_not_kept() {
        let kept = Kept::<u32>::new(1 << 20);
        let with = |name, value| {
            let mut reply = page(10);
            reply.headers_mut().insert(name, HeaderValue::from_static(value));
            reply
        };
        kept.keep(key(1), 0, &with(header::SET_COOKIE, "a=b"));
        kept.keep(key(1), 0, &with(header::CACHE_CONTROL, "no-store"));
        kept.keep(key(1), 0, &page(LARGEST + 1));
        let mut wrong = page(10);
        *wrong.status_mut() = StatusCode::NOT_FOUND;
        kept.keep(key(1), 0, &wrong);
        assert!(kept.give(&key(1), &HeaderMap::new(), |_| true).is_none());
    }

    #[test]
    fn a_compressed_answer_is_unpacked_for_those_who_want_it_plain() {
        let kept = Kept::<u32>::new(1 << 20);
        let mut asked = HeaderMap::new();
        asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let mut reply = page(20_000);
        reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let reply = compress::shrink(&asked, reply);
        kept.keep(key(1), 0, &reply);
        let packed = kept.give(&key(1), &asked, |_| true).unwrap();
        assert!(packed.body().length() < 1_000 && packed.headers().contains_key(header::CONTENT_ENCODING));
        let plain = kept.give(&key(1), &HeaderMap::new(), |_| true).unwrap();
        assert_eq!(plain.body().length(), 20_000);
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    }
}
