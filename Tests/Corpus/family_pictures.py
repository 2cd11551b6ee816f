"""Lays a document's blocks out and writes it as a text-layer PDF, a scan, a photo or a picture."""

import io
import json
import os
import re

from PIL import Image

import generate
import render

FONTS = (
    "times arial ptserif ptsans dejaserif dejasans notoserif notosans freeserif freesans carlito opensans ptmono"
).split()


class Pages(render.Doc):
    """render.Doc that can break words over lines with a hyphen."""

    hyphens = False

    def wrap(self, s, width, b=0, fs=None, first=0):
        lines = super().wrap(s, width, b, fs, first)
        if not self.hyphens:
            return lines
        out, rest = [], s.split()
        while rest:
            w0 = width - first if not out else width
            line = ""
            while rest and (not line or self._w(f"{line} {rest[0]}", b, fs) <= w0):
                line = f"{line} {rest.pop(0)}".strip()
            if rest and len(rest[0]) >= 7 and rest[0].isalpha():
                word = rest[0]
                for i in range(len(word) - 3, 2, -1):
                    good = word[i - 1].lower() in "аеёиоуыэюяәіөүұ" and word[i].lower() not in "ьъйы"
                    if good and self._w(f"{line} {word[:i]}-", b, fs) <= w0:
                        line, rest[0] = f"{line} {word[:i]}-", word[i:]
                        break
            out.append(line)
        return out or [""]


def write(case, row, blocks, rnd, rng, tags, key, out_dir, letter):
    """Lays the blocks out and writes the file in the case's form; fills the row's file, pages, dpi and profile."""
    kaz = any(ch in render.KAZ for ch in json.dumps(blocks, ensure_ascii=False))
    buffer = io.BytesIO()
    doc = Pages(
        buffer,
        rnd.choice(FONTS),
        rnd.choice((9.5, 10, 10.5, 11, 11.5, 12)),
        kaz,
        key + ":",
        margin=(rnd.choice((45, 56, 64, 80)), rnd.choice((30, 40, 55))),
        justify=rnd.random() < 0.45,
        lead=rnd.choice((1.12, 1.22, 1.35, 1.5)),
    )
    doc.hyphens = bool(case.get("hyphens"))
    if doc.hyphens:
        tags.add("hyphens")
    for block in blocks:
        doc.block(block)
    text = doc.finish()
    pdf = buffer.getvalue()
    name = f"{letter}{case['id']:03d}"
    files = os.path.join(out_dir, "files")
    form = case["form"]
    if form == "text":
        tags.add("text-layer")
        file = name + ".pdf"
        if case.get("pdfrotate"):
            import pypdfium2 as pdfium

            x = pdfium.PdfDocument(pdf)
            for i in range(len(x)):
                x[i].set_rotation(case["pdfrotate"])
            rotated = io.BytesIO()
            x.save(rotated)
            pdf = re.sub(rb"/ID ?\[<[0-9A-Fa-f]*> ?<[0-9A-Fa-f]*>\]", b"", rotated.getvalue())
            tags.add("pdf-rotate")
        with open(os.path.join(files, file), "wb") as out:
            out.write(pdf)
        pages = len(text)
    else:
        file, pages = write_pictures(case, row, pdf, text, name, rnd, rng, tags, files)
        if form in ("jpg", "png"):
            text = text[:1]
    if len(text) > 1:
        tags.add("multipage")
    row["file"], row["pages"] = "files/" + file, pages
    with open(os.path.join(out_dir, "text", name + ".txt"), "w", encoding="utf-8") as out:
        out.write("\f".join("\n".join(page) for page in text))


def write_pictures(case, row, pdf, text, name, rnd, rng, tags, files):
    """The scanned and photographed forms, degraded as generate.py does; file name and pages."""
    form = case["form"]
    tags.add("scan")
    prof = rnd.choices(["clean", "scan", "bad", "photo"], [0.22, 0.46, 0.14, 0.18])[0]
    if form == "png" and prof in ("bad", "photo"):
        prof = "scan"
    if form == "jpg" and prof != "photo" and not case.get("exif") and rnd.random() < 0.3:
        prof = "photo"
    if form == "scanpdf" and prof == "photo" and rnd.random() < 0.6:
        prof = "scan"
    if form == "scanpdf" and not case.get("layer") and rnd.random() < 0.08:
        prof = "bilevel"
    dpi = {
        "clean": rnd.choice((200, 300)),
        "scan": rnd.choice((150, 200, 200, 300)),
        "bad": rnd.choice((110, 130, 150)),
        "photo": rnd.choice((170, 200, 240)),
        "bilevel": 300,
    }[prof]
    if form == "png":
        dpi = min(dpi, 200)
    tags.add(prof)
    if dpi <= 130:
        tags.add("lowdpi")
    row["dpi"], row["profile"] = dpi, prof
    pages = generate.rasterize(pdf, dpi)
    if form in ("jpg", "png"):
        pages = pages[:1]
    pages = [generate.degrade(p, prof, rng, tags, case.get("quarter", 0)) for p in pages]
    q = rnd.choice({"clean": (85, 92), "scan": (60, 75, 85), "bad": (28, 35, 45), "photo": (60, 75)}.get(prof, (80,)))
    if rnd.random() < 0.3 and prof != "bilevel":
        pages = [p.convert("L") for p in pages]
        tags.add("gray")
    path = lambda end: os.path.join(files, name + end)
    if form == "scanpdf":
        if prof == "bilevel":
            import img2pdf

            parts = []
            for p in pages:
                b = io.BytesIO()
                p.save(b, "TIFF", compression="group4", dpi=(dpi, dpi))
                parts.append(b.getvalue())
            with open(path(".pdf"), "wb") as out:
                out.write(img2pdf.convert(parts, nodate=True, engine=img2pdf.Engine.internal))
        else:
            from reportlab.lib.utils import ImageReader
            from reportlab.pdfgen import canvas

            b = io.BytesIO()
            cv = canvas.Canvas(b, invariant=1)
            for k, p in enumerate(pages):
                w, h = p.size[0] * 72 / dpi, p.size[1] * 72 / dpi
                cv.setPageSize((w, h))
                cv.drawImage(ImageReader(io.BytesIO(generate.jpeg(p, q))), 0, 0, w, h)
                if case.get("layer") == "thin":
                    cv.setFont(render.font("dejasans", 0, True), 6)
                    cv.drawString(
                        30,
                        12,
                        rnd.choice(
                            (
                                "Подписано ЭЦП, ezsigner.kz",
                                "CamScanner",
                                "Скан-копия. Стр. 1",
                                "Құжат ЭЦҚ арқылы қол қойылған",
                            )
                        ),
                    )
                    tags.add("thin-layer")
                if case.get("layer") == "bad":
                    t = cv.beginText(40, h - 50)
                    t.setTextRenderMode(3)
                    t.setFont(render.font("dejasans", 0, True), 9)
                    for line in text[k] if k < len(text) else []:
                        t.textLine(
                            "".join(rnd.choice("аеиоутрмнцшщ1Il|") if rnd.random() < 0.35 else ch for ch in line)
                        )
                    cv.drawText(t)
                    tags.add("bad-text-layer")
                cv.showPage()
            cv.save()
            with open(path(".pdf"), "wb") as out:
                out.write(b.getvalue())
        return name + ".pdf", len(pages)
    if form == "jpg":
        picture, kw = pages[0], dict(dpi=(dpi, dpi))
        if case.get("exif"):
            exif = Image.Exif()
            exif[0x0112] = 6
            picture, kw["exif"] = picture.transpose(Image.ROTATE_90), exif
            tags.add("exif-rotated")
        if prof == "photo":
            kw.pop("dpi")
        with open(path(".jpg"), "wb") as out:
            out.write(generate.jpeg(picture, q, **kw))
        return name + ".jpg", 1
    if form == "png":
        picture = pages[0].convert("L") if rnd.random() < 0.6 else pages[0].quantize(64)
        picture.save(path(".png"), dpi=(dpi, dpi))
        return name + ".png", 1
    pages = [p if p.mode == "1" else p.convert("L") for p in pages]
    pages[0].save(path(".tif"), save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(dpi, dpi))
    return name + ".tif", len(pages)
