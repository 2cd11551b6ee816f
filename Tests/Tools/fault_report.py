"""The file of tables that `make faults` writes: a part that is run again replaces its own part only."""

import os
import re

HEAD = """\
# Dependencies that fail

`make faults`: one server with PostgreSQL, S3, Kafka, a language model, a receiver of callbacks and an OTLP collector,
each behind a proxy; one fault after the other under load, no restart. Refused submissions are repeated under their key.
*Acknowledged* are jobs and Kafka records; *back*: seconds from the dependency's return to one whole pass through it
(bar 10 s); *done*: until everything of the cell had ended, was told and kept. Of *answers*, 200 are synchronous
verdicts. A cell that did not hold is marked *short*.

| dependency | fault | s | acknowledged | lost | answers | back | done | |
| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |
"""


def read(path):
    """The rows of the table by dependency and fault, and the sections after it by their titles."""
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    table, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| dep"))]
    return (
        {tuple(cell.strip() for cell in row.split("|")[1:3]): row for row in rows},
        {section.partition("\n")[0]: section.partition("\n")[2].strip() for section in sections})


def write(path, rows, sections):
    text = HEAD + "".join(row + "\n" for row in rows.values())
    text += "".join(f"\n## {title}\n\n{body}\n" for title, body in sections.items())
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def put_rows(path, new):
    """Replaces rows of the table, or adds them."""
    rows, sections = read(path)
    for row in new:
        rows[tuple(cell.strip() for cell in row.split("|")[1:3])] = row
    write(path, rows, sections)


def put_section(path, title, body):
    """Replaces a section, or adds it."""
    rows, sections = read(path)
    sections[title] = body.strip()
    write(path, rows, sections)
