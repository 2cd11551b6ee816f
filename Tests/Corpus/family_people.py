"""Draws persons of a family's peoples, and the ways of writing one name."""

from declension import KIN, Person, feminine, patronymic_of


def make_person(F, rnd, female=None, avoid=(), group=None, surname=None, plain=False):
    """A person of one of the family's peoples; `surname` keeps a family's name."""
    groups = F.names["groups"]
    for _ in range(80):
        key = group or rnd.choices([g["id"] for g in groups], [g["weight"] for g in groups])[0]
        g = next(x for x in groups if x["id"] == key)
        sex = rnd.random() < 0.55 if female is None else female
        base = surname or rnd.choice(g["surnames"])
        if surname is None and not plain and rnd.random() < 0.04:
            other = rnd.choice(g["surnames"])
            base = f"{base}-{other}" if other != base and "-" not in base + other else base
        if base in avoid:
            continue
        father = rnd.choice(g["fathers"])
        style = rnd.choices([s for s, _ in g["patronymics"]], [w for _, w in g["patronymics"]])[0]
        if style == "ru":
            pat = patronymic_of(father, sex)
        elif style == "kk":
            pat = father + ("қызы" if sex else "ұлы")
        elif style == "kkru":
            pat = father + ("кызы" if sex else "улы")
        elif style == "az":
            pat = father + (" кызы" if sex else " оглы")
        elif style == "uz":
            pat = father + (" кизи" if sex else " угли")
        else:
            pat = ""
        person = Person(
            feminine(base) if sex else base,
            rnd.choice(g["women"] if sex else g["men"]),
            pat,
            sex,
            apart=style in ("kk", "kkru") and rnd.random() < 0.15,
        )
        person.base, person.group, person.father = base, key, father
        return person
    raise AssertionError("no person found")


def forms_of(person):
    """Every way of writing the whole name that is as right as the other."""
    joined = " ".join(x for x in (person.s, person.g_, person.p) if x)
    apart = joined
    for kin in KIN:
        if person.p.lower().endswith(kin) and " " not in person.p:
            apart = f"{person.s} {person.g_} {person.p[: -len(kin)]} {person.p[-len(kin):]}"
    return list(dict.fromkeys([joined, apart]))


def neighbour(surname, rnd):
    """A surname that differs by one letter which a reader of scans does not confuse."""
    swap = {
        "а": "у",
        "о": "и",
        "е": "а",
        "и": "а",
        "у": "а",
        "т": "к",
        "р": "л",
        "л": "р",
        "с": "м",
        "м": "с",
        "к": "т",
        "б": "д",
        "д": "б",
        "н": "р",
    }
    for i in range(len(surname) // 2, len(surname) - 1):
        if surname[i] in swap:
            return surname[:i] + swap[surname[i]] + surname[i + 1 :]
    return surname[:-1] + ("н" if surname[-1] != "н" else "р") if len(surname) > 3 else surname + "ев"
