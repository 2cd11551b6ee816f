/// A person's name, in the nominative, part by part.
public struct PersonName: Sendable, Hashable, Codable {
    /// Surname; double surnames keep their hyphen.
    public var surname: String
    /// Given name, or its initial without the dot when the paper gives only initials.
    public var given: String
    /// Patronymic (`Маратович`, `Болатұлы`), its initial, or nil.
    public var patronymic: String?
    /// What the printed words may also be the nominative of (`Благому`: `Благой`, `Благий`); nil when there is one
    /// reading only. All are of one gender.
    public var otherReadings: [PersonName]?

    public init(
        surname: String, given: String, patronymic: String? = nil, otherReadings: [PersonName]? = nil
    ) {
        self.otherReadings = otherReadings
        self.surname = surname
        self.given = given
        self.patronymic = patronymic
    }

    /// Surname, given name, patronymic with spaces between.
    public var full: String { [surname, given, patronymic].compactMap(\.self).joined(separator: " ") }

    /// Whether the given name is an initial only.
    public var hasOnlyInitials: Bool { given.count == 1 }
}
