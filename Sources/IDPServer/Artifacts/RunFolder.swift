import Pipeline

/// Where one run's files are: `RUNS_DIR/YYYY-MM-DD/<run_id>/input/…` and `meta/…`. The day is that of the id, in UTC,
/// so that an id alone leads to its folder.
struct RunFolder: Sendable, Hashable {
    /// `RUNS_DIR`.
    let runsDirectory: String
    let runID: RunID

    /// `RUNS_DIR/YYYY-MM-DD`.
    var dayPath: String { runsDirectory + "/" + runID.moment.day().description }
    /// The run's own folder.
    var path: String { dayPath + "/" + runID.description }
    var inputPath: String { RunFolder.inputName(path) }
    var metaPath: String { RunFolder.metaName(path) }
    /// Who submitted what, written once.
    var metadataPath: String { RunFolder.metadataName(path) }
    /// The state, replaced at each transition.
    var jobPath: String { RunFolder.jobName(path) }
    /// The verdict, written once.
    var finalResultPath: String { metaPath + "/final_result.json" }

    /// The same within a run's folder that is called `name`, from wherever that counts.
    static func inputName(_ name: String) -> String { name + "/input" }
    static func metaName(_ name: String) -> String { name + "/meta" }
    static func metadataName(_ name: String) -> String { name + "/meta/metadata.json" }
    static func jobName(_ name: String) -> String { name + "/meta/job.json" }

    /// The document; the extension is one of ours, never the caller's.
    func documentPath(_ document: RunDocument) -> String {
        precondition(
            !document.fileExtension.isEmpty
                && document.fileExtension.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) },
            "a file extension is made of small letters and digits")
        return inputPath + "/document." + document.fileExtension
    }
}
