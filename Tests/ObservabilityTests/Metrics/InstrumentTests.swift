import Dispatch
import Foundation
import Observability
import Testing

/// Nothing is lost when several threads record at once, on lanes of their own and on the shared one.
struct InstrumentTests {
    private static let rounds = 50_000

    @Test func everyIncrementCountsOnAllLanes() {
        let registry = MetricRegistry(exclusiveLanes: 4)
        let counter = registry.counter("c_total", help: "C.")
        let histogram = registry.histogram("h_seconds", help: "H.", buckets: .http)
        let upDown = registry.upDownCounter("u", help: "U.")
        let gauge = registry.gauge("g", help: "G.")
        // Four lanes with one thread each, and four threads that share the shared one.
        let lanes = (0..<4).map { _ in registry.makeLane() } + Array(repeating: Lane.shared, count: 4)
        DispatchQueue.concurrentPerform(iterations: lanes.count) { thread in
            for round in 0..<Self.rounds {
                counter.increment(lane: lanes[thread])
                histogram.observe(nanoseconds: UInt64(round) * 1_000_000, lane: lanes[thread])
                upDown.add(thread.isMultiple(of: 2) ? 3 : -1, lane: lanes[thread])
                gauge.add(1)
            }
        }
        let all = UInt64(lanes.count * Self.rounds)
        #expect(counter.value == all)
        #expect(histogram.count == all)
        #expect(histogram.sumUnits == 8 * UInt64(Self.rounds * (Self.rounds - 1) / 2) * 1_000_000)
        #expect(upDown.value == Int64(4 * Self.rounds * (3 - 1)))
        #expect(gauge.value == Double(all))
    }

    @Test func lanesAreHandedOutOnceAndThenShared() {
        let registry = MetricRegistry(exclusiveLanes: 2)
        #expect((0..<4).map { _ in registry.makeLane().index } == [1, 2, 0, 0])
    }

    @Test func anUnknownLaneIsWrittenLikeTheSharedOne() {
        let registry = MetricRegistry(exclusiveLanes: 1)
        let counter = registry.counter("c_total", help: "C.")
        for index in [-1, 2, 1_000_000, .max, .min] { counter.increment(lane: Lane(index: index)) }
        #expect(counter.value == 5)
    }

    /// Each bound belongs to its own bucket (`le`), the next number to the next; so do the ends of the range.
    @Test(arguments: [HistogramBuckets.http, .pipeline, .bytes, .units([1, 2, 3, 4, 5, 6, 7, 8, 9]), .units([.max])])
    func valuesFallWhereTheBoundSays(buckets: HistogramBuckets) {
        for (index, bound) in buckets.bounds.enumerated() {
            for (value, slot) in [(bound - 1, index - (buckets.bounds.contains(bound - 1) ? 1 : 0)), (bound, index),
                (bound &+ 1, bound == .max ? 0 : index + 1)]
            {
                let registry = MetricRegistry(exclusiveLanes: 0)
                let histogram = registry.histogram("h_bytes", help: "H.", buckets: buckets)
                histogram.observe(units: value)
                let lines = String(decoding: registry.rendered(), as: UTF8.self).split(separator: "\n")
                    .filter { $0.hasPrefix("h_bytes_bucket") }
                #expect(lines.firstIndex { $0.hasSuffix(" 1") } == max(slot, 0), "\(value) of \(buckets.bounds)")
            }
        }
    }

    @Test func oddDurationsCountAsZeroOrBounded() {
        let histogram = MetricRegistry(exclusiveLanes: 0).histogram("h_seconds", help: "H.", buckets: .http)
        histogram.observe(seconds: -1)
        histogram.observe(seconds: .nan)
        histogram.observe(.seconds(-3))
        #expect(histogram.count == 3 && histogram.sumUnits == 0)
        histogram.observe(seconds: .infinity)
        histogram.observe(nanoseconds: .max)
        #expect(histogram.count == 5)
    }

    @Test func theSameShapeGivesTheSameInstrument() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        registry.counter("c_total", help: "C.", labels: ["a": "1"]).increment()
        registry.counter("c_total", help: "C.", labels: ["a": "1"]).increment()
        registry.counter("c_total", help: "C.", labels: ["a": "2"]).increment()
        #expect(
            String(decoding: registry.rendered(), as: UTF8.self) == """
                # HELP c_total C.
                # TYPE c_total counter
                c_total{a="1"} 2
                c_total{a="2"} 1

                """)
    }

    @Test func anotherShapeOfANameStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricRegistry(exclusiveLanes: 0)
            _ = registry.counter("c_total", help: "C.", labels: ["a": "1"])
            _ = registry.counter("c_total", help: "C.", labels: ["b": "1"])
        }
        await #expect(processExitsWith: .failure) {
            _ = MetricRegistry(exclusiveLanes: 0).gauge("not a name", help: "G.")
        }
        await #expect(processExitsWith: .failure) {
            let registry = MetricRegistry(exclusiveLanes: 0)
            _ = registry.histogram("h", help: "H.", buckets: .http)
            _ = registry.gauge("h_sum", help: "G.")
        }
    }

    /// A scrape that runs beside writers never shows a bucket above the next, nor a count that is not the last bucket.
    @Test func aScrapeBesideWritersIsConsistent() async {
        let registry = MetricRegistry(exclusiveLanes: 1)
        let histogram = registry.histogram("h_seconds", help: "H.", buckets: .http)
        let lane = registry.makeLane()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<200_000 {
                    histogram.observe(nanoseconds: UInt64(round % 20_000) * 1_000_000, lane: lane)
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let text = String(decoding: registry.rendered(), as: UTF8.self)
                    let values = text.split(separator: "\n").filter { $0.contains("_bucket") || $0.contains("_count") }
                        .compactMap { $0.split(separator: " ").last.flatMap { UInt64($0) } }
                    #expect(values.count == 16)
                    #expect(values == values.sorted())
                    #expect(values.last == values.dropLast().last)
                }
            }
        }
        #expect(histogram.count == 200_000)
    }

    /// Exemplars are whole: the ids that a reader sees were written together.
    @Test func exemplarsAreNeverTorn() {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let counter = registry.counter("c_total", help: "C.", exemplars: true)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for round in 1...20_000 {
                if thread == 0 {
                    if round % 100 > 0 { continue }
                    let text = String(decoding: registry.rendered(.openMetrics), as: UTF8.self)
                    guard let start = text.range(of: "trace_id=\"") else { continue }
                    let id = text[start.upperBound...].prefix(32)
                    let span = text[text.range(of: "span_id=\"")!.upperBound...].prefix(16)
                    #expect(id.prefix(16) == id.suffix(16) && id.prefix(16) == span)
                } else {
                    let number = UInt64(thread * 1_000_000 + round)
                    let context = TraceContext(traceIDHigh: number, traceIDLow: number, spanID: number, flags: 1)
                    counter.increment(exemplar: MetricExemplar(context, unixMilliseconds: number))
                }
            }
        }
        #expect(counter.value == 60_000)
    }
}
