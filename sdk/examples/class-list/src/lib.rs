//! Class lists: reads persons from the directory, field by field.
//!
//! The manifest asks for `name` and `classes`. The page of birthdays asks for the
//! birth date as well: the station refuses that one call with `not-granted`, and
//! the page says so. It is here to show that a plugin cannot see more than the
//! administrator agreed to, whatever its code tries.

use tram_sdk::contract::page::{Cell, Column, Link, Table as List, Tone};
use tram_sdk::prelude::*;
use tram_sdk::{code, directory, value};

/// The plugin.
pub struct ClassList;

impl Pages for ClassList {
    fn page(request: Request) -> Result<Response> {
        let class = request.param("class").unwrap_or_default();
        match request.route.as_str() {
            "classes" => classes(),
            "class" => list(class),
            "birthdays" => birthdays(class),
            other => Err(Error::not_found(other)),
        }
    }
}

fn title() -> Text {
    Text::vi_en("Danh sách lớp", "Class lists")
}

fn classes() -> Result<Response> {
    let rows = directory::groups("class")?
        .into_iter()
        .map(|class| vec![Cell { text: class.name.into(), href: Some(format!("classes/{}", class.id)), tone: None }])
        .collect();
    let columns = vec![Column { label: Text::vi_en("Lớp", "Class"), numeric: false }];
    Ok(Response::page(&Page::new(title(), vec![Widget::Table(List { caption: title(), columns, rows })])))
}

fn list(class: &str) -> Result<Response> {
    let columns = vec![
        Column { label: Text::vi_en("Số thứ tự", "Number"), numeric: true },
        Column { label: Text::vi_en("Họ và tên", "Name"), numeric: false },
        Column { label: Text::vi_en("Lớp", "Class"), numeric: false },
        Column { label: Text::vi_en("Có mặt", "Present"), numeric: false },
    ];
    let rows = directory::members(class, &["name", "classes"])?
        .iter()
        .enumerate()
        .map(|(at, person)| {
            let field = |name| Cell { text: value(&person.fields, name).unwrap_or_default().into(), ..Cell::default() };
            vec![
                Cell { text: (at + 1).to_string().into(), ..Cell::default() },
                field("name"),
                field("classes"),
                Cell::default(),
            ]
        })
        .collect();
    let back = vec![Link::new(title(), ".")];
    let page = Page::new(title(), vec![Widget::Table(List { caption: title(), columns, rows })]);
    Ok(Response::page(&Page { breadcrumbs: back, ..page }))
}

fn birthdays(class: &str) -> Result<Response> {
    match directory::members(class, &["name", "birth"]) {
        Ok(_) => Err(Error::new("too-much-granted", "the station answered a field that was never asked for")),
        Err(error) if error.code == code::NOT_GRANTED => {
            let text = Text::vi_en(
                "Máy chủ không cho xem ngày sinh: bản khai của phần mở rộng này không xin.",
                "The server does not show birth dates: this plugin's manifest does not ask for them.",
            );
            let notice = Widget::Notice { tone: Tone::Warning, text, links: vec![Link::new(title(), ".")] };
            Ok(Response::page(&Page::new(title(), vec![notice])).status(403))
        }
        Err(error) => Err(error),
    }
}

tram_sdk::export!(ClassList: pages);

#[cfg(test)]
mod tests {
    use super::*;
    use tram_sdk::mock;

    fn school() {
        mock::reset();
        mock::install(include_str!("../plugin.toml")).unwrap();
        mock::add_person("an", &[("name", "Nguyễn Thị An"), ("classes", "6A"), ("birth", "2014-03-02")]);
        mock::add_group("6a", "class", "6A", &["an"]);
    }

    fn page(route: &str) -> (u16, String) {
        let request = mock::get(route, "/").param("class", "6a").by(mock::person("co", &["class-list.example.see"]));
        let reply = mock::call(ClassList::page, request).unwrap();
        let tram_sdk::Body::Page(page) = reply.body else { panic!("a page") };
        (reply.status, String::from_utf8(page).unwrap())
    }

    #[test]
    fn a_list_has_names_and_classes() {
        school();
        assert!(page("classes").1.contains("6A"));
        let (status, list) = page("class");
        assert_eq!(status, 200);
        assert!(list.contains("Nguyễn Thị An"));
    }

    #[test]
    fn the_birth_date_is_refused() {
        school();
        let (status, shown) = page("birthdays");
        assert_eq!(status, 403);
        assert!(!shown.contains("2014"));
    }
}
