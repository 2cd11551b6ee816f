import Synchronization
import Testing

@testable import IDPServer

struct RepeatDoorTests {
    @Test func knownKeysAreLetInAlways() {
        let door = RepeatDoor()
        door.remember("/v1/jobs a")
        for _ in 0..<1000 { #expect(door.admits("/v1/jobs a")) }
    }

    /// A flood of new keys must not be read to its end only to be refused.
    @Test func ofUnknownKeysAFewASecondAreLetIn() {
        let now = Mutex(ContinuousClock.now)
        let door = RepeatDoor(now: { now.withLock { $0 } })
        for second in 0..<3 {
            let letIn = (0..<100).count { door.admits("/v1/jobs \(second) \($0)") }
            #expect(letIn == RepeatDoor.unknownMax)
            now.withLock { $0 += .seconds(1) }
        }
    }

    @Test func theOldestKeysGo() {
        let now = ContinuousClock.now
        let door = RepeatDoor(limit: 10, now: { now })
        for number in 0..<20 { door.remember("\(number)") }
        for _ in 0..<RepeatDoor.unknownMax { #expect(door.admits("unknown")) }
        #expect((0..<20).count { door.admits("\($0)") } == 10)
        #expect(door.admits("19") && !door.admits("9"))
    }
}
