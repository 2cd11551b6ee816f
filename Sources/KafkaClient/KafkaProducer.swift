internal import CRdKafka
private import Foundation
private import Synchronization

/// Writes records and tells when they are on all replicas that are in sync.
///
/// DESIGN. `send` queues; librdkafka's threads write, try again, and report; a thread of ours takes the reports. Not
/// librdkafka's "idempotent" producer: what it writes once where this one may write twice is not worth its fatal
/// errors, which end in a restart, as readers must know a repeated record anyway.
public final class KafkaProducer: Sendable {
    private let handle: KafkaHandle
    private let isClosed = Atomic<Bool>(false)

    /// A producer. Reaches no broker yet.
    ///
    /// - Parameter onEvent: called on threads of librdkafka; must not block.
    public init(
        _ configuration: KafkaConfiguration, onEvent: @escaping @Sendable (KafkaEvent) -> Void
    ) throws(KafkaError) {
        let properties =
            configuration.common + [
                // After that a record counts as failed, and whoever sent it decides.
                .init("message.timeout.ms", "30000"), .init("linger.ms", "1"),
                .init("topic.metadata.propagation.max.ms", "5000"),
                // The same partition for a key as Java's clients take.
                .init("partitioner", "murmur2_random"),
            ] + Self.ofProducers(configuration.properties) + [.init("acks", "all")]
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties, onEvent: onEvent)
        let thread = Thread { [handle, weak self] in
            while self?.isClosed.load(ordering: .acquiring) == false {
                handle.with { _ = rd_kafka_poll($0, 100) }
            }
        }
        thread.name = "idp-kafka-producer"
        thread.start()
    }

    /// Hands a record over; never blocks. `completion` is called once, on the producer's thread or at once, and must be
    /// short: with success once the record is written, else it may have been written or not.
    public func send(_ message: KafkaMessage, completion: @escaping @Sendable (Result<Void, KafkaError>) -> Void) {
        guard let headers = rd_kafka_headers_new(message.headers.count) else {
            return completion(.failure(KafkaError(RD_KAFKA_RESP_ERR__FAIL, "rd_kafka_headers_new")))
        }
        for header in message.headers {
            // Cannot fail for a list that is nobody else's.
            _ = Self.withBytes(header.value) { bytes in
                rd_kafka_header_add(headers, header.name, -1, bytes.baseAddress, bytes.count)
            }
        }
        // Released by the delivery report, or below.
        let delivery = Unmanaged.passRetained(KafkaDelivery(completion))
        let result = Self.withBytes(message.key) { key in
            Self.withBytes(message.value) { value in
                handle.with {
                    idp_rdk_produce(
                        $0, message.topic, key.baseAddress, key.count, value.baseAddress, value.count, headers,
                        delivery.toOpaque())
                }
            }
        }
        guard result != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        // librdkafka has taken neither, and will not report.
        delivery.release()
        rd_kafka_headers_destroy(headers)
        completion(.failure(KafkaError(result, "produce")))
    }

    /// Writes what is queued, as far as `timeout` allows, and tells the rest that it was not. Blocks. Nothing may be
    /// sent after it.
    public func close(_ timeout: Duration) {
        handle.with { raw in
            _ = rd_kafka_flush(raw, Int32(clamping: Int64(timeout / .milliseconds(1))))
            _ = rd_kafka_purge(raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            // Takes the reports of what was purged.
            _ = rd_kafka_flush(raw, 1000)
        }
        isClosed.store(true, ordering: .releasing)
    }

    /// A null pointer is Kafka's null; an empty array has an address.
    private static func withBytes<Result>(
        _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // One more, so that an empty one has an address too.
        return (bytes + [0]).withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
    }

    /// Without those that only consumers have, which librdkafka would warn of.
    private static func ofProducers(_ properties: [KafkaConfiguration.Property]) -> [KafkaConfiguration.Property] {
        let consumers = ["session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "group.instance.id"]
        return properties.filter { property in
            !consumers.contains(property.name) && !["fetch.", "queued.", "partition.assignment"].contains {
                property.name.hasPrefix($0)
            }
        }
    }
}
