#!/usr/bin/env python3
"""Writes the Excel and CSV files of this folder, as schools really have them.

    python3 -m venv VENV && VENV/bin/pip install openpyxl xlwt msoffcrypto-tool
    VENV/bin/python make_excel.py

Pupils and staff are those of the demonstration school
(core/tram/demo/school.toml), so that an import into an empty station makes them
and an import into the demonstration matches them. expected.json says what a
correct import takes and refuses in each file, row by row; rows are counted from
1 as Excel shows them. Everything is seeded and carries fixed dates, so a second
run writes the same bytes (but for the encrypted file, which is salted).
"""

import csv
import datetime as dt
import io
import json
import random
import re
import tomllib
import zipfile
from pathlib import Path

import msoffcrypto.format.ooxml
import xlwt
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side

from legacy_text import tcvn3, vni

HERE = Path(__file__).parent
BROKEN = HERE / "broken"
SCHOOL = tomllib.loads((HERE / "../../core/tram/demo/school.toml").read_text(encoding="utf-8"))
STAMP = (2026, 10, 15, 8, 0, 0)
EXPECTED = {}

CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
THIN = Border(*[Side(style="thin")] * 4)


def share_strings(members):
    """Excel keeps texts in one table, openpyxl writes them in their cells: moves
    them, since readers take another path for each."""
    table = {}

    def moved(match):
        number = table.setdefault(match.group(2), len(table))
        return b'%s t="s"><v>%d</v></c>' % (match.group(1), number)

    cell = re.compile(rb'(<c [^>]*?) t="inlineStr"><is>(<t[^>]*>.*?</t>)</is></c>', re.DOTALL)
    for name in members:
        if name.startswith("xl/worksheets/sheet"):
            members[name] = cell.sub(moved, members[name])
    main = b"http://schemas.openxmlformats.org/"
    members["xl/sharedStrings.xml"] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst xmlns="' + main + b'spreadsheetml/2006/main" '
        b'uniqueCount="%d">' % len(table) + b"".join(b"<si>" + text + b"</si>" for text in table) + b"</sst>")
    types = (b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
             b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>')
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", types)
    relation = (b'<Relationship Id="rIdStrings" Type="' + main + b'officeDocument/2006/relationships/sharedStrings" '
                b'Target="sharedStrings.xml"/></Relationships>')
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", relation)


def rewrite_zip(data, edit=None):
    """The same workbook with fixed dates and shared strings, after edit(name, bytes) on each member."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    if "xl/sharedStrings.xml" not in members:
        share_strings(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-10-15T08:00:00Z", content)
            if edit:
                content = edit(name, content)
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()


def save(book, name, cached=None):
    """cached gives formulas the value that Excel would have stored beside them."""
    buffer = io.BytesIO()
    book.save(buffer)

    def edit(_, content):
        for formula, value in (cached or {}).items():
            content = re.sub(
                rb"<f>" + re.escape(formula.encode()) + rb"</f><v ?/?>(</v>)?",
                b"<f>" + formula.encode() + b"</f><v>" + str(value).encode() + b"</v>",
                content,
            )
        return content

    data = rewrite_zip(buffer.getvalue(), edit)
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return data


def expect(name, **facts):
    EXPECTED[name] = facts


def put(sheet, row, column, value, font=None, number_format=None):
    cell = sheet.cell(row, column, value)
    if font:
        cell.font = font
    if number_format:
        cell.number_format = number_format
    return cell


# --- books -----------------------------------------------------------------


def books_list():
    """A librarian's own list: titles above the header, a header of two rows,
    headings between the rows, ranges of accession numbers, a total."""
    import unicodedata

    book = Workbook()
    sheet = book.active
    sheet.title = "Sách tham khảo"
    bold = Font(name="Times New Roman", size=13, bold=True)
    for row, (text, span) in {
        1: ("UBND XÃ HƯƠNG DỪA", "A1:D1"),
        2: ("TRƯỜNG THCS & THPT HƯƠNG DỪA", "A2:D2"),
        4: ("DANH MỤC SÁCH THAM KHẢO, SÁCH THIẾU NHI TRONG THƯ VIỆN", "A4:J4"),
        5: ("(Tính đến ngày 15 tháng 10 năm 2026)", "A5:J5"),
    }.items():
        put(sheet, row, 1, text, bold).alignment = CENTRE
        sheet.merge_cells(span)
    header = ["STT", "Số ĐKCB", "Tên sách", "Tác giả", "Xuất bản", None, "Số bản", "Giá tiền", "Môn loại", "Ghi chú"]
    for column, text in enumerate(header, 1):
        if text:
            put(sheet, 7, column, text, bold)
        if text != "Xuất bản" and text:
            sheet.merge_cells(start_row=7, end_row=8, start_column=column, end_column=column)
    sheet.merge_cells("E7:F7")
    put(sheet, 8, 5, "Nhà XB, năm", bold)
    put(sheet, 8, 6, "Nơi XB", bold)

    row = 9
    good, bad, total = [], [], 0

    def heading(text):
        nonlocal row
        put(sheet, row, 1, text, bold)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=10)
        row += 1

    number = 0

    def line(accession, title, author, published, place, copies, price, local, note=None, wrong=None, copies_read=None):
        nonlocal row, number, total
        number += 1
        for column, value in enumerate(
            [number, accession, title, author, published, place, copies, price, local, note], 1
        ):
            if value is not None:
                put(sheet, row, column, value).border = THIN
        if isinstance(copies, int):
            total += copies
        if wrong:
            bad.append({"row": row, "reason": wrong})
        else:
            good.append({"row": row, "title": unicodedata.normalize("NFC", " ".join(title.split())),
                         "accessions": copies_read})
        row += 1

    def span(first, last, prefix="TK"):
        return [f"{prefix}.{n:05}" for n in range(first, last + 1)]

    heading("I. VĂN HỌC VIỆT NAM")
    line("TK.00001 - TK.00005", "Đất rừng phương Nam", "Đoàn Giỏi", "NXB Kim Đồng, 2018", "H.", 5, 65000, "V23",
         copies_read=span(1, 5))
    line("TK.00006-TK.00008", "Số đỏ", "Vũ Trọng Phụng", "Văn học, 2015", "H.", 3, "45.000đ", "V23",
         copies_read=span(6, 8))
    line("TK.00009; TK.00010", "Tắt đèn", "Ngô Tất Tố", "NXB Văn học - 2016", "H", 2, 38000, "V23",
         copies_read=span(9, 10))
    line("TK.00011, 12, 13", "Chí Phèo", "Nam Cao", "Văn học 2017", "Hà Nội", 3, 52000, "V23",
         copies_read=span(11, 13))
    line("TK 00014 → TK 00016", "Hương rừng Cà Mau", "Sơn Nam", "NXB Trẻ, 2015", "TP.HCM", 3, 110000, "V23",
         copies_read=span(14, 16))
    line("TK.00017", "  Lục  Vân Tiên ", "Nguyễn Đình Chiểu", "NXB Văn học, 2012", "H.", 1, 30000, "V1",
         copies_read=span(17, 17))
    # Typed on a Mac: the marks are separate characters.
    line("TK.00018 - TK.00020", unicodedata.normalize("NFD", "Truyện Kiều"),
         unicodedata.normalize("NFD", "Nguyễn Du (Đào Duy Anh khảo chứng)"), "Văn học, 2013", "H.", 3, 60000, "V1",
         copies_read=span(18, 20))
    line("TK.00021 – TK.00023", "Thơ thơ -\nGửi hương cho gió", "Xuân Diệu", "NXB Hội Nhà văn, 2014", "H.", 3, 42000,
         "V21", copies_read=span(21, 23))
    row += 1
    line("TK.00024-28", "Tuyển tập truyện ngắn Việt Nam hiện đại", "Nhiều tác giả", 2019, None, 5, 98000, "V23",
         "Sách tặng", copies_read=span(24, 28))
    line("TK.00029", None, "Tô Hoài", "NXB Kim Đồng, 2017", "H.", 1, 50000, "ĐV23",
         wrong="title-missing")
    line("TK.00030 - TK.00031", "Vợ nhặt", "Kim Lân", "NXB Văn học, 20199", "H.", 2, 47000, "V23",
         wrong="year-out-of-range")
    heading("II. VĂN HỌC NƯỚC NGOÀI")
    line("TK.00032 - TK.00036", "Không gia đình", "Hector Malot; Huỳnh Lý dịch", "NXB Văn học, 2014", "H.", 5, 120000, "N",
         copies_read=span(32, 36))
    line("TK.00037-TK.00038", "Hoàng tử bé", "Saint-Exupéry, Antoine de", "NXB Hội Nhà văn, 2019", "H.", 2, 75000, "N",
         copies_read=span(37, 38))
    line("TK.00038", "Ông già và biển cả", "Hemingway", "NXB Văn học, 2016", "H.", 1, 40000, "N",
         wrong="accession-duplicate")
    line("TK.00045 - TK.00039", "Những tấm lòng cao cả", "Amicis, Edmondo De", "Văn học, 2015", "H.", 7, 55000, "N",
         wrong="accession-range-reversed")
    line("TK.00046 - TK.00048", "Robinson Crusoe", "Daniel Defoe", "[k.đ.], [k.n.]", None, 3, None, "N",
         "Mất bìa", copies_read=span(46, 48))
    row += 2
    heading("III. SÁCH THIẾU NHI")
    line("TN.00001 - TN.00006", "Dế Mèn phiêu lưu ký", "Tô Hoài", "Kim Đồng, 2019", "H.", 6, 50000, "ĐV23",
         copies_read=span(1, 6, "TN"))
    line("TN.00007 - TN.00010", "Kính vạn hoa. Tập 1", "Nguyễn Nhật Ánh", "NXB Kim Đồng, 2016", "H.", 4, 85000.0, "ĐV23",
         copies_read=span(7, 10, "TN"))
    line("TN.00011 - TN.00015", "Doraemon. Tập 1", "Fujiko F. Fujio", "NXB Kim Đồng,2020", "H.", 3, 22000, "ĐN",
         wrong="copies-differ-from-range")
    line("TN.00016", "Góc sân và khoảng trời", "Trần Đăng Khoa", "Kim Đồng, tái bản lần 3, 2017", "H.", 1, 32000, "ĐV21",
         copies_read=span(16, 16, "TN"))
    last = row - 1
    put(sheet, row, 1, "Tổng cộng", bold)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=6)
    formula = f"SUM(G9:G{last})"
    put(sheet, row, 7, "=" + formula, bold)
    row += 2
    put(sheet, row, 8, "Hương Dừa, ngày 15 tháng 10 năm 2026")
    put(sheet, row + 1, 8, "Người lập danh mục", bold)
    put(sheet, row + 5, 8, "Huỳnh Ngọc Lan", bold)
    book.create_sheet("Sheet2")
    for column, width in zip("ABCDEFGHIJ", (6, 24, 40, 28, 24, 10, 8, 12, 10, 14)):
        sheet.column_dimensions[column].width = width
    save(book, "books-danh-muc.xlsx", {formula: total})
    expect("books-danh-muc.xlsx", sheet="Sách tham khảo", header_rows=[7, 8], encoding="unicode",
           good=good, bad=bad, ignored="headings, empty rows, the total and the signature")


def books_register():
    """Sổ đăng ký cá biệt: one row a copy, all in TCVN3."""
    book = Workbook()
    sheet = book.active
    sheet.title = "So DKCB"
    text_font, head_font = Font(name=".VnTime", size=13), Font(name=".VnTimeH", size=12, bold=True)
    put(sheet, 1, 1, tcvn3("sổ đăng ký cá biệt sách tham khảo"), head_font)
    sheet.merge_cells("A1:I1")
    header = ["Ngày vào sổ", "Số ĐKCB", "Tên tác giả", "Tên sách", "Nhà xuất bản", "Nơi xuất bản",
              "Năm xuất bản", "Giá tiền", "Môn loại"]
    for column, text in enumerate(header, 1):
        put(sheet, 3, column, tcvn3(text), head_font)
    titles = [
        ("Nguyễn Minh Châu", "Dấu chân người lính", "Văn học", "Hà Nội", 2009, 42000, "V23", 2),
        ("Nguyên Ngọc", "Đất nước đứng lên", "Giáo dục", "Hà Nội", 2005, 18500, "V23", 3),
        ("Anh Đức", "Hòn Đất", "Văn nghệ", "TP. Hồ Chí Minh", 2003, 25000, "V23", 2),
        ("Tố Hữu", "Việt Bắc", "Văn học", "Hà Nội", 2002, 15000, "V21", 2),
        ("Phùng Quán", "Tuổi thơ dữ dội", "Kim Đồng", "Hà Nội", 2006, 66000, "ĐV23", 2),
        ("Vũ Ngọc Phan", "Tục ngữ, ca dao, dân ca Việt Nam", "Khoa học xã hội", "Hà Nội", 2001, 80000, "K", 1),
        ("Đỗ Tất Lợi", "Những cây thuốc và vị thuốc Việt Nam", "Y học", "Hà Nội", 2004, 250000, "61", 1),
        ("Bùi Hiển", "Nằm vạ", "Văn học", "Hà Nội", 2000, 21000, "V23", 1),
        ("Thế Lữ", "Vàng và máu", "Văn học", "Hà Nội", "1999", 17000, "V23", 1),
        ("Lê Lựu", "Thời xa vắng", "Hội Nhà văn", "Hà Nội", 2002, 39000, "V23", 1),
    ]
    row, accession, good, bad = 4, 101, [], []
    for author, title, publisher, place, year, price, local, copies in titles:
        numbers = []
        for _ in range(copies):
            date = dt.date(2009, 9, 15) if accession % 2 else "15/9/2009"
            values = [date, f"STK.{accession:05}", tcvn3(author), tcvn3(title), tcvn3(publisher), tcvn3(place),
                      year, price, tcvn3(local)]
            for column, value in enumerate(values, 1):
                put(sheet, row, column, value, text_font, "dd/mm/yyyy" if isinstance(value, dt.date) else None)
            numbers.append(f"STK.{accession:05}")
            accession += 1
            row += 1
        good.append({"title": title, "author": author, "accessions": numbers})
    put(sheet, row, 2, "STK.00101", text_font)
    put(sheet, row, 4, tcvn3("Truyện Tây Bắc"), text_font)
    bad.append({"row": row, "reason": "accession-duplicate"})
    row += 1
    put(sheet, row, 2, f"STK.{accession:05}", text_font)
    put(sheet, row, 3, tcvn3("Xuân Quỳnh"), text_font)
    bad.append({"row": row, "reason": "title-missing"})
    save(book, "books-so-dkcb-tcvn3.xlsx")
    expect("books-so-dkcb-tcvn3.xlsx", sheet="So DKCB", header_rows=[3], encoding="tcvn3", good=good, bad=bad,
           ignored="the title above the header; rows of one title are copies of one record")


def books_old_program():
    """Two sheets exported from an old library program, in VNI, behind a cover sheet."""
    book = Workbook()
    cover = book.active
    cover.title = "Bia"
    font = Font(name="VNI-Times", size=12)
    put(cover, 5, 2, vni("THƯ VIỆN TRƯỜNG THCS & THPT HƯƠNG DỪA"), font)
    put(cover, 6, 2, vni("Dữ liệu xuất từ phần mềm"), font)
    good, bad = [], []

    def sheet_of(name, header, rows):
        sheet = book.create_sheet(name)
        for column, text in enumerate(header, 1):
            put(sheet, 1, column, vni(text), Font(name="VNI-Times", size=12, bold=True))
        for offset, values in enumerate(rows):
            for column, value in enumerate(values, 1):
                if value is not None:
                    put(sheet, 2 + offset, column, vni(value) if isinstance(value, str) else value, font)
        return sheet

    header = ["Mã sách", "Nhan đề", "Tác giả", "NXB", "Năm XB", "Số trang", "Khổ", "DDC", "Từ khóa", "SL"]
    rows = [
        ("GK.00001-GK.00040", "Ngữ văn 6. Tập một", "Bùi Mạnh Hùng (tổng chủ biên)", "Giáo dục Việt Nam", "2021", None, "19x26,5cm", "807.1", "Sách giáo khoa; Ngữ văn", 40),
        ("GK.00041-GK.00080", "Toán 6. Tập một", "Hà Huy Khoái (tổng chủ biên)", "Giáo dục Việt Nam", "2021", None, "19x26,5cm", "510.71", "Sách giáo khoa; Toán", 40),
        ("GK.00081-GK.00120", "Lịch sử và Địa lí 6", "Vũ Minh Giang", "Giáo dục Việt Nam", 2021, None, "27 cm", "907.1", "Sách giáo khoa", 40),
        ("GK.00121-GK.00160", "Khoa học tự nhiên 6", None, "Giáo dục Việt Nam", "2021 ", None, "27", "507.1", "Sách giáo khoa", "40"),
        ("GK.00161", "Đường lên đỉnh Olympia", "Nhiều tác giả", None, "khoảng 2010", "200tr", None, None, None, 1),
    ]
    reasons = {}
    for offset, values in enumerate(rows):
        row = 2 + offset
        if row in reasons:
            continue
        good.append({"sheet": "SGK", "row": row, "title": values[1], "copies": int(values[9])})
    sheet_of("SGK", header, rows)
    rows = [
        ("NV.00001", "Sổ tay công tác chủ nhiệm lớp", "Nhiều tác giả", "Giáo dục", 2012, 150, "21 cm", "371.1", "Giáo viên chủ nhiệm", 1),
        ("NV.00002-NV.00003", "Phương pháp dạy học Ngữ văn", "Phan Trọng Luận", "Giáo dục", 2008, 320, "24 cm", "807.1", "Phương pháp dạy học; Ngữ văn", 2),
        ("NV.00004", "", "Trần Bá Hoành", "Giáo dục", 2003, None, "24 cm", "570.71", "Sinh học", 1),
        ("NV.00005-NV.00006", "Kỹ thuật dạy học tích cực ở trường phổ thông", "Nhiều tác giả", "Giáo dục", "19o8", None, "24 cm", "371.3", "Phương pháp dạy học", 2),
    ]
    sheet_of("Nghiep vu", header, rows)
    good += [{"sheet": "Nghiep vu", "row": 2, "title": rows[0][1], "copies": 1},
             {"sheet": "Nghiep vu", "row": 3, "title": rows[1][1], "copies": 2}]
    bad += [{"sheet": "Nghiep vu", "row": 4, "reason": "title-missing"},
            {"sheet": "Nghiep vu", "row": 5, "reason": "year-not-a-number"}]
    save(book, "books-phan-mem-cu-vni.xlsx")
    expect("books-phan-mem-cu-vni.xlsx", sheet="SGK, Nghiep vu", header_rows=[1], encoding="vni", good=good, bad=bad,
           ignored="the cover sheet Bia")


# --- pupils ----------------------------------------------------------------

COLUMNS = [
    "STT", "Lớp", "Mã học sinh", "Mã MOET", "Mã VEMIS", "Số đăng bộ", "Số định danh cá nhân", "Họ và tên",
    "Ngày sinh", "Giới tính", "Chỗ ở hiện nay", "Hộ khẩu thường trú", "Nơi sinh", "Quê quán",
    "Số CCCD", "Ngày cấp", "Nơi cấp", "Dân tộc", "Tôn giáo", "Diện chính sách", "Khuyết tật", "Hộ cận nghèo",
    "Đoàn viên", "Đội viên", "Con giáo viên",
    "Họ tên", "Nghề nghiệp", "Năm sinh", "Họ tên", "Nghề nghiệp", "Năm sinh", "Họ tên", "Nghề nghiệp", "Năm sinh",
    "Số điện thoại", "Email", "Ngày vào trường", "Ghi chú",
]
GROUPS = {15: ("Căn cước công dân", 17), 26: ("Cha", 28), 29: ("Mẹ", 31), 32: ("Người giám hộ", 34)}
EXPORTED = ["6A1", "6A2", "7A1"]


def pupils_of(classes):
    """The rows of the export in order, each a dict by column number and 'birth'."""
    people = {p["id"]: p for p in SCHOOL["person"]}
    members = {}
    for m in SCHOOL["membership"]:
        if m["group"].startswith("lop-") and m["role"] == "member" and "to" not in m:
            members.setdefault(m["group"], []).append(people[m["person"]])
    parents = {}
    for g in SCHOOL["guardian"]:
        parents.setdefault(g["of"], {})[g["relation"]] = people[g["person"]]["name"]
    rng = random.Random(38)
    hamlets = ["Ấp Rạch Dừa", "Ấp Cồn Lát", "Ấp Bình Thành", "Ấp Giồng Chùa", "Ấp Phú Lợi"]
    jobs = ["Làm vườn", "Nông dân", "Buôn bán", "Công nhân", "Thợ hồ", "Lái ghe", "Nội trợ", "Giáo viên"]
    rows = []
    for class_name in classes:
        for number, person in enumerate(members["lop-" + class_name.lower()], 1):
            year, month, day = (int(x) for x in person["birth"].split("-"))
            home = f"{rng.choice(hamlets)}, xã Hương Dừa"
            row = {
                1: number, 2: class_name, 3: person["code"], 4: "79" + person["code"], 6: f"{number:03}/{class_name}",
                # 999 is the code of no province: no living person has these numbers.
                7: f"999{year % 100:02}{int(person['code']) % 10000000:07}", 8: person["name"],
                10: "Nữ" if person["gender"] == "nữ" else "Nam", 11: home, 12: home,
                13: "Bến Tre" if rng.random() < 0.9 else "TP. Hồ Chí Minh", 14: "Bến Tre",
                18: "Khmer" if person["name"].startswith("Thạch") else "Hoa" if rng.random() < 0.03 else "Kinh",
                19: "Phật giáo" if rng.random() < 0.1 else "Không",
                24: "x", 37: f"05/09/{2026 - (int(class_name[0]) - 6)}",
            }
            if rng.random() < 0.06:
                row[20] = "Con thương binh"
            if rng.random() < 0.08:
                row[22] = "x"
            known = parents.get(person["id"], {})
            for column, relation in ((26, "cha"), (29, "mẹ"), (32, "bà")):
                if relation in known:
                    row[column] = known[relation]
                    row[column + 1] = rng.choice(jobs)
                    row[column + 2] = 1975 + rng.randrange(15) if relation != "bà" else 1955 + rng.randrange(8)
            # 0100 has been the start of no telephone number since 2018.
            row[35] = f"0100{rng.randrange(10**6):06}"
            row["birth"] = dt.date(year, month, day)
            rows.append(row)
    return rows


def pupil_sheet(rows, name, start=7):
    """An export of vnEdu's shape: a header of two merged rows below the school's title."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Danh sách học sinh"
    bold = Font(name="Times New Roman", size=12, bold=True)
    put(sheet, 1, 1, "SỞ GIÁO DỤC VÀ ĐÀO TẠO")
    sheet.merge_cells("A1:G1")
    put(sheet, 2, 1, "TRƯỜNG THCS & THPT HƯƠNG DỪA", bold)
    sheet.merge_cells("A2:G2")
    put(sheet, 1, 20, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold)
    sheet.merge_cells("T1:AB1")
    put(sheet, 2, 20, "Độc lập - Tự do - Hạnh phúc", bold)
    sheet.merge_cells("T2:AB2")
    put(sheet, 4, 1, "DANH SÁCH HỌC SINH NĂM HỌC 2026 - 2027", bold).alignment = CENTRE
    sheet.merge_cells("A4:AL4")
    put(sheet, 5, 1, "Khối 6, 7").alignment = CENTRE
    sheet.merge_cells("A5:AL5")
    grouped = set()
    for first, (text, last) in GROUPS.items():
        put(sheet, start, first, text, bold).alignment = CENTRE
        sheet.merge_cells(start_row=start, end_row=start, start_column=first, end_column=last)
        grouped |= set(range(first, last + 1))
    for column, text in enumerate(COLUMNS, 1):
        if column in grouped:
            put(sheet, start + 1, column, text, bold).alignment = CENTRE
        else:
            put(sheet, start, column, text, bold).alignment = CENTRE
            sheet.merge_cells(start_row=start, end_row=start + 1, start_column=column, end_column=column)
    row = start + 2
    for index, values in enumerate(rows):
        for column, value in values.items():
            if column == "birth":
                if isinstance(value, str):
                    put(sheet, row, 9, value)
                elif index % 4 == 3:
                    put(sheet, row, 9, value, number_format="dd/mm/yyyy")
                elif index % 7 == 2:
                    put(sheet, row, 9, f"{value.day}/{value.month}/{value.year}")
                else:
                    put(sheet, row, 9, value.strftime("%d/%m/%Y"))
            elif column == 35 and index % 5 == 4:
                put(sheet, row, 35, int(value))  # typed as a number: the zero in front is lost
            elif column == 3 and index % 11 == 5:
                put(sheet, row, 3, int(value))  # likewise the code
            elif value is not None:
                put(sheet, row, column, value)
        row += 1
    put(sheet, row + 1, 30, "Hương Dừa, ngày 05 tháng 10 năm 2026")
    put(sheet, row + 2, 30, "HIỆU TRƯỞNG", bold)
    put(sheet, row + 6, 30, "Phạm Thị Thu Hà", bold)
    save(book, name)
    return start + 2


def iso(value):
    return value.isoformat() if isinstance(value, dt.date) else value


def pupil_files():
    rows = pupils_of(EXPORTED)
    first = pupil_sheet(rows, "vnedu-38.xlsx")
    namesakes = [r for r in rows if r[2] == "6A1" and r[8] == "Nguyễn Thị Ngọc Hân"]
    expect("vnedu-38.xlsx", sheet="Danh sách học sinh", header_rows=[7, 8], first_row=first, columns=38,
           encoding="unicode", good_count=len(rows), bad=[],
           namesakes=[{"name": r[8], "class": r[2], "code": r[3], "birth": iso(r["birth"])} for r in namesakes],
           classes={c: sum(r[2] == c for r in rows) for c in EXPORTED})

    # The next export: three pupils changed, two came, one left; the header is a row lower.
    later = [dict(r) for r in rows]
    changed = []
    renamed = next(r for r in later if r[2] == "6A1" and r[8].startswith("Lê "))
    renamed[8] = renamed[8].replace("Lê ", "Lê Nguyễn ", 1)
    changed.append({"code": renamed[3], "field": "name", "new": renamed[8]})
    born = next(r for r in later if r[2] == "6A2")
    born["birth"] = dt.date(2015, 8, 8) if born["birth"] != dt.date(2015, 8, 8) else dt.date(2015, 8, 9)
    changed.append({"code": born[3], "field": "birth", "new": iso(born["birth"])})
    moved = [r for r in later if r[2] == "6A1"][-1]
    moved[2] = "6A2"
    changed.append({"code": moved[3], "field": "class", "new": "6A2"})
    left = [r for r in later if r[2] == "7A1"][10]
    later.remove(left)
    new = []
    for code, name, gender, birth, class_name in (
        ("26000901", "Phan Thị Bảo Trâm", "Nữ", dt.date(2015, 5, 30), "6A1"),
        ("25000902", "Kim Thanh Tùng", "Nam", dt.date(2014, 12, 2), "7A1"),
    ):
        row = {1: 31, 2: class_name, 3: code, 4: "79" + code, 7: f"999{birth.year % 100}{code[1:]}", 8: name, 10: gender,
               11: "Ấp Phú Lợi, xã Hương Dừa", 12: "Ấp Phú Lợi, xã Hương Dừa", 13: "Cần Thơ", 14: "Trà Vinh", 18: "Kinh",
               19: "Không", 24: "x", 37: "19/10/2026", 38: "Chuyển đến", "birth": birth}
        later.append(row)
        new.append({"code": code, "name": name, "class": class_name})
    later.sort(key=lambda r: EXPORTED.index(r[2]))
    first = pupil_sheet(later, "vnedu-38-lan-2.xlsx", start=8)
    expect("vnedu-38-lan-2.xlsx", sheet="Danh sách học sinh", header_rows=[8, 9], first_row=first, columns=38,
           encoding="unicode", good_count=len(later), bad=[], after="vnedu-38.xlsx", changed=changed, new=new,
           left=[{"code": left[3], "name": left[8], "class": left[2]}],
           unchanged=len(later) - len(changed) - len(new))

    # Rows that no import may take.
    wrong = [dict(r) for r in rows if r[2] == "6A1"][:10]
    reasons = []

    def spoil(index, reason, **cells):
        for column, value in cells.items():
            key = column if column == "birth" else int(column[1:])
            wrong[index][key] = value
        reasons.append({"row": 9 + index, "reason": reason})

    spoil(1, "name-missing", c8=None)
    spoil(2, "birth-impossible", birth="31/02/2015")
    spoil(4, "code-duplicate", c3=wrong[0][3])
    spoil(5, "class-missing", c2=None)
    spoil(6, "birth-in-the-future", birth="12/06/2051")
    spoil(8, "gender-unknown", c10="Nam/Nữ")
    pupil_sheet(wrong, "vnedu-38-loi.xlsx")
    expect("vnedu-38-loi.xlsx", sheet="Danh sách học sinh", header_rows=[7, 8], first_row=9, columns=38,
           encoding="unicode", good_count=len(wrong) - len(reasons), bad=reasons)

    header = ["STT", "Lớp", "Mã học sinh", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Số điện thoại"]

    def plain(r):
        return [r[1], r[2], r[3], r[8], r["birth"].strftime("%d/%m/%Y"), r[10], r[18], r[35]]

    chosen = [r for r in rows if r[2] == "6A1"]
    with open(HERE / "pupils-utf8-bom.csv", "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(plain(r) for r in chosen)
    expect("pupils-utf8-bom.csv", delimiter=",", header_rows=[1], encoding="utf-8 with BOM", good_count=len(chosen), bad=[])
    chosen = [r for r in rows if r[2] == "6A2"]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(plain(r) for r in chosen)
    (HERE / "pupils-tcvn3.csv").write_bytes(tcvn3(text.getvalue()).encode("latin-1"))
    expect("pupils-tcvn3.csv", delimiter=";", header_rows=[1], encoding="tcvn3", good_count=len(chosen), bad=[],
           names=[r[8] for r in chosen],
           note="TCVN3 has no toned capitals: a name that begins with one comes back with a small letter")


def staff_list():
    """The office's list: name in two columns, a cross for women, homeroom in words."""
    book = Workbook()
    sheet = book.active
    sheet.title = "CBGVNV"
    bold = Font(name="Times New Roman", size=12, bold=True)
    put(sheet, 1, 1, "TRƯỜNG THCS & THPT HƯƠNG DỪA", bold)
    sheet.merge_cells("A1:E1")
    put(sheet, 3, 1, "DANH SÁCH CÁN BỘ, GIÁO VIÊN, NHÂN VIÊN NĂM HỌC 2026 - 2027", bold).alignment = CENTRE
    sheet.merge_cells("A3:J3")
    header = ["TT", "Mã", "Họ đệm", "Tên", "Ngày sinh", "Nữ", "Chức vụ", "Tổ", "Môn dạy", "Chủ nhiệm"]
    for column, text in enumerate(header, 1):
        put(sheet, 5, column, text, bold).alignment = CENTRE
    groups = {g["id"]: g for g in SCHOOL["group"]}
    group_of, homeroom = {}, {}
    for m in SCHOOL["membership"]:
        if m["group"].startswith("to-"):
            group_of[m["person"]] = groups[m["group"]]["name"]
        if m["role"] == "homeroom" and "to" not in m:
            homeroom[m["person"]] = groups[m["group"]]["name"]
    staff = [p for p in SCHOOL["person"] if "staff" in p["kind"]]
    for index, person in enumerate(staff):
        *front, given = person["name"].split()
        born = dt.date.fromisoformat(person["birth"])
        values = [index + 1, person["code"], " ".join(front), given,
                  born if index % 3 else born.strftime("%d/%m/%Y"), "x" if person["gender"] == "nữ" else None,
                  person["title"], group_of.get(person["id"]), ", ".join(person.get("subjects", [])) or None,
                  homeroom.get(person["id"])]
        for column, value in enumerate(values, 1):
            if value is not None:
                put(sheet, 6 + index, column, value,
                    number_format="dd/mm/yyyy" if isinstance(value, dt.date) else None)
    put(sheet, 7 + len(staff), 1, f"Danh sách này có {len(staff)} người.")
    save(book, "staff.xlsx")
    expect("staff.xlsx", sheet="CBGVNV", header_rows=[5], encoding="unicode", good_count=len(staff), bad=[],
           note="the name stands in two columns, Họ đệm and Tên")


# --- broken and hostile ----------------------------------------------------


def workbook_with(sheet_xml, strings=None):
    """A workbook whose one sheet is the XML given, which openpyxl would not write."""
    book = Workbook()
    book.active["A1"] = "STT"
    buffer = io.BytesIO()
    book.save(buffer)

    def edit(name, content):
        if name == "xl/worksheets/sheet1.xml" and sheet_xml:
            return sheet_xml
        if name == "xl/sharedStrings.xml" and strings:
            return strings
        return content

    return rewrite_zip(buffer.getvalue(), edit)


def broken_files():
    BROKEN.mkdir(exist_ok=True)
    sheet_open = (b'<?xml version="1.0" encoding="UTF-8"?><worksheet '
                  b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
    whole = (HERE / "books-danh-muc.xlsx").read_bytes()

    def write(name, data, reason):
        (BROKEN / name).write_bytes(data)
        expect("broken/" + name, error=reason)

    write("truncated.xlsx", whole[: len(whole) * 6 // 10], "the end of the archive is missing")
    write("zero-bytes.xlsx", b"", "the file is empty")
    old = xlwt.Workbook(encoding="utf-8")
    sheet = old.add_sheet("Danh sách")
    for column, text in enumerate(["STT", "Tên sách", "Tác giả"]):
        sheet.write(0, column, text)
    for column, text in enumerate([1, "Đất rừng phương Nam", "Đoàn Giỏi"]):
        sheet.write(1, column, text)
    buffer = io.BytesIO()
    old.save(buffer)
    write("xls-renamed.xlsx", buffer.getvalue(), "an .xls workbook under the name .xlsx: read it or say so")
    page = ("<html><head><meta charset='utf-8'></head><body><table><tr><th>STT</th><th>Họ và tên</th></tr>"
            "<tr><td>1</td><td>Nguyễn Văn An</td></tr></table></body></html>")
    write("html-as-excel.xls", page.encode(), "a web page under the name .xls, as many programs export")
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"A" * 32000 + b"</t></is></c></row>"
    bomb = sheet_open + b"<sheetData>" + b"".join(
        row.replace(b'r="1"', b'r="%d"' % n).replace(b'"A1"', b'"A%d"' % n) for n in range(1, 2501)
    ) + b"</sheetData></worksheet>"
    write("bomb-80mb.xlsx", workbook_with(bomb), "80 MB of sheet in a small archive: refuse by size, not by memory")
    far = (sheet_open + b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
           b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>')
    write("far-cell.xlsx", workbook_with(far), "two cells 17 thousand million apart: no dense table may be made")
    entities = b'<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    ) + b"]>"
    strings = (b'<?xml version="1.0" encoding="UTF-8"?>' + entities +
               b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1">'
               b"<si><t>&j;</t></si></sst>")
    write("entities.xlsx", workbook_with(None, strings), "entities that would grow to ten thousand million letters")
    book = Workbook()
    buffer = io.BytesIO()
    book.save(buffer)
    write("empty-sheet.xlsx", rewrite_zip(buffer.getvalue()), "a workbook with no cell at all")
    book = Workbook()
    for column, text in enumerate(["STT", "Tên sách", "Tác giả", "Năm XB"], 1):
        book.active.cell(3, column, text)
    buffer = io.BytesIO()
    book.save(buffer)
    write("header-only.xlsx", rewrite_zip(buffer.getvalue()), "a header and no row: nothing to import")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("mimetype", "text/plain"), ("../../etc/passwd", "root"), ("word/document.xml", "<w/>")):
            archive.writestr(zipfile.ZipInfo(name, STAMP), content)
    write("not-a-workbook.xlsx", out.getvalue(), "an archive without a workbook, with a path that climbs")
    bad_sheet = sheet_open + b'<sheetData><row r="1"><c r="A1"><v>1</v></row></sheetData>'
    write("bad-xml.xlsx", workbook_with(bad_sheet), "XML that is not well formed")
    if not (BROKEN / "password.xlsx").exists():
        out = io.BytesIO()
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(whole)).encrypt("hoadua", out)
        (BROKEN / "password.xlsx").write_bytes(out.getvalue())
    expect("broken/password.xlsx", error="protected by a password (hoadua): ask to save it without one")
    write("broken.csv", b"STT,H\xe1\xbb\x8d t\xc3\xaan\r\n1,\"Nguy\xe1\xbb\x85n V\xc4\x83n An\r\n2,\xff\xfe\x00\r\n",
          "an open quotation mark and bytes that are no UTF-8")


def main():
    books_list()
    books_register()
    books_old_program()
    pupil_files()
    staff_list()
    broken_files()
    (HERE / "expected.json").write_text(
        json.dumps(EXPECTED, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
