import Dependencies
import Foundation
import Observability
import OutboundHTTP

/// What makes one attempt to deliver a callback. Blocks; any thread.
protocol CallbackSending: Sendable {
    /// Tries once; ends early when `cancellation` is cancelled.
    func send(_ event: CallbackEvent, cancellation: CancellationToken) -> CallbackOutcome
}

/// Sends callbacks as Standard Webhooks has it (specification of 2026-08-17): signed, with the time of the attempt and
/// an id that stays the same. Where they may go is judged at the socket, redirects are not followed.
struct CallbackSender: CallbackSending {
    /// One dependency for all receivers: it times, counts and traces attempts. What keeps away from a receiver that is
    /// down is `CallbackEndpoints`, one for each; a breaker for all of them would let one stop the others.
    let client: GuardedClient
    let secrets: CallbackSecrets
    let destinations: DestinationPolicy
    /// How long an attempt may take.
    let timeout: Duration
    /// The wall clock.
    let now: @Sendable () -> Timestamp

    /// An answer's content means nothing; more of it than this is not waited for.
    private static let answerBytesMax = 1 << 20

    /// Callbacks by a client of other services.
    init(
        _ settings: Settings.Callbacks, secrets: CallbackSecrets, http: HTTPClient, telemetry: DependencyTelemetry,
        now: @escaping @Sendable () -> Timestamp
    ) {
        var configuration = Dependency.Configuration(name: "callback")
        configuration.attempts = 1
        configuration.attemptTimeout = settings.timeout
        configuration.breaker.consecutiveFailures = .max
        configuration.breaker.callsMin = .max
        let width = Double(settings.concurrency)
        configuration.limit.initial = width
        configuration.limit.minimum = width
        configuration.limit.maximum = width
        configuration.callsMax = settings.concurrency
        client = GuardedClient(http, Dependency(configuration, telemetry: telemetry))
        self.secrets = secrets
        destinations = settings.destinations
        timeout = settings.timeout
        self.now = now
    }

    func send(_ event: CallbackEvent, cancellation: CancellationToken) -> CallbackOutcome {
        guard let target = CallbackURL(event.url) else {
            return CallbackOutcome(kind: .impossible, word: "invalid_request")
        }
        var options = Dependency.Options("deliver", deadline: .after(timeout))
        options.isRepeatable = false
        options.cancellation = cancellation
        options.parent = event.trace
        if event.attempts > 0 { options.attributes.append(.init("http.request.resend_count", event.attempts)) }
        do {
            let response = try client.send(request(event, target), options) { { _ in } }
            return CallbackOutcome(response, at: now())
        } catch {
            return CallbackOutcome(error, at: now())
        }
    }

    private func request(_ event: CallbackEvent, _ target: CallbackURL) -> HTTPClientRequest {
        let body = event.body
        let seconds = now().milliseconds / 1000
        let id = event.webhookID
        var fields: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", String(seconds)),
            ("webhook-signature", secrets.signature(id: id, seconds: seconds, body: body)),
        ]
        if let authorization = target.authorization { fields.append(("Authorization", authorization)) }
        var request = HTTPClientRequest(
            method: "POST", url: target.url, fields: fields, body: body, timeout: timeout,
            responseLimitBytes: Self.answerBytesMax)
        request.destination = destinations
        return request
    }
}
