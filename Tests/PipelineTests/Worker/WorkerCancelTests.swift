import Foundation
import Observability
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// A cancelled run gives its place back at once, and the next document finds a warm worker.
    @Suite struct WorkerCancelTests {
        @Test func aCancelFreesThePlaceAtOnce() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            print("seed \(seed)")
            var random = SeededRandom(seed)
            let reading = try Reading { $0.spares = 1 }
            reading.pool.start()
            let clock = ContinuousClock()
            var delays: [Double] = []
            for _ in 0..<30 {
                try await eventually("warm workers", within: .seconds(60)) { reading.pool.idle == 2 }
                let token = CancellationToken()
                async let result = reading.text(of: fixture("scan.pdf"), cancellation: token)
                try await eventually("the worker is busy", every: .milliseconds(1)) { reading.pool.busy == 1 }
                // Wherever in its work that may be.
                try await Task.sleep(for: .microseconds(Int(random.next() % 150_000)))
                let start = clock.now
                token.cancel(.requested)
                let outcome = await result
                #expect(reading.pool.busy == 0)
                let delay = start.duration(to: clock.now) / .milliseconds(1)
                guard case .failure(let error) = outcome else { continue }  // It was done just before.
                #expect(error.code == .clientClosedRequest)
                #expect(reading.pool.idle == 1, "the spare one is warm")
                delays.append(delay)
            }
            delays.sort()
            let shown = [0, delays.count / 2, delays.count * 9 / 10, delays.count - 1].map { delays[$0] }
            print("cancel to free place, ms: min, median, p90, max of \(delays.count): \(shown)")
            #expect(delays.count >= 20)
            #expect(delays[delays.count / 2] < 100)
            try await eventually("all that were killed are gone") { reading.pool.processIDs.count == 2 }
        }

        @Test func aSpareWorkerTakesTheNextDocument() async throws {
            let reading = try Reading { $0.spares = 1 }
            reading.pool.start()
            try await eventually("warm workers") { reading.pool.idle == 2 }
            let before = Set(reading.pool.processIDs)
            let token = CancellationToken()
            async let first = reading.text(of: fixture("scan.pdf"), cancellation: token)
            try await eventually("the worker is busy", every: .milliseconds(1)) { reading.pool.busy == 1 }
            token.cancel(.requested)
            _ = await first
            async let second = reading.code(of: fixture("scan.pdf"))
            try await eventually("the spare is at work", every: .milliseconds(1)) { reading.pool.busy == 1 }
            #expect(reading.events.filter { if case .ready = $0 { true } else { false } }.count <= before.count + 1)
            #expect(await second == nil)
        }

        @Test func aDocumentAloneUsesAllWorkers() async throws {
            let reading = try Reading(count: 2)
            reading.pool.start()
            // A page may be read sooner than a second worker has started.
            try await eventually("warm workers") { reading.pool.idle == 2 }
            // Its pages are read within milliseconds: who looks all the time sees both at work in one of ten turns.
            let pool = reading.pool
            let watcher = Task.detached {
                while !Task.isCancelled {
                    if pool.busy == 2 { return true }
                    await Task.yield()
                }
                return false
            }
            for _ in 0..<10 { #expect(await reading.code(of: fixture("two-pages-g4.tiff")) == nil) }
            watcher.cancel()
            #expect(await watcher.value)
            #expect(reading.pool.busy == 0)
        }
    }
}

/// Who is next in the pool: no worker is needed to decide that.
@Suite struct WorkerPlacesTests {
    private func waiter(_ share: DocumentShare, isInteractive: Bool = false) -> WorkerPlaces.Waiter {
        WorkerPlaces.Waiter(cell: WaitCell(), isInteractive: isInteractive, share: share)
    }

    private func isGranted(_ waiter: WorkerPlaces.Waiter) -> Bool {
        if case .vacancy = waiter.cell.wait(by: .after(.zero)) { true } else { false }
    }

    @Test func aShortDocumentDoesNotWaitForALongOne() {
        var places = WorkerPlaces(count: 2, spares: 0)
        let (long, short) = (DocumentShare(), DocumentShare())
        let pages = (0..<5).map { _ in waiter(long) }
        for page in pages { places.ask(page) }
        #expect(pages.map(isGranted) == [true, true, false, false, false], "alone it has all of them")
        let other = waiter(short)
        places.ask(other)
        places.vacate(long)
        #expect(isGranted(other) && !isGranted(pages[2]), "the one with fewer workers is next")
        places.vacate(long)
        #expect(isGranted(pages[2]))
        places.vacate(short)
        #expect(isGranted(pages[3]))
    }

    @Test func theInteractiveGoAhead() {
        var places = WorkerPlaces(count: 1, spares: 0)
        let running = DocumentShare()
        places.ask(waiter(running))
        let (batch, interactive) = (waiter(DocumentShare()), waiter(DocumentShare(), isInteractive: true))
        places.ask(batch)
        places.ask(interactive)
        places.vacate(running)
        #expect(isGranted(interactive) && !isGranted(batch))
    }

    @Test func aWaiterThatHasGivenUpIsPassedOver() {
        var places = WorkerPlaces(count: 1, spares: 1)
        let running = DocumentShare()
        places.ask(waiter(running))
        let (gone, next) = (waiter(DocumentShare()), waiter(DocumentShare()))
        places.ask(gone)
        places.ask(next)
        gone.cell.deliver(.abandoned)
        places.vacate(running)
        #expect(isGranted(next))
        #expect(places.waiting == 0 && places.busy == 1)
    }

    /// More than `count` never work, whatever spares there are, and a start under way is waited for.
    @Test func sparesAreNoMoreHands() {
        var places = WorkerPlaces(count: 1, spares: 1)
        #expect(places.beginStart() && places.beginStart() && !places.beginStart())
        let (share, first) = (DocumentShare(), waiter(DocumentShare()))
        places.ask(first)
        #expect(!isGranted(first), "two are being started")
        places.endStart(nil)
        places.endStart(nil)
        #expect(isGranted(first), "neither came up: it starts its own")
        let second = waiter(share)
        places.ask(second)
        #expect(!isGranted(second))
    }
}
