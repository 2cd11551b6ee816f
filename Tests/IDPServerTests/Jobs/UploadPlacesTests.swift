import Synchronization
import Testing

@testable import IDPServer

@Suite struct UploadPlacesTests {
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        let seconds = Mutex(0.0)
        var now: ContinuousClock.Instant { start + .seconds(seconds.withLock { $0 }) }
        func move(to seconds: Double) { self.seconds.withLock { $0 = seconds } }
    }

    @Test func countsWhatIsOnItsWayAndForgetsWhatIsLetGo() {
        let places = UploadPlaces()
        var held = [places.take(), places.take()]
        #expect(places.count == 2)
        held.removeLast()
        #expect(places.count == 1)
        held = []
        #expect(places.count == 0)
    }

    /// Else a few clients who send a byte a second would keep everybody out.
    @Test func aSlowUploadCountsForAWhileOnly() {
        let clock = Clock()
        let places = UploadPlaces(now: { clock.now })
        var slow = [places.take()]
        clock.move(to: 9)
        #expect(places.count == 1)
        clock.move(to: 11)
        let later = places.take()
        #expect(places.count == 2)
        clock.move(to: 21)
        #expect(places.count == 1)
        slow = []
        #expect(places.count == 1)
        withExtendedLifetime(later) {}
        clock.move(to: 500)
        #expect(places.count == 0)
        #expect(slow.isEmpty)
    }

    @Test func aPlaceIsGivenBackToThePeriodItWasTakenIn() {
        let clock = Clock()
        let places = UploadPlaces(now: { clock.now })
        var first = [places.take()]
        clock.move(to: 12)
        let second = places.take()
        first = []
        #expect(places.count == 1)
        #expect(first.isEmpty)
        withExtendedLifetime(second) {}
    }
}

@Suite struct AvailableMemoryTests {
    @Test func readsTheKernelsFiles() throws {
        #expect(AvailableMemory.machineBytes("MemTotal: 100 kB\nMemAvailable:    42 kB\n") == 42 * 1024)
        #expect(AvailableMemory.machineBytes("MemTotal: 100 kB\n") == nil)
        #expect(AvailableMemory.groupBytes(limit: "1000\n", used: "300\n") == 700)
        #expect(AvailableMemory.groupBytes(limit: "1000\n", used: "3000\n") == 0)
        #expect(AvailableMemory.groupBytes(limit: "max\n", used: "300\n") == nil)
        #expect(try #require(AvailableMemory.bytes()) > 0)
    }
}
