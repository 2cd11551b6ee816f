"""Draws persons of a family's peoples, and the ways of writing one name."""

import json

import generate
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


def people(F, rnd, flags):
    """The persons of one paper by role: whose it is, the child, the spouse, those who sign and those who are named."""
    female = True if "female" in flags else False if "male" in flags else None
    group = "foreign" if "foreign" in flags else "kz" if "kazakh" in flags else None
    if group == "foreign" and not any(g["id"] == "foreign" for g in F.names["groups"]):
        group = None
    person = make_person(F, rnd, female, group=group, plain="short" in flags)
    used = {person.base}
    roles = {"p": person}
    for role in ("dr", "dr2", "dr3", "dir", "sec", "oth", "oth2"):
        roles[role] = make_person(F, rnd, None, used)
        used.add(roles[role].base)
    roles["sps"] = make_person(F, rnd, not person.f, group=person.group, surname=person.base)
    girl = rnd.random() < 0.5
    surname = person.base if rnd.random() < 0.6 else None
    child = make_person(F, rnd, girl, group=person.group, surname=surname, plain=True)
    if not child.p or rnd.random() < 0.7:
        father = person.g_ if not person.f else roles["sps"].g_
        kazakh = child.p.endswith(("ұлы", "қызы"))
        child.p = father + ("қызы" if girl else "ұлы") if kazakh else patronymic_of(father, girl)
    roles["ch"] = child
    return roles


def submitted(case, rnd, F, roles, blocks):
    """The name that is submitted with the document; tags."""
    if case["kind"] == "wrong":
        return stranger(case["wrong"], rnd, F, roles, blocks)
    return written(case.get("sub"), roles["p"])


def stranger(wrong, rnd, F, roles, blocks):
    """The name of somebody whose paper it is not; tags."""
    person, tags = roles["p"], {wrong}
    group = next(x for x in F.names["groups"] if x["id"] == person.group)
    if wrong == "near-patr" and not person.p:
        wrong = "near-given"
    if wrong == "gender" and feminine(person.base) == person.base:
        wrong = "other"
    if wrong == "other":
        name = forms_of(make_person(F, rnd, person.f, {person.base}))[0]
    elif wrong == "near-patr":
        father = rnd.choice([x for x in group["fathers"] if x != person.father and x[0] != person.father[0]])
        kin = person.p[len(person.father) :] if person.p.startswith(person.father) else ""
        name = f"{person.s} {person.g_} {father + kin if kin.strip() in KIN else patronymic_of(father, person.f)}"
    elif wrong == "near-given":
        others = [x for x in group["women" if person.f else "men"] if x != person.g_ and x[:3] != person.g_[:3]]
        same = [x for x in others if x[0] == person.g_[0]]
        name = " ".join(x for x in (person.s, rnd.choice(same or others), person.p) if x)
    elif wrong == "near-surname":
        name = " ".join(x for x in (neighbour(person.s, rnd), person.g_, person.p) if x)
    elif wrong == "gender":
        other = person.base if person.f else feminine(person.base)
        name = " ".join(x for x in (other, person.g_, person.p) if x)
    elif wrong == "child":
        name = forms_of(roles["ch"])[0]
    else:
        flat = json.dumps(blocks, ensure_ascii=False)
        shown = [r for r in ("dir", "dr", "dr2", "sec", "oth") if roles[r].s[:-1] in flat or roles[r].s.upper() in flat]
        name = forms_of(roles[rnd.choice(shown or ["dir"])])[0]
    if name in forms_of(person):
        name = "Посторонний Человек Иванович"
    return name, tags


def written(way, person):
    """The person's own name, written in one of the ways in which applicants write it; tags."""
    plain = forms_of(person)[0]
    name = plain
    if way == "upper":
        name = name.upper()
    elif way == "lower":
        name = name.lower()
    elif way == "spaces":
        name = "  " + name.replace(" ", "   ") + " "
    elif way == "yo":
        name = name.replace("ё", "е").replace("Ё", "Е")
    elif way == "kazfold":
        name = name.translate(str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ"))
    elif way == "lat":
        name = "".join(generate.LOOK.get(ch, ch) if i % 3 == 0 else ch for i, ch in enumerate(name))
    elif way == "order" and person.p:
        name = " ".join((person.g_, person.p, person.s))
    elif way == "ini" and person.p:
        name = person.get("ini")
    return name, {"submitted-" + way} if name != plain else set()
