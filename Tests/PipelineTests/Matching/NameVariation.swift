@testable import Pipeline

/// A found name and a submitted one that stand in a known relation.
struct NameVariation {
    var what: String
    var submitted: String
    var found: PersonName
    var isPicture = false

    /// Spellings of the same name.
    static func tolerated(_ name: PersonName, _ maker: inout NameMaker) -> [NameVariation] {
        let full = name.full
        var variations = [
            NameVariation(what: "the same", submitted: full, found: name),
            NameVariation(what: "capitals", submitted: full.uppercased(), found: name),
            NameVariation(what: "small letters", submitted: full.lowercased(), found: name),
            NameVariation(what: "Kazakh letters folded", submitted: folded(full), found: name),
            NameVariation(what: "Kazakh letters folded on the paper", submitted: full, found: map(name, folded)),
            NameVariation(what: "Latin look-alikes", submitted: replaced(full, lookalikes), found: name),
            NameVariation(what: "surname last", submitted: reordered(name), found: name),
        ]
        for (scheme, table) in schemes {
            variations.append(
                NameVariation(what: scheme, submitted: replaced(full.lowercased(), table), found: name))
            variations.append(
                NameVariation(what: scheme + " on the paper", submitted: full, found: map(name) {
                    replaced($0.lowercased(), table)
                }))
        }
        if let patronymic = name.patronymic, let given = name.given.first, let father = patronymic.first {
            let initials = PersonName(
                surname: name.surname, given: String(given), patronymic: String(father))
            variations.append(NameVariation(what: "initials on the paper", submitted: full, found: initials))
            variations.append(
                NameVariation(what: "initials", submitted: "\(name.surname) \(given).\(father).", found: name))
            for ending in ["ұлы", "қызы", "улы", "кызы"] where patronymic.hasSuffix(ending) {
                let apart = patronymic.dropLast(ending.count) + " " + ending
                variations.append(
                    NameVariation(
                        what: "ending apart", submitted: "\(name.surname) \(name.given) \(apart)", found: name))
            }
        }
        if let misread = misread(name, maker.below(2)) {
            variations.append(
                NameVariation(what: "one reading error", submitted: full, found: misread, isPicture: true))
        }
        return variations
    }

    /// Other people's names.
    static func forbidden(_ name: PersonName, _ maker: inout NameMaker) -> [NameVariation] {
        let isWoman = name.surname.hasSuffix("а") || name.given.hasSuffix("а")
        var others: [(String, PersonName)] = [
            ("another given name", name.with { $0.given = maker.given(isWoman) }),
            ("another patronymic", name.with { $0.patronymic = maker.patronymic(isWoman) }),
            ("another surname", name.with { $0.surname = maker.surname(isWoman) }),
        ]
        for (man, woman) in [("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("ский", "ская")] {
            if name.surname.hasSuffix(man) {
                others.append(
                    ("the other gender's ending", name.with { $0.surname = $0.surname.dropLast(man.count) + woman }))
            }
        }
        let vowels: [Character: Character] = ["а": "о", "о": "а", "е": "и", "и": "е", "д": "т", "л": "р", "р": "л"]
        let letters = Array(name.surname)
        if let place = letters.indices.dropFirst().first(where: { vowels[letters[$0]] != nil }) {
            var changed = letters
            changed[place] = vowels[letters[place]] ?? letters[place]
            others.append(("a neighbour's surname", name.with { $0.surname = String(changed) }))
        }
        if name.patronymic != nil { others.append(("no patronymic", name.with { $0.patronymic = nil })) }
        var variations = others.filter { folded($0.1.full) != folded(name.full) }.flatMap { what, other in
            [false, true].map {
                NameVariation(what: what, submitted: other.full, found: name, isPicture: $0)
            }
        }
        if let misread = misread(name, 0) {
            variations.append(
                NameVariation(what: "a wrong letter in a text layer", submitted: name.full, found: misread))
            if let twice = NameVariation.misread(misread, 1) {
                variations.append(
                    NameVariation(what: "two reading errors", submitted: name.full, found: twice, isPicture: true))
            }
        }
        return variations
    }

    // MARK: Changes

    private static func map(_ name: PersonName, _ change: (String) -> String) -> PersonName {
        PersonName(
            surname: change(name.surname), given: change(name.given), patronymic: name.patronymic.map(change))
    }

    private static func reordered(_ name: PersonName) -> String {
        [name.given, name.patronymic, name.surname].compactMap(\.self).joined(separator: " ")
    }

    /// One letter of the surname (0) or the given name (1) read as another.
    private static func misread(_ name: PersonName, _ part: Int) -> PersonName? {
        let confusions: [Character: Character] = ["и": "н", "н": "п", "ш": "щ", "ы": "ь", "е": "с"]
        var letters = Array(part == 0 ? name.surname : name.given)
        guard letters.count >= 5,
            let place = letters.indices.dropFirst().first(where: { confusions[letters[$0]] != nil })
        else { return nil }
        letters[place] = confusions[letters[place]] ?? letters[place]
        return name.with { if part == 0 { $0.surname = String(letters) } else { $0.given = String(letters) } }
    }

    private static func folded(_ text: String) -> String {
        replaced(
            text,
            ["ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "і": "и", "Қ": "К", "Ғ": "Г"])
    }

    private static func replaced(_ text: String, _ table: [Character: String]) -> String {
        text.map { table[$0] ?? String($0) }.joined()
    }

    private static let lookalikes: [Character: String] = [
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "К": "K", "М": "M", "Н": "H", "Т": "T", "В": "B",
    ]

    private static let common: [Character: String] = [
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "з": "z", "и": "i", "й": "i", "к": "k", "л": "l",
        "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "ы": "y", "э": "e",
    ]

    /// ICAO 9303 and the Russian passport, the Kazakh alphabets of 2018 and 2021, and what people type.
    private static let schemes: [(String, [Character: String])] = [
        (
            "ICAO",
            [
                "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia",
                "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "і": "i", "һ": "h",
            ]
        ),
        (
            "GOST 7.79",
            [
                "ж": "zh", "х": "x", "ц": "c", "ч": "ch", "ш": "sh", "щ": "shh", "ь": "", "ю": "yu", "я": "ya",
                "й": "j", "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "і": "i", "һ": "h",
            ]
        ),
        (
            "Kazakh 2018",
            [
                "ж": "j", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia",
                "у": "ý", "и": "ı", "й": "ı", "ә": "á", "ғ": "ǵ", "қ": "q", "ң": "ń", "ө": "ó", "ұ": "u", "ү": "ú",
                "і": "i", "һ": "h",
            ]
        ),
        (
            "Kazakh 2021",
            [
                "ж": "j", "х": "h", "ц": "ts", "ч": "ch", "ш": "ş", "щ": "ştş", "ь": "", "ю": "iu", "я": "ia",
                "ә": "ä", "ғ": "ğ", "қ": "q", "ң": "ñ", "ө": "ö", "ұ": "ū", "ү": "ü", "і": "i", "һ": "h",
            ]
        ),
        (
            "as typed",
            [
                "ж": "zh", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ь": "", "ю": "yu", "я": "ya",
                "ә": "a", "ғ": "gh", "қ": "q", "ң": "ng", "ө": "o", "ұ": "u", "ү": "u", "і": "i", "һ": "h",
            ]
        ),
    ].map { ($0.0, common.merging($0.1) { _, own in own }) }
}

extension PersonName {
    /// The same name with a change.
    fileprivate func with(_ change: (inout PersonName) -> Void) -> PersonName {
        var name = self
        change(&name)
        return name
    }
}
