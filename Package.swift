// swift-tools-version:6.0
import PackageDescription

// SWIFTREG_EMBEDDED=1 builds what is shipped: Embedded Swift, no Swift runtime, one kernel module
// for each instruction set. Without it the same sources make an ordinary Swift build, for
// `swift test`, the sanitizers and the debugger; its one kernel module runs on any CPU.
let embedded = Context.environment["SWIFTREG_EMBEDDED"] == "1"

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

/// `fast` is for what touches every element; the rest is compiled to be small.
func swiftSettings(_ extra: [SwiftSetting] = [], fast: Bool = false) -> [SwiftSetting] {
    var settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .unsafeFlags(["-warnings-as-errors"])]
    if embedded {
        settings += [
            .enableExperimentalFeature("Embedded"), .define("REG_EMBEDDED"),
            // A function each in a section, so that the linker drops those that nothing calls.
            .unsafeFlags(["-wmo", "-Xfrontend", "-function-sections"]),
        ]
    }
    settings.append(
        .unsafeFlags([fast ? "-Ounchecked" : "-Osize"], .when(configuration: .release)))
    return settings + extra
}

let isaSettings = isaTargets.map { SwiftSetting.define("REG_" + $0.0.uppercased()) }

let package = Package(
    name: "swiftreg",
    products: [
        .library(name: "SwiftReg", type: .dynamic, targets: ["SwiftRegShared"])
    ],
    targets: [
        .systemLibrary(name: "CSwiftReg", path: "include"),
        .systemLibrary(name: "CPlatform", path: "Sources/CPlatform"),
        .systemLibrary(name: "CLayout", path: "Sources/CLayout"),
        .target(name: "KernelInterface", swiftSettings: swiftSettings(fast: true)),
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
            swiftSettings: swiftSettings()),
        .target(
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
                    .when(platforms: [.linux])),
                .linkedLibrary("m"), .linkedLibrary("pthread"),
            ]),
        .testTarget(
            name: "ABITests", dependencies: ["SwiftReg", "CSwiftReg"],
            swiftSettings: [.unsafeFlags(["-warnings-as-errors"])]),
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
)
