#!/usr/bin/env python3
"""Makes documents of a template family (family_b, family_c, family_d): texts and layouts that the rules were not written for.

  python3 families.py --family b --out DIR [--n 400] [--seed 11] [--today YYYY-MM-DD] [--forms text|mix|scan] [--jobs 2]

Writes what generate.py writes: DIR/files, DIR/text, DIR/truth.jsonl, DIR/meta.json; the page degradation is the same.
`--forms text` makes text-layer PDFs only (cheap); `mix` a third of them and scans, photos and pictures; `scan` no text.
"""

import argparse
import datetime as dt
import glob
import json
import os
import random
import re
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import generate
import template
from declension import KIN, feminine, patronymic_of
from family_dates import BLANK, BLANK_KK, DATES, FREE
from family_people import forms_of, make_person, neighbour
from family_pages import write

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = generate.TYPES


class Family:
    """The lists and templates of one family."""

    def __init__(self, letter):
        folder = os.path.join(HERE, f"family_{letter}")
        self.letter = letter
        with open(os.path.join(folder, "names.json"), encoding="utf-8") as file:
            self.names = json.load(file)
        with open(os.path.join(folder, "places.json"), encoding="utf-8") as file:
            self.places = json.load(file)
        self.style = {}
        style = os.path.join(folder, "style.json")
        if os.path.exists(style):
            with open(style, encoding="utf-8") as file:
                self.style = json.load(file)
        self.templates, self.macros = template.load(sorted(glob.glob(os.path.join(folder, "*.txt"))))
        self.annexes = [t for t in self.templates if t.type == "annex"]
        self.templates = [t for t in self.templates if t.type != "annex"]


# Types whose papers hold no other date that could stand for the day of issue when that is left blank.
NODATE = (
    "vkk",
    "disability",
    "capacity_loss",
    "termination_order",
    "termination_cert",
    "unpaid_leave_order",
    "no_income_cert",
)

_families = {}


def family(letter):
    if letter not in _families:
        _families[letter] = Family(letter)
    return _families[letter]


class Context:
    """What the placeholders of one document stand for."""

    def __init__(self, F, rnd, tpl, roles, issued, today, mode):
        self.F, self.rnd, self.tpl, self.roles, self.mode = F, rnd, tpl, roles, mode
        back = lambda a, b: issued - dt.timedelta(days=rnd.randint(a, b))
        ahead = lambda a, b: issued + dt.timedelta(days=rnd.randint(a, b))
        t = tpl.type
        if "period" in tpl.flags:
            start = issued
        elif t == "discharge":
            start = back(6, 14)
        elif t in ("sick_leave", "sick_leave_companion"):
            start = back(0, 2)
        elif t in ("childcare_order", "unpaid_leave_order", "termination_order"):
            start = ahead(1, 12)
        else:
            start = back(1, 18)
        end = back(0, 1) if t == "discharge" else start + dt.timedelta(days=rnd.randint(5, 28))
        years = rnd.choice((1, 1, 2, 3))
        self.dates = dict(
            D=issued,
            d1=start,
            d2=end,
            d3=end + dt.timedelta(days=1),
            dm=start + (end - start) / 2,
            d2Y=dt.date(start.year + years, start.month, min(start.day, 28)),
            b=dt.date(today.year - rnd.randint(21, 61), rnd.randint(1, 12), rnd.randint(1, 28)),
            cb=today - dt.timedelta(days=rnd.randint(40, 1300)),
            x1=back(2, 25),
            x2=back(45, 380),
            x3=back(420, 3900),
            x4=back(30, 90),
            x5=back(1200, 5200),
            f1=ahead(190, 700),
            f2=ahead(5, 25),
            f3=ahead(700, 2500),
        )
        # A day between the issue and today, for what is written on a paper later; it must not change the draws.
        later = random.Random(f"{tpl.id}{issued}").random()
        self.dates["t1"] = issued + dt.timedelta(days=round(max(0, (today - issued).days) * later))
        self.free = rnd.choice(F.style.get("dates", FREE)[tpl.lang])
        self.blank = rnd.choice(BLANK_KK if tpl.lang == "kk" else BLANK)
        self.cache = {}

    def __call__(self, key):
        head, _, style = key.partition(".")
        if head in self.dates:
            if head == "D":
                if self.mode == "nodate":
                    return self.blank
                return DATES[style or self.free](self.dates["D"])
            return DATES[style or "dots"](self.dates[head])
        if head in self.roles:
            if head == "p" and self.mode == "nofio":
                return "______________________"
            return self.roles[head].get(style or "n")
        if key not in self.cache:
            self.cache[key] = self._make(head)
        return self.cache[key]

    def _make(self, head):
        rnd, places = self.rnd, self.F.places
        if head == "iin":
            return self.dates["b"].strftime("%y%m%d") + f"{rnd.randint(300000, 699999)}"
        if head == "chiin":
            return self.dates["cb"].strftime("%y%m%d") + f"{rnd.randint(500000, 699999)}"
        if head == "num":
            n = rnd.randint(2, 1980)
            return rnd.choice(
                ["{}", "{}", "{}-к", "{}-л/с", "{}-ж", "0{}", "01-05/{}", "{}/26", "{}-ө", "{}-п"]
            ).format(n)
        if head == "hm":
            return f"{rnd.randint(8, 19):02d}:{rnd.randint(0, 59):02d}"
        if re.fullmatch(r"n\d+", head):
            k = int(head[1:])
            return "".join(str(rnd.randint(1 if not i else 0, 9)) for i in range(k))
        if head == "phone":
            code, line = f"7{rnd.randint(10, 29)}{rnd.randint(0, 9)}", rnd.randint(20, 79)
            return f"8 ({code}) {line}-{rnd.randint(10, 99)}-{rnd.randint(10, 99)}"
        if head == "pct":
            return str(rnd.choice((30, 40, 45, 50, 60, 65, 70, 80, 85)))
        if head == "hex":
            return "".join(rnd.choice("0123456789ABCDEF") for _ in range(32))
        if head in places:
            text = rnd.choice(places[head])
            return template.fill(text, rnd, False, self) if "{" in text else text
        raise KeyError(f"{head} in {self.tpl.id}")


def plan(F, n, seed, forms):
    """The cases of a corpus: kind, template, form."""
    rnd = random.Random(f"{seed}:{F.letter}:plan")
    k = n / 124
    spec = [
        ("tooold", 11),
        ("wrong", 12),
        ("unknown", 11),
        ("multi", 6),
        ("nodate", 4),
        ("nofio", 3),
        ("blank", 1),
        ("bilpages", 4),
        ("future", 1),
        ("edge", 2),
        ("edgeold", 1),
    ]
    kinds = [kind for kind, c in spec for _ in range(max(1, round(c * k)))]
    kinds = ["valid"] * max(0, n - len(kinds)) + kinds[:n]
    keys = list(TYPES)
    byType = {key: [t for t in F.templates if t.type == key] for key in keys}
    unknown = [t for t in F.templates if t.type is None]
    for pool in [*byType.values(), unknown]:
        rnd.shuffle(pool)
    used = {}

    def draw(name, pool):
        """The next template of the pool in turn, so that all of them come up."""
        i = used.get(name, 0)
        used[name] = i + 1
        return pool[i % len(pool)]

    out, turn = [], 0
    for i, kind in enumerate(kinds):
        case = dict(kind=kind, tpls=[])
        if kind == "unknown":
            case["tpls"] = [draw("-", unknown)]
        elif kind != "blank":
            key = keys[turn % len(keys)]
            turn += 1
            if kind == "wrong":
                case["wrong"] = [
                    "other",
                    "near-patr",
                    "near-given",
                    "near-surname",
                    "distractor",
                    "other",
                    "distractor",
                    "near-patr",
                    "gender",
                    "child",
                ][i % 10]
                if case["wrong"] == "child":
                    key = rnd.choice(("sick_leave_companion", "childcare_order", "childcare_cert"))
            bad = {
                "nodate": {"nonodate", "period"},
                "nofio": {"nonofio"},
                "future": {"period", "nonodate"},
                "wrong": {"initials", "foreign"},
            }.get(kind, set())
            pools = [key] + rnd.sample(keys, len(keys))
            pool = []
            for key in pools:
                pool = [t for t in byType[key] if not t.flags & bad]
                if kind in ("nodate", "future") and key not in NODATE:
                    pool = []
                if kind == "nofio" and key in ("sick_leave_companion", "childcare_order", "childcare_cert"):
                    pool = []
                if case.get("wrong") == "child":
                    pool = [t for t in pool if any("{ch" in line for line in t.lines)]
                if kind == "bilpages":
                    ru = [t for t in byType[key] if t.lang == "ru" and "period" not in t.flags]
                    kk = [t for t in byType[key] if t.lang in ("kk", "bi") and "period" not in t.flags]
                    pool = ru if kk else []
                if pool:
                    break
            first = draw((key, kind in ("nodate", "nofio", "future", "wrong")), pool)
            case["tpls"] = [first]
            if kind == "bilpages":
                case["tpls"] = [rnd.choice(kk), first]
                if rnd.random() < 0.5:
                    case["tpls"].reverse()
            if kind == "multi":
                near = {
                    frozenset(("sick_leave", "sick_leave_companion")),
                    frozenset(("unemployed_cert", "unemployed_persons")),
                    frozenset(("unemployed_cert", "job_seeker_notice")),
                    frozenset(("unemployed_persons", "job_seeker_notice")),
                }
                second = rnd.choice(
                    [
                        t
                        for t in F.templates
                        if t.type
                        and t.type != first.type
                        and frozenset((t.type, first.type)) not in near
                        and not t.flags & {"period", "foreign", "initials"}
                    ]
                )
                case["tpls"] = [first, second]
        out.append(case)
    shares = {
        "text": [("text", 1.0)],
        "mix": [("text", 0.35), ("scanpdf", 0.3), ("jpg", 0.21), ("png", 0.1), ("tif", 0.04)],
        "scan": [("scanpdf", 0.5), ("jpg", 0.33), ("png", 0.12), ("tif", 0.05)],
    }[forms]
    for case in out:
        case["form"] = rnd.choices([f for f, _ in shares], [w for _, w in shares])[0]
        if len(case["tpls"]) > 1 and case["form"] in ("jpg", "png"):
            case["form"] = "scanpdf"
    rnd.shuffle(out)
    for i, case in enumerate(out):
        case["id"] = i
        case["tpls"] = [t.id for t in case["tpls"]]
        valid = case["kind"] == "valid"
        text = case["form"] == "text"
        if text and valid and rnd.random() < 0.05:
            case["look"] = True
        if case["kind"] in ("valid", "wrong", "tooold") and case["form"] in ("text", "scanpdf", "tif"):
            case["annex"] = rnd.random() < 0.10
            case["emptyfirst"] = rnd.random() < 0.03
        case["hyphens"] = rnd.random() < 0.12
        case["dense"] = rnd.random() < F.style.get("dense", 0.18)
        if text and rnd.random() < 0.03:
            case["pdfrotate"] = rnd.choice((90, 180, 270))
        if case["form"] == "scanpdf" and case["kind"] != "blank":
            case["layer"] = rnd.choices(["", "thin", "bad"], [0.84, 0.1, 0.06])[0]
        if case["form"] not in ("text",) and case["kind"] != "blank" and not case.get("layer") and rnd.random() < 0.06:
            case["quarter"] = rnd.choice((90, 180, 270))
        if case["form"] == "jpg" and not case.get("quarter") and rnd.random() < 0.06:
            case["exif"] = True
        if not text and "hand" in F.style:
            case["hand"] = rnd.random() < F.style["hand"]
        if valid and rnd.random() < 0.3:
            case["sub"] = rnd.choice(["upper", "lower", "spaces", "yo", "kazfold", "lat", "ini", "order"])
    return out


def submitted(case, rnd, F, person, roles, blocks):
    """The name that is submitted with the document; tags."""
    tags = set()
    name = forms_of(person)[0]
    if case["kind"] == "wrong":
        w = case["wrong"]
        tags.add(w)
        g = next(x for x in F.names["groups"] if x["id"] == person.group)
        if w == "near-patr" and not person.p:
            w = "near-given"
        if w == "gender" and feminine(person.base) == person.base:
            w = "other"
        if w == "other":
            name = forms_of(make_person(F, rnd, person.f, {person.base}))[0]
        elif w == "near-patr":
            fathers = [x for x in g["fathers"] if x != person.father and x[0] != person.father[0]]
            father = rnd.choice(fathers)
            suffix = next(
                (
                    person.p[len(person.father) :]
                    for _ in (1,)
                    if person.p.startswith(person.father) and person.p[len(person.father) :].strip() in KIN
                ),
                None,
            )
            pat = father + suffix if suffix else patronymic_of(father, person.f)
            name = f"{person.s} {person.g_} {pat}"
        elif w == "near-given":
            others = [x for x in g["women" if person.f else "men"] if x != person.g_ and x[:3] != person.g_[:3]]
            same = [x for x in others if x[0] == person.g_[0]]
            name = " ".join(x for x in (person.s, rnd.choice(same or others), person.p) if x)
        elif w == "near-surname":
            name = " ".join(x for x in (neighbour(person.s, rnd), person.g_, person.p) if x)
        elif w == "gender":
            other = person.base if person.f else feminine(person.base)
            name = " ".join(x for x in (other, person.g_, person.p) if x)
        elif w == "child":
            name = forms_of(roles["ch"])[0]
        else:
            flat = json.dumps(blocks, ensure_ascii=False)
            shown = [
                r for r in ("dir", "dr", "dr2", "sec", "oth") if roles[r].s[:-1] in flat or roles[r].s.upper() in flat
            ]
            name = forms_of(roles[rnd.choice(shown or ["dir"])])[0]
        if name in forms_of(person):
            name = "Посторонний Человек Иванович"
        return name, tags
    m = case.get("sub")
    plain = name
    if m == "upper":
        name = name.upper()
    elif m == "lower":
        name = name.lower()
    elif m == "spaces":
        name = "  " + name.replace(" ", "   ") + " "
    elif m == "yo":
        name = name.replace("ё", "е").replace("Ё", "Е")
    elif m == "kazfold":
        name = name.translate(str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ"))
    elif m == "lat":
        name = "".join(generate.LOOK.get(ch, ch) if i % 3 == 0 else ch for i, ch in enumerate(name))
    elif m == "order" and person.p:
        name = " ".join((person.g_, person.p, person.s))
    elif m == "ini" and person.p:
        name = person.get("ini")
    if name != plain:
        tags.add("submitted-" + m)
    return name, tags


def draw_blocks(F, rnd, tpl, ctx, person):
    """The blocks of one template."""
    lines = []
    for line in template.expand(tpl.lines, F.macros, rnd):
        text = template.fill(line, rnd, person.f, ctx)
        if text.strip() in ("=", "#", "##", ">", "-", "*", "~", ">|", "~#", ""):
            continue
        lines.append(text)
    return template.blocks(lines)


def thicken(F, rnd, tpl, body):
    """The blocks with neutral paragraphs before the signatures, as on a full page."""
    lang = "kk" if tpl.lang == "kk" else "ru"
    macro = rnd.choice([m for m in (f"dense.{lang}.{tpl.org}", f"dense.{lang}.any") if m in F.macros])
    more = template.blocks([line for _ in range(rnd.randint(1, 3)) for line in rnd.choice(F.macros[macro])])
    more = [b for k, b in enumerate(more) if b not in more[:k]]
    ends = ("sig", "stamp", "qr", "row")
    at = (
        next((i for i in range(len(body) - 1, -1, -1) if body[i][0] not in (*ends, "l", "sm", "sp")), len(body) - 1) + 1
    )
    return body[:at] + more + body[at:]


def one(args):
    """Makes one document; its row of truth."""
    letter, case, seed, today, out_dir = args
    F = family(letter)
    key = f"{seed}:{letter}:{case['id']}"
    rnd = random.Random(key)
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    tags = set()
    kind = case["kind"]
    tpls = [next(t for t in F.templates if t.id == i) for i in case["tpls"]]
    flags = set().union(*(t.flags for t in tpls)) if tpls else set()
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
    child_female = rnd.random() < 0.5
    child = make_person(
        F, rnd, child_female, group=person.group, surname=person.base if rnd.random() < 0.6 else None, plain=True
    )
    if not child.p or rnd.random() < 0.7:
        father = person.g_ if not person.f else roles["sps"].g_
        style = "kk" if child.p.endswith(("ұлы", "қызы")) else "ru"
        child.p = father + ("қызы" if child_female else "ұлы") if style == "kk" else patronymic_of(father, child_female)
    roles["ch"] = child
    blocks, dates, first_ctx = [], [], None
    for i, tpl in enumerate(tpls):
        days = TYPES[tpl.type]["days"] if tpl.type else 40
        if kind == "tooold":
            age = days + rnd.randint(3, 300)
        elif kind == "edge":
            age = days
        elif kind == "edgeold":
            age = days + 1
        elif kind == "future":
            age = -rnd.randint(3, 60)
        elif "period" in tpl.flags and rnd.random() < 0.3:
            age = -rnd.randint(1, 25)
            tags.add("future-start")
        else:
            age = rnd.randint(0, min(days - 3, 36 if rnd.random() < 0.6 else days - 3))
        issued = dates[0] if kind == "bilpages" and i else today - dt.timedelta(days=age)
        mode = kind if kind in ("nodate", "nofio") else ""
        ctx = Context(F, rnd, tpl, roles, issued, today, mode)
        if kind == "bilpages":
            if i:
                ctx.dates = first_ctx.dates
                ctx.cache.update(
                    {k: first_ctx.cache[k] for k in ("iin", "num", "emp", "clinic", "city") if k in first_ctx.cache}
                )
            else:
                first_ctx = ctx
        if i:
            blocks.append(("pb",))
        body = draw_blocks(F, rnd, tpl, ctx, person)
        if case.get("dense") and not i:
            body = thicken(F, rnd, tpl, body)
            tags.add("dense")
        for shape, tag in (("under", "captions-below"), ("cols", "two-columns"), ("over", "stamp-over")):
            if any(block[0] == shape for block in body):
                tags.add(tag)
        blocks += body
        dates.append(issued)
        raw = "\n".join(tpl.lines)
        if re.search(r"\{p\.(f?[gdai]|[GDA]|SD)\}", raw):
            tags.add("oblique")
        if re.search(r"\{p\.(k[dgabi]|kf[dga]|K[dga])\}", raw):
            tags.add("oblique-kk")
        if "{p.ini" in raw or "{p.fini" in raw:
            tags.add("initials")
        if "\n| " in raw or "\n|*" in raw:
            tags.add("table")
        tags.add({"ru": "russian", "kk": "kazakh", "bi": "bilingual"}[tpl.lang])
        if "period" in tpl.flags:
            tags.add("period-date")
        if tpl.type is None:
            tags.add("near-miss" if "near" in tpl.flags else "other-paper")
    if "initials" in flags:
        tags.add("only-initials")
    if kind == "bilpages":
        tags.add("bilingual")
    if case.get("annex") and F.annexes:
        blocks += [("pb",)] + draw_blocks(
            F, rnd, rnd.choice([a for a in F.annexes if a.org in ("any", tpls[-1].org)]), ctx, person
        )
        tags.add("annex")
    if case.get("emptyfirst"):
        blocks = [("blank",)] + blocks
        tags.add("empty-page")
    if case.get("look"):
        blocks = generate.lookalike(blocks, [person.get("n"), person.get("d"), person.get("kd")], rnd)
        tags.add("lookalike")
    for g in (person.group,):
        tags.add("name-" + g)
    if person.apart:
        tags.add("patronymic-apart")
    if not person.p:
        tags.add("no-patronymic")
    if "-" in person.s:
        tags.add("double-surname")
    # ---- truth
    names = forms_of(person)
    fio = None if kind in ("nofio", "blank") else names[0]
    accepted = list(names)
    if "initials" in flags:
        fio = person.get("ini")
        accepted = [fio] + names
    if "foreign" in flags or not person.p:
        accepted.append(f"{person.g_} {person.s}")
    if "two" in flags:
        accepted += [n for r in ("dir", "oth") for n in forms_of(roles[r])]
    if "nobody" in flags:
        fio, accepted = None, [None] + accepted
    sub, more = submitted(case, rnd, F, person, roles, blocks)
    tags |= more
    doc_type = tpls[0].type if tpls else None
    date = None if kind in ("nodate", "blank", "future") else dates[0].isoformat()
    errors = []
    if fio is None:
        errors.append("FIO_MISSING")
    elif kind == "wrong":
        errors.append("FIO_MISMATCH")
    if doc_type is None:
        errors.append("DOC_TYPE_UNKNOWN")
    if date is None:
        errors.append("DOC_DATE_MISSING")
    elif kind in ("tooold", "edgeold"):
        errors.append("DOC_DATE_TOO_OLD")
    if kind == "multi":
        errors.append("MULTIPLE_DOCUMENTS")
    row = dict(
        file="",
        fio_submitted=sub,
        doc_type=TYPES[doc_type]["name"] if doc_type else None,
        single=kind != "multi",
        fio=fio,
        doc_date=date,
        verdict=not errors,
        errors=sorted(errors),
        kind=kind,
        form=case["form"],
        body=case["tpls"],
        layout=[],
        pages=0,
        dpi=None,
        profile=None,
    )
    if len(accepted) > 1 and (fio is not None or "nobody" in flags):
        row["fio_ok"] = accepted
    if kind == "multi":
        row["doc_types"] = [TYPES[t.type]["name"] for t in tpls]
        row["doc_date_ok"] = [d.isoformat() for d in dates]
    write(case, row, blocks, rnd, rng, tags, key, out_dir, letter, F.style)
    row["tags"] = sorted(tags)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="b")
    parser.add_argument("--out", required=True)
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--seed", default="11")
    parser.add_argument("--today", default=None)
    parser.add_argument("--forms", choices=("text", "mix", "scan"), default="mix")
    parser.add_argument("--jobs", type=int, default=2)
    a = parser.parse_args()
    today = (
        dt.date.fromisoformat(a.today) if a.today else (dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=5)).date()
    )
    os.makedirs(a.out + "/files", exist_ok=True)
    os.makedirs(a.out + "/text", exist_ok=True)
    jobs = [(a.family, c, a.seed, today, a.out) for c in plan(family(a.family), a.n, a.seed, a.forms)]
    if a.jobs > 1:
        with ProcessPoolExecutor(a.jobs) as pool:
            rows = list(pool.map(one, jobs, chunksize=2))
    else:
        rows = [one(job) for job in jobs]
    with open(a.out + "/truth.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with open(a.out + "/meta.json", "w") as file:
        json.dump(dict(family=a.family, seed=a.seed, today=today.isoformat(), n=len(rows)), file)
    print(f"{len(rows)} documents of family {a.family}, {sum(r['verdict'] for r in rows)} with verdict true")


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    main()
