// Orleans has one of the same name, and its package brings its namespace along.
global using ErrorCode = ZeroK.Wire.ErrorCode;
