/// Grammatical gender of a person's name.
enum Gender: Sendable, Hashable, CaseIterable {
    case male, female
}

/// The cases of Russian; a Kazakh ending is taken off before, and its name is then nominative.
enum GrammaticalCase: Sendable, Hashable, CaseIterable {
    case nominative, genitive, dative, accusative, instrumental, prepositional
}
