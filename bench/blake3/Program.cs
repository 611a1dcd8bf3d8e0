using System.Diagnostics;
using ZeroK.Content;
using ZeroK.Content.Internal;
var data = new byte[1<<26];
new Random(1).NextBytes(data);
var o = new byte[32];
foreach (var p in Enum.GetValues<SimdPath>()) for (int k=0;k<3;k++){
 double best=0; for(int i=0;i<6;i++){ var s=Stopwatch.GetTimestamp(); Blake3.HashCore(Blake3Mode.Hash,data,o,1,p); best=Math.Max(best,data.Length/Stopwatch.GetElapsedTime(s).TotalSeconds/1e6);} Console.WriteLine($"{p} {best:F0} MB/s"); }
