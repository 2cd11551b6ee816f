import PostgresClient
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PostgresConnectionTests {
    private func soon(_ seconds: Int = 30) -> ContinuousClock.Instant { .now.advanced(by: .seconds(seconds)) }

    private func connect(_ url: String) throws -> PostgresConnection {
        try PostgresConnection(PostgresConfiguration(url: url, timeout: .seconds(30)), until: soon())
    }

    @Test func givesBackEveryKindOfValue() async throws {
        let connection = try connect(try await PostgresServer.shared().makeDatabase())
        let text = "Қасымова Әлия \u{1F4C4}"
        let sql = "SELECT $1::bigint, $2::boolean, $3::text, $4::bytea, $5::bigint, $6::text"
        let values: [PostgresValue] = [
            .integer(.min), .boolean(true), .text(text), .bytes([0, 255, 0]), .null, .text(""),
        ]
        let result = try connection.run([PostgresStatement(sql, values)], until: soon())[0]
        #expect(result.count == 1)
        #expect(result.integer(0, 0) == .min)
        #expect(result.boolean(0, 1) == true)
        #expect(result.text(0, 2) == text)
        #expect(result.bytes(0, 3) == [0, 255, 0])
        #expect(result.isNull(0, 4) && result.integer(0, 4) == nil)
        #expect(result.text(0, 5)?.isEmpty == true)
    }

    /// One transaction: the error of one statement undoes the others, and the connection goes on.
    @Test func runsStatementsAsOneTransaction() async throws {
        let connection = try connect(try await PostgresServer.shared().makeDatabase())
        _ = try connection.run([PostgresStatement("CREATE TABLE number (value bigint PRIMARY KEY)")], until: soon())
        let insert = { PostgresStatement("INSERT INTO number VALUES ($1)", [.integer($0)]) }
        #expect(throws: PostgresError.self) {
            try connection.run([insert(1), insert(2), insert(1), insert(3)], until: soon())
        }
        #expect(!connection.isBroken)
        let many = try connection.run((0..<2000).map { insert($0) }, until: soon())
        #expect(many.count == 2000 && many.allSatisfy { $0.affected == 1 })
        let count = try connection.run([PostgresStatement("SELECT count(*) FROM number")], until: soon())
        #expect(count[0].integer(0, 0) == 2000)
    }

    @Test func tellsNothingOfARowInItsErrors() async throws {
        let connection = try connect(try await PostgresServer.shared().makeDatabase())
        _ = try connection.run([PostgresStatement("CREATE TABLE name (value text PRIMARY KEY)")], until: soon())
        let insert = PostgresStatement("INSERT INTO name VALUES ($1)", [.text("Ахметов")])
        _ = try connection.run([insert], until: soon())
        let error = #expect(throws: PostgresError.self) { try connection.run([insert], until: soon()) }
        guard case .server(let state, let message, let constraint)? = error else { throw NotThere() }
        #expect(state == "23505" && constraint == "name_pkey" && !message.contains("Ахметов"))
    }

    @Test func waitsNoLongerThanItsDeadline() async throws {
        let server = try await PostgresServer.shared()
        let proxy = try await FaultProxy(to: server.port)
        let connection = try connect(try await server.makeDatabase(port: proxy.port))
        try await proxy.set("blackhole")
        #expect(throws: PostgresError.timeout) {
            try connection.run([PostgresStatement("SELECT 1")], until: .now.advanced(by: .milliseconds(200)))
        }
        #expect(connection.isBroken)
    }

    @Test(arguments: ["cut", "reset", "refuse"]) func saysThatTheConnectionBroke(mode: String) async throws {
        let server = try await PostgresServer.shared()
        let proxy = try await FaultProxy(to: server.port)
        let url = try await server.makeDatabase(port: proxy.port)
        let connection = try connect(url)
        try await proxy.set(mode)
        let error = #expect(throws: PostgresError.self) {
            try connection.run([PostgresStatement("SELECT 1")], until: soon())
        }
        #expect(error?.isConnectionLost == true && error?.isTransient == true)
        let again = #expect(throws: PostgresError.self) { try connect(url) }
        #expect(again?.isConnectionLost == true)
        try await proxy.set("pass")
        #expect(try connect(url).run([PostgresStatement("SELECT 1")], until: soon()).count == 1)
    }

    @Test func hearsWhatOthersNotify() async throws {
        let url = try await PostgresServer.shared().makeDatabase()
        let (listener, speaker) = (try connect(url), try connect(url))
        let wake = WakeSignal()
        _ = try listener.run([PostgresStatement("LISTEN news")], until: soon())
        _ = try speaker.run([PostgresStatement("SELECT pg_notify('news', $1)", [.text("a b")])], until: soon())
        let heard = try listener.waitForNotifications(until: soon(), wake: wake)
        #expect(heard == [PostgresNotification(channel: "news", payload: "a b")])
        wake.give()
        #expect(try listener.waitForNotifications(until: soon(), wake: wake).isEmpty)
    }

    /// Kept connections of a server that was started again are replaced without the caller's noticing.
    @Test func poolOutlivesARestart() async throws {
        let server = try await PostgresServer.start()
        let pool = PostgresPool(
            PostgresConfiguration(url: server.url("postgres"), timeout: .seconds(30)), limit: 2)
        let one = [PostgresStatement("SELECT 1::bigint")]
        #expect(try pool.run(one)[0].integer(0, 0) == 1)
        try await server.stop()
        let error = #expect(throws: PostgresError.self) { try pool.run(one) }
        #expect(error?.isConnectionLost == true)
        try await server.startAgain()
        try await eventually("an answer through the pool", within: .seconds(60)) {
            (try? pool.run(one)[0].integer(0, 0)) == 1
        }
        try await server.stop()
    }

    private struct NotThere: Error {}
}
