//! `imsmanifest.xml`: SCORM, Common Cartridge and QTI share it.

use std::collections::BTreeMap;
use std::io::Cursor;

use tram_contract::extract::Package;

use super::{MAX_MANIFEST, html_text, list, not_opened, write};
use crate::pages::tidy;
use crate::xml::{Step, Walk};
use crate::zip::{Archive, missing};
use crate::{Code, Found, Refusal, Result, Sink, names, plain};

/// Longest link, and folder that links are counted from.
const MAX_LINK: usize = 2_000;
/// Bytes of the titles and links of all parts: they stand in the answer.
const MAX_PARTS: usize = 2 << 20;

/// The manifest, as far as it is wanted.
#[derive(Debug, Default)]
struct Manifest {
    schema: String,
    version: String,
    /// Name spaces and schema places, to tell the standard where it does not say.
    spaces: String,
    title: String,
    /// Organizations by id: title, and items in order (title, resource).
    organizations: Vec<Organization>,
    usual: String,
    resources: BTreeMap<String, Resource>,
}

#[derive(Debug, Default)]
struct Organization {
    id: String,
    title: String,
    items: Vec<Item>,
}

#[derive(Debug, Default, Clone)]
struct Item {
    title: String,
    resource: String,
    parameters: String,
}

#[derive(Debug, Default)]
struct Resource {
    kind: String,
    href: String,
    base: String,
    files: Vec<String>,
}

fn broken() -> Refusal {
    Refusal::unreadable(
        "Tệp mô tả của gói (imsmanifest.xml) bị hỏng. Hãy xuất lại từ phần mềm soạn bài.",
        "The package's description (imsmanifest.xml) is damaged. Export it again from the program that made it.",
    )
}

fn leads_out(link: &str) -> Refusal {
    let link = names::shown(link);
    Refusal::hostile(
        format!("Gói chỉ tới tệp ở ngoài gói (“{link}”), nên không nhận. Hãy xuất lại sao cho mọi tệp nằm trong gói."),
        format!(
            "The package points to a file outside of it (“{link}”), so it is not taken. Export it again with every file inside."
        ),
    )
}

pub(super) fn read(archive: &mut Archive<'_>, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let file = archive.read("imsmanifest.xml", MAX_MANIFEST)?;
    let manifest = parse(&plain::decode(&file)).map_err(|refusal| match refusal.code {
        Code::TooMuch => refusal,
        _ => broken(),
    })?;
    found.document.title = manifest.title.clone();
    let schema = manifest.schema.to_lowercase();
    let kinds = |word: &str| manifest.resources.values().any(|resource| resource.kind.to_lowercase().contains(word));
    let cartridge = schema.contains("common cartridge") || manifest.spaces.contains("imscc");
    let mut lacking = 0usize;
    for resource in manifest.resources.values() {
        for link in std::iter::once(&resource.href).chain(&resource.files).filter(|link| !link.is_empty()) {
            if link.contains("://") && link != &resource.href {
                lacking += 1;
                continue;
            }
            let path = names::linked(&resource.base, link).ok_or_else(|| leads_out(link))?;
            if !archive.has(&path) {
                // A cartridge is not played, so that a page of it that lacks harms nobody.
                if link == &resource.href && !cartridge {
                    return Err(missing(&path));
                }
                lacking += 1;
            }
        }
    }
    if lacking > 0 {
        found.warn(
            "Vài tệp mà bài nhắc tới không có trong gói; có thể thiếu hình hoặc phần phụ.",
            "Some files that the package names are not in it; pictures or parts may be missing.",
        );
    }
    let format = if cartridge {
        "imscc"
    } else if kinds("imsqti_xmlv1") || kinds("imsqti_1") || kinds("qti_xmlv1") {
        "qti-1.2"
    } else if kinds("imsqti_") {
        "qti-2"
    } else {
        return scorm(archive, &manifest, sink, found);
    };
    found.document.media_type = if format == "imscc" { "application/vnd.ims.imscc" } else { "application/zip" }.into();
    super::flat::check(archive)?;
    if format == "imscc" {
        let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
        html_text(archive, &paths, found);
        not_opened(found, "Gói Common Cartridge");
    } else {
        not_opened(found, "Gói câu hỏi QTI");
    }
    found.document.package = Some(Package { format: format.into(), files: list(archive)?, ..Package::default() });
    Ok(())
}

fn scorm(archive: &mut Archive<'_>, manifest: &Manifest, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let later =
        manifest.version.contains("2004") || manifest.version.contains("1.3") || manifest.spaces.contains("adlcp_v1p3");
    let organization = manifest
        .organizations
        .iter()
        .find(|organization| organization.id == manifest.usual)
        .or(manifest.organizations.first())
        .ok_or_else(|| {
            Refusal::unreadable(
                "Gói SCORM không ghi thứ tự các bài (thiếu “organization”), nên không biết mở bài nào. Hãy xuất lại từ phần mềm soạn bài.",
                "The SCORM package does not say the order of its lessons (no “organization”), so it is not known what to open. Export it again.",
            )
        })?;
    let mut parts = Vec::new();
    let mut length = 0usize;
    for item in &organization.items {
        let resource = manifest.resources.get(&item.resource).ok_or_else(broken)?;
        if resource.href.is_empty() {
            continue;
        }
        if resource.href.contains("://") {
            return Err(leads_out(&resource.href));
        }
        let path = names::linked(&resource.base, &resource.href).ok_or_else(|| leads_out(&resource.href))?;
        let query = resource.href.find(['?', '#']).and_then(|at| resource.href.get(at..)).unwrap_or_default();
        let link = format!("{path}{query}{}", item.parameters);
        length += item.title.len() + link.len();
        if length > MAX_PARTS {
            return Err(Refusal::too_much());
        }
        parts.push((item.title.clone(), link));
    }
    let Some(entry) = parts.first().map(|(_, path)| path.split(['?', '#']).next().unwrap_or_default().to_owned())
    else {
        return Err(Refusal::unreadable(
            "Gói SCORM không có bài nào để mở. Hãy xuất lại từ phần mềm soạn bài.",
            "The SCORM package has no lesson to open. Export it again from the program that made it.",
        ));
    };
    if found.document.title.is_empty() {
        found.document.title = organization.title.clone();
    }
    let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
    html_text(archive, &paths, found);
    let format = if later { "scorm-2004" } else { "scorm-1.2" };
    if later && manifest.spaces.contains("sequencing-rules") {
        found.warn(
            "Bài SCORM 2004 này có quy tắc tự chuyển bài; trạm mở từng phần và lưu kết quả, nhưng chưa tự chuyển theo quy tắc đó.",
            "This SCORM 2004 package has rules of sequencing; its parts are opened and results kept, but those rules are not followed yet.",
        );
    }
    found.document.package = Some(Package { format: format.into(), entry, parts, files: list(archive)? });
    write(archive, sink, found)
}

fn parse(xml: &str) -> Result<Manifest> {
    let mut manifest = Manifest::default();
    let mut walk = Walk::new(Cursor::new(xml.as_bytes()));
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut items: Vec<Item> = Vec::new();
    let mut resource = (String::new(), Resource::default());
    // Folders that links are counted from: the manifest's, and that of all resources.
    let (mut top, mut base) = (String::new(), String::new());
    let link = |text: Option<&str>| -> Result<String> {
        let text = text.unwrap_or_default().trim();
        if text.len() > MAX_LINK { Err(broken()) } else { Ok(text.to_owned()) }
    };
    walk.each(|step| {
        match step {
            Step::Start(element) => {
                text.clear();
                match element.name.as_str() {
                    "manifest" => {
                        for (name, value) in &element.attributes {
                            if name != "identifier" {
                                manifest.spaces.push_str(value);
                                manifest.spaces.push(' ');
                            }
                        }
                        top = link(element.get("base"))?;
                        base.clone_from(&top);
                    }
                    "organizations" => manifest.usual = element.get("default").unwrap_or_default().to_owned(),
                    "organization" => manifest.organizations.push(Organization {
                        id: element.get("identifier").unwrap_or_default().to_owned(),
                        ..Organization::default()
                    }),
                    "item" => items.push(Item {
                        resource: element.get("identifierref").unwrap_or_default().to_owned(),
                        parameters: element.get("parameters").unwrap_or_default().chars().take(500).collect(),
                        ..Item::default()
                    }),
                    "sequencingRules" => manifest.spaces.push_str("sequencing-rules "),
                    "resources" => {
                        base = format!("{top}{}", link(element.get("base"))?);
                    }
                    "resource" => {
                        if manifest.resources.len() >= crate::zip::MAX_ENTRIES {
                            return Err(Refusal::too_much());
                        }
                        resource = (
                            element.get("identifier").unwrap_or_default().to_owned(),
                            Resource {
                                kind: element.get("type").unwrap_or_default().to_owned(),
                                href: link(element.get("href"))?,
                                base: format!("{base}{}", link(element.get("base"))?),
                                files: Vec::new(),
                            },
                        );
                    }
                    "file" => {
                        if let Some(href) = element.get("href") {
                            resource.1.files.push(href.trim().to_owned());
                        }
                    }
                    _ => {}
                }
                path.push(element.name);
            }
            Step::Text(more) => text.push_str(&more),
            Step::End(name) => {
                path.pop();
                let within = path.last().map(String::as_str).unwrap_or_default();
                let value = || tidy(&text).replace('\n', " ");
                match name.as_str() {
                    "schema" if within == "metadata" && manifest.schema.is_empty() => manifest.schema = value(),
                    "schemaversion" if within == "metadata" && manifest.version.is_empty() => {
                        manifest.version = value()
                    }
                    "title" if within == "item" => {
                        if let Some(item) = items.last_mut() {
                            item.title = value();
                        }
                    }
                    "title" if within == "organization" => {
                        if let Some(organization) = manifest.organizations.last_mut() {
                            organization.title = value();
                        }
                    }
                    "langstring" | "string"
                        if within == "title"
                            && manifest.title.is_empty()
                            && path.iter().any(|name| name == "general") =>
                    {
                        manifest.title = value();
                    }
                    "organization" => {
                        // Items without a resource are headings.
                        let items = std::mem::take(&mut items);
                        if let Some(organization) = manifest.organizations.last_mut() {
                            organization.items = items.into_iter().filter(|item| !item.resource.is_empty()).collect();
                        }
                    }
                    "resource" => {
                        let (id, resource) = std::mem::take(&mut resource);
                        manifest.resources.insert(id, resource);
                    }
                    _ => {}
                }
                text.clear();
            }
        }
        Ok(())
    })?;
    Ok(manifest)
}

/// The version of a question that comes by itself.
pub(super) fn qti_version(file: &[u8]) -> Result<&'static str> {
    let text = plain::decode(file);
    let mut walk = Walk::new(Cursor::new(text.as_bytes()));
    let mut version = None;
    walk.each(|step| {
        if let Step::Start(element) = step
            && version.is_none()
        {
            version = Some(if element.name.eq_ignore_ascii_case("questestinterop") { "qti-1.2" } else { "qti-2" });
        }
        Ok(())
    })?;
    version.ok_or_else(Refusal::damaged)
}
