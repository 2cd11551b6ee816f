#!/usr/bin/env python3
"""Makes documents that a server must survive: broken, encrypted, far too large.

  python3 make_bad_documents.py DIR

Broken ones are cut from good ones; the large ones are small files that promise much.
"""
import io
import os
import struct
import sys
import zlib

import pikepdf
from PIL import Image, ImageDraw, ImageFont

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def write(name, content):
    with open(os.path.join(out, name), "wb") as file:
        file.write(content)


def pdf(pages):
    """A PDF of so many pages, each with a line of text."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    kids = b" ".join(b"%d 0 R" % (number + 5) for number in range(pages))
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids)
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    text = b"BT /F1 24 Tf 50 700 Td (Nothing of interest) Tj ET"
    objects[4] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>"
    )
    for number in range(pages):
        objects[number + 5] = page
    body, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number in sorted(objects):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)


def png_header(width, height):
    """A PNG of this size by its header, with hardly any pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def page_picture():
    """A picture of a page with lines on it."""
    picture = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(picture)
    face = ImageFont.load_default(26)
    for line in range(40):
        pen.text((100, 60 + 40 * line), f"Line {line} of a page that says nothing at all to anybody who reads it", "black", face)
    return picture


good = pdf(1)
write("good-structure.pdf", good)
write("truncated.pdf", good[: len(good) // 2])
write("header-only.pdf", b"%PDF-1.7\n")
write("pages-10000.pdf", pdf(10_000))
write("pages-21.pdf", pdf(21))
with pikepdf.open(io.BytesIO(good)) as document:
    document.save(os.path.join(out, "encrypted.pdf"), encryption=pikepdf.Encryption(owner="owner", user="secret", R=6))

jpeg = io.BytesIO()
page_picture().save(jpeg, "JPEG", quality=80)
write("truncated.jpg", jpeg.getvalue()[: len(jpeg.getvalue()) // 3])
write("header-only.jpg", jpeg.getvalue()[:200])
write("png-60000.png", png_header(60_000, 60_000))
tiff = io.BytesIO()
page_picture().convert("1").save(tiff, "TIFF", compression="group4")
write("truncated.tif", tiff.getvalue()[: len(tiff.getvalue()) // 2])
write("program.pdf", b"\x7fELF" + bytes(4_000))
write("text.pdf", "Просто текст, а не PDF.\n".encode() * 20)
write("page.pdf-named.png", good)

# A document of six dense pages without a text layer: well formed, and slow to read.
slow = [page_picture() for _ in range(6)]
slow[0].save(os.path.join(out, "slow.pdf"), save_all=True, append_images=slow[1:], resolution=150)
