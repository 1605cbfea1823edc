/// Four floats side by side: the row of a product's tile.
struct FourFloats: BitwiseCopyable {
    var x: Float
    var y: Float
    var z: Float
    var w: Float

    @inline(__always) init(_ x: Float, _ y: Float, _ z: Float, _ w: Float) {
        (self.x, self.y, self.z, self.w) = (x, y, z, w)
    }

    @inline(__always) init(_ p: UnsafePointer<Float>) { self.init(p[0], p[1], p[2], p[3]) }

    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>) {
        (p[0], p[1], p[2], p[3]) = (x, y, z, w)
    }

    @inline(__always) func addingProduct(_ a: Float, _ b: FourFloats) -> FourFloats {
        FourFloats(
            x.addingProduct(a, b.x), y.addingProduct(a, b.y), z.addingProduct(a, b.z),
            w.addingProduct(a, b.w))
    }

    @inline(__always) func map(_ f: (Float) -> Float) -> FourFloats {
        FourFloats(f(x), f(y), f(z), f(w))
    }

    @inline(__always) func map(_ other: FourFloats, _ f: (Float, Float) -> Float) -> FourFloats {
        FourFloats(f(x, other.x), f(y, other.y), f(z, other.z), f(w, other.w))
    }
}
