public func twice(_ x: Float) -> Float { 2 * x }
