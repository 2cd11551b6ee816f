import Foundation
import TestSupport

/// Random choices that can be had again, for as long as a run may take.
///
/// `IDP_FUZZ_SECONDS` (5 if not set) bounds each test that uses it, `IDP_FUZZ_SEED` repeats a run; the seed is printed.
struct FuzzBudget {
    private var random: SeededRandom
    private let end: ContinuousClock.Instant
    /// Rounds so far.
    private(set) var rounds = 0

    /// A budget for one test, whose name is printed beside the seed.
    init(_ name: String) {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["IDP_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: .min ... .max)
        let seconds = environment["IDP_FUZZ_SECONDS"].flatMap { Double($0) } ?? 5
        print("\(name): IDP_FUZZ_SEED=\(seed) IDP_FUZZ_SECONDS=\(seconds)")
        random = SeededRandom(seed)
        end = .now + .seconds(seconds)
    }

    /// Whether there is time for one more round.
    mutating func nextRound() -> Bool {
        rounds += 1
        return ContinuousClock.now < end
    }

    /// A number from 0 below `bound`.
    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    /// One of several.
    mutating func pick<Element>(_ elements: [Element]) -> Element { random.pick(elements) }

    /// `message` with up to three bytes put in, taken out, changed, or a stretch doubled.
    mutating func spoil(_ message: [UInt8], spices: [UInt8]) -> [UInt8] {
        var message = message
        for _ in 0..<below(4) where !message.isEmpty {
            let index = below(message.count)
            switch below(5) {
            case 0: message[index] = pick(spices)
            case 1: message.insert(pick(spices), at: index)
            case 2: message[index] = UInt8(below(256))
            case 3:
                let end = min(message.count, index + 1 + below(20))
                message.insert(contentsOf: message[index..<end], at: index)
            default: message.remove(at: index)
            }
        }
        return message
    }

    /// `message` cut at random points.
    mutating func cut(_ message: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var offset = 0
        let most = 1 + below(pick([1, 3, 10, 200]))
        while offset < message.count {
            let end = min(message.count, offset + 1 + below(most))
            pieces.append(Array(message[offset..<end]))
            offset = end
        }
        return pieces
    }
}
