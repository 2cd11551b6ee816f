import Foundation
import OutboundHTTP
import Pipeline

extension Settings {
    /// IDP_LLM_….
    struct Model: Sendable, Equatable {
        var endpoint: ChatCompletions.Configuration
        /// 0 to 1.
        var askBelow: Double
    }
}

extension Settings.Model {
    /// The language model as it was asked for; nil when no URL is named. What is missing is empty here and one of the
    /// mistakes that are reported.
    init?(_ read: SettingReader) {
        guard let url = read.optionalText("IDP_LLM_URL") else { return nil }
        endpoint = ChatCompletions.Configuration(
            url: url, model: read.optionalText("IDP_LLM_MODEL") ?? "", apiKey: read.optionalText("IDP_LLM_API_KEY"),
            timeout: read.duration("IDP_LLM_TIMEOUT"))
        askBelow = Double(read.integer("IDP_LLM_ASK_BELOW")) / 100
    }
}

extension Settings {
    /// What is wrong with the settings of the language model together.
    func contradictionsOfModel(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> SettingMistake {
            SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)
        }
        guard let model else {
            return ["IDP_LLM_MODEL", "IDP_LLM_API_KEY", "IDP_LLM_TIMEOUT", "IDP_LLM_ASK_BELOW"].filter {
                resolved[$0].map { $0.source != .fallback } ?? false
            }.map { mistake($0, "needs IDP_LLM_URL beside it") }
        }
        var mistakes: [SettingMistake] = []
        if model.endpoint.model.isEmpty { mistakes.append(mistake("IDP_LLM_MODEL", "is needed with IDP_LLM_URL")) }
        if let refusal = DestinationPolicy.trusted.refusal(of: model.endpoint.url) {
            mistakes.append(mistake("IDP_LLM_URL", "\(refusal); a key goes into IDP_LLM_API_KEY"))
        } else if URLComponents(string: model.endpoint.url).map({ $0.query != nil || $0.fragment != nil }) ?? true {
            mistakes.append(mistake("IDP_LLM_URL", "must have no query, like https://host/v1"))
        }
        return mistakes
    }
}
