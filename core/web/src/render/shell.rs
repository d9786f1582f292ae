//! The document around a page: head, header with menu and search, footer.

use maud::{DOCTYPE, Markup, html};
use tram_contract::page::{Page, Widget};

use super::{MenuItem, Renderer, Theme, any_widget, links};
use crate::language::Language;
use crate::query;

/// Seconds after which a page with a running job reloads where scripts are off.
const REFRESH: u32 = 3;

pub(super) fn document(r: &Renderer<'_>, page: &Page, extra: Option<Markup>) -> Markup {
    let frame = r.frame;
    let title = r.text(&page.title);
    let running = any_widget(&page.widgets, &|w| matches!(w, Widget::Progress(progress) if progress.running));
    let views = any_widget(&page.widgets, &|w| matches!(w, Widget::Viewer(_)));
    let searches = any_widget(&page.widgets, &|w| matches!(w, Widget::SearchBox(_)));
    html! {
        (DOCTYPE)
        html lang=(frame.language.code()) data-theme=(frame.theme.word()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { @if !title.is_empty() { (title) " · " } (frame.station) }
                link rel="stylesheet" href=(frame.style);
                link rel="icon" type="image/svg+xml" href=(frame.icon);
                @if running {
                    noscript { meta http-equiv="refresh" content=(REFRESH); }
                }
                script src=(frame.script) defer {}
                @if views { script src=(frame.viewers) defer {} }
            }
            body data-idle=[frame.idle] data-idle-warning=[frame.idle.map(|_| r.say("idle.warning"))]
                data-idle-stay=[frame.idle.map(|_| r.say("idle.stay"))] {
                a.skip href="#main" { (r.say("shell.skip")) }
                (header(r, searches))
                div.page.has-aside[!page.aside.is_empty()] {
                    main #main tabindex="-1" {
                        @if !page.breadcrumbs.is_empty() {
                            nav.crumbs aria-label=(r.say("shell.breadcrumbs")) {
                                ol {
                                    @for link in &page.breadcrumbs {
                                        li { (r.anchor(r.text(&link.text), &link.href)) }
                                    }
                                }
                            }
                        }
                        h1 class=[page.bare.then_some("hidden")] { (title) }
                        (r.widgets(&page.widgets))
                        @if let Some(extra) = &extra { (extra) }
                    }
                    @if !page.aside.is_empty() {
                        aside aria-label=(r.say("shell.aside")) {
                            // Open where there is room (by script and style), folded on
                            // a phone; without script it is open.
                            details.fold open data-fold {
                                summary { (r.say("shell.aside")) }
                                (r.widgets(&page.aside))
                            }
                        }
                    }
                }
                (footer(r))
            }
        }
    }
}

fn header(r: &Renderer<'_>, searches: bool) -> Markup {
    let frame = r.frame;
    html! {
        header.top {
            div.bar {
                a.brand href="/" {
                    svg.mark viewBox="0 0 32 32" aria-hidden="true" focusable="false" {
                        path d="M16 29c-.6-7 .3-12.5 2.2-17" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" {}
                        path d="M18 12c-4.5-5.2-9.2-5.6-13-2.4 4.6-.7 8.6.1 13 2.4zM18 12c.3-5.8-2.5-8.6-7.6-9.4 3.7 2.2 6 5.2 7.6 9.4zM18 12c1.5-5.4 5.2-7.5 10-6.3-4 .9-7 3-10 6.3zM18 12c5.3-1.6 9.3.1 11.6 4.7-3.6-2.9-7.2-4.3-11.6-4.7z" fill="currentColor" {}
                    }
                    span { (frame.station) }
                }
                @if !searches && !frame.setup {
                    form.quick role="search" action="/search" method="get" {
                        input type="search" name="q" aria-label=(r.say("search.label")) placeholder=(r.say("search.label"))
                            autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search" maxlength="200";
                        button type="submit" { (r.say("search.button")) }
                    }
                }
                @if !frame.setup { div.who {
                    @match frame.reader {
                        Some(name) => {
                            a href="/me" { (name) }
                            form action="/sign-out" method="post" data-sign-out {
                                input type="hidden" name="_token" value=(frame.tokens.shell());
                                button.plain type="submit" { (r.say("sign-out.button")) }
                            }
                        }
                        None => { a href="/sign-in" { (r.say("sign-in.link")) } }
                    }
                } }
            }
            @if !frame.menu.is_empty() && !frame.setup {
                nav.menu aria-label=(r.say("shell.menu")) {
                    ul {
                        @for item in frame.menu {
                            li { a href=(item.href) aria-current=[current(r, item)] { (r.text(&item.label)) } }
                        }
                    }
                }
            }
            @if frame.demo { p.banner { (r.say("shell.demo")) } }
        }
    }
}

/// The entry whose path is the longest one at or above this page is the current one.
fn current(r: &Renderer<'_>, item: &MenuItem) -> Option<&'static str> {
    let address = r.frame.address;
    let above = |item: &&MenuItem| links::is_below(&item.href, address);
    let longest = r.frame.menu.iter().filter(above).max_by_key(|item| item.href.len())?;
    (longest.href == item.href).then_some("page")
}

fn footer(r: &Renderer<'_>) -> Markup {
    let frame = r.frame;
    html! {
        footer.bottom {
            @if frame.plain {
                p { (r.say("shell.plain")) " " a href="/tls" { (r.say("shell.plain-link")) } }
            }
            ul.row {
                @for language in Language::ALL {
                    li {
                        a href=(query::with(frame.address, "lang", language.code())) lang=(language.code()) hreflang=(language.code())
                            aria-current=[(language == frame.language).then_some("true")] { (language.own_name()) }
                    }
                }
            }
            ul.row data-themes {
                @for (theme, label) in [
                    (Theme::Light, r.say("theme.light")), (Theme::Dark, r.say("theme.dark")), (Theme::Device, r.say("theme.device")),
                ] {
                    li {
                        a href=(query::with(frame.address, "theme", theme.word())) data-theme-choice=(theme.word())
                            aria-current=[(theme == frame.theme).then_some("true")] { (label) }
                    }
                }
            }
            p.quiet { (r.say("shell.name")) }
        }
    }
}
