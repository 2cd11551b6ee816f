internal import CTesseract
internal import Foundation
internal import Observability

/// Tesseract in this process: models loaded once, one page at a time, one thread.
final class RecognitionEngine {
    /// What one pass over a picture read.
    struct Reading {
        /// The engine's lines, each with its words.
        var lines: [[Word]]
        /// Mean confidence of the words, 0 to 1.
        var confidence: Double

        /// How much was read how well.
        var weight: Double { lines.joined().reduce(0) { $0 + $1.weight } }
    }

    /// Below this a page was not readable the way it lies: readable ones measured 0.79 to 0.95, upside-down ones 0.30
    /// to 0.60.
    private static let confidenceFloor = 0.70

    /// Pages whose stamps have been lifted read at 0.85 and more, unless their print suffered from it.
    private static let confidenceAim = 0.87

    /// Less sure words of what a first pass left over are a stamp's ring or a signature.
    private static let leftoverFloor = 0.60

    // Created by `init`, deleted by `deinit`, used on the worker's only thread.
    private let engine: OpaquePointer
    private let configuration: WorkerConfiguration
    private let pulse: Pulse
    // Created by `init`, deleted by `deinit`; holds this object unretained, which owns it.
    private let monitor: OpaquePointer
    /// Loaded when the first page needs it: a page in eight does.
    private var orientationEngine: OpaquePointer?

    /// Loads the models.
    ///
    /// - Throws: `WorkerFailure` with `OCR_FAILED` when they are missing.
    init(_ configuration: WorkerConfiguration, _ pulse: Pulse) throws {
        self.configuration = configuration
        self.pulse = pulse
        setMsgSeverity(Int32(L_SEVERITY_NONE))
        guard let monitor = TessMonitorCreate() else {
            throw WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "TessMonitorCreate failed")
        }
        self.monitor = monitor
        engine = try Self.load(configuration.languages, OEM_LSTM_ONLY, configuration)
        // Asked before each line whether to give up: the answer is no, the question is a beat. Unretained: the pulse is
        // this object's own and the monitor dies before it does.
        TessMonitorSetCancelThis(monitor, Unmanaged.passUnretained(pulse).toOpaque())
        TessMonitorSetCancelFunc(monitor) { context, _ in
            // Set to the pulse two lines above.
            if let context { Unmanaged<Pulse>.fromOpaque(context).takeUnretainedValue()() }
            return false
        }
    }

    deinit {
        TessBaseAPIDelete(engine)
        TessMonitorDelete(monitor)
        if let orientationEngine { TessBaseAPIDelete(orientationEngine) }
    }

    /// Reads a picture: as it lies, and turned if that gives nothing readable.
    func read(_ picture: Picture, number: Int, _ plan: PicturePlan) throws -> PageText {
        pulse()
        guard var best = PicturePreparation.prepare(picture) else { throw outOfMemory() }
        guard !PicturePreparation.isBlank(best) else {
            return text(of: Reading(lines: [], confidence: 1), best, turn: 0, number, plan)
        }
        var turned = 0
        var reading = try attempts(at: best)
        if reading.confidence < Self.confidenceFloor, let turn = uprightTurn(of: best), turn != 0,
            let upright = best.turned(clockwise: turn)
        {
            let second = try attempts(at: upright)
            if second.confidence > reading.confidence { (best, reading, turned) = (upright, second, turn) }
        }
        return text(of: reading, best, turn: turned, number, plan)
    }

    /// The page that a reading of a picture makes; `turn` is how far the picture has been turned.
    private func text(
        of reading: Reading, _ picture: Picture, turn: Int, _ number: Int, _ plan: PicturePlan
    ) -> PageText {
        let page = LineAssembler.assemble(
            reading.lines, width: Double(picture.width), height: Double(picture.height))
        var text = PageText(
            number: number, width: page.width, height: page.height, source: .ocr, confidence: reading.confidence,
            lines: page.lines)
        text.sheet = PageSheet(
            width: page.width, height: page.height, plan: plan, isRead: true, turn: (turn + page.turn) % 360)
        return text
    }

    /// Reads without stamps, and once more with whatever is there if that gives doubtful text: on faint and blurred
    /// pages the print itself is hardly darker than a stamp. Then what both have passed over.
    private func attempts(at prepared: Picture) throws -> Reading {
        guard let inkLevel = PicturePreparation.stampLevel(of: prepared),
            let lifted = PicturePreparation.withoutStamps(prepared, from: inkLevel)
        else { return try pass(over: prepared) }
        let first = try pass(over: lifted)
        guard first.confidence < Self.confidenceAim else {
            return try withLeftovers(of: lifted, inkLevel: inkLevel, first)
        }
        let second = try pass(over: prepared)
        return second.weight > first.weight
            ? try withLeftovers(of: prepared, inkLevel: inkLevel, second)
            : try withLeftovers(of: lifted, inkLevel: inkLevel, first)
    }

    /// The reading and what stands in the print that none of its words covers. Costs nothing where all is covered.
    private func withLeftovers(of picture: Picture, inkLevel: Int, _ reading: Reading) throws -> Reading {
        // What cannot be read the way it lies is no better in parts.
        guard reading.confidence >= Self.confidenceFloor else { return reading }
        var whole = reading
        for place in LeftoverInk.places(on: picture, inkLevel: inkLevel, besides: Array(reading.lines.joined())) {
            let rows = LeftoverInk.wholeRows(at: place, of: whole.lines)
            for line in try pass(over: picture, in: rows).lines {
                whole.lines = LeftoverInk.taking(line, into: whole.lines, surerThan: Self.leftoverFloor)
            }
        }
        return whole
    }

    /// Reads a picture, or one block of text on it.
    private func pass(over picture: Picture, in place: Box? = nil) throws -> Reading {
        pulse()
        TessBaseAPISetPageSegMode(engine, place == nil ? PSM_AUTO : PSM_SINGLE_BLOCK)
        TessBaseAPISetImage2(engine, picture.pix)
        TessBaseAPISetSourceResolution(engine, 200)
        if let place {
            TessBaseAPISetRectangle(engine, Int32(place.x), Int32(place.y), Int32(place.width), Int32(place.height))
        }
        defer { TessBaseAPIClear(engine) }
        guard TessBaseAPIRecognize(engine, monitor) == 0 else {
            throw WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "TessBaseAPIRecognize failed")
        }
        let lines = lines()
        let certainties = lines.joined().map(\.confidence)
        return Reading(
            lines: lines, confidence: certainties.isEmpty ? 0 : certainties.reduce(0, +) / Double(certainties.count))
    }

    private func lines() -> [[Word]] {
        guard let results = TessBaseAPIGetIterator(engine) else { return [] }
        defer { TessResultIteratorDelete(results) }
        var lines: [[Word]] = []
        // Belongs to the result iterator, which outlives it here.
        let place = TessResultIteratorGetPageIterator(results)
        repeat {
            if TessPageIteratorIsAtBeginningOf(place, RIL_TEXTLINE) != 0 || lines.isEmpty { lines.append([]) }
            if let word = word(at: results, place) { lines[lines.count - 1].append(word) }
        } while TessResultIteratorNext(results, RIL_WORD) != 0
        return lines.filter { !$0.isEmpty }
    }

    private func word(at results: OpaquePointer, _ place: OpaquePointer?) -> Word? {
        // The engine's string is ours to delete.
        guard let text = TessResultIteratorGetUTF8Text(results, RIL_WORD) else { return nil }
        defer { TessDeleteText(text) }
        let clean = String(cString: text).filter { !$0.isWhitespace }
        var (left, top, right, bottom) = (Int32(0), Int32(0), Int32(0), Int32(0))
        guard !clean.isEmpty, TessPageIteratorBoundingBox(place, RIL_WORD, &left, &top, &right, &bottom) != 0 else {
            return nil
        }
        let confidence = Double(TessResultIteratorConfidence(results, RIL_WORD)) / 100
        return Word(
            text: clean,
            box: Box(x: Double(left), y: Double(top), width: Double(right - left), height: Double(bottom - top)),
            confidence: min(max(confidence, 0), 1))
    }

    /// The clockwise turn that sets the picture upright; nil when the engine cannot tell.
    private func uprightTurn(of picture: Picture) -> Int? {
        if orientationEngine == nil {
            orientationEngine = try? Self.load("osd", OEM_TESSERACT_ONLY, configuration)  // Without it: as it lies.
            if let orientationEngine { TessBaseAPISetPageSegMode(orientationEngine, PSM_OSD_ONLY) }
        }
        guard let orientationEngine else { return nil }
        TessBaseAPISetImage2(orientationEngine, picture.pix)
        TessBaseAPISetSourceResolution(orientationEngine, 200)
        defer { TessBaseAPIClear(orientationEngine) }
        var (turn, turnConfidence, scriptConfidence) = (Int32(0), Float(0), Float(0))
        var script: UnsafePointer<CChar>?
        guard
            TessBaseAPIDetectOrientationScript(
                orientationEngine, &turn, &turnConfidence, &script, &scriptConfidence) != 0
        else { return nil }
        // The engine says how far the picture has been turned clockwise: undo that.
        return (360 - Int(turn)) % 360
    }

    private static func load(
        _ languages: String, _ mode: TessOcrEngineMode, _ configuration: WorkerConfiguration
    ) throws -> OpaquePointer {
        guard let engine = TessBaseAPICreate() else {
            throw WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "TessBaseAPICreate failed")
        }
        guard TessBaseAPIInit2(engine, configuration.modelFolder, languages, mode) == 0 else {
            TessBaseAPIDelete(engine)
            throw WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "models \(languages) cannot be loaded")
        }
        _ = TessBaseAPISetVariable(engine, "debug_file", "/dev/null")
        return engine
    }

    private func outOfMemory() -> WorkerFailure {
        WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "no memory to prepare the picture")
    }
}
