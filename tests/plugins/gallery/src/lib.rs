//! A page for each file that was added, with a viewer that keeps what its reader's run
//! has come to.

use tram_sdk::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Exhibit {
    kind: String,
    format: String,
    entry: String,
    blob: String,
    /// Subtitles of a film.
    track: Option<String>,
    state: String,
    /// How often a state came.
    told: u32,
}

const EXHIBITS: Table<Exhibit> = Table::new("exhibits");

struct Gallery;

impl Pages for Gallery {
    fn page(request: Request) -> Result<Response> {
        match request.route.as_str() {
            "home" => home(),
            "add" => add(&request),
            "show" => show(&request),
            "progress" => progress(&request),
            other => Err(Error::not_found(other)),
        }
    }
}

impl Api for Gallery {
    fn answer(request: Request) -> Result<Response> {
        let found = exhibit(&request)?;
        let kept = tram_sdk::serde_json::json!({ "state": found.value.state, "told": found.value.told });
        Ok(Response::json(&kept))
    }
}

fn exhibit(request: &Request) -> Result<Entry<Exhibit>> {
    let id = request.param("id").unwrap_or_default();
    EXHIBITS.get(id.as_bytes())?.ok_or_else(|| Error::not_found(id))
}

fn home() -> Result<Response> {
    let field = |name: &str, kind: &str| page::FormField {
        name: name.into(),
        label: Text::vi_en(name, name),
        kind: kind.into(),
        ..Default::default()
    };
    let form = page::Form {
        action: ".".into(),
        fields: vec![
            field("name", "text"),
            field("kind", "text"),
            field("format", "text"),
            field("entry", "text"),
            field("file", "file"),
            field("track", "file"),
        ],
        submit: Text::vi_en("Thêm", "Add"),
        ..Default::default()
    };
    let (exhibits, _) = EXHIBITS.scan(&Scan::all().limit(200))?;
    let cards = exhibits
        .into_iter()
        .map(|entry| {
            let name = String::from_utf8_lossy(&entry.key).into_owned();
            page::Card { href: format!("show/{name}"), title: name.into(), ..Default::default() }
        })
        .collect();
    Ok(Response::page(&Page::new(
        Text::vi_en("Phòng trưng bày", "Gallery"),
        vec![Widget::Form(form), Widget::Cards(page::Cards { cards, ..Default::default() })],
    )))
}

fn add(request: &Request) -> Result<Response> {
    let missing = || Error::invalid(Text::vi_en("Hãy chọn tệp và đặt tên.", "Choose a file and name it."));
    let upload = request.upload("file").ok_or_else(missing)?;
    let name = request.filled("name").ok_or_else(missing)?;
    let text = |field: &str| request.filled(field).unwrap_or_default().to_owned();
    let exhibit = Exhibit {
        kind: text("kind"),
        format: text("format"),
        entry: text("entry"),
        blob: upload.blob.clone(),
        track: request.upload("track").filter(|track| track.size > 0).map(|track| track.blob.clone()),
        ..Exhibit::default()
    };
    EXHIBITS.put(name.as_bytes(), &exhibit)?;
    Ok(Response::redirect(format!("show/{name}")))
}

fn show(request: &Request) -> Result<Response> {
    let found = exhibit(request)?;
    let name = String::from_utf8_lossy(&found.key).into_owned();
    let Exhibit { kind, format, entry, blob, track, state, .. } = found.value;
    let label = Text::vi_en("Tiếng Việt", "Vietnamese");
    let viewer = page::Viewer {
        kind,
        title: name.clone().into(),
        original: Some(blob.clone()),
        blob,
        format,
        entry,
        tracks: track.into_iter().map(|blob| page::Track { label: label.clone(), language: "vi".into(), blob }).collect(),
        progress: Some(format!("show/{name}/progress")),
        state,
        ..Default::default()
    };
    Ok(Response::page(&Page::new(name, vec![Widget::Viewer(viewer)])))
}

fn progress(request: &Request) -> Result<Response> {
    let found = exhibit(request)?;
    let state = request.form("state").unwrap_or_default().to_owned();
    EXHIBITS.change(&found.key, |exhibit| {
        exhibit.state = state;
        exhibit.told += 1;
    })?;
    Ok(Response::empty(204))
}

tram_sdk::export!(Gallery: pages, api);
