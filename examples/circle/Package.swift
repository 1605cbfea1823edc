// swift-tools-version:6.2
import PackageDescription

// `swift run -c release` here. A package of its own depends on a version of the repository instead:
//
//     .package(url: "...", from: "0.1.0")
let package = Package(
    name: "circle",
    dependencies: [.package(name: "swiftreg", path: "../..")],
    targets: [
        .executableTarget(
            name: "circle", dependencies: [.product(name: "Regularized", package: "swiftreg")])
    ]
)
