import Dispatch
import EventHTTP
import Observability
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// One render serves all who wait, and never one who came after it had begun.
struct ScrapeRendererTests {
    private final class Seen: Sendable {
        let scrapes = Atomic<Int>(0)
        let delivered = Atomic<Int>(0)
    }

    @Test func scrapersThatWaitTogetherShareARender() async throws {
        let registry = MetricRegistry(exclusiveLanes: 0)
        let seen = Seen()
        let gate = DispatchGroup()
        gate.enter()
        registry.onScrape {
            // The first render is held until all have come.
            if seen.scrapes.add(1, ordering: .relaxed).newValue == 1 { gate.wait() }
        }
        registry.counter("c_total", help: "C.").increment()
        let renderer = ScrapeRenderer(registry)
        let deliver: ScrapeRenderer.Delivery = { _ in seen.delivered.add(1, ordering: .relaxed) }
        renderer.render(.text, deliver: deliver)
        try await eventually("the first render begins") { seen.scrapes.load(ordering: .relaxed) == 1 }
        for _ in 0..<5 { renderer.render(.text, deliver: deliver) }
        for _ in 0..<3 { renderer.render(.openMetrics, deliver: deliver) }
        gate.leave()
        try await eventually("all are delivered") { seen.delivered.load(ordering: .relaxed) == 9 }
        #expect(seen.scrapes.load(ordering: .relaxed) == 3)
        // One that comes later gets numbers of its own.
        renderer.render(.text, deliver: deliver)
        try await eventually("the last is delivered") { seen.delivered.load(ordering: .relaxed) == 10 }
        #expect(seen.scrapes.load(ordering: .relaxed) == 4)
    }
}
