"""How papers write a day, in Russian, Kazakh and both."""

from generate import KK, RU

RU1 = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь".split()
ROMAN = "I II III IV V VI VII VIII IX X XI XII".split()
BACK = {"наурыз", "қазан", "қараша", "желтоқсан", "қаңтар", "ақпан", "мамыр", "маусым", "тамыз"}


def _suffix(month, case):
    """Kazakh case ending of a month: b from, d until, a of that day."""
    word = KK[month]
    i = 0 if word in BACK else 1
    last = word[-1]
    if case == "d":
        return word + (("қа", "ке")[i] if last == "к" else ("ға", "ге")[i])
    if case == "b":
        return word + ("нан", "нен")[i] if last in "нм" else word + ("дан", "ден")[i] if last != "к" else word + "тен"
    return word + (("дағы", "дегі")[i] if last != "к" else "тегі")


def _of_the_year(month):
    """The month with the ending of belonging: the year's March."""
    word = KK[month]
    vowel = "ы" if word in BACK else "і"
    if word[-1] == "к":
        return word[:-1] + "г" + vowel
    return word + ("с" + vowel if word[-1] in "еіаы" else vowel)


DATES = {
    "dots": lambda d: d.strftime("%d.%m.%Y"),
    "dotsg": lambda d: d.strftime("%d.%m.%Y г."),
    "dotsgg": lambda d: d.strftime("%d.%m.%Yг."),
    "dotsgod": lambda d: d.strftime("%d.%m.%Y года"),
    "ru": lambda d: f"{d.day} {RU[d.month - 1]} {d.year} года",
    "rug": lambda d: f"{d.day} {RU[d.month - 1]} {d.year} г.",
    "ru0": lambda d: f"{d.day:02d} {RU[d.month - 1]} {d.year}г.",
    "RU": lambda d: f"{d.day} {RU[d.month - 1].upper()} {d.year} ГОДА",
    "q": lambda d: f"«{d.day:02d}» {RU[d.month - 1]} {d.year} г.",
    "qq": lambda d: f'"{d.day}" {RU[d.month - 1]} {d.year} года',
    "qw": lambda d: f"« {d.day} » {RU[d.month - 1]}  {d.year} г.",
    "qn": lambda d: f"«{d.day:02d}» {d.month:02d} {d.year} г.",
    "qu": lambda d: f"«_{d.day}_» __{RU[d.month - 1]}__ {d.year} г.",
    "nom": lambda d: f"{RU1[d.month - 1]} {d.day}, {d.year}",
    "yy": lambda d: d.strftime("%d.%m.%y"),
    "yyg": lambda d: d.strftime("%d.%m.%yг."),
    "iso": lambda d: d.isoformat(),
    "slash": lambda d: d.strftime("%d/%m/%Y"),
    "dash": lambda d: d.strftime("%d-%m-%Y"),
    "wide": lambda d: d.strftime("%d . %m . %Y"),
    "roman": lambda d: f"{d.day}.{ROMAN[d.month - 1]}.{d.year}",
    "ruy": lambda d: f"{d.year} года {d.day} {RU[d.month - 1]}",
    "time": lambda d: d.strftime("%d.%m.%Y") + f" {8 + d.day % 11:02d}:{d.day * 7 % 60:02d}",
    "stamp": lambda d: d.isoformat() + f" {8 + d.day % 11:02d}:{d.day * 7 % 60:02d}:{d.day * 11 % 60:02d}",
    "kk": lambda d: f"{d.year} жылғы {d.day} {KK[d.month - 1]}",
    "kkq": lambda d: f"{d.year} жылғы «{d.day:02d}» {KK[d.month - 1]}",
    "kkj": lambda d: f"{d.year} ж. «{d.day:02d}» {KK[d.month - 1]}",
    "kkg": lambda d: f"{d.year} ж. {d.day} {KK[d.month - 1]}",
    "kkd": lambda d: d.strftime("%d.%m.%Y ж."),
    "kkdj": lambda d: d.strftime("%d.%m.%Yж."),
    "kkr": lambda d: f"{d.day} {KK[d.month - 1]} {d.year} жыл",
    "kkrj": lambda d: f"«{d.day}» {KK[d.month - 1]} {d.year} ж.",
    "KK": lambda d: f"{d.year} ЖЫЛҒЫ {d.day} {KK[d.month - 1].upper()}",
    "kkb": lambda d: f"{d.year} жылғы {d.day} {_suffix(d.month - 1, 'b')}",
    "kkto": lambda d: f"{d.year} жылғы {d.day} {_suffix(d.month - 1, 'd')}",
    "kka": lambda d: f"{d.year} жылғы {d.day} {_suffix(d.month - 1, 'a')}",
    "kkda": lambda d: d.strftime("%d.%m.%Y") + " жылғы",
    "kkz": lambda d: f"{d.year} жылдың {d.day} {_of_the_year(d.month - 1)}",
    "kkm": lambda d: f"{d.day} {KK[d.month - 1]} {d.year} ж.",
    "ymd": lambda d: d.strftime("%Y.%m.%d"),
    "dotmon": lambda d: f"{d.day:02d}.{RU[d.month - 1]}.{d.year} г.",
    "rugg": lambda d: f"{d.day} {RU[d.month - 1]} {d.year}г",
    "spd": lambda d: d.strftime("%d %m %Y г."),
    "qg": lambda d: f"«{d.day}» {RU[d.month - 1]} {d.year}г.",
    "kkqz": lambda d: f"«{d.day:02d}» {KK[d.month - 1]} {d.year} жыл",
    "kkqg": lambda d: f"{d.year} жыл «{d.day:02d}» {KK[d.month - 1]}",
    "kkdash": lambda d: f"{d.day}-{KK[d.month - 1]} {d.year} ж.",
    "pair": lambda d: f"{d.year} жылғы {d.day} {KK[d.month - 1]} / {d.day} {RU[d.month - 1]} {d.year} года",
    "bi3": lambda d: f"{d.strftime('%d.%m.%Y')} ж. / {d.strftime('%d.%m.%Y')} г.",
    "bi": lambda d: f"{d.year} ж./г. «{d.day:02d}» {KK[d.month - 1]}/{RU[d.month - 1]}",
    "bi2": lambda d: f"{d.strftime('%d.%m.%Y')} ж./г.",
}
# How an issue date is written when the template leaves it open.
FREE = {
    "ru": "dotsg dotsgg rug ru q qq qw qn ru0 yy yyg dots dotsgod roman slash dash".split(),
    "kk": "kk kkq kkj kkg kkd kkdj kkr kkrj dots".split(),
    "bi": "dots bi bi2 kkd q dotsg kk iso".split(),
}
BLANK = ["____________", "«___» ____________ 20___ г.", "_______________", "__.__.20__"]
BLANK_KK = ["____________", "20___ ж. «___» ____________", "_______________"]
