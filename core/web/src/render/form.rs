//! Forms: labels, help, errors that are read out with their field, host tokens.

use maud::{Markup, html};
use tram_contract::page::{Form, FormField};

use super::{Renderer, links, uploads};

/// What one input needs to know about its label, help and error.
struct Wiring<'a> {
    id: &'a str,
    described: Option<String>,
    invalid: Option<&'static str>,
}

impl Renderer<'_> {
    pub(super) fn form(&self, form: &Form) -> Markup {
        let Some(action) = self.link(&form.action) else { return html! {} };
        let get = form.method.eq_ignore_ascii_case("get");
        let files = form.fields.iter().any(|field| field.kind == "file");
        let ids: Vec<String> = form.fields.iter().map(|_| self.id()).collect();
        let wrong: Vec<(&FormField, &String)> =
            form.fields.iter().zip(&ids).filter(|(field, _)| field.error.is_some()).collect();
        html! {
            form.fields.inline[form.inline] action=(action) method=(if get { "get" } else { "post" })
                enctype=[(files && !get).then_some("multipart/form-data")]
                data-upload=[(files && !get).then_some(self.say("upload.sending"))] {
                @if !get { (self.token(&action)) }
                @if form.error.is_some() || wrong.len() > 1 {
                    div.notice.bad role="alert" {
                        span.sign aria-hidden="true" { "✕" }
                        div {
                            @match &form.error {
                                Some(error) => { p.text { (self.text(error)) } }
                                None => { p { (self.say("form.errors")) } }
                            }
                            @if wrong.len() > 1 {
                                ul { @for (field, id) in &wrong { li { a href={ "#" (id) } { (self.text(&field.label)) } } } }
                            }
                        }
                    }
                }
                @for (field, id) in form.fields.iter().zip(&ids) {
                    @if !field.group.is_empty() { h2.group { (self.text(&field.group)) } }
                    (self.field(field, id))
                }
                div.actions { (self.submit(self.text(&form.submit), form.tone, form.confirm.as_ref())) }
            }
        }
    }

    /// The host's token, only in forms that go where the token is good for.
    pub(super) fn token(&self, action: &str) -> Markup {
        let frame = self.frame;
        let own = links::is_below(frame.base, action) || action.starts_with(['?', '#']);
        html! { @if own { input type="hidden" name="_token" value=(frame.tokens.form()); } }
    }

    fn field(&self, field: &FormField, id: &str) -> Markup {
        if field.kind == "hidden" {
            return html! { input type="hidden" name=(field.name) value=(field.value); };
        }
        let (label, help) = (self.text(&field.label), self.text(&field.help));
        let described: Vec<String> = [(!help.is_empty(), "h"), (field.error.is_some(), "e")]
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, part)| format!("{id}{part}"))
            .collect();
        let wiring = Wiring {
            id,
            described: (!described.is_empty()).then(|| described.join(" ")),
            invalid: field.error.is_some().then_some("true"),
        };
        let about = html! {
            @if !help.is_empty() { p.help #{ (id) "h" } { (help) } }
            @if let Some(error) = &field.error { p.error #{ (id) "e" } { span aria-hidden="true" { "✕ " } (self.text(error)) } }
        };
        let required = html! { @if field.required { span.required aria-hidden="true" { " *" } } };
        match field.kind.as_str() {
            "checkbox" => html! {
                div.field.check {
                    label for=(id) { (self.input(field, &wiring, "checkbox")) span { (label) (required) } }
                    (about)
                }
            },
            // The reader's own clock beside the one in `value`; the script fills it in.
            "clock" => html! {
                div.field data-clock=(field.value) data-same=(self.say("clock.same")) data-differs=(self.say("clock.differs")) {
                    p.label { (label) }
                    (about)
                    input type="hidden" name=(field.name) value="";
                    p role="status" data-clock-says { (self.say("clock.no-script")) }
                }
            },
            "radio" => html! {
                fieldset.field aria-describedby=[wiring.described.as_deref()] {
                    legend { (label) (required) }
                    @for (at, choice) in field.choices.iter().enumerate() {
                        label.choice {
                            input id=[(at == 0).then_some(id)] type="radio" name=(field.name) value=(choice.value)
                                checked[choice.value == field.value] required[field.required];
                            span { (self.text(&choice.label)) }
                        }
                    }
                    (about)
                }
            },
            _ => html! {
                div.field {
                    label for=(id) { (label) (required) }
                    (about)
                    (self.control(field, &wiring))
                }
            },
        }
    }

    fn control(&self, field: &FormField, wiring: &Wiring<'_>) -> Markup {
        match field.kind.as_str() {
            "textarea" => html! {
                textarea #(wiring.id) name=(field.name) rows="4" required[field.required]
                    aria-describedby=[wiring.described.as_deref()] aria-invalid=[wiring.invalid] { "\n" (field.value) }
            },
            "select" => html! {
                select #(wiring.id) name=(field.name) required[field.required]
                    aria-describedby=[wiring.described.as_deref()] aria-invalid=[wiring.invalid] {
                    @for choice in &field.choices {
                        option value=(choice.value) selected[choice.value == field.value] { (self.text(&choice.label)) }
                    }
                }
            },
            "file" if !field.upload.is_empty() && !self.frame.base.is_empty() => html! {
                div.uploads data-uploads=(field.upload) data-plugin=(links::plugin_of(self.frame.base))
                    data-folders[field.folders] data-words=(uploads::words(self.frame.language)) {
                    (self.file_input(field, wiring))
                    p.quiet { a href="/upload/" { (self.say("upload.own")) } }
                }
            },
            "file" => self.file_input(field, wiring),
            kind @ ("number" | "date" | "password" | "email" | "search") => self.input(field, wiring, kind),
            _ => self.input(field, wiring, "text"),
        }
    }

    fn file_input(&self, field: &FormField, wiring: &Wiring<'_>) -> Markup {
        html! {
                input #(wiring.id) type="file" name=(field.name) accept=[(!field.accept.is_empty()).then_some(&field.accept)]
                    multiple[field.multiple] required[field.required]
                    aria-describedby=[wiring.described.as_deref()] aria-invalid=[wiring.invalid];
        }
    }

    fn input(&self, field: &FormField, wiring: &Wiring<'_>, kind: &str) -> Markup {
        let scan = field.kind == "scan";
        let digits = matches!(field.kind.as_str(), "pin" | "year");
        let autocomplete = match field.kind.as_str() {
            _ if !field.autocomplete.is_empty() => Some(field.autocomplete.as_str()),
            "scan" | "pin" => Some("off"),
            _ => None,
        };
        let checkbox = kind == "checkbox";
        html! {
            input #(wiring.id) type=(if field.kind == "pin" { "password" } else { kind }) name=(field.name)
                value=(if checkbox { "1" } else { field.value.as_str() })
                checked[checkbox && matches!(field.value.as_str(), "1" | "true" | "on")]
                inputmode=[digits.then_some("numeric")] pattern=[(field.kind == "year").then_some("[0-9]{4}")]
                maxlength=[(field.kind == "year").then_some("4")] step=[(kind == "number").then_some("any")]
                autocomplete=[autocomplete] autocapitalize=[scan.then_some("off")] spellcheck=[scan.then_some("false")]
                data-scan[scan] required[field.required]
                aria-describedby=[wiring.described.as_deref()] aria-invalid=[wiring.invalid];
        }
    }
}
