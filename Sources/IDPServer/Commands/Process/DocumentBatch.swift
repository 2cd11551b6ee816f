internal import Dispatch
internal import Observability
internal import Pipeline
internal import Synchronization

/// Judges many documents at a time and hands out their reports in the order of the list, whatever order they end in.
final class DocumentBatch: Sendable {
    private struct State {
        var next = 0
        var ready: [Int: DocumentReport] = [:]
        var delivered = 0
    }

    private let documents: [ListedDocument]
    private let judge: @Sendable (ListedDocument) -> DocumentReport
    private let deliver: @Sendable (DocumentReport) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - judge: judges one document; called on as many threads as `run` is told.
    ///   - deliver: gets each report, one at a time.
    init(
        _ documents: [ListedDocument], judge: @escaping @Sendable (ListedDocument) -> DocumentReport,
        deliver: @escaping @Sendable (DocumentReport) -> Void
    ) {
        self.documents = documents
        self.judge = judge
        self.deliver = deliver
    }

    /// Judges all of them, `width` at a time, and returns when the last report is delivered. Blocks.
    func run(width: Int) {
        let group = DispatchGroup()
        for number in 0..<min(max(1, width), documents.count) {
            // A queue each: these threads block on document workers.
            DispatchQueue(label: "idp.process.\(number)").async(group: group) { self.work() }
        }
        group.wait()
    }

    private func work() {
        while let index = takeNext() {
            let report = judge(documents[index])
            state.withLock { state in
                state.ready[index] = report
                // Under the lock, so that lines keep their order; a report waits for the ones before it.
                while let next = state.ready.removeValue(forKey: state.delivered) {
                    state.delivered += 1
                    deliver(next)
                }
            }
        }
    }

    private func takeNext() -> Int? {
        state.withLock { state in
            guard state.next < documents.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }
}
