"""Blocks of official forms: spaced titles, lists with ticked boxes, corner stamps, digits in cells, rubber stamps."""

import random

from PIL import Image, ImageDraw, ImageFont

import render

INKS = ((48, 58, 150), (92, 44, 140), (30, 30, 90))


class Forms(render.Doc):
    """render.Doc with the parts of official forms.

    More blocks: ("spaced", text) a title whose letters stand apart; ("check", ticked, text) a line behind a box;
    ("corner", left, right) a framed stamp of centred lines at the left and what stands beside it;
    ("cells", label, text) each character in a cell; ("rubber", lines) a rubber stamp of whoever took the paper in,
    a picture."""

    def block(self, bl):
        draw = {
            "spaced": self._spaced,
            "check": self._check,
            "corner": self._corner,
            "cells": self._cells,
            "rubber": self._rubber,
        }.get(bl[0])
        if draw is None:
            super().block(bl)
        else:
            self.n += 1
            draw(*bl[1:])

    @property
    def _wide(self):
        return render.W - self.ml - self.mr

    def _spaced(self, text):
        fs = self.fs * 1.25
        apart = fs * 0.28
        self.need(fs * self.lead + 4)
        self.y -= fs * self.lead + 4
        width = self._w(text, 1, fs) + apart * (len(text) - 1)
        x = self.ml + (self._wide - width) / 2
        line = self.c.beginText(x, self.y)
        line.setFont(self.f[1], fs)
        line.setCharSpace(apart)
        line.textOut(text)
        # The setting outlives the text that it was made for.
        line.setCharSpace(0)
        self.c.drawText(line)
        self.lines[-1].append((round(self.y, 1), round(x, 1), text))

    def _check(self, ticked, text):
        """Half of the documents draw their boxes, the others write them."""
        written = random.Random(f"{self.seed}boxes").choice((None, None, "☐☑", ("[ ]", "[V]"), ("( )", "(+)")))
        if written:
            self._written(written[ticked], text)
            return
        fs, side = self.fs, self.fs * 0.8
        rows = self.wrap(text, self._wide - 34)
        self.need(len(rows) * fs * self.lead)
        for i, row in enumerate(rows):
            self.y -= fs * self.lead
            if not i:
                x = self.ml + 14
                self.c.setLineWidth(0.7)
                self.c.rect(x, self.y - 1, side, side)
                if ticked:
                    self.c.setLineWidth(1.3)
                    self.c.line(x + 1, self.y + side * 0.4, x + side * 0.4, self.y)
                    self.c.line(x + side * 0.4, self.y, x + side * 1.1, self.y + side)
            self.put(self.ml + 34, self.y, row)

    def _written(self, box, text):
        """A line behind a box that is a letter of a font which has it."""
        self.need(self.fs * self.lead)
        name = self.f[0]
        if not box.isascii():
            self.f[0] = render.font("dejasans", 0, False)
        self.put(self.ml + 12, self.y - self.fs * self.lead, box)
        self.f[0] = name
        self.para(text, x0=self.ml + 34, width=self._wide - 34)

    def _corner(self, left, right):
        fs = self.fs * 0.9
        width = self._wide * 0.42
        top = self.y - 2
        self.y = top - 3
        for text in left:
            self.para(text, "c", 0, fs, x0=self.ml + 6, width=width - 12)
        low = self.y - 5
        self.c.setLineWidth(0.9)
        self.c.rect(self.ml, low, width, top - low)
        self.y = top
        for text in right:
            self.para(text, "l", 0, fs, x0=self.ml + self._wide * 0.56, width=self._wide * 0.44)
        self.y = min(low, self.y) - 4

    def _cells(self, label, text):
        fs, side = self.fs, self.fs * 1.35
        self.need(side + 6)
        self.y -= side + 4
        self.put(self.ml, self.y + side * 0.28, label)
        x = self.ml + self._w(label) + 10
        self.c.setLineWidth(0.6)
        for i, ch in enumerate(text):
            self.c.rect(x + i * side, self.y, side, side)
            if ch != " ":
                self.put(x + i * side + (side - self._w(ch, 0, fs)) / 2, self.y + side * 0.28, ch)
        self.y -= 3

    def _rubber(self, lines):
        rnd = random.Random(f"{self.seed}{self.n}rubber")
        ink = rnd.choice(INKS) + (200,)
        fonts = [ImageFont.truetype(render.FD + render.FONTS["dejasans"][1], size) for size in (28, 24)]
        wide = int(max(fonts[0].getlength(line) for line in lines)) + 40
        tall = 38 * len(lines) + 26
        picture = Image.new("RGBA", (wide, tall), (0, 0, 0, 0))
        pen = ImageDraw.Draw(picture)
        pen.rectangle((3, 3, wide - 4, tall - 4), outline=ink, width=4)
        for i, line in enumerate(lines):
            pen.text((wide / 2, 32 + 38 * i), line, font=fonts[0 if not i else 1], fill=ink, anchor="mm")
        picture = picture.rotate(rnd.uniform(-6, 6), resample=Image.BICUBIC, expand=True)
        width = picture.width * 0.36
        height = picture.height * 0.36
        x = render.W - self.mr - width - rnd.uniform(0, 60)
        y = rnd.uniform(24, 40)
        self.c.drawImage(render.ImageReader(picture), x, y, width, height, mask="auto")
