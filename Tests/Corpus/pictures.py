"""Turns PDF pages into scans, photographs and faxes, and writes them in the forms in which they are sent in."""

import io
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import render

FAX_DPI = 204


def rasterize(pdf, dpi):
    """The pages of a PDF as pictures."""
    import pypdfium2 as pdfium

    pages = pdfium.PdfDocument(pdf)
    return [pages[i].render(scale=dpi / 72).to_pil().convert("RGB") for i in range(len(pages))]


def coeffs(src, dst):
    """What Pillow's perspective transform needs to bring the four points `src` to `dst`."""
    A = []
    for (x, y), (u, v) in zip(dst, src):
        A.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        A.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.linalg.solve(np.array(A, float), np.array(src, float).reshape(8)).tolist()


def jpeg(picture, quality, **options):
    """The picture as JPEG bytes."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def pick_profile(rnd, form, exif=False):
    """How badly a page was taken: clean, scan, bad or photo."""
    prof = rnd.choices(["clean", "scan", "bad", "photo"], [0.22, 0.46, 0.14, 0.18])[0]
    if form == "png" and prof in ("bad", "photo"):
        prof = "scan"
    if form == "jpg" and prof != "photo" and not exif and rnd.random() < 0.3:
        prof = "photo"
    if form == "scanpdf" and prof == "photo" and rnd.random() < 0.6:
        prof = "scan"
    return prof


def pick_dpi(rnd, prof, form):
    """The resolution of a profile; every choice is drawn, so that the next draws do not depend on the profile."""
    dpi = {
        "clean": rnd.choice((200, 300)),
        "scan": rnd.choice((150, 200, 200, 300)),
        "bad": rnd.choice((110, 130, 150)),
        "photo": rnd.choice((170, 200, 240)),
        "bilevel": 300,
        "fax": FAX_DPI,
    }[prof]
    return min(dpi, 200) if form == "png" else dpi


def pick_quality(rnd, prof):
    """The JPEG quality of a profile."""
    qualities = {"clean": (85, 92), "scan": (60, 75, 85), "bad": (28, 35, 45), "photo": (60, 75)}
    return rnd.choice(qualities.get(prof, (80,)))


def _on_a_table(page, rng, tilt):
    """The page as it lies on a table before a camera that is not held straight; `tilt` in degrees."""
    w, h = page.size
    k = 0.05
    q = lambda a: float(rng.uniform(0, k) * a)
    m = int(0.03 * w)
    W2, H2 = w + 2 * m, h + 2 * m
    bg = tuple(int(x) for x in rng.integers(40, 120, 3))
    dst = [
        (m + q(w), m + q(h)),
        (W2 - m - q(w), m + q(h)),
        (W2 - m - q(w), H2 - m - q(h)),
        (m + q(w), H2 - m - q(h)),
    ]
    if tilt:
        angle = np.deg2rad(tilt)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned = (np.array(dst) - (W2 / 2, H2 / 2)) @ turn.T
        turned -= turned.min(axis=0) - m
        W2, H2 = (int(x) + m for x in turned.max(axis=0))
        dst = [tuple(point) for point in turned]
    co = coeffs([(0, 0), (w, 0), (w, h), (0, h)], dst)
    mask = Image.new("L", (w, h), 255).transform((W2, H2), Image.PERSPECTIVE, co, Image.BILINEAR)
    sheet = page.transform((W2, H2), Image.PERSPECTIVE, co, Image.BICUBIC)
    table = Image.new("RGB", (W2, H2), bg)
    table.paste(sheet, (0, 0), mask)
    return table


def degrade(page, prof, rng, tags, quarter=0, tilt=0):
    """The page as `prof` leaves it; adds to the tags what was done to it."""
    ang = 0.0
    if prof in ("scan", "bad"):
        ang = float(rng.uniform(-3, 3))
    elif prof == "clean":
        ang = float(rng.uniform(-0.3, 0.3))
    elif prof in ("bilevel", "fax"):
        ang = float(rng.uniform(-1.5, 1.5))
    if prof == "photo":
        page = _on_a_table(page, rng, tilt)
        tags.add("perspective")
    elif abs(ang) > 0.05:
        page = page.rotate(ang, resample=Image.BICUBIC, fillcolor=(250, 250, 248))
        if abs(ang) > 1:
            tags.add("skew")
    blur = {
        "clean": 0,
        "scan": float(rng.uniform(0.2, 0.7)),
        "bad": float(rng.uniform(0.6, 1.0)),
        "photo": float(rng.uniform(0.4, 0.9)),
        "bilevel": 0.4,
        "fax": 0.5,
    }[prof]
    if blur:
        page = page.filter(ImageFilter.GaussianBlur(blur * page.size[0] / 1654))
    if blur > 0.6:
        tags.add("blur")
    page = _lit(page, prof, rng, tags)
    if prof in ("bilevel", "fax"):
        page = page.convert("L").point(lambda v: 255 if v > 150 else 0).convert("1")
        tags.add(prof)
    if quarter:
        page = page.transpose({90: Image.ROTATE_90, 180: Image.ROTATE_180, 270: Image.ROTATE_270}[quarter])
        tags.add(f"rot{quarter}")
    return page


def _lit(page, prof, rng, tags):
    """The page with uneven light, yellow paper, noise and specks."""
    a = np.asarray(page, dtype=np.float32)
    hh, ww = a.shape[:2]
    yy = np.linspace(-1, 1, hh, dtype=np.float32)[:, None]
    xx = np.linspace(-1, 1, ww, dtype=np.float32)[None, :]
    if prof != "clean":
        s = {"scan": 0.06, "bad": 0.16, "photo": 0.28, "bilevel": 0.05, "fax": 0.05}[prof]
        L = 1 - s * (
            rng.uniform(0, 1) * (xx * rng.uniform(-1, 1) + yy * rng.uniform(-1, 1) + 1) / 1.5 + 0.3 * rng.uniform(0, 1)
        )
        if prof == "photo":
            L = L * (
                1
                - 0.22
                / (1 + np.exp(-12 * (xx * rng.uniform(0.4, 1) + yy * rng.uniform(-0.7, 0.7) - rng.uniform(0, 0.5))))
            )
            tags.add("shadow")
        if s > 0.1:
            tags.add("uneven-light")
        a = a * L.astype(np.float32)[..., None]
        if rng.uniform() < 0.4:
            a = a * np.array([1, 0.985, 0.93], np.float32)  # yellow paper
        sg = {"scan": rng.uniform(2, 9), "bad": rng.uniform(10, 22), "photo": rng.uniform(4, 10)}.get(prof, 6)
        a = a + rng.standard_normal((hh, ww, 1), dtype=np.float32) * np.float32(sg)
        if sg > 8:
            tags.add("noise")
        if prof in ("bad", "fax"):
            k = rng.integers(200, 900)
            ys = rng.integers(0, hh, k)
            xs = rng.integers(0, ww, k)
            a[ys, xs] = rng.integers(0, 120, (k, 1))
            tags.add("specks")
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))


def faxed(page, header, fine):
    """The bilevel page with the sender's line on top; a coarse fax keeps every other row only."""
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, page.size[0], 34), fill=1)
    draw.text((60, 6), header, font=ImageFont.truetype(render.FD + render.FONTS["ptmono"][0], 22), fill=0)
    return page if fine else page.resize((page.size[0], page.size[1] // 2), Image.NEAREST)


# ---------------------------------------------------------------- files


def save_bilevel_pdf(path, pages, dpi):
    """A PDF of black-and-white pictures in fax compression; `dpi` is a pair where rows and columns differ."""
    import img2pdf

    parts = []
    for page in pages:
        out = io.BytesIO()
        page.save(out, "TIFF", compression="group4", dpi=dpi if isinstance(dpi, tuple) else (dpi, dpi))
        parts.append(out.getvalue())
    with open(path, "wb") as file:
        file.write(img2pdf.convert(parts, nodate=True, engine=img2pdf.Engine.internal))


def save_scan_pdf(path, pages, dpi, quality, layer):
    """A PDF of JPEG pictures; `layer(canvas, number, height)` adds what text each page shall hold."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    out = io.BytesIO()
    cv = canvas.Canvas(out, invariant=1)
    for k, page in enumerate(pages):
        w, h = page.size[0] * 72 / dpi, page.size[1] * 72 / dpi
        cv.setPageSize((w, h))
        cv.drawImage(ImageReader(io.BytesIO(jpeg(page, quality))), 0, 0, w, h)
        layer(cv, k, h)
        cv.showPage()
    cv.save()
    with open(path, "wb") as file:
        file.write(out.getvalue())


def thin_layer(cv, line):
    """One small line of text, as a scanning program or a signature service leaves it."""
    cv.setFont(render.font("dejasans", 0, True), 6)
    cv.drawString(30, 12, line)


def garbage_layer(cv, rnd, lines, height):
    """A hidden text layer of which a third of the letters are wrong."""
    text = cv.beginText(40, height - 50)
    text.setTextRenderMode(3)
    text.setFont(render.font("dejasans", 0, True), 9)
    for line in lines:
        text.textLine("".join(rnd.choice("аеиоутрмнцшщ1Il|") if rnd.random() < 0.35 else ch for ch in line))
    cv.drawText(text)


def save_jpg(path, page, dpi, quality, exif, photo):
    """A JPEG; with `exif` it lies on its side and the tag says how to turn it. A camera writes no resolution."""
    options = {} if photo else dict(dpi=(dpi, dpi))
    if exif:
        tag = Image.Exif()
        tag[0x0112] = 6
        page, options["exif"] = page.transpose(Image.ROTATE_90), tag
    with open(path, "wb") as file:
        file.write(jpeg(page, quality, **options))


def save_png(path, page, dpi, rnd):
    """A grey or 64-coloured PNG."""
    if page.mode != "1":
        page = page.convert("L") if rnd.random() < 0.6 else page.quantize(64)
    page.save(path, dpi=(dpi, dpi))


def save_tif(path, pages, dpi):
    """A TIFF of all pages, grey or black and white."""
    pages = [p if p.mode == "1" else p.convert("L") for p in pages]
    both = dpi if isinstance(dpi, tuple) else (dpi, dpi)
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=both)


def turn_pdf(pdf, angle):
    """The PDF with /Rotate on every page and no random file ID."""
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(pdf)
    for i in range(len(document)):
        document[i].set_rotation(angle)
    out = io.BytesIO()
    document.save(out)
    return re.sub(rb"/ID ?\[<[0-9A-Fa-f]*> ?<[0-9A-Fa-f]*>\]", b"", out.getvalue())
