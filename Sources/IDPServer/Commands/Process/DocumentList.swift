internal import ArgumentParser
internal import Foundation
internal import Observability
internal import Pipeline

/// One document of a batch, with the name that it should bear.
struct ListedDocument: Sendable, Equatable {
    let path: String
    let fio: String
}

/// The documents that a command line names: files, folders with all that is below them, or a list.
enum DocumentList {
    /// What is taken for a document in a folder; files that are named are taken whatever they are called.
    static let fileExtensions: Set<String> = ["pdf", "jpg", "jpeg", "png", "tif", "tiff"]

    /// Files, and the documents below folders in order of their paths. Hidden files and links to folders are left out.
    ///
    /// - Throws: `ValidationError` naming what is not there, or a folder without documents.
    static func documents(in paths: [String], fio: String) throws -> [ListedDocument] {
        try paths.flatMap { path -> [ListedDocument] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw ValidationError("no such file or folder: \(path)")
            }
            guard isFolder.boolValue else { return [ListedDocument(path: path, fio: fio)] }
            let base = path.hasSuffix("/") ? String(path.dropLast()) : path
            let below = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            let found = below.filter { name in
                fileExtensions.contains((name as NSString).pathExtension.lowercased())
                    && !name.split(separator: "/").contains { $0.hasPrefix(".") }
            }
            guard !found.isEmpty else { throw ValidationError("no documents in the folder \(path)") }
            return found.sorted().map { ListedDocument(path: base + "/" + $0, fio: fio) }
        }
    }

    /// The documents of a list: a JSON object with `file` and `fio` on each line, paths from the list's own folder on.
    ///
    /// - Throws: `ValidationError` naming the line that is wrong.
    static func documents(ofList path: String) throws -> [ListedDocument] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("the list \(path) cannot be read as UTF-8")
        }
        let folder = (path as NSString).deletingLastPathComponent
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.enumerated().compactMap { index, line -> ListedDocument? in
            guard !line.allSatisfy(\.isWhitespace) else { return nil }
            guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(line.utf8)) else {
                throw ValidationError(
                    "line \(index + 1) of \(path) is not like {\"file\": \"a.pdf\", \"fio\": \"Ахметов Данияр\"}")
            }
            if let mistake = mistake(inName: entry.fio) {
                throw ValidationError("line \(index + 1) of \(path): fio \(mistake)")
            }
            let isAbsolute = entry.file.hasPrefix("/") || folder.isEmpty
            return ListedDocument(path: isAbsolute ? entry.file : folder + "/" + entry.file, fio: entry.fio)
        }
    }

    /// What is wrong with an applicant's name, nil when nothing is.
    static func mistake(inName fio: String) -> String? {
        do throws(ServiceError) {
            _ = try ApplicantName(validating: fio)
            return nil
        } catch {
            return error.fields.map(\.message).joined(separator: "; ")
        }
    }

    private struct Entry: Decodable {
        let file: String
        let fio: String
    }
}
