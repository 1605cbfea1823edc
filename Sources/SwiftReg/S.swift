import CSwiftReg
import Network
@c @implementation public func reg_update(_ w: UnsafePointer<Float>?, _ dw: UnsafePointer<Float>?, _ count: Int, _ learning_rate: Double, _ out: UnsafeMutablePointer<Float>?) -> reg_status {
  table(count).f(out!, count)
  return REG_OK
}
