import Foundation
import TestSupport
import Testing

@testable import IDPServer

extension EndToEnd {
    /// Package, unit, image and the list of parts: what can be held without a Docker engine and without systemd.
    @Suite struct PackagingTests {
        private static func text(_ path: String) throws -> String {
            try String(contentsOf: ProjectFiles.url(path), encoding: .utf8)
        }

        private static var environment: [String: String] {
            var environment = ChildProcess.plainEnvironment
            environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            return environment
        }

        @Test func theDebianPackageHoldsWhatAServerNeedsAndItsProgramRuns() async throws {
            let folder = try TemporaryDirectory("package")
            var environment = Self.environment
            environment["COMPRESSION"] = "none"
            let made = try await Command.run(
                ProjectFiles.url("scripts/package.sh").path, ["--program", ProjectFiles.serverProgram, folder.path],
                environment: environment)
            try #require(made.succeeded, "\(made.output)\(made.errors)")
            let package = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let listing = try await Command.run("dpkg-deb", ["--contents", package])
            let files = listing.output.split(separator: "\n").map { $0.split(separator: " ") }
            let modes = Dictionary(files.map { (String($0[5]), "\($0[0]) \($0[1])") }) { first, _ in first }
            #expect(modes["./usr/bin/idp-server"] == "-rwxr-xr-x root/root")
            #expect(modes["./lib/systemd/system/idp-server.service"] == "-rw-r--r-- root/root")
            // It may hold secrets, and is given to the server's group when it is installed.
            #expect(modes["./etc/idp-server/idp-server.conf"] == "-rw-r----- root/root")
            for file in ["runbook.md", "sbom.cdx.json", "copyright", "changelog.gz"] {
                #expect(modes["./usr/share/doc/idp-server/\(file)"] != nil, "\(file)")
            }
            let fields = try await Command.run("dpkg-deb", ["--field", package, "Version", "Depends", "Architecture"])
            #expect(fields.output.contains("Version: \(BuildInfo.version)\n"))
            // By what the linker found and by name what it cannot know.
            let expected = [
                "libevent-2.1-7", "libtesseract5", "libpq5", "libseccomp2", "poppler-utils", "tesseract-ocr-kaz",
            ]
            for needed in expected {
                #expect(fields.output.contains(needed), "\(needed) in \(fields.output)")
            }
            let root = folder.file("root").path
            _ = try await Command.run("dpkg-deb", ["--extract", package, root])
            let sums = try await Command.run("dpkg-deb", ["--control", package, folder.file("control").path])
            #expect(sums.succeeded)
            let check = try await Command.run(
                "md5sum", ["--quiet", "--check", folder.file("control/md5sums").path], directory: root)
            #expect(check.succeeded, "\(check.output)\(check.errors)")
            // The libraries of a toolchain are found by where the program lies: it is asked where it was built.
            let settings = try await Command.run(
                ProjectFiles.serverProgram, ["check-config", "--config", "\(root)/etc/idp-server/idp-server.conf"])
            #expect(settings.succeeded, "\(settings.errors)")
            #expect(settings.output.contains("/var/lib/idp/runs"))
        }

        @Test func theListOfPartsHasEverySwiftPackageAndEveryLibrary() async throws {
            let run = try await Command.run(
                "python3", [ProjectFiles.url("scripts/sbom.py").path, ProjectFiles.serverProgram],
                environment: Self.environment)
            try #require(run.succeeded, "\(run.errors)")
            let list = try JSONValue(parsing: run.output)
            #expect(list["bomFormat"].string == "CycloneDX")
            #expect(list["metadata"]["component"]["version"].string == BuildInfo.version)
            let parts = list["components"].array ?? []
            let versions = Dictionary(
                parts.map { ($0["name"].string ?? "", $0["version"].string ?? "") },
                uniquingKeysWith: { first, _ in first })
            let pinned = try Self.text("Package.swift")
                .matches(of: #/url: "[^"]*\/([^"\/]+)", exact: "([^"]+)"/#)
            #expect(pinned.count > 4)
            for pin in pinned { #expect(versions[pin.1.lowercased()] == String(pin.2), "\(pin.1)") }
            let linked = try await Command.run("ldd", [ProjectFiles.serverProgram])
            let expected = [
                "libevent", "libtesseract", "liblept", "libpq", "libsqlite3", "libcurl", "libseccomp", "libssl",
            ]
            for library in expected {
                #expect(linked.output.contains(library))
                #expect(versions.keys.contains { $0.hasPrefix(library) }, "\(library)")
            }
            #expect(parts.allSatisfy { $0["purl"].string?.isEmpty == false || $0["name"].string == "swift-runtime" })
            #expect(Set(parts.compactMap { $0["bom-ref"].string }).count == parts.count)
        }

        @Test func theImageIsBuiltOfFilesThatExistAndOfAllThatThePackageNeeds() throws {
            let lines = try Self.text("docker/Dockerfile").split(separator: "\n").map(String.init)
            let copies = lines.filter { $0.hasPrefix("COPY ") && !$0.contains("--from") }
                .flatMap { $0.split(separator: " ").dropFirst().dropLast().map(String.init) }
            for path in copies {
                #expect(FileManager.default.fileExists(atPath: ProjectFiles.url(path).path), "\(path)")
            }
            // A target whose folder is not there stops the build, also where it is not built.
            let targets = try Self.text("Package.swift").matches(of: #/path: "(\w+)/#).map { String($0.1) }
            #expect(Set(targets + ["Sources", "Package.swift"]).isSubset(of: Set(copies)))
            let packaged = try Self.text("scripts/package.sh").matches(of: #/\b(ops|docs|scripts)\//#)
                .map { String($0.1) }
            #expect(Set(packaged).isSubset(of: Set(copies)))
            #expect(lines.contains { $0.hasPrefix("USER 1") })
            #expect(lines.contains { $0.hasPrefix("HEALTHCHECK ") })
        }

        @Test func theComposeFileIsSound() async throws {
            let check = try await Command.python(
                "Tests/Tools/check_compose.py",
                [ProjectFiles.url("docker/compose.yaml").path] + Setting.table.map(\.name))
            #expect(check.succeeded, "\(check.output)\(check.errors)")
        }

        private static let hasSystemd = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")

        @Test(.enabled(if: hasSystemd, "systemd is not here"))
        func theUnitIsSoundAndItsExposureLow() async throws {
            let folder = try TemporaryDirectory("unit")
            // What it starts must be there to be found right.
            let unit = try Self.text("ops/systemd/idp-server.service")
                .replacingOccurrences(of: "/usr/bin/idp-server", with: "/bin/true")
            let file = try folder.write(Array(unit.utf8), to: "idp-server.service")
            let verified = try await Command.run("systemd-analyze", ["verify", "--man=no", file.path])
            #expect(verified.succeeded && !verified.errors.contains("idp-server.service"), "\(verified.errors)")
            // What a document worker is born into (Namespaces): one missing, and it gets none.
            #expect(unit.contains("RestrictNamespaces=user pid net mnt ipc uts\n"))
            let security = try await Command.run(
                "systemd-analyze", ["security", "--offline=true", "--threshold=25", file.path])
            #expect(security.succeeded, "\(security.output.suffix(400))\(security.errors)")
        }
    }
}
