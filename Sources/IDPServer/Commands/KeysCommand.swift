internal import ArgumentParser
internal import EventHTTP
internal import Foundation

/// `idp-server keys`: makes and keeps the file of `IDP_AUTH=keys:FILE`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make keys for callers of the API.",
        discussion: """
            The file holds hashes only; a key is printed once, when it is made. A running server reads the file again \
            at SIGHUP.

            EXAMPLES
              A caller who sends documents in and asks for their verdicts:
                idp-server keys add keys.json loans --scope submit --scope read --rate 600/1m
              An operator who sees and cancels everybody's runs:
                idp-server keys add keys.json operator --scope read --scope manage --scope all-runs
              A new key for a caller, the old one good until it is removed:
                idp-server keys add keys.json loans --another
                idp-server keys remove keys.json loans --old
            """,
        subcommands: [KeysAddCommand.self, KeysRemoveCommand.self, KeysListCommand.self])
}

/// `idp-server keys add`.
struct KeysAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a key and print it; the file is made if it is not there.")

    @Argument(help: "The file of keys.", completion: .file()) var file: String
    @Argument(help: "The caller's name: letters, digits, dot, dash, underscore.") var name: String
    @Option(help: "What the caller may do: \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scope: [String] = []
    @Option(help: "Requests in a time, like 600/1m.") var rate: String?
    @Option(help: "Most jobs that the caller may have waiting.") var queue: Int?
    @Option(help: "The last day on which it is good, YYYY-MM-DD in UTC.") var expires: String?
    @Flag(help: "Another key for a caller that has one; all else stays as it is.") var another = false

    func run() throws {
        var keys = try KeyFileEditing.read(file, mayBeMissing: true)
        let key = KeyFileEditing.makeKey()
        let hash = KeyFileEditing.hash(of: key)
        if let index = keys.keys.firstIndex(where: { $0.name == name }) {
            guard another else {
                throw ValidationError("\(name) has a key; --another makes one beside it, keys remove takes it away")
            }
            keys.keys[index].sha256.append(hash)
        } else {
            guard !another else { throw ValidationError("there is no \(name) in \(file)") }
            guard !scope.isEmpty else { throw ValidationError("--scope is needed: what may \(name) do?") }
            keys.keys.append(
                KeyFile.Entry(
                    name: name, sha256: [hash], scopes: scope, rate: rate, queue: queue, expires: expires))
        }
        try KeyFileEditing.write(keys, file)
        print(key)
    }
}

/// `idp-server keys remove`.
struct KeysRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a caller's keys away.")

    @Argument(help: "The file of keys.", completion: .file()) var file: String
    @Argument(help: "The caller's name.") var name: String
    @Flag(help: "Only the old keys; the newest stays.") var old = false

    func run() throws {
        var keys = try KeyFileEditing.read(file)
        guard let index = keys.keys.firstIndex(where: { $0.name == name }) else {
            throw ValidationError("there is no \(name) in \(file)")
        }
        if old {
            keys.keys[index].sha256 = keys.keys[index].sha256.suffix(1)
        } else {
            keys.keys.remove(at: index)
        }
        try KeyFileEditing.write(keys, file)
    }
}

/// `idp-server keys list`.
struct KeysListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show who has keys, and what they may do.")

    @Argument(help: "The file of keys.", completion: .file()) var file: String

    func run() throws {
        for entry in try KeyFileEditing.read(file).keys {
            let parts: [String?] = [
                entry.name, entry.scopes.joined(separator: ","), "\(entry.sha256.count) key(s)", entry.certificate,
                entry.rate.map { "rate \($0)" }, entry.queue.map { "queue \($0)" },
                entry.expires.map { "until \($0)" },
            ]
            print(parts.compactMap { $0 }.joined(separator: "\t"))
        }
    }
}

/// Reading and writing a file of keys for a command.
enum KeyFileEditing {
    /// 256 random bits, with a prefix that tools which look for leaked secrets can know.
    static func makeKey() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        return "idp_" + text.replacing("=", with: "")
    }

    /// As the file has it.
    static func hash(of key: String) -> String {
        let digest = SHA256Digest()
        Array(key.utf8).withUnsafeBytes { digest.update($0) }
        return digest.finish().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// - Throws: `ValidationError` saying what is wrong with the file.
    static func read(_ path: String, mayBeMissing: Bool = false) throws -> KeyFile {
        if mayBeMissing, !FileManager.default.fileExists(atPath: path) { return KeyFile(keys: []) }
        do {
            return try KeyFile(path: path)
        } catch {
            throw ValidationError("\(path): \(error)")
        }
    }

    /// Puts the file in the place of the old one in one step, with its owner and permissions; a new one is its owner's.
    static func write(_ keys: KeyFile, _ path: String) throws {
        for entry in keys.keys {
            do {
                try entry.check()
            } catch {
                throw ValidationError("\(error)")
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let old = try? FileManager.default.attributesOfItem(atPath: path)
        let new = path + ".new"
        let made = FileManager.default.createFile(
            atPath: new, contents: try encoder.encode(keys) + Data("\n".utf8),
            attributes: [.posixPermissions: old?[.posixPermissions] ?? 0o600])
        guard made else { throw ValidationError("\(new) cannot be written") }
        if let old {
            // Only root may give a file away; for others it is theirs already.
            try? FileManager.default.setAttributes(
                old.filter { [.ownerAccountID, .groupOwnerAccountID].contains($0.key) }, ofItemAtPath: new)
        }
        guard rename(new, path) == 0 else { throw ValidationError("\(path) cannot be replaced") }
    }
}
