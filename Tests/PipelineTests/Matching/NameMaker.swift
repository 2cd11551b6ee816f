import TestSupport

@testable import Pipeline

/// Makes names that sound like the region's and are in no list.
struct NameMaker {
    private var random: SeededRandom

    /// - Parameter seed: the same names for the same seed.
    init(seed: UInt64) {
        random = SeededRandom(seed)
    }

    /// A whole number from 0 below a bound.
    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    /// One of a few.
    mutating func pick<Value>(_ values: [Value]) -> Value { random.pick(values) }

    /// A surname, a given name and, mostly, a patronymic, of one gender.
    mutating func name() -> PersonName {
        let isWoman = below(2) == 0
        return PersonName(
            surname: surname(isWoman), given: given(isWoman), patronymic: below(8) == 0 ? nil : patronymic(isWoman))
    }

    /// Two or three syllables.
    mutating func stem() -> String {
        let onsets = ["Б", "Д", "Ж", "К", "М", "Н", "С", "Т", "Қ", "Ғ", "Р", "Ш", "В", "Л"]
        let inner = ["б", "д", "ж", "к", "л", "м", "н", "р", "с", "т", "қ", "ғ", "ң", "рм", "лт", "нд"]
        let vowels = ["а", "е", "и", "о", "у", "ә", "ө", "ұ", "ы", "і"]
        var word = pick(onsets) + pick(vowels)
        for _ in 0...below(2) { word += pick(inner) + pick(vowels) }
        return word + pick(["р", "н", "л", "т", "м", "с", "к"])
    }

    /// A surname with one of the endings of the region.
    mutating func surname(_ isWoman: Bool) -> String {
        let (man, woman) = pick([
            ("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("ский", "ская"), ("ко", "ко"), ("ук", "ук"), ("", ""),
        ])
        return stem() + (isWoman ? woman : man)
    }

    /// A given name.
    mutating func given(_ isWoman: Bool) -> String {
        stem() + (isWoman ? pick(["а", "ия", "гуль", ""]) : pick(["", "бек", "жан", "ий"]))
    }

    /// A patronymic, Russian or Kazakh.
    mutating func patronymic(_ isWoman: Bool) -> String {
        let (man, woman) = pick([("ович", "овна"), ("евич", "евна"), ("ұлы", "қызы"), ("улы", "кызы")])
        return stem() + (isWoman ? woman : man)
    }
}
