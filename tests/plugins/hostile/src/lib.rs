//! Every way we know to harm a host from inside. `/do/{what}` names the way; the
//! other extension points misbehave by what they are given.

use std::hint::black_box;

use tram_sdk::contract::page;
use tram_sdk::prelude::*;
use tram_sdk::{Body, blobs, events, jobs, log, store};

struct Hostile;

impl Pages for Hostile {
    fn page(request: Request) -> Result<Response> {
        misbehave(request.param("what").unwrap_or_default())
    }
}

impl Api for Hostile {
    fn answer(request: Request) -> Result<Response> {
        misbehave(request.param("what").unwrap_or_default())
    }
}

fn misbehave(what: &str) -> Result<Response> {
    match what {
        // So that a test can see it works when it wants to.
        "nothing" => Ok(Response::page(&Page::new("nothing", vec![]))),
        "loop" => spin(),
        "memory" => eat_memory(),
        "recursion" => Ok(Response::bytes("text/plain", recurse(1).to_string())),
        "huge-page" => {
            let text = "x".repeat(1 << 20);
            let widgets = (0..24).map(|_| Widget::Code { text: text.clone() }).collect();
            Ok(Response::page(&Page::new("huge", widgets)))
        }
        "huge-bytes" => Ok(Response::bytes("text/plain", vec![b'x'; 40 << 20])),
        "many-widgets" => {
            let widgets = (0..200_000).map(|_| Widget::Code { text: String::new() }).collect();
            Ok(Response::page(&Page::new("many", widgets)))
        }
        "deep-page" => {
            let depth = 5_000;
            let open = r#"{"widget":"disclosure","summary":"x","widgets":["#.repeat(depth);
            let close = "]}".repeat(depth);
            Ok(raw_page(format!(r#"{{"title":"deep","widgets":[{open}{close}]}}"#).into_bytes()))
        }
        "bad-json" => Ok(raw_page(b"{\"title\": \"half a pa".to_vec())),
        "bad-utf8" => Ok(raw_page(b"{\"title\": \"\xff\xfe\", \"widgets\": []}".to_vec())),
        "bad-string" => Ok(Response::empty(200).header("etag", not_utf8())),
        "bad-status" => Ok(Response::empty(99)),
        "bad-headers" => Ok(Response::bytes("text/html", "<script>alert(1)</script>")
            .header("set-cookie", "session=stolen; Path=/")
            .header("content-security-policy", "default-src *")
            .header("x-split", "a\r\nset-cookie: b=c")
            .header("etag", "\"a\r\nset-cookie: d=e\"")),
        "bad-redirect" => Ok(Response::redirect("https://evil.example/\r\nset-cookie: f=g")),
        "bad-links" => {
            let card = page::Card { title: "click".into(), href: "javascript:alert(1)".into(), ..Default::default() };
            let action = page::Action {
                label: "<b>send</b>".into(),
                href: "//evil.example/".into(),
                post: true,
                ..Default::default()
            };
            let snippet = page::Card {
                title: "marks".into(),
                snippet: Some(page::Marked { text: "đặng".into(), marks: vec![(1, 999), (0, 0), (3, 2)] }),
                ..Default::default()
            };
            Ok(Response::page(&Page::new(
                "<script>alert(1)</script>",
                vec![
                    Widget::Cards(page::Cards { cards: vec![card, snippet], ..Default::default() }),
                    Widget::Actions { actions: vec![action] },
                ],
            )))
        }
        "bad-blob" => Ok(Response::blob("../../../../etc/passwd")),
        "trap" => panic!("a panic on purpose"),
        "log-flood" => loop {
            log::error(&"flood ".repeat(20_000));
        },
        "call-flood" => loop {
            black_box(store::get("rows", b"nothing")?);
        },
        "scan-flood" => loop {
            black_box(store::scan("rows", &Scan::all())?);
        },
        // A little work, a little call, for ever: never idle, never quite a loop.
        "drip" => loop {
            (0..3_000_000_u64).for_each(|n| {
                black_box(n);
            });
            black_box(store::counter("drip")?);
        },
        "giant-value" => {
            store::put("rows", b"giant", &vec![0x55; 32 << 20], &[], None)?;
            Ok(Response::empty(204))
        }
        "giant-writes" => {
            for at in 0_u64.. {
                store::put("rows", &at.to_be_bytes(), &vec![0x55; 64 << 10], &[], None)?;
            }
            Ok(Response::empty(204))
        }
        "many-writes" => {
            for at in 0_u64.. {
                store::put("rows", &at.to_be_bytes(), b"x", &[], None)?;
            }
            Ok(Response::empty(204))
        }
        "giant-key" => {
            store::put("rows", &vec![b'k'; 1 << 20], b"x", &[], None)?;
            Ok(Response::empty(204))
        }
        "giant-blob" => {
            let mut writer = blobs::create("giant", "application/octet-stream")?;
            loop {
                writer.append(&vec![0x55; 1 << 20])?;
            }
        }
        "event-storm" => {
            for _ in 0..100_000 {
                events::emit("storm", &"x".repeat(100))?;
            }
            Ok(Response::empty(204))
        }
        "one-event" => {
            events::emit("storm", &"x")?;
            Ok(Response::empty(204))
        }
        "job-storm" => {
            for _ in 0..100_000 {
                jobs::start("endless", &())?;
            }
            Ok(Response::empty(204))
        }
        "start-endless" => Ok(Response::json(&jobs::start("endless", &())?)),
        "start-loop" => Ok(Response::json(&jobs::start("loop", &())?)),
        "start-fill" => Ok(Response::json(&jobs::start("fill", &())?)),
        // Rows that the indexer chokes on.
        "index-loop" | "index-trap" | "index-memory" | "index-flood" => {
            store::put("rows", what.as_bytes(), what.as_bytes(), &[], None)?;
            Ok(Response::empty(204))
        }
        other => Err(Error::not_found(other)),
    }
}

fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn eat_memory() -> ! {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(black_box(vec![1; 1 << 20]));
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { recurse(depth + 1) + frame[(depth % 64) as usize] }
}

fn raw_page(bytes: Vec<u8>) -> Response {
    Response { status: 200, headers: vec![], body: Body::Page(bytes) }
}

fn not_utf8() -> String {
    // SAFETY: none. It breaks the promise of `String` on purpose: the host must not
    // believe that what comes over the boundary is UTF-8.
    unsafe { String::from_utf8_unchecked(b"\"\xff\xfe\xfd\"".to_vec()) }
}

impl Indexer for Hostile {
    fn index(_collection: &str, row: &Row) -> Option<Document> {
        match row.value.as_slice() {
            b"index-loop" => spin(),
            b"index-trap" => panic!("a row that is never indexed"),
            b"index-memory" => eat_memory(),
            b"index-flood" => Some(Document {
                visibility: vec!["public".into(), "person:everybody".into()],
                texts: (0..100_000).map(|n| ("text".into(), format!("word{n} {}", "x".repeat(100)))).collect(),
                numbers: vec![("undeclared".into(), 1)],
            }),
            _ => None,
        }
    }
}

impl Job for Hostile {
    fn run(job: &str, state: &[u8], _first: bool, _by: &Principal) -> Result<Step> {
        match job {
            "loop" => spin(),
            "fill" => {
                let step: u64 = serde_json::from_slice(state).unwrap_or_default();
                for at in 0..48_u64 {
                    let key = [step.to_be_bytes(), at.to_be_bytes()].concat();
                    // Not to be compressed away: multiplied, so that no run repeats.
                    let value: Vec<u8> = (0..64_u64 << 10)
                        .map(|n| ((n ^ step << 20 ^ at << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
                        .collect();
                    store::put("rows", &key, &value, &[], None)?;
                }
                Step::again(Progress::new(step, 0, "filling"), &(step + 1))
            }
            _ => Step::again(Progress::new(0, 0, "never done"), &()),
        }
    }
}

impl Subscriber for Hostile {
    fn on_event(_event: Event) -> Result<()> {
        events::emit("storm", &"x")?;
        events::emit("storm", &"x")
    }
}

impl Slots for Hostile {
    fn fill(_slot: &str, _context: &[Field], _by: &Principal) -> Result<Vec<page::Card>> {
        spin()
    }
}

tram_sdk::export!(Hostile: pages, api, indexer, job, subscriber, slots);
