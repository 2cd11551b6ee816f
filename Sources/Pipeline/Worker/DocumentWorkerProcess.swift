internal import CLinux
internal import CTesseract
internal import Foundation
internal import Observability

/// The child: `idp-server document-worker`.
///
/// DESIGN. One thread, one loop: a frame in, work, a frame out, until the parent closes the socket. Nothing is kept
/// from one document to the next but the loaded models. The first frame brings limits and models; the walls
/// (`WorkerSandbox`) are up before the second one, the first that brings a document. While it works it sends beats
/// (`Pulse`), so that a parent can tell slow from stuck. A document that makes the process
/// crash, hang or grow costs this process only: the kernel's limits and the parent's clock end it, and the parent
/// starts another.
public enum DocumentWorkerProcess {
    /// The descriptor on which the parent leaves the control socket.
    public static let controlDescriptor: Int32 = 3

    /// Serves the parent until it closes the control socket or dies, then exits.
    public static func run(controlDescriptor: Int32 = DocumentWorkerProcess.controlDescriptor) -> Never {
        let channel = FrameChannel(owning: controlDescriptor)
        // A tool that ends before it has read its document is an error to look at, not our end.
        signal(SIGPIPE, SIG_IGN)
        do {
            let first = try channel.receive()
            guard case .configure(let configuration) = try JSONDecoder().decode(WorkerRequest.self, from: first.frame)
            else { exit(EX_PROTOCOL) }
            let toolbox = Toolbox(folders: configuration.toolFolders)
            let report = WorkerSandbox.enter(configuration, tools: toolbox.allPaths)
            let beat = try JSONEncoder().encode(WorkerReply.beat)
            // A parent that is gone shows at the next frame that is received.
            let pulse = Pulse { try? channel.send(beat) }
            let session = WorkerSession(configuration, toolbox, pulse)
            session.warmUp()
            try send(.ready(report), over: channel)
            while true {
                let (frame, document) = try channel.receive()
                defer { if let document { close(document) } }
                let request = try JSONDecoder().decode(WorkerRequest.self, from: frame)
                // Tells that the document is about to be touched: what happens from now on may be its doing.
                try channel.send(beat)
                WorkerSandbox.grantCPU(seconds: configuration.operationCPUSeconds)
                try send(session.answer(request, document: document), over: channel)
                session.getReady()
                // What a large picture took goes back to the system, not to the next document; the caller has its
                // answer already.
                switch request {
                case .recognise, .paint: malloc_trim(0)
                case .configure, .inspect, .attempt: break
                }
            }
        } catch FrameChannel.Failure.closed {
            exit(EXIT_SUCCESS)
        } catch {
            // What the parent says is never wrong; what went wrong is between the two.
            FileHandle.standardError.write(Data("document worker: \(error)\n".utf8))
            exit(EX_PROTOCOL)
        }
    }

    private static func send(_ reply: WorkerReply, over channel: FrameChannel) throws {
        try channel.send(JSONEncoder().encode(reply))
    }

    /// sysexits.h: the other side broke the protocol.
    private static let EX_PROTOCOL: Int32 = 76
}

/// A worker's state between requests: its models.
final class WorkerSession {
    private let configuration: WorkerConfiguration
    private let toolbox: Toolbox
    private let pulse: Pulse
    private var engine: RecognitionEngine?
    private var waiting: WaitingTextReader?
    /// The page bound of the last PDF: the next one will have it too.
    private var maxPages: Int?

    init(_ configuration: WorkerConfiguration, _ toolbox: Toolbox, _ pulse: Pulse) {
        self.configuration = configuration
        self.toolbox = toolbox
        self.pulse = pulse
    }

    /// Loads the models ahead of the first page. A failure shows, with its reason, when a page is read.
    func warmUp() {
        engine = try? RecognitionEngine(configuration, pulse)
    }

    /// Does what can be done before the next document comes.
    func getReady() {
        guard waiting == nil, let maxPages else { return }
        // Without one the next document starts its own.
        waiting = try? WaitingTextReader(maxPages: maxPages, toolbox, configuration)
    }

    /// Does what was asked; every failure becomes a reply.
    func answer(_ request: WorkerRequest, document: Int32?) -> WorkerReply {
        do {
            guard let document else { throw misuse("no document came along") }
            switch request {
            case .configure:
                throw misuse("configured twice")
            case .inspect(let order):
                return .outline(PackedOutline(try inspect(document, order)))
            case .recognise(let order):
                return .page(PackedPage(try recognise(document, order)))
            case .paint(let order):
                return .picture(try paint(document, order))
            case .attempt(let act):
                let number = act.attempt()
                return number == 0 ? .done : .refused(number)
            }
        } catch let failure as WorkerFailure {
            return .failed(failure)
        } catch {
            return .failed(misuse("\(error)"))
        }
    }

    private func inspect(_ document: Int32, _ order: InspectOrder) throws -> DocumentOutline {
        let file = try MappedFile(document)
        let format = try format(of: file)
        if format == .pdf {
            var reader = pdf(document, file)
            (reader.waiting, waiting, maxPages) = (waiting, nil, order.maxPages)
            return try reader.inspect(maxPages: order.maxPages)
        }
        return try image(format, file).inspect(maxPages: order.maxPages)
    }

    private func format(of file: MappedFile) throws -> DocumentFormat {
        guard let format = DocumentFormat(file: file.bytes) else {
            throw WorkerFailure(.unsupportedFileType, "The file is not a PDF, JPEG, PNG or TIFF")
        }
        return format
    }

    private func recognise(_ document: Int32, _ order: RecogniseOrder) throws -> PageText {
        let file = try MappedFile(document)
        let engine = try engine ?? RecognitionEngine(configuration, pulse)
        self.engine = engine
        if case .frame(let frame) = order.plan {
            return try engine.read(
                image(order.format, file).picture(frame: frame), number: order.page, order.plan)
        }
        let reader = pdf(document, file)
        let first = try engine.read(reader.picture(page: order.page, order.plan), number: order.page, order.plan)
        // What was lifted out may not be what the page shows: mirrored or turned by its matrix, a mask, an empty
        // background under drawn text. The page as it is drawn decides.
        guard case .lifted(_, _, let size) = order.plan, first.confidence < 0.7 || first.lines.count < 3 else {
            return first
        }
        let drawn = PicturePlan.drawn(page: size)
        let second = try engine.read(reader.picture(page: order.page, drawn), number: order.page, drawn)
        return second.confidence > first.confidence ? second : first
    }

    private func paint(_ document: Int32, _ order: PaintOrder) throws -> Data {
        let file = try MappedFile(document)
        let picture =
            if case .frame(let frame) = order.sheet.plan {
                try image(format(of: file), file).picture(frame: frame)
            } else {
                try pdf(document, file).picture(page: order.page, order.sheet.plan, isColoured: true)
            }
        return try PagePainter.jpeg(of: picture, order.sheet)
    }

    private func pdf(_ document: Int32, _ file: MappedFile) -> PDFReader {
        PDFReader(
            tool: ToolRun(toolbox: toolbox, configuration: configuration, document: document, pulse: pulse),
            configuration: configuration, file: file.bytes)
    }

    private func image(_ format: DocumentFormat, _ file: MappedFile) -> ImageReader {
        ImageReader(format: format, file: file.data, maxPixels: configuration.maxPixels)
    }

    private func misuse(_ cause: String) -> WorkerFailure {
        WorkerFailure(.internalProcessingError, ErrorCode.internalProcessingError.title, cause: cause)
    }
}

/// A document's bytes, mapped read-only as long as the object lives. Should somebody shorten the file meanwhile, the
/// worker dies of SIGBUS, and only the worker.
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    /// - Throws: `WorkerFailure` when the file is empty or cannot be mapped.
    init(_ descriptor: Int32) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else {
            throw WorkerFailure(.documentUnreadable, "The file is empty")
        }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title, cause: "mmap: errno \(errno)")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    /// The same bytes without a copy; valid as long as the object lives.
    var data: Data {
        Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: bytes.baseAddress!), count: bytes.count, deallocator: .none)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }
}
