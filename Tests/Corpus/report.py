#!/usr/bin/env python3
"""Tables of how much of what the server said is right.

  python3 report.py --table DIR               the table of one scored corpus (truth.jsonl, predictions.jsonl, meta.json)
  python3 report.py --out FILE DIR [DIR ...]  a report over all of them, by family, field, form, kind and tag

The counts are made from the predictions anew, with the scorer's rules.
"""

import argparse
import collections
import json
import os

import score

FIELDS = ("type", "single", "fio", "date", "all", "verdict")
HEADS = ("n", "type", "single", "fio", "date", "all four", "verdict", "false accepts", "false rejects")
BAR = ("", "≥ 97", "≥ 99", "≥ 97", "≥ 97", "≥ 92", "≥ 97", "≤ 1", "≤ 4")
FAMILIES = {
    "dev": "dev (the texts that the rules were made with)",
    "b": "b (other texts and names, seen while tuning)",
    "c": "c (held out)",
}


def judged(folder):
    """The truth and what is right of one corpus, a pair for each document."""
    truth = score.load(os.path.join(folder, "truth.jsonl"))
    said = {os.path.basename(p["file"]): p for p in score.load(os.path.join(folder, "predictions.jsonl"))}
    for t in truth:
        p = said.get(os.path.basename(t["file"]))
        yield t, score.judge(t, p)


def row(name, pairs):
    """One row of a table, in per cent."""
    n = len(pairs)
    good = sum(t["verdict"] for t, _ in pairs)
    percent = lambda count, of: f"{100 * count / of:.1f}" if of else ""
    shares = [percent(sum(r[f] for _, r in pairs), n) for f in FIELDS]
    accepts, rejects = sum(r["fa"] for _, r in pairs), sum(r["fr"] for _, r in pairs)
    part = lambda count, of: f"{percent(count, of)} ({count}/{of})" if of else ""
    return (name, n, *shares, part(accepts, n - good), part(rejects, good))


def markdown(rows, first):
    """A Markdown table."""
    lines = ["| " + " | ".join((first, *HEADS)) + " |", "| --- |" + " ---: |" * len(HEADS)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in r) + " |" for r in rows])


def grouped(pairs, keys):
    """Rows by what `keys` gives of a document's truth, the names sorted."""
    groups = collections.defaultdict(list)
    for t, r in pairs:
        for key in keys(t):
            groups[key].append((t, r))
    return [row(name, groups[name]) for name in sorted(groups)]


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
        "texts and scans are made (see `Tests/Corpus/README.md`), so the figures are not those of a bank's real papers.",
        "",
        "## Families",
        "",
        markdown([("bar", *BAR), *(row(FAMILIES.get(f, f), families[f]) for f in families)], "family"),
        "",
        "Seeds and documents: "
        + "; ".join(f"{f} " + ", ".join(f"{m['seed']} (n = {m['n']})" for m in meta[f]) for f in families)
        + ".",
    ]
    for title, first, keys in (
        ("By form", "form", lambda t: [t["form"]]),
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
        pairs = list(judged(options.table))
        print(markdown([row("all", pairs), *grouped(pairs, lambda t: [t["form"]])], "form"))
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(report(options.folders))


if __name__ == "__main__":
    main()
