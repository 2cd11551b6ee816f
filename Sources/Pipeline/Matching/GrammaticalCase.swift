/// Grammatical gender of a person's name.
enum Gender: Sendable, Hashable, CaseIterable {
    /// Masculine and feminine; names of Kazakhstan's papers know no third.
    case male, female
}

/// The cases of Russian; a Kazakh ending is taken off before, and its name is then nominative.
enum GrammaticalCase: Sendable, Hashable, CaseIterable {
    /// In the order of the grammars.
    case nominative, genitive, dative, accusative, instrumental, prepositional
}
