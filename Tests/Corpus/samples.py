#!/usr/bin/env python3
"""Makes the sample documents of Tests/Fixtures/documents anew, byte for byte (with the same fonts and libraries).

  python3 samples.py [--out DIR]

Each sample is one document of the dev family: the first one, counted up from 0, that is of the wished kind, type,
form and language and small enough to be committed. Writes the files and expected.json.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import tempfile

import generate

TODAY = dt.date(2026, 11, 23)
SEED = "samples"
HERE = os.path.dirname(os.path.abspath(__file__))
KIB = 1024
# What keeps a picture of a page small and still well readable.
SMALL = dict(dpi=150, quality=55, gray=True)

# name, size limit, what the generator is asked for, tags that the document must have and must not have
SAMPLES = [
    ("sick-leave-ru-text.pdf", 60, dict(kind="valid", type="sick_leave", form="text"), {"russian"}, set()),
    ("unpaid-leave-kk-text.pdf", 90, dict(kind="valid", type="unpaid_leave_order", form="text"), {"kazakh"}, set()),
    (
        "unemployed-bilingual-text.pdf",
        90,
        dict(kind="valid", type="unemployed_cert", form="text"),
        {"bilingual"},
        set(),
    ),
    (
        "termination-order-ru-scan.pdf",
        145,
        dict(kind="valid", type="termination_order", form="scanpdf", prof="scan", **SMALL),
        {"russian"},
        {"dense"},
    ),
    (
        "vkk-ru-photo.jpg",
        145,
        dict(kind="valid", type="vkk", form="jpg", prof="photo", dpi=140, quality=32, gray=True),
        {"russian"},
        {"dense"},
    ),
    (
        "childcare-order-bilingual.png",
        145,
        dict(kind="valid", type="childcare_order", form="png", prof="clean", **SMALL),
        {"bilingual"},
        {"dense"},
    ),
    (
        "too-old-childcare-kk.tif",
        145,
        dict(kind="tooold", type="childcare_cert", form="tif", prof="bilevel", dpi=200),
        {"kazakh"},
        {"dense"},
    ),
    (
        "wrong-person-ru-text.pdf",
        100,
        dict(kind="wrong", type="termination_cert", form="text", wrong="near-patr"),
        {"russian"},
        set(),
    ),
    (
        "unknown-type-ru.png",
        145,
        dict(kind="unknown", type=None, form="png", prof="clean", **SMALL),
        {"russian"},
        {"dense"},
    ),
    (
        "two-documents-ru-text.pdf",
        112,
        dict(kind="multi", type="discharge", form="text"),
        {"russian"},
        {"two-on-one-page"},
    ),
    ("no-date-ru-text.pdf", 100, dict(kind="nodate", type="termination_order", form="text"), {"russian"}, set()),
    (
        "no-name-ru-scan.pdf",
        100,
        dict(kind="nofio", type="disability", form="scanpdf", prof="bilevel"),
        {"russian"},
        {"dense"},
    ),
]


def make(name, limit, wish, wanted, unwanted, workspace):
    """The first document that is as wished: its path and its row of truth."""
    for number in range(20):
        case = dict(wish, id=number)
        row = generate.one(("dev", case, SEED, TODAY, workspace))
        path = os.path.join(workspace, row["file"])
        tags = set(row["tags"])
        if os.path.getsize(path) <= limit * KIB and wanted <= tags and not unwanted & tags and row["pages"] <= 2:
            print(f"{name}: document {number}, {os.path.getsize(path) // KIB} KiB, {row['body']} {row['layout']}")
            return path, row
        os.remove(path)
    raise SystemExit(f"no document is as wished for {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "Fixtures", "documents"))
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    expected = []
    with tempfile.TemporaryDirectory() as workspace:
        os.makedirs(os.path.join(workspace, "files"))
        os.makedirs(os.path.join(workspace, "text"))
        for name, limit, wish, wanted, unwanted in SAMPLES:
            path, row = make(name, limit, wish, wanted, unwanted, workspace)
            shutil.move(path, os.path.join(out, name))
            expected.append(
                dict(
                    file=name,
                    fio=row["fio_submitted"],
                    today=TODAY.isoformat(),
                    verdict=row["verdict"],
                    errors=row["errors"],
                )
            )
    with open(os.path.join(out, "expected.json"), "w", encoding="utf-8") as file:
        lines = ",\n".join("  " + json.dumps(sample, ensure_ascii=False) for sample in expected)
        file.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
