import Foundation
public import Observability

/// The applicant's full name as submitted (`fio`), checked and tidied.
///
/// Tidied means: Unicode composed (NFC, so that `й` and `ё` written with combining marks are one letter), spaces
/// folded, dashes and apostrophes of all makes turned into `-` and `'`. Case, order and spelling stay the caller's.
public struct ApplicantName: Sendable, Hashable, Codable {
    /// The shortest and the longest name that is taken, in characters after tidying.
    public static let lengths = 3...200

    /// The tidied name.
    public let text: String

    /// Checks and tidies a submitted name.
    ///
    /// - Throws: `VALIDATION_ERROR` with one field error for `fio` that says what is wrong and what would be right;
    ///   never with the name itself.
    public init(validating raw: String) throws(ServiceError) {
        let tidied = ApplicantName.tidied(raw)
        if let message = ApplicantName.fault(in: tidied) {
            throw ServiceError(.validationError, fields: [FieldError(field: "fio", message: message)])
        }
        text = tidied
    }

    private static func fault(in name: String) -> String? {
        let right = "give surname, given name and patronymic, for example \"Ахметов Данияр Маратович\""
        guard !name.isEmpty else { return "is empty; \(right)" }
        guard name.count >= lengths.lowerBound else {
            return "is shorter than \(lengths.lowerBound) characters; \(right)"
        }
        guard name.count <= lengths.upperBound else {
            return "is longer than \(lengths.upperBound) characters; \(right)"
        }
        guard name.unicodeScalars.allSatisfy(isAllowed) else {
            return "may hold only letters (Cyrillic, Kazakh, Latin), spaces, hyphens, dots and apostrophes; \(right)"
        }
        let words = name.split(separator: " ").filter { $0.unicodeScalars.contains(where: isLetter) }
        // Initials may stick to the surname («Ахметов Д.М.» and «Д.М.Ахметов» are both two words to a reader).
        let pieces = words.flatMap { $0.split(separator: ".") }
        guard pieces.filter({ $0.unicodeScalars.contains(where: isLetter) }).count >= 2 else {
            return "has only one word; \(right)"
        }
        guard pieces.contains(where: { $0.unicodeScalars.count(where: isLetter) >= 2 }) else {
            return "has no full word; \(right)"
        }
        return nil
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || scalar == " " || scalar == "-" || scalar == "." || scalar == "'"
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A: true
        // Latin-1, Extended-A and -B: foreign names and the Kazakh Latin alphabet, without × and ÷.
        case 0xC0...0x24F: scalar.value != 0xD7 && scalar.value != 0xF7
        // The Cyrillic block without its number sign and combining marks (0482-0489): Russian, Kazakh, Ukrainian, …
        case 0x400...0x481, 0x48A...0x52F: true
        default: false
        }
    }

    private static func tidied(_ raw: String) -> String {
        var scalars = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in raw.precomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar {
            // Invisible: soft hyphen, zero-width space and joiners, byte order mark, left-to-right marks.
            case "\u{AD}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}", "\u{2060}", "\u{FEFF}":
                continue
            case _ where scalar.properties.isWhitespace:
                pendingSpace = !scalars.isEmpty
            default:
                if pendingSpace { scalars.append(" ") }
                pendingSpace = false
                scalars.append(plain(scalar))
            }
        }
        return String(scalars)
    }

    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}", "\u{2212}": "-"
        case "\u{2018}", "\u{2019}", "\u{201B}", "\u{2BC}", "\u{2B9}", "\u{60}", "\u{B4}", "\u{2032}": "'"
        default: scalar
        }
    }
}
