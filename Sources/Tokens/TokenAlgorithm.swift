/// The signature algorithms that tokens may have (RFC 7518, RFC 8037). All are asymmetric: `none` and shared secrets
/// (`HS…`) are not among them, so that no setting can let them in.
public enum TokenAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
}
