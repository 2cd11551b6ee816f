import EventHTTP
import Glibc
import Synchronization
import TestSupport
import Testing

/// The front under clients that mean it ill, in numbers: a good client is served all the while, and nothing spins.
@Suite struct FrontLimitTests {
    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// Sets how many descriptors this process may have; gives what it may have now, and what it might.
    private func setDescriptorLimit(_ count: UInt) -> (before: UInt, now: UInt) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        getrlimit(resource, &limit)
        let before = limit.rlim_cur
        limit.rlim_cur = min(count, limit.rlim_max)
        setrlimit(resource, &limit)
        return (before, limit.rlim_cur)
    }

    /// Microseconds of each of `count` requests on one connection, sorted.
    private func times(_ count: Int, of client: WireClient) throws -> [Int] {
        var times: [Int] = []
        for _ in 0..<count {
            let begin = ContinuousClock.now
            client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            let status = try client.readAnswer().status
            times.append(Int((ContinuousClock.now - begin) / .microseconds(1)))
            #expect(status == 200)
        }
        return times.sorted()
    }

    private func processorTime() -> Duration {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let (user, system) = (usage.ru_utime, usage.ru_stime)
        return .seconds(user.tv_sec + system.tv_sec) + .microseconds(user.tv_usec + system.tv_usec)
    }

    @Test func aThousandSlowClientsDoNotKeepAGoodOneWaiting() throws {
        let descriptors = setDescriptorLimit(4000)
        defer { _ = setDescriptorLimit(descriptors.before) }
        try #require(descriptors.now >= 2500, "this test needs 2500 descriptors")
        let server = try ServerUnderTest(limits: { $0.headTime = .seconds(6) })
        let good = try server.connect()
        _ = try times(100, of: good)
        let before = try times(500, of: good)

        let slow = try (0..<1000).map { _ in try server.connect() }
        for client in slow { client.send("GET /health HTTP/1.1\r\nHost: a\r\nX: ") }
        // On a machine that takes its time the first may have been ended by then.
        #expect(eventually { server.server.statistics().connectionsAccepted == 1001 })
        let isOver = Flag()
        let sockets = slow.map(\.descriptor)
        let trickle = Thread {
            while !isOver.isSet.load(ordering: .relaxed) {
                for socket in sockets { send(socket, "a", 1, SocketFlags.noSignal | SocketFlags.dontWait) }
                // The pace of the slow clients: it is what is tested.
                usleep(100_000)
            }
        }
        let during = try times(500, of: good)
        let endedMeanwhile = server.server.statistics().limitsReached[.headTime] ?? 0
        let isEnded = eventually { server.server.statistics().limitsReached[.headTime] == 1000 }
        isOver.isSet.store(true, ordering: .relaxed)
        trickle.join()
        #expect(isEnded, "every slow head has to be ended, bytes or no bytes")
        for client in slow { #expect(try client.readAnswer().status == 408) }
        #expect(server.responder.refusals.count == 1000)

        // Nobody is kept waiting until slow ones have gone; what it costs is measured by `make bench`, row `slow`.
        print("p99 of a good client: \(before[494]) us alone, \(during[494]) us beside 1000 slow ones")
        #expect(during.count == 500)
        #expect(endedMeanwhile < 1000, "the good client was served while slow ones were there")
        for client in slow { client.close() }
        #expect(eventually { server.server.statistics().connectionsOpen == 1 })
    }

    @Test func withoutDescriptorsTheFrontRestsAndThenGoesOn() throws {
        let server = try ServerUnderTest()
        let early = try server.connect()
        _ = try times(1, of: early)
        let clients = try (0..<3).map { _ in try WireClient() }
        var highest: Int32 = 0
        if let listing = opendir("/proc/self/fd") {
            while let entry = readdir(listing) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                highest = max(highest, Int32(name) ?? 0)
            }
            closedir(listing)
        }
        let limit = setDescriptorLimit(UInt(highest) + 1)
        var fillers: [Int32] = []
        while case let copy = dup(early.descriptor), copy >= 0 { fillers.append(copy) }
        defer {
            for filler in fillers { close(filler) }
            _ = setDescriptorLimit(limit.before)
        }
        for client in clients { try client.connect(to: server.server.port) }
        #expect(eventually { server.server.statistics().refusedByDescriptors > 0 })

        let (began, busyBefore) = (server.server.statistics().refusedByDescriptors, processorTime())
        // The time over which a spin would show.
        usleep(1_000_000)
        let tries = server.server.statistics().refusedByDescriptors - began
        #expect((1...20).contains(tries), "accept is tried ten times a second and not in a spin: \(tries)")
        #expect(processorTime() - busyBefore < .milliseconds(300))
        #expect(try times(1, of: early).count == 1, "who is connected is served")

        for filler in fillers { close(filler) }
        fillers = []
        _ = setDescriptorLimit(limit.before)
        for client in clients { #expect(try times(1, of: client).count == 1) }
    }

    @Test(arguments: [true, false]) func aFloodOfPipelinedRequestsIsAnsweredInOrder(lane: Bool) throws {
        let server = try ServerUnderTest(lane: lane)
        let client = try server.connect()
        let count = 5000
        let descriptor = client.descriptor
        let sender = Thread {
            var input = ""
            for number in 0..<count { input += "GET /big?\(number % 7) HTTP/1.1\r\nHost: a\r\n\r\n" }
            let bytes = Array(input.utf8)
            var offset = 0
            while offset < bytes.count {
                let sent = bytes[offset...].withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, SocketFlags.noSignal)
                }
                guard sent > 0 else { return }
                offset += sent
            }
        }
        for number in 0..<count { #expect(try client.readAnswer().body.count == number % 7) }
        sender.join()
        #expect(server.server.statistics().requestsAnswered == count)
    }

    @Test func aReaderWhoTakesHisTimeGetsEverything() throws {
        let server = try ServerUnderTest(limits: { $0.writeStallTime = .seconds(2) })
        let client = try server.connect(receiveBuffer: 4096)
        client.send("GET /bigqueued?400000 HTTP/1.1\r\nHost: a\r\n\r\n")
        var taken = 0
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let begin = ContinuousClock.now
        while taken < 400_000 {
            let count = recv(client.descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            taken += count
            // Slower than the limit in all, and never without taking something for so long.
            usleep(100_000)
        }
        #expect(taken > 400_000)
        #expect(ContinuousClock.now - begin > .seconds(2))
        #expect(server.server.statistics().limitsReached[.writeStallTime] == 0)
    }

    @Test func everyLimitOnARequestIsCounted() throws {
        let server = try ServerUnderTest(limits: { $0.drainBytes = 1000 })
        let rows: [(String, FrontLimit)] = [
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n", .targetBytes),
            ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17 << 10))", .headBytes),
            ("GET / HTTP/1.1\r\n\(String(repeating: "X: 1\r\n", count: 101))\r\n", .fields),
            ("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n", .bodyBytes),
            ("BROKEN\r\n" + String(repeating: "a", count: 2000), .drainBytes),
        ]
        for (input, limit) in rows {
            let client = try server.connect()
            client.send(input)
            #expect([400, 413, 414, 431].contains(try client.readAnswer().status))
            #expect(eventually { server.server.statistics().limitsReached[limit] ?? 0 > 0 }, "\(limit)")
        }
    }
}
