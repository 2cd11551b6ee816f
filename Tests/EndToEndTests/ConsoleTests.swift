import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The console and `/docs` in a real Chromium: `Tests/Tools/check_console.py` says what is looked at.
    @Suite struct ConsoleTests {
        @Test func peopleCanUseItInABrowser() async throws {
            let today = try SampleDocument.good().today
            let server = try await ServerProcess.start(["IDP_TODAY": today])
            let run = try await Command.python(
                "Tests/Tools/check_console.py", ["http://127.0.0.1:\(server.port)"], within: .seconds(900))
            #expect(run.status == .exited(0), "\(run.output) \(run.errors)")
            #expect(run.output.split(separator: "\n").count { $0.hasPrefix("ok ") } >= 12, "\(run.output)")
        }

        @Test func theConsoleAsksForAKeyAndWorksWithIt() async throws {
            let keys = try KeysOfCallers()
            let key = try await keys.add("people", ["submit", "read", "manage"])
            let server = try await keys.serve()
            let file = try keys.folder.write(Array(key.utf8), to: "key")
            let run = try await Command.python(
                "Tests/Tools/check_console.py", ["--key-file", file.path, "http://127.0.0.1:\(server.port)"],
                within: .seconds(600))
            #expect(run.status == .exited(0), "\(run.output) \(run.errors)")
            #expect(run.output.contains("ok asks_for_a_key"), "\(run.output)")
        }

        /// Inline scripts and styles, frames and files from elsewhere are refused by the browser itself.
        @Test(arguments: ["/", "/docs", "/console/main.js"])
        func pagesAllowNothingFromElsewhere(_ path: String) async throws {
            let answer = try await SharedServer.get().client.get(path)
            #expect(answer.status == 200)
            let policy = try #require(answer.field("Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe") && !policy.contains("http"))
            #expect(answer.field("X-Content-Type-Options") == "nosniff")
            #expect(!answer.text.contains("https://"), "no address of another server")
        }
    }
}
