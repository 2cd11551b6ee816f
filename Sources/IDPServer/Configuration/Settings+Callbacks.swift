import Foundation
import OutboundHTTP

extension Settings {
    /// IDP_WEBHOOK_SECRET, IDP_CALLBACK_….
    struct Callbacks: Sendable, Equatable {
        /// Nil: nobody can ask for a callback, as nothing would prove who sent it.
        var secrets: CallbackSecrets?
        /// Where they may go.
        var destinations: DestinationPolicy
        /// How long an attempt may take.
        var timeout: Duration
        /// Between attempts.
        var schedule: CallbackSchedule
        /// Deliveries at a time.
        var concurrency: Int
    }
}

extension Settings.Callbacks {
    /// As they were asked for. A rule that cannot be read is left out here and one of the mistakes that are reported.
    init(_ read: SettingReader) {
        secrets = read.optionalText("IDP_WEBHOOK_SECRET").flatMap { CallbackSecrets($0) }
        destinations = DestinationPolicy(
            allowing: Self.items(read.optionalText("IDP_CALLBACK_ALLOW")).compactMap { DestinationPolicy.Rule($0) })
        timeout = read.duration("IDP_CALLBACK_TIMEOUT")
        schedule = CallbackSchedule(
            waits: Self.items(read.text("IDP_CALLBACK_WAITS")).compactMap { DurationText.seconds($0) }
                .map { .seconds($0) })
        concurrency = read.integer("IDP_CALLBACK_CONCURRENCY")
    }

    /// Where callers may have callbacks sent; nil where there are none.
    var offered: DestinationPolicy? { secrets == nil ? nil : destinations }

    /// What is wrong with the list of hosts.
    static func contradictions(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        guard let allow = resolved["IDP_CALLBACK_ALLOW"] else { return [] }
        return items(allow.text).filter { DestinationPolicy.Rule($0) == nil }.map { item in
            SettingMistake(
                setting: "IDP_CALLBACK_ALLOW", source: allow.source,
                message: "\"\(item)\" is no host (hooks.example.com, *.example.com) and no network (10.1.0.0/16), "
                    + "each with or without :port")
        }
    }

    /// Whether a text is a list of waits.
    static func areWaits(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { item in
            DurationText.seconds(item.trimmingCharacters(in: .whitespaces)).map { (0.05...2_592_000).contains($0) }
                ?? false
        }
    }

    private static func items(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
