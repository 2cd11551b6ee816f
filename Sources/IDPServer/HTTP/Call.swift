internal import EventHTTP
internal import Foundation
internal import Observability

/// One request on its queue: what came, and the one answer that it gets.
final class Call: Sendable {
    let request: Request
    let context: RequestContext
    private let exchange: Exchange

    init(request: Request, context: RequestContext, exchange: Exchange) {
        self.request = request
        self.context = context
        self.exchange = exchange
    }

    /// Runs the endpoint's handler, and answers with the error that it throws. On a worker of the request queue.
    func run() {
        guard case .queued(_, let handle) = context.endpoint.handler else {
            preconditionFailure("only queued endpoints are accepted")
        }
        do throws(ServiceError) {
            try handle(self)
        } catch {
            fail(error)
        }
    }

    /// The path's first variable segment, as text.
    var pathVariable: String? { pathVariable(0) }

    /// A variable segment of the path, counted from 0, as text; nil when the route has fewer.
    func pathVariable(_ index: Int) -> String? {
        request.withHead { head in
            context.endpoint.template.variable(index, in: head.path).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The run that the path names with its first variable segment. An id of another shape than ours was never given
    /// out: not found.
    func runID() throws(ServiceError) -> RunID {
        guard let text = pathVariable, let id = RunID(text.lowercased()) else { throw ServiceError(.jobNotFound) }
        context.runID = id
        return id
    }

    /// The run that the path names with its first variable segment, if the caller may touch it: of another's, and of
    /// one that is not there, he hears the same. Reads the store where authentication is on.
    ///
    /// - Throws: `JOB_NOT_FOUND`, `JOB_EXPIRED`, `STORAGE_FAILED`.
    func ownRunID(in runs: RunService) throws(ServiceError) -> RunID {
        let id = try runID()
        guard let caller = context.caller else { return id }
        let owner = try runs.record(for: id).caller
        guard caller.mayTouch(runOf: owner) else {
            throw ServiceError(.jobNotFound, cause: "\(caller.name) asked for a run of another caller")
        }
        return id
    }

    /// Answers. Once; from any thread.
    func reply(_ response: Response) {
        var response = response
        response.fields.append((name: "X-Request-ID", value: context.requestID))
        response.fields.append((name: "X-Content-Type-Options", value: "nosniff"))
        // What is told of a run is its caller's: no cache on the way keeps it.
        if !response.fields.contains(where: { $0.name == "Cache-Control" }) {
            response.fields.append((name: "Cache-Control", value: "no-store"))
        }
        if let admitted = context.admitted {
            for field in admitted.rateFields { response.fields.append((name: field.name, value: field.value)) }
        }
        exchange.reply(response)
    }

    /// Answers with JSON.
    func reply(_ status: Int, fields: [(String, String)] = [], json: some Encodable) {
        guard let body = encoded(json) else { return }
        reply(Response(status: status, fields: [("Content-Type", "application/json")] + fields, body: .bytes(body)))
    }

    /// A value as JSON; nil if it could not be encoded, and then the call has been answered with that.
    func encoded(_ value: some Encodable) -> [UInt8]? {
        do {
            return Array(try JSONEncoder.wire.encode(value))
        } catch {
            fail(ServiceError(.internalProcessingError, cause: "an answer could not be encoded: \(error)"))
            return nil
        }
    }

    /// Answers with an error in the shape that the caller asked for.
    func fail(_ error: ServiceError, runID: RunID? = nil, fields: [(String, String)] = []) {
        if let runID { context.runID = runID }
        context.error = error
        let answer = httpError(
            error, requestID: context.requestID, runID: context.runID?.description, traceID: context.trace?.traceID,
            format: request.withHead { $0.errorFormat }, instance: request.path)
        reply(
            Response(
                status: answer.status, fields: answer.fields.map { ($0.name, $0.value) } + fields,
                body: .bytes(answer.body)))
    }

    /// Calls `handler` once if the client goes away before its answer.
    func onClientGone(_ handler: @escaping @Sendable () -> Void) {
        exchange.onClientGone(handler)
    }
}

extension JSONEncoder {
    /// The one way JSON goes out: stable key order, slashes as they are.
    static var wire: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
