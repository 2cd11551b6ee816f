import TestSupport
import Testing

@testable import IDPServer

struct FIFOTests {
    /// Against an array, over random operations.
    @Test func behavesLikeAnArray() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        var row = FIFO<Int>()
        var model: [Int] = []
        for step in 0..<5000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                row.append(step)
                model.append(step)
            case 5..<8:
                #expect(row.popFirst() == (model.isEmpty ? nil : model.removeFirst()), "seed \(seed)")
            default:
                let place = model.indices.randomElement(using: &random)
                if let place {
                    row.remove(at: place)
                    model.remove(at: place)
                }
            }
            #expect(row.count == model.count && row.first == model.first, "seed \(seed)")
            // The model is in ascending order: steps only grow.
            let bound = Int.random(in: 0...step, using: &random)
            let place = row.firstIndex { $0 < bound }
            #expect(place == model.firstIndex { $0 >= bound } ?? model.count, "seed \(seed)")
            #expect(row.element(at: place) == model.first { $0 >= bound }, "seed \(seed)")
        }
        var visited: [Int] = []
        row.forEach { visited.append($0) }
        #expect(visited == model, "seed \(seed)")
    }
}
