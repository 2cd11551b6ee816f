"""Block layout engine: a list of blocks -> PDF pages (reportlab). Shared by both families; holds no template text."""

import glob, io, math, random
from reportlab.pdfgen import canvas
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.lib.utils import ImageReader
from PIL import Image, ImageDraw, ImageFont

FD = "/usr/share/fonts/truetype/"
FONTS = {  # key: (regular, bold, italic)
    "ptserif": ("paratype/PTF55F.ttf", "paratype/PTF75F.ttf", "paratype/PTF56F.ttf"),
    "ptsans": ("paratype/PTS55F.ttf", "paratype/PTS75F.ttf", "paratype/PTS56F.ttf"),
    "ptmono": ("paratype/PTM55F.ttf", "paratype/PTM75F.ttf", "paratype/PTM55F.ttf"),
    "dejaserif": ("dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSerif-Bold.ttf", "dejavu/DejaVuSerif-Italic.ttf"),
    "dejasans": (
        "dejavu/DejaVuSansCondensed.ttf",
        "dejavu/DejaVuSansCondensed-Bold.ttf",
        "dejavu/DejaVuSansCondensed-Oblique.ttf",
    ),
    "notoserif": ("noto/NotoSerif-Regular.ttf", "noto/NotoSerif-Bold.ttf", "noto/NotoSerif-Italic.ttf"),
    "notosans": ("noto/NotoSans-Regular.ttf", "noto/NotoSans-Bold.ttf", "noto/NotoSans-Italic.ttf"),
    "times": (
        "liberation/LiberationSerif-Regular.ttf",
        "liberation/LiberationSerif-Bold.ttf",
        "liberation/LiberationSerif-Italic.ttf",
    ),
    "arial": (
        "liberation/LiberationSans-Regular.ttf",
        "liberation/LiberationSans-Bold.ttf",
        "liberation/LiberationSans-Italic.ttf",
    ),
    "freeserif": ("freefont/FreeSerif.ttf", "freefont/FreeSerifBold.ttf", "freefont/FreeSerifItalic.ttf"),
    "freesans": ("freefont/FreeSans.ttf", "freefont/FreeSansBold.ttf", "freefont/FreeSansOblique.ttf"),
    "carlito": ("crosextra/Carlito-Regular.ttf", "crosextra/Carlito-Bold.ttf", "crosextra/Carlito-Italic.ttf"),
    "opensans": ("open-sans/OpenSans-Regular.ttf", "open-sans/OpenSans-Bold.ttf", "open-sans/OpenSans-Italic.ttf"),
}
KAZ = set("әғқңөұүһӘҒҚҢӨҰҮҺ")
FALL = {"times": "freeserif", "arial": "freesans"}  # Liberation has no Kazakh letters
_reg = {}


def font(key, style, kaz):
    if kaz:
        key = FALL.get(key, key)
    name = f"{key}-{style}"
    if name not in _reg:
        pdfmetrics.registerFont(TTFont(name, FD + FONTS[key][style]))
        _reg[name] = 1
    return name


def stamp_png(text, center, seed, color=(40, 60, 160), size=330):
    """Round seal: text along the circle. Drawn as a picture, so it never enters the text layer."""
    rnd = random.Random(seed)
    im = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    d = ImageDraw.Draw(im)
    c = color + (190,)
    m = 6
    d.ellipse((m, m, size - m, size - m), outline=c, width=5)
    d.ellipse((m + 52, m + 52, size - m - 52, size - m - 52), outline=c, width=3)
    f = ImageFont.truetype(FD + FONTS["dejasans"][1], 25)
    r = size / 2 - m - 27
    t = text + " * "
    n = min(len(t), 62)
    t = t[:n]
    a0 = rnd.uniform(0, 2 * math.pi)
    for i, ch in enumerate(t):
        a = a0 + 2 * math.pi * i / n
        g = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        ImageDraw.Draw(g).text((20, 20), ch, font=f, fill=c, anchor="mm")
        g = g.rotate(-math.degrees(a) - 90, resample=Image.BICUBIC)
        im.alpha_composite(g, (int(size / 2 + r * math.cos(a) - 20), int(size / 2 + r * math.sin(a) - 20)))
    f2 = ImageFont.truetype(FD + FONTS["dejasans"][1], 24)
    for k, ln in enumerate(center.split("\n")):
        d.text((size / 2, size / 2 - 14 * (len(center.split("\n")) - 1) + 28 * k), ln, font=f2, fill=c, anchor="mm")
    return im.rotate(rnd.uniform(-25, 25), resample=Image.BICUBIC)


def sign_png(seed):
    rnd = random.Random(seed)
    im = Image.new("RGBA", (260, 100), (0, 0, 0, 0))
    d = ImageDraw.Draw(im)
    x, y = 20, 55
    pts = [(x, y)]
    for i in range(rnd.randint(7, 13)):
        x += rnd.uniform(4, 28)
        pts.append((x, 50 + rnd.uniform(-38, 38)))
    fine = []
    for i in range(len(pts) - 1):
        p0, p1 = pts[max(0, i - 1)], pts[i]
        p2 = pts[i + 1]
        p3 = pts[min(len(pts) - 1, i + 2)]
        for s in range(12):
            t = s / 12
            fine.append(
                tuple(
                    0.5
                    * (
                        (2 * p1[k])
                        + (-p0[k] + p2[k]) * t
                        + (2 * p0[k] - 5 * p1[k] + 4 * p2[k] - p3[k]) * t * t
                        + (-p0[k] + 3 * p1[k] - 3 * p2[k] + p3[k]) * t**3
                    )
                    for k in (0, 1)
                )
            )
    d.line(fine, fill=(20, 30, 130, 230), width=4, joint="curve")
    return im


def qr_png(seed, n=29):
    rnd = random.Random(seed)
    im = Image.new("L", (n, n), 255)
    for y in range(n):
        for x in range(n):
            im.putpixel((x, y), 0 if rnd.random() < 0.5 else 255)
    d = ImageDraw.Draw(im)
    for x, y in ((0, 0), (n - 7, 0), (0, n - 7)):
        d.rectangle((x, y, x + 6, y + 6), fill=0)
        d.rectangle((x + 1, y + 1, x + 5, y + 5), fill=255)
        d.rectangle((x + 2, y + 2, x + 4, y + 4), fill=0)
    return im.resize((n * 6, n * 6), Image.NEAREST)


W, H = 595.28, 841.89


class Doc:
    """blocks:
    ("t",text[,size]) title  ("c",text) centred  ("cb",text) centred bold  ("p",text) indented paragraph
    ("l",text) left  ("lb",text) left bold  ("r",text) right  ("rb",...)  ("sm",text) small left  ("smc",text) small centred
    ("kv",[(label,value)...]) form rows  ("tab",rows,fracs) grid table  ("row",a,b,c) three columns on one line
    ("2c",left_lines,right_lines) two column head  ("hr",) ("sp",pts) ("sig",role,name) ("stamp",ring,center) ("qr",) ("pb",)
    ("box",lines) framed box at the right ("blank",) empty page"""

    def __init__(self, buf, fontkey, size, kaz, seed, margin=(60, 45), justify=False, lead=1.32):
        self.c = canvas.Canvas(buf, pagesize=(W, H), invariant=1, pageCompression=1)
        self.f = [font(fontkey, i, kaz) for i in range(3)]
        self.fs = size
        self.seed = seed
        self.ml, self.mr = margin
        self.justify = justify
        self.lead = lead
        self.y = H - 45
        self.page = 0
        self.lines = [[]]
        self.n = 0
        self.started = True
        self.rnd = random.Random(seed)

    def _w(self, s, b=0, fs=None):
        return pdfmetrics.stringWidth(s, self.f[b], fs or self.fs)

    def newpage(self):
        self.c.showPage()
        self.y = H - 50
        self.lines.append([])
        self.page += 1

    def need(self, h):
        if self.y - h < 45:
            self.newpage()

    def put(self, x, y, s, b=0, fs=None):
        self.c.setFont(self.f[b], fs or self.fs)
        self.c.drawString(x, y, s)
        if s.strip():
            self.lines[-1].append((round(y, 1), round(x, 1), s))

    def wrap(self, s, width, b=0, fs=None, first=0):
        out, cur, w0 = [], "", width - first
        for wd in s.split():
            t = (cur + " " + wd) if cur else wd
            if self._w(t, b, fs) <= w0 or not cur:
                cur = t
            else:
                out.append(cur)
                cur = wd
                w0 = width
        if cur:
            out.append(cur)
        return out or [""]

    def para(self, s, align="l", b=0, fs=None, indent=0, x0=None, width=None):
        fs = fs or self.fs
        x0 = self.ml if x0 is None else x0
        width = width or (W - self.ml - self.mr)
        for k, ln in enumerate(self.wrap(s, width, b, fs, indent)):
            self.need(fs * self.lead)
            self.y -= fs * self.lead
            w = self._w(ln, b, fs)
            ind = indent if k == 0 else 0
            if align == "c":
                x = x0 + (width - w) / 2
            elif align == "r":
                x = x0 + width - w
            else:
                x = x0 + ind
            ws = ln.split(" ")
            if align == "j" and len(ws) > 2 and w > 0.75 * (width - ind):
                gap = (width - ind - sum(self._w(q, b, fs) for q in ws)) / (len(ws) - 1)
                xx = x
                self.c.setFont(self.f[b], fs)
                for q in ws:
                    self.c.drawString(xx, self.y, q)
                    xx += self._w(q, b, fs) + gap
                self.lines[-1].append((round(self.y, 1), round(x, 1), ln))
            else:
                self.put(x, self.y, ln, b, fs)

    def block(self, bl):
        k = bl[0]
        fs = self.fs
        wd = W - self.ml - self.mr
        self.n += 1
        if k == "t":
            self.y -= 4
            self.para(bl[1], "c", 1, bl[2] if len(bl) > 2 else fs * 1.18)
        elif k == "c":
            self.para(bl[1], "c")
        elif k == "cb":
            self.para(bl[1], "c", 1)
        elif k == "p":
            self.para(bl[1], "j" if self.justify else "l", 0, None, 28)
            self.y -= 2
        elif k == "l":
            self.para(bl[1])
        elif k == "lb":
            self.para(bl[1], b=1)
        elif k == "r":
            self.para(bl[1], "r")
        elif k == "rb":
            self.para(bl[1], "r", 1)
        elif k == "rc":  # right half block, left aligned
            self.para(bl[1], x0=self.ml + wd * 0.56, width=wd * 0.44)
        elif k == "sm":
            self.para(bl[1], fs=fs * 0.78)
        elif k == "smc":
            self.para(bl[1], "c", fs=fs * 0.78)
        elif k == "it":
            self.para(bl[1], b=2)
        elif k == "hr":
            self.y -= 5
            self.c.setLineWidth(1)
            self.c.line(self.ml, self.y, W - self.mr, self.y)
            self.y -= 3
        elif k == "sp":
            self.y -= bl[1]
        elif k == "kv":
            for a, v in bl[1]:
                lw = self._w(a + " ", 0)
                x = self.ml
                if lw > wd * 0.55:
                    self.para(a)
                    lw = 0
                rows = self.wrap(v, wd - lw - 4, 1)
                for i, r in enumerate(rows):
                    self.need(fs * self.lead)
                    self.y -= fs * self.lead * 1.08
                    if i == 0 and lw:
                        self.put(x, self.y, a)
                    self.put(x + lw + 4, self.y, r, 1)
                    self.c.setLineWidth(0.5)
                    self.c.line(x + lw, self.y - 2.5, W - self.mr, self.y - 2.5)
            self.y -= 3
        elif k == "tab":
            rows, fr = bl[1], bl[2]
            b0 = bl[3] if len(bl) > 3 else True
            fs2 = fs * 0.92
            for i, row in enumerate(rows):
                b = 1 if (i == 0 and b0) else 0
                cells = [self.wrap(str(t), wd * f - 8, b, fs2) for t, f in zip(row, fr)]
                h = max(len(q) for q in cells) * fs2 * 1.22 + 7
                self.need(h)
                x = self.ml
                for q, f in zip(cells, fr):
                    self.c.setLineWidth(0.7)
                    self.c.rect(x, self.y - h, wd * f, h)
                    for j, ln in enumerate(q):
                        self.put(x + 4, self.y - fs2 * (1.1 + 1.22 * j), ln, b, fs2)
                    x += wd * f
                self.y -= h
            self.y -= 5
        elif k == "row":
            self.need(fs * self.lead)
            self.y -= fs * self.lead
            a, m, z = (bl[1:] + ("", "", ""))[:3]
            if a:
                self.put(self.ml, self.y, a)
            if m:
                self.put(self.ml + (wd - self._w(m)) / 2, self.y, m)
            if z:
                self.put(W - self.mr - self._w(z), self.y, z)
        elif k == "2c":
            y0 = self.y
            ymin = y0
            for side, lst in ((0, bl[1]), (1, bl[2])):
                self.y = y0
                cw = wd * 0.42
                x0 = self.ml if side == 0 else self.ml + wd - cw
                for s in lst:
                    self.para(s, "c", 1 if len(bl) > 3 and bl[3] else 0, fs * 0.9, x0=x0, width=cw)
                ymin = min(ymin, self.y)
            self.y = ymin - 2
        elif k == "sig":
            self.need(36)
            self.y -= 26
            self.put(self.ml, self.y, bl[1])
            x = max(self.ml + wd * 0.45, self.ml + self._w(bl[1]) + 8)
            self.c.setLineWidth(0.5)
            self.c.line(x, self.y - 2, x + 95, self.y - 2)
            self.c.drawImage(ImageReader(sign_png(self.seed + str(self.n))), x + 2, self.y - 12, 90, 34, mask="auto")
            nx = min(x + 105, W - self.mr - self._w(bl[2]))
            self.put(max(nx, x + 100) if nx < x + 100 else nx, self.y, bl[2])
        elif k == "stamp":
            x = self.ml + wd * self.rnd.uniform(0.18, 0.62)
            sz = 105
            col = ((40, 60, 160), (30, 40, 130), (70, 50, 150), (20, 90, 150))[self.rnd.randint(0, 3)]
            yy = max(30, self.y - self.rnd.uniform(30, 60))
            self.c.drawImage(
                ImageReader(stamp_png(bl[1], bl[2], self.seed + str(self.n), col)), x, yy, sz, sz, mask="auto"
            )
        elif k == "qr":
            self.need(85)
            self.c.drawImage(
                ImageReader(qr_png(self.seed + str(self.n))),
                self.ml if (len(bl) < 2 or bl[1] == "l") else W - self.mr - 75,
                self.y - 80,
                75,
                75,
            )
            self.y -= 84
        elif k == "box":
            cw = max(self._w(s, 0, fs * 0.85) for s in bl[1]) + 14
            h = len(bl[1]) * fs * 1.1 + 8
            x = W - self.mr - cw
            self.c.rect(x, self.y - h, cw, h)
            for j, s in enumerate(bl[1]):
                self.put(x + 6, self.y - fs * (1 + 1.1 * j), s, 0, fs * 0.85)
            self.y -= h + 4
        elif k == "pb":
            self.newpage()
        elif k == "blank":
            self.newpage()
        else:
            raise ValueError(k)

    def finish(self):
        self.c.showPage()
        self.c.save()
        out = []
        for pg in self.lines:
            rows = {}
            for y, x, s in pg:
                rows.setdefault(round(y / 3), []).append((x, s))
            out.append([" ".join(s for x, s in sorted(v)) for _, v in sorted(rows.items(), key=lambda q: -q[0])])
        return out
