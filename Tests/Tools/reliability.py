#!/usr/bin/env python3
"""Prints how often fields of a given confidence are right: a calibrated server is right 90 times in 100 at 0.90.

  python3 reliability.py truth.jsonl predictions.jsonl   (predictions of submit_corpus.py)

Fields that were not found have no confidence; their row says how often there was nothing to find.
"""
import json
import sys

BINS = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01]
FOLD = str.maketrans("ёәғқңөұүһі", "еагкноуухи")


def folded(text):
    """A name for comparing: small, folded, without dots and hyphens, ұлы joined."""
    words = (text or "").lower().translate(FOLD).replace(".", " ").replace("-", " ").split()
    return "".join(words)


def is_right(field, truth, prediction):
    """Whether the predicted field is one of the right ones."""
    found = prediction.get(field)
    if field == "fio":
        return folded(found) in [folded(name) for name in truth.get("fio_ok") or [truth.get("fio")]]
    if field == "doc_date":
        return found in (truth.get("doc_date_ok") or [truth.get("doc_date")])
    return found in (truth.get("doc_types") or [truth.get("doc_type")])


def main():
    """Reads both files and prints one table a field."""
    with open(sys.argv[1], encoding="utf-8") as rows:
        truths = {row["file"]: row for row in map(json.loads, rows)}
    with open(sys.argv[2], encoding="utf-8") as rows:
        predictions = [json.loads(row) for row in rows]
    for field in ("fio", "doc_type", "doc_date"):
        print(f"{field:10} confidence        n  mean  right")
        pairs = [
            ((prediction.get("confidence") or {}).get(field), is_right(field, truths[prediction["file"]], prediction))
            for prediction in predictions
        ]
        for low, high in zip(BINS, BINS[1:]):
            rows = [pair for pair in pairs if pair[0] is not None and low <= pair[0] < high]
            if rows:
                mean = sum(row[0] for row in rows) / len(rows)
                right = sum(row[1] for row in rows) / len(rows)
                print(f"{'':10} {low:.2f} to {min(high, 1):.2f} {len(rows):8} {mean:.3f} {right:.3f}")
        absent = [pair[1] for pair in pairs if pair[0] is None]
        if absent:
            print(f"{'':10} not found    {len(absent):8}       {sum(absent) / len(absent):.3f}")
    reviews = sum(bool(prediction.get("needs_review")) for prediction in predictions)
    print(f"needs_review {reviews} of {len(predictions)}")


if __name__ == "__main__":
    main()
