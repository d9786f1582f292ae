//! Requests: which arguments a verb takes.

use super::date::Asked;
use super::{Fault, Format};

/// A request that keeps to the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    Identify,
    ListMetadataFormats { identifier: Option<String> },
    ListSets { token: Option<String> },
    List { records: bool, from: Option<Asked>, until: Option<Asked>, set: Option<String>, format: Format },
    Resume { records: bool, token: String },
    GetRecord { identifier: String, format: Format },
}

impl Request {
    /// Reads the arguments of a request.
    pub(super) fn parse(arguments: &[(&str, &str)]) -> Result<Self, Fault> {
        let mut verbs = arguments.iter().filter(|(name, _)| *name == "verb");
        let (Some((_, verb)), None) = (verbs.next(), verbs.next()) else {
            return Err(bad_verb("Thiếu verb, hoặc có hơn một verb.", "There is no verb, or more than one."));
        };
        let takes: &[&str] = match *verb {
            "Identify" => &[],
            "ListMetadataFormats" => &["identifier"],
            "ListSets" => &["resumptionToken"],
            "ListIdentifiers" | "ListRecords" => &["from", "until", "metadataPrefix", "set", "resumptionToken"],
            "GetRecord" => &["identifier", "metadataPrefix"],
            other => {
                return Err(bad_verb(
                    format!("Không có verb “{other}” trong OAI-PMH 2.0."),
                    format!("OAI-PMH 2.0 has no verb “{other}”."),
                ));
            }
        };
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in arguments.iter().filter(|(name, _)| *name != "verb") {
            if !takes.contains(name) {
                return Err(Fault::argument(
                    format!("{verb} không nhận tham số “{name}”."),
                    format!("{verb} takes no argument “{name}”."),
                ));
            }
            if seen.contains(name) {
                return Err(Fault::argument(
                    format!("Tham số “{name}” có hơn một lần."),
                    format!("The argument “{name}” is there more than once."),
                ));
            }
            seen.push(name);
        }
        let get = |name: &str| arguments.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        let needed = |name: &str| {
            get(name).ok_or_else(|| {
                Fault::argument(format!("{verb} cần tham số “{name}”."), format!("{verb} needs the argument “{name}”."))
            })
        };
        match *verb {
            "Identify" => Ok(Self::Identify),
            "ListMetadataFormats" => Ok(Self::ListMetadataFormats { identifier: get("identifier") }),
            "ListSets" => Ok(Self::ListSets { token: get("resumptionToken") }),
            "GetRecord" => {
                Ok(Self::GetRecord { identifier: needed("identifier")?, format: format(&needed("metadataPrefix")?)? })
            }
            verb => {
                let records = verb == "ListRecords";
                if let Some(token) = get("resumptionToken") {
                    if seen.len() > 1 {
                        return Err(Fault::argument(
                            "resumptionToken phải đứng một mình.",
                            "A resumptionToken excludes all other arguments.",
                        ));
                    }
                    return Ok(Self::Resume { records, token });
                }
                let prefix = needed("metadataPrefix")?;
                let (from, until) = (date("from", get("from"))?, date("until", get("until"))?);
                if let (Some(from), Some(until)) = (from, until) {
                    if from.is_day != until.is_day {
                        return Err(Fault::argument(
                            "from và until phải ghi cùng một kiểu ngày giờ.",
                            "from and until must have the same granularity.",
                        ));
                    }
                    if from.first > until.first {
                        return Err(Fault::argument(
                            "from phải không sau until.",
                            "from must not be later than until.",
                        ));
                    }
                }
                Ok(Self::List { records, from, until, set: get("set"), format: format(&prefix)? })
            }
        }
    }
}

fn date(name: &str, text: Option<String>) -> Result<Option<Asked>, Fault> {
    let Some(text) = text else { return Ok(None) };
    Asked::parse(&text).map(Some).ok_or_else(|| {
        Fault::argument(
            format!("“{name}” phải có dạng 2026-11-24 hoặc 2026-11-24T07:30:00Z."),
            format!("“{name}” must look like 2026-11-24 or 2026-11-24T07:30:00Z."),
        )
    })
}

fn format(prefix: &str) -> Result<Format, Fault> {
    Format::of(prefix).ok_or_else(|| {
        Fault::new(
            "cannotDisseminateFormat",
            format!("Không có dạng “{prefix}”; có oai_dc và lom."),
            format!("There is no format “{prefix}”; there are oai_dc and lom."),
        )
    })
}

fn bad_verb(vi: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault::new("badVerb", vi, en)
}
