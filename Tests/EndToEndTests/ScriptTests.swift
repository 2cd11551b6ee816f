import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The scripts that a newcomer runs first.
    @Suite struct ScriptTests {
        @Test(arguments: ["scripts/setup.sh", "scripts/setup-tests.sh"])
        func setupIsQuickAndSilentWhenAllIsThere(_ script: String) async throws {
            let clock = ContinuousClock()
            var environment = ChildProcess.plainEnvironment
            environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            let start = clock.now
            let run = try await Command.run(ProjectFiles.url(script).path, [], environment: environment)
            #expect(run.succeeded, "\(run.errors)")
            #expect(run.output.isEmpty, "\(run.output)")
            #expect(start.duration(to: clock.now) < .seconds(60))
        }

        /// libevent's HTTP parser stands at the front door: a version without the security fixes is refused.
        @Test(arguments: ["libevent-dev", "libevent-2.1-7"])
        func anOlderLibeventIsRefused(_ package: String) async throws {
            let folder = try TemporaryDirectory("dpkg")
            let query = """
                #!/bin/sh
                for name; do case $name in
                -*|*Status*) ;;
                \(package)) echo "installed $name 2.1.12-stable-8" ;;
                *) echo "installed $name 2.1.12-stable-8+deb12u1" ;;
                esac; done
                """
            for (name, text) in [("dpkg-query", query), ("apt-get", "#!/bin/sh\nexit 100\n")] {
                let file = try folder.write(Array(text.utf8), to: name)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
            var environment = ChildProcess.plainEnvironment
            environment["PATH"] = folder.path + ":" + (environment["PATH"] ?? "")
            let run = try await Command.run(
                ProjectFiles.url("scripts/setup.sh").path, [], environment: environment)
            #expect(run.status == .exited(1))
            #expect(run.errors.contains("\(package) 2.1.12-stable-8\n"), "\(run.errors)")
            #expect(run.errors.contains("older than 2.1.12-stable-8+deb12u1"))
        }
    }
}
