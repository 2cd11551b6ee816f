import EventHTTP
import Foundation
import Glibc
import TLSClient
import TestSupport
import Testing

/// What TLS itself promises: versions, application protocol, certificates of both sides, deadlines, ends.
@Suite struct TLSWireTests {
    private static let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"

    private func start(
        _ tls: TLSConfiguration, limits: (inout ServerLimits) -> Void = { _ in }
    ) throws -> ServerUnderTest {
        try WireTransport.$current.withValue(.tls(tls)) { try ServerUnderTest(limits: limits) }
    }

    private func connect(_ server: ServerUnderTest, _ options: WireTLS.Options) throws -> WireClient {
        let client = try WireClient(port: server.server.port)
        try client.startTLS(options)
        return client
    }

    private func handshakes(_ server: ServerUnderTest, _ outcome: TLSHandshakeOutcome) -> Int {
        server.server.statistics().handshakes[outcome] ?? 0
    }

    // MARK: Versions and protocols

    @Test(arguments: [(WireTLS.Version.tls12, "TLSv1.2"), (WireTLS.Version.tls13, "TLSv1.3")])
    func speaks(_ version: WireTLS.Version, _ name: String) async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        var options = certificates.client()
        options.versions = version...version
        let client = try connect(server, options)
        #expect(client.tls?.version == name)
        #expect(client.tls?.applicationProtocol == "http/1.1")
        client.send(Self.request)
        #expect(try client.readAnswer().status == 200)
        #expect(handshakes(server, .completed) == 1)
    }

    @Test func refusesOlderVersions() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        var options = certificates.client()
        options.versions = .tls10 ... .tls11
        // Else this client would not offer them at all.
        options.ciphers = "ALL:@SECLEVEL=0"
        #expect(throws: WireError.self) { try connect(server, options) }
        #expect(eventually { handshakes(server, .mismatch) == 1 })
    }

    @Test func refusesCiphersWithoutForwardSecrecy() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        for ciphers in ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"] {
            var options = certificates.client()
            options.versions = .tls12 ... .tls12
            options.ciphers = ciphers
            #expect(throws: WireError.self) { try connect(server, options) }
        }
        #expect(eventually { handshakes(server, .mismatch) == 2 })
    }

    @Test func choosesHTTP11AmongOthersAndNeedsNoChoice() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        for (offered, chosen) in [(["h2", "http/1.1"], "http/1.1"), (["http/1.1", "h2"], "http/1.1"), ([], "")] {
            var options = certificates.client()
            options.protocols = offered
            let client = try connect(server, options)
            #expect(client.tls?.applicationProtocol == chosen)
            client.send(Self.request)
            #expect(try client.readAnswer().status == 200)
        }
    }

    @Test(arguments: [["h2"], ["http/1.0", "h2", "http/1.12"], ["x"]])
    func refusesOtherProtocolsByAlert(_ offered: [String]) async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        var options = certificates.client()
        options.protocols = offered
        let error = try #require(throws: WireError.self) { try connect(server, options) }
        #expect(error.description.contains("no application protocol"), "\(error)")
        #expect(eventually { handshakes(server, .mismatch) == 1 })
    }

    @Test func doesNotRenegotiate() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        var options = certificates.client()
        options.versions = .tls12 ... .tls12
        let client = try connect(server, options)
        #expect(try #require(client.tls).renegotiate() == false)
        #expect(handshakes(server, .completed) == 1)
    }

    @Test(arguments: [WireTLS.Version.tls12, WireTLS.Version.tls13])
    func resumesByTicket(_ version: WireTLS.Version) async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        var options = certificates.client()
        options.versions = version...version
        let first = try connect(server, options)
        first.send(Self.request)
        // Tickets of TLS 1.3 come with the first answer.
        #expect(try first.readAnswer().status == 200)
        let ticket = try #require(first.tls?.ticket)
        first.close()
        let second = try WireClient(port: server.server.port)
        try second.startTLS(options, resuming: ticket)
        second.send(Self.request)
        #expect(try second.readAnswer().status == 200)
        #expect(second.tls?.wasResumed == true)
        // New files, new keys of tickets.
        try server.server.reloadTLS()
        let third = try WireClient(port: server.server.port)
        try third.startTLS(options, resuming: ticket)
        #expect(third.tls?.wasResumed == false)
    }

    // MARK: Clients' certificates

    @Test(arguments: [WireTLS.Version.tls12, WireTLS.Version.tls13])
    func aRequiredCertificateMustBeGood(_ version: WireTLS.Version) async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(clients: .require))
        for name in [nil, "foreign", "expired"] {
            var options = certificates.client(name)
            options.versions = version...version
            // A client of TLS 1.3 has done its part before the server has looked: it learns by the alert.
            let error = try #require(throws: WireError.self) {
                let client = try connect(server, options)
                client.send(Self.request)
                _ = try client.readAnswer()
            }
            #expect(!error.description.contains("in time"), "\(name ?? "none"): \(error)")
        }
        #expect(eventually { handshakes(server, .certificate) == 3 })
        #expect(handshakes(server, .completed) == 0)
        var options = certificates.client("client")
        options.versions = version...version
        let good = try connect(server, options)
        good.send("GET /who HTTP/1.1\r\nHost: a\r\n\r\nPOST /whoqueued HTTP/1.1\r\nHost: a\r\n\r\n")
        let who = "CN=loans,O=Test|loans.bank.example|spiffe://bank/loans|32"
        #expect(try good.readAnswer().text == who)
        #expect(try good.readAnswer().text == who)
        #expect(handshakes(server, .completed) == 1)
    }

    @Test func aRequestedCertificateMayBeMissingButNotBad() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(clients: .request))
        let without = try connect(server, certificates.client())
        without.send("GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try without.readAnswer().text == "nobody")
        let with = try connect(server, certificates.client("client"))
        with.send("GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try with.readAnswer().text.hasPrefix("CN=loans"))
        #expect(throws: WireError.self) {
            let client = try connect(server, certificates.client("foreign"))
            client.send(Self.request)
            _ = try client.readAnswer()
        }
        #expect(eventually { handshakes(server, .certificate) == 1 })
    }

    @Test func certificatesAreNotAskedForWhenOff() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try connect(server, certificates.client("foreign"))
        client.send("GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readAnswer().text == "nobody")
    }

    /// Who has to prove who he is does so on each connection.
    @Test func aClientWithACertificateIsGivenNoTicket() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(clients: .require))
        let first = try connect(server, certificates.client("client"))
        first.send(Self.request)
        #expect(try first.readAnswer().status == 200)
        let ticket = try #require(first.tls?.ticket)
        let second = try WireClient(port: server.server.port)
        try second.startTLS(certificates.client("client"), resuming: ticket)
        #expect(second.tls?.wasResumed == false)
    }

    // MARK: Ends

    @Test func anUnfinishedHandshakeEndsWithTheTimeOfAHead() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(), limits: { $0.headTime = .milliseconds(300) })
        let silent = try WireClient(port: server.server.port)
        let begun = try WireClient(port: server.server.port)
        // The beginning of a ClientHello, byte by byte.
        begun.send([22, 3, 1, 2, 0, 1, 0], inPiecesOf: 1)
        #expect(try silent.isClosedByPeer())
        #expect(try begun.isClosedByPeer())
        #expect(handshakes(server, .timeout) == 2)
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
    }

    @Test func whoLeavesInTheHandshakeIsCounted() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try WireClient(port: server.server.port)
        client.send([22, 3, 1])
        client.close()
        #expect(eventually { handshakes(server, .aborted) == 1 })
        var options = certificates.client()
        options.authority = certificates.certificate("stranger")
        #expect(throws: WireError.self) { try connect(server, options) }
        #expect(eventually { handshakes(server, .rejected) == 1 })
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
    }

    @Test func clearTextIsToldThatThisIsTLS() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try WireClient(port: server.server.port)
        client.send(Self.request)
        let answer = try client.readAnswer()
        #expect(answer.status == 400)
        #expect(answer.field("Connection") == "close")
        #expect(try client.isClosedByPeer())
        let noise = try WireClient(port: server.server.port)
        noise.send("EHLO there\r\n")
        _ = try noise.readToEnd()
        #expect(handshakes(server, .mismatch) == 2)
    }

    @Test func everyOrderlyEndSaysCloseNotify() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(), limits: { $0.idleTime = .milliseconds(1500) })
        for input in [
            "", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n", "GET /health HT\u{1}", "POST /refused HTTP/1.1\r\nHost: a\r\n"
                + "Content-Length: 9999999\r\n\r\nabc",
        ] {
            let client = try connect(server, certificates.client())
            client.send(input)
            _ = try client.readToEnd()
            #expect(client.tls?.sawCloseNotify == true, "\(input)")
        }
    }

    /// Without the client's close_notify the end of the connection is an end all the same.
    @Test func anEndWithoutCloseNotifyIsAnEnd() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try connect(server, certificates.client())
        client.send("GET /bigqueued?300000 HTTP/1.1\r\nHost: a\r\n\r\n")
        shutdown(client.descriptor, SocketFlags.shutdownWriting)
        #expect(try client.readAnswer().body.count == 300_000)
        #expect(try client.isClosedByPeer())
        let cut = try connect(server, certificates.client())
        cut.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        shutdown(cut.descriptor, SocketFlags.shutdownWriting)
        #expect(try cut.readAnswer().status == 400)
    }

    @Test func brokenRecordsEndTheConnection() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try connect(server, certificates.client())
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        let record: [UInt8] = [23, 3, 3, 0, 20] + [UInt8](repeating: 7, count: 20)
        #expect(Glibc.send(client.descriptor, record, record.count, SocketFlags.noSignal) == record.count)
        #expect(eventually { server.responder.ended.map(\.record.status) == [499] })
        _ = server.responder.takeHeld()
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
    }

    /// A client that takes its answer slowly but steadily is not one that takes nothing, even if libevent has one write
    /// of OpenSSL open all the time.
    @Test func aSlowReaderKeepsItsConnection() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(), limits: { $0.writeStallTime = .seconds(2) })
        let client = try WireClient(port: server.server.port, receiveBuffer: 64 << 10)
        try client.startTLS(certificates.client())
        client.send("GET /bigqueued?30000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        let begin = ContinuousClock.now
        var total = 0
        while ContinuousClock.now - begin < .seconds(5) {
            let count = client.tls?.read(&piece, 16_000) ?? 0
            try #require(count > 0, "cut off after \(total) bytes: \(errno)")
            total += count
            // A pace, not a wait for something: the slow client is what is tested.
            usleep(2000)
        }
        while let count = client.tls?.read(&piece, piece.count), count > 0 { total += count }
        #expect(total > 30_000_000)
    }

    @Test func inputSentAheadIsBounded() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer())
        let client = try connect(server, certificates.client())
        client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.heldCount == 1 })
        // Sends until nothing is taken for this long; without a bound the server would swallow it all.
        var limit = timeval(tv_sec: 0, tv_usec: 400_000)
        setsockopt(client.descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let piece = [UInt8](repeating: UInt8(ascii: "\r"), count: 16_000)
        var total = 0
        while total < 64 << 20, let count = client.tls?.write(piece, piece.count), count > 0 { total += count }
        #expect(total < 64 << 20)
        #expect(server.server.statistics().bytesIn <= (256 << 10) + 100)
        client.reset()
        #expect(eventually { server.responder.ended.map(\.record.status) == [499] })
        _ = server.responder.takeHeld()
    }

    @Test func aDrainDoesNotWaitForAHandshake() async throws {
        let certificates = try await TestCertificates.get()
        let server = try start(certificates.offer(), limits: { $0.headTime = .seconds(200) })
        let silent = try WireClient(port: server.server.port)
        #expect(eventually { server.server.statistics().connectionsOpen == 1 })
        // It would end the handshake at its deadline; the client would wait less long for the end.
        server.server.drain(by: .now + .seconds(120))
        #expect(try silent.isClosedByPeer())
    }

    @Test func manyConnectionsComeAndGo() async throws {
        let certificates = try await TestCertificates.get()
        let server = try WireTransport.$current.withValue(.tls(certificates.offer())) { try ServerUnderTest(loops: 2) }
        for round in 0..<60 {
            let client = try server.connect()
            client.send("GET /queued HTTP/1.1\r\nHost: a\r\n\r\nGET /bigqueued?300000 HTTP/1.1\r\nHost: a\r\n\r\n")
            switch round % 4 {
            case 0: client.reset()
            case 1: client.close()
            case 2: Glibc.shutdown(client.descriptor, SocketFlags.shutdownBoth)
            default:
                #expect(try client.readAnswer().status == 200)
                #expect(try client.readAnswer().body.count == 300_000)
            }
        }
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
        #expect(server.server.statistics().requestsInFlight == 0)
        #expect(handshakes(server, .completed) == 60)
    }
}
