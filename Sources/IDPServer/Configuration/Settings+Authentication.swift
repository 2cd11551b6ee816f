internal import Foundation
internal import Tokens

extension Settings.Tokens {
    /// Tokens as they were asked for. What is missing is empty here and one of the mistakes that are reported.
    init(_ read: SettingReader) {
        func list(_ name: String) -> [String] {
            (read.optionalText(name) ?? "").split(separator: ",").map { $0.trimming(while: \.isWhitespace) }
        }
        rules = TokenRules(
            issuer: read.optionalText("IDP_JWT_ISSUER") ?? "", audiences: Set(list("IDP_JWT_AUDIENCE")),
            algorithms: Set(list("IDP_JWT_ALGORITHMS").compactMap { TokenAlgorithm(rawValue: $0) }),
            skewSeconds: Int(read.duration("IDP_JWT_CLOCK_SKEW") / .seconds(1)),
            callerClaim: read.text("IDP_JWT_CALLER_CLAIM"))
        keySet = read.optionalText("IDP_JWT_JWKS") ?? ""
        refresh = read.duration("IDP_JWT_JWKS_REFRESH")
    }

    /// The settings that only tokens know.
    static let names = [
        "IDP_JWT_ISSUER", "IDP_JWT_AUDIENCE", "IDP_JWT_JWKS", "IDP_JWT_JWKS_REFRESH", "IDP_JWT_ALGORITHMS",
        "IDP_JWT_CLOCK_SKEW", "IDP_JWT_CALLER_CLAIM",
    ]

    /// Names of settings that have to be there and are not.
    var missing: [String] {
        (rules.issuer.isEmpty ? ["IDP_JWT_ISSUER"] : []) + (rules.audiences.isEmpty ? ["IDP_JWT_AUDIENCE"] : [])
            + (keySet.isEmpty ? ["IDP_JWT_JWKS"] : [])
    }

    /// Whether the keys are at a URL.
    var isRemote: Bool { keySet.contains("://") }
}

extension Settings.Authentication {
    /// Authentication as it was asked for.
    init(_ read: SettingReader) {
        let text = read.text("IDP_AUTH")
        method =
            if text == "jwt" {
                .tokens(Settings.Tokens(read))
            } else if text.hasPrefix("keys:") {
                .keys(path: String(text.dropFirst("keys:".count)))
            } else {
                .none
            }
        exempt = read.text("IDP_AUTH_EXEMPT").split(separator: ",").map { $0.trimming(while: \.isWhitespace) }
        defaults = CallerDefaults(
            rate: read.optionalText("IDP_AUTH_RATE").flatMap { QuotaPolicy($0) },
            waitingMax: read.optionalInteger("IDP_AUTH_QUEUE_LIMIT"))
    }

    /// What is wrong with these settings together, or with the file that they name.
    func contradictions(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> SettingMistake {
            SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)
        }
        var mistakes: [SettingMistake] = []
        let open = Set(RouteDescription.exemptible.map(\.template))
        for path in exempt where !open.contains(path) {
            mistakes.append(
                mistake(
                    "IDP_AUTH_EXEMPT",
                    "\"\(path)\" cannot be open to everybody; these can: "
                        + open.filter { !$0.hasPrefix("/console/") }.sorted().joined(separator: ", ")))
        }
        switch method {
        case .none:
            mistakes += ["IDP_AUTH_RATE", "IDP_AUTH_QUEUE_LIMIT"].filter { resolved[$0] != nil }.map {
                mistake($0, "needs IDP_AUTH: without it callers are not told apart")
            }
        case .keys(let path):
            do throws(KeyFileMistake) {
                _ = try KeyFile(path: path)
            } catch {
                mistakes.append(mistake("IDP_AUTH", error.description))
            }
        case .tokens(let tokens):
            mistakes += tokens.missing.map { mistake($0, "must be set with IDP_AUTH=jwt") }
            if !tokens.isRemote, !tokens.keySet.isEmpty,
                !FileManager.default.isReadableFile(atPath: tokens.keySet)
            {
                mistakes.append(
                    mistake("IDP_JWT_JWKS", "\"\(tokens.keySet)\" cannot be read; it must be a JSON Web Key Set"))
            }
            return mistakes
        }
        mistakes += Settings.Tokens.names.filter { resolved[$0].map { $0.source != .fallback } ?? false }.map {
            mistake($0, "needs IDP_AUTH=jwt")
        }
        return mistakes
    }

    /// Templates of routes that are open to everybody, the files of open pages among them.
    var exemptTemplates: Set<String> {
        let files = exempt.contains("/") || exempt.contains("/docs")
        return Set(exempt).union(
            files ? ConsoleAsset.all.map(\.path).filter { $0.hasPrefix("/console/") } : [])
    }
}

extension StringProtocol {
    /// The text without what `isLeftOut` holds for at either end.
    fileprivate func trimming(while isLeftOut: (Character) -> Bool) -> String {
        let rest = drop(while: isLeftOut)
        return String(String(rest.reversed().drop(while: isLeftOut)).reversed())
    }
}
