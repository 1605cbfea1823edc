// swift-tools-version:5.9
import PackageDescription

// A separate program that uses the installed library (`make install`), found by pkg-config:
//
//     export PKG_CONFIG_PATH=/usr/local/lib/pkgconfig    (where swiftreg.pc is)
//     export LD_LIBRARY_PATH=/usr/local/lib              (if the loader does not search there)
//     swift run
let package = Package(
    name: "layer",
    targets: [
        .systemLibrary(name: "CSwiftReg", pkgConfig: "swiftreg"),
        .executableTarget(name: "layer", dependencies: ["CSwiftReg"]),
    ]
)
