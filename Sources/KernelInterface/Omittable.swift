import CPlatform

/// An enum of options. A build for a microcontroller may leave out values of it, with their code: see scripts/mcu.
public protocol Omittable: RawRepresentable, Sendable where RawValue == UInt32 {
    /// Bit n: whether the value n is in this build. All are if it is -1.
    static var built: Int { get }
}

extension Omittable {
    public static var built: Int { -1 }

    public var isBuilt: Bool { Self.built >> rawValue & 1 != 0 }

    /// The same value, for a switch: the compiler drops the cases of values that are not in this build.
    @inline(__always)
    public var ofBuild: Self {
        if Self.built == -1 { return self }
        // A constant in each case, so that a switch over the result is one over constants. An enum with more values
        // needs more cases.
        switch rawValue {
        case 0 where Self.built & 1 != 0: return Self(rawValue: 0).unsafelyUnwrapped
        case 1 where Self.built & 2 != 0: return Self(rawValue: 1).unsafelyUnwrapped
        case 2 where Self.built & 4 != 0: return Self(rawValue: 2).unsafelyUnwrapped
        case 3 where Self.built & 8 != 0: return Self(rawValue: 3).unsafelyUnwrapped
        case 4 where Self.built & 16 != 0: return Self(rawValue: 4).unsafelyUnwrapped
        case 5 where Self.built & 32 != 0: return Self(rawValue: 5).unsafelyUnwrapped
        case 6 where Self.built & 64 != 0: return Self(rawValue: 6).unsafelyUnwrapped
        case 7 where Self.built & 128 != 0: return Self(rawValue: 7).unsafelyUnwrapped
        default: platform_trap()
        }
    }
}

extension Activation: Omittable {
    public static var built: Int { platform_activations }
}

extension Loss: Omittable {
    public static var built: Int { platform_losses }
}

extension OptimizerKind: Omittable {
    public static var built: Int { platform_optimizers }
}

extension ElementaryFunction: Omittable {}
