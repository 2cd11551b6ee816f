internal import ArgumentParser
internal import Foundation

/// `idp-server openapi`: prints the OpenAPI document without a server.
struct OpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the API's OpenAPI 3.1 document.",
        discussion: """
            The same bytes as GET /openapi.json of a server with the same settings. Takes the flags of serve.

            EXAMPLE: idp-server openapi > openapi.json
            """)

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags, see serve --help.")
    var arguments: [String] = []

    func run() throws {
        let settings = try SettingsLoading.load(arguments, command: Self.self)
        let document = OpenAPIDocument(
            RouteDescription.served(by: settings.front), serviceName: settings.service.name,
            security: APISecurity(settings))
        try FileHandle.standardOutput.write(contentsOf: Data(document.bytes))
    }
}
