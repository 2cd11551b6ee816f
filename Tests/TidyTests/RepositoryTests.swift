import Foundation
import TestSupport
import Testing

/// What the repository holds beside Swift: sizes, names, scripts, and nothing of anybody's own machine.
@Suite struct RepositoryTests {
    /// The paths of the files that git keeps.
    static func trackedFiles() async throws -> [String] {
        let listing = try await Command.run("git", ["ls-files", "-z"], directory: ProjectFiles.root.path)
        try #require(listing.succeeded, "\(listing.errors)")
        return listing.output.split(separator: "\0").map(String.init)
            .filter { FileManager.default.fileExists(atPath: ProjectFiles.url($0).path) }
    }

    @Test func noFileIsLargerThanOneMebibyte() async throws {
        for path in try await Self.trackedFiles() {
            let attributes = try FileManager.default.attributesOfItem(atPath: ProjectFiles.url(path).path)
            #expect((attributes[.size] as? Int ?? 0) <= 1 << 20, "\(path)")
        }
    }

    @Test func noFolderIsNamedForNothing() async throws {
        let empty: Set = ["utils", "util", "helpers", "helper", "common", "misc"]
        for path in try await Self.trackedFiles() {
            let folders = Set(path.split(separator: "/").dropLast().map { $0.lowercased() })
            #expect(folders.isDisjoint(with: empty), "\(path)")
        }
    }

    @Test func nothingNamesAPlaceOnSomebodysMachine() async throws {
        // Put together here, or this file would be the first finding.
        let places = ["wo" + "rk/", "ro" + "ot/.", "Use" + "rs/", "tmp/pl" + "an", "op" + "t/swift"].map { "/" + $0 }
        for path in try await Self.trackedFiles() {
            guard let text = try? String(contentsOf: ProjectFiles.url(path), encoding: .utf8) else { continue }
            for place in places {
                let pattern = try Regex("(^|[^\\w./}])" + place)
                let named = text.contains(place) && text.contains(pattern)
                #expect(!named, "\(path) names \(place)")
            }
        }
    }

    @Test func scriptsCanBeRunAndStopAtTheFirstError() async throws {
        let scripts = try await Self.trackedFiles().filter {
            ($0.hasPrefix("scripts/") && $0.hasSuffix(".sh")) || $0 == ".ci/run"
        }
        #expect(scripts.count > 5)
        for path in scripts {
            let text = try String(contentsOf: ProjectFiles.url(path), encoding: .utf8)
            // What is only sourced has no first line that names a shell, and takes its caller's options.
            guard text.hasPrefix("#!") else { continue }
            #expect(FileManager.default.isExecutableFile(atPath: ProjectFiles.url(path).path), "\(path)")
            #expect(text.contains("\nset -euo pipefail\n"), "\(path)")
            let check = try await Command.run("bash", ["-n", ProjectFiles.url(path).path])
            #expect(check.succeeded, "\(check.errors)")
        }
    }

    @Test func everyGoalOfTheMakefileIsOneScript() throws {
        let makefile = try String(contentsOf: ProjectFiles.url("Makefile"), encoding: .utf8)
        let recipes = makefile.split(separator: "\n").filter { $0.hasPrefix("\t") }
        #expect(recipes.count >= 6)
        for recipe in recipes { #expect(recipe.contains(#/^\t@scripts/[a-z-]+\.sh( \$\(ARGS\))?$/#), "\(recipe)") }
    }

    /// The generator writes papers of the types that the server knows, with the same windows.
    @Test func theCorpusKnowsTheServersDocumentTypes() throws {
        let corpus = try JSONValue(parsing: Data(ProjectFiles.bytes("Tests/Corpus/types.json")))
        let server = try JSONValue(parsing: Data(ProjectFiles.bytes("Sources/Pipeline/Rules/Data/types.json")))
        func windows(_ list: JSONValue) -> [String: Double] {
            let types = list.array ?? list["types"].array ?? []
            return Dictionary(types.map { ($0["key"].string ?? "", $0["days"].number ?? 0) }) { first, _ in first }
        }
        #expect(windows(corpus).count == 15)
        #expect(windows(server) == windows(corpus))
    }
}
