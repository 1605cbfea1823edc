// The module map that is installed: no package, no map of one's own.
import CSwiftReg

print(String(cString: reg_version()))
