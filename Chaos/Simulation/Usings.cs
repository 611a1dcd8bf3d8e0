global using ErrorCode = ZeroK.Wire.ErrorCode;
