import Dependencies
import TestSupport
import Testing

/// Times by chance: their quantiles are those that were asked for.
struct LatencyDistributionTests {
    @Test func quantilesAreThoseThatWereGiven() {
        let log = LatencyDistribution.logNormal(median: .milliseconds(300), p99: .seconds(2))
        #expect(abs(log.quantile(0.5) / .milliseconds(300) - 1) < 1e-6)
        #expect(abs(log.quantile(0.99) / .seconds(2) - 1) < 1e-6)
        // Symmetric on a logarithmic scale: the first percentile lies as far below the median as the 99th above.
        #expect(abs(log.quantile(0.01) / .milliseconds(45) - 1) < 1e-6)
        #expect(LatencyDistribution.constant(.seconds(1)).quantile(0.7) == .seconds(1))
        let uniform = LatencyDistribution.uniform(.milliseconds(100), .milliseconds(300))
        #expect(uniform.quantile(0) == .milliseconds(100) && uniform.quantile(0.5) == .milliseconds(200))
        let exponential = LatencyDistribution.exponential(mean: .seconds(1))
        #expect(abs(exponential.quantile(0.5) / .seconds(1) - 0.693_147_18) < 1e-6)
    }

    @Test func aSampleHasTheMeanOfItsDistribution() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed)
        let count = 20_000
        func mean(_ distribution: LatencyDistribution) -> Double {
            (0..<count).reduce(0.0) { sum, _ in
                sum + distribution.quantile(Double.random(in: 0..<1, using: &random)) / .seconds(1)
            } / Double(count)
        }
        // Ten standard errors of a mean: chance alone does not get there.
        #expect(abs(mean(.uniform(.zero, .seconds(2))) - 1) < 0.05, "seed \(seed)")
        #expect(abs(mean(.exponential(mean: .seconds(1))) - 1) < 0.08, "seed \(seed)")
    }

    /// Never negative, never endless, and never less for a larger fraction.
    @Test func timesGrowWithTheFraction() {
        let all: [LatencyDistribution] = [
            .constant(.zero), .uniform(.zero, .seconds(1)), .exponential(mean: .milliseconds(5)),
            .logNormal(median: .milliseconds(1), p99: .seconds(3600)),
            .logNormal(median: .seconds(1), p99: .seconds(1)),
        ]
        let fractions = [0, 1e-300, 1e-9, 0.02, 0.025, 0.3, 0.5, 0.7, 0.97, 0.98, 1 - 1e-9, 1.0.nextDown]
        for distribution in all {
            let times = fractions.map { distribution.quantile($0) }
            #expect(times.allSatisfy { $0 >= .zero && $0 <= LatencyDistribution.longest }, "\(distribution)")
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 + .nanoseconds(2) }, "\(distribution)")
        }
    }
}
