#!/usr/bin/env python3
"""score.py truth.jsonl predictions.jsonl [--tags] [--fails] [--json OUT]
predictions: {"file","doc_type","single","fio","doc_date","verdict","errors":[...]} one per line; doc_type is a name or key from types.json or null.
A missing prediction counts as wrong in every field and as verdict false. false-accept = verdict true where truth is false (share of truth-false documents).
"""

import argparse, json, os, re, collections

HERE = os.path.dirname(os.path.abspath(__file__))
KEY = {}
for t in json.load(open(os.path.join(HERE, "types.json"), encoding="utf-8")):
    KEY[t["name"].lower()] = t["key"]
    KEY[t["key"]] = t["key"]


def ty(x):
    return (
        None
        if not x or str(x).lower() in ("unknown", "null", "none")
        else KEY.get(str(x).strip().lower(), "?" + str(x))
    )


LAT = str.maketrans("aeopcyxikmthb", "аеорсухікмтһв")
FOLD = str.maketrans("ёәғқңөұүһі", "еагкноуухи")


def nm(x):  # case, spaces, ё/е, look-alikes and Kazakh letters folded
    if not x:
        return None
    return re.sub(r"[\s.,]+", " ", str(x).lower().translate(LAT).translate(FOLD)).strip() or None


def load(p):
    return [json.loads(l) for l in open(p, encoding="utf-8") if l.strip()]


def judge(t, p):
    """What is right of prediction p (None where there is none) for the truth t, by field."""
    m = p is None
    p = p or {}
    okt = {ty(x) for x in t.get("doc_types", [t["doc_type"]])}
    okf = {nm(x) for x in t.get("fio_ok", [t["fio"]])}
    okd = set(t.get("doc_date_ok", [t["doc_date"]]))
    v = bool(p.get("verdict"))
    r = dict(
        missing=m,
        type=not m and ty(p.get("doc_type")) in okt,
        single=not m and bool(p.get("single", True)) == t["single"],
        fio=not m and nm(p.get("fio")) in okf,
        date=not m and (p.get("doc_date") or None) in okd,
        errors=not m and sorted(set(p.get("errors") or [])) == t["errors"],
        verdict=not m and v == t["verdict"],
        fa=v and not t["verdict"],
        fr=(not v) and t["verdict"],
    )
    r["all"] = r["type"] and r["single"] and r["fio"] and r["date"]
    return r


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("truth")
    ap.add_argument("pred")
    ap.add_argument("--tags", action="store_true")
    ap.add_argument("--fails", action="store_true")
    ap.add_argument("--json")
    a = ap.parse_args()
    T = load(a.truth)
    P = {os.path.basename(p["file"]): p for p in load(a.pred)}
    rows = []
    for t in T:
        p = P.get(os.path.basename(t["file"]))
        r = judge(t, p)
        p = p or {}
        rows.append((t, p, r))
    F = ("type", "single", "fio", "date", "all", "errors", "verdict")

    def line(name, rs):
        n = len(rs)
        neg = sum(not t["verdict"] for t, _, _ in rs)
        pos = n - neg
        d = {f: sum(r[f] for *_, r in rs) / n for f in F}
        fa = sum(r["fa"] for *_, r in rs)
        fr = sum(r["fr"] for *_, r in rs)
        d.update(n=n, false_accept=fa / neg if neg else None, false_reject=fr / pos if pos else None)
        print(f"{name:22s} n={n:4d} " + " ".join(f"{f} {d[f]*100:5.1f}" for f in F) + f"  FA {fa}/{neg} FR {fr}/{pos}")
        return d

    out = {"overall": line("overall", rows)}
    print(f"missing predictions: {sum(r['missing'] for *_, r in rows)}")
    for grp in ("form", "kind"):
        for k in sorted({t.get(grp) for t, *_ in rows if t.get(grp)}):
            out[f"{grp}:{k}"] = line(f"{grp}:{k}", [x for x in rows if x[0].get(grp) == k])
    if a.tags:
        for k in sorted({g for t, *_ in rows for g in t["tags"]}):
            out[f"tag:{k}"] = line(f"tag:{k}", [x for x in rows if k in x[0]["tags"]])
    cf = collections.Counter((ty(t["doc_type"]), ty(p.get("doc_type"))) for t, p, r in rows if not r["type"])
    print("type confusions (truth -> predicted):", ", ".join(f"{a_}->{b}:{c}" for (a_, b), c in cf.most_common(12)))
    if a.fails:
        for t, p, r in rows:
            if not r["verdict"] or not r["all"]:
                print(
                    t["file"],
                    [f for f in F if not r[f]],
                    "| truth",
                    ty(t["doc_type"]),
                    t["fio"],
                    t["doc_date"],
                    t["errors"],
                    "| pred",
                    ty(p.get("doc_type")),
                    p.get("fio"),
                    p.get("doc_date"),
                    p.get("errors"),
                    t["tags"],
                )
    if a.json:
        json.dump(out, open(a.json, "w"), indent=1)


if __name__ == "__main__":
    main()
