import Testing

@testable import IDPServer

struct FIFOTests {
    /// Against an array, over random operations.
    @Test func behavesLikeAnArray() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var row = FIFO<Int>()
        var model: [Int] = []
        for step in 0..<5000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                row.append(step)
                model.append(step)
            case 5..<8:
                #expect(row.popFirst() == (model.isEmpty ? nil : model.removeFirst()), "seed \(seed)")
            case 8:
                let wanted = model.randomElement(using: &random)
                #expect(row.removeFirst { $0 == wanted } == (wanted != nil), "seed \(seed)")
                if let wanted { model.removeAll { $0 == wanted } }
            default:
                let removed = row.removeAll { $0 % 17 == 0 }
                #expect(removed == model.filter { $0 % 17 == 0 }, "seed \(seed)")
                model.removeAll { $0 % 17 == 0 }
            }
            #expect(row.count == model.count && row.first == model.first, "seed \(seed)")
            #expect(row.firstIndex { $0 == model.last } == model.indices.last, "seed \(seed)")
        }
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
