internal import ArgumentParser
internal import Pipeline

/// `idp-server document-worker`: the hidden child process that opens documents. Started by the server only.
struct DocumentWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "document-worker", shouldDisplay: false)

    func run() {
        DocumentWorkerProcess.run()
    }
}
