import Foundation
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// The walls around a worker, looked at from outside.
    @Suite struct WorkerSandboxTests {
        @Test func standsBehindTheWallsThatItReports() async throws {
            let reading = try Reading()
            #expect(await reading.code(of: fixture("scan.pdf")) == nil)
            let worker = try #require(reading.pool.processIDs.first)
            let report = try #require(
                reading.events.lazy.compactMap { if case .ready(let report) = $0 { report } else { nil } }.first)
            #expect(report.limits && report.noNewPrivileges && report.diesWithParent && report.notDumpable)

            let limits = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
            func soft(_ name: String) -> String? {
                limits.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(26).split(separator: " ").first
                    .map(String.init)
            }
            #expect(soft("Max address space") == "1073741824")
            #expect(soft("Max core file size") == "0")
            #expect(soft("Max open files") == "64")
            #expect(soft("Max cpu time") != "unlimited")
            let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(getsid(worker) == worker && getpgid(worker) == worker)
        }

        /// Looks into another process's folder, which the kernel allows to root only when that process is not dumpable.
        @Test(.enabled(if: geteuid() == 0))
        func inheritsNothingAndHasNoNetwork() async throws {
            let secret = open("/dev/null", O_RDONLY)
            defer { close(secret) }
            let reading = try Reading()
            #expect(await reading.code(of: fixture("text.pdf")) == nil)
            let worker = try #require(reading.pool.processIDs.first)
            // It closes the document just after it has answered, and starts the tool that waits for the next one.
            try await eventually("only stdio, the control socket and a tool's three pipes are open") {
                let folder = "/proc/\(worker)/fd"
                let others = try FileManager.default.contentsOfDirectory(atPath: folder)
                    .filter { !["0", "1", "2", "3"].contains($0) }
                    .map { (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)) ?? "gone" }
                return others.count == 3 && others.allSatisfy { $0.hasPrefix("pipe:") }
            }
            let environment = try String(contentsOfFile: "/proc/\(worker)/environ", encoding: .utf8)
            let names = environment.split(separator: "\0").compactMap { $0.split(separator: "=").first }.sorted()
            #expect(names == ["LC_ALL", "MALLOC_ARENA_MAX", "OMP_THREAD_LIMIT", "PATH"])
            let network = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(worker)/ns/net")
            let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
            let report = reading.events.lazy.compactMap { if case .ready(let report) = $0 { report } else { nil } }
                .first
            #expect((network != ours) == report?.noNetwork)
        }

        /// The parent is killed; its workers must not live on.
        @Test func diesWithItsParent() async throws {
            let folder = try TemporaryDirectory()
            let note = folder.file("pids").path
            await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
                let reading = try Reading(count: 2)
                reading.pool.start()
                _ = await reading.code(of: fixture("scan.pdf"))
                let workers = reading.pool.processIDs.map(String.init).joined(separator: " ")
                try workers.write(toFile: note, atomically: true, encoding: .utf8)
                kill(getpid(), SIGKILL)
            }
            let workers = try String(contentsOfFile: note, encoding: .utf8).split(separator: " ").compactMap {
                Int32($0)
            }
            #expect(workers.count == 2)
            for worker in workers {
                try await eventually("worker \(worker) is gone") {
                    // Whoever adopts it may take its time to reap it.
                    let state = try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)
                    return state.map { $0.contains(") Z ") } ?? true
                }
            }
        }

        /// 200 documents, good and bad: no process, zombie, descriptor or folder more than after the first few.
        @Test func leavesNothingBehindAfterManyDocuments() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try TemporaryDirectory()
                let reading = try Reading(count: 2) {
                    $0.temporaryFolder = folder.path
                    $0.recycleAfterOperations = 20
                }
                let broken = try folder.write(Array("%PDF-1.4\n".utf8), to: "broken.pdf").path
                func judge(_ count: Int) async {
                    for index in 0..<count {
                        _ = await reading.code(of: index % 2 == 0 ? fixture("text.pdf") : broken)
                    }
                }
                func descriptors() throws -> Int {
                    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
                }
                reading.pool.start()
                await judge(10)
                try await eventually("both are up") { reading.pool.idle == 2 }
                let before = try descriptors()
                await judge(200)
                try await eventually("two workers") { reading.pool.idle == 2 && reading.pool.processIDs.count == 2 }
                let after = try descriptors()
                precondition(after <= before + 4, "\(before) descriptors became \(after)")
                let children = try String(contentsOfFile: "/proc/self/task/\(getpid())/children", encoding: .utf8)
                reading.pool.stop()
                precondition(children.split(separator: " ").count <= 2, "children: \(children)")
                precondition(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD, "a child was not reaped")
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                precondition(left == ["broken.pdf"], "left behind: \(left)")
            }
        }
    }
}
