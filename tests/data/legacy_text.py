"""Vietnamese text as it was written before Unicode, for making test files.

TCVN3 (the ABC fonts, .VnTime) and VNI for Windows (VNI-Times) gave letters to
codes of the Latin alphabets, so in a workbook the text is a run of Western
letters and only the font made it Vietnamese. Both functions return those
letters as a str of characters below U+0100.
"""

import unicodedata

# TCVN 5712:1993, VN3: the letters without a mark of tone, then five tones each.
_TCVN3_PLAIN = {
    "ă": 0xA8, "â": 0xA9, "ê": 0xAA, "ô": 0xAB, "ơ": 0xAC, "ư": 0xAD, "đ": 0xAE,
    "Ă": 0xA1, "Â": 0xA2, "Ê": 0xA3, "Ô": 0xA4, "Ơ": 0xA5, "Ư": 0xA6, "Đ": 0xA7,
}
_TCVN3_TONED = [
    ("àảãáạ", (0xB5, 0xB6, 0xB7, 0xB8, 0xB9)),
    ("ằẳẵắặ", (0xBB, 0xBC, 0xBD, 0xBE, 0xC6)),
    ("ầẩẫấậ", (0xC7, 0xC8, 0xC9, 0xCA, 0xCB)),
    ("èẻẽéẹ", (0xCC, 0xCE, 0xCF, 0xD0, 0xD1)),
    ("ềểễếệ", (0xD2, 0xD3, 0xD4, 0xD5, 0xD6)),
    ("ìỉĩíị", (0xD7, 0xD8, 0xDC, 0xDD, 0xDE)),
    ("òỏõóọ", (0xDF, 0xE1, 0xE2, 0xE3, 0xE4)),
    ("ồổỗốộ", (0xE5, 0xE6, 0xE7, 0xE8, 0xE9)),
    ("ờởỡớợ", (0xEA, 0xEB, 0xEC, 0xED, 0xEE)),
    ("ùủũúụ", (0xEF, 0xF1, 0xF2, 0xF3, 0xF4)),
    ("ừửữứự", (0xF5, 0xF6, 0xF7, 0xF8, 0xF9)),
    ("ỳỷỹýỵ", (0xFA, 0xFB, 0xFC, 0xFD, 0xFE)),
]
_TCVN3 = dict(_TCVN3_PLAIN)
for _letters, _codes in _TCVN3_TONED:
    _TCVN3.update(zip(_letters, _codes))


def tcvn3(text):
    """TCVN3 has no codes for toned capitals: a font whose name ends in H drew
    the small letters as capitals, and so they are written here."""
    out = []
    for letter in unicodedata.normalize("NFC", text):
        code = _TCVN3.get(letter) or _TCVN3.get(letter.lower())
        out.append(chr(code) if code else letter)
    return "".join(out)


# VNI writes the base letter and then one character for its marks together.
_VNI_TONE = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï", "": ""}
_VNI_BREVE = {"\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë", "": "ê"}
_VNI_CIRCUMFLEX = {"\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä", "": "â"}
_VNI_I = {"\u0301": "í", "\u0300": "ì", "\u0309": "æ", "\u0303": "ó", "\u0323": "ò", "": "i"}


def vni(text):
    out = []
    for letter in unicodedata.normalize("NFC", text):
        small = letter.lower()
        if small == "đ":
            written = "ñ"
        else:
            base, *marks = unicodedata.normalize("NFD", small)
            tone = next((m for m in marks if m in _VNI_TONE), "")
            if base == "i":
                written = _VNI_I[tone]
            elif base == "y" and tone == "\u0323":
                written = "î"
            elif "\u0306" in marks:
                written = base + _VNI_BREVE[tone]
            elif "\u0302" in marks:
                written = base + _VNI_CIRCUMFLEX[tone]
            elif "\u031b" in marks:
                written = {"o": "ô", "u": "ö"}[base] + _VNI_TONE[tone]
            elif tone:
                written = base + _VNI_TONE[tone]
            else:
                written = small
        out.append(written.upper() if letter != small else written)
    return "".join(out)
