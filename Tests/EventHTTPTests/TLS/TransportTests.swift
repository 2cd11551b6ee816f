import EventHTTP
import TLSClient
import TestSupport
import Testing

/// The other suites over TLS and over a Unix-domain socket: what holds for clear text on TCP holds there too.
@Suite struct TransportTests {
    /// One test of another suite.
    struct Borrowed: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var run: @Sendable () throws -> Void

        init(_ name: String, _ run: @escaping @Sendable () throws -> Void) {
            testDescription = name
            self.run = run
        }
    }

    static func overTLS(_ body: () throws -> Void) async throws {
        let certificates = try await TestCertificates.get()
        try WireTransport.$current.withValue(.tls(certificates.offer()), operation: body)
    }

    // MARK: The gate

    @Test(arguments: GateVector.all, [true, false]) func vectorsOverTLS(_ vector: GateVector, lane: Bool) async throws {
        try await Self.overTLS { try GateWireTests().answers(vector, lane: lane) }
    }

    /// Each byte in a record of its own.
    @Test(arguments: GateVector.all) func vectorsOverTLSByteByByte(_ vector: GateVector) async throws {
        try await Self.overTLS { try GateWireTests().answersByteByByte(vector) }
    }

    @Test(arguments: [3, 19]) func vectorsOverTLSInPieces(_ size: Int) async throws {
        try await Self.overTLS { try GateWireTests().answersInPieces(size) }
    }

    @Test(arguments: GateVector.all) func vectorsOverAUnixSocket(_ vector: GateVector) throws {
        try WireTransport.$current.withValue(.unix) {
            try GateWireTests().answers(vector, lane: true)
            try GateWireTests().answersByteByByte(vector)
        }
    }

    // MARK: Everything else

    static let lifetime: [Borrowed] = {
        let tests = LifetimeWireTests()
        return [
            Borrowed("aSlowHeadIsAnswered408") { try tests.aSlowHeadIsAnswered408() },
            Borrowed("bytesThatTrickle") { try tests.bytesThatTrickleDoNotExtendTheHeadTime() },
            Borrowed("aSilentConnection") { try tests.aSilentConnectionIsClosedWithoutAWord() },
            Borrowed("emptyLines") { try tests.emptyLinesDoNotExtendTheIdleTime() },
            Borrowed("aSlowBody") { try tests.aSlowBodyIsAnswered408() },
            Borrowed("aHandlerThatDoesNotAnswer") { try tests.aHandlerThatDoesNotAnswerIsAnswered504() },
            Borrowed("aClientThatTakesNothing, queued") {
                try tests.aClientThatTakesNothingIsReset("/bigqueued?20000000")
            },
            Borrowed("aClientThatTakesNothing, inline") { try tests.aClientThatTakesNothingIsReset("/big?20000000") },
            Borrowed("aReset") { try tests.aResetCancelsTheRequest() },
            Borrowed("aClosedClient") { try tests.aClosedClientIsFoundOutByAProbe() },
            Borrowed("aHalfClosedClient") { try tests.aHalfClosedClientGetsItsAnswerAfterTheProbe() },
            Borrowed("aHalfClosedClientGetsTenMegabytes, queued") {
                try tests.aHalfClosedClientGetsTenMegabytes("/bigqueued?10485760")
            },
            Borrowed("aHalfClosedClientGetsTenMegabytes, inline") {
                try tests.aHalfClosedClientGetsTenMegabytes("/big?10485760")
            },
            Borrowed("aBodyThatEndsEarly") { try tests.aBodyThatEndsEarlyIsRefused() },
            Borrowed("aDroppedExchange") { try tests.aDroppedExchangeIsAnswered500() },
            Borrowed("everyAcceptedRequest") { try tests.everyAcceptedRequestEndsOnce() },
            Borrowed("aDrain") { try tests.aDrainWaitsForOpenRequests() },
            Borrowed("aDrainAtItsDeadline") { try tests.aDrainEndsWhatIsLeftAtItsDeadline() },
            Borrowed("stopping") { try tests.stoppingEndsOpenRequests() },
        ]
    }()

    @Test(arguments: lifetime) func lifetimeOverTLS(_ test: Borrowed) async throws {
        try await Self.overTLS(test.run)
    }

    @Test(arguments: lifetime) func lifetimeOverAUnixSocket(_ test: Borrowed) throws {
        try WireTransport.$current.withValue(.unix, operation: test.run)
    }

    static let uploads: [Borrowed] = {
        let tests = UploadWireTests()
        return [
            Borrowed("continueIsSaid") { try tests.continueIsSaidOnlyWhenTheBodyIsWanted() },
            Borrowed("aRefusalCanBeRead") { try tests.aRefusalCanBeReadByAClientThatSendsOn() },
            Borrowed("theDrainAfterARefusalEnds") { try tests.theDrainAfterARefusalEnds() },
            Borrowed("aChunkedBodyIsCounted") { try tests.aChunkedBodyIsCounted() },
            Borrowed("aLargeBodyIsHashed, 1000") { try tests.aLargeBodyIsHashed(1000) },
            Borrowed("aLargeBodyIsHashed, 70000") { try tests.aLargeBodyIsHashed(70_000) },
            Borrowed("aLargeBodyIsHashed, 1 MiB") { try tests.aLargeBodyIsHashed(1 << 20) },
            Borrowed("aFormArrives") { try tests.aFormArrives() },
            Borrowed("whatIsWrongWithAForm") { try tests.whatIsWrongWithAFormIsSaid() },
            Borrowed("anAbortedUpload") { try tests.anAbortedUploadLeavesNothing() },
            Borrowed("memoryStaysBounded") { try tests.memoryStaysBoundedWhateverTheSize() },
            Borrowed("aStreamIsSentInChunks") { try tests.aStreamIsSentInChunks() },
            Borrowed("aStreamToHTTP10") { try tests.aStreamToHTTP10EndsWithTheConnection() },
            Borrowed("aStreamLearns") { try tests.aStreamLearnsThatNobodyReads() },
        ]
    }()

    @Test(arguments: uploads) func uploadsOverTLS(_ test: Borrowed) async throws {
        try await Self.overTLS(test.run)
    }

    /// But for the aborted ones: a Unix-domain socket knows no reset.
    @Test(arguments: uploads.filter { $0.testDescription != "anAbortedUpload" })
    func uploadsOverAUnixSocket(_ test: Borrowed) throws {
        try WireTransport.$current.withValue(.unix, operation: test.run)
    }

    static let answers: [Borrowed] = {
        let tests = GateWireTests()
        return [
            Borrowed("theResponderSeesTheHead") { try tests.theResponderSeesTheHead() },
            Borrowed("headSaysTheLengthOfGet") { try tests.headSaysTheLengthOfGet() },
            Borrowed("pipelinedAnswersKeepTheirOrder") { try tests.pipelinedAnswersKeepTheirOrder() },
        ]
    }()

    @Test(arguments: answers) func answersOverTLS(_ test: Borrowed) async throws {
        try await Self.overTLS(test.run)
    }

    @Test(arguments: LaneTests.requests) func bothLanesGiveTheSameBytesOverTLS(_ request: String) async throws {
        try await Self.overTLS { try LaneTests().bothLanesGiveTheSameBytes(request) }
    }
}

extension TestCertificates {
    /// TLS with the run's server certificate. The authority is named in any case, so that clients find it.
    func offer(
        _ name: String = "server", clients: TLSConfiguration.ClientCertificates = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificatePath: certificate(name), keyPath: key(name), clientAuthoritiesPath: certificate("authority"),
            clientCertificates: clients)
    }

    /// A client that trusts the run's authority, with a certificate of its own or without.
    func client(_ name: String? = nil) -> WireTLS.Options {
        WireTLS.Options(
            authority: certificate("authority"), certificate: name.map { (certificate($0), key($0)) })
    }
}
