import EventHTTP
import Observability
import Pipeline
import Testing

@testable import IDPServer

struct AccessControlTests {
    private struct OneKey: CallerSource {
        let caller: Caller

        func caller(credential: UnsafeRawBufferPointer, now: UInt64) throws(AuthenticationFailure) -> Caller {
            guard credential.elementsEqual("good".utf8) else { throw .unknown }
            return caller
        }
        func caller(certificate: ClientCertificate, now: UInt64) throws(AuthenticationFailure) -> Caller {
            throw .unknown
        }
        func start() {}
        func reload() {}
        var failure: String? { nil }
    }

    private func outcome(
        _ fields: String, _ scope: Scope? = nil, quota: RequestQuota? = nil
    ) throws -> Result<AdmittedCaller, ServiceError> {
        let caller = Caller(name: "loans", scopes: [.read], quota: quota)
        let access = AccessControl(OneKey(caller: caller), registry: MetricRegistry(exclusiveLanes: 0), now: { 0 })
        return try RequestHead.withParsed("GET /v1/jobs HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") { head in
            do throws(ServiceError) {
                return .success(try access.admit(head, RouteAccess(scope: scope), lane: .shared))
            } catch {
                return .failure(error)
            }
        }
    }

    private func challenge(_ error: ServiceError) -> String? {
        error.answerFields.first { $0.name == "WWW-Authenticate" }?.value
    }

    @Test(arguments: [
        "Authorization: Bearer good\r\n", "authorization: bearer good\r\n", "Authorization: BEARER   good\r\n",
        "X-API-Key: good\r\n", "x-api-key: good\r\n",
    ])
    func aKeyIsTakenInEitherField(_ fields: String) throws {
        #expect(try outcome(fields).get().caller.name == "loans")
    }

    /// What is there and not understood must not be overlooked in favour of something else.
    @Test(arguments: [
        "Authorization: Bearer bad\r\n", "Authorization: Bearer\r\n", "Authorization: Basic good\r\n",
        "Authorization: good\r\n", "Authorization: Basic good\r\nX-API-Key: good\r\n", "X-API-Key: bad\r\n",
        "Authorization: Bearer good good\r\n", "Authorization: \r\n",
    ])
    func whatIsNoGoodKeyIsRefusedWithoutAReason(_ fields: String) throws {
        guard case .failure(let error) = try outcome(fields) else { throw Unexpected("taken: \(fields)") }
        #expect(error.code == .unauthorized)
        #expect(error.message == "The credential is not valid")
        #expect(challenge(error)?.contains("invalid_token") == true)
    }

    @Test func whoSendsNothingIsToldHow() throws {
        guard case .failure(let error) = try outcome("") else { throw Unexpected("taken") }
        #expect(error.code == .unauthorized)
        // RFC 6750, 3.1: no error code where no credential came.
        #expect(challenge(error) == "Bearer realm=\"idp-server\"")
    }

    @Test func aScopeThatIsMissingIsNamed() throws {
        let fields = "X-API-Key: good\r\n"
        #expect(try outcome(fields, .read).get().caller.name == "loans")
        guard case .failure(let error) = try outcome(fields, .submit) else { throw Unexpected("taken") }
        #expect(error.code == .forbidden)
        #expect(challenge(error)?.contains("insufficient_scope\", scope=\"submit\"") == true)
    }

    @Test func theRateIsCountedAndTold() throws {
        let quota = RequestQuota(try #require(QuotaPolicy("2/1h")))
        let fields = "X-API-Key: good\r\n"
        let first = try outcome(fields, quota: quota).get()
        #expect(first.rateFields.map(\.name) == ["RateLimit-Policy", "RateLimit"])
        #expect(first.rateFields[0].value == "\"default\";q=2;w=3600")
        #expect(first.rateFields[1].value == "\"default\";r=1;t=3600")
        // Who may not do it is counted too: asking costs.
        guard case .failure(let forbidden) = try outcome(fields, .submit, quota: quota) else { throw Unexpected("") }
        #expect(forbidden.code == .forbidden && forbidden.answerFields.count == 3)
        guard case .failure(let error) = try outcome(fields, quota: quota) else { throw Unexpected("taken") }
        #expect(error.code == .rateLimited)
        let seconds = try #require(error.retryAfter)
        // Retry-After may not be earlier than `t` says.
        #expect(error.answerFields.last?.value == "\"default\";r=0;t=\(seconds)")
    }

    @Test func runsBelongToTheirCaller() {
        let loans = Caller(name: "loans", scopes: [.read])
        #expect(loans.mayTouch(runOf: "loans"))
        #expect(!loans.mayTouch(runOf: "other"))
        #expect(!loans.mayTouch(runOf: nil))
        let operatorCaller = Caller(name: "operator", scopes: [.read, .allRuns])
        #expect(operatorCaller.mayTouch(runOf: "loans") && operatorCaller.mayTouch(runOf: nil))
    }

    /// A route that was forgotten would be open to whoever has any key.
    @Test func everyRouteOfRunsNeedsAScopeAndOnlyOthersCanBeOpened() throws {
        let settings = try Settings.load(environment: ["IDP_PROBE": "true"])
        for route in RouteDescription.served(by: settings.front) {
            let isOfRuns = route.template.hasPrefix("/v1/") || route.template.hasPrefix("/-/")
            #expect((route.access.scope != nil) == (isOfRuns || route.template == "/metrics"), "\(route.template)")
            #expect(route.access.isExemptible == !isOfRuns, "\(route.template)")
        }
    }

    /// A caller who may have one job waiting is refused the next, and keeps nobody else out.
    @Test func aShareOfTheQueueIsTheCallersOwn() async throws {
        let gate = Gate()
        let bench = try RunBench(environment: ["IDP_WORKERS": "1"]) { request throws(ServiceError) in
            try gate.pass(request.cancellation)
            return .sample()
        }
        try bench.service.start()
        func submit(_ caller: String) async throws -> RunRecord {
            try await bench.submit {
                $0.caller = caller
                $0.share = caller
                $0.waitingMax = 1
            }
        }
        _ = try await submit("a")
        await gate.arrivals(1)
        _ = try await submit("a")
        await #expect(throws: ServiceError.self) { _ = try await submit("a") }
        #expect(throws: ServiceError.self) {
            try bench.service.arrival(of: .job, share: "a", waitingMax: 1, key: { nil })
        }
        _ = try bench.service.arrival(of: .job, share: "b", waitingMax: 1, key: { nil })
        _ = try await submit("b")
        #expect(try bench.service.list(RunFilter(caller: "a")).runs.count == 2)
        #expect(try bench.service.list(RunFilter(caller: "b")).runs.count == 1)
        #expect(try bench.service.list(RunFilter(caller: "nobody")).runs.isEmpty)
        gate.open()
    }
}
