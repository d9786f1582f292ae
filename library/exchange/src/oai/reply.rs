//! Replies.

use super::date::Stamp;
use super::request::Request;
use super::token::Token;
use super::xml::Xml;
use super::{Fault, Format, Identity, Item, PAGE, Query, Repository, dc, lom};

const NAMESPACE: &str = "http://www.openarchives.org/OAI/2.0/";
const LOCATION: &str = "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd";

/// A fault of the protocol, or of the repository below.
enum Trouble<E> {
    Fault(Fault),
    Below(E),
}

impl<E> From<Fault> for Trouble<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Answers a request: `arguments` are all of its query or form, in order; `now` is when
/// the answer is given. What the protocol calls an error is an answer too.
///
/// # Errors
/// Those of the repository.
pub fn respond<R: Repository>(
    repository: &R,
    arguments: &[(&str, &str)],
    now: Stamp,
    language: &str,
) -> Result<String, R::Error> {
    let identity = repository.identity()?;
    let mut body = Xml::default();
    let outcome = Request::parse(arguments)
        .map_err(Trouble::Fault)
        .and_then(|request| answer(repository, &identity, &request, &mut body));
    let fault = match outcome {
        Ok(()) => None,
        Err(Trouble::Fault(fault)) => Some(fault),
        Err(Trouble::Below(error)) => return Err(error),
    };
    // What was not understood is not repeated.
    let quoted = !fault.as_ref().is_some_and(|fault| matches!(fault.code, "badVerb" | "badArgument"));
    let mut xml = Xml::default();
    let root = [
        ("xmlns", NAMESPACE),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", LOCATION),
    ];
    xml.element("OAI-PMH", &root, |xml| {
        xml.text("responseDate", &now.to_string());
        xml.text_with("request", if quoted { arguments } else { &[] }, &identity.base_url);
        match &fault {
            None => xml.append(body),
            Some(fault) => xml.text_with("error", &[("code", fault.code)], fault.text.get(language)),
        }
    });
    Ok(xml.finish())
}

fn answer<R: Repository>(
    repository: &R,
    identity: &Identity,
    request: &Request,
    xml: &mut Xml,
) -> Result<(), Trouble<R::Error>> {
    match request {
        Request::Identify => identify(identity, xml),
        Request::ListMetadataFormats { identifier } => {
            if let Some(identifier) = identifier {
                find(repository, identity, identifier)?;
            }
            xml.element("ListMetadataFormats", &[], |xml| {
                Format::ALL.into_iter().for_each(|format| metadata(xml, format))
            });
        }
        Request::ListSets { token } => sets(repository, token.is_some(), xml)?,
        Request::GetRecord { identifier, format } => {
            let item = find(repository, identity, identifier)?;
            xml.element("GetRecord", &[], |xml| record(xml, identity, &item, *format));
        }
        Request::List { records, from, until, set, format } => {
            let query = Query {
                from: from.map(|from| from.first),
                until: until.map(|until| until.last()),
                set: set.clone(),
                after: None,
                limit: PAGE,
            };
            list(repository, identity, *records, Token { format: *format, query, cursor: 0 }, xml)?;
        }
        Request::Resume { records, token } => {
            let token = Token::decode(token, PAGE)?;
            list(repository, identity, *records, token, xml)?;
        }
    }
    Ok(())
}

fn identify(identity: &Identity, xml: &mut Xml) {
    xml.element("Identify", &[], |xml| {
        xml.text("repositoryName", &identity.name);
        xml.text("baseURL", &identity.base_url);
        xml.text("protocolVersion", "2.0");
        xml.text("adminEmail", &identity.admin_email);
        xml.text("earliestDatestamp", &identity.earliest.to_string());
        xml.text("deletedRecord", "persistent");
        xml.text("granularity", "YYYY-MM-DDThh:mm:ssZ");
        xml.element("description", &[], |xml| {
            let space = "http://www.openarchives.org/OAI/2.0/oai-identifier";
            let location = format!("{space} {space}.xsd");
            let attributes = [
                ("xmlns", space),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                ("xsi:schemaLocation", location.as_str()),
            ];
            xml.element("oai-identifier", &attributes, |xml| {
                xml.text("scheme", "oai");
                xml.text("repositoryIdentifier", &identity.namespace);
                xml.text("delimiter", ":");
                xml.text("sampleIdentifier", &identifier(identity, "0123abc"));
            });
        });
    });
}

fn metadata(xml: &mut Xml, format: Format) {
    xml.element("metadataFormat", &[], |xml| {
        xml.text("metadataPrefix", format.prefix());
        xml.text("schema", format.schema());
        xml.text("metadataNamespace", format.namespace());
    });
}

fn sets<R: Repository>(repository: &R, resumed: bool, xml: &mut Xml) -> Result<(), Trouble<R::Error>> {
    let sets = repository.sets().map_err(Trouble::Below)?;
    if resumed {
        // Sets are few: they are never divided, so no token was given out for them.
        return Err(Fault::token().into());
    }
    if sets.is_empty() {
        return Err(no_sets().into());
    }
    xml.element("ListSets", &[], |xml| {
        for set in &sets {
            xml.element("set", &[], |xml| {
                xml.text("setSpec", &set.spec);
                xml.text("setName", &set.name);
            });
        }
    });
    Ok(())
}

fn no_sets() -> Fault {
    Fault::new("noSetHierarchy", "Kho này không chia thành các bộ (set).", "This repository has no sets.")
}

fn list<R: Repository>(
    repository: &R,
    identity: &Identity,
    records: bool,
    token: Token,
    xml: &mut Xml,
) -> Result<(), Trouble<R::Error>> {
    if let Some(set) = &token.query.set {
        let sets = repository.sets().map_err(Trouble::Below)?;
        if sets.is_empty() {
            return Err(no_sets().into());
        }
        let below = format!("{set}:");
        if !sets.iter().any(|known| known.spec == *set || known.spec.starts_with(&below)) {
            // A set that nobody knows holds nothing; a token that names one was not ours.
            return Err(if token.query.after.is_some() { Fault::token() } else { nothing() }.into());
        }
    }
    let page = repository.page(&token.query).map_err(Trouble::Below)?;
    let Some(last) = page.items.last() else {
        return Err(if token.query.after.is_some() { Fault::token() } else { nothing() }.into());
    };
    let mut next = token.clone();
    next.query.after = Some((last.stamp, last.id.clone()));
    next.cursor = token.cursor.saturating_add(page.items.len() as u64);
    xml.element(if records { "ListRecords" } else { "ListIdentifiers" }, &[], |xml| {
        for item in &page.items {
            if records {
                record(xml, identity, item, token.format);
            } else {
                header(xml, identity, item);
            }
        }
        // The last page of a divided list says so by an empty token.
        if page.more || token.query.after.is_some() {
            let text = if page.more { next.encode() } else { String::new() };
            xml.text_with("resumptionToken", &[("cursor", &token.cursor.to_string())], &text);
        }
    });
    Ok(())
}

fn nothing() -> Fault {
    Fault::new(
        "noRecordsMatch",
        "Không có học liệu nào khớp với khoảng thời gian và bộ đã hỏi.",
        "No record is within these dates and this set.",
    )
}

fn find<R: Repository>(repository: &R, identity: &Identity, asked: &str) -> Result<Item, Trouble<R::Error>> {
    let unknown = || {
        Fault::new(
            "idDoesNotExist",
            format!("Không có bản ghi “{asked}” trong kho này."),
            format!("There is no record “{asked}” in this repository."),
        )
    };
    let id = asked.strip_prefix("oai:").and_then(|rest| rest.strip_prefix(&identity.namespace));
    let id = id.and_then(|rest| rest.strip_prefix(':')).ok_or_else(unknown)?;
    repository.item(id).map_err(Trouble::Below)?.ok_or_else(|| unknown().into())
}

fn identifier(identity: &Identity, id: &str) -> String {
    format!("oai:{}:{id}", identity.namespace)
}

fn header(xml: &mut Xml, identity: &Identity, item: &Item) {
    let deleted = [("status", "deleted")];
    xml.element("header", if item.about.is_none() { &deleted } else { &[] }, |xml| {
        xml.text("identifier", &identifier(identity, &item.id));
        xml.text("datestamp", &item.stamp.to_string());
        item.sets.iter().for_each(|set| xml.text("setSpec", set));
    });
}

fn record(xml: &mut Xml, identity: &Identity, item: &Item, format: Format) {
    xml.element("record", &[], |xml| {
        header(xml, identity, item);
        let Some(about) = &item.about else { return };
        xml.element("metadata", &[], |xml| match format {
            Format::OaiDc => dc::write(xml, about),
            Format::Lom => lom::write(xml, about),
        });
    });
}
