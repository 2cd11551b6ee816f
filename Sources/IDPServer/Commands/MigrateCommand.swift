internal import ArgumentParser
internal import Foundation
internal import Observability

/// `idp-server migrate`: brings the job store's schema up to date, and ends.
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the job store's schema up to date.",
        discussion: """
            Takes the flags of serve. A server on PostgreSQL refuses to start on an older schema unless \
            IDP_STORE_MIGRATE is true, because nodes of the older program may still be running; an SQLite file is \
            brought up to date by whoever opens it. Safe to run again, and by several at a time.

            Prints one JSON object with the schema before and after. Exit status 0 done, 1 the store cannot be used or \
            was made by a newer program, 2 a setting is wrong.
            """)

    @Argument(parsing: .captureForPassthrough, help: "The settings as flags, see serve --help.")
    var arguments: [String] = []

    func run() throws {
        let settings = try SettingsLoading.load(arguments, command: Self.self)
        do throws(ServiceError) {
            switch settings.storage.store {
            case .postgres(let configuration):
                let before = try PostgresSchema.prepare(configuration, .migrate)
                print(#"{"store":"postgres","from":\#(before),"to":\#(PostgresSchema.current)}"#)
            case .sqlite(let path):
                let none: @Sendable () throws(ServiceError) -> Void = { () throws(ServiceError) in }
                let store = try SQLiteJobStore(path: path) { () throws(ServiceError) in
                    SQLiteJobStore.DocumentSync(sync: none, coversStore: false)
                }
                store.close()
                print(#"{"store":"sqlite"}"#)
            }
        } catch {
            StandardError.write("idp-server: \(error.message): \(error.cause ?? "")\n")
            throw ExitCode(1)
        }
    }
}
