internal import Foundation

/// The buckets of a native histogram of durations: exponential, in Prometheus's standard schema 3, in which each bound
/// is 2^(1/8) (about 9 %) above the one before it and one second is a bound.
///
/// The range is fixed, so that a lane's cells are a fixed run of memory: what is shorter than 2^-17 s (7.6 µs) counts
/// as zero, what is longer than 1024 s counts into the last bucket.
enum NativeBuckets {
    /// Every power of two is divided into two to this power of buckets.
    static let schema = 3
    /// The index of the bucket whose upper bound is the zero threshold.
    static let zeroIndex = -17 << schema
    /// The index of the last bucket.
    static let lastIndex = 10 << schema
    /// Durations up to this many seconds count as zero.
    static let zeroThreshold = seconds(zeroIndex)
    /// The zero bucket and those above it.
    static let cellCount = lastIndex - zeroIndex + 1

    /// Finds a duration's cell; the last bucket has no bound, so that it takes what is above it too. Whole nanoseconds
    /// fall as their seconds would: a number of nanoseconds is at most a bound when it is at most its whole part.
    static let index = BucketIndex((zeroIndex..<lastIndex).map { UInt64(seconds($0) * 1e9) })

    /// The upper bound of a bucket in seconds.
    static func seconds(_ index: Int) -> Double {
        Foundation.exp2(Double(index) / Double(1 << schema))
    }
}
