/// Names that what follows them gives away: a date of birth, «г.р.», «ж.т.», an IIN.
///
/// Such a name may be one that no list holds and no patronymic betrays (`Имяров Мирзо, 12.05.1980 г.р.`).
extension MentionScanner {
    /// Takes the two or three capitalised words before such a sign.
    mutating func scanBirths() {
        for token in flow.tokens.indices where isBirthSign(token) {
            guard let last = wordBefore(token), let run = run(endingAt: last),
                let mention = labelled(from: run), mention.last == last, mention.reading.score >= 1
            else { continue }
            add(mention)
        }
    }

    private func isBirthSign(_ token: Int) -> Bool {
        let folded = flow.tokens[token].folded
        if ["иин", "жсн", "рождения", "рожд"].contains(folded) { return true }
        guard ["г", "ж"].contains(folded) || folded.begins("жыл"), let next = flow.next(token) else { return false }
        let following = flow.tokens[next].isMark(".") ? flow.next(next).map { flow.tokens[$0].folded } : nil
        return ["р", "т", "рожд", "туган"].contains(following ?? flow.tokens[next].folded)
    }

    /// The word before a sign, over its date, brackets, commas and «года».
    private func wordBefore(_ sign: Int) -> Int? {
        var position = flow.previous(sign)
        var steps = 0
        while let current = position, steps < 12 {
            let token = flow.tokens[current]
            let isBetween =
                token.kind == .mark && !token.isMark(":") || token.kind == .number
                || ["года", "год", "г", "жылы", "ж"].contains(token.folded)
            guard isBetween else { return current }
            steps += 1
            position = flow.previous(current)
        }
        return nil
    }

    /// Where the run of two or three names that ends at a token begins.
    private func run(endingAt last: Int) -> Int? {
        var first = last
        var count = isNamePart(last) ? 1 : 0
        while count > 0, count < 4, let before = flow.previous(first), isNamePart(before) {
            first = before
            count += 1
        }
        return (2...3).contains(count) ? first : nil
    }

    private func isNamePart(_ token: Int) -> Bool {
        isName(token) || flow.isPatronymicsEnd(token)
    }
}
