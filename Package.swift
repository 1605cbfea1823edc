// swift-tools-version:6.2
import PackageDescription

// Three builds of the same sources:
//
//   (nothing set)         For Swift programs and for `swift test`: the product Regularized, without unsafe flags.
//   SWIFTREG_EMBEDDED=1   The shipped libSwiftReg: Embedded Swift, no Swift runtime, one kernel module for each
//                         instruction set.
//   SWIFTREG_SHARED=1     libSwiftReg as an ordinary Swift build, for the sanitizers.
let embedded = Context.environment["SWIFTREG_EMBEDDED"] == "1"
let shared = embedded || Context.environment["SWIFTREG_SHARED"] == "1"

/// The library of a release, as `make artifact-bundle` builds it, in place of the one built from source:
///
///     .binaryTarget(name: "CSwiftReg", url: "https://.../SwiftReg.artifactbundle.zip", checksum: "...")
let prebuilt: Target? = nil

#if arch(x86_64)
    let isaTargets = embedded ? [("KernelsAVX2", "x86-64-v3"), ("KernelsAVX512", "x86-64-v4")] : []
#else
    let isaTargets: [(String, String)] = []
#endif

// REG_FMA: multiply-add is fused. Kernels use it everywhere but on the baseline x86 CPUs; in an ordinary
// build it may be a function of libm.
#if arch(arm64)
    let portableSettings: [SwiftSetting] = [.define("REG_FMA")]
#else
    let portableSettings: [SwiftSetting] = embedded ? [] : [.define("REG_FMA")]
#endif

/// `fast` is for what touches every element; the rest is compiled to be small, but for the functions of a training
/// step that are marked `@_optimize(speed)`: between the kernels of a small network they take a tenth of it.
func swiftSettings(_ extra: [SwiftSetting] = [], fast: Bool = false) -> [SwiftSetting] {
    var settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
    if embedded {
        settings += [
            .enableExperimentalFeature("Embedded"), .define("REG_EMBEDDED"),
            // A function each in a section, so that the linker drops those that nothing calls.
            // No hash of its source in each object, which only incremental builds read. No calls of
            // swift_beginAccess, which is empty there. No unwind tables: a C function that has one brings those of all
            // functions that land in the same object.
            .unsafeFlags([
                "-wmo", "-enforce-exclusivity=unchecked", "-Xfrontend", "-function-sections",
                "-Xfrontend", "-disable-incremental-llvm-codegen", "-Xcc",
                "-fno-asynchronous-unwind-tables",
            ]),
        ]
    }
    if shared {
        settings.append(
            .unsafeFlags([fast ? "-Ounchecked" : "-Osize"], .when(configuration: .release)))
    }
    return settings + extra
}

let isaSettings = isaTargets.map { SwiftSetting.define("REG_" + $0.0.uppercased()) }

/// The library from source.
let library: [Target] =
    [
        .systemLibrary(name: "CSwiftReg", path: "include"),
        .systemLibrary(name: "CPlatform", path: "Sources/CPlatform"),
        .systemLibrary(name: "CLayout", path: "Sources/CLayout"),
        .target(
            name: "KernelInterface", dependencies: ["CPlatform"],
            swiftSettings: swiftSettings(fast: true)),
        .target(
            name: "Kernels", dependencies: ["KernelInterface", "CPlatform"],
            swiftSettings: swiftSettings(portableSettings, fast: true)),
        .target(
            name: "Network",
            dependencies: ["Kernels", "KernelInterface", "CPlatform"]
                + isaTargets.map { .init(stringLiteral: $0.0) },
            // The other hosts: see Platform.swift there.
            exclude: ["Platform/OneThread", "Platform/WebAssembly", "Platform/BareMetal"],
            swiftSettings: swiftSettings(isaSettings)),
        .target(
            name: "SwiftReg", dependencies: ["Network", "CSwiftReg", "CPlatform", "CLayout"],
            exclude: ["Platform"],
            swiftSettings: swiftSettings(),
            linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
    ]
    + isaTargets.map { name, march in
        .target(
            name: name, dependencies: ["KernelInterface", "CPlatform"],
            swiftSettings: swiftSettings(
                [
                    .define("REG_FMA"), .define("REG_\(name.uppercased())"),
                    .unsafeFlags(["-Xcc", "-march=\(march)"]),
                ], fast: true))
    }

/// libSwiftReg.so.
let sharedLibrary = Target.target(
    name: "SwiftRegShared", dependencies: ["SwiftReg"], exclude: ["exports.map"],
    swiftSettings: swiftSettings(),
    linkerSettings: [
        .unsafeFlags(
            [
                "-use-ld=lld", "-Xlinker", "-soname=libSwiftReg.so.0",
                "-Xlinker",
                "--version-script=\(Context.packageDirectory)/Sources/SwiftRegShared/exports.map",
                "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "--gc-sections",
                // Functions of the same code, as many of Float and Double have, once.
                "-Xlinker", "--icf=all",
            ]
                // The sanitizers' functions come with the program that loads the library.
                + (embedded ? ["-Xlinker", "-z", "-Xlinker", "defs"] : []),
            .when(platforms: [.linux]))
    ])

/// What a Swift program imports.
let regularized = Target.target(
    name: "Regularized", dependencies: prebuilt == nil ? ["CSwiftReg", "SwiftReg"] : ["CSwiftReg"],
    swiftSettings: swiftSettings([
        // The C interface is no part of the interface of this module.
        .enableUpcomingFeature("InternalImportsByDefault")
    ]),
    linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")])

let tests: [Target] = [
    .testTarget(
        name: "ABITests", dependencies: ["SwiftReg", "CSwiftReg"], swiftSettings: swiftSettings()),
    .testTarget(
        name: "RegularizedTests", dependencies: ["Regularized", "SwiftReg", "CSwiftReg"],
        swiftSettings: swiftSettings()),
]

let package: Package
if shared {
    package = Package(
        name: "swiftreg",
        products: [.library(name: "SwiftReg", type: .dynamic, targets: ["SwiftRegShared"])],
        targets: library + [sharedLibrary])
} else if let prebuilt {
    package = Package(
        name: "swiftreg", products: [.library(name: "Regularized", targets: ["Regularized"])],
        targets: [prebuilt, regularized])
} else {
    package = Package(
        name: "swiftreg", products: [.library(name: "Regularized", targets: ["Regularized"])],
        targets: library + [regularized] + tests)
}
