//! A page with every widget, for the renderer's tests.

use tram_sdk::contract::page::*;
use tram_sdk::{Request, Text};

fn text(vi: &str, en: &str) -> Text {
    Text::vi_en(vi, en)
}

/// Every widget of the contract once.
pub(crate) fn page() -> Page {
    let link = || vec![Link::new(text("Về đầu", "Back"), "widgets")];
    let field = |kind: &str| FormField {
        name: format!("f-{kind}"),
        label: kind.into(),
        kind: kind.into(),
        help: text("Viết gì cũng được", "Write anything"),
        choices: if matches!(kind, "select" | "radio") {
            vec![
                Choice { value: "1".into(), label: text("Một", "One") },
                Choice { value: "2".into(), label: text("Hai", "Two") },
            ]
        } else {
            vec![]
        },
        ..Default::default()
    };
    let widgets = vec![
        Widget::Heading { level: 2, text: text("Đề mục", "Heading") },
        Widget::Paragraph { text: text("Một đoạn văn.\nDòng hai.", "A paragraph.\nLine two."), quiet: false },
        Widget::Notice { tone: Tone::Warning, text: text("Chú ý", "Take care"), links: link() },
        Widget::SearchBox(SearchBox {
            action: "widgets".into(),
            name: "q".into(),
            label: text("Tìm", "Search"),
            ..Default::default()
        }),
        Widget::Cards(Cards {
            label: text("Kết quả", "Hits"),
            first: 11,
            cards: vec![Card {
                title: "Dế mèn phiêu lưu ký".into(),
                href: "widgets".into(),
                subtitle: "Tô Hoài".into(),
                facts: vec!["Kim Đồng".into(), "2019".into()],
                snippet: Some(Marked { text: "Dế mèn phiêu lưu".into(), marks: vec![(0, 4)] }),
                badges: vec![Badge { text: text("Có sẵn", "Available"), tone: Tone::Good }],
                cover: Some(Cover { blob: None, title: "Dế mèn".into(), author: "Tô Hoài".into() }),
                count: Some(3),
            }],
        }),
        Widget::Facets {
            groups: vec![FacetGroup {
                label: text("Năm", "Year"),
                choices: vec![FacetChoice {
                    label: "2019".into(),
                    count: 2,
                    href: "widgets?year=2019".into(),
                    chosen: true,
                }],
            }],
        },
        Widget::Details {
            rows: vec![DetailRow {
                label: text("Tác giả", "Author"),
                values: vec![DetailValue { text: "Tô Hoài".into(), href: Some("widgets".into()) }],
            }],
        },
        Widget::Table(Table {
            caption: text("Bảng", "Table"),
            columns: vec![Column { label: text("Số", "Number"), numeric: true }],
            rows: vec![vec![Cell { text: "1".into(), href: None, tone: Some(Tone::Bad) }]],
        }),
        Widget::Form(Form {
            action: "widgets".into(),
            fields: [
                "text", "textarea", "number", "date", "year", "select", "checkbox", "radio", "password", "pin", "scan",
                "file", "hidden", "email", "search",
            ]
            .map(field)
            .into(),
            submit: text("Gửi", "Send"),
            ..Default::default()
        }),
        Widget::Actions {
            actions: vec![Action {
                label: text("Xóa", "Delete"),
                href: "widgets".into(),
                post: true,
                tone: Tone::Bad,
                confirm: Some(text("Xóa thật?", "Really delete?")),
                values: vec![("id".into(), "1".into())],
                print: false,
            }],
        },
        Widget::Code { text: "245 10 $a Dế mèn <phiêu lưu> & ký".into() },
        Widget::Tabs { tabs: vec![Tab { label: "MARC".into(), href: "widgets".into(), current: true }] },
        Widget::Pager(Pager { previous: None, next: Some("widgets?page=2".into()), position: "1-10 / 34".into() }),
        Widget::Progress(Progress { job: "none".into(), done: 1, total: 3, ..Default::default() }),
        Widget::Empty { text: text("Chưa có gì", "Nothing yet"), links: link() },
        Widget::Cover { blob: None, title: "Dế mèn".into(), author: "Tô Hoài".into() },
        Widget::Steps { steps: vec![text("Bước một", "Step one"), text("Bước hai", "Step two")] },
        Widget::Figures { figures: vec![Figure { value: "34".into(), label: text("Sách", "Books"), href: None }] },
        Widget::Disclosure {
            summary: text("Thêm", "More"),
            open: false,
            widgets: vec![Widget::Paragraph { text: "…".into(), quiet: true }],
        },
    ];
    Page::new(text("Mọi thành phần", "Every widget"), widgets)
}

/// What came with a form.
pub(crate) fn echo(request: &Request) -> Page {
    let fields = request.form.iter().map(|field| (field.name.clone(), field.value.clone()));
    let uploads = request.uploads.iter().map(|upload| {
        (upload.field.clone(), format!("{} {} {} {}", upload.name, upload.media_type, upload.size, upload.blob))
    });
    let rows = fields
        .chain(uploads)
        .map(|(name, value)| DetailRow {
            label: name.into(),
            values: vec![DetailValue { text: value.into(), href: None }],
        })
        .collect();
    Page::new(text("Đã nhận", "Received"), vec![Widget::Details { rows }])
}
