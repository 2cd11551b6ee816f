internal import Foundation

/// The prompts as versioned resources: a change of wording is a new file with a new number.
enum Prompts {
    /// Asks for the type of a paper.
    struct TypeAnswer: Decodable {
        var type: String
        var quote: String
    }

    /// Asks for the holder and the day of issue.
    struct FieldsAnswer: Decodable {
        var surname: String
        var given: String
        var patronymic: String
        var nameQuote: String
        var date: String

        enum CodingKeys: String, CodingKey {
            case surname, given, patronymic, date
            case nameQuote = "name_quote"
        }
    }

    static let classifyName = "classify-v1"
    static let extractName = "extract-v1"

    /// Which of the catalog's types a paper is of.
    static func classify(_ excerpt: PaperExcerpt, _ catalog: DocumentTypeCatalog) -> ModelPrompt {
        let types = catalog.types.map { type in
            let aliases = catalog.aliases[type.key] ?? []
            return "\(type.key): \(type.name)" + (aliases.isEmpty ? "" : " (\(aliases.joined(separator: "; ")))")
        }
        let instructions = text(PackageResources.classify_v1_txt)
            .replacing("{types}", with: types.joined(separator: "\n"))
        let keys = catalog.types.map(\.key) + ["unknown"]
        return ModelPrompt(
            name: classifyName, instructions: instructions, material: excerpt.text,
            schema: schema(["type": ["type": "string", "enum": keys], "quote": ["type": "string"]]))
    }

    /// Whose paper it is and when it was issued.
    static func extract(_ excerpt: PaperExcerpt) -> ModelPrompt {
        let names = ["surname", "given", "patronymic", "name_quote", "date"]
        return ModelPrompt(
            name: extractName, instructions: text(PackageResources.extract_v1_txt), material: excerpt.text,
            schema: schema(Dictionary(uniqueKeysWithValues: names.map { ($0, ["type": "string"]) })))
    }

    private static func text(_ resource: [UInt8]) -> String { String(decoding: resource, as: UTF8.self) }

    /// An object of these members, all of them required: what strict schemas must be like.
    private static func schema(_ properties: [String: [String: Any]]) -> Data {
        let schema: [String: Any] = [
            "type": "object", "properties": properties, "required": properties.keys.sorted(),
            "additionalProperties": false,
        ]
        do {
            return try JSONSerialization.data(withJSONObject: schema, options: .sortedKeys)
        } catch {
            preconditionFailure("a schema of strings and lists is JSON: \(error)")
        }
    }
}
