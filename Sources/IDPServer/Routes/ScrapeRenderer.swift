internal import Dispatch
internal import EventHTTP
internal import Observability
internal import Synchronization

/// Renders expositions for whoever scrapes, one at a time on a queue of its own, so that a scrape delays neither a loop
/// nor a handler.
///
/// Scrapers that wait at the same moment share one render; it begins after the last of them has come, so none gets
/// numbers from before its request. The text goes out of the memory that it was written into, and that memory is used
/// again for a later scrape.
final class ScrapeRenderer: Sendable {
    /// Gets the text, on the renderer's queue.
    typealias Delivery = @Sendable (SharedBytes) -> Void

    private struct State {
        var waiting: [(format: ExpositionFormat, deliver: Delivery)] = []
        var isRendering = false
        var spare: [TextBuffer] = []
    }

    /// Keeps a buffer while answers are sent from it, then gives it back.
    private final class Text: Sendable {
        let buffer: TextBuffer
        private let renderer: ScrapeRenderer

        init(_ buffer: TextBuffer, _ renderer: ScrapeRenderer) {
            self.buffer = buffer
            self.renderer = renderer
        }

        deinit { renderer.takeBack(buffer) }
    }

    /// Buffers that are kept: one is written while another is sent.
    private static let spareMax = 2

    private let registry: MetricRegistry
    private let queue = DispatchQueue(label: "idp.scrape", qos: .utility)
    private let state = Mutex(State())

    init(_ registry: MetricRegistry) {
        self.registry = registry
    }

    /// Renders an exposition and delivers it, once. From any thread; waits for nothing.
    func render(_ format: ExpositionFormat, deliver: @escaping Delivery) {
        let mustStart = state.withLock { state in
            state.waiting.append((format, deliver))
            defer { state.isRendering = true }
            return !state.isRendering
        }
        if mustStart { queue.async { self.renderAll() } }
    }

    /// Runs on the queue until nobody waits.
    private func renderAll() {
        while let (format, deliveries) = nextRound() {
            let text = Text(state.withLock { $0.spare.popLast() } ?? TextBuffer(), self)
            registry.render(format, into: text.buffer)
            let shared = SharedBytes(text.buffer.bytes, owner: text)
            for deliver in deliveries { deliver(shared) }
        }
    }

    /// All that wait for the format of the first of them.
    private func nextRound() -> (ExpositionFormat, [Delivery])? {
        state.withLock { state in
            guard let format = state.waiting.first?.format else {
                state.isRendering = false
                return nil
            }
            let deliveries = state.waiting.filter { $0.format == format }.map(\.deliver)
            state.waiting.removeAll { $0.format == format }
            return (format, deliveries)
        }
    }

    private func takeBack(_ buffer: TextBuffer) {
        buffer.clear()
        state.withLock { state in
            if state.spare.count < Self.spareMax { state.spare.append(buffer) }
        }
    }
}
