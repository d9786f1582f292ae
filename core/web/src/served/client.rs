//! A client that sends what it is told, byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    /// Parses a raw reply; status 0 when there is none.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// A header of the reply; empty when it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value.trim())
    }

    /// The value of a form's token on the page: the first, or the one in the form that
    /// goes to `action`.
    pub(super) fn token(&self, action: &str) -> String {
        let form =
            self.body.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).unwrap_or_default();
        let value = form.split("name=\"_token\" value=\"").nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    }
}

/// Sends raw bytes and reads until the other side closes.
pub(super) fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may close before everything is sent: that is an answer too.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    Answer::parse(&reply)
}

/// A browser: keeps cookies, sends its origin with forms.
pub(super) struct Browser {
    pub(super) address: SocketAddr,
    pub(super) cookies: Vec<(String, String)>,
}

impl Browser {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: Vec::new() }
    }

    pub(super) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", &[])
    }

    /// Posts a form with the token of the page that was just read.
    pub(super) fn post(&mut self, path: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = format!("_token={token}");
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", crate::query::encode(value)));
        }
        let origin = format!("http://{}", self.host());
        self.send("POST", path, &body, &[("Origin", &origin), ("Content-Type", "application/x-www-form-urlencoded")])
    }

    pub(super) fn send(&mut self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host());
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if method != "GET" && method != "HEAD" {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let answer = raw(self.address, request.as_bytes());
        for line in answer.head.lines() {
            let Some(cookie) =
                line.to_ascii_lowercase().starts_with("set-cookie:").then(|| line.split_once(':').unwrap().1.trim())
            else {
                continue;
            };
            let (name, rest) = cookie.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !cookie.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
            }
        }
        answer
    }

    /// Signs in by name and password; follows nothing.
    pub(super) fn sign_in(&mut self, name: &str, secret: &str) -> Answer {
        let token = self.get("/sign-in").token("/sign-in");
        self.post("/sign-in", &token, &[("name", name), ("secret", secret)])
    }
}
