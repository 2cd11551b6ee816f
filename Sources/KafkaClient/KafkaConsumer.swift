internal import CRdKafka

/// What `KafkaConsumer.poll` came back with.
public enum KafkaPoll: Sendable, Equatable {
    /// Nothing came in time.
    case nothing
    /// The next record of one of the partitions.
    case record(KafkaRecord)
    /// A topic or partition cannot be read now; librdkafka goes on trying.
    case failed(KafkaError)
}

/// A member of a consumer group that reads one topic.
///
/// DESIGN. librdkafka fetches ahead and keeps up the membership on threads of its own; `poll` hands records out one by
/// one and runs the rebalance: one thread calls it, and does so at least every `max.poll.interval.ms` (five minutes),
/// also while nothing is wanted (`pause`). Partitions move incrementally (cooperative-sticky), so that a node that
/// comes or goes takes nothing from the others but what it shall have. Nothing is committed that `store` was not told:
/// librdkafka commits stored offsets five times a second, when partitions are taken away, and in `close`.
public final class KafkaConsumer: Sendable {
    private let handle: KafkaHandle
    /// What is read.
    public let topic: String

    /// A member that has not joined yet.
    ///
    /// - Parameter onEvent: called in `poll`, in `close` and on threads of librdkafka; must not block.
    public init(
        _ configuration: KafkaConfiguration, group: String, topic: String,
        onEvent: @escaping @Sendable (KafkaEvent) -> Void
    ) throws(KafkaError) {
        self.topic = topic
        let properties =
            configuration.common + [
                .init("group.id", group), .init("partition.assignment.strategy", "cooperative-sticky"),
                // As short as brokers take by default (group.min.session.timeout.ms): a node that died holds its
                // records for so long, and a group that brokers could not hear needs about as long to meet again.
                .init("session.timeout.ms", "6000"), .init("heartbeat.interval.ms", "1500"),
                .init("auto.commit.interval.ms", "200"),
                // Records are small and each costs seconds of reading: a few ahead are enough.
                .init("queued.min.messages", "500"), .init("queued.max.messages.kbytes", "4096"),
            ] + configuration.properties + [
                // A new group begins with what is there: whoever has sent it waits for an answer.
                .init("auto.offset.reset", "earliest"), .init("enable.auto.commit", "true"),
                .init("enable.auto.offset.store", "false"),
            ]
        handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties, onEvent: onEvent)
    }

    /// Joins the group, in the background; `poll` must follow.
    public func join() throws(KafkaError) {
        let joined = handle.with { raw -> rd_kafka_resp_err_t in
            rd_kafka_poll_set_consumer(raw)
            guard let topics = rd_kafka_topic_partition_list_new(1) else { return RD_KAFKA_RESP_ERR__FAIL }
            defer { rd_kafka_topic_partition_list_destroy(topics) }
            rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA)
            return rd_kafka_subscribe(raw, topics)
        }
        guard joined == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(joined, "rd_kafka_subscribe") }
    }

    /// Waits for the next record. One thread at a time.
    public func poll(_ timeout: Duration) -> KafkaPoll {
        handle.with { raw in
            let milliseconds = Int32(clamping: Int64(timeout / .milliseconds(1)))
            guard let message = rd_kafka_consumer_poll(raw, milliseconds) else { return .nothing }
            defer { rd_kafka_message_destroy(message) }
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                return .failed(KafkaError(message.pointee.err, "consume"))
            }
            return .record(Self.record(message))
        }
    }

    /// Says that everything of a partition below `next` is done with. Any thread; without effect on a partition that is
    /// not this consumer's any more.
    public func store(_ partition: Int32, next: Int64) {
        withPartitions([partition]) { list in
            list.pointee.elems[0].offset = next
            // Refused only where the partition has gone: then its new owner reads on from what was committed.
            handle.with { _ = rd_kafka_offsets_store($0, list) }
        }
    }

    /// Commits what is stored now rather than within a fifth of a second. Never blocks; what fails is tried again then.
    public func commitSoon() {
        handle.with { _ = rd_kafka_commit($0, nil, 1) }
    }

    /// Fetches nothing of these partitions until `resume`.
    public func pause(_ partitions: [Int32]) {
        withPartitions(partitions) { list in handle.with { _ = rd_kafka_pause_partitions($0, list) } }
    }

    /// Goes on where `pause` stopped.
    public func resume(_ partitions: [Int32]) {
        withPartitions(partitions) { list in handle.with { _ = rd_kafka_resume_partitions($0, list) } }
    }

    /// The first record of a partition, and where the next one will be written. Asks a broker; blocks.
    public func end(of partition: Int32, timeout: Duration) throws(KafkaError) -> (first: Int64, end: Int64) {
        var (low, high): (Int64, Int64) = (0, 0)
        let result = handle.with {
            rd_kafka_query_watermark_offsets($0, topic, partition, &low, &high, Self.milliseconds(timeout))
        }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, "watermarks") }
        return (low, high)
    }

    /// Where the group goes on reading a partition; nil where it has committed nothing. Asks a broker; blocks.
    public func committed(_ partition: Int32, timeout: Duration) throws(KafkaError) -> Int64? {
        var offset: Int64 = -1
        var result = RD_KAFKA_RESP_ERR__FAIL
        withPartitions([partition]) { list in
            result = handle.with { rd_kafka_committed($0, list, Self.milliseconds(timeout)) }
            offset = list.pointee.elems[0].offset
        }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(result, "committed") }
        return offset < 0 ? nil : offset
    }

    /// Commits what is stored and leaves the group. Blocks, at worst for as long as brokers do not answer. `poll` must
    /// not be running, and must not be called after it.
    public func close() {
        handle.with { _ = rd_kafka_consumer_close($0) }
    }

    private func withPartitions(
        _ partitions: [Int32], _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void
    ) {
        guard !partitions.isEmpty, let list = rd_kafka_topic_partition_list_new(Int32(partitions.count)) else { return }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for partition in partitions { rd_kafka_topic_partition_list_add(list, topic, partition) }
        body(list)
    }

    private static func milliseconds(_ time: Duration) -> Int32 { Int32(clamping: Int64(time / .milliseconds(1))) }

    private static func record(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> KafkaRecord {
        let (key, value) = (message.pointee.key, message.pointee.payload)
        var headers: [KafkaRecord.Header] = []
        var list: OpaquePointer?
        // Belongs to the message.
        if rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list {
            var name: UnsafePointer<CChar>?
            var bytes: UnsafeRawPointer?
            var size = 0
            while rd_kafka_header_get_all(list, headers.count, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
                guard let name else { break }
                let value = bytes.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: size)) }
                headers.append(KafkaRecord.Header(String(cString: name), value))
            }
        }
        return KafkaRecord(
            partition: message.pointee.partition, offset: message.pointee.offset,
            timestamp: rd_kafka_message_timestamp(message, nil),
            key: key.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len)) },
            value: value.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: message.pointee.len)) },
            headers: headers)
    }
}
