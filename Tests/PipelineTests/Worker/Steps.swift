import Synchronization

@testable import Pipeline

/// Collects progress.
final class Steps: Sendable {
    private let steps = Mutex<[Pipeline.Progress]>([])

    var all: [Pipeline.Progress] { steps.withLock { $0 } }

    func append(_ step: Pipeline.Progress) { steps.withLock { $0.append(step) } }
}
