/// A word as the rules compare it: lower case, ё as е, й as и, Kazakh letters folded to their Russian neighbours,
/// Latin look-alikes read as Cyrillic, everything that is no letter or digit dropped.
///
/// Folding is for comparing only; what is shown to people keeps its own letters.
struct FoldedWord: Sendable, Hashable {
    /// One small number per letter: а…я are 1…32, digits 40…49, other Latin letters 60…85.
    let codes: [UInt8]
    /// The set of letters, one bit each: a cheap test that two words cannot be near each other.
    let letters: UInt64

    /// Folds a printed word.
    init(_ text: some StringProtocol) {
        var codes: [UInt8] = []
        codes.reserveCapacity(text.utf8.count / 2 + 1)
        for scalar in text.unicodeScalars {
            let code = FoldedWord.code(of: scalar)
            if code != 0 { codes.append(code) }
        }
        self.init(codes: codes)
    }

    /// A word that is folded already.
    init(codes: [UInt8]) {
        self.codes = codes
        letters = codes.reduce(0) { $0 | (1 << UInt64($1 & 63)) }
    }

    /// Whether nothing is left after folding.
    var isEmpty: Bool { codes.isEmpty }
    /// How many letters and digits.
    var count: Int { codes.count }
    /// Whether there are digits only.
    var isNumber: Bool { !codes.isEmpty && !hasLetter }
    /// Whether there is at least one letter.
    var hasLetter: Bool { letters & ~FoldedWord.digits != 0 }

    /// The bits of the digits; no letter shares one.
    private static let digits: UInt64 = 0x3FF << 40

    /// 0 for what is neither letter nor digit.
    static func code(of scalar: Unicode.Scalar) -> UInt8 {
        let value = scalar.value
        switch value {
        case 0x430...0x44F: return cyrillic(value - 0x430)
        case 0x410...0x42F: return cyrillic(value - 0x410)
        case 0x30...0x39: return UInt8(40 + value - 0x30)
        case 0x61...0x7A: return latin[Int(value - 0x61)]
        case 0x41...0x5A: return latin[Int(value - 0x41)]
        default: return kazakhAndOthers(value)
        }
    }

    private static func cyrillic(_ index: UInt32) -> UInt8 {
        switch index {
        case 9: 9  // й reads as и: engines drop the breve.
        case 26: 29  // ъ reads as ь.
        default: UInt8(index + 1)
        }
    }

    /// а в с … for the letters that look alike in either case; the others keep a code of their own.
    private static let latin: [UInt8] = {
        var table = (0..<26).map { UInt8(60 + $0) }
        let alike: [(Character, Character)] = [
            ("a", "а"), ("b", "в"), ("c", "с"), ("e", "е"), ("h", "н"), ("i", "и"), ("k", "к"), ("m", "м"),
            ("o", "о"), ("p", "р"), ("t", "т"), ("x", "х"), ("y", "у"),
        ]
        for (from, to) in alike {
            guard let latin = from.unicodeScalars.first, let russian = to.unicodeScalars.first else { continue }
            table[Int(latin.value - 0x61)] = UInt8(russian.value - 0x430 + 1)
        }
        return table
    }()

    private static func kazakhAndOthers(_ value: UInt32) -> UInt8 {
        switch value {
        case 0x451, 0x401: 6  // ё
        case 0x4D9, 0x4D8, 0x259, 0x18F: 1  // ә
        case 0x493, 0x492: 4  // ғ
        case 0x456, 0x406: 9  // і
        case 0x49B, 0x49A: 11  // қ
        case 0x4A3, 0x4A2: 14  // ң
        case 0x4E9, 0x4E8, 0x275: 15  // ө
        case 0x4B1, 0x4B0, 0x4AF, 0x4AE: 20  // ұ ү
        case 0x4BB, 0x4BA: 22  // һ
        default: 0
        }
    }
}
