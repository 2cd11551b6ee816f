import Observability
import PostgresClient
import TestSupport
import Testing

@testable import IDPServer

@Suite(.timeLimit(.minutes(2)))
struct PostgresSchemaTests {
    private func configuration() async throws -> PostgresConfiguration {
        PostgresConfiguration(url: try await PostgresServer.shared().makeDatabase(), timeout: .seconds(30))
    }

    @Test func makesAnEmptyDatabaseItsOwn() async throws {
        let configuration = try await configuration()
        #expect(try PostgresSchema.prepare(configuration, .refuseOlder) == 0)
        #expect(try PostgresSchema.prepare(configuration, .refuseOlder) == PostgresSchema.current)
        #expect(try PostgresSchema.prepare(configuration, .readOnly) == PostgresSchema.current)
    }

    @Test func refusesAnOlderSchemaUnlessTold() async throws {
        let configuration = try await configuration()
        #expect(try PostgresSchema.prepare(configuration, .migrate, upTo: 1) == 0)
        let error = #expect(throws: ServiceError.self) { try PostgresSchema.prepare(configuration, .refuseOlder) }
        #expect(error?.message.contains("idp-server migrate") == true)
        #expect(try PostgresSchema.prepare(configuration, .migrate) == 1)
        #expect(try PostgresSchema.prepare(configuration, .refuseOlder) == PostgresSchema.current)
    }

    @Test func refusesANewerSchema() async throws {
        let configuration = try await configuration()
        try PostgresSchema.prepare(configuration, .migrate)
        for policy in [PostgresSchema.Policy.migrate, .refuseOlder, .readOnly] {
            let error = #expect(throws: ServiceError.self) {
                try PostgresSchema.prepare(configuration, policy, upTo: 1)
            }
            #expect(error?.message.contains("newer") == true)
        }
    }

    @Test func manyNodesMayMakeItAtOnce() async throws {
        let configuration = try await configuration()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask { try await blocking { try PostgresSchema.prepare(configuration, .refuseOlder) } }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(found.sorted() == [0] + Array(repeating: PostgresSchema.current, count: 5))
    }
}
