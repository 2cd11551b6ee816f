#!/usr/bin/env python3
"""Tables of how much of what the server said is right.

  python3 report.py --table DIR               the table of one scored corpus (truth.jsonl, predictions.jsonl, meta.json)
  python3 report.py --out FILE DIR [DIR ...]  a report over all of them, by family, field, form, kind and tag

The counts are made from the predictions anew, with the scorer's rules.
"""

import argparse
import collections
import json
import math
import os

import score

FIELDS = ("type", "single", "fio", "date", "all", "verdict")
HEADS = ("n", "type", "single", "fio", "date", "all four", "verdict", "false accepts", "false rejects")
BAR = ("", "≥ 97", "≥ 99", "≥ 97", "≥ 97", "≥ 92", "≥ 97", "≤ 1", "≤ 4")
FAMILIES = {
    "dev": "dev (the texts that the rules were made with)",
    "b": "b (other texts and names, seen while tuning)",
    "c": "c (held out)",
    "d": "d (held out, other regions)",
    "e": "e (held out, official forms)",
}
# What the result names each field, and the scorer.
CONFIDENCES = (("doc_type", "type"), ("fio", "fio"), ("doc_date", "date"))
# The lower ends of the ranges of confidence.
STEPS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
FORMS = {"text": "PDF with text", "scanpdf": "scanned PDF", "jpg": "JPEG scan", "png": "PNG scan", "tif": "TIFF scan"}


def form(t):
    """How a document came in: a photograph or a fax is one whatever file it is in."""
    return t.get("profile") if t.get("profile") in ("photo", "fax") else FORMS[t["form"]]


def judged(folder):
    """The truth, what is right, and the prediction of one corpus, three for each document."""
    truth = score.load(os.path.join(folder, "truth.jsonl"))
    said = {os.path.basename(p["file"]): p for p in score.load(os.path.join(folder, "predictions.jsonl"))}
    for t in truth:
        p = said.get(os.path.basename(t["file"]))
        yield t, score.judge(t, p), p or {}


def percent(count, of):
    """A share in per cent; nothing of nothing."""
    return f"{100 * count / of:.1f}" if of else ""


def interval(count, of):
    """Wilson's 95 % interval of a share, in per cent."""
    z = 1.96
    share = count / of
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + (z / of / 2) ** 2)
    low, high = ((middle + sign * spread) / (1 + z * z / of) for sign in (-1, 1))
    return f"{100 * low:.1f} to {100 * high:.1f}"


def row(name, rows):
    """One row of a table, in per cent."""
    n = len(rows)
    good = sum(t["verdict"] for t, *_ in rows)
    shares = [percent(sum(r[f] for _, r, _ in rows), n) for f in FIELDS]
    accepts, rejects = sum(r["fa"] for _, r, _ in rows), sum(r["fr"] for _, r, _ in rows)
    part = lambda count, of: f"{percent(count, of)} ({count}/{of})" if of else ""
    return (name, n, *shares, part(accepts, n - good), part(rejects, good))


def markdown(rows, first, heads=HEADS):
    """A Markdown table."""
    lines = ["| " + " | ".join((first, *heads)) + " |", "| --- |" + " ---: |" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in r) + " |" for r in rows])


def grouped(rows, keys):
    """Rows by what `keys` gives of a document's truth, the names sorted."""
    groups = collections.defaultdict(list)
    for one in rows:
        for key in keys(one[0]):
            groups[key].append(one)
    return [row(name, groups[name]) for name in sorted(groups)]


def confidence(p, field, missing):
    """How sure a prediction is of a field."""
    sure = (p.get("confidence") or {}).get(field)
    return missing if sure is None else sure


def reliability(rows):
    """Rows by range of confidence: for each field how often it was said and how often it was right then."""
    out = []
    for low, high in zip(STEPS, (*STEPS[1:], 1.01)):
        cells = []
        for said, judged_as in CONFIDENCES:
            inside = [r for _, r, p in rows if low <= confidence(p, said, -1) < high]
            cells += [len(inside), percent(sum(r[judged_as] for r in inside), len(inside))]
        out.append((f"{low:g} to {min(high, 1):g}", *cells))
    cells = []
    for said, judged_as in CONFIDENCES:
        without = [r for _, r, p in rows if confidence(p, said, None) is None]
        cells += [len(without), percent(sum(r[judged_as] for r in without), len(without))]
    return [*out, ("nothing found", *cells)]


def reviewed(name, rows):
    """One row: how many documents were left to a clerk, and the errors among those that were not."""
    left = [one for one in rows if one[2].get("needs_review")]
    rest = [one for one in rows if not one[2].get("needs_review")]
    right = lambda some: percent(sum(r["verdict"] for _, r, _ in some), len(some))
    wrong = [sum(r[kind] for _, r, _ in rest) for kind in ("fa", "fr")]
    return (name, len(rows), percent(len(left), len(rows)), right(left), right(rest), *wrong)


def report(folders):
    """The text of the report."""
    families, meta = collections.defaultdict(list), collections.defaultdict(list)
    for folder in folders:
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            about = json.load(file)
        families[about["family"]] += list(judged(folder))
        meta[about["family"]].append(about)
    day = next(iter(meta.values()))[0]["today"]
    out = [
        "# Accuracy",
        "",
        "Written by `make accuracy`: generated papers, each sent through the running release build",
        "(`POST /v1/process`, then `GET /v1/jobs/{run_id}/result`), judged as on "
        + day
        + ". Per cent of the documents for which the field is",
        "right; false accepts: of the papers that had to be refused; false rejects: of the good ones. The persons,",
        "texts and scans are made (see `Tests/Corpus/README.md`), so the figures are not those of a bank's real",
        "papers.",
        "",
        "## Families",
        "",
        markdown([("bar", *BAR), *(row(FAMILIES.get(f, f), families[f]) for f in families)], "family"),
        "",
        "95 % intervals of the right verdicts, were such documents drawn at random: "
        + "; ".join(f"{f} {interval(sum(r['verdict'] for _, r, _ in rows), len(rows))}" for f, rows in families.items())
        + ".",
        "",
        "Seeds and documents: "
        + "; ".join(f"{f} " + ", ".join(f"{m['seed']} (n = {m['n']})" for m in meta[f]) for f in families)
        + ".",
    ]
    out += [
        "",
        "## Left to a clerk",
        "",
        "Documents marked `needs_review`; the verdicts that are right among them and among the others; the false",
        "accepts and rejects among the others, which nobody would look at.",
        "",
        markdown(
            [reviewed(f, rows) for f, rows in families.items()],
            "family",
            ("n", "marked, %", "right of these, %", "of the others, %", "false accepts left", "false rejects left"),
        ),
        "",
        "## Confidence",
        "",
        "How many fields were said with a confidence in the range, and the share of them that is right. Well set",
        "confidences are about as high as that share.",
    ]
    for name in families:
        heads = [head for _, field in CONFIDENCES for head in (field, "right, %")]
        out += ["", f"### Family {name}", "", markdown(reliability(families[name]), "confidence", heads)]
    for title, first, keys in (
        ("By form", "form", lambda t: [form(t)]),
        ("By kind", "kind", lambda t: [t["kind"]]),
        ("By type", "type", lambda t: [t["doc_type"] or "(none)"]),
        ("By tag", "tag", lambda t: t["tags"]),
    ):
        for name in families:
            out += ["", f"## {title}, family {name}", "", markdown(grouped(families[name], keys), first)]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--table")
    parser.add_argument("--out")
    options = parser.parse_args()
    if options.table:
        rows = list(judged(options.table))
        print(markdown([row("all", rows), *grouped(rows, lambda t: [form(t)])], "form"))
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(report(options.folders))


if __name__ == "__main__":
    main()
