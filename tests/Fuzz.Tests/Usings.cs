// Orleans has an ErrorCode too, and its implicit usings come with the chaos engine.
global using ErrorCode = ZeroK.Wire.ErrorCode;
