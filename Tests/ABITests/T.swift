import CSwiftReg
import Testing
@Test func smoke() {
  var w = [UInt32](repeating: 0, count: 4)
  #expect(reg_philox(4, 0, 0, 0, &w) == REG_OK)
  #expect(w == [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  let n = 64
  let a = (0..<n*n).map { Float($0 % 13) }, b = (0..<n*n).map { Float($0 % 7) }
  let z = [Float](repeating: 0, count: n); var c = [Float](repeating: 0, count: n*n)
  #expect(reg_forward_dense(a, z, n, n, n, b, reg_strides(unit: n, example: 1), REG_IDENTITY, nil, &c, reg_strides(unit: n, example: 1)) == REG_OK)
  #expect(c[5] == (0..<n).reduce(0) { $0 + a[$1] * b[$1 * n + 5] })
}
