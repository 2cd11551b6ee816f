"""Lays a document's blocks out and writes it as a text-layer PDF, a scan, a photo, a fax or a picture."""

import io
import json
import os
import random

from PIL import ImageFont

import pictures
import render
from family_forms import Forms

# How a family that has no style.json writes.
FONTS = (
    "times arial ptserif ptsans dejaserif dejasans notoserif notosans freeserif freesans carlito opensans ptmono"
).split()
render.FONTS["gentium"] = tuple(f"gentiumplus/GentiumPlus-{s}.ttf" for s in ("Regular", "Bold", "Italic"))
render.FONTS["roboto"] = tuple(f"roboto/unhinted/RobotoTTF/Roboto-{s}.ttf" for s in ("Regular", "Bold", "Italic"))
# Debian's one handwriting font with Russian and Kazakh letters; they are as wide as Japanese ones and are set closer.
HAND = "seto/setofont.ttf"


class Pages(Forms):
    """Forms with hyphens at line ends, captions below lines, columns, stamps over text, and filled in by hand.

    More blocks: ("under", [(value, caption)...]) values on lines with captions below; ("cols", left, right) two columns
    of left-aligned paragraphs; ("over", ring, centre) a seal over the lines just written."""

    hyphens = False
    hand = False
    # What is left free above a table, in points.
    air = 0
    _writing = False

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

    def put(self, x, y, s, b=0, fs=None):
        if self._writing and b:
            self._write(x, y, s, (fs or self.fs) * 1.12)
        else:
            super().put(x, y, s, b, fs)

    def _write(self, x, y, s, fs):
        """Sets each letter by its own width, in blue ink and not quite on the line."""
        name = "hand"
        if name not in render._reg:
            render.pdfmetrics.registerFont(render.TTFont(name, render.FD + HAND))
            render._reg[name] = ImageFont.truetype(render.FD + HAND, 100)
        known = render.pdfmetrics.getFont(name).face.charToGlyph
        rnd = random.Random(f"{self.seed}{self.n}{s}")
        self.lines[-1].append((round(y, 1), round(x, 1), s))
        self.c.saveState()
        self.c.setFillColorRGB(0.1, 0.14, 0.5)
        for ch in s:
            if ch.isspace():
                x += fs * 0.42
                continue
            if ord(ch) not in known:
                self.c.setFont(self.f[0], fs)
                self.c.drawString(x, y, ch)
                x += self._w(ch, 0, fs)
                continue
            left = render._reg[name].getbbox(ch)[0]
            ink = render._reg[name].getmask(ch, mode="1").getbbox()
            self.c.setFont(name, fs)
            self.c.drawString(x - left * fs / 100, y + rnd.uniform(-0.06, 0.06) * fs, ch)
            x += ink[2] * fs / 100 + fs * rnd.uniform(0.07, 0.12)
        self.c.restoreState()

    def block(self, bl):
        if bl[0] == "under":
            self.n += 1
            self._captioned(bl[1])
        elif bl[0] == "cols":
            self.n += 1
            self._columns(bl[1], bl[2])
        elif bl[0] == "over":
            self.n += 1
            x = self.ml + (render.W - self.ml - self.mr) * self.rnd.uniform(0.05, 0.7)
            y = max(30, self.y - self.rnd.uniform(20, 55))
            colour = ((40, 60, 160), (30, 40, 130), (70, 50, 150), (60, 60, 70))[self.rnd.randint(0, 3)]
            seal = render.stamp_png(bl[1], bl[2], self.seed + str(self.n), colour)
            self.c.drawImage(render.ImageReader(seal), x, y, 105, 105, mask="auto")
        else:
            if bl[0] == "tab":
                self.y -= self.air
            self._writing = self.hand and bl[0] == "kv"
            super().block(bl)
            self._writing = False

    def _captioned(self, cells):
        fs, small, gap = self.fs, self.fs * 0.68, 12
        width = (render.W - self.ml - self.mr - gap * (len(cells) - 1)) / len(cells)
        rows = [self.wrap(value, width - 6, 1) for value, _ in cells]
        captions = [self.wrap(caption, width, 0, small) for _, caption in cells]
        tall = max(map(len, rows)) * fs * self.lead
        self.need(tall + max(map(len, captions)) * small * 1.15 + 4)
        self._writing = self.hand
        for i, lines in enumerate(rows):
            x = self.ml + i * (width + gap)
            for j, line in enumerate(lines):
                self.put(x + 3, self.y - tall + (len(lines) - 1 - j) * fs * self.lead, line, 1)
        self._writing = False
        self.y -= tall + 2.5
        self.c.setLineWidth(0.5)
        for i, lines in enumerate(captions):
            x = self.ml + i * (width + gap)
            self.c.line(x, self.y, x + width, self.y)
            for j, line in enumerate(lines):
                self.put(x + (width - self._w(line, 0, small)) / 2, self.y - small * (1 + 1.15 * j), line, 0, small)
        self.y -= max(map(len, captions)) * small * 1.15 + 4

    def _columns(self, left, right):
        width = (render.W - self.ml - self.mr) * 0.47
        top, low = self.y, self.y
        for x, texts in ((self.ml, left), (render.W - self.mr - width, right)):
            self.y = top
            for text in texts:
                self.para(text, "l", 0, self.fs * 0.95, x0=x, width=width)
                self.y -= 3
            low = min(low, self.y)
        self.y = low - 2


def write(case, row, blocks, rnd, rng, tags, key, out_dir, F):
    """Lays the blocks out and writes the file in the case's form; fills the row's file, pages, dpi and profile."""
    kaz = any(ch in render.KAZ for ch in json.dumps(blocks, ensure_ascii=False))
    style = F.style
    buffer = io.BytesIO()
    doc = Pages(
        buffer,
        rnd.choice(style.get("fonts", FONTS)),
        rnd.choice((9.5, 10, 10.5, 11, 11.5, 12)),
        kaz,
        key + ":",
        margin=(rnd.choice((45, 56, 64, 80)), rnd.choice((30, 40, 55))),
        justify=rnd.random() < 0.45,
        lead=rnd.choice((1.12, 1.22, 1.35, 1.5)),
    )
    doc.air = style.get("air", 0)
    doc.hyphens = bool(case.get("hyphens"))
    if doc.hyphens:
        tags.add("hyphens")
    if case.get("hand") and any(block[0] in ("kv", "under") for block in blocks):
        doc.hand = True
        tags.add("handwritten")
    for block in blocks:
        doc.block(block)
    text = doc.finish()
    pdf = buffer.getvalue()
    name = f"{F.letter}{case['id']:03d}"
    files = os.path.join(out_dir, "files")
    if case["form"] == "text":
        tags.add("text-layer")
        file, pages = name + ".pdf", len(text)
        if case.get("pdfrotate"):
            pdf = pictures.turn_pdf(pdf, case["pdfrotate"])
            tags.add("pdf-rotate")
        with open(os.path.join(files, file), "wb") as out:
            out.write(pdf)
    else:
        file, pages = write_pictures(case, row, pdf, text, name, rnd, rng, tags, files, style)
        if case["form"] in ("jpg", "png"):
            text = text[:1]
    if len(text) > 1:
        tags.add("multipage")
    row["file"], row["pages"] = "files/" + file, pages
    with open(os.path.join(out_dir, "text", name + ".txt"), "w", encoding="utf-8") as out:
        out.write("\f".join("\n".join(page) for page in text))


def write_pictures(case, row, pdf, text, name, rnd, rng, tags, files, style):
    """The scanned, photographed and faxed forms; file name and pages."""
    form = case["form"]
    tags.add("scan")
    prof = pictures.pick_profile(rnd, form, case.get("exif"))
    if form == "scanpdf" and not case.get("layer") and rnd.random() < 0.08:
        prof = "bilevel"
    # A family without the setting draws nothing, so that its papers stay the same.
    if "fax" in style and form in ("scanpdf", "tif") and not case.get("layer") and rnd.random() < style["fax"]:
        prof = "fax"
    tilt = 0
    if "tilt" in style and prof == "photo" and rnd.random() < style["tilt"]:
        tilt = rnd.choice((-1, 1)) * rnd.uniform(4, 12)
        tags.add("angle")
    dpi = pictures.pick_dpi(rnd, prof, form)
    tags.add(prof)
    if dpi <= 130:
        tags.add("lowdpi")
    row["dpi"], row["profile"] = dpi, prof
    pages = pictures.rasterize(pdf, dpi)
    if form in ("jpg", "png"):
        pages = pages[:1]
    pages = [pictures.degrade(p, prof, rng, tags, case.get("quarter", 0), tilt) for p in pages]
    q = pictures.pick_quality(rnd, prof)
    if rnd.random() < 0.3 and prof not in ("bilevel", "fax"):
        pages = [p.convert("L") for p in pages]
        tags.add("gray")
    file = name + {"scanpdf": ".pdf"}.get(form, "." + form)
    path = os.path.join(files, file)
    if prof == "fax":
        fine = rnd.random() < 0.6
        time = f"{rnd.randint(1, 23):02d}:{rnd.randint(0, 59):02d}"
        sender = f"{time}  FROM: 8 72{rnd.randint(10, 99)} {rnd.randint(20000, 69999)}"
        pages = [pictures.faxed(p, f"FAX {sender}   P.{k + 1:02d}/{len(pages):02d}", fine) for k, p in enumerate(pages)]
        dpi = (pictures.FAX_DPI, pictures.FAX_DPI if fine else pictures.FAX_DPI // 2)
        tags.add("fax-fine" if fine else "fax-coarse")
    if form == "scanpdf" and prof in ("bilevel", "fax"):
        pictures.save_bilevel_pdf(path, pages, dpi)
    elif form == "scanpdf":
        pictures.save_scan_pdf(path, pages, dpi, q, layers(case, text, rnd, tags))
    elif form == "jpg":
        if case.get("exif"):
            tags.add("exif-rotated")
        pictures.save_jpg(path, pages[0], dpi, q, case.get("exif"), prof == "photo")
    elif form == "png":
        pictures.save_png(path, pages[0], dpi, rnd)
    else:
        pictures.save_tif(path, pages, dpi)
    return file, len(pages)


def layers(case, text, rnd, tags):
    """What adds the case's text layer to a page of a scanned PDF."""

    def layer(cv, k, height):
        if case.get("layer") == "thin":
            lines = ("Подписано ЭЦП, ezsigner.kz", "CamScanner", "Скан-копия. Стр. 1", "Құжат ЭЦҚ арқылы қол қойылған")
            pictures.thin_layer(cv, rnd.choice(lines))
            tags.add("thin-layer")
        if case.get("layer") == "bad":
            pictures.garbage_layer(cv, rnd, text[k] if k < len(text) else [], height)
            tags.add("bad-text-layer")

    return layer
