import Foundation
import KafkaClient

extension Settings.Kafka {
    /// The longest name of a topic, and what it may be made of (Kafka's `Topic.validate`).
    static let topicLengthMax = 249

    /// Kafka as it was asked for; nil when no broker is named. What is missing is empty here and one of the mistakes
    /// that are reported.
    init?(_ read: SettingReader) {
        guard let brokers = read.optionalText("IDP_KAFKA_BROKERS") else { return nil }
        let name = read.text("IDP_APP_NAME")
        let topic = read.optionalText("IDP_KAFKA_TOPIC") ?? ""
        cluster = KafkaConfiguration(
            brokers: Self.items(brokers), clientID: name,
            properties: Self.properties(read.optionalText("IDP_KAFKA_OPTIONS") ?? ""))
        self.topic = topic
        group = read.optionalText("IDP_KAFKA_GROUP") ?? name
        resultTopic = read.optionalText("IDP_KAFKA_RESULT_TOPIC") ?? topic + ".results"
        deadLetterTopic = read.optionalText("IDP_KAFKA_DLQ_TOPIC") ?? topic + ".dlq"
    }

    /// Whether Kafka takes it for a topic's name.
    static func isTopic(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "._-".utf8.contains(byte)
            }
        }
        return isPlain && (1...topicLengthMax).contains(name.utf8.count) && name != "." && name != ".."
    }

    private static func items(_ list: String) -> [String] {
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func properties(_ list: String) -> [KafkaConfiguration.Property] {
        items(list).map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? .init(String(parts[0]), String(parts[1])) : .init("", "")
        }
    }

    /// What is wrong with a broker's address; nil if nothing is.
    fileprivate static func mistake(inBroker text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        // An IPv6 address stands in brackets, with colons of its own.
        let port = text.hasSuffix("]") || parts.count < 2 ? nil : parts.last
        let host = port.map { text.dropLast($0.utf8.count + 1) } ?? text[...]
        let isPlain = host.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "/" }
        guard !host.isEmpty, isPlain, !host.contains(":") || host.hasPrefix("[") else {
            return "\"\(text)\" is no host:port"
        }
        guard let port else { return nil }
        guard let number = UInt16(port), number > 0 else { return "\"\(text)\" has no port from 1 to 65535" }
        return nil
    }
}

extension Settings {
    /// What is wrong with the settings of Kafka together.
    func contradictionsOfKafka(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> SettingMistake {
            SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)
        }
        guard let kafka else {
            // Set, but not as it must be: that has been told, and is all there is to tell.
            guard resolved["IDP_KAFKA_BROKERS"] == nil else { return [] }
            let others = ["TOPIC", "GROUP", "RESULT_TOPIC", "DLQ_TOPIC", "OPTIONS"].map { "IDP_KAFKA_" + $0 }
            return others.filter { resolved[$0] != nil }
                .map { mistake($0, "needs IDP_KAFKA_BROKERS beside it") }
        }
        var mistakes = kafka.cluster.brokers.compactMap(Settings.Kafka.mistake(inBroker:))
            .map { mistake("IDP_KAFKA_BROKERS", $0) }
        if resolved["IDP_KAFKA_TOPIC"] == nil {
            mistakes.append(mistake("IDP_KAFKA_TOPIC", "is needed with IDP_KAFKA_BROKERS: the topic of requests"))
        }
        if storage.s3Buckets.isEmpty {
            mistakes.append(
                mistake(
                    "IDP_KAFKA_BROKERS",
                    "needs IDP_S3_BUCKETS, or IDP_ARTIFACTS=s3://…, beside it: requests name documents in S3"))
        }
        // What is read must not be what is written: results would be taken for requests.
        let written = [("IDP_KAFKA_RESULT_TOPIC", kafka.resultTopic), ("IDP_KAFKA_DLQ_TOPIC", kafka.deadLetterTopic)]
        for (name, topic) in written where topic == kafka.topic {
            mistakes.append(mistake(name, "is IDP_KAFKA_TOPIC too; take another or leave it out"))
        }
        if kafka.resultTopic == kafka.deadLetterTopic {
            mistakes.append(mistake("IDP_KAFKA_DLQ_TOPIC", "is IDP_KAFKA_RESULT_TOPIC too; take another"))
        }
        mistakes += kafka.cluster.properties.compactMap(\.mistake).map { mistake("IDP_KAFKA_OPTIONS", $0) }
        return mistakes
    }
}
