//! The simplest whole plugin: a page, a form, a collection, a route for programs.

use tram_sdk::prelude::*;

#[derive(Serialize, Deserialize)]
struct Greeting {
    text: String,
}

const GREETINGS: Table<Greeting> = Table::new("greetings");

struct Greeter;

impl Pages for Greeter {
    fn page(request: Request) -> Result<Response> {
        match request.route.as_str() {
            "list" => list(),
            "greet" => Ok(greet(request.param("name").unwrap_or_default())),
            "send" => send(&request),
            // Writes, then fails: nothing of it may stay.
            "refuse" => {
                send(&request)?;
                Err(Error::invalid(Text::vi_en("Không nhận lời chào này.", "This greeting is not taken.")))
            }
            other => Err(Error::not_found(other)),
        }
    }
}

impl Api for Greeter {
    fn answer(_request: Request) -> Result<Response> {
        Ok(Response::json(&tram_sdk::serde_json::json!({ "greetings": GREETINGS.count()? })))
    }
}

impl Queryable for Greeter {
    fn query(name: &str, _arguments: &[u8], _by: &Principal) -> Result<Vec<u8>> {
        match name {
            "count" => Ok(tram_sdk::serde_json::to_vec(&GREETINGS.count()?)?),
            other => Err(Error::not_found(other)),
        }
    }
}

fn list() -> Result<Response> {
    let (greetings, _) = GREETINGS.scan(&Scan::all().reverse().limit(50))?;
    let cards = greetings
        .into_iter()
        .map(|entry| page::Card { title: entry.value.text.into(), ..Default::default() })
        .collect();
    let form = page::Form {
        action: ".".into(),
        fields: vec![page::FormField {
            name: "text".into(),
            label: Text::vi_en("Lời chào", "Greeting"),
            kind: "text".into(),
            required: true,
            ..Default::default()
        }],
        submit: Text::vi_en("Gửi", "Send"),
        ..Default::default()
    };
    Ok(Response::page(&Page::new(
        Text::vi_en("Lời chào", "Greetings"),
        vec![Widget::Form(form), Widget::Cards(page::Cards { cards, ..Default::default() })],
    )))
}

fn greet(name: &str) -> Response {
    Response::page(&Page::new(Text::vi_en(format!("Xin chào {name}!"), format!("Hello {name}!")), vec![]))
}

fn send(request: &Request) -> Result<Response> {
    let text = request
        .filled("text")
        .ok_or_else(|| Error::invalid(Text::vi_en("Hãy viết lời chào.", "Please write a greeting.")))?;
    GREETINGS.insert(&Greeting { text: text.to_owned() })?;
    Ok(Response::redirect("."))
}

tram_sdk::export!(Greeter: pages, api, queryable);
