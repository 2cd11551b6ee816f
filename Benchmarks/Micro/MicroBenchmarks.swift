internal import Foundation
internal import Observability

/// What single operations cost: printed as one JSON object, read by `bench.py`.
///
/// All figures are processor time of the measuring thread, so that whatever else runs on the machine hardly shows; each
/// is the median of several rounds.
@main
enum MicroBenchmarks {
    private static let rounds = 5

    static func main() {
        var figures: [String: Double] = [:]
        figures["pair_ns_one_thread"] = median { pairNanoseconds(threads: 1) }
        figures["pair_ns_two_threads"] = median { pairNanoseconds(threads: 2) }
        figures["access_line_ns"] = median(accessLineNanoseconds)
        let counters = counterRegistry()
        let histograms = histogramRegistry()
        figures["counters_lines"] = Double(lines(counters.rendered()))
        figures["counters_ms"] = median { renderMilliseconds(counters) }
        figures["histograms_lines"] = Double(lines(histograms.rendered()))
        figures["histograms_ms"] = median { renderMilliseconds(histograms) }
        let members = figures.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\(($0.value * 1000).rounded() / 1000)" }
        print("{\(members.joined(separator: ","))}")
    }

    // MARK: Recording

    /// A resolved counter and histogram, each thread on a lane of its own; per pair and thread.
    private static func pairNanoseconds(threads: Int) -> Double {
        let registry = MetricRegistry(exclusiveLanes: threads)
        let counter = registry.counter("pairs_total", help: "Pairs.")
        let histogram = registry.histogram("pair_seconds", help: "Pairs.", buckets: .http)
        let count = 4_000_000
        let group = DispatchGroup()
        let spent = (0..<threads).map { _ in Figure() }
        for index in 0..<threads {
            let lane = registry.makeLane()
            group.enter()
            Thread.detachNewThread {
                let values = durations()
                let before = threadNanoseconds()
                for number in 0..<count {
                    counter.increment(lane: lane)
                    histogram.observe(nanoseconds: values[number & (values.count - 1)], lane: lane)
                }
                spent[index].value = (threadNanoseconds() - before) / Double(count)
                group.leave()
            }
        }
        group.wait()
        precondition(counter.value == UInt64(count * threads), "Every pair was counted.")
        return spent.map(\.value).max() ?? 0
    }

    /// Durations from 0.1 ms to 10 s in no order, each power of ten as often as the others.
    private static func durations() -> [UInt64] {
        var generator = SystemRandomNumberGenerator()
        return (0..<8192).map { _ in UInt64(pow(10, Double.random(in: 5...10, using: &generator))) }
    }

    /// One thread writes it, another reads it after the group.
    private final class Figure: @unchecked Sendable {
        // Sendable: written once before `leave`, read after `wait`, which orders the two.
        var value = 0.0
    }

    // MARK: Access line

    /// One access line of a status request, made and handed to a sink that throws it away.
    private static func accessLineNanoseconds() -> Double {
        let sink = LogSink(lanes: 1, output: { _ in true })
        let lane = Lane(index: 1)
        let id = Array("0123456789abcdef0123456789abcdef".utf8)
        let run = Array("019ab0c2-5f4e-7b3c-9d2e-7a1f0c5b8e21".utf8)
        let route = Array(#""method":"GET","route":"/v1/jobs/{run_id}""#.utf8)
        var line = LogLine()
        let count = 200_000
        let before = threadNanoseconds()
        for index in 0..<count {
            line.begin(
                level: "info", logger: "idp.access", message: "request",
                unixMilliseconds: 1_795_449_600_000 + UInt64(index / 64))
            id.withUnsafeBytes { line.field("request_id", bytes: $0) }
            run.withUnsafeBytes { line.field("run_id", bytes: $0) }
            line.members(route)
            line.field("status", 200)
            line.field("duration_ms", millisecondsOf: 4_321)
            line.field("bytes_in", 0)
            line.field("bytes_out", 312)
            line.end(to: sink, lane: lane)
        }
        return (threadNanoseconds() - before) / Double(count)
    }

    // MARK: Exposition

    private static let seriesCount = 10_000

    private static func counterRegistry() -> MetricRegistry {
        let registry = MetricRegistry(exclusiveLanes: 4)
        let family = registry.counterFamily(
            "requests_total", help: "Requests.", labels: ["endpoint", "method", "status"])
        for number in 0..<seriesCount {
            family.with("/v1/thing/\(number)", "GET", "200").increment(by: UInt64(number) * 7919)
        }
        return registry
    }

    private static func histogramRegistry() -> MetricRegistry {
        let registry = MetricRegistry(exclusiveLanes: 4)
        let family = registry.histogramFamily(
            "request_duration_seconds", help: "Durations.", buckets: .http, labels: ["endpoint", "method"])
        for number in 0..<seriesCount {
            let histogram = family.with("/v1/thing/\(number)", "GET")
            for step in 1...8 { histogram.observe(nanoseconds: UInt64(number * step) * 300_007) }
        }
        return registry
    }

    private static func lines(_ text: [UInt8]) -> Int { text.count { $0 == UInt8(ascii: "\n") } }

    /// One exposition into a buffer that has its size, as the second scrape and all after it find it.
    private static func renderMilliseconds(_ registry: MetricRegistry) -> Double {
        let buffer = TextBuffer()
        registry.render(.text, into: buffer)
        buffer.clear()
        let before = threadNanoseconds()
        registry.render(.text, into: buffer)
        return (threadNanoseconds() - before) / 1e6
    }

    // MARK: Measuring

    private static func median(_ measure: () -> Double) -> Double {
        let figures = (0..<rounds).map { _ in measure() }.sorted()
        return figures[rounds / 2]
    }

    private static func threadNanoseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
