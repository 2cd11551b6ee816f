internal import CRdKafka

/// Why librdkafka could not do something.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// librdkafka's code: its own errors are negative, those of brokers positive.
    public var code: Int32
    /// In words; holds addresses and topics, no record.
    public var description: String

    /// An error with what happened.
    public init(code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Whether a record is larger than the client or the topic takes: it never will.
    public var isTooLarge: Bool { code == Self.tooLarge }

    /// Whether the client is of no use any more: another member has taken its `group.instance.id`, for example.
    public var isFatal: Bool { code == Self.fatal }

    private static let fatal = RD_KAFKA_RESP_ERR__FATAL.rawValue
    /// `MSG_SIZE_TOO_LARGE`, by the client itself and by brokers.
    private static let tooLarge = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue
}

extension KafkaError {
    /// An error code with its text.
    init(_ code: rd_kafka_resp_err_t, _ call: String) {
        let text = rd_kafka_err2str(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
        self.init(code: code.rawValue, "\(call): \(text)")
    }
}
