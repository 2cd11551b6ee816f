import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What the README tells people to type works when pasted.
    @Suite struct ReadmeTests {
        /// The commands of README's `sh` blocks that call a server with curl, one string for each block.
        static func curlBlocks() -> [String] {
            guard let text = try? String(contentsOf: ProjectFiles.url("README.md"), encoding: .utf8) else { return [] }
            return text.components(separatedBy: "```sh\n").dropFirst()
                .compactMap { $0.components(separatedBy: "\n```").first }
                .filter { $0.contains("curl ") && !$0.contains("make ") }
        }

        @Test(arguments: curlBlocks())
        func itsCurlExamplesWork(_ block: String) async throws {
            let server = try await SharedServer.get()
            // The only thing changed is where the server is.
            let address = "127.0.0.1:\(server.port)"
            let commands = block.replacingOccurrences(of: "localhost:8000", with: address)
                .replacingOccurrences(of: "127.0.0.1:8000", with: address)
            let run = try await Command.run(
                "bash", ["-euo", "pipefail", "-c", commands], directory: ProjectFiles.root.path, within: .seconds(120))
            #expect(run.succeeded, "\(block)\n\(run.output)\n\(run.errors)")
            #expect(!run.output.contains("\"detail\""), "\(run.output)")
        }
    }
}
