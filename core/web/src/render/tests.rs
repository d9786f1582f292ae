//! Each widget as it is written; the snapshots are read when they change.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

// Named beside the glob, because the renderer's own `Cell` is the standard library's.
use tram_contract::page::Cell;
use tram_contract::page::*;

use super::*;

fn frame() -> Frame<'static> {
    Frame {
        language: Language::Vi,
        base: "/catalogue",
        address: "/catalogue/search?q=r%E1%BB%ABng",
        theme: Theme::Device,
        station: "Trường THCS Hương Dừa",
        menu: &[],
        reader: None,
        tokens: Box::leak(Box::new(Tokens::fixed("TOKEN", "SHELL"))),
        style: "/-/tram.css",
        script: "/-/tram.js",
        icon: "/-/icon.svg",
        viewers: "/-/viewer.js",
        frames: &[],
        idle: None,
        setup: false,
        demo: false,
        plain: false,
    }
}

fn widget(widget: Widget) -> String {
    widget_in(&frame(), widget)
}

fn widget_in(frame: &Frame<'_>, widget: Widget) -> String {
    let renderer = Renderer { frame, ids: std::cell::Cell::new(0), level: std::cell::Cell::new(1) };
    renderer.widgets(&[widget]).into_string().replace("><", ">\n<")
}

fn vi_en(vi: &str, en: &str) -> Text {
    Text::vi_en(vi, en)
}

#[test]
fn whole_page() {
    let mut frame = frame();
    let menu = [
        MenuItem { label: vi_en("Thư viện", "Library"), href: "/catalogue".into() },
        MenuItem { label: vi_en("Nhập sách", "Import"), href: "/catalogue/import".into() },
    ];
    frame.menu = &menu;
    frame.reader = Some("Nguyễn Thị <Lan>");
    frame.idle = Some(600);
    frame.plain = true;
    let mut page = Page::new(
        vi_en("Kết quả tìm", "Results"),
        vec![Widget::Paragraph { text: "Hai dòng\nchữ".into(), quiet: true }],
    );
    page.breadcrumbs = vec![Link::new(vi_en("Thư viện", "Library"), "")];
    page.aside = vec![Widget::Heading { level: 2, text: "Bên cạnh".into() }];
    insta::assert_snapshot!(super::page(&frame, &page, None).replace("><", ">\n<"));
}

#[test]
fn search_box() {
    insta::assert_snapshot!(widget(Widget::SearchBox(SearchBox {
        action: "search".into(),
        name: "q".into(),
        value: "đất \"rừng\"".into(),
        label: vi_en("Tìm sách", "Find books"),
        suggest: Some("suggest".into()),
        keep: vec![("sort".into(), "title".into())],
    })));
}

#[test]
fn cards() {
    insta::assert_snapshot!(widget(Widget::Cards(Cards {
        label: vi_en("Kết quả", "Results"),
        first: 11,
        cards: vec![
            Card {
                title: "Đất rừng phương Nam <b>".into(),
                href: "records/1".into(),
                subtitle: "Đoàn Giỏi".into(),
                facts: vec!["Kim Đồng".into(), "1957".into()],
                snippet: Some(Marked { text: "rừng U Minh".into(), marks: vec![(0, 6), (5, 8), (400, 900)] }),
                badges: vec![Badge { text: vi_en("Còn trên kệ", "On the shelf"), tone: Tone::Good }],
                cover: Some(Cover {
                    blob: None, title: "Đất rừng phương Nam".into(), author: "Đoàn Giỏi".into()
                }),
                count: None,
            },
            Card {
                title: "Chờ duyệt".into(),
                href: "https://elsewhere.example".into(),
                count: Some(3),
                ..Card::default()
            },
        ],
    })));
}

#[test]
fn facets_fold_after_eight() {
    let choice = |at: u64| FacetChoice {
        label: format!("Mục {at}").into(),
        count: at,
        href: format!("?f={at}"),
        chosen: at == 2,
    };
    insta::assert_snapshot!(widget(Widget::Facets {
        groups: vec![FacetGroup { label: "Tác giả".into(), choices: (1..=10).map(choice).collect() }]
    }));
}

#[test]
fn table_and_details() {
    let table = widget(Widget::Table(Table {
        caption: vi_en("Bản sách", "Copies"),
        columns: vec![
            Column { label: "Số ĐKCB".into(), numeric: false },
            Column { label: "Số lần mượn".into(), numeric: true },
        ],
        rows: vec![vec![
            Cell { text: "TK.00001".into(), href: Some("copies/1".into()), tone: None },
            Cell { text: "7".into(), href: None, tone: Some(Tone::Warning) },
        ]],
    }));
    let details = widget(Widget::Details {
        rows: vec![DetailRow {
            label: "Tác giả".into(),
            values: vec![
                DetailValue { text: "Tô Hoài".into(), href: Some("search?a=1".into()) },
                DetailValue { text: "Tạ Huy Long".into(), href: None },
            ],
        }],
    });
    insta::assert_snapshot!(format!("{table}\n---\n{details}"));
}

#[test]
fn a_wide_table_names_its_cells_for_a_phone() {
    let columns = ["Lúc", "Ai", "Gì", "Của ai", "Ở đâu"].map(|label| Column { label: label.into(), numeric: false });
    let row = ["7:00", "Lan", "Ngày sinh", "An", ""].map(|text| Cell { text: text.into(), ..Cell::default() });
    insta::assert_snapshot!(widget(Widget::Table(Table {
        caption: vi_en("Ai đã xem", "Who has seen"),
        columns: columns.to_vec(),
        rows: vec![row.to_vec()],
    })));
}

fn every_field() -> Form {
    let field = |name: &str, kind: &str| FormField {
        name: name.into(),
        kind: kind.into(),
        label: format!("Nhãn {name}").into(),
        value: "1957".into(),
        ..FormField::default()
    };
    let choices =
        vec![Choice { value: "1956".into(), label: "Cũ".into() }, Choice { value: "1957".into(), label: "Mới".into() }];
    Form {
        action: "records".into(),
        fields: vec![
            FormField { required: true, help: "Viết như trên trang bìa.".into(), ..field("title", "text") },
            FormField { error: Some("Năm có bốn chữ số.".into()), ..field("year", "year") },
            FormField { group: "Bản sách".into(), ..field("note", "textarea") },
            FormField { choices: choices.clone(), ..field("kind", "select") },
            FormField { choices, error: Some("Chọn một.".into()), ..field("pick", "radio") },
            FormField { value: "1".into(), ..field("sure", "checkbox") },
            field("barcode", "scan"),
            field("pin", "pin"),
            field("born", "date"),
            FormField { autocomplete: "current-password".into(), ..field("secret", "password") },
            FormField { accept: ".mrc,.xml".into(), multiple: true, ..field("file", "file") },
            field("version", "hidden"),
            field("odd", "hologram"),
        ],
        submit: vi_en("Lưu", "Save"),
        tone: Tone::Primary,
        ..Form::default()
    }
}

#[test]
fn form_with_every_kind_of_field() {
    insta::assert_snapshot!(widget(Widget::Form(every_field())));
}

#[test]
fn a_form_elsewhere_carries_no_token() {
    let form = |action: &str, method: &str| {
        widget(Widget::Form(Form { action: action.into(), method: method.into(), ..every_field() }))
    };
    assert!(form("records", "post").contains("TOKEN"));
    assert!(!form("/records/marks", "post").contains("TOKEN"));
    assert!(!form("records", "get").contains("TOKEN"));
    assert!(!form("https://elsewhere.example/", "post").contains("<form"));
}

#[test]
fn actions() {
    let action = Action { label: vi_en("Xoá", "Delete"), href: "records/1/delete".into(), ..Action::default() };
    insta::assert_snapshot!(widget(Widget::Actions {
        actions: vec![
            Action { tone: Tone::Primary, ..action.clone() },
            Action {
                post: true,
                tone: Tone::Bad,
                confirm: Some(vi_en("Xoá 3 bản sách?", "Delete 3 copies?")),
                values: vec![("version".into(), "7".into())],
                ..action.clone()
            },
            Action { print: true, ..action },
        ]
    }));
}

#[test]
fn navigation_and_messages() {
    let parts = [
        widget(Widget::Tabs {
            tabs: vec![
                Tab { label: "Đọc".into(), href: "records/1".into(), current: true },
                Tab { label: "MARC".into(), href: "records/1/marc".into(), current: false },
            ],
        }),
        widget(Widget::Pager(Pager { previous: None, next: Some("?page=2".into()), position: "1–10 / 340".into() })),
        widget(Widget::Notice {
            tone: Tone::Bad,
            text: "Không lưu được.".into(),
            links: vec![Link::new("Thử lại", "records/1/edit")],
        }),
        widget(Widget::Empty { text: "Chưa có gì.".into(), links: vec![Link::new("Nhập sách", "import")] }),
        widget(Widget::Code { text: "=245  10$aTắt đèn & <x>".into() }),
        widget(Widget::Steps { steps: vec!["Một".into(), "Hai".into()] }),
        widget(Widget::Figures {
            figures: vec![Figure { value: "520".into(), label: "nhan đề".into(), href: Some("search".into()) }],
        }),
        widget(Widget::Disclosure { summary: "Thêm".into(), open: false, widgets: vec![Widget::Unknown] }),
        widget(Widget::Cover { blob: Some("abc123".into()), title: "x".into(), author: String::new() }),
        widget(Widget::Cover {
            blob: Some("../../x".into()), title: "Số đỏ".into(), author: "Vũ Trọng Phụng".into()
        }),
    ];
    insta::assert_snapshot!(parts.join("\n---\n"));
}

#[test]
fn progress_refreshes_by_itself_without_script_only_while_it_runs() {
    let progress = |running| {
        Widget::Progress(Progress {
            job: "j1".into(),
            done: 3,
            total: 10,
            message: "Đang đọc".into(),
            running,
            then: Some("imports/1".into()),
        })
    };
    insta::assert_snapshot!(widget(progress(true)));
    let page = |running| super::page(&frame(), &Page::new("x", vec![progress(running)]), None);
    assert!(page(true).contains("http-equiv=\"refresh\""));
    assert!(!page(false).contains("http-equiv") && !page(false).contains("data-job="));
}

#[test]
fn the_reader_gets_his_language() {
    let frame = Frame { language: Language::En, ..frame() };
    let html = super::page(&frame, &Page::new(vi_en("Sách", "Books"), Vec::new()), None);
    assert!(html.contains("lang=\"en\"") && html.contains(">Books</h1>") && html.contains("Skip to the content"));
}

#[test]
fn no_value_becomes_markup_or_inline_style() {
    let evil = "\"><script>alert(1)</script><a style=\"x\" onclick=\"y";
    let mut form = every_field();
    for field in &mut form.fields {
        field.label = evil.into();
        field.value = evil.into();
        field.name = evil.into();
        field.help = evil.into();
        field.autocomplete = evil.into();
    }
    let page = Page::new(
        evil,
        vec![
            Widget::Form(form),
            Widget::Code { text: evil.into() },
            Widget::Cover { blob: None, title: evil.into(), author: evil.into() },
            Widget::Progress(Progress { job: evil.into(), running: true, ..Progress::default() }),
        ],
    );
    let html = super::page(&frame(), &page, None);
    assert!(!html.contains("<script>alert") && !html.contains("<a style") && !html.contains(" style=\""));
}

fn viewer(kind: &str, format: &str) -> Viewer {
    Viewer {
        kind: kind.into(),
        format: format.into(),
        title: "Bài <5>".into(),
        blob: "01A".into(),
        progress: Some("keep/1".into()),
        ..Viewer::default()
    }
}

#[test]
fn films_are_the_browsers_and_go_on_where_they_were() {
    let film = Viewer {
        poster: Some("01P".into()),
        tracks: vec![Track { label: "Tiếng Việt".into(), language: "vi".into(), blob: "01T".into() }],
        state: "{\"place\":7}".into(),
        ..viewer("video", "")
    };
    let html = widget(Widget::Viewer(film));
    for part in [
        "src=\"/catalogue/blob/01A\"",
        "poster=\"/catalogue/blob/01P\"",
        "<track kind=\"subtitles\" src=\"/catalogue/blob/01T\" srclang=\"vi\" label=\"Tiếng Việt\" default>",
        "data-state=\"{&quot;place&quot;:7}\"",
        "action=\"/catalogue/keep/1\" method=\"post\" data-progress",
        "name=\"_token\" value=\"TOKEN\"",
        "href=\"/catalogue/blob/01A\" download",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("<iframe") && !html.contains("style="));
}

#[test]
fn what_strangers_made_stands_in_a_frame_or_is_said_to_be_missing() {
    let known = [("01A".to_owned(), "http://tram.local:8081/NAME/".to_owned())];
    let frame = Frame { frames: &known, ..frame() };
    let lesson = Viewer { entry: "bài/a.html".into(), original: Some("01O".into()), ..viewer("package", "html") };
    let html = widget_in(&frame, Widget::Viewer(lesson.clone()));
    for part in [
        "src=\"http://tram.local:8081/NAME/b%C3%A0i/a.html\"",
        "title=\"Bài &lt;5&gt;\"",
        "sandbox=\"allow-scripts allow-forms allow-modals\"",
        "href=\"/catalogue/blob/01O\" download",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    // The flat form is of no use outside; the original is not known here.
    let bare = widget_in(&frame, Widget::Viewer(Viewer { original: None, ..lesson.clone() }));
    assert!(!bare.contains("download") && bare.contains("<iframe"), "{bare}");
    // No name was made for it, or its kind is not played.
    let gone = widget(Widget::Viewer(lesson));
    assert!(!gone.contains("<iframe") && gone.contains("Không mở được tệp này trên trang"), "{gone}");
    let kept = widget_in(&frame, Widget::Viewer(viewer("package", "qti-2")));
    assert!(!kept.contains("<iframe") && kept.contains("chưa mở được ngay trên trang"), "{kept}");
    // A state that no player can read is none.
    let odd = Viewer { state: "{".into(), ..viewer("package", "scorm-1.2") };
    let odd = widget_in(&frame, Widget::Viewer(odd));
    assert!(odd.contains("NAME/~/\"") && odd.contains("&quot;state&quot;:null"), "{odd}");
}
