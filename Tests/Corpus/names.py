"""Russian declension and Kazakh case endings of personal names (rules only; the names live in the template modules)."""

V = "аеёиоуыэюяәіөүұ"


def _surname(s, f, c):
    i = "ngdai".index(c)
    if s.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return s + ["", "а", "у", "а", "ым"][i]
    if f and s.endswith(("ова", "ева", "ёва", "ина", "ына")):
        return s[:-1] + ["а", "ой", "ой", "у", "ой"][i]
    if s.endswith("ский"):
        return s[:-2] + ["ий", "ого", "ому", "ого", "им"][i]
    if s.endswith("ская"):
        return s[:-2] + ["ая", "ой", "ой", "ую", "ой"][i]
    if f or s[-1] in V:
        return s
    if s.endswith("ь"):
        return s[:-1] + ["ь", "я", "ю", "я", "ем"][i]
    return s + ["", "а", "у", "а", "ом"][i]


def _given(s, f, c):
    i = "ngdai".index(c)
    if f:
        if s.endswith("ия"):
            return s[:-1] + ["я", "и", "и", "ю", "ей"][i]
        if s.endswith("я"):
            return s[:-1] + ["я", "и", "е", "ю", "ей"][i]
        if s.endswith("а"):
            return s[:-1] + ["а", "и" if s[-2] in "гкхжшчщ" else "ы", "е", "у", "ей" if s[-2] in "жшчщц" else "ой"][i]
        return s
    if s[-1] == "й":
        return s[:-1] + ["й", "я", "ю", "я", "ем"][i]
    if s[-1] == "ь":
        return s[:-1] + ["ь", "я", "ю", "я", "ем"][i]
    if s[-1] in V:
        return s
    return s + ["", "а", "у", "а", "ем" if s[-1] in "жшчщц" else "ом"][i]


def _patr(s, f, c):
    i = "ngdai".index(c)
    if s.endswith("ич"):
        return s + ["", "а", "у", "а", "ем"][i]
    if s.endswith("на"):
        return s[:-1] + ["а", "ы", "е", "у", "ой"][i]
    return s


def _kz(full, c):
    """dative (d) / genitive (g) / accusative (a) ending on the last word"""
    w = full
    if w.endswith(("ұлы", "қызы", "улы", "кызы")):
        return w + {"d": "на", "g": "ның", "a": "н"}[c]
    last = [ch for ch in w.lower() if ch in V]
    back = last[-1] in "аоұуыяёю" if last else True
    e = w[-1].lower()
    if e in V:
        return w + {"d": ("ға", "ге"), "g": ("ның", "нің"), "a": ("ны", "ні")}[c][0 if back else 1]
    voiced = e in "рлймнңуизжвбгд"
    if c == "d":
        return w + (("ға", "ге") if voiced else ("қа", "ке"))[0 if back else 1]
    if c == "g":
        return w + (("ның", "нің") if e in "мнң" else ("дың", "дің") if voiced else ("тың", "тің"))[0 if back else 1]
    return w + (("ды", "ді") if voiced else ("ты", "ті"))[0 if back else 1]


class Person:
    def __init__(self, s, g, p, f):
        self.s, self.g_, self.p, self.f = s, g, p, f

    def case(self, c):
        return " ".join(
            x
            for x in (
                _surname(self.s, self.f, c),
                _given(self.g_, self.f, c),
                _patr(self.p, self.f, c) if self.p else "",
            )
            if x
        )

    n = property(lambda s: s.case("n"))
    g = property(lambda s: s.case("g"))
    d = property(lambda s: s.case("d"))
    a = property(lambda s: s.case("a"))
    i = property(lambda s: s.case("i"))
    N = property(lambda s: s.n.upper())
    D = property(lambda s: s.d.upper())

    @property
    def ii(self):
        return self.g_[0] + "." + (self.p[0] + "." if self.p else "")

    ini = property(lambda s: f"{s.s} {s.ii}")  # Иванов И.И.
    fini = property(lambda s: f"{s.ii} {s.s}")  # И.И. Иванов
    ini_d = property(lambda s: f"{_surname(s.s, s.f, 'd')} {s.ii}")
    ini_g = property(lambda s: f"{_surname(s.s, s.f, 'g')} {s.ii}")
    ini_a = property(lambda s: f"{_surname(s.s, s.f, 'a')} {s.ii}")
    kd = property(lambda s: _kz(s.n, "d"))
    kg = property(lambda s: _kz(s.n, "g"))
    ka = property(lambda s: _kz(s.n, "a"))
    sur = property(lambda s: s.s)
    giv = property(lambda s: s.g_)
    pat = property(lambda s: s.p)


def fem_surname(s):
    if s.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return s + "а"
    if s.endswith("ский"):
        return s[:-2] + "ая"
    return s
