private import CRdKafka

/// How a cluster is reached.
public struct KafkaConfiguration: Sendable, Equatable {
    /// One of librdkafka's configuration properties (its CONFIGURATION.md).
    public struct Property: Sendable, Equatable {
        /// For example `security.protocol`.
        public var name: String
        /// As librdkafka reads it.
        public var value: String

        /// A property with its value.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// What is wrong with it, in words that do not hold the value; nil if librdkafka takes it and it is free to be
        /// chosen.
        public var mistake: String? {
            // What does not look like a name may be a piece of a password that had a comma in it.
            guard name.contains("."), name.utf8.allSatisfy({ (97...122).contains($0) || $0 == UInt8(ascii: ".") })
            else { return "must be properties of librdkafka, name=value, with no comma in a value" }
            if Self.fixed.contains(name) { return "\(name) is not free to be chosen" }
            guard let handle = rd_kafka_conf_new() else { return "\(name) cannot be checked" }
            defer { rd_kafka_conf_destroy(handle) }
            var text = [CChar](repeating: 0, count: 512)
            switch rd_kafka_conf_set(handle, name, value, &text, text.count) {
            case RD_KAFKA_CONF_OK: return nil
            case RD_KAFKA_CONF_UNKNOWN: return "\(name) is no property of librdkafka"
            default: return "\(name) has a value that librdkafka does not take"
            }
        }

        /// What must be as it is for nothing to be lost, and what has a setting of its own.
        private static let fixed: Set<String> = [
            "bootstrap.servers", "metadata.broker.list", "group.id", "enable.auto.commit", "enable.auto.offset.store",
            "enable.partition.eof", "auto.offset.reset", "acks", "request.required.acks", "transactional.id",
            "plugin.library.paths", "enable.idempotence", "partition.assignment.strategy",
        ]
    }

    /// `host:port` or `host`.
    public var brokers: [String]
    /// As which the brokers' logs and quotas know this process.
    public var clientID: String
    /// What an operator adds: encryption, authentication, times. They win over what stands here.
    public var properties: [Property]

    /// A cluster.
    public init(brokers: [String], clientID: String, properties: [Property] = []) {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
    }

    /// What consumers and producers share.
    var common: [Property] {
        [
            Property("bootstrap.servers", brokers.joined(separator: ",")), Property("client.id", clientID),
            // A broker that comes back is found within seconds, not within librdkafka's ten.
            Property("reconnect.backoff.ms", "100"), Property("reconnect.backoff.max.ms", "2000"),
            // A peer that is gone without a word, or a network that swallows what is sent.
            Property("socket.keepalive.enable", "true"), Property("socket.timeout.ms", "10000"),
            // Brokers close idle connections; that is nothing to be told of.
            Property("log.connection.close", "false"),
        ]
    }
}
