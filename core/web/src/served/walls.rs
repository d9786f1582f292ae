//! Host names, policies, origins, tokens, cookies.

use super::Station;
use super::client::{Browser, raw};

#[test]
fn another_host_name_gets_the_right_link_and_nothing_else() {
    let station = Station::ready();
    let ask = |host: &str| {
        raw(station.http, format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    };
    let other = ask("evil.example");
    assert_eq!(other.status, 421);
    assert!(other.body.contains("http://tram-") && !other.body.contains("Hương Dừa"), "{}", other.body);
    assert_eq!(ask("tram.local").status, 200);
    assert_eq!(ask("tram.local.evil.example").status, 421);
    assert_eq!(ask("").status, 421);
}

#[test]
fn a_plugins_page_reaches_its_own_path_only() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let page = browser.get("/demo");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    let origin = format!("http://{}", browser.host());
    assert!(
        policy.contains(&format!("form-action {origin}/demo {origin}/demo/ {origin}/search {origin}/sign-out;")),
        "{policy}"
    );
    assert!(
        policy.contains(&format!("connect-src {origin}/demo {origin}/demo/ {origin}/jobs/ {origin}/upload/;")),
        "{policy}"
    );
    assert!(policy.contains("base-uri 'none'") && !policy.contains("unsafe-inline") && !policy.contains("'self'"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value);
    }
    assert_eq!(page.header("strict-transport-security"), "", "never HSTS");
}

#[test]
fn bytes_of_a_plugin_are_inert() {
    let station = Station::ready();
    let reply = Browser::new(station.http).get("/demo/bytes");
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-security-policy").contains("sandbox"));
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
}

#[test]
fn a_redirect_elsewhere_leads_to_the_plugins_own_page() {
    let station = Station::ready();
    assert_eq!(Browser::new(station.http).get("/demo/away").header("location"), "/demo");
}

#[test]
fn a_form_needs_its_own_token_and_its_own_origin() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let token = browser.get("/demo").token("/demo/save");
    assert_eq!(browser.post("/demo/save", &token, &[("title", "Số đỏ")]).status, 200);
    // Another's token, no token, a token of the shell, another browser's token.
    let shell = browser.get("/sign-in").token("/sign-in");
    for wrong in ["", "AAAA", &shell] {
        assert_eq!(browser.post("/demo/save", wrong, &[("title", "x")]).status, 403, "{wrong}");
    }
    let mut other = Browser::new(station.http);
    other.get("/demo");
    assert_eq!(other.post("/demo/save", &token, &[("title", "x")]).status, 403);
    // The plugin's token opens no form of the shell.
    assert_eq!(browser.post("/sign-in", &token, &[("name", "lan.nguyen"), ("secret", "x")]).status, 403);
    // Origins.
    let body = format!("_token={token}&title=x");
    let own = format!("http://{}", browser.host());
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let port = format!("http://localhost:{}", station.https.port());
    for (headers, status) in [
        (vec![form, ("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")], 200),
        (vec![form, ("Origin", own.as_str()), ("Sec-Fetch-Site", "same-site")], 403),
        (vec![form, ("Origin", own.as_str()), ("Sec-Fetch-Site", "cross-site")], 403),
        (vec![form, ("Origin", "null")], 403),
        (vec![form, ("Origin", "https://evil.example")], 403),
        (vec![form, ("Origin", port.as_str())], 403),
        (vec![form], 200),
    ] {
        assert_eq!(browser.send("POST", "/demo/save", &body, &headers).status, status, "{headers:?}");
    }
    // With a session, a request that says nothing of its origin is refused.
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/demo").token("/demo/save");
    let body = format!("_token={token}&title=x");
    assert_eq!(browser.send("POST", "/demo/save", &body, &[form]).status, 403);
    assert_eq!(browser.post("/demo/save", &token, &[("title", "x")]).status, 200);
}

#[test]
fn a_token_dies_with_its_session() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/demo").token("/demo/save");
    let out = browser.get("/me").token("/sign-out");
    assert_eq!(browser.post("/sign-out", &out, &[]).status, 303);
    assert_eq!(browser.post("/demo/save", &token, &[("title", "x")]).status, 403);
    assert_eq!(browser.get("/me").header("location"), "/sign-in?back=%2Fme");
}

#[test]
fn a_service_needs_the_token_only_with_a_session() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let own = format!("http://{}", browser.host());
    let json = ("Content-Type", "application/json");
    assert_eq!(browser.send("POST", "/api/demo/v1/echo", "{}", &[json]).body, "{}");
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let refused = browser.send("POST", "/api/demo/v1/echo", "{}", &[json, ("Origin", &own)]);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let token = browser.get("/demo").token("/demo/save");
    assert_eq!(
        browser.send("POST", "/api/demo/v1/echo", "{}", &[json, ("Origin", &own), ("Tram-Token", &token)]).status,
        200
    );
}

#[test]
fn cookies_are_hidden_from_scripts_and_bound_to_the_channel() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let reply = browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    assert_eq!(reply.status, 303);
    let cookie = reply.head.lines().find(|line| line.contains("tram-http=")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(browser.get("/me").status, 200);
    // A second cookie of the name, as a neighbour on another port could plant it.
    let planted = format!(
        "{}; tram-http=planted",
        browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
    );
    let mut bare = Browser::new(station.http);
    assert_eq!(bare.send("GET", "/me", "", &[("Cookie", &planted)]).status, 303);
}

#[test]
fn permissions_are_asked_before_the_plugin_runs() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    assert_eq!(browser.get("/demo/edit").header("location"), "/sign-in?back=%2Fdemo%2Fedit");
    browser.sign_in("giao.vien", "phấn trắng bảng đen");
    assert_eq!(browser.get("/demo/edit").status, 403);
    assert_eq!(browser.get("/admin").status, 403);
    assert_eq!(browser.get("/people/import").status, 403);
}

#[test]
fn a_trap_is_a_page_that_says_what_to_do() {
    let station = Station::ready();
    let page = Browser::new(station.http).get("/demo/trap");
    assert_eq!(page.status, 500);
    assert!(page.body.contains("chưa có gì được lưu") && !page.body.contains("unreachable"));
    let english = Browser::new(station.http).send("GET", "/demo/trap", "", &[("Accept-Language", "en")]);
    assert!(english.body.contains("nothing was saved") && english.body.contains("<html lang=\"en\""));
}
