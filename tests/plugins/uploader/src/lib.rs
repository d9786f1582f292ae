//! Takes resumable uploads: a form with a file field, a route that is asked first, and
//! what was taken as a list.

use tram_sdk::blobs;
use tram_sdk::prelude::*;

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    size: u64,
    media_type: String,
    blob: String,
}

const FILES: Table<Kept> = Table::new("files");

struct Uploader;

impl Pages for Uploader {
    fn page(request: Request) -> Result<Response> {
        match request.route.as_str() {
            "list" => form(None),
            "save" => save(&request),
            "clear" => clear(),
            other => Err(Error::not_found(other)),
        }
    }
}

impl Api for Uploader {
    fn answer(request: Request) -> Result<Response> {
        match request.route.as_str() {
            "check" => check(&request),
            "kept" => {
                let files: Vec<Kept> = FILES.iter("").map(|entry| Ok(entry?.value)).collect::<Result<_>>()?;
                Ok(Response::json(&files))
            }
            other => Err(Error::not_found(other)),
        }
    }
}

fn form(error: Option<Text>) -> Result<Response> {
    let (kept, _) = FILES.scan(&Scan::all().limit(200))?;
    let cards = kept
        .into_iter()
        .map(|entry| page::Card {
            title: entry.value.name.into(),
            href: format!("blob/{}", entry.value.blob),
            facts: vec![entry.value.size.to_string().into(), entry.value.media_type.into()],
            ..Default::default()
        })
        .collect();
    let field = |name: &str, label: Text, kind: &str| page::FormField {
        name: name.into(),
        label,
        kind: kind.into(),
        required: true,
        ..Default::default()
    };
    let form = page::Form {
        action: ".".into(),
        fields: vec![
            page::FormField { error, ..field("title", Text::vi_en("Tên bài", "Title"), "text") },
            page::FormField {
                upload: "files".into(),
                multiple: true,
                folders: true,
                help: Text::vi_en("Mỗi tệp đến 4 GB.", "Up to 4 GB each."),
                ..field("file", Text::vi_en("Tệp của bài", "Files"), "file")
            },
        ],
        submit: Text::vi_en("Lưu bài", "Save"),
        tone: page::Tone::Primary,
        ..Default::default()
    };
    let clear = page::Action {
        label: Text::vi_en("Xoá hết", "Delete all"),
        href: "clear".into(),
        post: true,
        ..Default::default()
    };
    Ok(Response::page(&Page::new(
        Text::vi_en("Gửi tệp", "Send files"),
        vec![
            Widget::Form(form),
            Widget::Cards(page::Cards { cards, ..Default::default() }),
            Widget::Actions { actions: vec![clear] },
        ],
    )))
}

fn save(request: &Request) -> Result<Response> {
    match request.filled("title") {
        // Answered, and so committed, with nothing kept.
        Some("again") => {
            let error = Text::vi_en("Hãy chọn tên khác.", "Choose another title.");
            return Ok(form(Some(error))?.status(422));
        }
        Some("fail") => return Err(Error::invalid(Text::vi_en("Không nhận bài này.", "This is not taken."))),
        Some("note") => {
            let name = "note".to_owned();
            FILES.insert(&Kept { name, size: 0, media_type: String::new(), blob: String::new() })?;
            return Ok(Response::redirect("."));
        }
        Some("trap") => core::arch::wasm32::unreachable(),
        _ => {}
    }
    for upload in &request.uploads {
        FILES.insert(&Kept {
            name: upload.name.clone(),
            size: upload.size,
            media_type: upload.media_type.clone(),
            blob: upload.blob.clone(),
        })?;
    }
    Ok(Response::redirect("."))
}

fn clear() -> Result<Response> {
    let (kept, _) = FILES.scan(&Scan::all().limit(1_000))?;
    for entry in kept {
        if !entry.value.blob.is_empty() {
            blobs::delete(&entry.value.blob)?;
        }
        FILES.delete(&entry.key, None)?;
    }
    Ok(Response::redirect("."))
}

fn check(request: &Request) -> Result<Response> {
    let asked = |name: &str| request.query.iter().find(|field| field.name == name).map_or("", |field| &field.value);
    if asked("name").ends_with(".exe") {
        return Err(Error::invalid(Text::vi_en("Không nhận chương trình.", "Programs are not taken.")));
    }
    asked("size").parse::<u64>().map_err(|_| Error::invalid(Text::vi_en("Thiếu dung lượng.", "No size.")))?;
    Ok(Response::empty(204))
}

tram_sdk::export!(Uploader: pages, api);
