import EventHTTP
import Glibc
import Synchronization
import Testing

/// A stop while many clients are at work: what was accepted is answered, and nobody who behaves is reset.
@Suite struct DrainUnderLoadTests {
    /// What clients saw.
    private struct Tally {
        var answers = 0
        var closing = 0
        /// The server's end of a connection came where an answer could have come: nothing was taken.
        var endsBetween = 0
        var resets = 0
        /// Resets of requests that came later than the server can wait for them once it has ended a connection: such a
        /// client behaves, but the machine does not let it.
        var lateResets = 0
        var cutAnswers = 0
        var wrong: [String] = []
    }

    private static let requests = [
        "GET /queued HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "GET /bigqueued?200000 HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    /// Sends requests on kept connections, and on a new one when the server says that it closes, until none is taken.
    private static func behave(_ number: Int, port: UInt16, _ tally: borrowing Mutex<Tally>) {
        var turn = number
        while let client = try? WireClient(port: port) {
            while true {
                let begin = ContinuousClock.now
                client.send(requests[turn % requests.count])
                let isLate = ContinuousClock.now - begin > .milliseconds(300)
                turn += 1
                guard let answer = try? client.readAnswer() else {
                    tally.withLock { tally in
                        if client.wasReset {
                            if isLate { tally.lateResets += 1 } else { tally.resets += 1 }
                        } else if client.unreadCount > 0 {
                            tally.cutAnswers += 1
                        } else {
                            tally.endsBetween += 1
                        }
                    }
                    break
                }
                let closes = answer.field("Connection") == "close"
                tally.withLock { tally in
                    tally.answers += 1
                    tally.closing += closes ? 1 : 0
                    if answer.status != 200 { tally.wrong.append(answer.head) }
                }
                if closes { break }
            }
        }
    }

    private final class Shared: Sendable {
        let tally = Mutex(Tally())
    }

    @Test(arguments: [1, 2]) func nothingAcceptedIsLost(loops: Int) throws {
        let server = try ServerUnderTest(loops: loops)
        let port = server.server.port
        let shared = Shared()
        let idle = try (0..<20).map { _ in try server.connect() }
        for client in idle {
            client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readAnswer().status == 200)
        }
        let clients = (0..<24).map { number in Thread { Self.behave(number, port: port, shared.tally) } }
        #expect(eventually { shared.tally.withLock { $0.answers } > 500 })
        server.server.drain(by: .now + .seconds(120))
        for client in clients { client.join() }
        let tally = shared.tally.withLock { $0 }
        print("drain with \(loops) loops: \(tally)")
        #expect(tally.resets == 0)
        #expect(tally.cutAnswers == 0)
        #expect(tally.wrong.isEmpty)
        #expect(tally.closing > 0)
        #expect(server.server.statistics().requestsAnswered == tally.answers + idle.count)
        #expect(server.responder.ended.allSatisfy { $0.record.status == 200 })
        for client in idle { #expect(try client.isClosedByPeer()) }
        #expect(server.server.statistics().connectionsOpen == 0)
    }
}
