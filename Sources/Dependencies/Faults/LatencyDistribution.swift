private import Foundation

/// How long something takes, by chance: what load tests put in the place of real work. A pure value.
public enum LatencyDistribution: Sendable, Hashable {
    /// Always the same.
    case constant(Duration)
    /// Any time between the two, each as likely.
    case uniform(Duration, Duration)
    /// Exponential with this mean: what waiting for independent arrivals looks like.
    case exponential(mean: Duration)
    /// Log-normal by its median and its 99th percentile: what most services look like, with a long tail.
    case logNormal(median: Duration, p99: Duration)

    /// The 99th percentile of the standard normal distribution.
    private static let z99 = 2.326_347_874_040_841
    /// Nothing takes longer, whatever the tail.
    public static let longest: Duration = .seconds(3600)

    /// The time below which a share of all times lies.
    ///
    /// - Parameter fraction: 0..<1; a uniform random number gives a random time.
    public func quantile(_ fraction: Double) -> Duration {
        precondition((0..<1).contains(fraction), "a fraction is in 0..<1")
        switch self {
        case .constant(let time): return time
        case .uniform(let low, let high): return low + (high - low) * fraction
        case .exponential(let mean): return min(Self.longest, mean * -log(1 - fraction))
        case .logNormal(let median, let p99):
            guard fraction > 0 else { return .zero }
            let sigma = log(p99 / median) / Self.z99
            return min(Self.longest, median * exp(sigma * Self.normalQuantile(fraction)))
        }
    }

    /// The inverse of the standard normal distribution, right to about nine digits (Acklam's rational approximation,
    /// https://web.archive.org/web/20151030215612/http://home.online.no/~pjacklam/notes/invnorm/).
    static func normalQuantile(_ p: Double) -> Double {
        let a = [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239e+00,
        ]
        let b = [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01, 1,
        ]
        let c = [
            -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
            4.374664141464968e+00, 2.938163982698783e+00,
        ]
        let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1]
        func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
            coefficients.reduce(0) { $0 * x + $1 }
        }
        let tail = 0.02425
        if p < tail {
            let q = (-2 * log(p)).squareRoot()
            return polynomial(c, q) / polynomial(d, q)
        }
        if p > 1 - tail { return -normalQuantile(1 - p) }
        let q = p - 0.5
        return q * polynomial(a, q * q) / polynomial(b, q * q)
    }
}
