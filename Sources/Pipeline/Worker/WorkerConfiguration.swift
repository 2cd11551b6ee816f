/// A worker's models and limits: what the parent tells it before it sees a document.
public struct WorkerConfiguration: Sendable, Codable, Hashable {
    /// The model that server and command line read with unless told otherwise: of the whole script, so that it reads
    /// Russian and Kazakh alike. Against `rus+kaz+eng` it read 95.5 of 100 words to 94.0 on scans and photos, in three
    /// quarters of the time.
    public static let defaultLanguages = "Cyrillic"

    /// Tesseract models, joined by `+`; the first leads.
    public var languages: String
    /// The folder of the models; nil leaves it to the engine (`TESSDATA_PREFIX` or what it was built with).
    public var modelFolder: String?
    /// Pictures with more pixels are refused before they are decoded.
    public var maxPixels: Int
    /// Address space of the worker and of each tool it starts; 0 leaves it open (sanitizers need terabytes).
    public var memoryLimitBytes: Int
    /// Processor seconds for one operation of the worker, and for each tool it starts.
    public var operationCPUSeconds: Int
    public var toolCPUSeconds: Int
    /// Longest file that the worker or a tool may write.
    public var fileLimitBytes: Int
    /// Descriptors that the worker or a tool may hold.
    public var descriptorLimit: Int
    /// Processes, the worker and its tools together; 0 leaves it open. The parent leaves it open where there is no user
    /// namespace of their own: the kernel counts all that a user runs in one. (What may be started at all is the system
    /// call filter's business.)
    public var processLimit: Int
    /// Most bytes taken from a tool's output.
    public var toolOutputLimitBytes: Int
    /// Where the tools are: the first of these folders that has one counts.
    public var toolFolders: [String]
    /// An empty folder of the worker's own, for what a tool can write only to a file; made and removed by the parent.
    public var scratchFolder: String

    public init(
        languages: String = WorkerConfiguration.defaultLanguages, modelFolder: String? = nil,
        maxPixels: Int = 40_000_000, memoryLimitBytes: Int = 1 << 30, operationCPUSeconds: Int = 60,
        toolCPUSeconds: Int = 8,
        fileLimitBytes: Int = 1 << 20, descriptorLimit: Int = 64, processLimit: Int = 16,
        toolOutputLimitBytes: Int = 64 << 20,
        toolFolders: [String] = ["/usr/bin", "/usr/local/bin"], scratchFolder: String = ""
    ) {
        self.languages = languages
        self.modelFolder = modelFolder
        self.maxPixels = maxPixels
        self.memoryLimitBytes = memoryLimitBytes
        self.operationCPUSeconds = operationCPUSeconds
        self.toolCPUSeconds = toolCPUSeconds
        self.fileLimitBytes = fileLimitBytes
        self.descriptorLimit = descriptorLimit
        self.processLimit = processLimit
        self.toolOutputLimitBytes = toolOutputLimitBytes
        self.toolFolders = toolFolders
        self.scratchFolder = scratchFolder
    }
}
