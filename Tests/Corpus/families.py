#!/usr/bin/env python3
"""Makes documents of a template family (family_b to family_e): texts that the rules were not written for.

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
from family_dates import BLANK, BLANK_KK, DATES, FREE
from family_pages import write
from family_people import forms_of, people, submitted
from family_plan import plan

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = generate.TYPES
# The tags of the blocks that make a page hard to read.
SHAPES = dict(
    under="captions-below",
    cols="two-columns",
    over="stamp-over",
    spaced="spaced-title",
    check="checkboxes",
    corner="corner-stamp",
    cells="cells",
    rubber="rubber-stamp",
)


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


def age_of(kind, tpl, rnd, tags):
    """How many days ago a paper of a kind was issued."""
    days = TYPES[tpl.type]["days"] if tpl.type else 40
    if kind == "tooold":
        return days + rnd.randint(3, 300)
    if kind == "edge":
        return days
    if kind == "edgeold":
        return days + 1
    if kind == "future":
        return -rnd.randint(3, 60)
    if "period" in tpl.flags and rnd.random() < 0.3:
        tags.add("future-start")
        return -rnd.randint(1, 25)
    return rnd.randint(0, min(days - 3, 36 if rnd.random() < 0.6 else days - 3))


def describe(tpl, body, tags):
    """Adds the tags of what a template and its blocks hold."""
    for shape, tag in SHAPES.items():
        if any(block[0] == shape for block in body):
            tags.add(tag)
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
    if "initials" in tpl.flags:
        tags.add("only-initials")
    if tpl.type is None:
        tags.add("near-miss" if "near" in tpl.flags else "other-paper")


def describe_person(person, tags):
    """Adds the tags of how the person's name is built."""
    tags.add("name-" + person.group)
    if person.apart:
        tags.add("patronymic-apart")
    if not person.p:
        tags.add("no-patronymic")
    if "-" in person.s:
        tags.add("double-surname")


def compose(case, F, rnd, tpls, roles, today, tags):
    """The blocks of all templates of a case, the days on which each was issued."""
    kind, person = case["kind"], roles["p"]
    blocks, dates, first = [], [], None
    for i, tpl in enumerate(tpls):
        age = age_of(kind, tpl, rnd, tags)
        issued = dates[0] if kind == "bilpages" and i else today - dt.timedelta(days=age)
        ctx = Context(F, rnd, tpl, roles, issued, today, kind if kind in ("nodate", "nofio") else "")
        if kind == "bilpages" and i:
            # The same paper in the other language.
            ctx.dates = first.dates
            ctx.cache.update({k: first.cache[k] for k in ("iin", "num", "emp", "clinic", "city") if k in first.cache})
        first = first or ctx
        if i:
            blocks.append(("sp", 26) if case.get("one_page") else ("pb",))
            if case.get("one_page"):
                tags.add("two-on-one-page")
        body = draw_blocks(F, rnd, tpl, ctx, person)
        if case.get("dense") and not i and "thin" not in tpl.flags:
            body = thicken(F, rnd, tpl, body)
            tags.add("dense")
        blocks += body
        dates.append(issued)
        describe(tpl, body, tags)
    if kind == "bilpages":
        tags.add("bilingual")
    if case.get("annex") and F.annexes:
        annex = rnd.choice([a for a in F.annexes if a.org in ("any", tpls[-1].org)])
        blocks += [("pb",)] + draw_blocks(F, rnd, annex, ctx, person)
        tags.add("annex")
    if case.get("emptyfirst"):
        blocks = [("blank",)] + blocks
        tags.add("empty-page")
    if case.get("look"):
        blocks = generate.lookalike(blocks, [person.get("n"), person.get("d"), person.get("kd")], rnd)
        tags.add("lookalike")
    return blocks, dates


def names_of(kind, flags, roles):
    """The name that the paper gives, and all that are as right."""
    person = roles["p"]
    accepted = forms_of(person)
    fio = None if kind in ("nofio", "blank") else accepted[0]
    if "initials" in flags:
        fio = person.get("ini")
        accepted = [fio] + accepted
    if "foreign" in flags or not person.p:
        accepted.append(f"{person.g_} {person.s}")
    if "two" in flags:
        accepted += [n for r in ("dir", "oth") for n in forms_of(roles[r])]
    if "nobody" in flags:
        fio, accepted = None, [None] + accepted
    return fio, accepted


def truth(case, tpls, flags, roles, dates, sub):
    """The row of truth, without what is known only when the file is written."""
    kind = case["kind"]
    fio, accepted = names_of(kind, flags, roles)
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
    return row


def one(args):
    """Makes one document; its row of truth."""
    letter, case, seed, today, out_dir = args
    F = family(letter)
    key = f"{seed}:{letter}:{case['id']}"
    rnd = random.Random(key)
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    tags = set()
    tpls = [next(t for t in F.templates if t.id == i) for i in case["tpls"]]
    flags = set().union(*(t.flags for t in tpls))
    roles = people(F, rnd, flags)
    blocks, dates = compose(case, F, rnd, tpls, roles, today, tags)
    describe_person(roles["p"], tags)
    sub, more = submitted(case, rnd, F, roles, blocks)
    tags |= more
    row = truth(case, tpls, flags, roles, dates, sub)
    write(case, row, blocks, rnd, rng, tags, key, out_dir, F)
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
