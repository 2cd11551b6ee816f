internal import Dispatch
internal import Observability
internal import Synchronization

/// `text`: the text of every page, from its text layer or read from its picture, as many pages at a time as there are
/// workers.
struct TextStage {
    var pool: DocumentWorkerPool
    /// Runs the pages beyond the first; concurrent.
    var queue: DispatchQueue

    /// The text in page order. `pageDone` is called after each page, one call at a time, with the pages done so far.
    ///
    /// - Throws: the first page's `ServiceError`; the other pages are stopped.
    func run(
        _ document: OpenDocument, _ outline: DocumentOutline, _ turn: DocumentWorkerPool.Turn,
        pageDone: @escaping @Sendable (Int) -> Void
    ) throws(ServiceError) -> DocumentText {
        let reading = DocumentReading(pool: pool, document: document, outline: outline, turn: turn, pageDone: pageDone)
        return try turn.cancellation.whileCancellable(onCancel: { reading.stop($0) }) {
            for _ in 1..<max(1, min(reading.pictures, pool.settings.count)) {
                queue.async { reading.work() }
            }
            reading.work()
            return reading.result()
        }.get()
    }
}

/// The pages of one document, shared by the threads that read them.
private final class DocumentReading: Sendable {
    private struct State {
        var texts: [PageText?]
        var waiting: [Int]
        var done = 0
        var failure: ServiceError?
    }

    let pictures: Int
    private let pool: DocumentWorkerPool
    private let document: OpenDocument
    private let outline: DocumentOutline
    private let turn: DocumentWorkerPool.Turn
    private let pageDone: @Sendable (Int) -> Void
    private let state: Mutex<State>
    private let finished = WaitCell<Bool>()

    init(
        pool: DocumentWorkerPool, document: OpenDocument, outline: DocumentOutline, turn: DocumentWorkerPool.Turn,
        pageDone: @escaping @Sendable (Int) -> Void
    ) {
        self.pool = pool
        self.document = document
        self.outline = outline
        self.pageDone = pageDone
        // A token of our own: the failure of one page stops the others, not the run's other work.
        self.turn = DocumentWorkerPool.Turn(
            deadline: turn.deadline, isInteractive: turn.isInteractive, cancellation: CancellationToken(),
            share: turn.share)
        var state = State(texts: [], waiting: [])
        for (index, page) in outline.pages.enumerated() {
            switch page {
            case .text(let text):
                state.texts.append(text)
                state.done += 1
            case .picture:
                state.texts.append(nil)
                state.waiting.append(index)
            }
        }
        pictures = state.waiting.count
        if pictures == 0 { finished.deliver(true) }
        self.state = Mutex(state)
    }

    func stop(_ reason: CancellationToken.Reason) { turn.cancellation.cancel(reason) }

    /// Takes page after page until there is none left. Any number of threads may do this; the caller's own is one of
    /// them, so that a document makes progress even when no other thread is free.
    func work() {
        while let index = next() {
            do throws(ServiceError) {
                conclude(index, .success(try read(index)))
            } catch {
                conclude(index, .failure(error))
            }
        }
    }

    /// Waits for the pages that other threads have taken.
    func result() -> Result<DocumentText, ServiceError> {
        _ = finished.wait(by: nil)  // Each page has its own deadline.
        let (texts, failure) = state.withLock { ($0.texts, $0.failure) }
        if let failure { return .failure(failure) }
        return .success(DocumentText(pages: texts.compactMap(\.self)))
    }

    private func next() -> Int? {
        state.withLock { state in
            guard state.failure == nil, !state.waiting.isEmpty else { return nil }
            return state.waiting.removeFirst()
        }
    }

    private func read(_ index: Int) throws(ServiceError) -> PageText {
        guard case .picture(let plan) = outline.pages[index] else { preconditionFailure("the page has its text") }
        let order = RecogniseOrder(format: outline.format, page: index + 1, plan: plan)
        let reply = try pool.perform(.recognise(order), document: document.descriptor, turn)
        guard case .page(let packed) = reply, let text = packed.unpacked() else {
            throw ServiceError(.ocrFailed, cause: "a worker answered a page with something else")
        }
        return text
    }

    private func conclude(_ index: Int, _ result: Result<PageText, ServiceError>) {
        let (isLast, isFirstFailure) = state.withLock { state in
            state.done += 1
            var isFirstFailure = false
            switch result {
            case .success(let text):
                state.texts[index] = text
                // Under the lock, so that calls come one at a time and in order.
                pageDone(state.done)
            case .failure(let failure):
                isFirstFailure = state.failure == nil
                if isFirstFailure {
                    state.failure = failure
                    // Nobody takes these any more.
                    state.done += state.waiting.count
                    state.waiting = []
                }
            }
            return (state.done == state.texts.count, isFirstFailure)
        }
        if isFirstFailure { turn.cancellation.cancel(.requested) }
        if isLast { finished.deliver(true) }
    }
}
