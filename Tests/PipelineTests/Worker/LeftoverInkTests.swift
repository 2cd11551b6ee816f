import Testing

@testable import Pipeline

/// Which words of a second look at a page are taken over into the first one's.
@Suite struct LeftoverInkTests {
    private static func word(_ text: String, x: Double, y: Double = 100, confidence: Double = 0.9) -> Word {
        Word(text: text, box: Box(x: x, y: y, width: 100, height: 20), confidence: confidence)
    }

    @Test func takesOverWordsWhereThereWereNone() {
        let lines = LeftoverInk.unread(
            [[Self.word("от", x: 300), Self.word("12.11.2026", x: 420)]], besides: [Self.word("№", x: 0)],
            surerThan: 0.6)
        #expect(lines.map { $0.map(\.text) } == [["от", "12.11.2026"]])
    }

    @Test func leavesWordsThatAreThereAlready() {
        let lines = LeftoverInk.unread(
            [[Self.word("Справка", x: 10), Self.word("выдана", x: 300)]], besides: [Self.word("СПРАВКА", x: 0)],
            surerThan: 0.6)
        #expect(lines.map { $0.map(\.text) } == [["выдана"]])
    }

    @Test func takesATouchingWord() {
        let lines = LeftoverInk.unread(
            [[Self.word("выдана", x: 90)]], besides: [Self.word("Справка", x: 0)], surerThan: 0.6)
        #expect(lines.count == 1, "a tenth of one lies over the other")
    }

    @Test func dropsWhatIsHardlyRead() {
        let lines = LeftoverInk.unread([[Self.word("ЗИнАГРО", x: 10, confidence: 0.56)]], besides: [], surerThan: 0.6)
        #expect(lines.isEmpty)
    }

    /// A seal cuts a name in its middle: the second reading has it whole.
    @Test func putsAWholeLineInPlaceOfACutOne() {
        let cut = [Self.word("ОКСА!", x: 200, confidence: 0.7)]
        let whole = [Self.word("ОКСАНА", x: 200), Self.word("ДМИТРИЕВНА", x: 320)]
        let other = [Self.word("Справка", x: 0, y: 300)]
        #expect(LeftoverInk.taking(whole, into: [cut, other], surerThan: 0.6) == [other, whole])
    }

    @Test func keepsALineThatSaysMoreThanItsSecondReading() {
        let good = [Self.word("ОКСАНА", x: 200), Self.word("ДМИТРИЕВНА", x: 320)]
        let poor = [Self.word("ОКСА", x: 200, confidence: 0.65), Self.word("№", x: 600)]
        #expect(LeftoverInk.taking(poor, into: [good], surerThan: 0.6) == [good, [poor[1]]])
    }

    @Test func looksAtWholeRows() {
        let place = Box(x: 300, y: 95, width: 50, height: 40)
        let rows = LeftoverInk.wholeRows(at: place, of: [[Self.word("лицо:", x: 20)], [Self.word("нет", x: 0, y: 300)]])
        #expect(rows == Box(x: 20, y: 95, width: 330, height: 40))
    }
}
