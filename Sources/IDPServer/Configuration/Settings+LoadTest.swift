import Dependencies
import Pipeline

extension Settings {
    /// IDP_SIMULATE, IDP_FAULTS.
    struct LoadTest: Sendable, Equatable {
        /// Empty: every stage does its work.
        var stages: [StageName: LatencyDistribution]
        /// Empty: nothing is injected.
        var faults: [InjectedFault]
    }
}

extension Settings.LoadTest {
    /// The aids of load tests as they were asked for. Items that are wrong are left out here and are mistakes that are
    /// reported.
    init(_ read: SettingReader) {
        stages = read.optionalText("IDP_SIMULATE").map { Self.stages($0).value } ?? [:]
        faults = read.optionalText("IDP_FAULTS").map { Self.faults($0).value } ?? []
    }

    /// The dependencies that faults are injected into.
    static let dependencies = ["llm", "ocr", "s3"]

    /// `text=300ms..2s,validate=1ms`, and what is wrong with it.
    static func stages(_ text: String) -> (value: [StageName: LatencyDistribution], mistakes: [String]) {
        var stages: [StageName: LatencyDistribution] = [:]
        var mistakes: [String] = []
        for item in items(of: text) {
            guard let (name, rest) = pair(item) else {
                mistakes.append("\"\(item)\" is no stage with its time; write it like text=300ms..2s")
                continue
            }
            guard let stage = StageName(rawValue: name) else {
                let known = StageName.allCases.map(\.rawValue).joined(separator: ", ")
                mistakes.append("\"\(name)\" in \"\(item)\" is no stage; there are \(known)")
                continue
            }
            switch distribution(rest) {
            case .success(let distribution):
                if stages.updateValue(distribution, forKey: stage) != nil {
                    mistakes.append("\"\(name)\" is given twice; keep one")
                }
            case .failure(let mistake): mistakes.append("\(mistake.text) in \"\(item)\"")
            }
        }
        if mistakes.isEmpty, stages[.acquire] != nil, stages[.text] == nil {
            mistakes.append("\"acquire\" needs \"text\" beside it: a document that nobody opened has no text to read")
        }
        return (stages, mistakes)
    }

    /// `s3=error@10%,llm=delay:lognormal:300ms:2s,ocr=hang@0.01`, and what is wrong with it.
    static func faults(_ text: String) -> (value: [InjectedFault], mistakes: [String]) {
        var faults: [InjectedFault] = []
        var mistakes: [String] = []
        for item in items(of: text) {
            guard let (name, rest) = pair(item) else {
                mistakes.append("\"\(item)\" is no dependency with its fault; write it like s3=error@10%")
                continue
            }
            guard dependencies.contains(name) else {
                let known = dependencies.joined(separator: ", ")
                mistakes.append("\"\(name)\" in \"\(item)\" is no dependency; there are \(known)")
                continue
            }
            let parts = rest.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
            guard parts.count <= 2, let rate = parts.count == 2 ? rate(parts[1]) : 1 else {
                let seen = parts.dropFirst().joined(separator: "@")
                mistakes.append(
                    "\"\(seen)\" in \"\(item)\" is no rate; write it like 0.1 or 10%, above 0 and at most 1")
                continue
            }
            switch kind(parts[0]) {
            case .success(let kind): faults.append(InjectedFault(dependency: name, kind: kind, rate: rate))
            case .failure(let mistake): mistakes.append("\(mistake.text) in \"\(item)\"")
            }
        }
        return (faults, mistakes)
    }

    /// What is wrong with a part of an item, in words.
    private struct Mistake: Error {
        var text: String
    }

    private static func items(of text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.split(separator: " ").joined(separator: " ")
        }
    }

    private static func pair(_ item: String) -> (name: String, rest: String)? {
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty ? (parts[0], parts[1]) : nil
    }

    private static func kind(_ text: String) -> Result<InjectedFault.Kind, Mistake> {
        switch text {
        case "error": .success(.error)
        case "hang": .success(.hang)
        case _ where text.hasPrefix("delay:"): distribution(String(text.dropFirst("delay:".count))).map { .delay($0) }
        default: .failure(Mistake(text: "\"\(text)\" is no fault; there are error, hang and delay:TIME"))
        }
    }

    /// `300ms`, `100ms..2s`, `exp:300ms`, `lognormal:300ms:2s`.
    private static func distribution(_ text: String) -> Result<LatencyDistribution, Mistake> {
        let range = text.firstRange(of: "..")
        var words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var shape = words.count > 1 ? words.removeFirst() : ""
        if let range {
            shape = ".."
            words = [String(text[..<range.lowerBound]), String(text[range.upperBound...])]
        }
        var times: [Duration] = []
        for word in words {
            guard let time = time(word) else {
                return .failure(Mistake(text: "\"\(word)\" is no time from 0 to 1h like 300ms or 2s"))
            }
            times.append(time)
        }
        switch (shape, times.count) {
        case ("", 1): return .success(.constant(times[0]))
        case ("..", 2) where times[0] <= times[1]: return .success(.uniform(times[0], times[1]))
        case ("exp", 1): return .success(.exponential(mean: times[0]))
        case ("lognormal", 2) where times[0] > .zero && times[0] <= times[1]:
            return .success(.logNormal(median: times[0], p99: times[1]))
        case ("..", _), ("lognormal", 2):
            return .failure(Mistake(text: "\"\(text)\" must have the shorter time first, and no median of 0"))
        default:
            return .failure(
                Mistake(text: "\"\(text)\" is no time; write 300ms, 100ms..2s, exp:MEAN or lognormal:MEDIAN:P99"))
        }
    }

    private static func time(_ text: String) -> Duration? {
        DurationText.seconds(text).flatMap { (0...3600).contains($0) ? .seconds($0) : nil }
    }

    private static func rate(_ text: String) -> Double? {
        let isPercent = text.hasSuffix("%")
        let number = text.dropLast(isPercent ? 1 : 0)
        guard !number.isEmpty, number.count <= 10, number.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }),
            let value = Double(number)
        else { return nil }
        let share = isPercent ? value / 100 : value
        return share > 0 && share <= 1 ? share : nil
    }
}

extension Settings {
    /// What is wrong with the load test's settings, part by part.
    func contradictionsOfLoadTest(_ resolved: [String: SettingSources.Resolved]) -> [SettingMistake] {
        func mistake(_ name: String, _ message: String) -> SettingMistake {
            SettingMistake(setting: name, source: resolved[name]?.source ?? .fallback, message: message)
        }
        let simulate = resolved["IDP_SIMULATE"].map { LoadTest.stages($0.text).mistakes } ?? []
        var inject = resolved["IDP_FAULTS"].map { LoadTest.faults($0.text).mistakes } ?? []
        // A fault that cannot strike is a test that shows nothing.
        if model == nil, loadTest.faults.contains(where: { $0.dependency == "llm" }) {
            inject.append("\"llm\" is not used: IDP_LLM_URL is not set")
        }
        if storage.s3 == nil, loadTest.faults.contains(where: { $0.dependency == "s3" }) {
            inject.append("\"s3\" is not used: neither IDP_ARTIFACTS nor IDP_S3_BUCKETS names a bucket")
        }
        return simulate.map { mistake("IDP_SIMULATE", $0) } + inject.map { mistake("IDP_FAULTS", $0) }
    }
}
