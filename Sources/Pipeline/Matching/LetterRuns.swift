/// Beginnings and endings letter by letter.
///
/// The standard library compares strings by canonical equivalence, which costs a Cyrillic word twenty times as much;
/// what the search for names compares is composed already (`NameTokenizer`).
extension StringProtocol {
    /// Whether it begins with these letters.
    func begins(_ letters: some StringProtocol) -> Bool { utf8.starts(with: letters.utf8) }

    /// Whether it ends with these letters.
    func closes(_ letters: some StringProtocol) -> Bool {
        let (mine, theirs) = (utf8, letters.utf8)
        let count = theirs.count
        return mine.count >= count && mine.suffix(count).elementsEqual(theirs)
    }
}
