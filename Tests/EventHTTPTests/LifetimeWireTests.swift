import EventHTTP
import Glibc
import TLSClient
import TestSupport
import Testing

/// Deadlines, clients that go, answers that do not fit, limits on connections, the end.
@Suite struct LifetimeWireTests {
    // MARK: Deadlines

    @Test func aSlowHeadIsAnswered408() throws {
        let server = try ServerUnderTest(limits: { $0.headTime = .milliseconds(300) })
        let client = try server.connect()
        client.send("GET /health HT")
        #expect(try client.readAnswer().status == 408)
        #expect(try client.isClosedByPeer())
        #expect(server.responder.refusals == [.headTimeout])
        #expect(server.server.statistics().limitsReached[.headTime] == 1)
    }

    @Test func bytesThatTrickleDoNotExtendTheHeadTime() throws {
        let server = try ServerUnderTest(limits: { $0.headTime = .milliseconds(400) })
        let client = try server.connect()
        let begin = ContinuousClock.now
        for byte in "GET /health HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8 {
            guard client.send([byte]) else { break }
            // A pace, not a wait for something: the slow client is what is tested.
            usleep(20_000)
            if ContinuousClock.now - begin > .milliseconds(900) { break }
        }
        #expect(try client.readAnswer().status == 408)
    }

    @Test func aSilentConnectionIsClosedWithoutAWord() throws {
        // Long enough for a client to send its request, on a machine that has other things to do.
        let server = try ServerUnderTest(limits: { $0.idleTime = .milliseconds(1500) })
        let silent = try server.connect()
        let used = try server.connect()
        used.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try used.readAnswer().status == 200)
        #expect(try silent.isClosedByPeer())
        #expect(try used.isClosedByPeer())
        #expect(server.server.statistics().limitsReached[.idleTime] == 2)
    }

    @Test func emptyLinesDoNotExtendTheIdleTime() throws {
        let server = try ServerUnderTest(limits: { $0.idleTime = .milliseconds(500) })
        let client = try server.connect()
        let isOver = eventually {
            client.send("\r\n")
            return server.server.statistics().limitsReached[.idleTime] == 1
        }
        #expect(isOver)
        #expect(server.responder.refusals.isEmpty)
    }

    @Test func aSlowBodyIsAnswered408() throws {
        let server = try ServerUnderTest(limits: {
            $0.bodyRateGrace = .milliseconds(300)
            $0.bodyRateMin = 1000
        })
        let client = try server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nab")
        #expect(try client.readAnswer().status == 408)
        #expect(try client.isClosedByPeer())
        #expect(server.responder.refusals == [.bodyTimeout])
        #expect(server.responder.ended.map(\.record.status) == [408])
        #expect(server.server.statistics().limitsReached[.bodyTime] == 1)
    }

    @Test func aHandlerThatDoesNotAnswerIsAnswered504() throws {
        let server = try ServerUnderTest(limits: { $0.handlerTime = .milliseconds(300) })
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readAnswer().status == 504)
        #expect(server.responder.gone == ["/hold"])
        for exchange in server.responder.takeHeld() {
            #expect(exchange.isClientGone)
            exchange.reply(Response(status: 200))
        }
        client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readAnswer().status == 200)
        #expect(server.responder.ended.map(\.record.status) == [504])
        #expect(server.server.statistics().limitsReached[.handlerTime] == 1)
    }

    @Test(arguments: ["/bigqueued?20000000", "/big?20000000"]) func aClientThatTakesNothingIsReset(_ path: String)
        throws
    {
        let server = try ServerUnderTest(limits: { $0.writeStallTime = .milliseconds(300) })
        let client = try server.connect(receiveBuffer: 4096)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.server.statistics().limitsReached[.writeStallTime] == 1 })
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
    }

    // MARK: Clients that go

    @Test func aResetCancelsTheRequest() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        client.reset()
        #expect(eventually { server.responder.ended.map(\.record.status) == [499] })
        #expect(server.responder.gone == ["/hold"])
        // The answer comes too late, and does no harm.
        for exchange in server.responder.takeHeld() { exchange.reply(Response(status: 200)) }
        #expect(server.server.statistics().requestsInFlight == 0)
    }

    @Test func aClosedClientIsFoundOutByAProbe() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        client.close()
        #expect(eventually { server.responder.ended.map(\.record.status) == [499] })
        #expect(server.responder.gone == ["/hold"])
        for exchange in server.responder.takeHeld() { #expect(exchange.isClientGone) }
    }

    @Test func aHalfClosedClientGetsItsAnswerAfterTheProbe() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        #expect(eventually { server.responder.heldCount == 1 })
        #expect(try client.readAnswer(skippingInterim: false).status == 102)
        for exchange in server.responder.takeHeld() {
            #expect(!exchange.isClientGone)
            exchange.reply(Response(status: 200, body: .bytes(Array("late".utf8))))
        }
        #expect(try client.readAnswer().text == "late")
        #expect(try client.isClosedByPeer())
        #expect(server.responder.gone.isEmpty)
    }

    @Test(arguments: ["/big?10485760", "/bigqueued?10485760"]) func aHalfClosedClientGetsTenMegabytes(_ path: String)
        throws
    {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        let answer = try client.readAnswer()
        #expect(answer.body.count == 10 << 20)
        #expect(try client.isClosedByPeer())
    }

    @Test func aBodyThatEndsEarlyIsRefused() throws {
        let server = try ServerUnderTest()
        for input in [
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "GET /health HT",
        ] {
            let client = try server.connect()
            client.send(input)
            client.finishSending()
            #expect(try client.readAnswer().status == 400)
            #expect(try client.isClosedByPeer())
        }
    }

    @Test func pipelinedInputIsBounded() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        // Sends until the kernel takes no more; without a bound the server would swallow it all.
        let flags = fcntl(client.descriptor, F_GETFL)
        _ = fcntl(client.descriptor, F_SETFL, flags | O_NONBLOCK)
        let piece = [UInt8](repeating: UInt8(ascii: "\r"), count: 64 << 10)
        var idleRounds = 0
        while idleRounds < 20 {
            if send(client.descriptor, piece, piece.count, SocketFlags.noSignal) > 0 {
                idleRounds = 0
            } else {
                idleRounds += 1
                // Time for the server to read on, if it would: that nothing happens cannot be waited for.
                usleep(10_000)
            }
            try #require(server.server.statistics().bytesIn < 4 << 20)
        }
        #expect(eventually { server.server.statistics().limitsReached[.pipelinedBytes] == 1 })
        #expect(server.server.statistics().bytesIn <= (256 << 10) + 100)
        client.reset()
        #expect(eventually { server.responder.ended.map(\.record.status) == [499] })
        _ = server.responder.takeHeld()
    }

    // MARK: Exactly once

    @Test func aDroppedExchangeIsAnswered500() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /drop HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readAnswer().status == 500)
        #expect(try client.readAnswer().status == 200)
        #expect(server.responder.refusals == [.unanswered])
        #expect(server.responder.ended.map(\.record.status) == [500])
    }

    @Test func everyAcceptedRequestEndsOnce() throws {
        let server = try ServerUnderTest(loops: 2)
        for round in 0..<60 {
            let client = try server.connect()
            client.send("GET /queued HTTP/1.1\r\nHost: a\r\n\r\nGET /bigqueued?300000 HTTP/1.1\r\nHost: a\r\n\r\n")
            switch round % 3 {
            case 0: client.reset()
            case 1: client.close()
            default:
                #expect(try client.readAnswer().status == 200)
                #expect(try client.readAnswer().body.count == 300_000)
            }
        }
        #expect(eventually { server.server.statistics().requestsInFlight == 0 })
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
        let complete = server.responder.ended.filter { $0.record.status == 200 }
        #expect(complete.count >= 40)
    }

    // MARK: Limits on connections

    @Test func aboveTheLimitConnectionsWait() throws {
        let server = try ServerUnderTest(limits: { $0.connections = 2 })
        let first = try server.connect()
        let second = try server.connect()
        let third = try server.connect()
        for client in [first, second, third] { client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(try first.readAnswer().status == 200)
        #expect(try second.readAnswer().status == 200)
        #expect(eventually { server.server.statistics().refusedByCapacity == 1 })
        #expect(server.server.statistics().connectionsOpen == 2)
        first.close()
        #expect(try third.readAnswer().status == 200)
    }

    @Test func anAddressHasItsShare() throws {
        let server = try ServerUnderTest(limits: { $0.connectionsPerAddress = 1 })
        let first = try server.connect()
        first.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.readAnswer().status == 200)
        let second = try server.connect()
        #expect(try second.isClosedByPeer())
        #expect(server.server.statistics().refusedByAddress == 1)
        first.close()
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
        let third = try server.connect()
        third.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try third.readAnswer().status == 200)
    }

    // MARK: The end

    @Test func aDrainWaitsForOpenRequests() throws {
        let server = try ServerUnderTest(loops: 2)
        let idle = try server.connect()
        idle.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.readAnswer().status == 200)
        let busy = try server.connect()
        busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        let http = server.server
        let responder = server.responder
        let answering = Thread {
            _ = eventually { http.statistics().connectionsOpen == 1 }
            for exchange in responder.takeHeld() { exchange.reply(Response(status: 200)) }
        }
        // At the deadline the request would be answered 503.
        server.server.drain(by: .now + .seconds(120))
        answering.join()
        #expect(try idle.isClosedByPeer())
        let answer = try busy.readAnswer()
        #expect(answer.status == 200)
        #expect(answer.field("Connection") == "close")
        #expect(throws: WireError.self) {
            let late = try server.connect()
            late.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try late.readAnswer()
        }
    }

    @Test func aDrainEndsWhatIsLeftAtItsDeadline() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        server.server.drain(by: .now + .milliseconds(300))
        #expect(try client.readAnswer().status == 503)
        #expect(try client.isClosedByPeer())
        #expect(server.responder.ended.map(\.record.status) == [503])
        server.server.drain(by: .now)
        server.server.stop()
        server.server.stop()
        _ = server.responder.takeHeld()
    }

    @Test func stoppingEndsOpenRequests() throws {
        let server = try ServerUnderTest(loops: 2)
        let client = try server.connect()
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        server.server.stop()
        #expect(server.responder.ended.map(\.record.status) == [499])
        #expect(try client.isClosedByPeer())
        for exchange in server.responder.takeHeld() { exchange.reply(Response(status: 200)) }
    }

    @Test func aBusyPortIsAnError() throws {
        let client = WireListener()
        var configuration = HTTPServerConfiguration(port: client.port, currentTime: { 0 })
        configuration.loops = 1
        let server = HTTPServer(configuration, responder: try ServerUnderTest().responder)
        #expect(throws: HTTPServerError.self) { try server.start() }
        let running = try ServerUnderTest()
        configuration.port = running.server.port
        let second = HTTPServer(configuration, responder: running.responder)
        #expect(throws: HTTPServerError.self) { try second.start() }
        var named = HTTPServerConfiguration(host: "localhost", currentTime: { 0 })
        named.port = 0
        let other = HTTPServer(named, responder: try ServerUnderTest().responder)
        #expect(throws: HTTPServerError.self) { try other.start() }
    }
}
