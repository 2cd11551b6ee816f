import Testing

@testable import IDPServer

struct RunIDTests {
    /// RFC 9562, appendix A.6.
    private let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func readsTheExampleOfTheRFC() throws {
        let id = try #require(RunID(example))
        #expect(id.moment == Timestamp(milliseconds: 1_645_557_742_000))
        #expect(id.description == example)
    }

    @Test(arguments: [
        "", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-58c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2079b0-7cc3-98c4-dc0c0c07398f", "..............-...-..-.............",
        "０17f22e2-79b0-7cc3-98c4-dc0c0c0",
    ])
    func refusesOtherTexts(text: String) {
        #expect(RunID(text) == nil)
    }

    @Test func carriesItsTimeVersionAndVariant() throws {
        let moment = Timestamp(milliseconds: 1_795_439_258_123)
        for _ in 0..<200 {
            let id = RunID(at: moment)
            #expect(id.moment == moment)
            #expect(id.high >> 12 & 0xF == 7)
            #expect(id.low >> 62 == 2)
            #expect(RunID(id.description) == id)
            #expect(RunID(bytes: id.bytes) == id)
            #expect(RunID(floorOf: moment) <= id)
        }
    }

    @Test func sortsByTimeInAllForms() {
        let ids = (0..<100).map { RunID(at: Timestamp(milliseconds: 1_795_439_258_000 + $0 * 7)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.bytes.lexicographicallyPrecedes($1.bytes) })
    }

    @Test func isNeverTheSame() {
        let moment = Timestamp(milliseconds: 0)
        #expect(Set((0..<1000).map { _ in RunID(at: moment) }).count == 1000)
    }
}
