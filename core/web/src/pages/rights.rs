//! The form on which an administrator decides about a plugin: each right by itself
//! with the vendor's reason, and its limits.

use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_contract::page::FormField;
use tram_host::{Ceilings, Consent, Decided};

use super::ShellForm;
use crate::messages;

/// Fields for the rights, those that reach beyond the plugin's own data first.
pub(super) fn fields(rights: &[Decided]) -> Vec<FormField> {
    let mut group = None;
    rights
        .iter()
        .map(|decided| {
            let weighty = decided.right.weighty;
            let begins = group.replace(weighty) != Some(weighty);
            let heading = match (begins, weighty) {
                (false, _) => Text::default(),
                (true, true) => messages::text("admin.rights-beyond"),
                (true, false) => messages::text("admin.rights-own"),
            };
            let reason = &decided.right.purpose;
            FormField {
                name: decided.right.key(),
                kind: "checkbox".into(),
                label: decided.right.what.clone(),
                help: Text::vi_en(
                    messages::text_with("admin.reason", &[("reason", reason.get("vi"))]).get("vi"),
                    messages::text_with("admin.reason", &[("reason", reason.get("en"))]).get("en"),
                ),
                value: if decided.granted { "1".into() } else { String::new() },
                group: heading,
                ..FormField::default()
            }
        })
        .collect()
}

/// A limit in the form: name, label, what may be typed, unit.
struct Limit {
    name: &'static str,
    label: Text,
    least: u32,
    most: u32,
    unit: &'static str,
}

fn limits() -> [Limit; 3] {
    [
        Limit {
            name: "limit-storage",
            label: messages::text("admin.limit-storage"),
            least: 1,
            most: Ceilings::MOST_STORAGE,
            unit: "MB",
        },
        Limit {
            name: "limit-memory",
            label: messages::text("admin.limit-memory"),
            least: 4,
            most: Ceilings::MOST_MEMORY,
            unit: "MB",
        },
        Limit {
            name: "limit-time",
            label: messages::text("admin.limit-time"),
            least: 50,
            most: Ceilings::MOST_TIME,
            unit: "ms",
        },
    ]
}

/// Fields for the limits, as they were set; empty is the plugin's own.
pub(super) fn limit_fields(set: Ceilings, manifest: &Manifest) -> Vec<FormField> {
    let own = &manifest.limits;
    let values = [(set.storage, own.storage), (set.memory, own.memory), (set.time, own.time)];
    limits()
        .into_iter()
        .zip(values)
        .enumerate()
        .map(|(at, (limit, (set, own)))| {
            let unit = limit.unit;
            let own = own.map_or_else(|| messages::text("admin.usual"), |own| Text::from(format!("{own} {unit}")));
            let help = |language: &str| {
                let (least, most) = (limit.least.to_string(), limit.most.to_string());
                let words =
                    [("own", own.get(language)), ("least", least.as_str()), ("most", most.as_str()), ("unit", unit)];
                messages::text_with("admin.limit-help", &words).get(language).to_owned()
            };
            FormField {
                name: limit.name.into(),
                kind: "number".into(),
                label: limit.label,
                help: Text::vi_en(help("vi"), help("en")),
                value: set.map(|set| set.to_string()).unwrap_or_default(),
                group: if at == 0 { messages::text("admin.limits") } else { Text::default() },
                ..FormField::default()
            }
        })
        .collect()
}

/// What was decided in a form; an error names the limit that cannot be.
pub(super) fn decided(form: &ShellForm, manifest: &Manifest) -> Result<Consent, Text> {
    let mut consent = Consent::chosen(manifest, |key| form.get(key) == "1");
    consent.replace_publisher = form.get("replace-publisher") == "1";
    let mut set = [None; 3];
    for (limit, place) in limits().into_iter().zip(&mut set) {
        let typed = form.get(limit.name);
        if typed.is_empty() {
            continue;
        }
        let number = typed.parse::<u32>().ok().filter(|number| (limit.least..=limit.most).contains(number));
        if number.is_none() {
            let (least, most) = (limit.least.to_string(), limit.most.to_string());
            let words = |language: &str| {
                let values =
                    [("limit", limit.label.get(language)), ("least", &least), ("most", &most), ("unit", limit.unit)];
                messages::text_with("admin.limit-wrong", &values).get(language).to_owned()
            };
            return Err(Text::vi_en(words("vi"), words("en")));
        }
        *place = number;
    }
    let [storage, memory, time] = set;
    consent.ceilings = Ceilings { memory, time, storage };
    Ok(consent)
}
