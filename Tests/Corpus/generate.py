#!/usr/bin/env python3
"""Deterministic corpus generator.
  python3 generate.py --out DIR [--n 124] [--seed 1] [--today 2026-11-23] [--jobs 2]
Writes DIR/files/*, DIR/text/*.txt (printed text, for character error rates) and DIR/truth.jsonl.
PyPI: reportlab pillow numpy pypdfium2 img2pdf.  apt: fonts-paratype fonts-dejavu-core fonts-dejavu-extra fonts-liberation
fonts-noto-core fonts-freefont-ttf fonts-crosextra-carlito fonts-open-sans."""

import argparse, datetime as dt, importlib, io, json, os, random, re, sys, zlib
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import pictures
import render
from names import Person, fem_surname

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {t["key"]: t for t in json.load(open(os.path.join(HERE, "types.json"), encoding="utf-8"))}
RU = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
KK = "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан".split()


def dots(d):
    return d.strftime("%d.%m.%Y")


def kkdate(d):
    return f"{d.year} жылғы {d.day} {KK[d.month-1]}"


DF = {
    "dots": lambda d: dots(d),
    "dotsg": lambda d: dots(d) + " г.",
    "ru": lambda d: f"{d.day} {RU[d.month-1]} {d.year} года",
    "ruq": lambda d: f"«{d.day:02d}» {RU[d.month-1]} {d.year} г.",
    "kk": kkdate,
    "kkj": lambda d: f"{d.year} ж. «{d.day:02d}» {KK[d.month-1]}",
    "kkd": lambda d: dots(d) + " ж.",
    "yy": lambda d: d.strftime("%d.%m.%y"),
    "iso": lambda d: d.isoformat(),
    "slash": lambda d: d.strftime("%d/%m/%Y"),
    "ruy": lambda d: f"{d.year} года {d.day} {RU[d.month-1]}",
    "spaced": lambda d: f"« {d.day} »  {RU[d.month-1]}  {d.year}г.",
}


class NoName:
    def __getattr__(self, a):
        return "____________________"


def person(T, r, f=None, avoid=()):
    f = r.random() < 0.5 if f is None else f
    for _ in range(50):
        s = r.choice(T.SURNAMES)
        if s not in avoid:
            break
    return (
        Person(
            fem_surname(s) if f else s,
            r.choice(T.FEMALE_GIVEN if f else T.MALE_GIVEN),
            r.choice(T.PATR)[1 if f else 0],
            f,
        ),
        s,
    )


def make_ctx(T, r, body, skin, D, per, today, nofio=False, date_mode=None):
    p, ppl = per["p"], per
    f = p.f
    rd = lambda a, b: dt.timedelta(days=r.randint(a, b))
    ty = body.get("type")
    if date_mode == "period":
        d1 = D
    elif ty == "discharge":
        d1 = D - rd(7, 12)
    elif ty in ("sick_leave", "sick_leave_companion"):
        d1 = D - rd(0, 2)
    elif ty in ("childcare_order", "unpaid_leave_order"):
        d1 = D + rd(1, 14)
    else:
        d1 = D - rd(0, 20)
    d2 = D - rd(0, 1) if ty == "discharge" else d1 + rd(7, 30)
    d2Y = dt.date(d1.year + r.choice((1, 1, 2, 3)), d1.month, min(d1.day, 28))
    birth = dt.date(today.year - r.randint(22, 58), r.randint(1, 12), r.randint(1, 28))
    chb = dt.date(today.year - r.randint(0, 4) - (0 if today.month > 6 else 1), r.randint(1, 5), r.randint(1, 28))
    fm = (
        ["dotsg", "ru", "ruq", "dots", "ruq", "yy", "spaced", "ruy"]
        if body.get("lang", "ru") == "ru"
        else ["dots", "kk", "kkd", "kkj"] if body["lang"] == "kk" else ["dots", "ru", "kkd", "iso", "ruq", "slash"]
    )
    if skin.get("plaindate"):
        fm = ["dots"]
    df = r.choice(fm)
    g = dict(
        p=NoName() if nofio else p,
        dr=per["dr"],
        dr2=per["dr2"],
        dir=per["dir"],
        sec=per["sec"],
        ch=per["ch"],
        D=DF[df](D),
        Dd=dots(D),
        birth=dots(birth),
        chbirth=dots(chb),
        d1=dots(d1),
        d2=dots(d2),
        d3=dots(d2 + dt.timedelta(days=1)),
        d2Y=dots(d2Y),
        d1k=kkdate(d1),
        d2k=kkdate(d2),
        x1=dots(D - rd(3, 30)),
        x2=dots(D - rd(60, 400)),
        f1=dots(D + rd(200, 500)),
        f2=dots(D + rd(8, 20)),
        num=r.choice(["{}", "{}-к", "{}/1", "0{}", "01-{}"]).format(r.randint(3, 980)),
        num2=str(r.randint(1000, 99999)),
        iin=birth.strftime("%y%m%d") + f"{r.randint(300000, 699999)}",
        n2=f"{r.randint(10, 99)}",
        n4=f"{r.randint(1000, 9999)}",
        hm=f"{r.randint(8, 19)}:{r.randint(10, 59)}",
        emp=per["emp"],
        clinic=per["clinic"],
        city=per["city"],
        addr=r.choice(T.ADDR),
        job=r.choice(T.JOBS),
        dep=r.choice(T.DEPS),
        diag=r.choice(T.DIAG),
        job_kk=r.choice(T.JOBS_KK),
        dep_kk=r.choice(getattr(T, "DEPS_KK", ["Бөлім"])),
    )
    x3 = D - rd(500, 3000)
    g["x3"] = dots(x3)
    g["x3k"] = kkdate(x3)
    g["job_kk_l"] = g["job_kk"].lower()
    pool = {"mse": T.MSE, "career": T.CAREER, "govother": T.GOVOTHER}.get(body.get("org"), T.CAREER)
    g["gov"] = r.choice(pool).format(city=per["city"])
    g["_f"] = f
    g["_df"] = df
    return g


def fmt(s, g):
    if not isinstance(s, str):
        return s
    s = s.replace("{[", "[").replace("]}", "]")
    s = re.sub(r"\[([^\[\]|]*)\|([^\[\]|]*)\]", lambda m: m.group(2 if g["_f"] else 1), s)
    return s.format(**g)


def deep(b, g):
    if isinstance(b, str):
        return fmt(b, g)
    if isinstance(b, tuple):
        return (b[0],) + tuple(deep(x, g) for x in b[1:]) if b and b[0] in KINDS else tuple(deep(x, g) for x in b)
    if isinstance(b, list):
        return [deep(x, g) for x in b]
    return b


KINDS = {
    "t",
    "c",
    "cb",
    "p",
    "l",
    "lb",
    "r",
    "rb",
    "rc",
    "sm",
    "smc",
    "it",
    "hr",
    "sp",
    "kv",
    "tab",
    "row",
    "2c",
    "sig",
    "stamp",
    "qr",
    "box",
    "pb",
    "blank",
    "under",
    "cols",
    "over",
}


def compose(T, r, body, skin, g, mode):
    """mode: line|body|period|nodate -> blocks"""
    title = r.choice(body["titles"])
    tb = [("t", t) for t in title]
    gg = dict(g)
    if mode == "nodate":
        gg["D"] = r.choice(["_______________", "«___» __________ 20__ г.", "____________"])
    has_line = body["date"] == "line" and mode in ("line", "nodate")
    line = [skin["line"] if has_line else skin["line2"]]
    out = list(skin["head"])
    mid = (tb + line) if skin["after"] else (line + [("sp", 6)] + tb)
    out += mid + [("sp", 8)] + list(body["blocks"]) + list(skin["tail"])
    return deep(out, gg)


LOOK = dict(zip("аеорсухіАЕОРСХВНКМТ", "aeopcyxiAEOPCXBHKMT"))


def lookalike(blocks, names, r):
    keys = set(w for n in names for w in re.split(r"\s+", n) if len(w) > 2)
    stems = {w[:4].lower() for w in keys}

    def fx(s):
        def w(m):
            t = m.group(0)
            if t[:4].lower() in stems or t.isupper() and len(t) > 3:
                return "".join(LOOK[c] if c in LOOK and r.random() < 0.5 else c for c in t)
            return t

        return re.sub(r"[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]{3,}", w, s)

    def go(b):
        if isinstance(b, str):
            return fx(b)
        if isinstance(b, tuple):
            if b and b[0] in ("stamp", "over"):
                return b
            return (b[0],) + tuple(go(x) for x in b[1:]) if b and b[0] in KINDS else tuple(go(x) for x in b)
        if isinstance(b, list):
            return [go(x) for x in b]
        return b

    return go(blocks)


# ------------------------------------------------------------------ plan
def plan(family, n, seed):
    r = random.Random(f"{seed}:{family}:plan")
    k = n / 124
    spec = [
        ("tooold", 12),
        ("wrong", 12),
        ("unknown", 8),
        ("multi", 7),
        ("nodate", 5),
        ("nofio", 3),
        ("blank", 2),
        ("bilpages", 4),
    ]
    cases = [kd for kd, c in spec for _ in range(max(1, round(c * k)))]
    cases = ["valid"] * (n - len(cases)) + cases
    keys = list(TYPES)
    ti = 0
    out = []
    for kd in cases:
        ty = keys[ti % 15] if kd not in ("unknown", "blank") else None
        if ty:
            ti += 1
        out.append(dict(kind=kd, type=ty))
    forms = ["text"] * round(n * 0.35) + ["scanpdf"] * round(n * 0.30)
    rest = n - len(forms)
    forms += ["jpg"] * round(rest * 0.6) + ["png"] * round(rest * 0.3)
    forms += ["tif"] * (n - len(forms))
    r.shuffle(forms)
    for c, f in zip(out, forms):
        c["form"] = f
    for c in out:  # two pages need a container
        if c["kind"] in ("multi", "bilpages") and c["form"] in ("jpg", "png"):
            for o in out:
                if o["kind"] == "valid" and o["form"] in ("scanpdf", "text"):
                    o["form"], c["form"] = c["form"], o["form"]
                    break
    r.shuffle(out)
    txt = [c for c in out if c["form"] == "text" and c["kind"] in ("valid", "wrong", "tooold")]
    for c in txt[:6]:
        c["look"] = True
    for c in txt[6:8]:
        c["pdfrotate"] = 90
    for c in txt[8:11]:
        c["annex"] = True
    for c in txt[11:13]:
        c["emptyfirst"] = True
    sp = [c for c in out if c["form"] == "scanpdf" and c["kind"] in ("valid", "wrong", "tooold")]
    for c in sp[:3]:
        c["thin"] = True
    for c in sp[3:5]:
        c["badlayer"] = True
    for c in sp[5:8]:
        c["annex"] = True
    for c in sp[8:10]:
        c["emptyfirst"] = True
    for c in sp[10:13]:
        c["prof"] = "bilevel"
    ras = [
        c
        for c in out
        if c["form"] in ("scanpdf", "jpg", "png", "tif")
        and c["kind"] != "blank"
        and not c.get("thin")
        and not c.get("badlayer")
    ]
    for i, c in enumerate(ras[13:20]):
        c["quarter"] = (180, 90, 270)[i % 3]
    jp = [c for c in out if c["form"] == "jpg" and not c.get("quarter") and c["kind"] == "valid"]
    for c in jp[:2]:
        c["exif"] = True
    w = [c for c in out if c["kind"] == "wrong"]
    for i, c in enumerate(w):
        c["wrong"] = [
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
    v = [c for c in out if c["kind"] == "valid"]
    for i, c in enumerate(v[20:32]):
        c["sub"] = ["upper", "spaces", "yo", "kazfold", "lower", "lat"][i % 6]
    for i, c in enumerate(out):
        c["id"] = i
    return out


def one(args):
    family, c, seed, today, outdir = args
    T = importlib.import_module(f"{family}_templates")
    r = random.Random(f"{seed}:{family}:{c['id']}")
    rng = np.random.default_rng(zlib.crc32(f"{seed}:{family}:{c['id']}".encode()))
    tags = set()
    kind, ty = c["kind"], c["type"]
    # ---- bodies
    if kind == "unknown":
        bodies = [r.choice(T.UNKNOWN)]
        bodies[0].setdefault("lang", "ru")
    elif kind == "blank":
        bodies = []
    else:
        cand = [b for b in T.BODIES if b["type"] == ty]
        if kind == "nodate":
            cand = [
                b
                for b in T.BODIES
                if b["date"] == "line"
                and b["type"]
                in (
                    "vkk",
                    "disability",
                    "capacity_loss",
                    "termination_order",
                    "termination_cert",
                    "unpaid_leave_order",
                    "no_income_cert",
                )
            ]
        if kind == "nofio":
            cand = [
                b
                for b in T.BODIES
                if b["date"] != "period" and b["type"] not in ("sick_leave_companion", "childcare_order")
            ]
        if c.get("wrong") == "child":
            cand = [b for b in T.BODIES if b["type"] == "sick_leave_companion"]
        if kind == "bilpages":
            types = sorted(
                {b["type"] for b in T.BODIES if b["lang"] == "ru" and b["date"] == "line"}
                & {b["type"] for b in T.BODIES if b["lang"] in ("kk", "bi") and b["date"] == "line"}
            )
            t2 = r.choice(types)
            bodies = [
                r.choice(
                    [b for b in T.BODIES if b["type"] == t2 and b["lang"] in ("kk", "bi") and b["date"] == "line"]
                ),
                r.choice([b for b in T.BODIES if b["type"] == t2 and b["lang"] == "ru" and b["date"] == "line"]),
            ]
        elif kind == "multi":
            b1 = r.choice(cand)
            near = {
                frozenset(("sick_leave", "sick_leave_companion")),
                frozenset(("unemployed_cert", "unemployed_persons")),
            }
            b2 = r.choice([b for b in T.BODIES if b["type"] != ty and frozenset((b["type"], ty)) not in near])
            bodies = [b1, b2]
        else:
            bodies = [cand[(c["id"] // 3) % len(cand)] if r.random() < 0.7 else r.choice(cand)]
        ty = bodies[0]["type"]
    female = True if any(b.get("female") for b in bodies) else None
    p, ps = person(T, r, female)
    used = {ps}
    per = {"p": p}
    for role in ("dr", "dr2", "dir", "sec"):
        q, s = person(T, r, None, used)
        used.add(s)
        per[role] = q
    cf = r.random() < 0.5
    base = ps
    if r.random() < 0.5 or p.f:
        q, base2 = person(T, r, None, used) if r.random() < 0.3 else (None, ps)
        base = base2
    ch = Person(
        fem_surname(base) if cf else base,
        r.choice(T.FEMALE_GIVEN if cf else T.MALE_GIVEN),
        r.choice(T.PATR)[1 if cf else 0],
        cf,
    )
    per["ch"] = ch
    per["emp"], per["clinic"], per["city"] = r.choice(T.EMPS), r.choice(T.CLINICS), r.choice(T.CITIES)
    pages_blocks, dates, layouts, langs = [], [], [], []
    fontkey, size = None, None
    for bi, body in enumerate(bodies):
        org = {"mse": "gov", "career": "gov", "govother": "gov"}.get(body["org"], body["org"])
        sk = [s for s in T.SKINS if s["org"] == org]
        if kind == "nodate":
            sk = [s for s in sk if not s.get("linehasdate")]
        skin = sk[(c["id"] * 5 + bi * 2 + r.randint(0, 2)) % len(sk)]
        days = TYPES[body["type"]]["days"] if kind != "unknown" else 40
        if kind == "tooold":
            age = days + r.randint(3, 300)
        else:
            age = r.randint(0, min(days - 3, 36 if r.random() < 0.6 else days - 3))
        D = today - dt.timedelta(days=age) if not (kind == "bilpages" and bi) else dates[0]
        mode = "nodate" if kind == "nodate" else body["date"]
        if body["date"] == "period" and skin.get("linehasdate"):
            skin = [s for s in sk if not s.get("linehasdate")][0]
        if bi and kind == "bilpages":
            g2 = make_ctx(T, random.Random(f"{seed}:{family}:{c['id']}:ctx"), body, skin, D, per, today)
            g = g2
        else:
            g = make_ctx(
                T,
                random.Random(f"{seed}:{family}:{c['id']}:ctx") if kind == "bilpages" else r,
                body,
                skin,
                D,
                per,
                today,
                nofio=(kind == "nofio"),
                date_mode=mode,
            )
        dense = c["id"] % 5 == 2 or body.get("multipage") and c["id"] % 2 == 0
        if dense and not bi:  # a realistic dense page: long neutral paragraphs after the body
            rd = random.Random(f"{seed}:{family}:{c['id']}:dense")
            sents = [
                x
                for _ in range(rd.randint(1, 2 if c["form"] in ("jpg", "png") else 4))
                for x in rd.sample(T.DENSE[org], len(T.DENSE[org]))
            ]
            body = dict(
                body, blocks=list(body["blocks"]) + [("p", " ".join(sents[i : i + 3])) for i in range(0, len(sents), 3)]
            )
            tags.add("dense")
        bl = compose(T, r, body, skin, g, mode)
        if c.get("annex") and bi == len(bodies) - 1:
            bl = bl + deep(list(T.LONG), g)
            tags.add("multipage")
        dates.append(D)
        layouts.append(skin["id"])
        langs.append(body.get("lang", "ru"))
        if fontkey is None:
            fontkey, size = skin["font"], skin["size"]
        if bi:
            pages_blocks.append(("pb",))
            tags.add("multipage")
        pages_blocks += bl
        raw = json.dumps(body["blocks"], ensure_ascii=False)
        if re.search(r"\{p\.[dgai]\}", raw):
            tags.add("oblique")
        if re.search(r"\{p\.k[dga]\}", raw):
            tags.add("oblique-kk")
        if "{p.ini" in raw:
            tags.add("initials")
        if mode == "period":
            tags.add("period-date")
        if "tab" in raw:
            tags.add("table")
    for l in langs:
        tags.add({"ru": "russian", "kk": "kazakh", "bi": "bilingual"}[l])
    if kind == "bilpages":
        tags.add("bilingual")
    if c.get("look"):
        pages_blocks = lookalike(pages_blocks, [p.n, p.d, p.g, p.kd], r)
        tags.add("lookalike")
    if c.get("emptyfirst"):
        pages_blocks = [("blank",)] + pages_blocks
        tags.add("empty-page")
    # ---- expected
    fio = None if kind in ("nofio", "blank") else p.n
    sub = p.n
    if kind == "blank" or kind == "nofio":
        sub = p.n
    if kind == "wrong":
        w = c["wrong"]
        T2 = [x for x in T.PATR if x[1 if p.f else 0] != p.p]
        if w == "other":
            q, _ = person(T, r, p.f, {ps})
            sub = q.n
        elif w == "near-patr":
            sub = f"{p.s} {p.g_} {r.choice(T2)[1 if p.f else 0]}"
        elif w == "near-given":
            gl = [x for x in (T.FEMALE_GIVEN if p.f else T.MALE_GIVEN) if x != p.g_]
            same = [x for x in gl if x[0] == p.g_[0]]
            sub = f"{p.s} {r.choice(same or gl)} {p.p}"
        elif w == "near-surname":
            s = p.s
            i = max(1, len(s) // 2)
            ch_ = {"а": "о", "о": "а", "е": "и", "и": "е"}.get(s[i], "л" if s[i] != "л" else "р")
            sub = f"{s[:i]}{ch_}{s[i+1:]} {p.g_} {p.p}"
        elif w == "gender":
            o = Person(
                p.s[:-1] if p.f and p.s.endswith("а") else p.s + ("а" if p.s.endswith(("в", "н")) else ""),
                p.g_,
                p.p,
                p.f,
            )
            sub = o.n if o.n != p.n else "Иной " + p.n
        elif w == "child":
            sub = ch.n
        else:
            flat = json.dumps(pages_blocks, ensure_ascii=False)
            roles = [x for x in ("dir", "dr", "dr2", "sec") if per[x].s[:-1] in flat or per[x].N[:6] in flat]
            sub = per[r.choice(roles or ["dir"])].n
        tags.add(w)
        if sub == p.n:
            sub = "Посторонний Человек Иванович"
    m = c.get("sub")
    if m == "upper":
        sub = sub.upper()
    elif m == "lower":
        sub = sub.lower()
    elif m == "spaces":
        sub = "  " + sub.replace(" ", "   ") + " "
    elif m == "yo":
        sub = sub.replace("ё", "е")
    elif m == "kazfold":
        sub = sub.translate(str.maketrans("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноуухиАГКНОУУХИ"))
    elif m == "lat":
        sub = "".join(LOOK.get(ch2, ch2) if i % 3 == 0 else ch2 for i, ch2 in enumerate(sub))
    if m and sub != p.n:
        tags.add("submitted-" + m)
    single = kind != "multi"
    date = None if kind in ("nodate", "blank") else dates[0].isoformat()
    errs = []
    if fio is None:
        errs.append("FIO_MISSING")
    elif kind == "wrong":
        errs.append("FIO_MISMATCH")
    if ty is None:
        errs.append("DOC_TYPE_UNKNOWN")
    if date is None:
        errs.append("DOC_DATE_MISSING")
    elif kind == "tooold":
        errs.append("DOC_DATE_TOO_OLD")
    if not single:
        errs.append("MULTIPLE_DOCUMENTS")
    # ---- render
    kaz = any(ch3 in render.KAZ for ch3 in json.dumps(pages_blocks, ensure_ascii=False))
    buf = io.BytesIO()
    big = kind == "multi" and r.random() < 0.15
    d = render.Doc(
        buf,
        fontkey or "times",
        size or 11,
        kaz,
        f"{seed}:{family}:{c['id']}:",
        margin=(r.choice((50, 60, 72)), r.choice((35, 45, 50))),
        justify=r.random() < 0.4,
        lead=r.choice((1.2, 1.32, 1.45)),
    )
    if big:
        pages_blocks = [("sp", 24) if b == ("pb",) else b for b in pages_blocks]
        tags.add("two-on-one-page")
    for b in pages_blocks:
        d.block(b)
    text = d.finish()
    pdf = buf.getvalue()
    form = c["form"]
    name = f"{family[0]}{c['id']:03d}"
    dpi = None
    prof = None
    npages = len(text)
    tags.discard("multipage")
    if npages > 1 and form not in ("jpg", "png"):
        tags.add("multipage")
    fdir = os.path.join(outdir, "files")
    if form == "text":
        tags.add("text-layer")
        fn = name + ".pdf"
        if c.get("pdfrotate"):
            pdf = pictures.turn_pdf(pdf, c["pdfrotate"])
            tags.add("pdf-rotate")
        open(os.path.join(fdir, fn), "wb").write(pdf)
    else:
        tags.add("scan")
        prof = c.get("prof") or pictures.pick_profile(r, form, c.get("exif"))
        dpi = c.get("dpi", pictures.pick_dpi(r, prof, form))
        tags.add(prof)
        if dpi <= 130:
            tags.add("lowdpi")
        ims = [pictures.degrade(i, prof, rng, tags, c.get("quarter", 0)) for i in pictures.rasterize(pdf, dpi)]
        q = c.get("quality", pictures.pick_quality(r, prof))
        if q < 50:
            tags.add("jpeg-artefacts")
        gray = r.random() < 0.3 and prof != "bilevel"
        gray = c.get("gray", gray)
        if gray:
            ims = [i.convert("L") for i in ims]
            tags.add("gray")
        if form == "scanpdf":
            fn = name + ".pdf"
            if prof == "bilevel":
                pictures.save_bilevel_pdf(os.path.join(fdir, fn), ims, dpi)
            else:

                def layer(cv, k, h):
                    if c.get("thin"):
                        pictures.thin_layer(cv, T.THIN[k % len(T.THIN)])
                        tags.add("thin-layer")
                    if c.get("badlayer"):
                        pictures.garbage_layer(cv, r, text[k], h)
                        tags.add("bad-text-layer")

                pictures.save_scan_pdf(os.path.join(fdir, fn), ims, dpi, q, layer)
        elif form == "jpg":
            fn = name + r.choice((".jpg", ".jpg", ".jpeg", ".JPG"))
            if c.get("exif"):
                tags.add("exif-rotated")
            pictures.save_jpg(os.path.join(fdir, fn), ims[0], dpi, q, c.get("exif"), prof == "photo")
            npages = 1
        elif form == "png":
            fn = name + ".png"
            pictures.save_png(os.path.join(fdir, fn), ims[0], dpi, r)
            npages = 1
        else:
            fn = name + r.choice((".tif", ".tiff"))
            pictures.save_tif(os.path.join(fdir, fn), ims, dpi)
        tags.add("jpeg" if form in ("jpg", "scanpdf") and prof != "bilevel" else "lossless")
        if form in ("jpg", "png"):
            text = text[:1]
    open(os.path.join(outdir, "text", name + ".txt"), "w", encoding="utf-8").write(
        "\f".join("\n".join(x) for x in text)
    )
    nm = lambda k: TYPES[k]["name"]
    row = dict(
        file="files/" + fn,
        fio_submitted=sub,
        doc_type=nm(ty) if ty else None,
        single=single,
        fio=fio,
        doc_date=date,
        verdict=not errs,
        errors=sorted(errs),
        tags=sorted(tags),
        kind=kind,
        form=form,
        body=[b["id"] for b in bodies],
        layout=layouts,
        pages=npages,
        dpi=dpi,
        profile=prof,
    )
    if kind == "multi":
        row["doc_types"] = [nm(b["type"]) for b in bodies]
        row["doc_date_ok"] = [x.isoformat() for x in dates]
    if kind == "unknown" and bodies[0].get("two"):
        row["fio_ok"] = [p.n, per["dir"].n]
    return row


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--family", default="dev")
    ap.add_argument("--out", required=True)
    ap.add_argument("--n", type=int, default=124)
    ap.add_argument("--seed", default="1")
    ap.add_argument("--today", default=None)
    ap.add_argument("--jobs", type=int, default=2)
    a = ap.parse_args()
    today = (
        dt.date.fromisoformat(a.today) if a.today else (dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=5)).date()
    )
    os.makedirs(a.out + "/files", exist_ok=True)
    os.makedirs(a.out + "/text", exist_ok=True)
    jobs = [(a.family, c, a.seed, today, a.out) for c in plan(a.family, a.n, a.seed)]
    if a.jobs > 1:
        with ProcessPoolExecutor(a.jobs) as ex:
            rows = list(ex.map(one, jobs, chunksize=2))
    else:
        rows = [one(j) for j in jobs]
    with open(a.out + "/truth.jsonl", "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False) + "\n")
    json.dump(dict(family=a.family, seed=a.seed, today=today.isoformat(), n=len(rows)), open(a.out + "/meta.json", "w"))
    print(f"{len(rows)} documents, {sum(r['verdict'] for r in rows)} with verdict true, in {os.path.basename(a.out)}")


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    main()
