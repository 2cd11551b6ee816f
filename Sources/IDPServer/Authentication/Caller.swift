internal import Observability

/// Somebody who has proved who he is, as one request sees him.
final class Caller: Sendable {
    /// As it stands in the store, in logs and beside his runs: a key's name, or `jwt:` and what the token says. Never
    /// an applicant.
    let name: String
    let scopes: Set<Scope>
    /// Nil: as many requests as he likes.
    let quota: RequestQuota?
    /// Most jobs that he may have waiting; nil: as many as anybody.
    let waitingMax: Int?

    init(name: String, scopes: Set<Scope>, quota: RequestQuota? = nil, waitingMax: Int? = nil) {
        self.name = name
        self.scopes = scopes
        self.quota = quota
        self.waitingMax = waitingMax
    }

    /// Whether he may see and change a run of that caller; nil is nobody's, from before authentication.
    func mayTouch(runOf owner: String?) -> Bool { owner == name || scopes.contains(.allRuns) }
}
