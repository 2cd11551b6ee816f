import Dependencies
import Pipeline
import Testing

@testable import IDPServer

/// What IDP_SIMULATE and IDP_FAULTS take, and how they say what is wrong with them.
struct LoadTestSettingsTests {
    private func mistakes(_ environment: [String: String]) throws -> [SettingMistake] {
        try #require(throws: SettingsError.self) { try Settings.load(environment: environment) }.mistakes
    }

    @Test func isOffUnlessAskedFor() throws {
        let settings = try Settings.load()
        #expect(settings.loadTest.stages.isEmpty && settings.loadTest.faults.isEmpty && settings.model == nil)
    }

    @Test func readsStagesWithTheirTimes() throws {
        let text = "acquire=5ms, text=200ms..2s,classify=exp:1ms,extract=lognormal:300ms:2s,validate=0"
        let stages = try Settings.load(environment: ["IDP_SIMULATE": text]).loadTest.stages
        #expect(
            stages == [
                .acquire: .constant(.milliseconds(5)), .text: .uniform(.milliseconds(200), .seconds(2)),
                .classify: .exponential(mean: .milliseconds(1)),
                .extract: .logNormal(median: .milliseconds(300), p99: .seconds(2)), .validate: .constant(.zero),
            ])
    }

    @Test func readsFaultsWithTheirRates() throws {
        let text = "s3=error@10%,s3=delay:200ms..2s@0.5,ocr=hang@0.01,llm=delay:lognormal:1s:9s"
        let faults = try Settings.load(
            environment: [
                "IDP_FAULTS": text, "IDP_LLM_URL": "http://127.0.0.1:1/v1", "IDP_LLM_MODEL": "m",
                "IDP_S3_BUCKETS": "bucket", "IDP_S3_ACCESS_KEY": "a", "IDP_S3_SECRET_KEY": "b",
            ]
        ).loadTest.faults
        #expect(
            faults == [
                InjectedFault(dependency: "s3", kind: .error, rate: 0.1),
                InjectedFault(dependency: "s3", kind: .delay(.uniform(.milliseconds(200), .seconds(2))), rate: 0.5),
                InjectedFault(dependency: "ocr", kind: .hang, rate: 0.01),
                InjectedFault(
                    dependency: "llm", kind: .delay(.logNormal(median: .seconds(1), p99: .seconds(9))), rate: 1),
            ])
    }

    /// Each value with the part that the message must name.
    @Test(arguments: [
        ("IDP_SIMULATE", "ocr=1s", "\"ocr\""), ("IDP_SIMULATE", "text", "\"text\""),
        ("IDP_SIMULATE", "text=", "\"text=\""), ("IDP_SIMULATE", "text=fast", "\"fast\""),
        ("IDP_SIMULATE", "text=1s,classify=2s..1s", "\"2s..1s\""), ("IDP_SIMULATE", "text=1s,text=2s", "twice"),
        ("IDP_SIMULATE", "text=1s..", "\"\" is no time"), ("IDP_SIMULATE", "text=2h", "\"2h\""),
        ("IDP_SIMULATE", "text=gauss:1s", "\"gauss:1s\""), ("IDP_SIMULATE", "text=lognormal:1s", "\"lognormal:1s\""),
        ("IDP_SIMULATE", "text=lognormal:0:1s", "\"lognormal:0:1s\""), ("IDP_SIMULATE", "acquire=1s", "needs \"text\""),
        ("IDP_SIMULATE", "text=-1s", "\"-1s\""), ("IDP_SIMULATE", "text=1s,,", "commas"),
        ("IDP_FAULTS", "ocr", "\"ocr\""), ("IDP_FAULTS", "printer=error", "\"printer\""),
        ("IDP_FAULTS", "ocr=smoke", "\"smoke\""), ("IDP_FAULTS", "ocr=error@", "no rate"),
        ("IDP_FAULTS", "ocr=error@0", "\"0\""), ("IDP_FAULTS", "ocr=error@101%", "\"101%\""),
        ("IDP_FAULTS", "ocr=error@1.5", "\"1.5\""), ("IDP_FAULTS", "ocr=error@often", "\"often\""),
        ("IDP_FAULTS", "ocr=delay", "\"delay\""), ("IDP_FAULTS", "ocr=delay:soon@0.1", "\"soon\""),
        ("IDP_FAULTS", "ocr=error@0.1@0.2", "\"0.1@0.2\""), ("IDP_FAULTS", "llm=error", "IDP_LLM_URL"),
        ("IDP_FAULTS", "s3=error", "IDP_ARTIFACTS"),
    ])
    func namesThePartThatIsWrong(name: String, value: String, part: String) throws {
        let found = try mistakes([name: value])
        #expect(found.map(\.setting) == [name])
        #expect(found.first?.message.contains(part) == true, "\(found)")
    }

    @Test func tellsAllMistakesOfAList() throws {
        #expect(try mistakes(["IDP_FAULTS": "ocr=error@2,printer=error,ocr=smoke"]).count == 3)
    }
}
