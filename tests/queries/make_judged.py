#!/usr/bin/env python3
"""Writes judged.tsv: queries on the demonstration catalogue with what they must find.

    python3 make_judged.py

Reads plugins/catalogue/demo/books.tsv and refuses to write a row whose title is
not in it, or that claims a first place which another record could hold as well.

Columns, tab separated:

    query          as a reader types it; the rows `nfd` hold decomposed letters
    form           nfc, nfd, nomarks, nod, upper, oldtone, newtone, telex, vni,
                   phrase, author, subject, mixed, typo
    must_find      a part of the title of a record that must be among the first
                   fifty hits, letter by letter as in books.tsv
    must_be_first  yes: the first hit's title holds must_find
    note           why; "whole title" where the first hit's title must be must_find

A `typo` counts as found when the record is among the hits or among those of
the spelling that is offered instead. The other forms must hit directly.
"""

import csv
import re
import unicodedata
from pathlib import Path

HERE = Path(__file__).parent
BOOKS = HERE / "../../plugins/catalogue/demo/books.tsv"

# Whole titles, each typed in every form.
TITLES = [
    "Đất rừng phương Nam", "Dế Mèn phiêu lưu ký", "Mắt biếc", "Tôi thấy hoa vàng trên cỏ xanh", "Bàn có năm chỗ ngồi",
    "Lá cờ thêu sáu chữ vàng", "Quê nội", "Góc sân và khoảng trời", "Chiếc lược ngà", "Đảo hoang",
    "Vừa nhắm mắt vừa mở cửa sổ", "Búp sen xanh", "Trăng nước Chương Dương", "Chí Phèo", "Lão Hạc", "Tắt đèn", "Số đỏ",
    "Những ngày thơ ấu", "Bước đường cùng", "Vang bóng một thời", "Vợ nhặt", "Đoạn tuyệt", "Vợ chồng A Phủ",
    "Nhật ký trong tù", "Rừng xà nu", "Lặng lẽ Sa Pa", "Mùa lá rụng trong vườn", "Thời xa vắng",
    "Hoàng Lê nhất thống chí", "Truyền kỳ mạn lục", "Chinh phụ ngâm khúc", "Quốc âm thi tập", "Thi nhân Việt Nam",
    "Lửa thiêng", "Lỡ bước sang ngang", "Hồn Trương Ba, da hàng thịt", "Lục Vân Tiên", "Hương rừng Cà Mau",
    "Cánh đồng bất tận", "Đò dọc", "Rừng mắm", "Kho tàng truyện cổ tích Việt Nam", "Sọ Dừa", "Sự tích Hồ Gươm",
    "Đại Việt sử ký toàn thư", "Việt Nam phong tục", "Điện Biên Phủ – Điểm hẹn lịch sử", "Đường kách mệnh",
    "Ngữ văn 6", "Khoa học tự nhiên 8", "Không gia đình", "Những tấm lòng cao cả", "Đảo giấu vàng", "Nghìn lẻ một đêm",
    "Thép đã tôi thế đấy", "Bông hồng vàng", "Tây du ký", "Lược sử thời gian",
]

# Titles with đ, typed with all marks but a plain d.
WITHOUT_STROKE = [
    "Đất rừng phương Nam", "Đảo mộng mơ", "Bảy bước tới mùa hè", "Bồ câu không đưa thư", "Đi qua hoa cúc",
    "Đảo hoang", "Sống mãi với Thủ đô", "Anh Đom Đóm", "Tuổi thơ dữ dội", "Đảo chìm", "Đất lửa", "Đường về với mẹ Chữ",
    "Trên đồi cao chăn bầy thiên sứ", "Đội du kích thiếu niên Đình Bảng", "Đời thừa", "Đôi mắt", "Tắt đèn", "Số đỏ",
    "Vỡ đê", "Gió đầu mùa", "Hai đứa trẻ", "Bước đường cùng", "Sông Đà", "Đoạn tuyệt", "Con đường sáng",
    "Đất nước đứng lên", "Những đứa con trong gia đình", "Hòn Đất", "Nắng đồng bằng", "Điêu tàn", "Đầu súng trăng treo",
    "Mặt đường khát vọng", "Bên kia sông Đuống", "Cánh đồng bất tận", "Ngọn đèn không tắt", "Đảo", "Đong tấm lòng",
    "Đò dọc", "Đồng quê", "Địa chí Bến Tre", "Đẻ đất đẻ nước", "Đại Nam quốc sử diễn ca", "Đông Kinh nghĩa thục",
    "Đảo giấu vàng", "Đồi gió hú", "Đỏ và đen", "Không gia đình", "Thép đã tôi thế đấy", "Sông Đông êm đềm",
    "Đắc nhân tâm", "Thần đồng đất Việt",
]

# People whose name has a tone with two places; of titles all such are taken.
TONE_PLACE_NAMES = {
    "Lưu Thu Thuỷ": "Hoạt động trải nghiệm, hướng nghiệp 6", "Nguyễn Thụy Ứng": "Sông Đông êm đềm",
    "Nguyễn Thủy Chung": "Sapiens", "Nguyễn Văn Khỏa": "Thần thoại Hy Lạp", "Trương Thùy Lan": "Totto-chan bên cửa sổ",
    "Đặng Thùy Trâm": "Nhật ký Đặng Thùy Trâm",
}


def nfd(text):
    return unicodedata.normalize("NFD", text)


def nfc(text):
    return unicodedata.normalize("NFC", text)


def fold(text):
    bare = "".join(c for c in nfd(text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D")


def words(text):
    return re.findall(r"\w+", fold(text).lower())


TONES = {"\u0300": ("f", "2"), "\u0301": ("s", "1"), "\u0309": ("r", "3"), "\u0303": ("x", "4"), "\u0323": ("j", "5")}
SHAPES = {"\u0302": (None, "6"), "\u031b": ("w", "7"), "\u0306": ("w", "8")}


def strokes(text, method):
    """The keys of an input method that is switched off; tones at the end of the word."""
    telex = method == "telex"
    out = []
    for word in text.lower().split(" "):
        typed, tone = "", ""
        for letter in word:
            if letter == "đ":
                typed += "dd" if telex else "d9"
                continue
            base, *marks = nfd(letter)
            typed += base
            for mark in marks:
                if mark in TONES:
                    tone = TONES[mark][0 if telex else 1]
                elif mark in SHAPES:
                    key = SHAPES[mark][0 if telex else 1]
                    typed += base if key is None else key
        tail = re.search(r"\W*$", typed).group()
        out.append(typed[: len(typed) - len(tail)] + tone + tail)
    return " ".join(out)


def move_tone(word, new):
    """The tone of oa, oe, uy on the other vowel (hòa, hoà); qu is a consonant."""
    letters = nfd(word)
    old_style = re.compile(r"(?i)(?<!q)(o)([\u0300\u0301\u0309\u0303\u0323])([ae])(?![\w\u0300-\u036f])"
                           r"|(?<!q)(u)([\u0300\u0301\u0309\u0303\u0323])(y)(?![\w\u0300-\u036f])")
    new_style = re.compile(r"(?i)(?<!q)(o)([ae])([\u0300\u0301\u0309\u0303\u0323])(?![\w\u0300-\u036f])"
                           r"|(?<!q)(u)(y)([\u0300\u0301\u0309\u0303\u0323])(?![\w\u0300-\u036f])")

    def swap(match):
        a, b, c = [g for g in match.groups() if g is not None]
        return a + c + b

    return nfc((old_style if new else new_style).sub(swap, letters))


def other_tone_place(text):
    moved = " ".join(move_tone(w, True) for w in text.split(" "))
    if moved != text:
        return "newtone", moved
    moved = " ".join(move_tone(w, False) for w in text.split(" "))
    return ("oldtone", moved) if moved != text else (None, text)


# query, form, must_find, must_be_first, note
WRITTEN = [
    # A short title must come before the longer ones that contain it.
    ("Sông", "nfc", "Sông", "yes", "whole title: before Sông Đà and Sông Đông êm đềm"),
    ("Đảo", "nfc", "Đảo", "yes", "whole title: before Đảo hoang, Đảo chìm, Đảo mộng mơ"),
    ("Người mẹ", "nfc", "Người mẹ", "yes", "whole title: before Người mẹ cầm súng"),
    ("Làng", "nfc", "Làng", "yes", "whole title: the marks tell it from Lang"),
    ("Vũ trụ", "nfc", "Vũ trụ", "yes", "whole title: before Vũ trụ trong vỏ hạt dẻ"),
    ("Doraemon", "nfc", "Doraemon", "yes", "two records of that title"),
    ("Đôi mắt", "nfc", "Đôi mắt", "yes", "before Mắt biếc"),
    ("hoang tu be", "nomarks", "Hoàng tử bé", "yes", "also found by Hoàng tử hạnh phúc's first words"),
    ("chien tranh va hoa binh", "nomarks", "Chiến tranh và hòa bình", "yes", ""),
    ("dac nhan tam", "nomarks", "Đắc nhân tâm", "yes", ""),
    ("ĐẮC NHÂN TÂM", "upper", "Đắc nhân tâm", "yes", ""),
    ("NGUYỄN ĐÌNH CHIỂU", "upper", "Thơ văn Nguyễn Đình Chiểu", "no", "an author in capitals"),
    ("HARRY POTTER VÀ CHIẾC CỐC LỬA", "upper", "Harry Potter và chiếc cốc lửa", "yes", ""),
    ("Ðất rừng phương Nam", "nfc", "Đất rừng phương Nam", "yes", "typed with the Icelandic Ð (U+00D0)"),
    ("Ðoàn Giỏi", "author", "Đất rừng phương Nam", "no", "typed with the Icelandic Ð (U+00D0)"),
    # Phrases.
    ('"hoa vàng trên cỏ xanh"', "phrase", "Tôi thấy hoa vàng trên cỏ xanh", "yes", "the middle of a title"),
    ('"một vé đi tuổi thơ"', "phrase", "Cho tôi xin một vé đi tuổi thơ", "no", "the English edition names it as its original title"),
    ('"phương Nam"', "phrase", "Đất rừng phương Nam", "no", ""),
    ('"rung phuong nam"', "phrase", "Đất rừng phương Nam", "yes", "a phrase without marks"),
    ('"vòng quanh thế giới"', "phrase", "80 ngày vòng quanh thế giới", "yes", ""),
    ('"thành thông chí"', "phrase", "Gia Định thành thông chí", "yes", ""),
    ('"sáu chữ vàng"', "phrase", "Lá cờ thêu sáu chữ vàng", "yes", ""),
    ('"không còn con đường"', "phrase", "Không còn con đường nào khác", "yes", ""),
    ('"văn minh miệt vườn"', "phrase", "Đồng bằng sông Cửu Long", "yes", "the words stand in the subtitle"),
    ('"tiếng gọi nơi hoang dã"', "phrase", "Tiếng gọi nơi hoang dã", "yes", ""),
    ('"trong vòng vây"', "phrase", "Chiến đấu trong vòng vây", "yes", ""),
    ('"The Old Man"', "phrase", "The Old Man and the Sea", "no", "the translation names it as its original title"),
    # Authors.
    ("Nguyễn Nhật Ánh", "author", "Mắt biếc", "no", "one of 37 titles"),
    ("nguyen nhat anh", "author", "Kính vạn hoa", "no", "without marks"),
    ("nguyeenx nhaatj anhs", "author", "Trại hoa vàng", "no", "Telex"),
    ("Tô Hoài", "author", "Vợ chồng A Phủ", "no", ""),
    ("to6 hoai2", "author", "Dế Mèn phiêu lưu ký", "no", "VNI"),
    ("Hồ Biểu Chánh", "author", "Cha con nghĩa nặng", "no", ""),
    ("ho bieu chanh", "author", "Ngọn cỏ gió đùa", "no", "without marks"),
    ("Bình Nguyên Lộc", "author", "Đò dọc", "no", ""),
    ("Vương Hồng Sển", "author", "Thú chơi sách", "no", ""),
    ("Lê Quý Đôn", "author", "Phủ biên tạp lục", "no", "qu keeps its tone on the y"),
    ("le quy don", "author", "Kiến văn tiểu lục", "no", "without marks"),
    ("Trần Đăng Khoa", "author", "Góc sân và khoảng trời", "no", "a translator has this name too"),
    ("Đoàn Giỏi", "author", "Đất rừng phương Nam", "no", ""),
    ("doan gioi", "author", "Cá bống mú", "no", "without marks"),
    ("Sơn Nam", "author", "Hương rừng Cà Mau", "no", ""),
    ("son nam", "author", "Lịch sử khẩn hoang miền Nam", "no", "without marks"),
    ("Nguyễn Ngọc Tư", "author", "Cánh đồng bất tận", "no", ""),
    ("nguyeenx ngocj tuw", "author", "Cánh đồng bất tận", "no", "Telex"),
    ("nguye64n ngo5c tu7", "author", "Cánh đồng bất tận", "no", "VNI"),
    ("Trang Thế Hy", "author", "Nắng đẹp miền quê ngoại", "no", ""),
    ("trang the hy", "author", "Mưa ấm", "no", "without marks"),
    ("Nguyễn Đình Chiểu", "author", "Lục Vân Tiên", "no", ""),
    ("nguyen dinh chieu", "author", "Văn tế nghĩa sĩ Cần Giuộc", "no", "without marks"),
    ("nguyeenx ddinhf chieeur", "author", "Lục Vân Tiên", "no", "Telex"),
    ("Nam Cao", "author", "Chí Phèo", "no", ""),
    ("VÕ QUẢNG", "author", "Quê nội", "no", "capitals"),
    ("vo quang", "author", "Tảng sáng", "no", "without marks"),
    ("Phạm Hổ", "author", "Chuyện hoa chuyện quả", "no", ""),
    ("Nguyễn Huy Tưởng", "author", "Lá cờ thêu sáu chữ vàng", "no", ""),
    (nfd("Nguyễn Huy Tưởng"), "author", "Lá cờ thêu sáu chữ vàng", "no", "decomposed"),
    ("Xuân Quỳnh", "author", "Bầu trời trong quả trứng", "no", ""),
    ("xuaan quynhf", "author", "Hoa dọc chiến hào", "no", "Telex"),
    ("Thạch Lam", "author", "Gió đầu mùa", "no", ""),
    ("Huỳnh Tịnh Của", "author", "Đại Nam quấc âm tự vị", "no", ""),
    ("Hector Malot", "author", "Không gia đình", "no", "given name first"),
    ("Malot, Hector", "author", "Không gia đình", "no", "inverted"),
    ("Saint-Exupery", "author", "Hoàng tử bé", "no", "without the French accent"),
    ("saint exupéry", "author", "Le Petit Prince", "no", "without the hyphen"),
    ("Jules Verne", "author", "Hai vạn dặm dưới đáy biển", "no", ""),
    ("Rowling", "author", "Harry Potter và hòn đá phù thủy", "no", ""),
    ("J.K. Rowling", "author", "Harry Potter and the Philosopher's Stone", "no", "no space between initials"),
    ("Victor Hugo", "author", "Nhà thờ Đức Bà Paris", "no", ""),
    ("Garcia Marquez", "author", "Trăm năm cô đơn", "yes", "without accents"),
    ("Aoyama Gosho", "author", "Thám tử lừng danh Conan", "yes", "without the macron"),
    ("Lev Tolstoy", "author", "Chiến tranh và hòa bình", "no", ""),
    ("Lý Lan dịch Harry Potter", "author", "Harry Potter và phòng chứa bí mật", "no", "a translator"),
    ("Phan Quang", "author", "Nghìn lẻ một đêm", "no", "a translator"),
    ("Huỳnh Lý", "author", "Không gia đình", "no", "a translator"),
    ("Hà Huy Khoái", "author", "Toán 6", "no", "a general editor"),
    # Subjects.
    ("Khẩn hoang", "subject", "Lịch sử khẩn hoang miền Nam", "no", ""),
    ("khan hoang", "subject", "Rừng mắm", "no", "the title does not say it"),
    ("Nhà Trần", "subject", "Bên bờ Thiên Mạc", "no", ""),
    ("Bến Tre", "subject", "Lục Vân Tiên", "no", ""),
    ("ben tre", "subject", "Nắng đẹp miền quê ngoại", "no", "without marks"),
    ("beens tre", "subject", "Địa chí Bến Tre", "no", "Telex"),
    ("Đồng khởi", "subject", "Không còn con đường nào khác", "no", ""),
    ("Truyện thơ Nôm", "subject", "Truyện Kiều", "no", ""),
    ("Bắt nạt học đường", "subject", "Thằng quỷ nhỏ", "no", ""),
    ("bat nat hoc duong", "subject", "Điều kỳ diệu", "no", "without marks"),
    ("Trinh thám", "subject", "Sherlock Holmes toàn tập", "no", ""),
    ("Khoa học viễn tưởng", "subject", "Cỗ máy thời gian", "no", ""),
    ("Cây dừa", "subject", "Kỹ thuật trồng và chăm sóc cây dừa", "yes", ""),
    ("Trẻ mồ côi", "subject", "Oliver Twist", "no", ""),
    ("Tây Nguyên", "subject", "Đất nước đứng lên", "no", ""),
    ("Hoàng Sa", "subject", "Phủ biên tạp lục", "no", ""),
    ("Kháng chiến chống Nguyên Mông", "subject", "Lá cờ thêu sáu chữ vàng", "no", ""),
    ("Tự học", "subject", "Tự học, một nhu cầu của thời đại", "yes", ""),
    ("Đờn ca tài tử", "subject", "Đờn ca tài tử Nam Bộ", "yes", ""),
    ("Hiện thực phê phán", "subject", "Sống mòn", "no", ""),
    ("Loài vật", "subject", "O chuột", "no", ""),
    ("Truyện cười", "subject", "Chuyện Bác Ba Phi", "no", ""),
    ("Sử thi", "subject", "Đẻ đất đẻ nước", "no", ""),
    ("Người khuyết tật", "subject", "Tôi đi học", "no", ""),
    ("nguoi khuyet tat", "subject", "Câu chuyện đời tôi", "no", "without marks"),
    ("Truyện tranh Nhật Bản", "subject", "Nhóc Miko! Cô bé nhí nhảnh", "no", ""),
    ("Văn học Nga", "subject", "Con Bim trắng tai đen", "no", ""),
    ("Trường Sa", "subject", "Đảo chìm", "no", ""),
    ("Y học cổ truyền", "subject", "Thượng kinh ký sự", "no", ""),
    ("Phân biệt chủng tộc", "subject", "Giết con chim nhại", "yes", ""),
    ("phaan bieetj chungr toocj", "subject", "Giết con chim nhại", "yes", "Telex"),
    ("Khởi nghĩa Lam Sơn", "subject", "Tướng quân Nguyễn Chích", "no", ""),
    ("Pháp luật Việt Nam", "subject", "Luật Trẻ em năm 2016", "no", ""),
    ("tieng anh ngu phap", "subject", "Giải thích ngữ pháp tiếng Anh", "no", "without marks"),
    ("Tục ngữ", "subject", "Tục ngữ phong dao", "no", ""),
    ("Người Khmer", "subject", "Truyện cổ Khmer Nam Bộ", "no", ""),
    ("Vũ trụ", "subject", "Giai điệu bí ẩn", "no", ""),
    ("Rồng", "subject", "Eragon", "no", ""),
    ("Nhật ký", "subject", "Nhật ký Anne Frank", "no", ""),
    # Mixed: author and title, another order, some of the marks, numbers.
    ("Nguyễn Nhật Ánh mắt biếc", "mixed", "Mắt biếc", "yes", "author and title"),
    ("mat biec nguyen nhat anh", "mixed", "Mắt biếc", "yes", "author and title without marks"),
    ("Tô Hoài dế mèn", "mixed", "Dế Mèn phiêu lưu ký", "yes", "author and title"),
    ("phiêu lưu ký dế mèn", "mixed", "Dế Mèn phiêu lưu ký", "yes", "another order"),
    ("dế men phieu lưu ký", "mixed", "Dế Mèn phiêu lưu ký", "yes", "some of the marks"),
    ("đất rung phuong Nam", "mixed", "Đất rừng phương Nam", "yes", "some of the marks"),
    ("Đất rừng Đoàn Giỏi", "mixed", "Đất rừng phương Nam", "yes", "part of the title and the author"),
    ("son nam ca mau", "mixed", "Hương rừng Cà Mau", "yes", "author and a word of the title"),
    ("kieu nguyen du", "mixed", "Truyện Kiều", "no", "the English edition has both words too"),
    ("toán 6 kết nối tri thức", "mixed", "Toán 6", "yes", "title and series"),
    ("ngữ văn 6 chân trời sáng tạo", "mixed", "Ngữ văn 6", "yes", "title and series"),
    ("toan 9 tap mot", "mixed", "Toán 9", "yes", "title and volume"),
    ("tieng anh 8 global success", "mixed", "Tiếng Anh 8", "yes", "title and subtitle"),
    ("harry potter 3", "mixed", "Harry Potter và tên tù nhân ngục Azkaban", "no", "the number is the volume's"),
    ("potter azkaban", "mixed", "Harry Potter và tên tù nhân ngục Azkaban", "yes", ""),
    ("tuổi thơ dữ dội tập 2", "mixed", "Tuổi thơ dữ dội", "yes", "title and volume"),
    ("nhật ký đặng thuỳ trâm", "mixed", "Nhật ký Đặng Thùy Trâm", "yes", "the other tone place, small letters"),
    ("Les Misérables", "mixed", "Những người khốn khổ", "yes", "the original title"),
    ("les miserables", "mixed", "Những người khốn khổ", "yes", "the original title without accents"),
    ("How to Win Friends", "mixed", "Đắc nhân tâm", "yes", "the original title"),
    ("Как закалялась сталь", "mixed", "Thép đã tôi thế đấy", "yes", "the original title, Cyrillic"),
    ("三國演義", "mixed", "Tam quốc diễn nghĩa", "yes", "the original title, Chinese"),
    ("ドラえもん", "mixed", "Doraemon", "yes", "the original title, Japanese"),
    ("alice wonderland", "mixed", "Alice's Adventures in Wonderland", "no", "the translation has the original title"),
    ("charlotte web", "mixed", "Charlotte's Web", "no", "without the apostrophe and its s"),
    ("oxford dictionary", "mixed", "Oxford Advanced Learner's Dictionary", "yes", ""),
    ("451 độ F", "mixed", "451 độ F", "yes", "a number and one letter"),
    ("80 ngày", "mixed", "80 ngày vòng quanh thế giới", "yes", "a number"),
    ("lịch sử 10 cánh diều", "mixed", "Lịch sử 10", "yes", "title and series"),
    ("truyện cổ andersen", "mixed", "Truyện cổ Andersen", "yes", ""),
    # Mistakes of typing.
    ("Harry Poter", "typo", "Harry Potter và hòn đá phù thủy", "no", "a letter too few"),
    ("Doremon", "typo", "Doraemon", "no", "as many write it"),
    ("Sherlok Holmes", "typo", "Sherlock Holmes toàn tập", "no", "a letter too few"),
    ("Hucleberry Finn", "typo", "Những cuộc phiêu lưu của Huckleberry Finn", "no", "a letter too few"),
    ("Robinsn Crusoe", "typo", "Robinson Crusoe", "no", "a letter too few"),
    ("Pinochio", "typo", "Những cuộc phiêu lưu của Pinocchio", "no", "a letter too few"),
    ("Hemingwey", "typo", "Ông già và biển cả", "no", "a wrong letter"),
    ("Le Petit Prinse", "typo", "Le Petit Prince", "no", "a wrong letter"),
    ("Frankentsein", "typo", "Frankenstein", "no", "two letters changed places"),
    ("đất rừng phươg nam", "typo", "Đất rừng phương Nam", "no", "a letter too few"),
    ("trện kiều", "typo", "Truyện Kiều", "no", "two letters too few in a short word: a suggestion helps"),
    ("dế mèn phiêu lưuu ký", "typo", "Dế Mèn phiêu lưu ký", "no", "a letter too many"),
    ("nguyễn nhật anhh", "typo", "Mắt biếc", "no", "a letter too many: Nguyễn Nhật Ánh is offered"),
    ("cánh đồng bất tậnn", "typo", "Cánh đồng bất tận", "no", "a letter too many"),
    ("Lục Vân Tiện", "typo", "Lục Vân Tiên", "no", "a wrong mark: the folded form finds it"),
    ("Tắc đèn", "typo", "Tắt đèn", "no", "as southern speech has it"),
    ("Vợ nhặc", "typo", "Vợ nhặt", "no", "as southern speech has it"),
    ("Totochan", "typo", "Totto-chan bên cửa sổ", "no", "written as one word"),
    ("Chuyện Kiều", "typo", "Truyện Kiều", "no", "ch for tr"),
    ("Búp xen xanh", "typo", "Búp sen xanh", "no", "x for s"),
    ("Rừng sà nu", "typo", "Rừng xà nu", "no", "s for x"),
    ("Quê lội", "typo", "Quê nội", "no", "l for n"),
    ("Cánh đồng bấc tận", "typo", "Cánh đồng bất tận", "no", "as southern speech has it"),
    ("Xọ Dừa", "typo", "Sọ Dừa", "no", "x for s"),
    ("đất rừng fương nam", "typo", "Đất rừng phương Nam", "no", "as pupils write in messages"),
    ("Trăng nước Trương Dương", "typo", "Trăng nước Chương Dương", "no", "tr for ch"),
    ("Tôi thấy hoa vàn trên cỏ xanh", "typo", "Tôi thấy hoa vàng trên cỏ xanh", "no", "as southern speech has it"),
    ("Lão Hạt", "typo", "Lão Hạc", "no", "as southern speech has it"),
]


def main():
    with open(BOOKS, encoding="utf-8", newline="") as source:
        books = list(csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE))
    titles = {b["title"] for b in books}

    def rivals(title):
        """Other titles, or original titles, that a reader could mean as well."""
        wanted = " ".join(words(title))
        return [b["title"] for b in books if b["title"] != title
                and wanted in (" ".join(words(b["title"])), " ".join(words(b["original_title"])))]

    rows, missing = [], []

    def add(query, form, must_find, first, note=""):
        if not any(must_find in t for t in titles):
            missing.append((query, must_find))
        rows.append((query, form, must_find, first, note))

    for title in TITLES:
        first = "no" if rivals(title) else "yes"
        note = "another record has this as its original title" if first == "no" else ""
        for form, query in (
            ("nfc", title), ("nfd", nfd(title)), ("nomarks", fold(title).lower()), ("upper", title.upper()),
            ("telex", strokes(title, "telex")), ("vni", strokes(title, "vni")),
        ):
            if form != "nfd" or query != title:
                add(query, form, title, first, note)
    for title in WITHOUT_STROKE:
        typed = title.replace("đ", "d").replace("Đ", "D")
        if typed != title:
            add(typed, "nod", title, "no" if rivals(title) or len(words(title)) == 1 else "yes",
                "one short word that many titles hold" if len(words(title)) == 1 else "")
    for title in sorted(titles):
        form, typed = other_tone_place(title)
        if form:
            add(typed, form, title, "no" if rivals(title) else "yes")
    for name, title in TONE_PLACE_NAMES.items():
        form, typed = other_tone_place(name)
        add(typed, form, title, "no", f"the record has {name}")
    for row in WRITTEN:
        add(*row)
    seen, unique = set(), []
    for row in rows:
        if (row[0], row[1]) not in seen:
            seen.add((row[0], row[1]))
            unique.append(row)
    if missing:
        raise SystemExit(f"not in books.tsv: {missing}")
    with open(HERE / "judged.tsv", "w", encoding="utf-8", newline="\n") as out:
        out.write("query\tform\tmust_find\tmust_be_first\tnote\n")
        for row in unique:
            out.write("\t".join(row) + "\n")
    forms = {}
    for row in unique:
        forms.setdefault(row[1], set()).add(row[2])
    print(len(unique), {form: len(found) for form, found in forms.items()})


if __name__ == "__main__":
    main()
