import Testing

/// The suites that start real workers, one test at a time: each test has its own workers, and all of them at once would
/// only measure how crowded the machine is.
@Suite(.serialized) enum LiveWorkers {}
