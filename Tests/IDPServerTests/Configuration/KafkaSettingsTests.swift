import KafkaClient
import Testing

@testable import IDPServer

struct KafkaSettingsTests {
    private static let whole = [
        "IDP_KAFKA_BROKERS": "a:9092, b", "IDP_KAFKA_TOPIC": "requests", "IDP_S3_BUCKETS": "incoming",
        "IDP_S3_ACCESS_KEY": "key", "IDP_S3_SECRET_KEY": "secret",
    ]

    private func load(_ change: [String: String?]) throws -> Settings {
        try Settings.load(environment: Self.whole.merging(change.compactMapValues { $0 }) { $1 }
            .filter { change[$0.key] == nil || change[$0.key]! != nil })
    }

    @Test func nothingOfKafkaUnlessBrokersAreNamed() throws {
        #expect(try Settings.load().kafka == nil)
    }

    @Test func namesThatAreNotGivenFollowFromThoseThatAre() throws {
        let kafka = try #require(try load([:]).kafka)
        #expect(kafka.cluster.brokers == ["a:9092", "b"])
        #expect(kafka.group == "idp-loan-deferment-service")
        #expect(kafka.resultTopic == "requests.results" && kafka.deadLetterTopic == "requests.dlq")
        let named = try #require(
            try load([
                "IDP_KAFKA_GROUP": "g", "IDP_KAFKA_RESULT_TOPIC": "r", "IDP_KAFKA_DLQ_TOPIC": "d",
                "IDP_KAFKA_OPTIONS": "security.protocol=sasl_ssl,sasl.password=a=b",
            ]).kafka)
        #expect(named.group == "g" && named.resultTopic == "r" && named.deadLetterTopic == "d")
        #expect(named.cluster.properties == [.init("security.protocol", "sasl_ssl"), .init("sasl.password", "a=b")])
    }

    @Test(arguments: [
        ("IDP_KAFKA_TOPIC", nil, "is needed"), ("IDP_KAFKA_TOPIC", "a b", "must be at most 249"),
        ("IDP_KAFKA_TOPIC", "..", "must be at most 249"), ("IDP_KAFKA_RESULT_TOPIC", "requests", "IDP_KAFKA_TOPIC too"),
        ("IDP_KAFKA_DLQ_TOPIC", "requests", "IDP_KAFKA_TOPIC too"),
        ("IDP_KAFKA_DLQ_TOPIC", "requests.results", "IDP_KAFKA_RESULT_TOPIC too"),
        ("IDP_KAFKA_BROKERS", "http://a", "no port"), ("IDP_KAFKA_BROKERS", "a:0", "no port"),
        ("IDP_KAFKA_BROKERS", "a:9092,:9092", "no host:port"), ("IDP_KAFKA_BROKERS", "a:b:1", "no host:port"),
        ("IDP_KAFKA_OPTIONS", "enable.auto.commit=true", "not free"),
        ("IDP_KAFKA_OPTIONS", "no.such=1", "no property"), ("IDP_KAFKA_OPTIONS", "hush", "name=value"),
    ] as [(String, String?, String)])
    func whatIsWrongIsToldByName(name: String, value: String?, phrase: String) throws {
        let error = try #require(throws: SettingsError.self) { try load([name: value]) }
        #expect(error.mistakes.map(\.setting) == [name], "\(error)")
        #expect(error.description.contains(phrase), "\(error)")
    }

    @Test func documentsMustBeSomewhere() throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(environment: ["IDP_KAFKA_BROKERS": "a", "IDP_KAFKA_TOPIC": "t"])
        }
        #expect(error.description.contains("IDP_S3_BUCKETS"), "\(error)")
    }

    @Test(arguments: ["TOPIC", "GROUP", "RESULT_TOPIC", "DLQ_TOPIC", "OPTIONS"])
    func nothingIsSetInVain(name: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(environment: ["IDP_KAFKA_" + name: "a"])
        }
        #expect(error.mistakes.map(\.setting) == ["IDP_KAFKA_" + name])
        #expect(error.description.contains("needs IDP_KAFKA_BROKERS"), "\(error)")
    }

    /// Options may hold passwords.
    @Test func optionsAreNeverShown() throws {
        let settings = try load(["IDP_KAFKA_OPTIONS": "sasl.password=hush"])
        let shown = try #require(settings.report.first { $0.name == "IDP_KAFKA_OPTIONS" }).shown
        #expect(!shown.contains("hush"))
        let error = try #require(throws: SettingsError.self) { try load(["IDP_KAFKA_OPTIONS": "sasl.pasword=hush"]) }
        #expect(!error.description.contains("hush") && error.description.contains("sasl.pasword"))
        let torn = try #require(throws: SettingsError.self) {
            try load(["IDP_KAFKA_OPTIONS": "sasl.password=a,hush,Hush=b"])
        }
        #expect(!torn.description.lowercased().contains("hush"))
    }
}
