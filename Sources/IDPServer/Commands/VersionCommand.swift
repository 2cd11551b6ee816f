internal import ArgumentParser

/// `idp-server version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version and the revision that it was built from.")

    func run() {
        print("idp-server \(BuildInfo.version) (\(BuildInfo.revision))")
    }
}
