import Foundation
import SwiftProtobuf
import Testing

@testable import Observability

/// The exposition in protobuf and its native histograms.
struct NativeHistogramTests {
    private func messages(_ registry: MetricRegistry) throws -> [Io_Prometheus_Client_MetricFamily] {
        var bytes = registry.rendered(.protobuf)[...]
        var messages: [Io_Prometheus_Client_MetricFamily] = []
        while !bytes.isEmpty {
            var length = 0
            var shift = 0
            while let byte = bytes.popFirst() {
                length |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            messages.append(try Io_Prometheus_Client_MetricFamily(serializedBytes: Array(bytes.prefix(length))))
            bytes = bytes.dropFirst(length)
        }
        return messages
    }

    /// The index of the bucket that Prometheus's definition puts a duration into.
    private func index(of nanoseconds: UInt64) -> Int {
        Int((log2(Double(nanoseconds) / 1e9) * 8).rounded(.up))
    }

    /// Counts by bucket index, read back as a scraper does.
    private func counts(_ histogram: Io_Prometheus_Client_Histogram) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        var (next, value) = (0, Int64(0))
        var deltas = histogram.positiveDelta[...]
        for span in histogram.positiveSpan {
            next += Int(span.offset)
            for _ in 0..<span.length {
                value += deltas.removeFirst()
                if value > 0 { counts[next] = Int(value) }
                next += 1
            }
        }
        #expect(deltas.isEmpty)
        return counts
    }

    @Test func everyDurationFallsIntoTheBucketOfItsBounds() {
        var generator = SystemRandomNumberGenerator()
        var durations: [UInt64] = [7_630, 1_000_000_000, 1_000_000_001, 500_000_000, 1_024_000_000_000]
        durations += (0..<20_000).map { _ in UInt64(pow(2, Double.random(in: 13...39, using: &generator))) }
        for duration in durations {
            #expect(
                NativeBuckets.index.bucket(of: duration) + NativeBuckets.zeroIndex == index(of: duration),
                "\(duration) ns")
        }
        #expect(NativeBuckets.index.bucket(of: 0) == 0)
        #expect(NativeBuckets.index.bucket(of: 7_629) == 0)
        #expect(NativeBuckets.index.bucket(of: .max) == NativeBuckets.cellCount - 1)
    }

    /// The index's table against the plain definition, for bounds of every kind.
    @Test func everyValueFallsIntoTheFirstBucketThatHoldsIt() {
        for buckets in [HistogramBuckets.http, .pipeline, .bytes, .units([1, 2, 3, 5, 7, 8, 9, 15, 16, 17])] {
            let index = BucketIndex(buckets.bounds)
            for value in buckets.bounds.flatMap({ [$0 - 1, $0, $0 + 1, $0 * 2 - 1] }) + [0, 1, 31, 32, 33, .max] {
                let first = buckets.bounds.firstIndex { value <= $0 } ?? buckets.bounds.count
                #expect(index.bucket(of: value) == first, "\(value) in \(buckets.bounds)")
            }
        }
    }

    @Test func aNativeHistogramIsReadBackAsItWasRecorded() throws {
        let registry = MetricRegistry(exclusiveLanes: 2)
        let histogram = registry.histogram("d_seconds", help: "D.", buckets: .seconds([0.1, 1]), native: true)
        let lanes = [registry.makeLane(), registry.makeLane(), Lane.shared]
        let durations: [UInt64] = [0, 900, 10_000, 10_100, 50_000_000, 53_000_000, 70_000_000, 2_000_000_000]
        for (number, duration) in durations.enumerated() {
            histogram.observe(nanoseconds: duration, lane: lanes[number % 3])
        }
        let family = try #require(try messages(registry).first)
        #expect(family.name == "d_seconds" && family.help == "D." && family.type == .histogram)
        let message = try #require(family.metric.first).histogram
        #expect(message.sampleCount == 8 && message.sampleSum == 2.1730210)
        #expect(message.schema == 3 && message.zeroThreshold == exp2(-17) && message.zeroCount == 2)
        let expected = Dictionary(durations.dropFirst(2).map { (index(of: $0), 1) }) { $0 + $1 }
        #expect(counts(message) == expected)
        #expect(message.bucket.map(\.cumulativeCount) == [7, 7, 8])
        #expect(message.bucket.map(\.upperBound) == [0.1, 1, .infinity])
    }

    @Test func anEmptyNativeHistogramIsToldFromAClassicOne() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        _ = registry.histogram("native_seconds", help: "N.", buckets: .http, native: true)
        _ = registry.histogram("classic_seconds", help: "C.", buckets: .http)
        let found = try messages(registry).map(\.metric[0].histogram)
        #expect(found[0].hasSchema && found[0].zeroThreshold > 0 && found[0].positiveSpan.isEmpty)
        #expect(!found[1].hasSchema && found[1].bucket.count == 15)
    }

    @Test func countersAndGaugesKeepNamesLabelsAndExemplars() throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let context = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        registry.counter("c_total", help: "C.", labels: ["a": "x\"y"], exemplars: true)
            .increment(by: 3, exemplar: MetricExemplar(context, unixMilliseconds: 1_520_879_607_789))
        registry.gauge("g", help: "G.").set(-1.5)
        registry.observedGaugeFamily("jobs", help: "J.", labels: ["state"]) {
            [MetricSample(labels: ["running"], value: 2)]
        }
        _ = registry.counterFamily("never_total", help: "N.", labels: [], exposesUntouched: false).with()
        let found = try messages(registry)
        #expect(found.map(\.name) == ["c_total", "g", "jobs"])
        #expect(found.map(\.type) == [.counter, .gauge, .gauge])
        let counter = found[0].metric[0]
        #expect(counter.label.map(\.name) == ["a"] && counter.label.map(\.value) == ["x\"y"])
        #expect(counter.counter.value == 3)
        let exemplar = counter.counter.exemplar
        #expect(exemplar.label.map(\.name) == ["trace_id", "span_id"])
        #expect(exemplar.label.map(\.value) == ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"])
        #expect(exemplar.value == 3 && exemplar.timestamp.seconds == 1_520_879_607)
        #expect(exemplar.timestamp.nanos == 789_000_000)
        #expect(found[1].metric[0].gauge.value == -1.5 && found[2].metric[0].gauge.value == 2)
    }
}
