import Foundation
import Observability
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// What a document that has taken over its worker would like to do, tried by a real worker behind its real walls.
    @Suite struct WorkerWallsTests {
        /// Answers to attempts, by a worker that says which measures hold here: a kernel or a container may lack some.
        private static func attempts(_ acts: [ForbiddenAct]) async throws -> (SandboxReport, [Int32]) {
            let reading = try Reading()
            var answers: [Int32] = []
            for act in acts { answers.append(try await reading.attempt(act).get()) }
            let report = reading.events.lazy.compactMap { if case .ready(let report) = $0 { report } else { nil } }
            return (try #require(report.first), answers)
        }

        @Test func itSaysWhichMeasuresHold() async throws {
            let (report, _) = try await Self.attempts([.makeSocket(family: AF_INET)])
            #expect(report.limits && report.noNewPrivileges && report.noCapabilities && report.diesWithParent)
            #expect(report.notDumpable)
            #expect(report.systemCalls, "every kernel since 3.17 has filters")
            let missing = report.measures.filter { !$0.holds }.map(\.name)
            print("measures that do not hold here: \(missing)")
        }

        @Test func itMakesNoSocketOfAnyKind() async throws {
            let families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 40]
            let (_, answers) = try await Self.attempts(families.map { .makeSocket(family: $0) })
            #expect(answers.allSatisfy { $0 == EPERM }, "\(answers)")
        }

        @Test func itReadsNobodysFiles() async throws {
            let folder = try TemporaryDirectory()
            let secret = try folder.write(Array("applicant".utf8), to: "document.pdf").path
            let ours = "/proc/\(getpid())"
            let paths = [secret, "/etc/passwd", "\(ours)/environ", "\(ours)/mem", "/proc/1/cmdline"]
            let (report, answers) = try await Self.attempts(paths.map { .read(path: $0) })
            guard report.files else { return }
            #expect(answers.allSatisfy { $0 == EACCES || $0 == EPERM }, "\(answers)")
        }

        @Test func itWritesNowhere() async throws {
            let folder = try TemporaryDirectory()
            let existing = try folder.write([1], to: "existing").path
            let paths = [
                folder.file("new").path, existing, "/tmp/idp-worker-wrote", "/dev/shm/idp-worker-wrote",
                "/proc/self/mem",
            ]
            let (report, answers) = try await Self.attempts(paths.map { .write(path: $0) })
            guard report.files else { return }
            #expect(answers.allSatisfy { $0 == EACCES || $0 == EPERM }, "\(answers)")
            #expect(!FileManager.default.fileExists(atPath: folder.file("new").path))
        }

        @Test func itStartsNothingButItsTools() async throws {
            let programs = ["/bin/sh", "/usr/bin/id", ProjectFiles.serverProgram, "/proc/self/exe"]
            let (report, answers) = try await Self.attempts(programs.map { .start(program: $0) })
            guard report.files else { return }
            #expect(answers.allSatisfy { $0 == EACCES }, "\(answers)")
        }

        @Test func itMultipliesNeitherItselfNorItsThreads() async throws {
            let (_, answers) = try await Self.attempts([.copyItself, .startThread])
            #expect(answers == [EPERM, EPERM])
            #expect(!SystemCallFilter.ofTools().isEmpty, "the tools have a filter of their own against it")
        }

        @Test func itSeesAndReachesNoOtherProcess() async throws {
            let acts: [ForbiddenAct] = [
                .signal(process: getpid()), .trace(process: getpid()), .list(path: "/proc"),
                .list(path: "/proc/\(getpid())/fd"), .list(path: "/"), .list(path: "/tmp"),
            ]
            let (report, answers) = try await Self.attempts(acts)
            if report.ownProcesses { #expect(answers[0] == ESRCH, "it cannot even name it") }
            #expect(answers[1] == EPERM)
            guard report.files else { return }
            #expect(answers.dropFirst(2).allSatisfy { $0 == EACCES || $0 == EPERM }, "\(answers)")
        }

        #if arch(x86_64)
            /// By their numbers (unistd_64.h): what the kernel offers to those who want to leave a sandbox.
            private static let calls: [(String, Int)] = [
                ("ptrace", 101), ("personality", 135), ("pivot_root", 155), ("chroot", 161), ("mount", 165),
                ("umount2", 166), ("swapon", 167), ("reboot", 169), ("iopl", 172), ("init_module", 175),
                ("kexec_load", 246), ("add_key", 248), ("keyctl", 250), ("unshare", 272), ("perf_event_open", 298),
                ("open_by_handle_at", 304), ("setns", 308), ("process_vm_readv", 310), ("process_vm_writev", 311),
                ("memfd_create", 319), ("bpf", 321), ("userfaultfd", 323), ("io_uring_setup", 425), ("fsopen", 430),
                ("pidfd_open", 434), ("ioctl", 16), ("setsid", 112), ("symlink", 88), ("unlink", 87), ("chmod", 90),
            ]

            @Test func itMakesNoCallThatReadingDoesNotTake() async throws {
                let (_, answers) = try await Self.attempts(Self.calls.map { .call(number: $0.1) })
                for (call, answer) in zip(Self.calls, answers) { #expect(answer == EPERM, "\(call.0): \(answer)") }
            }
        #endif

        @Test func itTakesNoMoreMemoryAndDescriptorsThanItMay() async throws {
            let (_, answers) = try await Self.attempts([.takeMemory(bytes: 2 << 30), .takeDescriptors(count: 100)])
            #expect(answers == [ENOMEM, EMFILE])
        }

        /// Each way in which a worker may be lost: what the pool notes, and with what the document ends.
        @Test(arguments: [
            (ForbiddenAct.spin, DocumentWorkerPool.RestartReason.timeout, 1, ErrorCode.processingTimeout),
            (.sleep, .stalled, 2, .processingTimeout),
            (.crash, .crash, 2, .ocrFailed),
        ])
        func aDocumentThatCostsWorkersSaysSo(
            _ act: ForbiddenAct, _ reason: DocumentWorkerPool.RestartReason, _ losses: Int, _ code: ErrorCode
        ) async throws {
            let reading = try Reading {
                $0.configuration.operationCPUSeconds = 1
                $0.silenceLimit = act == .sleep ? .milliseconds(700) : .seconds(20)
            }
            guard case .failure(let error) = await reading.attempt(act) else {
                Issue.record("it ended well")
                return
            }
            #expect(error.code == code, "\(error.cause ?? "")")
            #expect(error.workersLost == losses)
            #expect(error.isPoison == (losses == 2))
            #expect(!error.isPoison || !error.isRetryable)
            #expect(reading.restarts.filter { $0 == reason }.count == losses, "\(reading.restarts)")
            #expect(await reading.code(of: fixture("text.pdf")) == nil, "the next document is read")
        }

        @Test func aFloodFromAToolEndsTheToolOnly() async throws {
            let reading = try Reading { $0.configuration.toolOutputLimitBytes = 500 }
            #expect(await reading.code(of: fixture("text.pdf")) == .documentUnreadable)
            #expect(reading.restarts.isEmpty)
        }

        /// A page takes longer than the limit of silence, and its worker is left in peace because it shows progress.
        @Test func slowIsNotStuck() async throws {
            let reading = try Reading { $0.silenceLimit = .milliseconds(900) }
            for _ in 0..<3 { #expect(await reading.code(of: fixture("scan.pdf")) == nil) }
            #expect(reading.restarts.isEmpty)
        }
    }
}
