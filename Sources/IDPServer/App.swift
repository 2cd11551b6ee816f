import Pipeline

@main
struct App {
    static func main() {
        if CommandLine.arguments.dropFirst().first == "document-worker" { DocumentWorkerProcess.run() }
    }
}
