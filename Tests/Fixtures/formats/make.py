#!/usr/bin/env python3
"""Makes the small documents of this folder, one per format and peculiarity that a document worker must read.

    python3 Tests/Fixtures/formats/make.py

needs reportlab, pillow, img2pdf, pikepdf (PyPI) and the font DejaVu Sans (fonts-dejavu-core). Each holds the same few
lines, so that one test asks the same of all. The names in them are invented.
"""
import io
import math
import os
import random

import img2pdf
import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

HERE = os.path.dirname(os.path.abspath(__file__))
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
LINES = [
    "СПРАВКА",
    "о временной нетрудоспособности № 147",
    "Выдана Ахметовой Айгуль Сериковне",
    "в том, что она находилась на лечении",
    "Астана қаласы, емхана дәрігері",
    "Дата выдачи 12.11.2026",
]
# Half of an A4 page at 200 dots per inch: as small as print of the usual size can be.
SIZE = (1654, 1170)
POINTS = (SIZE[0] * 72 / 200, SIZE[1] * 72 / 200)
pdfmetrics.registerFont(TTFont("D", FONT))


def path(name):
    return os.path.join(HERE, name)


def picture():
    image = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, 36)
    for index, line in enumerate(LINES):
        draw.text((140, 160 + index * 90), line, font=font, fill=10)
    return image


def bilevel(image):
    return image.point(lambda v: 255 if v > 140 else 0).convert("1", dither=Image.Dither.NONE)


def fax(image):
    """A PDF around one CCITT G4 picture that covers its page."""
    buffer = io.BytesIO()
    bilevel(image).save(buffer, "TIFF", compression="group4", dpi=(200, 200))
    return img2pdf.convert(buffer.getvalue(), rotation=img2pdf.Rotation.ifvalid)


def save_pdf(name, draw, rotate=0, size=POINTS):
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=size, invariant=1)
    draw(page)
    page.showPage()
    page.save()
    pdf = pikepdf.open(io.BytesIO(buffer.getvalue()))
    if rotate:
        pdf.pages[0].Rotate = rotate
    pdf.save(path(name), deterministic_id=True)


def text_lines(page, size=11, lines=LINES):
    page.setFont("D", size)
    for index, line in enumerate(lines):
        page.drawString(50, POINTS[1] - 70 - index * 30, line)


def sideways(page):
    page.translate(POINTS[1], 0)
    page.rotate(90)
    text_lines(page)


def with_picture(page, image):
    buffer = io.BytesIO()
    bilevel(image).save(buffer, "PNG")
    page.drawImage(ImageReader(io.BytesIO(buffer.getvalue())), 0, 0, *POINTS)


def garbage(page):
    with_picture(page, picture())
    draw = random.Random(1)
    layer = page.beginText(40, 300)
    layer.setTextRenderMode(3)
    layer.setFont("D", 9)
    for line in LINES * 3:
        layer.textLine("".join(draw.choice("аеиоутрмнцшщ1Il|") if draw.random() < 0.35 else c for c in line))
    page.drawText(layer)


def signature(page):
    with_picture(page, picture())
    page.setFont("D", 6)
    page.drawString(30, 12, "Документ подписан электронной цифровой подписью, проверить на портале")


def drawn(page, image):
    """The picture's letters as shapes that are filled, as programs write text that they have turned into curves."""
    rows = bilevel(image)
    pixels = rows.load()
    unit = POINTS[0] / SIZE[0]
    for y in range(SIZE[1]):
        x = 0
        while x < SIZE[0]:
            start = x
            while x < SIZE[0] and not pixels[x, y]:
                x += 1
            if x > start:
                page.rect(start * unit, POINTS[1] - (y + 1) * unit, (x - start) * unit, unit, stroke=0, fill=1)
            x += 1


SEAL = [
    "Осы құжат «Электрондық құжат және электрондық цифрлық қолтаңба туралы» Қазақстан Республикасының",
    "2003 жылғы 7 қаңтардағы Заңы 7-бабының 1-тармағына сәйкес қағаз тасығыштағы құжатпен бірдей.",
    "Данный документ согласно пункту 1 статьи 7 Закона от 7 января 2003 года «Об электронном документе",
    "и электронной цифровой подписи» равнозначен документу на бумажном носителе.",
]


def footer(page):
    page.setFont("D", 6)
    for index, line in enumerate(SEAL):
        page.drawString(30, 40 - index * 8, line)


def drawn_with(page, more):
    drawn(page, picture())
    more(page)


def copy_line(page):
    page.setFont("D", 12)
    page.drawString(300, POINTS[1] - 40, "КОПИЯ ВЕРНА, специалист отдела кадров")


def text_with_footer(page):
    text_lines(page)
    footer(page)


def exif_photos(grey):
    """The same photo as a camera writes it that is held in each of eight ways (Exif 2.32, 4.6.4 A)."""
    ways = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180], 4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE], 7: [Image.Transpose.TRANSVERSE], 8: [Image.Transpose.ROTATE_270],
    }
    for value, turns in ways.items():
        image = grey
        for turn in turns:
            image = image.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = value
        image.save(path(f"photo-exif-{value}.jpg"), quality=20, exif=exif)


def askew(grey):
    """A photo of the sheet as it lies on a dark table, by eleven degrees from level."""
    return grey.rotate(11, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=70)


def table(page):
    page.setFont("D", 11)
    for index, (left, right) in enumerate([("Фамилия", "Ахметова"), ("Имя", "Айгуль"), ("Отчество", "Сериковна")]):
        page.drawString(50, 250 - index * 30, left)
        page.drawString(300, 250 - index * 30, right)


def sealed(image):
    """A seal as dark as the print around the last lines: layout analysis takes all of it for a picture."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, 22)
    for radius, width in ((235, 7), (180, 4)):
        draw.ellipse((430 - radius, 590 - radius, 430 + radius, 590 + radius), outline=20, width=width)
    for index, letter in enumerate("МЕДИЦИНСКАЯ ОРГАНИЗАЦИЯ № 1 * ГОРОД АСТАНА * ДЛЯ СПРАВОК * "):
        angle = math.radians(index * 6)
        draw.text((430 + 207 * math.cos(angle), 590 + 207 * math.sin(angle)), letter, font=font, fill=20, anchor="mm")
    return image


def around(image, filters, **entries):
    """A PDF whose one page is covered by one picture, as the entries of its dictionary say."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=POINTS)
    data = pikepdf.Stream(pdf, image)
    data.stream_dict.update(pikepdf.Dictionary(
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=SIZE[0], Height=SIZE[1], BitsPerComponent=8,
        **entries))
    if filters:
        data.stream_dict.Filter = filters
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=data))
    return pdf, page, data


def placed(pdf, page, matrix=None):
    matrix = matrix or f"{POINTS[0]} 0 0 {POINTS[1]} 0 0"
    page.Contents = pdf.make_stream(f"q {matrix} cm /Im Do Q".encode())
    return pdf


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scans(grey):
    """Scans as programs write them into a PDF: in other encodings and colours, turned over, cut into strips."""
    name = pikepdf.Name
    jpeg2000 = encoded(grey, "JPEG2000", quality_mode="rates", quality_layers=[60])
    placed(*around(jpeg2000, name.JPXDecode, ColorSpace=name.DeviceGray)[:2]).save(
        path("scan-jpx.pdf"), deterministic_id=True)
    ink = Image.merge("CMYK", [Image.new("L", SIZE, 0)] * 3 + [grey.point(lambda v: 255 - v)])
    # Pillow writes CMYK the way Adobe does, upside down.
    placed(*around(
        encoded(ink, "JPEG", quality=30), name.DCTDecode, ColorSpace=name.DeviceCMYK,
        Decode=pikepdf.Array([1, 0] * 4))[:2]).save(path("scan-cmyk.pdf"), deterministic_id=True)
    palette = grey.point(lambda v: 0 if v > 140 else 1)
    table = pikepdf.Array([name.Indexed, name.DeviceRGB, 1, pikepdf.String(b"\xff\xff\xf0\x10\x10\x40")])
    placed(*around(palette.tobytes(), None, ColorSpace=table)[:2]).save(
        path("scan-indexed.pdf"), deterministic_id=True, compress_streams=True)
    # Drawn from the bottom up, as some printer drivers do: the matrix turns it over again.
    over = encoded(grey.transpose(Image.Transpose.FLIP_TOP_BOTTOM), "JPEG", quality=30)
    pdf, page, _ = around(over, name.DCTDecode, ColorSpace=name.DeviceGray)
    placed(pdf, page, f"{POINTS[0]} 0 0 {-POINTS[1]} 0 {POINTS[1]}").save(
        path("scan-flipped.pdf"), deterministic_id=True)
    # Black all over, the letters in its soft mask.
    pdf, page, data = around(Image.new("L", SIZE, 0).tobytes(), None, ColorSpace=name.DeviceGray)
    mask = pikepdf.Stream(pdf, grey.point(lambda v: 255 if v < 140 else 0).tobytes())
    mask.stream_dict.update(pikepdf.Dictionary(
        Type=name.XObject, Subtype=name.Image, Width=SIZE[0], Height=SIZE[1], BitsPerComponent=8,
        ColorSpace=name.DeviceGray))
    data.stream_dict.SMask = pdf.make_indirect(mask)
    placed(pdf, page).save(path("scan-soft-mask.pdf"), deterministic_id=True, compress_streams=True)
    save_pdf("scan-strips.pdf", lambda page: strips(page, grey))


def strips(page, image, count=5):
    height = SIZE[1] // count
    for index in range(count):
        part = bilevel(image.crop((0, index * height, SIZE[0], (index + 1) * height)))
        page.drawImage(
            ImageReader(io.BytesIO(encoded(part, "PNG"))), 0, POINTS[1] * (1 - (index + 1) / count), POINTS[0],
            POINTS[1] / count)


def mixed():
    """A page of text and behind it a scanned one."""
    pdf = pikepdf.open(path("text.pdf"))
    # Unturned, as the scan is.
    del pdf.pages[0].Rotate
    scan = pikepdf.open(path("scan.pdf"))
    pdf.pages.append(scan.pages[0])
    pdf.save(path("text-and-scan.pdf"), deterministic_id=True)


def misread(page):
    """A scan over an invisible layer of words that look like words and are other ones."""
    with_picture(page, picture())
    layer = page.beginText(40, 300)
    layer.setTextRenderMode(3)
    layer.setFont("D", 9)
    for line in LINES * 4:
        layer.textLine(line.replace("а", "n").replace("и", "ii").replace("о", "0").replace("С", "("))
    page.drawText(layer)


def main():
    grey = picture()
    scans(grey)
    bilevel(sealed(grey)).save(path("sealed.png"), optimize=True)
    save_pdf("scan-misread-layer.pdf", misread)
    save_pdf("text.pdf", text_lines)
    save_pdf("text-table.pdf", table)
    save_pdf("text-rotate-90.pdf", sideways, rotate=90, size=(POINTS[1], POINTS[0]))
    save_pdf("text-sideways.pdf", text_lines, rotate=90)
    open(path("scan.pdf"), "wb").write(fax(grey))
    turned = pikepdf.open(io.BytesIO(fax(grey.transpose(Image.Transpose.ROTATE_90))))
    turned.pages[0].Rotate = 90
    turned.save(path("scan-rotate-90.pdf"), deterministic_id=True)
    over = pikepdf.open(io.BytesIO(fax(grey.transpose(Image.Transpose.ROTATE_180))))
    over.save(path("scan-upside-down.pdf"), deterministic_id=True)
    save_pdf("scan-garbage-layer.pdf", garbage)
    save_pdf("scan-signature-line.pdf", signature)
    source = pikepdf.open(path("text.pdf"))
    source.save(path("encrypted.pdf"), encryption=pikepdf.Encryption(user="secret", owner="owner"))
    source = pikepdf.open(path("text.pdf"))
    source.save(path("owner-password.pdf"), encryption=pikepdf.Encryption(user="", owner="owner"))

    exif = Image.Exif()
    exif[0x0112] = 6
    grey.transpose(Image.Transpose.ROTATE_90).save(path("photo-exif-6.jpg"), quality=30, exif=exif)
    Image.merge("CMYK", [Image.new("L", SIZE, 0)] * 3 + [grey.point(lambda v: 255 - v)]).save(
        path("cmyk.jpg"), quality=30)
    grey.point(lambda v: v * 257, "I").convert("I;16").save(path("grey-16-bit.png"), optimize=True)
    grey.quantize(16).save(path("palette.png"), optimize=True)
    clear = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    clear.putalpha(bilevel(grey).convert("L").point(lambda v: 255 - v))
    clear.save(path("transparent.png"), optimize=True)
    bilevel(grey.point(lambda v: 255 - v)).save(path("negative.png"), optimize=True)
    bilevel(grey.transpose(Image.Transpose.ROTATE_180)).save(path("upside-down.png"), optimize=True)
    grey.resize((SIZE[0] * 3, SIZE[1] * 3)).quantize(2).save(path("large.png"), optimize=True)
    grey.resize((SIZE[0] // 2, SIZE[1] // 2), Image.Resampling.LANCZOS).save(path("small.png"), optimize=True)
    pages = [bilevel(grey), bilevel(grey)]
    pages[0].save(path("two-pages-g4.tiff"), compression="group4", dpi=(200, 200), save_all=True,
                  append_images=pages[1:])
    mixed()
    save_pdf("drawn-signature-line.pdf", lambda page: drawn_with(page, lambda page: page.setFont("D", 6)
             or page.drawString(30, 12, "Документ подписан электронной цифровой подписью, проверить на портале")))
    save_pdf("drawn-copy-line.pdf", lambda page: drawn_with(page, copy_line))
    save_pdf("drawn-footer.pdf", lambda page: drawn_with(page, footer))
    save_pdf("text-footer.pdf", text_with_footer)
    exif_photos(grey)
    askew(grey).save(path("photo-askew.jpg"), quality=30)
    pikepdf.new().save(path("no-pages.pdf"), deterministic_id=True)
    grey.save(path("deflate.tiff"), compression="tiff_adobe_deflate", dpi=(200, 200))


if __name__ == "__main__":
    main()
