/// How far a printed word may stand from the word meant: a weighted edit distance with a table of the letters that
/// OCR mixes up, and a budget that grows with the length.
///
/// Costs are in half edits: 2 for any edit, 1 for a pair of letters that look alike in print.
enum WordLikeness {
    /// What a word of this many letters may cost at most. Words of up to three letters must be exact: nearly every
    /// one of them has a neighbour that means something else.
    static func budget(length: Int) -> Int {
        switch length {
        case ...3: 0
        case 4...5: 1
        case 6...7: 2
        case 8...14: 3
        default: 5
        }
    }

    /// The cost of reading `word` as `meant`, nil when it is over the budget.
    ///
    /// - Parameters:
    ///   - isPrefix: `word` may go on after `meant` (case endings, possessives).
    ///   - limit: a smaller budget than the length gives, for words whose neighbours mean something else.
    static func cost(of word: FoldedWord, as meant: FoldedWord, isPrefix: Bool, limit: Int = .max) -> Int? {
        let budget = min(limit, budget(length: meant.count))
        // Each letter that the word lacks costs at least half an edit: one look at two bit sets settles most pairs.
        guard (meant.letters & ~word.letters).nonzeroBitCount <= budget else { return nil }
        if isPrefix ? isPrefixed(word.codes, meant.codes) : word.codes == meant.codes { return 0 }
        guard budget > 0, word.count * 2 >= meant.count * 2 - budget,
            isPrefix || word.count * 2 <= meant.count * 2 + budget
        else { return nil }
        return distance(word.codes, meant.codes, isPrefix: isPrefix, limit: budget)
    }

    private static func isPrefixed(_ word: [UInt8], _ start: [UInt8]) -> Bool {
        guard word.count >= start.count else { return false }
        for index in start.indices where word[index] != start[index] { return false }
        return true
    }

    /// Levenshtein with the confusion table; with `isPrefix` the best over all beginnings of `word`.
    ///
    /// An insertion or deletion costs 2, so cells further than `limit / 2` from the diagonal are over the limit and
    /// are not looked at.
    private static func distance(_ word: [UInt8], _ meant: [UInt8], isPrefix: Bool, limit: Int) -> Int? {
        let band = limit / 2
        let rows = meant.count
        let reach = min(word.count, rows + band)
        let over = limit + 1
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: rows + 1) { column in
            for row in 0...rows { column.initializeElement(at: row, to: row <= band ? row * 2 : over) }
            var best = isPrefix ? column[rows] : over
            for position in 0..<reach {
                let low = max(1, position + 1 - band)
                let high = min(rows, position + 1 + band)
                guard low <= high else { break }
                var diagonal = column[low - 1]
                column[low - 1] = low == 1 && position + 1 <= band ? (position + 1) * 2 : over
                var least = column[low - 1]
                for row in low...high {
                    let swap = diagonal + substitution(word[position], meant[row - 1])
                    diagonal = column[row]
                    let cost = min(swap, min(diagonal, column[row - 1]) + 2)
                    column[row] = cost
                    least = min(least, cost)
                }
                if isPrefix, high == rows { best = min(best, column[rows]) }
                if least > limit { break }
                if !isPrefix, position + 1 == word.count { best = column[rows] }
            }
            return best <= limit ? best : nil
        }
    }

    /// 0 for the same letter, 1 for a pair that print mixes up, 2 for any other.
    static func substitution(_ a: UInt8, _ b: UInt8) -> Int {
        if a == b { return 0 }
        return confusable[Int(a) * 96 + Int(b)] ? 1 : 2
    }

    private static let confusable: [Bool] = {
        var table = [Bool](repeating: false, count: 96 * 96)
        // Seen in output of the engines on blurred, bilevel and low-resolution pages.
        let pairs = """
            ин ип пн ил пл ни нк кн кх хк ес ео со оа ае ас тг гт тп вз вб зэ зе эз шщ ши иш щц цп ци ьы ыи ьв бв
            бь жк жх хж фр рв уч чу ую юо дл лд дп мн мш иц тд р9 нт яи ян ля кж вн нв сг
            о0 з3 б6 ч4 е3 и1 г1 т1 л1 в8 б5
            """
        for pair in pairs.split(whereSeparator: \.isWhitespace) {
            let codes = FoldedWord(pair).codes
            guard codes.count == 2 else { continue }
            table[Int(codes[0]) * 96 + Int(codes[1])] = true
            table[Int(codes[1]) * 96 + Int(codes[0])] = true
        }
        return table
    }()
}
