import Testing

@testable import IDPServer

struct SettingFlagsTests {
    @Test func readsFlagsInAllForms() {
        let flags = SettingFlags([
            "--port", "80", "--host=::", "--probe", "--no-fast-lane", "--config", "f.env", "--app-name", "-x",
            "--log-format=",
        ])
        #expect(flags.values == [
            "port": "80", "host": "::", "probe": "true", "fast-lane": "false", "app-name": "-x", "log-format": "",
        ])
        #expect(flags.config == "f.env")
        #expect(flags.mistakes.isEmpty)
    }

    @Test(arguments: [["--port"], ["--port", "--probe"], ["stray"], ["-p", "80"], ["--"], ["--port=1", "--port=2"]])
    func reportsWhatIsNoFlag(arguments: [String]) {
        #expect(!SettingFlags(arguments).mistakes.isEmpty)
    }

    @Test func reportsFlagsAndSettingsTogether() throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(arguments: ["stray", "--port", "x"], environment: ["IDP_LOOPS": "0"])
        }
        #expect(error.mistakes.map(\.setting) == ["stray", "IDP_LOOPS", "IDP_PORT"])
    }
}
