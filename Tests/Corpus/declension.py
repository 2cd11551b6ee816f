"""Persons of the template families: how a name is written in the cases of Russian and Kazakh, by rule.

Wider than names.py: double and undeclined surnames, adjectives, names of other peoples, no patronymic,
patronymics with ұлы/қызы/оглы written joined or apart. Holds no list of names.
"""

VOWELS = "аеёиоуыэюяәіөүұ"
CASES = "ngdai"  # nominative, genitive, dative, accusative, instrumental
FLEETING = {"Павел": "Павл", "Лев": "Льв", "Пётр": "Петр", "Петр": "Петр"}
KIN = ("ұлы", "қызы", "улы", "кызы", "оглы", "угли", "кизи", "ұғлы", "ұлұ")


def _surname_part(s, female, case):
    i = CASES.index(case)
    low = s.lower()
    if low.endswith(KIN) or low.endswith(("ых", "их", "о", "у", "и", "е", "э", "ы", "ү", "ө", "і", "ё", "ю")):
        return s
    if female and low.endswith(("ова", "ева", "ёва", "ина", "ына")):
        return s[:-1] + ["а", "ой", "ой", "у", "ой"][i]
    if low.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return s if female else s + ["", "а", "у", "а", "ым"][i]
    if female and low.endswith("ая"):
        return s[:-2] + ["ая", "ой", "ой", "ую", "ой"][i]
    if not female and low.endswith(("кий", "гий", "хий")):
        return s[:-2] + ["ий", "ого", "ому", "ого", "им"][i]
    if not female and low.endswith(("ый", "той", "ной", "вой", "кой")):
        return s[:-2] + [s[-2:], "ого", "ому", "ого", "ым"][i]
    if low.endswith("а"):
        return s[:-1] + ["а", "и" if low[-2] in "гкхжшчщ" else "ы", "е", "у", "ой"][i]
    if low.endswith("я"):
        return s[:-1] + ["я", "и", "е", "ю", "ей"][i]
    if female or low[-1] in VOWELS:
        return s
    if low.endswith(("ь", "й")):
        return s[:-1] + [s[-1], "я", "ю", "я", "ем"][i]
    return s + ["", "а", "у", "а", "ем" if low[-1] in "жшчщц" else "ом"][i]


def surname(s, female, case):
    return "-".join(_surname_part(part, female, case) for part in s.split("-"))


def given(s, female, case):
    i = CASES.index(case)
    if female:
        if s.endswith("ия"):
            return s[:-1] + ["я", "и", "и", "ю", "ей"][i]
        if s.endswith("я"):
            return s[:-1] + ["я", "и", "е", "ю", "ей"][i]
        if s.endswith("а"):
            return s[:-1] + ["а", "и" if s[-2] in "гкхжшчщ" else "ы", "е", "у", "ей" if s[-2] in "жшчщц" else "ой"][i]
        if s == "Любовь":
            return s[:-1] + ["ь", "и", "и", "ь", "ью"][i]
        return s
    if i and s in FLEETING:
        s = FLEETING[s]
    if s.endswith(("а", "ә")):
        return s[:-1] + [s[-1], "и" if s[-2] in "гкхжшчщ" else "ы", "е", "у", "ой"][i]
    if s.endswith("я"):
        return s[:-1] + ["я", "и", "е", "ю", "ёй" if s == "Илья" else "ей"][i]
    if s[-1] in "йь":
        return s[:-1] + [s[-1], "я", "ю", "я", "ем"][i]
    if s[-1] in VOWELS:
        return s
    return s + ["", "а", "у", "а", "ем" if s[-1] in "жшчщц" else "ом"][i]


def patronymic(s, case):
    i = CASES.index(case)
    if s.endswith("ич"):
        return s + ["", "а", "у", "а", "ем"][i]
    if s.endswith("на"):
        return s[:-1] + ["а", "ы", "е", "у", "ой"][i]
    return s


def patronymic_of(father, female):
    """Russian patronymic of a father's given name."""
    special = {"Михаил": "Михайл", "Павел": "Павл", "Лев": "Льв", "Пётр": "Петр", "Петр": "Петр"}
    if father in ("Илья", "Фома", "Лука", "Никита", "Кузьма", "Мустафа", "Мырза", "Муса", "Иса"):
        if father in ("Мустафа", "Муса", "Иса"):
            return father + ("евна" if female else "евич")
        if father == "Илья":
            return "Ильинична" if female else "Ильич"
        return father[:-1] + ("ична" if female else "ич")
    stem = special.get(father, father)
    if stem.endswith("ий"):
        soft = stem[:-2] + ("и" if stem[:-2].endswith(("тр", "рк")) else "ь")
        return soft + ("евна" if female else "евич")
    if stem[-1] in "йь":
        return stem[:-1] + ("евна" if female else "евич")
    if stem[-1] in "иеуәіао":
        return stem + ("евна" if female else "евич")
    if stem[-1] in "жшчщц":
        return stem + ("евна" if female else "евич")
    return stem + ("овна" if female else "ович")


def feminine(s):
    """A woman's form of a surname given in the man's form."""

    def part(s):
        low = s.lower()
        if low.endswith(("ов", "ев", "ёв", "ин", "ын")):
            return s + "а"
        if low.endswith(("кий", "гий", "хий", "ый", "той", "ной", "вой", "кой")):
            return s[:-2] + "ая"
        return s

    return "-".join(part(p) for p in s.split("-"))


_KZ = {  # after a vowel, after мнң, after other voiced, after voiceless; each back and front
    "d": (("ға", "ге"), ("ға", "ге"), ("ға", "ге"), ("қа", "ке")),
    "g": (("ның", "нің"), ("ның", "нің"), ("дың", "дің"), ("тың", "тің")),
    "a": (("ны", "ні"), ("ды", "ді"), ("ды", "ді"), ("ты", "ті")),
    "b": (("дан", "ден"), ("нан", "нен"), ("дан", "ден"), ("тан", "тен")),
    "l": (("да", "де"), ("да", "де"), ("да", "де"), ("та", "те")),
    "i": (("мен", "мен"), ("мен", "мен"), ("мен", "мен"), ("пен", "пен")),
}


def kazakh(word, case):
    """A name in a Kazakh case: d dative, g genitive, a accusative, b ablative, l locative, i instrumental."""
    low = word.lower()
    if low.endswith(("ұлы", "қызы", "улы", "кызы", "оглы")):
        return word + {"d": "на", "g": "ның", "a": "н", "b": "нан", "l": "нда", "i": "мен"}[case]
    vowels = [ch for ch in low if ch in VOWELS]
    back = not vowels or vowels[-1] in "аоұыяёюуэ"
    last = low[-1]
    if last == "ь":
        back, last = False, "л"
    if last in VOWELS:
        kind = 0
    elif last in "мнң":
        kind = 1
    elif last in "рлйзжуи":
        kind = 2
    else:
        kind = 3
    return word + _KZ[case][kind][0 if back else 1]


class Person:
    """A person; the attributes are the ways in which papers write the name."""

    def __init__(self, surname_, given_, patronymic_, female, apart=False):
        self.s, self.g_, self.f = surname_, given_, female
        self.p = patronymic_
        self.apart = apart

    @property
    def shown(self):
        """The patronymic as printed: ұлы and қызы apart where this person writes so."""
        if self.apart:
            for kin in KIN:
                if self.p.lower().endswith(kin) and " " not in self.p:
                    return self.p[: -len(kin)] + " " + self.p[-len(kin) :]
        return self.p

    def case(self, c, order="sgp"):
        parts = dict(
            s=surname(self.s, self.f, c), g=given(self.g_, self.f, c), p=patronymic(self.shown, c) if self.p else ""
        )
        return " ".join(parts[k] for k in order if parts[k])

    @property
    def ii(self):
        return self.g_[0] + "." + (self.p[0] + "." if self.p else "")

    def get(self, key):
        """What a placeholder {role.key} stands for."""
        if key in CASES:
            return self.case(key)
        if key in ("N", "G", "D", "A", "I"):
            return self.case(key.lower()).upper()
        if len(key) == 2 and key[0] == "f" and key[1] in CASES:  # given name first
            return self.case(key[1], "gps")
        if len(key) == 2 and key[0] == "F":
            return self.case(key[1].lower(), "gps").upper()
        if len(key) == 2 and key[0] == "k":  # Kazakh case, surname first
            return kazakh(self.case("n"), key[1])
        if len(key) == 3 and key[:2] == "kf":  # Kazakh case, given name first
            return kazakh(self.case("n", "gps"), key[2])
        if len(key) == 2 and key[0] == "K":
            return kazakh(self.case("n").upper(), key[1]).upper()
        if key == "sg":  # surname and given name only
            return f"{self.s} {self.g_}"
        if key == "gp":  # given name and patronymic only
            return " ".join(x for x in (self.g_, self.shown) if x)
        if key == "SN":  # upper-case surname, the rest as usual
            return " ".join(x for x in (self.s.upper(), self.g_, self.shown) if x)
        if key == "SD":
            return " ".join(x for x in (surname(self.s, self.f, "d").upper(), self.case("d", "gp")) if x)
        if key == "spaced":
            return "   ".join(" ".join(w.upper()) for w in (self.s, self.g_, self.p) if w)
        if key == "ini":
            return f"{self.s} {self.ii}"
        if key == "fini":
            return f"{self.ii} {self.s}"
        if key == "finis":
            return " ".join(c + "." for c in (self.g_[0], self.p[:1]) if c) + f" {self.s}"
        if key.startswith("ini"):
            return f"{surname(self.s, self.f, key[-1])} {self.ii}"
        if key.startswith("fini"):
            return f"{self.ii} {surname(self.s, self.f, key[-1])}"
        if key.startswith("kini"):  # Kazakh: И.О. Фамилияға
            return f"{self.ii} {kazakh(self.s, key[-1])}"
        if key == "sur":
            return self.s
        if key == "SUR":
            return self.s.upper()
        if key == "giv":
            return self.g_
        if key == "GIV":
            return self.g_.upper()
        if key == "pat":
            return self.shown or "-"
        if key == "PAT":
            return self.shown.upper() or "-"
        raise KeyError(key)
