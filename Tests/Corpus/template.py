"""Reads template files of a family: plain text, one marker at the start of each line.

A template starts with `@@ id type lang org [flags]` (`thin`: it gets no neutral text among its fields); a macro with
`@@ +name` (several of one name: one is drawn).
Markers: `=` title, `#` centred, `##` centred bold, `>` right, `>|` right half, `-` left, `*` bold left, `~` small,
`~#` small centred, `/` italic, `..` a row of up to three parts, `:` label :: value, `|` table row (`|*` with a header),
`^` two columns (`a ;; b ^^ c ;; d`), `!` role :: signer, `%` stamp ring // centre, `---` rule, `===` new page, `[qr]`,
`[box] a ;; b`, `_ 12` space, `__ value :: caption ;; ...` values on lines with captions below, `|| a ;; b ^^ c` two
columns of paragraphs, `%^ ring // centre` a stamp over the lines before, `+name` a macro; `=_` a title in spaced
letters, `[]` and `[x]` a line behind an empty or a ticked box, `[corner] a ;; b ^^ c` a framed stamp at the left and
what stands beside it, `[cells] label :: text` a cell for each character, `[rubber] a ;; b` a rubber stamp at the foot
of the page; anything else is a paragraph.
Inside a line `<a|b>` draws one, `[m|f]` follows the person's sex, `{...}` is a placeholder.
"""

import re


class Template:
    """One template: its identity, flags and lines."""

    def __init__(self, id_, type_, lang, org, flags):
        self.id, self.type, self.lang, self.org, self.flags = id_, type_, lang, org, set(flags)
        self.lines = []


def load(paths):
    """Templates and macros of the files."""
    templates, macros = [], {}
    for path in paths:
        current = None
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.rstrip("\n")
                if line.startswith("@@ +"):
                    current = []
                    macros.setdefault(line[4:].strip(), []).append(current)
                elif line.startswith("@@ "):
                    id_, type_, lang, org, *flags = line[3:].split()
                    one = Template(id_, None if type_ == "-" else type_, lang, org, flags)
                    templates.append(one)
                    current = one.lines
                elif current is not None and line.strip() and not line.startswith("//"):
                    current.append(line)
    ids = [t.id for t in templates]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    return templates, macros


def expand(lines, macros, rnd):
    """The lines with the macros drawn."""
    out = []
    for line in lines:
        if line.startswith("+"):
            out += expand(rnd.choice(macros[line[1:].strip()]), macros, rnd)
        else:
            out.append(line)
    return out


def fill(line, rnd, female, lookup):
    """One line with its alternatives drawn and its placeholders replaced."""
    while True:
        found = re.search(r"<([^<>]*\|[^<>]*)>", line)
        if not found:
            break
        line = line[: found.start()] + rnd.choice(found.group(1).split("|")) + line[found.end() :]
    line = re.sub(r"\[([^\[\]|]*)\|([^\[\]|]*)\]", lambda m: m.group(2 if female else 1), line)
    return re.sub(r"\{([a-zA-Z0-9_.]+)\}", lambda m: lookup(m.group(1)), line)


def _cells(line):
    return [cell.strip() for cell in line.split(" | ")]


def _fractions(rows):
    """Column widths by the longest text in each column, within bounds."""
    columns = max(len(r) for r in rows)
    weight = [
        min(
            42,
            max(
                max((len(r[i]) for r in rows if i < len(r)), default=4),
                max((len(w) for r in rows if i < len(r) for w in r[i].split()), default=4) * 1.25,
                5,
            ),
        )
        for i in range(columns)
    ]
    total = sum(weight)
    return [w / total for w in weight]


def blocks(lines):
    """Blocks for render.Doc from filled lines."""
    out, table, head, pairs = [], [], False, []

    def flush():
        nonlocal table, head, pairs
        if table:
            width = max(len(r) for r in table)
            rows = [r + [""] * (width - len(r)) for r in table]
            out.append(("tab", rows, _fractions(rows), head))
            table, head = [], False
        if pairs:
            out.append(("kv", pairs))
            pairs = []

    marks = {
        "=": "t",
        "#": "c",
        "##": "cb",
        ">": "r",
        ">>": "rb",
        ">|": "rc",
        "-": "l",
        "*": "lb",
        "~": "sm",
        "~#": "smc",
        "/": "it",
    }
    for line in lines:
        mark, _, rest = line.partition(" ")
        rest = rest.strip()
        if mark in ("|", "|*"):
            if pairs or (mark == "|*" and table):
                flush()
            head = head or mark == "|*"
            table.append(_cells(rest))
            continue
        if mark == ":":
            if table:
                flush()
            label, _, value = rest.partition("::")
            pairs.append((label.strip(), value.strip()))
            continue
        flush()
        if line == "---":
            out.append(("hr",))
        elif line == "===":
            out.append(("pb",))
        elif mark == "[qr]":
            out.append(("qr", rest or "l"))
        elif mark == "=_":
            out.append(("spaced", rest))
        elif mark in ("[]", "[x]"):
            out.append(("check", mark == "[x]", rest))
        elif mark == "[corner]":
            left, _, right = rest.partition("^^")
            out.append(("corner", *([x.strip() for x in side.split(";;") if x.strip()] for side in (left, right))))
        elif mark == "[cells]":
            label, _, value = rest.partition("::")
            out.append(("cells", label.strip(), value.strip()))
        elif mark == "[rubber]":
            out.append(("rubber", [x.strip() for x in rest.split(";;")]))
        elif mark == "[box]":
            out.append(("box", [x.strip() for x in rest.split(";;")]))
        elif mark == "_":
            out.append(("sp", float(rest)))
        elif mark == "..":
            parts = [x.strip() for x in rest.split(" .. ")]
            if len(parts) == 2:
                parts = [parts[0], "", parts[1]]
            out.append(("row", *parts))
        elif mark == "^":
            left, _, right = rest.partition("^^")
            out.append(("2c", [x.strip() for x in left.split(";;")], [x.strip() for x in right.split(";;")]))
        elif mark == "||":
            left, _, right = rest.partition("^^")
            out.append(("cols", [x.strip() for x in left.split(";;")], [x.strip() for x in right.split(";;")]))
        elif mark == "__":
            cells = [cell.partition("::") for cell in rest.split(";;")]
            out.append(("under", [(value.strip(), caption.strip()) for value, _, caption in cells]))
        elif mark == "!":
            role, _, name = rest.partition("::")
            out.append(("sig", role.strip(), name.strip()))
        elif mark in ("%", "%^"):
            ring, _, centre = rest.partition("//")
            kind = "stamp" if mark == "%" else "over"
            out.append((kind, ring.strip(), (centre.strip() or "М.П.").replace("\\n", "\n")))
        elif mark in marks:
            out.append((marks[mark], rest))
        else:
            out.append(("p", line.strip()))
    flush()
    return out
