#!/usr/bin/env python3
"""Writes school.toml, the people of the demonstration school, beside this file.

    python3 make_school.py

The school, its staff, pupils and families are invented. The random numbers are
seeded, so the same script always writes the same file; whoever changes a name
list changes people, and tests that name a person must follow.

Format of school.toml (UTF-8, dates are ISO 8601 strings):

    school              one table: names, school year, semesters, subjects
    [[group]]           id, kind (class | subject-group | campus | household),
                        name; grade, year and campus for classes only
    [[person]]          id, kind (list of pupil | staff | guardian), name in
                        natural order, gender (nam | nữ); birth, code, title
                        and username where known
    [[membership]]      person, group, role (head | member | homeroom | teacher
                        | guardian-of); subject for teachers; from, to
    [[guardian]]        person, of (the pupil), relation
    [[demo_account]]    the one-click sign-ins of demonstration mode
"""

import random
from pathlib import Path

SEED = 20260905
YEAR = "2026-2027"
FIRST_DAY = "2026-09-05"
LAST_DAY = "2027-05-31"
PUPILS_PER_CLASS = 30
FAMILIES_PER_CLASS = 7

LOWER = ["6A1", "6A2", "7A1", "7A2", "8A1", "8A2", "9A1", "9A2"]
UPPER = ["10A1", "11A1", "12A1", "12A2"]
CLASSES = LOWER + UPPER

CAMPUSES = [
    ("cs-chinh", "Cơ sở chính (ấp Rạch Dừa)"),
    ("cs-con", "Điểm trường Cồn Lát"),
]
# The islet's children stay near home until they come over for grade 8.
ISLET_CLASSES = {"6A2", "7A2"}

SUBJECT_GROUPS = [
    ("to-toan-tin", "Tổ Toán – Tin"),
    ("to-ngu-van", "Tổ Ngữ văn"),
    ("to-ngoai-ngu", "Tổ Ngoại ngữ"),
    ("to-khtn", "Tổ Khoa học tự nhiên – Công nghệ"),
    ("to-khxh", "Tổ Khoa học xã hội"),
    ("to-nghe-thuat", "Tổ Nghệ thuật – Giáo dục thể chất"),
    ("to-van-phong", "Tổ Văn phòng"),
]

# id, name, gender, birth, title, subject group, head of it, subjects taught
STAFF = [
    ("cb-01", "Phạm Thị Thu Hà", "nữ", "1972-08-19", "Hiệu trưởng", "to-van-phong", False, []),
    ("cb-02", "Nguyễn Hữu Phước", "nam", "1975-02-11", "Phó Hiệu trưởng (chuyên môn)", "to-toan-tin", False, []),
    ("cb-03", "Lê Thị Kim Phượng", "nữ", "1978-11-30", "Phó Hiệu trưởng (cơ sở vật chất)", "to-khxh", False, []),
    ("cb-04", "Huỳnh Ngọc Lan", "nữ", "1986-04-23", "Nhân viên thư viện", "to-van-phong", False, []),
    ("cb-05", "Trương Quốc Bảo", "nam", "1990-06-15", "Giáo viên, phụ trách công nghệ thông tin", "to-toan-tin", False, ["Tin học"]),
    ("cb-06", "Võ Thị Bích Tuyền", "nữ", "1983-01-07", "Văn thư", "to-van-phong", True, []),
    ("cb-07", "Đặng Thị Mỹ Dung", "nữ", "1981-09-26", "Kế toán", "to-van-phong", False, []),
    ("cb-08", "Trần Thị Cẩm Nhung", "nữ", "1992-12-03", "Nhân viên y tế", "to-van-phong", False, []),
    ("cb-09", "Bùi Văn Tâm", "nam", "1984-05-18", "Nhân viên thiết bị, thí nghiệm", "to-van-phong", False, []),
    ("cb-10", "Nguyễn Văn Út", "nam", "1969-03-02", "Bảo vệ", "to-van-phong", False, []),
    ("cb-11", "Nguyễn Thanh Bình", "nam", "1976-07-21", "Giáo viên", "to-toan-tin", True, ["Toán"]),
    ("cb-12", "Lê Thị Hồng Gấm", "nữ", "1988-03-14", "Giáo viên", "to-toan-tin", False, ["Toán"]),
    ("cb-13", "Phan Minh Triết", "nam", "1991-10-09", "Giáo viên", "to-toan-tin", False, ["Toán"]),
    ("cb-14", "Đỗ Thị Tường Vi", "nữ", "1994-02-27", "Giáo viên", "to-toan-tin", False, ["Toán"]),
    ("cb-15", "Huỳnh Tấn Lộc", "nam", "1982-12-12", "Giáo viên", "to-toan-tin", False, ["Toán"]),
    ("cb-16", "Ngô Thị Thùy Dương", "nữ", "1995-08-05", "Giáo viên", "to-toan-tin", False, ["Tin học"]),
    ("cb-17", "Nguyễn Thị Ánh Nguyệt", "nữ", "1979-05-25", "Giáo viên", "to-ngu-van", True, ["Ngữ văn"]),
    ("cb-18", "Trần Thị Thanh Thúy", "nữ", "1985-10-17", "Giáo viên", "to-ngu-van", False, ["Ngữ văn"]),
    ("cb-19", "Lê Hoàng Vũ", "nam", "1989-01-29", "Giáo viên", "to-ngu-van", False, ["Ngữ văn"]),
    ("cb-20", "Phạm Thị Ngọc Điệp", "nữ", "1992-06-06", "Giáo viên", "to-ngu-van", False, ["Ngữ văn"]),
    ("cb-21", "Hồ Thị Diễm Hương", "nữ", "1996-09-13", "Giáo viên", "to-ngu-van", False, ["Ngữ văn", "Nội dung giáo dục địa phương"]),
    ("cb-22", "Trịnh Thị Phương Thảo", "nữ", "1980-04-04", "Giáo viên", "to-ngoai-ngu", True, ["Tiếng Anh"]),
    ("cb-23", "Nguyễn Đức Huy", "nam", "1993-11-22", "Giáo viên", "to-ngoai-ngu", False, ["Tiếng Anh"]),
    ("cb-24", "Mai Thị Xuân Trang", "nữ", "1987-07-08", "Giáo viên", "to-ngoai-ngu", False, ["Tiếng Anh"]),
    ("cb-25", "Võ Hoàng Yến", "nữ", "1997-03-19", "Giáo viên", "to-ngoai-ngu", False, ["Tiếng Anh"]),
    ("cb-26", "Lương Văn Khải", "nam", "1977-12-01", "Giáo viên", "to-khtn", True, ["Vật lí", "Khoa học tự nhiên"]),
    ("cb-27", "Nguyễn Thị Kiều Oanh", "nữ", "1990-08-28", "Giáo viên", "to-khtn", False, ["Vật lí", "Khoa học tự nhiên"]),
    ("cb-28", "Đinh Thị Bảo Ngọc", "nữ", "1984-02-16", "Giáo viên", "to-khtn", False, ["Hoá học", "Khoa học tự nhiên"]),
    ("cb-29", "Trần Quang Khôi", "nam", "1992-05-11", "Giáo viên", "to-khtn", False, ["Hoá học", "Khoa học tự nhiên"]),
    ("cb-30", "Phan Thị Mộng Thường", "nữ", "1986-10-24", "Giáo viên", "to-khtn", False, ["Sinh học", "Khoa học tự nhiên"]),
    ("cb-31", "Cao Minh Nhật", "nam", "1995-01-18", "Giáo viên", "to-khtn", False, ["Sinh học", "Khoa học tự nhiên"]),
    ("cb-32", "Lê Văn Sang", "nam", "1983-09-09", "Giáo viên", "to-khtn", False, ["Công nghệ"]),
    ("cb-33", "Nguyễn Thị Lệ Quyên", "nữ", "1978-06-30", "Giáo viên", "to-khxh", True, ["Lịch sử", "Lịch sử và Địa lí"]),
    ("cb-34", "Tạ Hữu Nghĩa", "nam", "1991-04-02", "Giáo viên", "to-khxh", False, ["Lịch sử", "Lịch sử và Địa lí"]),
    ("cb-35", "Dương Thị Thu Thủy", "nữ", "1985-11-11", "Giáo viên", "to-khxh", False, ["Địa lí", "Lịch sử và Địa lí"]),
    ("cb-36", "Châu Thành Đạt", "nam", "1994-07-27", "Giáo viên", "to-khxh", False, ["Địa lí", "Lịch sử và Địa lí"]),
    ("cb-37", "Lý Thị Hoàng Oanh", "nữ", "1982-03-08", "Giáo viên", "to-khxh", False, ["Giáo dục công dân"]),
    ("cb-38", "Nguyễn Trọng Nhân", "nam", "1989-12-20", "Giáo viên", "to-khxh", False, ["Giáo dục kinh tế và pháp luật"]),
    ("cb-39", "Hà Văn Dũng", "nam", "1980-10-10", "Giáo viên", "to-nghe-thuat", True, ["Giáo dục thể chất"]),
    ("cb-40", "Phùng Thị Kim Ngân", "nữ", "1993-02-14", "Giáo viên", "to-nghe-thuat", False, ["Giáo dục thể chất"]),
    ("cb-41", "Thạch Sơn Ca", "nam", "1990-09-01", "Giáo viên", "to-nghe-thuat", False, ["Giáo dục quốc phòng và an ninh", "Giáo dục thể chất"]),
    ("cb-42", "Tô Thị Thanh Trúc", "nữ", "1991-05-05", "Giáo viên", "to-nghe-thuat", False, ["Âm nhạc"]),
    ("cb-43", "Đoàn Nhật Minh", "nam", "1988-08-08", "Giáo viên", "to-nghe-thuat", False, ["Mĩ thuật"]),
    ("cb-44", "Nguyễn Thị Hoài Thương", "nữ", "1998-01-25", "Giáo viên", "to-ngu-van", False, ["Ngữ văn"]),
]

HOMEROOMS = {
    "6A1": "cb-18", "6A2": "cb-21", "7A1": "cb-12", "7A2": "cb-24",
    "8A1": "cb-30", "8A2": "cb-35", "9A1": "cb-17", "9A2": "cb-11",
    "10A1": "cb-29", "11A1": "cb-33", "12A1": "cb-15", "12A2": "cb-22",
}

LOWER_SUBJECTS = [
    "Ngữ văn", "Toán", "Tiếng Anh", "Khoa học tự nhiên", "Lịch sử và Địa lí",
    "Giáo dục công dân", "Tin học", "Công nghệ", "Giáo dục thể chất",
    "Âm nhạc", "Mĩ thuật", "Nội dung giáo dục địa phương",
]
UPPER_SUBJECTS = [
    "Ngữ văn", "Toán", "Tiếng Anh", "Lịch sử", "Vật lí", "Hoá học", "Sinh học",
    "Địa lí", "Giáo dục kinh tế và pháp luật", "Tin học", "Giáo dục thể chất",
    "Giáo dục quốc phòng và an ninh",
]
# Taken by the homeroom teacher of each class, as the 2018 curriculum advises.
HOMEROOM_SUBJECT = "Hoạt động trải nghiệm, hướng nghiệp"

FAMILY_NAMES = [
    ("Nguyễn", 34), ("Trần", 13), ("Lê", 11), ("Phạm", 8), ("Huỳnh", 8), ("Võ", 6),
    ("Phan", 5), ("Trương", 4), ("Bùi", 4), ("Đặng", 4), ("Đỗ", 3), ("Hồ", 3),
    ("Ngô", 3), ("Dương", 3), ("Đoàn", 2), ("Mai", 2), ("Lâm", 2), ("Cao", 1),
    ("Châu", 1), ("Đinh", 1), ("Lý", 1), ("Tạ", 1), ("Thạch", 1), ("Lương", 1),
]
BOYS = [
    "Minh Khang", "Gia Bảo", "Hoàng Phúc", "Nhật Huy", "Quốc Khánh", "Thành Đạt",
    "Anh Khoa", "Minh Quân", "Hữu Nghĩa", "Tấn Phát", "Đăng Khôi", "Phúc Thịnh",
    "Trọng Nhân", "Gia Huy", "Minh Trí", "Hoài Nam", "Chí Thiện", "Quang Vinh",
    "Thiên Ân", "Nhựt Hào", "Khánh Duy", "Tuấn Kiệt", "Bảo Lộc", "Hải Đăng",
    "Đức Thắng", "Thế Hiển", "Công Hậu", "Duy Tân", "Minh Nhựt", "Phước Sang",
    "Trung Hiếu", "Văn Toàn", "Xuân Trường", "Ngọc Sơn", "Hồng Phước", "Việt Hưng",
    "Thanh Liêm", "Thanh Tùng", "Quốc Thái", "Hoàng Long", "Nguyên Khôi", "Vĩnh Kỳ",
]
GIRLS = [
    "Ngọc Hân", "Bảo Trân", "Thùy Trang", "Kim Ngân", "Mỹ Duyên", "Như Ý",
    "Thanh Trúc", "Cẩm Tiên", "Yến Nhi", "Quỳnh Như", "Khánh Vy", "Anh Thư",
    "Diễm My", "Hồng Nhung", "Thảo Nguyên", "Tường Vy", "Phương Uyên", "Gia Hân",
    "Minh Thư", "Huỳnh Như", "Bích Trâm", "Ngọc Ánh", "Xuân Mai", "Tuyết Nhi",
    "Thúy Quỳnh", "Hoài An", "Trúc Linh", "Hải Yến", "Kiều Diễm", "Ái Vân",
    "Mộng Tuyền", "Lan Anh", "Thu Hiền", "Ngọc Diệp", "Thiên Kim", "Kim Thoa",
    "Hà My", "Bảo Ngọc", "Thùy Dương", "Ý Nhi", "Phúc An", "Đoan Trang",
]
# Names of the parents' generation.
FATHERS = [
    "Văn Hùng", "Thanh Phong", "Văn Đức", "Hoàng Sơn", "Quốc Dũng", "Văn Bé Tư",
    "Minh Tuấn", "Văn Thành", "Hữu Lợi", "Ngọc Ẩn", "Văn Rớt", "Thanh Tâm",
    "Chí Hiếu", "Văn Nhàn", "Công Minh", "Hoàng Ân", "Tấn Tài", "Văn Ngoan",
]
MOTHERS = [
    "Thị Bé Năm", "Thị Hạnh", "Thị Ngọc Bích", "Thị Kim Loan", "Thị Mỹ Lệ",
    "Thị Thu Cúc", "Thị Hồng Đào", "Thị Tuyết Mai", "Thị Út", "Thị Phượng",
    "Thị Diễm", "Thị Thanh Xuân", "Thị Lan", "Thị Cẩm Vân", "Thị Huệ", "Thị Sáu",
]

# Two pupils of one name in one class: lists, cards and imports must tell them apart.
NAMESAKES = {"6A1": ("Nguyễn Thị Ngọc Hân", "nữ"), "9A2": ("Trần Minh Khang", "nam")}

# The pupil of the one-click sign-in, and the first of the class on the demonstration.
FIXED_PUPILS = {("8A1", 5): ("Lê Nguyễn Hoài An", "nữ", "2013-03-04")}


def weighted(rng, pairs):
    return rng.choices([p[0] for p in pairs], [p[1] for p in pairs])[0]


def given_name_key(name):
    """Lists of pupils are written by given name, then by the rest."""
    alphabet = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
    tones = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
    import unicodedata

    def word_key(word):
        letters, marks = [], []
        for letter in unicodedata.normalize("NFC", word.lower()):
            parts = unicodedata.normalize("NFD", letter)
            tone = next((tones[c] for c in parts if c in tones), 0)
            bare = unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones))
            letters.append(alphabet.index(bare))
            marks.append(tone)
        return (letters, marks)

    words = name.split()
    return [word_key(words[-1])] + [word_key(w) for w in words[:-1]]


def make_pupils(rng):
    """Returns {class: [(name, gender, birth)]}, each class in the order of its list."""
    result = {}
    for class_name in CLASSES:
        grade = int(class_name.split("A")[0])
        birth_year = 2021 - grade
        namesakes = NAMESAKES.get(class_name)
        chosen = []
        taken = set()
        fixed = [v for (c, _), v in FIXED_PUPILS.items() if c == class_name]
        chosen.extend(fixed)
        taken.update(name for name, _, _ in fixed)
        if namesakes:
            chosen += [namesakes + (f"{birth_year}-02-17",), namesakes + (f"{birth_year}-10-06",)]
            taken.add(namesakes[0])
        while len(chosen) < PUPILS_PER_CLASS:
            gender = rng.choice(["nam", "nữ"])
            family = weighted(rng, FAMILY_NAMES)
            if gender == "nam":
                middle = rng.choice(["", "", "", "Văn ", "Hữu "])
                name = f"{family} {middle}{rng.choice(BOYS)}"
            else:
                middle = rng.choice(["", "", "Thị ", "Thị ", "Ngọc "])
                name = f"{family} {middle}{rng.choice(GIRLS)}"
            words = name.split()
            if name in taken or len(words) != len(set(words)):
                continue
            taken.add(name)
            # One pupil in fifteen entered school a year late.
            year = birth_year - (1 if rng.random() < 1 / 15 else 0)
            birth = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
            chosen.append((name, gender, birth))
        chosen.sort(key=lambda p: (given_name_key(p[0]), p[2]))
        result[class_name] = chosen
    return result


def quote(value):
    if isinstance(value, list):
        return "[" + ", ".join(quote(v) for v in value) + "]"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def table(header, **fields):
    lines = [header]
    lines += [f"{key.rstrip('_')} = {quote(value)}" for key, value in fields.items() if value not in (None, "")]
    return "\n".join(lines) + "\n"


def class_id(name):
    return "lop-" + name.lower()


def main():
    rng = random.Random(SEED)
    out = [
        "# The people of the demonstration school; every one is invented.",
        "# Written by make_school.py: change that, not this.\n",
        table(
            "[school]",
            id="thcs-thpt-huong-dua",
            name="Trường THCS & THPT Hương Dừa",
            name_en="Hương Dừa Lower and Upper Secondary School",
            short_name="Hương Dừa",
            address="Ấp Rạch Dừa, xã Hương Dừa",
            year=YEAR,
            year_from=FIRST_DAY,
            year_to=LAST_DAY,
            semester_2_from="2027-01-11",
            subjects=sorted(set(LOWER_SUBJECTS + UPPER_SUBJECTS + [HOMEROOM_SUBJECT]), key=lambda s: s.lower()),
        ),
    ]

    groups, people, memberships, guardians = [], [], [], []

    def member(person, group, role, subject=None, start=FIRST_DAY, end=None):
        memberships.append(table(
            "[[membership]]", person=person, group=group, role=role, subject=subject,
            from_=start, to=end,
        ))

    for ident, name in CAMPUSES:
        groups.append(table("[[group]]", id=ident, kind="campus", name=name))
    for class_name in CLASSES:
        groups.append(table(
            "[[group]]", id=class_id(class_name), kind="class", name=class_name,
            grade=int(class_name.split("A")[0]), year=YEAR,
            campus="cs-con" if class_name in ISLET_CLASSES else "cs-chinh",
        ))
    for ident, name in SUBJECT_GROUPS:
        groups.append(table("[[group]]", id=ident, kind="subject-group", name=name))

    # Two teachers have a child at the school: one person, two capacities.
    staff_parents = {"cb-12": [], "cb-39": []}
    usernames = {
        "cb-01": "hieutruong", "cb-04": "thuvien", "cb-05": "quantri", "cb-30": "giaovien",
    }
    for ident, name, gender, birth, title, group, head, subjects in STAFF:
        people.append(table(
            "[[person]]", id=ident, kind=["staff", "guardian"] if ident in staff_parents else ["staff"],
            name=name, gender=gender, birth=birth, code=f"GV{int(ident[3:]):03}", title=title,
            subjects=subjects or None, username=usernames.get(ident),
        ))
        member(ident, group, "head" if head else "member", start="2026-08-15")

    for class_name, teacher in HOMEROOMS.items():
        # 8A2's teacher is on leave in November: a dated stand-in takes the class.
        if class_name == "8A2":
            member(teacher, class_id(class_name), "homeroom", end="2026-11-08")
            member("cb-36", class_id(class_name), "homeroom", start="2026-11-09")
        else:
            member(teacher, class_id(class_name), "homeroom")
        member(teacher, class_id(class_name), "teacher", HOMEROOM_SUBJECT)

    load = {}
    for classes, subjects in ((LOWER, LOWER_SUBJECTS), (UPPER, UPPER_SUBJECTS)):
        for subject in subjects:
            able = [s[0] for s in STAFF if subject in s[7]]
            for class_name in classes:
                homeroom = HOMEROOMS[class_name]
                # A homeroom teacher takes the own class where possible; the
                # rest goes to whoever has fewest classes.
                teacher = homeroom if homeroom in able else min(able, key=lambda t: load.get(t, 0))
                load[teacher] = load.get(teacher, 0) + 1
                member(teacher, class_id(class_name), "teacher", subject)

    pupils = make_pupils(rng)
    ids = {}
    serial = 0
    for class_name in CLASSES:
        grade = int(class_name.split("A")[0])
        entered = (26 - (grade - 6)) if class_name in LOWER else (26 - (grade - 10))
        for number, (name, gender, birth) in enumerate(pupils[class_name], 1):
            serial += 1
            ident = f"hs-{class_name.lower()}-{number:02}"
            ids[ident] = (name, gender, class_name)
            people.append(table(
                "[[person]]", id=ident, kind=["pupil"], name=name, gender=gender, birth=birth,
                code=f"{entered:02}{serial:06}",
                username="hocsinh" if name == "Lê Nguyễn Hoài An" else None,
            ))
            if ident == "hs-7a1-30":
                member(ident, class_id("7A2"), "member", end="2026-10-11")
                member(ident, class_id("7A1"), "member", start="2026-10-12")
            elif ident == "hs-11a1-30":
                member(ident, class_id("11A1"), "member", end="2026-10-31")
            else:
                member(ident, class_id(class_name), "member")

    demo_pupil = next(i for i, v in ids.items() if v[0] == "Lê Nguyễn Hoài An")
    families = []
    for class_name in CLASSES:
        of_class = [i for i in ids if ids[i][2] == class_name]
        chosen = rng.sample(of_class, FAMILIES_PER_CLASS)
        if class_name == "8A1" and demo_pupil not in chosen:
            chosen[0] = demo_pupil
        families += [[i] for i in sorted(chosen)]
    # Brothers and sisters: a family name shared by two classes makes one household.
    merged, used = [], set()
    for index, family in enumerate(families):
        if index in used:
            continue
        first = family[0]
        for other in range(index + 1, len(families)):
            second = families[other][0]
            if (other not in used and ids[first][2] != ids[second][2]
                    and ids[first][0].split()[0] == ids[second][0].split()[0]
                    and len([f for f in merged if len(f) > 1]) < 12 and first != demo_pupil):
                family = [first, second]
                used.add(other)
                break
        merged.append(family)

    staff_names = {s[0]: s[1] for s in STAFF}
    staff_left = list(staff_parents)
    parent_account = None
    for number, children in enumerate(merged, 1):
        household = f"ho-{number:03}"
        family_name = ids[children[0]][0].split()[0]
        groups.append(table("[[group]]", id=household, kind="household",
                            name=f"Gia đình em {ids[children[0]][0]}"))
        parents = []
        relation_choice = rng.random()
        teacher = next((t for t in staff_left
                        if t == "cb-12" and family_name == "Nguyễn" or t == "cb-39" and family_name == "Hà"), None)
        if children[0] == demo_pupil:
            parents = [("Lê Văn Hiền", "nam", "cha"), ("Nguyễn Thị Mỹ Hạnh", "nữ", "mẹ")]
        elif relation_choice < 0.35:
            parents = [(f"{family_name} {rng.choice(FATHERS)}", "nam", "cha"),
                       (f"{weighted(rng, FAMILY_NAMES)} {rng.choice(MOTHERS)}", "nữ", "mẹ")]
        elif relation_choice < 0.62:
            parents = [(f"{weighted(rng, FAMILY_NAMES)} {rng.choice(MOTHERS)}", "nữ", "mẹ")]
        elif relation_choice < 0.9:
            parents = [(f"{family_name} {rng.choice(FATHERS)}", "nam", "cha")]
        else:
            # Parents work in the city; the grandmother signs for the child.
            parents = [(f"{weighted(rng, FAMILY_NAMES)} {rng.choice(MOTHERS)}", "nữ", "bà")]
        if teacher:
            staff_left.remove(teacher)
            parents = [p for p in parents if p[2] == "cha"][:1]
            guardian_ids = [(teacher, "mẹ")]
        else:
            guardian_ids = []
        for order, (name, gender, relation) in enumerate(parents, 1):
            ident = f"ph-{number:03}-{order}"
            account = children[0] == demo_pupil and relation == "mẹ"
            people.append(table("[[person]]", id=ident, kind=["guardian"], name=name, gender=gender,
                                username="phuhuynh" if account else None))
            if account:
                parent_account = ident
            guardian_ids.append((ident, relation))
        for ident, relation in guardian_ids:
            member(ident, household, "guardian-of")
            for child in children:
                guardians.append(table("[[guardian]]", person=ident, of=child, relation=relation))
        for child in children:
            member(child, household, "member")
    # A teacher whose family name no sampled household shares takes the first single child left.
    for teacher in staff_left:
        child = next(i for i in ids if ids[i][0].startswith("Hà ") or ids[i][2] == "7A1" and not any(
            f'of = "{i}"' in g for g in guardians))
        number = len(merged) + 1
        merged.append([child])
        household = f"ho-{number:03}"
        groups.append(table("[[group]]", id=household, kind="household", name=f"Gia đình em {ids[child][0]}"))
        member(teacher, household, "guardian-of")
        member(child, household, "member")
        guardians.append(table("[[guardian]]", person=teacher, of=child, relation="người giám hộ"))

    accounts = [
        ("administrator", "cb-05", "quantri", "dua-xanh-2026", None, "Quản trị máy chủ", "Administrator"),
        ("principal", "cb-01", "hieutruong", "song-ham-luong-26", None, "Hiệu trưởng", "Principal"),
        ("librarian", "cb-04", "thuvien", "ke-sach-tang-2", None, "Thủ thư", "Librarian"),
        ("teacher", "cb-30", "giaovien", "phan-trang-8a1", None, "Giáo viên (chủ nhiệm 8A1, dạy Sinh học và Khoa học tự nhiên)",
         "Teacher (homeroom of 8A1, biology and science)"),
        ("teacher", "cb-26", "totruong", "dong-bang-xanh-26", None, "Tổ trưởng tổ Khoa học tự nhiên – Công nghệ",
         "Head of the science group"),
        ("pupil", demo_pupil, "hocsinh", None, "273849", "Học sinh lớp 8A1", "Pupil of 8A1"),
        ("parent", parent_account, "phuhuynh", "con-hoc-8a1", None, "Phụ huynh học sinh 8A1", "Parent of a pupil of 8A1"),
    ]
    demo = []
    for role, person, username, password, pin, label_vi, label_en in accounts:
        demo.append(table("[[demo_account]]", role=role, person=person, username=username,
                          password=password, pin=pin, label_vi=label_vi, label_en=label_en))

    out += groups + people + memberships + guardians + demo
    (Path(__file__).parent / "school.toml").write_text("\n".join(out), encoding="utf-8")


if __name__ == "__main__":
    main()
