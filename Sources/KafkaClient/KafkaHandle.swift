internal import CRdKafka

/// What a client tells of itself.
public enum KafkaEvent: Sendable, Equatable {
    /// A line of librdkafka's own log. `severity` is syslog's: 3 is an error, 4 a warning, from 6 on it is detail.
    case log(severity: Int32, text: String)
    /// Something does not work now; librdkafka goes on trying.
    case failed(KafkaError)
    /// These partitions are this consumer's from now on.
    case assigned([Int32])
    /// These partitions are not this consumer's any more.
    case revoked([Int32])
}

/// Owns an `rd_kafka_t`. The handle may be used by any thread at any time (rdkafka.h, "Thread-safety"); it is freed
/// with the last reference, so that nobody can hold a pointer to what is gone. What C calls back is told to `onEvent`
/// and `onDelivery`, on librdkafka's threads and on the one that polls.
final class KafkaHandle: @unchecked Sendable {
    // Sendable: `raw` is set once before the init returns, and librdkafka's calls lock what they share.
    private(set) var raw: OpaquePointer?
    private let onEvent: @Sendable (KafkaEvent) -> Void

    /// A client of a type. Throws when librdkafka does not take the properties.
    init(
        _ type: rd_kafka_type_t, _ properties: [KafkaConfiguration.Property],
        onEvent: @escaping @Sendable (KafkaEvent) -> Void
    ) throws(KafkaError) {
        self.onEvent = onEvent
        guard let configuration = rd_kafka_conf_new() else { throw KafkaError(code: 0, "rd_kafka_conf_new") }
        var text = [CChar](repeating: 0, count: 512)
        for property in properties {
            let result = rd_kafka_conf_set(configuration, property.name, property.value, &text, text.count)
            guard result == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                // librdkafka's own text would quote the value, which may be a password.
                throw KafkaError(code: result.rawValue, "\(property.name) is not taken")
            }
        }
        // Unretained: the client is destroyed in `deinit`, and calls nobody back after that.
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(configuration, logCallback)
        rd_kafka_conf_set_error_cb(configuration, errorCallback)
        if type == RD_KAFKA_PRODUCER {
            rd_kafka_conf_set_dr_msg_cb(configuration, deliveryCallback)
        } else {
            rd_kafka_conf_set_rebalance_cb(configuration, rebalanceCallback)
        }
        // Owns the configuration from here on, unless it fails.
        guard let raw = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(code: 0, "rd_kafka_new: " + Self.text(text))
        }
        self.raw = raw
    }

    deinit {
        // A consumer that was not closed must not be closed here: that blocks, and calls back into what is going.
        if let raw { rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
    }

    /// Lends the pointer.
    func with<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        guard let raw else { preconditionFailure("a client is used whose init has failed") }
        return body(raw)
    }

    /// Tells an event.
    func tell(_ event: KafkaEvent) { onEvent(event) }

    /// Reads a C buffer up to its end.
    static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The handle behind a pointer that was given to `rd_kafka_conf_set_opaque`. Valid while C calls back: see there.
    fileprivate static func from(_ opaque: UnsafeMutableRawPointer?) -> KafkaHandle? {
        opaque.map { Unmanaged<KafkaHandle>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// One thing that waits for a record to be acknowledged. Retained when the record is handed over, released when
/// librdkafka reports on it, or by the call that failed to hand it over.
final class KafkaDelivery: Sendable {
    let completion: @Sendable (Result<Void, KafkaError>) -> Void

    init(_ completion: @escaping @Sendable (Result<Void, KafkaError>) -> Void) {
        self.completion = completion
    }
}

private func logCallback(
    client: OpaquePointer?, level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
    guard let client, let handle = KafkaHandle.from(rd_kafka_opaque(client)) else { return }
    let words = [facility, text].compactMap { $0.map { String(cString: $0) } }
    handle.tell(.log(severity: level, text: words.joined(separator: ": ")))
}

private func errorCallback(
    client: OpaquePointer?, code: Int32, reason: UnsafePointer<CChar>?, opaque: UnsafeMutableRawPointer?
) {
    let text = reason.map { String(cString: $0) } ?? "error \(code)"
    KafkaHandle.from(opaque)?.tell(.failed(KafkaError(code: code, text)))
}

private func deliveryCallback(
    client: OpaquePointer?, message: UnsafePointer<rd_kafka_message_t>?, opaque: UnsafeMutableRawPointer?
) {
    guard let message = message?.pointee, let context = message._private else { return }
    // The one release of what `KafkaProducer.send` retained: librdkafka reports each record once.
    let delivery = Unmanaged<KafkaDelivery>.fromOpaque(context).takeRetainedValue()
    let isWritten = message.err == RD_KAFKA_RESP_ERR_NO_ERROR
    delivery.completion(isWritten ? .success(()) : .failure(KafkaError(message.err, "produce")))
}

/// Runs in `rd_kafka_consumer_poll` and `rd_kafka_consumer_close`. With it, the application must say what is assigned.
private func rebalanceCallback(
    client: OpaquePointer?, code: rd_kafka_resp_err_t,
    list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, opaque: UnsafeMutableRawPointer?
) {
    guard let client, let list, let handle = KafkaHandle.from(opaque) else { return }
    let partitions = (0..<Int(list.pointee.cnt)).map { list.pointee.elems[$0].partition }
    switch code {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
        handle.tell(.assigned(partitions))
        report(rd_kafka_incremental_assign(client, list), "rd_kafka_incremental_assign", handle)
    default:
        // Nothing of them is stored from now on by us; what was stored is committed by librdkafka as they go.
        handle.tell(.revoked(partitions))
        report(rd_kafka_incremental_unassign(client, list), "rd_kafka_incremental_unassign", handle)
        if code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS { handle.tell(.failed(KafkaError(code, "rebalance"))) }
    }
}

/// Frees an error, if there is one, and tells of it.
private func report(_ error: OpaquePointer?, _ call: String, _ handle: KafkaHandle) {
    guard let error else { return }
    let code = rd_kafka_error_code(error)
    rd_kafka_error_destroy(error)
    handle.tell(.failed(KafkaError(code, call)))
}
