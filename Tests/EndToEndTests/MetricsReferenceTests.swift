import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `docs/metrics.md` is what running servers have registered, and what the sources register beside that.
    ///
    /// With `IDP_UPDATE_DOCS` in the environment the file is written instead: `scripts/update-docs.sh`.
    @Suite struct MetricsReferenceTests {
        private static let path = "docs/metrics.md"

        private struct Family: Hashable, Sendable {
            var name: String
            var type: String
            var labels: [String]
            var help: String

            var row: String {
                let names = labels.map { "`\($0)`" }.joined(separator: ", ")
                return "| `\(name)` | \(type) | \(names) | \(help.replacingOccurrences(of: "|", with: "\\|")) |"
            }
        }

        private static func registered(by server: ServerProcess) async throws -> [Family] {
            let families = try await server.client.get("/-/metric-families").json["families"].array ?? []
            return families.map { family in
                Family(
                    name: family["name"].string ?? "", type: family["type"].string ?? "",
                    labels: (family["labels"].array ?? []).compactMap(\.string), help: family["help"].string ?? "")
            }
        }

        /// The families that the sources name: for features that no server here has.
        private static func named(in sources: [String]) -> [Family] {
            let call = #/\.(\w+)\(\s*"([a-z_]+)",\s*help:\s*"([^"]*)"([^)]*)/#
            return sources.flatMap { source in
                source.matches(of: call).compactMap { match in
                    let method = match.1.lowercased()
                    guard let type = ["counter", "gauge", "histogram"].first(where: { method.contains($0) }) else {
                        return nil
                    }
                    let labels = match.4.firstMatch(of: #/labels: \[([^\]]*)\]/#)?.1 ?? ""
                    let names = labels.matches(of: #/"(\w+)"/#).map { String($0.1) }
                    return Family(name: String(match.2), type: type, labels: names, help: String(match.3))
                }
            }
        }

        private static func reference() async throws -> (text: String, live: [Family], named: [Family]) {
            let common = [
                "IDP_PROBE": "true", "IDP_TRACING_ENABLED": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try freePort())",
            ]
            let alone = try await ServerProcess.start(common)
            let postgres = try await PostgresServer.shared()
            let shared = try await ServerProcess.start(
                common.merging(["IDP_STORE": try await postgres.makeDatabase(), "IDP_STORE_MIGRATE": "true"]) { $1 })
            var live = try await registered(by: alone)
            for family in try await registered(by: shared) where !live.contains(where: { $0.name == family.name }) {
                live.append(family)
            }
            let named = named(in: try Self.sources()).filter { !$0.name.hasPrefix("idp_probe_") }
            let rest = named.filter { family in !live.contains { $0.name == family.name } }
            let head = """
                # Metrics

                Made by `scripts/update-docs.sh` of what running servers have registered; a test fails when it is stale.
                Histograms have `_bucket`, `_sum` and `_count` samples. A series with labels may show up with its first
                event only. Names and labels do not change without a deprecation (ARCHITECTURE.md, section 6).

                | name | type | labels | what it says |
                | --- | --- | --- | --- |

                """
            let rows = Set(live + rest).sorted { $0.name < $1.name }.map(\.row).joined(separator: "\n")
            return (head + rows + "\n", live, named)
        }

        @Test func theReferenceIsWhatServersRegister() async throws {
            let (text, live, named) = try await Self.reference()
            if ProcessInfo.processInfo.environment["IDP_UPDATE_DOCS"] != nil {
                try Data(text.utf8).write(to: ProjectFiles.url(Self.path))
            }
            let written = try String(contentsOf: ProjectFiles.url(Self.path), encoding: .utf8)
            let stale = Set(text.split(separator: "\n")).symmetricDifference(written.split(separator: "\n"))
            #expect(stale.isEmpty, "run scripts/update-docs.sh: \(stale.sorted())")
            #expect(live.count > 60)
            // What the sources say is only believed because it agrees wherever a server can be asked.
            for family in named {
                if let shown = live.first(where: { $0.name == family.name }) { #expect(family.row == shown.row) }
            }
        }

        /// Every family that a scrape shows stands in the reference, and with its type.
        @Test func aScrapeHasNothingThatTheReferenceLacks() async throws {
            let written = try String(contentsOf: ProjectFiles.url(Self.path), encoding: .utf8)
            let scrape = try await SharedServer.get().client.get("/metrics").text
            let types = scrape.matches(of: #/# TYPE (\w+) (\w+)/#)
            #expect(types.count > 30)
            for type in types where !type.1.hasPrefix("idp_probe_") {
                #expect(written.contains("| `\(type.1)` | \(type.2) |"), "\(type.0)")
            }
        }

        private static func sources() throws -> [String] {
            let root = ProjectFiles.url("Sources")
            let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects ?? []
            return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
                .map { try String(contentsOf: $0, encoding: .utf8) }
        }
    }
}
