import Foundation
import KafkaClient
import Synchronization
import TestSupport
import Testing

/// Consumer and producer against brokers that speak the real protocol.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct KafkaClientTests {
    private static let quick: [KafkaConfiguration.Property] = [
        .init("session.timeout.ms", "3000"), .init("heartbeat.interval.ms", "300"),
    ]

    private func configuration(
        _ cluster: KafkaCluster, _ properties: [KafkaConfiguration.Property] = quick
    ) -> KafkaConfiguration {
        KafkaConfiguration(brokers: [cluster.brokers], clientID: "test", properties: properties)
    }

    @Test func whatIsWrittenIsReadWithItsKeyAndItsHeaders() async throws {
        let cluster = try await KafkaCluster(["t": 1])
        let producer = try KafkaProducer(configuration(cluster)) { _ in }
        defer { producer.close(.seconds(5)) }
        let headers = [
            KafkaRecord.Header("a", "1"), KafkaRecord.Header("a", [0, 255]), KafkaRecord.Header("empty", []),
            KafkaRecord.Header("none", nil),
        ]
        try await producer.write(KafkaMessage(topic: "t", key: [0, 7], value: [1, 0, 2], headers: headers))
        try await producer.write(KafkaMessage(topic: "t", key: nil, value: nil))
        try await producer.write(KafkaMessage(topic: "t", key: [], value: []))
        let reader = try Reader(configuration(cluster), "t")
        defer { reader.close() }
        let records = try await reader.read(3)
        #expect(records[0].key == [0, 7] && records[0].value == [1, 0, 2] && records[0].offset == 0)
        #expect(records[0].headers.prefix(2) == headers.prefix(2))
        #expect(records[0].headers.last == KafkaRecord.Header("none", nil))
        #expect(records[0].text(ofHeader: "a") == nil && records[0].text(ofHeader: "empty")?.isEmpty == true)
        #expect(records[1].key == nil && records[1].value == nil)
        // Kafka knows an empty value and none.
        #expect(records[2].value ?? [1] == [] || records[2].value == nil)
    }

    /// What was not stored is read again by whoever comes next; what was stored is not. Pauses lose and repeat nothing.
    @Test func aGroupGoesOnWhereOffsetsWereStored() async throws {
        let cluster = try await KafkaCluster(["t": 1])
        for number in 0..<40 { try await cluster.produce("t", "\(number)") }
        let first = try Reader(configuration(cluster), "t")
        var offsets: [Int64] = []
        for _ in 0..<4 {
            offsets += try await first.read(7).map(\.offset)
            first.consumer.pause([0])
            for _ in 0..<3 { #expect(first.consumer.poll(.milliseconds(20)) == .nothing) }
            first.consumer.resume([0])
        }
        offsets += try await first.read(12).map(\.offset)
        #expect(offsets == Array(0..<40) && first.partitions == [0])
        first.consumer.store(0, next: 38)
        #expect(try first.consumer.end(of: 0, timeout: .seconds(10)) == (0, 40))
        first.close()
        #expect(first.partitions.isEmpty)
        #expect(try await cluster.committed("group", "t", partitions: 1) == [38])
        let second = try Reader(configuration(cluster), "t")
        defer { second.close() }
        #expect(try await second.read(2).map(\.offset) == [38, 39])
        #expect(try second.consumer.committed(0, timeout: .seconds(10)) == 38)
    }

    /// Brokers that answer with errors, and brokers that are gone for a while, cost time and no record.
    @Test func aWriteOutlastsBrokersThatFail() async throws {
        let cluster = try await KafkaCluster(["t": 1])
        let producer = try KafkaProducer(configuration(cluster)) { _ in }
        defer { producer.close(.seconds(5)) }
        // 7 is REQUEST_TIMED_OUT.
        try await cluster.failNext(2, api: 0, code: 7)
        try await producer.write(KafkaMessage(topic: "t", key: nil, value: [1]))
        try await cluster.down()
        async let written: Void = producer.write(KafkaMessage(topic: "t", key: nil, value: [2]))
        try await cluster.up()
        try await written
        #expect(try await cluster.records("t", atLeast: 2).count == 2)
    }

    @Test func aWriteThatCannotBeDoneIsTold() async throws {
        let gone = KafkaConfiguration(
            brokers: ["127.0.0.1:1"], clientID: "test", properties: [.init("message.timeout.ms", "500")])
        let producer = try KafkaProducer(gone) { _ in }
        await #expect(throws: KafkaError.self) {
            try await producer.write(KafkaMessage(topic: "t", key: nil, value: [1]))
        }
        let large = KafkaMessage(topic: "t", key: nil, value: Array(repeating: 0, count: 3_000_000))
        let error = await #expect(throws: KafkaError.self) { try await producer.write(large) }
        #expect(error?.isTooLarge == true)
        producer.close(.milliseconds(100))
    }

    @Test(arguments: [
        ("security.protocol", "sasl_ssl", nil), ("sasl.password", "x", nil), ("group.instance.id", "a", nil),
        ("no.such.property", "1", "no property"), ("session.timeout.ms", "soon", "does not take"),
        ("enable.auto.commit", "true", "not free"), ("bootstrap.servers", "a", "not free"),
        ("partition.assignment.strategy", "range", "not free"), ("password", "x", "name=value"),
    ])
    func propertiesAreChecked(name: String, value: String, told: String?) {
        let mistake = KafkaConfiguration.Property(name, value).mistake
        #expect(told.map { mistake?.contains($0) == true } ?? (mistake == nil), "\(mistake ?? "none")")
    }
}

/// A consumer with what it was told.
private final class Reader: Sendable {
    let consumer: KafkaConsumer
    private let owned: Owned

    /// Shared with the consumer's callback, which may outlive nobody.
    private final class Owned: Sendable {
        let partitions = Mutex<Set<Int32>>([])
    }

    var partitions: Set<Int32> { owned.partitions.withLock { $0 } }

    init(_ configuration: KafkaConfiguration, _ topic: String) throws {
        let owned = Owned()
        self.owned = owned
        consumer = try KafkaConsumer(configuration, group: "group", topic: topic) { event in
            switch event {
            case .assigned(let added): owned.partitions.withLock { $0.formUnion(added) }
            case .revoked(let gone): owned.partitions.withLock { $0.subtract(gone) }
            case .log, .failed: break
            }
        }
        try consumer.join()
    }

    func read(_ count: Int) async throws -> [KafkaRecord] {
        var records: [KafkaRecord] = []
        return try await eventually("\(count) records", within: .seconds(60)) {
            while records.count < count, case .record(let record) = consumer.poll(.milliseconds(100)) {
                records.append(record)
            }
            return records.count == count ? records : nil
        }
    }

    func close() { consumer.close() }
}

extension KafkaProducer {
    /// Writes a record and waits for the acknowledgement.
    fileprivate func write(_ message: KafkaMessage) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            send(message) { continuation.resume(with: $0.mapError { $0 }) }
        }
    }
}
