"""Plans the documents of a family's corpus: what is wrong with each, from which templates it is made, and its form."""

import random

from generate import TYPES

# How many of 124 documents are of each kind; the rest are valid.
KINDS = dict(
    tooold=11, wrong=12, unknown=11, multi=6, nodate=4, nofio=3, blank=1, bilpages=4, future=1, edge=2, edgeold=1
)
# Whose name is submitted with another's paper, in turn.
WRONG = (
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
)
# Flags of templates that a kind cannot use.
UNFIT = {
    "nodate": {"nonodate", "period"},
    "nofio": {"nonofio"},
    "future": {"period", "nonodate"},
    "wrong": {"initials", "foreign"},
}
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
# Types that speak of a child.
CHILD = ("sick_leave_companion", "childcare_order", "childcare_cert")
# Types so close that two of them in one file are hardly two documents.
NEAR = {
    frozenset(("sick_leave", "sick_leave_companion")),
    frozenset(("unemployed_cert", "unemployed_persons")),
    frozenset(("unemployed_cert", "job_seeker_notice")),
    frozenset(("unemployed_persons", "job_seeker_notice")),
}
SHARES = {
    "text": [("text", 1.0)],
    "mix": [("text", 0.35), ("scanpdf", 0.3), ("jpg", 0.21), ("png", 0.1), ("tif", 0.04)],
    "scan": [("scanpdf", 0.5), ("jpg", 0.33), ("png", 0.12), ("tif", 0.05)],
}


class Pools:
    """The templates by type, each in an order of its own; all of them come up in turn."""

    def __init__(self, F, rnd):
        self.rnd, self.templates = rnd, F.templates
        self.keys = list(TYPES)
        self.by_type = {key: [t for t in F.templates if t.type == key] for key in self.keys}
        self.unknown = [t for t in F.templates if t.type is None]
        for pool in [*self.by_type.values(), self.unknown]:
            rnd.shuffle(pool)
        self.used = {}
        self.turn = 0

    def next_key(self):
        """The types in turn."""
        self.turn += 1
        return self.keys[(self.turn - 1) % len(self.keys)]

    def draw(self, name, pool):
        """The next template of the pool, counted under `name`."""
        i = self.used.get(name, 0)
        self.used[name] = i + 1
        return pool[i % len(pool)]

    def fit(self, key, case):
        """The templates of a type that a case's kind can use."""
        kind = case["kind"]
        pool = [t for t in self.by_type[key] if not t.flags & UNFIT.get(kind, set())]
        if kind in ("nodate", "future") and key not in NODATE:
            return []
        if kind == "nofio" and key in CHILD:
            return []
        if case.get("wrong") == "child":
            return [t for t in pool if any("{ch" in line for line in t.lines)]
        if kind == "bilpages":
            return self.undated_by_period(key, ("ru",)) if self.undated_by_period(key, ("kk", "bi")) else []
        return pool

    def undated_by_period(self, key, languages):
        """The templates of a type in one of the languages that have a day of issue."""
        return [t for t in self.by_type[key] if t.lang in languages and "period" not in t.flags]

    def second(self, first):
        """A template of another type, for two documents in one file."""
        return self.rnd.choice(
            [
                t
                for t in self.templates
                if t.type
                and t.type != first.type
                and frozenset((t.type, first.type)) not in NEAR
                and not t.flags & {"period", "foreign", "initials"}
            ]
        )


def choose(case, number, pools):
    """Sets the templates of a case, and who the wrong person is."""
    rnd, kind = pools.rnd, case["kind"]
    key = pools.next_key()
    if kind == "wrong":
        case["wrong"] = WRONG[number % len(WRONG)]
        if case["wrong"] == "child":
            key = rnd.choice(CHILD)
    for key in [key] + rnd.sample(pools.keys, len(pools.keys)):
        pool = pools.fit(key, case)
        if pool:
            break
    first = pools.draw((key, kind in ("nodate", "nofio", "future", "wrong")), pool)
    case["tpls"] = [first]
    if kind == "bilpages":
        case["tpls"] = [rnd.choice(pools.undated_by_period(key, ("kk", "bi"))), first]
        if rnd.random() < 0.5:
            case["tpls"].reverse()
    if kind == "multi":
        case["tpls"] = [first, pools.second(first)]


def dress(case, rnd, style):
    """Draws what else a document has: annexes, text layers, turned pages, a name submitted in another writing."""
    valid, text = case["kind"] == "valid", case["form"] == "text"
    if text and valid and rnd.random() < 0.05:
        case["look"] = True
    if case["kind"] in ("valid", "wrong", "tooold") and case["form"] in ("text", "scanpdf", "tif"):
        case["annex"] = rnd.random() < 0.10
        case["emptyfirst"] = rnd.random() < 0.03
    case["hyphens"] = rnd.random() < 0.12
    case["dense"] = rnd.random() < style.get("dense", 0.18)
    if text and rnd.random() < 0.03:
        case["pdfrotate"] = rnd.choice((90, 180, 270))
    if case["form"] == "scanpdf" and case["kind"] != "blank":
        case["layer"] = rnd.choices(["", "thin", "bad"], [0.84, 0.1, 0.06])[0]
    if not text and case["kind"] != "blank" and not case.get("layer") and rnd.random() < 0.06:
        case["quarter"] = rnd.choice((90, 180, 270))
    if case["form"] == "jpg" and not case.get("quarter") and rnd.random() < 0.06:
        case["exif"] = True
    if case["kind"] == "multi" and "one_page" in style:
        case["one_page"] = rnd.random() < style["one_page"]
    if not text and "hand" in style:
        case["hand"] = rnd.random() < style["hand"]
    if valid and rnd.random() < 0.3:
        case["sub"] = rnd.choice(["upper", "lower", "spaces", "yo", "kazfold", "lat", "ini", "order"])


def plan(F, n, seed, forms):
    """The cases of a corpus: kind, template, form."""
    rnd = random.Random(f"{seed}:{F.letter}:plan")
    kinds = [kind for kind, count in KINDS.items() for _ in range(max(1, round(count * n / 124)))]
    kinds = ["valid"] * max(0, n - len(kinds)) + kinds[:n]
    pools = Pools(F, rnd)
    cases = []
    for i, kind in enumerate(kinds):
        case = dict(kind=kind, tpls=[])
        if kind == "unknown":
            case["tpls"] = [pools.draw("-", pools.unknown)]
        elif kind != "blank":
            choose(case, i, pools)
        cases.append(case)
    shares = SHARES[forms]
    for case in cases:
        case["form"] = rnd.choices([f for f, _ in shares], [w for _, w in shares])[0]
        if len(case["tpls"]) > 1 and case["form"] in ("jpg", "png"):
            case["form"] = "scanpdf"
    rnd.shuffle(cases)
    for i, case in enumerate(cases):
        case["id"] = i
        case["tpls"] = [t.id for t in case["tpls"]]
        dress(case, rnd, F.style)
    return cases
